"""The exercises 03.4 and 03.5 with answers as readers write them: wrong ones and right ones."""

import itertools
import math

import numpy as np
from reader_answers import right, wrong

# 03.4


@wrong("03.4", "he_everywhere")
def as_mlp_does(sizes, mean_square):
    return 2 / np.array(sizes[:-1])


@wrong("03.4", "inputs_of_one")
def pixels_taken_as_normal(sizes, mean_square):
    return [1 / sizes[0]] + [2 / n for n in sizes[1:-1]]


@wrong("03.4", "relu_before_the_first")
def two_everywhere(sizes, mean_square):
    squares = [mean_square] + [1] * (len(sizes) - 2)
    return [2 / (n * square) for n, square in zip(sizes[:-1], squares, strict=True)]


@wrong("03.4", "standard_deviations")
def ready_for_rng_normal(sizes, mean_square):
    squares = [mean_square] + [0.5] * (len(sizes) - 2)
    return [np.sqrt(1 / (n * s)) for n, s in zip(sizes[:-1], squares, strict=True)]


@right("03.4")
def by_following_the_signal(sizes, mean_square):
    found, square = [], mean_square
    for n in sizes[:-1]:
        found.append(1 / (n * square))
        square = 0.5  # of the ReLU of a u whose mean square is 1
    return np.array(found)


# 03.5


def rms(grad):
    return math.sqrt(np.mean(np.square(grad)))


@wrong("03.5", "smallest_gradient")
def the_smallest(grads):
    return min(range(len(grads)), key=lambda k: rms(grads[k])) + 1


@wrong("03.5", "counted_from_zero")
def place_in_the_list(grads):
    return min(range(len(grads) - 1), key=lambda k: rms(grads[k]) / rms(grads[k + 1]))


@wrong("03.5", "differences")
def largest_step(grads):
    return max(range(len(grads) - 1), key=lambda k: rms(grads[k + 1]) - rms(grads[k])) + 1


@wrong("03.5", "lengths_compared")
def by_norms(grads):
    return int(np.argmin([np.linalg.norm(a) / np.linalg.norm(b)
                          for a, b in itertools.pairwise(grads)])) + 1  # fmt: skip


@right("03.5")
def by_logarithms(grads):
    sizes = np.array([np.log((g**2).mean()) for g in grads])
    return np.diff(sizes).argmax() + 1
