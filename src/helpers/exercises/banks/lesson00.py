"""The exercises of lesson 00: the example that shows how checks and exercises work."""

import numpy as np

from helpers.exercises.engine import Exercise


def softmax(logits, temperature):
    exponentials = np.exp((logits - np.max(logits)) / temperature)
    return exponentials / exponentials.sum()


def temperature_without_effect(logits, temperature):
    """Your function behaves exactly as if there were no temperature. Either τ is not used, or it
    acts where it cancels: it divides the probabilities, which are then normalised again, or, where
    a bracket is missing, only the largest logit. Divide every logit by τ before the exponential."""
    return softmax(logits, 1.0)


def softmax_taken_twice(logits, temperature):
    """Your function behaves exactly as if the probabilities were divided by τ and sent through a
    softmax once more. Probabilities lie between 0 and 1, so the second softmax makes them nearly
    equal. Take one softmax, of the logits divided by τ."""
    return softmax(softmax(logits, 1.0), temperature)


def probabilities_divided(logits, temperature):
    """Your numbers are the probabilities without a temperature, divided by τ: they add up to 1/τ.
    Divide the logits by τ first, then take the softmax of the result."""
    return softmax(logits, 1.0) / temperature


def multiplied_by_temperature(logits, temperature):
    """Your function behaves exactly as if the logits were multiplied by τ. A high temperature must
    flatten the distribution, so the logits are divided by τ."""
    return softmax(logits, 1 / temperature)


def not_normalised(logits, temperature):
    """Your numbers are the exponentials themselves. Divide them by their sum, so that they become
    probabilities."""
    return np.exp(logits / temperature)


def softmax_cases(rng):
    yield np.array([1.0, 2.0, 3.0]), 0.5
    for temperature in (2.0, 0.7, 1.0, 5.0):
        yield rng.normal(size=4), temperature


EXERCISES = [
    Exercise(
        id="00.1",
        title="Softmax with a temperature",
        cases=softmax_cases,
        answer=softmax,
        hints=(
            "What must happen to the distribution when τ is very large? And when it is very small?",
            "The temperature acts on the logits, before the exponential.",
            "Compute np.exp(logits / temperature) and divide it by its sum.",
        ),
        misconceptions=(
            temperature_without_effect,
            softmax_taken_twice,
            probabilities_divided,
            multiplied_by_temperature,
            not_normalised,
        ),
    )
]
