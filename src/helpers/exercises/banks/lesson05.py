"""The exercises of lesson 05: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

# 05.1


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


def one_rnn_step_cases(rng):
    for B, d, H in ((2, 3, 3), (3, 4, 4), (1, 2, 5), (4, 5, 1), (1, 1, 1)):
        shapes = ((B, d), (B, H), (d, H), (H, H), (H,))
        yield tuple(rng.normal(0, 0.7, size=shape) for shape in shapes)


# 05.2


def inputs_and_targets(window):
    return window[:, :-1], window[:, 1:]


def both_shifted(window):
    """Your inputs are shifted as well as your targets: they are the same characters. Such a model
    learns to copy what it has just been given. The inputs are all but the last character."""
    return window[:, 1:], window[:, 1:]


def neither_shifted(window):
    """Your targets are the inputs themselves, so the model learns to copy. The target at each place
    is the character that follows: all but the first."""
    return window[:, :-1], window[:, :-1]


def inputs_for_targets(window):
    """Your inputs and targets have changed places: the model would learn to read backwards. The
    inputs come first in the text, the targets follow them."""
    return window[:, 1:], window[:, :-1]


def shifted_across_the_batch(window):
    """Your shift runs across the batch (axis 0): the target of a row is the row below, another
    place of the text. Time is axis 1."""
    return window[:-1], window[1:]


def rolled_across_the_batch(window):
    """Your shift runs across the batch: np.roll without axis=1, or with axis=0, takes the targets
    from other rows. Time is axis 1."""
    return window[:, :-1], np.roll(window, -1, axis=0)[:, :-1]


def rolled_round(window):
    """Your last target is the first input of the same window: np.roll closes the row to a ring.
    The right target is the window's last character."""
    return window[:, :-1], np.roll(window[:, :-1], -1, axis=1)


def inputs_and_targets_cases(rng):
    yield (np.array([[6, 4, 0, 1, 2], [3, 4, 6, 0, 5]]),)
    yield (np.arange(24).reshape(4, 6),)
    yield (rng.integers(0, 65, size=(1, 9)),)
    yield (rng.integers(0, 65, size=(5, 2)),)


# 05.3


def recurrent_gradient(u, h0, dh, Whh):
    states = [h0, *np.tanh(u)]
    gradient, after = np.zeros_like(Whh), 0.0
    for t in (2, 1, 0):
        delta = (dh[t] + after) * (1 - states[t + 1] ** 2)
        gradient += states[t].T @ delta
        after = delta @ Whh.T
    return gradient


def _gradient(u, h0, dh, Whh, slope, terms=(2, 1, 0), flow=1.0, back=None, shift=0):
    """The solution with parts of it exchanged."""
    states = [h0, *np.tanh(u)]
    back = Whh.T if back is None else back
    gradient, after = np.zeros(Whh.shape), 0.0
    for t in (2, 1, 0):
        delta = (dh[t] + flow * after) * slope(u[t])
        if t in terms:
            gradient = gradient + states[t + shift].T @ delta
        after = delta @ back
    return gradient


def _tanh_slope(u):
    return 1 - np.tanh(u) ** 2


def last_step_only(u, h0, dh, Whh):
    """Your function keeps only the last step's term, h₂ᵀδ₃. Whh is used in every step, so its slope
    is the sum of the terms of all three."""
    return _gradient(u, h0, dh, Whh, _tanh_slope, terms=(2,))


def first_step_left_out(u, h0, dh, Whh):
    """Your sum lacks the first step's term, h₀ᵀδ₁. The state before the first step need not be
    zero: the last state of the window before may be handed over."""
    return _gradient(u, h0, dh, Whh, _tanh_slope, terms=(2, 1))


def nothing_flows_back(u, h0, dh, Whh):
    """Your function treats each step for itself: the slope that comes back from the next step,
    δ_{t+1} Whhᵀ, is missing from δ_t. That is truncated BPTT with windows of one step."""
    return _gradient(u, h0, dh, Whh, _tanh_slope, flow=0.0)


