"""Windows, macOS, odd folders, a home that cannot be written: what breaks a course elsewhere.

The first half reads the source for calls that only some systems have; the second half runs the
helpers in the places that readers have.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebook import ROOT
from sources import notebook_cells, python_files

POSIX_MODULES = re.compile("crypt|fcntl|grp|posix|pty|pwd|resource|syslog|termios|tty")
POSIX_CALLS = re.compile(
    r"os\.(chown|fork|forkpty|getegid|geteuid|getgid|getloadavg|getpgid|getuid|killpg|mkfifo|nice"
    r"|openpty|sched_getaffinity|sched_setaffinity|setsid|setuid|statvfs|symlink|uname)"
    r"|signal\.(SIGALRM|SIGCHLD|SIGHUP|SIGKILL|SIGQUIT|SIGUSR1|SIGUSR2|alarm|pause|setitimer)"
)
GUARDS = re.compile(r"os\.name|sys\.platform|platform\.system|hasattr\(")
FOLDERS = re.compile(r"/(?:tmp|var|dev|proc|home|usr|etc|root|Users)(?:/|$)|[A-Za-z]:[\\/]")
LOOKED_FOR_FIRST = "folder /proc/cpuinfo"  # benchmarks/machine.py reads it where it is a file
ONLY_LINUX = "tools/in_colab/loopback_only.py"  # tools/colab.py falls back where it cannot run
BINARY_OPENERS = ("bz2", "gzip", "lzma", "tarfile", "wave", "webbrowser", "zipfile", "Image")


def complaints(source: str) -> list[str]:
    """What in a Python source fails or differs on another system, as "line: what it is"."""
    tree = ast.parse(source)
    guarded = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If | ast.IfExp) and GUARDS.search(ast.unparse(test.test))
        for node in ast.walk(test)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) not in guarded:
            found += [f"{node.lineno}: {what}" for what in complaints_of(node)]
    return found


def complaints_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            modules = [alias.name for alias in names if POSIX_MODULES.fullmatch(alias.name)]
            yield from (f"import {module}" for module in modules)
        case ast.ImportFrom(module=str(module), names=names):
            if POSIX_MODULES.fullmatch(module):
                yield f"import {module}"
            calls = [f"{module}.{alias.name}" for alias in names]
            yield from filter(POSIX_CALLS.fullmatch, calls)
        case ast.Attribute() if POSIX_CALLS.fullmatch(ast.unparse(node)):
            yield ast.unparse(node)
        case ast.Constant(value=str(text)) if FOLDERS.match(text):
            yield f"folder {text.split()[0]}"
        case ast.Call(func=function):
            named = {keyword.arg: keyword.value for keyword in node.keywords}
            yield from complaints_of_call(ast.unparse(function), node.args, named)


def complaints_of_call(name: str, args: list[ast.expr], named: dict) -> Iterator[str]:
    *owner, last = name.split(".")
    if last in ("get_context", "set_start_method"):
        values = [arg.value for arg in [*args, *named.values()] if isinstance(arg, ast.Constant)]
        yield from (f"{last} {value}" for value in values if "fork" in str(value))
    before_encoding = {"read_text": 0, "write_text": 1}  # positional arguments
    if len(args) <= before_encoding.get(last, -1) and "encoding" not in named:
        yield f"{last} without encoding"
    if last in ("open", "fdopen", "NamedTemporaryFile", "TemporaryFile"):
        position = 1 if name in ("open", "io.open", "os.fdopen") else 0
        default = "r" if "open" in last else "w+b"
        mode = named.get("mode") or (args[position] if position < len(args) else None)
        mode = default if mode is None else getattr(mode, "value", "?")
        binary = "b" in str(mode) or (owner and owner[-1] in BINARY_OPENERS)
        if name != "os.open" and not binary and "encoding" not in named:
            yield f"{last} without encoding"
    if owner and owner[-1] == "subprocess" and "encoding" not in named:
        yield from (
            f"{last} {k} without encoding" for k in ("text", "universal_newlines") & named.keys()
        )
    if "preexec_fn" in named:
        yield f"{last} preexec_fn"
    if last == "symlink_to":
        yield "symlink_to"


def sources() -> Iterator[tuple[str, str]]:
    """Every Python source that a reader runs: helpers, course.py, tools, and notebook cells."""
    yield from ((place, text) for place, text in python_files() if place != ONLY_LINUX)
    yield from notebook_cells()


def test_no_source_uses_what_only_some_systems_have():
    checked = dict(sources())
    assert len(checked) > 500
    found = {
        f"{place}, line {what}" for place, text in checked.items() for what in complaints(text)
    }
    assert {line for line in found if not line.endswith(LOOKED_FOR_FIRST)} == set()


FAULTS = [
    ("import os\nif os.fork():\n    pass", "2: os.fork"),
    ("from os import uname", "1: os.uname"),
    ("os.getuid()", "1: os.getuid"),
    ("import fcntl", "1: import fcntl"),
    ("from resource import getrusage", "1: import resource"),
    ("import pwd, json", "1: import pwd"),
    ("signal.signal(signal.SIGALRM, stop)", "1: signal.SIGALRM"),
    ("os.kill(pid, signal.SIGKILL)", "1: signal.SIGKILL"),
    ("multiprocessing.get_context('fork')", "1: get_context fork"),
    ("mp.set_start_method(method='forkserver')", "1: set_start_method forkserver"),
    ("Path('/tmp')", "1: folder /tmp"),
    ("name = f'/tmp/{x}'", "1: folder /tmp/"),
    ("np.save('/var/tmp/a.npy', a)", "1: folder /var/tmp/a.npy"),
    (r"p = 'C:\\data'", r"1: folder C:\data"),
    ("open('a.txt')", "1: open without encoding"),
    ("open('a.txt', 'w')", "1: open without encoding"),
    ("io.open('a.txt', mode=m)", "1: open without encoding"),
    ("Path('a').open('a')", "1: open without encoding"),
    ("path.open()", "1: open without encoding"),
    ("path.read_text()", "1: read_text without encoding"),
    ("path.write_text(text)", "1: write_text without encoding"),
    ("tempfile.NamedTemporaryFile('w')", "1: NamedTemporaryFile without encoding"),
    ("subprocess.run(c, text=True)", "1: run text without encoding"),
    ("subprocess.Popen(c, preexec_fn=f)", "1: Popen preexec_fn"),
    ("a.symlink_to(b)", "1: symlink_to"),
]


def test_the_checker_finds():
    for source, what in FAULTS:
        assert what in complaints(source), source


FINE = [
    "path.read_text(encoding='utf-8')",
    "path.read_text('utf-8')",
    "path.write_text(text, 'utf-8')",
    "open('a', 'rb')",
    "path.open('wb')",
    "path.open('a', encoding='utf-8')",
    "tempfile.TemporaryFile(dir=folder)",
    "gzip.open(path)",
    "Image.open(path)",
    "multiprocessing.get_context('spawn')",
    "if hasattr(signal, 'SIGALRM'):\n    signal.alarm(1)",
    "if os.name != 'nt':\n    os.nice(5)",
    "kill = signal.SIGKILL if sys.platform != 'win32' else signal.SIGTERM",
    "signal.signal(signal.SIGTERM, stop)",
    "'and/tmp or a/home/b'",
    "os.replace(a, b)",
]


def test_the_checker_leaves_alone():
    for source in FINE:
        assert complaints(source) == [], source


# ------------------------------------------------------------------- where readers keep the course

WORK = """
import sys
from pathlib import Path

