"""Exercise 10.2, The causal mask: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise
from helpers.exercises.functions import softmax

__all__ = ["EXERCISE"]


def causal_weights(scores):
    allowed = np.tril(np.ones(scores.shape[1:], dtype=bool))
    scores = np.where(allowed, scores, -np.inf)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    return exponentials / exponentials.sum(axis=2, keepdims=True)


def _masked_softmax(scores, allowed, fill=-np.inf, axis=-1):
    return softmax(np.where(allowed, scores, fill), axis)


def _triangle(scores, diagonal=0):
    return np.tri(*scores.shape[1:], diagonal, dtype=bool)


def not_masked(scores):
    """Your function does not mask: every token looks at the future too. Scores of later positions
    must become −∞ before the softmax."""
    return softmax(scores)


def masked_after_the_softmax(scores):
    """Your function sets weights to zero after the softmax, and the rows no longer sum to 1. Mask
    the scores, before the softmax; then what remains is shared out."""
    return softmax(scores) * _triangle(scores)


def zero_times_infinity(scores):
    """Your function adds (1 − allowed) · (−∞) to the scores. Where a token may look that is 0 · ∞,
    which is nan, and so is every weight. Choose instead of multiplying: np.where."""
    return np.full_like(scores, np.nan)


def masked_with_zero(scores):
    """Your masked scores are 0 instead of −∞. A score of 0 is not "no": e⁰ = 1, so the future keeps
    a weight. Use -np.inf, which the softmax turns into exactly 0."""
    return _masked_softmax(scores, _triangle(scores), fill=0.0)


def present_masked_out(scores):
    """Your function masks the present out too: a token may look at those before it, but not at
    itself. Then the first token has nobody to look at, and its row is NaN (0/0). Keep the
    diagonal."""
    return _masked_softmax(scores, _triangle(scores, -1))


def present_masked_with_a_large_number(scores):
    """Your function masks the present out too. Since you write a large negative number for −∞, the
    first row is no NaN but the mean of all tokens, the future among them. Keep the diagonal."""
    return _masked_softmax(scores, _triangle(scores, -1), fill=-1e9)


def present_masked_and_first_row_zero(scores):
    """Your function masks the present out too, and the first token, which then has nobody to look
    at, gets no weights at all. Each row must sum to 1: keep the diagonal."""
    return np.nan_to_num(_masked_softmax(scores, _triangle(scores, -1)))


def upper_for_lower(scores):
    """Your function keeps the upper triangle: tokens look at the future and not at the past. Rows
    ask, columns are asked, so the allowed part is the lower triangle."""
    return _masked_softmax(scores, _triangle(scores).T)


def one_token_too_many(scores):
    """Your triangle is shifted by one: every token may look at the next one, which it should
    predict. The diagonal is the last one allowed."""
    return _masked_softmax(scores, _triangle(scores, 1))


def softmax_over_the_queries(scores):
    """Your mask is right, but the softmax runs over axis 1, the tokens that ask: your columns sum
    to 1. Each row must, so take it over the last axis."""
    return _masked_softmax(scores, _triangle(scores), axis=1)


def scaled_once_more(scores):
    """Your function scales the scores, by the root of T. They come scaled already."""
    return _masked_softmax(scores / np.sqrt(scores.shape[-1]), _triangle(scores))


def softmax_over_the_batch(scores):
    """Your softmax runs over the batch (axis 0). Each query's weights over the keys sum to 1: use
    axis 2."""
    masked = np.where(_triangle(scores), scores, -np.inf)
    with np.errstate(invalid="ignore"):
        weights = softmax(masked, axis=0)
    return np.where(_triangle(scores), weights, 0.0)


def masked_with_minus_hundred(scores):
    """Your hidden scores are −100 where they must be −∞. Where all other scores are lower still,
    the future gets the weight: write -np.inf."""
    return _masked_softmax(scores, _triangle(scores), fill=-100.0)


def softmax_left_out(scores):
    """Your function returns the masked scores. Weights were asked for: take the softmax of each
    row."""
    return np.where(_triangle(scores), scores, -np.inf)


def masked_after_the_softmax_and_renormalised(scores):
    """Your function masks after the softmax and divides by what is left. On paper that is the same.
    But where a later score is 900 higher, all weights of the past have become 0 in the softmax, and
    0/0 is NaN. Mask the scores, before the softmax."""
    weights = softmax(scores) * _triangle(scores)
    return weights / weights.sum(axis=-1, keepdims=True)


def maximum_left_in(scores):
    """Your softmax takes the exponentials of the scores as they are. At 800 they are infinite, at
    −800 they are all 0, and both end in NaN. Subtract each row's maximum first; the weights stay
    the same."""
    exponentials = np.exp(np.where(_triangle(scores), scores, -np.inf))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def maximum_left_in_and_exponentials_masked(scores):
    """Your function takes the exponentials of all scores as they are and multiplies the hidden ones
    by 0. At a score of 800 an exponential is infinite, and ∞/∞ is NaN; so is 0 · ∞ where it was to
    be hidden. Put −∞ for the hidden scores, subtract each row's maximum, and then take exp."""
    exponentials = np.exp(scores) * _triangle(scores)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def true_zeros_masked(scores):
    """Your function hides each score that is 0, as if every 0 were one that np.tril had put there.
    A score of 0 may also be a true one, in the past. Say with a mask of truth values where a token
    may look: np.where(allowed, scores, -np.inf)."""
    lower = np.tril(scores)
    return softmax(np.where(lower == 0, -np.inf, lower))


def causal_weights_cases(rng):
    yield (np.array([[[1.0, 3.0], [2.0, 2.0]]]),)  # the rows 1, 0 and ½, ½
    yield (np.array([[[1.0, 2.0], [0.0, 0.0]]]),)  # a score of 0 is one as any other
    for B, T in ((2, 4), (1, 3), (3, 2), (1, 6)):
        yield (rng.normal(0, 1.5, size=(B, T, T)),)
    yield (np.zeros((1, 1, 1)) + 0.7,)
    yield (rng.normal(-3, 1, size=(2, 3, 3)),)  # a zero would be the largest score
    yield (2.0 * rng.integers(-151, -148, size=(2, 3, 3)),)  # and here even -100; exact in bfloat16
    yield (np.array([[[800.0, 1.0, 2.0], [-800.0, -800.0, 3.0], [800.0, -800.0, 800.0]]]),)
    yield (np.array([[[0.0, 900.0, 1.0], [1.0, 1.0, 901.0], [2.0, 2.0, 2.0]]]),)  # a huge future


EXERCISE = Exercise(
    id="10.2",
    title="The causal mask",
    cases=causal_weights_cases,
    answer=causal_weights,
    hints=(
        "A weight is exactly zero if its score is −∞ before the softmax.",
        "np.tril(np.ones((T, T), dtype=bool)) is True where a token may look.",
        "np.where(allowed, scores, -np.inf), then a softmax over the last axis.",
    ),
    misconceptions=(
        not_masked,
        masked_after_the_softmax,
        masked_with_zero,
        zero_times_infinity,
        present_masked_out,
        present_masked_with_a_large_number,
        present_masked_and_first_row_zero,
        upper_for_lower,
        one_token_too_many,
        softmax_over_the_queries,
        softmax_over_the_batch,
        scaled_once_more,
        masked_with_minus_hundred,
        softmax_left_out,
        masked_after_the_softmax_and_renormalised,
        maximum_left_in,
        maximum_left_in_and_exponentials_masked,
        true_zeros_masked,
    ),
)
