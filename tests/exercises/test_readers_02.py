"""The exercises of lesson 02 with answers as readers write them: wrong ones and right ones."""

import math

import numpy as np
import pytest

from helpers.exercises import exercise


def named(id, name):
    """A wrong answer for the exercise, and the name that its mistake should get."""
    return lambda wrong: WRONG.append(pytest.param(id, wrong, name, id=f"{id}-{wrong.__name__}"))


def right(id):
    return lambda answer: RIGHT.append(pytest.param(id, answer, id=f"{id}-{answer.__name__}"))


WRONG: list = []
RIGHT: list = []

# 02.1


@named("02.1", "difference_squared")
def bracket_too_wide(da, a):
    return da * (1 - a) * (1 - a)


@named("02.1", "divided_by_slope")
def over_the_slope(da, a):
    return da / ((1 + a) * (1 - a))


@named("02.1", "tanh_of_the_error")
def forward_once_more(da, a):
    return (1 - a * a) * np.tanh(da)


@named("02.1", "output_taken_for_input")
def by_hyperbolic_cosine(da, a):
    return da / np.cosh(a) ** 2


@right("02.1")
def back_to_the_input(da, a):
    with np.errstate(divide="ignore"):
        u = np.arctanh(a)
    return da / np.cosh(u) ** 2


@right("02.1")
def factored_in_place(da, a):
    da *= (1 - a) * (1 + a)
    return da


@right("02.1")
def tanh_by_lists(da, a):
    pairs = zip(da.tolist(), a.tolist(), strict=True)
    return [[d * (1 - x**2) for d, x in zip(ds, xs, strict=True)] for ds, xs in pairs]


@right("02.1")
def tanh_in_float32(da, a):
    return da.astype(np.float32) * (1 - np.square(a.astype(np.float32)))


# 02.2


@named("02.2", "logarithm_of_softmax")
def log_of_exp_over_sum(logits):
    e = np.exp(logits)
    return np.log(e / e.sum(axis=1)[:, None])


@named("02.2", "logarithm_of_softmax")
def row_by_row_as_written(logits):
    return np.array([np.log(np.exp(row) / sum(np.exp(row))) for row in logits])


@named("02.2", "logarithm_of_stable_softmax")
def log_of_shifted_softmax(logits):
    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return np.log(p)


@named("02.2", "logarithm_of_stable_softmax")
def log_of_scipys_softmax(logits):
    from scipy.special import softmax

    return np.log(softmax(logits, axis=1))


@named("02.2", "no_maximum_taken")
def minus_log_of_sum(logits):
    return logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))


@named("02.2", "maximum_not_added_back")
def shifted_inside_only(logits):
    largest = logits.max(axis=1)[:, None]
    return logits - np.log(np.exp(logits - largest).sum(axis=1))[:, None]


