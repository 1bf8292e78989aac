"""Install the course from its lock for other Pythons, each in a fresh folder, and test the helpers.

    python tools/other_pythons.py python3.11 python3.12 python3.13 [--without-torch]

A whole installation takes 5 GB of disk for each Python while it lasts (12 GB with CUDA libraries).
--without-torch leaves out PyTorch and its libraries, and the tests that use it; the rest of the
lock is installed exactly.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import course  # noqa: E402 - the folder of course.py is not on the path before

OF_TORCH = re.compile(r"torch|triton|nvidia-|cuda-")
IMPORTS = """
import importlib, sys
from pathlib import Path
names = [p.stem for p in Path("src/helpers").glob("*.py") if p.stem != "__init__"]
names += [f"exercises.{p.stem}" for p in Path("src/helpers/exercises").glob("ch*.py")]
without_torch = len(sys.argv) > 1
for name in sorted(names):
    try:
        importlib.import_module(f"helpers.{name}")
    except ModuleNotFoundError as error:
        if not without_torch or error.name.split(".")[0] != "torch":
            raise
"""
# The helpers, the tools and course.py; the notebooks are not run here.
TESTS = (
    "benchmark check course data digits exercises files gpt2 metrics package plot portability "
    "sample security session tools train train_save"
)


def try_python(python: str, without_torch: bool) -> str | None:
    """Install, import and test; returns the last line of pytest, or None where a step failed."""
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder, "venv")
        inside = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        steps = [
            [python, "-m", "venv", str(venv)],
            *([str(inside), *step] for step in install(Path(folder), without_torch)),
            [str(inside), "-c", IMPORTS, *(["without torch"] if without_torch else [])],
        ]
        environment = course.course_environment() | {"PYTHONPATH": str(ROOT / "src")}
        for step in steps:
            if subprocess.run(step, cwd=ROOT, env=environment).returncode:
                return None
        tests = [str(path) for path in test_files(without_torch)]
        done = subprocess.run(
            [str(inside), "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        print(done.stdout)
        return done.stdout.strip().splitlines()[-1] if done.returncode == 0 else None


def install(folder: Path, without_torch: bool) -> list[list[str]]:
    """The steps of the installation, as arguments of Python."""
    if not without_torch:
        return [["-m", "pip", *course.install_arguments()], ["-m", "pip", "check"]]
    lock = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lock if not OF_TORCH.match(line)]
    requirements = folder / "lock.txt"
    requirements.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return [["-m", "pip", "install", "--quiet", "--no-deps", "-r", str(requirements)]]


def test_files(without_torch: bool) -> list[Path]:
    """The tests to run; without PyTorch, those that never import it."""
    paths = [ROOT / "tests" / f"test_{name}.py" for name in TESTS.split()]
    if without_torch:
        paths = [path for path in paths if "import torch" not in path.read_text("utf-8")]
    return paths


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "pythons", nargs="+", metavar="PYTHON", help="a command, such as python3.12"
    )
    parser.add_argument("--without-torch", action="store_true")
    options = parser.parse_args(arguments)
    for python in options.pythons:
        if shutil.which(python) is None:
            parser.error(f"there is no command {python}")
    results = {python: try_python(python, options.without_torch) for python in options.pythons}
    for python, result in results.items():
        print(f"{python}: {result or 'FAILED, see above'}")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
