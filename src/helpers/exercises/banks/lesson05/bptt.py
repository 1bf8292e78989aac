"""Exercise 05.1: BPTT for the recurrent matrix. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


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
    """Your function keeps only the last step's term, h₂ᵀδ₃. Whh is used in every step, so its
    gradient is the sum of the terms of all three."""
    return _gradient(u, h0, dh, Whh, _tanh_slope, terms=(2,))


def first_step_left_out(u, h0, dh, Whh):
    """Your sum lacks the first step's term, h₀ᵀδ₁. The state before the first step need not be
    zero: the last state of the window before may be handed over."""
    return _gradient(u, h0, dh, Whh, _tanh_slope, terms=(2, 1))


def first_step_only(u, h0, dh, Whh):
    """Your function keeps only the first step's term, h₀ᵀδ₁. Is the result set in each step, with =
    in place of +=? Whh is used in every step, so its gradient is the sum of all three terms."""
    return _gradient(u, h0, dh, Whh, _tanh_slope, terms=(0,))


def last_state_before_the_first_step(u, h0, dh, Whh):
    """Your function takes the last state h₃ for the one before the first step, h₀. In Python,
    h[t − 1] with t = 0 is the last of the list: put h0 in front of the states."""
    last = np.tanh(u[2])
    wrong = _gradient(u, last, dh, Whh, _tanh_slope, terms=(0,))
    return wrong + _gradient(u, h0, dh, Whh, _tanh_slope, terms=(2, 1))


def slope_one_step_early(u, h0, dh, Whh):
    """Your function multiplies by the slope of tanh at the state before the step, 1 − h_{t−1}². δ_t
    belongs to u_t, and the tanh of u_t is h_t: the factor is 1 − h_t²."""
    states, gradient, after = [h0, *np.tanh(u)], np.zeros(Whh.shape), 0.0
    for t in (2, 1, 0):
        delta = (dh[t] + after) * (1 - states[t] ** 2)
        gradient = gradient + states[t].T @ delta
        after = delta @ Whh.T
    return gradient


def nothing_flows_back(u, h0, dh, Whh):
    """Your function treats each step for itself: the gradient that comes back from the next
    step, δ_{t+1} Whhᵀ, is missing from δ_t. That is truncated BPTT with windows of one step."""
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
    """Your function sends the gradients back as if there were no tanh: the factor 1 − h² is missing
    in every step."""
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
    """Your function divides by the batch size. The gradients dh are those of the loss: if the loss
    is a mean, they hold its 1/B already. So the samples are summed."""
    return _gradient(u, h0, dh, Whh, _tanh_slope) / len(h0)


def own_gradient_sent_back(u, h0, dh, Whh):
    """Your function sends back the gradient that the next state gets from its own output,
    dh_{t+1} Whhᵀ. What goes back is δ_{t+1}: that gradient, and what came back to it from later
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


def loop_forwards_in_time(u, h0, dh, Whh):
    """Your function goes through the steps from the first to the last and hands each δ on to the
    step after it. Gradients travel the other way: δ_t needs δ_{t+1}. Begin with the last step."""
    states, gradient, before = [h0, *np.tanh(u)], np.zeros(Whh.shape), 0.0
    for t in (0, 1, 2):
        delta = (dh[t] + before) * _tanh_slope(u[t])
        gradient = gradient + states[t].T @ delta
        before = delta @ Whh.T
    return gradient


def mean_over_the_steps(u, h0, dh, Whh):
    """Your function divides by the number of steps. Whh is used in every step, and its gradient
    is the sum of the steps' terms. If the loss is a mean over the steps, dh holds its 1/T."""
    return _gradient(u, h0, dh, Whh, _tanh_slope) / 3


def mean_over_batch_and_steps(u, h0, dh, Whh):
    """Your function divides by the batch size and by the number of steps. If the loss is a mean,
    the gradients dh hold its divisor already. So samples and steps are summed."""
    return _gradient(u, h0, dh, Whh, _tanh_slope) / (3 * len(h0))


def recurrent_gradient_cases(rng):
    # one unit: the states are 0.5, −0.5 and 0, the δ are 6, 3 and 1, the gradient is 3 + 1.5 − 0.5
    u, dh = np.arctanh([0.5, -0.5, 0.0]), np.array([2.0, 2.0, 1.0])
    yield u.reshape(3, 1, 1), np.array([[0.5]]), dh.reshape(3, 1, 1), np.array([[2.0]])
    # two samples of two units: all states but the first are 0, so the gradient is h₀ᵀδ₁
    dh = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [1.0, 1.0]]])
    yield np.zeros((3, 2, 2)), np.array([[1.0, 0.0], [1.0, -1.0]]), dh, np.array([[1.0, 2], [0, 1]])
    for B, H in ((2, 3), (1, 4), (3, 1), (4, 2)):
        yield (
            rng.normal(size=(3, B, H)),
            rng.normal(0, 0.5, size=(B, H)),
            rng.normal(size=(3, B, H)),
            rng.normal(size=(H, H)),
        )


EXERCISE = Exercise(
    id="05.1",
    title="BPTT for the recurrent matrix",
    cases=recurrent_gradient_cases,
    answer=recurrent_gradient,
    hints=(
        "Whh is used three times, so its gradient is a sum of three terms.",
        "Go from the last step to the first. δ = (own gradient + what comes back) · (1 − h²).",
        "With h = tanh(u): add h_{t−1}ᵀ δ_t to the result, then pass δ_t Whhᵀ one step back.",
    ),
    misconceptions=(
        last_step_only,
        first_step_left_out,
        first_step_only,
        last_state_before_the_first_step,
        slope_one_step_early,
        nothing_flows_back,
        slope_at_the_pre_activation,
        tanh_taken_twice,
        slope_of_tanh_left_out,
        state_after_instead_of_before,
        not_transposed_on_the_way_back,
        result_transposed,
        mean_over_the_batch,
        own_gradient_sent_back,
        back_flow_added_after_the_slope,
        loss_of_the_last_step_only,
        loop_forwards_in_time,
        mean_over_the_steps,
        mean_over_batch_and_steps,
    ),
)
