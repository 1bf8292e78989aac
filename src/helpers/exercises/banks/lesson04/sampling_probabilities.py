"""Exercise 04.4: a sampler, repaired. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise
from helpers.exercises.functions import softmax


def sampling_probabilities(logits, tau, k):
    exponentials = np.exp((logits - logits.max()) / tau)
    p = exponentials / exponentials.sum()
    kth_largest = np.sort(p)[-min(k, len(p))]
    p = np.where(p < kth_largest, 0, p)
    return p / p.sum()


def top_k_of(p, k):
    """The k largest probabilities, with whatever equals the k-th, renormalised."""
    kept = np.where(p < np.sort(p)[-min(k, len(p))], 0, p)
    return kept / kept.sum()


def kept_places(logits, k):
    """Whether each token is among the k largest or equals the k-th, (vocab,)."""
    return logits >= np.sort(logits)[-min(k, len(logits))]


def nothing_repaired(logits, tau, k):
    """Your function still does what the careless one did. Follow τ through it: what does the last
    line do to a factor 1/τ? And which place of the sorted array is [-k] when k is too large?"""
    return temperature_still_cancels(logits, tau, k if k <= len(logits) else _too_large())


def _too_large():
    raise IndexError


def temperature_still_cancels(logits, tau, k):
    """Your function accepts any k now, but the temperature still has no effect: the factor 1/τ on
    all probabilities is taken back when they are renormalised. Divide the logits, before the
    softmax."""
    return top_k_of(softmax(logits), k)


def k_still_too_large(logits, tau, k):
    """Your temperature is right now, but k may still be larger than the vocabulary, and then [-k]
    does not exist. With such a k every token stays."""
    return sampling_probabilities(logits, tau, k if k <= len(logits) else _too_large())


def softmax_of_probabilities(logits, tau, k):
    """Your function behaves exactly as if a second softmax were taken, of p/τ. Probabilities lie
    between 0 and 1, so that makes them nearly equal. Divide the logits by τ, and take one
    softmax."""
    return top_k_of(softmax(softmax(logits) / tau), k)


def multiplied(logits, tau, k):
    """Your function behaves exactly as if the logits were multiplied by τ, or the probabilities
    raised to the power τ. A small temperature must make the distribution sharper: divide the
    logits, or take the power 1/τ."""
    return top_k_of(softmax(logits * tau), k)


def not_renormalised(logits, tau, k):
    """Your function keeps the right tokens, but their probabilities no longer sum to one. Divide by
    their sum after the cut."""
    return np.where(kept_places(logits, k), softmax(logits / tau), 0)


def divided_by_tau_at_the_end(logits, tau, k):
    """Your function divides by τ after the last renormalisation, so the probabilities sum to 1/τ,
    and no ratio changes. Divide the logits, before the softmax."""
    return top_k_of(softmax(logits), k) / tau


def tempered_and_divided_at_the_end(logits, tau, k):
    """Your temperature acts where it should, on the logits, and then a second time on the result,
    which now sums to 1/τ. Leave the second division out."""
    return sampling_probabilities(logits, tau, k) / tau


def temperature_twice(logits, tau, k):
    """Your function behaves exactly as if the logits were divided by τ twice, so by τ². Once is
    enough."""
    return sampling_probabilities(logits, tau * tau, k)


def forbidden_logits_set_to_zero(logits, tau, k):
    """Your function forbids a token by the logit 0. But exp(0) is 1, so it can still be drawn, and
    may even become the most probable. A logit that forbids is −∞."""
    return softmax(np.where(kept_places(logits, k), logits, 0) / tau)


def forbidden_log_probabilities_set_to_zero(logits, tau, k):
    """Your function forbids a token by the log-probability 0. But exp(0) is 1, the largest
    probability there is. A logarithm that forbids is −∞."""
    log_p = np.log(softmax(logits)) / tau
    return softmax(np.where(kept_places(logits, k), log_p, 0))


def minus_infinity_for_a_probability(logits, tau, k):
    """Your function sets forbidden probabilities to −∞, so their sum is −∞ as well. That is how a
    logit forbids, before the softmax; a probability forbids by 0."""
    p = np.where(kept_places(logits, k), softmax(logits / tau), -np.inf)
    return p / p.sum()


def softmax_after_the_cut(logits, tau, k):
    """Your function takes a softmax of the probabilities that are left. That makes them nearly
    equal, and what is forbidden gets exp(0) = 1 before the division. They are probabilities
    already: divide by their sum."""
    return softmax(sampling_probabilities(logits, tau, k))


def softmax_of_what_the_cut_left(logits, tau, k):
    """Your function cuts the probabilities and puts them, without dividing by their sum, into a
    second softmax. That makes them nearly equal, and what is forbidden gets exp(0) = 1 before the
    division. Divide by the sum instead."""
    return softmax(not_renormalised(logits, tau, k))


def first_of_a_tie_kept(logits, tau, k):
    """Your function keeps exactly k tokens: of those that equal the k-th it drops the later ones.
    Whatever equals the k-th stays, so compare with its value instead of counting places."""
    return _exactly(np.argsort(-logits, kind="stable")[:k], logits, tau)


def last_of_a_tie_kept(logits, tau, k):
    """Your function keeps exactly k tokens: of those that equal the k-th it drops the earlier ones.
    Whatever equals the k-th stays, so compare with its value instead of counting places."""
    return _exactly(np.argsort(logits, kind="stable")[-k:], logits, tau)


def _exactly(places, logits, tau):
    kept = np.zeros(len(logits))
    kept[places] = softmax(logits / tau)[places]
    return kept / kept.sum()


def maximum_not_subtracted(logits, tau, k):
    """Your formula is right, but large logits overflow: exp(800) is infinite, and infinity divided
    by infinity is NaN. Take off the largest logit first; the softmax stays the same."""
    exponentials = np.exp(logits / tau)
    return top_k_of(exponentials / exponentials.sum(), k)


def undivided_maximum_subtracted(logits, tau, k):
    """Your function takes off the largest logit, but from the logits that are divided already. What
    is left can still be large: 800/0.5 − 800 is 800. Divide first, then take off the maximum of
    the result, or take it off first and divide both."""
    exponentials = np.exp(logits / tau - logits.max())
    return top_k_of(exponentials / exponentials.sum(), k)


def kth_dropped(logits, tau, k):
    """Your function drops the k-th token as well: only what is larger stays. With k = 1 nothing is
    left, and 0/0 is NaN. The k-th itself is kept."""
    p = softmax(logits / tau)
    kept = np.where(p <= np.sort(p)[-min(k, len(p))], 0, p)
    return kept / kept.sum()


def one_token_too_many(logits, tau, k):
    """Your function keeps k + 1 tokens. The k-th largest of the sorted array is at [-k], since the
    last place is [-1] and not [-0]."""
    return sampling_probabilities(logits, tau, k + 1)


def one_token_short_of_all(logits, tau, k):
    """Your function limits k to the size of the vocabulary minus 1, so the least probable token
    goes even if k is large enough for all. From the end, places count from 1: the limit is
    len(p)."""
    return sampling_probabilities(logits, tau, min(k, len(logits) - 1))


def least_probable_kept(logits, tau, k):
    """Your function keeps the k least probable tokens. Sorted upwards, the large ones are at the
    end."""
    p = softmax(logits / tau)
    kept = np.where(p > np.sort(p)[min(k, len(p)) - 1], 0, p)
    return kept / kept.sum()


def kth_from_the_wrong_end(logits, tau, k):
    """Your function takes the k-th smallest probability for the k-th largest, and drops what is
    below it. Sorted upwards, the k-th largest is at [-k]."""
    p = softmax(logits / tau)
    kept = np.where(p < np.sort(p)[min(k, len(p)) - 1], 0, p)
    return kept / kept.sum()


def top_k_forgotten(logits, tau, k):
    """Your temperature is right, but every token stays, whatever k is."""
    return softmax(logits / tau)


def still_logits(logits, tau, k):
    """Your function returns logits: divided by τ, and −∞ for what is forbidden. Take the softmax of
    them."""
    return np.where(kept_places(logits, k), logits / tau, -np.inf)


def sampling_cases(rng):
    yield np.log([1.0, 2.0, 4.0]), 0.5, 2  # squared 1, 4, 16: one fifth and four fifths
    yield np.log([4.0, 1.0, 9.0]), 2.0, 5  # roots 2, 1, 3; k is larger than the vocabulary
    yield np.array([0.0, 2.0, -1.0, 1.0]), 0.7, 1
    yield np.array([1.0, -2.0, 1.0, 3.0, 1.0, 0.0]), 1.5, 2  # three tokens share place 2
    yield np.array([800.0, 799.0, 0.0, -800.0, 798.5]), 0.5, 3
    yield np.array([-800.0, -801.0, -799.0]), 1.0, 3
    for vocab_size, tau, k in ((6, 0.4, 3), (8, 3.0, 5), (20, 0.9, 20), (68, 1.3, 100)):
        yield rng.normal(0, 2, size=vocab_size), tau, k


EXERCISE = Exercise(
    id="04.4",
    title="A sampler, repaired",
    cases=sampling_cases,
    answer=sampling_probabilities,
    hints=(
        "The careless function divides all probabilities by τ. What does its last line do to such "
        "a factor?",
        "What does τ divide, and does that come before or after the softmax? And how many tokens "
        "stay if k is larger than the vocabulary?",
        "p = softmax(logits / tau), with the largest logit taken off inside the softmax; the k-th "
        "largest is np.sort(p)[-min(k, len(p))]; the last two lines are right.",
    ),
    misconceptions=(
        nothing_repaired,
        temperature_still_cancels,
        k_still_too_large,
        softmax_of_probabilities,
        multiplied,
        not_renormalised,
        divided_by_tau_at_the_end,
        tempered_and_divided_at_the_end,
        temperature_twice,
        forbidden_logits_set_to_zero,
        forbidden_log_probabilities_set_to_zero,
        minus_infinity_for_a_probability,
        softmax_after_the_cut,
        softmax_of_what_the_cut_left,
        first_of_a_tie_kept,
        last_of_a_tie_kept,
        maximum_not_subtracted,
        undivided_maximum_subtracted,
        kth_dropped,
        one_token_too_many,
        one_token_short_of_all,
        least_probable_kept,
        kth_from_the_wrong_end,
        top_k_forgotten,
        still_logits,
    ),
)
