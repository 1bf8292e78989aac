"""The exercises of lesson 05, RNN and LSTM: one file an exercise."""

from helpers.exercises.banks.lesson05 import (
    bptt,
    generation_loop,
    global_clipping,
    inputs_and_targets,
    lstm_step,
    rnn_step,
)

__all__ = ["EXERCISES"]

EXERCISES = (
    rnn_step.EXERCISE,
    inputs_and_targets.EXERCISE,
    bptt.EXERCISE,
    global_clipping.EXERCISE,
    lstm_step.EXERCISE,
    generation_loop.EXERCISE,
)
