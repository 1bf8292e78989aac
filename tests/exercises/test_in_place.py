"""Functions that change their arguments and return nothing are judged by what they did."""

import numpy as np

from helpers.exercises.engine import Exercise


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
