"""Exercise 08.3: the ELBO of a batch. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.banks.lesson08.kl_to_normal import kl_to_standard_normal
from helpers.exercises.engine import Exercise
from helpers.exercises.functions import sigmoid


def elbo(x, logits, mu, logvar):
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood - kl).mean()


def scaled(x, logits, mu, logvar):
    """right, scaled: both terms are divided by the number of pixels. The balance is right and the
    best weights are the same; the value is nats per pixel, not per image."""
    return elbo(x, logits, mu, logvar) / x.shape[1]


def kl_over_pixels(x, logits, mu, logvar):
    """Your function divides the KL alone by the number of pixels. With 784 pixels that is a KL's
    weight of 1/784: the bound is lost, and little holds the codes near the prior."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood - kl / x.shape[1]).mean()


def mean_over_pixels_in_one_term(x, logits, mu, logvar):
    """Your function takes the mean over the pixels in the reconstruction, but sums the KL. With 784
    pixels that is a KL's weight of 784: the codes collapse onto the prior. Sum over the pixels."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).mean(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood - kl).mean()


def loss_instead_of_bound(x, logits, mu, logvar):
    """Your result is the loss, the negative ELBO. The bound itself is asked for: log-likelihood
    minus KL, which is to be made large."""
    return -elbo(x, logits, mu, logvar)


def kl_added(x, logits, mu, logvar):
    """Your function adds the KL to the log-likelihood. The bound pays for the code: it is the
    log-likelihood minus the KL."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood + kl).mean()


def kl_averaged_over_latents(x, logits, mu, logvar):
    """Your function takes the mean of the KL over the latent dimensions. Their divergences add up:
    sum over axis 1."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(axis=1)
    return (log_likelihood - kl).mean()


def total_over_the_batch(x, logits, mu, logvar):
    """Your result is the right one times B: you sum over the batch. The loss of this course is a
    mean over the batch."""
    return elbo(x, logits, mu, logvar) * len(x)


def one_value_a_sample(x, logits, mu, logvar):
    """Your function returns one bound for each sample. They are right: now take their mean over the
    batch."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return log_likelihood - kl


def log_of_a_rounded_sigmoid(x, logits, mu, logvar):
    """Your function takes the logarithm of a sigmoid. For a logit of −800 the sigmoid is rounded to
    0 and its logarithm is −∞. Use log p = x · logit − log(1 + exp(logit)), with np.logaddexp(0,
    logit) for the second part."""
    p = 1 / (1 + np.exp(-logits))
    log_likelihood = (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood - kl).mean()


def log_clipped_at_minus_100(x, logits, mu, logvar):
    """Your function behaves exactly as if log-probabilities stopped at −100, as those of PyTorch's
    binary_cross_entropy do. The slope is lost there. Work with the logits: x · logit −
    np.logaddexp(0, logit)."""
    log_p, log_q = (
        np.maximum(-np.logaddexp(0, -logits), -100),
        np.maximum(-np.logaddexp(0, logits), -100),
    )
    log_likelihood = (x * log_p + (1 - x) * log_q).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return (log_likelihood - kl).mean()


def clipped_elbo(x, logits, mu, logvar, smallest):
    p = np.clip(1 / (1 + np.exp(-logits)), smallest, 1 - smallest)
    log_likelihood = (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1)
    return (log_likelihood - kl_to_standard_normal(mu, logvar)).mean()


def probability_clipped_at_1e_7(x, logits, mu, logvar):
    """Your function behaves exactly as if 1e-7 were added to the probabilities, or they were
    clipped there. That caps a pixel's loss at −log(1e-7), about 16 nats: a logit of −800 on ink
    costs 800. The slope is lost too. Work with the logits: x · logit − np.logaddexp(0, logit)."""
    return clipped_elbo(x, logits, mu, logvar, 1e-7)


def probability_clipped_at_1e_8(x, logits, mu, logvar):
    """Your function behaves exactly as if 1e-8 were added to the probabilities, or they were
    clipped there. That caps a pixel's loss at −log(1e-8), about 18 nats: a logit of −800 on ink
    costs 800. The slope is lost too. Work with the logits: x · logit − np.logaddexp(0, logit)."""
    return clipped_elbo(x, logits, mu, logvar, 1e-8)


def exponential_overflows(x, logits, mu, logvar):
    """Your function computes log(1 + exp(logit)) as it stands. For a logit of 800 the exponential
    is larger than the largest float, and the result is −∞. np.logaddexp(0, logit) is the same
    quantity without the overflow."""
    log_likelihood = (x * logits - np.log(1 + np.exp(logits))).sum(axis=1)
    return (log_likelihood - kl_to_standard_normal(mu, logvar)).mean()


def each_term_averaged(x, logits, mu, logvar):
    """Your function takes `.mean()` of each term by itself: the reconstruction is divided by the
    pixels, the KL by the latent dimensions. That is a KL's weight of d / d_z: with 784 pixels and
    20 dimensions, 39. Sum both over axis 1, and take the mean over the batch only."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).mean()
    return log_likelihood - kl_to_standard_normal(mu, logvar).mean() / mu.shape[1]


def kl_with_log_sigma(x, logits, mu, logvar):
    """Your function behaves exactly as if `logvar` were log σ: its KL takes exp(2 · logvar) for σ²
    and 2 · logvar for log σ². But logvar = log σ², so σ² = exp(logvar)."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    return (log_likelihood - kl_to_standard_normal(mu, 2 * logvar)).mean()


