"""Measures of how good a model is that no library has, or that it has under another protocol.

For the others the lessons call scikit-learn (accuracy, confusion matrix) and scikit-image (PSNR,
SSIM).
"""

from collections.abc import Sequence

import numpy as np

__all__ = [
    "class_shares",
    "distinct_n",
    "frechet_distance",
    "mode_coverage",
    "nats_per_character",
    "repetition",
]


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


def frechet_distance(a, b) -> float:
    """Squared Fréchet distance between the Gaussians fitted to two sets of features.

    |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁^½ Σ₂ Σ₁^½)^½), with the unbiased covariances, in float64. It is
    the squared Wasserstein-2 distance of the two Gaussians (Dowson and Landau, 1982), and, with the
    features of an Inception network, the FID (Heusel et al., 2017). It shrinks as the sets grow:
    compare equal sizes only.

    a: (n, d), b: (m, d), one row of features for each sample.

    Raises:
        ValueError: the shapes do not match, a set has fewer than two rows, or a value is no finite
            number.
    """
    a, b = (np.asarray(features, dtype=np.float64) for features in (a, b))
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(
            f"Two sets of features must have shapes (n, d) and (m, d) with n, m ≥ 2, "
            f"not {a.shape} and {b.shape}."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("The features hold NaN or infinity.")
    cov_a, cov_b = (np.atleast_2d(np.cov(features, rowvar=False)) for features in (a, b))
    values, vectors = np.linalg.eigh(cov_a)
    root_a = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh(root_a @ cov_b @ root_a), 0)).sum()
    between_means = ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum()
    return float(between_means + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap)


def class_shares(predictions, classes: int) -> np.ndarray:
    """Share of each class among predicted classes of shape (N,); shape (classes,), sums to 1.

    Raises:
        ValueError: there is none, or a class is not in 0 … classes − 1.
    """
    predictions = np.asarray(predictions)
    if predictions.ndim != 1 or not np.isin(predictions, np.arange(classes)).all():
        raise ValueError(f"Every class must be a whole number from 0 to {classes - 1}.")
    if not predictions.size:
        raise ValueError("There is no predicted class.")
    return np.bincount(predictions.astype(np.int64), minlength=classes) / len(predictions)


def mode_coverage(samples, centres, sigma: float) -> tuple[int, float]:
    """How many modes of a mixture are covered, and the share of good samples.

    A sample is good if it lies within 3σ of its nearest centre, and counts for that centre. A mode
    is covered if it has at least 16 % of its fair share of all samples, N / len(centres): 20 good
    ones of 1,000 samples for each of 8 modes.

    samples: (N, d). centres: (modes, d). sigma: standard deviation of every mode in each direction.

    Raises:
        ValueError: the shapes do not match, there is no sample or centre, or sigma is not positive.
    """
    samples, centres = (np.asarray(points, dtype=np.float64) for points in (samples, centres))
    shapes = samples.shape, centres.shape
    if (
        samples.ndim != 2
        or centres.ndim != 2
        or shapes[0][1] != shapes[1][1]
        or 0 in sum(shapes, ())
    ):
        raise ValueError(f"Shapes must be (N, d) and (modes, d), not {shapes[0]} and {shapes[1]}.")
    if not sigma > 0:
        raise ValueError(f"sigma must be positive, not {sigma}.")
    distances = np.linalg.norm(samples[:, None] - centres, axis=2)  # (N, modes)
    good = distances.min(axis=1) <= 3 * sigma
    counts = np.bincount(distances.argmin(axis=1)[good], minlength=len(centres))
    covered = counts >= 0.16 * len(samples) / len(centres)
    return int(covered.sum()), float(good.mean())


def _log_probs(values) -> np.ndarray:
    """Checked, as float64 of shape (N,)."""
    values = np.asarray(values, dtype=np.float64).ravel()
    if not values.size or np.isnan(values).any() or values.max() > 1e-6:
        raise ValueError("Log-probabilities must be numbers up to 0, at least one of them.")
    return values
