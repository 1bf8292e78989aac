"""Exercise 08.2: reparameterise. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def reparameterise(mu, logvar, eps):
    return mu + np.exp(0.5 * logvar) * eps


def half_left_out(mu, logvar, eps):
    """Your function multiplies the noise by exp(logvar), which is the variance σ². The standard
    deviation σ is exp(logvar / 2): the ½ is missing."""
    return mu + np.exp(logvar) * eps


def half_outside_the_exponential(mu, logvar, eps):
    """Your function multiplies the noise by ½ exp(logvar). The ½ is the square root of σ², so it
    belongs inside the exponential: σ = exp(logvar / 2)."""
    return mu + 0.5 * np.exp(logvar) * eps


def log_variance_as_deviation(mu, logvar, eps):
    """Your function multiplies the noise by logvar itself. A standard deviation is positive, and a
    logarithm need not be: take σ = exp(logvar / 2)."""
    return mu + logvar * eps


def deviation_forgotten(mu, logvar, eps):
    """Your function adds the noise as it is, with a standard deviation of 1. It must be scaled by
    σ = exp(logvar / 2) first."""
    return mu + eps


def mean_scaled_too(mu, logvar, eps):
    """Your function scales the mean as well: (mu + eps) · σ has the mean mu · σ. Scale the noise,
    then add mu."""
    return (mu + eps) * np.exp(0.5 * logvar)


def root_of_the_log_variance(mu, logvar, eps):
    """Your function takes the root of `logvar` itself. A logarithm may be negative, and its root is
    then nan. The root belongs to the variance: σ = √exp(logvar) = exp(logvar / 2)."""
    return mu + np.sqrt(logvar) * eps


def noise_left_out(mu, logvar, eps):
    """Your function returns the mean. A sample needs the noise as well: mu + σ · eps."""
    return mu.copy()


def deviation_without_noise(mu, logvar, eps):
    """Your function adds σ itself to the mean: `eps` is left out. The noise decides how many
    standard deviations the sample lies from the mean, and on which side: mu + σ · eps."""
    return mu + np.exp(0.5 * logvar)


def mean_left_out(mu, logvar, eps):
    """Your function returns σ · eps: the noise has the right width, but the mean 0. Add mu."""
    return np.exp(0.5 * logvar) * eps


def noise_subtracted(mu, logvar, eps):
    """Your function subtracts σ · eps. That has the right distribution too, but the sample is to
    rise with the noise, so that results can be compared: add it."""
    return mu - np.exp(0.5 * logvar) * eps


def mean_scaled_instead_of_noise(mu, logvar, eps):
    """Your function multiplies the mean by σ and adds the noise as it is. The noise is what σ
    widens: mu + σ · eps."""
    return mu * np.exp(0.5 * logvar) + eps


def exponent_doubled(mu, logvar, eps):
    """Your function multiplies the noise by exp(2 · logvar), the square of the variance. The root
    of the variance exp(logvar) is wanted: halve the exponent."""
    return mu + np.exp(2 * logvar) * eps


def divided_by_the_deviation(mu, logvar, eps):
    """Your function divides the noise by σ, or has a minus in the exponent. A wide distribution has
    a large σ, and its samples lie far from the mean: multiply by exp(logvar / 2)."""
    return mu + np.exp(-0.5 * logvar) * eps


def reparameterise_cases(rng):
    yield np.array([[1.0, -2.0]]), np.array([[0.0, -2.0]]), np.array([[2.0, -1.0]])
    for B, d_z in ((3, 4), (4, 1), (1, 3)):
        yield tuple(rng.normal(size=(B, d_z)) for _ in range(3))


EXERCISE = Exercise(
    id="08.2",
    title="Reparameterise",
    cases=reparameterise_cases,
    answer=reparameterise,
    hints=(
        "What must you do to standard normal noise to give it a mean and a standard deviation?",
        "z = μ + σ ε, element by element. Which power of exp(logvar) = σ² is σ?",
        "σ = exp(0.5 · logvar).",
    ),
    misconceptions=(
        half_left_out,
        half_outside_the_exponential,
        log_variance_as_deviation,
        deviation_forgotten,
        mean_scaled_too,
        root_of_the_log_variance,
        noise_left_out,
        deviation_without_noise,
        mean_left_out,
        noise_subtracted,
        mean_scaled_instead_of_noise,
        exponent_doubled,
        divided_by_the_deviation,
    ),
    random="your function gives another result when it is called again: it draws noise of its own. "
    "That is right in training, but here the noise is given, so that results can be compared: "
    "mu + σ · eps.",
)
