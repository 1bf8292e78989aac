"""Exercise 00.1 with answers as readers write them: named where they are wrong, else accepted."""

import numpy as np
from reader_answers import refused, right, wrong


@wrong(
    "00.1",
    "temperature_without_effect",
    "as if there were no temperature",
    "Either τ is not used, or it acts where it cancels",
)
def temperature_not_used(logits, temperature):
    return np.exp(logits) / np.sum(np.exp(logits))


@wrong("00.1", "temperature_without_effect")
def bracket_forgotten(logits, temperature):
    e = np.exp(logits - logits.max() / temperature)
    return e / e.sum()


@wrong("00.1", "temperature_without_effect")
def divided_and_normalised_again(logits, temperature):
    p = np.exp(logits) / np.exp(logits).sum() / temperature
    return p / p.sum()


@wrong("00.1", "temperature_without_effect")
def both_sides_divided(logits, temperature):
    e = np.exp(logits) / temperature
    return e / np.sum(e)


@wrong("00.1", "softmax_taken_twice")
def second_softmax(logits, temperature):
    p = np.exp(logits) / np.exp(logits).sum()
    e = np.exp(p / temperature)
    return e / e.sum()


@wrong("00.1", "probabilities_divided")
def divided_at_the_end(logits, temperature):
    e = [np.exp(x) for x in logits]
    return [x / sum(e) / temperature for x in e]


@wrong("00.1", "multiplied_by_temperature")
def power_instead_of_root(logits, temperature):
    p = np.exp(logits) ** temperature
    return p / p.sum()


@wrong("00.1", "not_normalised")
def sum_forgotten(logits, temperature):
    return np.exp(logits) ** (1 / temperature)


@refused("00.1", "wrong", "right up to the sum of each row")
def shifted_and_not_normalised(logits, temperature):
    return np.exp((logits - logits.max()) / temperature)


@refused("00.1", "wrong", "right up to the sum of each row")
def divided_by_another_sum(logits, temperature):
    return np.exp(logits / temperature) / np.exp(logits).sum()


@right("00.1")
def as_root_of_probabilities(logits, temperature):
    p = np.exp(logits) / np.exp(logits).sum()
    return p ** (1 / temperature) / (p ** (1 / temperature)).sum()


@right("00.1")
def as_list(logits, temperature):
    e = [np.exp(float(x) / temperature) for x in logits]
    return [x / sum(e) for x in e]


@right("00.1")
def in_place(logits, temperature):
    logits /= temperature
    np.exp(logits, out=logits)
    logits /= logits.sum()
    return logits


@right("00.1")
def in_float32(logits, temperature):
    e = np.exp(logits.astype(np.float32) / np.float32(temperature))
    return e / e.sum()


@right("00.1")
def by_torch(logits, temperature):
    import torch

    return torch.softmax(torch.from_numpy(logits).float() / temperature, dim=-1)


@right("00.1")
def by_scipy(logits, temperature):
    from scipy.special import softmax

    return softmax(logits / temperature)
