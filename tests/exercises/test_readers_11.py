"""Lesson 11: answers as readers write them, wrong ones told apart and right ones accepted."""

from collections import Counter
from itertools import groupby, pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import log_softmax, softmax

from helpers.exercises import exercise

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


def merge_right(words, counts, new):
    return replaced(words, best_pair(words, counts), new)


def merge_by_text(words, counts, new):
    a, b = best_pair(words, counts)
    joined = "\n".join(" ".join(str(t) for t in word) for word in words)
    joined = joined.replace(str(a) + " " + str(b), str(new))
    return [[int(t) for t in line.split()] for line in joined.split("\n")]


def merge_sorted_by_first_token(words, counts, new):
    pairs = pair_counts(words, counts)
    top = max(pairs.values())
    ties = [pair for pair in pairs if pairs[pair] == top]
    ties.sort(key=lambda pair: pair[0])
    return replaced(words, ties[0], new)


def merge_with_counts_squared(words, counts, new):
    repeated = [w for w, c in zip(words, counts, strict=True) for _ in range(c)]
    again = [c for c in counts for _ in range(c)]
    return replaced(words, best_pair(repeated, again), new)


def merge_deleting_in_a_for_loop(words, counts, new):
    best = best_pair(words, counts)
    for w in words:
        for j in range(len(w) - 1):
            if [w[j], w[j + 1]] == list(best):
                w[j] = new
                del w[j + 1]
    return words


def merge_deleting_and_comparing(words, counts, new):
    a, b = best_pair(words, counts)
    for w in words:
        for j in range(len(w) - 1):
            if w[j] == a and w[j + 1] == b:
                w[j] = new
                w.pop(j + 1)
    return words


def merge_with_max(words, counts, new):
    return replaced(words, pair_counts(words, counts).most_common(1)[0][0], new)


def merge_off_by_one(words, counts, new):
    pairs = Counter()
    for word, count in zip(words, counts, strict=True):
        for i in range(len(word)):
            pairs[word[i], word[i + 1]] += count
    return replaced(words, min(pairs, key=lambda p: (-pairs[p], p)), new)


def merge_in_place(words, counts, new):
    best = best_pair(words, counts)
    for word in words:
        i = 0
        while i < len(word) - 1:
            if tuple(word[i : i + 2]) == best:
                word[i : i + 2] = [new]
            i += 1
    return words


def merge_to_tuples(words, counts, new):
    return tuple(tuple(word) for word in merge_right(words, counts, new))


def merge_by_groupby(words, counts, new):
    pairs = pair_counts(words, counts).items()
    groups = {
        n: [p for p, _ in g] for n, g in groupby(sorted(pairs, key=lambda x: x[1]), lambda x: x[1])
    }
    return replaced(words, min(groups[max(groups)]), new)


# 11.2


def losses_of(logits, tokens):
    return -log_softmax(logits[:-1], axis=1)[range(len(tokens) - 1), tokens[1:]]


def score_with_entropy(logits, tokens, characters):
    p = softmax(logits[:-1], axis=-1)
    entropy = -np.sum(p * np.log(p), axis=-1)
    return np.exp(entropy.mean()), entropy.sum() / characters


def score_two_to_the_nats(logits, tokens, characters):
    nats = losses_of(logits, tokens)
    return np.power(2.0, np.mean(nats)), nats.sum() / characters


def score_e_to_the_bits(logits, tokens, characters):
    bits = -np.log2(softmax(logits, axis=1)[np.arange(len(tokens) - 1), tokens[1:]])
    return np.exp(bits.mean()), bits.sum() / characters


def score_multiplying(logits, tokens, characters):
    p = 1.0
    for row, token in zip(softmax(logits, axis=1)[:-1], tokens[1:], strict=True):
        p *= row[token]
    return (1 / p) ** (1 / (len(tokens) - 1)), -np.log(p) / characters


def score_multiplying_for_the_first(logits, tokens, characters):
    nats = losses_of(logits, tokens)
    return np.prod(np.exp(nats)) ** (1 / len(nats)), nats.sum() / characters


def score_naive_softmax(logits, tokens, characters):
    p = np.exp(logits) / np.exp(logits).sum(axis=1)[:, None]
    nats = [-np.log(p[t, tokens[t + 1]]) for t in range(len(tokens) - 1)]
    return np.exp(np.mean(nats)), np.sum(nats) / characters


def score_naive_log_sum(logits, tokens, characters):
    rows = logits[:-1]
    nats = np.log(np.exp(rows).sum(1)) - rows[np.arange(len(rows)), tokens[1:]]
    return np.exp(nats.mean()), nats.sum() / characters


