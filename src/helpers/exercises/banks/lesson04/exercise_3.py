"""Exercise 04.3: temperature. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def with_temperature(logits, tau):
    scaled = logits / tau
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def probabilities_divided_and_renormalised(logits, tau):
    """Your function behaves exactly as if the probabilities were divided by τ and renormalised, or
    as if there were no temperature: τ cancels. Divide the logits, before the softmax."""
    return _softmax(logits)


def softmax_of_probabilities(logits, tau):
    """Your function behaves exactly as if the temperature were applied after the softmax, to the
    probabilities, and then a second softmax: softmax(p/τ) is nearly uniform. Divide the logits."""
    return _softmax(_softmax(logits) / tau)


def multiplied(logits, tau):
    """Your function multiplies the logits by τ instead of dividing. A small temperature must make
    the distribution sharper."""
    return _softmax(logits * tau)


def not_renormalised(logits, tau):
    """Your function takes p to the power 1/τ but does not divide by the sum afterwards."""
    return _softmax(logits) ** (1 / tau)


def probabilities_divided(logits, tau):
    """Your function divides the probabilities by τ: the rows sum to 1/τ instead of 1. Divide the
    logits by τ, then take the softmax."""
    return _softmax(logits) / tau


def temperature_over_the_batch(logits, tau):
    """Your function normalises over the batch: the columns sum to one. Each row is one
    distribution, so the softmax runs along axis 1."""
    return _softmax((logits / tau).T).T


def softmax_forgotten(logits, tau):
    """Your function returns the logits divided by τ. Those are still logits: take the softmax of
    each row."""
    return logits / tau


def softmax_over_the_whole_array(logits, tau):
    """Your function normalises over the whole array: all rows together sum to one. Each row is one
    distribution, so sum along axis 1."""
    exponentials = np.exp(logits / tau - (logits / tau).max())
    return exponentials / exponentials.sum()


def maximum_not_subtracted(logits, tau):
    """Your formula is right, but large logits overflow: exp(2000) is infinite. Take off the row's
    maximum first; the softmax stays the same."""
    exponentials = np.exp(logits / tau)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def temperature_cases(rng):
    yield np.array([[2.0, 1.0, 0.0, -1.0]]), 0.5
    for B, vocab_size, tau in ((3, 5, 0.7), (4, 4, 1.5), (1, 6, 3.0), (2, 3, 0.25)):
        yield rng.normal(0, 2, size=(B, vocab_size)), tau
    yield np.array([[1000.0, 999.0, 0.0], [-5.0, 0.0, 5.0]]), 0.5  # exp overflows; rows far apart


EXERCISE = Exercise(
    id="04.3",
    title="Temperature",
    cases=temperature_cases,
    answer=with_temperature,
    hints=(
        "Does the temperature act before or after the softmax?",
        "Divide the logits by τ, then take the softmax of each row. Large logits overflow, so "
        "take off the row's maximum first.",
        "scaled = logits / tau; then exp(scaled − its row maximum), divided by its row sum.",
    ),
    misconceptions=(
        probabilities_divided_and_renormalised,
        softmax_of_probabilities,
        multiplied,
        not_renormalised,
        probabilities_divided,
        temperature_over_the_batch,
        softmax_forgotten,
        softmax_over_the_whole_array,
        maximum_not_subtracted,
    ),
)
