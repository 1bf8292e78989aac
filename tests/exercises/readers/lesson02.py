"""Exercises 02.1 and 02.2 with answers as readers write them: wrong ones and right ones."""

import math

import numpy as np
from reader_answers import refused, right, wrong

# 02.1


@wrong("02.1", "difference_squared")
def bracket_too_wide(da, a):
    return da * (1 - a) * (1 - a)


@wrong("02.1", "divided_by_slope")
def over_the_slope(da, a):
    return da / ((1 + a) * (1 - a))


@wrong("02.1", "tanh_of_the_gradient")
def forward_once_more(da, a):
    return (1 - a * a) * np.tanh(da)


@wrong("02.1", "output_taken_for_input")
def by_hyperbolic_cosine(da, a):
    return da / np.cosh(a) ** 2


@refused("02.1", "wrong", "−1 times the right one throughout")
def slope_of_the_other_sign(da, a):
    return da * (a**2 - 1)


@right("02.1")
def back_to_the_input(da, a):
    with np.errstate(divide="ignore"):
        u = np.arctanh(a)
    return da / np.cosh(u) ** 2


@right("02.1")
def factored_in_place(da, a):
    da *= (1 - a) * (1 + a)
    return da


@right("02.1")
def tanh_by_lists(da, a):
    pairs = zip(da.tolist(), a.tolist(), strict=True)
    return [[d * (1 - x**2) for d, x in zip(ds, xs, strict=True)] for ds, xs in pairs]


@right("02.1")
def tanh_in_float32(da, a):
    return da.astype(np.float32) * (1 - np.square(a.astype(np.float32)))


# 02.2


@wrong("02.2", "logarithm_of_softmax")
def log_of_exp_over_sum(logits):
    e = np.exp(logits)
    return np.log(e / e.sum(axis=1)[:, None])


@wrong("02.2", "logarithm_of_softmax")
def row_by_row_as_written(logits):
    return np.array([np.log(np.exp(row) / sum(np.exp(row))) for row in logits])


@wrong("02.2", "logarithm_of_stable_softmax")
def log_of_shifted_softmax(logits):
    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return np.log(p)


@wrong("02.2", "logarithm_of_stable_softmax")
def log_of_scipys_softmax(logits):
    from scipy.special import softmax

    return np.log(softmax(logits, axis=1))


@wrong("02.2", "no_maximum_taken")
def minus_log_of_sum(logits):
    return logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))


@wrong("02.2", "maximum_not_added_back")
def shifted_inside_only(logits):
    largest = logits.max(axis=1)[:, None]
    return logits - np.log(np.exp(logits - largest).sum(axis=1))[:, None]


@wrong("02.2", "logarithm_forgotten")
def stable_softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong("02.2", "log_of_clipped_softmax")
def something_small_added(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.log(e / e.sum(axis=1, keepdims=True) + 1e-12)


@wrong("02.2", "one_maximum_for_all")
def maximum_of_the_batch(logits):
    u = logits - np.max(logits)
    return u - np.log(np.exp(u).sum(1, keepdims=True))


@refused("02.2", "wrong")
def clipped_at_another_limit(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.log(e / e.sum(axis=1, keepdims=True) + 1e-300)


@right("02.2")
def by_scipy(logits):
    from scipy.special import logsumexp

    return logits - logsumexp(logits, axis=1, keepdims=True)


@right("02.2")
def by_logaddexp(logits):
    return np.array([row - np.logaddexp.reduce(row) for row in logits.astype(np.float32)])


@right("02.2")
def by_torch(logits):
    import torch

    return torch.log_softmax(torch.tensor(logits, dtype=torch.float32), dim=1)


@right("02.2")
def by_lists(logits):
    rows = []
    for row in logits.tolist():
        log_sum = max(row) + math.log(sum(math.exp(u - max(row)) for u in row))
        rows.append([u - log_sum for u in row])
    return rows
