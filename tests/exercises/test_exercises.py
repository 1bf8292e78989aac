"""The exercises: every bank keeps its promises, and no learner's function breaks `check`."""

import importlib
import io
import itertools
import json
import os
import pickle
import re
import subprocess
import sys
import threading
import time
import tracemalloc
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from helpers import exercises
from helpers.check import to_numpy
from helpers.exercises import engine, exercise
from helpers.exercises.engine import Exercise, explanation

CHAPTERS = sorted(p.stem[2:] for p in Path(exercises.__file__).parent.glob("ch*.py"))
ENTRIES = {entry.id: entry for chapter in CHAPTERS for entry in exercises.bank(chapter).values()}
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
    return entry._outcomes(function, entry.all_cases())


def to_float32(value):
    value = np.asarray(value)
    return value.astype(np.float32) if value.dtype.kind == "f" else value


def printed_by(function, *arguments) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        function(*arguments)
    return out.getvalue()


# ---------------------------------------------------------------- the banks


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_ids_are_unique_and_in_order(chapter):
    entries = importlib.import_module(f"helpers.exercises.ch{chapter}").EXERCISES
    assert [entry.id for entry in entries] == [f"{chapter}.{k + 1}" for k in range(len(entries))]


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


def stub(*arguments): ...


def stub_that_returns_none(*arguments):
    return None


def stub_that_returns_dots(*arguments):
    return ...


def stub_that_raises(*arguments):
    raise NotImplementedError


@each_exercise
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


# ---------------------------------------------------------------- what the learner reads


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


def test_wrong_number_of_parameters_is_said_plainly():
    def two(a, b):
        return a

    text = printed_by(make().check, two)
    assert "✗ your function raised an error.\n  TypeError: " in text
    assert "two() missing 1 required positional argument: 'b'" in text
    assert "given:\n    x = [1., 2., 6.], shape (3,)\n" in text


@pytest.mark.parametrize(
    ("toy", "function", "text"),
    [
        (NUMBER, lambda x: x.mean(keepdims=True), "expected one number, but got an array of shape"),
        (NUMBER, lambda x: "2", "expected one number, but got one text"),
        (NUMBER, lambda x: (1.0, 2.0), "expected one number, but got 2 results"),
        (NUMBER, lambda x: None if x[0] < 1 else x.mean(), "your function returns nothing here"),
        (NUMBER, lambda x: {x.mean()}, "expected one number, but got: a set"),
        (NUMBER, lambda x: 10**400, "expected one number, but got: a huge integer"),
        (NUMBER, lambda x: (v for v in x), "expected one number, but got: a generator"),
        (make(), lambda x: centred(x)[:, None], "shape (3,), but got an array of shape (3, 1)"),
        (make(), lambda x: tuple(centred(x)), "an array of shape (3,), but got 3 results"),
        (make(), lambda x: (), "expected an array of shape (3,), but got 0 results"),
        (PAIR, centred, "expected 2 results, but got an array of shape (3,)"),
        (PAIR, lambda x: (None, None), "but got:\n    result 1: None\n    result 2: None"),
        (PAIR, lambda x: (x.mean(), x[:2]), "result 2: expected an array of shape (3,), but got"),
        (WORDS, lambda x: 3, "expected one text, but got one integer"),
        (WORDS, lambda x: b"up", "expected one text, but got: a bytes"),
    ],
)
def test_wrong_kind_or_shape_is_said_plainly(toy, function, text):
    verdict = toy.judge(function)
    assert verdict.kind == "wrong kind"
    assert text in verdict.text


@pytest.mark.parametrize("result", [3, None, np.ones(3), "centred"])
def test_a_result_in_place_of_the_function(result):
    verdict = make().judge(result)
    assert verdict.kind == "wrong kind"
    assert "pass the function itself, not its result" in verdict.text


def test_wrong_answer_shows_the_first_failing_case():
    assert printed_by(make().check, lambda x: x - np.median(x)) == (
        "Exercise 99.1 · ✗ not yet.\n"
        "  given:\n"
        "    x = [1., 2., 6.], shape (3,)\n"
        "  expected: [-2., -1., 3.], shape (3,)\n"
        "  got:      [-1., 0., 4.], shape (3,)\n"
    )


