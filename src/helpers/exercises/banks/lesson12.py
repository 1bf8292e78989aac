"""The exercises of lesson 12: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

# 12.1


def lora_fit(W, noise_A, noise_B, alpha, x, target, lr, steps):
    scale = alpha / len(noise_A)
    A, B = noise_A, np.zeros_like(noise_B)
    start = x @ (W + scale * B @ A).T
    for _ in range(steps):
        y = x @ (W + scale * B @ A).T
        G = (y - target).T @ x  # gradient in the whole matrix, (out, in)
        A, B = A - lr * scale * B.T @ G, B - lr * scale * G @ A.T
    return start, x @ (W + scale * B @ A).T


def _fit(W, A, B, scale, x, target, lr, steps, gradient_scale=None, moves=(1, 1, 0)):
    """The solution with parts of it exchanged; moves: shares of A's, B's and W's steps."""
    start, scale_of_steps = x @ (W + scale * B @ A).T, gradient_scale or scale
    for _ in range(steps):
        G = (x @ (W + scale * B @ A).T - target).T @ x
        slopes = scale_of_steps * B.T @ G, scale_of_steps * G @ A.T, G
        A, B, W = (p - lr * m * g for p, m, g in zip((A, B, W), moves, slopes, strict=True))
    return start, x @ (W + scale * B @ A).T


