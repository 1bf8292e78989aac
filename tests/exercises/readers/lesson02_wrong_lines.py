"""Exercises 02.4 and 02.5 with answers as readers write them: wrong ones and right ones."""

import numpy as np
from reader_answers import refused, right, wrong

PARAMETERS = ("W1", "b1", "W2", "b2", "W3", "b3")

# 02.4


@wrong("02.4", "only_its_own_layer")
def two_lines_a_layer(line):
    layer = 2 - (line - 1) // 2  # 2 is the last one
    return 2 * layer, 2 * layer + 1


@wrong("02.4", "towards_the_loss")
def spreads_to_the_end(line):
    own = 4 - 2 * ((line - 1) // 2)
    return (own, 5) if line % 2 else (own, own + 1)


@wrong("02.4", "own_layer_spared")
def one_layer_late(line):
    return {1: [0, 3], 3: [0, 1], 5: [0, 1], 2: [4, 5], 4: [2, 3], 6: [0, 1]}[line]


@wrong("02.4", "numbered_as_computed")
def in_order_of_the_backward_pass(line):
    order = ("W3", "b3", "W2", "b2", "W1", "b1")
    spoilt = {1: order, 2: order[:2], 3: order[2:], 4: order[2:4], 5: order[4:], 6: order[4:]}[line]
    places = [order.index(name) for name in spoilt]
    return min(places), max(places)


@wrong("02.4", "counted_from_one")
def first_is_one(line):
    return ((1, 6), (5, 6), (1, 4), (3, 4), (1, 2), (1, 2))[line - 1]


@wrong("02.4", "last_one_first")
def as_found_going_back(line):
    return {1: (5, 0), 2: (5, 4), 3: (3, 0), 4: (3, 2)}.get(line, (1, 0))


@wrong("02.4", "gradients_handed_on")
def all_below(line):
    return 0, 5 - 2 * ((line - 1) // 2)


@wrong("02.4", "biases_forgotten")
def weights_only(line):
    return {1: (0, 4), 2: (4, 4), 3: (0, 2), 4: (2, 2)}.get(line, (0, 0))


@right("02.4")
def by_rule(line):
    last = 5 - 2 * ((line - 1) // 2)
    return (0 if line % 2 else last - 1), last


@right("02.4")
def by_names(line):
    spoilt = {1: PARAMETERS, 2: PARAMETERS[4:], 3: PARAMETERS[:4], 4: PARAMETERS[2:4]}
    names = spoilt.get(line, PARAMETERS[:2])
    return [PARAMETERS.index(names[0]), PARAMETERS.index(names[-1])]


@right("02.4")
def as_an_array(line):
    return np.array([[0, 5], [4, 5], [0, 3], [2, 3], [0, 1], [0, 1]])[line - 1]


@right("02.4")
def tried_out(line):
    rng, off = np.random.default_rng(1), np.ones(7)
    off[line] = 2.0

    def gradients(off):
        X, a1, a2, W2, W3, delta = (np.copy(array) for array in drawn)
        found = []
        for at, a, W in ((1, a2, W3), (3, a1, W2), (5, X, None)):
            delta = off[at] * delta
            found = [off[at + 1] * (a.T @ delta), off[at + 1] * delta.sum(axis=0), *found]
            delta = delta if W is None else (delta @ W.T) * (1 - a**2)
        return found

    drawn = [rng.normal(size=shape) for shape in ((3, 2), (3, 4), (3, 4), (4, 4), (4, 2), (3, 2))]
    pairs = zip(gradients(off), gradients(np.ones(7)), strict=True)
    bad = [k for k, (mine, true) in enumerate(pairs) if not np.allclose(mine, true)]
    return bad[0], bad[-1]


# 02.5


def passed_back(X, a1, a2, W2, W3, delta3, slope1, slope2):
    delta2 = np.einsum("bk,hk->bh", delta3, W3) * slope2
    delta1 = np.einsum("bj,ij->bi", delta2, W2) * slope1
    hidden = np.dot(X.T, delta1), sum(delta1), np.dot(a1.T, delta2), sum(delta2)
    return [*hidden, np.dot(a2.T, delta3), sum(delta3)]


@wrong("02.5", "nothing_repaired")
def as_it_was(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3, 1 - a1 * a1, 1 - a1 * a1)


@wrong("02.5", "slopes_exchanged")
def exchanged(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3, (1 - a2) * (1 + a2), (1 - a1) * (1 + a1))


@wrong("02.5", "second_slope_twice")
def every_a1_replaced(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3, 1 - a2**2, 1 - a2**2)


@wrong("02.5", "slope_removed")
def factor_deleted(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3, 1 - a1**2, np.ones_like(a2))


@wrong("02.5", "both_slopes_at_once")
def factor_added(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3, 1 - a1**2, (1 - a2**2) * (1 - a1**2))


@wrong("02.5", "output_taken_for_input_at_the_second")
def tanh_once_more(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3, 1 - a1**2, 1 / np.cosh(a2) ** 2)


@wrong("02.5", "outputs_taken_for_inputs")
def tanh_once_more_in_both(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3, 1 / np.cosh(a1) ** 2, 1 / np.cosh(a2) ** 2)


@wrong("02.5", "slopes_of_the_sigmoid")
def sigmoids(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3, a1 - a1**2, a2 - a2**2)


@wrong("02.5", "cure_at_the_wrong_line")
def dw2_blamed(X, a1, a2, W2, W3, delta3):
    grads = passed_back(X, a1, a2, W2, W3, delta3, 1 - a1**2, 1 - a1**2)
    grads[2] = a2.T @ ((delta3 @ W3.T) * (1 - a1**2))
    return grads


@wrong("02.5", "second_weights_not_transposed")
def w2_as_it_is(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2.T, W3, delta3, 1 - a1**2, 1 - a2**2)


@wrong("02.5", "averaged_once_more")
def means(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3 / len(delta3), 1 - a1**2, 1 - a2**2)


@wrong("02.5", "returned_last_layer_first")
def from_the_end(X, a1, a2, W2, W3, delta3):
    grads = passed_back(X, a1, a2, W2, W3, delta3, 1 - a1**2, 1 - a2**2)
    return *grads[4:], *grads[2:4], *grads[:2]


@refused("02.5", "wrong")
def sign_turned(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3, 1 - a1**2, a2**2 - 1)


@right("02.5")
def in_other_words(X, a1, a2, W2, W3, delta3):
    return passed_back(X, a1, a2, W2, W3, delta3, 1 - np.square(a1), (1 - a2) * (1 + a2))


@right("02.5")
def in_float32(X, a1, a2, W2, W3, delta3):
    X, a1, a2, W2, W3, delta3 = (x.astype(np.float32) for x in (X, a1, a2, W2, W3, delta3))
    return passed_back(X, a1, a2, W2, W3, delta3, 1 - a1**2, 1 - a2**2)


@right("02.5")
def in_a_loop(X, a1, a2, W2, W3, delta3):
    grads, delta = [], delta3
    for a, W in ((a2, W3), (a1, W2), (X, None)):
        grads = [a.T @ delta, np.ones(len(a)) @ delta, *grads]
        delta = delta if W is None else (delta @ W.T) * (1 - a**2)
    return tuple(grads)


@right("02.5")
def with_torch(X, a1, a2, W2, W3, delta3):
    import torch

    X, a1, a2, W2, W3, delta3 = (torch.tensor(x) for x in (X, a1, a2, W2, W3, delta3))
    delta2 = (delta3 @ W3.T) * (1 - a2**2)
    delta1 = (delta2 @ W2.T) * (1 - a1**2)
    hidden = X.T @ delta1, delta1.sum(0), a1.T @ delta2, delta2.sum(0)
    return *hidden, a2.T @ delta3, delta3.sum(0)
