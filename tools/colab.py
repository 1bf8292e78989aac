"""Run a notebook as Colab does: alone in an empty folder, without the course and without a network.

Colab has the course's libraries, and `google.colab`, but neither the helpers nor the data: the
set-up cell clones them. Here git takes a bare repository for the course's address; it holds the
course's folder as it is now, committed or not. tools/in_colab/ holds what runs inside; a test and a
session of noxfile.py use this module, which also runs by itself:

    python tools/colab.py [NN …]
"""

import argparse
import ast
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import notebook as reader
from publish import ADDRESS_LINES

INSIDE = Path(__file__).with_name("in_colab")
CELL_SECONDS = 600
SHORT = 120  # so many steps only prove something; in_colab/interruption.py stops after them
NOBODY = "http://127.0.0.1:9"  # a proxy that refuses: where there are no namespaces


def prepare(folder: Path, without: Sequence[str] = ()) -> Path:
    """Fill a new folder with what stands in for Colab and for GitHub, and return it.

    Args:
        without: files or folders of the course that the repository shall lack.
    """
    shutil.copytree(INSIDE, folder / "python", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "python" / "google" / "colab").mkdir(parents=True)
    (folder / "python" / "google" / "colab" / "__init__.py").touch()  # google itself is no package
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "home").mkdir()
    ref = address(next(iter(reader.lessons().values())))[1]
    left_out = [f":(exclude){name}" for name in without]
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    served = ["git", f"--git-dir={folder / 'course.git'}", f"--work-tree={reader.ROOT}"]
    for command in (
        ["git", "init", "--quiet", "--bare", f"--initial-branch={ref}", folder / "course.git"],
        [*served, "add", "--all", "--", ".", *left_out],
        [*served, *author, "commit", "--quiet", "--message=The course"],
    ):
        subprocess.run(
            command, cwd=reader.ROOT, env=environment(folder), check=True, capture_output=True
        )
    return folder


def run(
    notebook: Path,
    alone: Path,
    colab: Path,
    cells: int | None = None,
    interrupt: bool = False,
) -> subprocess.CompletedProcess:
    """Run a notebook under strict nbval, its set-up cell twice; the output is pytest's.

    Args:
        alone: an empty folder for a copy of the notebook.
        colab: what `prepare` has filled.
        cells: how many code cells to run; by default all.
        interrupt: run two cells more, and stop the first one's training after some steps.
    """
    shutil.copy(notebook, alone)
    command = [sys.executable, "-m", "pytest", "-p", "as_in_colab", "-p", "no:cacheprovider", "-q"]
    command += ["--nbval", "--nbval-current-env", f"--nbval-cell-timeout={CELL_SECONDS}"]
    command += ["-c", str(colab / "pytest.ini"), f"--rootdir={alone}", "--color=no"]
    command += [f"--nbval-sanitize-with={reader.ROOT / 'sanitize.cfg'}"]
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


def python(code: str, colab: Path) -> subprocess.CompletedProcess:
    """Run some lines of Python in the simulation."""
    return subprocess.run(
        [*without_network(), sys.executable, "-c", code],
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
    python = (sys.executable, "-I", "-S")
    inside = str(INSIDE / "loopback_only.py")
    command = ("unshare", "--user", "--map-root-user", "--net", *python, inside)
    try:
        subprocess.run([*command, *python, "-c", ""], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ()
    return command


def address(notebook: Path) -> tuple[str, str]:
    """REPO and REF of a notebook's set-up cell."""
    return ADDRESS_LINES.search("\n".join(code_cells(notebook))).groups()


def code_cells(notebook: Path) -> list[str]:
    """The sources of a notebook's code cells."""
    return reader.code(reader.read(notebook))


def first_training(notebook: Path) -> int | None:
    """How many code cells stand before the first that trains; None if no cell does.

    A cell trains if it calls `train.run`, or a function or class of the notebook that does so,
    itself or through others. A few steps, such as `train.run(step, 20)`, only prove something.
    """
    training = {"train.run"}

    def trains(call: ast.AST) -> bool:
        match call:
            case ast.Call(args=[_, ast.Constant(value=int(steps)), *_]) if steps <= SHORT:
                return False
        return isinstance(call, ast.Call) and ast.unparse(call.func) in training

    for count, source in enumerate(code_cells(notebook)):
        tree = ast.parse(source)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                training |= {node.name} if any(map(trains, ast.walk(node))) else set()
        if any(map(trains, reader.executed(tree, ast.Call))):
            return count
    return None


def main(arguments: list[str] | None = None) -> int:
    """Run notebooks whole, one after the other, and print what pytest says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lessons (default: all)")
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = prepare(Path(temporary, "colab"))
        python("import matplotlib.font_manager", folder)  # its first import writes to stderr
        for path in reader.chosen(parser, parser.parse_args(arguments).lessons):
            alone = Path(temporary, path.stem)
            alone.mkdir()
            process = run(path, alone, folder)
            said = process.stdout.strip() if process.returncode else result(process.stdout)
            print(f"{path.stem}: {said}", flush=True)
            failed |= process.returncode != 0
    return failed


def result(output: str) -> str:
    """The last line of pytest: "2 failed, 90 passed in 3.1s"."""
    return (output.strip().splitlines() or ["no output"])[-1].strip("= ")


if __name__ == "__main__":
    sys.exit(main())