def test_a_long_array_is_cut_after_a_whole_number():
    array = np.arange(36).reshape(3, 4, 3) / 7 * 1e9
    text, shape = engine.describe(array).split(", …")
    assert shape == ", shape (3, 4, 3)"
    assert 350 < len(text) <= 400
    shown = [float(number) for number in re.findall(r"[\d.e+]+", text)]
    assert shown == pytest.approx(array.ravel()[: len(shown)], rel=1e-6)
    assert engine.describe(np.arange(3.0)) == "[0., 1., 2.], shape (3,)"
    assert engine.describe(np.array(["a" * 600])).endswith("aaa, …, shape (1,)")


def test_a_difference_that_the_short_text_hides_is_named():
    def wrong_in_the_middle(x):
        return centred(x) + (np.arange(len(x)) == 15)

    assert "\n  differs:  " in make().judge(wrong_in_the_middle).text
    assert " at [15]" in make().judge(wrong_in_the_middle).text
    text = NUMBER.judge(lambda x: x.mean() * (1 + 1.5e-6)).text
    assert text.endswith("\n  differs:  3.0000045 instead of 3.0")
    long_words = make(answer=lambda x: ["a" * 50] * 20, misconceptions=())
    text = long_words.judge(lambda x: ["a" * 50] * 9 + ["b" * 50] + ["a" * 50] * 10).text
    assert f"{'b' * 50} instead of {'a' * 50} at [9]" in text
    infinite = np.array([np.inf, *range(20)])
    mixed = make(answer=lambda x: infinite, misconceptions=())
    text = mixed.judge(lambda x: infinite + (infinite == 9)).text
    assert text.endswith("\n  differs:  10.0 instead of 9.0 at [10]")


@pytest.mark.parametrize(
    ("toy", "function"),
    [
        (NUMBER, lambda x: float(x.mean())),
        (NUMBER, lambda x: np.array(x.mean())),
        (NUMBER, lambda x: np.float32(x.mean())),
        (NUMBER, lambda x: np.float16(x.mean())),
        (NUMBER, lambda x: np.longdouble(x.mean())),
        (make(), lambda x: [v - sum(x) / len(x) for v in x]),
        (PAIR, lambda x: [x.mean(), x - x.mean()]),
        (TWO_ARRAYS, lambda x: [x + 1, x - 1]),
        (TWO_ARRAYS, lambda x: np.stack([x + 1, x - 1])),
        (WORDS, lambda x: np.str_("up" if x[1] > x[0] else "down")),
    ],
)
def test_right_answers_in_another_form_pass(toy, function):
    verdict = toy.judge(function)
    assert verdict.kind == "right", verdict.text


def test_infinite_and_nan_answers_are_compared_without_a_warning(recwarn):
    answer = np.array([np.inf, -np.inf, np.nan, 1e308])
    toy = make(answer=lambda x: answer.copy(), misconceptions=())
    assert toy.judge(lambda x: answer).kind == "right"
    assert toy.judge(lambda x: answer[[1, 0, 2, 3]]).kind == "wrong"
    assert toy.judge(lambda x: -answer).kind == "wrong"
    assert toy.judge(lambda x: answer[[0, 1, 3, 2]]).kind == "wrong"
    assert not recwarn.list


def test_changes_in_place_do_not_leak():
    def changes_its_input(x):
        x -= x.mean()
        return x

    toy = make()
    assert toy.judge(changes_its_input).kind == "right"
    shared = np.array([1.0, 2.0, 6.0])

    def cases(rng):
        for _ in range(3):
            yield (shared,)

    assert make(cases).judge(changes_its_input).kind == "right"
    assert np.array_equal(shared, [1, 2, 6])


def test_memory_used_again_for_every_result_is_no_mistake():
    memory = np.empty(30)

    def reuses(x):
        memory[: len(x)] = x - x.mean()
        return memory[: len(x)]

    verdict = make().judge(reuses)
    assert verdict.kind == "right", verdict.text


def test_hints_come_in_order_and_start_again():
    toy = make()
    hints = [printed_by(toy.hint) for _ in range(4)]
    assert hints == [
        "Exercise 99.1, hint 1 of 3: first\n",
        "Exercise 99.1, hint 2 of 3: second\n",
        "Exercise 99.1, hint 3 of 3: third\n"
        'That was the last hint. exercise("99.1").solution() shows a solution.\n',
        "Exercise 99.1, hint 1 of 3: first\n",
    ]


def test_solution_prints_the_source():
    assert printed_by(make().solution) == "def centred(x):\n    return x - x.mean()\n"