def other_factor_zero(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """right in all cases. You start with A at zero and B at random, as good a choice; the usual one
    is B at zero."""
    scale = alpha / len(noise_A)
    return _fit(W, np.zeros_like(noise_A), noise_B, scale, x, target, lr, steps)


def both_zero(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your layer never learns: its output after the steps is that of the start. With A and B both
    at zero, both gradients, α/r · Bᵀ G and α/r · G Aᵀ, are zero too. Start one factor at random."""
    return _fit(W, np.zeros_like(noise_A), np.zeros_like(noise_B), 1, x, target, lr, steps)


def both_random(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your layer starts elsewhere: with both factors at random, α/r · B A is noise on top of W,
    before anything was learnt. Start one of the factors, B, at zero."""
    return _fit(W, noise_A, noise_B, alpha / len(noise_A), x, target, lr, steps)


def scale_forgotten(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your correction is B A, exactly as if the scale α/r were 1. It multiplies the product, and by
    the chain rule both gradients as well."""
    return _fit(W, noise_A, np.zeros_like(noise_B), 1, x, target, lr, steps)


def rank_forgotten(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your scale is α. It is α/r, with r the number of rows of A, so that the rank can be changed
    without choosing another α."""
    return _fit(W, noise_A, np.zeros_like(noise_B), alpha, x, target, lr, steps)


def root_of_the_rank(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your scale is α/√r. That is a variant, rank-stabilised LoRA; here it is α/r."""
    scale = alpha / np.sqrt(len(noise_A))
    return _fit(W, noise_A, np.zeros_like(noise_B), scale, x, target, lr, steps)


def inputs_for_the_rank(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your scale divides α by the number of inputs, the columns of A. The rank r is the number of
    its rows: A (r, in), B (out, r)."""
    scale = alpha / noise_A.shape[1]
    return _fit(W, noise_A, np.zeros_like(noise_B), scale, x, target, lr, steps)


def outputs_for_the_rank(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your scale divides α by the number of outputs, the rows of B. The rank r is the number of its
    columns: A (r, in), B (out, r)."""
    scale = alpha / len(noise_B)
    return _fit(W, noise_A, np.zeros_like(noise_B), scale, x, target, lr, steps)


def one_step_too_many(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your second output is one step ahead: the factors move steps + 1 times. range(steps) counts
    from 0 and gives `steps` steps."""
    scale = alpha / len(noise_A)
    return _fit(W, noise_A, np.zeros_like(noise_B), scale, x, target, lr, steps + 1)


def scale_not_in_the_gradients(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your output has the scale α/r, but your gradients do not. The chain rule passes through it:
    ∂L/∂B = α/r · G Aᵀ and ∂L/∂A = α/r · Bᵀ G."""
    zero, scale = np.zeros_like(noise_B), alpha / len(noise_A)
    return _fit(W, noise_A, zero, scale, x, target, lr, steps, gradient_scale=1)


def frozen_matrix_trained(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your function moves W too. It is frozen: only A and B learn."""
    zero, scale = np.zeros_like(noise_B), alpha / len(noise_A)
    return _fit(W, noise_A, zero, scale, x, target, lr, steps, moves=(1, 1, 1))


def only_b_trained(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your A stays at its random start. Its gradient, α/r · Bᵀ G, is zero in the first step only;
    from the second one on it moves as well."""
    zero, scale = np.zeros_like(noise_B), alpha / len(noise_A)
    return _fit(W, noise_A, zero, scale, x, target, lr, steps, moves=(0, 1, 0))


def uphill(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your steps go uphill: the loss grows. Subtract the gradients; G is (y − target)ᵀ x."""
    zero, scale = np.zeros_like(noise_B), alpha / len(noise_A)
    return _fit(W, noise_A, zero, scale, x, target, -lr, steps)


def _one_after_the_other(W, A, B, alpha, x, target, lr, steps, first):
    scale = alpha / len(A)
    start = x @ W.T
    for _ in range(steps):
        G = (x @ (W + scale * B @ A).T - target).T @ x
        if first == "B":
            B = B - lr * scale * G @ A.T
        A = A - lr * scale * B.T @ G
        if first == "A":
            B = B - lr * scale * G @ A.T
    return start, x @ (W + scale * B @ A).T


def new_b_in_the_gradient_of_a(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your B moves first, and the gradient in A is taken with the new B. Take both gradients before
    either factor moves; Python computes the whole right side of A, B = …, … first."""
    zero = np.zeros_like(noise_B)
    return _one_after_the_other(W, noise_A, zero, alpha, x, target, lr, steps, "B")


def new_a_in_the_gradient_of_b(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your A moves first, and the gradient in B is taken with the new A. Take both gradients before
    either factor moves; Python computes the whole right side of A, B = …, … first."""
    zero = np.zeros_like(noise_B)
    return _one_after_the_other(W, noise_A, zero, alpha, x, target, lr, steps, "A")


def averaged_loss(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your gradients belong to the mean over the samples. Here the loss is the sum over all
    elements, halved."""
    scale = alpha / len(noise_A)
    return _fit(W, noise_A, np.zeros_like(noise_B), scale, x, target, lr / len(x), steps)


def not_halved(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your gradients are twice too large: the loss has the factor ½, so G is (y − target)ᵀ x."""
    scale = alpha / len(noise_A)
    return _fit(W, noise_A, np.zeros_like(noise_B), scale, x, target, 2 * lr, steps)


def mean_of_squares(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your gradients belong to the mean of all squares, as mse_loss computes it. Here the loss is
    their sum, halved: G is (y − target)ᵀ x."""
    scale, lr = alpha / len(noise_A), 2 * lr / np.size(target)
    return _fit(W, noise_A, np.zeros_like(noise_B), scale, x, target, lr, steps)


def half_the_mean_of_squares(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your gradients belong to half the mean of all squares. Here the loss is half their sum: G is
    (y − target)ᵀ x, divided by nothing."""
    scale, lr = alpha / len(noise_A), lr / np.size(target)
    return _fit(W, noise_A, np.zeros_like(noise_B), scale, x, target, lr, steps)


def output_before_the_last_step(W, noise_A, noise_B, alpha, x, target, lr, steps):
    """Your second output is one step behind. Either the loop runs once too few, or you return a
    y that was computed before the factors moved for the last time: compute y again after the loop,
    which has `steps` steps."""
    scale = alpha / len(noise_A)
    return _fit(W, noise_A, np.zeros_like(noise_B), scale, x, target, lr, steps - 1)


def lora_fit_cases(rng):
    one = np.array([[1.0]])  # s = 2 and G = −2: B moves from 0 to ½, and y from 1 to 3
    yield one, 2 * one, 5 * one, 2, one, 3 * one, 1 / 16, 1
    sizes = ((5, 4, 3, 2, 6, 3), (1, 3, 5, 1, 2, 4), (6, 2, 4, 2, 1, 5), (4, 5, 5, 3, 12, 2))
    for N, d_in, d_out, r, alpha, steps in sizes:
        shapes = ((d_out, d_in), (r, d_in), (d_out, r))
        W, noise_A, noise_B = (rng.normal(size=shape) / np.sqrt(d_in) for shape in shapes)
        x, target = rng.normal(size=(N, d_in)), rng.normal(size=(N, d_out))
        yield W, noise_A, noise_B, alpha, x, target, 0.1 / N * r / alpha, steps


EXERCISES = (
    Exercise(
        id="12.1",
        title="LoRA",
        cases=lora_fit_cases,
        answer=lora_fit,
        accepted=(other_factor_zero,),
        hints=(
            "Which start of A and B makes s B A zero, and still leaves one of the two gradients "
            "different from zero?",
            "A = noise_A and B = zeros. With G = (y − target).T @ x, the gradient in the whole "
            "matrix, the gradients are s Bᵀ G in A and s G Aᵀ in B.",
            "scale = alpha / len(noise_A). In each step: y = x @ (W + scale * B @ A).T, then G, "
            "then A, B = A - lr * scale * B.T @ G, B - lr * scale * G @ A.T.",
        ),
        misconceptions=(
            both_zero,
            both_random,
            scale_forgotten,
            rank_forgotten,
            root_of_the_rank,
            inputs_for_the_rank,
            outputs_for_the_rank,
            scale_not_in_the_gradients,
            frozen_matrix_trained,
            only_b_trained,
            uphill,
            new_b_in_the_gradient_of_a,
            new_a_in_the_gradient_of_b,
            averaged_loss,
            not_halved,
            mean_of_squares,
            half_the_mean_of_squares,
            output_before_the_last_step,
            one_step_too_many,
        ),
    ),
)
