"""Exercise 10.3, Cut into heads: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

__all__ = ["EXERCISE"]


def into_heads(x, n_head):
    B, T, d = x.shape
    return x.reshape(B, T, n_head, d // n_head).swapaxes(1, 2)


def reshaped_only(x, n_head):
    """Your function reshapes and does not swap axes. The shape is right, the contents are not: a
    "head" then holds all features of some tokens. Reshape to (B, T, n_head, d_k), then swap axes 1
    and 2."""
    B, T, d = x.shape
    return x.reshape(B, n_head, T, d // n_head)


def heads_and_batch_swapped(x, n_head):
    """Your heads come first and the batch second. Each head's numbers are right, but the shape
    asked for is (B, n_head, T, d_k)."""
    return np.swapaxes(into_heads(x, n_head), 0, 1)


def heads_not_moved(x, n_head):
    """Your heads are cut out, but come after the time axis: (B, T, n_head, d_k). A product of
    queries and keys would then compare heads of one token. Swap axes 1 and 2."""
    return np.swapaxes(into_heads(x, n_head), 1, 2)


def features_interleaved(x, n_head):
    """Your head h has every n-th feature: h, h + n, h + 2n, … Asked for are neighbours: head 0 has
    the first d_k. Cut the last axis as (n_head, d_k), not (d_k, n_head)."""
    B, T, d = x.shape
    return np.moveaxis(x.reshape(B, T, d // n_head, n_head), 3, 1)


def features_before_time(x, n_head):
    """Your result has the features before the time: (B, n_head, d_k, T). That is the form of the
    keys in the product QKᵀ; asked for is (B, n_head, T, d_k)."""
    return np.swapaxes(into_heads(x, n_head), 2, 3)


def axes_swapped_before_the_cut(x, n_head):
    """Your function swaps time and features first and then cuts: the feature and time axes end up
    mixed. First cut the last axis into (n_head, d_k), then swap axes 1 and 2."""
    B, T, d = x.shape
    return np.swapaxes(x, 1, 2).reshape(B, n_head, T, d // n_head)


def into_heads_cases(rng):
    yield np.arange(8.0).reshape(1, 2, 4), 2
    for B, T, d, n_head in ((2, 3, 8, 2), (1, 4, 6, 3), (2, 5, 12, 4), (3, 2, 4, 2), (1, 1, 6, 2)):
        yield rng.normal(size=(B, T, d)), n_head
    yield rng.normal(size=(2, 3, 5)), 1
    yield rng.normal(size=(2, 2, 3)), 3  # heads of one feature


EXERCISE = Exercise(
    id="10.3",
    title="Cut into heads",
    cases=into_heads_cases,
    answer=into_heads,
    hints=(
        "Two steps: cut the last axis in two, then bring the axes into the order asked for.",
        "A reshape that leaves B and T alone is safe: (B, T, n_head, d // n_head).",
        "After the reshape, swapaxes(1, 2) brings the heads before the time.",
    ),
    misconceptions=(
        reshaped_only,
        heads_and_batch_swapped,
        heads_not_moved,
        features_interleaved,
        features_before_time,
        axes_swapped_before_the_cut,
    ),
)
