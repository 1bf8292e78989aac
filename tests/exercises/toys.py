"""Toy exercises, and what a call prints: for the tests of the engine and of the banks."""

import io
from contextlib import redirect_stdout

import numpy as np

from helpers.exercises.engine import Exercise


def printed_by(function, *arguments) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        function(*arguments)
    return out.getvalue()


def stub(*arguments): ...


def no_offset(x):
    """You forgot to subtract the mean."""
    return x


def summed(x):
    """You subtracted the sum, not the mean."""
    return x - x.sum()


def centred(x):
    return x - x.mean()


def array_cases(rng):
    yield (np.array([1.0, 2.0, 6.0]),)
    yield (rng.normal(size=4),)
    yield (rng.normal(size=30),)


def make(cases=array_cases, answer=centred, misconceptions=(no_offset, summed)) -> Exercise:
    hints = ("first", "second", "third")
    return Exercise("99.1", "a toy", cases, answer, hints, misconceptions)


NUMBER = make(answer=lambda x: x.mean(), misconceptions=())
PAIR = make(answer=lambda x: (x.mean(), x - x.mean()), misconceptions=())
TWO_ARRAYS = make(answer=lambda x: (x + 1, x - 1), misconceptions=())
WORDS = make(answer=lambda x: "up" if x[1] > x[0] else "down", misconceptions=())
TOYS = (make(), NUMBER, PAIR, TWO_ARRAYS, WORDS)
