"""Exercise 00.1 with answers as readers write them: named where they are wrong, else accepted."""

import numpy as np
import pytest
from reader_answers import assert_named, assert_right

from helpers.exercises import exercise

TEMPERATURE = exercise("00.1")


def temperature_not_used(logits, temperature):
    return np.exp(logits) / np.sum(np.exp(logits))


def bracket_forgotten(logits, temperature):
    e = np.exp(logits - logits.max() / temperature)
    return e / e.sum()


def divided_and_normalised_again(logits, temperature):
    p = np.exp(logits) / np.exp(logits).sum() / temperature
    return p / p.sum()


def both_sides_divided(logits, temperature):
    e = np.exp(logits) / temperature
    return e / np.sum(e)


def second_softmax(logits, temperature):
    p = np.exp(logits) / np.exp(logits).sum()
    e = np.exp(p / temperature)
    return e / e.sum()


def divided_at_the_end(logits, temperature):
    e = [np.exp(x) for x in logits]
    return [x / sum(e) / temperature for x in e]


def power_instead_of_root(logits, temperature):
    p = np.exp(logits) ** temperature
    return p / p.sum()


def sum_forgotten(logits, temperature):
    return np.exp(logits) ** (1 / temperature)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (temperature_not_used, "temperature_without_effect"),
        (bracket_forgotten, "temperature_without_effect"),
        (divided_and_normalised_again, "temperature_without_effect"),
        (both_sides_divided, "temperature_without_effect"),
        (second_softmax, "softmax_taken_twice"),
        (divided_at_the_end, "probabilities_divided"),
        (power_instead_of_root, "multiplied_by_temperature"),
        (sum_forgotten, "not_normalised"),
    ],
)
def test_a_mistake_is_named(wrong, name):
    assert_named(TEMPERATURE.id, wrong, name)


def test_what_has_one_effect_is_told_as_either_or():
    text = TEMPERATURE.judge(temperature_not_used).text
    assert "as if there were no temperature" in text
    assert "Either τ is not used, or it acts where it cancels" in text


@pytest.mark.parametrize(
    "wrong",
    [
        lambda logits, temperature: np.exp((logits - logits.max()) / temperature),
        lambda logits, temperature: np.exp(logits / temperature) / np.exp(logits).sum(),
    ],
    ids=["shifted, not normalised", "divided by another sum"],
)
def test_the_general_relation_says_what_is_missing(wrong):
    verdict = TEMPERATURE.judge(wrong)
    assert verdict.kind == "wrong"
    assert "right up to the sum of each row" in verdict.text


def as_root_of_probabilities(logits, temperature):
    p = np.exp(logits) / np.exp(logits).sum()
    return p ** (1 / temperature) / (p ** (1 / temperature)).sum()


def as_list(logits, temperature):
    e = [np.exp(float(x) / temperature) for x in logits]
    return [x / sum(e) for x in e]


def in_place(logits, temperature):
    logits /= temperature
    np.exp(logits, out=logits)
    logits /= logits.sum()
    return logits


def in_float32(logits, temperature):
    e = np.exp(logits.astype(np.float32) / np.float32(temperature))
    return e / e.sum()


def by_torch(logits, temperature):
    import torch

    return torch.softmax(torch.from_numpy(logits).float() / temperature, dim=-1)


def by_scipy(logits, temperature):
    from scipy.special import softmax

    return softmax(logits / temperature)


@pytest.mark.parametrize(
    "right", [as_root_of_probabilities, as_list, in_place, in_float32, by_torch, by_scipy]
)
def test_a_right_answer_in_another_style_is_accepted(right):
    assert_right(TEMPERATURE.id, right)
