"""The measures, against numbers worked out by hand."""

import math

import numpy as np
import pytest

from helpers import metrics


def test_accuracy():
    assert metrics.accuracy([0, 1, 2, 2], [0, 1, 1, 2]) == 0.75
    assert metrics.accuracy(np.array([3]), np.array([3])) == 1.0
    assert type(metrics.accuracy([1], [2])) is float


def test_accuracy_takes_tensors():
    import torch

    assert metrics.accuracy(torch.tensor([1, 2]), torch.tensor([1, 0])) == 0.5


@pytest.mark.parametrize(
    ("predictions", "labels"), [([1, 2], [1]), ([], []), ([[1]], [[1]]), (1, 1), ([1], [[1]])]
)
def test_accuracy_of_unlike_arrays(predictions, labels):
    with pytest.raises(ValueError, match="must both have shape"):
        metrics.accuracy(predictions, labels)


def test_confusion_matrix_has_the_true_classes_as_rows():
    matrix = metrics.confusion_matrix([0, 1, 1, 2, 0], [0, 0, 1, 2, 2], classes=4)
    expected = [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert np.array_equal(matrix, expected)
    assert matrix.sum() == 5


@pytest.mark.parametrize(("predictions", "labels"), [([0, 3], [0, 1]), ([0, 1], [-1, 1])])
def test_confusion_matrix_drops_no_class_in_silence(predictions, labels):
    with pytest.raises(ValueError, match="whole number from 0 to 2"):
        metrics.confusion_matrix(predictions, labels, classes=3)


def test_confusion_matrix_of_unlike_lengths():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        metrics.confusion_matrix([0, 1], [0], classes=2)


def test_perplexity():
    assert metrics.perplexity(np.log([0.5, 0.5])) == pytest.approx(2)
    assert metrics.perplexity(np.log([[0.5, 0.25], [0.125, 1.0]])) == pytest.approx(2**1.5)
    assert metrics.perplexity(np.full(1000, -math.log(68))) == pytest.approx(68)
    assert metrics.perplexity([0.0]) == 1
    assert metrics.perplexity([-math.inf, -1.0]) == math.inf


def test_perplexity_equals_torch():
    import torch

    logits = torch.randn(50, 7, generator=torch.Generator().manual_seed(0))
    targets = torch.arange(50) % 7
    chosen = torch.log_softmax(logits, dim=-1)[torch.arange(50), targets]
    loss = torch.nn.functional.cross_entropy(logits, targets)
    assert metrics.perplexity(chosen) == pytest.approx(math.exp(loss), rel=1e-6)


def test_per_character_units():
    # Two words of five characters and one space, with probabilities 1/8 and 1/4.
    log_probs = np.log([1 / 8, 1 / 4])
    assert metrics.bits_per_character(log_probs, 11) == pytest.approx(5 / 11)
    assert metrics.nats_per_character(log_probs, 11) == pytest.approx(5 / 11 * math.log(2))
    uniform = np.full((10, 10), -math.log(68))
    assert metrics.nats_per_character(uniform, 100) == pytest.approx(math.log(68))
    assert type(metrics.bits_per_character([-1.0], 1)) is float


@pytest.mark.parametrize("values", [[], [float("nan")], [-1.0, 0.5], [0.5, 0.5]])
@pytest.mark.parametrize(
    "measure",
    [
        metrics.perplexity,
        lambda values: metrics.nats_per_character(values, 3),
        lambda values: metrics.bits_per_character(values, 3),
    ],
)
def test_what_is_no_log_probability(measure, values):
    with pytest.raises(ValueError, match="numbers up to 0"):
        measure(values)


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
