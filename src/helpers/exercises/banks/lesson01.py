"""The exercises of lesson 01: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

# 01.1


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


# 01.2


def momentum_step(w, v, grad, lr, beta):
    v = beta * v + grad
    w = w - lr * v
    return w, v


def old_velocity(w, v, grad, lr, beta):
    """Your function behaves exactly as if the position moved with the old velocity. Update v first,
    then move w with the new v: otherwise every gradient acts one step late."""
    return w - lr * v, beta * v + grad


def averaged_gradient(w, v, grad, lr, beta):
    """Your function behaves exactly as if v ← βv + (1 − β)g. That is the averaging form: with the
    same η its steps are smaller by the factor 1 − β. The docstring asks for v ← βv + g."""
    v = beta * v + (1 - beta) * grad
    return w - lr * v, v


def keras_velocity(w, v, grad, lr, beta):
    """Your function behaves exactly as Keras does: v ← βv − ηg, then w ← w + v. That is a sound
    convention, but the docstring asks for PyTorch's, where the learning rate is not part of v."""
    v = beta * v - lr * grad
    return w + v, v


def nesterov_step(w, v, grad, lr, beta):
    """Your function behaves exactly as Nesterov's variant: it moves by −η(g + βv). The heavy ball
    moves by −ηv alone."""
    v = beta * v + grad
    return w - lr * (grad + beta * v), v


def uphill(w, v, grad, lr, beta):
    """Your function behaves exactly as if w ← w + ηv. The velocity collects gradients, which point
    uphill, so it must be subtracted."""
    v = beta * v + grad
    return w + lr * v, v


def returned_in_other_order(w, v, grad, lr, beta):
    """Your numbers are right, but they come back as (v, w). Return the position first: (w, v)."""
    v = beta * v + grad
    return v, w - lr * v


def rate_in_velocity(w, v, grad, lr, beta):
    """Your function behaves exactly as if v ← βv + ηg, then w ← w − v. The path is the same while η
    stays constant, but the docstring asks for a velocity without the learning rate."""
    v = beta * v + lr * grad
    return w - v, v


def no_memory(w, v, grad, lr, beta):
    """Your function behaves exactly as if β were 0. That is plain gradient descent: the share βv of
    the old velocity is missing."""
    return w - lr * grad, grad


def rate_left_out(w, v, grad, lr, beta):
    """Your velocity is right, but w moves by the whole of it. The learning rate is missing:
    w ← w − ηv."""
    v = beta * v + grad
    return w - v, v


def shares_exchanged(w, v, grad, lr, beta):
    """Your function behaves exactly as if v ← (1 − β)v + βg. The share β belongs to the old
    velocity, and the gradient is added whole: v ← βv + g."""
    v = (1 - beta) * v + beta * grad
    return w - lr * v, v


def momentum_cases(rng):
    yield np.array([1.0, -1.0]), np.array([0.5, 2.0]), np.array([0.5, 3.0]), 0.25, 0.5
    yield np.array([2.0, 0.5]), np.zeros(2), np.array([-1.0, 4.0]), 0.1, 0.8
    yield np.array([1.0]), np.array([0.5]), np.array([2.0]), 0.2, 0.6
    for d, lr, beta in ((3, 0.3, 0.9), (5, 0.5, 0.7)):
        yield *rng.normal(size=(3, d)), lr, beta


# 01.3