import helpers
from helpers import data, exercises, session

session.start()
assert data.mnist().x_train.shape == (7000, 28, 28)
folder = Path(sys.argv[1])
own = folder / "Mein Text é · 文.txt"
own.write_text("Grüße, 世界!\\n" * 1000, encoding="utf-8")
assert data.text(own).train.startswith("Grüße, 世界!")
exercises.bank("00")
exercises.report(folder / "Ergebnis é.json")
print(helpers.__file__)
"""


def run_python(folder: Path, code: str, *arguments: str, **environment: str):
    """Run code as a script in a new Python."""
    script = folder / "script.py"
    script.write_text(code, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("name", ["my course (copy) & notes", "Kurs für Müßige · 課程"])
def test_the_helpers_work_in_a_folder_with_an_odd_name(tmp_path, name):
    course = tmp_path / name
    shutil.copytree(ROOT / "src" / "helpers", course / "src" / "helpers")
    (course / "data").mkdir()
    shutil.copy(ROOT / "data" / "mnist-10k.npz", course / "data")
    done = run_python(course, WORK, str(course), PYTHONPATH=str(course / "src"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(course / "src" / "helpers" / "__init__.py")
    assert (course / "Ergebnis é.json").read_text(encoding="utf-8") == "{}\n"


# ------------------------------------------------------------------ a home that cannot be written

FETCH = """
import sys
from helpers import data

kept = data.fetch("letters", sys.argv[1:2], sys.argv[2], "no advice")
print(kept.read_bytes().decode())
again = data.fetch("letters", ["http://127.0.0.1:9/letters"], sys.argv[2], "no advice")
assert again == kept
"""
HOMES = ("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")


@pytest.fixture
def no_home(tmp_path) -> dict[str, str]:
    """Environment whose home lies below a file, where nobody can make a folder."""
    (tmp_path / "a file").touch()
    homes = dict.fromkeys(HOMES, str(tmp_path / "a file" / "home"))
    own = {"MPLCONFIGDIR": str(tmp_path), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return homes | own


def test_without_a_home_downloads_go_to_a_temporary_folder_which_is_said(tmp_path, web, no_home):
    web.files["/letters"] = b"abc"
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    done = run_python(tmp_path, FETCH, web.url("/letters"), sha256, **no_home)
    assert done.returncode == 0, done.stderr
    said, content = done.stdout.splitlines()
    assert "cannot be written; downloads stay in " in said and "until Python ends" in said
    assert content == "abc"
    folder = Path(said.split("downloads stay in ")[1].removesuffix(" until Python ends."))
    assert not folder.exists()


def test_without_a_home_the_session_starts_and_exercises_work(tmp_path, no_home):
    done = run_python(tmp_path, WORK, str(tmp_path), **no_home)
    assert done.returncode == 0, done.stderr
