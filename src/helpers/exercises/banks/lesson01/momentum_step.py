"""Exercise 01.5 · A step of momentum, repaired."""

import numpy as np

from helpers.exercises.engine import Exercise


def momentum_step(w, p, grad, lr, beta):
    p = beta * p + grad
    w = w - lr * p
    return w, p


def nothing_repaired(w, p, grad, lr, beta):
    """Your function still does what the careless one did. Compare it with the rule of section 6,
    line by line: which of p and w changes first, and which share of the gradient enters?"""
    return w - lr * p, beta * p + (1 - beta) * grad


def old_velocity(w, p, grad, lr, beta):
    """Your function behaves exactly as if the position moved with the old velocity. Update p first,
    then move w with the new p: otherwise every gradient acts one step late."""
    return w - lr * p, beta * p + grad


def averaged_gradient(w, p, grad, lr, beta):
    """Your function behaves exactly as if p ← βp + (1 − β)g. That is the averaging form: with the
    same η its steps are smaller by the factor 1 − β. The rule is p ← βp + g."""
    p = beta * p + (1 - beta) * grad
    return w - lr * p, p


def keras_velocity(w, p, grad, lr, beta):
    """Your function behaves exactly as Keras does: p ← βp − ηg, then w ← w + p. That is a sound
    convention, but section 6 has PyTorch's, where the learning rate is not part of p."""
    p = beta * p - lr * grad
    return w + p, p


def nesterov_step(w, p, grad, lr, beta):
    """Your function behaves exactly as Nesterov's variant: it moves by −η(g + βp). The heavy ball
    moves by −ηp alone."""
    p = beta * p + grad
    return w - lr * (grad + beta * p), p


def uphill(w, p, grad, lr, beta):
    """Your function behaves exactly as if w ← w + ηp. The velocity collects gradients, which point
    uphill, so it must be subtracted."""
    p = beta * p + grad
    return w + lr * p, p


def returned_in_other_order(w, p, grad, lr, beta):
    """Your numbers are right, but they come back as (p, w). Return the position first: (w, p)."""
    p = beta * p + grad
    return p, w - lr * p


def rate_in_velocity(w, p, grad, lr, beta):
    """Your function behaves exactly as if p ← βp + ηg, then w ← w − p. The path is the same while η
    stays constant, but section 6 has a velocity without the learning rate."""
    p = beta * p + lr * grad
    return w - p, p


def no_memory(w, p, grad, lr, beta):
    """Your function behaves exactly as if β were 0. That is plain gradient descent: the share βp of
    the old velocity is missing."""
    return w - lr * grad, grad


def rate_left_out(w, p, grad, lr, beta):
    """Your velocity is right, but w moves by the whole of it. The learning rate is missing:
    w ← w − ηp."""
    p = beta * p + grad
    return w - p, p


def shares_exchanged(w, p, grad, lr, beta):
    """Your function behaves exactly as if p ← (1 − β)p + βg. The share β belongs to the old
    velocity, and the gradient is added whole: p ← βp + g."""
    p = (1 - beta) * p + beta * grad
    return w - lr * p, p


def rate_twice(w, p, grad, lr, beta):
    """Your function behaves exactly as if p ← βp + ηg, then w ← w − ηp. The learning rate acts
    twice. It belongs to the move alone: the gradient enters p whole."""
    p = beta * p + lr * grad
    return w - lr * p, p


def gradient_subtracted_in_velocity(w, p, grad, lr, beta):
    """Your function behaves exactly as if p ← βp − g, then w ← w − ηp. Two minus signs make a plus:
    w climbs. Add the gradient to p, and subtract once, in the move."""
    p = beta * p - grad
    return w - lr * p, p


def velocity_downhill(w, p, grad, lr, beta):
    """Your function behaves exactly as if p ← βp − g, then w ← w + ηp. That is a sound convention,
    whose p points where w goes, but in section 6 p adds up gradients and is subtracted."""
    p = beta * p - grad
    return w + lr * p, p


def gradient_damped_too(w, p, grad, lr, beta):
    """Your function behaves exactly as if p ← β(p + g). Only the old velocity loses a share; the
    new gradient enters whole: p ← βp + g."""
    p = beta * (p + grad)
    return w - lr * p, p


def velocity_untouched(w, p, grad, lr, beta):
    """Your function behaves exactly as if it took a plain step, w ← w − ηg, and gave p back as it
    came. Update p first, p ← βp + g, and move by it: w ← w − ηp."""
    return w - lr * grad, p


def velocity_not_used(w, p, grad, lr, beta):
    """Your velocity is right, but w takes a plain step, w ← w − ηg. It should move by the new
    velocity: w ← w − ηp."""
    return w - lr * grad, beta * p + grad


def old_velocity_returned(w, p, grad, lr, beta):
    """Your position is right, but you return the old velocity. The next step must go on from the
    new one, βp + g."""
    return w - lr * (beta * p + grad), p


def momentum_cases(rng):
    yield np.array([1.0, -1.0]), np.array([0.5, 2.0]), np.array([0.5, 3.0]), 0.25, 0.5
    yield np.array([2.0, 0.5]), np.zeros(2), np.array([-1.0, 4.0]), 0.1, 0.8
    yield np.array([1.0]), np.array([0.5]), np.array([2.0]), 0.2, 0.6
    for d, lr, beta in ((3, 0.3, 0.9), (5, 0.5, 0.7)):
        yield *rng.normal(size=(3, d)), lr, beta


EXERCISE = Exercise(
    id="01.5",
    title="A step of momentum, repaired",
    cases=momentum_cases,
    answer=momentum_step,
    hints=(
        "Two lines are enough. Which of p and w must change first?",
        "The new velocity keeps the share beta of the old one and adds the gradient.",
        "p = beta * p + grad, then move w against the new p, lr times as far.",
    ),
    misconceptions=(
        nothing_repaired,
        old_velocity,
        averaged_gradient,
        keras_velocity,
        nesterov_step,
        uphill,
        returned_in_other_order,
        rate_in_velocity,
        no_memory,
        rate_left_out,
        shares_exchanged,
        rate_twice,
        gradient_subtracted_in_velocity,
        velocity_downhill,
        gradient_damped_too,
        velocity_untouched,
        velocity_not_used,
        old_velocity_returned,
    ),
)
