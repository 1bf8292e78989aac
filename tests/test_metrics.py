"""The measures, against numbers worked out by hand."""

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