def score_without_the_mean(logits, tokens, characters):
    nats = losses_of(logits, tokens).sum()
    return np.exp(nats), nats / characters


def score_unshifted(logits, tokens, characters):
    nats = F.cross_entropy(torch.tensor(logits), torch.tensor(tokens), reduction="none")
    return nats.mean().exp(), nats.sum() / characters


def score_in_float32(logits, tokens, characters):
    logits, tokens = torch.tensor(logits, dtype=torch.float32), torch.tensor(tokens)
    nats = F.cross_entropy(logits[:-1], tokens[1:], reduction="none")
    return nats.mean().exp().item(), nats.sum().item() / characters


def score_by_numpy_in_float32(logits, tokens, characters):
    logits = logits.astype(np.float32)
    top = logits.max(axis=1)
    log_sum = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
    nats = (log_sum[:, None] - logits)[np.arange(len(tokens) - 1), tokens[1:]]
    return np.exp(nats.mean()), nats.sum() / np.float32(characters)


def score_log_of_softmax(logits, tokens, characters):
    total = 0.0
    for t in range(1, len(tokens)):
        total -= np.log(softmax(logits[t - 1])[tokens[t]])
    return [2 ** (total / np.log(2) / (len(tokens) - 1)), total / characters]


# 11.3


def gradient_over_the_batch(E, ids, dlogits):
    return gradient_one_hot(E, ids, dlogits) / ids.shape[0]


def gradient_times_two(E, ids, dlogits):
    return 2 * gradient_one_hot(E, ids, dlogits)


def gradient_output_doubled(E, ids, dlogits):
    return (dlogits.T @ E[ids]) * 2


def gradient_table_doubled(E, ids, dlogits):
    onehot = np.eye(len(E))[ids]
    return 2 * onehot.T @ dlogits @ E


def gradient_overwriting(E, ids, dlogits):
    grad = dlogits.T @ E[ids]
    grad[ids] = dlogits @ E
    return grad


def gradient_assigned(E, ids, dlogits):
    table = np.zeros_like(E)
    table[ids] = dlogits @ E
    return table + dlogits.T @ E[ids]


def gradient_plus_equals(E, ids, dlogits):
    grad = dlogits.T @ E[ids]
    grad[ids] += dlogits @ E
    return grad


def gradient_one_hot(E, ids, dlogits):
    onehot = np.eye(len(E))[ids]
    return dlogits.T @ onehot @ E + onehot.T @ dlogits @ E


def gradient_by_autograd(E, ids, dlogits):
    E = torch.tensor(E, dtype=torch.float32, requires_grad=True)
    logits = E[torch.tensor(ids)] @ E.T
    logits.backward(torch.tensor(dlogits, dtype=torch.float32))
    return E.grad


def gradient_by_loops(E, ids, dlogits):
    grad = [[0.0] * E.shape[1] for _ in E]
    for row, token in zip(dlogits, ids, strict=True):
        for v, slope in enumerate(row):
            for j in range(E.shape[1]):
                grad[v][j] += slope * E[token, j]
                grad[token][j] += slope * E[v, j]
    return grad


# 11.4


def cached(e, wpe, Wq, Wk, Wv, past_k, past_v, width=None):
    n = past_k.shape[0]
    x = e + wpe[n : n + len(e)]
    k, v = np.vstack([past_k, x @ Wk]), np.vstack([past_v, x @ Wv])
    out = []
    for i, query in enumerate(x @ Wq):
        seen = k[: n + i + 1]
        out.append(softmax(seen @ query / np.sqrt(width or k.shape[1])) @ v[: n + i + 1])
    return np.array(out), k, v


def cached_positions_again(e, wpe, Wq, Wk, Wv, past_k, past_v):
    n = len(past_k)
    return cached(e, wpe, Wq, Wk, Wv, past_k + wpe[:n] @ Wk, past_v + wpe[:n] @ Wv)


def cached_positions_on_keys(e, wpe, Wq, Wk, Wv, past_k, past_v):
    n = len(past_k)
    return cached(e, wpe, Wq, Wk, Wv, past_k + wpe[:n], past_v + wpe[:n])


def cached_root_of_d(e, wpe, Wq, Wk, Wv, past_k, past_v):
    return cached(e, wpe, Wq, Wk, Wv, past_k, past_v, width=Wq.shape[0])


def cached_divided_by_d_k(e, wpe, Wq, Wk, Wv, past_k, past_v):
    return cached(e, wpe, Wq, Wk, Wv, past_k, past_v, width=Wq.shape[1] ** 2)


