"""Exercises 10.1 to 10.3: answers as readers write them, wrong ones and right ones."""

import numpy as np
import torch
import torch.nn.functional as F
from reader_answers import refused, right, wrong
from scipy.special import softmax

from helpers.exercises.functions import softmax as stable

# 10.1


@wrong("10.1", "all_axes_of_the_keys_reversed")
def k_dot_t(q, k):
    return np.matmul(q, k.T) / np.sqrt(k.shape[-1])


@wrong("10.1", "all_axes_of_the_keys_reversed")
def transpose_without_axes(q, k):
    return q @ np.transpose(k) / q.shape[-1] ** 0.5


@wrong("10.1", "keys_not_transposed")
def plain_product(q, k):
    return np.matmul(q, k) / np.sqrt(q.shape[-1])


@wrong("10.1", "cosines")
def cosine(q, k):
    q = q / np.linalg.norm(q, axis=-1, keepdims=True)
    k = k / np.linalg.norm(k, axis=-1, keepdims=True)
    return np.einsum("bhtd,bhsd->bhts", q, k)


@wrong("10.1", "scaled_cosines")
def cosine_over_root(q, k):
    return cosine(q, k) / np.sqrt(q.shape[-1])


@right("10.1")
def scores_by_einsum(q, k):
    return np.einsum("bhtd,bhsd->bhts", q, k) / q.shape[-1] ** 0.5


@right("10.1")
def scores_in_float32(q, k):
    q, k = (torch.tensor(a, dtype=torch.float32) for a in (q, k))
    return q @ k.transpose(-2, -1) / q.size(-1) ** 0.5


@right("10.1")
def scores_by_loops(q, k):
    return [
        [[[sum(a * b) / len(a) ** 0.5 for b in ks] for a in qs] for qs, ks in zip(*h, strict=True)]
        for h in zip(q, k, strict=True)
    ]


@refused("10.1", "wrong", "Your result is 3 times the right one throughout.")
def times_the_root_of_keys(q, k):
    return scores_by_einsum(q, k) * 3


refused("10.1", "error", "your function raised an error")(lambda q, k: q @ k.transpose(2, 3))


# 10.2


@wrong("10.2", "maximum_left_in")
def without_the_maximum(scores):
    scores = np.where(np.tri(scores.shape[1]) == 0, -np.inf, scores)
    return np.exp(scores) / np.exp(scores).sum(2)[:, :, None]


@wrong("10.2", "maximum_left_in_and_exponentials_masked")
def exponentials_times_mask(scores):
    T = scores.shape[-1]
    e = np.exp(scores) * np.tril(np.ones((T, T)))
    return e / e.sum(-1, keepdims=True)


@wrong("10.2", "masked_after_the_softmax_and_renormalised")
def mask_afterwards(scores):
    weights = np.tril(stable(scores))
    return weights / weights.sum(-1, keepdims=True)


@wrong("10.2", "true_zeros_masked")
def tril_and_zeros(scores):
    s = np.tril(scores)
    s[s == 0] = -np.inf
    return stable(s)


@wrong("10.2", "zero_times_infinity")
def ones_times_infinity(scores):
    T = scores.shape[-1]
    return stable(scores + np.triu(np.ones((T, T)), 1) * -np.inf)


@wrong("10.2", "one_token_too_many")
def look_one_ahead(scores):
    T = scores.shape[-1]
    return stable(np.where(np.tri(T, T, 1) == 1, scores, -np.inf))


@right("10.2")
def weights_by_rows(scores):
    weights = np.zeros_like(scores)
    for b, matrix in enumerate(scores):
        for t, row in enumerate(matrix):
            weights[b, t, : t + 1] = softmax(row[: t + 1])
    return weights


@right("10.2")
def weights_with_a_large_number(scores):
    T = scores.shape[-1]
    return stable(scores - 1e9 * np.triu(np.ones((T, T)), 1))


@right("10.2")
def weights_in_float32(scores):
    scores = torch.tensor(scores, dtype=torch.float32)
    hidden = torch.triu(torch.ones(scores.shape[1:], dtype=torch.bool), diagonal=1)
    return F.softmax(scores.masked_fill(hidden, float("-inf")), dim=-1)


@right("10.2")
def weights_in_bfloat16(scores):
    scores = torch.tensor(scores, dtype=torch.bfloat16)
    seen = torch.ones(scores.shape[1:], dtype=torch.bool).tril()
    return scores.masked_fill(~seen, -torch.inf).softmax(-1)


@right("10.2")
def weights_in_place(scores):
    scores[:, np.triu(np.ones(scores.shape[1:], dtype=bool), 1)] = -np.inf
    scores -= scores.max(axis=2, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=2, keepdims=True)
    return scores


@refused("10.2", "wrong", "not yet")
def two_mistakes_in_the_mask(scores):
    return np.triu(np.exp(scores))


# 10.3


@wrong("10.3", "reshaped_only")
def only_reshaped(x, n_head):
    return x.reshape(x.shape[0], n_head, x.shape[1], -1)


@wrong("10.3", "heads_and_batch_swapped")
def split_and_stacked_in_front(x, n_head):
    return np.stack(np.split(x, n_head, axis=-1))


@right("10.3")
def heads_from_slices(x, n_head):
    size = x.shape[-1] // n_head
    return np.stack([x[..., h * size : (h + 1) * size] for h in range(n_head)], axis=1)


@right("10.3")
def heads_in_torch(x, n_head):
    x = torch.from_numpy(x)
    return x.unflatten(-1, (n_head, -1)).permute(0, 2, 1, 3)
