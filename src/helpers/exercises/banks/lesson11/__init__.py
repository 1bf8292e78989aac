"""The exercises of lesson 11: one file an exercise."""

from helpers.exercises.banks.lesson11 import (
    attention_with_cache,
    one_merge,
    sampling_controls,
    score_of_a_text,
    tied_gradient,
)

__all__ = ["EXERCISES"]

EXERCISES = (
    one_merge.EXERCISE,
    score_of_a_text.EXERCISE,
    tied_gradient.EXERCISE,
    attention_with_cache.EXERCISE,
    sampling_controls.EXERCISE,
)
