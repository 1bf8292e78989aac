"""The exercises of lesson 04: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

# 04.1


def perplexity(log_probs):
    return np.exp(-np.mean(log_probs))


def mean_of_perplexities(log_probs):
    """Your function behaves exactly as if each token had its own perplexity 1/p and these were
    averaged. Average the logarithms first and take the exponential once, at the end: exp(−mean)."""
    return np.mean(np.exp(-log_probs))


def inverse_of_the_mean_probability(log_probs):
    """Your function behaves exactly as if the probabilities themselves were averaged. A product of
    probabilities has a geometric mean: average their logarithms."""
    return 1 / np.mean(np.exp(log_probs))


def base_two(log_probs):
    """Your function behaves exactly as if the logarithms were to base 2: you take 2 to the power of
    the loss. These are natural logarithms, so the exponential is exp."""
    return 2 ** (-np.mean(log_probs))


def sum_for_mean(log_probs):
    """Your function takes the sum of the logarithms instead of their mean. That is one over the
    probability of the whole text; perplexity is per token, so divide by T."""
    return np.exp(-np.sum(log_probs))


def sign_forgotten(log_probs):
    """Your function returns the geometric mean of the probabilities, a number below 1. Perplexity
    is its inverse: the minus sign is missing."""
    return np.exp(np.mean(log_probs))


def exponential_forgotten(log_probs):
    """Your function returns the loss in nats per token. Perplexity is the exponential of it."""
    return -np.mean(log_probs)


def perplexity_cases(rng):
    yield (np.log(np.array([0.5, 0.25, 0.1, 0.9])),)
    yield (np.log(np.array([0.2])),)
    for T in (7, 20):
        yield (np.log(rng.uniform(0.05, 0.95, size=T)),)


# 04.2


def bigram_probabilities(tokens, vocab_size, alpha):
    counts = np.full((vocab_size, vocab_size), float(alpha))
    np.add.at(counts, (tokens[:-1], tokens[1:]), 1)
    return counts / counts.sum(axis=1, keepdims=True)


def _counts(tokens, vocab_size):
    counts = np.zeros((vocab_size, vocab_size))
    np.add.at(counts, (tokens[:-1], tokens[1:]), 1)
    return counts


def columns_normalised(tokens, vocab_size, alpha):
    """Your function normalises over the wrong axis: the columns sum to one. Each row holds the
    answers to one question, what follows this token, so divide by counts.sum(axis=1,
    keepdims=True)."""
    counts = _counts(tokens, vocab_size) + alpha
    return counts / counts.sum(axis=0, keepdims=True)


def rows_divided_along_columns(tokens, vocab_size, alpha):
    """Your function sums the right axis but divides along the other one. The sums have shape
    (vocab_size,) and NumPy lays them along a row; keepdims=True makes them a column."""
    counts = _counts(tokens, vocab_size) + alpha
    return counts / counts.sum(axis=1)


def normalised_over_the_whole_table(tokens, vocab_size, alpha):
    """Your function divides by the sum of the whole table. That is the probability of a pair. For
    the probability of the next token, each row must sum to one."""
    counts = _counts(tokens, vocab_size) + alpha
    return counts / counts.sum()


def smoothed_after_normalising(tokens, vocab_size, alpha):
    """Your function adds α after normalising: the rows no longer sum to one. Add α to the counts,
    and normalise afterwards."""
    counts = _counts(tokens, vocab_size)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) + alpha


def one_alpha_below(tokens, vocab_size, alpha):
    """Your function adds α to each count but only one α to the sum. There are vocab_size counts in
    a row, so the sum grows by α · vocab_size."""
    counts = _counts(tokens, vocab_size)
    return (counts + alpha) / (counts.sum(axis=1, keepdims=True) + alpha)


def table_transposed(tokens, vocab_size, alpha):
    """Your function counts with the roles exchanged: its rows belong to the token that follows. Row
    is the token before, column the one after."""
    counts = _counts(tokens, vocab_size).T + alpha
    return counts / counts.sum(axis=1, keepdims=True)


def right_table_transposed(tokens, vocab_size, alpha):
    """Your function returns the right table, transposed: its columns sum to one. Row is the token
    before, column the one after."""
    counts = _counts(tokens, vocab_size) + alpha
    return (counts / counts.sum(axis=1, keepdims=True)).T


def alpha_forgotten(tokens, vocab_size, alpha):
    """Your function returns the relative counts: α is forgotten. What was never seen gets zero, and
    a context never seen gives 0/0. Add α to every count before you normalise."""
    counts = _counts(tokens, vocab_size)
    return counts / counts.sum(axis=1, keepdims=True)


def repeated_pairs_lost(tokens, vocab_size, alpha):
    """Your function counts each pair at most once. `counts[before, after] += 1` with arrays adds
    only once where a pair repeats; np.add.at(counts, (before, after), 1) adds every time."""
    counts = np.full((vocab_size, vocab_size), float(alpha))
    counts[tokens[:-1], tokens[1:]] += 1
    return counts / counts.sum(axis=1, keepdims=True)


def bigram_cases(rng):
    yield np.array([0, 1, 0, 1, 2, 2, 1, 0, 1]), 3, 1.0
    yield np.array([1, 0]), 2, 0.5
    yield rng.integers(0, 4, size=40), 6, 0.1  # two tokens never occur
    yield rng.integers(0, 3, size=25), 3, 2.0


# 04.3


def with_temperature(logits, tau):
    scaled = logits / tau
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def probabilities_divided_and_renormalised(logits, tau):
    """Your function behaves exactly as if the probabilities were divided by τ and renormalised, or
    as if there were no temperature: τ cancels. Divide the logits, before the softmax."""
    return _softmax(logits)


def softmax_of_probabilities(logits, tau):
    """Your function behaves exactly as if the temperature were applied after the softmax, to the
    probabilities, and then a second softmax: softmax(p/τ) is nearly uniform. Divide the logits."""
    return _softmax(_softmax(logits) / tau)


def multiplied(logits, tau):
    """Your function multiplies the logits by τ instead of dividing. A small temperature must make
    the distribution sharper."""
    return _softmax(logits * tau)


def not_renormalised(logits, tau):
    """Your function takes p to the power 1/τ but does not divide by the sum afterwards."""
    return _softmax(logits) ** (1 / tau)


def probabilities_divided(logits, tau):
    """Your function divides the probabilities by τ: the rows sum to 1/τ instead of 1. Divide the
    logits by τ, then take the softmax."""
    return _softmax(logits) / tau


def temperature_over_the_batch(logits, tau):
    """Your function normalises over the batch: the columns sum to one. Each row is one
    distribution, so the softmax runs along axis 1."""
    return _softmax((logits / tau).T).T


def softmax_forgotten(logits, tau):
    """Your function returns the logits divided by τ. Those are still logits: take the softmax of
    each row."""
    return logits / tau


def softmax_over_the_whole_array(logits, tau):
    """Your function normalises over the whole array: all rows together sum to one. Each row is one
    distribution, so sum along axis 1."""
    exponentials = np.exp(logits / tau - (logits / tau).max())
    return exponentials / exponentials.sum()


def maximum_not_subtracted(logits, tau):
    """Your formula is right, but large logits overflow: exp(2000) is infinite. Take off the row's
    maximum first; the softmax stays the same."""
    exponentials = np.exp(logits / tau)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def temperature_cases(rng):
    yield np.array([[2.0, 1.0, 0.0, -1.0]]), 0.5
    for B, vocab_size, tau in ((3, 5, 0.7), (4, 4, 1.5), (1, 6, 3.0), (2, 3, 0.25)):
        yield rng.normal(0, 2, size=(B, vocab_size)), tau
    yield np.array([[1000.0, 999.0, 0.0], [-5.0, 0.0, 5.0]]), 0.5  # exp overflows; rows far apart


# 04.4


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


def nucleus_cases(rng):
    yield np.array([0.1, 0.4, 0.15, 0.3, 0.05]), 0.6
    yield np.array([0.02, 0.95, 0.03]), 0.5
    yield np.array([0.25, 0.5, 0.0625, 0.1875]), 0.75  # two tokens reach p exactly
    for vocab_size, p in ((8, 0.9), (5, 0.75), (20, 0.5)):
        yield rng.dirichlet(np.ones(vocab_size)), p


# 04.5


def beam_step(scores, log_probs, finished, width):
    totals = scores[:, None] + log_probs
    totals[finished] = -np.inf
    totals[finished, 0] = scores[finished]
    best = np.argsort(-totals, axis=None)[:width]
    parents, tokens = np.unravel_index(best, totals.shape)
    return parents, tokens, totals[parents, tokens]


def _best(totals, width):
    best = np.argsort(-totals, axis=None)[:width]
    parents, tokens = np.unravel_index(best, totals.shape)
    return parents, tokens, totals[parents, tokens]


def probabilities_added(scores, log_probs, finished, width):
    """Your function behaves exactly as if the probability of a beam and that of the next token were
    added. They are multiplied, so their logarithms are added: scores[:, None] + log_probs."""
    totals = np.log(np.exp(scores)[:, None] + np.exp(log_probs))
    totals[finished] = -np.inf
    totals[finished, 0] = scores[finished]
    return _best(totals, width)


def finished_beams_extended(scores, log_probs, finished, width):
    """Your function extends finished beams by further tokens. A finished beam stays as it is: one
    candidate, token 0, with its score unchanged."""
    return _best(scores[:, None] + log_probs, width)


def finished_beams_dropped(scores, log_probs, finished, width):
    """Your function drops the finished beams. They stay in the competition, one candidate each,
    with token 0 and their score unchanged."""
    totals = scores[:, None] + log_probs
    totals[finished] = -np.inf
    return _best(totals, width)


def finished_beams_pay_for_the_end(scores, log_probs, finished, width):
    """Your function lets a finished beam go on with token 0 but adds that token's log-probability
    once more. Its score stays unchanged."""
    totals = scores[:, None] + log_probs
    totals[finished, 1:] = -np.inf
    return _best(totals, width)


def best_of_the_new_tokens_alone(scores, log_probs, finished, width):
    """Your function chooses by the log-probability of the new token alone. Choose by the score of
    the whole sequence: the beam's score plus the token's."""
    chosen = log_probs.copy()
    chosen[finished] = -np.inf
    chosen[finished, 0] = 0
    parents, tokens, _ = _best(chosen, width)
    totals = scores[:, None] + np.where(finished[:, None], 0, log_probs)
    return parents, tokens, totals[parents, tokens]


def scores_not_added(scores, log_probs, finished, width):
    """Your function forgets the scores of the beams: it ranks and returns the log-probabilities of
    the new tokens. Add the score so far: scores[:, None] + log_probs."""
    totals = log_probs.copy()
    totals[finished] = -np.inf
    totals[finished, 0] = scores[finished]
    return _best(totals, width)


def worst_candidates_kept(scores, log_probs, finished, width):
    """Your function keeps the worst candidates. Log-probabilities are negative, and the best is the
    largest: sort with argsort(-totals)."""
    totals = scores[:, None] + log_probs
    totals[finished] = np.inf
    totals[finished, 0] = scores[finished]
    parents, tokens, kept = _best(-totals, width)
    return parents, tokens, -kept


def beam_step_cases(rng):
    for beams, vocab_size, width in ((2, 4, 2), (3, 5, 4), (1, 3, 2), (4, 3, 3)):
        scores = np.log(rng.uniform(0.05, 0.6, size=beams))
        log_probs = np.log(rng.dirichlet(np.ones(vocab_size), size=beams))
        finished = np.zeros(beams, dtype=bool)
        finished[1::2] = True
        yield scores, log_probs, finished, width


EXERCISES = (
    Exercise(
        id="04.1",
        title="Perplexity",
        cases=perplexity_cases,
        answer=perplexity,
        hints=(
            "What is the loss per token, given these logarithms?",
            "The loss is minus their mean, in nats. Perplexity undoes the logarithm.",
            "np.exp of minus np.mean(log_probs).",
        ),
        misconceptions=(
            mean_of_perplexities,
            inverse_of_the_mean_probability,
            base_two,
            sum_for_mean,
            sign_forgotten,
            exponential_forgotten,
        ),
    ),
    Exercise(
        id="04.2",
        title="A bigram table",
        cases=bigram_cases,
        answer=bigram_probabilities,
        hints=(
            "The pairs are (tokens[:-1], tokens[1:]). Begin with a table of the counts.",
            "Start the table at α instead of 0, and add 1 for each pair with np.add.at.",
            "Divide by counts.sum(axis=1, keepdims=True), so that each row sums to one.",
        ),
        misconceptions=(
            columns_normalised,
            rows_divided_along_columns,
            normalised_over_the_whole_table,
            smoothed_after_normalising,
            one_alpha_below,
            right_table_transposed,
            alpha_forgotten,
            table_transposed,
            repeated_pairs_lost,
        ),
    ),
    Exercise(
        id="04.3",
        title="Temperature",
        cases=temperature_cases,
        answer=with_temperature,
        hints=(
            "Does the temperature act before or after the softmax?",
            "Divide the logits by τ, then take the softmax of each row. Large logits overflow, so "
            "take off the row's maximum first.",
            "scaled = logits / tau; then exp(scaled − its row maximum), divided by its row sum.",
        ),
        misconceptions=(
            probabilities_divided_and_renormalised,
            softmax_of_probabilities,
            multiplied,
            not_renormalised,
            probabilities_divided,
            temperature_over_the_batch,
            softmax_forgotten,
            softmax_over_the_whole_array,
            maximum_not_subtracted,
        ),
    ),
    Exercise(
        id="04.4",
        title="The nucleus",
        cases=nucleus_cases,
        answer=nucleus,
        hints=(
            "In which order must you add up the probabilities?",
            "Sort from the most probable down. A token is inside if the mass before it is still "
            "below p.",
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
        ),
    ),
    Exercise(
        id="04.5",
        title="One step of beam search",
        cases=beam_step_cases,
        answer=beam_step,
        hints=(
            "Make a table of the scores of all candidates: a row for each beam, a column for each "
            "token.",
            "totals = scores[:, None] + log_probs. In the rows of finished beams everything is −∞ "
            "but column 0, which holds the beam's own score.",
            "np.argsort(-totals, axis=None)[:width] gives places in the flattened table; "
            "np.unravel_index turns them into parents and tokens.",
        ),
        misconceptions=(
            probabilities_added,
            finished_beams_extended,
            finished_beams_dropped,
            finished_beams_pay_for_the_end,
            best_of_the_new_tokens_alone,
            scores_not_added,
            worst_candidates_kept,
        ),
    ),
)
