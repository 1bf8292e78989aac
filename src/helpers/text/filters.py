"""Choose the next token: filters on logits, and a draw.

A filter takes logits of shape (..., vocab) and returns a new array of that shape in which the
excluded tokens are at minus infinity. It works on logits, before the softmax; what comes in at
minus infinity stays there. Floating-point logits keep their type, whole numbers become float64.
"""

from collections.abc import Sequence

import numpy as np


def temperature(logits: np.ndarray, tau: float) -> np.ndarray:
    """Divide the logits by τ > 0: below 1 the largest gain, above 1 all come closer.

    The limit τ → 0 is `greedy`. Equal to transformers' TemperatureLogitsWarper.
    Raises ValueError if τ is not a positive number.
    """
    if not 0 < tau < np.inf:
        raise ValueError(f"The temperature must be a positive number, not {tau}; use greedy for 0.")
    return _floats(logits) / tau


def greedy(logits: np.ndarray) -> np.ndarray:
    """Keep the largest logit alone; among equals the first."""
    logits = _floats(logits)
    best = logits.argmax(axis=-1, keepdims=True)
    return np.where(np.arange(logits.shape[-1]) == best, logits, -np.inf)


def top_k(logits: np.ndarray, k: int) -> np.ndarray:
    """Keep the k largest logits (Fan, Lewis, Dauphin, 2018); all if k exceeds the vocabulary.

    Logits equal to the k-th largest stay too, so that ties may leave more than k.
    Equal to transformers' TopKLogitsWarper. Raises ValueError if k < 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}.")
    logits = _floats(logits)
    k = min(k, logits.shape[-1])
    kth_largest = np.partition(logits, -k, axis=-1)[..., -k, None]
    return np.where(logits < kth_largest, -np.inf, logits)


def top_p(logits: np.ndarray, p: float) -> np.ndarray:
    """Keep the nucleus (Holtzman et al., 2020): the fewest most probable tokens with mass ≥ p.

    The token that crosses p is inside, so one token always stays; p = 1 keeps all that are
    possible. Equal to transformers' TopPLogitsWarper, which sums in the precision of the logits
    (here float64). Of equal logits at the border both keep only as many as are needed: here those
    with the highest index, there whichever its sort puts last; the kept mass is the same.
    Raises ValueError if p is not in 0 … 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p must be in 0 … 1, not {p}.")
    logits = _floats(logits)
    order = logits.argsort(axis=-1, kind="stable")  # the least probable first
    mass = softmax(np.take_along_axis(logits, order, axis=-1)).cumsum(axis=-1)
    in_order = mass <= 1 - p
    in_order[..., -1] = False
    excluded = np.empty_like(in_order)
    np.put_along_axis(excluded, order, in_order, axis=-1)
    return np.where(excluded, -np.inf, logits)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities in float64, along the last axis; minus infinity becomes 0.

    Raises ValueError if a row holds nan, plus infinity, or minus infinity alone.
    """
    logits = np.asarray(logits, dtype=np.float64)
    largest = logits.max(axis=-1, keepdims=True)
    if not np.isfinite(largest).all():
        raise ValueError("Each row of logits needs a finite largest number.")
    exponentials = np.exp(logits - largest)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def draw(logits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One token per row, with the probabilities softmax(logits); integers, shape (...).

    Takes one uniform number per row from rng: the token is the first whose cumulated probability
    exceeds it. A token of probability 0 is never drawn.
    """
    mass = softmax(logits).cumsum(axis=-1)
    mass /= mass[..., -1:]  # ends with 1 exactly, and the uniform number is below 1
    return (mass <= rng.random(mass.shape[:-1])[..., None]).sum(axis=-1)


def penalise(logits: np.ndarray, tokens: Sequence[int], penalty: float) -> np.ndarray:
    """Logits (V,) with those of `tokens` divided by the penalty, or multiplied where negative.

    Equal to transformers' RepetitionPenaltyLogitsProcessor.
    """
    if penalty == 1:
        return logits
    logits, seen = logits.copy(), np.unique(tokens)
    values = logits[seen]
    logits[seen] = np.where(values < 0, values * penalty, values / penalty)
    return logits


def forbid(
    logits: np.ndarray, tokens: Sequence[int], forbidden: Sequence[Sequence[int]]
) -> np.ndarray:
    """Logits (V,) with minus infinity for each token that would complete a forbidden sequence.

    Equal to transformers' NoBadWordsLogitsProcessor.
    """
    barred = [
        last for *start, last in forbidden if list(tokens[len(tokens) - len(start) :]) == start
    ]
    if not barred:
        return logits
    logits = logits.copy()
    logits[barred] = -np.inf
    if np.isneginf(logits).all():
        raise ValueError("No token can follow: all tokens are forbidden.")
    return logits


def _floats(logits: np.ndarray) -> np.ndarray:
    logits = np.asarray(logits)
    return logits if np.issubdtype(logits.dtype, np.floating) else logits.astype(np.float64)
