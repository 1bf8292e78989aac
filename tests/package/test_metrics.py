"""The measures, against numbers worked out by hand."""

import math

import numpy as np
import pytest

from helpers import metrics


def test_nats_per_character():
    # Two words of five characters and one space, with probabilities 1/8 and 1/4.
    log_probs = np.log([1 / 8, 1 / 4])
    assert metrics.nats_per_character(log_probs, 11) == pytest.approx(5 / 11 * math.log(2))
    uniform = np.full((10, 10), -math.log(68))
    assert metrics.nats_per_character(uniform, 100) == pytest.approx(math.log(68))
    assert type(metrics.nats_per_character([-1.0], 1)) is float


@pytest.mark.parametrize("values", [[], [float("nan")], [-1.0, 0.5], [0.5, 0.5]])
def test_what_is_no_log_probability(values):
    with pytest.raises(ValueError, match="numbers up to 0"):
        metrics.nats_per_character(values, 3)


def test_text_without_characters():
    with pytest.raises(ValueError, match="at least one character, not 0"):
        metrics.nats_per_character([-1.0], 0)


def test_distinct_n_and_repetition():
    words = ["to", "be", "or", "not", "to", "be"]
    assert metrics.distinct_n(words, 1) == 4 / 6
    assert metrics.distinct_n(words, 2) == 4 / 5
    assert metrics.repetition(words, 2) == pytest.approx(1 / 5)
    assert metrics.distinct_n(words, 6) == 1
    assert metrics.distinct_n("aaaa", 2) == 1 / 3
    assert metrics.distinct_n("a", 1) == 1
    for tokens in ([1, 2, 1, 2], (1, 2, 1, 2), np.array([1, 2, 1, 2])):
        assert metrics.distinct_n(tokens, 2) == 2 / 3


@pytest.mark.parametrize(("tokens", "n"), [("ab", 0), ("ab", 3), ([], 1), ("", 1)])
def test_no_n_grams(tokens, n):
    with pytest.raises(ValueError, match="the number of tokens"):
        metrics.distinct_n(tokens, n)


def with_moments(mean, root, n, seed):
    """n rows whose sample mean and covariance are exactly `mean` and root @ rootᵀ."""
    rows = np.random.default_rng(seed).normal(size=(n, len(mean)))
    rows -= rows.mean(axis=0)
    rows @= np.linalg.inv(np.linalg.cholesky(np.cov(rows, rowvar=False))).T
    return rows @ np.asarray(root).T + mean


def test_frechet_distance_in_one_dimension():
    # Gaussians: (μ₁ − μ₂)² + (σ₁ − σ₂)²
    a, b = np.array([[1.0], [3.0]]), np.array([[4.0], [10.0], [7.0]])
    sigma_a, sigma_b = math.sqrt(2), 3
    assert metrics.frechet_distance(a, b) == pytest.approx(25 + (sigma_a - sigma_b) ** 2)


def test_frechet_distance_of_commuting_covariances():
    a = with_moments([0, 0, 0], np.diag([1, 2, 3]), 50, seed=0)
    b = with_moments([1, 0, -1], np.diag([2, 2, 1]), 60, seed=1)
    assert metrics.frechet_distance(a, b) == pytest.approx(2 + 1 + 0 + 4)
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    assert metrics.frechet_distance(a @ turn, b @ turn) == pytest.approx(7)


def test_frechet_distance_equals_the_matrix_root():
    from scipy.linalg import sqrtm

    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5)), rng.normal(size=(30, 5))
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    expected = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    expected += np.trace(cov_a + cov_b - 2 * sqrtm(cov_a @ cov_b).real)
    assert metrics.frechet_distance(a, b) == pytest.approx(expected)
    assert metrics.frechet_distance(b, a) == pytest.approx(expected)
    assert type(metrics.frechet_distance(a, b)) is float


def test_frechet_distance_with_features_that_never_vary():
    a = np.random.default_rng(4).normal(size=(20, 3)) * [1, 0, 1]
    assert metrics.frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert metrics.frechet_distance(a, a + np.array([0, 2, 0])) == pytest.approx(4, abs=1e-6)
    assert metrics.frechet_distance(a.astype(np.float32), a[:2]) > 0


@pytest.mark.parametrize(
    ("a", "b"), [((5, 2), (5, 3)), ((5,), (5,)), ((1, 2), (5, 2)), ((5, 2), (0, 2))]
)
def test_frechet_distance_of_other_shapes(a, b):
    with pytest.raises(ValueError, match="must have shapes"):
        metrics.frechet_distance(np.ones(a), np.ones(b))


def test_frechet_distance_of_nan():
    with pytest.raises(ValueError, match="NaN or infinity"):
        metrics.frechet_distance([[0.0], [math.nan]], [[0.0], [1.0]])


def test_class_shares():
    assert metrics.class_shares([0, 2, 2, 1], 4).tolist() == [0.25, 0.25, 0.5, 0]
    for wrong in ([], [3], [-1], [0.5], [[0]]):
        with pytest.raises(ValueError, match=r"no predicted class|whole number from 0 to 2"):
            metrics.class_shares(wrong, 3)


def test_mode_coverage():
    centres = [[0, 0], [10, 0]]
    # 100 samples, so a mode needs 8 good ones
    near = [[0.3, 0]] * 60 + [[10, 0.29]] * 8 + [[5, 5]] * 32
    assert metrics.mode_coverage(near, centres, sigma=0.1) == (2, 0.68)
    fewer = [[0, 0.31]] * 60 + [[10, 0.29]] * 7 + [[5, 5]] * 33
    assert metrics.mode_coverage(fewer, centres, sigma=0.1) == (0, 0.07)


def test_mode_coverage_of_real_samples():
    angles = 2 * math.pi * np.arange(8) / 8
    centres = 2 * np.column_stack([np.cos(angles), np.sin(angles)])
    rng = np.random.default_rng(0)
    real = centres[rng.integers(8, size=20_000)] + 0.05 * rng.normal(size=(20_000, 2))
    modes, good = metrics.mode_coverage(real, centres, sigma=0.05)
    assert modes == 8
    assert good == pytest.approx(1 - math.exp(-4.5), abs=0.003)  # of two dimensions: 98.9 %
    collapsed = centres[rng.integers(3, size=1000)]
    assert metrics.mode_coverage(collapsed, centres, sigma=0.05) == (3, 1.0)


@pytest.mark.parametrize(
    ("samples", "centres", "sigma"),
    [((5, 2), (8, 3), 1), ((0, 2), (8, 2), 1), ((5, 2), (0, 2), 1), ((5,), (8, 2), 1)],
)
def test_mode_coverage_of_other_shapes(samples, centres, sigma):
    with pytest.raises(ValueError, match="Shapes must be"):
        metrics.mode_coverage(np.ones(samples), np.ones(centres), sigma)


def test_mode_coverage_without_spread():
    with pytest.raises(ValueError, match="sigma must be positive"):
        metrics.mode_coverage([[0.0]], [[0.0]], 0)
