"""Answers to 05.1 as readers write them: wrong ones get their name, right ones pass."""

import numpy as np
from reader_answers import right, wrong

# 05.1


@wrong("05.1", "loop_forwards_in_time")
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


@wrong("05.1", "mean_over_the_steps")
def mean_of_the_terms(u, h0, dh, Whh):
    return np.mean(walk_back(u, h0, dh, Whh), axis=0)


@wrong("05.1", "mean_over_the_batch")
def sum_over_the_batch_size(u, h0, dh, Whh):
    return sum(walk_back(u, h0, dh, Whh)) / u.shape[1]


@wrong("05.1", "mean_over_batch_and_steps")
def mean_over_everything(u, h0, dh, Whh):
    return sum(walk_back(u, h0, dh, Whh)) / (u.shape[0] * u.shape[1])


@wrong("05.1", "state_after_instead_of_before")
def states_one_late(u, h0, dh, Whh):
    h, dW, flow = np.tanh(u), 0, 0
    for t in (2, 1, 0):
        delta = (dh[t] + flow) * (1 - h[t] ** 2)
        dW = dW + np.einsum("bi,bj->ij", h[t], delta)
        flow = delta @ Whh.T
    return dW


@wrong("05.1", "first_step_only")
def overwritten(u, h0, dh, Whh):
    h, flow, dW = [h0, *np.tanh(u)], 0, None
    for t in reversed(range(3)):
        delta = (dh[t] + flow) * (1 - h[t + 1] ** 2)
        dW = h[t].T @ delta
        flow = delta @ Whh.T
    return dW


@wrong("05.1", "last_state_before_the_first_step")
def round_the_corner(u, h0, dh, Whh):
    h, flow, dW = np.tanh(u), np.zeros_like(h0), 0
    for t in reversed(range(3)):
        delta = (dh[t] + flow) * (1 - h[t] ** 2)
        dW += h[t - 1].T @ delta
        flow = delta @ Whh.T
    return dW


@wrong("05.1", "slope_one_step_early")
def place_mixed_up(u, h0, dh, Whh):
    h, flow, dW = np.concatenate([h0[None], np.tanh(u)]), 0, 0
    for t in reversed(range(3)):
        delta = (dh[t] + flow) * (1 - h[t] * h[t])
        dW += h[t].T @ delta
        flow = delta @ Whh.T
    return dW


@right("05.1")
def autograd(u, h0, dh, Whh):
    import torch

    W = torch.tensor(Whh, requires_grad=True)
    h, loss = torch.tensor(h0), 0
    for t in range(3):
        rest = torch.tensor(u[t]) - (h @ W).detach()  # what the input and the bias added
        h = torch.tanh(h @ W + rest)
        loss = loss + (h * torch.tensor(dh[t])).sum()
    return torch.autograd.grad(loss, W)[0]


@right("05.1")
def written_out_with_cosh(u, h0, dh, Whh):
    h1, h2, _ = np.tanh(u)
    slope1, slope2, slope3 = 1 / np.cosh(u) ** 2
    delta3 = dh[2] * slope3
    delta2 = (dh[1] + delta3.dot(Whh.T)) * slope2
    delta1 = (dh[0] + delta2.dot(Whh.T)) * slope1
    return np.vstack([h2, h1, h0]).T @ np.vstack([delta3, delta2, delta1])


@right("05.1")
def in_float32(u, h0, dh, Whh):
    return sum(walk_back(*(a.astype(np.float32) for a in (u, h0, dh, Whh))))
