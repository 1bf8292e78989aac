"""Does each section say what it needs? Every name that a section uses is followed to its maker.

    python tools/needs.py [NN …]

prints one line for each name that comes from a section which the line "*Needs: …*" does not cover,
directly or through the needs of those sections. The code is read, not run: a change that leaves no
assignment, such as a training step, stays unseen.
"""

import argparse
import ast
import builtins
import re
import symtable
import sys
from collections.abc import Iterator
from pathlib import Path

import notebook
from rules.story import NEEDS, TOUR

KNOWN = {*vars(builtins), "display", "get_ipython"}
START = 0  # the number of what comes before the first section: set-up and imports


def problems(path: Path) -> list[str]:
    """The names that a notebook's sections use without saying so, as sentences."""
    needs: dict[int, set[int]] = {START: {START}}  # by section: itself and all that it needs
    makers: dict[str, list[int]] = {}  # by name: the sections that made or changed it, in order
    inside: dict[str, set[str]] = {}  # by function or class: the global names in its body
    found: dict[tuple[int, str], str] = {}  # by section and name: the first place
    section = START
    for parts in notebook.by_section(notebook.read(path)).values():
        for index, kind, source in parts:
            if kind == "markdown" and (heading := re.match(r"## (\d+)?.*\n*(.*)", source)):
                section = int(heading[1]) if heading[1] else section + 1
                said = NEEDS.fullmatch(heading[2].strip())
                needed = sections_named(said[1]) if said else set()
                needs[section] = {section, START}.union(*(needs.get(k, set()) for k in needed))
            if kind != "code":
                continue
            for piece in pieces(ast.parse(source).body):
                used, made = names(piece, inside)
                for name in sorted(reached(used, inside) - (KNOWN - makers.keys())):
                    if makers.get(name, [None])[-1] not in needs[section]:
                        what = complaint(section, name, makers.get(name, []), needs[section])
                        place = f"{path.stem}, cell {index + 1}"
                        found.setdefault((section, name), f"{place}: {what}")
                for name in made:
                    makers.setdefault(name, []).append(section)
    return list(found.values())


def complaint(section: int, name: str, makers: list[int], needed: set[int]) -> str:
    """Say where a name comes from."""
    if not makers:
        return f"section {section} uses {name}, which no earlier cell makes"
    if known := needed.intersection(makers):
        return (
            f"section {section} uses {name} as section {makers[-1]} left it, but needs only "
            f"section {max(known)}, which makes another"
        )
    return f"section {section} uses {name} of section {makers[-1]}, which it does not need"


def sections_named(words: str) -> set[int]:
    """The numbers in "sections 2 to 4, 6 and 7"."""
    numbers = set()
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", words):
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


def pieces(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements in the order in which they run, loops and conditions taken apart.

    In each piece all names are used before any is made, as in `w = w + 1`.
    """
    for statement in statements:
        match statement:
            case ast.For(target=target, iter=value):
                yield ast.Assign([target], value)
            case ast.With(items=items):
                for item in items:
                    value = item.context_expr
                    made = item.optional_vars
                    yield ast.Assign([made], value) if made else ast.Expr(value)
            case ast.If(test=test) | ast.While(test=test):
                yield ast.Expr(test)
            case ast.Try(handlers=handlers):
                yield from pieces(statement.body)
                for handler in handlers:
                    if handler.name:
                        yield ast.Assign([ast.Name(handler.name, ast.Store())], handler.type)
                    elif handler.type:
                        yield ast.Expr(handler.type)
                    yield from pieces(handler.body)
                yield from pieces([*statement.orelse, *statement.finalbody])
                continue
            case _:
                yield statement
                continue
        yield from pieces([*statement.body, *getattr(statement, "orelse", [])])


def names(piece: ast.stmt, inside: dict[str, set[str]]) -> tuple[set[str], set[str]]:
    """The global names that a piece uses, and those that it makes or changes.

    What the body of a function or class uses goes to `inside`: it counts where that is called.
    """
    piece = ast.fix_missing_locations(Generators().visit(piece))
    source = ast.unparse(piece)
    symbols = symtable.symtable(source, "piece", "exec").get_symbols()
    used = {s.get_name() for s in symbols if s.is_referenced()}
    made = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    bodies = notebook.global_names(source)
    if isinstance(piece, ast.FunctionDef | ast.ClassDef):
        inside[piece.name] = bodies - {piece.name}
        return used - {piece.name}, {piece.name}
    for name in made:
        inside.pop(name, None)
    if isinstance(piece, ast.AugAssign) and isinstance(piece.target, ast.Name):
        used.add(piece.target.id)
    early = {node.target.id for node in notebook.executed(piece, ast.NamedExpr)}
    return (used | bodies) - early, made | early | changed(piece)


class Generators(ast.NodeTransformer):
    """Makes every comprehension a generator: from Python 3.12 on, symtable counts only the names
    of generators apart from those around them."""

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp) -> ast.GeneratorExp:
        self.generic_visit(node)
        return ast.GeneratorExp(node.elt, node.generators)

    visit_SetComp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> ast.GeneratorExp:
        self.generic_visit(node)
        return ast.GeneratorExp(ast.Tuple([node.key, node.value], ast.Load()), node.generators)


def changed(piece: ast.stmt) -> set[str]:
    """The x of x.a = … and x[i] = …"""
    found = set()
    for node in notebook.executed(piece, (ast.Attribute, ast.Subscript)):
        if isinstance(node.ctx, ast.Store):
            while isinstance(node, ast.Attribute | ast.Subscript):
                node = node.value
            if isinstance(node, ast.Name):
                found.add(node.id)
    return found


def reached(used: set[str], inside: dict[str, set[str]]) -> set[str]:
    """Names and, where one is a function or class, all that its code reaches."""
    seen, waiting = set(), list(used)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += inside.get(name, ())
    return seen


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", metavar="NN", help=f"lessons (default: but {TOUR})")
    asked = parser.parse_args(arguments).lessons
    paths = notebook.chosen(parser, asked, notebook.NOTEBOOKS)
    # The sections of the tour are read in any order.
    return notebook.tell(problems(path) for path in paths if asked or path.name[:2] != TOUR)


if __name__ == "__main__":
    sys.exit(main())
