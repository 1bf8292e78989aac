"""Exercise 06.1: the optimal discriminator. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def optimal_discriminator(p_data, p_gen):
    return p_data / (p_data + p_gen)


def generator_over_the_sum(p_data, p_gen):
    """Your function behaves exactly as if the generator's density stood above the fraction bar.
    That is 1 − D*, the probability of being fake. D is the probability of being real."""
    return p_gen / (p_data + p_gen)


def ratio_of_the_densities(p_data, p_gen):
    """Your function returns the ratio p_data / p_gen, which can be as large as it likes. A
    probability compares with the sum: divide by p_data + p_gen."""
    return p_data / p_gen


def ratio_inverted(p_data, p_gen):
    """Your function returns the ratio p_gen / p_data: it is upside down, and it is not a
    probability. D* is the data's share of the sum, p_data / (p_data + p_gen)."""
    return p_gen / p_data


def logit_returned(p_data, p_gen):
    """Your function returns log(p_data / p_gen). That is the logit of D*, what the network should
    return before its sigmoid. Here the probability was asked for."""
    return np.log(p_data) - np.log(p_gen)


def decision_instead_of_probability(p_data, p_gen):
    """Your function decides for the larger density and answers 0 or 1. Under the logarithm one
    wrong decision costs infinitely much. The best answer is the data's share of the sum."""
    return np.where(np.asarray(p_data) > p_gen, 1.0, 0.0)


def always_undecided(p_data, p_gen):
    """Your function answers ½ everywhere. That is right only where both densities are equal, as
    they are at the solution of the game. Elsewhere D* is the data's share of the sum."""
    return np.full_like(p_data, 0.5)


def sigmoid_of_the_ratio(p_data, p_gen):
    """Your function puts the ratio p_data / p_gen through the sigmoid. The logit of D* is the
    logarithm of the ratio, and σ(log(p_data / p_gen)) is the data's share of the sum."""
    return 1 / (1 + np.exp(-p_data / p_gen))


def optimal_discriminator_cases(rng):
    yield np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.2, 0.1])
    yield np.array([0.5, 0.0, 0.2]), np.array([0.0, 0.4, 1.8])
    yield rng.uniform(0.01, 1, size=(2, 3)), rng.uniform(0.01, 1, size=(2, 3))
    yield rng.uniform(0.01, 2, size=1), rng.uniform(0.01, 2, size=1)


EXERCISE = Exercise(
    id="06.1",
    title="The optimal discriminator",
    cases=optimal_discriminator_cases,
    answer=optimal_discriminator,
    hints=(
        "Where both densities are equal, nobody can tell: the answer there is ½.",
        "Set the slope of a · log y + b · log(1 − y) in y to zero, and solve for y.",
        "The data's share of the sum: p_data / (p_data + p_gen).",
    ),
    misconceptions=(
        generator_over_the_sum,
        ratio_of_the_densities,
        ratio_inverted,
        logit_returned,
        decision_instead_of_probability,
        always_undecided,
        sigmoid_of_the_ratio,
    ),
)