def cached_key_and_value_matrices(e, wpe, Wq, Wk, Wv, past_k, past_v):
    return cached(e, wpe, Wq, Wv, Wk, past_k, past_v)


def cached_pasts_swapped(e, wpe, Wq, Wk, Wv, past_k, past_v):
    return cached(e, wpe, Wq, Wk, Wv, past_v, past_k)


def cached_with_a_matrix(e, wpe, Wq, Wk, Wv, past_k, past_v, visible, stable=True, x_of_q=None):
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    k, v = np.append(past_k, x @ Wk, axis=0), np.append(past_v, x @ Wv, axis=0)
    scores = (x if x_of_q is None else x_of_q) @ Wq @ k.T / k.shape[1] ** 0.5
    scores[~visible.astype(bool)] = -np.inf
    if stable:
        scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    return weights / weights.sum(-1, keepdims=True) @ v, k, v


def cached_query_without_position(*a):
    return cached_with_a_matrix(
        *a, np.tri(len(a[0]), len(a[0]) + len(a[5]), len(a[5])), x_of_q=a[0]
    )


def cached_tril_without_offset(*a):
    return cached_with_a_matrix(*a, np.tril(np.ones((len(a[0]), len(a[0]) + len(a[5])))))


def cached_naive(*a):
    return cached_with_a_matrix(
        *a, np.tri(len(a[0]), len(a[0]) + len(a[5]), len(a[5])), stable=False
    )


def cached_masked_late(e, wpe, Wq, Wk, Wv, past_k, past_v, renormalise=True):
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    k, v = np.vstack([past_k, x @ Wk]), np.vstack([past_v, x @ Wv])
    weights = np.tril(softmax(x @ Wq @ k.T / np.sqrt(k.shape[1]), axis=1), n)
    if renormalise:
        weights = weights / weights.sum(1)[:, None]
    return weights @ v, k, v


def cached_masked_late_only(*a):
    return cached_masked_late(*a, renormalise=False)


def cached_attending_first(e, wpe, Wq, Wk, Wv, past_k, past_v):
    x = e + wpe[len(past_k) : len(past_k) + len(e)]
    s = x @ Wq @ past_k.T / np.sqrt(past_k.shape[1])
    w = np.exp(s - s.max(1, keepdims=True))
    w /= w.sum(1, keepdims=True)
    return w @ past_v, np.vstack([past_k, x @ Wk]), np.vstack([past_v, x @ Wv])


def cached_results_swapped(*a):
    out, k, v = cached(*a)
    return out, v, k


def cached_in_float32(*arrays):
    e, wpe, Wq, Wk, Wv, past_k, past_v = (torch.tensor(a, dtype=torch.float32) for a in arrays)
    n, T = len(past_k), len(e)
    x = e + wpe[n : n + T]
    k, v = torch.cat([past_k, x @ Wk]), torch.cat([past_v, x @ Wv])
    mask = torch.ones(T, n + T, dtype=torch.bool).tril(n)
    return F.scaled_dot_product_attention((x @ Wq)[None], k[None], v[None], mask)[0], k, v


def cached_with_a_large_number(*arrays):
    e, wpe, Wq, Wk, Wv, past_k, past_v = arrays
    n, T = len(past_k), len(e)
    x = np.array([e[i] + wpe[n + i] for i in range(T)])
    k, v = np.concatenate((past_k, x @ Wk)), np.concatenate((past_v, x @ Wv))
    scores = x @ Wq @ k.T / np.sqrt(k.shape[-1]) - 1e9 * np.triu(np.ones((T, n + T)), n + 1)
    return {"out": softmax(scores, axis=1) @ v, "keys": k, "values": v}


# 11.5


def sampled(logits, temperature, k, p, keep):
    """keep(sorted probabilities, their cumulated sum) says how many of them, or which."""
    probs = softmax(np.sort(logits)[::-1][:k] / temperature)
    result = np.zeros(len(logits))
    order = np.argsort(-logits, kind="stable")[:k]
    chosen = keep(probs, np.cumsum(probs))
    result[order[chosen]] = probs[chosen]
    return result / result.sum()


def nucleus_argmax(logits, temperature, k, p):
    return sampled(logits, temperature, k, p, lambda q, c: slice(int(np.argmax(c >= p)) + 1))


def nucleus_argmax_from_torch(logits, temperature, k, p):
    z = torch.tensor(logits) / temperature
    z[z < z.sort().values[-min(k, len(z))]] = -torch.inf
    probs = z.softmax(0).numpy()
    order = np.argsort(probs)[::-1]
    last = int((np.cumsum(probs[order]) >= p).argmax())
    probs[order[last + 1 :]] = 0
    return probs / np.sum(probs)


