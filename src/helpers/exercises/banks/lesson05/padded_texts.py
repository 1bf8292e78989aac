"""Exercise 05.1: an RNN over texts of different lengths. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def last_states(x, lengths, h, Wxh, Whh, b):
    for t in range(x.shape[1]):
        new = np.tanh(x[:, t] @ Wxh + h @ Whh + b)
        h = np.where((t < lengths)[:, None], new, h)
    return h


def states(x, h, Wxh, Whh, b, step=None):
    """The states before and after every step, T + 1 arrays (B, H), padding read like text."""
    found = [h]
    for t in range(x.shape[1]):
        u = x[:, t] @ Wxh + found[-1] @ Whh + b
        found.append(np.tanh(u) if step is None else step(u, found[-1]))
    return np.stack(found)


def picked(found, steps):
    """Of each text the state after its own number of steps."""
    return found[steps, np.arange(len(steps))]


def padding_read(x, lengths, h, Wxh, Whh, b):
    """Your function behaves exactly as if every text had T steps: the states of the short ones go
    on changing while padding is read. From step t = length on, a text keeps its state."""
    return states(x, h, Wxh, Whh, b)[-1]


def padding_read_as_zeros(x, lengths, h, Wxh, Whh, b):
    """Your function sets the padding to zero, but goes on reading it. A step with the input 0 still
    changes the state, through Whh and b. Where a text has ended, keep its old state."""
    inside = np.arange(x.shape[1]) < lengths[:, None]
    return states(x * inside[:, :, None], h, Wxh, Whh, b)[-1]


def state_erased_at_the_end(x, lengths, h, Wxh, Whh, b):
    """Your function behaves exactly as if the state of a text became 0 after its end: only texts of
    the full length T are right. Either the new state is multiplied by a mask, or the result is
    only filled in while the text lasts. Keep the old state where a text has ended."""
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wxh + h @ Whh + b) * (t < lengths)[:, None]
    return h


def one_step_too_few(x, lengths, h, Wxh, Whh, b):
    """Your function stops each text one step early. Steps are counted from 0, so a text of length n
    reads the steps t = 0 to n − 1: those with t < n."""
    return picked(states(x, h, Wxh, Whh, b), np.maximum(lengths - 1, 0))


def one_step_too_many(x, lengths, h, Wxh, Whh, b):
    """Your function lets each text read one step of padding, where there is one. Steps are counted
    from 0, so a text of length n reads the steps with t < n, not t <= n."""
    return picked(states(x, h, Wxh, Whh, b), np.minimum(lengths + 1, x.shape[1]))


def empty_text_reads_everything(x, lengths, h, Wxh, Whh, b):
    """Your function is right but for empty texts. Their state comes from place −1, which Python
    takes for the last: the state after all padding. An empty text has the state that it began
    with. Put h in front of the list of states, and look at place `lengths`."""
    return picked(states(x, h, Wxh, Whh, b)[1:], lengths - 1)


def empty_text_reads_one_step(x, lengths, h, Wxh, Whh, b):
    """Your function is right but for empty texts: they read one step of padding. An empty text has
    the state that it began with."""
    return picked(states(x, h, Wxh, Whh, b), np.maximum(lengths, 1))


def empty_text_at_zero(x, lengths, h, Wxh, Whh, b):
    """Your function is right but for empty texts: their state is 0. An empty text has the state
    that it began with, its row of h."""
    return last_states(x, lengths, h, Wxh, Whh, b) * (lengths > 0)[:, None]


def early_and_from_the_far_end(x, lengths, h, Wxh, Whh, b):
    """Your function looks one place too early in a list that begins with the state before the first
    step, and for an empty text at place −1, the end. In such a list, the state after n steps is at
    place n."""
    return picked(states(x, h, Wxh, Whh, b), lengths - 1)


def place_after_the_last(x, lengths, h, Wxh, Whh, b):
    """Your function looks one place too far in the list of states, or beyond its end: without the
    state before the first step, the state after n steps is at place n − 1. Put h in front, and it
    is at place n, also for an empty text."""
    return picked(states(x, h, Wxh, Whh, b)[1:], lengths)


def all_as_long_as_the_shortest(x, lengths, h, Wxh, Whh, b):
    """Your function stops all texts where the shortest ends. Each text goes on to its own end,
    while those that have ended keep their states."""
    return states(x, h, Wxh, Whh, b)[lengths.min()]


def all_as_long_as_the_longest(x, lengths, h, Wxh, Whh, b):
    """Your function lets all texts go on until the longest ends, so the others read padding. Each
    text stops at its own end: keep its old state from there on."""
    return states(x, h, Wxh, Whh, b)[lengths.max()]


def only_padding_read(x, lengths, h, Wxh, Whh, b):
    """Your function behaves exactly as if the mask were turned round: the states stay while the
    text lasts, and change in the padding. Take the new state where t < length, the old one
    elsewhere."""
    for t in range(x.shape[1]):
        new = np.tanh(x[:, t] @ Wxh + h @ Whh + b)
        h = np.where((t < lengths)[:, None], h, new)
    return h


def mask_along_the_units(x, lengths, h, Wxh, Whh, b):
    """Your mask has the shape (B,), and beside a state (B, H) NumPy lays it along the units, not
    along the texts. Make it a column, (B, 1), with [:, None]."""
    for t in range(x.shape[1]):
        new = np.tanh(x[:, t] @ Wxh + h @ Whh + b)
        h = np.where(t < lengths, new, h)
    return h


def start_from_zero(x, lengths, h, Wxh, Whh, b):
    """Your function begins at 0 and ignores the states before the first step. They are given as h;
    a text may be the continuation of another."""
    return last_states(x, lengths, 0 * h, Wxh, Whh, b)


def bias_left_out(x, lengths, h, Wxh, Whh, b):
    """Your texts stop at the right places, but the bias is missing: add b before the tanh."""
    return last_states(x, lengths, h, Wxh, Whh, 0 * b)


def tanh_left_out(x, lengths, h, Wxh, Whh, b):
    """Your texts stop at the right places, but the states are the pre-activations. A state is the
    tanh of the sum."""
    return picked(states(x, h, Wxh, Whh, b, lambda u, old: u), lengths)


def old_state_left_out(x, lengths, h, Wxh, Whh, b):
    """Your function behaves exactly as if the old state were not read: h @ Whh is missing. Then
    nothing of the past reaches the next step."""
    return last_states(x, lengths, h, Wxh, 0 * Whh, b)


def recurrent_matrix_transposed(x, lengths, h, Wxh, Whh, b):
    """Your function behaves exactly as if Whh were transposed. Rows are samples here, so the state
    is on the left: h @ Whh. (PyTorch stores the matrix the other way round.)"""
    return last_states(x, lengths, h, Wxh, Whh.T, b)


def last_states_cases(rng):
    # one unit: the first text is a 1, the second a 0 and a 2; the 9 is padding
    x, lengths, one = np.array([[[1.0], [9.0]], [[0.0], [2.0]]]), np.array([1, 2]), np.ones((1, 1))
    yield x, lengths, np.zeros((2, 1)), one, one.copy(), np.zeros(1)
    # the same with a state at the start, a bias, and an empty text
    h = np.array([[1.0], [2.0]])
    yield x, np.array([2, 0]), h, one, np.array([[-2.0]]), np.ones(1)
    for B, T, d, H, lengths in (
        (4, 5, 3, 2, [3, 5, 0, 1]),
        (3, 6, 2, 3, [2, 4, 5]),  # as many texts as units; none has the full length
        (2, 3, 1, 4, [2, 1]),
        (1, 2, 3, 1, [0]),
        (5, 4, 2, 3, [4, 4, 3, 2, 1]),
    ):
        shapes = (B, T, d), (B, H), (d, H), (H, H), (H,)
        x, h, Wxh, Whh, b = (rng.normal(0, 0.8, size=shape) for shape in shapes)
        yield x, np.array(lengths), h, Wxh, Whh, b


EXERCISE = Exercise(
    id="05.1",
    title="Texts of different lengths",
    cases=last_states_cases,
    answer=last_states,
    hints=(
        "In every step some texts still read and others have ended. What is the next state of each "
        "kind?",
        "For step t, t < lengths is true for the texts that still read. As a column, (B, 1), it "
        "decides for whole rows of a state (B, H).",
        "In the loop: new = np.tanh(x[:, t] @ Wxh + h @ Whh + b), then "
        "h = np.where((t < lengths)[:, None], new, h).",
    ),
    misconceptions=(
        padding_read,
        padding_read_as_zeros,
        state_erased_at_the_end,
        one_step_too_few,
        one_step_too_many,
        empty_text_reads_everything,
        empty_text_reads_one_step,
        empty_text_at_zero,
        early_and_from_the_far_end,
        place_after_the_last,
        all_as_long_as_the_shortest,
        all_as_long_as_the_longest,
        only_padding_read,
        mask_along_the_units,
        start_from_zero,
        bias_left_out,
        tanh_left_out,
        old_state_left_out,
        recurrent_matrix_transposed,
    ),
)