@named("02.2", "logarithm_forgotten")
def stable_softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@named("02.2", "log_of_clipped_softmax")
def something_small_added(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.log(e / e.sum(axis=1, keepdims=True) + 1e-12)


@named("02.2", "one_maximum_for_all")
def maximum_of_the_batch(logits):
    u = logits - np.max(logits)
    return u - np.log(np.exp(u).sum(1, keepdims=True))


@right("02.2")
def by_scipy(logits):
    from scipy.special import logsumexp

    return logits - logsumexp(logits, axis=1, keepdims=True)


@right("02.2")
def by_logaddexp(logits):
    return np.array([row - np.logaddexp.reduce(row) for row in logits.astype(np.float32)])


@right("02.2")
def by_torch(logits):
    import torch

    return torch.log_softmax(torch.tensor(logits, dtype=torch.float32), dim=1)


@right("02.2")
def by_lists(logits):
    rows = []
    for row in logits.tolist():
        log_sum = max(row) + math.log(sum(math.exp(u - max(row)) for u in row))
        rows.append([u - log_sum for u in row])
    return rows


# 02.3


@named("02.3", "one_matrix_a_sample")
def outer_products(a, delta):
    return np.array([np.outer(x, d) for x, d in zip(a, delta, strict=True)])


@named("02.3", "one_matrix_a_sample")
def by_broadcasting(a, delta):
    return a[:, :, None] * delta[:, None, :]


@named("02.3", "not_transposed")
def no_transpose(a, delta):
    return np.dot(a, delta)


@named("02.3", "samples_with_samples")
def transpose_of_the_other(a, delta):
    return a.dot(delta.T)


@named("02.3", "averaged_again")
def mean_of_outer_products(a, delta):
    return np.mean(a[:, :, None] * delta[:, None, :], axis=0)


@right("02.3")
def sum_of_outer_products(a, delta):
    return sum(np.outer(x, d) for x, d in zip(a, delta, strict=True))


@right("02.3")
def by_einsum(a, delta):
    return np.einsum("bi,bj->ij", a.astype(np.float32), delta)


@right("02.3")
def transposed_twice(a, delta):
    return (delta.T @ a).T.tolist()


# 02.4


@named("02.4", "summed_over_everything")
def whole_sum(delta):
    return sum(sum(row) for row in delta)


@named("02.4", "averaged_over_everything")
def whole_mean(delta):
    return np.mean(delta)


@named("02.4", "averaged_twice")
def mean_of_rows(delta):
    return delta.sum(axis=0) / delta.shape[0]


@right("02.4")
def by_ones(delta):
    return np.ones(len(delta)) @ delta


@right("02.4")
def sum_of_rows(delta):
    return sum(delta)


@right("02.4")
def by_torch_sum(delta):
    import torch

    return torch.from_numpy(delta).float().sum(dim=0)


# 02.5


def layers(X, u1, W2, delta2, a1, slope):
    delta1 = np.einsum("bk,hk->bh", delta2, W2) * slope
    return np.dot(X.T, delta1), sum(delta1), np.dot(a1.T, delta2), sum(delta2)


@named("02.5", "slope_of_the_pre_activation")
def slope_by_u1(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, np.tanh(u1), 1 - u1 * u1)


@named("02.5", "pre_activation_for_activation")
def u1_read_as_a1(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, u1, 1 - u1**2)


@named("02.5", "slope_of_the_sigmoid")
def sigmoid_slope(X, u1, W2, delta2):
    a1 = np.tanh(u1)
    return layers(X, u1, W2, delta2, a1, a1 - a1**2)


@named("02.5", "slope_left_out")
def linear_hidden_layer(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, np.tanh(u1), 1)


@named("02.5", "last_layer_first")
def as_met_on_the_way_back(X, u1, W2, delta2):
    dW1, db1, dW2, db2 = layers(X, u1, W2, delta2, np.tanh(u1), 1 / np.cosh(u1) ** 2)
    return dW2, db2, dW1, db1


@named("02.5", "weights_before_biases")
def weights_together(X, u1, W2, delta2):
    dW1, db1, dW2, db2 = layers(X, u1, W2, delta2, np.tanh(u1), 1 / np.cosh(u1) ** 2)
    return [dW1, dW2, db1, db2]


@named("02.5", "biases_not_summed")
def a_row_for_each_sample(X, u1, W2, delta2):
    a1 = np.tanh(u1)
    delta1 = (1 - a1 * a1) * np.dot(delta2, W2.T)
    return X.T @ delta1, delta1, a1.T @ delta2, delta2


@right("02.5")
def by_hyperbolic_slope(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, np.tanh(u1), 1 / np.cosh(u1) ** 2)


@right("02.5")
def in_float32(X, u1, W2, delta2):
    X, u1, W2, delta2 = (x.astype(np.float32) for x in (X, u1, W2, delta2))
    return layers(X, u1, W2, delta2, np.tanh(u1), 1 - np.tanh(u1) ** 2)


@right("02.5")
def by_autograd(X, u1, W2, delta2):
    import torch

    X, u1, W2, delta2 = (torch.tensor(x) for x in (X, u1, W2, delta2))
    W1 = torch.zeros(X.shape[1], u1.shape[1], dtype=X.dtype, requires_grad=True)
    b1 = torch.zeros(u1.shape[1], dtype=X.dtype, requires_grad=True)
    b2 = torch.zeros(W2.shape[1], dtype=X.dtype, requires_grad=True)
    W2.requires_grad_()
    u2 = torch.tanh(u1 + X @ W1 + b1) @ W2 + b2
    u2.backward(delta2)
    return W1.grad, b1.grad, W2.grad, b2.grad


# all


@pytest.mark.parametrize(("id", "wrong", "name"), WRONG)
def test_a_mistake_is_named(id, wrong, name):
    verdict = exercise(id).judge(wrong)
    assert (verdict.kind, verdict.misconception) == ("misconception", name), verdict.text


@pytest.mark.parametrize(("id", "answer"), RIGHT)
def test_a_right_answer_in_another_style_is_accepted(id, answer):
    verdict = exercise(id).judge(answer)
    assert verdict.kind == "right", verdict.text


def test_a_slope_of_the_other_sign_is_told_by_the_relation():
    text = exercise("02.1").judge(lambda da, a: da * (a**2 - 1)).text
    assert "−1 times the right one throughout" in text


def test_a_clip_at_another_limit_is_still_rejected():
    def clipped(logits):
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.log(e / e.sum(axis=1, keepdims=True) + 1e-300)

    assert exercise("02.2").judge(clipped).kind == "wrong"


@pytest.mark.parametrize("id", [f"02.{k}" for k in range(1, 6)])
def test_the_first_case_can_be_worked_by_hand(id):
    case = exercise(id).all_cases()[0]
    assert all(array.size <= 6 for array in case)
    numbers = np.concatenate([array.ravel() for array in case])
    assert np.allclose(10 * numbers, np.round(10 * numbers))
