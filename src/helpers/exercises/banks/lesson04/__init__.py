"""The exercises of lesson 04, language models: one file an exercise."""

from helpers.exercises.banks.lesson04 import (
    beam_step,
    bigram_table,
    nucleus,
    perplexity,
    temperature,
)

__all__ = ["EXERCISES"]

EXERCISES = (
    perplexity.EXERCISE,
    bigram_table.EXERCISE,
    temperature.EXERCISE,
    nucleus.EXERCISE,
    beam_step.EXERCISE,
)
