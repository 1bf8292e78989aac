"""Run a notebook as Colab does: alone in an empty folder, without the course and without a network.

Colab has the course's libraries, and `google.colab`, but neither the helpers nor the data: the
set-up cell clones them. Here git takes a bare repository for the course's address; it holds the
course's folder as it is now, committed or not. tests/test_colab.py and tools/colab_versions.py use
this module.
"""

import ast
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from notebook_form import ADDRESS_LINES, executed

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
CELL_SECONDS = 300
STOP_AT = 120  # the step after which a training is interrupted

# Every Python of the simulation imports this at its start, before anything else.
SITECUSTOMIZE = """\
import sys
from pathlib import Path

import google.colab

helpers = [folder for folder in sys.path if Path(folder, "helpers", "session.py").is_file()]
sys.path[:] = [folder for folder in sys.path if folder not in helpers]
sys.meta_path[:] = [
    finder
    for finder in sys.meta_path
    if not getattr(finder, "__module__", "").startswith("__editable__")
]
"""

# A plugin of pytest. It leaves the notebook's file as it is: what is changed is what nbval runs.
PLUGIN = f'''\
INTERRUPTION = """\\
import helpers.train


def _interrupted(numbers, **options):
    for number in numbers:
        if number > {STOP_AT}:
            raise KeyboardInterrupt
        yield number


helpers.train.tqdm = _interrupted
"""


def pytest_addoption(parser):
    parser.addoption("--cells", type=int, help="run as many cells and no more")
    parser.addoption("--interrupt", action="store_true", help="interrupt the next cell's training")


def pytest_collection_modifyitems(config, items):
    """The set-up cell runs twice; after the last of the cells, a training may be interrupted."""
    count = config.getoption("cells") or len(items)
    cells, left_out = items[:count], items[count:]
    if config.getoption("interrupt"):
        interrupted, left_out = left_out[:2], left_out[2:]  # the training, and what follows it
        interrupted[0].cell.source = INTERRUPTION + interrupted[0].cell.source
        for item in interrupted:
            item.options["check"] = False  # they must run; their output is another
        cells += interrupted
    config.hook.pytest_deselected(items=left_out)
    items[:] = [items[0], *cells]
'''

# Runs a command in a network namespace of its own, after switching its loopback on.
LOOPBACK_ONLY = """\
import fcntl, os, socket, struct, sys
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
"""
NOBODY = "http://127.0.0.1:9"  # a proxy that refuses: where there are no namespaces


def prepare(folder: Path, without: Sequence[str] = ()) -> Path:
    """Fill a new folder with what stands in for Colab and for GitHub, and return it.

    Args:
        without: files or folders of the course that the repository shall lack.
    """
    stand_ins = {
        "python/sitecustomize.py": SITECUSTOMIZE,
        "python/google/colab/__init__.py": "",  # beside google.protobuf: google is no package
        "python/as_in_colab.py": PLUGIN,
        "pytest.ini": "[pytest]\n",
        "home/.keep": "",
    }
    for name, content in stand_ins.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    ref = address(sorted(NOTEBOOKS.glob("*.ipynb"))[0])[1]
    left_out = [f":(exclude){name}" for name in without]
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    served = ["git", f"--git-dir={folder / 'course.git'}", f"--work-tree={ROOT}"]
    for command in (
        ["git", "init", "--quiet", "--bare", f"--initial-branch={ref}", folder / "course.git"],
        [*served, "add", "--all", "--", ".", *left_out],
        [*served, *author, "commit", "--quiet", "--message=The course"],
    ):
        subprocess.run(command, cwd=ROOT, env=environment(folder), check=True, capture_output=True)
    return folder


def run(
    notebook: Path,
    alone: Path,
    colab: Path,
    cells: int | None = None,
    interrupt: bool = False,
    python: str = sys.executable,
) -> subprocess.CompletedProcess:
    """Run a notebook under strict nbval, its set-up cell twice; the output is pytest's.

    Args:
        alone: an empty folder for a copy of the notebook.
        colab: what `prepare` has filled.
        cells: how many code cells to run; by default all.
        interrupt: run two cells more, and stop the first one's training after STOP_AT steps.
        python: the Python to run it with.
    """
    shutil.copy(notebook, alone)
    command = [python, "-m", "pytest", "-p", "as_in_colab", "-p", "no:cacheprovider", "-q"]
    command += ["--nbval", "--nbval-current-env", f"--nbval-cell-timeout={CELL_SECONDS}"]
    command += ["-c", str(colab / "pytest.ini"), f"--rootdir={alone}", "--color=no"]
    command += [f"--cells={cells}"] if cells else []
    command += ["--interrupt"] if interrupt else []
    return subprocess.run(
        [*without_network(), *command, notebook.name],
        cwd=alone,
        env=environment(colab, address(notebook)[0]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )


def python(code: str, colab: Path, python: str = sys.executable) -> subprocess.CompletedProcess:
    """Run some lines of Python in the simulation."""
    return subprocess.run(
        [*without_network(), python, "-c", code],
        cwd=colab,
        env=environment(colab),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )


def environment(colab: Path, repo: str = "") -> dict[str, str]:
    """Variables under which git takes the repository for REPO and nothing of the user's is seen."""
    home, proxies = str(colab / "home"), dict.fromkeys(("http_proxy", "https_proxy"), NOBODY)
    user = ("PYTHON", "PYTEST", "JUPYTER", "IPYTHON", "MPL", "XDG_", "HF_", "KERAS_", "GIT_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(user) and name.lower() not in (*proxies, "all_proxy")
    }
    return {
        **kept,
        **proxies,
        **{name.upper(): value for name, value in proxies.items()},
        "no_proxy": "localhost,127.0.0.1",
        "NO_PROXY": "localhost,127.0.0.1",
        "HOME": home,
        "USERPROFILE": home,
        "PYTHONPATH": str(colab / "python"),
        "PYTHONIOENCODING": "utf-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{(colab / 'course.git').as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": repo or "nothing",
    }


@functools.cache
def without_network() -> tuple[str, ...]:
    """What to write before a command so that it has only loopback; empty where that is not allowed.

    Network namespaces of an ordinary user exist on most Linux systems. Elsewhere the proxies of
    `environment` must do.
    """
    python = (sys.executable, "-I", "-S", "-c")
    command = ("unshare", "--user", "--map-root-user", "--net", *python, LOOPBACK_ONLY)
    try:
        subprocess.run([*command, *python, ""], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ()
    return command


def address(notebook: Path) -> tuple[str, str]:
    """REPO and REF of a notebook's set-up cell."""
    return ADDRESS_LINES.search("\n".join(code_cells(notebook))).groups()


def code_cells(notebook: Path) -> list[str]:
    """The sources of a notebook's code cells."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def first_training(notebook: Path) -> int | None:
    """How many code cells stand before the first that trains; None if no cell does.

    A cell trains if it calls `train.run`, or a function or class of the notebook that does so,
    itself or through others. A few steps, such as `train.run(step, 20)`, only prove something.
    """
    training = {"train.run"}

    def trains(call: ast.AST) -> bool:
        match call:
            case ast.Call(args=[_, ast.Constant(value=int(steps)), *_]) if steps <= STOP_AT:
                return False
        return isinstance(call, ast.Call) and ast.unparse(call.func) in training

    for count, source in enumerate(code_cells(notebook)):
        tree = ast.parse(source)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                training |= {node.name} if any(map(trains, ast.walk(node))) else set()
        if any(map(trains, executed(tree, ast.Call))):
            return count
    return None
