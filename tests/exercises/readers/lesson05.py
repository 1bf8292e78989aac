"""Answers to 05.1 and 05.2 as readers write them: wrong ones get their name, right ones pass."""

import numpy as np
from reader_answers import refused, right, wrong

# 05.1


@wrong("05.1", "padding_read")
def as_in_forward(x, lengths, h, Wxh, Whh, b):
    for t in range(max(x.shape[1], *lengths)):
        h = np.tanh(x[:, t] @ Wxh + h @ Whh + b)
    return h


@wrong("05.1", "padding_read_as_zeros")
def padding_blanked(x, lengths, h, Wxh, Whh, b):
    x = x.copy()
    for row, n in enumerate(lengths):
        x[row, n:] = 0
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wxh + h @ Whh + b)
    return h


@wrong("05.1", "state_erased_at_the_end")
def masked_state(x, lengths, h, Wxh, Whh, b):
    mask = np.arange(x.shape[1])[None, :] < lengths[:, None]
    for t in range(x.shape[1]):
        h = mask[:, t, None] * np.tanh(x[:, t] @ Wxh + h @ Whh + b)
    return h


@wrong("05.1", "one_step_too_few")
def up_to_the_last_but_one(x, lengths, h, Wxh, Whh, b):
    h = h.copy()
    for t in range(x.shape[1]):
        on = t < lengths - 1
        h[on] = np.tanh(x[on, t] @ Wxh + h[on] @ Whh + b)
    return h


@wrong("05.1", "one_step_too_many")
def at_most(x, lengths, h, Wxh, Whh, b):
    for t in range(x.shape[1]):
        on = (t <= lengths).reshape(-1, 1)
        h = on * np.tanh(x[:, t] @ Wxh + h @ Whh + b) + ~on * h
    return h


@wrong("05.1", "empty_text_reads_everything")
def last_of_each_list(x, lengths, h, Wxh, Whh, b):
    found = []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wxh + h @ Whh + b)
        found.append(h)
    return np.array([found[n - 1][row] for row, n in enumerate(lengths)])


@wrong("05.1", "empty_text_reads_one_step")
def stop_when_done(x, lengths, h, Wxh, Whh, b):
    rows = []
    for text, n, state in zip(x, lengths, h, strict=True):
        for t, x_t in enumerate(text, start=1):
            state = np.tanh(x_t @ Wxh + state @ Whh + b)
            if t >= n:
                break
        rows.append(state)
    return np.stack(rows)


@wrong("05.1", "empty_text_at_zero")
def filled_in(x, lengths, h, Wxh, Whh, b):
    result = np.zeros_like(h)
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wxh + h @ Whh + b)
        result[lengths == t + 1] = h[lengths == t + 1]
    return result


@wrong("05.1", "early_and_from_the_far_end")
def one_too_early_in_the_list(x, lengths, h, Wxh, Whh, b):
    found = [h]
    for t in range(x.shape[1]):
        found.append(np.tanh(x[:, t] @ Wxh + found[t] @ Whh + b))
    return np.stack(found, axis=1)[np.arange(len(x)), lengths - 1]


@wrong("05.1", "place_after_the_last")
def place_n(x, lengths, h, Wxh, Whh, b):
    found = []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wxh + h @ Whh + b)
        found.append(h)
    return np.stack(found, axis=1)[np.arange(len(x)), lengths]


@wrong("05.1", "mask_along_the_units")
def row_for_a_column(x, lengths, h, Wxh, Whh, b):
    for t in range(x.shape[1]):
        on = (lengths > t).astype(float)
        h = on * np.tanh(x[:, t] @ Wxh + h @ Whh + b) + (1 - on) * h
    return h


@wrong("05.1", "all_as_long_as_the_shortest")
def loop_to_the_minimum(x, lengths, h, Wxh, Whh, b):
    for t in range(min(lengths)):
        h = np.tanh(x[:, t] @ Wxh + h @ Whh + b)
    return h


@refused("05.1", "wrong", "Your function never uses lengths.")
def padding_and_no_tanh(x, lengths, h, Wxh, Whh, b):
    for t in range(x.shape[1]):
        h = x[:, t] @ Wxh + h @ Whh + b
    return h


@right("05.1")
def text_by_text(x, lengths, h, Wxh, Whh, b):
    rows = []
    for text, n, state in zip(x, lengths, h, strict=True):
        for x_t in text[:n]:
            state = np.tanh(x_t @ Wxh + state @ Whh + b)
        rows.append(list(state))
    return rows


