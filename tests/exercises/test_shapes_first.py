"""Of a wrong answer the case is shown that says most: an error or a wrong shape before numbers."""

import numpy as np
import pytest
from toys import NUMBER, TWO_ARRAYS, make

from helpers.exercises import exercise
from helpers.exercises.engine import Exercise


def square_cases(rng):
    """Shapes that all fit in the first two cases, and not in the others."""
    yield (np.array([[1.0, 2.0], [3.0, 5.0]]),)
    yield (np.array([[0.0, 1.0], [2.0, 4.0]]),)
    yield (np.arange(6.0).reshape(2, 3),)
    yield (np.arange(8.0).reshape(4, 2),)


GRAM = make(square_cases, lambda x: x.T @ x, ())


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (lambda x: x @ x.T, "wrong kind", "expected an array of shape (3, 3), but got an array of"),
        (lambda x: x @ x, "error", "ValueError: matmul"),
        (lambda x: x.T @ x if len(x.T) == 2 else None, "wrong kind", "returns nothing here"),
        (lambda x: x.T @ x if x.size < 5 else "?", "wrong kind", "but got one text"),
    ],
)
def test_the_first_case_of_another_shape_is_shown(function, kind, words):
    verdict = GRAM.judge(function)
    assert verdict.kind == kind
    assert words in verdict.text
    assert "\n    x = [[0., 1., 2.], [3., 4., 5.]], shape (2, 3)\n" in verdict.text


def test_where_all_shapes_fit_the_first_wrong_case_is_shown():
    def wrong_from_the_second_case_on(x):
        return x.T @ x + (x[0, 0] == 0)

    verdict = GRAM.judge(wrong_from_the_second_case_on)
    assert verdict.kind == "wrong"
    assert "\n    x = [[0., 1.], [2., 4.]], shape (2, 2)\n" in verdict.text


def test_wrong_results_are_still_named():
    text = TWO_ARRAYS.judge(lambda x: (x + 1, x - 2)).text
    assert text.startswith("✗ not yet. Result 2 is wrong; result 1 is right.")


# 02.3, whose first case is 2 × 2 throughout, and 02.2


def with_one_slip(slip, X, u1, W2, delta2):
    """The backward pass of 02.3, with one line from `slip` if it has one of that name."""
    a1 = np.tanh(u1)
    lines = {
        "delta1": lambda: (delta2 @ W2.T) * (1 - a1**2),
        "dW1": lambda: X.T @ delta1,
        "db1": lambda: delta1.sum(axis=0),
        "dW2": lambda: a1.T @ delta2,
        "db2": lambda: delta2.sum(axis=0),
    }
    delta1 = None
    known = {"X": X, "a1": a1, "W2": W2, "delta2": delta2}
    results = []
    for name, right in lines.items():
        found = (
            eval(slip[name], {"np": np}, known | {"delta1": delta1}) if name in slip else right()
        )
        if name == "delta1":
            delta1 = found
        else:
            results.append(found)
    return tuple(results)


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        ({"dW1": "delta1.T @ X"}, "result 1: expected an array of shape (2, 4), but got an array "),
        ({"dW2": "delta2.T @ a1"}, "result 3: expected an array of shape (5, 2), but got an array"),
        ({"dW2": "X.T @ delta2"}, "result 3: expected an array of shape (4, 4), but got an array "),
        ({"dW1": "X @ delta1"}, "ValueError: matmul: Input operand 1 has a mismatch"),
        (
            {"delta1": "(delta2 * W2.T) * (1 - a1**2)"},
            "ValueError: operands could not be broadcast",
        ),
        (
            {"db1": "delta1.sum(axis=1)"},
            "result 2: expected an array of shape (4,), but got an arr",
        ),
        (
            {"db2": "delta2.sum(axis=1)"},
            "result 4: expected an array of shape (4,), but got an arr",
        ),
    ],
)
def test_a_slip_in_the_shapes_of_a_backward_pass_is_seen(slip, words):
    verdict = exercise("02.3").judge(lambda *case: with_one_slip(slip, *case))
    assert verdict.kind in ("wrong kind", "error")
    assert words in verdict.text


