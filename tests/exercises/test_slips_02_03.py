"""Slips of readers in the exercises 02.1 to 03.2, each in the reader's own words."""

import itertools

import numpy as np
import pytest

from helpers.exercises import exercise

# 02.1


def without_brackets(da, a):
    return da * 1 - a**2


# 02.2


def sum_without_its_log(logits):
    u = logits - np.max(logits, axis=1, keepdims=True)
    return u - np.sum(np.exp(u), axis=1, keepdims=True)


def plain_sum(logits):
    u = logits - logits.max(axis=1)[:, None]
    return u - np.log(np.exp(u).sum())


def no_axis_at_all(logits):
    e = np.exp(logits - np.max(logits))
    return logits - np.max(logits) - np.log(np.sum(e))


# 02.3


def passed_back(X, u1, W2, delta2, slope):
    delta1 = np.einsum("bk,hk->bh", delta2, W2) * slope
    return X.T @ delta1, sum(delta1), np.tanh(u1).T @ delta2, sum(delta2)


def delta1_without_brackets(X, u1, W2, delta2):
    a1 = np.tanh(u1)
    delta1 = delta2 @ W2.T * 1 - a1**2
    return X.T @ delta1, delta1.sum(0), a1.T @ delta2, delta2.sum(0)


def mean_in_the_products(X, u1, W2, delta2):
    B, a1 = X.shape[0], np.tanh(u1)
    delta1 = (1 - a1**2) * np.dot(delta2, W2.T)
    return np.dot(X.T, delta1) / B, delta1.sum(0), np.dot(a1.T, delta2) / B, delta2.sum(0)


def tanh_after_every_layer(X, u1, W2, delta2):
    a2 = np.tanh(np.tanh(u1) @ W2)
    return passed_back(X, u1, W2, delta2 * (1 - a2 * a2), 1 / np.cosh(u1) ** 2)


def relu_remembered(X, u1, W2, delta2):
    return passed_back(X, u1, W2, delta2, np.where(np.tanh(u1) > 0, 1.0, 0.0))


def slope_of_tanh(X, u1, W2, delta2):
    return passed_back(X, u1, W2, delta2, 1 - np.tanh(u1) ** 2)


# 02.4

PAIRS = [("W1", "b3"), ("W3", "b3"), ("W1", "b2"), ("W2", "b2"), ("W1", "b1"), ("W1", "b1")]
TABLE = {1: (0, 5), 2: (4, 5), 3: (0, 3), 4: (2, 3), 5: (0, 1), 6: (0, 1)}


def names(line):
    return PAIRS[line - 1]


def names_of_gradients(line):
    return ["d" + name for name in PAIRS[line - 1]]


def layers(line):
    return {1: (1, 3), 2: (3, 3), 3: (1, 2), 4: (2, 2)}.get(line, (1, 1))


def table_as_a_dict(line):
    return TABLE


def table_as_a_list(line):
    return list(TABLE.values())


def table_as_an_array(line):
    return np.array(list(TABLE.values()))


def test_a_wrong_pair_is_not_told_the_right_one():
    def one_wrong(line):
        return (1, 4) if line == 4 else TABLE[line]

    text = exercise("02.4").judge(one_wrong).text
    assert "\n    line = 4\n" in text
    assert "\n  got:\n    result 1: 1\n    result 2: 4\n" in text
    assert "expected" not in text and "differs" not in text


# 02.5


def repaired_in_haste(X, a1, a2, W2, W3, delta3):
    grads, delta = [], delta3
    for a, slope, W in ((a2, 1 - a2, W3), (a1, 1 - a1**2, W2), (X, None, None)):
        grads = [a.T @ delta, sum(delta), *grads]
        delta = delta if W is None else delta @ W.T * slope
    return grads


# 03.1


def pixels_taken_off_once(B, sizes):
    S = sum(B * n * m for n, m in itertools.pairwise(sizes))
    return S, 2 * S - sizes[0] * sizes[1]


def biases_both_ways(B, sizes):
    S, biases = B * np.dot(sizes[:-1], sizes[1:]), B * np.sum(sizes[1:])
    return S + biases, 2 * S - B * sizes[0] * sizes[1] + biases


def parameters_of_each_layer(B, sizes):
    costs = [B * (n * m + m) for n, m in itertools.pairwise(sizes)]
    return sum(costs), sum(costs) + sum(costs[1:])


# 03.2


def return_in_the_outer_loop(tape):
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] += grads[k] * local
        return grads


def return_in_the_inner_loop(tape):
    grads = [0.0] * len(tape)
    grads[-1] = 1.0
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] += grads[k] * local
            return grads


def ones(tape):
    grads = np.ones(len(tape))
    for k in range(len(tape) - 1, -1, -1):
        for parent, local in tape[k]:
            grads[parent] = grads[parent] + grads[k] * local
    return grads


def arrows_in_a_dict(tape):
    grads = [0.0] * (len(tape) - 1) + [1.0]
    arrows = [{parent: local for parent, local in node} for node in tape]
    for k in reversed(range(len(tape))):
        for parent in arrows[k]:
            grads[parent] += arrows[k][parent] * grads[k]
    return grads


def what_the_user_asked_for(tape):
    grads = exercise("03.2").answer(tape)
    return [grads[k] for k in range(len(tape)) if len(tape[k]) == 0]


def nodes_below_the_loss(tape):
    return exercise("03.2").answer(tape)[: len(tape) - 1]


# all


@pytest.mark.parametrize(
    ("id", "function", "name"),
    [
        ("02.1", without_brackets, "brackets_forgotten"),
        ("02.2", sum_without_its_log, "logarithm_of_the_sum_forgotten"),
        ("02.2", plain_sum, "summed_over_everything"),
        ("02.2", no_axis_at_all, "one_distribution_for_all"),
        ("02.3", delta1_without_brackets, "slope_without_brackets"),
        ("02.3", mean_in_the_products, "weight_gradients_averaged"),
        ("02.3", tanh_after_every_layer, "slope_at_the_output_too"),
        ("02.3", relu_remembered, "slope_of_relu"),
        ("02.4", names, "parameters_by_name"),
        ("02.4", names_of_gradients, "gradients_by_name"),
        ("02.4", layers, "layers_from_one"),
        ("02.4", table_as_a_dict, "whole_table"),
        ("02.4", table_as_a_list, "whole_table"),
        ("02.4", table_as_an_array, "whole_table"),
        ("02.5", repaired_in_haste, "square_forgotten_in_the_repair"),
        ("03.1", pixels_taken_off_once, "batch_forgotten_in_the_first_layer"),
        ("03.1", biases_both_ways, "biases_counted_in_both_passes"),
        ("03.1", parameters_of_each_layer, "biases_counted_as_weights"),
        ("03.2", return_in_the_outer_loop, "walked_forwards"),
        ("03.2", return_in_the_inner_loop, "returned_after_one_arrow"),
        ("03.2", ones, "all_begin_with_one"),
        ("03.2", arrows_in_a_dict, "one_arrow_to_each_parent"),
        ("03.2", what_the_user_asked_for, "leaves_only"),
        ("03.2", nodes_below_the_loss, "loss_left_out"),
    ],
)
def test_a_slip_is_named(id, function, name):
    verdict = exercise(id).judge(function)
    assert (verdict.kind, verdict.misconception) == ("misconception", name), verdict.text


@pytest.mark.parametrize(("id", "function"), [("02.3", slope_of_tanh)])
def test_a_right_answer_is_accepted(id, function):
    verdict = exercise(id).judge(function)
    assert verdict.kind == "right", verdict.text
