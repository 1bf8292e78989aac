"""The exercises of lesson 03, one file each."""

from helpers.exercises.banks.lesson03 import (
    dropout_backward,
    gradients,
    multiplications,
    softmax,
    variances,
    where_it_breaks,
)

__all__ = ["EXERCISES"]

EXERCISES = (
    multiplications.EXERCISE,
    gradients.EXERCISE,
    softmax.EXERCISE,
    variances.EXERCISE,
    where_it_breaks.EXERCISE,
    dropout_backward.EXERCISE,
)