def slope_at_the_pre_activation(u, h0, dh, Whh):
    """Your function takes 1 − u² for the slope of tanh. That formula wants the output: 1 − h² with
    h = tanh(u)."""
    return _gradient(u, h0, dh, Whh, lambda u: 1 - u**2)


def tanh_taken_twice(u, h0, dh, Whh):
    """Your function takes 1 − tanh(h)² for the slope of tanh. But h is tanh(u) already, so the
    slope is 1 − h²."""
    return _gradient(u, h0, dh, Whh, lambda u: 1 - np.tanh(np.tanh(u)) ** 2)


def slope_of_tanh_left_out(u, h0, dh, Whh):
    """Your function sends the slopes back as if there were no tanh: the factor 1 − h² is missing in
    every step."""
    return _gradient(u, h0, dh, Whh, np.ones_like)


def state_after_instead_of_before(u, h0, dh, Whh):
    """Your function multiplies δ_t by h_t, the state after the step. What Whh multiplied was the
    state before it, h_{t−1}."""
    return _gradient(u, h0, dh, Whh, _tanh_slope, shift=1)


def not_transposed_on_the_way_back(u, h0, dh, Whh):
    """Your function sends δ back through Whh instead of its transpose: h Whh forwards becomes
    δ Whhᵀ backwards."""
    return _gradient(u, h0, dh, Whh, _tanh_slope, back=Whh)


def result_transposed(u, h0, dh, Whh):
    """Your result is the transpose of the right one: δ_tᵀ h_{t−1} in place of h_{t−1}ᵀ δ_t. Element
    (i, j) belongs to the weight that leads from unit i of the old state to unit j of the new."""
    return _gradient(u, h0, dh, Whh, _tanh_slope).T


def mean_over_the_batch(u, h0, dh, Whh):
    """Your function divides by the batch size. The slopes dh are those of the loss: if the loss is
    a mean, they hold its 1/B already. So the samples are summed."""
    return _gradient(u, h0, dh, Whh, _tanh_slope) / len(h0)


def own_slope_sent_back(u, h0, dh, Whh):
    """Your function sends back the slope that the next state gets from its own output,
    dh_{t+1} Whhᵀ. What goes back is δ_{t+1}: that slope, and what came back to it from later
    steps, times 1 − h²."""
    states, gradient, after = [h0, *np.tanh(u)], np.zeros(Whh.shape), 0.0
    for t in (2, 1, 0):
        gradient = gradient + states[t].T @ ((dh[t] + after) * _tanh_slope(u[t]))
        after = dh[t] @ Whh.T
    return gradient


def back_flow_added_after_the_slope(u, h0, dh, Whh):
    """Your function multiplies only dh_t by 1 − h², and adds afterwards what comes back from the
    next step. That too arrives at h_t, before the tanh on the way back: add first, then
    multiply."""
    states, gradient, after = [h0, *np.tanh(u)], np.zeros(Whh.shape), 0.0
    for t in (2, 1, 0):
        delta = dh[t] * _tanh_slope(u[t]) + after
        gradient = gradient + states[t].T @ delta
        after = delta @ Whh.T
    return gradient


def loss_of_the_last_step_only(u, h0, dh, Whh):
    """Your function starts from the last step's dh and leaves out those of the steps before. Every
    state has an output of its own here: add dh_t at each step."""
    dh = np.stack([0 * dh[0], 0 * dh[1], dh[2]])
    return _gradient(u, h0, dh, Whh, _tanh_slope)


def recurrent_gradient_cases(rng):
    for B, H in ((2, 3), (1, 4), (3, 1), (4, 2)):
        yield (
            rng.normal(size=(3, B, H)),
            rng.normal(0, 0.5, size=(B, H)),
            rng.normal(size=(3, B, H)),
            rng.normal(size=(H, H)),
        )


# 05.4


def clip_globally(grads, limit):
    norm = np.sqrt(sum((grad**2).sum() for grad in grads))
    factor = min(1.0, limit / norm)
    return [grad * factor for grad in grads]


def _norm(grad):
    return np.sqrt((grad**2).sum())


