"""Answers as readers write them, collected by decorators for the tests of a lesson's exercises."""

import numpy as np
import pytest

from helpers.exercises import exercise


class Answers:
    """The answers of one file of tests: `wrong_ones` and `right_ones`, to parametrize with."""

    def __init__(self):
        self.wrong_ones, self.right_ones = [], []

    def wrong(self, id, name):
        """Mark a wrong answer to an exercise, and the misconception that it is to be told."""

        def mark(function):
            self.wrong_ones.append(pytest.param(id, function, name, id=f"{id}-{function.__name__}"))
            return function

        return mark

    def right(self, id):
        """Mark a right answer to an exercise."""

        def mark(function):
            self.right_ones.append(pytest.param(id, function, id=f"{id}-{function.__name__}"))
            return function

        return mark


def assert_named(id, function, name):
    verdict = exercise(id).judge(function)
    assert (verdict.kind, verdict.misconception) == ("misconception", name), verdict.text


def assert_right(id, function):
    verdict = exercise(id).judge(function)
    assert verdict.kind == "right", verdict.text


def assert_right_from_float32(id):
    """What follows may be float64: NumPy makes it so beside an np.sqrt of a whole number."""

    def half_precise(*arguments):
        single = [
            np.float32(a) if getattr(a, "dtype", None) == np.float64 else a for a in arguments
        ]
        return exercise(id).answer(*single)

    assert_right(id, half_precise)


def first_result(id):
    """What the solution gives in the first case."""
    entry = exercise(id)
    return entry.answer(*entry.all_cases()[0])
