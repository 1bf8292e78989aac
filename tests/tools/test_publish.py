"""The author tools: set-up cell, notebook executor, publisher, and the reader of notebook code."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import execute
import notebook_code
import notebook_form
import publish
import pytest

ROOT = Path(__file__).resolve().parents[1]
FIRST = "https://github.com/publish_first/generative-ai-course"
WIDGET = "application/vnd.jupyter.widget-view+json"


def cell(source: str, *tags: str, kind: str = "code", **more) -> dict:
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {
        "cell_type": kind,
        "metadata": {"tags": list(tags)},
        "source": source.splitlines(keepends=True),
        **code,
        **more,
    }


def notebook(path: Path, *cells: dict) -> Path:
    """Store a notebook as `nbformat` writes it, but without cell ids."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"cells": cells, "metadata": {"widgets": {}}, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def cells_of(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


# The set-up cell


def run_setup(folder: Path, times: int = 1, **environment: str) -> subprocess.CompletedProcess:
    """Run the set-up cell in a Python that finds no installed package, then import the helpers."""
    script = f"cell = {notebook_form.SETUP_CELL!r}\n"
    script += "exec(cell)\n" * times + "import helpers.session\n"
    script += "assert sum(path == str(places[0] / 'src') for path in sys.path) == 1\n"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def redirected(local: Path) -> dict[str, str]:
    """Environment in which git takes a local repository for the course's address."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{local.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": FIRST,
    }


def fake_course(folder: Path) -> Path:
    (folder / "src" / "helpers").mkdir(parents=True)
    (folder / "src" / "helpers" / "__init__.py").touch()
    (folder / "src" / "helpers" / "session.py").touch()
    return folder


def test_setup_cell_finds_a_parent_folder(tmp_path):
    notebooks = fake_course(tmp_path / "clone") / "notebooks"
    notebooks.mkdir()
    done = run_setup(notebooks, times=2)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(notebooks.iterdir()) == []


def test_setup_cell_clones_once_and_silently(tmp_path):
    course = fake_course(tmp_path / "origin")
    git = ["git", "-C", str(course), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=Course"], check=True)
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run_setup(empty, times=2, **redirected(course))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in empty.iterdir()] == ["course"]
    again = run_setup(empty, **redirected(tmp_path / "unreachable"))
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_setup_cell_that_cannot_clone_says_what_to_do(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    done = run_setup(folder, **redirected(tmp_path / "unreachable"))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"RuntimeError: The course could not be cloned from {FIRST} (main) to {folder / 'course'}: "
        "open this notebook inside a clone of the course, "
        "or ask whoever sent it to stamp its address with tools/publish.py."
    )
    assert list(folder.iterdir()) == []


def test_setup_cell_is_formatted_and_short():
    source = notebook_form.SETUP_CELL + "\n"
    for command in (["format", "--check"], ["check"]):
        subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", "notebooks/setup.py", "-"],
            input=source,
            cwd=ROOT,
            text=True,
            encoding="utf-8",
            capture_output=True,
            check=True,
        )
    assert len(source.splitlines()) <= 30


# tools/execute.py


def run_execute(folder: Path, *options: str) -> int:
    return execute.main(["--notebooks", str(folder), *options])


def test_execute_is_canonical_and_keeps_what_is_not_compared(tmp_path, monkeypatch, capsys):
    kernel = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text('{"argv": ["no-such-program"], "display_name": "x"}', encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("COURSE_THREADS", "7")
    picture = {WIDGET: {"model_id": "1"}, "text/plain": "a bar"}
    path = notebook(
        tmp_path / "01_try.ipynb",
        cell("# 01 · Try", kind="markdown"),
        cell("import os\nimport sys\nimport time\n\ntime.time()", "nbval-ignore-output", "timing"),
        cell(f"display({picture}, raw=True)\ndisplay({{{WIDGET!r}: 1}}, raw=True)", id="mine"),
        cell('for i in range(3):\n    print(i, flush=True)\n    time.sleep(0.2)\n"é"', id="mine"),
        cell("sys.executable, os.getcwd(), os.environ.get('COURSE_THREADS')", "nbval-x"),
        cell("print(os.environ['OMP_WAIT_POLICY'])", metadata={"collapsed": True, "execution": {}}),
    )
    assert run_execute(tmp_path) == 0
    assert "01_try: " in capsys.readouterr().out
    first = path.read_bytes()
    content = json.loads(first)
    title, timing, widget, numbers, place, policy = content["cells"]
    assert [c["execution_count"] for c in content["cells"][1:]] == [1, 2, 3, 4, 5]
    assert len({c["id"] for c in content["cells"]}) == 6 and widget["id"] == "mine"
    assert widget["outputs"] == [
        {"data": {"text/plain": ["a bar"]}, "metadata": {}, "output_type": "display_data"}
    ]
    assert numbers["outputs"][0]["text"] == ["0\n", "1\n", "2\n"]
    assert "é" in first.decode() and first.endswith(b"}\n") and b"\r" not in first
    values = ast.literal_eval("".join(place["outputs"][0]["data"]["text/plain"]))
    assert values == (sys.executable, str(tmp_path), None)
    assert policy["outputs"][0]["text"] == ["passive\n"]
    assert content["metadata"] == execute.NOTEBOOK_METADATA
    assert title["metadata"] == {"tags": []} and policy["metadata"] == {}

    assert run_execute(tmp_path, "01") == 0
    assert path.read_bytes() == first
    assert run_execute(tmp_path, "01", "--fresh") == 0
    assert cells_of(path)[1]["outputs"] != timing["outputs"]
    changed = json.loads(first)
    changed["cells"][1]["source"].append(" + 1")
    path.write_text(json.dumps(changed), encoding="utf-8")
    assert run_execute(tmp_path) == 0
    assert cells_of(path)[1]["outputs"] != timing["outputs"]


def test_execute_leaves_a_failing_notebook_alone(tmp_path, capsys):
    path = notebook(
        tmp_path / "01_fails.ipynb",
        cell("# 01", kind="markdown"),
        cell("a = 1"),
        cell("a / 0", "raises-exception"),
    )
    noisy = notebook(tmp_path / "02_warns.ipynb", cell("import warnings\n\nwarnings.warn('x')"))
    invalid = notebook(tmp_path / "03_invalid.ipynb", cell("a = 1", no_such_key=1))
    before = path.read_bytes(), invalid.read_bytes()
    assert run_execute(tmp_path) == 1
    errors = capsys.readouterr().err
    assert "01_fails, cell 3 failed:" in errors and "ZeroDivisionError" in errors
    assert (path.read_bytes(), invalid.read_bytes()) == before
    assert "03_invalid is not a valid notebook" in errors
    assert "02_warns, cell 1 WROTE TO STDERR" in errors
    assert cells_of(noisy)[0]["outputs"][0]["name"] == "stderr"
    assert len(list(tmp_path.iterdir())) == 3  # no temporary file is left


def test_execute_knows_its_chapters(tmp_path, capsys):
    with pytest.raises(SystemExit):
        run_execute(tmp_path, "09")
    assert "there is no notebook 09_….ipynb" in capsys.readouterr().err


# tools/publish.py

COLAB = "https://colab.research.google.com/github/publish_first/generative-ai-course/blob/main"
README = f"""# Course