@pytest.mark.parametrize("id", ["00.9", "77.1", "", ".", "00", "nonsense", "../00.1", 1.2, None])
def test_unknown_exercise(id):
    with pytest.raises(KeyError) as caught:
        exercise(id)
    assert caught.value.args == (f"There is no exercise {id!r}.",)


def test_exercise_remembers_itself():
    assert exercise("00.1") is exercise("00.1")


# ---------------------------------------------------------------- the report


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.setattr(exercises, "_banks", {})
    toys = {id: make() for id in ("99.1", "99.2", "99.3")}
    for id, toy in toys.items():
        toy.id = id
    exercises._banks["99"] = toys
    return toys


def test_report_of_nothing(fresh, tmp_path, capsys):
    assert exercises.report(tmp_path / "report.json") == {}
    assert capsys.readouterr().out == "0 attempted, 0 passed.\n"
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == {}


def test_report_prints_and_saves_the_attempts(fresh, tmp_path, capsys):
    fresh["99.1"].check(centred)
    fresh["99.1"].check(lambda *arguments: "nonsense")  # what was solved stays solved
    fresh["99.1"].check(stub)  # an empty stub is no attempt
    fresh["99.2"].check(no_offset)
    fresh["99.3"].check(stub)
    capsys.readouterr()
    results = exercises.report(tmp_path / "report.json")
    lines = ["✓ 99.1  2 attempts", "✗ 99.2  1 attempt; no offset", "2 attempted, 1 passed."]
    assert capsys.readouterr().out.splitlines() == lines
    assert results == {
        "99.1": {"attempts": 2, "passed": True, "misconceptions": []},
        "99.2": {"attempts": 1, "passed": False, "misconceptions": ["no_offset"]},
    }
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == results
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_report_replaces_the_file_only_when_it_is_whole(fresh, tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")

    def full_disk(self, content):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError) as caught:
        exercises.report(str(path))
    sentence = f"{path} was not written (No space left on device); the older file is kept."
    assert str(caught.value) == sentence
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
    monkeypatch.undo()
    assert path.read_bytes() == b"old"


def test_an_error_names_the_line_of_the_learners_code():
    def divides(x):
        half = x / 2
        return half.no_such_method()

    verdict = NUMBER.judge(divides)
    assert verdict.kind == "error"
    assert "AttributeError" in verdict.text
    assert "\n  in the line: return half.no_such_method()\n  given:" in verdict.text


def test_several_results_stand_on_a_line_each():
    verdict = PAIR.judge(lambda x: (x.mean() + 1, x))
    assert "\n  expected:\n    result 1: " in verdict.text
    assert "\n  got:\n    result 1: " in verdict.text


# ---------------------------------------------------------------- whatever a function does


class Hostile:
    """Whatever is asked of it, it raises."""

    def _raise(self, *arguments, **named):
        raise RuntimeError("leave me alone")

    __array__ = __repr__ = __str__ = __eq__ = __ne__ = __getattr__ = __len__ = __iter__ = _raise
    __hash__ = __bool__ = __float__ = __int__ = __index__ = __format__ = __deepcopy__ = _raise
    __class__ = property(_raise)


class HostileWithoutLook(Hostile):
    __getattribute__ = Hostile._raise


class HostileList(list):
    __len__ = __iter__ = __getitem__ = __repr__ = Hostile._raise


class HostileText(str):
    __repr__ = __str__ = __len__ = Hostile._raise


class HostileFloat(float):
    __format__ = __repr__ = __float__ = Hostile._raise


class HostileInt(int):
    __abs__ = __lt__ = __str__ = Hostile._raise


class Quits:
    def __array__(self, *arguments, **named):
        raise SystemExit


class Pretends:
    """Says that it is a tensor."""

    dtype = "torch.bfloat16"

    def detach(self):
        return self

    cpu = float = numpy = detach


class StrangeArray(np.ndarray):
    __array_finalize__ = None
    __eq__ = __abs__ = __repr__ = __copy__ = Hostile._raise
    __hash__ = None


def own_tail():
    values = [1.0]
    values.append(values)
    return values


