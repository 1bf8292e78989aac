"""Answers to 04.4 as readers write them: wrong ones get their name, right ones pass."""

import math

import numpy as np
from reader_answers import right, wrong
from scipy import special

from helpers.exercises.functions import softmax


def cut(p, k):
    kth_largest = np.sort(p)[-min(k, len(p))]
    return np.where(p < kth_largest, 0, p)


@wrong("04.4", "nothing_repaired")
def careless_probabilities(logits, tau, k):  # as the lesson shows it
    p = softmax(logits) / tau
    kth_largest = np.sort(p)[-k]
    p = np.where(p < kth_largest, 0, p)
    return p / p.sum()


@wrong("04.4", "nothing_repaired")
def renormalised_twice(logits, tau, k):
    p = special.softmax(logits) / tau
    p = p / p.sum()
    p = np.where(p < np.sort(p)[-k], 0, p)
    return p / p.sum()


@wrong("04.4", "temperature_still_cancels")
def temperature_after_the_cut(logits, tau, k):
    p = cut(special.softmax(logits), k) / tau
    return p / np.sum(p)


@wrong("04.4", "k_still_too_large")
def temperature_only(logits, tau, k):
    p = special.softmax(logits / tau)
    p = np.where(p < np.sort(p)[-k], 0, p)
    return p / p.sum()


@wrong("04.4", "softmax_of_probabilities")
def second_softmax(logits, tau, k):
    p = cut(special.softmax(special.softmax(logits) / tau), k)
    return p / p.sum()


@wrong("04.4", "multiplied")
def power_tau(logits, tau, k):
    p = cut(special.softmax(logits) ** tau, k)
    return p / p.sum()


@wrong("04.4", "not_renormalised")
def cut_and_no_sum(logits, tau, k):
    return cut(special.softmax(logits / tau), k)


@wrong("04.4", "divided_by_tau_at_the_end")
def divided_last(logits, tau, k):
    p = cut(special.softmax(logits), k)
    return p / p.sum() / tau


@wrong("04.4", "forbidden_logits_set_to_zero")
def zero_for_the_forbidden(logits, tau, k):
    k = min(k, logits.size)
    kth_largest = np.sort(logits)[-k]
    logits = np.where(logits < kth_largest, 0.0, logits)
    return special.softmax(logits / tau)


@wrong("04.4", "forbidden_logits_set_to_zero")
def multiplied_by_a_mask(logits, tau, k):
    mask = logits >= sorted(logits)[-min(k, len(logits))]
    return special.softmax(logits * mask / tau)


@wrong("04.4", "forbidden_log_probabilities_set_to_zero")
def log_softmax_cut_to_zero(logits, tau, k):
    log_p = special.log_softmax(logits) / tau
    log_p[log_p < np.sort(log_p)[-min(k, len(log_p))]] = 0
    return special.softmax(log_p)


@wrong("04.4", "minus_infinity_for_a_probability")
def infinity_as_in_the_filters(logits, tau, k):
    p = special.softmax(logits / tau)
    p = np.where(p < np.sort(p)[-min(k, len(p))], -np.inf, p)
    return p / p.sum()


@wrong("04.4", "softmax_of_what_the_cut_left")
def softmax_at_the_end_too(logits, tau, k):
    return special.softmax(cut(special.softmax(logits / tau), k))


@wrong("04.4", "softmax_after_the_cut")
def softmax_after_the_sum(logits, tau, k):
    p = cut(special.softmax(logits / tau), k)
    return special.softmax(p / p.sum())


@wrong("04.4", "first_of_a_tie_kept")
def places_from_the_top(logits, tau, k):
    p = special.softmax(logits / tau)
    kept = sorted(range(len(p)), key=lambda v: -p[v])[:k]
    p[[v for v in range(len(p)) if v not in kept]] = 0
    return p / p.sum()


@wrong("04.4", "last_of_a_tie_kept")
def the_rest_of_argsort(logits, tau, k):
    p = special.softmax(logits / tau)
    p[np.argsort(p, kind="stable")[:-k]] = 0
    return p / p.sum()


@wrong("04.4", "maximum_not_subtracted")
def exponentials_by_hand(logits, tau, k):
    p = np.exp(logits / tau) / np.exp(logits / tau).sum()
    p = cut(p, k)
    return p / p.sum()


@wrong("04.4", "undivided_maximum_subtracted")
def maximum_before_the_division(logits, tau, k):
    largest = max(logits)
    e = np.exp(logits / tau - largest)
    p = cut(e / e.sum(), k)
    return p / p.sum()


@wrong("04.4", "kth_dropped")
def strictly_larger(logits, tau, k):
    p = special.softmax(logits / tau)
    p[p <= np.sort(p)[::-1][min(k, len(p)) - 1]] = 0
    return p / p.sum()


@wrong("04.4", "one_token_too_many")
def counted_from_zero(logits, tau, k):
    p = special.softmax(logits / tau)
    kth_largest = np.sort(p)[::-1][min(k, len(p) - 1)]
    p = np.where(p < kth_largest, 0, p)
    return p / p.sum()


@wrong("04.4", "one_token_short_of_all")
def last_place(logits, tau, k):
    if k >= len(logits):
        k = len(logits) - 1
    p = special.softmax(logits / tau)
    p = np.where(p < np.sort(p)[-k], 0, p)
    return p / p.sum()


@wrong("04.4", "kth_from_the_wrong_end")
def kth_smallest(logits, tau, k):
    p = special.softmax(logits / tau)
    kth_largest = np.sort(p)[min(k, len(p)) - 1]
    return np.where(p < kth_largest, 0, p) / p[p >= kth_largest].sum()


@wrong("04.4", "top_k_forgotten")
def temperature_and_nothing_else(logits, tau, k):
    return special.softmax(logits / tau)


@wrong("04.4", "still_logits")
def as_the_filters_do(logits, tau, k):
    logits = logits / tau
    kth_largest = np.sort(logits)[-min(k, logits.shape[-1])]
    return np.where(logits < kth_largest, -np.inf, logits)


@wrong("04.4", "tempered_and_divided_at_the_end")
def both_places(logits, tau, k):
    p = cut(special.softmax(logits / tau), k)
    return p / (tau * p.sum())


@right("04.4")
def power_of_the_probabilities(logits, tau, k):
    p = special.softmax(logits) ** (1 / tau)
    p = cut(p, k)
    return p / p.sum()


@right("04.4")
def filter_first(logits, tau, k):
    k = min(k, len(logits))
    logits = np.where(logits < np.sort(logits)[-k], -np.inf, logits)
    return special.softmax(logits / tau)


@right("04.4")
def loop_over_a_list(logits, tau, k):
    largest = max(logits)
    bound = sorted(logits, reverse=True)[:k][-1]
    e = [math.exp((u - largest) / tau) if u >= bound else 0.0 for u in logits]
    return [value / sum(e) for value in e]


@right("04.4")
def torch_in_float32(logits, tau, k):
    import torch

    u = torch.tensor(logits, dtype=torch.float32) / tau
    kth = u.topk(min(k, len(u))).values[-1]
    return torch.softmax(u.masked_fill(u < kth, -torch.inf), dim=-1)


@right("04.4")
def partition(logits, tau, k):
    u = logits / tau
    if k < len(u):
        u[u < np.partition(u, -k)[-k]] = -np.inf
    return special.softmax(u)
