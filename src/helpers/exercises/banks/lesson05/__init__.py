"""The exercises of lesson 05, RNN and LSTM: one file an exercise."""

from helpers.exercises.banks.lesson05 import (
    exercise_1,
    exercise_2,
    exercise_3,
    exercise_4,
    exercise_5,
    exercise_6,
)

__all__ = ["EXERCISES"]

EXERCISES = (
    exercise_1.EXERCISE,
    exercise_2.EXERCISE,
    exercise_3.EXERCISE,
    exercise_4.EXERCISE,
    exercise_5.EXERCISE,
    exercise_6.EXERCISE,
)
