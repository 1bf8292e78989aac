"""Exercise 05.7: one GRU step. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise
from helpers.exercises.functions import sigmoid


def gru_step(x, h, Wx, Wh, b):
    def sigmoid(u):
        return 1 / (1 + np.exp(-u))

    H = h.shape[1]
    reset, keep, candidate = np.split(x @ Wx + b, 3, axis=1)
    reset = sigmoid(reset + h @ Wh[:, :H])
    keep = sigmoid(keep + h @ Wh[:, H : 2 * H])
    candidate = np.tanh(candidate + (reset * h) @ Wh[:, 2 * H :])
    return keep * h + (1 - keep) * candidate


def gates(x, h, Wx, Wh, b, squash=sigmoid):
    """The two gates, (B, H) each."""
    H = h.shape[1]
    reset, keep = np.split((x @ Wx + h @ Wh + b)[:, : 2 * H], 2, axis=1)
    return squash(reset), squash(keep)


def inner(x, seen, Wx, Wh, b):
    """The candidate's pre-activation, of the input and what is seen of the old state."""
    H = seen.shape[1]
    return x @ Wx[:, 2 * H :] + seen @ Wh[:, 2 * H :] + b[2 * H :]


def ordered(blocks, Wx, Wh, b):
    """The weights with their three blocks of columns in another order."""
    return [
        np.concatenate([np.split(W, 3, axis=-1)[k] for k in blocks], axis=-1) for W in (Wx, Wh, b)
    ]


def keep_gate_turned_round(x, h, Wx, Wh, b):
    """Your keep gate works the other way round: it lets the candidate in and keeps the share 1 − k.
    Some texts define it so. Here k is the share that stays: h ← k · h + (1 − k) · g."""
    reset, keep = gates(x, h, Wx, Wh, b)
    return (1 - keep) * h + keep * np.tanh(inner(x, reset * h, Wx, Wh, b))


def reset_after_the_product(x, h, Wx, Wh, b):
    """Your reset gate multiplies the product of h and its matrix, as PyTorch does. That is a sound
    convention, but here it works on the state before the product: (r · h) @ W."""
    H = h.shape[1]
    reset, keep = gates(x, h, Wx, Wh, b)
    inside = x @ Wx[:, 2 * H :] + reset * (h @ Wh[:, 2 * H :]) + b[2 * H :]
    return keep * h + (1 - keep) * np.tanh(inside)


def reset_gate_unused(x, h, Wx, Wh, b):
    """Your candidate sees the whole old state: the reset gate is not used. A product of all three
    blocks at once, as in the LSTM, does that. The candidate sees r · h only."""
    _, keep = gates(x, h, Wx, Wh, b)
    return keep * h + (1 - keep) * np.tanh(inner(x, h, Wx, Wh, b))


def reset_of_everything(x, h, Wx, Wh, b):
    """Your reset gate multiplies the candidate's whole pre-activation, input and bias included. It
    works on the old state alone: (r · h) @ W."""
    reset, keep = gates(x, h, Wx, Wh, b)
    return keep * h + (1 - keep) * np.tanh(reset * inner(x, h, Wx, Wh, b))


def candidate_multiplied_by_reset(x, h, Wx, Wh, b):
    """Your reset gate multiplies the finished candidate. It works inside the tanh, on the old state
    alone: (r · h) @ W."""
    reset, keep = gates(x, h, Wx, Wh, b)
    return keep * h + (1 - keep) * reset * np.tanh(inner(x, h, Wx, Wh, b))


def reset_of_the_kept_state(x, h, Wx, Wh, b):
    """Your reset gate changes the state that is kept, too: k · r · h. The candidate alone sees
    r · h; what stays is k · h. Is h overwritten by the product?"""
    reset, keep = gates(x, h, Wx, Wh, b)
    seen = reset * h
    return keep * seen + (1 - keep) * np.tanh(inner(x, seen, Wx, Wh, b))


def blocks_keep_first(x, h, Wx, Wh, b):
    """Your function behaves exactly as if the keep gate came first, as in Keras. Here the order is
    reset, keep, candidate, as in PyTorch."""
    return gru_step(x, h, *ordered((1, 0, 2), Wx, Wh, b))


def blocks_candidate_first(x, h, Wx, Wh, b):
    """Your function behaves exactly as if the candidate's block came first, then reset and keep.
    Here the order is reset, keep, candidate."""
    return gru_step(x, h, *ordered((1, 2, 0), Wx, Wh, b))


def blocks_candidate_second(x, h, Wx, Wh, b):
    """Your function behaves exactly as if the order were reset, candidate, keep. Here it is reset,
    keep, candidate."""
    return gru_step(x, h, *ordered((0, 2, 1), Wx, Wh, b))


def gates_without_sigmoid(x, h, Wx, Wh, b):
    """Your function uses the pre-activations of r and k as gates. A gate lies between 0 and 1: put
    both through the sigmoid."""
    reset, keep = gates(x, h, Wx, Wh, b, squash=np.asarray)
    return keep * h + (1 - keep) * np.tanh(inner(x, reset * h, Wx, Wh, b))


def sigmoid_on_the_candidate(x, h, Wx, Wh, b):
    """Your function behaves exactly as if the candidate went through a sigmoid like the gates. Then
    the state could never become negative. The candidate is a tanh."""
    reset, keep = gates(x, h, Wx, Wh, b)
    return keep * h + (1 - keep) * sigmoid(inner(x, reset * h, Wx, Wh, b))


