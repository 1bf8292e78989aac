"""Exercise 03.4 · Choose the first weights."""

import itertools

from helpers.exercises.engine import Exercise


def variances(sizes, mean_square):
    first, *others = sizes[:-1]
    return [1 / (first * mean_square), *(2 / n_in for n_in in others)]


def he_everywhere(sizes, mean_square):
    """Your function gives 2/n_in to every layer. No ReLU comes before the first one, so nothing is
    halved there; and its inputs have their own mean square."""
    return [2 / n_in for n_in in sizes[:-1]]


def inputs_of_one(sizes, mean_square):
    """Your function is right for inputs with a mean square of 1. Put E[x²] into (03.6): the smaller
    it is, the larger the first weights must be."""
    return [1 / sizes[0], *(2 / n_in for n_in in sizes[1:-1])]


def relu_before_the_first(sizes, mean_square):
    """Your first layer has the factor 2, which makes up for a ReLU. Between the pixels and the
    first layer there is none."""
    return [2 / (sizes[0] * mean_square), *(2 / n_in for n_in in sizes[1:-1])]


def relu_forgotten(sizes, mean_square):
    """Your function gives 1/n_in to the later layers. Each of them gets what a ReLU has let
    through, which has half of the mean square: (03.7)."""
    return [1 / (sizes[0] * mean_square), *(1 / n_in for n_in in sizes[1:-1])]


def inputs_kept_all_the_way(sizes, mean_square):
    """Your function divides by mean_square in every layer. After the first layer the mean square
    of u is 1, so only the first one needs it."""
    return [1 / (sizes[0] * mean_square), *(2 / (n_in * mean_square) for n_in in sizes[1:-1])]


def multiplied_by_mean_square(sizes, mean_square):
    """Your first layer multiplies by mean_square where it should divide. Small inputs need large
    weights: n · Var W · E[x²] must be 1."""
    return [mean_square / sizes[0], *(2 / n_in for n_in in sizes[1:-1])]


def fan_out(sizes, mean_square):
    """Your function uses the number of units of each layer. A unit sums over its inputs, so what
    counts is n_in."""
    return [1 / (sizes[1] * mean_square), *(2 / n_out for n_out in sizes[2:])]


def glorot(sizes, mean_square):
    """Your function gives 2/(n_in + n_out), Glorot's middle between the two directions. Asked for
    is the way forwards alone."""
    return [2 / (a + b) for a, b in itertools.pairwise(sizes)]


def standard_deviations(sizes, mean_square):
    """Your function returns standard deviations. Asked for are variances, their squares."""
    return [v**0.5 for v in variances(sizes, mean_square)]


def width_cases(rng):
    yield (4, 2, 8), 1.0
    yield (4, 2, 8), 0.25
    yield (784, 256, 128, 10), 0.1
    yield (10, 3), 0.5
    yield (5, 7, 7, 7, 2), 2.0
    yield (64, 16, 256, 32), 1.0


EXERCISE = Exercise(
    id="03.4",
    title="Choose the first weights",
    cases=width_cases,
    answer=variances,
    hints=(
        "Which mean square comes into the first layer, and which into the second? Look at (03.6) "
        "and (03.7).",
        "Into the first: mean_square. Into every later one: ½, since E[u²] = 1 before the ReLU.",
        "n_in · Var W · (mean square of the input) = 1: the first layer gets 1 / (n_in · "
        "mean_square), the others 2 / n_in.",
    ),
    misconceptions=(
        he_everywhere,
        inputs_of_one,
        relu_before_the_first,
        relu_forgotten,
        inputs_kept_all_the_way,
        multiplied_by_mean_square,
        fan_out,
        glorot,
        standard_deviations,
    ),
)
