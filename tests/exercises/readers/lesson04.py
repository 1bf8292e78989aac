"""Answers to 04.1 and 04.2 as readers write them: wrong ones get their name, right ones pass."""

import itertools
import math

import numpy as np
from reader_answers import right, wrong

# 04.1


@wrong("04.1", "product_of_the_probabilities")
def root_of_one_over_the_product(log_probs):
    return (1 / np.prod(np.exp(log_probs))) ** (1 / len(log_probs))


@wrong("04.1", "product_of_the_probabilities")
def product_of_inverses(log_probs):
    product = 1.0
    for log_prob in log_probs:
        product *= 1 / math.exp(log_prob)
    return product ** (1 / len(log_probs))


@wrong("04.1", "division_by_a_product_of_zero")
def product_of_python_floats(log_probs):
    return math.prod(math.exp(x) for x in log_probs) ** (-1 / len(log_probs))


@wrong("04.1", "sum_for_mean")
def one_over_the_texts_probability(log_probs):
    return 1 / np.prod(np.exp(log_probs))


@wrong("04.1", "sum_for_mean_overflows")
def exponential_of_the_sum(log_probs):
    return math.exp(-sum(log_probs))


@wrong("04.1", "logarithm_taken_again")
def logarithm_of_logarithms(log_probs):
    return np.exp(-np.mean(np.log(log_probs)))


@wrong("04.1", "one_token_less")
def divided_by_one_less(log_probs):
    return math.e ** (-log_probs.sum() / (log_probs.size - 1))


@wrong("04.1", "exponential_of_bits")
def bits_in_the_exponent(log_probs):
    bits = -(log_probs / math.log(2)).mean()
    return math.exp(bits)


@right("04.1")
def loop_over_a_list(log_probs):
    total = 0.0
    for x in log_probs.tolist():
        total -= x
    return math.exp(total / len(log_probs))


@right("04.1")
def base_two_of_the_bits(log_probs):
    return 2 ** -np.log2(np.exp(log_probs)).mean()


@right("04.1")
def float32_all_the_way(log_probs):
    total = np.float32(0)
    for x in log_probs.astype(np.float32):
        total += x
    return np.exp(-total / np.float32(len(log_probs)))


# 04.2


def table(tokens, vocab_size):
    counts = [[0.0] * vocab_size for _ in range(vocab_size)]
    for before, after in itertools.pairwise(tokens):
        counts[before][after] += 1
    return np.array(counts)


@wrong("04.2", "last_pair_wraps_round")
def pairs_by_roll(tokens, vocab_size, alpha):
    counts = np.full((vocab_size, vocab_size), alpha)
    np.add.at(counts, (tokens, np.roll(tokens, -1)), 1)
    return counts / counts.sum(1, keepdims=True)


@wrong("04.2", "last_pair_lost")
def range_too_short(tokens, vocab_size, alpha):
    counts = np.zeros((vocab_size, vocab_size)) + alpha
    for k in range(len(tokens) - 2):
        counts[tokens[k], tokens[k + 1]] += 1
    return counts / counts.sum(1)[:, None]


@wrong("04.2", "divided_by_the_tokens_counts")
def unigram_counts_below(tokens, vocab_size, alpha):
    seen = np.array([(tokens == v).sum() for v in range(vocab_size)])
    return (table(tokens, vocab_size) + alpha) / (seen[:, None] + vocab_size * alpha)


@wrong("04.2", "alpha_not_in_the_sum")
def sum_before_smoothing(tokens, vocab_size, alpha):
    counts = table(tokens, vocab_size)
    sums = counts.sum(axis=1)
    return ((counts + alpha).T / sums).T


@wrong("04.2", "alpha_only_where_nothing_was_seen")
def zeros_replaced(tokens, vocab_size, alpha):
    counts = table(tokens, vocab_size)
    counts = np.where(counts > 0, counts, alpha)
    return counts / counts.sum(axis=1, keepdims=True)


@right("04.2")
def rows_one_by_one(tokens, vocab_size, alpha):
    counts = table(tokens, vocab_size)
    return [[(n + alpha) / (sum(row) + alpha * vocab_size) for n in row] for row in counts.tolist()]


@right("04.2")
def by_bincount(tokens, vocab_size, alpha):
    pairs = tokens[:-1] * vocab_size + tokens[1:]
    counts = np.bincount(pairs, minlength=vocab_size**2).reshape(vocab_size, -1) + alpha
    return np.einsum("ij,i->ij", counts, 1 / counts.sum(1))
