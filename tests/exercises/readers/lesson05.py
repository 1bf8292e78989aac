"""Answers to 05.1 to 05.3 as readers write them: wrong ones get their name, right ones pass."""

import numpy as np
from reader_answers import right, wrong
from scipy import special

# 05.1


@wrong("05.1", "relu_for_tanh")
def relu(x, h, Wxh, Whh, b):
    u = np.concatenate([x, h], axis=1) @ np.concatenate([Wxh, Whh]) + b
    return u * (u > 0)


@wrong("05.1", "input_outside_the_tanh")
def input_added_last(x, h, Wxh, Whh, b):
    new = np.tanh(np.dot(h, Whh) + b)
    new += np.dot(x, Wxh)
    return new


@wrong("05.1", "input_and_bias_outside_the_tanh")
def input_layer_added_last(x, h, Wxh, Whh, b):
    layer = x @ Wxh + b
    return layer + np.tanh(h @ Whh)


@wrong("05.1", "state_outside_the_tanh")
def residual(x, h, Wxh, Whh, b):
    return np.tanh(b + x @ Wxh) + np.einsum("bh,hk->bk", h, Whh)


@wrong("05.1", "two_tanhs")
def tanh_of_each(x, h, Wxh, Whh, b):
    of_x, of_h = x @ Wxh + b, h @ Whh
    return np.tanh(of_x) + np.tanh(of_h)


@wrong("05.1", "two_tanhs_bias_beside_the_state")
def tanh_of_each_with_the_states_bias(x, h, Wxh, Whh, b):
    return sum(np.tanh(u) for u in (x @ Wxh, h @ Whh + b))


@wrong("05.1", "two_tanhs_bias_outside")
def bias_after_both(x, h, Wxh, Whh, b):
    return np.tanh(x @ Wxh) + np.tanh(h @ Whh) + b


@wrong("05.1", "tanh_twice")
def tanh_of_the_tanh(x, h, Wxh, Whh, b):
    new = np.tanh(x @ Wxh + h @ Whh + b)
    return np.tanh(new)


@wrong("05.1", "input_matrix_transposed")
def weights_as_pytorch_stores_them(x, h, Wxh, Whh, b):
    return np.tanh(np.matmul(x, np.transpose(Wxh)) + h @ Whh + b)


@right("05.1")
def one_product_by_einsum(x, h, Wxh, Whh, b):
    both = np.einsum("bi,ij->bj", np.hstack([x, h]), np.vstack([Wxh, Whh])) + b
    return 2 * special.expit(2 * both) - 1


@right("05.1")
def torch_in_float32(x, h, Wxh, Whh, b):
    import torch

    x, h, Wxh, Whh, b = (torch.tensor(a, dtype=torch.float32) for a in (x, h, Wxh, Whh, b))
    return torch.tanh(x @ Wxh + h @ Whh + b)


@right("05.1")
def lists_and_loops(x, h, Wxh, Whh, b):
    def product(row, W, k):
        return sum(a * w for a, w in zip(row, W[:, k], strict=True))

    rows = zip(x, h, strict=True)
    units = range(len(b))
    return [
        [float(np.tanh(product(r, Wxh, k) + product(s, Whh, k) + b[k])) for k in units]
        for r, s in rows
    ]


# 05.2


@wrong("05.2", "last_character_as_the_only_target")
def only_the_last_column(window):
    return window[:, : window.shape[1] - 1], window[:, window.shape[1] - 1 :]


@wrong("05.2", "last_characters_in_a_row")
def last_of_each_row(window):
    return window[:, :-1], np.array([row[-1] for row in window])


@wrong("05.2", "shifted_across_the_batch")
def as_for_one_line(window):
    return window[:-1], window[1:]


@right("05.2")
def rows_as_lists(window):
    return [list(row[:-1]) for row in window], [list(row[1:]) for row in window]


@right("05.2")
def rolled_then_cut(window):
    return np.delete(window, -1, axis=1), np.roll(window, -1, axis=1)[:, :-1]


# 05.3


@wrong("05.3", "loop_forwards_in_time")
def range_instead_of_reversed(u, h0, dh, Whh):
    h, dW, flow = np.tanh(u), np.zeros_like(Whh), np.zeros_like(h0)
    for t in range(3):
        delta = (dh[t] + flow) * (1 - h[t] ** 2)
        dW += (h0 if t == 0 else h[t - 1]).T @ delta
        flow = delta @ Whh.T
    return dW


def walk_back(u, h0, dh, Whh):
    h, terms, flow = np.tanh(u), [], 0
    for t in reversed(range(3)):
        delta = (dh[t] + flow) * (1 - h[t] ** 2)
        terms.append((h0 if t == 0 else h[t - 1]).T @ delta)
        flow = delta @ Whh.T
    return terms


@wrong("05.3", "mean_over_the_steps")
def mean_of_the_terms(u, h0, dh, Whh):
    return np.mean(walk_back(u, h0, dh, Whh), axis=0)


@wrong("05.3", "mean_over_the_batch")
def sum_over_the_batch_size(u, h0, dh, Whh):
    return sum(walk_back(u, h0, dh, Whh)) / u.shape[1]


@wrong("05.3", "mean_over_batch_and_steps")
def mean_over_everything(u, h0, dh, Whh):
    return sum(walk_back(u, h0, dh, Whh)) / (u.shape[0] * u.shape[1])


@wrong("05.3", "state_after_instead_of_before")
def states_one_late(u, h0, dh, Whh):
    h, dW, flow = np.tanh(u), 0, 0
    for t in (2, 1, 0):
        delta = (dh[t] + flow) * (1 - h[t] ** 2)
        dW = dW + np.einsum("bi,bj->ij", h[t], delta)
        flow = delta @ Whh.T
    return dW


@right("05.3")
def autograd(u, h0, dh, Whh):
    import torch

    W = torch.tensor(Whh, requires_grad=True)
    h, loss = torch.tensor(h0), 0
    for t in range(3):
        rest = torch.tensor(u[t]) - (h @ W).detach()  # what the input and the bias added
        h = torch.tanh(h @ W + rest)
        loss = loss + (h * torch.tensor(dh[t])).sum()
    return torch.autograd.grad(loss, W)[0]


@right("05.3")
def written_out_with_cosh(u, h0, dh, Whh):
    h1, h2, _ = np.tanh(u)
    slope1, slope2, slope3 = 1 / np.cosh(u) ** 2
    delta3 = dh[2] * slope3
    delta2 = (dh[1] + delta3.dot(Whh.T)) * slope2
    delta1 = (dh[0] + delta2.dot(Whh.T)) * slope1
    return np.vstack([h2, h1, h0]).T @ np.vstack([delta3, delta2, delta1])


@right("05.3")
def in_float32(u, h0, dh, Whh):
    return sum(walk_back(*(a.astype(np.float32) for a in (u, h0, dh, Whh))))
