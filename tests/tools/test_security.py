"""What SECURITY.md promises: token and localhost, no shell, no pickle, HTTPS with SHA-256."""

import ast
import contextlib
import importlib.util
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import psutil
import pytest
from notebook import ROOT, SETUP_CELL
from publish import ADDRESS_LINES
from sources import notebook_cells, python_files

from helpers.data import downloads, images, texts
from helpers.text import folders

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
OWN_DOWNLOADS = {  # the first checks a SHA-256; the other gets no file
    "src/helpers/data/downloads.py: pooch.retrieve",
    "course.py: urllib.request.urlopen",
}

OWN_RUNNER = {"tools/mutation/runner.py: exec"}  # of the lessons' own cells, changed by the tool


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


def test_sources_keep_the_promises():
    found = {f"{place}: {what}" for place, text in python_files() for what in complaints(text)}
    assert found == OWN_DOWNLOADS | OWN_RUNNER


def test_notebooks_keep_the_promises_and_start_no_program_but_git():
    set_up = ADDRESS_LINES.sub("", SETUP_CELL)
    for place, source in notebook_cells():
        assert not SHELL_MAGIC.search(source), place
        assert complaints(source) == [], place
        if ADDRESS_LINES.sub("", source) != set_up:
            assert not re.search(r"\bsubprocess\b|\bPopen\b|get_ipython", source), place


FAULTS = [
    "import pickle",
    "from joblib import load",
    "import cloudpickle.x",
    "torch.load(path)",
    "np.load(path, allow_pickle=True)",
    "pd.read_pickle(path)",
    "os.system(name)",
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
]


def test_the_checker_finds():
    for source in FAULTS:
        assert complaints(source), source


FINE = [
    "torch.load(path, weights_only=True)",
    "np.load(path)",
    "np.load(path, allow_pickle=False)",
    "safetensors.torch.load(content)",
    "subprocess.run(['git', 'clone'], check=True)",
    "data.fetch(name, mirrors, sha256, advice)",
    "model.eval()",
    "url = 'https://example.org'",
]


def test_the_checker_leaves_alone():
    for source in FINE:
        assert complaints(source) == [], source


@pytest.mark.parametrize(
    "source", ["!ls", "  !rm $name", "%system ls", "%%bash\nls", "files = !ls", "%sx ls", "%%sh"]
)
def test_shell_magics_are_seen(source):
    assert SHELL_MAGIC.search(source)


def test_inequalities_and_formats_are_no_shell_magic():
    assert not SHELL_MAGIC.search("a != b\nprint(f'{a!r}', 5 % 2)\n%matplotlib inline")


# ------------------------------------------------------------------------------- downloads


def test_every_download_is_https_with_a_published_sha256(monkeypatch):
    asked = []

    def note(name, mirrors, sha256, advice):
        asked.append((name, mirrors, sha256))
        raise downloads.DownloadError("not in a test")

    monkeypatch.setattr(images, "fetch", note)
    monkeypatch.setattr(texts, "fetch", note)
    for name, sha256 in images.MNIST_FILES.items():
        monkeypatch.setattr(images, "MNIST_FILES", {name: sha256})
        with pytest.raises(downloads.DownloadError):
            images.mnist(full=True)
    with pytest.raises(downloads.DownloadError):
        texts.shakespeare("tiny")
    asked += [(name, *place) for name, place in folders.GPT2_FILES.items()]
    assert len(asked) == 4 + 1 + 3
    for name, mirrors, sha256 in asked:
        assert re.fullmatch("[0-9a-f]{64}", sha256), name
        assert mirrors and all(url.startswith("https://") for url in mirrors), name


def test_only_these_modules_fetch_files():
    callers = {place for place, text in python_files() if re.search(r"\bfetch\(", text)}
    rooms = "data/downloads.py", "data/images.py", "data/texts.py", "text/folders.py"
    assert callers == {f"src/helpers/{room}" for room in rooms}
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
