"""Exercise 01.4 · Cosine with warm-up."""

import numpy as np

from helpers.exercises.engine import Exercise


def learning_rate(step, warmup, total, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / (total - warmup)
    return peak * 0.5 * (1 + np.cos(np.pi * progress))


def climb(step, warmup):
    """The share of the peak in the warm-up; 1 after it, and without one."""
    return min(1.0, (step + 1) / max(warmup, 1))


def cosine(progress):
    """Half a wave, from 1 to 0."""
    return 0.5 * (1 + np.cos(np.pi * progress))


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


def warmup_branch_missing(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine ran in every step. Before step `warmup` its
    progress is negative, and the rate follows the wave backwards. While step < warmup, return
    peak · (step + 1) / warmup."""
    return peak * 0.5 * (1 + np.cos(np.pi * (step - warmup) / (total - warmup)))


def cosine_backwards_times_warmup(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine's value were multiplied by the climb, also
    before step `warmup`, where its progress is negative. In the warm-up the climb stands alone:
    peak · (step + 1) / warmup."""
    return climb(step, warmup) * cosine((step - warmup) / (total - warmup)) * peak


def peak_in_the_warmup(step, warmup, total, peak):
    """Your cosine is right, but before it the rate is the whole peak. While step < warmup, it
    climbs: peak · (step + 1) / warmup."""
    return cosine(max(step - warmup, 0) / (total - warmup)) * peak


def one_missing(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine part were peak · ½ cos. That starts at half
    the peak and turns negative, so that you would climb: the 1 in ½(1 + cos) is missing."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * np.cos(np.pi * (step - warmup) / (total - warmup))


def bare_cosine(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine part were peak · cos. That turns negative half
    way, so that you would climb: ½(1 + cos) lifts the wave, which then ends at 0."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * np.cos(np.pi * (step - warmup) / (total - warmup))


def cosine_subtracted(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine part were peak · ½(1 − cos). That climbs from
    0 to the peak; with a plus it falls from the peak to 0."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 - np.cos(np.pi * (step - warmup) / (total - warmup)))


def pi_missing(step, warmup, total, peak):
    """Your function behaves exactly as if π were missing: cos(progress) reaches only cos 1 = 0.54,
    so the rate stays above three quarters of the peak. Half a wave is cos(π · progress)."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos((step - warmup) / (total - warmup)))


def whole_wave(step, warmup, total, peak):
    """Your function behaves exactly as if the cosine ran through a whole wave, 2π. Then the rate is
    0 half way and climbs back to the peak. It takes half a wave: cos(π · progress)."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + np.cos(2 * np.pi * (step - warmup) / (total - warmup)))


def straight_decay(step, warmup, total, peak):
    """Your function behaves exactly as if the rate fell along a straight line, peak · (1 −
    progress). A schedule may do that, but the exercise asks for a cosine, which is flat at both
    ends: peak · ½(1 + cos(π · progress))."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 - (step - warmup) / (total - warmup))


def cosine_from_start_times_warmup(step, warmup, total, peak):
    """Your function behaves exactly as if a cosine over all `total` steps were multiplied by the
    warm-up. At the end of the climb the cosine has fallen already, below the peak. The two follow
    each other: first the climb alone, then the cosine, whose progress starts at 0 in step
    `warmup`."""
    return climb(step, warmup) * cosine(step / total) * peak


def cosine_from_start_times_unguarded(step, warmup, total, peak):
    """Your function behaves exactly as if a cosine over all `total` steps were multiplied by the
    warm-up, and with warmup = 0 it divides by zero. The two follow each other: first the climb
    alone, where step < warmup, then the cosine, whose progress starts at 0 in step `warmup`."""
    return min(1, (step + 1) / warmup) * cosine(step / total) * peak


def smaller_of_both(step, warmup, total, peak):
    """Your function behaves exactly as if the rate were the smaller of warm-up and cosine. Before
    step `warmup` the cosine with its negative progress may lie lower, as in the last step of the
    warm-up, which should have the peak. Ask for step < warmup instead."""
    return min(climb(step, warmup), cosine((step - warmup) / (total - warmup))) * peak


def smaller_of_both_unguarded(step, warmup, total, peak):
    """Your function behaves exactly as if the rate were the smaller of warm-up and cosine, and with
    warmup = 0 it divides by zero. In the last step of the warm-up the cosine lies lower, but the
    rate should be the peak. Ask for step < warmup instead, and compute only what is needed."""
    return min((step + 1) / warmup, cosine((step - warmup) / (total - warmup))) * peak


def smaller_of_climb_and_whole_cosine(step, warmup, total, peak):
    """Your function behaves exactly as if the rate were the smaller of the warm-up and a cosine
    over all `total` steps. At the end of the climb that cosine has fallen already, below the peak.
    Ask for step < warmup; the cosine's progress starts at 0 in step `warmup`."""
    return min(climb(step, warmup), cosine(step / total)) * peak


def smaller_of_climb_and_whole_cosine_unguarded(step, warmup, total, peak):
    """Your function behaves exactly as if the rate were the smaller of the warm-up and a cosine
    over all `total` steps, and with warmup = 0 it divides by zero. Ask for step < warmup; the
    cosine's progress starts at 0 in step `warmup`."""
    return min((step + 1) / warmup, cosine(step / total)) * peak


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
        warmup_branch_missing,
        cosine_backwards_times_warmup,
        peak_in_the_warmup,
        one_missing,
        bare_cosine,
        cosine_subtracted,
        pi_missing,
        whole_wave,
        straight_decay,
        cosine_from_start_times_warmup,
        cosine_from_start_times_unguarded,
        smaller_of_both,
        smaller_of_both_unguarded,
        smaller_of_climb_and_whole_cosine,
        smaller_of_climb_and_whole_cosine_unguarded,
    ),
)
