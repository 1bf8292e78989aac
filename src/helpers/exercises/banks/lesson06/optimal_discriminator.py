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


def decision_that_ties_are_real(p_data, p_gen):
    """Your function decides for the larger density and answers 0 or 1, and 1 where both are equal.
    There nobody can tell, and the best answer is ½. It is the data's share of the sum."""
    return np.where(np.asarray(p_data) >= p_gen, 1.0, 0.0)


def softmax_of_the_densities(p_data, p_gen):
    """Your function behaves exactly as if the densities went through a softmax (or their difference
    through the sigmoid). A softmax wants logarithms: of log p_data and log p_gen it is the data's
    share of the sum. Densities are divided as they are: p_data / (p_data + p_gen)."""
    return 1 / (1 + np.exp(p_gen - p_data))


def normalised_over_the_points(p_data, p_gen):
    """Your function divides the right answers by their sum over the points. Each point has a
    probability of its own, real or fake there: these need not add up to 1 over the points."""
    right = p_data / (p_data + p_gen)
    return right / right.sum()


def divided_by_the_sum_over_the_points(p_data, p_gen):
    """Your function divides by a sum over all points. Each point is compared with itself alone: no
    sum() is needed, p_data + p_gen adds the two densities point by point."""
    return p_data / (p_data + p_gen).sum()


def densities_made_to_sum_to_1(p_data, p_gen):
    """Your function first divides each density by its sum over the points. These are densities
    already, and the few points here are not all there are: compare them as they are."""
    share_data, share_gen = p_data / p_data.sum(), p_gen / p_gen.sum()
    return share_data / (share_data + share_gen)


def kept_from_dividing_by_zero(p_data, p_gen):
    """Your function behaves exactly as if something like 1e-8 were added to the sum, or the sum
    were kept above it. Far out, both densities are smaller than that, and their ratio still counts:
    D there is not 0. At each point one density is positive, so nothing is divided by 0."""
    return p_data / (p_data + p_gen + 1e-8)


def optimal_discriminator_cases(rng):
    yield np.array([3.0, 1.0]), np.array([1.0, 1.0])
    yield np.array([0.5, 0.0, 0.2]), np.array([0.0, 0.4, 1.8])
    yield rng.uniform(0.1, 1, size=(2, 3)), rng.uniform(0.1, 1, size=(2, 3))
    yield rng.uniform(0.1, 2, size=1), rng.uniform(0.1, 2, size=1)
    yield np.array([3e-30, 1e-30]), np.array([1e-30, 3e-30])  # far out


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
        decision_that_ties_are_real,
        softmax_of_the_densities,
        normalised_over_the_points,
        divided_by_the_sum_over_the_points,
        densities_made_to_sum_to_1,
        kept_from_dividing_by_zero,
    ),
)
