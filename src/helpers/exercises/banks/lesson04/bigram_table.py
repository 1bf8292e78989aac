"""Exercise 04.1: a bigram table. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


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


def last_pair_wraps_round(tokens, vocab_size, alpha):
    """Your function behaves exactly as if the text were a ring: it also counts the pair of the last
    token and the first. After the last token comes nothing, so T tokens make T − 1 pairs."""
    counts = _counts(np.append(tokens, tokens[0]), vocab_size) + alpha
    return counts / counts.sum(axis=1, keepdims=True)


def last_pair_lost(tokens, vocab_size, alpha):
    """Your function behaves exactly as if the last token were not there. T tokens make T − 1 pairs;
    the last of them ends with the last token."""
    counts = _counts(tokens[:-1], vocab_size) + alpha
    return counts / counts.sum(axis=1, keepdims=True)


def alpha_not_in_the_sum(tokens, vocab_size, alpha):
    """Your function adds α to each count but divides by the sum without it: the rows sum to more
    than one, and a context never seen divides by zero. Add α first, then divide by the row's
    sum."""
    counts = _counts(tokens, vocab_size)
    return (counts + alpha) / counts.sum(axis=1, keepdims=True)


def divided_by_the_tokens_counts(tokens, vocab_size, alpha):
    """Your function divides by how often each token occurs in the text. The text's last token
    is counted there too, but nothing follows it, so its row sums to less than one. Divide by the
    sum of the row."""
    seen = np.bincount(tokens, minlength=vocab_size)[:, None]
    return (_counts(tokens, vocab_size) + alpha) / (seen + alpha * vocab_size)


def alpha_only_where_nothing_was_seen(tokens, vocab_size, alpha):
    """Your function gives α only to the pairs that never occur. Add it to every count, to those
    above zero too."""
    counts = _counts(tokens, vocab_size)
    counts[counts == 0] = alpha
    return counts / counts.sum(axis=1, keepdims=True)


def one_added_instead_of_alpha(tokens, vocab_size, alpha):
    """Your function behaves exactly as if α were 1, whatever it is. Add the α that is given."""
    counts = _counts(tokens, vocab_size) + 1
    return counts / counts.sum(axis=1, keepdims=True)


def bigram_cases(rng):
    yield np.array([0, 1, 0, 1, 1]), 2, 1.0  # the counts are 0, 2 and 1, 1
    yield np.array([1, 0]), 2, 0.5
    yield np.array([0, 1, 0, 1, 2, 2, 1, 0, 1]), 3, 1.0
    yield rng.integers(0, 4, size=40), 6, 0.1  # two tokens never occur
    yield rng.integers(0, 3, size=25), 3, 2.0


EXERCISE = Exercise(
    id="04.1",
    title="A bigram table",
    cases=bigram_cases,
    answer=bigram_probabilities,
    hints=(
        "Which pairs are in [0, 1, 1, 0]? Begin with a table of how often each occurs.",
        "The same pair may come many times: does your way of adding count each of them? And where "
        "does α enter, before or after the counts become probabilities?",
        "Start with np.full((vocab_size, vocab_size), alpha); np.add.at(counts, (tokens[:-1], "
        "tokens[1:]), 1); divide by counts.sum(axis=1, keepdims=True).",
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
        last_pair_wraps_round,
        last_pair_lost,
        alpha_not_in_the_sum,
        divided_by_the_tokens_counts,
        alpha_only_where_nothing_was_seen,
        one_added_instead_of_alpha,
    ),
)
