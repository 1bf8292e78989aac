"""Slips of readers in the exercises 03.3 to 03.5, in their own words."""

import itertools

import numpy as np
from reader_answers import refused, right, wrong

CHANGES = "✗ right, but your function changes its argument {}, and "

# 03.3


def softmax_with(a, grad, maximum, total, weighted):
    e = np.exp(a - maximum(a))
    p = e / total(e)
    return p, p * (grad - weighted(grad * p))


def kept(x):
    return x.sum(-1, keepdims=True)


def lost(x):
    return x.sum(-1)


def largest(x):
    return x.max(-1, keepdims=True)


@wrong("03.3", "one_maximum_for_all")
def plain_maximum(a, grad):
    return softmax_with(a, grad, np.max, kept, kept)


@wrong("03.3", "axis_one")
def axis_of_a_matrix(a, grad):
    p = np.exp(a - a.max(1, keepdims=True))
    p = p / p.sum(1, keepdims=True)
    return p, p * grad - p * (p * grad).sum(axis=1, keepdims=True)


@wrong("03.3", "axes_not_kept")
def no_keepdims(a, grad):
    return softmax_with(a, grad, lambda x: x.max(-1), lost, lost)


@wrong("03.3", "axis_not_kept_on_the_way_back")
def no_keepdims_in_the_pull(a, grad):
    return softmax_with(a, grad, largest, kept, lost)


@refused("03.3", "error", "could not be broadcast")
def maximum_alone_without_its_axis(a, grad):
    return softmax_with(a, grad, lambda x: x.max(-1), kept, kept)


@refused("03.3", "wrong", CHANGES.format("a"))
def shifted_in_place(a, grad):
    a -= a.max(axis=-1, keepdims=True)
    return softmax_with(a, grad, largest, kept, kept)


@refused("03.3", "wrong", CHANGES.format("a"))
def exponentials_in_place(a, grad):
    np.exp(a - largest(a), out=a)
    a /= kept(a)
    return a, a * (grad - kept(grad * a))


@refused("03.3", "wrong", CHANGES.format("grad"))
def centred_in_place(a, grad):
    p, _ = softmax_with(a, grad, largest, kept, kept)
    grad -= kept(grad * p)
    return p, grad * p


# 03.4


@wrong("03.4", "glorot")
def xavier(sizes, mean_square):
    return [2 / (n + m) for n, m in itertools.pairwise(sizes)]


@wrong("03.4", "glorot_with_the_mean_square")
def xavier_for_these_pixels(sizes, mean_square):
    found = [2 / (n + m) for n, m in itertools.pairwise(sizes)]
    found[0] /= mean_square
    return found


@wrong("03.4", "glorot_after_the_first")
def xavier_from_the_second_on(sizes, mean_square):
    later = itertools.pairwise(sizes[1:])
    return np.array([1 / (sizes[0] * mean_square)] + [2 / (n + m) for n, m in later])


@wrong("03.4", "middle_of_both_directions")
def mean_of_both_numbers_of_units(sizes, mean_square):
    squares = [mean_square] + [0.5] * (len(sizes) - 2)
    middles = [(n + m) / 2 for n, m in itertools.pairwise(sizes)]
    return [1 / (n * square) for n, square in zip(middles, squares, strict=True)]


# 03.5


def smallest_share(sizes):
    shares = [a / b for a, b in itertools.pairwise(sizes)]
    return int(np.argmin(shares)) + 1


@wrong("03.5", "means_of_magnitudes")
def mean_magnitude(grads):
    return smallest_share([np.mean(abs(g)) for g in grads])


@wrong("03.5", "largest_elements")
def largest_magnitude(grads):
    return smallest_share([np.linalg.norm(g.ravel(), np.inf) for g in grads])


@wrong("03.5", "signed_means")
def mean_with_its_sign(grads):
    return smallest_share([np.mean(g) for g in grads])


@right("03.5")
def mean_square_without_its_root(grads):
    return smallest_share([np.mean(g * g) for g in grads])


# 03.6


# 03.6


@refused("03.6", "wrong", CHANGES.format("delta"))
def scaled_in_place(delta, mask, keep, rng):
    delta *= mask / keep
    return delta