def nucleus_argmax_in_float32(logits, temperature, k, p):
    z = np.float32(logits) / np.float32(temperature)
    order = np.argsort(z)[::-1][:k]
    e = np.exp(z[order] - z.max())
    q = e / e.sum()
    q[np.argmax(q.cumsum() >= p) + 1 :] = 0
    result = np.zeros_like(z)
    result[order] = q / q.sum()
    return result


def nucleus_nonzero(logits, temperature, k, p):
    return sampled(logits, temperature, k, p, lambda q, c: slice(np.nonzero(c >= p)[0][0] + 1))


def nucleus_of_likely_tokens(logits, temperature, k, p):
    def keep(q, c):
        chosen = q >= p
        chosen[0] = True
        return chosen

    return sampled(logits, temperature, k, p, keep)


def nucleus_of_likely_tokens_or_nan(logits, temperature, k, p):
    return sampled(logits, temperature, k, p, lambda q, c: q >= p)


def nucleus_before_the_crossing(logits, temperature, k, p):
    def keep(q, c):
        chosen = c <= p
        chosen[0] = True
        return chosen

    return sampled(logits, temperature, k, p, keep)


def nucleus_right(logits, temperature, k, p):
    return sampled(logits, temperature, k, p, lambda q, c: slice(int(np.searchsorted(c, p)) + 1))


def nucleus_by_a_loop(logits, temperature, k, p):
    weights = {i: np.exp((z - max(logits)) / temperature) for i, z in enumerate(logits)}
    best = sorted(weights, key=weights.get, reverse=True)[:k]
    total, mass, kept = sum(weights[i] for i in best), 0.0, []
    for i in best:
        if mass >= p:
            break
        kept.append(i)
        mass += weights[i] / total
    return [weights[i] / sum(weights[j] for j in kept) if i in kept else 0.0 for i in weights]


def nucleus_in_float32(logits, temperature, k, p):
    logits = torch.tensor(logits, dtype=torch.float32) / temperature
    if k < len(logits):
        logits[logits < torch.topk(logits, k).values[-1]] = -torch.inf
    best, order = torch.sort(logits, descending=True)
    probs = F.softmax(best, dim=-1)
    best[probs.cumsum(-1) - probs >= p] = -torch.inf
    return F.softmax(torch.empty_like(logits).scatter_(0, order, best), dim=-1)


def nucleus_by_the_library(logits, temperature, k, p):
    from helpers.text import filters

    logits = filters.temperature(logits, temperature)
    return filters.softmax(filters.top_p(filters.top_k(logits, k), p))


def one_more_than_k(logits, temperature, k, p):
    return nucleus_right(logits, temperature, k + 1, p)


def sorted_for_ever(logits, temperature, k, p):
    return np.sort(nucleus_right(logits, temperature, k, p))[::-1]


def nucleus_naive(logits, temperature, k, p):
    e = np.exp(logits / temperature)
    order = np.argsort(-e)[:k]
    q = e[order] / e[order].sum()
    q[np.cumsum(q) - q >= p] = 0
    result = np.zeros_like(e)
    result[order] = q / q.sum()
    return result


