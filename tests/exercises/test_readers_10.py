"""Exercises 10.1 to 10.3: answers as readers write them, wrong ones and right ones."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from reader_answers import assert_named, assert_right, assert_right_from_float32
from scipy.special import softmax

from helpers.exercises import exercise
from helpers.exercises.functions import softmax as stable

# 10.1


def k_dot_t(q, k):
    return np.matmul(q, k.T) / np.sqrt(k.shape[-1])


def transpose_without_axes(q, k):
    return q @ np.transpose(k) / q.shape[-1] ** 0.5


def plain_product(q, k):
    return np.matmul(q, k) / np.sqrt(q.shape[-1])


def cosine(q, k):
    q = q / np.linalg.norm(q, axis=-1, keepdims=True)
    k = k / np.linalg.norm(k, axis=-1, keepdims=True)
    return np.einsum("bhtd,bhsd->bhts", q, k)


def cosine_over_root(q, k):
    return cosine(q, k) / np.sqrt(q.shape[-1])


def scores_by_einsum(q, k):
    return np.einsum("bhtd,bhsd->bhts", q, k) / q.shape[-1] ** 0.5


def scores_in_float32(q, k):
    q, k = (torch.tensor(a, dtype=torch.float32) for a in (q, k))
    return q @ k.transpose(-2, -1) / q.size(-1) ** 0.5


def scores_by_loops(q, k):
    return [
        [[[sum(a * b) / len(a) ** 0.5 for b in ks] for a in qs] for qs, ks in zip(*h, strict=True)]
        for h in zip(q, k, strict=True)
    ]


# 10.2


def without_the_maximum(scores):
    scores = np.where(np.tri(scores.shape[1]) == 0, -np.inf, scores)
    return np.exp(scores) / np.exp(scores).sum(2)[:, :, None]


def exponentials_times_mask(scores):
    T = scores.shape[-1]
    e = np.exp(scores) * np.tril(np.ones((T, T)))
    return e / e.sum(-1, keepdims=True)


def mask_afterwards(scores):
    weights = np.tril(stable(scores))
    return weights / weights.sum(-1, keepdims=True)


def tril_and_zeros(scores):
    s = np.tril(scores)
    s[s == 0] = -np.inf
    return stable(s)


def ones_times_infinity(scores):
    T = scores.shape[-1]
    return stable(scores + np.triu(np.ones((T, T)), 1) * -np.inf)


def look_one_ahead(scores):
    T = scores.shape[-1]
    return stable(np.where(np.tri(T, T, 1) == 1, scores, -np.inf))


def weights_by_rows(scores):
    weights = np.zeros_like(scores)
    for b, matrix in enumerate(scores):
        for t, row in enumerate(matrix):
            weights[b, t, : t + 1] = softmax(row[: t + 1])
    return weights


def weights_with_a_large_number(scores):
    T = scores.shape[-1]
    return stable(scores - 1e9 * np.triu(np.ones((T, T)), 1))


def weights_in_float32(scores):
    scores = torch.tensor(scores, dtype=torch.float32)
    hidden = torch.triu(torch.ones(scores.shape[1:], dtype=torch.bool), diagonal=1)
    return F.softmax(scores.masked_fill(hidden, float("-inf")), dim=-1)


def weights_in_bfloat16(scores):
    scores = torch.tensor(scores, dtype=torch.bfloat16)
    seen = torch.ones(scores.shape[1:], dtype=torch.bool).tril()
    return scores.masked_fill(~seen, -torch.inf).softmax(-1)


def weights_in_place(scores):
    scores[:, np.triu(np.ones(scores.shape[1:], dtype=bool), 1)] = -np.inf
    scores -= scores.max(axis=2, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=2, keepdims=True)
    return scores


# 10.3


def only_reshaped(x, n_head):
    return x.reshape(x.shape[0], n_head, x.shape[1], -1)


def split_and_stacked_in_front(x, n_head):
    return np.stack(np.split(x, n_head, axis=-1))


def heads_from_slices(x, n_head):
    size = x.shape[-1] // n_head
    return np.stack([x[..., h * size : (h + 1) * size] for h in range(n_head)], axis=1)


def heads_in_torch(x, n_head):
    x = torch.from_numpy(x)
    return x.unflatten(-1, (n_head, -1)).permute(0, 2, 1, 3)


@pytest.mark.parametrize(
    ("id", "wrong", "name"),
    [
        ("10.1", k_dot_t, "all_axes_of_the_keys_reversed"),
        ("10.1", transpose_without_axes, "all_axes_of_the_keys_reversed"),
        ("10.1", plain_product, "keys_not_transposed"),
        ("10.1", cosine, "cosines"),
        ("10.1", cosine_over_root, "scaled_cosines"),
        ("10.2", without_the_maximum, "maximum_left_in"),
        ("10.2", exponentials_times_mask, "maximum_left_in_and_exponentials_masked"),
        ("10.2", mask_afterwards, "masked_after_the_softmax_and_renormalised"),
        ("10.2", tril_and_zeros, "true_zeros_masked"),
        ("10.2", ones_times_infinity, "zero_times_infinity"),
        ("10.2", look_one_ahead, "one_token_too_many"),
        ("10.3", only_reshaped, "reshaped_only"),
        ("10.3", split_and_stacked_in_front, "heads_and_batch_swapped"),
    ],
)
def test_mistake_of_a_reader_gets_its_name(id, wrong, name):
    assert_named(id, wrong, name)


def two_mistakes_in_the_mask(scores):
    return np.triu(np.exp(scores))


def times_the_root_of_keys(q, k):
    return scores_by_einsum(q, k) * 3


@pytest.mark.parametrize(
    ("id", "wrong", "words"),
    [
        ("10.1", times_the_root_of_keys, "Your result is 3 times the right one throughout."),
        ("10.1", lambda q, k: q @ k.transpose(2, 3), "your function raised an error"),
        ("10.2", two_mistakes_in_the_mask, "not yet"),
    ],
)
def test_other_mistake_is_refused_without_a_name(id, wrong, words):
    verdict = exercise(id).judge(wrong)
    assert verdict.kind not in ("right", "misconception", "not attempted")
    assert words in verdict.text


@pytest.mark.parametrize(
    ("id", "right"),
    [
        ("10.1", scores_by_einsum),
        ("10.1", scores_in_float32),
        ("10.1", scores_by_loops),
        ("10.2", weights_by_rows),
        ("10.2", weights_with_a_large_number),
        ("10.2", weights_in_float32),
        ("10.2", weights_in_bfloat16),
        ("10.2", weights_in_place),
        ("10.3", heads_from_slices),
        ("10.3", heads_in_torch),
    ],
)
def test_right_answer_in_another_style_is_accepted(id, right):
    assert_right(id, right)


@pytest.mark.parametrize("id", ["10.1", "10.2", "10.3"])
def test_first_case_can_be_worked_by_hand(id):
    first = exercise(id).all_cases()[0]
    assert sum(np.size(argument) for argument in first) <= 12
    for argument in first:
        assert np.array_equal(argument, np.round(argument))


@pytest.mark.parametrize("id", ["10.1", "10.2", "10.3"])
def test_right_answer_may_begin_in_float32(id):
    assert_right_from_float32(id)
