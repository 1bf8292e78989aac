"""Exercises 08.4 to 08.6: answers as readers write them, wrong ones and right ones."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from reader_answers import refused, right, wrong
from scipy import special

t = torch.tensor


# 08.4


def decibels(ratio):
    return 10 * np.log10(ratio)


def shifted(log_weights, taken_off):
    return taken_off + np.log(np.mean(np.exp(log_weights - taken_off), axis=0))


wrong("08.4", "kept_from_zero")(lambda w: np.log(np.exp(w).mean(0) + 1e-12))
wrong("08.4", "kept_from_zero")(lambda w: np.log(np.maximum(np.exp(w).mean(0), 1e-12)))
wrong("08.4", "kept_from_zero_by_more")(lambda w: np.log(np.exp(w).mean(0) + 1e-8))
wrong("08.4", "divided_outside_the_logarithm")(lambda w: special.logsumexp(w, axis=0) / len(w))
wrong("08.4", "only_the_largest_weight")(lambda w: w.max(0) - math.log(len(w)))
wrong("08.4", "largest_weight")(lambda w: w.max(0))
wrong("08.4", "not_the_largest_taken_off")(lambda w: shifted(w, w.min(0)))
wrong("08.4", "not_the_largest_taken_off")(lambda w: shifted(w, w.mean(0)))
wrong("08.4", "first_sample_taken_off")(lambda w: shifted(w, w[0]))
refused("08.4", "wrong")(lambda w: shifted(w, w[-1]))
wrong("08.4", "one_maximum_for_all_images")(lambda w: shifted(w, w.max()))


@right("08.4")
def bound_by_logaddexp(log_weights):
    total = log_weights[0]
    for row in log_weights[1:]:
        total = np.logaddexp(total, row)
    return total - np.log(len(log_weights))


@right("08.4")
def bound_by_images(log_weights):
    def of_one(column):
        largest = max(column)
        return largest + math.log(sum(math.exp(w - largest) for w in column) / len(column))

    return [of_one(column) for column in log_weights.T.tolist()]


right("08.4")(lambda w: special.logsumexp(w, axis=0) - np.log(w.shape[0]))
right("08.4")(lambda w: special.logsumexp(w, axis=0, b=1 / len(w)))
right("08.4")(lambda w: torch.logsumexp(t(w).float(), dim=0) - math.log(len(w)))


# 08.5

wrong("08.5", "absolute_error")(lambda a, b, r: decibels(r**2 / np.abs(a - b).mean()))
wrong("08.5", "absolute_error_squared")(lambda a, b, r: 20 * np.log10(r / np.abs(b - a).mean()))
wrong("08.5", "root_of_the_error_only")(
    lambda a, b, r: decibels(r**2 / ((a - b) ** 2).mean() ** 0.5)
)
wrong("08.5", "factor_ten_with_the_root")(
    lambda a, b, r: decibels(r / ((a - b) ** 2).mean() ** 0.5)
)
wrong("08.5", "peak_of_the_image")(lambda a, b, r: decibels(a.max() ** 2 / ((a - b) ** 2).mean()))
wrong("08.5", "peak_of_the_original")(
    lambda a, b, r: decibels(b.max() ** 2 / ((a - b) ** 2).mean())
)
wrong("08.5", "spread_of_the_original")(
    lambda a, b, r: decibels(np.ptp(b) ** 2 / ((a - b) ** 2).mean())
)
wrong("08.5", "mean_over_rows")(
    lambda a, b, r: np.mean(
        [decibels(r**2 / ((x - y) ** 2).mean()) for x, y in zip(a, b, strict=True)]
    )
)
wrong("08.5", "one_value_a_row")(
    lambda a, b, r: np.array(
        [decibels(r**2 / ((x - y) ** 2).mean()) for x, y in zip(a, b, strict=True)]
    )
)
wrong("08.5", "variance_of_the_difference")(lambda a, b, r: decibels(r**2 / (a - b).var()))


@right("08.5")
def psnr_by_loops(image, original, data_range):
    errors = [
        (a - b) ** 2
        for row, other in zip(image.tolist(), original.tolist(), strict=True)
        for a, b in zip(row, other, strict=True)
    ]
    return 20 * math.log10(data_range / math.sqrt(sum(errors) / len(errors)))


right("08.5")(lambda a, b, r: 20 * np.log10(r) - decibels(np.square(b - a).mean()))
right("08.5")(lambda a, b, r: decibels(r**2 / F.mse_loss(t(a).float(), t(b).float()).numpy()))


# 08.6

wrong("08.6", "nothing_below_free")(lambda k, f: sum(m for m in k.mean(0) if m > f))
wrong("08.6", "nothing_below_free")(lambda k, f: (k.mean(0) * (k.mean(0) >= f)).sum())
wrong("08.6", "free_added")(lambda k, f: k.mean(0).sum() + f * k.shape[1])
wrong("08.6", "free_subtracted")(lambda k, f: k.mean(0).sum() - f * k.shape[1])
wrong("08.6", "excess_of_every_sample")(lambda k, f: (k - f).clip(0).mean(0).sum())
wrong("08.6", "one_value_a_dimension")(lambda k, f: k.mean(0).clip(f))
wrong("08.6", "minimum_for_maximum")(lambda k, f: k.mean(0).clip(max=f).sum())
right("08.6", "right, shifted")(lambda k, f: np.maximum(k.mean(0) - f, 0).sum())
right("08.6")(lambda k, f: sum(max(column.mean(), f) for column in k.T))
right("08.6")(lambda k, f: t(k).float().mean(dim=0).clamp(min=f).sum())
right("08.6")(lambda k, f: f * k.shape[1] + (k.mean(0) - f).clip(0).sum())
