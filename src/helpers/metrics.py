"""Measures of how good a model is; library functions where they exist."""

import math
from collections.abc import Sequence

import numpy as np


def accuracy(predictions, labels) -> float:
    """Share of the predicted classes that equal the labels; both have shape (N,).

    Raises:
        ValueError: the shapes differ or the arrays are empty.
    """
    predictions, labels = np.asarray(predictions), np.asarray(labels)
    if predictions.shape != labels.shape or predictions.ndim != 1 or not predictions.size:
        raise ValueError(
            f"Predicted classes and labels must both have shape (N,) with N ≥ 1, "
            f"not {predictions.shape} and {labels.shape}."
        )
    return float((predictions == labels).mean())


def confusion_matrix(predictions, labels, classes: int) -> np.ndarray:
    """Counts of shape (classes, classes): row = true class, column = predicted class.

    Raises:
        ValueError: the shapes differ, or a class is not in 0 … classes − 1.
    """
    from sklearn.metrics import confusion_matrix

    seen = np.concatenate([np.asarray(predictions), np.asarray(labels)])
    if not np.isin(seen, np.arange(classes)).all():
        raise ValueError(f"Every class must be a whole number from 0 to {classes - 1}.")
    return confusion_matrix(labels, predictions, labels=np.arange(classes))


def perplexity(log_probs) -> float:
    """exp of the mean negative log-probability per token; log_probs: natural, any shape.

    It depends on what a token is: compare models with different tokens per character instead.

    Raises:
        ValueError: there is none, one is nan, or one is above 0.
    """
    log_probs = _log_probs(log_probs)
    return float(np.exp(-log_probs.mean()))


def nats_per_character(log_probs, characters: int) -> float:
    """Negative log-likelihood of a text divided by its length in characters.

    The unit in which models with different tokens (characters, words, pieces of words) compare.
    For a model of pieces it is an upper bound: it counts one of the ways to spell the text.

    log_probs: natural, one per token, any shape. characters: the length of the text that these
    tokens spell, separators included; of tokens that are given and not predicted, neither the
    log-probability nor the characters count.

    Raises:
        ValueError: there is none, one is nan or above 0, or characters < 1.
    """
    if characters < 1:
        raise ValueError(f"A text has at least one character, not {characters}.")
    return float(-_log_probs(log_probs).sum() / characters)


def bits_per_character(log_probs, characters: int) -> float:
    """nats_per_character / ln 2: the length of the text in bits, if the model coded it."""
    return nats_per_character(log_probs, characters) / math.log(2)


def distinct_n(tokens: Sequence, n: int) -> float:
    """Different n-grams / all n-grams of a sequence (Li et al., 2016): 1 if none returns.

    tokens: a str (its characters) or a sequence of words or numbers. The value falls with the
    length of the sequence: compare equal lengths only.

    Raises:
        ValueError: n < 1, or fewer than n tokens.
    """
    tokens = tokens if isinstance(tokens, str) else tuple(np.asarray(tokens).tolist())
    if not 1 <= n <= len(tokens):
        raise ValueError(f"n must be in 1 … {len(tokens)}, the number of tokens, not {n}.")
    grams = [tokens[start : start + n] for start in range(len(tokens) - n + 1)]
    return len(set(grams)) / len(grams)


def repetition(tokens: Sequence, n: int) -> float:
    """1 − distinct_n: share of the n-grams that were seen before (Welleck et al., 2020)."""
    return 1 - distinct_n(tokens, n)


def _log_probs(values) -> np.ndarray:
    """Checked, as float64 of shape (N,)."""
    values = np.asarray(values, dtype=np.float64).ravel()
    if not values.size or np.isnan(values).any() or values.max() > 1e-6:
        raise ValueError("Log-probabilities must be numbers up to 0, at least one of them.")
    return values
