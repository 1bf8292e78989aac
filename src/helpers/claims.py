"""Measured numbers and the limits that they keep: check.claim and check.summary.

The line of a claim is stored in the notebook with its number, which differs between machines. The
tests compare it with the number masked: `sanitize.cfg`, which nbval reads, knows the line's form.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from helpers.console import say

__all__ = ["STORED", "claim", "summary", "table"]

STORED = "claims.json"  # in the data folder: {"05": {text: number of the stored run}}


@dataclass(frozen=True)
class Claim:
    text: str
    number: str
    limits: str


_made: dict[str, Claim] = {}  # of this session, by text


def claim(
    text: str,
    value: float,
    *,
    above: float | None = None,
    below: float | None = None,
    unit: str = "",
    digits: int = 3,
) -> None:
    """Print a measured number with the limits that it keeps; fail if it does not keep them.

    claim("held-out accuracy", 0.983, above=0.97, unit="%") prints

        ✓ held-out accuracy 98.3 % (above 97 %)

    Args:
        text: what was measured, such as "held-out accuracy"; one claim a text.
        value: one finite number.
        above, below: at least one of the limits; both are exclusive.
        unit: such as "nats"; "%" shows the value and the limits times 100.
        digits: how many significant digits of the value are shown.

    Raises:
        AssertionError: the value is not within its limits, or is NaN or infinite.
        ValueError: there is no limit.
    """
    if above is None and below is None:
        raise ValueError(f"The claim {text!r} needs a limit: above, below, or both.")
    value, scale = float(value), 100 if unit == "%" else 1

    def shown(x: float, digits: int) -> str:
        return f"{scale * x:.{digits}g}{f' {unit}' if unit else ''}"

    if above is None:
        limits = f"below {shown(below, 6)}"
    elif below is None:
        limits = f"above {shown(above, 6)}"
    else:
        limits = f"between {shown(above, 6)} and {shown(below, 6)}"
    number = shown(value, digits)
    low, high = (-math.inf if above is None else above), (math.inf if below is None else below)
    if not (math.isfinite(value) and low < value < high):
        raise AssertionError(f"✗ {text} {number} (not {limits})")
    _made[text] = Claim(text, number, limits)
    say(f"✓ {text} {number} ({limits})")


def summary() -> None:
    """Print the claims of this session, each with the number of the stored run beside it.

    Two machines seldom measure the same number; the limits hold on both.
    """
    from helpers import data

    if not _made:
        say("No claim was made in this session yet: run the lesson's cells first.")
        return
    # Two lessons may use one text. This lesson is the one with the most of these texts.
    alike = [(len(_made.keys() & texts), texts) for texts in data.record(STORED).values()]
    likely = [texts for count, texts in alike if count == max(n for n, _ in alike)]
    stored = likely[0] if len(likely) == 1 else {}
    say(table((m.text, m.number, stored.get(m.text, "–"), m.limits) for m in _made.values()))


def table(claims: Iterable[tuple[str, str, str, str]]) -> str:
    """The summary: of each claim its text, this run's number, the stored one, and the limits."""
    rows = [("", "here", "stored", "limits"), *claims]
    first, second, third = (max(len(row[k]) for row in rows) for k in range(3))
    return "\n".join(f"{a:{first}}  {b:>{second}}  {c:>{third}}  {d}" for a, b, c, d in rows)
