"""Exercises 10.4 to 10.6: answers as readers write them, wrong ones and right ones."""

import numpy as np
import torch
import torch.nn.functional as F
from reader_answers import refused, right, wrong
from scipy.special import softmax

from helpers.exercises.functions import softmax as stable

# 10.4


@wrong("10.4", "eps_left_out")
def eps_never_used(x, gain, shift, eps):
    return (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True) * gain + shift


@wrong("10.4", "eps_left_out")
def library_with_its_own_eps(x, gain, shift, eps):
    x, gain, shift = torch.tensor(x), torch.tensor(gain), torch.tensor(shift)
    return F.layer_norm(x, (x.shape[-1],), gain, shift)


@wrong("10.4", "divided_by_the_length")
def l2_norm(x, gain, shift, eps):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=-1, keepdims=True) * gain + shift


@wrong("10.4", "divided_by_the_length_plus_eps")
def l2_norm_and_eps(x, gain, shift, eps):
    centred = x - x.mean(-1, keepdims=True)
    return centred / (np.sqrt((centred**2).sum(-1, keepdims=True)) + eps) * gain + shift


@wrong("10.4", "squares_summed")
def root_of_the_sum(x, gain, shift, eps):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt(np.sum(centred**2, -1, keepdims=True) + eps) * gain + shift


@wrong("10.4", "sample_variance")
def torch_variance(x, gain, shift, eps):
    x = torch.tensor(x)
    x = (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True) + eps)
    return x * torch.tensor(gain) + torch.tensor(shift)


@wrong("10.4", "eps_outside_the_root")
def eps_beside_the_root(x, gain, shift, eps):
    return (x - x.mean(-1)[..., None]) / (np.sqrt(x.var(-1))[..., None] + eps) * gain + shift


@right("10.4")
def norm_by_the_library(x, gain, shift, eps):
    x, gain, shift = (torch.tensor(a, dtype=torch.float32) for a in (x, gain, shift))
    return F.layer_norm(x, (x.shape[-1],), gain, shift, eps)


@right("10.4")
def norm_in_bfloat16(x, gain, shift, eps):
    x, gain, shift = (torch.tensor(a, dtype=torch.bfloat16) for a in (x, gain, shift))
    return F.layer_norm(x, (x.shape[-1],), gain, shift, eps)


@right("10.4")
def norm_by_tokens(x, gain, shift, eps):
    def one(token):
        mean = sum(token) / len(token)
        variance = sum(v * v for v in token) / len(token) - mean**2
        return [
            g * (v - mean) / (variance + eps) ** 0.5 + s
            for v, g, s in zip(token, gain, shift, strict=True)
        ]

    return [[one(token) for token in sample] for sample in x]


@refused("10.4", "wrong", "not yet")
def mean_left_in_the_numerator(x, gain, shift, eps):
    return x / (x.std(-1, keepdims=True) + eps) * gain + shift


# 10.5


@wrong("10.5", "third_norm")
def with_the_models_last_norm(d, n_head, hidden):
    return 4 * d * (d + 1) + 2 * d * hidden + hidden + d + 3 * 2 * d


@wrong("10.5", "one_matrix_of_the_mlp")
def mlp_once(d, n_head, hidden):
    return 4 * d * (d + 1) + d * hidden + hidden + d + 4 * d


@wrong("10.5", "one_layer_of_the_mlp")
def mlp_first_layer_only(d, n_head, hidden):
    return 4 * d * (d + 1) + d * hidden + hidden + 4 * d


@wrong("10.5", "first_layer_of_the_mlp_forgotten")
def mlp_second_layer_only(d, n_head, hidden):
    return 4 * d * (d + 1) + d * hidden + d + 4 * d


@wrong("10.5", "mlp_forgotten")
def no_mlp(d, n_head, hidden):
    return 4 * d * (d + 1) + 4 * d


@wrong("10.5", "biases_forgotten")
def no_biases(d, n_head, hidden):
    return 4 * d * d + 2 * d * hidden + 4 * d


@right("10.5")
def counted_by_torch(d, n_head, hidden):
    block = torch.nn.TransformerEncoderLayer(d, n_head, hidden, device="meta")
    return sum(p.numel() for p in block.parameters())


@right("10.5")
def counted_head_by_head(d, n_head, hidden):
    one = 3 * (d * (d // n_head) + d // n_head)
    return float(n_head * one + d * d + d + d * hidden + hidden + hidden * d + d + 4 * d)


# 10.6


@wrong("10.6", "maximum_left_in")
def with_naive_softmax(x, memory, Wq, Wk, Wv):
    e = np.exp(np.einsum("btd,bsd->bts", x @ Wq, memory @ Wk) / Wq.shape[1] ** 0.5)
    return (e / e.sum(-1, keepdims=True)) @ (memory @ Wv)


@wrong("10.6", "weights_returned")
def weights_only(x, memory, Wq, Wk, Wv):
    return stable((x @ Wq) @ (memory @ Wk).transpose(0, 2, 1) / Wq.shape[1] ** 0.5)


@right("10.6")
def cross_right(x, memory, Wq, Wk, Wv):
    scores = (x @ Wq) @ (memory @ Wk).transpose(0, 2, 1) / Wk.shape[1] ** 0.5
    return softmax(scores, axis=-1) @ (memory @ Wv)


@wrong("10.6", "residual_added")
def plus_residual(x, memory, Wq, Wk, Wv):
    return cross_right(x, memory, Wq, Wk, Wv) + x


@wrong("10.6", "roles_swapped")
def memory_asks(x, memory, Wq, Wk, Wv):
    return cross_right(memory, x, Wq, Wk, Wv)


@right("10.6")
def cross_in_float32(x, memory, Wq, Wk, Wv):
    x, memory, Wq, Wk, Wv = (torch.tensor(a, dtype=torch.float32) for a in (x, memory, Wq, Wk, Wv))
    return F.scaled_dot_product_attention(x @ Wq, memory @ Wk, memory @ Wv)


@right("10.6")
def cross_by_samples(x, memory, Wq, Wk, Wv):
    samples = []
    for a, m in zip(x, memory, strict=True):
        weights = stable(a @ Wq @ (m @ Wk).T / np.sqrt(Wq.shape[-1]))
        samples.append(np.stack([(w[:, None] * (m @ Wv)).sum(0) for w in weights]))
    return samples


refused("10.6", "wrong kind", "expected an array of shape (1, 1, 1), but got 2 results")(
    lambda *a: (cross_right(*a), weights_only(*a))
)
