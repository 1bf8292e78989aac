"""The exercises 03.1 to 03.3 with answers as readers write them: wrong ones and right ones."""

import itertools
import math

import numpy as np
from reader_answers import refused, right, wrong

from helpers.models import autodiff

# 03.1


@wrong("03.1", "gradient_in_the_pixels")
def twice_the_forward_pass(B, sizes):
    S = sum(B * a * b for a, b in itertools.pairwise(sizes))
    return S, 2 * S


@wrong("03.1", "weights_only")
def one_product_each_way(B, sizes):
    S = B * np.dot(sizes[:-1], sizes[1:])
    return S, S


@wrong("03.1", "forward_counted_again")
def all_that_is_computed(B, sizes):
    S = B * np.dot(sizes[:-1], sizes[1:])
    return S, 3 * S - B * sizes[0] * sizes[1]


@wrong("03.1", "one_sample")
def batch_forgotten(B, sizes):
    S = np.dot(sizes[:-1], sizes[1:])
    return S, 2 * S - sizes[0] * sizes[1]


@wrong("03.1", "biases_counted")
def parameters_times_batch(B, sizes):
    forward = sum(B * (a + 1) * b for a, b in itertools.pairwise(sizes))
    S = sum(B * a * b for a, b in itertools.pairwise(sizes))
    return forward, 2 * S - B * sizes[0] * sizes[1]


@wrong("03.1", "last_layer_left_out")
def the_other_end(B, sizes):
    products = [B * a * b for a, b in itertools.pairwise(sizes)]
    return sum(products), 2 * sum(products) - products[-1]


@right("03.1")
def layer_by_layer(B, sizes):
    forward = backward = 0
    for layer in range(1, len(sizes)):
        cost = B * sizes[layer - 1] * sizes[layer]
        forward += cost
        backward += cost if layer == 1 else 2 * cost
    return [forward, backward]


@right("03.1")
def with_arrays(B, sizes):
    products = B * np.array(sizes[:-1]) * np.array(sizes[1:])
    return products.sum(), products.sum() + products[1:].sum()


# 03.2


@wrong("03.2", "overwritten")
def by_a_dictionary(tape):
    found = {len(tape) - 1: 1.0}
    for k in range(len(tape) - 1, -1, -1):
        for parent, local in tape[k]:
            found[parent] = found.get(k, 0.0) * local
    return [found.get(k, 0.0) for k in range(len(tape))]


@wrong("03.2", "walked_forwards")
def in_the_order_of_the_tape(tape):
    grads = np.zeros(len(tape))
    grads[-1] = 1
    for k, arrows in enumerate(tape):
        for parent, local in arrows:
            grads[parent] += grads[k] * local
    return grads


@wrong("03.2", "local_derivatives_only")
def without_the_gradient(tape):
    grads = np.zeros(len(tape))
    grads[-1] = 1
    for arrows in tape:
        for parent, local in arrows:
            grads[parent] += local
    return grads


@wrong("03.2", "loss_begins_at_zero")
def without_a_seed(tape):
    grads = [0.0] * len(tape)
    for k in reversed(range(len(tape))):
        for parent, local in tape[k]:
            grads[parent] += grads[k] * local
    return grads


@right("03.2")
def by_the_sum_over_paths(tape):
    def paths(k):
        """∂loss/∂node k, added over all arrows that leave it."""
        if k == len(tape) - 1:
            return 1.0
        uses = [(j, local) for j, arrows in enumerate(tape) for p, local in arrows if p == k]
        return math.fsum(paths(j) * local for j, local in uses)

    return [paths(k) for k in range(len(tape))]


@right("03.2")
def by_a_matrix(tape):
    local = np.zeros((len(tape), len(tape)))
    for k, arrows in enumerate(tape):
        for parent, derivative in arrows:
            local[k, parent] += derivative
    return np.linalg.solve(np.eye(len(tape)) - local.T, np.eye(len(tape))[-1])


# 03.3


def stable(a, axis=-1):
    e = np.exp(a - a.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


@wrong("03.3", "diagonal_only")
def as_for_a_sigmoid(a, grad):
    p = stable(a)
    return p, p * grad - p**2 * grad


@wrong("03.3", "like_an_exponential")
def denominator_held_fixed(a, grad):
    return stable(a), stable(a) * grad


@wrong("03.3", "factor_forgotten")
def centred_gradient(a, grad):
    p = stable(a)
    return p, grad - np.einsum("...k,...k->...", p, grad)[..., None]


@wrong("03.3", "overflow")
def as_it_is_written(a, grad):
    p = np.exp(a) / np.sum(np.exp(a), axis=-1, keepdims=True)
    return p, p * grad - p * (p * grad).sum(-1, keepdims=True)


@wrong("03.3", "summed_over_everything")
def one_sum(a, grad):
    p = stable(a)
    return p, p * (grad - np.vdot(p, grad))


@wrong("03.3", "after_cross_entropy")
def the_error_of_lesson_02(a, grad):
    return stable(a), stable(a) - grad


@refused("03.3", "wrong", "Result 2 is wrong", "−1 times")
def only_the_pull_turned(a, grad):
    p = stable(a)
    return p, p * ((p * grad).sum(-1, keepdims=True) - grad)


@right("03.3")
def with_the_big_matrix(a, grad):
    p = stable(a)
    J = p[..., :, None] * (np.eye(a.shape[-1]) - p[..., None, :])  # (…, i, j)
    return p, np.einsum("...ij,...i->...j", J, grad)


@right("03.3")
def from_the_engine(a, grad):
    node = autodiff.Node(a)
    e = (node - node.amax(axis=-1, keepdims=True)).exp()
    p = e / e.sum(axis=-1, keepdims=True)
    (p * grad).sum().backward()
    return p.value, node.grad


@right("03.3")
def by_autograd(a, grad):
    import torch

    leaf = torch.tensor(a, requires_grad=True)
    p = torch.softmax(leaf, dim=-1)
    p.backward(torch.tensor(grad))
    return p.detach(), leaf.grad
