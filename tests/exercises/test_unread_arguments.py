"""What a learner reads who does not use what is given: random draws, an argument never read."""

import time

import numpy as np
import pytest
from toys import make

from helpers.exercises import engine
from helpers.exercises.engine import Exercise
from helpers.exercises.source import unused_arguments


def noisy(x, eps):
    return x + eps


def noisy_cases(rng):
    for n in (2, 3, 4):
        yield rng.normal(size=n), rng.normal(size=n)


def noise(**fields) -> Exercise:
    return Exercise("99.4", "Noise", noisy_cases, noisy, ("", "", ""), (), **fields)


def draws(x, eps):
    return x + np.random.default_rng().normal(size=x.shape)


def test_a_function_that_draws_is_told_that_everything_is_given():
    verdict = noise().judge(draws)
    assert verdict.kind == "wrong"
    assert verdict.text == (
        "✗ your function gives another result each time; everything it needs is among its "
        'arguments.\n  Stuck? exercise("99.4").hint()'
    )


def test_an_exercise_may_say_it_in_its_own_words():
    verdict = noise(random="the noise is given.").judge(draws)
    assert verdict.text == '✗ the noise is given.\n  Stuck? exercise("99.4").hint()'


def test_a_function_that_remembers_gives_another_result_too():
    calls = []

    def counts(x, eps):
        calls.append(x)
        return x + eps + len(calls)

    assert "another result each time" in noise().judge(counts).text


def test_a_wrong_function_that_always_says_the_same_is_not_told_of_chance():
    text = noise().judge(lambda x, eps: x + 1.1 * eps).text
    assert "another result" not in text
    assert "expected:" in text


def test_a_second_call_that_does_not_end_is_given_up(monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.3)
    calls = []

    def sleeps_at_last(x):
        calls.append(x)
        time.sleep(1 if len(calls) > 3 else 0)
        return x + 1

    verdict = make(misconceptions=()).judge(sleeps_at_last)
    assert len(calls) == 4
    assert verdict.kind == "wrong"
    assert "another result" not in verdict.text


def same_noise_each_time(x, eps):
    return x + np.random.default_rng(0).normal(size=x.shape)


def test_an_argument_that_is_never_read_is_named():
    assert (
        noise()
        .judge(same_noise_each_time)
        .text.startswith("✗ not yet. Your function never uses eps.\n")
    )


def test_an_argument_that_the_answer_does_not_read_need_not_be_read():
    entry = Exercise("99.5", "x", noisy_cases, lambda x, eps: x, ("", "", ""), ())
    assert "never uses" not in entry.judge(lambda x, eps: x + 1).text


def overwrites(x, eps):
    eps = np.ones(2)
    del eps
    return x


def reads_two_at_once(x, eps):
    return eps - x


def reads_inside(x, eps):
    return [x + e for e in range(3) if (lambda: eps)()]


@pytest.mark.parametrize(
    ("function", "places"),
    [
        (noisy, set()),
        (same_noise_each_time, {1}),
        (overwrites, {1}),
        (reads_two_at_once, set()),
        (reads_inside, set()),
        (lambda *both: both[0], set()),
        (np.add, set()),
    ],
)
def test_the_unread_arguments_of_a_function(function, places):
    assert unused_arguments(function) == places
