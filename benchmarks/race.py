"""The race: contenders train in turns, and only the seconds inside their steps count."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

__all__ = ["Contender", "Run", "epochs", "race", "race_each_seed"]


@dataclass
class Run:
    """What one contender did with one seed: after each turn, its seconds, steps and score."""

    seconds: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


class Contender(Protocol):
    """One way of training.

    Attributes:
        name: what the record calls it.
    """

    name: str

    def step(self, progress: float) -> object:
        """Make one training step; progress is the share of its seconds that is used, in [0, 1)."""

    def evaluate(self) -> float:
        """The score of the model as it is now; the time this takes does not count."""

    def record(self, run: Run) -> dict:
        """What the file keeps of its run."""


def race(
    contenders: Sequence[Contender],
    seconds: float,
    turns: int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Run]:
    """Let the contenders train in turns until each has used its seconds; returns a run for each.

    In every turn each contender trains until its own clock shows the same time, so that a machine
    that slows down slows all of them. The order is reversed from turn to turn. The last step of a
    turn may reach beyond it; the next turn is then shorter.
    """
    used, steps = [0.0] * len(contenders), [0] * len(contenders)
    runs = [Run() for _ in contenders]
    for turn in range(1, turns + 1):
        end, order = seconds * turn / turns, range(len(contenders))
        for k in order if turn % 2 else reversed(order):
            while used[k] < end:
                begin = clock()
                contenders[k].step(used[k] / seconds)
                used[k] += clock() - begin
                steps[k] += 1
            runs[k].seconds.append(round(end, 3))
            runs[k].steps.append(steps[k])
            runs[k].scores.append(round(contenders[k].evaluate(), 5))
    return runs


def race_each_seed(
    contenders_of: Callable[[int], Sequence[Contender]],
    seeds: Sequence[int],
    seconds: float,
    turns: int,
) -> dict[str, list[dict]]:
    """One race for each seed; returns what the record holds of each run, by contender."""
    results: dict[str, list[dict]] = {}
    for seed in seeds:
        contenders = contenders_of(seed)
        for contender, run in zip(contenders, race(contenders, seconds, turns), strict=True):
            results.setdefault(contender.name, []).append({"seed": seed} | contender.record(run))
    return results


def epochs(n: int, batch: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Batches of the indices 0 … n − 1 without end, each epoch in a new order.

    The last batch of an epoch is shorter if `batch` does not divide n.
    """
    while True:
        order = rng.permutation(n)
        for start in range(0, n, batch):
            yield order[start : start + batch]