@right("05.1")
def in_place_while_they_last(x, lengths, h, Wxh, Whh, b):
    for t in range(max(lengths)):
        on = lengths > t
        h[on] = np.tanh(x[on, t] @ Wxh + h[on] @ Whh + b)
    return h


@right("05.1")
def all_states_and_then_the_place(x, lengths, h, Wxh, Whh, b):
    found = [h]
    for x_t in np.moveaxis(x, 1, 0):
        found.append(np.tanh(np.hstack([x_t, found[-1]]) @ np.vstack([Wxh, Whh]) + b))
    return np.take_along_axis(np.array(found), lengths[None, :, None], axis=0)[0]


@right("05.1")
def torch_in_float32(x, lengths, h, Wxh, Whh, b):
    import torch

    x, h, Wxh, Whh, b = (torch.tensor(a, dtype=torch.float32) for a in (x, h, Wxh, Whh, b))
    for t in range(x.shape[1]):
        on = torch.tensor(lengths)[:, None] > t
        h = torch.where(on, torch.tanh(x[:, t] @ Wxh + h @ Whh + b), h)
    return h


# 05.2


@wrong("05.2", "loop_forwards_in_time")
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


@wrong("05.2", "mean_over_the_steps")
def mean_of_the_terms(u, h0, dh, Whh):
    return np.mean(walk_back(u, h0, dh, Whh), axis=0)


@wrong("05.2", "mean_over_the_batch")
def sum_over_the_batch_size(u, h0, dh, Whh):
    return sum(walk_back(u, h0, dh, Whh)) / u.shape[1]


@wrong("05.2", "mean_over_batch_and_steps")
def mean_over_everything(u, h0, dh, Whh):
    return sum(walk_back(u, h0, dh, Whh)) / (u.shape[0] * u.shape[1])


@wrong("05.2", "state_after_instead_of_before")
def states_one_late(u, h0, dh, Whh):
    h, dW, flow = np.tanh(u), 0, 0
    for t in (2, 1, 0):
        delta = (dh[t] + flow) * (1 - h[t] ** 2)
        dW = dW + np.einsum("bi,bj->ij", h[t], delta)
        flow = delta @ Whh.T
    return dW


@wrong("05.2", "first_step_only")
def overwritten(u, h0, dh, Whh):
    h, flow, dW = [h0, *np.tanh(u)], 0, None
    for t in reversed(range(3)):
        delta = (dh[t] + flow) * (1 - h[t + 1] ** 2)
        dW = h[t].T @ delta
        flow = delta @ Whh.T
    return dW


@wrong("05.2", "last_state_before_the_first_step")
def round_the_corner(u, h0, dh, Whh):
    h, flow, dW = np.tanh(u), np.zeros_like(h0), 0
    for t in reversed(range(3)):
        delta = (dh[t] + flow) * (1 - h[t] ** 2)
        dW += h[t - 1].T @ delta
        flow = delta @ Whh.T
    return dW


@wrong("05.2", "slope_one_step_early")
def place_mixed_up(u, h0, dh, Whh):
    h, flow, dW = np.concatenate([h0[None], np.tanh(u)]), 0, 0
    for t in reversed(range(3)):
        delta = (dh[t] + flow) * (1 - h[t] * h[t])
        dW += h[t].T @ delta
        flow = delta @ Whh.T
    return dW


@right("05.2")
def autograd(u, h0, dh, Whh):
    import torch

    W = torch.tensor(Whh, requires_grad=True)
    h, loss = torch.tensor(h0), 0
    for t in range(3):
        rest = torch.tensor(u[t]) - (h @ W).detach()  # what the input and the bias added
        h = torch.tanh(h @ W + rest)
        loss = loss + (h * torch.tensor(dh[t])).sum()
    return torch.autograd.grad(loss, W)[0]


@right("05.2")
def written_out_with_cosh(u, h0, dh, Whh):
    h1, h2, _ = np.tanh(u)
    slope1, slope2, slope3 = 1 / np.cosh(u) ** 2
    delta3 = dh[2] * slope3
    delta2 = (dh[1] + delta3.dot(Whh.T)) * slope2
    delta1 = (dh[0] + delta2.dot(Whh.T)) * slope1
    return np.vstack([h2, h1, h0]).T @ np.vstack([delta3, delta2, delta1])


@right("05.2")
def in_float32(u, h0, dh, Whh):
    return sum(walk_back(*(a.astype(np.float32) for a in (u, h0, dh, Whh))))
