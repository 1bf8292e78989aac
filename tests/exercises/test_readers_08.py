"""Exercises 08.1 to 08.3: answers as readers write them, wrong ones and right ones."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import special
from torch import distributions

from helpers.exercises import bank
from helpers.exercises.functions import sigmoid

ENTRIES = bank("08")
RNG = np.random.default_rng()
t = torch.tensor


def kl(mu, logvar):
    return 0.5 * (mu**2 + np.exp(logvar) - logvar - 1).sum(1)


def log_likelihood(x, u):
    return x * special.log_expit(u) + (1 - x) * special.log_expit(-u)


WRONG = [
    # 08.1
    (
        "08.1",
        lambda m, v: (0.5 * (m**2 + np.exp(v) - 1 - np.log(np.exp(v / 2)))).sum(1),
        "log_of_the_deviation",
    ),
    (
        "08.1",
        lambda m, v: (0.5 * (m**2 + np.exp(v / 2) - 1 - np.log(np.exp(v / 2)))).sum(1),
        "deviation_in_both_terms",
    ),
    ("08.1", lambda m, v: -0.5 * (1 - v - m**2 - np.exp(v)).sum(1), "logvar_added"),
    ("08.1", lambda m, v: -0.5 * (1 + v + m**2 - np.exp(v)).sum(1), "mu_subtracted"),
    ("08.1", lambda m, v: 0.5 * (np.exp(v) - 1 - v).sum(1), "mu_left_out"),
    (
        "08.1",
        lambda m, v: 0.5 * (m**2 + np.exp(v) - 1 - np.log(np.exp(v) + 1e-8)).sum(1),
        "kept_from_zero",
    ),
    ("08.1", lambda m, v: kl(m, v) * 2, "half_forgotten"),
    ("08.1", lambda m, v: kl(m, v)[:, None], None),
    # 08.2
    ("08.2", lambda m, v, e: m - np.sqrt(np.exp(v)) * e, "noise_subtracted"),
    ("08.2", lambda m, v, e: e + m * np.exp(v / 2), "mean_scaled_instead_of_noise"),
    ("08.2", lambda m, v, e: m + np.exp(v) ** 2 * e, "exponent_doubled"),
    ("08.2", lambda m, v, e: m + e / np.exp(v / 2), "divided_by_the_deviation"),
    ("08.2", lambda m, v, e: m + 0 * e, "noise_left_out"),
    ("08.2", lambda m, v, e: m + (np.exp(v / 2) + 1e-6) * e, None),
    # 08.3
    (
        "08.3",
        lambda x, u, m, v: (x * special.log_expit(u)).sum(1).mean() - kl(m, v).mean(),
        "zeros_forgotten",
    ),
    (
        "08.3",
        lambda x, u, m, v: ((x * np.log(sigmoid(u))).sum(1) - kl(m, v)).mean(),
        "zeros_forgotten_and_sigmoid_rounded",
    ),
    (
        "08.3",
        lambda x, u, m, v: (-((sigmoid(u) - x) ** 2).sum(1) - kl(m, v)).mean(),
        "squared_error",
    ),
    (
        "08.3",
        lambda x, u, m, v: (-((sigmoid(u) - x) ** 2).sum(1) / 2 - kl(m, v)).mean(),
        "half_of_the_squared_error",
    ),
    (
        "08.3",
        lambda x, u, m, v: (log_likelihood(1 - x, u).sum(1) - kl(m, v)).mean(),
        "ink_and_paper_exchanged",
    ),
    (
        "08.3",
        lambda x, u, m, v: (log_likelihood(x, -u).sum(1) - kl(m, v)).mean(),
        "ink_and_paper_exchanged",
    ),
    ("08.3", lambda x, u, m, v: ((x * u).sum(1) - kl(m, v)).mean(), "logit_weighted_only"),
    (
        "08.3",
        lambda x, u, m, v: log_likelihood(x, u).sum(1).mean() - kl(m, v).sum(),
        "kl_summed_over_the_batch",
    ),
    (
        "08.3",
        lambda x, u, m, v: log_likelihood(x, u).sum() - kl(m, v).mean(),
        "reconstruction_summed_over_the_batch",
    ),
    (
        "08.3",
        lambda x, u, m, v: (
            -F.binary_cross_entropy(torch.sigmoid(t(u)), t(x), reduction="sum") / len(x)
            - kl(m, v).mean()
        ),
        "log_clipped_at_minus_100",
    ),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("exercise", "function", "name"), WRONG)
def test_a_readers_wrong_answer_is_rejected_by_its_name(exercise, function, name):
    verdict = ENTRIES[exercise].judge(function)
    assert verdict.kind in ("wrong", "wrong kind", "misconception"), verdict.text
    assert verdict.misconception == name, verdict.text


def kl_from_torch(mu, logvar):
    q = distributions.Normal(t(mu), (0.5 * t(logvar)).exp())
    return distributions.kl_divergence(q, distributions.Normal(0.0, 1.0)).sum(1)


def kl_by_loops(mu, logvar):
    out = []
    for row_mu, row_logvar in zip(mu, logvar, strict=True):
        terms = (m * m + math.exp(v) - 1 - v for m, v in zip(row_mu, row_logvar, strict=True))
        out.append(sum(terms) / 2)
    return out


def kl_from_the_deviation(mu, logvar):
    sigma = np.exp(logvar / 2)
    return (-np.log(sigma) + (sigma**2 + mu**2) / 2 - 0.5).sum(axis=-1)


def in_place(mu, logvar, eps):
    eps *= np.exp(logvar / 2)
    eps += mu
    return eps


def elbo_from_distributions(x, logits, mu, logvar):
    pixels = distributions.Bernoulli(logits=t(logits)).log_prob(t(x)).sum(1)
    return (pixels - kl_from_torch(mu, logvar)).mean()


def elbo_from_bce(x, logits, mu, logvar):
    x, logits, mu, logvar = (t(a, dtype=torch.float32) for a in (x, logits, mu, logvar))
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return -(bce - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()) / len(x)


@pytest.mark.parametrize(
    ("exercise", "function"),
    [
        ("08.1", kl_from_torch),
        ("08.1", kl_by_loops),
        ("08.1", kl_from_the_deviation),
        ("08.1", lambda m, v: 0.5 * (np.einsum("bd,bd->b", m, m) + (np.exp(v) - v - 1).sum(1))),
        ("08.1", lambda m, v: -0.5 * (1 + t(v) - t(m) ** 2 - t(v).exp()).float().sum(1)),
        ("08.1", lambda m, v: kl(m.astype(np.float32), v.astype(np.float32))),
        ("08.2", in_place),
        ("08.2", lambda m, v, e: m + np.sqrt(np.exp(v)) * e),
        ("08.2", lambda m, v, e: torch.addcmul(t(m), (t(v) / 2).exp(), t(e)).float()),
        ("08.2", lambda m, v, e: (m + np.exp(v / 2) * e).tolist()),
        ("08.3", elbo_from_distributions),
        ("08.3", elbo_from_bce),
        ("08.3", lambda x, u, m, v: (log_likelihood(x, u).sum(1) - kl(m, v)).mean()),
        (
            "08.3",
            lambda x, u, m, v: (
                (np.where(x == 1, -np.logaddexp(0, -u), -np.logaddexp(0, u)).sum() - kl(m, v).sum())
                / len(x)
            ),
        ),
    ],
)
def test_a_right_answer_in_another_style_is_accepted(exercise, function):
    verdict = ENTRIES[exercise].judge(function)
    assert verdict.kind == "right", verdict.text


@pytest.mark.parametrize(
    "function",
    [
        lambda m, v, e: m + np.exp(v / 2) * RNG.normal(size=m.shape),
        lambda m, v, e: RNG.normal(m, np.exp(v / 2)),
        lambda m, v, e: t(m) + t(v / 2).exp() * torch.randn(m.shape),
    ],
)
def test_a_reader_who_draws_the_noise_is_told_that_it_is_given(function):
    verdict = ENTRIES["08.2"].judge(function)
    assert (verdict.kind, verdict.misconception) == ("wrong", None)
    assert "it draws noise of its own. That is right in training, but here" in verdict.text


def test_a_reader_who_draws_the_same_noise_each_time_is_told_what_is_not_used():
    def with_a_generator_of_its_own(mu, logvar, eps):
        rng = np.random.default_rng(0)
        return mu + np.exp(logvar / 2) * rng.standard_normal(mu.shape)

    assert "✗ not yet. Your function never uses eps.\n" in (
        ENTRIES["08.2"].judge(with_a_generator_of_its_own).text
    )


def test_a_wrong_answer_that_uses_the_given_noise_is_not_told_of_noise():
    verdict = ENTRIES["08.2"].judge(lambda m, v, e: m + 1.1 * np.exp(v / 2) * e)
    assert (verdict.kind, verdict.misconception) == ("wrong", None)


@pytest.mark.parametrize("id", ENTRIES)
def test_the_first_case_is_of_one_or_two_whole_numbers(id):
    for value in ENTRIES[id].all_cases()[0]:
        assert np.size(value) <= 4
        assert np.array_equal(value, np.round(value))


def test_results_of_the_first_cases_are_those_worked_by_hand():
    def first(id):
        return ENTRIES[id].answer(*ENTRIES[id].all_cases()[0])

    assert first("08.1") == pytest.approx([(1 + 4) / 2])
    assert first("08.2") == pytest.approx(np.array([[3, -2 - math.exp(-1)]]))
    assert first("08.3") == pytest.approx(-math.log(1 + math.exp(-2)) - math.log(2) - 0.5)
    assert first("08.4") == pytest.approx([0, math.log((math.e + 1 / math.e) / 2)])
    assert first("08.5") == pytest.approx(10)  # R² is ten times the mean squared error
    assert first("08.6") == pytest.approx(1 + 2)
