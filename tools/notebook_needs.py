"""Does each section say what it needs? Every name that a section uses is followed to its maker.

    python tools/notebook_needs.py [NN …]

prints one line for each name that comes from a section which the line "*Needs: …*" does not cover,
directly or through the needs of those sections. The code is read, not run: a change that leaves no
assignment, such as a training step, stays unseen.
"""

import argparse
import ast
import builtins
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import notebook_code
from notebook_form import NEEDS, NOTEBOOKS, chosen, tell

KNOWN = {*vars(builtins), "display", "get_ipython"}
START = 0  # the number of what stands before the first section: set-up and imports
USE, MAKE, CHANGE = "use", "make", "change"


def problems(notebook: Path) -> list[str]:
    """The names that a notebook's sections use without saying so, as sentences."""
    needs: dict[int, set[int]] = {START: {START}}  # by section: itself and all that it needs
    maker: dict[str, int] = {}  # by name: the section that made or changed it last
    makers: dict[str, set[int]] = {}  # by name: all of them
    inside: dict[str, set[str]] = {}  # by function or class: the global names in its body
    found: dict[tuple[int, str], str] = {}  # by section and name: the first place
    section = START
    for n, kind, source in cells(notebook):
        if kind == "markdown":
            for heading, needed in headings(source):
                section = heading or section + 1
                needs[section] = {section, START}.union(*(needs.get(k, set()) for k in needed))
            continue
        for event, name in events(ast.parse(source), inside):
            if event == USE:
                for used in reached(name, inside):
                    if used in KNOWN and used not in maker:
                        continue
                    if maker.get(used) not in needs[section]:
                        what = complaint(section, used, maker, makers, needs[section])
                        found.setdefault((section, used), f"{notebook.stem}, cell {n}: {what}")
            else:
                maker[name] = section
                makers.setdefault(name, set()).add(section)
    return list(found.values())


def complaint(
    section: int, name: str, maker: dict[str, int], makers: dict[str, set[int]], needed: set[int]
) -> str:
    """Say where a name comes from."""
    if name not in maker:
        return f"section {section} uses {name}, which no earlier cell makes"
    if makers[name] & needed:
        return (
            f"section {section} uses {name} as section {maker[name]} left it, but needs only "
            f"section {max(makers[name] & needed)}, which makes another"
        )
    return f"section {section} uses {name} of section {maker[name]}, which it does not need"


def cells(notebook: Path) -> Iterator[tuple[int, str, str]]:
    """(number from 1, kind, source) of each cell."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for n, cell in enumerate(content["cells"], start=1):
        yield n, cell["cell_type"], "".join(cell["source"])


def headings(markdown: str) -> Iterator[tuple[int | None, set[int]]]:
    """(its number if it has one, the sections that it says it needs) of each section's heading."""
    for part in re.split(r"^(?=## )", markdown, flags=re.MULTILINE):
        if heading := re.match(r"## (\d+)?.*\n*(.*)", part):
            line = NEEDS.fullmatch(heading[2].strip())
            number = int(heading[1]) if heading[1] else None
            yield number, sections_named(line[1]) if line else set()


def sections_named(words: str) -> set[int]:
    """The numbers in "sections 2 to 4, 6 and 7"."""
    numbers = set()
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", words):
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


def reached(name: str, inside: dict[str, set[str]]) -> set[str]:
    """A name and, where it is a function or class, all that its code reaches."""
    seen, waiting = set(), [name]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += inside.get(name, ())
    return seen


def events(tree: ast.Module, inside: dict[str, set[str]]) -> list[tuple[str, str]]:
    """What a cell does with global names, in order; its functions and classes go to `inside`."""
    reader = Reader(inside)
    reader.visit(tree)
    return reader.events


class Reader(ast.NodeVisitor):
    """Walks through code in the order in which it runs."""

    def __init__(self, inside: dict[str, set[str]]):
        self.inside = inside
        self.events: list[tuple[str, str]] = []
        self.local: list[set[str]] = []  # names of comprehensions and lambdas around this place

    def note(self, event: str, name: str) -> None:
        if not any(name in names for names in self.local):
            self.events.append((event, name))

    def visit_all(self, *nodes: ast.AST | list | None) -> None:
        for node in nodes:
            if isinstance(node, list):
                self.visit_all(*node)
            elif node is not None:
                self.visit(node)

    def make(self, name: str) -> None:
        self.inside.pop(name, None)
        self.note(MAKE, name)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.make(node.id)
        else:
            self.note(USE, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        self.note_change(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit_all(node.value, node.slice)
        self.note_change(node)

    def note_change(self, node: ast.Attribute | ast.Subscript) -> None:
        """Note that x.a = … and x[i] = … change x."""
        if isinstance(node.ctx, ast.Store):
            base = node.value
            while isinstance(base, ast.Attribute | ast.Subscript):
                base = base.value
            if isinstance(base, ast.Name):
                self.note(CHANGE, base.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit_all(node.value, node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit_all(node.annotation, node.value, node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.note(USE, node.target.id)
        self.visit_all(node.value, node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit_all(node.value, node.target)

    def visit_For(self, node: ast.For) -> None:
        self.visit_all(node.iter, node.target, node.body, node.orelse)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.make(alias.asname or alias.name.split(".")[0])

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.visit_all(node.type)
        if node.name:
            self.make(node.name)
        self.visit_all(node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self.visit_all(node.decorator_list)
        if isinstance(node, ast.ClassDef):
            self.visit_all(node.bases, node.keywords)
        else:
            self.visit_all(node.args.defaults, node.args.kw_defaults)
        self.make(node.name)
        self.inside[node.name] = notebook_code.global_names(ast.unparse(node)) - {node.name}

    visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit_all(node.args.defaults, node.args.kw_defaults)
        self.local.append({argument.arg for argument in ast.walk(node.args) if is_arg(argument)})
        self.visit(node.body)
        self.local.pop()

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)
        targets = [name for part in node.generators for name in ast.walk(part.target)]
        self.local.append({name.id for name in targets if isinstance(name, ast.Name)})
        for i, part in enumerate(node.generators):
            self.visit_all(part.iter if i else None, part.ifs)
        if isinstance(node, ast.DictComp):
            self.visit_all(node.key, node.value)
        else:
            self.visit(node.elt)
        self.local.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp


def is_arg(node: ast.AST) -> bool:
    return isinstance(node, ast.arg)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", metavar="NN", help="chapters (default: all but 00)")
    chapters = parser.parse_args(arguments).chapters
    paths = chosen(parser, chapters, NOTEBOOKS)
    # The sections of 00 stand alone.
    return tell(problems(path) for path in paths if chapters or not path.name.startswith("00_"))


if __name__ == "__main__":
    sys.exit(main())
