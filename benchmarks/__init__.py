"""Comparisons at equal time: the contenders take turns on one machine, with the same seconds each.

    python -m benchmarks NAME [--seeds 5] [--seconds 8]

Each comparison is a module of this package, made of the lessons' own functions: its `compare` takes
the seeds (and the seconds, unless its steps are fixed) and returns the runs by contender, and its
`ABOUT` has further entries of the record, such as the text and how it is scored. The record,
data/benchmarks/NAME.json, is written by this command alone; the lessons load and draw it.
"""

from dataclasses import dataclass

from helpers import data

__all__ = ["COMPARISONS", "FOLDER", "LADDER", "Comparison"]

FOLDER = data.DATA / "benchmarks"
LADDER = ("04", "05", "13", "11")  # the lessons that have rungs, from the first rung to the last


@dataclass(frozen=True)
class Comparison:
    """What must be known of a comparison before its module is imported.

    Attributes:
        seconds: training seconds of each contender and seed; None if its steps are fixed.
        packages: whose versions are recorded; frameworks among them are started first.
    """

    seconds: float | None
    packages: tuple[str, ...]


COMPARISONS = {
    "mlp": Comparison(8.0, ("numpy",)),
    "ladder": Comparison(None, ("numpy", "torch")),
    "lstm": Comparison(None, ("numpy", "torch")),
    "text": Comparison(90.0, ("numpy", "torch")),
    "gan": Comparison(120.0, ("numpy", "torch", "tensorflow", "keras")),
    "vae": Comparison(60.0, ("numpy", "torch")),
    "generate": Comparison(None, ("numpy", "torch", "transformers")),
}
