"""The exercises of lesson 10, one file each."""

from helpers.exercises.banks.lesson10 import (
    block_parameters,
    causal_mask,
    cross_attention,
    heads,
    layer_norm,
    scaled_scores,
)

__all__ = ["EXERCISES"]

EXERCISES = (
    scaled_scores.EXERCISE,
    causal_mask.EXERCISE,
    heads.EXERCISE,
    layer_norm.EXERCISE,
    block_parameters.EXERCISE,
    cross_attention.EXERCISE,
)