def kl_left_out(x, logits, mu, logvar):
    """Your function returns the log-likelihood alone. The bound pays for the code: subtract the KL
    that you wrote in 08.1."""
    return (x * logits - np.logaddexp(0, logits)).sum(axis=1).mean()


def zeros_forgotten(x, logits, mu, logvar):
    """Your function scores the pixels with ink only: it sums x · log p, and (1 − x) · log(1 − p) is
    missing. A decoder that says ink everywhere would then be perfect. With logits, both terms
    together are x · logit − np.logaddexp(0, logit)."""
    return (x * -np.logaddexp(0, -logits)).sum(axis=1).mean() - _kl(mu, logvar)


def zeros_forgotten_and_sigmoid_rounded(x, logits, mu, logvar):
    """Your function scores the pixels with ink only, by x · log p: the term of the paper's pixels,
    (1 − x) · log(1 − p), is missing. And for a logit of −800 the sigmoid is rounded to 0, so its
    logarithm is −∞. Both are cured by x · logit − np.logaddexp(0, logit)."""
    return (x * np.log(1 / (1 + np.exp(-logits)))).sum(axis=1).mean() - _kl(mu, logvar)


def squared_error(x, logits, mu, logvar):
    """Your reconstruction is a summed squared error. That belongs to Gaussian pixels. The decoder
    here is a Bernoulli one: a pixel's log-likelihood is x log p + (1 − x) log(1 − p), which is
    x · logit − np.logaddexp(0, logit)."""
    return -((x - sigmoid(logits)) ** 2).sum(axis=1).mean() - _kl(mu, logvar)


def half_of_the_squared_error(x, logits, mu, logvar):
    """Your reconstruction is half a squared error, the log-likelihood of Gaussian pixels with
    variance 1. The decoder here is a Bernoulli one: a pixel's log-likelihood is x log p +
    (1 − x) log(1 − p), which is x · logit − np.logaddexp(0, logit)."""
    return -0.5 * ((x - sigmoid(logits)) ** 2).sum(axis=1).mean() - _kl(mu, logvar)


def ink_and_paper_exchanged(x, logits, mu, logvar):
    """Your function behaves exactly as if ink and paper were exchanged: either x and 1 − x have
    changed places, or a logit has the wrong sign. σ(logit) is the probability that x = 1."""
    return (-x * logits - np.logaddexp(0, -logits)).sum(axis=1).mean() - _kl(mu, logvar)


def logit_weighted_only(x, logits, mu, logvar):
    """Your function sums x · logit and leaves out log(1 + exp(logit)). That second part makes the
    two probabilities of a pixel add up to 1: subtract np.logaddexp(0, logit)."""
    return (x * logits).sum(axis=1).mean() - _kl(mu, logvar)


def kl_summed_over_the_batch(x, logits, mu, logvar):
    """Your function takes the mean over the batch in the reconstruction, but sums the KL over the
    batch: the KL's weight is then B. Take the mean over the batch in both terms."""
    log_likelihood = (x * logits - np.logaddexp(0, logits)).sum(axis=1)
    return log_likelihood.mean() - _kl(mu, logvar) * len(x)


def reconstruction_summed_over_the_batch(x, logits, mu, logvar):
    """Your function takes the mean over the batch in the KL, but sums the reconstruction over the
    batch: the KL's weight is then 1 / B. Take the mean over the batch in both terms."""
    return (x * logits - np.logaddexp(0, logits)).sum() - _kl(mu, logvar)


def _kl(mu, logvar):
    return kl_to_standard_normal(mu, logvar).mean()


def elbo_cases(rng):
    x, logits = np.array([[1.0, 0.0]]), np.array([[2.0, 0.0]])
    yield x, logits, np.array([[1.0]]), np.array([[0.0]])
    for B, d, d_z in ((3, 6, 2), (2, 4, 5), (1, 5, 1)):
        x, logits = (rng.random((B, d)) < 0.4) * 1.0, rng.normal(0, 2, size=(B, d))
        yield x, logits, rng.normal(size=(B, d_z)), rng.normal(size=(B, d_z))
    x, logits = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[-800.0, 1.0], [-2.0, 3.0]])
    yield x, logits, rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    x, logits = np.array([[0.0, 1.0, 0.0]]), np.array([[800.0, 800.0, -800.0]])
    yield x, logits, rng.normal(size=(1, 2)), rng.normal(size=(1, 2))


EXERCISE = Exercise(
    id="08.3",
    title="The ELBO of a batch",
    cases=elbo_cases,
    answer=elbo,
    hints=(
        "Two terms for each image: its log-likelihood, and the KL that you wrote in 08.1.",
        "A pixel's log-likelihood is x · logit − log(1 + exp(logit)); np.logaddexp(0, logit) "
        "is its second part and does not overflow.",
        "Sum the pixels over axis 1, sum the KL over axis 1, subtract, and take the mean over "
        "the batch last.",
    ),
    misconceptions=(
        kl_over_pixels,
        mean_over_pixels_in_one_term,
        loss_instead_of_bound,
        kl_added,
        kl_averaged_over_latents,
        total_over_the_batch,
        one_value_a_sample,
        log_of_a_rounded_sigmoid,
        log_clipped_at_minus_100,
        probability_clipped_at_1e_7,
        probability_clipped_at_1e_8,
        exponential_overflows,
        each_term_averaged,
        kl_with_log_sigma,
        kl_left_out,
        zeros_forgotten,
        zeros_forgotten_and_sigmoid_rounded,
        squared_error,
        half_of_the_squared_error,
        ink_and_paper_exchanged,
        logit_weighted_only,
        kl_summed_over_the_batch,
        reconstruction_summed_over_the_batch,
    ),
    accepted=(scaled,),
)