ODD_THINGS = [
    Hostile,
    HostileWithoutLook,
    lambda: HostileList([1.0]),
    lambda: HostileText("a"),
    lambda: HostileFloat(1.0),
    lambda: HostileInt(3),
    Quits,
    Pretends,
    lambda: np.ones(3).view(StrangeArray),
    own_tail,
    lambda: (x for x in range(3)),
    lambda: np.broadcast_to(1.0, (10**6, 10**6)),
    lambda: np.broadcast_to("a", (10**12,)),
    lambda: [np.broadcast_to(1.0, (10**12,))] * 2,
    lambda: np.array([1, "a", None], dtype=object),
    lambda: np.array([Hostile(), Hostile()], dtype=object),
    lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
    lambda: np.zeros(2, dtype=[("a", float), ("b", int)]),
    lambda: memoryview(b"abc"),
    lambda: type("Odd\udcff", (), {})(),
    lambda: 10**5000,
    lambda: -(10**5000),
    lambda: object,
    lambda: lambda: 0,
    lambda: NotImplemented,
    lambda: [[[[[[[[[[1.0]]]]]]]]]],
]


@dataclass(frozen=True)
class Odd:
    """Stands for an odd thing, which Hypothesis itself must not look at."""

    number: int


def built(value):
    """The value with every odd thing in its place."""
    if isinstance(value, Odd):
        return ODD_THINGS[value.number]()
    if isinstance(value, tuple | list):
        return type(value)(built(v) for v in value)
    return value


scalars = st.one_of(
    st.none(),
    st.just(...),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(10**400), 2**64]),
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters()),
    st.text(st.characters(categories=["Cs"]), min_size=1),
    st.binary(),
    arrays.arrays(
        dtype=st.one_of(arrays.scalar_dtypes(), st.just(np.dtype(object))),
        shape=arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
        fill=st.nothing(),
    ),
    st.sampled_from([Odd(k) for k in range(len(ODD_THINGS))]),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=10),
        st.lists(inner, max_size=10).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.frozensets(st.integers(), max_size=3),
    ),
    max_leaves=12,
)


def checked(toy: Exercise, function) -> str:
    toy.attempts.clear()
    text = printed_by(toy.check, function)
    assert text.startswith("Exercise 99.1 · ")
    assert text.endswith("\n")
    assert len(text.encode("utf-8")) < 10_000
    return text


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(toy=st.sampled_from(TOYS), result=anything)
def test_whatever_a_function_returns(toy, result):
    checked(toy, lambda x: built(result))


@pytest.mark.parametrize("thing", ODD_THINGS)
@pytest.mark.parametrize("toy", TOYS)
def test_odd_things_are_wrong(toy, thing):
    checked(toy, lambda x: thing())
    assert toy.attempts[-1].kind in ("wrong", "wrong kind", "error")
    checked(toy, lambda x: (1.0, thing()))
    assert toy.attempts[-1].kind in ("wrong", "wrong kind", "error")


class TextRaises(Exception):
    def __str__(self):
        raise ValueError("no text")


class TextQuits(BaseException):
    def __str__(self):
        raise SystemExit


def recursion_of(x):
    return recursion_of(x) + 1


def noted(message):
    error = ValueError(message)
    error.add_note("a note")
    return error


