"""Exercises 02.3 to 02.5 with answers as readers write them: wrong ones and right ones."""

import numpy as np
import pytest
from reader_answers import Answers, assert_named, assert_right

answers = Answers()
wrong, right = answers.wrong, answers.right

# 02.3


@wrong("02.3", "one_matrix_a_sample")
def outer_products(a, delta):
    return np.array([np.outer(x, d) for x, d in zip(a, delta, strict=True)])


@wrong("02.3", "one_matrix_a_sample")
def by_broadcasting(a, delta):
    return a[:, :, None] * delta[:, None, :]


@wrong("02.3", "not_transposed")
def no_transpose(a, delta):
    return np.dot(a, delta)


@wrong("02.3", "samples_with_samples")
def transpose_of_the_other(a, delta):
    return a.dot(delta.T)


@wrong("02.3", "averaged_again")
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


@wrong("02.4", "summed_over_everything")
def whole_sum(delta):
    return sum(sum(row) for row in delta)


@wrong("02.4", "averaged_over_everything")
def whole_mean(delta):
    return np.mean(delta)


@wrong("02.4", "averaged_twice")
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


@wrong("02.5", "slope_of_the_pre_activation")
def slope_by_u1(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, np.tanh(u1), 1 - u1 * u1)


@wrong("02.5", "pre_activation_for_activation")
def u1_read_as_a1(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, u1, 1 - u1**2)


@wrong("02.5", "slope_of_the_sigmoid")
def sigmoid_slope(X, u1, W2, delta2):
    a1 = np.tanh(u1)
    return layers(X, u1, W2, delta2, a1, a1 - a1**2)


@wrong("02.5", "slope_left_out")
def linear_hidden_layer(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, np.tanh(u1), 1)


@wrong("02.5", "last_layer_first")
def as_met_on_the_way_back(X, u1, W2, delta2):
    dW1, db1, dW2, db2 = layers(X, u1, W2, delta2, np.tanh(u1), 1 / np.cosh(u1) ** 2)
    return dW2, db2, dW1, db1


@wrong("02.5", "weights_before_biases")
def weights_together(X, u1, W2, delta2):
    dW1, db1, dW2, db2 = layers(X, u1, W2, delta2, np.tanh(u1), 1 / np.cosh(u1) ** 2)
    return [dW1, dW2, db1, db2]


@wrong("02.5", "biases_not_summed")
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


@pytest.mark.parametrize(("id", "function", "name"), answers.wrong_ones)
def test_a_mistake_is_named(id, function, name):
    assert_named(id, function, name)


@pytest.mark.parametrize(("id", "function"), answers.right_ones)
def test_a_right_answer_in_another_style_is_accepted(id, function):
    assert_right(id, function)
