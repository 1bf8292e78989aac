"""Exercises 01.4 and 01.5 with answers as readers write them: wrong ones and right ones."""

import math

import numpy as np
from reader_answers import refused, right, wrong

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


def shares(step, warmup, total):
    """The shares of the peak: of the climb, of the cosine, and of a cosine from step 0."""
    climb = 1 if step >= warmup else (step + 1) / warmup
    progress = (step - warmup) / (total - warmup), step / total
    return climb, *((1 + math.cos(math.pi * part)) / 2 for part in progress)


def after_warmup(share):
    """A schedule that is right in the warm-up and then takes a share of the peak by progress."""

    def schedule(step, warmup, total, peak):
        if step < warmup:
            return peak * (step + 1) / warmup
        return peak * share((step - warmup) / (total - warmup))

    return schedule


for name, share in (
    ("one_missing", lambda progress: math.cos(math.pi * progress) / 2),
    ("bare_cosine", lambda progress: math.cos(math.pi * progress)),
    ("cosine_subtracted", lambda progress: math.sin(math.pi * progress / 2) ** 2),
    ("pi_missing", lambda progress: (1 + math.cos(progress)) / 2),
    ("whole_wave", lambda progress: math.cos(math.pi * progress) ** 2),
    ("straight_decay", lambda progress: 1 - progress),
):
    wrong("01.4", name)(after_warmup(share))


@wrong("01.4", "warmup_branch_missing")
def cosine_in_every_step(step, warmup, total, peak):
    return peak / 2 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


@wrong("01.4", "cosine_backwards_times_warmup")
def slower_before_the_wave(step, warmup, total, peak):
    rate = peak * shares(step, warmup, total)[1]
    return rate * (step + 1) / warmup if step < warmup else rate


@wrong("01.4", "peak_in_the_warmup")
def constant_at_first(step, warmup, total, peak):
    return peak if step < warmup else peak * shares(step, warmup, total)[1]


@wrong("01.4", "cosine_from_start_times_warmup")
def slower_at_first(step, warmup, total, peak):
    rate = peak * (1 + np.cos(np.pi * step / total)) / 2
    if step < warmup:
        rate *= (step + 1) / warmup
    return rate


@wrong("01.4", "cosine_from_start_times_unguarded")
def slower_at_first_by_minimum(step, warmup, total, peak):
    return peak * min(1, (step + 1) / warmup) * (1 + np.cos(np.pi * step / total)) / 2


@wrong("01.4", "smaller_of_both")
def smaller_share(step, warmup, total, peak):
    return peak * min(shares(step, warmup, total)[:2])


@wrong("01.4", "smaller_of_both_unguarded")
def smaller_rate(step, warmup, total, peak):
    return min(peak * (step + 1) / warmup, peak * shares(step, warmup, total)[1])


@wrong("01.4", "smaller_of_climb_and_whole_cosine")
def smaller_share_from_the_start(step, warmup, total, peak):
    return peak * min(shares(step, warmup, total)[::2])


@wrong("01.4", "smaller_of_climb_and_whole_cosine_unguarded")
def smaller_rate_from_the_start(step, warmup, total, peak):
    return np.minimum(peak * (step + 1) / warmup, peak * shares(step, warmup, total)[2])


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


@wrong("01.5", "rate_twice")
def learning_rate_in_both_lines(w, p, grad, lr, beta):
    p = beta * p + lr * grad
    w = w - lr * p
    return w, p


@wrong("01.5", "gradient_subtracted_in_velocity")
def minus_in_both_lines(w, p, grad, lr, beta):
    p *= beta
    p -= grad
    return w - lr * p, p


@wrong("01.5", "velocity_downhill")
def minus_in_the_velocity(w, p, grad, lr, beta):
    p = beta * p - grad
    w += lr * p
    return w, p


@wrong("01.5", "gradient_damped_too")
def damped_sum(w, p, grad, lr, beta):
    p += grad
    p *= beta
    return w - lr * p, p


@wrong("01.5", "velocity_untouched")
def plain_step(w, p, grad, lr, beta):
    return w - lr * grad, p


@wrong("01.5", "velocity_not_used")
def plain_step_beside_a_velocity(w, p, grad, lr, beta):
    w -= lr * grad
    return w, grad + beta * p


@wrong("01.5", "old_velocity_returned")
def new_velocity_by_another_name(w, p, grad, lr, beta):
    new_p = beta * p + grad
    return w - lr * new_p, p


@refused(
    "01.5",
    "wrong",
    "Result 2 is wrong; result 1 is right.",
    "−1 times the right one throughout",
)
def velocity_of_the_other_sign(w, p, grad, lr, beta):
    p = beta * -p - grad
    return w + lr * p, p


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
