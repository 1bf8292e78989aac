"""Exercise 10.6, Cross-attention: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise
from helpers.exercises.functions import softmax

__all__ = ["EXERCISE"]


def cross_attention(x, memory, Wq, Wk, Wv):
    q, k, v = x @ Wq, memory @ Wk, memory @ Wv
    scores = q @ np.swapaxes(k, 1, 2) / np.sqrt(q.shape[-1])
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    return exponentials / exponentials.sum(axis=2, keepdims=True) @ v


def _attention(q, k, v, scale=None, mask=None):
    scores = q @ np.swapaxes(k, 1, 2) / (scale or np.sqrt(q.shape[-1]))
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return softmax(scores) @ v


def self_attention_on_x(x, memory, Wq, Wk, Wv):
    """Your function never looks at the memory: queries, keys and values are all made of x. That is
    self-attention. Keys and values come from the memory."""
    return _attention(x @ Wq, x @ Wk, x @ Wv)


def self_attention_on_the_memory(x, memory, Wq, Wk, Wv):
    """Your function never looks at x: queries, keys and values are all made of the memory. The
    tokens of x ask, so the queries come from x."""
    return _attention(memory @ Wq, memory @ Wk, memory @ Wv)


def roles_swapped(x, memory, Wq, Wk, Wv):
    """Your function lets the memory ask and x answer: one row for each token of the memory. The
    queries come from x, keys and values from the memory."""
    return _attention(memory @ Wq, x @ Wk, x @ Wv)


def queries_and_keys_from_x(x, memory, Wq, Wk, Wv):
    """Your queries and keys both come from x, and only the values from the memory. The weights then
    say how tokens of x agree with each other, and are used on other tokens. A key and its value
    belong to one token, so both come from the memory."""
    return _attention(x @ Wq, x @ Wk, memory @ Wv)


def queries_and_keys_from_the_memory(x, memory, Wq, Wk, Wv):
    """Your queries and keys both come from the memory, and only the values from x. The tokens of x
    ask: queries from x, keys and values from the memory."""
    return _attention(memory @ Wq, memory @ Wk, x @ Wv)


def values_from_x(x, memory, Wq, Wk, Wv):
    """Your keys come from the memory, but your values from x. What is found must be what is
    returned: the values come from the memory too."""
    return _attention(x @ Wq, memory @ Wk, x @ Wv)


def causal_mask_kept(x, memory, Wq, Wk, Wv):
    """Your function keeps the causal mask: token t of x sees only the first t tokens of the memory.
    The memory is known from the start, so every token may look at all of it."""
    mask = np.tri(x.shape[1], memory.shape[1], dtype=bool)
    return _attention(x @ Wq, memory @ Wk, memory @ Wv, mask=mask)


def scores_not_scaled(x, memory, Wq, Wk, Wv):
    """Your function forgets to scale the scores: divide them by the root of d_k."""
    return _attention(x @ Wq, memory @ Wk, memory @ Wv, scale=1.0)


def scores_scaled_by_the_models_width(x, memory, Wq, Wk, Wv):
    """Your scores are divided by the root of d, the width of x. The dot products run over the d_k
    columns of the queries and keys: divide by the root of d_k."""
    return _attention(x @ Wq, memory @ Wk, memory @ Wv, scale=np.sqrt(x.shape[-1]))


def scores_divided_by_the_size(x, memory, Wq, Wk, Wv):
    """Your scores are divided by d_k instead of its root."""
    return _attention(x @ Wq, memory @ Wk, memory @ Wv, scale=Wk.shape[1])


def softmax_left_out_of_attention(x, memory, Wq, Wk, Wv):
    """Your scores are used as weights as they are. The softmax over the memory makes them positive
    and sum to 1."""
    scores = x @ Wq @ np.swapaxes(memory @ Wk, 1, 2) / np.sqrt(Wk.shape[1])
    return scores @ (memory @ Wv)


def keys_and_values_exchanged(x, memory, Wq, Wk, Wv):
    """Your function makes the keys with Wv and the values with Wk: exchange the two."""
    return _attention(x @ Wq, memory @ Wv, memory @ Wk)


def queries_and_keys_exchanged(x, memory, Wq, Wk, Wv):
    """Your function makes the queries with Wk and the keys with Wq: exchange the two."""
    return _attention(x @ Wk, memory @ Wq, memory @ Wv)


def softmax_over_x(x, memory, Wq, Wk, Wv):
    """Your softmax runs over the tokens that ask (axis 1). Each token of x shares out its own
    attention, so the weights sum to 1 over the memory, the last axis of the scores."""
    q, k, v = x @ Wq, memory @ Wk, memory @ Wv
    return softmax(q @ np.swapaxes(k, 1, 2) / np.sqrt(q.shape[-1]), axis=1) @ v


def maximum_left_in(x, memory, Wq, Wk, Wv):
    """Your softmax takes the exponentials of the scores as they are. At a score of 800 they are
    infinite, and ∞/∞ is NaN. Subtract each row's maximum first; the weights stay the same."""
    q, k, v = x @ Wq, memory @ Wk, memory @ Wv
    exponentials = np.exp(q @ np.swapaxes(k, 1, 2) / np.sqrt(q.shape[-1]))
    return exponentials / exponentials.sum(axis=-1, keepdims=True) @ v


