"""The exercises of lesson 00: the example that shows how checks and exercises work."""

import numpy as np

from helpers.exercises.engine import Exercise


def softmax(logits, temperature):
    exponentials = np.exp((logits - np.max(logits)) / temperature)
    return exponentials / exponentials.sum()


def temperature_after_softmax(logits, temperature):
    """Your function behaves exactly as if the temperature were applied after the softmax. Dividing
    probabilities by τ and normalising them again changes nothing: divide the logits by τ first."""
    return softmax(logits, 1.0)


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
        misconceptions=(temperature_after_softmax, multiplied_by_temperature, not_normalised),
    )
]
