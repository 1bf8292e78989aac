"""The engine of the exercises: what a learner reads, and that no function breaks `check`."""

import io
import json
import os
import re
import subprocess
import sys
import time
import tracemalloc
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from helpers import exercises
from helpers.exercises import compare, engine, exercise
from helpers.exercises.engine import Exercise


def printed_by(function, *arguments) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        function(*arguments)
    return out.getvalue()


# ---------------------------------------------------------------- what the learner reads


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
        '  Stuck? exercise("99.1").hint()\n'
    )


def test_a_long_array_is_cut_after_a_whole_number():
    array = np.arange(36).reshape(3, 4, 3) / 7 * 1e9
    text, shape = compare.describe(array).split(", …")
    assert shape == ", shape (3, 4, 3)"
    assert 350 < len(text) <= 400
    shown = [float(number) for number in re.findall(r"[\d.e+]+", text)]
    assert shown == pytest.approx(array.ravel()[: len(shown)], rel=1e-6)
    assert compare.describe(np.arange(3.0)) == "[0., 1., 2.], shape (3,)"
    assert compare.describe(np.array(["a" * 600])).endswith("aaa, …, shape (1,)")


def differs(verdict) -> str:
    """The line that names the first difference."""
    return next(line for line in verdict.text.splitlines() if "differs:" in line)


def test_of_a_large_result_only_the_first_difference_is_shown():
    def wrong_in_the_middle(x):
        return centred(x) + (np.arange(len(x)) == 15)

    text = make(lambda rng: iter([(np.arange(31.0),)])).judge(wrong_in_the_middle).text
    assert "\n    x = an array of numbers, shape (31,)\n" in text
    assert "\n  differs:  1 instead of 0 at [15]\n" in text
    assert "expected" not in text


def test_a_difference_that_the_short_text_hides_is_named():
    wrong = NUMBER.judge(lambda x: x.mean() * (1 + 1.5e-6))
    assert differs(wrong) == "  differs:  3.0000045 instead of 3.0"
    long_words = make(answer=lambda x: ["a" * 50] * 20, misconceptions=())
    wrong = long_words.judge(lambda x: ["a" * 50] * 9 + ["b" * 50] + ["a" * 50] * 10)
    assert f"{'b' * 50} instead of {'a' * 50} at [9]" in differs(wrong)
    infinite = np.array([np.inf, *range(20)])
    mixed = make(answer=lambda x: infinite, misconceptions=())
    wrong = mixed.judge(lambda x: infinite + (infinite == 9))
    assert differs(wrong) == "  differs:  10 instead of 9 at [10]"


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


@pytest.mark.parametrize("id", ["00.9", "77.1", "", ".", "00", "nonsense", "../00.1", 1.25, None])
def test_unknown_exercise(id):
    with pytest.raises(KeyError) as caught:
        exercise(id)
    assert caught.value.args == (f"There is no exercise {id!r}.",)


def test_exercise_remembers_itself_and_understands_short_ids():
    assert exercise("00.1") is exercise("00.1") is exercise("0.1") is exercise(" 00.1 ")


def test_an_exercise_as_the_last_line_of_a_cell_gives_nothing_away():
    assert repr(make()) == (
        'Exercise 99.1 · a toy. exercise("99.1").check(your_function) judges your answer, '
        'exercise("99.1").hint() helps.'
    )


def test_a_function_that_returns_nothing_is_an_attempt_but_a_stub_is_not():
    def forgets_to_return(x):
        x = x - x.mean()

    def not_implemented(x):
        raise NotImplementedError

    verdict = make().judge(forgets_to_return)
    assert verdict.kind == "wrong kind"
    assert "your function returns nothing" in verdict.text
    assert make().judge(not_implemented).kind == "not attempted"


def test_a_framework_error_is_reminded_of_the_arrays_given():
    text = NUMBER.judge(lambda x: x.mean(dim=0)).text
    assert "\n  (the arguments are NumPy arrays)\n" in text


def test_texts_and_numbers_of_one_shape_are_told_apart():
    text = make().judge(lambda x: ["a"] * len(x)).text
    assert "expected an array of numbers, but got an array of texts" in text


def test_a_right_answer_in_bfloat16_passes():
    torch = pytest.importorskip("torch")
    toy = make()
    assert toy.judge(lambda x: torch.tensor(centred(x)).to(torch.bfloat16)).kind == "right"
    assert toy.judge(lambda x: torch.tensor(1.1 * centred(x)).to(torch.bfloat16)).kind == "wrong"


def test_a_function_that_imports_a_framework_gets_its_time_once_more(monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.2)

    def slow_import(x):
        if "a_framework" not in sys.modules:
            sys.modules["a_framework"] = None
            time.sleep(0.3)
        return centred(x)

    try:
        assert make().judge(slow_import).kind == "right"
    finally:
        del sys.modules["a_framework"]


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
    assert "\n  in the line: return half.no_such_method()\n  (the arguments" in verdict.text


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
