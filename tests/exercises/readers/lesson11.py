"""Exercises 11.1 and 11.2: answers as readers write them, wrong ones and right ones."""

from collections import Counter
from itertools import groupby, pairwise

import numpy as np
import torch
import torch.nn.functional as F
from reader_answers import refused, right, wrong
from scipy.special import log_softmax, softmax

# 11.1


def pair_counts(words, counts):
    pairs = Counter()
    for word, count in zip(words, counts, strict=True):
        for pair in pairwise(word):
            pairs[pair] += count
    return pairs


def best_pair(words, counts):
    pairs = pair_counts(words, counts)
    return sorted(pairs, key=lambda pair: (-pairs[pair], *pair))[0]


def replaced(words, pair, new):
    result = []
    for word in words:
        i, merged = 0, []
        while i < len(word):
            hit = tuple(word[i : i + 2]) == pair
            merged.append(new if hit else word[i])
            i += 2 if hit else 1
        result.append(merged)
    return result


@right("11.1")
def merge_right(words, counts, new):
    return replaced(words, best_pair(words, counts), new)


@wrong("11.1", "text_replaced")
def merge_by_text(words, counts, new):
    a, b = best_pair(words, counts)
    joined = "\n".join(" ".join(str(t) for t in word) for word in words)
    joined = joined.replace(str(a) + " " + str(b), str(new))
    return [[int(t) for t in line.split()] for line in joined.split("\n")]


@wrong("11.1", "first_token_decides_ties")
def merge_sorted_by_first_token(words, counts, new):
    pairs = pair_counts(words, counts)
    top = max(pairs.values())
    ties = [pair for pair in pairs if pairs[pair] == top]
    ties.sort(key=lambda pair: pair[0])
    return replaced(words, ties[0], new)


@wrong("11.1", "counts_entering_twice")
def merge_with_counts_squared(words, counts, new):
    repeated = [w for w, c in zip(words, counts, strict=True) for _ in range(c)]
    again = [c for c in counts for _ in range(c)]
    return replaced(words, best_pair(repeated, again), new)


@wrong("11.1", "deleted_while_walking")
def merge_deleting_in_a_for_loop(words, counts, new):
    best = best_pair(words, counts)
    for w in words:
        for j in range(len(w) - 1):
            if [w[j], w[j + 1]] == list(best):
                w[j] = new
                del w[j + 1]
    return words


@wrong("11.1", "deleted_while_walking_and_comparing")
def merge_deleting_and_comparing(words, counts, new):
    a, b = best_pair(words, counts)
    for w in words:
        for j in range(len(w) - 1):
            if w[j] == a and w[j + 1] == b:
                w[j] = new
                w.pop(j + 1)
    return words


@wrong("11.1", "first_seen_of_equals")
def merge_with_max(words, counts, new):
    return replaced(words, pair_counts(words, counts).most_common(1)[0][0], new)


@refused("11.1", "error", "IndexError: list index out of range")
def merge_off_by_one(words, counts, new):
    pairs = Counter()
    for word, count in zip(words, counts, strict=True):
        for i in range(len(word)):
            pairs[word[i], word[i + 1]] += count
    return replaced(words, min(pairs, key=lambda p: (-pairs[p], p)), new)


@right("11.1")
def merge_in_place(words, counts, new):
    best = best_pair(words, counts)
    for word in words:
        i = 0
        while i < len(word) - 1:
            if tuple(word[i : i + 2]) == best:
                word[i : i + 2] = [new]
            i += 1
    return words


@right("11.1")
def merge_to_tuples(words, counts, new):
    return tuple(tuple(word) for word in merge_right(words, counts, new))


@right("11.1")
def merge_by_groupby(words, counts, new):
    pairs = pair_counts(words, counts).items()
    groups = {
        n: [p for p, _ in g] for n, g in groupby(sorted(pairs, key=lambda x: x[1]), lambda x: x[1])
    }
    return replaced(words, min(groups[max(groups)]), new)


