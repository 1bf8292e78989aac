"""Exercise 04.1: perplexity. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def perplexity(log_probs):
    return np.exp(-np.mean(log_probs))


def mean_of_perplexities(log_probs):
    """Your function behaves exactly as if each token had its own perplexity 1/p and these were
    averaged. Average the logarithms first and take the exponential once, at the end: exp(−mean)."""
    return np.mean(np.exp(-log_probs))


def inverse_of_the_mean_probability(log_probs):
    """Your function behaves exactly as if the probabilities themselves were averaged. A product of
    probabilities has a geometric mean: average their logarithms."""
    return 1 / np.mean(np.exp(log_probs))


def base_two(log_probs):
    """Your function behaves exactly as if the logarithms were to base 2: you take 2 to the power of
    the loss. These are natural logarithms, so the exponential is exp."""
    return 2 ** (-np.mean(log_probs))


def exponential_of_bits(log_probs):
    """Your function turns the loss into bits and then takes e to the power of it. Either stay in
    nats, exp(loss), or take 2 to the power of the bits."""
    return np.exp(-np.mean(log_probs) / np.log(2))


def sum_for_mean(log_probs):
    """Your function takes the sum of the logarithms instead of their mean. That is one over the
    probability of the whole text; perplexity is per token, so divide by T."""
    return np.exp(-np.sum(log_probs))


def sign_forgotten(log_probs):
    """Your function returns the geometric mean of the probabilities, a number below 1. Perplexity
    is its inverse: the minus sign is missing."""
    return np.exp(np.mean(log_probs))


def exponential_forgotten(log_probs):
    """Your function returns the loss in nats per token. Perplexity is the exponential of it."""
    return -np.mean(log_probs)


def sum_for_mean_overflows(log_probs):
    """Your function takes the sum of the logarithms instead of their mean. That is one over the
    probability of the whole text, so large for a long one that math.exp raises an error; perplexity
    is per token, so divide by T before you take the exponential."""
    total = np.sum(log_probs)
    if total < -709:  # where exp leaves the range of a float
        raise OverflowError
    return np.exp(-total)


def product_of_the_probabilities(log_probs):
    """Your formula is right on paper, but it overflows: the probability of a text of 2,000 tokens
    is smaller than the smallest float, so it becomes 0, and one over it infinite. That is what the
    logarithms are for: average them, and take the exponential once, at the end."""
    return np.exp(-np.sum(log_probs)) ** (1 / len(log_probs))


def division_by_a_product_of_zero(log_probs):
    """Your formula is right on paper, but it divides by zero: the probability of a text of 2,000
    tokens is smaller than the smallest float, so it becomes 0. That is what the logarithms are for:
    average them, and take the exponential once, at the end."""
    if np.prod(np.exp(log_probs)) == 0:
        raise ZeroDivisionError
    return np.exp(-np.mean(log_probs))


def logarithm_taken_again(log_probs):
    """Your function returns NaN, as it does when the logarithm is taken once more: log_probs are
    logarithms already, so they are negative, and a negative number has no logarithm."""
    return np.mean(np.log(log_probs))


def one_token_less(log_probs):
    """Your function behaves exactly as if the sum of the logarithms were divided by T − 1. All T
    tokens are predicted here, so it is the mean of T numbers."""
    return np.exp(-np.sum(log_probs) / (len(log_probs) - 1))


def perplexity_cases(rng):
    yield (np.log(np.array([0.5, 0.125])),)  # one half and one eighth: as if one quarter each
    yield (np.log(np.array([0.2])),)
    yield (np.log(np.array([0.5, 0.25, 0.1, 0.9])),)
    for T in (7, 20):
        yield (np.log(rng.uniform(0.05, 0.95, size=T)),)
    yield (np.log(rng.uniform(0.05, 0.95, size=2000)),)  # the product of them all underflows


EXERCISE = Exercise(
    id="04.1",
    title="Perplexity",
    cases=perplexity_cases,
    answer=perplexity,
    hints=(
        "What is the loss per token, given these logarithms?",
        "The loss is in nats, a perplexity is a number of tokens. What undoes the logarithm, and "
        "does it come before or after the mean?",
        "np.exp of minus np.mean(log_probs).",
    ),
    misconceptions=(
        mean_of_perplexities,
        inverse_of_the_mean_probability,
        base_two,
        exponential_of_bits,
        sum_for_mean,
        sign_forgotten,
        exponential_forgotten,
        sum_for_mean_overflows,
        product_of_the_probabilities,
        division_by_a_product_of_zero,
        logarithm_taken_again,
        one_token_less,
    ),
)
