"""Answers to 05.4 to 05.6 as readers write them: wrong ones get their name, right ones pass."""

import bisect
import itertools

import numpy as np
from reader_answers import refused, right, wrong
from scipy import special

# 05.4


@wrong("05.4", "largest_entry_for_the_norm")
def maximum_norm(grads, limit):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads]), np.inf)
    return [g * limit / norm if norm > limit else g for g in grads]


@wrong("05.4", "root_mean_square_for_the_norm")
def root_of_the_mean(grads, limit):
    flat = np.hstack([g.flatten() for g in grads])
    return [g * min(1, limit / np.sqrt(np.mean(flat**2))) for g in grads]


@wrong("05.4", "absolute_values_added")
def norm_one(grads, limit):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads]), 1)
    return [g * min(1, limit / norm) for g in grads]


@wrong("05.4", "norms_added")
def sum_of_norms(grads, limit):
    return [g * min(1, limit / sum(np.linalg.norm(a) for a in grads)) for g in grads]


@refused("05.4", "wrong")
def limit_squared(grads, limit):  # no name: it fails where there are two arrays and where three
    norm = np.sqrt(sum((g * g).sum() for g in grads))
    return [g * min(1, limit**2 / norm) for g in grads]


@right("05.4")
def in_place_with_a_small_number(grads, limit):
    norm = np.linalg.norm([np.linalg.norm(g) for g in grads])
    for g in grads:
        g *= min(1, limit / (norm + 1e-6))
    return grads


@right("05.4")
def clip_grad_norm_of_torch(grads, limit):
    import torch

    params = [torch.nn.Parameter(torch.zeros(g.shape)) for g in grads]
    for p, g in zip(params, grads, strict=True):
        p.grad = torch.tensor(g, dtype=torch.float32)
    torch.nn.utils.clip_grad_norm_(params, limit)
    return tuple(p.grad for p in params)


# 05.5


def gates(x, h, Wx, Wh, b):
    u = x @ Wx + h @ Wh + b
    H = h.shape[1]
    return u[:, :H], u[:, H : 2 * H], u[:, 2 * H : 3 * H], u[:, 3 * H :]


@wrong("05.5", "tanh_kept_in_the_cell_state")
def cell_squeezed(x, h, c, Wx, Wh, b):
    i, f, g, o = gates(x, h, Wx, Wh, b)
    c = np.tanh(special.expit(f) * c + special.expit(i) * np.tanh(g))
    h = special.expit(o) * c
    return h, c


@wrong("05.5", "input_gate_turned_for_the_forget_gate")
def as_a_gru(x, h, c, Wx, Wh, b):
    i, _, g, o = gates(x, h, Wx, Wh, b)
    i = special.expit(i)
    c = c + i * (np.tanh(g) - c)
    return special.expit(o) * np.tanh(c), c


@wrong("05.5", "tanh_of_the_product")
def tanh_last(x, h, c, Wx, Wh, b):
    i, f, g, o = gates(x, h, Wx, Wh, b)
    c = special.expit(f) * c + special.expit(i) * np.tanh(g)
    return np.tanh(c * special.expit(o)), c


@wrong("05.5", "gates_interleaved")
def reshaped_by_units(x, h, c, Wx, Wh, b):
    u = (x @ Wx + h @ Wh + b).reshape(len(x), -1, 4)
    i, f, o = (special.expit(u[..., k]) for k in (0, 1, 3))
    c = f * c + i * np.tanh(u[..., 2])
    return o * np.tanh(c), c


@right("05.5")
def lstm_cell_of_torch(x, h, c, Wx, Wh, b):
    import torch

    cell = torch.nn.LSTMCell(x.shape[1], h.shape[1])  # float32
    with torch.no_grad():
        for name, value in (("weight_ih", Wx.T), ("weight_hh", Wh.T), ("bias_ih", b)):
            getattr(cell, name).copy_(torch.tensor(value))
        cell.bias_hh.zero_()
        x, h, c = (torch.tensor(a, dtype=torch.float32) for a in (x, h, c))
        return cell(x, (h, c))


@right("05.5")
def sigmoid_by_tanh(x, h, c, Wx, Wh, b):
    i, f, g, o = gates(x, h, Wx, Wh, b)
    i, f, o = (0.5 + 0.5 * np.tanh(u / 2) for u in (i, f, o))
    new = f * c + i * np.tanh(g)
    return [o * np.tanh(new), new]


# 05.6


def loop(step, state, first, uniforms, draw):
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, state = step(token, state)
        token = draw(probabilities, uniform)
        tokens.append(token)
    return tokens


@wrong("05.6", "softmax_once_more")
def softmax_of_the_output(step, state, first, uniforms):
    def draw(p, u):
        return int((special.softmax(p).cumsum() <= u).sum())

    return loop(step, state, first, uniforms, draw)


@wrong("05.6", "rank_for_the_token")
def place_in_sorted_order(step, state, first, uniforms):
    def draw(p, u):
        return bisect.bisect_right(list(itertools.accumulate(sorted(p, reverse=True))), u)

    return loop(step, state, first, uniforms, draw)


@wrong("05.6", "rank_from_the_least_probable")
def place_in_rising_order(step, state, first, uniforms):
    def draw(p, u):
        return int(np.searchsorted(np.cumsum(sorted(p)), u, side="right"))

    return loop(step, state, first, uniforms, draw)


@wrong("05.6", "sorted_before_the_draw")
def as_in_top_p(step, state, first, uniforms):
    def draw(p, u):
        order = np.argsort(p)[::-1]
        return order[np.flatnonzero(np.cumsum(p[order]) > u)[0]]

    return loop(step, state, first, uniforms, draw)


@wrong("05.6", "not_cumulated")
def first_probability_above(step, state, first, uniforms):
    return loop(step, state, first, uniforms, lambda p, u: int((p > u).argmax()))


@wrong("05.6", "at_least_instead_of_exceeds")
def searchsorted_from_the_left(step, state, first, uniforms):
    return loop(step, state, first, uniforms, lambda p, u: int(np.searchsorted(np.cumsum(p), u)))


@wrong("05.6", "token_read_for_token_drawn")
def appended_too_early(step, state, first, uniforms):
    tokens, token = [], first
    for u in uniforms:
        tokens.append(token)
        p, state = step(token, state)
        token = int(np.searchsorted(np.cumsum(p), u, side="right"))
    return tokens


@refused("05.6", "wrong", "(0, 0.25, 0.75)")
def always_the_first(step, state, first, uniforms):
    return [0] * len(uniforms)


# By chance it could pass only once in 10¹⁰ and more.
@refused("05.6", "wrong", "gives another result each time; everything it needs is among its")
def draws_of_its_own(step, state, first, uniforms):
    rng = np.random.default_rng()
    return loop(step, state, first, uniforms, lambda p, u: int(rng.choice(len(p), p=p)))


@right("05.6")
def subtracted_one_by_one(step, state, first, uniforms):
    def draw(p, u):
        total = 0.0
        for token, probability in enumerate(p):
            total += probability
            if total > u:
                return token

    return loop(step, state, first, uniforms, draw)


@right("05.6")
def torch_in_float32(step, state, first, uniforms):
    import torch

    def draw(p, u):
        sums = torch.tensor(p, dtype=torch.float32).cumsum(0)
        return torch.searchsorted(sums, torch.tensor(u, dtype=torch.float32), right=True).item()

    return np.array(loop(step, state, first, uniforms, draw))
