"""What the checks of a run compared and how it ended; the class of a mutant that survived."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from helpers import check
from mutation.operators import CHECKS


@dataclass
class Call:
    """One call of a check.

    Attributes:
        file, line: where it stands; the file is "cell 12".
        pairs: the two sides of all that it compared, as float arrays.
    """

    file: str
    line: int
    equation: str
    pairs: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Note the calls of helpers.check in the block, and the arrays that they compare."""
    calls: list[Call] = []
    originals = {name: getattr(check, name) for name in (*CHECKS, "compared")}

    def noting(name: str):
        def function(eq, *args, **keywords):
            caller = sys._getframe(1)
            calls.append(Call(caller.f_code.co_filename, caller.f_lineno, str(eq)))
            if name == "claim":
                value = args[0] if args else keywords.get("value")
                calls[-1].pairs.append((np.array(float(value)), np.zeros(1)))
            return originals[name](eq, *args, **keywords)

        return function

    def compared(eq, a, b, where=""):
        a, b = originals["compared"](eq, a, b, where)
        calls[-1].pairs.append((np.array(a, dtype=float), np.array(b, dtype=float)))
        return a, b

    try:
        for name in CHECKS:
            setattr(check, name, noting(name))
        check.compared = compared
        yield calls
    finally:
        for name, function in originals.items():
            setattr(check, name, function)


def is_verdict(error: BaseException) -> bool:
    """Whether an error is the ✗ of a check."""
    return isinstance(error, AssertionError) and str(error).startswith("✗")


def survivor_class(before: list[Call], after: list[Call]) -> str:
    """U: what was compared did not change; W: one side changed; B: both sides changed."""
    pairs, others = ([pair for call in calls for pair in call.pairs] for calls in (before, after))
    if len(pairs) != len(others):
        return "B"
    changed = [
        any(not _alike(pair[side], other[side]) for pair, other in zip(pairs, others, strict=True))
        for side in (0, 1)
    ]
    return "UWB"[sum(changed)]


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal but for the rounding of another order of sums."""
    if a.shape != b.shape:
        return False
    size = float(np.abs(a).max()) if a.size else 0.0
    return bool(np.allclose(a, b, rtol=1e-12, atol=1e-13 * size, equal_nan=True))
