"""Measures of how good a model is; library functions where they exist."""

import numpy as np


def accuracy(predictions, labels) -> float:
    """Share of the predicted classes that equal the labels; both have shape (N,).

    Raises:
        ValueError: the shapes differ or the arrays are empty.
    """
    predictions, labels = np.asarray(predictions), np.asarray(labels)
    if predictions.shape != labels.shape or predictions.ndim != 1 or not predictions.size:
        raise ValueError(
            f"Predicted classes and labels must both have shape (N,) with N ≥ 1, "
            f"not {predictions.shape} and {labels.shape}."
        )
    return float((predictions == labels).mean())


def confusion_matrix(predictions, labels, classes: int) -> np.ndarray:
    """Counts of shape (classes, classes): row = true class, column = predicted class.

    Raises:
        ValueError: the shapes differ, or a class is not in 0 … classes − 1.
    """
    from sklearn.metrics import confusion_matrix

    seen = np.concatenate([np.asarray(predictions), np.asarray(labels)])
    if not np.isin(seen, np.arange(classes)).all():
        raise ValueError(f"Every class must be a whole number from 0 to {classes - 1}.")
    return confusion_matrix(labels, predictions, labels=np.arange(classes))
