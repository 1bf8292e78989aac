"""Other Pythons, and the versions that Colab preloads; by hand: `uvx nox` or `pipx run nox`.

nox --list                           what there is
nox -s tests-3.12                    helpers and tools with another Python, from the lock
nox -s without_torch-3.12            the same without PyTorch, which spares gigabytes
nox -s colab -- 05                   a lesson, alone and whole, with Colab's versions
"""

import re
import tomllib
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
PYTHONS = ["3.11", "3.12", "3.13"]
COLABS_PYTHON = "3.13"
COLAB = {  # read off a Colab runtime
    "numpy": "2.1.3",
    "matplotlib": "3.10.0",
    "scikit-image": "0.25.2",
    "ipython": "7.34.0",
    "ipykernel": "6.17.1",
    "ipywidgets": "7.7.1",
    "transformers": "5.15.0",
    "keras": "3.13.2",
    "tensorflow": "2.20.0",
    "torch": "2.11.0",
}
OF_TORCH = re.compile(r"torch|triton|nvidia-|cuda-")
NOT_HERE = "--deselect=tests/tools/test_colab.py"  # it runs notebooks
ENVIRONMENT = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"}

nox.options.sessions = ["tests"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Package, exercises and tools with the locked packages: 5 GB a Python while it lasts."""
    session.install("-e", ".[dev]", "-c", "constraints.txt")
    session.run("python", "-m", "pip", "check")
    folders = session.posargs or ["tests/package", "tests/exercises", "tests/tools", NOT_HERE]
    session.run("pytest", "-q", "-p", "no:cacheprovider", *folders, env=ENVIRONMENT)


@nox.session(python=PYTHONS)
def without_torch(session: nox.Session) -> None:
    """The lock without PyTorch and its libraries, and the tests that never import it."""
    lock = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    requirements = Path(session.create_tmp(), "lock.txt")
    kept = [line for line in lock if not OF_TORCH.match(line)]
    requirements.write_text("\n".join(kept) + "\n", encoding="utf-8")
    session.install("--no-deps", "-r", str(requirements))
    paths = sorted(ROOT.glob("tests/package/test_*.py"))
    paths = [str(path) for path in paths if "import torch" not in path.read_text(encoding="utf-8")]
    environment = ENVIRONMENT | {"PYTHONPATH": str(ROOT / "src")}
    session.run("pytest", "-q", "-p", "no:cacheprovider", *paths, env=environment)


@nox.session(python=COLABS_PYTHON)
def colab(session: nox.Session) -> None:
    """The notebooks, each alone in a folder and without a network: 3 GB, made once with -R."""
    session.install("--only-binary=:all:", *colab_requirements(), "nbval", "pytest")
    session.run("python", "tools/colab.py", *session.posargs)


def colab_requirements() -> list[str]:
    """Colab's versions, and the newest that goes with them of all else that the course needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    others = [
        text
        for text in project["dependencies"]
        if re.match(r"[\w.-]+", text)[0].lower() not in COLAB
    ]
    return [*(f"{name}=={version}" for name, version in COLAB.items()), *others]
