"""Answers to 04.3 and 04.4 as readers write them: wrong ones get their name, right ones pass."""

import math

import numpy as np
from reader_answers import refused, right, wrong
from scipy import special

# 04.3


@wrong("04.3", "repeated_tokens_lost")
def shape_mended_only(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[2]))
    dE[x] += delta
    return dE


@wrong("04.3", "repeated_tokens_lost")
def flattened_first(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[2]))
    dE[x.reshape(-1)] = dE[x.reshape(-1)] + delta.reshape(-1, delta.shape[2])
    return dE


@wrong("04.3", "rows_missing")
def sum_mended_only(x, delta, vocab_size):
    dE = np.zeros((x.max() + 1, delta.shape[-1]))
    for b in range(len(x)):
        for t in range(x.shape[1]):
            dE[x[b, t]] += delta[b, t]
    return dE


@wrong("04.3", "rows_only_of_tokens_that_occur")
def one_row_for_each_found(x, delta, vocab_size):
    return np.array([delta[x == v].sum(axis=0) for v in sorted(set(x.ravel().tolist()))])


@wrong("04.3", "rows_of_tokens_that_occur_first")
def places_of_unique(x, delta, vocab_size):
    _, place = np.unique(x, return_inverse=True)
    dE = np.zeros((vocab_size, delta.shape[-1]))
    np.add.at(dE, place.reshape(x.shape), delta)
    return dE


@wrong("04.3", "first_occurrence_only")
def each_token_once(x, delta, vocab_size):
    dE, done = np.zeros((vocab_size, delta.shape[-1])), set()
    for token, error in zip(x.ravel(), delta.reshape(-1, delta.shape[-1]), strict=True):
        if token not in done:
            dE[token] += error
            done.add(token)
    return dE


@wrong("04.3", "repeats_inside_a_window_lost")
def loop_over_the_batch(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    for b in range(x.shape[0]):
        dE[x[b]] += delta[b]
    return dE


@wrong("04.3", "repeats_across_windows_lost")
def loop_over_the_places(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    for column, errors in zip(x.T, delta.transpose(1, 0, 2), strict=True):
        dE[column] = dE[column] + errors
    return dE


@wrong("04.3", "averaged_over_the_occurrences")
def mean_of_each_token(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    for v in range(vocab_size):
        if (x == v).any():
            dE[v] = delta[x == v].mean(axis=0)
    return dE


@wrong("04.3", "last_error_times_the_count")
def times_bincount(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    dE[x] += delta
    return dE * np.bincount(x.ravel(), minlength=vocab_size)[:, None]


@wrong("04.3", "averaged_over_the_batch_again")
def divided_by_b(x, delta, vocab_size):
    one_hot = np.eye(vocab_size)[x]
    return np.einsum("btv,btd->vd", one_hot, delta) / x.shape[0]


@wrong("04.3", "averaged_over_all_copies")
def divided_by_every_copy(x, delta, vocab_size):
    return sum(
        np.outer(np.arange(vocab_size) == token, error) / x.size
        for token, error in zip(x.ravel(), delta.reshape(x.size, -1), strict=True)
    )


@wrong("04.3", "returned_transposed")
def delta_first(x, delta, vocab_size):
    return delta.reshape(x.size, -1).T @ np.eye(vocab_size)[x.ravel()]


@wrong("04.3", "components_added_up")
def sum_over_everything(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    for v in range(vocab_size):
        dE[v] = delta[x == v].sum()
    return dE


@refused("04.3", "error", "add.at")
def a_row_of_indices_too_many(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    np.add.at(dE, x.ravel(), delta)
    return dE


@right("04.3")
def a_loop_over_all_copies(x, delta, vocab_size):
    dE = [[0.0] * delta.shape[2] for _ in range(vocab_size)]
    for b, window in enumerate(x.tolist()):
        for t, token in enumerate(window):
            for j in range(delta.shape[2]):
                dE[token][j] += delta[b, t, j]
    return dE


@right("04.3")
def token_by_token(x, delta, vocab_size):
    return np.stack([delta[x == v].sum(axis=0) for v in range(vocab_size)])


@right("04.3")
def bincount_for_each_component(x, delta, vocab_size):
    columns = delta.reshape(x.size, -1).T
    return np.stack([np.bincount(x.ravel(), c, vocab_size) for c in columns], axis=1)


@right("04.3")
def one_hot_product(x, delta, vocab_size):
    return np.eye(vocab_size)[x.ravel()].T @ delta.reshape(x.size, -1)


@right("04.3")
def by_autograd(x, delta, vocab_size):
    import torch

    E = torch.zeros(vocab_size, delta.shape[-1], dtype=torch.float64, requires_grad=True)
    torch.nn.functional.embedding(torch.tensor(x), E).backward(torch.tensor(delta))
    return E.grad


# 04.4


def cut(p, k):
    kth_largest = np.sort(p)[-min(k, len(p))]
    return np.where(p < kth_largest, 0, p)


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