def adam_step(w, m, s, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    w = w - lr * m_hat / (np.sqrt(s_hat) + eps)
    return w, m, s


def no_bias_correction(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if there were no bias corrections. The averages start at
    zero, so early ones are too small: divide m by 1 − β₁ᵗ and s by 1 − β₂ᵗ."""
    _, m, s = adam_step(w, m, s, grad, t, lr, beta1, beta2, eps)
    return w - lr * m / (np.sqrt(s) + eps), m, s


def only_m_corrected(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if only m were corrected. Both averages start at zero: s
    must be divided by 1 − β₂ᵗ too, or the first steps are far too long."""
    _, m, s = adam_step(w, m, s, grad, t, lr, beta1, beta2, eps)
    return w - lr * m / (1 - beta1**t) / (np.sqrt(s) + eps), m, s


def epsilon_inside_root(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if ε stood inside the root, √(ŝ + ε). It belongs outside,
    √ŝ + ε: inside, it acts like √ε, which is far larger when ε is small."""
    _, m, s = adam_step(w, m, s, grad, t, lr, beta1, beta2, eps)
    return w - lr * (m / (1 - beta1**t)) / np.sqrt(s / (1 - beta2**t) + eps), m, s


def epsilon_as_in_keras(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as Keras does, which adds ε to the uncorrected root √s. That is
    a sound convention, but the docstring asks for √ŝ + ε, with the corrected average."""
    _, m, s = adam_step(w, m, s, grad, t, lr, beta1, beta2, eps)
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - rate * m / (np.sqrt(s) + eps), m, s


def t_from_zero(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if t started at 0, with 1 − βᵗ⁻¹. In the first step that
    divides by zero. The first step has t = 1: one gradient has been averaged by then."""
    _, m, s = adam_step(w, m, s, grad, t, lr, beta1, beta2, eps)
    m_hat, s_hat = m / np.float64(1 - beta1 ** (t - 1)), s / np.float64(1 - beta2 ** (t - 1))
    return w - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


def t_counted_twice(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if this were step t + 1. The argument t already counts this
    step: it is 1 in the first."""
    _, m, s = adam_step(w, m, s, grad, t, lr, beta1, beta2, eps)
    m_hat, s_hat = m / (1 - beta1 ** (t + 1)), s / (1 - beta2 ** (t + 1))
    return w - lr * m_hat / (np.sqrt(s_hat) + eps), m, s


def corrected_averages_kept(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your step is right, but you return the corrected averages m̂ and ŝ. The next step must go on
    from the uncorrected m and s, or it corrects them a second time."""
    w, m, s = adam_step(w, m, s, grad, t, lr, beta1, beta2, eps)
    return w, m / (1 - beta1**t), s / (1 - beta2**t)


def root_missing(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if it divided by ŝ, without the root. ŝ averages squares, so
    only its root has the unit of a gradient."""
    _, m, s = adam_step(w, m, s, grad, t, lr, beta1, beta2, eps)
    return w - lr * (m / (1 - beta1**t)) / (s / (1 - beta2**t) + eps), m, s


def only_s_corrected(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if only s were corrected. Both averages start at zero: m
    must be divided by 1 − β₁ᵗ too, or the first steps are too short."""
    _, m, s = adam_step(w, m, s, grad, t, lr, beta1, beta2, eps)
    return w - lr * m / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


def power_missing(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if every step were corrected like the first, by 1 − β. The
    zero at the start loses weight with each step: divide by 1 − βᵗ, with the power t."""
    _, m, s = adam_step(w, m, s, grad, t, lr, beta1, beta2, eps)
    return w - lr * (m / (1 - beta1)) / (np.sqrt(s / (1 - beta2)) + eps), m, s


def epsilon_missing(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if ε were 0. Divide by √ŝ + ε: a parameter whose gradients
    have all been zero would divide by zero."""
    return adam_step(w, m, s, grad, t, lr, beta1, beta2, 0.0)


def gradient_not_squared(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if s averaged the gradients, like m. It averages their
    squares: s ← β₂s + (1 − β₂)g², element by element."""
    m = beta1 * m + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad
    return w - lr * (m / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


def betas_exchanged(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if β₁ and β₂ had changed places. β₁ belongs to m, the
    average of the gradients, and β₂ to s, the average of their squares."""
    return adam_step(w, m, s, grad, t, lr, beta2, beta1, eps)


def gradient_added_whole(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your function behaves exactly as if m ← β₁m + g, as in the heavy ball. In Adam m is an
    average: the gradient enters with the share 1 − β₁."""
    m = beta1 * m + grad
    s = beta2 * s + (1 - beta2) * grad**2
    return w - lr * (m / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + eps), m, s


def step_uphill(w, m, s, grad, t, lr, beta1, beta2, eps):
    """Your averages are right, but w moves by +η m̂ / (√ŝ + ε). Gradients point uphill, so the step
    must be subtracted."""
    return adam_step(w, m, s, grad, t, -lr, beta1, beta2, eps)


def adam_cases(rng):
    # by hand: m̂ = 2 and √ŝ = 2 in both, so that w moves by 0.5 · 2 / (2 + 2)
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
        s = size**2 * rng.uniform(0.5, 1, size=d)
        if t == 1:
            m, s = np.zeros(d), np.zeros(d)
        yield w, m, s, grad, t, lr, beta1, beta2, eps


# 01.4


def softmax_gradient(X, W, y):
    logits = X @ W
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    y_hat = exponentials / exponentials.sum(axis=1, keepdims=True)
    one_hot = np.eye(W.shape[1])[y]
    return X.T @ (y_hat - one_hot) / len(y)


def summed_over_batch(X, W, y):
    """Your function behaves exactly as if the loss were summed over the batch. It is a mean, so
    divide by B: otherwise the right learning rate changes with the batch size."""
    return softmax_gradient(X, W, y) * len(y)


def wrong_sign(X, W, y):
    """Your function behaves exactly as if the error were y − ŷ. The gradient points uphill and
    holds ŷ − y; the minus sign comes later, in the update."""
    return -softmax_gradient(X, W, y)


def divided_by_all_elements(X, W, y):
    """Your function behaves exactly as if it averaged over samples and classes. The loss is one
    number a sample, so divide by B, not by B · K."""
    return softmax_gradient(X, W, y) / W.shape[1]


def divided_by_classes(X, W, y):
    """Your function behaves exactly as if it divided by the number of classes K. The loss is a mean
    over the B samples: divide by their number."""
    return softmax_gradient(X, W, y) * len(y) / W.shape[1]


def softmax_over_batch(X, W, y):
    """Your function behaves exactly as if the softmax ran over the samples (axis 0). Each sample
    has its own probabilities, which sum to one over the classes: axis 1."""
    logits = X @ W
    exponentials = np.exp(logits - logits.max(axis=0))
    y_hat = exponentials / exponentials.sum(axis=0)
    return X.T @ (y_hat - np.eye(W.shape[1])[y]) / len(y)


def no_softmax(X, W, y):
    """Your function behaves exactly as if the logits were the prediction. XW − y is the error of
    least squares; here ŷ is the softmax of the logits."""
    return X.T @ (X @ W - np.eye(W.shape[1])[y]) / len(y)


def no_one_hot(X, W, y):
    """Your function behaves exactly as if the labels were subtracted as numbers. Class 3 is not
    three times class 1: write each label as a row with a 1 at its class and 0 elsewhere."""
    return softmax_gradient(X, W, y) + X.T @ (np.eye(W.shape[1])[y] - y[:, None]) / len(y)


def no_target(X, W, y):
    """Your function behaves exactly as if the error were ŷ alone. The right class pulls too:
    subtract 1 at the right class of every row."""
    return softmax_gradient(X, W, y) + X.T @ np.eye(W.shape[1])[y] / len(y)


def overflow(X, W, y):
    """Your formula is right, but e⁸⁰⁰ overflows, and inf / inf is not a number. Subtract the
    largest logit of each row first: the probabilities stay the same."""
    exponentials = np.exp(X @ W)
    y_hat = exponentials / exponentials.sum(axis=1, keepdims=True)
    return X.T @ (y_hat - np.eye(W.shape[1])[y]) / len(y)


def one_maximum_for_all(X, W, y):
    """Your function behaves exactly as if one maximum were subtracted from the whole batch. A row
    whose logits are all far below it underflows to 0 / 0: subtract each row's own maximum."""
    logits = X @ W
    exponentials = np.exp(logits - logits.max())
    y_hat = exponentials / exponentials.sum(axis=1, keepdims=True)
    return X.T @ (y_hat - np.eye(W.shape[1])[y]) / len(y)


def overflow_in_the_logarithm(X, W, y):
    """Your formula is right, but in log Σ exp(u) the exponentials overflow for logits of 800, and
    for −800 they all become 0. Subtract the largest logit of each row first: the probabilities stay
    the same."""
    logits = X @ W
    y_hat = np.exp(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))
    return X.T @ (y_hat - np.eye(W.shape[1])[y]) / len(y)


def logits_clipped(X, W, y):
    """Your function behaves exactly as if large logits were clipped before the exponential. Then
    780 and 800 become equal, though the second is e²⁰ times as probable. Subtract the largest logit
    of each row instead: nothing overflows, and the probabilities stay the same."""
    exponentials = np.exp(np.clip(X @ W, -700, 700))
    y_hat = exponentials / exponentials.sum(axis=1, keepdims=True)
    return X.T @ (y_hat - np.eye(W.shape[1])[y]) / len(y)


def softmax_slope_again(X, W, y):
    """Your function behaves exactly as if ŷ − y were still to be multiplied by the slope ŷ(1 − ŷ).
    That slope is already inside: ŷ − y is the derivative for the logits, not for ŷ."""
    y_hat = np.exp(X @ W - (X @ W).max(axis=1, keepdims=True))
    y_hat = y_hat / y_hat.sum(axis=1, keepdims=True)
    return X.T @ ((y_hat - np.eye(W.shape[1])[y]) * y_hat * (1 - y_hat)) / len(y)


def divided_by_features(X, W, y):
    """Your function behaves exactly as if it divided by d, the number of features. The loss is a
    mean over the B samples: divide by the number of rows of X, not of columns."""
    return softmax_gradient(X, W, y) * len(y) / X.shape[1]


def softmax_cases(rng):
    halves = np.array([[2.0, 0.0], [-1.0, 0.0]])  # equal logits: every probability is ½
    yield np.array([[1.0, 2.0]]), halves, np.array([1])
    yield np.array([[1.0, 2.0], [3.0, 6.0], [0.0, 0.0]]), halves, np.array([1, 0, 0])
    X, W = np.array([[1.0, 2.0]]), np.array([[0.5, -0.5, 0.0], [0.0, 0.5, 1.0]])
    yield X, W, np.array([2])
    for B, d, K in ((4, 3, 2), (6, 2, 5), (3, 3, 3)):
        yield rng.normal(size=(B, d)), rng.normal(size=(d, K)), rng.integers(K, size=B)
    yield np.array([[1.0, 2.0], [-2.0, 1.0]]), 400 * W, np.array([0, 1])  # logits up to 800
    far_apart = np.array([[800.0, 780.0, 0.0], [-800.0, -790.0, -800.0]])
    yield np.eye(2), far_apart, np.array([1, 0])
    spread = np.array([[800.0, -800.0, -800.0], [-800.0, -800.0, 800.0]])  # far above their mean
    yield np.eye(2), spread, np.array([1, 2])


# 01.5


def learning_rate(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / (total - warmup)
    return peak * 0.5 * (1 + np.cos(np.pi * progress))


def warmup_from_zero(step, warmup, total, peak):
    """Your function behaves exactly as if the warm-up used step / warmup. Then the first step has
    the rate 0 and is wasted; with step + 1 the peak is reached in the last step of the warm-up."""
    if step < warmup:
        return peak * step / warmup
    return learning_rate(step, warmup, total, peak)


def seam_one_late(step, warmup, total, peak):
    """Your function behaves exactly as if the warm-up lasted one step longer (<= instead of <). In
    step `warmup` the rate overshoots the peak; that step is already the cosine's first."""
    if step <= warmup:
        return peak * (step + 1) / warmup
    return learning_rate(step, warmup, total, peak)


def warmup_counted_in_progress(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine had started in step 0. At the seam the rate
    jumps down; subtract `warmup` from both `step` and `total`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * step / total))


def warmup_counted_twice(step, warmup, total, peak):
    """Your function behaves exactly as if the warm-up were counted twice: the progress is step /
    (total − warmup), so it passes 1 before the end and the rate climbs again. It must start at 0 in
    step `warmup`: use (step − warmup) / (total − warmup)."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * step / (total - warmup)))


def cosine_too_long(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine lasted `total` steps of its own. After the
    warm-up only total − warmup steps remain, so the rate never comes near 0."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * (step - warmup) / total))


def cosine_one_early(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine were one step ahead. Its progress is 0 in step
    `warmup`, so that this step still has the peak rate; the value 0 belongs to step `total`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * (step + 1 - warmup) / (total - warmup)))


def zero_in_last_step(step, warmup, total, peak):
    """Your function behaves exactly as if the rate reached 0 in the last step, total − 1. Then that
    step is wasted. Divide by total − warmup: the value 0 belongs to step `total`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * (step - warmup) / (total - warmup - 1)))


def zero_in_last_step_guarded(step, warmup, total, peak):
    """Your function behaves exactly as if the rate reached 0 in the last step, total − 1, unless
    the cosine has no other step. Then the last step is wasted. Divide by total − warmup: the value
    0 belongs to step `total`, and no step needs an exception."""
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / max(1, total - warmup - 1)
    return peak * 0.5 * (1 + np.cos(np.pi * progress))


def half_missing(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine part were peak · (1 + cos). That starts at
    twice the peak, since cos 0 = 1: the factor ½ is missing."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 + np.cos(np.pi * (step - warmup) / (total - warmup)))


def warmup_ignored(step, warmup, total, peak):
    """Your function behaves exactly as if there were no warm-up. While step < warmup, the rate
    climbs as peak · (step + 1) / warmup; the cosine starts only then."""
    return peak * 0.5 * (1 + np.cos(np.pi * step / total))


def quarter_of_a_wave(step, warmup, total, peak):
    """Your function behaves exactly as if the rate were peak · cos(π/2 · progress), a quarter of a
    wave. The cosine schedule takes a half, moved up: peak · ½(1 + cos(π · progress))."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * np.cos(np.pi / 2 * (step - warmup) / (total - warmup))


def divided_by_no_warmup(step, warmup, total, peak):
    """Your rates are right where there is a warm-up, but with warmup = 0 your function divides by
    zero. Then step < warmup is never true: compute (step + 1) / warmup only where it is."""
    climbing = peak * (step + 1) / warmup
    return climbing if step < warmup else learning_rate(step, warmup, total, peak)


def schedule_cases(rng):
    for step in (0, 1, 2, 3):  # by hand: ½, 1, 1, ½
        yield step, 2, 4, 1.0
    for step in (0, 3, 4, 5, 6, 12, 19):
        yield step, 5, 20, 0.5
    for step in (0, 4, 9):
        yield step, 0, 10, 2.0
    yield 0, 0, 1, 0.1
    yield 0, 1, 3, 0.3
    yield 2, 1, 3, 0.3


EXERCISES = (
    Exercise(
        id="01.1",
        title="The step-size test",
        cases=bowl_cases,
        answer=converges,
        hints=(
            "What is the gradient of θᵀAθ? Which matrix plays the part of A in section 4?",
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
        ),
    ),
    Exercise(
        id="01.2",
        title="One step of momentum",
        cases=momentum_cases,
        answer=momentum_step,
        hints=(
            "Two lines are enough. Which of v and w must change first?",
            "The new velocity keeps the share beta of the old one and adds the gradient.",
            "v = beta * v + grad, then move w against the new v, lr times as far.",
        ),
        misconceptions=(
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
        ),
    ),
    Exercise(
        id="01.3",
        title="One step of Adam",
        cases=adam_cases,
        answer=adam_step,
        hints=(
            "Update both averages first, then correct copies of them, then move.",
            "The corrections divide m by 1 − β₁ᵗ and s by 1 − β₂ᵗ; keep m and s themselves.",
            "w = w - lr * m_hat / (np.sqrt(s_hat) + eps), and return (w, m, s) without the hats.",
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
            only_s_corrected,
            power_missing,
            epsilon_missing,
            gradient_not_squared,
            betas_exchanged,
            gradient_added_whole,
            step_uphill,
        ),
    ),
    Exercise(
        id="01.4",
        title="The gradient of softmax regression",
        cases=softmax_cases,
        answer=softmax_gradient,
        hints=(
            "What did the model say, what was true, and how does a weight reach the logits?",
            "Compute the probabilities of each row, and np.eye(K)[y] for the one-hot labels.",
            "The result is X.T @ (y_hat - one_hot), divided by the number of samples.",
        ),
        misconceptions=(
            summed_over_batch,
            wrong_sign,
            divided_by_all_elements,
            divided_by_classes,
            softmax_over_batch,
            no_softmax,
            no_one_hot,
            no_target,
            overflow,
            overflow_in_the_logarithm,
            one_maximum_for_all,
            logits_clipped,
            softmax_slope_again,
            divided_by_features,
        ),
    ),
    Exercise(
        id="01.5",
        title="Cosine with warm-up",
        cases=schedule_cases,
        answer=learning_rate,
        hints=(
            "There are two cases. In which of them is step == warmup?",
            "After the warm-up, let a progress run from 0 in step `warmup` to 1 in step `total`.",
            "progress = (step - warmup) / (total - warmup), then ½(1 + cos(π · progress)) × peak.",
        ),
        misconceptions=(
            warmup_from_zero,
            seam_one_late,
            warmup_counted_in_progress,
            warmup_counted_twice,
            cosine_too_long,
            cosine_one_early,
            zero_in_last_step,
            zero_in_last_step_guarded,
            half_missing,
            warmup_ignored,
            quarter_of_a_wave,
            divided_by_no_warmup,
        ),
    ),
)
