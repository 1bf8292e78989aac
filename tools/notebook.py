"""The one reader of notebooks: which lessons there are, their cells, tags, sections and code.

Everything in tools/ and tests/ that opens a notebook does it here.
"""

import argparse
import ast
import hashlib
import itertools
import re
import symtable
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"

# The first code cell of every notebook is this file; only the values of REPO and REF may differ.
SETUP_CELL = Path(__file__).with_name("setup_cell.py").read_text(encoding="utf-8").rstrip("\n")

IGNORED = "nbval-ignore-output"  # the tag of a cell whose output is not compared …
KINDS = {"sample", "timing", "machine", "play"}  # … and the tag that says why
OUTPUTS_OF = "outputs_of"  # cell metadata: the fingerprint of the source that made a kept output
WIDGETS = "application/vnd.jupyter.widget"  # how the types of widgets' outputs begin


# ------------------------------------------------------------------------------- which lessons


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


def chosen(
    parser: argparse.ArgumentParser, numbers: list[str], folder: Path = NOTEBOOKS
) -> list[Path]:
    """The notebooks of the lessons on a command line, or all; an unknown one ends the program."""
    try:
        return [lesson(number, folder) for number in numbers or lessons(folder)]
    except FileNotFoundError as error:
        parser.error(str(error))


def tell(found: Iterable[list[str]]) -> int:
    """Print the problems of each notebook; the exit code of the program: 1 if there is one."""
    code = 0
    for problem in itertools.chain.from_iterable(found):
        print(problem)
        code = 1
    return code


# -------------------------------------------------------------------------------------- cells


def read(path: Path) -> nbformat.NotebookNode:
    """A notebook; the source of each cell is one string. It may break nbformat's schema.

    Raises:
        ValueError: the file is no notebook.
    """
    try:
        return nbformat.v4.reads(Path(path).read_text(encoding="utf-8"))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{Path(path).name} has no cells ({error})") from None


def written(notebook: nbformat.NotebookNode) -> str:
    """The text of a notebook's file."""
    return nbformat.writes(notebook) + "\n"


def tags(cell: Mapping) -> set[str]:
    """The tags of a cell."""
    return set(cell["metadata"].get("tags", []))


def slide_type(cell: Mapping) -> str | None:
    """What the cell is among the slides: "slide", "fragment", "skip", …; None if unmarked."""
    return cell["metadata"].get("slideshow", {}).get("slide_type")


def code_cells(notebook: Mapping) -> Iterator[tuple[int, Mapping]]:
    """(its number, counted from 1 over all cells; the cell) of every code cell."""
    for n, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == "code":
            yield n, cell


def code(notebook: Mapping) -> list[str]:
    """The sources of the code cells."""
    return [cell["source"] for _, cell in code_cells(notebook)]


def import_cell(notebook: Mapping) -> str:
    """The source of the cell that calls session.start, or an empty string."""
    return next((source for source in code(notebook) if "session.start(" in source), "")


def by_section(notebook: Mapping) -> dict[str, list[tuple[int, str, str]]]:
    """What each section consists of: index, type and source of cells, text cut at the headings.

    What comes before the first heading is called "Start".
    """
    name, found = "Start", {"Start": []}
    for index, cell in enumerate(notebook["cells"]):
        source, text = cell["source"], cell["cell_type"] == "markdown"
        for part in re.split(r"^(?=## )", source, flags=re.MULTILINE) if text else [source]:
            if text and part.startswith("## "):
                name = part.splitlines()[0].removeprefix("## ").strip()
            if part:
                found.setdefault(name, []).append((index, cell["cell_type"], part))
    return found


def fingerprint(source: str) -> str:
    """Twelve hexadecimal digits that change with a cell's source."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


# --------------------------------------------------------------------------------------- code


def executed(tree: ast.AST, kinds: type | tuple[type, ...]) -> Iterator[ast.AST]:
    """Nodes of these kinds that run with the cell, that is, outside functions and classes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, kinds):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from executed(node, kinds)


def global_names(source: str) -> set[str]:
    """Names that the functions and classes of a piece of code look up outside themselves."""

    def look_into(table: symtable.SymbolTable) -> set[str]:
        found = set()
        if table.get_type() != "module":
            found |= {s.get_name() for s in table.get_symbols() if s.is_global()}
        for child in table.get_children():
            found |= look_into(child)
        return found

    return look_into(symtable.symtable(source, "cell", "exec"))