# 11.2


def losses_of(logits, tokens):
    return -log_softmax(logits[:-1], axis=1)[range(len(tokens) - 1), tokens[1:]]


@wrong("11.2", "entropy_of_the_predictions")
def score_with_entropy(logits, tokens, characters):
    p = softmax(logits[:-1], axis=-1)
    entropy = -np.sum(p * np.log(p), axis=-1)
    return np.exp(entropy.mean()), entropy.sum() / characters


@wrong("11.2", "two_to_the_nats")
def score_two_to_the_nats(logits, tokens, characters):
    nats = losses_of(logits, tokens)
    return np.power(2.0, np.mean(nats)), nats.sum() / characters


@wrong("11.2", "exponential_of_the_bits_and_bits")
def score_e_to_the_bits(logits, tokens, characters):
    bits = -np.log2(softmax(logits, axis=1)[np.arange(len(tokens) - 1), tokens[1:]])
    return np.exp(bits.mean()), bits.sum() / characters


@wrong("11.2", "product_of_probabilities")
def score_multiplying(logits, tokens, characters):
    p = 1.0
    for row, token in zip(softmax(logits, axis=1)[:-1], tokens[1:], strict=True):
        p *= row[token]
    return (1 / p) ** (1 / (len(tokens) - 1)), -np.log(p) / characters


@wrong("11.2", "product_for_the_perplexity")
def score_multiplying_for_the_first(logits, tokens, characters):
    nats = losses_of(logits, tokens)
    return np.prod(np.exp(nats)) ** (1 / len(nats)), nats.sum() / characters


@wrong("11.2", "maximum_left_in")
def score_naive_softmax(logits, tokens, characters):
    p = np.exp(logits) / np.exp(logits).sum(axis=1)[:, None]
    nats = [-np.log(p[t, tokens[t + 1]]) for t in range(len(tokens) - 1)]
    return np.exp(np.mean(nats)), np.sum(nats) / characters


@wrong("11.2", "maximum_left_in")
def score_naive_log_sum(logits, tokens, characters):
    rows = logits[:-1]
    nats = np.log(np.exp(rows).sum(1)) - rows[np.arange(len(rows)), tokens[1:]]
    return np.exp(nats.mean()), nats.sum() / characters


@wrong("11.2", "exponential_of_the_sum")
def score_without_the_mean(logits, tokens, characters):
    nats = losses_of(logits, tokens).sum()
    return np.exp(nats), nats / characters


@wrong("11.2", "not_shifted_at_all")
def score_unshifted(logits, tokens, characters):
    nats = F.cross_entropy(torch.tensor(logits), torch.tensor(tokens), reduction="none")
    return nats.mean().exp(), nats.sum() / characters


@right("11.2")
def score_in_float32(logits, tokens, characters):
    logits, tokens = torch.tensor(logits, dtype=torch.float32), torch.tensor(tokens)
    nats = F.cross_entropy(logits[:-1], tokens[1:], reduction="none")
    return nats.mean().exp().item(), nats.sum().item() / characters


@right("11.2")
def score_by_numpy_in_float32(logits, tokens, characters):
    logits = logits.astype(np.float32)
    top = logits.max(axis=1)
    log_sum = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
    nats = (log_sum[:, None] - logits)[np.arange(len(tokens) - 1), tokens[1:]]
    return np.exp(nats.mean()), nats.sum() / np.float32(characters)


@right("11.2")
def score_log_of_softmax(logits, tokens, characters):
    total = 0.0
    for t in range(1, len(tokens)):
        total -= np.log(softmax(logits[t - 1])[tokens[t]])
    return [2 ** (total / np.log(2) / (len(tokens) - 1)), total / characters]


refused("11.2", "wrong", "right, but in another order")(lambda *a: score_log_of_softmax(*a)[::-1])
