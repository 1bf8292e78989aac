"""Every Python source that a reader or an author runs, for the tests that read them."""

from collections.abc import Iterator

import notebook
from notebook import ROOT

FOLDERS = ("src/helpers", "tools", "benchmarks", "builders")


def python_files() -> Iterator[tuple[str, str]]:
    """(path below the course's folder, source) of every module and script."""
    for path in [ROOT / "course.py", *(p for f in FOLDERS for p in ROOT.glob(f"{f}/**/*.py"))]:
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def notebook_cells() -> Iterator[tuple[str, str]]:
    """(notebook and number of the cell, source) of every code cell of the lessons."""
    for path in notebook.lessons().values():
        for n, cell in notebook.code_cells(notebook.read(path)):
            yield f"{path.stem}, cell {n}", cell["source"]
