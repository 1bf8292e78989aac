"""Filters against the logits processors of transformers; the draw; the loop."""

import numpy as np
import pytest
import torch
import transformers
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from helpers.text import filters, generation

INF = np.inf


def logits_of(shape, seed=0, scale=3.0, excluded=0.0):
    """Random logits; a share of them at minus infinity, never the whole row."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=scale, size=shape)
    hidden = rng.random(shape) < excluded
    hidden[..., 0] = False
    return np.where(hidden, -INF, logits)


def library(warper, logits):
    return warper(None, torch.from_numpy(logits)).numpy()


def kept_mass(filtered, logits):
    """Probability, per row, of the tokens that a filter keeps."""
    return np.where(np.isneginf(filtered), 0, filters.softmax(logits)).sum(axis=-1)


# ---------------------------------------------------------------- equal to the library

ROWS = [
    pytest.param(logits_of((50, 7), seed=1), id="small"),
    pytest.param(logits_of((20, 1000), seed=2), id="large"),
    pytest.param(logits_of((50, 40), seed=3, excluded=0.5), id="half excluded"),
    pytest.param(logits_of((5, 1), seed=4), id="one token"),
    pytest.param(np.where(np.eye(6) > 0, 1.5, -INF), id="one token left"),
    pytest.param(logits_of((20, 30), seed=5, scale=200), id="extreme"),
    pytest.param(logits_of((20, 30), seed=6).astype(np.float32), id="float32"),
]


@pytest.mark.parametrize("logits", ROWS)
@pytest.mark.parametrize("tau", [0.1, 0.7, 1.0, 1.5, 10.0])
def test_temperature_equals_the_library(logits, tau):
    ours = filters.temperature(logits, tau)
    np.testing.assert_allclose(ours, library(TemperatureLogitsWarper(tau), logits), rtol=1e-6)
    assert ours.dtype == logits.dtype


@pytest.mark.parametrize("logits", ROWS)
@pytest.mark.parametrize("k", [1, 2, 5, 39, 10_000])
def test_top_k_equals_the_library(logits, k):
    ours = filters.top_k(logits, k)
    assert np.array_equal(ours, library(TopKLogitsWarper(k), logits))
    assert ours.dtype == logits.dtype


@pytest.mark.parametrize("logits", ROWS)
@pytest.mark.parametrize("p", [0.0, 1e-9, 0.1, 0.5, 0.9, 0.95, 0.999, 1.0])
def test_top_p_equals_the_library(logits, p):
    ours = filters.top_p(logits, p)
    assert np.array_equal(ours, library(TopPLogitsWarper(p), logits))
    assert ours.dtype == logits.dtype


def test_chain_equals_the_library():
    logits = logits_of((30, 100), seed=7, excluded=0.2)
    ours = filters.top_p(filters.top_k(filters.temperature(logits, 0.7), 60), 0.95)
    theirs = logits
    for warper in (TemperatureLogitsWarper(0.7), TopKLogitsWarper(60), TopPLogitsWarper(0.95)):
        theirs = library(warper, theirs)
    assert np.array_equal(np.isneginf(ours), np.isneginf(theirs))
    np.testing.assert_allclose(filters.softmax(ours), filters.softmax(theirs), rtol=1e-12)


# ---------------------------------------------------------------- ties

TIED = np.array([[1.0, 3, 3, 3, 0], [2, 2, 2, 2, 2], [-INF, 0, 0, -INF, 0]])


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_ties_at_top_k_all_stay_here_and_in_the_library(k):
    ours = filters.top_k(TIED, k)
    assert np.array_equal(ours, library(TopKLogitsWarper(k), TIED))
    assert np.isfinite(ours[1]).all()  # more than k


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_ties_at_top_p_keep_the_same_mass_as_the_library(p):
    rng = np.random.default_rng(8)
    logits = np.concatenate([np.tile(TIED, (1, 9)), rng.integers(0, 3, (20, 45)).astype(float)])
    ours, theirs = filters.top_p(logits, p), library(TopPLogitsWarper(p), logits)
    np.testing.assert_allclose(kept_mass(ours, logits), kept_mass(theirs, logits), rtol=1e-9)
    assert (kept_mass(ours, logits) >= p - 1e-12).all()
    # No more than needed: without one of the least probable that stay, the mass is too small.
    least = np.where(np.isneginf(ours), INF, filters.softmax(logits)).min(axis=-1)
    crowd = np.isfinite(ours).sum(axis=-1) > 1
    assert (kept_mass(ours, logits) - least < p + 1e-12)[crowd].all()


def test_ties_at_top_p_keep_the_highest_index():
    assert np.isfinite(filters.top_p(np.zeros(4), 0.4)).tolist() == [False, False, True, True]


def test_greedy_keeps_the_first_of_equals():
    kept = np.isfinite(filters.greedy(TIED))
    assert kept.argmax(axis=-1).tolist() == [1, 0, 1] and (kept.sum(axis=-1) == 1).all()


# ---------------------------------------------------------------- properties

FILTERS = [
    lambda logits: filters.temperature(logits, 0.5),
    filters.greedy,
    lambda logits: filters.top_k(logits, 3),
    lambda logits: filters.top_p(logits, 0.8),
]


@pytest.mark.parametrize("apply_filter", FILTERS)
def test_filters_work_on_any_leading_shape_and_return_new_arrays(apply_filter):
    logits = logits_of((2, 3, 4, 11), seed=9)
    before = logits.copy()
    filtered = apply_filter(logits)
    assert filtered.shape == logits.shape and not np.shares_memory(filtered, logits)
    assert np.array_equal(logits, before)
    assert np.array_equal(filtered[1, 2, 3], apply_filter(logits[1, 2, 3]))
    filtered[:] = 0
    assert np.array_equal(logits, before)


@pytest.mark.parametrize("apply_filter", FILTERS)
def test_filters_take_lists_and_tensors(apply_filter):
    whole = [3, 1, 2, 0]
    expected = apply_filter(np.array(whole, dtype=float))
    assert np.array_equal(apply_filter(whole), expected)
    assert np.array_equal(apply_filter(torch.tensor(whole, dtype=torch.float64)), expected)


def test_small_temperature_tends_to_greedy_and_large_to_uniform():
    logits = logits_of((10, 8), seed=10)
    cold = filters.softmax(filters.temperature(logits, 1e-3))
    np.testing.assert_allclose(cold, filters.softmax(filters.greedy(logits)), atol=1e-6)
    hot = filters.softmax(filters.temperature(logits, 1e6))
    np.testing.assert_allclose(hot, 1 / 8, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tau", [1e-6, 1e-38, 1e-40, 1e-300, 5e-324])
@pytest.mark.parametrize(
    "row", [[5.0, 2.0, 9.0, -1.0], [-5.0, -2.0, -9.0, -1.0], [0.0, -1.0, -2.0, -INF]]
)
def test_a_temperature_near_zero_is_greedy(dtype, tau, row):
    logits = np.array([row], dtype=dtype)
    cold = filters.temperature(logits, tau)
    assert cold.dtype == dtype
    best = filters.softmax(filters.greedy(logits))
    np.testing.assert_array_equal(filters.softmax(cold), best)


def test_temperature_is_a_power_of_the_probabilities():
    logits = logits_of((10, 8), seed=11)
    powers = filters.softmax(logits) ** (1 / 0.7)
    expected = powers / powers.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(filters.softmax(filters.temperature(logits, 0.7)), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda z: filters.temperature(z, 0), "positive number, not 0"),
        (lambda z: filters.temperature(z, -1.0), "positive"),
        (lambda z: filters.temperature(z, float("nan")), "positive"),
        (lambda z: filters.temperature(z, INF), "positive"),
        (lambda z: filters.top_k(z, 0), "at least 1"),
        (lambda z: filters.top_p(z, 1.1), "in 0 … 1"),
        (lambda z: filters.top_p(z, 95), "in 0 … 1"),
        (lambda z: filters.top_p(z, -0.1), "in 0 … 1"),
        (lambda z: filters.softmax(np.full(3, -INF)), "finite"),
        (lambda z: filters.softmax([0.0, float("nan")]), "finite"),
        (lambda z: filters.top_k(z, 2.5), "whole number of at least 1, not 2.5"),
        (lambda z: filters.top_p(z, "0.9"), "in 0 … 1, not '0.9'"),
        (lambda z: filters.temperature(z, "0.9"), "positive number, not '0.9'"),
        (lambda z: filters.penalise(z, [0], 0.0), "penalty must be a positive number"),
        (lambda z: generation.draw_tokens(lambda _: z, [], 3, np.random.default_rng()), "prompt"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.zeros(3))


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ({"temperature": -1}, "The temperature must be a positive number, not -1."),
        ({"temperature": "0.7"}, "The temperature must be a positive number, not '0.7'."),
        ({"top_k": 0}, "top_k must be a whole number of at least 1, not 0."),
        ({"top_k": 5.0}, "top_k must be a whole number of at least 1, not 5.0."),
        ({"top_k": True}, "top_k must be a whole number of at least 1, not True."),
        ({"top_p": 95}, "top_p must be a number in 0 … 1, not 95."),
        ({"repetition_penalty": 0}, "The repetition penalty must be a positive number, not 0."),
    ],
)
def test_controls_are_checked_in_one_place(controls, message):
    filters.check_controls(0, np.int64(3), np.float32(0.5), 2)
    with pytest.raises(ValueError) as caught:
        filters.check_controls(**controls)
    assert str(caught.value) == message


# ---------------------------------------------------------------- penalty and forbidden words


def test_penalty_equals_the_library():
    rng = np.random.default_rng(0)
    for penalty in (0.5, 1.0, 1.3, 5.0):
        processor = transformers.RepetitionPenaltyLogitsProcessor(penalty)
        for _ in range(20):
            logits, tokens = rng.normal(size=30).astype(np.float32), rng.integers(0, 30, size=12)
            theirs = processor(torch.tensor(tokens)[None], torch.tensor(logits)[None])[0]
            before = logits.copy()
            np.testing.assert_allclose(filters.penalise(logits, tokens, penalty), theirs, rtol=1e-6)
            assert np.array_equal(logits, before)


def test_forbidden_equals_the_library():
    rng = np.random.default_rng(0)
    words = [[3], [1, 2], [2, 2, 0], [0, 1, 2, 3]]
    processor = transformers.NoBadWordsLogitsProcessor(words)
    seen = set()
    for _ in range(300):
        tokens = rng.integers(0, 4, size=rng.integers(1, 7)).tolist()
        logits = rng.normal(size=6).astype(np.float32)
        theirs = processor(torch.tensor([tokens]), torch.tensor(logits)[None])[0].numpy()
        ours = filters.forbid(logits, tokens, words)
        assert np.array_equal(ours, theirs), tokens
        seen.add(tuple(np.flatnonzero(np.isinf(ours))))
    assert len(seen) == 3


# ---------------------------------------------------------------- softmax and draw


def test_softmax_equals_torch():
    logits = logits_of((4, 5, 6), seed=12, scale=300, excluded=0.3)
    expected = torch.softmax(torch.from_numpy(logits), dim=-1).numpy()
    np.testing.assert_allclose(filters.softmax(logits), expected, rtol=1e-12)


def test_draw_has_the_right_frequencies():
    logits = np.log([0.5, 0.3, 0.15, 0.05])
    tokens = filters.draw(np.tile(logits, (100_000, 1)), np.random.default_rng(0))
    assert tokens.shape == (100_000,)
    share = np.bincount(tokens, minlength=4) / 100_000
    assert np.abs(share - [0.5, 0.3, 0.15, 0.05]).max() < 0.006  # four standard errors


@pytest.mark.parametrize("chance", [0.0, 0.5, 1 - 2**-53])
def test_draw_never_takes_an_impossible_token(chance):
    class Rigged:
        def random(self, shape):
            return np.full(shape, chance)

    logits = logits_of((200, 50), seed=13, excluded=0.7)
    logits[:, 0] = -INF  # also first …
    logits[:, -1] = -INF  # … and last
    logits[:, 25] = 0
    tokens = filters.draw(logits, Rigged())
    assert np.isfinite(np.take_along_axis(logits, tokens[:, None], axis=-1)).all()


def test_draw_uses_one_number_per_row():
    rng, same = np.random.default_rng(1), np.random.default_rng(1)
    filters.draw(np.zeros((3, 4, 5)), rng)
    same.random((3, 4))
    assert rng.random() == same.random()


# ---------------------------------------------------------------- the loop


class Counter:
    """A model with a state: the next token is surely the number of tokens seen, modulo 10."""

    def __init__(self):
        self.seen = 0
        self.calls = []

    def __call__(self, newest):
        self.calls.append(list(newest))
        self.seen += len(newest)
        return np.where(np.arange(10) == self.seen % 10, 0.0, -INF)


def test_the_model_gets_the_prompt_once_and_then_each_new_token():
    model = Counter()
    tokens = generation.draw_tokens(model, np.array([7, 7, 7]), 9, np.random.default_rng(0))
    assert tokens == [3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert all(type(token) is int for token in tokens)
    assert model.calls == [[7, 7, 7], [3], [4], [5], [6], [7], [8], [9], [0]]


def test_no_steps():
    assert generation.draw_tokens(Counter(), [1], 0, np.random.default_rng(0)) == []


def test_filters_are_applied_in_order():
    log = []

    def first(logits):
        log.append("first")
        return filters.temperature(logits, 0.5)

    def second(logits):
        log.append("second")
        return filters.greedy(logits)

    logits = np.array([0.0, 2.0, 1.0])
    rng = np.random.default_rng(0)
    tokens = generation.draw_tokens(lambda new: logits, [0], 3, rng, first, second)
    assert tokens == [1, 1, 1] and log == ["first", "second"] * 3


def test_same_seed_same_tokens():
    def tokens(seed):
        logits = logits_of(50, seed=14)
        return generation.draw_tokens(lambda new: logits, [0], 40, np.random.default_rng(seed))

    assert tokens(3) == tokens(3) != tokens(4)
