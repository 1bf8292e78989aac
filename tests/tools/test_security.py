"""What SECURITY.md promises: token and localhost, no shell, no pickle, HTTPS with SHA-256."""

import ast
import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import audit
import psutil
import pytest
from notebook_form import ADDRESS_LINES, SETUP_CELL

from helpers import data

ROOT = Path(__file__).resolve().parents[1]
SHELL_MAGIC = re.compile(r"^\s*(?:!|%%?(?:sx|system|bash|sh|script|cmd|ruby|perl)\b)|=\s*!", re.M)
PICKLES = re.compile(r"c?pickle|dill|cloudpickle|joblib|shelve|marshal")
RUNS_TEXT = re.compile(
    r"os\.(system|popen|exec\w*|spawn\w*)|eval|exec|subprocess\.getoutput|pty\..*"
)
UNSAFE = {  # of a call: an argument that must have this value, or must not be there
    "allow_pickle": (False,),
    "shell": (False,),
    "trust_remote_code": (False,),
    "safe_mode": (True,),
    "verify": (True,),
}
DOWNLOADERS = re.compile(
    r"requests\.(get|post|request)|.*urlopen|.*urlretrieve|pooch\.(retrieve|create)|.*get_file"
    r"|.*hf_hub_download|.*snapshot_download|torch\.hub\..*|.*load_dataset|.*\.fetch_(?!add)\w+"
    r"|keras\.datasets\..*|tf\.keras\.datasets\..*"
)
OWN_DOWNLOADS = {  # the two in helpers.data check a SHA-256; the others get no file
    "src/helpers/data.py: pooch.retrieve",
    "src/helpers/data.py: requests.get",
    "course.py: urllib.request.urlopen",
    "tools/classroom.py: requests.request",
}


