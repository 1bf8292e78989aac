"""Answers to 05.3, 05.4 and 05.7 as readers write them: wrong ones are named, right ones pass."""

import math

import numpy as np
from reader_answers import refused, right, wrong
from scipy import optimize, special

# 05.3


@wrong("05.3", "sign_turned_round")
def solved_with_a_slip(share, steps):
    f = share ** (1 / steps)
    return math.log((1 - f) / f)


@wrong("05.3", "gate_for_the_bias")
def geometric_mean(share, steps):
    return math.exp(math.log(share) / steps)


@wrong("05.3", "logarithm_of_the_gate")
def exponential_gate(share, steps):
    return math.log(share ** (1 / steps))


@wrong("05.3", "one_step_only")
def steps_forgotten(share, steps):
    return -math.log(1 / share - 1)


@wrong("05.3", "power_for_the_root")
def as_read_from_left_to_right(share, steps):
    f = share**steps
    return np.log(f / (1 - f))


@wrong("05.3", "share_divided_by_steps")
def evenly(share, steps):
    return special.logit(share / steps)


@wrong("05.3", "loss_divided_by_steps")
def the_same_loss_in_each_step(share, steps):
    loss = (1 - share) / steps
    return math.log((1 - loss) / loss)


@wrong("05.3", "bias_divided_by_steps")
def bias_shared_out(share, steps):
    return special.logit(share) / steps


@wrong("05.3", "tanh_for_the_sigmoid")
def through_arctanh(share, steps):
    return math.atanh(share ** (1 / steps))


@wrong("05.3", "sigmoid_of_the_gate")
def forwards_for_backwards(share, steps):
    return special.expit(np.power(share, 1 / steps))


@refused("05.3", "wrong", "expected: 0")
def two_slips(share, steps):
    return 1 - share * steps


@right("05.3")
def logit_of_scipy(share, steps):
    return special.logit(share ** (1 / steps))


@right("05.3")
def solved_by_bisection(share, steps):
    return optimize.brentq(lambda b: steps * special.log_expit(b) - math.log(share), -50, 50)


@right("05.3")
def with_expm1(share, steps):
    return -math.log(math.expm1(-math.log(share) / steps))


@right("05.3")
def logit_of_torch(share, steps):
    import torch

    return torch.logit(torch.tensor(share) ** (1 / steps))  # float32


@wrong("05.3", "share_divided_by_steps")
def power_binds_first(share, steps):
    f = share**1 / steps
    return np.log(f / (1 - f))


@right("05.3")
def through_tanh(share, steps):
    return 2 * np.arctanh(2 * np.float32(share) ** (1 / steps) - 1)


# 05.4


@wrong("05.4", "never_cut")
def derivative_of_the_whole(T):
    w = 2
    return 1 + 2 * w + 3 * w**2


@wrong("05.4", "windows_from_the_end")
def last_steps(T):
    return {1: 7, 2: 13, 3: 17, 4: 17}[T]


@wrong("05.4", "state_not_carried")
def derivative_of_each_window(T):
    steps = 4 % T or T  # of the last window, which begins at 0: h = 1 + w + w² + …
    return sum(k * 2 ** (k - 1) for k in range(steps))