def test_without_a_slip_the_backward_pass_is_right():
    assert exercise("02.3").judge(lambda *case: with_one_slip({}, *case)).kind == "right"


def test_a_maximum_without_its_axis_is_shown_where_it_breaks():
    def without_keepdims(logits):
        shifted = logits - logits.max(axis=1)
        return shifted - np.log(np.exp(shifted).sum(axis=1))

    verdict = exercise("02.2").judge(without_keepdims)
    assert verdict.kind == "error"
    assert "could not be broadcast together with shapes (2,3) (2,)" in verdict.text
    assert "\n  in the line: shifted = logits - logits.max(axis=1)\n" in verdict.text


# truth values

POSITIVE = make(answer=lambda x: bool(x[0] > 0), misconceptions=())
MASK = make(answer=lambda x: x > 0, misconceptions=())


@pytest.mark.parametrize(
    ("toy", "function", "words"),
    [
        (POSITIVE, lambda x: x[0] + 0.5, "expected one truth value, but got one number"),
        (POSITIVE, lambda x: 2, "expected one truth value, but got one integer"),
        (POSITIVE, lambda x: np.nan, "expected one truth value, but got one number"),
        (MASK, lambda x: 2 * x, "an array of truth values, but got an array of numbers"),
    ],
)
def test_a_number_is_no_truth_value(toy, function, words):
    verdict = toy.judge(function)
    assert verdict.kind == "wrong kind"
    assert words in verdict.text


def test_zero_and_one_do_for_truth_values():
    assert POSITIVE.judge(lambda x: int(x[0] > 0)).kind == "right"
    assert MASK.judge(lambda x: np.where(x > 0, 1.0, 0.0)).kind == "right"
    assert MASK.judge(lambda x: np.where(x > 0, 0.0, 1.0)).kind == "wrong"


# arguments that must stay as they are


def halved_in_place(x):
    x /= 2
    return x


HALF = Exercise(
    "99.1",
    "Half",
    lambda rng: iter([(np.zeros(2),), (np.array([2.0, 4.0]),)]),
    lambda x: x / 2,
    ("", "", ""),
    (),
    keeps={"x": "somebody needs it."},
)


def test_an_argument_that_must_stay_is_named_with_the_harm():
    verdict = HALF.judge(halved_in_place)
    assert verdict.kind == "wrong"
    assert verdict.text == (
        "✗ right, but your function changes its argument x, and somebody needs it."
    )
    assert HALF.judge(lambda x: halved_in_place(x.copy())).kind == "right"


def test_elsewhere_a_function_may_change_its_arguments():
    assert make(answer=lambda x: x / 2, misconceptions=()).judge(halved_in_place).kind == "right"


def test_by_another_convention_too_an_argument_must_stay():
    def by_two(x):
        """Right: double it."""
        return 2 * x

    def doubled_in_place(x):
        x *= 2
        return x

    toy = Exercise("99.1", "Half", HALF.cases, HALF.answer, HALF.hints, (), (by_two,))
    toy.keeps = HALF.keeps
    assert toy.judge(lambda x: x + x).kind == "right"
    assert "changes its argument x" in toy.judge(doubled_in_place).text


# results that could be copied


def test_a_secret_result_is_not_shown():
    open_book = NUMBER.judge(lambda x: x.mean() + 1).text
    assert "\n  expected: 3\n" in open_book
    toy = make(answer=lambda x: x.mean(), misconceptions=())
    toy.secret = True
    text = toy.judge(lambda x: x.mean() + 1).text
    assert "\n  got: 4\n" in text
    assert "expected" not in text and "differs" not in text


def test_nothing_returned_in_one_case_may_be_a_known_mistake():
    def nothing_for_large(x):
        """You return inside the loop."""
        return x - x.mean() if len(x) < 9 else None

    toy = make(misconceptions=(nothing_for_large,))
    assert toy.judge(nothing_for_large).misconception == "nothing_for_large"
    for_small = toy.judge(lambda x: x - x.mean() if len(x) > 9 else None)
    assert (for_small.kind, for_small.misconception) == ("wrong kind", None)
