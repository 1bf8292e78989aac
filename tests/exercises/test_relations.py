"""What is said of a wrong answer that no misconception matches: the strongest true relation."""

import numpy as np
import pytest

from helpers.exercises.engine import Exercise


def cases(rng):
    yield np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([1.0, 0.0])
    for B in (3, 5):
        yield rng.normal(size=(B, B)), rng.normal(size=B)


def said(answer, function) -> str:
    toy = Exercise("99.1", "a toy", cases, answer, ("", "", ""), ())
    first = toy.judge(function).text.splitlines()[0]
    return first.removeprefix("✗ not yet.").strip()


def softmax(X):
    e = np.exp(X - X.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def first_row_wrong(X, y):
    result = X.copy()
    result[0] += 1
    return result


@pytest.mark.parametrize(
    ("answer", "function", "words"),
    [
        (
            lambda X, y: X @ y,
            lambda X, y: -(X @ y),
            "Your result is −1 times the right one throughout.",
        ),
        (
            lambda X, y: X @ y,
            lambda X, y: X @ y / 2,
            "Your result is 1/2 times the right one throughout.",
        ),
        (
            lambda X, y: X.mean(axis=0),
            lambda X, y: X.sum(axis=0),
            "Your result is the right one times the number of rows of X, throughout.",
        ),
        (
            lambda X, y: X.sum(axis=0),
            lambda X, y: X.mean(axis=0),
            "Your result is the right one divided by the number of rows of X, throughout.",
        ),
        (lambda X, y: X, lambda X, y: X.T, "Your result is the right one, transposed."),
        (
            lambda X, y: X @ y,
            lambda X, y: (X @ y)[::-1],
            "Your result is made of the right numbers, in other places.",
        ),
        (
            lambda X, y: (X @ y, y @ X),
            lambda X, y: (y @ X, X @ y),
            "Your results are right, but in another order.",
        ),
        (
            lambda X, y: (X @ y, y, X),
            lambda X, y: (X @ y + 0.3, y, X),
            "Result 1 is wrong; results 2 and 3 are right.",
        ),
        (
            lambda X, y: (X @ y, y, X),
            lambda X, y: (X @ y, 2 * y, X),
            "Result 2 is wrong; results 1 and 3 are right. "
            "What is wrong is 2 times the right one throughout.",
        ),
        (
            lambda X, y: (X.sum(), X @ y, y @ X),
            lambda X, y: (X.sum(), y @ X, X @ y),
            "Results 2 and 3 are swapped; result 1 is right.",
        ),
        (
            lambda X, y: (X.sum(), X @ y, y @ X, y),
            lambda X, y: (X.sum(), y, X @ y, y @ X),
            "Results 2, 3 and 4 are in another order; result 1 is right.",
        ),
        (
            lambda X, y: (X.sum(), X @ y, y @ X),
            lambda X, y: (X.sum(), y @ X, 3 * (X @ y)),
            "Results 2 and 3 are wrong; result 1 is right.",
        ),
        (
            lambda X, y: softmax(X),
            lambda X, y: np.exp(X),
            "Your result is right up to the sum of each row: "
            "its numbers are in the right proportion.",
        ),
        (lambda X, y: X, first_row_wrong, "Only the first of the rows is wrong."),
        (
            lambda X, y: X @ y,
            lambda X, y: X @ y / np.zeros(len(y)),
            "NaN or infinity where numbers are expected. "
            "Does something overflow, or is there a division by zero?",
        ),
        (lambda X, y: X @ y, lambda X, y: (X @ y) ** 2 + 0.1, ""),
        (lambda X, y: "up", lambda X, y: "down", ""),
    ],
)
def test_the_strongest_true_relation_is_said(answer, function, words):
    assert said(answer, function) == words


def test_what_holds_in_some_failing_cases_only_is_not_said():
    def doubled_in_large_cases(X, y):
        return 2 * (X @ y) if len(X) > 2 else X @ y + [0.0, 1.0]

    assert said(lambda X, y: X @ y, doubled_in_large_cases) == ""


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda X, y: tuple(2 * X), "Your results are 2 times the right one throughout."),
        (
            lambda X, y: tuple(X[:, ::-1]),
            "Your results are made of the right numbers, in other places.",
        ),
        (lambda X, y: tuple(X + X**2), ""),
        (lambda X, y: tuple(X[::-1]), ""),
    ],
)
def test_a_case_may_have_more_results_than_the_first(function, words):
    assert said(lambda X, y: tuple(X), function) == words


def test_arrays_of_other_shapes_and_another_number_in_each_case_are_compared():
    def answer(X, y):
        return [X, *X[1:]]

    words = said(answer, lambda X, y: [2 * part for part in answer(X, y)])
    assert words == "Your results are 2 times the right one throughout."
