"""Exercise 01.3 · One step of Adam."""

import numpy as np

from helpers.exercises.engine import Exercise


def adam_step(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    w = w - lr * m_hat / (np.sqrt(v_hat) + eps)
    return w, m, v


def moved_by(w, m, v, t, lr, beta1, beta2, eps):
    """The right step with averages that are up to date, but may be wrong."""
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


def no_bias_correction(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if there were no bias corrections. The averages start at
    zero, so early ones are too small: divide m by 1 − β₁ᵗ and v by 1 − β₂ᵗ."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return w - lr * m / (np.sqrt(v) + eps), m, v


def only_m_corrected(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if only m were corrected. Both averages start at zero: v
    must be divided by 1 − β₂ᵗ too, or the first steps are far too long."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v) + eps), m, v


def epsilon_inside_root(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if ε stood inside the root, √(v̂ + ε). It belongs outside,
    √v̂ + ε: inside, it acts like √ε, which is far larger when ε is small."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return w - lr * (m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t) + eps), m, v


def epsilon_as_in_keras(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as Keras does, which adds ε to the uncorrected root √v. That is
    a sound convention, but the exercise asks for √v̂ + ε, with the corrected average."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - rate * m / (np.sqrt(v) + eps), m, v


def t_from_zero(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if t started at 0, with 1 − βᵗ⁻¹. In the first step that
    divides by zero. The first step has t = 1: one gradient has been averaged by then."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    m_hat, v_hat = m / np.float64(1 - beta1 ** (t - 1)), v / np.float64(1 - beta2 ** (t - 1))
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def t_counted_twice(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if this were step t + 1. The argument t already counts this
    step: it is 1 in the first."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    m_hat, v_hat = m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def corrected_averages_kept(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your step is right, but you return the corrected averages m̂ and v̂. The next step must go on
    from the uncorrected m and v, or it corrects them a second time."""
    w, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return w, m / (1 - beta1**t), v / (1 - beta2**t)


def root_missing(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if it divided by v̂, without the root. v̂ averages squares, so
    only its root has the unit of a gradient."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return w - lr * (m / (1 - beta1**t)) / (v / (1 - beta2**t) + eps), m, v


def only_v_corrected(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if only v were corrected. Both averages start at zero: m
    must be divided by 1 − β₁ᵗ too, or the first steps are too short."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return w - lr * m / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


def power_missing(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if every step were corrected like the first, by 1 − β. The
    zero at the start loses weight with each step: divide by 1 − βᵗ, with the power t."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return w - lr * (m / (1 - beta1)) / (np.sqrt(v / (1 - beta2)) + eps), m, v


def epsilon_missing(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if ε were 0. Divide by √v̂ + ε: a parameter whose gradients
    have all been zero would divide by zero."""
    return adam_step(w, m, v, grad, t, lr, beta1, beta2, 0.0)


def gradient_not_squared(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if v averaged the gradients, like m. It averages their
    squares: v ← β₂v + (1 − β₂)g², element by element."""
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad
    return w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


def betas_exchanged(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if β₁ and β₂ had changed places. β₁ belongs to m, the
    average of the gradients, and β₂ to v, the average of their squares."""
    return adam_step(w, m, v, grad, t, lr, beta2, beta1, eps)


def gradient_added_whole(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if m ← β₁m + g, as in the heavy ball. In Adam m is an
    average: the gradient enters with the share 1 − β₁."""
    m = beta1 * m + grad
    v = beta2 * v + (1 - beta2) * grad**2
    return w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


def step_uphill(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your averages are right, but w moves by +η m̂ / (√v̂ + ε). Gradients point uphill, so the step
    must be subtracted."""
    return adam_step(w, m, v, grad, t, -lr, beta1, beta2, eps)


def both_added_whole(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if m ← β₁m + g and v ← β₂v + g². That is how the heavy ball
    collects. Adam's m and v are averages: what enters has the share 1 − β₁ or 1 − β₂."""
    m, v = beta1 * m + grad, beta2 * v + grad**2
    return moved_by(w, m, v, t, lr, beta1, beta2, eps)


def added_whole_uncorrected(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if m ← β₁m + g and v ← β₂v + g², without bias corrections.
    Adam's m and v are averages: what enters has the share 1 − β₁ or 1 − β₂. They start at zero, so
    divide m by 1 − β₁ᵗ and v by 1 − β₂ᵗ for the step."""
    m, v = beta1 * m + grad, beta2 * v + grad**2
    return w - lr * m / (np.sqrt(v) + eps), m, v


def square_added_whole(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if v ← β₂v + g². Your m is an average, and v must be one
    too: the square enters with the share 1 − β₂."""
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + grad**2
    return moved_by(w, m, v, t, lr, beta1, beta2, eps)


def shares_exchanged(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if β and 1 − β had changed places in both averages. β is the
    share of the old average, 1 − β that of the new gradient or its square."""
    m, v = (1 - beta1) * m + beta1 * grad, (1 - beta2) * v + beta2 * grad**2
    return moved_by(w, m, v, t, lr, beta1, beta2, eps)


def corrections_multiplied(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if m and v were multiplied by 1 − βᵗ. Early averages are too
    small by this factor, which is below 1: divide by it."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    m_hat, v_hat = m * (1 - beta1**t), v * (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def old_averages_move(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your averages are right, but w moves by those of the step before, so that the first step goes
    nowhere. Update m and v first, then correct the new ones and move."""
    _, new_m, new_v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return moved_by(w, m, v, t, lr, beta1, beta2, eps)[0], new_m, new_v


def gradient_instead_of_average(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your averages are right, but w moves by ηg / (√v̂ + ε), with the gradient of this step alone.
    The numerator is m̂, the corrected average of the gradients."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return w - lr * grad / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


def one_square_for_all(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if v averaged gᵀg, one number for all parameters (grad @
    grad, or a sum). Each parameter has its own average: grad**2, element by element."""
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * (grad @ grad)
    return moved_by(w, m, v, t, lr, beta1, beta2, eps)


def step_returned(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your averages and your step are right, but you return the step η m̂ / (√v̂ + ε) in place of
    the new position. Subtract it from w."""
    arrived, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return w - arrived, m, v


def change_returned(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your averages are right, but you return how far w moves, −η m̂ / (√v̂ + ε), in place of where
    it arrives. Add that to w."""
    arrived, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    return arrived - w, m, v


def product_for_power(w, m, v, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if the corrections were 1 − β·t. They are 1 − βᵗ, with a
    power, beta**t in Python. The product reaches 1 and passes it: you divide by zero, or take the
    root of a negative number."""
    _, m, v = adam_step(w, m, v, grad, t, lr, beta1, beta2, eps)
    m_hat, v_hat = m / np.float64(1 - beta1 * t), v / np.float64(1 - beta2 * t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def adam_cases(rng):
    # by hand: m̂ = 2 and √v̂ = 2 in both, so that w moves by 0.5 · 2 / (2 + 2)
    first, zero, two = np.array([1.0]), np.array([0.0]), np.array([2.0])
    yield first, zero, zero.copy(), two, 1, 0.5, 0.5, 0.75, 2.0
    yield first, np.array([1.0]), two, two.copy(), 2, 0.5, 0.5, 0.5, 2.0
    settings = (  # t, lr, β₁, β₂, ε and the size of the gradient, often close to ε
        (1, 0.5, 0.9, 0.99, 0.1, 1.0),
        (2, 0.2, 0.8, 0.95, 1e-3, 1e-3),
        (5, 0.1, 0.7, 0.999, 0.5, 1.0),
        (10, 0.05, 0.95, 0.9, 1e-2, 1e-2),
    )
    for d, (t, lr, beta1, beta2, eps, size) in zip((3, 2, 1, 5), settings, strict=True):
        w, m, grad = rng.normal(size=(3, d)) * np.array([[0.1], [size], [size]])
        v = size**2 * rng.uniform(0.5, 1, size=d)
        if t == 1:
            m, v = np.zeros(d), np.zeros(d)
        yield w, m, v, grad, t, lr, beta1, beta2, eps


EXERCISE = Exercise(
    id="01.3",
    title="One step of Adam",
    cases=adam_cases,
    answer=adam_step,
    hints=(
        "Update both averages first, then correct copies of them, then move.",
        "The corrections divide m by 1 − β₁ᵗ and v by 1 − β₂ᵗ; keep m and v themselves.",
        "w = w - lr * m_hat / (np.sqrt(v_hat) + eps), and return (w, m, v) without the hats.",
    ),
    misconceptions=(
        no_bias_correction,
        only_m_corrected,
        epsilon_inside_root,
        epsilon_as_in_keras,
        t_from_zero,
        t_counted_twice,
        corrected_averages_kept,
        root_missing,
        only_v_corrected,
        power_missing,
        epsilon_missing,
        gradient_not_squared,
        betas_exchanged,
        gradient_added_whole,
        step_uphill,
        both_added_whole,
        added_whole_uncorrected,
        square_added_whole,
        shares_exchanged,
        corrections_multiplied,
        old_averages_move,
        gradient_instead_of_average,
        one_square_for_all,
        step_returned,
        change_returned,
        product_for_power,
    ),
)
