"""Which mutants of a lesson are tried: a few for each check, spread over the kinds of error."""

import ast
import itertools
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

from mutation.operators import mutants
from mutation.program import START, Program, Statement, parts


@dataclass
class Mutant:
    """A statement with an error in it, and what became of it.

    Attributes:
        equation: what the check is of for which it was drawn.
        fate: "✗", "error", "time", or of a survivor "U", "B" or "W"; "" if it was not run.
    """

    statement: Statement
    equation: str
    operator: str
    before: str
    after: str
    node: ast.stmt
    fate: str = ""

    def name(self) -> str:
        """What known.json calls it."""
        return f"{self.equation} | {self.before} → {self.after}"

    def shown(self) -> str:
        """Its line in the report."""
        return f"({self.equation}) cell {self.statement.cell}: {self.before} → {self.after}"


class Sampler:
    """Draws mutants. None is drawn twice in a section, nor in two while there are new ones."""

    def __init__(self, program: Program, per_check: int, seed: int):
        self.program, self.per_check, self.seed = program, per_check, seed
        self.made: dict[tuple, list[tuple]] = {}  # the mutants of statements, made once
        self.drawn: dict[tuple, str] = {}  # by place and error: the section that drew it last

    def draw(self, target: Statement) -> list[Mutant]:
        """Mutants of the statements that the checks of one statement need.

        Up to half of them are of earlier sections, where there are enough of its own.
        """
        chance = random.Random(f"{self.seed} {self.program.name} {target.index}")
        pools: dict[tuple[bool, bool], list[tuple]] = {}
        for index, wanted in sorted(self.program.needed([target], formulas=True)[0].items()):
            s = self.program.statements[index]
            for mutant in self._of(s, wanted):
                section = self.drawn.get((index, *mutant[:3]))
                if section != target.section:
                    pool = (section is not None, s.section != target.section)
                    pools.setdefault(pool, []).append((s, *mutant))
        spread = {pool: _spread(found, chance) for pool, found in pools.items()}
        order = [
            *_interleaved(spread.get((False, False), []), spread.get((False, True), [])),
            *_interleaved(spread.get((True, False), []), spread.get((True, True), [])),
        ]
        equation = ", ".join(dict.fromkeys(site.equation for site in target.sites))
        chosen = order[: self.per_check * len(target.sites)]
        for s, operator, before, after, _ in chosen:
            self.drawn[s.index, operator, before, after] = target.section
        return [
            Mutant(s, equation, operator, before, after, node)
            for s, operator, before, after, node in chosen
        ]

    def _of(self, s: Statement, wanted: set[str]) -> list[tuple]:
        if s.section == START or self.program.is_data(s.node):
            return []
        compound = hasattr(s.node, "body") and not isinstance(
            s.node, ast.FunctionDef | ast.ClassDef
        )
        chosen = parts(s, wanted)[0] if compound else None
        key = s.index, None if chosen is None else frozenset(chosen)
        if key not in self.made:
            self.made[key] = list(mutants(s.node, chosen))
        return self.made[key]


def _spread(found: list[tuple], chance: random.Random) -> list[tuple]:
    """A random order in which the kinds of error take turns."""
    by_operator: dict[str, list[tuple]] = {}
    for mutant in found:
        by_operator.setdefault(mutant[1], []).append(mutant)
    kinds = list(by_operator.values())
    for kind in kinds:
        chance.shuffle(kind)
    chance.shuffle(kinds)
    rounds = itertools.zip_longest(*kinds)
    return [mutant for turn in rounds for mutant in turn if mutant is not None]


def _interleaved(a: list, b: list) -> Iterable:
    """One of a, one of b, and so on; then the rest of the longer."""
    pairs = itertools.zip_longest(a, b, fillvalue=math.nan)
    return [item for pair in pairs for item in pair if item is not math.nan]
