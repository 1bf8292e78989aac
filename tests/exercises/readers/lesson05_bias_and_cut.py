"""Answers to 05.2 and 05.3 as readers write them: wrong ones are named, right ones pass."""

import math

import numpy as np
from reader_answers import refused, right, wrong
from scipy import optimize, special

# 05.2


@wrong("05.2", "sign_turned_round")
def solved_with_a_slip(share, steps):
    f = share ** (1 / steps)
    return math.log((1 - f) / f)


@wrong("05.2", "gate_for_the_bias")
def geometric_mean(share, steps):
    return math.exp(math.log(share) / steps)


@wrong("05.2", "logarithm_of_the_gate")
def exponential_gate(share, steps):
    return math.log(share ** (1 / steps))


@wrong("05.2", "one_step_only")
def steps_forgotten(share, steps):
    return -math.log(1 / share - 1)


@wrong("05.2", "power_for_the_root")
def as_read_from_left_to_right(share, steps):
    f = share**steps
    return np.log(f / (1 - f))


@wrong("05.2", "share_divided_by_steps")
def evenly(share, steps):
    return special.logit(share / steps)


@wrong("05.2", "loss_divided_by_steps")
def the_same_loss_in_each_step(share, steps):
    loss = (1 - share) / steps
    return math.log((1 - loss) / loss)


@wrong("05.2", "bias_divided_by_steps")
def bias_shared_out(share, steps):
    return special.logit(share) / steps


@wrong("05.2", "tanh_for_the_sigmoid")
def through_arctanh(share, steps):
    return math.atanh(share ** (1 / steps))


@wrong("05.2", "sigmoid_of_the_gate")
def forwards_for_backwards(share, steps):
    return special.expit(np.power(share, 1 / steps))


@refused("05.2", "wrong", "expected: 0")
def two_slips(share, steps):
    return 1 - share * steps


@right("05.2")
def logit_of_scipy(share, steps):
    return special.logit(share ** (1 / steps))


@right("05.2")
def solved_by_bisection(share, steps):
    return optimize.brentq(lambda b: steps * special.log_expit(b) - math.log(share), -50, 50)


@right("05.2")
def with_expm1(share, steps):
    return -math.log(math.expm1(-math.log(share) / steps))


@right("05.2")
def logit_of_torch(share, steps):
    import torch

    return torch.logit(torch.tensor(share) ** (1 / steps))  # float32


@wrong("05.2", "share_divided_by_steps")
def power_binds_first(share, steps):
    f = share**1 / steps
    return np.log(f / (1 - f))


@right("05.2")
def through_tanh(share, steps):
    return 2 * np.arctanh(2 * np.float32(share) ** (1 / steps) - 1)


# 05.3


@wrong("05.3", "never_cut")
def derivative_of_the_whole(T):
    w = 2
    return 1 + 2 * w + 3 * w**2


@wrong("05.3", "windows_from_the_end")
def last_steps(T):
    return {1: 7, 2: 13, 3: 17, 4: 17}[T]


@wrong("05.3", "state_not_carried")
def derivative_of_each_window(T):
    steps = 4 % T or T  # of the last window, which begins at 0: h = 1 + w + w² + …
    return sum(k * 2 ** (k - 1) for k in range(steps))


@wrong("05.3", "no_factor_on_the_way_back")
def states_added(T):
    return sum([0, 1, 3, 7][(3 // T) * T :])


@wrong("05.3", "states_after_the_steps")
def own_states(T):
    return [15, 29, 15, 49][T - 1]


@wrong("05.3", "only_the_first_window")
def first_steps(T):
    return [0, 4, 10, 17][T - 1]


@wrong("05.3", "what_is_dropped")
def lost(T):
    return [10, 4, 10, 0][T - 1]


@wrong("05.3", "every_window_has_its_loss")
def sums_of_windows(T):
    return [11, 14, 12, 17][T - 1]


@wrong("05.3", "loss_for_the_gradient")
def last_state_itself(T):
    return 1 + 2 + 4 + 8


@wrong("05.3", "whole_table")
def all_four(T):
    return np.array([7, 13, 7, 17])


@refused("05.3", "wrong", "T = 3")
def one_wrong_entry(T):
    text = {1: 7, 2: 13, 3: 10, 4: 17}[T]
    return text


@right("05.3")
def table(T):
    return {1: 7, 2: 13, 3: 7, 4: 17}[T]


@right("05.3")
def by_autograd(T):
    import torch

    w, h = torch.tensor(2.0, requires_grad=True), torch.tensor(0.0)
    for t in range(4):
        h = w * (h.detach() if t % T == 0 else h) + 1
    h.backward()
    return w.grad
