"""Exercise 04.4: one step of beam search with an end. What is right, and the known mistakes."""

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
    best = np.argsort(-totals, axis=None, kind="stable")[:width]
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


def finished_beams_enter_and_are_extended(scores, log_probs, finished, width):
    """Your function gives a finished beam its place with token 0, but extends it by the other
    tokens too. A finished beam is one candidate, so its row needs −∞ in all other columns."""
    totals = scores[:, None] + log_probs
    totals[finished, 0] = scores[finished]
    return _best(totals, width)


def _every_token_of_a_finished_beam(scores, log_probs, finished):
    return scores[:, None] + np.where(finished[:, None], 0, log_probs)


def finished_beams_enter_for_every_token(scores, log_probs, finished, width):
    """Your function lets a finished beam enter once for every token, with its score unchanged each
    time. So one sequence takes several of the places. It enters once, with token 0."""
    return _best(_every_token_of_a_finished_beam(scores, log_probs, finished), width)


def finished_beams_enter_for_every_token_last_first(scores, log_probs, finished, width):
    """Your function lets a finished beam enter once for every token, the last one first, with its
    score unchanged each time. So one sequence takes several of the places. It enters once, with
    token 0."""
    totals = _every_token_of_a_finished_beam(scores, log_probs, finished)
    parents, tokens, kept = _best(totals[:, ::-1], width)
    return parents, log_probs.shape[1] - 1 - tokens, kept


def finished_beams_enter_many_times(scores, log_probs, finished, width):
    """Your function lets a finished beam enter several times, always with token 0, as when it is
    added inside the loop over the tokens. It enters once: add it outside that loop."""
    totals = _every_token_of_a_finished_beam(scores, log_probs, finished)
    parents, tokens, kept = _best(totals, width)
    return parents, np.where(finished[parents], 0, tokens), kept


def one_child_a_beam(scores, log_probs, finished, width):
    """Your function keeps one child of each beam, its best. Two children of a good beam may both
    be better than any child of another. Let the candidates of all beams compete together."""
    parents, tokens, kept = one_child_a_beam_in_order(scores, log_probs, finished, width)
    best = np.argsort(-kept)[:width]
    return parents[best], tokens[best], kept[best]


def one_child_a_beam_in_order(scores, log_probs, finished, width):
    """Your function gives each beam one child, its best, and leaves the beams in their order. Two
    children of a good beam may both be better than any child of another. Let the candidates of all
    beams compete together, and return the best `width` of them, best first."""
    totals = scores[:, None] + log_probs
    totals[finished] = -np.inf
    totals[finished, 0] = scores[finished]
    return np.arange(len(scores)), totals.argmax(axis=1), totals.max(axis=1)


def zeros_for_finished_beams(scores, log_probs, finished, width):
    """Your function puts 0 where a finished beam has no candidate. Scores are logarithms of
    probabilities, so 0 wins against all of them. What must lose gets −∞."""
    totals = scores[:, None] + log_probs
    totals[finished] = 0
    totals[finished, 0] = scores[finished]
    return _best(totals, width)


def score_of_finished_beams_forgotten(scores, log_probs, finished, width):
    """Your function gives a finished beam the score 0, as if its text were certain. It keeps the
    score it came with, scores[finished]."""
    totals = scores[:, None] + log_probs
    totals[finished] = -np.inf
    totals[finished, 0] = 0
    return _best(totals, width)


def best_candidate_last(scores, log_probs, finished, width):
    """Your candidates are the right ones, but the best comes last. argsort sorts upwards: sort
    −totals, or turn the result round."""
    return tuple(result[::-1] for result in beam_step(scores, log_probs, finished, width))


def beam_step_cases(rng):
    yield (  # whole numbers, to be worked by hand; they are not logarithms of probabilities
        np.array([-3.0, -5.0]),
        np.array([[-4.0, -1.0, -3.0], [-3.0, -4.0, -6.0]]),
        np.array([False, True]),
        3,
    )
    for beams, vocab_size, width in ((1, 3, 2), (1, 3, 3), (2, 4, 2), (3, 5, 4), (4, 3, 3)):
        scores = np.log(rng.uniform(0.05, 0.6, size=beams))
        log_probs = np.log(rng.dirichlet(np.ones(vocab_size), size=beams))
        finished = np.zeros(beams, dtype=bool)
        finished[1::2] = True
        yield scores, log_probs, finished, width
    # All beams are finished, so there are no more candidates than beams:
    yield (
        np.array([-2.0, -0.5, -1.0]),
        np.log(rng.dirichlet(np.ones(4), size=3)),
        np.ones(3, bool),
        3,
    )


EXERCISE = Exercise(
    id="04.4",
    title="Beams that end",
    cases=beam_step_cases,
    answer=beam_step,
    hints=(
        "Make a table of the scores of all candidates: a row for each beam, a column for each "
        "token.",
        "How many of the places in the row of a finished beam are candidates? The others must lose "
        "against everything. And how do you tell from a place among all which row it is in?",
        "totals = scores[:, None] + log_probs; in the rows of finished beams −∞, but their own "
        "score in column 0. np.argsort(-totals, axis=None)[:width] gives places in the flattened "
        "table, np.unravel_index(places, totals.shape) the beams and the tokens.",
    ),
    misconceptions=(
        probabilities_added,
        finished_beams_extended,
        finished_beams_dropped,
        finished_beams_pay_for_the_end,
        best_of_the_new_tokens_alone,
        scores_not_added,
        worst_candidates_kept,
        finished_beams_enter_and_are_extended,
        finished_beams_enter_for_every_token,
        finished_beams_enter_for_every_token_last_first,
        finished_beams_enter_many_times,
        one_child_a_beam,
        one_child_a_beam_in_order,
        zeros_for_finished_beams,
        score_of_finished_beams_forgotten,
        best_candidate_last,
    ),
)