def tanh_forgotten(x, h, Wx, Wh, b):
    """Your candidate is its pre-activation: the tanh is missing. Without it, the state can grow
    without limit."""
    reset, keep = gates(x, h, Wx, Wh, b)
    return keep * h + (1 - keep) * inner(x, reset * h, Wx, Wh, b)


def candidate_added_whole(x, h, Wx, Wh, b):
    """Your function adds the whole candidate to what is kept. It gets only the share that is free,
    1 − k, so that the state stays between its old value and the candidate."""
    reset, keep = gates(x, h, Wx, Wh, b)
    return keep * h + np.tanh(inner(x, reset * h, Wx, Wh, b))


def reset_gate_as_input_gate(x, h, Wx, Wh, b):
    """Your reset gate decides how much of the candidate is added, like the LSTM's input gate:
    k · h + r · g. Here r works inside the candidate, and what is added has the share 1 − k."""
    reset, keep = gates(x, h, Wx, Wh, b)
    return keep * h + reset * np.tanh(inner(x, h, Wx, Wh, b))


def tanh_once_more(x, h, Wx, Wh, b):
    """Your function takes a tanh of the new state, as the LSTM does of its cell state. The GRU's
    new state is k · h + (1 − k) · g itself."""
    return np.tanh(gru_step(x, h, Wx, Wh, b))


def biases_left_out(x, h, Wx, Wh, b):
    """Your function behaves exactly as if there were no bias: each block has its own part of b."""
    return gru_step(x, h, Wx, Wh, 0 * b)


def candidate_bias_left_out(x, h, Wx, Wh, b):
    """Your gates are right, but the candidate has no bias: the last H numbers of b belong to it."""
    H = h.shape[1]
    return gru_step(x, h, Wx, Wh, np.concatenate([b[: 2 * H], 0 * b[2 * H :]]))


def gates_do_not_see_the_state(x, h, Wx, Wh, b):
    """Your gates see the input only: h @ Wh is missing in their pre-activations. Both gates read
    the old state, whole, not reset."""
    reset, keep = gates(x, 0 * h, Wx, Wh, b)
    return keep * h + (1 - keep) * np.tanh(inner(x, reset * h, Wx, Wh, b))


def keep_gate_sees_the_reset_state(x, h, Wx, Wh, b):
    """Your keep gate reads r · h. Only the candidate sees the reset state; both gates read the
    whole h."""
    reset, _ = gates(x, h, Wx, Wh, b)
    _, keep = gates(x, reset * h, Wx, Wh, b)
    return keep * h + (1 - keep) * np.tanh(inner(x, reset * h, Wx, Wh, b))


def candidate_for_the_state(x, h, Wx, Wh, b):
    """Your function returns the candidate. The new state mixes it with the old one:
    k · h + (1 − k) · g."""
    reset, _ = gates(x, h, Wx, Wh, b)
    return np.tanh(inner(x, reset * h, Wx, Wh, b))


def blocks_interleaved(x, h, Wx, Wh, b):
    """Your function takes the three blocks of one unit from three columns side by side, as if the
    columns were ordered by units. The first H columns are the reset gate's, the next H the keep
    gate's, the last H the candidate's."""
    places = np.concatenate([np.arange(k, len(b), 3) for k in range(3)])
    return gru_step(x, h, Wx[:, places], Wh[:, places], b[places])


def gru_step_cases(rng):
    # one unit: the reset gate is σ(0) = ½, the keep gate σ(1), the candidate tanh(1 + ½ · 2 − 1)
    Wx, Wh, b = [[0.0, -1.0, 1.0]], [[0.0, 1.0, 1.0]], [0.0, 0.0, -1.0]
    yield tuple(map(np.array, ([[1.0]], [[2.0]], Wx, Wh, b)))
    # two units that feed each other, without input
    Wh = np.array([[0.0, 1, 1, 0, 0, 2], [-1, 0, 0, 1, 2, 0]])
    yield np.zeros((1, 1)), np.array([[1.0, -1.0]]), np.zeros((1, 6)), Wh, np.zeros(6)
    for B, d, H in ((2, 3, 4), (1, 2, 2), (3, 3, 3), (4, 4, 1)):
        shapes = ((B, d), (B, H), (d, 3 * H), (H, 3 * H), (3 * H,))
        yield tuple(rng.normal(size=shape) for shape in shapes)


EXERCISE = Exercise(
    id="05.7",
    title="One GRU step",
    cases=gru_step_cases,
    answer=gru_step,
    hints=(
        "The candidate waits for the reset gate, so its product with the state comes second.",
        "With H = h.shape[1], the gates use the first 2H columns of all three, the candidate the "
        "last H. Both gates read h; the candidate reads r · h.",
        "u = x @ Wx[:, :2*H] + h @ Wh[:, :2*H] + b[:2*H] holds both gates. Then "
        "g = np.tanh(x @ Wx[:, 2*H:] + (r * h) @ Wh[:, 2*H:] + b[2*H:]), and k * h + (1 - k) * g.",
    ),
    misconceptions=(
        keep_gate_turned_round,
        reset_after_the_product,
        reset_gate_unused,
        reset_of_everything,
        candidate_multiplied_by_reset,
        reset_of_the_kept_state,
        blocks_keep_first,
        blocks_candidate_first,
        blocks_candidate_second,
        gates_without_sigmoid,
        sigmoid_on_the_candidate,
        tanh_forgotten,
        candidate_added_whole,
        reset_gate_as_input_gate,
        tanh_once_more,
        biases_left_out,
        candidate_bias_left_out,
        gates_do_not_see_the_state,
        keep_gate_sees_the_reset_state,
        candidate_for_the_state,
        blocks_interleaved,
    ),
)
