"""Exercise 05.4: clipping by global norm. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def clip_globally(grads, limit):
    norm = np.sqrt(sum((grad**2).sum() for grad in grads))
    factor = min(1.0, limit / norm)
    return [grad * factor for grad in grads]


def _norm(grad):
    return np.sqrt((grad**2).sum())


def clipped_each_for_itself(grads, limit):
    """Your function behaves exactly as if every array were clipped by its own norm. That turns the
    common direction. One norm is taken over all of them, and one factor is used for all."""
    return [grad * min(1.0, limit / _norm(grad)) for grad in grads]


def scaled_up_too(grads, limit):
    """Your function brings every gradient to the length `limit`, the short ones too. Clipping only
    shortens: the factor is at most 1."""
    norm = np.sqrt(sum((grad**2).sum() for grad in grads))
    return [grad * (limit / norm) for grad in grads]


def elements_cut(grads, limit):
    """Your function cuts every element to between −limit and limit. That is clipping by value; it
    turns the direction. Clipping by norm multiplies all elements by one factor."""
    return [np.clip(grad, -limit, limit) for grad in grads]


def root_forgotten(grads, limit):
    """Your function divides by the squared norm: the root is missing. The result is far too
    short."""
    squared = sum((grad**2).sum() for grad in grads)
    return [grad * min(1.0, limit / squared) for grad in grads]


def norms_added(grads, limit):
    """Your function adds the norms of the arrays. Lengths do not add like that: add the squares of
    all elements, then take one root."""
    norm = sum(_norm(grad) for grad in grads)
    return [grad * min(1.0, limit / norm) for grad in grads]


def largest_norm_of_one_array(grads, limit):
    """Your factor is the same for all arrays, but it comes from the norm of the largest array
    alone. All arrays together are longer than that. Take one norm over all elements."""
    return [grad * min(1.0, limit / max(map(_norm, grads))) for grad in grads]


def limit_ignored(grads, limit):
    """Your function shortens to length 1, whatever the limit: the norm is compared with `limit`,
    but then you divide by the norm alone. The factor is limit / norm."""
    norm = np.sqrt(sum((grad**2).sum() for grad in grads))
    return [grad / norm if norm > limit else grad for grad in grads]


def largest_entry_for_the_norm(grads, limit):
    """Your factor is the same for all arrays, but it comes from the largest element of all: that is
    the maximum norm. The length is the root of the sum of the squares of all elements."""
    largest = max(np.abs(grad).max() for grad in grads)
    return [grad * min(1.0, limit / largest) for grad in grads]


def root_mean_square_for_the_norm(grads, limit):
    """Your function takes the root of the mean of the squares. That is the size of a typical
    element, and the length is larger: the root of the sum of the squares of all elements."""
    count = sum(grad.size for grad in grads)
    norm = np.sqrt(sum((grad**2).sum() for grad in grads) / count)
    return [grad * min(1.0, limit / norm) for grad in grads]


def absolute_values_added(grads, limit):
    """Your function adds the absolute values of all elements. The length is made of squares: add
    the squares of all elements, then take one root."""
    norm = sum(np.abs(grad).sum() for grad in grads)
    return [grad * min(1.0, limit / norm) for grad in grads]


def clip_globally_cases(rng):
    yield [np.array([[3.0, 0.0]]), np.array([0.0, 4.0])], 1.0  # the length is 5
    yield [np.array([[1.0, 2.0]]), np.array([2.0, 4.0])], 2.5  # here too
    yield [np.array([[0.3, -0.2]]), np.array([0.1, 0.4])], 1.0
    yield [0.01 * rng.normal(size=(2, 3)), 0.01 * rng.normal(size=3)], 1.0
    yield [rng.normal(0, 3, size=(4, 1)), rng.normal(size=2)], 0.5
    yield [rng.normal(size=(3, 4)), rng.normal(0, 0.1, size=4), rng.normal(0, 5, size=(2, 2))], 2.5


EXERCISE = Exercise(
    id="05.4",
    title="Clipping by global norm",
    cases=clip_globally_cases,
    answer=clip_globally,
    hints=(
        "Think of all arrays, end to end, as one long vector. Return the clipped arrays.",
        "Its norm is the root of the sum of the squares of all elements of all arrays.",
        "Multiply every array by the same factor, min(1, limit / norm).",
    ),
    misconceptions=(
        clipped_each_for_itself,
        scaled_up_too,
        elements_cut,
        root_forgotten,
        norms_added,
        largest_norm_of_one_array,
        limit_ignored,
        largest_entry_for_the_norm,
        root_mean_square_for_the_norm,
        absolute_values_added,
    ),
)
