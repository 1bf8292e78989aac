"""A lesson as a list of statements, and which of them a check needs.

The code is read, not run. A statement is one of the top level of a cell. `Program.needed` goes
back from checks to all that makes or changes what they use.
"""

import ast
import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import needs
import notebook

from mutation.operators import OUTPUT, called, is_check, is_output, root

GENERATORS = {"default_rng", "Generator"}
START = "Start"  # the section of set-up and imports: it is always run, and not mutated


@dataclass(frozen=True)
class Site:
    """A place where a check stands."""

    cell: int
    line: int
    equation: str


@dataclass
class Statement:
    """A statement of a cell's top level.

    Attributes:
        uses: the global names that it reaches, those in the bodies of functions included.
        makes: the names that it binds or whose objects it changes.
        binds: the part of `makes` that is made new whatever was there before.
        inside: by function, class or what was made of one: the global names in its body.
        sites: its checks, but for those in a `try`, which are meant to fail.
    """

    index: int
    section: str
    cell: int
    node: ast.stmt
    uses: set[str] = field(default_factory=set)
    makes: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    inside: dict[str, set[str]] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)

    def claims_only(self) -> bool:
        """Whether its checks are claims: numbers measured, often after a training."""
        return all(site.equation.startswith("claim") for site in self.sites)

    def shown(self) -> str:
        """Where it stands and how it begins."""
        return f"cell {self.cell}: {ast.unparse(self.node).splitlines()[0][:70]}"


class Program:
    """The statements of a lesson in order."""

    def __init__(self, path: Path):
        self.name = path.stem
        self.statements: list[Statement] = []
        self.sections: list[str] = []
        self.modules: set[str] = set()
        self.generators: set[str] = set()
        inside: dict[str, set[str]] = {}
        sites: dict[str, list[Site]] = {}  # by function: the checks in its body
        for section, parts in notebook.by_section(notebook.read(path)).items():
            self.sections.append(section)
            for index, kind, source in parts:
                if kind == "code":
                    for node in ast.parse(source).body:
                        self._add(section, index + 1, node, inside, sites)

    def _add(self, section: str, cell: int, node: ast.stmt, inside: dict, sites: dict) -> None:
        made = Statement(len(self.statements), section, cell, node)
        used, made.makes, made.binds = effects(node, inside)
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.modules |= made.makes
        code = {name for name in used if name in inside}
        for name in made.makes - {getattr(node, "name", "")}:
            if code - {name}:  # it may hold these functions or be of this class
                inside[name] = inside.get(name, set()) | code - {name}
        if isinstance(node, ast.Assign) and any(
            isinstance(n, ast.Call) and called(n) in GENERATORS for n in ast.walk(node.value)
        ):
            self.generators |= made.makes
        made.inside = dict(inside)
        made.uses = needs.reached(used, inside)
        own = [Site(cell, call.lineno, equation(call)) for call in checks_in(node)]
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            sites[node.name] = own
        elif not is_output(getattr(node, "value", None)):
            called_here = {root(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
            made.sites = own + [s for f in sorted(called_here & sites.keys()) for s in sites[f]]
        self.statements.append(made)

    def targets(self) -> list[Statement]:
        """The statements with checks."""
        return [s for s in self.statements if s.sites]

    def needed(
        self, targets: Iterable[Statement], formulas: bool = False, after: int = -1
    ) -> tuple[dict[int, set[str]], set[str]]:
        """The statements after one (or all) that targets need, and the names they want from before.

        The statements come by index, each with the names wanted of it. With `formulas`, of a loop
        only what leads to a wanted name counts: what it prints need not be right, only run.
        """
        wanted, found = set(), {}
        ends = {target.index for target in targets}
        for s in reversed(self.statements[after + 1 : max(ends, default=-1) + 1]):
            if s.index in ends or s.makes & wanted:
                found[s.index] = s.makes & wanted
                if formulas and hasattr(s.node, "body"):
                    uses = needs.reached(parts(s, found[s.index])[1] & s.uses, s.inside)
                else:
                    uses = s.uses
                wanted = wanted - s.binds | uses
        return found, wanted

    def is_data(self, node: ast.stmt) -> bool:
        """Whether a statement only sets the scene: numbers, sizes and random draws, no formula."""
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass | ast.Assert):
            return True
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            return is_output(getattr(node, "value", None))
        if isinstance(node.value, ast.Lambda):
            return False
        names = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
        return names <= self.modules | self.generators | {"range", "int", "float", "list", "tuple"}


def effects(node: ast.stmt, inside: dict[str, set[str]]) -> tuple[set[str], set[str], set[str]]:
    """The names that a statement uses, those that it makes or changes, those that it binds."""
    used: set[str] = set()
    made: set[str] = set()
    for piece in needs.pieces([node]):
        of_piece, new = names_of(piece, inside)
        used |= of_piece - made
        made |= new
    sure = isinstance(
        node, ast.Assign | ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.With
    )
    return used, made, made if sure else set()


def names_of(piece: ast.stmt, inside: dict[str, set[str]]) -> tuple[set[str], set[str]]:
    """needs.names without a change of the piece; a call for its effect changes what it is given."""
    used, made = needs.names(copy.deepcopy(piece), inside)
    if (
        isinstance(piece, ast.Expr)
        and isinstance(piece.value, ast.Call)
        and root(piece.value) not in OUTPUT | {"check"}
    ):
        given = {n.id for n in ast.walk(piece.value) if isinstance(n, ast.Name)} & used
        made = made | {name for name in given if name not in ("np", "torch", "tf", "keras", "F")}
    return used, made


def parts(statement: Statement, wanted: set[str]) -> tuple[set[int], set[str]]:
    """Of a compound statement: the ids of what leads to checks or wanted names, and names used."""
    wanted, chosen = set(wanted), set()
    waiting = []
    for piece in needs.pieces([statement.node]):
        value = getattr(piece, "value", None)
        used, made = names_of(piece, dict(statement.inside))
        if isinstance(piece, ast.FunctionDef | ast.ClassDef):
            used = used | needs.reached({piece.name}, statement.inside)
        if value is not None and any(True for _ in checks_in(piece)):
            chosen.add(id(piece))
            wanted |= used
        elif not is_output(value):
            waiting.append((piece, used, made))
    grown = True
    while grown:
        grown = False
        for item in list(waiting):
            piece, used, made = item
            if made & wanted or (not made and isinstance(piece, ast.Expr) and not _alone(piece)):
                waiting.remove(item)
                chosen.add(id(piece))
                wanted |= used
                grown = True
    return chosen, wanted


def _alone(piece: ast.Expr) -> bool:
    """Whether it is a statement of its own, not the test of an if or while."""
    return hasattr(piece, "lineno")


def checks_in(node: ast.AST) -> Iterable[ast.Call]:
    """The calls of check.… in a piece of code, but for those in a `try`."""
    if isinstance(node, ast.Try):
        return
    if is_check(node):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from checks_in(child)


def equation(call: ast.Call) -> str:
    """What a check is of: the number of its equation, or the text of a claim."""
    first = call.args[0] if call.args else ast.Constant("?")
    text = str(first.value) if isinstance(first, ast.Constant) else ast.unparse(first)
    return f"claim {text}" if called(call) == "claim" else text
