"""Exercise 01.4 · Cosine with warm-up."""

import numpy as np

from helpers.exercises.engine import Exercise


def learning_rate(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / (total - warmup)
    return peak * 0.5 * (1 + np.cos(np.pi * progress))


def warmup_from_zero(step, warmup, total, peak):
    """Your function behaves exactly as if the warm-up used step / warmup. Then the first step has
    the rate 0 and is wasted; with step + 1 the peak is reached in the last step of the warm-up."""
    if step < warmup:
        return peak * step / warmup
    return learning_rate(step, warmup, total, peak)


def seam_one_late(step, warmup, total, peak):
    """Your function behaves exactly as if the warm-up lasted one step longer (<= instead of <). In
    step `warmup` the rate overshoots the peak; that step is already the cosine's first."""
    if step <= warmup:
        return peak * (step + 1) / warmup
    return learning_rate(step, warmup, total, peak)


def warmup_counted_in_progress(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine had started in step 0. At the seam the rate
    jumps down; subtract `warmup` from both `step` and `total`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * step / total))


def warmup_counted_twice(step, warmup, total, peak):
    """Your function behaves exactly as if the warm-up were counted twice: the progress is step /
    (total − warmup), so it passes 1 before the end and the rate climbs again. It must start at 0 in
    step `warmup`: use (step − warmup) / (total − warmup)."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * step / (total - warmup)))


def cosine_too_long(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine lasted `total` steps of its own. After the
    warm-up only total − warmup steps remain, so the rate never comes near 0."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * (step - warmup) / total))


def cosine_one_early(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine were one step ahead. Its progress is 0 in step
    `warmup`, so that this step still has the peak rate; the value 0 belongs to step `total`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * (step + 1 - warmup) / (total - warmup)))


def zero_in_last_step(step, warmup, total, peak):
    """Your function behaves exactly as if the rate reached 0 in the last step, total − 1. Then that
    step is wasted. Divide by total − warmup: the value 0 belongs to step `total`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(np.pi * (step - warmup) / (total - warmup - 1)))


def zero_in_last_step_guarded(step, warmup, total, peak):
    """Your function behaves exactly as if the rate reached 0 in the last step, total − 1, unless
    the cosine has no other step. Then the last step is wasted. Divide by total − warmup: the value
    0 belongs to step `total`, and no step needs an exception."""
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / max(1, total - warmup - 1)
    return peak * 0.5 * (1 + np.cos(np.pi * progress))


def half_missing(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine part were peak · (1 + cos). That starts at
    twice the peak, since cos 0 = 1: the factor ½ is missing."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 + np.cos(np.pi * (step - warmup) / (total - warmup)))


def warmup_ignored(step, warmup, total, peak):
    """Your function behaves exactly as if there were no warm-up. While step < warmup, the rate
    climbs as peak · (step + 1) / warmup; the cosine starts only then."""
    return peak * 0.5 * (1 + np.cos(np.pi * step / total))


def quarter_of_a_wave(step, warmup, total, peak):
    """Your function behaves exactly as if the rate were peak · cos(π/2 · progress), a quarter of a
    wave. The cosine schedule takes a half, moved up: peak · ½(1 + cos(π · progress))."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * np.cos(np.pi / 2 * (step - warmup) / (total - warmup))


def divided_by_no_warmup(step, warmup, total, peak):
    """Your rates are right where there is a warm-up, but with warmup = 0 your function divides by
    zero. Then step < warmup is never true: compute (step + 1) / warmup only where it is."""
    climbing = peak * (step + 1) / warmup
    return climbing if step < warmup else learning_rate(step, warmup, total, peak)


def schedule_cases(rng):
    for step in (0, 1, 2, 3):  # by hand: ½, 1, 1, ½
        yield step, 2, 4, 1.0
    for step in (0, 3, 4, 5, 6, 12, 19):
        yield step, 5, 20, 0.5
    for step in (0, 4, 9):
        yield step, 0, 10, 2.0
    yield 0, 0, 1, 0.1
    yield 0, 1, 3, 0.3
    yield 2, 1, 3, 0.3


EXERCISE = Exercise(
    id="01.4",
    title="Cosine with warm-up",
    cases=schedule_cases,
    answer=learning_rate,
    hints=(
        "There are two cases. In which of them is step == warmup?",
        "After the warm-up, let a progress run from 0 in step `warmup` to 1 in step `total`.",
        "progress = (step - warmup) / (total - warmup), then ½(1 + cos(π · progress)) × peak.",
    ),
    misconceptions=(
        warmup_from_zero,
        seam_one_late,
        warmup_counted_in_progress,
        warmup_counted_twice,
        cosine_too_long,
        cosine_one_early,
        zero_in_last_step,
        zero_in_last_step_guarded,
        half_missing,
        warmup_ignored,
        quarter_of_a_wave,
        divided_by_no_warmup,
    ),
)
