"""Exercise 01.2 · The step-size test."""

import numpy as np

from helpers.exercises.engine import Exercise


def converges(A, lr):
    curvatures = 2 * np.linalg.eigvalsh(A)  # the gradient of θᵀAθ is 2Aθ
    return bool(0 < lr < 2 / curvatures.max())


def half_assumed(A, lr):
    """Your function behaves exactly as if the loss were ½ θᵀAθ. Without the ½ the gradient is 2Aθ,
    so every curvature is twice an eigenvalue of A, and the limit is half as large."""
    return bool(0 < lr < 2 / np.linalg.eigvalsh(A).max())


def limit_one_over_curvature(A, lr):
    """Your function behaves exactly as if the limit were one over the largest curvature, where the
    guaranteed descent is largest. Every learning rate up to twice that still converges."""
    return bool(0 < lr < 0.5 / np.linalg.eigvalsh(A).max())


def limit_by_smallest_eigenvalue(A, lr):
    """Your function behaves exactly as if the smallest eigenvalue set the limit. The flattest
    direction tolerates the largest step; it is the steepest one, λmax, that diverges first."""
    return bool(0 < lr < 1 / np.linalg.eigvalsh(A).min())


def limit_by_first_eigenvalue(A, lr):
    """Your function behaves exactly as if the first eigenvalue of np.linalg.eig were the largest.
    That function returns them in no order: take the maximum."""
    return bool(0 < lr < 1 / np.linalg.eig(A)[0][0])


def limit_by_diagonal(A, lr):
    """Your function behaves exactly as if the largest diagonal element were the largest eigenvalue.
    That is so only for a diagonal matrix: between the axes the bowl may be steeper."""
    return bool(0 < lr < 1 / np.diag(A).max())


def best_rate_as_limit(A, lr):
    """Your function behaves exactly as if the best learning rate were the limit. The best one
    makes the flattest and the steepest direction equally fast. Larger ones are slower, but up to
    1/λmax they still converge."""
    eigenvalues = np.linalg.eigvalsh(A)
    return bool(0 < lr < 1 / (eigenvalues.min() + eigenvalues.max()))


def limit_by_all_elements(A, lr):
    """Your function behaves exactly as if np.linalg.norm(A) were the largest eigenvalue. Of a
    matrix that is the root of the sum of all squares, so every eigenvalue adds to it. What you want
    is np.linalg.eigvalsh(A).max(), or np.linalg.norm(A, 2)."""
    return bool(0 < lr < 1 / np.linalg.norm(A))


def border_included(A, lr):
    """Your function behaves exactly as if the limit itself converged. There the steepest component
    is multiplied by −1: it changes its sign for ever and never shrinks."""
    return bool(0 < lr <= 1 / np.linalg.eigvalsh(A).max())


def no_lower_limit(A, lr):
    """Your function behaves exactly as if only the upper limit counted. A learning rate of zero
    stands still and a negative one climbs, so η must also be above 0."""
    return bool(lr < 1 / np.linalg.eigvalsh(A).max())


def zero_included(A, lr):
    """Your function behaves exactly as if a learning rate of zero converged. With η = 0 nothing
    moves, so the start is never left: η must be above 0."""
    return bool(0 <= lr < 1 / np.linalg.eigvalsh(A).max())


def sign_of_rate_ignored(A, lr):
    """Your function behaves exactly as if only the size of the learning rate counted. A negative
    one climbs, and with zero nothing moves, so η must be above 0."""
    return bool(abs(lr) < 1 / np.linalg.eigvalsh(A).max())


def no_upper_limit(A, lr):
    """Your function behaves exactly as if every learning rate above 0 converged. Either the upper
    limit is missing, or 1 − 2ηλ < 1 is tested without its absolute value: a factor below −1
    overshoots farther in every step."""
    return bool(lr > 0)


def best_rate_for_half_as_limit(A, lr):
    """Your function behaves exactly as if the limit were 2 / (λmin + λmax). That would be the best
    learning rate, not the limit, and for the loss ½ θᵀAθ. Here the curvatures are twice the
    eigenvalues of A, and the limit is set by the largest alone: 1/λmax."""
    eigenvalues = np.linalg.eigvalsh(A)
    return bool(0 < lr < 2 / (eigenvalues.min() + eigenvalues.max()))


def limit_returned(A, lr):
    """Your function returns the limit, 1/λmax, and that number is right. One truth value is
    expected: whether lr lies above 0 and below the limit."""
    return 1 / np.linalg.eigvalsh(A).max()


def limit_for_half_returned(A, lr):
    """Your function returns a number, 2/λmax. One truth value is expected: whether lr lies above 0
    and below the limit. And the limit is half as large: the gradient of θᵀAθ is 2Aθ."""
    return 2 / np.linalg.eigvalsh(A).max()


def bowl_cases(rng):
    for lr in (0.3, 0.25, 0.24, 0.1, 0.0):
        yield np.array([[4.0]]), lr  # the gradient is 8θ: the limit is 1/4
    tilted = np.array([[2.0, 1.0], [1.0, 2.0]])  # eigenvalues 1 and 3: the limit is 1/3
    for lr in (0.1, 0.3, 0.32, 0.4, 0.6, 0.9, 1.5, 0.0, -0.1, -1.0):
        yield tilted, lr
    for diagonal in ([1.0, 3.0], [3.0, 1.0], [1.0, 4.0, 2.0]):
        for lr in (0.2, 0.3, 0.5):
            yield np.diag(diagonal), lr
    band = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 2.0]])  # λmax = 2 + √2
    for lr in (0.28, 0.3):
        yield band, lr
    factor = rng.normal(size=(5, 4))
    A = factor.T @ factor + 0.1 * np.eye(4)
    for share in (0.3, 0.9, 1.1, 1.9, 3.0):
        yield A, share / np.linalg.eigvalsh(A).max()


EXERCISE = Exercise(
    id="01.2",
    title="The step-size test",
    cases=bowl_cases,
    answer=converges,
    hints=(
        "What is the gradient of θᵀAθ? Which matrix plays the part of A in section 5?",
        "The gradient is 2Aθ, so 2A takes the place of A. How large are the eigenvalues of 2A?",
        "lr must lie between 0 and 2 / (2λmax), without the ends; λmax is "
        "np.linalg.eigvalsh(A).max().",
    ),
    misconceptions=(
        half_assumed,
        limit_one_over_curvature,
        limit_by_smallest_eigenvalue,
        limit_by_first_eigenvalue,
        limit_by_diagonal,
        best_rate_as_limit,
        limit_by_all_elements,
        border_included,
        no_lower_limit,
        zero_included,
        sign_of_rate_ignored,
        no_upper_limit,
        best_rate_for_half_as_limit,
        limit_returned,
        limit_for_half_returned,
    ),
)
