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
    ),
)
