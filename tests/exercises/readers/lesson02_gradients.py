"""Exercise 02.3 with answers as readers write them: wrong ones and right ones."""

import numpy as np
from reader_answers import right, wrong

# 02.3


def layers(X, u1, W2, delta2, a1, slope):
    delta1 = np.einsum("bk,hk->bh", delta2, W2) * slope
    return np.dot(X.T, delta1), sum(delta1), np.dot(a1.T, delta2), sum(delta2)


@wrong("02.3", "slope_of_the_pre_activation")
def slope_by_u1(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, np.tanh(u1), 1 - u1 * u1)


@wrong("02.3", "pre_activation_for_activation")
def u1_read_as_a1(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, u1, 1 - u1**2)


@wrong("02.3", "slope_of_the_sigmoid")
def sigmoid_slope(X, u1, W2, delta2):
    a1 = np.tanh(u1)
    return layers(X, u1, W2, delta2, a1, a1 - a1**2)


@wrong("02.3", "slope_left_out")
def linear_hidden_layer(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, np.tanh(u1), 1)


@wrong("02.3", "last_layer_first")
def as_met_on_the_way_back(X, u1, W2, delta2):
    dW1, db1, dW2, db2 = layers(X, u1, W2, delta2, np.tanh(u1), 1 / np.cosh(u1) ** 2)
    return dW2, db2, dW1, db1


@wrong("02.3", "weights_before_biases")
def weights_together(X, u1, W2, delta2):
    dW1, db1, dW2, db2 = layers(X, u1, W2, delta2, np.tanh(u1), 1 / np.cosh(u1) ** 2)
    return [dW1, dW2, db1, db2]


@wrong("02.3", "biases_not_summed")
def a_row_for_each_sample(X, u1, W2, delta2):
    a1 = np.tanh(u1)
    delta1 = (1 - a1 * a1) * np.dot(delta2, W2.T)
    return X.T @ delta1, delta1, a1.T @ delta2, delta2


@right("02.3")
def by_hyperbolic_slope(X, u1, W2, delta2):
    return layers(X, u1, W2, delta2, np.tanh(u1), 1 / np.cosh(u1) ** 2)


@right("02.3")
def in_float32(X, u1, W2, delta2):
    X, u1, W2, delta2 = (x.astype(np.float32) for x in (X, u1, W2, delta2))
    return layers(X, u1, W2, delta2, np.tanh(u1), 1 - np.tanh(u1) ** 2)


@right("02.3")
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
