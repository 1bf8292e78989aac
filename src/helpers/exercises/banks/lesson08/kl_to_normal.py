"""Exercise 08.1: the KL to the standard normal. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def kl_to_standard_normal(mu, logvar):
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)


def logvar_taken_for_log_sigma(mu, logvar):
    """Your function behaves exactly as if `logvar` were log σ: it takes exp(2 · logvar) for σ²
    and 2 · logvar for log σ². But logvar = log σ², so σ² = exp(logvar)."""
    return 0.5 * (mu**2 + np.exp(2 * logvar) - 1 - 2 * logvar).sum(axis=1)


def variance_taken_for_deviation(mu, logvar):
    """Your function behaves exactly as if σ² were exp(2 · logvar), but takes `logvar` itself for
    log σ²: one of the two terms reads it as log σ. Use σ² = exp(logvar) in both."""
    return 0.5 * (mu**2 + np.exp(2 * logvar) - 1 - logvar).sum(axis=1)


def deviation_taken_for_variance(mu, logvar):
    """Your function behaves exactly as if σ² were exp(logvar / 2). That is σ. The variance is
    exp(logvar)."""
    return 0.5 * (mu**2 + np.exp(0.5 * logvar) - 1 - logvar).sum(axis=1)


def sign_turned(mu, logvar):
    """Your result is the right one with its sign turned. A divergence is never negative: check it
    at mu = 1, logvar = 0, where it is ½ for each dimension."""
    return -kl_to_standard_normal(mu, logvar)


def mean_over_latent_dimensions(mu, logvar):
    """Your function takes the mean over the latent dimensions. They are independent, so their
    divergences add up: use the sum over axis 1."""
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(axis=1)


def half_forgotten(mu, logvar):
    """Your result is twice the right one: the factor ½ is missing."""
    return 2 * kl_to_standard_normal(mu, logvar)


def summed_over_the_batch(mu, logvar):
    """Your function sums over the batch as well. Each sample has a divergence of its own: sum over
    axis 1 only, and return shape (B,)."""
    return kl_to_standard_normal(mu, logvar).sum()


def averaged_over_the_batch(mu, logvar):
    """Your function returns the mean over the batch. That comes later, in the loss: here each
    sample has a divergence of its own, shape (B,)."""
    return kl_to_standard_normal(mu, logvar).mean()


def summed_over_axis_0(mu, logvar):
    """Your function sums over axis 0, the batch, and gives one number for each dimension. Sum over
    axis 1, the latent dimensions: one divergence for each sample, shape (B,)."""
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=0)


def not_summed(mu, logvar):
    """Your function returns the divergence of every dimension, shape (B, d_z). They are right: now
    sum them over axis 1."""
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar)


def one_left_out(mu, logvar):
    """Your function leaves out the −1. At mu = 0, logvar = 0 the two distributions are the same:
    check that the result is 0 there."""
    return 0.5 * (mu**2 + np.exp(logvar) - logvar).sum(axis=1)


def mu_not_squared(mu, logvar):
    """Your function adds mu itself. Its square belongs there: a mean of −2 is as far from 0 as a
    mean of 2."""
    return 0.5 * (mu + np.exp(logvar) - 1 - logvar).sum(axis=1)


def reverse_kl(mu, logvar):
    """Your function computes the reverse divergence, KL(N(0, I) ‖ N(mu, σ²)). The encoder's
    distribution stands first: nothing is divided by σ² then, since the prior's variance is 1."""
    return 0.5 * ((1 + mu**2) * np.exp(-logvar) - 1 + logvar).sum(axis=1)


def log_of_the_deviation(mu, logvar):
    """Your function behaves exactly as if log σ stood where log σ² belongs: logvar is halved inside
    the bracket. Either ½ (mu² + σ² − 1 − logvar), or ½ (mu² + σ² − 1) − log σ."""
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - 0.5 * logvar).sum(axis=1)


def deviation_in_both_terms(mu, logvar):
    """Your function behaves exactly as if `logvar` were 2 log σ² and σ² were exp(logvar / 2): both
    terms hold σ where σ² belongs. The variance is exp(logvar), and its logarithm logvar itself."""
    return kl_to_standard_normal(mu, 0.5 * logvar)


def logvar_added(mu, logvar):
    """Your function adds logvar. It is subtracted: a narrow distribution, whose logvar is far below
    0, is far from the prior. Check that the result is never negative."""
    return 0.5 * (mu**2 + np.exp(logvar) - 1 + logvar).sum(axis=1)


def mu_subtracted(mu, logvar):
    """Your function subtracts mu². A mean that lies farther from 0 costs more: mu² is added. In
    the form −½ (1 + logvar − mu² − exp(logvar)) it has the sign of exp(logvar)."""
    return 0.5 * (np.exp(logvar) - mu**2 - 1 - logvar).sum(axis=1)


def mu_left_out(mu, logvar):
    """Your function does not use mu. A distribution of width 1 around 3 is far from the prior: add
    mu² in each dimension."""
    return 0.5 * (np.exp(logvar) - 1 - logvar).sum(axis=1)


def kept_from_zero(mu, logvar):
    """Your function behaves exactly as if 1e-8 were added to σ² before its logarithm. Where σ² is
    smaller than that, the logarithm is wrong. Nothing needs protection here: log σ² is given, as
    logvar."""
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - np.log(np.exp(logvar) + 1e-8)).sum(axis=1)


def kl_to_standard_normal_cases(rng):
    yield np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]])
    yield np.array([[0.0, -2.0]]), np.array([[1.0, 0.0]])
    yield np.array([[0.0, 0.0], [0.5, 1.0], [0.0, 2.0]]), np.array([[0, 0], [-2, 0], [-20, 3.0]])
    for B, d_z in ((3, 3), (4, 2), (1, 5), (5, 1)):
        yield rng.normal(size=(B, d_z)), rng.normal(size=(B, d_z))


EXERCISE = Exercise(
    id="08.1",
    title="KL to the standard normal",
    cases=kl_to_standard_normal_cases,
    answer=kl_to_standard_normal,
    hints=(
        "The dimensions are independent: find the divergence of one, then sum.",
        "With the prior's mean 0 and variance 1, log(σ₂/σ₁) becomes −½ logvar. What becomes of "
        "the other terms?",
        "Each dimension gives ½ (mu² + exp(logvar) − 1 − logvar); sum over axis 1.",
    ),
    misconceptions=(
        logvar_taken_for_log_sigma,
        variance_taken_for_deviation,
        deviation_taken_for_variance,
        sign_turned,
        mean_over_latent_dimensions,
        half_forgotten,
        summed_over_the_batch,
        averaged_over_the_batch,
        summed_over_axis_0,
        not_summed,
        one_left_out,
        mu_not_squared,
        reverse_kl,
        log_of_the_deviation,
        deviation_in_both_terms,
        logvar_added,
        mu_subtracted,
        mu_left_out,
        kept_from_zero,
    ),
)