@wrong("05.4", "no_factor_on_the_way_back")
def states_added(T):
    return sum([0, 1, 3, 7][(3 // T) * T :])


@wrong("05.4", "states_after_the_steps")
def own_states(T):
    return [15, 29, 15, 49][T - 1]


@wrong("05.4", "only_the_first_window")
def first_steps(T):
    return [0, 4, 10, 17][T - 1]


@wrong("05.4", "what_is_dropped")
def lost(T):
    return [10, 4, 10, 0][T - 1]


@wrong("05.4", "every_window_has_its_loss")
def sums_of_windows(T):
    return [11, 14, 12, 17][T - 1]


@wrong("05.4", "loss_for_the_gradient")
def last_state_itself(T):
    return 1 + 2 + 4 + 8


@wrong("05.4", "whole_table")
def all_four(T):
    return np.array([7, 13, 7, 17])


@refused("05.4", "wrong", "T = 3")
def one_wrong_entry(T):
    text = {1: 7, 2: 13, 3: 10, 4: 17}[T]
    return text


@right("05.4")
def table(T):
    return {1: 7, 2: 13, 3: 7, 4: 17}[T]


@right("05.4")
def by_autograd(T):
    import torch

    w, h = torch.tensor(2.0, requires_grad=True), torch.tensor(0.0)
    for t in range(4):
        h = w * (h.detach() if t % T == 0 else h) + 1
    h.backward()
    return w.grad


# 05.7


def parts(x, h, Wx, Wh, b):
    """What the input and the state add to each block, as two lists of three arrays."""
    return np.split(x @ Wx + b, 3, axis=1), np.split(Wh, 3, axis=1)


@wrong("05.7", "reset_after_the_product")
def as_gru_cell_does(x, h, Wx, Wh, b):
    (xr, xk, xg), (hr, hk, hg) = parts(x, h, Wx, Wh, b)[0], np.split(h @ Wh, 3, axis=1)
    r, k = special.expit(xr + hr), special.expit(xk + hk)
    return k * h + (1 - k) * np.tanh(xg + r * hg)


@wrong("05.7", "reset_gate_unused")
def one_product_for_all(x, h, Wx, Wh, b):
    _, k, g = np.split(x @ Wx + h @ Wh + b, 3, axis=1)
    k = special.expit(k)
    return k * h + (1 - k) * np.tanh(g)


@wrong("05.7", "keep_gate_turned_round")
def update_gate(x, h, Wx, Wh, b):
    (xr, xz, xg), (Wr, Wz, Wg) = parts(x, h, Wx, Wh, b)
    r, z = special.expit(xr + h @ Wr), special.expit(xz + h @ Wz)
    return h + z * (np.tanh(xg + (r * h) @ Wg) - h)


@wrong("05.7", "blocks_keep_first")
def as_keras_stores_them(x, h, Wx, Wh, b):
    (xk, xr, xg), (Wk, Wr, Wg) = parts(x, h, Wx, Wh, b)
    r, k = special.expit(xr + h @ Wr), special.expit(xk + h @ Wk)
    return k * h + (1 - k) * np.tanh(xg + (r * h) @ Wg)


@wrong("05.7", "reset_of_the_kept_state")
def state_overwritten(x, h, Wx, Wh, b):
    (xr, xk, xg), (Wr, Wk, Wg) = parts(x, h, Wx, Wh, b)
    r, k = special.expit(xr + h @ Wr), special.expit(xk + h @ Wk)
    h *= r
    return k * h + (1 - k) * np.tanh(xg + h @ Wg)


@wrong("05.7", "keep_gate_sees_the_reset_state")
def overwritten_before_the_gate(x, h, Wx, Wh, b):
    (xr, xk, xg), (Wr, Wk, Wg) = parts(x, h, Wx, Wh, b)
    seen = special.expit(xr + h @ Wr) * h
    k = special.expit(xk + seen @ Wk)
    return k * h + (1 - k) * np.tanh(xg + seen @ Wg)


@wrong("05.7", "reset_gate_as_input_gate")
def like_an_lstm(x, h, Wx, Wh, b):
    i, f, g = np.split(x @ Wx + h @ Wh + b, 3, axis=1)
    return special.expit(f) * h + special.expit(i) * np.tanh(g)


@wrong("05.7", "tanh_once_more")
def squashed_at_the_end(x, h, Wx, Wh, b):
    (xr, xk, xg), (Wr, Wk, Wg) = parts(x, h, Wx, Wh, b)
    r, k = special.expit(xr + h @ Wr), special.expit(xk + h @ Wk)
    return np.tanh(k * h + (1 - k) * np.tanh(xg + (r * h) @ Wg))


@wrong("05.7", "candidate_bias_left_out")
def candidate_by_hand(x, h, Wx, Wh, b):
    H = h.shape[1]
    r, k, _ = np.split(special.expit(x @ Wx + h @ Wh + b), 3, axis=1)
    g = np.tanh(x @ Wx[:, 2 * H :] + (r * h) @ Wh[:, 2 * H :])
    return k * h + (1 - k) * g


@wrong("05.7", "candidate_added_whole")
def one_minus_forgotten(x, h, Wx, Wh, b):
    (xr, xk, xg), (Wr, Wk, Wg) = parts(x, h, Wx, Wh, b)
    r, k = special.expit(xr + h @ Wr), special.expit(xk + h @ Wk)
    return k * h + np.tanh(xg + (r * h) @ Wg)


@right("05.7")
def sample_by_sample(x, h, Wx, Wh, b):
    (Wxr, Wxk, Wxg), (Wr, Wk, Wg) = np.hsplit(Wx, 3), np.hsplit(Wh, 3)
    br, bk, bg = b.reshape(3, -1)
    rows = []
    for row, old in zip(x, h, strict=True):
        r = 0.5 + 0.5 * np.tanh((row @ Wxr + old @ Wr + br) / 2)
        k = 0.5 + 0.5 * np.tanh((row @ Wxk + old @ Wk + bk) / 2)
        g = np.tanh(row @ Wxg + (r * old) @ Wg + bg)
        rows.append([float(a) for a in g + k * (old - g)])
    return rows


@right("05.7")
def torch_in_float32(x, h, Wx, Wh, b):
    import torch
    from torch.nn.functional import linear

    x, h, Wx, Wh, b = (torch.tensor(a, dtype=torch.float32) for a in (x, h, Wx, Wh, b))
    (xr, xk, xg), (Wr, Wk, Wg) = linear(x, Wx.T, b).chunk(3, dim=1), Wh.chunk(3, dim=1)
    r, k = torch.sigmoid(xr + h @ Wr), torch.sigmoid(xk + h @ Wk)
    return torch.lerp(torch.tanh(xg + (r * h) @ Wg), h, k)
