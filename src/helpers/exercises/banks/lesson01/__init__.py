"""The exercises of lesson 01, one file each."""

from helpers.exercises.banks.lesson01 import (
    adam_step,
    momentum_step,
    schedule,
    softmax_gradient,
    step_size_test,
)

__all__ = ["EXERCISES"]

EXERCISES = (
    softmax_gradient.EXERCISE,
    step_size_test.EXERCISE,
    adam_step.EXERCISE,
    schedule.EXERCISE,
    momentum_step.EXERCISE,
)