kinds_of_error = st.sampled_from(
    [
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        MemoryError,
        OSError,
        StopIteration,
        StopAsyncIteration,
        SyntaxError,
        RecursionError,
        SystemExit,
        GeneratorExit,
        BaseException,
        Warning,
        TextRaises,
        TextQuits,
        noted,
        lambda message: ExceptionGroup("many", [ValueError(message)]),
    ]
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(toy=st.sampled_from(TOYS), kind=kinds_of_error, argument=anything, late=st.booleans())
@example(toy=TOYS[0], kind=ValueError, argument="\udcff\n" * 10_000, late=False)
def test_whatever_a_function_raises(toy, kind, argument, late):
    def fails(x):
        if late and len(x) == 3:
            return toy.answer(x)
        raise kind(built(argument))

    text = checked(toy, fails)
    assert "✗ your function raised an error.\n" in text


def test_infinite_recursion():
    text = checked(make(), recursion_of)
    assert "RecursionError: maximum recursion depth exceeded" in text


def test_stop_button_stops_the_check():
    def stopped(x):
        raise KeyboardInterrupt

    toy = make()
    assert checked(toy, stopped) == "Exercise 99.1 · stopped before the check was done.\n"
    assert toy.attempts == []


@pytest.mark.parametrize("toy", TOYS)
def test_huge_results_are_not_copied(toy):
    tracemalloc.start()
    checked(toy, lambda x: np.broadcast_to(np.float32(1), (10**6, 10**6)))
    checked(toy, lambda x: (np.broadcast_to(1.0, (10**12,)), np.broadcast_to(1.0, (10**12,))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**8
    assert toy.attempts[-1].kind == "wrong kind"


# ---------------------------------------------------------------- the time limit


def test_the_limit_is_ten_seconds():
    assert engine.SECONDS == 10
    limit_ends = time.perf_counter() + 30
    threads_before = threading.active_count()
    assert make().judge(centred).kind == "right"
    while threading.active_count() > threads_before and time.perf_counter() < limit_ends:
        time.sleep(0.01)
    assert threading.active_count() <= threads_before  # the watchdog is gone before its time


def never_returns(x):
    while True:
        pass


def never_returns_and_swallows_errors(x):
    while True:
        try:
            for _ in range(1000):
                x = x + 1
            raise ValueError
        except Exception:  # such as a learner writes it
            continue


def returns_late(x):
    time.sleep(0.3)
    return centred(x)


@pytest.mark.parametrize(
    "function", [never_returns, never_returns_and_swallows_errors, returns_late]
)
def test_a_loop_that_never_returns_is_cut_off(monkeypatch, function):
    monkeypatch.setattr(engine, "SECONDS", 0.2)
    begin = time.perf_counter()
    text = checked(make(), function)
    assert time.perf_counter() - begin < 5
    assert text == (
        "Exercise 99.1 · ✗ stopped after 0.2 seconds. Does a loop in your function ever end?\n"
    )


def test_the_limit_works_in_another_thread(monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.2)
    toy = make()
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(toy.judge(never_returns)), daemon=True)
    thread.start()
    thread.join(timeout=20)
    assert [verdict.kind for verdict in verdicts] == ["too long"]


def test_an_interrupt_that_is_swallowed_once_comes_again():
    def stubborn(x):
        try:
            while True:
                pass
        except BaseException:
            while True:
                pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "SECONDS", 0.2)
        begin = time.perf_counter()
        assert NUMBER.judge(stubborn).kind == "too long"
    assert time.perf_counter() - begin < 3


def test_no_interrupt_arrives_late(monkeypatch):
    """Functions that end about when the limit strikes: every one is judged, none is hit later."""
    monkeypatch.setattr(engine, "SECONDS", 0.003)
    toy = make()

    def ends_at_the_limit(x):
        end = time.perf_counter() + delay / 3
        while time.perf_counter() < end:
            pass
        return centred(x)

    kinds = []
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # lets the watchdog strike at any moment
    for delay in np.linspace(0.001, 0.005, 300):  # noqa: B007 - read in the function
        kinds.append(toy.judge(ends_at_the_limit).kind)
    sys.setswitchinterval(often)
    end = time.perf_counter() + 0.1
    while time.perf_counter() < end:
        pass
    assert set(kinds) == {"right", "too long"}


@pytest.mark.parametrize("struck", ["start", "set"])
def test_an_interrupt_inside_the_limit_itself_lets_the_watchdog_rest(monkeypatch, struck):
    """Whether it strikes while the watchdog starts or on entering `finished.set()`."""
    events = []

    class Event(threading.Event):
        def __init__(self):
            super().__init__()
            self.first = True
            events.append(self)

        def set(self):
            if struck == "set" and self.first:
                self.first = False
                raise engine._TooLong
            super().set()

    class Thread(threading.Thread):
        def start(self):
            super().start()
            if struck == "start":
                raise engine._TooLong

    replaced = {**vars(threading), "Event": Event, "Thread": Thread}
    monkeypatch.setattr(engine, "threading", SimpleNamespace(**replaced))
    with suppress(engine._TooLong), engine._time_limit(60):
        pass
    (finished,) = events
    at_rest = finished.is_set()
    threading.Event.set(finished)  # should the test fail, no other one is struck
    assert at_rest


TRACED = """
import sys
from helpers.exercises import exercise
exercise("00.1").judge(lambda *arguments: 3)
sys.settrace(lambda *arguments: None)
(lambda: None)()
sys.settrace(None)
"""


def test_a_debugger_works_after_a_check():
    """Python 3.11 hangs in traced code when an interrupt was cancelled by setting it to NULL."""
    subprocess.run([sys.executable, "-c", TRACED], check=True, timeout=60)


def test_a_watchdog_that_wakes_late_does_nothing(monkeypatch):
    class Late(threading.Timer):
        def cancel(self):
            pass

    monkeypatch.setattr(engine, "SECONDS", 0.05)
    monkeypatch.setattr(threading, "Timer", Late)
    assert make().judge(centred).kind == "right"
    end = time.perf_counter() + 0.2
    while time.perf_counter() < end:
        pass


# ---------------------------------------------------------------- the same text everywhere

SCRIPT = """
import sys
import numpy as np
from helpers.exercises import exercise, report

class Thing:
    pass

def raises(logits, temperature):
    raise ValueError(f"{Thing()} at {raises}")

for function in (raises, lambda *a: Thing(), lambda *a: {"b", "a"}, lambda *a: [Thing, raises],
                 lambda *a: np.ones(3), lambda *a: np.linspace(0, 1, 40), lambda *a: 1 / 3, 5,
                 lambda *a: None, lambda logits: 0):
    exercise("00.1").check(function)
for _ in range(3):
    exercise("00.1").hint()
exercise("00.1").solution()
report()
"""


def test_text_is_the_same_in_every_process():
    outputs = []
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-c", SCRIPT]
        outputs.append(subprocess.run(command, env=environment, capture_output=True, check=True))
    assert outputs[0].stdout == outputs[1].stdout
    assert outputs[0].stderr == b""
    text = outputs[0].stdout.decode("utf-8")
    assert "0x…" in text
    assert "0x7" not in text


def doubled(numbers):
    """Double the list in place."""
    numbers[:] = [2 * x for x in numbers]


def after(function, numbers):
    function(numbers)
    return {"numbers": numbers}


IN_PLACE = Exercise(
    id="99.1",
    title="Doubling",
    cases=lambda rng: iter([([1.0, 2.0],), ([3.0],)]),
    answer=doubled,
    hints=("", "", ""),
    misconceptions=(),
    run=after,
)


def test_a_function_that_returns_nothing_is_judged_by_what_it_did():
    def twice(numbers):
        for k, x in enumerate(numbers):
            numbers[k] = x + x
        return "anything"

    assert IN_PLACE.judge(twice).kind == "right"


def test_a_function_that_changes_nothing_is_wrong_but_a_stub_is_not_attempted():
    def stub(numbers):
        """Double the list in place."""
        ...

    def on_a_copy(numbers):
        numbers = [2 * x for x in numbers]

    def not_implemented(numbers):
        raise NotImplementedError

    assert IN_PLACE.judge(stub).kind == "not attempted"
    assert IN_PLACE.judge(not_implemented).kind == "not attempted"
    assert "return" not in IN_PLACE.judge(stub).text
    verdict = IN_PLACE.judge(on_a_copy)
    assert verdict.kind == "wrong"
    assert "numbers: [2., 4.], shape (2,)" in verdict.text


def test_an_array_is_shown_though_numpy_was_cut_off_while_printing_it(monkeypatch):
    def after_a_cut_off(array, **form):  # its guard against endless recursion remembers the array
        return "..." if array is struck else printed(array, **form)

    printed, struck = np.array2string, np.array([1.0, 2.0])
    monkeypatch.setattr(np, "array2string", after_a_cut_off)
    assert engine.describe(struck) == "[1., 2.], shape (2,)"


def test_only_the_results_that_differ_are_shown():
    def halves(function, a, b):
        function(a, b)
        return {"a": a, "b": b}

    def answer(a, b):
        a[:] = 1
        b[:] = 2

    def almost(a, b):
        a[:] = 1
        b[:] = 3

    entry = Exercise(
        "99.2",
        "Two arrays",
        lambda rng: iter([(np.zeros(2), np.zeros(2))]),
        answer,
        ("", "", ""),
        (),
        run=halves,
    )
    text = entry.judge(almost).text
    assert "b: [2., 2.]" in text and "b: [3., 3.]" in text
    assert "a: [1., 1.]" not in text


def test_another_convention_is_right_and_named():
    def minus_the_log(p):
        return -np.log(p)

    def bits(p):
        """Right, in bits: the answer is in nats."""
        return -np.log2(p)

    entry = Exercise(
        "99.3",
        "Surprise",
        lambda rng: iter([(0.5,), (0.25,)]),
        minus_the_log,
        ("", "", ""),
        (),
        accepted=(bits,),
    )
    verdict = entry.judge(lambda p: -np.log(p) / np.log(2))
    assert verdict.kind == "right"
    assert verdict.text == "✓ Surprise: Right, in bits: the answer is in nats."
    assert entry.judge(lambda p: -np.log10(p)).kind == "wrong"
