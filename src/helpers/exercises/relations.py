"""What is true of a wrong answer in every case that it fails, when no known mistake matches.

A relation names no cause, so it cannot blame the wrong one, and it helps with two mistakes at once.
"""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["relation"]

Parts = list[np.ndarray]  # the results of one case, as arrays of numbers
TOLERANCE = 1e-5  # relative


@np.errstate(all="ignore")
def relation(
    mine: Sequence[Parts], right: Sequence[Parts], sizes: Sequence[dict[str, int]]
) -> str | None:
    """A sentence about the strongest relation that holds in every failing case, or None.

    Args:
        mine, right: the results of each failing case, of equal shapes.
        sizes: of each failing case, the lengths that a factor may come from, by what to call them
            ("the number of rows of X").
    """
    pairs = list(zip(mine, right, strict=True))
    if any(a.dtype.kind not in "biuf" for case in (*mine, *right) for a in case):
        return None
    if all(near(a, b) for case in pairs for a, b in zip(*case, strict=True)):
        return None  # they differ in the last digits only
    which, subject = "", "Your results are"
    counts = {len(b) for b in right}
    if len(counts) == 1:  # else a result of one case has no fellow in another
        wrong = [k for k in range(len(right[0])) if any(not near(a[k], b[k]) for a, b in pairs)]
        fine = [k for k in range(len(right[0])) if k not in wrong]
        pairs = [([a[k] for k in wrong], [b[k] for k in wrong]) for a, b in pairs]
        also_right = f"; {listed(fine).lower()} right." if fine else ""
        if len(wrong) > 1 and in_another_order(pairs):
            order = "swapped" if len(wrong) == 2 else "in another order"
            whole = "Your results are right, but in another order."
            return f"{listed(wrong)} {order}{also_right}" if fine else whole
        if fine:
            which = f"{listed(wrong)} wrong{also_right}"
            subject = "What is wrong is" if len(wrong) == 1 else "Those that are wrong are"
        elif len(wrong) == 1:
            subject = "Your result is"
    for find in (not_finite, factor, transposed, up_to_their_sum, some_rows, other_places):
        if words := find(pairs, sizes):
            whole = words if words[0].isupper() else f"{subject} {words}"
            return f"{which} {whole}".strip()
    return which or None


def near(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays agree, NaN with NaN and infinity with infinity."""
    if a.shape != b.shape:
        return False
    a, b = a.astype(np.float64), b.astype(np.float64)
    finite = b[np.isfinite(b)]
    size = np.abs(finite).max(initial=1e-6)  # so that an expected zero leaves room for rounding
    return bool(np.allclose(a, b, rtol=0, atol=TOLERANCE * size, equal_nan=True))


def every(cases, holds: Callable[[np.ndarray, np.ndarray], bool]) -> bool:
    """Whether something holds for every result of every case."""
    return all(holds(a, b) for mine, right in cases for a, b in zip(mine, right, strict=True))


def listed(numbers: list[int]) -> str:
    """As in: Results 2 and 3 are."""
    names = [str(k + 1) for k in numbers]
    if len(names) == 1:
        return f"Result {names[0]} is"
    return f"Results {', '.join(names[:-1])} and {names[-1]} are"


def in_another_order(pairs) -> bool:
    """Whether one exchange of the results makes all cases right."""
    count = len(pairs[0][1])
    return count <= 6 and any(
        all(near(a[i], b[k]) for a, b in pairs for k, i in enumerate(order))
        for order in itertools.permutations(range(count))
    )


def not_finite(cases, sizes) -> str | None:
    def strays(a, b):
        return bool((~np.isfinite(a.astype(np.float64)) & np.isfinite(b.astype(np.float64))).any())

    if all(any(strays(a, b) for a, b in zip(*case, strict=True)) for case in cases):
        return (
            "NaN or infinity where numbers are expected. "
            "Does something overflow, or is there a division by zero?"
        )
    return None


def factor(cases, sizes) -> str | None:
    """One factor throughout, or one that is the length of an argument, or one over it."""
    factors = []
    for mine, right in cases:
        a = np.concatenate([x.ravel().astype(np.float64) for x in mine])
        b = np.concatenate([x.ravel().astype(np.float64) for x in right])
        if not (np.isfinite(a).all() and np.isfinite(b).all() and b.any() and a.any()):
            return None
        c = float(a @ b / (b @ b))
        if not near(a, c * b):
            return None
        factors.append(c)
    known = np.array(factors)
    if np.ptp(known) <= TOLERANCE * np.abs(known).max() and (len(cases) > 1 or known[0] == -1):
        return f"{number(known[0])} times the right one throughout."
    for name in sizes[0]:
        lengths = np.array([size.get(name, math.nan) for size in sizes], dtype=float)
        if np.unique(lengths).size > 1:
            if near(known, lengths):
                return f"the right one times {name}, throughout."
            if near(known * lengths, np.ones_like(lengths)):
                return f"the right one divided by {name}, throughout."
    return None


def number(c: float) -> str:
    """A factor as a fraction where it is a simple one."""
    for n in range(2, 13):
        if abs(c * n - round(c * n)) < 1e-6 and abs(c - round(c)) > 1e-6 and round(c * n) != 0:
            return f"{round(c * n)}/{n}"
    return f"{c:.4g}".replace("-", "−")


def transposed(cases, sizes) -> str | None:
    if every(cases, lambda a, b: a.ndim == 2 and len(set(a.shape)) == 1 and near(a.T, b)):
        return "the right one, transposed."
    return None


def up_to_their_sum(cases, sizes) -> str | None:
    """Rows that are proportional to the right ones: a normalisation is missing or too much."""

    def proportional(a, b):
        if a.ndim == 0 or a.shape[-1] < 2 or not np.isfinite(a.astype(np.float64)).all():
            return False
        sums = [x.sum(axis=-1, keepdims=True).astype(np.float64) for x in (a, b)]
        return bool((np.abs(sums) > 1e-9).all()) and near(a / sums[0], b / sums[1])

    if every(cases, proportional):
        return "right up to the sum of each row: its numbers are in the right proportion."
    return None


def some_rows(cases, sizes) -> str | None:
    """Some rows right in every case, the others wrong."""

    def rows(a, b):
        return [near(x, y) for x, y in zip(a, b, strict=True)] if a.ndim >= 1 and len(a) > 1 else []

    found = [rows(a, b) for mine, right in cases for a, b in zip(mine, right, strict=True)]
    if any(not r or not any(r) for r in found):
        return None
    shape = "rows" if all(b.ndim > 1 for _, right in cases for b in right) else "elements"
    for place, k in (("first", 0), ("last", -1)):
        if all(not r[k] and all(r[1:] if k == 0 else r[:-1]) for r in found):
            return f"Only the {place} of the {shape} is wrong."
        if all(r[k] and not any(r[1:] if k == 0 else r[:-1]) for r in found):
            return f"Only the {place} of the {shape} is right."
    return f"Some of the {shape} are right, others are not."


def other_places(cases, sizes) -> str | None:
    def same_numbers(a, b):
        return a.size > 1 and near(np.sort(a.ravel()), np.sort(b.ravel()))

    if every(cases, same_numbers):
        return "made of the right numbers, in other places."
    return None
