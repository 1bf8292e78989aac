"""Exercise 11.5, The sampling controls in order: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise
from helpers.exercises.functions import softmax

__all__ = ["EXERCISE"]


def next_probabilities(logits, temperature, k, p):
    order = np.argsort(-logits)[:k]  # the k most probable tokens, best first
    kept = np.exp((logits[order] - logits.max()) / temperature)
    kept = kept / kept.sum()
    mass_before = np.cumsum(kept) - kept
    kept = np.where(mass_before < p, kept, 0)
    probabilities = np.zeros(len(logits))
    probabilities[order] = kept / kept.sum()
    return probabilities


def _top_k(logits, k):
    return np.where(logits >= np.sort(logits)[::-1][min(k, len(logits)) - 1], logits, -np.inf)


def _nucleus(probabilities, p):
    """True for the tokens that top-p keeps."""
    order = np.argsort(-probabilities, kind="stable")
    mass = np.cumsum(probabilities[order])
    kept = np.zeros(len(probabilities), dtype=bool)
    kept[order] = mass - probabilities[order] < p
    return kept


def top_p_before_temperature(logits, temperature, k, p):
    """Your nucleus is chosen before the temperature is applied. The temperature changes how many
    tokens hold the mass p, so it comes first: temperature, top-k, top-p."""
    kept = _top_k(logits, k)
    return softmax(np.where(_nucleus(softmax(kept), p), kept / temperature, -np.inf))


def top_p_over_all_tokens(logits, temperature, k, p):
    """Your nucleus is measured with the probabilities of all tokens, as if top-p came before top-k.
    Top-k comes first and removes tokens. Renormalise then: what is left has mass 1, and p is a
    share of that."""
    warm = logits / temperature
    both = np.isfinite(_top_k(warm, k)) & _nucleus(softmax(warm), p)
    return softmax(np.where(both, warm, -np.inf))


def not_renormalised(logits, temperature, k, p):
    """Your probabilities do not sum to 1: what the nucleus excludes is set to zero, and the rest is
    left as it was. Divide by the sum of what is left."""
    probabilities = softmax(_top_k(logits / temperature, k))
    return np.where(_nucleus(probabilities, p), probabilities, 0)


def never_renormalised(logits, temperature, k, p):
    """Your probabilities are those of the softmax over all tokens, with zeros for what is excluded.
    They do not sum to 1. Renormalise after top-k and after top-p."""
    warm = softmax(logits / temperature)
    kept = _nucleus(softmax(_top_k(logits / temperature, k)), p)
    return np.where(kept, warm, 0)


def crossing_token_left_out(logits, temperature, k, p):
    """Your nucleus ends before the token that crosses p. That token is inside: the nucleus is the
    smallest set whose mass is at least p."""
    probabilities = softmax(_top_k(logits / temperature, k))
    order = np.argsort(-probabilities, kind="stable")
    kept = np.zeros(len(logits), dtype=bool)
    kept[order] = np.cumsum(probabilities[order]) <= p
    kept[order[0]] = True
    probabilities = np.where(kept, probabilities, 0)
    return probabilities / probabilities.sum()


def multiplied_by_temperature(logits, temperature, k, p):
    """Your temperature multiplies the logits. It divides them: below 1, the best tokens gain."""
    return next_probabilities(logits, 1 / temperature, k, p)


def temperature_ignored(logits, temperature, k, p):
    """Your result does not depend on the temperature: divide the logits by it first."""
    return next_probabilities(logits, 1.0, k, p)


def temperature_last(logits, temperature, k, p):
    """Your temperature comes last, after the softmax: it divides probabilities and then a softmax
    makes new ones, in which the excluded tokens come back. It divides logits, and it comes
    first."""
    return softmax(next_probabilities(logits, 1.0, k, p) / temperature)


def top_k_left_out(logits, temperature, k, p):
    """Your top-k is missing: all tokens compete for the nucleus. Keep the k best first."""
    return next_probabilities(logits, temperature, len(logits), p)


def top_p_left_out(logits, temperature, k, p):
    """Your top-p is missing: all of the k best stay. Keep the fewest whose mass is at least p."""
    return next_probabilities(logits, temperature, k, 1.0)


def excluded_logits_zero(logits, temperature, k, p):
    """Your excluded tokens get the logit 0, and exp(0) is 1: they can be drawn. Their logit is −∞,
    or their probability 0."""
    warm = logits / temperature
    kept = _nucleus(softmax(_top_k(warm, k)), p)
    return softmax(np.where(kept, warm, 0.0))


def one_token_too_many(logits, temperature, k, p):
    """Your top-k keeps k + 1 tokens. Count them: sorted[:k] are k, and the first to go is
    sorted[k]."""
    return next_probabilities(logits, temperature, k + 1, p)


def own_probability_reaches_p(logits, temperature, k, p):
    """Your function keeps the tokens whose own probability is at least p, and the best one in any
    case. Top-p looks at the mass of the best tokens together: add up their probabilities, from the
    largest down, until the sum reaches p."""
    probabilities = softmax(_top_k(logits / temperature, k))
    kept = np.zeros(len(logits))
    best = np.argmax(probabilities)
    kept[best] = probabilities[best]
    kept[probabilities >= p] = probabilities[probabilities >= p]
    return kept / kept.sum()


def own_probability_reaches_p_or_nobody(logits, temperature, k, p):
    """Your function keeps the tokens whose own probability is at least p; where there is none, 0/0
    is NaN. Top-p looks at the mass of the best tokens together: add up their probabilities, from
    the largest down, until the sum reaches p."""
    probabilities = softmax(_top_k(logits / temperature, k))
    kept = np.where(probabilities >= p, probabilities, 0)
    return kept / kept.sum()


def best_first(logits, temperature, k, p):
    """Your probabilities are right, but in the order of their size. Position i of the result
    belongs to token i: put the numbers back, probabilities[order] = kept."""
    return np.sort(next_probabilities(logits, temperature, k, p))[::-1]


def _by_the_crossing(logits, temperature, k, p, crossing):
    """The nucleus as the best tokens up to the index that `crossing` finds in their masses."""
    probabilities = softmax(_top_k(logits / temperature, k))
    order = np.argsort(-probabilities, kind="stable")
    kept = order[: crossing(np.cumsum(probabilities[order])) + 1]
    result = np.zeros(len(logits))
    result[kept] = probabilities[kept] / probabilities[kept].sum()
    return result


def mass_of_one_never_reached(logits, temperature, k, p):
    """Your nucleus is a single token where p = 1. Rounding can leave the whole mass a little below
    1: then (mass >= p) is False everywhere, and np.argmax of that is 0. Keep a token where the mass
    before it is below p."""
    return _by_the_crossing(logits, temperature, k, p, lambda mass: np.argmax(mass >= p))


def no_index_where_mass_is_one(logits, temperature, k, p):
    """Your function fails where p = 1. Rounding can leave the whole mass a little below 1: then no
    place has (mass >= p), and the first of them does not exist. Keep a token where the mass before
    it is below p."""
    return _by_the_crossing(logits, temperature, k, p, lambda mass: np.nonzero(mass >= p)[0][0])


def next_probabilities_cases(rng):
    yield np.log([1.0, 2.0, 4.0]), 0.5, 2, 0.9  # 1, 2, 4 become 1, 4, 16; ⅕ and ⅘ are kept
    yield np.log([0.4, 0.3, 0.15, 0.1, 0.05]), 2.0, 3, 0.6
    yield np.log([0.05, 0.1, 0.15, 0.3, 0.4]), 0.5, 4, 0.8
    for size, temperature, k, p in ((12, 0.7, 5, 0.75), (40, 1.8, 10, 0.5), (9, 1.3, 20, 0.9)):
        yield rng.permutation(np.linspace(-3, 3, size) ** 3 / 5), temperature, k, p
    yield rng.normal(size=6), 0.8, 1, 0.5
    yield np.log([0.22, 0.1, 0.3, 0.13, 0.25]), 1.0, 5, 0.2  # three with 0.2 or more, one needed
    yield np.array([0.0, 3.0, 1.0, 2.0]), 1.0, 2, 0.99  # k alone decides
    # Tokens so rare that a sum near 1 does not feel them, in float32 or in float64: added up, the
    # probabilities stay below 1, however they were computed. Two of the frequent ones are equal.
    rare, very_rare = np.linspace(-16.1, -16.3, 30), np.linspace(-36.3, -36.5, 30)
    yield np.array([0.0, 1.0, *rare, *very_rare, 0.0]), 1.0, 70, 1.0
    yield np.array([799.0, -800.0, 800.0, 0.0, 798.0]), 0.5, 4, 0.95
    yield np.array([-803.0, -800.0, -801.0]), 1.0, 3, 0.9


EXERCISE = Exercise(
    id="11.5",
    title="The sampling controls in order",
    cases=next_probabilities_cases,
    answer=next_probabilities,
    hints=(
        "Divide the logits by the temperature, keep the k largest, take the softmax of those "
        "alone. Only then look at p.",
        "Sort what is left from the most probable down. A token is kept if the mass before it "
        "is below p.",
        "order = np.argsort(-logits)[:k] gives the k best, best first; np.cumsum(kept) − kept "
        "is the mass before each. Divide by the sum at the end, and put the numbers back at "
        "their tokens.",
    ),
    misconceptions=(
        top_p_before_temperature,
        top_p_over_all_tokens,
        not_renormalised,
        never_renormalised,
        crossing_token_left_out,
        multiplied_by_temperature,
        temperature_ignored,
        temperature_last,
        top_k_left_out,
        top_p_left_out,
        excluded_logits_zero,
        one_token_too_many,
        own_probability_reaches_p,
        own_probability_reaches_p_or_nobody,
        best_first,
        mass_of_one_never_reached,
        no_index_where_mass_is_one,
    ),
)
