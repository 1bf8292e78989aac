"""Exercise 03.3 · Teach it softmax."""

import numpy as np

from helpers.exercises.engine import Exercise


def softmax(a, grad):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    value = e / e.sum(axis=-1, keepdims=True)
    pulled = value * (grad - (grad * value).sum(axis=-1, keepdims=True))
    return value, pulled


def value_of(a, axis=-1):
    e = np.exp(a - a.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def diagonal_only(a, grad):
    """Your value is right, but what you pull back uses only the derivatives pᵢ(1 − pᵢ). A logit
    also moves the other probabilities, by −pᵢpⱼ."""
    p = value_of(a)
    return p, grad * p * (1 - p)


def others_only(a, grad):
    """Your value is right, but what you pull back has only the part −pᵢpⱼ. The diagonal has one
    more term, pᵢ: a logit moves its own probability up."""
    p = value_of(a)
    return p, -p * (grad * p).sum(axis=-1, keepdims=True)


def like_an_exponential(a, grad):
    """Your value is right, but you pull back v̄ times p alone, as for an exponential. The sum in
    the denominator depends on every logit too."""
    p = value_of(a)
    return p, grad * p


def sum_not_weighted(a, grad):
    """Your function takes off the plain sum of v̄. The sum must be weighted by the probabilities:
    Σⱼ v̄ⱼpⱼ."""
    p = value_of(a)
    return p, p * (grad - grad.sum(axis=-1, keepdims=True))


def mean_taken_off(a, grad):
    """Your function takes off the plain mean of v̄. The mean must be weighted by the probabilities:
    Σⱼ v̄ⱼpⱼ."""
    p = value_of(a)
    return p, p * (grad - grad.mean(axis=-1, keepdims=True))


def factor_forgotten(a, grad):
    """What you pull back lacks the factor p in front: Jᵀv̄ is pᵢ(v̄ᵢ − Σⱼ v̄ⱼpⱼ)."""
    p = value_of(a)
    return p, grad - (grad * p).sum(axis=-1, keepdims=True)


def summed_over_everything(a, grad):
    """Your function sums v̄ⱼpⱼ over the whole array. Each row is a softmax of its own: sum along the
    last axis and keep it."""
    p = value_of(a)
    return p, p * (grad - (grad * p).sum())


def other_axis(a, grad):
    """Your function takes the softmax along the first axis. Classes lie along the last one."""
    p = value_of(a, axis=0)
    return p, p * (grad - (grad * p).sum(axis=0, keepdims=True))


def overflow(a, grad):
    """Your function is right until logits are large: np.exp(1000) is infinite. Take each row's
    maximum off first, which changes no probability."""
    p = np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True)
    return p, p * (grad - (grad * p).sum(axis=-1, keepdims=True))


def after_cross_entropy(a, grad):
    """You pull back p − v̄, the first error of lesson 02. That is softmax and cross-entropy
    together, for a one-hot label; softmax alone has the rule p(v̄ − Σ v̄p)."""
    p = value_of(a)
    return p, p - grad


def softmax_cases(rng):
    yield np.log(np.array([[1.0, 3.0]])), np.array([[1.0, 0.0]])  # p is ¼ and ¾
    yield np.zeros((1, 4)), np.array([[4.0, 0.0, 0.0, 0.0]])
    yield np.array([[2.0]]), np.array([[3.0]])  # one class: nothing can move
    yield np.log(np.array([[1.0, 1.0], [1.0, 3.0]])), np.array([[1.0, 0.0], [0.0, 2.0]])
    yield np.array([[1000.0, 999.0, 0.0]]), np.array([[1.0, 2.0, 3.0]])
    yield np.array([[-800.0, -801.0]]), np.array([[1.0, -1.0]])
    for shape in ((3, 4), (2, 3, 5), (4,), (5, 2)):
        yield rng.normal(size=shape), rng.normal(size=shape)


EXERCISE = Exercise(
    id="03.3",
    title="Teach it softmax",
    cases=softmax_cases,
    answer=softmax,
    hints=(
        "Write Jᵀv̄ for one logit: Σᵢ v̄ᵢ pᵢ(1 if i = j, else 0; minus pⱼ). Which part of it is a "
        "sum over the whole row?",
        "(Jᵀv̄)ⱼ = pⱼv̄ⱼ − pⱼ Σᵢ v̄ᵢpᵢ. Keep the summed axis, so that it broadcasts over the row.",
        "value: exponentials of a − a.max(axis=-1, keepdims=True), divided by their sum. "
        "pulled: value * (grad - (grad * value).sum(axis=-1, keepdims=True)).",
    ),
    misconceptions=(
        diagonal_only,
        others_only,
        like_an_exponential,
        sum_not_weighted,
        mean_taken_off,
        factor_forgotten,
        summed_over_everything,
        other_axis,
        overflow,
        after_cross_entropy,
    ),
)
