"""Exercise 05.2: the forget bias for a given share. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def forget_bias(share, steps):
    gate = share ** (1 / steps)
    return np.log(gate / (1 - gate))


def log_odds(gate):
    """The number whose sigmoid is the gate."""
    return np.log(gate / (1 - gate))


def sign_turned_round(share, steps):
    """Your bias has the wrong sign: its sigmoid is 1 minus the gate that you want. From σ(b) = f
    follows e⁻ᵇ = (1 − f)/f, so b = ln(f/(1 − f))."""
    return -forget_bias(share, steps)


def gate_for_the_bias(share, steps):
    """Your function returns the gate, share^(1/steps). That is σ(b), not b. Which number has this
    sigmoid?"""
    return share ** (1 / steps)


def sigmoid_of_the_gate(share, steps):
    """Your function takes the sigmoid of the gate. The sigmoid leads from the bias to the gate, and
    you want to go back: b = ln(f/(1 − f))."""
    return 1 / (1 + np.exp(-(share ** (1 / steps))))


def logarithm_of_the_gate(share, steps):
    """Your function returns the logarithm of the gate, as if the gate were eᵇ. It is σ(b), and the
    number whose sigmoid is f is ln(f/(1 − f))."""
    return np.log(share) / steps


def one_step_only(share, steps):
    """Your function behaves exactly as if there were one step: its gate lets the share pass, and
    after `steps` steps only share^steps is left. Each step must keep more: the gate is
    share^(1/steps)."""
    return log_odds(share)


def power_for_the_root(share, steps):
    """Your function takes share^steps for the gate. That is what is left when each step keeps
    `share`. Here the share after all steps is given, and the gate is its root,
    share^(1/steps)."""
    gate = share**steps
    return np.log(gate) - np.log1p(-gate)


def share_divided_by_steps(share, steps):
    """Your function takes share/steps for the gate. Gates are multiplied, not added: the gate to
    the power `steps` is the share. (Is it share ** 1 / steps in your code? The power binds first;
    write share ** (1 / steps).)"""
    return log_odds(share / steps)


def loss_divided_by_steps(share, steps):
    """Your function lets each step lose the same amount, (1 − share)/steps of what was there at
    first. But each step keeps a share of what is left: gates are multiplied, and the gate is
    share^(1/steps)."""
    return log_odds(1 - (1 - share) / steps)


def bias_divided_by_steps(share, steps):
    """Your function divides the bias for one step by the number of steps. Then, with more steps,
    the gate comes nearer to one half, and it should come nearer to 1. First the gate,
    share^(1/steps), then the bias."""
    return log_odds(share) / steps


def bias_times_steps(share, steps):
    """Your function multiplies the bias for one step by the number of steps. First the gate for one
    step, share^(1/steps), then the bias whose sigmoid it is: a sigmoid is no power of e."""
    return log_odds(share) * steps


def square_root_always(share, steps):
    """Your function takes the square root for any number of steps. That is right for two; the gate
    is share^(1/steps)."""
    return log_odds(np.sqrt(share))


def logarithm_to_base_two(share, steps):
    """Your function takes the logarithm to base 2. The sigmoid is made of e to a power, so its
    inverse takes the natural logarithm, np.log."""
    return forget_bias(share, steps) / np.log(2)


def logarithm_to_base_ten(share, steps):
    """Your function takes the logarithm to base 10. The sigmoid is made of e to a power, so its
    inverse takes the natural logarithm, np.log."""
    return forget_bias(share, steps) / np.log(10)


def tanh_for_the_sigmoid(share, steps):
    """Your function takes the inverse of tanh. A gate goes through the sigmoid, and the number
    whose sigmoid is f is ln(f/(1 − f)), twice arctanh(2f − 1)."""
    return np.arctanh(share ** (1 / steps))


def odds_without_logarithm(share, steps):
    """Your function returns f/(1 − f), which is eᵇ. The bias b is its logarithm."""
    gate = share ** (1 / steps)
    return gate / (1 - gate)


def one_step_more(share, steps):
    """Your function behaves exactly as if there were one step more. The cell state passes one gate
    in each step, so the share is the gate to the power `steps`."""
    return forget_bias(share, steps + 1)


def share_lost(share, steps):
    """Your function behaves exactly as if `share` were lost, not left. The product of the gates is
    what is left."""
    return forget_bias(1 - share, steps)


def forget_bias_cases(rng):
    yield 0.25, 2  # by hand: the gate is ½, whose bias is 0
    yield 0.9, 1
    yield 0.5, 1
    yield 0.5, 64
    yield 0.01, 8
    yield 0.9, 100
    yield 0.1, 2
    yield float(rng.uniform(0.2, 0.8)), 31


EXERCISE = Exercise(
    id="05.2",
    title="The forget bias for a share",
    cases=forget_bias_cases,
    answer=forget_bias,
    hints=(
        "Go in two steps: from the share to the gate, then from the gate to its bias.",
        "All gates are equal, and their product is the share. For the second step solve "
        "f = 1/(1 + e⁻ᵇ) for b.",
        "gate = share ** (1 / steps), and the bias is np.log(gate / (1 - gate)).",
    ),
    misconceptions=(
        sign_turned_round,
        gate_for_the_bias,
        sigmoid_of_the_gate,
        logarithm_of_the_gate,
        one_step_only,
        power_for_the_root,
        share_divided_by_steps,
        loss_divided_by_steps,
        bias_divided_by_steps,
        bias_times_steps,
        square_root_always,
        logarithm_to_base_two,
        logarithm_to_base_ten,
        tanh_for_the_sigmoid,
        odds_without_logarithm,
        one_step_more,
        share_lost,
    ),
)
