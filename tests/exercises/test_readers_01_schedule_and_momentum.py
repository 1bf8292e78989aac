"""Exercises 01.4 and 01.5 with answers as readers write them: wrong ones and right ones."""

import math

import numpy as np
import pytest
from reader_answers import Answers, assert_named, assert_right

from helpers.exercises import exercise

answers = Answers()
wrong, right = answers.wrong, answers.right

# 01.4


@wrong("01.4", "zero_in_last_step")
def last_step_is_zero(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 2 * (1 + math.cos(math.pi * (step - warmup) / (total - 1 - warmup)))


@wrong("01.4", "zero_in_last_step_guarded")
def last_point_of_linspace(step, warmup, total, peak):
    if step < warmup:
        return (step + 1) / warmup * peak
    cosine = (1 + np.cos(np.linspace(0, np.pi, total - warmup))) / 2
    return peak * cosine[step - warmup]


@wrong("01.4", "quarter_of_a_wave")
def down_to_a_right_angle(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * math.cos((step - warmup) / (total - warmup) * math.pi / 2)


@wrong("01.4", "divided_by_no_warmup")
def both_branches_computed(step, warmup, total, peak):
    cosine = 0.5 * (1 + np.cos(np.pi * (step - warmup) / (total - warmup)))
    return peak * float(np.where(step < warmup, (step + 1) / warmup, cosine))


@right("01.4")
def whole_schedule(step, warmup, total, peak):
    climb = np.arange(1, warmup + 1) / max(warmup, 1)
    fall = 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, total - warmup + 1)[:-1])
    return np.float32(peak * np.concatenate([climb, fall])[step])


@right("01.4")
def by_squared_cosine(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * math.cos(math.pi / 2 * (step - warmup) / (total - warmup)) ** 2


# 01.5


@wrong("01.5", "nothing_repaired")
def the_careless_step(w, p, grad, lr, beta):
    w = w - lr * p
    p = beta * p + (1 - beta) * grad
    return w, p


@wrong("01.5", "rate_left_out")
def whole_velocity(w, p, grad, lr, beta):
    p = p * beta + grad
    return w - p, p


@wrong("01.5", "shares_exchanged")
def average_the_other_way(w, p, grad, lr, beta):
    p = beta * grad + (1 - beta) * p
    w -= lr * p
    return w, p


@wrong("01.5", "keras_velocity")
def last_move_as_velocity(w, p, grad, lr, beta):
    moved = w - lr * grad + beta * p
    return moved, moved - w


@wrong("01.5", "old_velocity")
def position_first(w, p, grad, lr, beta):
    w -= lr * p
    p *= beta
    p += grad
    return w, p


@right("01.5")
def momentum_in_place(w, p, grad, lr, beta):
    p *= beta
    p += grad
    w -= lr * p
    return w, p


@right("01.5")
def momentum_by_loop(w, p, grad, lr, beta):
    new_v = [beta * a + g for a, g in zip(p, grad, strict=True)]
    return [a - lr * b for a, b in zip(w, new_v, strict=True)], new_v


@right("01.5")
def momentum_by_torch(w, p, grad, lr, beta):
    import torch

    w, p, grad = (torch.tensor(x, dtype=torch.float32) for x in (w, p, grad))
    p = torch.add(grad, p, alpha=beta)
    return w.sub(p, alpha=lr), p


def test_a_velocity_of_the_other_sign_is_told_by_the_relation():
    def downhill(w, p, grad, lr, beta):
        p = beta * -p - grad
        return w + lr * p, p

    text = exercise("01.5").judge(downhill).text
    assert "Result 2 is wrong; result 1 is right." in text
    assert "−1 times the right one throughout" in text


# all


@pytest.mark.parametrize(("id", "function", "name"), answers.wrong_ones)
def test_a_mistake_is_named(id, function, name):
    assert_named(id, function, name)


@pytest.mark.parametrize(("id", "function"), answers.right_ones)
def test_a_right_answer_in_another_style_is_accepted(id, function):
    assert_right(id, function)
