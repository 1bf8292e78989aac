"""Lesson 04: its models, filters and rungs of the ladder."""

import itertools
import math

import notebook
import numpy as np
import pytest
import tensorflow as tf
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from helpers import data, metrics
from helpers.models import language_models as lesson
from helpers.models import language_models_keras as in_keras
from helpers.models import searches
from helpers.text import filters


@pytest.mark.parametrize(
    "vocab_size, context, width, hidden, B",
    [(5, 1, 1, 1, 1), (7, 1, 3, 4, 6), (68, 6, 8, 16, 1), (12, 4, 5, 2, 9), (2, 10, 2, 3, 4)],
)
def test_keras_twin_has_the_same_outputs_and_gradients(vocab_size, context, width, hidden, B):
    torch.manual_seed(context)
    rng = np.random.default_rng(B)
    model = lesson.NeuralLM(vocab_size, context, width, hidden).double()
    x = rng.integers(vocab_size, size=(B, context))
    y = rng.integers(vocab_size, size=B)
    logits, gradients = lesson.run_torch(model, x, y)
    twin_logits, twin_gradients = in_keras.run_keras(in_keras.keras_twin(model), x, y)
    assert logits.shape == (B, vocab_size)
    np.testing.assert_allclose(twin_logits, logits.detach().numpy(), rtol=1e-9, atol=1e-12)
    for mine, theirs in zip(gradients, twin_gradients, strict=True):
        assert mine.shape == tuple(theirs.shape)
        np.testing.assert_allclose(theirs, mine.numpy(), rtol=1e-8, atol=1e-12)


def test_twin_keeps_float32():
    model = lesson.NeuralLM(6, 2, 3, 4)
    x = np.array([[0, 5], [1, 1]])
    twin = in_keras.keras_twin(model)(x)
    assert twin.dtype == tf.float32
    np.testing.assert_allclose(twin, model(torch.tensor(x)).detach().numpy(), rtol=1e-5, atol=1e-6)


@given(
    tokens=st.lists(st.integers(0, 3), min_size=6, max_size=60),
    order=st.integers(1, 5),
    context=st.lists(st.integers(0, 3), min_size=5, max_size=5),
)
@settings(deadline=None, max_examples=60)
def test_ngram_columns_are_the_counted_ratios_and_sum_to_one(tokens, order, context):
    counts = lesson.NgramCounts(np.array(tokens), order, 4)
    windows = np.array([[*context[: order - 1], v] for v in range(4)])
    columns = counts.probabilities(windows)
    np.testing.assert_allclose(columns.sum(axis=0), 1, rtol=1e-12)
    for n in range(1, order + 1):
        before = tuple(context[order - n : order - 1])
        followers = [
            tokens[i + n - 1]
            for i in range(len(tokens) - n + 1)
            if tuple(tokens[i : i + n - 1]) == before
        ]
        expected = (
            [followers.count(v) / len(followers) for v in range(4)]
            if followers
            else columns[:, n - 1]
        )
        np.testing.assert_allclose(columns[:, n], expected, rtol=1e-12)


def test_every_string_has_positive_probability():
    tokens = np.random.default_rng(0).integers(0, 4, size=200)
    model = lesson.Interpolated(
        lesson.NgramCounts(tokens[:150], 3, 6), sliding_window_view(tokens[150:], 3)
    )
    np.testing.assert_allclose(model.weights.sum(axis=1), 1, rtol=1e-12)
    windows = np.array(list(itertools.product(range(6), repeat=3)))
    probabilities = model.probabilities(windows).reshape(36, 6)
    assert probabilities.min() > 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(model.next_probabilities([0, 5, 4, 3]), probabilities[4 * 6 + 3])


def test_em_never_lowers_the_likelihood_and_ends_where_nothing_changes():
    columns = np.random.default_rng(1).dirichlet(np.ones(3), size=400)
    weights, last = np.full(3, 1 / 3), -np.inf
    for _ in range(50):
        likelihood = np.log(columns @ weights).mean()
        assert likelihood >= last - 1e-12
        weights, last = lesson.em_step(weights, columns), likelihood
    end = lesson.fitted_weights(columns, steps=3000)
    slopes = (columns / (columns @ end)[:, None]).mean(axis=0)  # Lagrange: 1 where a weight lives
    assert np.all(slopes < 1 + 1e-4)
    np.testing.assert_allclose(slopes[end > 0.01], 1, rtol=1e-3)


