"""The engine of the exercises: what a learner reads."""

import sys
import time

import numpy as np
import pytest
from toys import NUMBER, PAIR, TWO_ARRAYS, WORDS, centred, make, printed_by

from helpers.exercises import engine, exercise
from helpers.exercises.engine import Exercise


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
