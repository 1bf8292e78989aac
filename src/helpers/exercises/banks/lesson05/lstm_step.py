"""Exercise 05.5: one LSTM step. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise
from helpers.exercises.functions import sigmoid


def one_lstm_step(x, h, c, Wx, Wh, b):
    def sigmoid(u):
        return 1 / (1 + np.exp(-u))

    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def candidate_and_output_swapped(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if the order of the gates were input, forget, output,
    candidate. Here, as in PyTorch and Keras, the candidate comes before the output gate."""
    i, f, o, g = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def forget_and_input_swapped(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if the forget gate came first. Here the input gate does: it
    decides what is added, the forget gate what is kept."""
    f, i, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def output_gate_second(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if the order of the gates were input, output, forget,
    candidate, as ONNX stores them. Here it is input, forget, candidate, output."""
    i, o, f, g = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gate_biases_left_out(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if there were no bias: b is added to all four
    pre-activations, before they are cut into blocks."""
    return one_lstm_step(x, h, c, Wx, Wh, 0 * b)


def tanh_forgotten_on_the_output(x, h, c, Wx, Wh, b):
    """Your cell state is right, but h is o · c: the tanh is missing. The cell state may grow beyond
    1, and h = o · tanh(c) may not."""
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * c, c


def sigmoid_on_the_candidate(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if the candidate went through a sigmoid like the gates. Then
    only positive amounts could be added. The candidate is tanh(u), of either sign."""
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * sigmoid(g)
    return sigmoid(o) * np.tanh(c), c


def forget_gate_left_out(x, h, c, Wx, Wh, b):
    """Your function keeps the whole old cell state, as if the forget gate were 1: c + i · g. The
    forget gate multiplies the old one: f · c + i · g."""
    i, _, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gates_without_sigmoid(x, h, c, Wx, Wh, b):
    """Your function uses the pre-activations of i, f and o as gates. A gate lies between 0 and 1:
    put all three through the sigmoid."""
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


def old_h_left_out(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if h were not read: h @ Wh is missing from the
    pre-activations. The gates see the input and the old h."""
    return one_lstm_step(x, 0 * h, c, Wx, Wh, b)


def output_gate_left_out(x, h, c, Wx, Wh, b):
    """Your cell state is right, but h is tanh(c): the output gate is missing. h = o · tanh(c)."""
    _, c = one_lstm_step(x, h, c, Wx, Wh, b)
    return np.tanh(c), c


def old_cell_state_returned(x, h, c, Wx, Wh, b):
    """Your h is right, but the cell state that you return is the one before the step. Return the
    new one, f · c + i · g."""
    return one_lstm_step(x, h, c, Wx, Wh, b)[0], c


def old_cell_state_shown(x, h, c, Wx, Wh, b):
    """Your h is made of the cell state before the step. First renew c, then h = o · tanh(c)."""
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    return sigmoid(o) * np.tanh(c), sigmoid(f) * c + sigmoid(i) * np.tanh(g)


def results_in_the_other_order(x, h, c, Wx, Wh, b):
    """Both of your arrays are right, but you return (c, h). The order asked for is (h, c)."""
    return one_lstm_step(x, h, c, Wx, Wh, b)[::-1]


def tanh_kept_in_the_cell_state(x, h, c, Wx, Wh, b):
    """Your h is right, but the cell state that you return went through tanh. Only h is made of
    tanh(c). The cell state itself, f · c + i · g, is handed on as it is, so that nothing squeezes
    it from step to step."""
    h, c = one_lstm_step(x, h, c, Wx, Wh, b)
    return h, np.tanh(c)


def input_gate_turned_for_the_forget_gate(x, h, c, Wx, Wh, b):
    """Your function takes 1 − i for the forget gate, as a GRU does. The LSTM's forget gate has its
    own pre-activation: it can keep the old and add the new at once."""
    i, _, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = (1 - sigmoid(i)) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def tanh_of_the_product(x, h, c, Wx, Wh, b):
    """Your cell state is right, but h is tanh(o · c). The tanh belongs to the cell state alone, and
    the output gate multiplies the result: h = o · tanh(c)."""
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return np.tanh(sigmoid(o) * c), c


def gates_interleaved(x, h, c, Wx, Wh, b):
    """Your function takes the four gates of one unit from four columns side by side, as if the
    columns were ordered by units. They are ordered by gates: the first H columns are the input
    gate's, the next H the forget gate's, and so on."""
    u = x @ Wx + h @ Wh + b
    i, f, g, o = (u[:, k::4] for k in range(4))
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def one_lstm_step_cases(rng):
    # one unit: the pre-activations are 0, 1, −1 and 2
    Wx, Wh, b = [[0.0, 3.0, -3.0, 0.0]], [[-2.0, -2.0, 4.0, 2.0]], [1.0, -1.0, 0.0, 1.0]
    yield tuple(map(np.array, ([[1.0]], [[0.5]], [[2.0]], Wx, Wh, b)))
    # two units: the input is 1 and b is 0, so the pre-activations are Wx plus what h adds
    Wx, Wh = np.array([[0.0, 1, 1, 0, 2, -1, 0, 1]]), np.zeros((2, 8))
    Wh[0, 1] = Wh[1, 6] = 2
    yield np.ones((1, 1)), np.array([[0.5, -0.5]]), np.array([[1.0, -2.0]]), Wx, Wh, np.zeros(8)
    for B, d, H in ((2, 3, 4), (1, 2, 2), (3, 1, 1), (4, 4, 4)):
        shapes = ((B, d), (B, H), (B, H), (d, 4 * H), (H, 4 * H), (4 * H,))
        yield tuple(rng.normal(size=shape) for shape in shapes)


EXERCISE = Exercise(
    id="05.5",
    title="One LSTM step",
    cases=one_lstm_step_cases,
    answer=one_lstm_step,
    hints=(
        "Compute all four pre-activations at once, and cut them into four blocks of H columns.",
        "The gates i, f, o go through the sigmoid, the candidate g through tanh.",
        "c = f · c + i · g, then h = o · tanh(c), with the new c.",
    ),
    misconceptions=(
        candidate_and_output_swapped,
        forget_and_input_swapped,
        output_gate_second,
        gate_biases_left_out,
        tanh_forgotten_on_the_output,
        sigmoid_on_the_candidate,
        forget_gate_left_out,
        gates_without_sigmoid,
        old_h_left_out,
        output_gate_left_out,
        old_cell_state_shown,
        old_cell_state_returned,
        results_in_the_other_order,
        tanh_kept_in_the_cell_state,
        input_gate_turned_for_the_forget_gate,
        tanh_of_the_product,
        gates_interleaved,
    ),
)
