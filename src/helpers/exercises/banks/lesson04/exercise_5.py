"""Exercise 04.5: one step of beam search. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


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


EXERCISE = Exercise(
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
)
