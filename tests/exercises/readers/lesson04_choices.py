"""Answers to 04.2 and 04.4 as readers write them: wrong ones get their name, right ones pass."""

import heapq

import numpy as np
from reader_answers import right, wrong
from scipy import special

from helpers.text import filters

# 04.2


@wrong("04.2", "only_one_token_at_p_of_one")
def argmax_of_the_sums(probabilities, p):
    order = np.argsort(probabilities)[::-1]
    n = np.argmax(np.cumsum(probabilities[order]) >= p) + 1
    kept = np.zeros_like(probabilities)
    kept[order[:n]] = probabilities[order[:n]]
    return kept / kept.sum()


@wrong("04.2", "sums_up_to_p_kept")
def at_most_p(probabilities, p):
    result, total = [0.0] * len(probabilities), 0.0
    for k in sorted(range(len(probabilities)), key=lambda k: -probabilities[k]):
        total += probabilities[k]
        if total <= p:
            result[k] = probabilities[k]
    return np.array(result) / sum(result) if sum(result) else np.full(len(result), np.nan)


@wrong("04.2", "sums_below_p_and_the_first_kept")
def mask_with_the_first_one_true(probabilities, p):
    order = np.argsort(-probabilities)
    mask = np.cumsum(probabilities[order]) < p
    mask[0] = True
    result = np.zeros(len(order))
    result[order[mask]] = probabilities[order[mask]]
    return result / result.sum()


@wrong("04.2", "mask_of_the_sorted_order")
def sorted_mask_on_the_vocabulary(probabilities, p):
    down = np.sort(probabilities)[::-1]
    mask = np.concatenate([[True], np.cumsum(down)[:-1] < p])
    kept = probabilities * mask
    return kept / kept.sum()


@wrong("04.2", "values_read_by_order")
def result_of_order(probabilities, p):
    order = np.argsort(-probabilities)
    down = probabilities[order]
    down = down * (np.concatenate([[0], np.cumsum(down)[:-1]]) < p)
    return (down / down.sum())[order]


@wrong("04.2", "softmax_of_what_is_left")
def softmax_of_the_kept(probabilities, p):
    order = np.argsort(-probabilities)
    n = int((np.cumsum(probabilities[order]) < p).sum()) + 1
    kept = np.full(len(order), -np.inf)
    kept[order[:n]] = probabilities[order[:n]]
    return special.softmax(kept)


@wrong("04.2", "divided_by_p")
def mass_taken_for_p(probabilities, p):
    order = np.argsort(-probabilities)
    before = np.cumsum(probabilities[order]) - probabilities[order]
    kept = np.zeros(len(order))
    kept[order[before < p]] = probabilities[order[before < p]]
    return kept / p


@right("04.2")
def loop_with_a_break(probabilities, p):
    result, total = np.zeros(len(probabilities)), 0.0
    for k in np.argsort(probabilities)[::-1]:
        result[k] = probabilities[k]
        total += probabilities[k]
        if total >= p:
            break
    return result / result.sum()


@right("04.2")
def searchsorted_and_threshold(probabilities, p):
    down = np.sort(probabilities)[::-1]
    n = min(int(np.searchsorted(np.cumsum(down), p)), len(down) - 1)
    kept = np.where(probabilities >= down[n], probabilities, 0)
    return (kept / kept.sum()).tolist()


@right("04.2")
def torch_in_float32(probabilities, p):
    import torch

    down, order = torch.tensor(probabilities, dtype=torch.float32).sort(descending=True)
    down[down.cumsum(0) - down >= p] = 0
    return torch.zeros(len(down)).scatter(0, order, down / down.sum())


@right("04.2")
def filter_of_the_lesson(probabilities, p):
    return special.softmax(filters.top_p(np.log(probabilities), p))


# 04.4


