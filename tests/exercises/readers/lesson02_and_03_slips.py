"""Slips of readers in the exercises 02.1 to 03.2, in their own words."""

import itertools

import numpy as np
from reader_answers import right, wrong

from helpers.exercises import exercise

# 02.1


@wrong("02.1", "brackets_forgotten")
def without_brackets(da, a):
    return da * 1 - a**2


# 02.2


@wrong("02.2", "logarithm_of_the_sum_forgotten")
def sum_without_its_log(logits):
    u = logits - np.max(logits, axis=1, keepdims=True)
    return u - np.sum(np.exp(u), axis=1, keepdims=True)


@wrong("02.2", "summed_over_everything")
def plain_sum(logits):
    u = logits - logits.max(axis=1)[:, None]
    return u - np.log(np.exp(u).sum())


@wrong("02.2", "one_distribution_for_all")
def no_axis_at_all(logits):
    e = np.exp(logits - np.max(logits))
    return logits - np.max(logits) - np.log(np.sum(e))


# 02.3


def passed_back(X, u1, W2, delta2, slope):
    delta1 = np.einsum("bk,hk->bh", delta2, W2) * slope
    return X.T @ delta1, sum(delta1), np.tanh(u1).T @ delta2, sum(delta2)


@wrong("02.3", "slope_without_brackets")
def delta1_without_brackets(X, u1, W2, delta2):
    a1 = np.tanh(u1)
    delta1 = delta2 @ W2.T * 1 - a1**2
    return X.T @ delta1, delta1.sum(0), a1.T @ delta2, delta2.sum(0)


@wrong("02.3", "weight_gradients_averaged")
def mean_in_the_products(X, u1, W2, delta2):
    B, a1 = X.shape[0], np.tanh(u1)
    delta1 = (1 - a1**2) * np.dot(delta2, W2.T)
    return np.dot(X.T, delta1) / B, delta1.sum(0), np.dot(a1.T, delta2) / B, delta2.sum(0)


@wrong("02.3", "slope_at_the_output_too")
def tanh_after_every_layer(X, u1, W2, delta2):
    a2 = np.tanh(np.tanh(u1) @ W2)
    return passed_back(X, u1, W2, delta2 * (1 - a2 * a2), 1 / np.cosh(u1) ** 2)


@wrong("02.3", "slope_of_relu")
def relu_remembered(X, u1, W2, delta2):
    return passed_back(X, u1, W2, delta2, np.where(np.tanh(u1) > 0, 1.0, 0.0))


@right("02.3")
def slope_of_tanh(X, u1, W2, delta2):
    return passed_back(X, u1, W2, delta2, 1 - np.tanh(u1) ** 2)


# 02.4

PAIRS = [("W1", "b3"), ("W3", "b3"), ("W1", "b2"), ("W2", "b2"), ("W1", "b1"), ("W1", "b1")]
TABLE = {1: (0, 5), 2: (4, 5), 3: (0, 3), 4: (2, 3), 5: (0, 1), 6: (0, 1)}


@wrong("02.4", "parameters_by_name")
def names(line):
    return PAIRS[line - 1]


@wrong("02.4", "gradients_by_name")
def names_of_gradients(line):
    return ["d" + name for name in PAIRS[line - 1]]


@wrong("02.4", "layers_from_one")
def layers(line):
    return {1: (1, 3), 2: (3, 3), 3: (1, 2), 4: (2, 2)}.get(line, (1, 1))


@wrong("02.4", "whole_table")
def table_as_a_dict(line):
    return TABLE


@wrong("02.4", "whole_table")
def table_as_a_list(line):
    return list(TABLE.values())


@wrong("02.4", "whole_table")
def table_as_an_array(line):
    return np.array(list(TABLE.values()))


# 02.5


@wrong("02.5", "square_forgotten_in_the_repair")
def repaired_in_haste(X, a1, a2, W2, W3, delta3):
    grads, delta = [], delta3
    for a, slope, W in ((a2, 1 - a2, W3), (a1, 1 - a1**2, W2), (X, None, None)):
        grads = [a.T @ delta, sum(delta), *grads]
        delta = delta if W is None else delta @ W.T * slope
    return grads


# 03.1


@wrong("03.1", "batch_forgotten_in_the_first_layer")
def pixels_taken_off_once(B, sizes):
    S = sum(B * n * m for n, m in itertools.pairwise(sizes))
    return S, 2 * S - sizes[0] * sizes[1]


@wrong("03.1", "biases_counted_in_both_passes")
def biases_both_ways(B, sizes):
    S, biases = B * np.dot(sizes[:-1], sizes[1:]), B * np.sum(sizes[1:])
    return S + biases, 2 * S - B * sizes[0] * sizes[1] + biases


@wrong("03.1", "biases_counted_as_weights")
def parameters_of_each_layer(B, sizes):
    costs = [B * (n * m + m) for n, m in itertools.pairwise(sizes)]
    return sum(costs), sum(costs) + sum(costs[1:])


# 03.2


@wrong("03.2", "walked_forwards")
def return_in_the_outer_loop(tape):
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] += grads[k] * local
        return grads


@wrong("03.2", "returned_after_one_arrow")
def return_in_the_inner_loop(tape):
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] += grads[k] * local
            return grads


@wrong("03.2", "all_begin_with_one")
def ones(tape):
    grads = np.ones(len(tape))
    for k in range(len(tape) - 1, -1, -1):
        for parent, local in tape[k]:
            grads[parent] = grads[parent] + grads[k] * local
    return grads


@wrong("03.2", "one_arrow_to_each_parent")
def arrows_in_a_dict(tape):
    grads = [0.0] * (len(tape) - 1) + [1.0]
    arrows = [{parent: local for parent, local in node} for node in tape]
    for k in reversed(range(len(tape))):
        for parent in arrows[k]:
            grads[parent] += arrows[k][parent] * grads[k]
    return grads


@wrong("03.2", "leaves_only")
def what_the_user_asked_for(tape):
    grads = exercise("03.2").answer(tape)
    return [grads[k] for k in range(len(tape)) if len(tape[k]) == 0]


@wrong("03.2", "loss_left_out")
def nodes_below_the_loss(tape):
    return exercise("03.2").answer(tape)[: len(tape) - 1]
