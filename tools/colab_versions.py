"""Run the notebooks, alone and whole, with the versions of the libraries that Colab preloads.

    python tools/colab_versions.py [NN …] [--python python3.13] [--folder build/colab]

The first start installs them into an environment of its own: about 3 GB, or much less on Linux with
PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu. A table of results is printed; what pytest
said about a notebook that failed stands in the folder as NN_name.txt.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import colab
from notebook_form import chosen

COLABS_PYTHON = "3.13"
VERSIONS = {
    "numpy": "2.1.3",
    "matplotlib": "3.10.0",
    "ipython": "7.34.0",
    "ipykernel": "6.17.1",
    "ipywidgets": "7.7.1",
    "transformers": "5.15.0",
    "keras": "3.13.2",
    "tensorflow": "2.20.0",
    "torch": "2.11.0",
}
TESTING = ["nbval", "pytest"]  # to run notebooks with; Colab has neither


def project_requirements() -> list[str]:
    """What the course needs, as pyproject.toml says it."""
    text = (colab.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["dependencies"]


def requirements() -> list[str]:
    """Colab's versions, the newest that goes with them of all else, and what runs notebooks."""
    pinned = [f"{name}=={version}" for name, version in VERSIONS.items()]
    others = [
        text
        for text in project_requirements()
        if re.match(r"[\w.-]+", text)[0].lower() not in VERSIONS
    ]
    return [*pinned, *others, *TESTING]


def check(python: str) -> None:
    """Exit with a sentence if the command is not Colab's Python."""
    ask = [python, "-c", "import sys; print('{}.{}'.format(*sys.version_info))"]
    try:
        found = subprocess.run(ask, capture_output=True, encoding="utf-8").stdout.strip()
    except OSError:
        found = ""
    if found != COLABS_PYTHON:
        what = f"is Python {found}" if found else "does not start"
        sys.exit(f"Colab runs Python {COLABS_PYTHON}, but {python} {what}: name one with --python.")


def install(environment: Path, colabs_python: str) -> Path:
    """Make the environment unless it is complete; returns its Python.

    Raises:
        subprocess.CalledProcessError: pip failed; its own words are on the screen.
    """
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, wanted = environment / "requirements.txt", "\n".join(requirements()) + "\n"
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
        subprocess.run([colabs_python, "-m", "venv", "--clear", environment], check=True)
        pip = [python, "-m", "pip", "install", "--only-binary=:all:", "--progress-bar=off"]
        subprocess.run([*pip, *requirements()], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", metavar="NN", help="chapters (default: all)")
    command = f"python{COLABS_PYTHON}"
    parser.add_argument("--python", default=command, help=f"Colab's Python (default: {command})")
    default = colab.ROOT / "build" / "colab"
    parser.add_argument("--folder", type=Path, default=default, help=f"default: {default}")
    options = parser.parse_args(arguments)
    notebooks = chosen(parser, options.chapters)
    check(options.python)
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    python = install(folder / "environment", options.python)

    failed = []
    print("| notebook | cells | seconds |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        simulation = colab.prepare(Path(temporary, "colab"))
        colab.python("import matplotlib.font_manager", simulation, str(python))
        for notebook in notebooks:
            alone = Path(temporary, notebook.stem)
            alone.mkdir()
            start = time.perf_counter()
            process = colab.run(notebook, alone, simulation, python=str(python))
            seconds = time.perf_counter() - start
            print(f"| {notebook.stem} | {result(process.stdout)} | {seconds:.0f} |", flush=True)
            if process.returncode != 0:
                failed.append(notebook)
                (folder / f"{notebook.stem}.txt").write_text(process.stdout, encoding="utf-8")
    return 1 if failed else 0


def result(output: str) -> str:
    """The last line of pytest without its time: "2 failed, 90 passed"."""
    lines = output.strip().splitlines() or ["no output"]
    return re.sub(r"\s+in [\d.]+s.*$", "", lines[-1]).strip("= ")


if __name__ == "__main__":
    sys.exit(main())