def candidates(scores, log_probs, finished, of_a_finished_beam):
    found = []
    for beam, (score, row) in enumerate(zip(scores, log_probs, strict=True)):
        if finished[beam]:
            found += of_a_finished_beam(beam, score, len(row))
        else:
            found += [(score + x, beam, token) for token, x in enumerate(row)]
    return found


def as_arrays(found):
    totals, parents, tokens = zip(*found, strict=True)
    return np.array(parents), np.array(tokens), np.array(totals)


@wrong("04.4", "finished_beams_enter_for_every_token")
def once_for_every_token(scores, log_probs, finished, width):
    def every(beam, score, size):
        return [(score, beam, token) for token in range(size)]

    found = candidates(scores, log_probs, finished, every)
    return as_arrays(sorted(found, key=lambda one: -one[0])[:width])


@wrong("04.4", "finished_beams_enter_for_every_token_last_first")
def once_for_every_token_downwards(scores, log_probs, finished, width):
    def every(beam, score, size):
        return [(score, beam, token) for token in range(size)]

    return as_arrays(sorted(candidates(scores, log_probs, finished, every), reverse=True)[:width])


@wrong("04.4", "finished_beams_enter_many_times")
def token_zero_for_every_token(scores, log_probs, finished, width):
    found = candidates(scores, log_probs, finished, lambda beam, score, n: [(score, beam, 0)] * n)
    return as_arrays(heapq.nlargest(width, found))


@wrong("04.4", "one_child_a_beam")
def best_child_of_each(scores, log_probs, finished, width):
    found = candidates(scores, log_probs, finished, lambda beam, score, n: [(score, beam, 0)])
    best = [max(one for one in found if one[1] == beam) for beam in range(len(scores))]
    return as_arrays(sorted(best, reverse=True)[:width])


@wrong("04.4", "one_child_a_beam_in_order")
def argmax_of_each_row(scores, log_probs, finished, width):
    tokens = np.where(finished, 0, log_probs.argmax(axis=1))
    gains = np.where(finished, 0, log_probs.max(axis=1))
    return list(range(len(scores))), tokens, scores + gains


@wrong("04.4", "finished_beams_enter_and_are_extended")
def other_columns_left_open(scores, log_probs, finished, width):
    log_probs[finished, 0] = 0
    totals = log_probs + scores.reshape(-1, 1)
    best = totals.ravel().argsort()[::-1][:width]
    return *divmod(best, totals.shape[1]), totals.ravel()[best]


@wrong("04.4", "best_candidate_last")
def largest_at_the_end(scores, log_probs, finished, width):
    found = candidates(scores, log_probs, finished, lambda beam, score, n: [(score, beam, 0)])
    return as_arrays(sorted(found)[-width:])


@wrong("04.4", "zeros_for_finished_beams")
def rows_emptied_with_zeros(scores, log_probs, finished, width):
    totals = (scores[:, None] + log_probs) * ~finished[:, None]
    totals[finished, 0] = scores[finished]
    best = np.argsort(-totals.ravel(), kind="stable")[:width]
    return best // totals.shape[1], best % totals.shape[1], totals.ravel()[best]


@wrong("04.4", "score_of_finished_beams_forgotten")
def finished_for_certain(scores, log_probs, finished, width):
    found = candidates(scores, log_probs, finished, lambda beam, score, n: [(0.0, beam, 0)])
    return as_arrays(sorted(found, key=lambda one: -one[0])[:width])


@right("04.4")
def heap_of_candidates(scores, log_probs, finished, width):
    found = candidates(scores, log_probs, finished, lambda beam, score, n: [(score, beam, 0)])
    return as_arrays(heapq.nlargest(width, found))


@right("04.4")
def topk_in_float32(scores, log_probs, finished, width):
    import torch

    totals = torch.tensor(scores[:, None] + log_probs, dtype=torch.float32)
    totals[finished] = -torch.inf
    totals[finished, 0] = torch.tensor(scores[finished], dtype=torch.float32)
    best = totals.flatten().topk(width)
    return best.indices // totals.shape[1], best.indices % totals.shape[1], best.values
