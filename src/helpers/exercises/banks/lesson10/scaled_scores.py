"""Exercise 10.1, Scaled scores: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise
from helpers.exercises.functions import softmax

__all__ = ["EXERCISE"]


def scaled_scores(q, k):
    return q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])


def _dot_products(q, k):
    return q @ np.swapaxes(k, -1, -2)


def not_scaled(q, k):
    """Your scores are not scaled. Their variance then grows with d_k, and the softmax saturates:
    divide by the root of d_k."""
    return _dot_products(q, k)


def scaled_by_the_size(q, k):
    """Your function divides by d_k instead of its root. The variance of a dot product is d_k, so
    its standard deviation, which is what you divide by, is the root of d_k."""
    return _dot_products(q, k) / q.shape[-1]


def scaled_by_the_models_width(q, k):
    """Your function divides by the root of the model's width, n_head · d_k. The dot product runs
    over the d_k features of one head, so the root of d_k is right."""
    return _dot_products(q, k) / np.sqrt(q.shape[1] * q.shape[-1])


def scaled_by_the_number_of_keys(q, k):
    """Your function divides by the root of the number of keys. What is summed in a dot product are
    the d_k features, the last axis, not the keys."""
    return _dot_products(q, k) / np.sqrt(k.shape[-2])


def scaled_by_the_number_of_queries(q, k):
    """Your function divides by the root of the number of queries. What is summed in a dot product
    are the d_k features, the last axis."""
    return _dot_products(q, k) / np.sqrt(q.shape[-2])


def scaled_by_the_number_of_heads(q, k):
    """Your function divides by the root of n_head. The dot product runs over the d_k features of
    one head: divide by the root of d_k."""
    return _dot_products(q, k) / np.sqrt(q.shape[1])


def multiplied_by_the_root(q, k):
    """Your function multiplies by the root of d_k. That makes large scores larger still: divide."""
    return _dot_products(q, k) * np.sqrt(q.shape[-1])


def keys_ask_queries(q, k):
    """Your scores are transposed: the keys ask the queries. Row t must hold the scores of query t
    with all keys, so the queries are on the left of the product."""
    return _dot_products(k, q) / np.sqrt(q.shape[-1])


def softmax_already_taken(q, k):
    """Your rows sum to 1: the softmax has been taken already. The scores before it were asked
    for."""
    return softmax(scaled_scores(q, k))


def all_axes_of_the_keys_reversed(q, k):
    """Your function behaves exactly as if the keys were turned by k.T or np.transpose(k), which
    reverse all four axes, batch and heads too. Only the last two change places: use
    np.swapaxes(k, -1, -2)."""
    return q @ k.T / np.sqrt(q.shape[-1])


def keys_not_transposed(q, k):
    """Your function behaves exactly as if it computed q @ k, with the keys as they are. That sums
    over the tokens of k, and works only where there are d_k of them. Put the features of the keys
    in the second place from the end: np.swapaxes(k, -1, -2)."""
    return q @ k / np.sqrt(q.shape[-1])


def cosines(q, k):
    """Your scores are cosines: each dot product is divided by the lengths of its query and its key.
    The lengths stay in; a long key may count for more. Divide by the root of d_k, and by nothing
    else."""
    lengths = np.linalg.norm(q, axis=-1)[..., :, None] * np.linalg.norm(k, axis=-1)[..., None, :]
    return _dot_products(q, k) / lengths


def scaled_cosines(q, k):
    """Your scores are cosines, divided by the root of d_k. Divide by the root and by nothing
    else: the lengths of queries and keys stay in, and a long key may count for more."""
    return cosines(q, k) / np.sqrt(q.shape[-1])


def scaled_scores_cases(rng):
    query = np.array([[[[1.0, 2.0, 0.0, 1.0]]]])
    keys = np.array([[[[1.0, 1.0, 1.0, 1.0], [3.0, 0.0, 5.0, -1.0]]]])
    yield query, keys  # dot products 4 and 2, root 2
    for B, n_head, T, S, d_k in (
        (2, 2, 3, 4, 5),
        (1, 4, 2, 5, 3),
        (3, 1, 1, 2, 7),
        (1, 3, 4, 6, 2),
        (1, 2, 2, 3, 3),  # q @ k has a value here
        (2, 1, 3, 2, 1),  # and q @ k.T here
    ):
        yield rng.normal(size=(B, n_head, T, d_k)), rng.normal(size=(B, n_head, S, d_k))


EXERCISE = Exercise(
    id="10.1",
    title="Scaled scores",
    cases=scaled_scores_cases,
    answer=scaled_scores,
    hints=(
        "Each score is a dot product of a query and a key of the same sample and head.",
        "The @ operator multiplies the last two axes and keeps the others. Keys must be "
        "transposed in these two: np.swapaxes(k, -1, -2).",
        "Divide the product by the root of the last axis' size, np.sqrt(q.shape[-1]).",
    ),
    misconceptions=(
        not_scaled,
        scaled_by_the_size,
        scaled_by_the_models_width,
        scaled_by_the_number_of_keys,
        scaled_by_the_number_of_queries,
        scaled_by_the_number_of_heads,
        multiplied_by_the_root,
        keys_ask_queries,
        softmax_already_taken,
        all_axes_of_the_keys_reversed,
        keys_not_transposed,
        cosines,
        scaled_cosines,
    ),
)
