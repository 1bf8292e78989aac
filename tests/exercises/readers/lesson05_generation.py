"""Answers to 05.4 as readers write them: wrong ones get their name, right ones pass."""

import bisect
import itertools

import numpy as np
from reader_answers import refused, right, wrong
from scipy import special

# 05.4


def loop(step, state, first, uniforms, draw):
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, state = step(token, state)
        token = draw(probabilities, uniform)
        tokens.append(token)
    return tokens


@wrong("05.4", "softmax_once_more")
def softmax_of_the_output(step, state, first, uniforms):
    def draw(p, u):
        return int((special.softmax(p).cumsum() <= u).sum())

    return loop(step, state, first, uniforms, draw)


@wrong("05.4", "rank_for_the_token")
def place_in_sorted_order(step, state, first, uniforms):
    def draw(p, u):
        return bisect.bisect_right(list(itertools.accumulate(sorted(p, reverse=True))), u)

    return loop(step, state, first, uniforms, draw)


@wrong("05.4", "rank_from_the_least_probable")
def place_in_rising_order(step, state, first, uniforms):
    def draw(p, u):
        return int(np.searchsorted(np.cumsum(sorted(p)), u, side="right"))

    return loop(step, state, first, uniforms, draw)


@wrong("05.4", "sorted_before_the_draw")
def as_in_top_p(step, state, first, uniforms):
    def draw(p, u):
        order = np.argsort(p)[::-1]
        return order[np.flatnonzero(np.cumsum(p[order]) > u)[0]]

    return loop(step, state, first, uniforms, draw)


@wrong("05.4", "not_cumulated")
def first_probability_above(step, state, first, uniforms):
    return loop(step, state, first, uniforms, lambda p, u: int((p > u).argmax()))


@wrong("05.4", "at_least_instead_of_exceeds")
def searchsorted_from_the_left(step, state, first, uniforms):
    return loop(step, state, first, uniforms, lambda p, u: int(np.searchsorted(np.cumsum(p), u)))


@wrong("05.4", "token_read_for_token_drawn")
def appended_too_early(step, state, first, uniforms):
    tokens, token = [], first
    for u in uniforms:
        tokens.append(token)
        p, state = step(token, state)
        token = int(np.searchsorted(np.cumsum(p), u, side="right"))
    return tokens


@refused("05.4", "wrong", "(0, 0.25, 0.75)")
def always_the_first(step, state, first, uniforms):
    return [0] * len(uniforms)


# By chance it could pass only once in 10¹⁰ and more.
@refused("05.4", "wrong", "gives another result each time: it draws random numbers of its own")
def draws_of_its_own(step, state, first, uniforms):
    rng = np.random.default_rng()
    return loop(step, state, first, uniforms, lambda p, u: int(rng.choice(len(p), p=p)))


@wrong("05.4", "generator_of_its_own")
def seeded(step, state, first, uniforms):
    rng = np.random.default_rng(0)
    return loop(step, state, first, uniforms, lambda p, u: rng.choice(np.arange(len(p)), p=p))


@wrong("05.4", "counted_on_the_wrong_side")
def how_many_exceed(step, state, first, uniforms):
    return loop(step, state, first, uniforms, lambda p, u: sum(np.cumsum(p) > u))


@right("05.4")
def subtracted_one_by_one(step, state, first, uniforms):
    def draw(p, u):
        total = 0.0
        for token, probability in enumerate(p):
            total += probability
            if total > u:
                return token

    return loop(step, state, first, uniforms, draw)


@right("05.4")
def torch_in_float32(step, state, first, uniforms):
    import torch

    def draw(p, u):
        sums = torch.tensor(p, dtype=torch.float32).cumsum(0)
        return torch.searchsorted(sums, torch.tensor(u, dtype=torch.float32), right=True).item()

    return np.array(loop(step, state, first, uniforms, draw))