def complaints(source: str) -> list[str]:
    """What in a Python source breaks a promise."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found += [a.name for a in names if PICKLES.fullmatch(a.name.split(".")[0])]
            case ast.ImportFrom(module=str(module)) if PICKLES.fullmatch(module.split(".")[0]):
                found.append(module)
            case ast.Constant(value=str(text)) if re.match(r"(http|ftp)://(?!127\.0\.0\.1)", text):
                found.append(text)
            case ast.Call(func=function, keywords=keywords):
                name = ast.unparse(function)
                named = {k.arg: getattr(k.value, "value", "?") for k in keywords}
                if RUNS_TEXT.fullmatch(name) or DOWNLOADERS.fullmatch(name):
                    found.append(name)
                if name.endswith("read_pickle"):
                    found.append(name)
                if name == "torch.load" and named.get("weights_only") is not True:
                    found.append("torch.load without weights_only=True")
                found += [
                    f"{name}({a}=…)" for a in UNSAFE.keys() & named if named[a] not in UNSAFE[a]
                ]
    return found


def python_files() -> Iterator[tuple[str, str]]:
    for path in [ROOT / "course.py", *ROOT.glob("src/**/*.py"), *ROOT.glob("tools/*.py")]:
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def notebook_cells() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob("notebooks/*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for n, cell in enumerate(cells, start=1):
            if cell["cell_type"] == "code":
                yield f"{path.stem}, cell {n}", "".join(cell["source"])


def test_sources_keep_the_promises():
    found = {f"{place}: {what}" for place, text in python_files() for what in complaints(text)}
    runs_notebook_cells = {"tools/notebook_code.py: exec"}  # cells of this course, for its tests
    assert found - OWN_DOWNLOADS - runs_notebook_cells == set()


def test_notebooks_keep_the_promises_and_start_no_program_but_git():
    set_up = ADDRESS_LINES.sub("", SETUP_CELL)
    for place, source in notebook_cells():
        assert not SHELL_MAGIC.search(source), place
        assert complaints(source) == [], place
        if ADDRESS_LINES.sub("", source) != set_up:
            assert not re.search(r"\bsubprocess\b|\bPopen\b|get_ipython", source), place


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import cloudpickle.x",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=allowed)",
        "pd.read_pickle(path)",
        "os.system(name)",
        "os.popen('ls')",
        "os.execv(a, b)",
        "eval(answer)",
        "exec(text)",
        "subprocess.run(command, shell=True)",
        "subprocess.getoutput('ls')",
        "requests.get(url, verify=False)",
        "urllib.request.urlretrieve(url)",
        "urlopen(url)",
        "torch.hub.load('a/b', 'c')",
        "keras.utils.get_file(url)",
        "sklearn.datasets.fetch_openml('mnist')",
        "keras.datasets.mnist.load_data()",
        "datasets.load_dataset('x')",
        "keras.models.load_model(path, safe_mode=False)",
        "AutoModel.from_pretrained('x', trust_remote_code=True)",
        "url = 'http://example.org/a.gz'",
    ],
)
def test_the_checker_finds(source):
    assert complaints(source)


@pytest.mark.parametrize(
    "source",
    [
        "torch.load(path, weights_only=True)",
        "np.load(path)",
        "np.load(path, allow_pickle=False)",
        "safetensors.torch.load(content)",
        "subprocess.run(['git', 'clone'], check=True)",
        "data.fetch(name, mirrors, sha256, advice)",
        "model.eval()",
        "url = 'https://example.org'",
    ],
)
def test_the_checker_leaves_alone(source):
    assert complaints(source) == []


@pytest.mark.parametrize(
    "source", ["!ls", "  !rm $name", "%system ls", "%%bash\nls", "files = !ls", "%sx ls", "%%sh"]
)
def test_shell_magics_are_seen(source):
    assert SHELL_MAGIC.search(source)


def test_inequalities_and_formats_are_no_shell_magic():
    assert not SHELL_MAGIC.search("a != b\nprint(f'{a!r}', 5 % 2)\n%matplotlib inline")


# ------------------------------------------------------------------------------- downloads


def test_every_download_is_https_with_a_published_sha256(monkeypatch, tmp_path):
    gpt2 = pytest.importorskip("helpers.gpt2", exc_type=ImportError)
    asked = []

    def note(name, mirrors, sha256, advice):
        asked.append((name, mirrors, sha256))
        raise data.DownloadError("not in a test")

    monkeypatch.setattr(data, "fetch", note)
    for name, sha256 in data.MNIST_FILES.items():
        monkeypatch.setattr(data, "MNIST_FILES", {name: sha256})
        with pytest.raises(data.DownloadError):
            data.mnist(full=True)
    with pytest.raises(data.DownloadError):
        data.shakespeare("tiny")
    asked += [(name, *place) for name, place in gpt2.GPT2_FILES.items()]
    assert len(asked) == 4 + 1 + 3
    for name, mirrors, sha256 in asked:
        assert re.fullmatch("[0-9a-f]{64}", sha256), name
        assert mirrors and all(url.startswith("https://") for url in mirrors), name


def test_only_these_modules_fetch_files():
    callers = {place for place, text in python_files() if re.search(r"\bfetch\(", text)}
    assert callers == {"src/helpers/data.py", "src/helpers/gpt2.py"}
    assert not [place for place, text in notebook_cells() if re.search(r"\bfetch\(", text)]


# ---------------------------------------------------------------------------- Jupyter's door

OPENS_THE_DOOR = re.compile(
    r"--ip\b|\.ip\s*=|token\s*=\s*['\"]{2}|password\s*=\s*['\"]{2}|IdentityProvider\.token"
    r"|ServerApp\.(token|password)|allow_origin|disable_check_xsrf|allow_remote_access"
    r"|allow_unauthenticated"
)


def test_nothing_opens_jupyters_door():
    files = dict(python_files()) | dict(notebook_cells())
    for name in ("environment.yml", "README.md", "CONTRIBUTING.md", ".ci/run"):
        files[name] = (ROOT / name).read_text(encoding="utf-8")
    assert [place for place, text in files.items() if OPENS_THE_DOOR.search(text)] == []
    assert [path for path in ROOT.iterdir() if path.name.startswith(("jupyter_", ".jupyter"))] == []


@pytest.mark.parametrize("home", ["as it is", "not writable"])
def test_lab_asks_for_its_token_and_listens_on_this_computer_only(
    monkeypatch, tmp_path, capsys, home
):
    spec = importlib.util.spec_from_file_location("course", ROOT / "course.py")
    course = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course)
    started = []
    monkeypatch.setattr(course, "run", lambda *call: started.append(call) or 0)
    if home == "not writable":
        (tmp_path / "file").touch()
        for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
            monkeypatch.setenv(name, str(tmp_path / "file" / "home"))
    else:
        monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    course.lab(["--no-browser", "--port=0"])
    assert ("cannot be written" in capsys.readouterr().out) == (home == "not writable")
    [(command, environment)] = started
    if getattr(os, "geteuid", lambda: 1)() == 0:
        command.append("--allow-root")
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        env=environment,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as server:
        try:
            address, token = address_of(server)
            assert len(token) >= 32
            assert status_of(f"{address}/api/contents?token={token}") == 200
            assert status_of(f"{address}/api/contents") == 403
            assert status_of(f"{address}/api/contents?token=guess") == 403
            places = set().union(*map(listening_at, family(server.pid)))
            assert places and places <= {"127.0.0.1", "::1"}
        finally:
            for process in family(server.pid):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.terminate()


def family(pid: int) -> list[psutil.Process]:
    """A process and what it started: on Windows `jupyter` starts the server as another one."""
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def listening_at(process: psutil.Process) -> set[str]:
    """The addresses at which a process waits for calls; none if it has ended meanwhile."""
    with contextlib.suppress(psutil.NoSuchProcess):
        found = process.net_connections("inet")
        return {one.laddr.ip for one in found if one.status == psutil.CONN_LISTEN}
    return set()


def address_of(server: subprocess.Popen) -> tuple[str, str]:
    """Where the server says that it runs, and its token."""
    late = threading.Timer(120, server.kill)
    late.start()
    try:
        for line in server.stderr:
            if found := re.search(r"(http://(?:localhost|127\.0\.0\.1):\d+)/\S*token=(\w+)", line):
                threading.Thread(target=server.stderr.read, daemon=True).start()
                return found[1], found[2]
    finally:
        late.cancel()
    raise AssertionError("Jupyter did not start.")


def status_of(url: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(50):
        try:
            return opener.open(url, timeout=20).status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:  # not quite there
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer.")


# ------------------------------------------------------------------------------- the audit

PACKAGES = [
    {"name": "good", "version": "1.0", "vulns": []},
    {
        "name": "bad",
        "version": "2.0",
        "vulns": [
            {"id": "PYSEC-1", "fix_versions": ["2.1"]},
            {"id": "PYSEC-2", "fix_versions": []},
        ],
    },
    {"name": "unknown", "skip_reason": "not on PyPI"},
]


@pytest.fixture
def page(tmp_path, monkeypatch) -> Path:
    """A SECURITY.md and a lock in a folder of their own; pip-audit seems to be installed."""
    (tmp_path / "constraints.txt").write_text(
        "# a comment\ngood==1.0\nbad==2.0 ; sys_platform == 'win32'\n", encoding="utf-8"
    )
    page = tmp_path / "SECURITY.md"
    page.write_text("Before\n<!-- audit -->\nold\n<!-- /audit -->\nAfter\n", encoding="utf-8")
    monkeypatch.setattr(audit.shutil, "which", lambda name: name)
    monkeypatch.setattr(audit, "version_of_pip_audit", lambda: "9.9")
    return page


def answer(monkeypatch, stdout: str, stderr: str = "") -> list:
    """Let pip-audit answer this; returns the list in which its requirements will stand."""
    asked = []

    def run(command, **named):
        asked.append(Path(command[command.index("-r") + 1]).read_text(encoding="utf-8"))
        return SimpleNamespace(stdout=stdout, stderr=stderr)

    monkeypatch.setattr(audit.subprocess, "run", run)
    return asked


def test_the_audit_asks_for_every_line_and_notes_the_answer(page, monkeypatch):
    asked = answer(monkeypatch, json.dumps({"dependencies": PACKAGES}))
    assert audit.main(["--root", str(page.parent)]) == 0
    assert asked == ["good==1.0\nbad==2.0\n"]
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before\n<!-- audit -->\nOn 20") and text.endswith("-->\nAfter\n")
    assert "pip-audit 9.9 looked up the 2 packages of the lock and found 2 known" in text
    assert "It could not look up: unknown." in text
    assert "| bad 2.0 | PYSEC-1 | 2.1 |\n| bad 2.0 | PYSEC-2 | none yet |" in text
    assert sorted(path.name for path in page.parent.iterdir()) == ["SECURITY.md", "constraints.txt"]


def test_a_clean_audit_is_one_sentence():
    text = audit.summary(PACKAGES[:1], "2026-01-02", "9.9")
    assert text == (
        "On 2026-01-02, pip-audit 9.9 looked up the 1 packages of the lock and found no known "
        "vulnerabilities."
    )


@pytest.mark.parametrize(
    ("stdout", "stderr", "reason"),
    [
        ("", "Traceback\nConnectionError: no route\n", "(ConnectionError: no route)"),
        ("", "", "(it says nothing)"),
        (
            json.dumps({"dependencies": PACKAGES[2:]}),
            "No known vulnerabilities found",
            "found none",
        ),
    ],
)
def test_an_audit_without_an_answer_is_one_sentence_and_changes_nothing(
    page, monkeypatch, capsys, stdout, stderr, reason
):
    before = page.read_bytes()
    answer(monkeypatch, stdout, stderr)
    assert audit.main(["--root", str(page.parent)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("The advisories could not be fetched") and reason in line
    assert page.read_bytes() == before


def test_an_audit_without_pip_audit_says_how_to_install_it(page, monkeypatch, capsys):
    monkeypatch.setattr(audit.shutil, "which", lambda name: None)
    assert audit.main(["--root", str(page.parent)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "pipx install pip-audit" in line


def test_security_md_holds_the_result_of_an_audit_or_says_that_there_is_none():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    result = audit.RESULT.search(text)[0].splitlines()[1]
    assert re.match(
        r"On \d{4}-\d{2}-\d{2}, pip-audit .* known vulnerabilit|Not yet run: .+\.", result
    )
    assert "Report" in text