def weights_returned(x, memory, Wq, Wk, Wv):
    """Your function returns the attention weights, (B, T, T'). The output was asked for: with these
    weights, sum the values, weights @ v."""
    q, k = x @ Wq, memory @ Wk
    return softmax(q @ np.swapaxes(k, 1, 2) / np.sqrt(q.shape[-1]))


def residual_added(x, memory, Wq, Wk, Wv):
    """Your function behaves exactly as if it added x to the output. The residual connection belongs
    to the block around the attention. Here it does not even fit where d and d_k differ."""
    return x + cross_attention(x, memory, Wq, Wk, Wv)


def cross_attention_cases(rng):
    x = np.array([[[1.0, 0.0]]])  # its query is 0, so both weights are ½
    memory = np.array([[[2.0, 1.0], [4.0, 3.0]]])
    Wq, Wk, Wv = np.array([[0.0], [1.0]]), np.array([[1.0], [1.0]]), np.array([[1.0], [0.0]])
    yield x, memory, Wq, Wk, Wv
    x, memory = np.array([[[40.0, 0.0], [0.0, 40.0]]]), np.array([[[10.0, 0], [0, 10], [-10, 0]]])
    Wk = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0]])
    yield x, memory, Wk, Wk, np.arange(8.0).reshape(2, 4)  # scores of 800, 0 and −800
    for B, T, S, d, d_k in ((2, 3, 4, 5, 2), (1, 4, 4, 6, 2), (2, 3, 5, 4, 6), (3, 1, 2, 5, 3)):
        x, memory = rng.normal(size=(B, T, d)), rng.normal(size=(B, S, d))
        yield x, memory, *rng.normal(size=(3, d, d_k))
    yield rng.normal(size=(1, 5, 3)), rng.normal(size=(1, 2, 3)), *rng.normal(size=(3, 3, 4))
    yield rng.normal(size=(2, 2, 3)), rng.normal(size=(2, 4, 3)), *rng.normal(size=(3, 3, 3))


EXERCISE = Exercise(
    id="10.6",
    title="Cross-attention",
    cases=cross_attention_cases,
    answer=cross_attention,
    hints=(
        "Who asks, and who is asked? The one makes queries, the other keys and values.",
        "q = x @ Wq, k = memory @ Wk, v = memory @ Wv; the scores have shape (B, T, T').",
        "Softmax over the last axis of q @ kᵀ / √d_k, with no mask, then times v.",
    ),
    misconceptions=(
        self_attention_on_x,
        self_attention_on_the_memory,
        roles_swapped,
        queries_and_keys_from_x,
        queries_and_keys_from_the_memory,
        values_from_x,
        causal_mask_kept,
        scores_not_scaled,
        scores_scaled_by_the_models_width,
        scores_divided_by_the_size,
        softmax_left_out_of_attention,
        keys_and_values_exchanged,
        queries_and_keys_exchanged,
        softmax_over_x,
        maximum_left_in,
        weights_returned,
        residual_added,
    ),
)
