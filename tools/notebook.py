"""The one reader of notebooks: which lessons there are, their cells, tags and sections."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def lessons(folder: Path = NOTEBOOKS) -> dict[str, Path]:
    """The notebooks of a folder by number: {"01": …/01_gradient_descent.ipynb, …}."""
    return {path.name[:2]: path for path in sorted(Path(folder).glob("[0-9][0-9]_*.ipynb"))}


def lesson(number: str, folder: Path = NOTEBOOKS) -> Path:
    """The notebook of a lesson.

    Raises:
        FileNotFoundError: there is no such lesson.
    """
    found = lessons(folder)
    if number not in found:
        raise FileNotFoundError(f"There is no lesson {number}: {', '.join(found) or 'none yet'}.")
    return found[number]


def read(path: Path) -> nbformat.NotebookNode:
    """A notebook; the source of each cell is one string."""
    return nbformat.v4.reads(Path(path).read_text(encoding="utf-8"))


def tags(cell: Mapping) -> set[str]:
    """The tags of a cell."""
    return set(cell["metadata"].get("tags", []))


def code_cells(notebook: Mapping) -> Iterator[tuple[int, Mapping]]:
    """(its number, counted from 1 over all cells; the cell) of every code cell."""
    for n, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == "code":
            yield n, cell


def import_cell(notebook: Mapping) -> str:
    """The source of the cell that calls session.start, or an empty string."""
    return next(
        (c["source"] for _, c in code_cells(notebook) if "session.start(" in c["source"]), ""
    )


def by_section(notebook: Mapping) -> dict[str, list[tuple[int, str, str]]]:
    """What each section consists of: index, type and source of cells, text cut at the headings.

    What stands before the first heading is called "Start".
    """
    name, found = "Start", {"Start": []}
    for index, cell in enumerate(notebook["cells"]):
        source, text = cell["source"], cell["cell_type"] == "markdown"
        for part in re.split(r"^(?=## )", source, flags=re.MULTILINE) if text else [source]:
            if text and part.startswith("## "):
                name = part.splitlines()[0].removeprefix("## ").strip()
            found.setdefault(name, []).append((index, cell["cell_type"], part))
    return found
