"""Choose the next token: filters on logits, and a draw.

A filter takes logits of shape (..., vocab) and returns a new array of that shape in which the
excluded tokens are at minus infinity. It works on logits, before the softmax; what comes in at
minus infinity stays there. Floating-point logits keep their type, whole numbers become float64.
"""

import operator
from collections.abc import Sequence

import numpy as np

__all__ = [
    "check_controls",
    "draw",
    "forbid",
    "greedy",
    "penalise",
    "softmax",
    "temperature",
    "top_k",
    "top_p",
    "whole",
]


def temperature(logits: np.ndarray, tau: float) -> np.ndarray:
    """Divide the logits by τ > 0: below 1 the largest gain, above 1 all come closer.

    The limit τ → 0 is `greedy`. Equal to transformers' TemperatureLogitsWarper, but for a τ so
    small that the quotients overflow: then the largest logit becomes 0, which changes no
    probability, and what is below it tends to minus infinity.

    Raises:
        ValueError: τ is not a positive number.
    """
    _positive("The temperature", tau)
    logits = _floats(logits)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        divided = logits / tau
        if not np.isfinite(divided.max(axis=-1)).all():
            below = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
            divided = (below / tau).astype(logits.dtype)
    return divided


def greedy(logits: np.ndarray) -> np.ndarray:
    """Keep only the largest logit; among equals the first."""
    logits = _floats(logits)
    best = logits.argmax(axis=-1, keepdims=True)
    return np.where(np.arange(logits.shape[-1]) == best, logits, -np.inf)


def top_k(logits: np.ndarray, k: int) -> np.ndarray:
    """Keep the k largest logits (Fan, Lewis, Dauphin, 2018); all if k exceeds the vocabulary.

    Logits equal to the k-th largest stay too, so that ties may leave more than k.
    Equal to transformers' TopKLogitsWarper.

    Raises:
        ValueError: k is not a whole number of at least 1.
    """
    logits = _floats(logits)
    k = min(whole(k, "k", least=1), logits.shape[-1])
    kth_largest = np.partition(logits, -k, axis=-1)[..., -k, None]
    return np.where(logits < kth_largest, -np.inf, logits)


def top_p(logits: np.ndarray, p: float) -> np.ndarray:
    """Keep the nucleus (Holtzman et al., 2020): the fewest most probable tokens with mass ≥ p.

    The token that crosses p is inside, so one token always stays; p = 1 keeps all that are
    possible. Equal to transformers' TopPLogitsWarper, which sums in the precision of the logits
    (here float64). Of equal logits at the border both keep only as many as are needed: here those
    with the highest index, there whichever its sort puts last; the kept mass is the same.

    Raises:
        ValueError: p is not a number in 0 … 1.
    """
    _share("p", p)
    logits = _floats(logits)
    tokens = _possible(logits)
    some = logits[..., tokens]
    order = some.argsort(axis=-1, kind="stable")  # the least probable first
    mass = softmax(np.take_along_axis(some, order, axis=-1)).cumsum(axis=-1)
    in_order = mass <= 1 - p
    in_order[..., -1] = False
    excluded = np.empty_like(in_order)
    np.put_along_axis(excluded, order, in_order, axis=-1)
    kept = np.full_like(logits, -np.inf)
    kept[..., tokens] = np.where(excluded, -np.inf, some)
    return kept


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities in float64, along the last axis; minus infinity becomes 0.

    Raises:
        ValueError: a row holds nan, plus infinity, or nothing but minus infinity.
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
    logits = _floats(logits)
    tokens = _possible(logits)
    mass = softmax(logits[..., tokens]).cumsum(axis=-1)
    mass /= mass[..., -1:]  # ends with 1 exactly, and the uniform number is below 1
    return tokens[(mass <= rng.random(mass.shape[:-1])[..., None]).sum(axis=-1)]


def penalise(logits: np.ndarray, tokens: Sequence[int], penalty: float) -> np.ndarray:
    """Logits (V,) with those of `tokens` divided by the penalty, or multiplied where negative.

    Keskar et al., 2019; equal to transformers' RepetitionPenaltyLogitsProcessor.

    Raises:
        ValueError: the penalty is not a positive number.
    """
    _positive("The repetition penalty", penalty)
    logits = _floats(logits).copy()
    seen = np.unique(np.asarray(tokens, dtype=int))
    values = logits[seen]
    logits[seen] = np.where(values < 0, values * penalty, values / penalty)
    return logits


def forbid(
    logits: np.ndarray, tokens: Sequence[int], forbidden: Sequence[Sequence[int]]
) -> np.ndarray:
    """Logits (V,) with minus infinity for each token that would complete a forbidden sequence.

    tokens: what was read and written so far. Equal to transformers' NoBadWordsLogitsProcessor.

    Raises:
        ValueError: no token is left.
    """
    logits = _floats(logits).copy()
    for *start, last in forbidden:
        if list(tokens[len(tokens) - len(start) :]) == start:
            logits[last] = -np.inf
    if np.isneginf(logits).all():
        raise ValueError("No token can follow: all tokens are forbidden.")
    return logits


def check_controls(
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    repetition_penalty: float = 1.0,
) -> None:
    """Check the controls of a generation before it begins; temperature 0 is greedy choice.

    Raises:
        ValueError: one of them is out of its range, in one sentence.
    """
    if not (_is_number(temperature) and temperature == 0):
        _positive("The temperature", temperature)
    if top_k is not None:
        whole(top_k, "top_k", least=1)
    if top_p is not None:
        _share("top_p", top_p)
    _positive("The repetition penalty", repetition_penalty)


def whole(value, name: str, least: int) -> int:
    """A whole number of at least `least`; a float, a text or a truth value is none.

    Raises:
        ValueError: it is another thing, in one sentence that names it.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    return number


def _positive(name: str, value) -> None:
    if not (_is_number(value) and 0 < value < np.inf):
        raise ValueError(f"{name} must be a positive number, not {value!r}.")


def _share(name: str, value) -> None:
    if not (_is_number(value) and 0 <= value <= 1):
        raise ValueError(f"{name} must be a number in 0 … 1, not {value!r}.")


def _is_number(value) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _possible(logits: np.ndarray) -> np.ndarray:
    """The tokens that are possible in some row, or all if there are none.

    After top-k these are few, and to sort or cumulate only them takes a tenth of the time.
    """
    possible = ~np.isneginf(logits).reshape(-1, logits.shape[-1]).all(axis=0)
    return np.flatnonzero(possible) if possible.any() else np.arange(len(possible))


def _floats(logits: np.ndarray) -> np.ndarray:
    logits = np.asarray(logits)
    return logits if np.issubdtype(logits.dtype, np.floating) else logits.astype(np.float64)
