"""Exercise 04.5: an embedding's gradient, repaired. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def embedding_gradient(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    np.add.at(dE, x, delta)
    return dE


def occurrences(x, vocab_size):
    """How often each token occurs, at least 1: a column, (vocab_size, 1)."""
    return np.maximum(np.bincount(x.ravel(), minlength=vocab_size), 1)[:, None]


def nothing_repaired(x, delta, vocab_size):
    """Your function still does what the careless one did. Try it on x = [[0, 0]] with
    vocab_size = 3: how many rows come back, and which of the two errors is in row 0?"""
    dE = np.zeros((x.max() + 1, delta.shape[-1]))
    dE[x] += delta
    return dE


def repeated_tokens_lost(x, delta, vocab_size):
    """Your function has a row for every token now, but each row holds one error only, the last.
    Where a token occurs twice, the second write replaces the first: so does `=` in a loop, and so
    does `dE[x] += delta`, which reads all rows, adds, and writes them back. Every occurrence must
    add."""
    dE = np.zeros((vocab_size, delta.shape[-1]))
    dE[x] += delta
    return dE


def rows_missing(x, delta, vocab_size):
    """Your function adds every error, but it ends at the largest token of this batch. The gradient
    has the shape of E: tokens above that one have a row too, of zeros."""
    return embedding_gradient(x, delta, x.max() + 1)


def rows_only_of_tokens_that_occur(x, delta, vocab_size):
    """Your function returns rows only for the tokens that occur. The gradient has the shape of E:
    row v belongs to token v, and tokens that do not occur get zeros."""
    return embedding_gradient(x, delta, vocab_size)[np.unique(x)]


def rows_of_tokens_that_occur_first(x, delta, vocab_size):
    """Your function puts the rows of the tokens that occur at the top, one after the other. Row v
    belongs to token v: write the sums back to the places of their tokens."""
    found = np.unique(x)
    dE = np.zeros((vocab_size, delta.shape[-1]))
    dE[: len(found)] = embedding_gradient(x, delta, vocab_size)[found]
    return dE


def first_occurrence_only(x, delta, vocab_size):
    """Your function keeps the first error of each token and drops the others. Every occurrence must
    add."""
    dE = np.zeros((vocab_size, delta.shape[-1]))
    tokens, first = np.unique(x, return_index=True)
    dE[tokens] = delta.reshape(x.size, -1)[first]
    return dE


def repeats_inside_a_window_lost(x, delta, vocab_size):
    """Your function adds up the windows, but inside a window it still adds only once: there too a
    token may occur twice, and `dE[x[b]] += delta[b]` writes the last one only."""
    dE = np.zeros((vocab_size, delta.shape[-1]))
    for tokens, errors in zip(x, delta, strict=True):
        dE[tokens] += errors
    return dE


def repeats_across_windows_lost(x, delta, vocab_size):
    """Your function adds up the places of a window, but at one place it still adds only once: two
    windows may have the same token there, and `dE[x[:, t]] += delta[:, t]` writes the last one
    only."""
    dE = np.zeros((vocab_size, delta.shape[-1]))
    for t in range(x.shape[1]):
        dE[x[:, t]] += delta[:, t]
    return dE


def averaged_over_the_occurrences(x, delta, vocab_size):
    """Your function takes the mean of the errors of each token. The gradient is their sum: a token
    that occurs twice changes the loss twice."""
    return embedding_gradient(x, delta, vocab_size) / occurrences(x, vocab_size)


def last_error_times_the_count(x, delta, vocab_size):
    """Your function multiplies one error of each token, the last, by the number of its occurrences.
    But each occurrence has an error of its own: add them."""
    dE = repeated_tokens_lost(x, delta, vocab_size)
    return dE * occurrences(x, vocab_size)


def averaged_over_the_batch_again(x, delta, vocab_size):
    """Your function divides by B. The loss is a mean over the batch, but delta is its gradient, so
    the 1/B is in there already."""
    return embedding_gradient(x, delta, vocab_size) / len(x)


def averaged_over_all_copies(x, delta, vocab_size):
    """Your function divides by B · C, the number of copies. The gradient is a sum over the copies,
    and what the mean loss needs is in delta already."""
    return embedding_gradient(x, delta, vocab_size) / x.size


def returned_transposed(x, delta, vocab_size):
    """Your numbers are right, but the result is transposed. It has the shape of E: a row for each
    token, (vocab_size, d)."""
    return embedding_gradient(x, delta, vocab_size).T


def components_added_up(x, delta, vocab_size):
    """Your function adds up the d numbers of each error too, so all numbers of a row are the same.
    Each error is a vector: it is added to its row as it is."""
    sums = np.broadcast_to(delta.sum(axis=-1, keepdims=True), delta.shape)
    return embedding_gradient(x, sums, vocab_size)


def embedding_gradient_cases(rng):
    yield np.array([[0, 2, 0]]), np.array([[[1.0], [2.0], [4.0]]]), 4  # 5, 0, 2, 0
    yield (
        np.array([[1, 0], [0, 2]]),
        np.array([[[1.0, 0.0], [0.0, 2.0]], [[3.0, 1.0], [1.0, 1.0]]]),
        3,
    )
    yield np.array([[0, 1, 2]]), rng.normal(size=(1, 3, 2)), 3  # the careless one is right here
    yield np.array([[3], [3], [1]]), rng.normal(size=(3, 1, 2)), 5
    for B, C, d, vocab_size in ((4, 3, 2, 6), (5, 4, 3, 4)):
        yield rng.integers(vocab_size, size=(B, C)), rng.normal(size=(B, C, d)), vocab_size
    yield rng.integers(60, size=(250, 8)), rng.normal(size=(250, 8, 2)), 68  # 2,000 tokens


EXERCISE = Exercise(
    id="04.5",
    title="The gradient of the embeddings, repaired",
    cases=embedding_gradient_cases,
    answer=embedding_gradient,
    hints=(
        "Work out x = [[0, 0]] with the errors 1 and 2 by the equation of the section, then run "
        "the careless function on it. What is missing?",
        "E has a row for every token of the vocabulary, and so has its gradient. For the sum, you "
        "counted pairs in exercise 04.1: how did each of them add?",
        "Start with np.zeros((vocab_size, delta.shape[-1])). Then np.add.at(dE, x, delta), or a "
        "loop over all b and t with dE[x[b, t]] += delta[b, t].",
    ),
    misconceptions=(
        nothing_repaired,
        repeated_tokens_lost,
        rows_missing,
        rows_only_of_tokens_that_occur,
        rows_of_tokens_that_occur_first,
        first_occurrence_only,
        repeats_inside_a_window_lost,
        repeats_across_windows_lost,
        averaged_over_the_occurrences,
        last_error_times_the_count,
        averaged_over_the_batch_again,
        averaged_over_all_copies,
        returned_transposed,
        components_added_up,
    ),
)
