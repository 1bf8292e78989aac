"""Exercise 04.3: temperature. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise
from helpers.exercises.functions import softmax


def with_temperature(logits, tau):
    scaled = logits / tau
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def probabilities_divided_and_renormalised(logits, tau):
    """Your function behaves exactly as if the probabilities were divided by τ and renormalised, or
    as if there were no temperature: τ cancels. Divide the logits, before the softmax."""
    return softmax(logits)


def softmax_of_probabilities(logits, tau):
    """Your function behaves exactly as if the temperature were applied after the softmax, to the
    probabilities, and then a second softmax: softmax(p/τ) is nearly uniform. Divide the logits."""
    return softmax(softmax(logits) / tau)


def multiplied(logits, tau):
    """Your function multiplies the logits by τ instead of dividing. A small temperature must make
    the distribution sharper."""
    return softmax(logits * tau)


def not_renormalised(logits, tau):
    """Your function takes p to the power 1/τ but does not divide by the sum afterwards."""
    return softmax(logits) ** (1 / tau)


def probabilities_divided(logits, tau):
    """Your function divides the probabilities by τ: the rows sum to 1/τ instead of 1. Divide the
    logits by τ, then take the softmax."""
    return softmax(logits) / tau


def temperature_over_the_batch(logits, tau):
    """Your function normalises over the batch: the columns sum to one. Each row is one
    distribution, so the softmax runs along axis 1."""
    return softmax((logits / tau).T).T


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


def logarithm_of_an_infinite_sum(logits, tau):
    """Your formula is right, but the sum of the exponentials overflows before you take its
    logarithm: exp(2000) is infinite. Take off the row's maximum first; the softmax stays the
    same."""
    scaled = logits / tau
    return np.exp(scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True)))


def undivided_maximum_subtracted(logits, tau):
    """Your function takes off the row's maximum, but that of the undivided logits. What is left can
    still be large: 1000/0.5 − 1000 is 1000, and exp(1000) is infinite. Divide by τ first, then take
    off the maximum of the result."""
    exponentials = np.exp(logits / tau - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def maximum_of_the_whole_array(logits, tau):
    """Your function takes off one maximum for all rows. In a row that lies far below it every
    exponential becomes 0, and 0/0 is NaN. Take off the row's own maximum: axis=1,
    keepdims=True."""
    exponentials = np.exp(logits / tau - (logits / tau).max())
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def undivided_maximum_of_the_whole_array(logits, tau):
    """Your function takes off a maximum, but not the one that prevents the overflow: the largest
    undivided logit of all rows. Divide by τ first, then take off the row's own maximum."""
    exponentials = np.exp(logits / tau - logits.max())
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def sign_turned(logits, tau):
    """Your function behaves exactly as if the sign of the logits were turned: the least probable
    token becomes the most probable. The exponential takes logits / tau as it is."""
    return softmax(-logits / tau)


def temperature_cases(rng):
    yield np.log([[1.0, 2.0]]), 0.5  # exp(log 2 / 0.5) is 4: one fifth and four fifths
    yield np.array([[2.0, 1.0, 0.0, -1.0], [0.0, 2.0, 0.0, 1.0]]), 2.0
    for B, vocab_size, tau in ((3, 5, 0.7), (4, 4, 1.5), (1, 6, 3.0), (2, 3, 0.25)):
        yield rng.normal(0, 2, size=(B, vocab_size)), tau
    yield np.array([[1000.0, 999.0, 0.0], [-5.0, 0.0, 5.0]]), 0.5  # exp overflows; rows far apart
    yield np.array([[800.0, 799.0, -800.0], [-800.0, -801.0, -799.0]]), 1.0


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
        logarithm_of_an_infinite_sum,
        undivided_maximum_subtracted,
        maximum_of_the_whole_array,
        undivided_maximum_of_the_whole_array,
        sign_turned,
    ),
)
