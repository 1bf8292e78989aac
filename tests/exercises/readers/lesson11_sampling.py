"""Exercise 11.5: answers as readers write them, wrong ones and right ones."""

import numpy as np
import torch
import torch.nn.functional as F
from reader_answers import refused, right, wrong
from scipy.special import softmax

# 11.5


def sampled(logits, temperature, k, p, keep):
    """keep(sorted probabilities, their cumulated sum) says how many of them, or which."""
    probs = softmax(np.sort(logits)[::-1][:k] / temperature)
    result = np.zeros(len(logits))
    order = np.argsort(-logits, kind="stable")[:k]
    chosen = keep(probs, np.cumsum(probs))
    result[order[chosen]] = probs[chosen]
    return result / result.sum()


@wrong("11.5", "mass_of_one_never_reached")
def nucleus_argmax(logits, temperature, k, p):
    return sampled(logits, temperature, k, p, lambda q, c: slice(int(np.argmax(c >= p)) + 1))


@wrong("11.5", "mass_of_one_never_reached")
def nucleus_argmax_from_torch(logits, temperature, k, p):
    z = torch.tensor(logits) / temperature
    z[z < z.sort().values[-min(k, len(z))]] = -torch.inf
    probs = z.softmax(0).numpy()
    order = np.argsort(probs)[::-1]
    last = int((np.cumsum(probs[order]) >= p).argmax())
    probs[order[last + 1 :]] = 0
    return probs / np.sum(probs)


@wrong("11.5", "mass_of_one_never_reached")
def nucleus_argmax_in_float32(logits, temperature, k, p):
    z = np.float32(logits) / np.float32(temperature)
    order = np.argsort(z)[::-1][:k]
    e = np.exp(z[order] - z.max())
    q = e / e.sum()
    q[np.argmax(q.cumsum() >= p) + 1 :] = 0
    result = np.zeros_like(z)
    result[order] = q / q.sum()
    return result


@wrong("11.5", "no_index_where_mass_is_one")
def nucleus_nonzero(logits, temperature, k, p):
    return sampled(logits, temperature, k, p, lambda q, c: slice(np.nonzero(c >= p)[0][0] + 1))


@wrong("11.5", "own_probability_reaches_p")
def nucleus_of_likely_tokens(logits, temperature, k, p):
    def keep(q, c):
        chosen = q >= p
        chosen[0] = True
        return chosen

    return sampled(logits, temperature, k, p, keep)


@wrong("11.5", "own_probability_reaches_p_or_nobody")
def nucleus_of_likely_tokens_or_nan(logits, temperature, k, p):
    return sampled(logits, temperature, k, p, lambda q, c: q >= p)


@wrong("11.5", "crossing_token_left_out")
def nucleus_before_the_crossing(logits, temperature, k, p):
    def keep(q, c):
        chosen = c <= p
        chosen[0] = True
        return chosen

    return sampled(logits, temperature, k, p, keep)


@right("11.5")
def nucleus_right(logits, temperature, k, p):
    return sampled(logits, temperature, k, p, lambda q, c: slice(int(np.searchsorted(c, p)) + 1))


@right("11.5")
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


@right("11.5")
def nucleus_in_float32(logits, temperature, k, p):
    logits = torch.tensor(logits, dtype=torch.float32) / temperature
    if k < len(logits):
        logits[logits < torch.topk(logits, k).values[-1]] = -torch.inf
    best, order = torch.sort(logits, descending=True)
    probs = F.softmax(best, dim=-1)
    best[probs.cumsum(-1) - probs >= p] = -torch.inf
    return F.softmax(torch.empty_like(logits).scatter_(0, order, best), dim=-1)


@right("11.5")
def nucleus_by_the_library(logits, temperature, k, p):
    from helpers.text import filters

    logits = filters.temperature(logits, temperature)
    return filters.softmax(filters.top_p(filters.top_k(logits, k), p))


@wrong("11.5", "one_token_too_many")
def one_more_than_k(logits, temperature, k, p):
    return nucleus_right(logits, temperature, k + 1, p)


@wrong("11.5", "best_first")
def sorted_for_ever(logits, temperature, k, p):
    return np.sort(nucleus_right(logits, temperature, k, p))[::-1]


@refused("11.5", "wrong", "NaN or infinity where numbers are expected")
def nucleus_naive(logits, temperature, k, p):
    e = np.exp(logits / temperature)
    order = np.argsort(-e)[:k]
    q = e[order] / e[order].sum()
    q[np.cumsum(q) - q >= p] = 0
    result = np.zeros_like(e)
    result[order] = q / q.sum()
    return result
