"""Exercises 08.1 to 08.3: answers as readers write them, wrong ones and right ones."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from reader_answers import refused, right, wrong
from scipy import special
from torch import distributions

from helpers.exercises.functions import sigmoid

RNG = np.random.default_rng()
t = torch.tensor
GIVEN = "it draws noise of its own. That is right in training, but here"


# 08.1


def kl(mu, logvar):
    return 0.5 * (mu**2 + np.exp(logvar) - logvar - 1).sum(1)


def log_likelihood(x, u):
    return x * special.log_expit(u) + (1 - x) * special.log_expit(-u)


wrong("08.1", "log_of_the_deviation")(
    lambda m, v: (0.5 * (m**2 + np.exp(v) - 1 - np.log(np.exp(v / 2)))).sum(1)
)
wrong("08.1", "deviation_in_both_terms")(
    lambda m, v: (0.5 * (m**2 + np.exp(v / 2) - 1 - np.log(np.exp(v / 2)))).sum(1)
)
wrong("08.1", "logvar_added")(lambda m, v: -0.5 * (1 - v - m**2 - np.exp(v)).sum(1))
wrong("08.1", "mu_subtracted")(lambda m, v: -0.5 * (1 + v + m**2 - np.exp(v)).sum(1))
wrong("08.1", "mu_left_out")(lambda m, v: 0.5 * (np.exp(v) - 1 - v).sum(1))
wrong("08.1", "kept_from_zero")(
    lambda m, v: 0.5 * (m**2 + np.exp(v) - 1 - np.log(np.exp(v) + 1e-8)).sum(1)
)
wrong("08.1", "half_forgotten")(lambda m, v: kl(m, v) * 2)
refused("08.1", "wrong kind")(lambda m, v: kl(m, v)[:, None])


@right("08.1")
def kl_from_torch(mu, logvar):
    q = distributions.Normal(t(mu), (0.5 * t(logvar)).exp())
    return distributions.kl_divergence(q, distributions.Normal(0.0, 1.0)).sum(1)


@right("08.1")
def kl_by_loops(mu, logvar):
    out = []
    for row_mu, row_logvar in zip(mu, logvar, strict=True):
        terms = (m * m + math.exp(v) - 1 - v for m, v in zip(row_mu, row_logvar, strict=True))
        out.append(sum(terms) / 2)
    return out


@right("08.1")
def kl_from_the_deviation(mu, logvar):
    sigma = np.exp(logvar / 2)
    return (-np.log(sigma) + (sigma**2 + mu**2) / 2 - 0.5).sum(axis=-1)


right("08.1")(lambda m, v: 0.5 * (np.einsum("bd,bd->b", m, m) + (np.exp(v) - v - 1).sum(1)))
right("08.1")(lambda m, v: -0.5 * (1 + t(v) - t(m) ** 2 - t(v).exp()).float().sum(1))
right("08.1")(lambda m, v: kl(m.astype(np.float32), v.astype(np.float32)))


# 08.2

wrong("08.2", "noise_subtracted")(lambda m, v, e: m - np.sqrt(np.exp(v)) * e)
wrong("08.2", "mean_scaled_instead_of_noise")(lambda m, v, e: e + m * np.exp(v / 2))
wrong("08.2", "exponent_doubled")(lambda m, v, e: m + np.exp(v) ** 2 * e)
wrong("08.2", "divided_by_the_deviation")(lambda m, v, e: m + e / np.exp(v / 2))
wrong("08.2", "noise_left_out")(lambda m, v, e: m + 0 * e)
refused("08.2", "wrong")(lambda m, v, e: m + (np.exp(v / 2) + 1e-6) * e)
refused("08.2", "wrong")(lambda m, v, e: m + 1.1 * np.exp(v / 2) * e)
refused("08.2", "wrong", GIVEN)(lambda m, v, e: m + np.exp(v / 2) * RNG.normal(size=m.shape))
refused("08.2", "wrong", GIVEN)(lambda m, v, e: RNG.normal(m, np.exp(v / 2)))
refused("08.2", "wrong", GIVEN)(lambda m, v, e: t(m) + t(v / 2).exp() * torch.randn(m.shape))


@refused("08.2", "wrong", "✗ not yet. Your function never uses eps.\n")
def the_same_noise_each_time(mu, logvar, eps):
    rng = np.random.default_rng(0)
    return mu + np.exp(logvar / 2) * rng.standard_normal(mu.shape)


@right("08.2")
def in_place(mu, logvar, eps):
    eps *= np.exp(logvar / 2)
    eps += mu
    return eps


right("08.2")(lambda m, v, e: m + np.sqrt(np.exp(v)) * e)
right("08.2")(lambda m, v, e: torch.addcmul(t(m), (t(v) / 2).exp(), t(e)).float())
right("08.2")(lambda m, v, e: (m + np.exp(v / 2) * e).tolist())


# 08.3

wrong("08.3", "zeros_forgotten")(
    lambda x, u, m, v: (x * special.log_expit(u)).sum(1).mean() - kl(m, v).mean()
)
wrong("08.3", "zeros_forgotten_and_sigmoid_rounded")(
    lambda x, u, m, v: ((x * np.log(sigmoid(u))).sum(1) - kl(m, v)).mean()
)
wrong("08.3", "squared_error")(
    lambda x, u, m, v: (-((sigmoid(u) - x) ** 2).sum(1) - kl(m, v)).mean()
)
wrong("08.3", "half_of_the_squared_error")(
    lambda x, u, m, v: (-((sigmoid(u) - x) ** 2).sum(1) / 2 - kl(m, v)).mean()
)
wrong("08.3", "ink_and_paper_exchanged")(
    lambda x, u, m, v: (log_likelihood(1 - x, u).sum(1) - kl(m, v)).mean()
)
wrong("08.3", "ink_and_paper_exchanged")(
    lambda x, u, m, v: (log_likelihood(x, -u).sum(1) - kl(m, v)).mean()
)
wrong("08.3", "logit_weighted_only")(lambda x, u, m, v: ((x * u).sum(1) - kl(m, v)).mean())
wrong("08.3", "kl_summed_over_the_batch")(
    lambda x, u, m, v: log_likelihood(x, u).sum(1).mean() - kl(m, v).sum()
)
wrong("08.3", "reconstruction_summed_over_the_batch")(
    lambda x, u, m, v: log_likelihood(x, u).sum() - kl(m, v).mean()
)
wrong("08.3", "log_clipped_at_minus_100")(
    lambda x, u, m, v: (
        -F.binary_cross_entropy(torch.sigmoid(t(u)), t(x), reduction="sum") / len(x)
        - kl(m, v).mean()
    )
)


@right("08.3")
def elbo_from_distributions(x, logits, mu, logvar):
    pixels = distributions.Bernoulli(logits=t(logits)).log_prob(t(x)).sum(1)
    return (pixels - kl_from_torch(mu, logvar)).mean()


@right("08.3")
def elbo_from_bce(x, logits, mu, logvar):
    x, logits, mu, logvar = (t(a, dtype=torch.float32) for a in (x, logits, mu, logvar))
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return -(bce - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()) / len(x)


right("08.3")(lambda x, u, m, v: (log_likelihood(x, u).sum(1) - kl(m, v)).mean())
right("08.3")(
    lambda x, u, m, v: (
        (np.where(x == 1, -np.logaddexp(0, -u), -np.logaddexp(0, u)).sum() - kl(m, v).sum())
        / len(x)
    )
)
