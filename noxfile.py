"""Other Pythons, and the versions that Colab preloads; by hand: `uvx nox` or `pipx run nox`.

nox --list                           what there is
nox -s tests-3.12                    helpers and tools with another Python, from the lock
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
NOT_HERE = "--deselect=tests/tools/test_colab.py"  # it runs notebooks
ENVIRONMENT = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"}

nox.options.sessions = ["tests"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Package, exercises and tools with the locked packages: 5 GB a Python.

    On Linux set PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu to do without CUDA's 7 GB.
    """
    session.install("-e", ".[dev]", "-c", "constraints.txt")
    session.run("python", "-m", "pip", "check")
    folders = session.posargs or ["tests/package", "tests/exercises", "tests/tools", NOT_HERE]
    session.run("pytest", "-q", "-p", "no:cacheprovider", *folders, env=ENVIRONMENT)


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
