"""Exercises 01.1 to 01.3 with the slips that readers make most often."""

import numpy as np
from reader_answers import refused, wrong


def softmax(u):
    e = np.exp(u - u.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# 01.1


@wrong("01.1", "transposed")
def errors_on_the_left(X, W, y):
    p = softmax(X @ W)
    p[np.arange(len(y)), y] -= 1
    return p.T @ X / len(y)


@refused(
    "01.1",
    "wrong kind",
    "expected an array of shape (2, 3), but got an array of shape (3, 2)",
)
def transposed_without_the_labels(X, W, y):
    return softmax(X @ W).T @ X


@wrong("01.1", "classes_counted_in_labels")
def size_of_eye_from_labels(X, W, y):
    return X.T @ (softmax(X @ W) - np.eye(y.max() + 1)[y]) / len(X)


@wrong("01.1", "every_label_in_every_row")
def colon_for_the_rows(X, W, y):
    p = softmax(X @ W)
    p[:, y] -= 1
    return X.T @ p / len(y)


@wrong("01.1", "log_of_probabilities")
def log_then_error(X, W, y):
    return X.T @ (np.log(softmax(X @ W)) - np.eye(W.shape[1])[y]) / len(y)


@wrong("01.1", "log_softmax_kept")
def log_softmax_of_scipy(X, W, y):
    from scipy.special import log_softmax

    p = log_softmax(X @ W, axis=1)
    p[np.arange(len(y)), y] -= 1
    return X.T @ p / len(y)


# 01.2


@wrong("01.2", "no_upper_limit")
def factors_without_absolute_value(A, lr):
    return bool(np.all(1 - 2 * lr * np.linalg.eigvalsh(A) < 1))


@wrong("01.2", "best_rate_for_half_as_limit")
def two_over_the_sum(A, lr):
    values = sorted(np.linalg.eigvals(A))
    return 0 < lr < 2 / (values[0] + values[-1])


@wrong("01.2", "limit_returned", "One truth value is expected")
def largest_rate(A, lr):
    return 2 / (2 * max(np.linalg.eigvals(A)))


@wrong("01.2", "limit_for_half_returned", "One truth value is expected")
def largest_rate_without_the_two(A, lr):
    return 2 / np.linalg.norm(A, 2)


# 01.3


def moved(w, m_hat, v_hat, lr, eps):
    return w - lr * m_hat / (v_hat**0.5 + eps)


@wrong("01.3", "both_added_whole")
def no_shares(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + grad
    v = beta2 * v + grad**2
    return moved(w, m / (1 - beta1**t), v / (1 - beta2**t), lr, eps), m, v


@wrong("01.3", "added_whole_uncorrected")
def two_heavy_balls(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + grad
    v = beta2 * v + grad**2
    return moved(w, m, v, lr, eps), m, v


@wrong("01.3", "square_added_whole")
def no_share_for_the_square(w, m, v, grad, t, lr, beta1, beta2, eps):
    m += (1 - beta1) * (grad - m)
    v = beta2 * v + grad * grad
    return moved(w, m / (1 - beta1**t), v / (1 - beta2**t), lr, eps), m, v


@wrong("01.3", "shares_exchanged")
def beta_for_the_gradient(w, m, v, grad, t, lr, beta1, beta2, eps):
    m += beta1 * (grad - m)
    v += beta2 * (grad**2 - v)
    return moved(w, m / (1 - beta1**t), v / (1 - beta2**t), lr, eps), m, v


@wrong("01.3", "corrections_multiplied")
def times_for_divided(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return moved(w, m * (1 - beta1**t), v * (1 - beta2**t), lr, eps), m, v


@wrong("01.3", "old_averages_move")
def move_before_the_update(w, m, v, grad, t, lr, beta1, beta2, eps):
    w = moved(w, m / (1 - beta1**t), v / (1 - beta2**t), lr, eps)
    return w, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2


@wrong("01.3", "gradient_instead_of_average")
def rms_only(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return moved(w, grad, v / (1 - beta2**t), lr, eps), m, v


@wrong("01.3", "one_square_for_all")
def length_of_the_gradient(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * np.sum(grad**2)
    return moved(w, m / (1 - beta1**t), v / (1 - beta2**t), lr, eps), m, v


@wrong("01.3", "step_returned")
def only_the_step(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong("01.3", "change_returned")
def only_the_change(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return moved(0, m / (1 - beta1**t), v / (1 - beta2**t), lr, eps), m, v


@wrong("01.3", "product_for_power")
def star_for_two_stars(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return moved(w, m / (1 - beta1 * t), v / (1 - beta2 * t), lr, eps), m, v
