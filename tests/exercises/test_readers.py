"""What becomes of readers' answers: wrong ones are named, or else refused; right ones pass."""

import importlib
import pkgutil

import numpy as np
import pytest
import readers
from reader_answers import ANSWERS

from helpers.exercises import bank, banks, exercise

for module in pkgutil.iter_modules(readers.__path__):
    importlib.import_module(f"readers.{module.name}")  # marks its answers


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("id", "function", "kind", "misconception", "phrases"), ANSWERS)
def test_an_answer_gets_its_verdict(id, function, kind, misconception, phrases):
    verdict = exercise(id).judge(function)
    assert (verdict.kind, verdict.misconception) == (kind, misconception), verdict.text
    assert [phrase for phrase in phrases if phrase not in verdict.text] == [], verdict.text


def test_every_exercise_has_readers_who_are_wrong_and_who_are_right():
    lessons = [file.name.removeprefix("lesson") for file in pkgutil.iter_modules(banks.__path__)]
    marked = {(id, kind) for id, _, kind, *_ in (answer.values for answer in ANSWERS)}
    for id in (id for lesson in lessons for id in bank(lesson)):
        assert {(id, "misconception"), (id, "right")} <= marked


@pytest.mark.parametrize(
    "id", ["10.1", "10.2", "10.3", "10.4", "10.6", "11.2", "11.3", "11.4", "11.5", "12.1"]
)
def test_a_right_answer_may_begin_in_float32(id):
    """What follows may be float64: NumPy makes it so beside an np.sqrt of a whole number."""

    def half_precise(*arguments):
        single = [
            np.float32(a) if getattr(a, "dtype", None) == np.float64 else a for a in arguments
        ]
        return exercise(id).answer(*single)

    verdict = exercise(id).judge(half_precise)
    assert verdict.kind == "right", verdict.text
