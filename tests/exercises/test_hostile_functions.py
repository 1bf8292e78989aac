"""Whatever a learner's function returns or raises, `check` says a sentence and goes on."""

import os
import subprocess
import sys
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from toys import TOYS, make, printed_by

from helpers.exercises.engine import Exercise


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


# the same text in every process

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
