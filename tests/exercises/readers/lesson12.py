"""Lesson 12: answers as readers write them, wrong ones told apart and right ones accepted."""

import numpy as np
import torch
from reader_answers import right, wrong


def fit(W, A, B, scale, x, target, lr, steps):
    start = x @ W.T + scale * (x @ A.T) @ B.T
    for _ in range(steps):
        error = x @ W.T + scale * (x @ A.T) @ B.T - target
        step_A, step_B = scale * (error @ B).T @ x, scale * error.T @ (x @ A.T)
        A, B = A - lr * step_A, B - lr * step_B
    return start, x @ W.T + scale * (x @ A.T) @ B.T


@right("12.1")
def trained(W, noise_A, noise_B, alpha, x, target, lr, steps):
    return fit(W, noise_A, 0 * noise_B, alpha / noise_A.shape[0], x, target, lr, steps)


@wrong("12.1", "output_before_the_last_step", "Either the loop runs", "or you return a y")
def fewer_steps(W, noise_A, noise_B, alpha, x, target, lr, steps):
    return trained(W, noise_A, noise_B, alpha, x, target, lr, steps - 1)


@wrong("12.1", "one_step_too_many")
def more_steps(W, noise_A, noise_B, alpha, x, target, lr, steps):
    return trained(W, noise_A, noise_B, alpha, x, target, lr, steps + 1)


@wrong("12.1", "output_before_the_last_step", "Either the loop runs", "or you return a y")
def last_y_of_the_loop(W, noise_A, noise_B, alpha, x, target, lr, steps):
    s, A, B = alpha / len(noise_A), noise_A.copy(), np.zeros(noise_B.shape)
    start = x @ W.T
    for _ in range(steps):
        y = x @ (W + s * B @ A).T
        G = (y - target).T @ x
        dA, dB = s * B.T @ G, s * G @ A.T
        A -= lr * dA
        B -= lr * dB
    return start, y


@wrong("12.1", "root_of_the_rank")
def root_of_r(W, noise_A, noise_B, alpha, x, target, lr, steps):
    return fit(W, noise_A, 0 * noise_B, alpha / noise_B.shape[1] ** 0.5, x, target, lr, steps)


@wrong("12.1", "inputs_for_the_rank")
def r_from_the_columns_of_a(W, noise_A, noise_B, alpha, x, target, lr, steps):
    return fit(W, noise_A, 0 * noise_B, alpha / noise_A.shape[1], x, target, lr, steps)


@wrong("12.1", "outputs_for_the_rank")
def r_from_the_rows_of_b(W, noise_A, noise_B, alpha, x, target, lr, steps):
    return fit(W, noise_A, 0 * noise_B, alpha / noise_B.shape[0], x, target, lr, steps)


@wrong("12.1", "new_b_in_the_gradient_of_a")
def b_before_a(W, noise_A, noise_B, alpha, x, target, lr, steps):
    s, A, B = alpha / len(noise_A), noise_A, np.zeros_like(noise_B)
    start = x @ W.T
    for _ in range(steps):
        G = (x @ (W + s * B @ A).T - target).T @ x
        B = B - lr * s * G @ A.T
        A = A - lr * s * B.T @ G
    return start, x @ (W + s * B @ A).T


@right("12.1")
def right_by_autograd_in_float32(W, noise_A, noise_B, alpha, x, target, lr, steps):
    W, A, x, target = (torch.tensor(a, dtype=torch.float32) for a in (W, noise_A, x, target))
    A.requires_grad_()
    B = torch.zeros(noise_B.shape, requires_grad=True)
    optimizer = torch.optim.SGD([A, B], lr=lr)
    outputs = []
    for step in range(steps + 1):
        y = x @ W.T + alpha / A.shape[0] * x @ A.T @ B.T
        outputs.append(y.detach())
        if step < steps:
            optimizer.zero_grad()
            (0.5 * (y - target).square().sum()).backward()
            optimizer.step()
    return [outputs[0], outputs[-1]]


@right("12.1")
def right_in_place(W, noise_A, noise_B, alpha, x, target, lr, steps):
    noise_B[:] = 0
    s = alpha / len(noise_A)
    for _ in range(steps):
        G = ((x @ (W + s * noise_B @ noise_A).T) - target).T @ x
        dA, dB = s * noise_B.T @ G, s * G @ noise_A.T
        noise_A -= lr * dA
        noise_B -= lr * dB
    return x @ W.T, x @ (W + s * noise_B @ noise_A).T


@right("12.1")
def a_at_zero(W, noise_A, noise_B, alpha, x, target, lr, steps):
    return fit(W, 0 * noise_A, noise_B, alpha / len(noise_A), x, target, lr, steps)
