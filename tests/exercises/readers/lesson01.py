"""Exercises 01.1 to 01.3 with answers as readers write them: wrong ones and right ones."""

import math

import numpy as np
from reader_answers import refused, right, wrong

# 01.1


@wrong("01.1", "one_maximum_for_all")
def maximum_of_the_batch(X, W, y):
    p = np.exp(X @ W - np.max(X @ W))
    p /= p.sum(axis=1)[:, None]
    p[np.arange(len(y)), y] -= 1
    return X.T @ p / len(y)


@wrong("01.1", "logits_clipped")
def clipped_at_500(X, W, y):
    p = np.exp(np.minimum(np.maximum(X @ W, -500), 500))
    p /= p.sum(axis=1, keepdims=True)
    p[range(len(y)), y] -= 1
    return X.T @ p / len(y)


@wrong("01.1", "overflow")
def as_it_is_written(X, W, y):
    p = np.exp(X @ W) / np.exp(X @ W).sum(1, keepdims=True)
    return X.T @ (p - (y[:, None] == np.arange(W.shape[1]))) / X.shape[0]


@wrong("01.1", "overflow_in_the_logarithm")
def through_log_sum_exp(X, W, y):
    u = X @ W
    p = np.exp(u - np.log(np.sum(np.exp(u), axis=1))[:, None])
    p[range(len(y)), y] -= 1
    return np.einsum("bd,bk->dk", X, p) / len(y)


