"""The exercises of lesson 06, the game of GANs: one file an exercise."""

from helpers.exercises.banks.lesson06 import (
    average_network,
    generator_loss,
    gradient_penalty,
    optimal_discriminator,
    training_steps,
)

__all__ = ["EXERCISES"]

EXERCISES = (
    optimal_discriminator.EXERCISE,
    generator_loss.EXERCISE,
    training_steps.EXERCISE,
    gradient_penalty.EXERCISE,
    average_network.EXERCISE,
)
