"""Exercises 10.4 to 10.6: answers as readers write them, wrong ones and right ones."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from reader_answers import assert_named, assert_right, assert_right_from_float32
from scipy.special import softmax

from helpers.exercises import exercise
from helpers.exercises.functions import softmax as stable

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
    assert_named(id, wrong, name)


def mean_left_in_the_numerator(x, gain, shift, eps):
    return x / (x.std(-1, keepdims=True) + eps) * gain + shift


@pytest.mark.parametrize(
    ("id", "wrong", "words"),
    [
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
    assert_right(id, right)


@pytest.mark.parametrize("id", ["10.4", "10.5", "10.6"])
def test_first_case_can_be_worked_by_hand(id):
    first = exercise(id).all_cases()[0]
    assert sum(np.size(argument) for argument in first) <= 12
    for argument in first:
        assert np.array_equal(argument, np.round(argument))


@pytest.mark.parametrize("id", ["10.4", "10.6"])
def test_right_answer_may_begin_in_float32(id):
    assert_right_from_float32(id)
