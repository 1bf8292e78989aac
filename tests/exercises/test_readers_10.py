"""Lesson 10: answers as readers write them, wrong ones told apart and right ones accepted."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import softmax

from helpers.exercises import exercise


def stable(scores, axis=-1):
    weights = np.exp(scores - scores.max(axis, keepdims=True))
    return weights / weights.sum(axis, keepdims=True)


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


# 10.4


def eps_never_used(x, gain, shift, eps):
    return (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True) * gain + shift


def library_with_its_own_eps(x, gain, shift, eps):
    x, gain, shift = torch.tensor(x), torch.tensor(gain), torch.tensor(shift)
    return F.layer_norm(x, (x.shape[-1],), gain, shift)


def l2_norm(x, gain, shift, eps):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=-1, keepdims=True) * gain + shift


def l2_norm_and_eps(x, gain, shift, eps):
    centred = x - x.mean(-1, keepdims=True)
    return centred / (np.sqrt((centred**2).sum(-1, keepdims=True)) + eps) * gain + shift


def root_of_the_sum(x, gain, shift, eps):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt(np.sum(centred**2, -1, keepdims=True) + eps) * gain + shift


def torch_variance(x, gain, shift, eps):
    x = torch.tensor(x)
    x = (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True) + eps)
    return x * torch.tensor(gain) + torch.tensor(shift)


def eps_beside_the_root(x, gain, shift, eps):
    return (x - x.mean(-1)[..., None]) / (np.sqrt(x.var(-1))[..., None] + eps) * gain + shift


def norm_by_the_library(x, gain, shift, eps):
    x, gain, shift = (torch.tensor(a, dtype=torch.float32) for a in (x, gain, shift))
    return F.layer_norm(x, (x.shape[-1],), gain, shift, eps)


def norm_in_bfloat16(x, gain, shift, eps):
    x, gain, shift = (torch.tensor(a, dtype=torch.bfloat16) for a in (x, gain, shift))
    return F.layer_norm(x, (x.shape[-1],), gain, shift, eps)


def norm_by_tokens(x, gain, shift, eps):
    def one(token):
        mean = sum(token) / len(token)
        variance = sum(v * v for v in token) / len(token) - mean**2
        return [
            g * (v - mean) / (variance + eps) ** 0.5 + s
            for v, g, s in zip(token, gain, shift, strict=True)
        ]

    return [[one(token) for token in sample] for sample in x]


# 10.5


def with_the_models_last_norm(d, n_head, hidden):
    return 4 * d * (d + 1) + 2 * d * hidden + hidden + d + 3 * 2 * d


def mlp_once(d, n_head, hidden):
    return 4 * d * (d + 1) + d * hidden + hidden + d + 4 * d


def mlp_first_layer_only(d, n_head, hidden):
    return 4 * d * (d + 1) + d * hidden + hidden + 4 * d


def mlp_second_layer_only(d, n_head, hidden):
    return 4 * d * (d + 1) + d * hidden + d + 4 * d


def no_mlp(d, n_head, hidden):
    return 4 * d * (d + 1) + 4 * d


def no_biases(d, n_head, hidden):
    return 4 * d * d + 2 * d * hidden + 4 * d


def counted_by_torch(d, n_head, hidden):
    block = torch.nn.TransformerEncoderLayer(d, n_head, hidden, device="meta")
    return sum(p.numel() for p in block.parameters())


def counted_head_by_head(d, n_head, hidden):
    one = 3 * (d * (d // n_head) + d // n_head)
    return float(n_head * one + d * d + d + d * hidden + hidden + hidden * d + d + 4 * d)


# 10.6


def with_naive_softmax(x, memory, Wq, Wk, Wv):
    e = np.exp(np.einsum("btd,bsd->bts", x @ Wq, memory @ Wk) / Wq.shape[1] ** 0.5)
    return (e / e.sum(-1, keepdims=True)) @ (memory @ Wv)


def weights_only(x, memory, Wq, Wk, Wv):
    return stable((x @ Wq) @ (memory @ Wk).transpose(0, 2, 1) / Wq.shape[1] ** 0.5)


def cross_right(x, memory, Wq, Wk, Wv):
    scores = (x @ Wq) @ (memory @ Wk).transpose(0, 2, 1) / Wk.shape[1] ** 0.5
    return softmax(scores, axis=-1) @ (memory @ Wv)


def plus_residual(x, memory, Wq, Wk, Wv):
    return cross_right(x, memory, Wq, Wk, Wv) + x


def memory_asks(x, memory, Wq, Wk, Wv):
    return cross_right(memory, x, Wq, Wk, Wv)


def cross_in_float32(x, memory, Wq, Wk, Wv):
    x, memory, Wq, Wk, Wv = (torch.tensor(a, dtype=torch.float32) for a in (x, memory, Wq, Wk, Wv))
    return F.scaled_dot_product_attention(x @ Wq, memory @ Wk, memory @ Wv)


def cross_by_samples(x, memory, Wq, Wk, Wv):
    samples = []
    for a, m in zip(x, memory, strict=True):
        weights = stable(a @ Wq @ (m @ Wk).T / np.sqrt(Wq.shape[-1]))
        samples.append(np.stack([(w[:, None] * (m @ Wv)).sum(0) for w in weights]))
    return samples


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
        ("10.4", eps_never_used, "eps_left_out"),
        ("10.4", library_with_its_own_eps, "eps_left_out"),
        ("10.4", l2_norm, "divided_by_the_length"),
        ("10.4", l2_norm_and_eps, "divided_by_the_length_plus_eps"),
        ("10.4", root_of_the_sum, "squares_summed"),
        ("10.4", torch_variance, "sample_variance"),
        ("10.4", eps_beside_the_root, "eps_outside_the_root"),
        ("10.5", with_the_models_last_norm, "third_norm"),
        ("10.5", mlp_once, "one_matrix_of_the_mlp"),
        ("10.5", mlp_first_layer_only, "one_layer_of_the_mlp"),
        ("10.5", mlp_second_layer_only, "first_layer_of_the_mlp_forgotten"),
        ("10.5", no_mlp, "mlp_forgotten"),
        ("10.5", no_biases, "biases_forgotten"),
        ("10.6", with_naive_softmax, "maximum_left_in"),
        ("10.6", weights_only, "weights_returned"),
        ("10.6", plus_residual, "residual_added"),
        ("10.6", memory_asks, "roles_swapped"),
    ],
)
def test_mistake_of_a_reader_gets_its_name(id, wrong, name):
    verdict = exercise(id).judge(wrong)
    assert (verdict.kind, verdict.misconception) == ("misconception", name), verdict.text


def mean_left_in_the_numerator(x, gain, shift, eps):
    return x / (x.std(-1, keepdims=True) + eps) * gain + shift


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
        ("10.4", mean_left_in_the_numerator, "not yet"),
        (
            "10.6",
            lambda *a: (cross_right(*a), weights_only(*a)),
            "expected an array of shape (1, 1, 1), but got 2 results",
        ),
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
        ("10.4", norm_by_the_library),
        ("10.4", norm_in_bfloat16),
        ("10.4", norm_by_tokens),
        ("10.5", counted_by_torch),
        ("10.5", counted_head_by_head),
        ("10.6", cross_right),
        ("10.6", cross_in_float32),
        ("10.6", cross_by_samples),
    ],
)
def test_right_answer_in_another_style_is_accepted(id, right):
    verdict = exercise(id).judge(right)
    assert verdict.kind == "right", verdict.text


@pytest.mark.parametrize("id", ["10.1", "10.2", "10.3", "10.4", "10.5", "10.6"])
def test_first_case_can_be_worked_by_hand(id):
    first = exercise(id).all_cases()[0]
    assert sum(np.size(argument) for argument in first) <= 12
    for argument in first:
        assert np.array_equal(argument, np.round(argument))


@pytest.mark.parametrize("id", ["10.1", "10.2", "10.3", "10.4", "10.6"])
def test_right_answer_may_begin_in_float32(id):
    """What follows may be float64: NumPy makes it so beside an np.sqrt of a whole number."""

    def half_precise(*arguments):
        single = [
            np.float32(a) if getattr(a, "dtype", None) == np.float64 else a for a in arguments
        ]
        return exercise(id).answer(*single)

    verdict = exercise(id).judge(half_precise)
    assert verdict.kind == "right", verdict.text