@wrong("01.1", "softmax_slope_again")
def chain_rule_once_too_often(X, W, y):
    u = X @ W
    p = np.exp(u - u.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    return X.T @ ((p - np.eye(W.shape[1])[y]) * p * (1 - p)) / len(X)


@wrong("01.1", "divided_by_features")
def other_axis_of_x(X, W, y):
    u = X @ W
    p = np.exp(u - u.max(1, keepdims=True))
    p = p / p.sum(1, keepdims=True) - np.eye(W.shape[1])[y]
    return X.T @ p / X.shape[1]


NAN = "NaN or infinity where numbers are expected. Does something overflow, or is"


@refused("01.1", "wrong", NAN)
def mean_taken_off(X, W, y):
    e = np.exp(X @ W - np.mean(X @ W, axis=1, keepdims=True))
    return X.T @ (e / e.sum(axis=1, keepdims=True) - np.eye(W.shape[1])[y]) / len(y)


@refused("01.1", "wrong", NAN)
def median_taken_off(X, W, y):
    e = np.exp(X @ W - np.median(X @ W, axis=1, keepdims=True))
    return X.T @ (e / e.sum(axis=1, keepdims=True) - np.eye(W.shape[1])[y]) / len(y)


@right("01.1")
def sample_by_sample(X, W, y):
    total = [[0.0] * W.shape[1] for _ in range(W.shape[0])]
    for x, label in zip(X, y, strict=True):
        u = x @ W
        e = [math.exp(v - max(u)) for v in u]
        for i in range(W.shape[0]):
            for k in range(W.shape[1]):
                total[i][k] += x[i] * (e[k] / sum(e) - (k == label)) / len(y)
    return total


@right("01.1")
def in_float32(X, W, y):
    from scipy.special import softmax

    X, W = X.astype(np.float32), W.astype(np.float32)
    p = softmax(X @ W, axis=1)
    p[np.arange(len(y)), y] -= 1
    return np.einsum("bd,bk->dk", X, p) / len(y)


@right("01.1")
def by_autograd(X, W, y):
    import torch

    W = torch.tensor(W, dtype=torch.float32, requires_grad=True)
    logits = torch.tensor(X, dtype=torch.float32) @ W
    torch.nn.functional.cross_entropy(logits, torch.tensor(y)).backward()
    return W.grad


# 01.2


@wrong("01.2", "best_rate_as_limit")
def optimal_rate(A, lr):
    values = np.linalg.eigvals(2 * A).real
    return 0 < lr < 2 / (min(values) + max(values))


@wrong("01.2", "limit_by_all_elements")
def frobenius(A, lr):
    return 0 < lr < 1 / np.sqrt((A**2).sum())


@wrong("01.2", "zero_included")
def not_negative(A, lr):
    return lr >= 0 and lr * np.linalg.eigvalsh(A)[-1] < 1


@wrong("01.2", "sign_of_rate_ignored")
def absolute_rate(A, lr):
    return np.abs(lr) < 1 / np.max(np.linalg.eigvalsh(A))


@wrong("01.2", "no_lower_limit")
def above_only(A, lr):
    return not lr >= 1 / np.max(np.linalg.eigvalsh(A))


@wrong("01.2", "border_included")
def largest_factor_at_most_one(A, lr):
    return lr > 0 and max(abs(1 - 2 * lr * np.linalg.eigvalsh(A))) <= 1


@wrong("01.2", "half_assumed")
def without_the_two(A, lr):
    return (np.abs(1 - lr * np.linalg.eigvalsh(A)) < 1).all()


@right("01.2")
def every_factor_below_one(A, lr):
    return np.abs(np.linalg.eigvals(np.eye(len(A)) - 2 * lr * A)).max() < 1


@right("01.2")
def by_spectral_norm(A, lr):
    return lr > 0 and lr * np.linalg.norm(A, 2) < 1


@right("01.2")
def by_running_it(A, lr):
    theta = np.arange(1.0, len(A) + 1) ** 0.7
    start = np.linalg.norm(theta)
    for _ in range(2000):
        theta = theta - lr * 2 * A @ theta
    return np.linalg.norm(theta) < 1e-3 * start


@right("01.2")
def by_torch(A, lr):
    import torch

    return 0 < lr < 1 / torch.linalg.eigvalsh(torch.tensor(A, dtype=torch.float32)).max()


# 01.3


@wrong("01.3", "only_v_corrected")
def first_average_as_it_is(w, m, v, grad, t, lr, beta1, beta2, eps):
    m += (1 - beta1) * (grad - m)
    v += (1 - beta2) * (grad * grad - v)
    return w - lr * m / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong("01.3", "power_missing")
def corrected_as_in_the_first_step(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return w - lr * m / (1 - beta1) / ((v / (1 - beta2)) ** 0.5 + eps), m, v


@wrong("01.3", "epsilon_missing")
def nothing_below_the_line(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - rate * m / np.sqrt(v), m, v


@wrong("01.3", "gradient_not_squared")
def square_forgotten(w, m, v, grad, t, lr, beta1, beta2, eps):
    m, v = (b * x + (1 - b) * grad for b, x in ((beta1, m), (beta2, v)))
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong("01.3", "betas_exchanged")
def second_beta_first(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta2 * m + (1 - beta2) * grad
    v = beta1 * v + (1 - beta1) * grad**2
    m_hat, v_hat = m / (1 - beta2**t), v / (1 - beta1**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@wrong("01.3", "gradient_added_whole")
def heavy_ball_inside(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@wrong("01.3", "step_uphill")
def plus(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    w += lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w, m, v


@wrong("01.3", "corrected_averages_kept")
def hats_by_the_same_name(w, m, v, grad, t, lr, beta1, beta2, eps):
    m = (beta1 * m + (1 - beta1) * grad) / (1 - beta1**t)
    v = (beta2 * v + (1 - beta2) * grad**2) / (1 - beta2**t)
    return w - lr * m / (np.sqrt(v) + eps), m, v


@right("01.3")
def adam_in_place(w, m, v, grad, t, lr, beta1, beta2, eps):
    m += (1 - beta1) * (grad - m)
    v += (1 - beta2) * (grad * grad - v)
    w -= lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w, m, v


@right("01.3")
def adam_of_torch(w, m, v, grad, t, lr, beta1, beta2, eps):
    import torch

    w = torch.nn.Parameter(torch.tensor(w, dtype=torch.float32))
    adam = torch.optim.Adam([w], lr=lr, betas=(beta1, beta2), eps=eps, foreach=False)
    state = {"step": torch.tensor(float(t - 1))}
    state |= {"exp_avg": torch.tensor(m).float(), "exp_avg_sq": torch.tensor(v).float()}
    adam.state[w] = state
    w.grad = torch.tensor(grad).float()
    adam.step()
    return w, adam.state[w]["exp_avg"], adam.state[w]["exp_avg_sq"]
