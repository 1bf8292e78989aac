"""What the rules look at: a lesson with its cells and their syntax trees."""

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import notebook

Problems = Iterator[tuple[int, str]]  # (number of a cell, or 0 for the whole notebook; what)


class Lesson:
    """One notebook under examination; cells are numbered from 1."""

    def __init__(self, path: Path, bank: Mapping | None = None):
        self.path, self.number = path, path.stem[:2]
        self.notebook = notebook.read(path)
        self.cells = list(enumerate(self.notebook.cells, start=1))
        self.code = list(notebook.code_cells(self.notebook))
        self.trees = {n: parsed(cell["source"]) or ast.parse("") for n, cell in self.code}
        self._bank = bank

    @property
    def form(self) -> int | None:
        """The number of the form that it keeps, by its metadata."""
        return self.notebook.metadata.get("course", {}).get("form")

    @functools.cached_property
    def bank(self) -> Mapping:
        """Its exercises by id; none where the course has no bank for it."""
        if self._bank is not None:
            return self._bank
        from helpers.exercises import bank

        try:
            return bank(self.number)
        except KeyError:
            return {}

    def sections(self) -> dict[str, list[tuple[int, str, str]]]:
        """What each section consists of, as `notebook.by_section` gives it."""
        return notebook.by_section(self.notebook)

    def uses(self, words: str) -> bool:
        """Whether a code cell holds these words."""
        return any(words in cell["source"] for _, cell in self.code)

    def lines(self) -> Iterator[tuple[int, str]]:
        """(cell, line) of all text without fenced code; a code cell is one line of its own."""
        for n, cell in self.cells:
            if cell["cell_type"] == "code":
                yield n, "(code)"
            else:
                yield from ((n, line) for line in without_code(cell["source"]).splitlines())


def parsed(source: str) -> ast.Module | None:
    """The tree of a cell; None if it is not plain Python."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def without_code(markdown: str) -> str:
    """Text without its fenced code blocks."""
    return re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)


def checked_equations(tree: ast.Module) -> list[str | None]:
    """The equation of each check.xxx("NN.k", …) that the cell runs; None if not a literal."""
    found = []
    for call in notebook.executed(tree, ast.Call):
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="check"), attr="claim" | "summary")):
                pass  # of a measurement, not of an equation
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="check")),
                args=[ast.Constant(value=str(label)), *_],
            ):
                found.append(label)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="check"))):
                found.append(None)
    return found


def verifies(tree: ast.Module) -> bool:
    """Whether a cell asserts, checks or claims something."""
    calls = {ast.unparse(call.func) for call in notebook.executed(tree, ast.Call)}
    claims = "check.claim" in calls or bool(checked_equations(tree))
    return claims or any(notebook.executed(tree, ast.Assert))


def exercise_calls(tree: ast.Module) -> Iterator[tuple[str, str, list[str]]]:
    """(id, method, arguments) of each exercise("NN.k").method(…) that the cell runs."""
    for call in notebook.executed(tree, ast.Call):
        match call.func:
            case ast.Attribute(
                value=ast.Call(func=ast.Name(id="exercise"), args=[ast.Constant(value=id)]),
                attr=method,
            ):
                yield id, method, [ast.unparse(argument) for argument in call.args]
