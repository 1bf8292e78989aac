"""Run a training loop with a progress bar, a history, and a stop that keeps what was learnt."""

import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from IPython import get_ipython
from tqdm import tqdm

from helpers.arrays import to_numpy

__all__ = ["History", "bar", "run"]


@dataclass
class History:
    """What a training run recorded.

    Attributes:
        losses: the loss of every step.
        scores: the result of every evaluation, made after the step in `score_steps`.
        seconds: wall seconds spent in the steps, without the evaluations.
        interrupted: True if the learner stopped the run.
    """

    losses: list[float] = field(default_factory=list)
    score_steps: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False


def bar(items: Collection, name: str) -> Collection:
    """The items, with a bar that shows how many of them are done.

    In a notebook the bar is a line of text, which needs no ipywidgets and is stored as it ends.
    While it is shown, print with `tqdm.write` (print would write into its line).
    """
    stream = sys.stdout if hasattr(get_ipython(), "kernel") else sys.stderr
    layout = "{l_bar}{bar:20}{r_bar}"
    return tqdm(items, desc=name, file=stream, ncols=120, bar_format=layout)


def run(
    step: Callable[[float], float],
    steps: int,
    evaluate: Callable[[], float] | None = None,
    every: int = 100,
    name: str = "training",
) -> History:
    """Call `step(progress)` a fixed number of times; it updates the model and returns the loss.

    `progress` is the share of the run that is done: 0 in the first step, 1 − 1/steps in the last,
    so that a learning rate can fall with it.

    `evaluate()`, if given, is called before the first step, after every `every` steps and after the
    last. The stop button (KeyboardInterrupt) ends the run; the model and the history stay as they
    are.
    """
    history = History()

    def score() -> None:
        if evaluate is not None:
            history.scores.append(float(to_numpy(evaluate())))
            history.score_steps.append(len(history.losses))

    try:
        score()
        for done in bar(range(steps), name):
            begin = time.perf_counter()
            history.losses.append(float(to_numpy(step(done / steps))))
            history.seconds += time.perf_counter() - begin
            if (done + 1) % every == 0 or done + 1 == steps:
                score()
    except KeyboardInterrupt:
        history.interrupted = True
        print(f"Stopped after {len(history.losses)} of {steps} steps; what was learnt is kept.")
    return history
