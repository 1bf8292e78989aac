"""Exercises 06.1 and 06.2: answers as readers write them, wrong ones and right ones."""

import numpy as np
import torch
import torch.nn.functional as F
from reader_answers import refused, right, wrong
from scipy import special

from helpers.exercises.functions import sigmoid

# 06.1


@right("06.1")
def by_softplus_of_the_quotient(p_data, p_gen):
    with np.errstate(divide="ignore"):
        return special.expit(np.log(p_data) - np.log(p_gen))


@right("06.1")
def point_by_point(p_data, p_gen):
    out = np.empty_like(p_data)
    for i in np.ndindex(p_data.shape):
        out[i] = 0.0 if p_data[i] == 0 else 1 / (1 + p_gen[i] / p_data[i])
    return out


@right("06.1")
def in_float32(p_data, p_gen):
    p_data, p_gen = torch.tensor(p_data).float(), torch.tensor(p_gen).float()
    return p_data / (p_data + p_gen)


wrong("06.1", "softmax_of_the_densities")(lambda p, q: np.exp(p) / (np.exp(p) + np.exp(q)))
wrong("06.1", "softmax_of_the_densities")(lambda p, q: sigmoid(p - q))
wrong("06.1", "normalised_over_the_points")(lambda p, q: (d := p / (p + q)) / np.sum(d))
wrong("06.1", "divided_by_the_sum_over_the_points")(lambda p, q: p / np.sum(p + q))
wrong("06.1", "densities_made_to_sum_to_1")(
    lambda p, q: (p / p.sum()) / (p / p.sum() + q / q.sum())
)
wrong("06.1", "kept_from_dividing_by_zero")(lambda p, q: p / (p + q + 1e-8))
wrong("06.1", "kept_from_dividing_by_zero")(lambda p, q: p / np.maximum(p + q, 1e-12))
wrong("06.1", "decision_that_ties_are_real")(lambda p, q: (p >= q).astype(float))
wrong("06.1", "decision_instead_of_probability")(lambda p, q: p > q)
wrong("06.1", "generator_over_the_sum")(lambda p, q: 1 - p / (p + q))
right("06.1")(lambda p, q: 1 - q / (p + q))
right("06.1")(lambda p, q: (np.array([p, q]) / np.sum([p, q], axis=0))[0])


# 06.2


@right("06.2")
def loss_from_torch(logits):
    u = torch.from_numpy(logits).float()
    return F.binary_cross_entropy_with_logits(u, torch.ones_like(u))


@right("06.2")
def loss_by_the_side_of_zero(logits):
    total = 0.0
    for u in logits.ravel().tolist():
        total += np.log1p(np.exp(-u)) if u > 0 else -u + np.log1p(np.exp(u))
    return total / logits.size


@wrong("06.2", "stopped_at_100")
def bce_of_probabilities(logits):
    p = torch.sigmoid(torch.tensor(logits))
    return F.binary_cross_entropy(p, torch.ones_like(p)).item()


wrong("06.2", "clipped_at_30")(lambda u: np.log(1 + np.exp(-u.clip(-30, 30))).mean())
wrong("06.2", "clipped_at_50")(lambda u: np.log(1 + np.exp(-u.clip(-50, 50))).mean())
wrong("06.2", "clipped_at_20")(lambda u: np.log1p(np.exp(-u.clip(-20, 20))).mean())
wrong("06.2", "hinge")(lambda u: np.where(u < 1, 1 - u, 0).mean())
wrong("06.2", "overflows_at_1000")(lambda u: (np.log(1 + np.exp(u)) - u).mean())
wrong("06.2", "naive_logarithm")(lambda u: np.log(1 + np.exp(-u)).mean())
wrong("06.2", "clipped_as_in_keras")(lambda u: -np.log(sigmoid(u).clip(1e-7, 1)).mean())
wrong("06.2", "clipped_as_in_keras")(lambda u: -np.log(sigmoid(u) + 1e-7).mean())
wrong("06.2", "kept_from_zero")(lambda u: -np.log(sigmoid(u) + 1e-8).mean())
wrong("06.2", "kept_from_zero")(lambda u: -np.log(sigmoid(u).clip(1e-8)).mean())
wrong("06.2", "kept_from_zero_by_less")(lambda u: -np.log(sigmoid(u).clip(1e-12)).mean())
wrong("06.2", "not_averaged")(lambda u: np.logaddexp(0, -u))
wrong("06.2", "divided_by_the_rows")(lambda u: sum(np.logaddexp(0, -u).ravel()) / len(u))
wrong("06.2", "softplus_as_relu")(lambda u: np.maximum(-u, 0).mean())
wrong("06.2", "squared_distance_from_1")(lambda u: ((1 - sigmoid(u)) ** 2).mean())
wrong("06.2", "labels_swapped")(lambda u: -special.log_expit(-u).mean())
refused("06.2", "wrong")(lambda u: -np.clip(special.log_expit(u), -90, 0).mean())  # two mistakes
right("06.2")(lambda u: -special.log_expit(u).mean())
right("06.2")(lambda u: -F.logsigmoid(torch.tensor(u)).mean())
right("06.2")(lambda u: (np.logaddexp(0, u) - u).mean())
right("06.2")(lambda u: F.softplus(-torch.tensor(u, dtype=torch.float32)).mean())
