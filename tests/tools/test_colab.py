"""Every notebook runs alone, as in Colab: no course beside it, no network, the set-up cell twice.

00 and 01 run whole, the others up to their first training, which is interrupted after 120 steps;
`python3 course.py test --colab` runs all of them whole.
"""

import os
import re
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import colab
import notebook as reader
import psutil
import pytest
from small_notebooks import write

NOTEBOOKS = list(reader.lessons().values())
WHOLE = ("00", "01")
ALL_WHOLE = os.environ.get("COURSE_COLAB") == "whole"
BYTES_FOR_TWO = 6e9  # of free memory, to run two notebooks at a time


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = colab.prepare(tmp_path_factory.mktemp("colab"))
    # Matplotlib's first import takes a while, says so on stderr, and is over in Colab.
    assert colab.python("import matplotlib.font_manager", folder).returncode == 0
    return folder


@pytest.fixture(scope="module")
def runs(prepared, tmp_path_factory, request):
    """Folder and future process of each notebook that is asked for; two run at a time."""
    wanted = {
        item.callspec.params["notebook"]
        for item in request.session.items
        if getattr(item, "module", None) is request.module and "runs" in item.fixturenames
    }
    two = (os.cpu_count() or 1) > 1 and psutil.virtual_memory().available > BYTES_FOR_TWO
    pool = ThreadPoolExecutor(2 if two else 1)
    started = {}
    for notebook in sorted(wanted):
        folder = tmp_path_factory.mktemp("content")
        stop = cells_to_run(notebook)
        future = pool.submit(colab.run, notebook, folder, prepared, stop, stop is not None)
        started[notebook] = folder, future
    yield started
    pool.shutdown(cancel_futures=True)


def cells_to_run(notebook: Path) -> int | None:
    """How many code cells stand before the first training; None if all shall run."""
    whole = ALL_WHOLE or notebook.stem[:2] in WHOLE
    return None if whole else colab.first_training(notebook)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_runs_alone(notebook, runs):
    folder, future = runs[notebook]
    process, stop = future.result(), cells_to_run(notebook)
    assert process.returncode == 0, process.stdout
    expected = len(colab.code_cells(notebook)) if stop is None else stop + 2
    passed = int(re.search(r"\b(\d+) passed", process.stdout)[1])
    assert passed == expected + 1  # the set-up cell ran twice
    assert {path.name for path in folder.iterdir()} == {notebook.name, "course"}
    assert (folder / notebook.name).read_bytes() == notebook.read_bytes()
    changes = ["git", "-C", str(folder / "course"), "status", "--porcelain"]
    git = colab.environment(folder)
    status = subprocess.run(changes, env=git, check=True, capture_output=True, encoding="utf-8")
    assert status.stdout == ""  # a reader's clone stays clean
    shutil.rmtree(folder, ignore_errors=True)


def test_without_the_helpers_the_set_up_cell_says_what_to_do(tmp_path):
    folder, alone = tmp_path / "colab", tmp_path / "content"
    alone.mkdir()
    colab.prepare(folder, without=["src/helpers"])
    process = colab.run(NOTEBOOKS[0], alone, folder, cells=2)
    assert process.returncode == 1
    repo, ref = colab.address(NOTEBOOKS[0])
    assert f"The course could not be cloned from {repo} ({ref})" in process.stdout
    assert [path.name for path in alone.iterdir()] == [NOTEBOOKS[0].name]


# ------------------------------------------------------------- is the simulation honest?


def test_its_python_knows_google_colab_and_not_the_course(prepared):
    code = (
        "import importlib.util\n"
        "import google.colab\n"
        "from google.protobuf import message\n"  # another package in the folder google
        "assert importlib.util.find_spec('helpers') is None\n"
        "assert importlib.util.find_spec('torch') is not None\n"
    )
    process = colab.python(code, prepared)
    assert process.returncode == 0, process.stderr


def test_its_python_reaches_this_machine_and_no_other(prepared):
    code = (
        "import os, socket, urllib.request\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    socket.create_connection(server.getsockname()).close()\n"
        "try:\n"
        "    urllib.request.urlopen('http://example.org', timeout=10)\n"
        "except OSError:\n"
        "    print('cut')\n"
        "outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "try:\n"
        "    outside.connect(('192.0.2.1', 9))\n"  # sends nothing; asks for a route
        "except OSError:\n"
        "    print('cut')\n"
    )
    process = colab.python(code, prepared)
    assert process.returncode == 0, process.stderr
    expected = 2 if colab.without_network() else 1
    assert process.stdout.splitlines()[:expected] == ["cut"] * expected


@pytest.mark.parametrize("failure", ["no program", "not allowed"])
def test_where_namespaces_are_not_allowed_the_proxies_must_do(failure, tmp_path, monkeypatch):
    if failure == "not allowed":
        program = tmp_path / "unshare"
        program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    colab.without_network.cache_clear()
    try:
        assert colab.without_network() == ()
    finally:
        colab.without_network.cache_clear()
    environment = colab.environment(tmp_path)
    assert environment["HTTPS_PROXY"] == environment["http_proxy"] == colab.NOBODY
    host, port = colab.NOBODY.removeprefix("http://").split(":")
    with socket.socket() as someone:
        assert someone.connect_ex((host, int(port))) != 0  # nobody answers there


def test_nothing_of_the_users_is_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "course/src")
    monkeypatch.setenv("GIT_DIR", "elsewhere")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nbval-lax")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example.org")
    monkeypatch.setenv("COURSE_THREADS", "1")
    environment = colab.environment(tmp_path)
    assert not {"GIT_DIR", "PYTEST_ADDOPTS", "ALL_PROXY"} & set(environment)
    assert environment["PYTHONPATH"] == str(tmp_path / "python")
    assert environment["COURSE_THREADS"] == "1"  # --other-machine and --colab go together


@pytest.mark.parametrize(
    ("cells", "count"),
    [
        (["a = 1", "history = train.run(step, 900)", "train.run(step, 900)"], 1),
        (["for name in names:\n    h[name] = train.run(step, 900)"], 0),
        (["def fit():\n    return train.run(step, 900)", "a = fit", "b = fit()"], 2),
        (
            ["def fit():\n    train.run(s, 900)", "def both():\n    fit()", "class A:\n    b = 1"],
            None,
        ),
        (["def fit():\n    train.run(s, 900)\n\n\ndef both():\n    fit()", "a = [both()]"], 1),
        (["class Net:\n    def fit(self):\n        train.run(step, 900)", "net = Net()"], 1),
        (["train.save(path, net=net)", "print('train.run')"], None),
        (["train.run(step, 20, name='proof')", "train.run(step, 121)"], 1),
    ],
)
def test_the_first_training_is_found(tmp_path, cells, count):
    assert colab.first_training(write(tmp_path / "01_a.ipynb", *cells)) == count
