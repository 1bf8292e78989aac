"""Exercise 05.1: one RNN step. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def one_rnn_step(x, h, Wxh, Whh, b):
    return np.tanh(x @ Wxh + h @ Whh + b)


def matrices_swapped(x, h, Wxh, Whh, b):
    """Your function behaves exactly as if the two matrices were swapped: the input goes through Whh
    and the state through Wxh. It runs only where d equals H. Wxh leads from x to h, Whh from h to
    h."""
    return np.tanh(x @ Whh + h @ Wxh + b)


def bias_twice(x, h, Wxh, Whh, b):
    """Your function behaves exactly as if the bias were added twice, once beside each matrix.
    PyTorch has two biases for that; here there is one, and it is added once."""
    return np.tanh(x @ Wxh + b + h @ Whh + b)


def bias_left_out(x, h, Wxh, Whh, b):
    """Your function behaves exactly as if there were no bias: add b before the tanh."""
    return np.tanh(x @ Wxh + h @ Whh)


def bias_outside_the_tanh(x, h, Wxh, Whh, b):
    """Your function adds the bias after the tanh. Then the state can leave the range from −1 to 1.
    The bias belongs inside, beside the two products."""
    return np.tanh(x @ Wxh + h @ Whh) + b


def tanh_left_out(x, h, Wxh, Whh, b):
    """Your function returns the pre-activation. The state is its tanh; without it, the loop is one
    long matrix product."""
    return x @ Wxh + h @ Whh + b


def recurrent_matrix_transposed(x, h, Wxh, Whh, b):
    """Your function behaves exactly as if Whh were transposed. Rows are samples here, so the state
    stands on the left: h @ Whh. (PyTorch stores the matrix the other way round.)"""
    return np.tanh(x @ Wxh + h @ Whh.T + b)


def state_left_out(x, h, Wxh, Whh, b):
    """Your function behaves exactly as if there were no old state: h @ Whh is missing. Then nothing
    of the past reaches the next step."""
    return np.tanh(x @ Wxh + b)


def sigmoid_for_tanh(x, h, Wxh, Whh, b):
    """Your function behaves exactly as if the sigmoid stood in place of tanh. Then every element of
    the state would be positive. Here the state is a tanh, from −1 to 1."""
    return 1 / (1 + np.exp(-(x @ Wxh + h @ Whh + b)))


def both_matrices_transposed(x, h, Wxh, Whh, b):
    """Your function behaves exactly as if both matrices were transposed; it runs only where d
    equals H. Rows are samples here, and the matrices are stored as (d, H) and (H, H): x @ Wxh and
    h @ Whh."""
    return np.tanh(x @ Wxh.T + h @ Whh.T + b)


def input_matrix_transposed(x, h, Wxh, Whh, b):
    """Your function behaves exactly as if Wxh were transposed; it runs only where d equals H. Rows
    are samples here, and Wxh is stored as (d, H): x @ Wxh. (PyTorch stores it the other way
    round.)"""
    return np.tanh(x @ Wxh.T + h @ Whh + b)


def relu_for_tanh(x, h, Wxh, Whh, b):
    """Your function behaves exactly as if a ReLU were used in place of tanh: nothing in it is
    negative, and it may grow from step to step. Here the state is a tanh, from −1 to 1."""
    return np.maximum(0, x @ Wxh + h @ Whh + b)


def tanh_twice(x, h, Wxh, Whh, b):
    """Your function behaves exactly as if tanh were applied twice, to the sum and to the result.
    The state is the tanh of the sum; once is enough."""
    return np.tanh(np.tanh(x @ Wxh + h @ Whh + b))


def input_outside_the_tanh(x, h, Wxh, Whh, b):
    """Your function adds the input, x @ Wxh, after the tanh. Then the state can leave the range
    from −1 to 1. Both products and the bias belong inside: add the three, then take tanh."""
    return x @ Wxh + np.tanh(h @ Whh + b)


def input_and_bias_outside_the_tanh(x, h, Wxh, Whh, b):
    """Your function adds the input and the bias after the tanh: only the old state went through it.
    Then the state can leave the range from −1 to 1. Add all three, then take tanh."""
    return x @ Wxh + b + np.tanh(h @ Whh)


def state_outside_the_tanh(x, h, Wxh, Whh, b):
    """Your function adds the old state's part, h @ Whh, after the tanh. Then the state can grow
    from step to step. Both products and the bias belong inside: add the three, then take tanh."""
    return np.tanh(x @ Wxh + b) + h @ Whh


def two_tanhs(x, h, Wxh, Whh, b):
    """Your function takes two tanhs, one of the input's part with the bias, one of the state's, and
    adds them. The two parts are added first, and their sum goes through one tanh."""
    return np.tanh(x @ Wxh + b) + np.tanh(h @ Whh)


def two_tanhs_bias_beside_the_state(x, h, Wxh, Whh, b):
    """Your function takes two tanhs, one of the input's part, one of the state's with the bias, and
    adds them. The two parts are added first, and their sum goes through one tanh."""
    return np.tanh(x @ Wxh) + np.tanh(h @ Whh + b)


def two_tanhs_bias_outside(x, h, Wxh, Whh, b):
    """Your function takes two tanhs, one of the input's part, one of the state's, and adds them and
    the bias. The three are added first, and their sum goes through one tanh."""
    return np.tanh(x @ Wxh) + np.tanh(h @ Whh) + b


def one_rnn_step_cases_by_hand():
    # the pre-activation is 2 − 2 + 1
    yield tuple(map(np.array, ([[1.0]], [[0.5]], [[2.0]], [[-4.0]], [1.0])))
    # the pre-activations are 1 − 1 + 0 and 2 + 1 − 1
    Wxh, Whh = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[2.0, 0.0], [4.0, -2.0]])
    yield np.array([[1.0, 0.0]]), np.array([[0.5, -0.5]]), Wxh, Whh, np.array([0.0, -1.0])


def one_rnn_step_cases(rng):
    yield from one_rnn_step_cases_by_hand()
    for B, d, H in ((2, 3, 3), (3, 4, 4), (1, 2, 5), (4, 5, 1)):
        shapes = ((B, d), (B, H), (d, H), (H, H), (H,))
        yield tuple(rng.normal(0, 0.7, size=shape) for shape in shapes)


EXERCISE = Exercise(
    id="05.1",
    title="One RNN step",
    cases=one_rnn_step_cases,
    answer=one_rnn_step,
    hints=(
        "The new state mixes the input and the old state, each through its own matrix.",
        "Rows are samples, so a vector stands left of its matrix: x @ Wxh has shape (B, H).",
        "Add x @ Wxh, h @ Whh and b, then take np.tanh of the sum.",
    ),
    misconceptions=(
        matrices_swapped,
        bias_twice,
        bias_left_out,
        bias_outside_the_tanh,
        tanh_left_out,
        recurrent_matrix_transposed,
        state_left_out,
        sigmoid_for_tanh,
        both_matrices_transposed,
        input_matrix_transposed,
        relu_for_tanh,
        tanh_twice,
        input_outside_the_tanh,
        input_and_bias_outside_the_tanh,
        state_outside_the_tanh,
        two_tanhs,
        two_tanhs_bias_beside_the_state,
        two_tanhs_bias_outside,
    ),
)