[![Colab]({FIRST}/raw/main/badge.svg)]({COLAB}/notebooks/00_start_here.ipynb)
[![Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/publish_first/generative-ai-course/main?urlpath=lab/tree/notebooks/00_start_here.ipynb)

    git clone {FIRST}.git course

<!-- unpublished -->
The address is a placeholder.
<!-- /unpublished -->

See {FIRST}. Unlike {FIRST}-two and https://github.com/karpathy/nanoGPT, it is ours.
"""


@pytest.fixture
def course(tmp_path) -> Path:
    """A small course that was never published."""
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").write_text(f"Data of {FIRST}/tree/main/data.\n")
    (tmp_path / "pyproject.toml").write_text(
        f'[project]\nname = "course"\n\n[project.urls]\nRepository = "{FIRST}"\n', encoding="utf-8"
    )
    for name in ("00_start_here", "01_next"):
        badge = f"# {name[:2]} · É\n[![x](x.svg)]({COLAB}/notebooks/{name}.ipynb)\n"
        printed = {"output_type": "stream", "name": "stdout", "text": [f"{FIRST}\n"]}
        notebook(
            tmp_path / "notebooks" / f"{name}.ipynb",
            cell(badge, kind="markdown", id="title"),
            cell(notebook_form.SETUP_CELL, id="set-up"),
            cell("print(REPO)", id="print", execution_count=2, outputs=[printed]),
        )
    return tmp_path


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_publish_stamps_every_place(course):
    before = contents(course)
    assert len(publish.publish(course, "https://github.com/ada/my.course.git/", "v1.2")) == 5
    found = publish.addresses(course)
    assert {address.name for address in found.values()} == {"ada/my.course"}
    assert {address.ref for address in found.values()} == {"v1.2", None}
    assert len(found) == 1 + 2 * 2 + 2  # pyproject.toml, two places a notebook, two README badges
    readme = (course / "README.md").read_text(encoding="utf-8")
    new = "https://github.com/ada/my.course"
    assert readme == (
        README.replace("publish_first/generative-ai-course", "ada/my.course")
        .replace(
            "<!-- unpublished -->\nThe address is a placeholder.\n<!-- /unpublished -->\n\n", ""
        )
        .replace("/main", "/v1.2")
        .replace("git clone ", "git clone --branch v1.2 ")
        .replace(f"{new}-two", f"{FIRST}-two")
    )
    assert f"{new}/tree/v1.2/data." in (course / "data" / "README.md").read_text(encoding="utf-8")
    for path in (course / "notebooks").iterdir():
        lines, old_lines = path.read_bytes().splitlines(), before[path].splitlines()
        assert len(lines) == len(old_lines)
        changed = [new for new, old in zip(lines, old_lines, strict=True) if new != old]
        assert len(changed) == 3 and b"colab" in changed[0]
        assert b"REPO = " in changed[1] and b"REF = " in changed[2]
        assert cells_of(path)[2]["outputs"][0]["text"] == [f"{FIRST}\n"]


def test_publish_again_changes_nothing_and_moves_on(course):
    publish.publish(course, "https://github.com/ada/course", "v1")
    first = contents(course)
    assert publish.publish(course, "https://github.com/ada/course/", "v1") == []
    publish.publish(course, "https://github.com/bob-2/c")
    assert {a.name for a in publish.addresses(course).values()} == {"bob-2/c"}
    readme = (course / "README.md").read_text(encoding="utf-8")
    assert "    git clone https://github.com/bob-2/c.git course\n" in readme
    publish.publish(course, "https://github.com/ada/course", "v1")
    assert contents(course) == first


def test_publish_mends_a_notebook_that_was_stamped_otherwise(course):
    stray = course / "notebooks" / "01_next.ipynb"
    text = stray.read_text(encoding="utf-8").replace("publish_first/", "someone/")
    stray.write_text(text, encoding="utf-8", newline="\n")
    assert len({address.name for address in publish.addresses(course).values()}) == 2
    publish.publish(course, "https://github.com/ada/course")
    assert {address.name for address in publish.addresses(course).values()} == {"ada/course"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ada/course",
        "http://github.com/ada/course",
        "https://gitlab.com/ada/course",
        "https://github.com/ada",
        "https://github.com/ada/course/tree/main",
        "https://github.com/ada_b/course",
        "https://github.com/-ada/course",
        "https://github.com/ada--b/course",
        "https://github.com/ada/..",
        'https://github.com/ada/course"',
        "https://github.com/ada/my course",
        "https://github.com/" + "a" * 40 + "/course",
        "git@github.com:ada/course.git",
    ],
)
def test_publish_refuses_what_is_no_address(course, url, capsys):
    before = contents(course)
    assert publish.main([url, "--root", str(course)]) == 1
    assert "must look like https://github.com/OWNER/REPO" in capsys.readouterr().err
    assert contents(course) == before


def test_publish_wants_names_for_owner_and_repo(course, capsys):
    before = contents(course)
    assert publish.main(["https://github.com/OWNER/REPO", "--root", str(course)]) == 1
    assert "OWNER/REPO stands for your own" in capsys.readouterr().err
    assert contents(course) == before


def test_publish_needs_no_package(course):
    command = [sys.executable, "-I", "-S", publish.__file__, "https://github.com/a/b"]
    done = subprocess.run([*command, "--root", str(course)], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.splitlines()[-1] == "The course is fetched from https://github.com/a/b, main."
    )


@pytest.mark.parametrize("ref", ["", "-v", "a b", "a..b", "v1.", "x.lock", "a/b", 'v"', "v\n"])
def test_publish_refuses_what_is_no_tag(course, ref, capsys):
    before = contents(course)
    assert publish.main(["https://github.com/a/b", f"--ref={ref}", "--root", str(course)]) == 1
    assert "The tag must be made of" in capsys.readouterr().err
    assert contents(course) == before


def test_publish_writes_nothing_when_a_notebook_lacks_its_set_up_cell(course, capsys):
    notebook(course / "notebooks" / "02_bare.ipynb", cell("a = 1"))
    before = contents(course)
    assert publish.main(["https://github.com/ada/course", "--root", str(course)]) == 1
    assert capsys.readouterr().err == "02_bare.ipynb has no set-up cell with REPO and REF.\n"
    assert contents(course) == before


def test_this_course_names_one_address():
    found = publish.addresses(ROOT)
    assert len({address.name for address in found.values()}) == 1, found
    assert len({address.ref for address in found.values()} - {None}) <= 1, found


@pytest.fixture
def fork(tmp_path) -> Path:
    """A copy of every file of this course that names its address."""
    for path in publish.documents(ROOT):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return tmp_path


def test_a_fork_of_this_course_names_its_own_address_everywhere(fork):
    name = "ada-2/my.course"
    publish.publish(fork, f"https://github.com/{name}", "v2")
    found = publish.addresses(fork)
    repository = found.pop("pyproject.toml")
    assert repository.name == name
    assert set(found.values()) == {publish.Address(name, "v2")}
    for notebook in publish.notebooks(ROOT):
        page = f"github/{name}/blob/v2/notebooks/{notebook.name}"
        assert f"{notebook.name}, set-up cell" in found
        assert f"{notebook.name}, colab.research.google.com/{page}" in found
    assert any(place.startswith("README.md, colab") for place in found)
    assert any(place.startswith("README.md, mybinder") for place in found)

    old = publish.addresses(ROOT)["pyproject.toml"].name
    for path in publish.documents(fork):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":  # outputs stay as they are
            text = "\n".join("".join(cell["source"]) for cell in cells_of(path))
        assert old not in text, path.name
    assert publish.publish(fork, f"https://github.com/{name}", "v2") == []
    assert notebook_form.problems(next((fork / "notebooks").glob("00_*"))) == []


def test_the_readme_of_an_unpublished_course_says_in_one_sentence_what_to_do():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    note = publish.UNPUBLISHED.search(readme)
    assert bool(note) == ("publish_first" in readme)
    if note:
        _, sentence, _ = note[0].strip().splitlines()
        assert sentence.count(". ") == 0 and sentence.endswith(".")
        assert "`python tools/publish.py https://github.com/OWNER/REPO`" in sentence


# tools/notebook_code.py

IMPORT_CELL = """\
import numpy as np, no_such_framework as tf
from helpers import session
from math import pi, tau as circle

session.start("no_such_framework")
import no_such_package.deep
"""


def test_notebook_code_runs_the_define_cells_and_the_imports_they_use(tmp_path):
    path = notebook(
        tmp_path / "01_code.ipynb",
        cell(IMPORT_CELL),
        cell("def area(r):\n    return pi * np.square(r)", "define"),
        cell("raise RuntimeError('not tagged')"),
        cell("class Disc:\n    def area(self, r):\n        return area(r)", "define"),
    )
    code = notebook_code.load("01", notebooks=path.parent)
    assert code.Disc().area(2.0) == pytest.approx(12.566, abs=1e-3)
    assert not hasattr(code, "circle") and not hasattr(code, "session")
    with pytest.raises(AttributeError, match="'define' in 01_code defines 'Disk'"):
        _ = code.Disk


def test_notebook_code_explains_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="Chapter '03' has 0 notebooks"):
        notebook_code.load("03", notebooks=tmp_path)
    notebook(tmp_path / "03_none.ipynb", cell("a = 1"))
    with pytest.raises(ValueError, match="03_none has no cell tagged 'define'"):
        notebook_code.load("03", notebooks=tmp_path)
    notebook(tmp_path / "04_now.ipynb", cell("rng = 1"), cell("a = rng", "define"))
    with pytest.raises(NameError, match="04_now, cell 2 uses rng, which no earlier cell"):
        notebook_code.load("04", notebooks=tmp_path)
    late = cell("def draw(n):\n    return [rng.normal() for _ in range(n)]", "define")
    notebook(tmp_path / "05_late.ipynb", cell("rng = 1"), late)
    with pytest.raises(NameError, match="05_late, cell 2 uses rng, which no cell"):
        notebook_code.load("05", notebooks=tmp_path)