@pytest.mark.parametrize(
    ("id", "wrong", "name"),
    [
        ("11.1", merge_by_text, "text_replaced"),
        ("11.1", merge_sorted_by_first_token, "first_token_decides_ties"),
        ("11.1", merge_with_counts_squared, "counts_entering_twice"),
        ("11.1", merge_deleting_in_a_for_loop, "deleted_while_walking"),
        ("11.1", merge_deleting_and_comparing, "deleted_while_walking_and_comparing"),
        ("11.1", merge_with_max, "first_seen_of_equals"),
        ("11.2", score_with_entropy, "entropy_of_the_predictions"),
        ("11.2", score_two_to_the_nats, "two_to_the_nats"),
        ("11.2", score_e_to_the_bits, "exponential_of_the_bits_and_bits"),
        ("11.2", score_multiplying, "product_of_probabilities"),
        ("11.2", score_multiplying_for_the_first, "product_for_the_perplexity"),
        ("11.2", score_naive_softmax, "maximum_left_in"),
        ("11.2", score_naive_log_sum, "maximum_left_in"),
        ("11.2", score_without_the_mean, "exponential_of_the_sum"),
        ("11.2", score_unshifted, "not_shifted_at_all"),
        ("11.3", gradient_over_the_batch, "averaged_over_the_batch"),
        ("11.3", gradient_times_two, "doubled"),
        ("11.3", gradient_output_doubled, "output_part_twice"),
        ("11.3", gradient_table_doubled, "table_part_twice"),
        ("11.3", gradient_overwriting, "rows_overwritten"),
        ("11.3", gradient_assigned, "repeated_tokens_lost"),
        ("11.3", gradient_plus_equals, "repeated_tokens_lost"),
        ("11.4", cached_positions_again, "positions_added_to_the_cache"),
        ("11.4", cached_positions_on_keys, "positions_added_to_the_cached_keys"),
        ("11.4", cached_root_of_d, "scaled_by_the_models_width"),
        ("11.4", cached_divided_by_d_k, "scaled_by_the_size"),
        ("11.4", cached_key_and_value_matrices, "keys_and_values_exchanged"),
        ("11.4", cached_pasts_swapped, "pasts_exchanged"),
        ("11.4", cached_query_without_position, "positions_not_in_the_queries"),
        ("11.4", cached_tril_without_offset, "mask_without_the_past"),
        ("11.4", cached_naive, "maximum_left_in"),
        ("11.4", cached_masked_late, "masked_after_the_softmax_and_renormalised"),
        ("11.4", cached_masked_late_only, "masked_after_the_softmax"),
        ("11.4", cached_attending_first, "attends_before_appending"),
        ("11.4", cached_results_swapped, "values_before_keys"),
        ("11.5", nucleus_argmax, "mass_of_one_never_reached"),
        ("11.5", nucleus_argmax_from_torch, "mass_of_one_never_reached"),
        ("11.5", nucleus_argmax_in_float32, "mass_of_one_never_reached"),
        ("11.5", nucleus_nonzero, "no_index_where_mass_is_one"),
        ("11.5", nucleus_of_likely_tokens, "own_probability_reaches_p"),
        ("11.5", nucleus_of_likely_tokens_or_nan, "own_probability_reaches_p_or_nobody"),
        ("11.5", nucleus_before_the_crossing, "crossing_token_left_out"),
        ("11.5", one_more_than_k, "one_token_too_many"),
        ("11.5", sorted_for_ever, "best_first"),
    ],
)
def test_mistake_of_a_reader_gets_its_name(id, wrong, name):
    verdict = exercise(id).judge(wrong)
    assert (verdict.kind, verdict.misconception) == ("misconception", name), verdict.text


@pytest.mark.parametrize(
    ("id", "wrong", "words"),
    [
        ("11.1", merge_off_by_one, "IndexError: list index out of range"),
        ("11.2", lambda *a: score_log_of_softmax(*a)[::-1], "right, but in another order"),
        ("11.5", nucleus_naive, "NaN or infinity where numbers are expected"),
    ],
)
def test_other_mistake_is_refused_without_a_name(id, wrong, words):
    verdict = exercise(id).judge(wrong)
    assert verdict.kind in ("wrong", "error")
    assert words in verdict.text


@pytest.mark.parametrize(
    ("id", "right"),
    [
        ("11.1", merge_right),
        ("11.1", merge_in_place),
        ("11.1", merge_to_tuples),
        ("11.1", merge_by_groupby),
        ("11.2", score_in_float32),
        ("11.2", score_by_numpy_in_float32),
        ("11.2", score_log_of_softmax),
        ("11.3", gradient_one_hot),
        ("11.3", gradient_by_autograd),
        ("11.3", gradient_by_loops),
        ("11.4", cached),
        ("11.4", cached_in_float32),
        ("11.4", cached_with_a_large_number),
        ("11.5", nucleus_right),
        ("11.5", nucleus_by_a_loop),
        ("11.5", nucleus_in_float32),
        ("11.5", nucleus_by_the_library),
    ],
)
def test_right_answer_in_another_style_is_accepted(id, right):
    verdict = exercise(id).judge(right)
    assert verdict.kind == "right", verdict.text


@pytest.mark.parametrize("id", ["11.1", "11.2", "11.3", "11.4", "11.5"])
def test_first_case_is_small(id):
    first = exercise(id).all_cases()[0]
    flat = [
        np.concatenate([np.ravel(x) for x in a]) if id == "11.1" and a is first[0] else a
        for a in first
    ]
    assert sum(np.size(argument) for argument in flat) <= 16


@pytest.mark.parametrize("id", ["11.2", "11.3", "11.4", "11.5"])
def test_right_answer_may_begin_in_float32(id):
    """What follows may be float64: NumPy makes it so beside an np.sqrt of a whole number."""

    def half_precise(*arguments):
        single = [
            np.float32(a) if getattr(a, "dtype", None) == np.float64 else a for a in arguments
        ]
        return exercise(id).answer(*single)

    verdict = exercise(id).judge(half_precise)
    assert verdict.kind == "right", verdict.text