def clipped_each_for_itself(grads, limit):
    """Your function behaves exactly as if every array were clipped by its own norm. That turns the
    common direction. One norm is taken over all of them, and one factor is used for all."""
    return [grad * min(1.0, limit / _norm(grad)) for grad in grads]


def scaled_up_too(grads, limit):
    """Your function brings every gradient to the length `limit`, the short ones too. Clipping only
    shortens: the factor is at most 1."""
    norm = np.sqrt(sum((grad**2).sum() for grad in grads))
    return [grad * (limit / norm) for grad in grads]


def elements_cut(grads, limit):
    """Your function cuts every element to between −limit and limit. That is clipping by value; it
    turns the direction. Clipping by norm multiplies all elements by one factor."""
    return [np.clip(grad, -limit, limit) for grad in grads]


def root_forgotten(grads, limit):
    """Your function divides by the squared norm: the root is missing. The result is far too
    short."""
    squared = sum((grad**2).sum() for grad in grads)
    return [grad * min(1.0, limit / squared) for grad in grads]


def norms_added(grads, limit):
    """Your function adds the norms of the arrays. Lengths do not add like that: add the squares of
    all elements, then take one root."""
    norm = sum(_norm(grad) for grad in grads)
    return [grad * min(1.0, limit / norm) for grad in grads]


def largest_norm_of_one_array(grads, limit):
    """Your factor is the same for all arrays, but it comes from the norm of the largest array
    alone. All arrays together are longer than that. Take one norm over all elements."""
    return [grad * min(1.0, limit / max(map(_norm, grads))) for grad in grads]


def limit_ignored(grads, limit):
    """Your function shortens to length 1, whatever the limit: the norm is compared with `limit`,
    but then you divide by the norm alone. The factor is limit / norm."""
    norm = np.sqrt(sum((grad**2).sum() for grad in grads))
    return [grad / norm if norm > limit else grad for grad in grads]


def clip_globally_cases(rng):
    yield [np.array([[3.0, 0.0]]), np.array([0.0, 4.0])], 1.0
    yield [np.array([[0.3, -0.2]]), np.array([0.1, 0.4])], 1.0
    yield [rng.normal(size=(3, 4)), rng.normal(0, 0.1, size=4), rng.normal(0, 5, size=(2, 2))], 2.5
    yield [0.01 * rng.normal(size=(2, 3)), 0.01 * rng.normal(size=3)], 1.0
    yield [rng.normal(0, 3, size=(4, 1)), rng.normal(size=2)], 0.5


# 05.5


def one_lstm_step(x, h, c, Wx, Wh, b):
    def sigmoid(u):
        return 1 / (1 + np.exp(-u))

    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def _sigmoid(u):
    return 1 / (1 + np.exp(-u))


