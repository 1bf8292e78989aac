"""Exercise 05.2: inputs and targets. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


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


def last_character_as_the_only_target(window):
    """Your targets are the window's last characters only, one a row. Every place of the inputs has
    a target of its own, the character that follows it: all but the first."""
    return window[:, :-1], window[:, -1:]


def last_characters_in_a_row(window):
    """Your targets are the window's last characters only, as a vector. Every place of the inputs
    has a target of its own, the character that follows it: all but the first."""
    return window[:, :-1], window[:, -1]


def inputs_and_targets_cases(rng):
    yield (np.array([[1, 2, 3], [4, 5, 6]]),)
    yield (np.array([[6, 4, 0, 1, 2], [3, 4, 6, 0, 5]]),)
    yield (np.arange(24).reshape(4, 6),)
    yield (rng.integers(0, 65, size=(1, 9)),)
    yield (rng.integers(0, 65, size=(5, 2)),)


EXERCISE = Exercise(
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
        last_character_as_the_only_target,
        last_characters_in_a_row,
    ),
)
