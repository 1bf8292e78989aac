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


def frechet_distance(a, b) -> float:
    """Squared Fréchet distance between the Gaussians fitted to two sets of features.

    |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁^½ Σ₂ Σ₁^½)^½), with the unbiased covariances, in float64. It is
    the squared Wasserstein-2 distance of the two Gaussians (Dowson and Landau, 1982), and, with the
    features of an Inception network, the FID (Heusel et al., 2017). It shrinks as the sets grow:
    compare equal sizes only.

    a: (n, d), b: (m, d), one row of features for each sample.

    Raises:
        ValueError: a shape is another one, a set has fewer than two rows, or a value is not finite.
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
        ValueError: a shape is another one, there is no sample or centre, or sigma is not positive.
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


def psnr(image, reference) -> float:
    """Peak signal-to-noise ratio in decibels, 10 log₁₀(1 / mean squared error), by scikit-image.

    It compares an image with its own original; with an unrelated image it means nothing. Equal
    images give infinity.

    image, reference: the same shape, values in [0, 1].

    Raises:
        ValueError: the shapes differ, there is no pixel, or a value is not in [0, 1].
    """
    from skimage.metrics import peak_signal_noise_ratio

    image, reference = _pixels(image, reference)
    if np.array_equal(image, reference):
        return math.inf
    return float(peak_signal_noise_ratio(reference, image, data_range=1))


def ssim(image, reference) -> float:
    """Mean structural similarity (Wang et al., 2004), at most 1, by scikit-image.

    With the paper's settings: Gaussian weights with σ = 1.5 in a window of 11 × 11, covariances
    without Bessel's correction, data range 1; only windows that lie inside the image count.

    image, reference: the same shape (height, width), both at least 11; values in [0, 1].

    Raises:
        ValueError: the shapes are others, or a value is not in [0, 1].
    """
    from skimage.metrics import structural_similarity

    image, reference = _pixels(image, reference)
    if image.ndim != 2 or min(image.shape) < 11:
        raise ValueError(f"SSIM needs shape (height, width) of at least 11, not {image.shape}.")
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(image, reference, data_range=1, **settings))


def _pixels(image, reference) -> tuple[np.ndarray, np.ndarray]:
    """Checked, as float64."""
    image, reference = (np.asarray(x, dtype=np.float64) for x in (image, reference))
    if image.shape != reference.shape or not image.size:
        raise ValueError(f"Two images must have one shape, not {image.shape}, {reference.shape}.")
    for x in (image, reference):
        if not (x.min() >= 0 and x.max() <= 1):
            raise ValueError("Pixels must be numbers from 0 to 1: divide bytes by 255, or clip.")
    return image, reference
