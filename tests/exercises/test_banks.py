"""Every bank of exercises keeps its promises."""

import io
import itertools
import pickle
import pkgutil

import numpy as np
import pytest
from toys import printed_by, stub

from helpers import exercises
from helpers.arrays import to_numpy
from helpers.exercises import banks
from helpers.exercises.engine import explanation

LESSONS = sorted(m.name[6:] for m in pkgutil.iter_modules(banks.__path__))
ENTRIES = {entry.id: entry for lesson in LESSONS for entry in exercises.bank(lesson).values()}
WRONG = [
    pytest.param(entry, wrong, id=f"{entry.id}-{wrong.__name__}")
    for entry in ENTRIES.values()
    for wrong in entry.misconceptions
]
each_exercise = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
each_misconception = pytest.mark.parametrize(("entry", "wrong"), WRONG)


def converted(function, convert):
    """The same function, with every number and array of numbers in its result converted."""

    def change(value):
        if isinstance(value, tuple | list):
            return type(value)(change(v) for v in value)
        value = to_numpy(value) if hasattr(value, "detach") else value  # a torch tensor
        return convert(value) if isinstance(value, float | np.ndarray | np.floating) else value

    return lambda *arguments: change(function(*arguments))


class TensorPickler(pickle.Pickler):
    """A pickler that writes torch tensors by their values: torch's own bytes hold addresses."""

    def reducer_override(self, value):
        if hasattr(value, "detach") and hasattr(value, "requires_grad"):
            return to_numpy, (value.detach().numpy(),)
        return NotImplemented


def dumped(cases) -> bytes:
    file = io.BytesIO()
    TensorPickler(file).dump(cases)
    return file.getvalue()


def outcomes(entry, function):
    return entry.outcomes(function, entry.all_cases())


def to_float32(value):
    value = np.asarray(value)
    return value.astype(np.float32) if value.dtype.kind == "f" else value


@pytest.mark.parametrize("lesson", LESSONS)
def test_ids_are_unique_and_in_order(lesson):
    entries = exercises._entries(f"helpers.exercises.banks.lesson{lesson}")
    assert [entry.id for entry in entries] == [f"{lesson}.{k + 1}" for k in range(len(entries))]


@each_exercise
def test_entry_is_complete(entry):
    assert entry.title
    assert len(entry.hints) == 3
    assert all(hint.strip() for hint in entry.hints)
    assert len(entry.misconceptions) >= 2
    assert all(len(explanation(wrong)) > 30 for wrong in entry.misconceptions)
    explanations = {explanation(wrong) for wrong in entry.misconceptions}
    assert len(explanations) == len(entry.misconceptions)


@each_exercise
def test_cases_are_at_least_three_and_always_the_same(entry):
    cases = entry.all_cases()
    assert len(cases) >= 3
    assert all(isinstance(case, tuple) for case in cases)
    assert dumped(cases) == dumped(entry.all_cases())


@each_exercise
def test_answer_passes(entry):
    assert all(outcome.error is None for outcome in outcomes(entry, entry.answer))
    for answer in (entry.answer, converted(entry.answer, to_float32)):
        verdict = entry.judge(answer)
        assert verdict.kind == "right", verdict.text
        assert verdict.text == f"✓ {entry.title}: right in all {len(entry.all_cases())} cases."


@each_exercise
def test_answer_passes_as_torch_tensors(entry):
    import torch

    verdict = entry.judge(converted(entry.answer, torch.tensor))
    assert verdict.kind == "right", verdict.text


@each_exercise
def test_printed_solution_stands_alone(entry):
    namespace = {"np": np}
    exec(printed_by(entry.solution), namespace)
    verdict = entry.judge(namespace[entry.answer.__name__])
    assert verdict.kind == "right", verdict.text


def stub_that_returns_none(*arguments):
    return None


def stub_that_returns_dots(*arguments):
    return ...


def stub_that_raises(*arguments):
    raise NotImplementedError


KINDS = (ENTRIES["00.1"], next(entry for entry in ENTRIES.values() if entry.run))


@pytest.mark.parametrize("entry", KINDS, ids=["returns", "changes its arguments"])
@pytest.mark.parametrize(
    "unwritten", [stub, stub_that_returns_none, stub_that_returns_dots, stub_that_raises]
)
def test_stub_is_not_attempted(entry, unwritten):
    verdict = entry.judge(unwritten)
    assert verdict.kind == "not attempted"
    why = "" if entry.run else ": the function returns nothing (is its `return` missing?)"
    assert verdict.text == f'not attempted yet{why}. Stuck? exercise("{entry.id}").hint()'


@each_misconception
def test_misconception_is_rejected_with_its_own_explanation(entry, wrong):
    for function in (wrong, converted(wrong, to_float32)):
        verdict = entry.judge(function)
        assert (verdict.kind, verdict.misconception) == ("misconception", wrong.__name__)
        assert verdict.text == f"✗ {explanation(wrong)}"


@each_exercise
def test_misconceptions_differ_from_each_other(entry):
    found = {wrong.__name__: outcomes(entry, wrong) for wrong in entry.misconceptions}
    for first, second in itertools.permutations(found, 2):
        pairs = zip(found[first], found[second], strict=True)
        same = all(a.same_as(b) for a, b in pairs)
        assert not same, f"{first} and {second} do the same in every case"


@each_exercise
def test_nonsense_is_wrong(entry):
    def fails(*arguments):
        raise ValueError("nonsense")

    def changed(value):
        return np.asarray(value) * 1.37 + 0.61

    assert entry.judge(fails).kind == "error"
    if entry.run:  # what the function returns does not matter, what it did does
        assert entry.judge(lambda *arguments: print("", end="")).kind in ("wrong", "misconception")
        return
    assert entry.judge(lambda *arguments: {"non": "sense"}).kind == "wrong kind"
    assert entry.judge(lambda *arguments: 12345.678).kind in ("wrong", "wrong kind")
    if any(p.dtype.kind == "f" for p in outcomes(entry, entry.answer)[0].parts):
        assert entry.judge(converted(entry.answer, changed)).kind == "wrong"
