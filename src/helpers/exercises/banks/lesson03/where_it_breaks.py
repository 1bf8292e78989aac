"""Exercise 03.5 · Find the layer to blame."""

import itertools

import numpy as np

from helpers.exercises.engine import Exercise


def where_it_breaks(grads):
    sizes = np.array([np.sqrt((grad**2).mean()) for grad in grads])
    return int(np.argmin(sizes[:-1] / sizes[1:])) + 1


def sizes_of(grads):
    return np.array([np.sqrt((grad**2).mean()) for grad in grads])


def smallest_gradient(grads):
    """Your function returns the layer with the smallest gradient. Every layer below the break is
    small; what you look for is the largest loss from one layer to the layer before."""
    return int(np.argmin(sizes_of(grads))) + 1


def counted_from_zero(grads):
    """Your function counts layers from 0. The first layer has the number 1."""
    return where_it_breaks(grads) - 1


def the_layer_after(grads):
    """Your function names the layer above the break, the last one that gets its full gradient.
    Asked for is the layer that gets the smallest share of it, one before."""
    return where_it_breaks(grads) + 1


def lengths_compared(grads):
    """Your function compares lengths, roots of a sum of squares. A layer with more weights is then
    larger for that reason alone: take the root of the mean."""
    sizes = np.array([np.linalg.norm(grad) for grad in grads])
    return int(np.argmin(sizes[:-1] / sizes[1:])) + 1


def plain_means(grads):
    """Your function takes the mean of the gradient itself. Positive and negative elements cancel:
    square them first."""
    sizes = np.array([abs(grad.mean()) for grad in grads])
    return int(np.argmin(sizes[:-1] / sizes[1:])) + 1


def differences(grads):
    """Your function compares differences. What counts is the share: from 1e-4 to 1e-7 is a greater
    loss on the way than from 1 to 0.5."""
    return int(np.argmax(np.diff(sizes_of(grads)))) + 1


def largest_share(grads):
    """Your function looks for the largest share instead of the smallest, or divides the wrong way
    round: the layer before is measured against the layer after."""
    sizes = sizes_of(grads)
    return int(np.argmax(sizes[:-1] / sizes[1:])) + 1


def gradient_cases(rng):
    yield ([np.array([[1.0, -1.0]]), np.array([[2.0], [-2.0]]), np.array([[20.0]])],)
    yield ([np.array([[0.1, -0.1]]), np.array([[0.2], [-0.2]]), np.array([[0.1]])],)
    yield ([np.array([[3.0]]), np.array([[6.0, 6.0, 6.0, -6.0]]), np.array([[9.0]])],)
    yield ([np.array([[1.0]]), np.full((10, 10), 2.0), np.array([[10.0]])],)
    for sizes, widths in (
        ((1e-7, 1e-6, 1e-1, 1.0), (9, 4, 4, 2, 3)),
        ((0.1, 0.3, 0.9, 1e-2, 1.0), (3, 3, 8, 2, 2, 2)),
        ((1e-6, 1e-3, 2e-3, 0.5, 1.0), (2, 9, 2, 7, 2, 2)),
        ((1.0, 3.0, 2.0, 3.0), (12, 9, 3, 3, 1)),
        ((1e-4, 1e-3, 1e-2, 5e-2, 1.0, 2.0), (4, 5, 6, 3, 2, 6, 2)),
    ):
        shapes = itertools.pairwise(widths)
        raw = [rng.normal(size=shape) for shape in shapes]
        yield ([s * g / np.sqrt((g**2).mean()) for s, g in zip(sizes, raw, strict=True)],)


EXERCISE = Exercise(
    id="03.5",
    title="Find the layer to blame",
    cases=gradient_cases,
    answer=where_it_breaks,
    hints=(
        "One number for each layer first: how large is its gradient, whatever its shape?",
        "np.sqrt((grad**2).mean()). Then divide each by that of the layer after it.",
        "np.argmin of these shares, plus 1, since layers count from 1.",
    ),
    misconceptions=(
        smallest_gradient,
        counted_from_zero,
        the_layer_after,
        lengths_compared,
        plain_means,
        differences,
        largest_share,
    ),
)
