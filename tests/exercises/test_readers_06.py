"""Lesson 06: answers as readers write them, wrong ones and right ones."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import special
from torch import nn

from helpers.exercises import bank
from helpers.exercises.functions import sigmoid

ENTRIES = bank("06")


def by_softplus_of_the_quotient(p_data, p_gen):
    with np.errstate(divide="ignore"):
        return special.expit(np.log(p_data) - np.log(p_gen))


def point_by_point(p_data, p_gen):
    out = np.empty_like(p_data)
    for i in np.ndindex(p_data.shape):
        out[i] = 0.0 if p_data[i] == 0 else 1 / (1 + p_gen[i] / p_data[i])
    return out


def in_float32(p_data, p_gen):
    p_data, p_gen = torch.tensor(p_data).float(), torch.tensor(p_gen).float()
    return p_data / (p_data + p_gen)


def loss_from_torch(logits):
    u = torch.from_numpy(logits).float()
    return F.binary_cross_entropy_with_logits(u, torch.ones_like(u))


def loss_by_the_side_of_zero(logits):
    total = 0.0
    for u in logits.ravel().tolist():
        total += np.log1p(np.exp(-u)) if u > 0 else -u + np.log1p(np.exp(u))
    return total / logits.size


def bce_of_probabilities(logits):
    p = torch.sigmoid(torch.tensor(logits))
    return F.binary_cross_entropy(p, torch.ones_like(p)).item()


WRONG = [
    # 06.1
    ("06.1", lambda p, q: np.exp(p) / (np.exp(p) + np.exp(q)), "softmax_of_the_densities"),
    ("06.1", lambda p, q: sigmoid(p - q), "softmax_of_the_densities"),
    ("06.1", lambda p, q: (d := p / (p + q)) / np.sum(d), "normalised_over_the_points"),
    ("06.1", lambda p, q: p / np.sum(p + q), "divided_by_the_sum_over_the_points"),
    (
        "06.1",
        lambda p, q: (p / p.sum()) / (p / p.sum() + q / q.sum()),
        "densities_made_to_sum_to_1",
    ),
    ("06.1", lambda p, q: p / (p + q + 1e-8), "kept_from_dividing_by_zero"),
    ("06.1", lambda p, q: p / np.maximum(p + q, 1e-12), "kept_from_dividing_by_zero"),
    ("06.1", lambda p, q: (p >= q).astype(float), "decision_that_ties_are_real"),
    ("06.1", lambda p, q: p > q, "decision_instead_of_probability"),
    ("06.1", lambda p, q: 1 - p / (p + q), "generator_over_the_sum"),
    # 06.2
    ("06.2", lambda u: np.log(1 + np.exp(-u.clip(-30, 30))).mean(), "clipped_at_30"),
    ("06.2", lambda u: np.log(1 + np.exp(-u.clip(-50, 50))).mean(), "clipped_at_50"),
    ("06.2", lambda u: np.log1p(np.exp(-u.clip(-20, 20))).mean(), "clipped_at_20"),
    ("06.2", lambda u: np.where(u < 1, 1 - u, 0).mean(), "hinge"),
    ("06.2", lambda u: (np.log(1 + np.exp(u)) - u).mean(), "overflows_at_1000"),
    ("06.2", lambda u: np.log(1 + np.exp(-u)).mean(), "naive_logarithm"),
    ("06.2", bce_of_probabilities, "stopped_at_100"),
    ("06.2", lambda u: -np.log(sigmoid(u).clip(1e-7, 1)).mean(), "clipped_as_in_keras"),
    ("06.2", lambda u: -np.log(sigmoid(u) + 1e-7).mean(), "clipped_as_in_keras"),
    ("06.2", lambda u: -np.log(sigmoid(u) + 1e-8).mean(), "kept_from_zero"),
    ("06.2", lambda u: -np.log(sigmoid(u).clip(1e-8)).mean(), "kept_from_zero"),
    ("06.2", lambda u: -np.log(sigmoid(u).clip(1e-12)).mean(), "kept_from_zero_by_less"),
    ("06.2", lambda u: np.logaddexp(0, -u), "not_averaged"),
    ("06.2", lambda u: sum(np.logaddexp(0, -u).ravel()) / len(u), "divided_by_the_rows"),
    ("06.2", lambda u: np.maximum(-u, 0).mean(), "softplus_as_relu"),
    ("06.2", lambda u: ((1 - sigmoid(u)) ** 2).mean(), "squared_distance_from_1"),
    ("06.2", lambda u: -special.log_expit(-u).mean(), "labels_swapped"),
    ("06.2", lambda u: -np.clip(special.log_expit(u), -90, 0).mean(), None),  # two mistakes
]


@pytest.mark.parametrize(("exercise", "function", "name"), WRONG)
def test_a_readers_wrong_answer_is_rejected_by_its_name(exercise, function, name):
    verdict = ENTRIES[exercise].judge(function)
    assert verdict.kind in ("wrong", "wrong kind", "misconception"), verdict.text
    assert verdict.misconception == name, verdict.text


@pytest.mark.parametrize(
    ("exercise", "function"),
    [
        ("06.1", by_softplus_of_the_quotient),
        ("06.1", point_by_point),
        ("06.1", in_float32),
        ("06.1", lambda p, q: 1 - q / (p + q)),
        ("06.1", lambda p, q: (np.array([p, q]) / np.sum([p, q], axis=0))[0]),
        ("06.2", loss_from_torch),
        ("06.2", loss_by_the_side_of_zero),
        ("06.2", lambda u: -special.log_expit(u).mean()),
        ("06.2", lambda u: -F.logsigmoid(torch.tensor(u)).mean()),
        ("06.2", lambda u: (np.logaddexp(0, u) - u).mean()),
        ("06.2", lambda u: F.softplus(-torch.tensor(u, dtype=torch.float32)).mean()),
    ],
)
def test_a_right_answer_in_another_style_is_accepted(exercise, function):
    verdict = ENTRIES[exercise].judge(function)
    assert verdict.kind == "right", verdict.text


@pytest.mark.parametrize("id", ENTRIES)
def test_the_first_case_is_small(id):
    for value in ENTRIES[id].all_cases()[0]:
        tensors = value.parameters() if isinstance(value, nn.Module) else [value]
        assert all(np.asarray(t.detach() if hasattr(t, "detach") else t).size <= 2 for t in tensors)
