"""Answers to 04.5 as readers write them: wrong ones get their name, right ones pass."""

import numpy as np
from reader_answers import refused, right, wrong


@wrong("04.5", "nothing_repaired")
def careless_embedding_gradient(x, delta, vocab_size):  # as the lesson shows it
    dE = np.zeros((x.max() + 1, delta.shape[-1]))
    dE[x] += delta
    return dE


@wrong("04.5", "repeated_tokens_lost")
def shape_mended_only(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[2]))
    dE[x] += delta
    return dE


@wrong("04.5", "repeated_tokens_lost")
def flattened_first(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[2]))
    dE[x.reshape(-1)] = dE[x.reshape(-1)] + delta.reshape(-1, delta.shape[2])
    return dE


@wrong("04.5", "rows_missing")
def sum_mended_only(x, delta, vocab_size):
    dE = np.zeros((x.max() + 1, delta.shape[-1]))
    for b in range(len(x)):
        for t in range(x.shape[1]):
            dE[x[b, t]] += delta[b, t]
    return dE


@wrong("04.5", "rows_only_of_tokens_that_occur")
def one_row_for_each_found(x, delta, vocab_size):
    return np.array([delta[x == v].sum(axis=0) for v in sorted(set(x.ravel().tolist()))])


@wrong("04.5", "rows_of_tokens_that_occur_first")
def places_of_unique(x, delta, vocab_size):
    _, place = np.unique(x, return_inverse=True)
    dE = np.zeros((vocab_size, delta.shape[-1]))
    np.add.at(dE, place.reshape(x.shape), delta)
    return dE


@wrong("04.5", "first_occurrence_only")
def each_token_once(x, delta, vocab_size):
    dE, done = np.zeros((vocab_size, delta.shape[-1])), set()
    for token, error in zip(x.ravel(), delta.reshape(-1, delta.shape[-1]), strict=True):
        if token not in done:
            dE[token] += error
            done.add(token)
    return dE


@wrong("04.5", "repeats_inside_a_window_lost")
def loop_over_the_batch(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    for b in range(x.shape[0]):
        dE[x[b]] += delta[b]
    return dE


@wrong("04.5", "repeats_across_windows_lost")
def loop_over_the_places(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    for column, errors in zip(x.T, delta.transpose(1, 0, 2), strict=True):
        dE[column] = dE[column] + errors
    return dE


@wrong("04.5", "averaged_over_the_occurrences")
def mean_of_each_token(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    for v in range(vocab_size):
        if (x == v).any():
            dE[v] = delta[x == v].mean(axis=0)
    return dE


@wrong("04.5", "last_error_times_the_count")
def times_bincount(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    dE[x] += delta
    return dE * np.bincount(x.ravel(), minlength=vocab_size)[:, None]


@wrong("04.5", "averaged_over_the_batch_again")
def divided_by_b(x, delta, vocab_size):
    one_hot = np.eye(vocab_size)[x]
    return np.einsum("btv,btd->vd", one_hot, delta) / x.shape[0]


@wrong("04.5", "averaged_over_all_copies")
def divided_by_every_copy(x, delta, vocab_size):
    return sum(
        np.outer(np.arange(vocab_size) == token, error) / x.size
        for token, error in zip(x.ravel(), delta.reshape(x.size, -1), strict=True)
    )


@wrong("04.5", "returned_transposed")
def delta_first(x, delta, vocab_size):
    return delta.reshape(x.size, -1).T @ np.eye(vocab_size)[x.ravel()]


@wrong("04.5", "components_added_up")
def sum_over_everything(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    for v in range(vocab_size):
        dE[v] = delta[x == v].sum()
    return dE


@refused("04.5", "error", "add.at")
def a_row_of_indices_too_many(x, delta, vocab_size):
    dE = np.zeros((vocab_size, delta.shape[-1]))
    np.add.at(dE, x.ravel(), delta)
    return dE


@right("04.5")
def a_loop_over_all_copies(x, delta, vocab_size):
    dE = [[0.0] * delta.shape[2] for _ in range(vocab_size)]
    for b, window in enumerate(x.tolist()):
        for t, token in enumerate(window):
            for j in range(delta.shape[2]):
                dE[token][j] += delta[b, t, j]
    return dE


@right("04.5")
def token_by_token(x, delta, vocab_size):
    return np.stack([delta[x == v].sum(axis=0) for v in range(vocab_size)])


@right("04.5")
def bincount_for_each_component(x, delta, vocab_size):
    columns = delta.reshape(x.size, -1).T
    return np.stack([np.bincount(x.ravel(), c, vocab_size) for c in columns], axis=1)


@right("04.5")
def one_hot_product(x, delta, vocab_size):
    return np.eye(vocab_size)[x.ravel()].T @ delta.reshape(x.size, -1)


@right("04.5")
def by_autograd(x, delta, vocab_size):
    import torch

    E = torch.zeros(vocab_size, delta.shape[-1], dtype=torch.float64, requires_grad=True)
    torch.nn.functional.embedding(torch.tensor(x), E).backward(torch.tensor(delta))
    return E.grad
