"""The exercises of lesson 08, the VAE: one file an exercise."""

from helpers.exercises.banks.lesson08 import (
    elbo,
    free_bits,
    importance_bound,
    kl_to_normal,
    psnr,
    reparameterise,
)

__all__ = ["EXERCISES"]

EXERCISES = (
    kl_to_normal.EXERCISE,
    reparameterise.EXERCISE,
    elbo.EXERCISE,
    importance_bound.EXERCISE,
    psnr.EXERCISE,
    free_bits.EXERCISE,
)
