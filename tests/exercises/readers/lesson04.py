"""Answers to 04.1 as readers write them: wrong ones get their name, right ones pass."""

import itertools

import numpy as np
from reader_answers import right, wrong

# 04.1


def table(tokens, vocab_size):
    counts = [[0.0] * vocab_size for _ in range(vocab_size)]
    for before, after in itertools.pairwise(tokens):
        counts[before][after] += 1
    return np.array(counts)


@wrong("04.1", "last_pair_wraps_round")
def pairs_by_roll(tokens, vocab_size, alpha):
    counts = np.full((vocab_size, vocab_size), alpha)
    np.add.at(counts, (tokens, np.roll(tokens, -1)), 1)
    return counts / counts.sum(1, keepdims=True)


@wrong("04.1", "last_pair_lost")
def range_too_short(tokens, vocab_size, alpha):
    counts = np.zeros((vocab_size, vocab_size)) + alpha
    for k in range(len(tokens) - 2):
        counts[tokens[k], tokens[k + 1]] += 1
    return counts / counts.sum(1)[:, None]


@wrong("04.1", "divided_by_the_tokens_counts")
def unigram_counts_below(tokens, vocab_size, alpha):
    seen = np.array([(tokens == v).sum() for v in range(vocab_size)])
    return (table(tokens, vocab_size) + alpha) / (seen[:, None] + vocab_size * alpha)


@wrong("04.1", "alpha_not_in_the_sum")
def sum_before_smoothing(tokens, vocab_size, alpha):
    counts = table(tokens, vocab_size)
    sums = counts.sum(axis=1)
    return ((counts + alpha).T / sums).T


@wrong("04.1", "alpha_only_where_nothing_was_seen")
def zeros_replaced(tokens, vocab_size, alpha):
    counts = table(tokens, vocab_size)
    counts = np.where(counts > 0, counts, alpha)
    return counts / counts.sum(axis=1, keepdims=True)


@right("04.1")
def rows_one_by_one(tokens, vocab_size, alpha):
    counts = table(tokens, vocab_size)
    return [[(n + alpha) / (sum(row) + alpha * vocab_size) for n in row] for row in counts.tolist()]


@right("04.1")
def by_bincount(tokens, vocab_size, alpha):
    pairs = tokens[:-1] * vocab_size + tokens[1:]
    counts = np.bincount(pairs, minlength=vocab_size**2).reshape(vocab_size, -1) + alpha
    return np.einsum("ij,i->ij", counts, 1 / counts.sum(1))