def candidate_and_output_swapped(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if the order of the gates were input, forget, output,
    candidate. Here, as in PyTorch and Keras, the candidate comes before the output gate."""
    i, f, o, g = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


def forget_and_input_swapped(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if the forget gate came first. Here the input gate does: it
    decides what is added, the forget gate what is kept."""
    f, i, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


def output_gate_second(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if the order of the gates were input, output, forget,
    candidate, as ONNX stores them. Here it is input, forget, candidate, output."""
    i, o, f, g = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


def gate_biases_left_out(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if there were no bias: b is added to all four
    pre-activations, before they are cut into blocks."""
    return one_lstm_step(x, h, c, Wx, Wh, 0 * b)


def tanh_forgotten_on_the_output(x, h, c, Wx, Wh, b):
    """Your cell state is right, but h is o · c: the tanh is missing. The cell state may grow beyond
    1, and h = o · tanh(c) may not."""
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * c, c


def sigmoid_on_the_candidate(x, h, c, Wx, Wh, b):
    """Your function behaves exactly as if the candidate went through a sigmoid like the gates. Then
    only positive amounts could be added. The candidate is tanh(u), of either sign."""
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = _sigmoid(f) * c + _sigmoid(i) * _sigmoid(g)
    return _sigmoid(o) * np.tanh(c), c


def forget_gate_left_out(x, h, c, Wx, Wh, b):
    """Your function keeps the whole old cell state, as if the forget gate were 1: c + i · g. The
    forget gate multiplies the old one: f · c + i · g."""
    i, _, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    c = c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


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
    return _sigmoid(o) * np.tanh(c), _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)


def results_in_the_other_order(x, h, c, Wx, Wh, b):
    """Both of your arrays are right, but you return (c, h). The order asked for is (h, c)."""
    return one_lstm_step(x, h, c, Wx, Wh, b)[::-1]


def one_lstm_step_cases(rng):
    for B, d, H in ((2, 3, 4), (1, 2, 2), (3, 1, 1), (4, 4, 4)):
        shapes = ((B, d), (B, H), (B, H), (d, 4 * H), (H, 4 * H), (4 * H,))
        yield tuple(rng.normal(size=shape) for shape in shapes)


# 05.6


def generate_tokens(step, state, first, uniforms):
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, state = step(token, state)
        token = int(np.argmax(np.cumsum(probabilities) > uniform))
        tokens.append(token)
    return tokens


def _first_above(probabilities, uniform):
    return int(np.argmax(np.cumsum(probabilities) > uniform))


def state_not_carried(step, state, first, uniforms):
    """Your function behaves exactly as if the state were never replaced: every step starts from the
    first state, so nothing that was written is remembered. Hand the new state to the next call."""
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, _ = step(token, state)
        token = _first_above(probabilities, uniform)
        tokens.append(token)
    return tokens


def model_called_only_once(step, state, first, uniforms):
    """Your function calls the model once, before the loop, and draws every token from the same
    probabilities. Call step in the loop, with the token just drawn and the new state."""
    probabilities, _ = step(first, state)
    return [_first_above(probabilities, uniform) for uniform in uniforms]


def always_the_most_probable(step, state, first, uniforms):
    """Your function takes the most probable token (argmax) and ignores the random numbers. Then the
    text is always the same, and soon repeats itself. Draw instead."""
    tokens, token = [], first
    for _ in uniforms:
        probabilities, state = step(token, state)
        token = int(np.argmax(probabilities))
        tokens.append(token)
    return tokens


def first_token_fed_again(step, state, first, uniforms):
    """Your function gives the model the first token in every step. It must read what it has just
    written: the drawn token is the next input."""
    tokens = []
    for uniform in uniforms:
        probabilities, state = step(first, state)
        tokens.append(_first_above(probabilities, uniform))
    return tokens


def first_token_included(step, state, first, uniforms):
    """Your tokens are right, but the first one is in the list. Only drawn tokens were asked for, as
    many as there are random numbers."""
    return [first, *generate_tokens(step, state, first, uniforms)]


def one_random_number_for_all(step, state, first, uniforms):
    """Your function uses the first random number for every draw. Take a new one in each step."""
    return generate_tokens(step, state, first, [uniforms[0]] * len(uniforms))


def last_below_instead(step, state, first, uniforms):
    """Your function takes the token before the right one: the last whose cumulated probability is
    still below the random number. The token drawn is the first that exceeds it."""
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, state = step(token, state)
        token = max(_first_above(probabilities, uniform) - 1, 0)
        tokens.append(token)
    return tokens


def at_least_instead_of_exceeds(step, state, first, uniforms):
    """Your function draws the first token whose cumulated probability is at least the random
    number. Where both are 0, that is a token of probability 0. The cumulated probability must
    exceed the number: > in place of >=, and side="right" in np.searchsorted."""
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, state = step(token, state)
        token = int(np.argmax(np.cumsum(probabilities) >= uniform))
        tokens.append(token)
    return tokens


class SmallModel:
    """A random RNN over a few tokens; called as step(token, state)."""

    def __init__(self, vocab_size, H, seed):
        rng = np.random.default_rng(seed)
        shapes = ((vocab_size, H), (H, H), (H, vocab_size))
        self.Wxh, self.Whh, self.Why = (rng.normal(0, 1.5, size=shape) for shape in shapes)

    def __call__(self, token, state):
        state = np.tanh(self.Wxh[token] + state @ self.Whh)
        exponentials = np.exp(state @ self.Why)
        return exponentials / exponentials.sum(), state


class ExactModel:
    """Four tokens with probabilities that a float holds exactly, some 0; step(token, state)."""

    def __call__(self, token, state):
        probabilities = (
            (0.0, 0.5, 0.25, 0.25),
            (0.25, 0.0, 0.5, 0.25),
            (0.0, 0.0, 0.75, 0.25),
            (0.5, 0.25, 0.25, 0.0),
        )
        return np.array(probabilities[token]), state + 1


def generate_tokens_cases(rng):
    for vocab_size, H, steps in ((5, 4, 12), (3, 2, 20), (8, 6, 30), (4, 3, 1)):
        model = SmallModel(vocab_size, H, seed=steps)
        yield model, np.zeros(H), int(rng.integers(vocab_size)), rng.random(steps)
    # random numbers that equal a cumulated probability, 0 among them
    yield ExactModel(), np.zeros(1), 0, np.array([0.0, 0.25, 0.0, 0.75, 0.5, 0.0, 0.5])
    yield ExactModel(), np.zeros(1), 2, np.array([0.0])


EXERCISES = (
    Exercise(
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
        ),
    ),
    Exercise(
        id="05.2",
        title="Inputs and targets",
        cases=inputs_and_targets_cases,
        answer=inputs_and_targets,
        hints=(
            "A window holds one character more than either result.",
            "The target at a place is the next character of the same row. Time is axis 1.",
            "Drop the last column for the inputs, and the first column for the targets.",
        ),
        misconceptions=(
            both_shifted,
            neither_shifted,
            inputs_for_targets,
            shifted_across_the_batch,
            rolled_across_the_batch,
            rolled_round,
        ),
    ),
    Exercise(
        id="05.3",
        title="BPTT for the recurrent matrix",
        cases=recurrent_gradient_cases,
        answer=recurrent_gradient,
        hints=(
            "Whh is used three times, so its slope is a sum of three terms.",
            "Go from the last step to the first. δ = (own slope + what comes back) · (1 − h²).",
            "With h = tanh(u): add h_{t−1}ᵀ δ_t to the result, then pass δ_t Whhᵀ one step back.",
        ),
        misconceptions=(
            last_step_only,
            first_step_left_out,
            nothing_flows_back,
            slope_at_the_pre_activation,
            tanh_taken_twice,
            slope_of_tanh_left_out,
            state_after_instead_of_before,
            not_transposed_on_the_way_back,
            result_transposed,
            mean_over_the_batch,
            own_slope_sent_back,
            back_flow_added_after_the_slope,
            loss_of_the_last_step_only,
        ),
    ),
    Exercise(
        id="05.4",
        title="Clipping by global norm",
        cases=clip_globally_cases,
        answer=clip_globally,
        hints=(
            "Think of all arrays, end to end, as one long vector. Return the clipped arrays.",
            "Its norm is the root of the sum of the squares of all elements of all arrays.",
            "Multiply every array by the same factor, min(1, limit / norm).",
        ),
        misconceptions=(
            clipped_each_for_itself,
            scaled_up_too,
            elements_cut,
            root_forgotten,
            norms_added,
            largest_norm_of_one_array,
            limit_ignored,
        ),
    ),
    Exercise(
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
        ),
    ),
    Exercise(
        id="05.6",
        title="The generation loop",
        cases=generate_tokens_cases,
        answer=generate_tokens,
        hints=(
            "Two things change from step to step: the token that goes in, and the state.",
            "np.cumsum(probabilities) cumulates; draw where that first exceeds the random number.",
            "In the loop: probabilities, state = step(token, state); draw token; append it.",
        ),
        misconceptions=(
            state_not_carried,
            model_called_only_once,
            always_the_most_probable,
            first_token_fed_again,
            first_token_included,
            one_random_number_for_all,
            last_below_instead,
            at_least_instead_of_exceeds,
        ),
    ),
)
