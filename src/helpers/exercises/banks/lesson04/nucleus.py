"""Exercise 04.2: the nucleus. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def nucleus(probabilities, p):
    order = np.argsort(-probabilities)
    mass_before = np.cumsum(probabilities[order]) - probabilities[order]
    kept = order[mass_before < p]
    result = np.zeros_like(probabilities)
    result[kept] = probabilities[kept]
    return result / result.sum()


def crossing_token_dropped(probabilities, p):
    """Your function drops the token that crosses p: what it keeps has less than p. The nucleus
    reaches p, so the token that crosses is inside."""
    order = np.argsort(-probabilities)
    kept = order[np.cumsum(probabilities[order]) <= p + 1e-6]
    kept = kept if len(kept) else order[:1]
    result = np.zeros_like(probabilities)
    result[kept] = probabilities[kept]
    return result / result.sum()


def tokens_not_sorted(probabilities, p):
    """Your function sums the tokens in the order of the vocabulary. The nucleus takes the most
    probable first, so sort them before you sum."""
    kept = np.cumsum(probabilities) - probabilities < p
    result = np.where(kept, probabilities, 0)
    return result / result.sum()


def least_probable_first(probabilities, p):
    """Your function sorts the wrong way round: it begins with the least probable token. argsort
    sorts upwards, so use argsort(-probabilities)."""
    order = np.argsort(probabilities)
    kept = order[np.cumsum(probabilities[order]) - probabilities[order] < p]
    result = np.zeros_like(probabilities)
    result[kept] = probabilities[kept]
    return result / result.sum()


def nucleus_not_renormalised(probabilities, p):
    """Your function keeps the right tokens, but they sum to less than one. Divide by what is
    left."""
    order = np.argsort(-probabilities)
    mass_before = np.cumsum(probabilities[order]) - probabilities[order]
    return np.where(np.isin(np.arange(len(order)), order[mass_before < p]), probabilities, 0)


def left_in_sorted_order(probabilities, p):
    """Your function returns the probabilities in sorted order. Each must stand at the place of its
    token: write them back with result[order[…]] = …"""
    ordered = np.sort(probabilities)[::-1]
    result = np.where(np.cumsum(ordered) - ordered < p, ordered, 0)
    return result / result.sum()


def threshold_on_each_token(probabilities, p):
    """Your function compares each probability with 1 − p by itself. It is the sum from the most
    probable token down that must reach p."""
    result = np.where(probabilities >= 1 - p, probabilities, 0)
    result[np.argmax(probabilities)] = probabilities.max()
    return result / result.sum()


def one_token_too_many(probabilities, p):
    """Your function goes on where the set already reaches p exactly. Stop there: a token is inside
    if the mass before it is below p, not equal to p."""
    order = np.argsort(-probabilities)
    kept = order[np.cumsum(probabilities[order]) - probabilities[order] <= p]
    result = np.zeros_like(probabilities)
    result[kept] = probabilities[kept]
    return result / result.sum()


def sums_below_p_kept(probabilities, p):
    """Your function keeps tokens while the sum, with the token itself, is below p. That drops the
    token that crosses p; if the first one crosses, nothing is left. Compare the mass before it."""
    order = np.argsort(-probabilities)
    kept = order[np.cumsum(probabilities[order]) < p]
    result = np.zeros_like(probabilities)
    result[kept] = probabilities[kept]
    return result / result.sum()


def sums_up_to_p_kept(probabilities, p):
    """Your function keeps tokens while the sum, with the token itself, is at most p. That drops the
    token that crosses p; if the first one crosses, nothing is left, and 0/0 is NaN. Compare the
    mass before the token: it must be below p."""
    order = np.argsort(-probabilities)
    kept = order[np.cumsum(probabilities[order]) <= p]
    result = np.zeros_like(probabilities)
    result[kept] = probabilities[kept]
    return result / result.sum()


def sums_below_p_and_the_first_kept(probabilities, p):
    """Your function keeps the most probable token, and others while the sum, with the token itself,
    is below p. The nucleus reaches p, so the token that reaches or crosses it is inside. Compare
    the mass before the token."""
    order = np.argsort(-probabilities)
    kept = order[np.cumsum(probabilities[order]) < p]
    kept = kept if len(kept) else order[:1]
    result = np.zeros_like(probabilities)
    result[kept] = probabilities[kept]
    return result / result.sum()


def only_one_token_at_p_of_one(probabilities, p):
    """Your function is right for p below 1. At p = 1 it keeps the most probable token only:
    rounding can leave the sum of all just below 1, so no sum reaches p, and argmax of nothing but
    False is 0. Keep the tokens whose mass before them is below p; that keeps all at p = 1."""
    order = np.argsort(-probabilities)
    kept = order[: np.argmax(np.cumsum(probabilities[order]) >= p) + 1]
    result = np.zeros_like(probabilities)
    result[kept] = probabilities[kept]
    return result / result.sum()


def mask_of_the_sorted_order(probabilities, p):
    """Your function decides in sorted order which places are inside, and keeps the tokens with
    these numbers in the vocabulary: the first few, whatever their probability. Place k of the
    sorted order belongs to the token order[k]."""
    ordered = np.sort(probabilities)[::-1]
    result = np.where(np.cumsum(ordered) - ordered < p, probabilities, 0)
    return result / result.sum()


def values_read_by_order(probabilities, p):
    """Your function behaves exactly as if the sort were undone with result = filtered[order]. That
    takes the order a second time. To write back, put `order` on the left: result[order] =
    filtered."""
    order = np.argsort(-probabilities)
    ordered = probabilities[order]
    filtered = np.where(np.cumsum(ordered) - ordered < p, ordered, 0)
    return filtered[order] / filtered.sum()


def mask_read_by_order(probabilities, p):
    """Your function behaves exactly as if the sort of the mask were undone with mask[order]. That
    takes the order a second time. To write back, put `order` on the left: kept[order] = mask."""
    order = np.argsort(-probabilities)
    ordered = probabilities[order]
    result = np.where((np.cumsum(ordered) - ordered < p)[order], probabilities, 0)
    return result / result.sum()


def softmax_of_what_is_left(probabilities, p):
    """Your function keeps the right tokens but takes a softmax of their probabilities. That makes
    them nearly equal. They are probabilities already: divide by their sum."""
    kept = nucleus(probabilities, p) > 0
    result = np.where(kept, np.exp(probabilities), 0)
    return result / result.sum()


def divided_by_p(probabilities, p):
    """Your function keeps the right tokens but divides by p. The kept mass is usually more than p,
    because the token that crosses p is inside: divide by their sum."""
    return np.where(nucleus(probabilities, p) > 0, probabilities, 0) / p


def nucleus_cases(rng):
    yield np.array([0.1, 0.6, 0.3]), 0.8
    yield np.array([0.1, 0.4, 0.15, 0.3, 0.05]), 0.6
    yield np.array([0.02, 0.95, 0.03]), 0.5
    yield np.array([0.3, 0.2, 0.5]), 1e-9  # one token always stays
    yield np.array([0.25, 0.5, 0.0625, 0.1875]), 0.75  # two tokens reach p exactly
    yield np.array([0.1, 0.7, 0.2]), 1.0  # 0.7 + 0.2 + 0.1 is a little less than 1
    for vocab_size, p in ((8, 0.9), (5, 0.75), (20, 0.5)):
        yield rng.dirichlet(np.ones(vocab_size)), p


EXERCISE = Exercise(
    id="04.2",
    title="The nucleus",
    cases=nucleus_cases,
    answer=nucleus,
    hints=(
        "In which order must you add up the probabilities?",
        "Add up from the most probable down. Which number decides about a token, the sum with it "
        "or the sum before it? And how do you get back to the order of the vocabulary?",
        "With order = np.argsort(-probabilities): keep order[cumsum − own probability < p], "
        "write those probabilities back at their places, divide by the sum.",
    ),
    misconceptions=(
        crossing_token_dropped,
        tokens_not_sorted,
        least_probable_first,
        nucleus_not_renormalised,
        left_in_sorted_order,
        threshold_on_each_token,
        one_token_too_many,
        sums_below_p_kept,
        sums_up_to_p_kept,
        sums_below_p_and_the_first_kept,
        only_one_token_at_p_of_one,
        mask_of_the_sorted_order,
        values_read_by_order,
        mask_read_by_order,
        softmax_of_what_is_left,
        divided_by_p,
    ),
)