@pytest.mark.parametrize(
    "progress, rate", [(0.0, 0.01), (0.25, 0.00853553), (0.5, 0.005), (1.0, 0.0)]
)
def test_the_rate_falls_along_a_cosine(progress, rate):
    torch.manual_seed(0)
    model = lesson.NeuralLM(5, 2, 3, 4)
    before = model.output.bias.detach().clone()
    lesson.training_step(model, np.arange(600) % 5, seed=0)(progress)
    moved = (model.output.bias.detach() - before).abs()  # Adam's first step is as long as the rate
    np.testing.assert_allclose(moved, rate, rtol=1e-3)


def test_words_join_to_the_text():
    for string in ("", "a", " I  am,\nnot 'tis! it's", "12é ß"):
        assert "".join(lesson.split_words(string)) == string


def test_unknown_words_are_spelt_with_positive_probability():
    words = lesson.split_words("the cat sat on the mat. the dog sat on the log. a pig\n" * 2)
    words += lesson.split_words(" zebra xylophone quiz")
    characters = sorted(set("".join(words)) | {"\n"})
    model = lesson.WordModel(words, words, characters)
    new = [" the", " cat", " quartz", ".", " glyph"]
    log_probs = model.log_probs(new)
    spelt = sum(len(word) + 1 for word in new[2:] if word not in model.place)
    assert len(log_probs) == 3 + spelt
    assert np.isfinite(log_probs).all() and log_probs.max() <= 1e-12


logits_and_setting = st.tuples(
    st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 12), st.booleans()
)


@given(case=logits_and_setting, k=st.integers(1, 20), p=st.floats(0, 1), tau=st.floats(0.05, 5))
@settings(deadline=None, max_examples=100)
def test_filters_of_the_notebook_are_those_of_the_package(case, k, p, tau):
    seed, rows, vocab_size, some_forbidden = case
    logits = np.random.default_rng(seed).normal(0, 3, size=(rows, vocab_size))
    if some_forbidden:
        logits[:, 1::3] = -np.inf
    for mine, packed, setting in (
        (lesson.temperature, filters.temperature, tau),
        (lesson.top_k, filters.top_k, k),
        (lesson.top_p, filters.top_p, p),
    ):
        np.testing.assert_array_equal(mine(logits, setting), packed(logits, setting))
    np.testing.assert_allclose(lesson.softmax(logits), filters.softmax(logits), rtol=1e-12)


@pytest.mark.parametrize(
    "tau, k, p, expected",
    [
        (1, 4, 1, [0.4, 0.3, 0.2, 0.1]),
        (0.5, 4, 1, [16 / 30, 9 / 30, 4 / 30, 1 / 30]),
        (1, 2, 1, [4 / 7, 3 / 7, 0, 0]),
        (1, 100, 0.65, [4 / 7, 3 / 7, 0, 0]),
        (1, 3, 0.9, [4 / 9, 3 / 9, 2 / 9, 0]),  # of the three that are left, all are needed
        (0.5, 3, 0.8, [16 / 25, 9 / 25, 0, 0]),  # temperature first: 25 / 29 is enough
        (0.01, 4, 1, [1, 0, 0, 0]),
    ],
)
def test_controls_of_the_play_cell(tau, k, p, expected):
    order = [2, 0, 3, 1]  # so that places and ranks differ
    logits = np.zeros(4)
    logits[order] = np.log([0.4, 0.3, 0.2, 0.1])
    found = lesson.controlled(logits, tau, k, p)
    np.testing.assert_allclose(found[order], expected, atol=1e-9)


def test_bars_are_ten_tokens_and_the_rest():
    probabilities = np.random.default_rng(2).dirichlet(np.ones(30))
    order = np.argsort(-probabilities)
    bars = lesson.ten_best_and_rest(probabilities, order)
    assert len(bars) == 11
    np.testing.assert_allclose(bars[:10], np.sort(probabilities)[::-1][:10])
    assert sum(bars) == pytest.approx(1)
    assert lesson.ten_best_and_rest(np.eye(30)[order[0]], order) == [1.0, *[0.0] * 10]


