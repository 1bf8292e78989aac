"""Exercises 08.4 to 08.6: answers as readers write them, wrong ones and right ones."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import special

from helpers.exercises import bank

ENTRIES = bank("08")
t = torch.tensor


def decibels(ratio):
    return 10 * np.log10(ratio)


def shifted(log_weights, taken_off):
    return taken_off + np.log(np.mean(np.exp(log_weights - taken_off), axis=0))


WRONG = [
    # 08.4
    ("08.4", lambda w: np.log(np.exp(w).mean(0) + 1e-12), "kept_from_zero"),
    ("08.4", lambda w: np.log(np.maximum(np.exp(w).mean(0), 1e-12)), "kept_from_zero"),
    ("08.4", lambda w: np.log(np.exp(w).mean(0) + 1e-8), "kept_from_zero_by_more"),
    ("08.4", lambda w: special.logsumexp(w, axis=0) / len(w), "divided_outside_the_logarithm"),
    ("08.4", lambda w: w.max(0) - math.log(len(w)), "only_the_largest_weight"),
    ("08.4", lambda w: w.max(0), "largest_weight"),
    ("08.4", lambda w: shifted(w, w.min(0)), "not_the_largest_taken_off"),
    ("08.4", lambda w: shifted(w, w.mean(0)), "not_the_largest_taken_off"),
    ("08.4", lambda w: shifted(w, w[0]), "first_sample_taken_off"),
    ("08.4", lambda w: shifted(w, w[-1]), None),
    ("08.4", lambda w: shifted(w, w.max()), "one_maximum_for_all_images"),
    # 08.5
    ("08.5", lambda a, b, r: decibels(r**2 / np.abs(a - b).mean()), "absolute_error"),
    ("08.5", lambda a, b, r: 20 * np.log10(r / np.abs(b - a).mean()), "absolute_error_squared"),
    (
        "08.5",
        lambda a, b, r: decibels(r**2 / ((a - b) ** 2).mean() ** 0.5),
        "root_of_the_error_only",
    ),
    (
        "08.5",
        lambda a, b, r: decibels(r / ((a - b) ** 2).mean() ** 0.5),
        "factor_ten_with_the_root",
    ),
    ("08.5", lambda a, b, r: decibels(a.max() ** 2 / ((a - b) ** 2).mean()), "peak_of_the_image"),
    (
        "08.5",
        lambda a, b, r: decibels(b.max() ** 2 / ((a - b) ** 2).mean()),
        "peak_of_the_original",
    ),
    (
        "08.5",
        lambda a, b, r: decibels(np.ptp(b) ** 2 / ((a - b) ** 2).mean()),
        "spread_of_the_original",
    ),
    (
        "08.5",
        lambda a, b, r: np.mean(
            [decibels(r**2 / ((x - y) ** 2).mean()) for x, y in zip(a, b, strict=True)]
        ),
        "mean_over_rows",
    ),
    (
        "08.5",
        lambda a, b, r: np.array(
            [decibels(r**2 / ((x - y) ** 2).mean()) for x, y in zip(a, b, strict=True)]
        ),
        "one_value_a_row",
    ),
    ("08.5", lambda a, b, r: decibels(r**2 / (a - b).var()), "variance_of_the_difference"),
    # 08.6
    ("08.6", lambda k, f: sum(m for m in k.mean(0) if m > f), "nothing_below_free"),
    ("08.6", lambda k, f: (k.mean(0) * (k.mean(0) >= f)).sum(), "nothing_below_free"),
    ("08.6", lambda k, f: k.mean(0).sum() + f * k.shape[1], "free_added"),
    ("08.6", lambda k, f: k.mean(0).sum() - f * k.shape[1], "free_subtracted"),
    ("08.6", lambda k, f: (k - f).clip(0).mean(0).sum(), "excess_of_every_sample"),
    ("08.6", lambda k, f: k.mean(0).clip(f), "one_value_a_dimension"),
    ("08.6", lambda k, f: k.mean(0).clip(max=f).sum(), "minimum_for_maximum"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("exercise", "function", "name"), WRONG)
def test_a_readers_wrong_answer_is_rejected_by_its_name(exercise, function, name):
    verdict = ENTRIES[exercise].judge(function)
    assert verdict.kind in ("wrong", "wrong kind", "misconception"), verdict.text
    assert verdict.misconception == name, verdict.text


def bound_by_logaddexp(log_weights):
    total = log_weights[0]
    for row in log_weights[1:]:
        total = np.logaddexp(total, row)
    return total - np.log(len(log_weights))


def bound_by_images(log_weights):
    def of_one(column):
        largest = max(column)
        return largest + math.log(sum(math.exp(w - largest) for w in column) / len(column))

    return [of_one(column) for column in log_weights.T.tolist()]


def psnr_by_loops(image, original, data_range):
    errors = [
        (a - b) ** 2
        for row, other in zip(image.tolist(), original.tolist(), strict=True)
        for a, b in zip(row, other, strict=True)
    ]
    return 20 * math.log10(data_range / math.sqrt(sum(errors) / len(errors)))


@pytest.mark.parametrize(
    ("exercise", "function"),
    [
        ("08.4", bound_by_logaddexp),
        ("08.4", bound_by_images),
        ("08.4", lambda w: special.logsumexp(w, axis=0) - np.log(w.shape[0])),
        ("08.4", lambda w: special.logsumexp(w, axis=0, b=1 / len(w))),
        ("08.4", lambda w: torch.logsumexp(t(w).float(), dim=0) - math.log(len(w))),
        ("08.5", psnr_by_loops),
        ("08.5", lambda a, b, r: 20 * np.log10(r) - decibels(np.square(b - a).mean())),
        ("08.5", lambda a, b, r: decibels(r**2 / F.mse_loss(t(a).float(), t(b).float()).numpy())),
        ("08.6", lambda k, f: sum(max(column.mean(), f) for column in k.T)),
        ("08.6", lambda k, f: t(k).float().mean(dim=0).clamp(min=f).sum()),
        ("08.6", lambda k, f: f * k.shape[1] + (k.mean(0) - f).clip(0).sum()),
    ],
)
def test_a_right_answer_in_another_style_is_accepted(exercise, function):
    verdict = ENTRIES[exercise].judge(function)
    assert verdict.kind == "right", verdict.text


def test_the_excess_over_free_bits_passes_with_a_note():
    verdict = ENTRIES["08.6"].judge(lambda k, f: np.maximum(k.mean(0) - f, 0).sum())
    assert verdict.kind == "right"
    assert "right, shifted" in verdict.text