def test_rows_are_written_as_texts_one_by_one():
    tokens = np.random.default_rng(3).integers(0, 4, size=300)
    windows = sliding_window_view(tokens[200:], 3)
    model = lesson.Interpolated(lesson.NgramCounts(tokens[:200], 3, 4), windows)
    taus = (0.2, 1.0, 3.0)
    rows = lesson.write_rows(model, [0, 1, 2], 40, taus, np.random.default_rng(5))
    assert rows.shape == (3, 40)
    uniform = np.random.default_rng(5)
    texts = [[0, 1, 2] for _ in taus]
    for _ in range(40):
        for text, tau, u in zip(texts, taus, uniform.random(3), strict=True):
            p = model.next_probabilities(text) ** (1 / tau)
            text.append(int((np.cumsum(p / p.sum()) <= u).sum()))
    np.testing.assert_array_equal(rows, [text[3:] for text in texts])


def test_cold_rows_take_the_best_token_and_hot_ones_take_all_alike():
    tokens = np.arange(300) % 3
    model = lesson.Interpolated(
        lesson.NgramCounts(tokens[:200], 2, 5), sliding_window_view(tokens[200:], 2)
    )
    rows = lesson.write_rows(model, [0], 600, (0.01, 1e6), np.random.default_rng(6))
    np.testing.assert_array_equal(rows[0, :6], [1, 2, 0, 1, 2, 0])
    counts = np.bincount(rows[1], minlength=5)
    assert counts.min() > 80 and counts.max() < 160


@pytest.mark.parametrize("vocab_size, steps", [(2, 1), (3, 4), (5, 3)])
def test_wide_beam_and_viterbi_are_exhaustive(vocab_size, steps):
    rng = np.random.default_rng(vocab_size)
    log_p = np.log(rng.dirichlet(np.ones(vocab_size), size=vocab_size))
    scores = {
        sequence: sum(log_p[a, b] for a, b in itertools.pairwise((0, *sequence)))
        for sequence in itertools.product(range(vocab_size), repeat=steps)
    }
    best = max(scores, key=scores.get)
    sequence, score = searches.beam_search(log_p, 0, steps, vocab_size ** (steps - 1))
    assert tuple(sequence) == best
    assert math.isclose(score, scores[best])
    assert math.isclose(searches.viterbi(log_p, 0, steps)[1], scores[best])
    assert tuple(searches.viterbi(log_p, 0, steps)[0]) == best


# The ladder


@pytest.fixture(scope="module")
def ladder():
    return data.record("benchmarks/ladder.json")


def published(ladder, name):
    return np.mean([run["nats_per_character"] for run in ladder["results"][name]])


def test_ladder_says_what_was_scored(ladder):
    text = data.shakespeare()
    for part in (text.train, text.dev, text.held):
        assert f"{len(part):,}" in ladder["text"]
    assert "held-out" in ladder["protocol"]
    for runs in ladder["results"].values():
        for run in runs:
            bits = run["nats_per_character"] / math.log(2)
            assert run["bits_per_character"] == pytest.approx(bits, abs=1e-4)
            assert {"context", "parameters", "steps", "training_seconds"} <= set(run)


def test_counting_rungs_agree_with_the_ladder(ladder):
    text = data.shakespeare()
    vocab = sorted(set(text.train + text.dev + text.held))
    train, dev, held = (lesson.encode(part, vocab) for part in (text.train, text.dev, text.held))
    mine = {"uniform": math.log(len(vocab))}
    for name, order in {"unigram": 1, "bigram": 2, "5-gram, interpolated": 5}.items():
        counts = lesson.NgramCounts(train, order, len(vocab))
        model = lesson.Interpolated(counts, lesson.windows_of(dev, train, order))
        windows = lesson.windows_of(held, dev, order)
        assert len(windows) == len(text.held)
        mine[name] = -np.log(model.probabilities(windows)).mean()
    dev_words, held_words = lesson.split_words(text.dev), lesson.split_words(text.held)
    word_model = lesson.WordModel(lesson.split_words(text.train), dev_words, vocab)
    log_probs = word_model.log_probs(dev_words[-2:] + held_words)
    mine["word trigram"] = metrics.nats_per_character(log_probs, len(text.held))
    for name, nats in mine.items():
        assert abs(nats - published(ladder, name)) < 0.03, name
    steps = [published(ladder, name) for name in ("uniform", "unigram", "bigram", "neural LM")]
    assert steps == sorted(steps, reverse=True)


def test_notebook_found_all_its_rungs_in_the_ladder():
    cells = notebook.code_cells(notebook.read(notebook.lesson("04")))
    lines = [
        line
        for _, cell in cells
        for output in cell["outputs"]
        for line in output.get("text", "").splitlines()
        if line.startswith("✓") and ", from its rung " in line
    ]
    assert len(lines) == 6
    assert all("(below 0.03 nats)" in line for line in lines)
