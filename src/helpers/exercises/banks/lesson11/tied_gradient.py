"""Exercise 11.3, One matrix, two uses: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

__all__ = ["EXERCISE"]


def tied_gradient(E, ids, dlogits):
    x = E[ids]  # (B, d)
    grad = dlogits.T @ x  # as the output layer
    np.add.at(grad, ids, dlogits @ E)  # as the table of embeddings
    return grad


def _lookup_part(E, ids, dlogits):
    grad = np.zeros(E.shape)
    np.add.at(grad, ids, dlogits @ E)
    return grad


def output_is_a_copy(E, ids, dlogits):
    """Your gradient has the table's part only, exactly as if the output layer were a copy of E. It
    is E itself: add dlogitsᵀ x, its gradient as the output layer."""
    return _lookup_part(E, ids, dlogits)


def table_is_a_copy(E, ids, dlogits):
    """Your gradient has the output layer's part only, exactly as if the table of embeddings were a
    copy of E. It is E itself: add dlogits E to the rows that were looked up."""
    return dlogits.T @ E[ids]


def repeated_tokens_lost(E, ids, dlogits):
    """A token that occurs twice in ids gets only one of its two gradients: `grad[ids] += …` writes
    each row once, and so does
    `table[ids] = …`. Use np.add.at, or a loop with +=, or one-hot rows."""
    grad = dlogits.T @ E[ids]
    grad[ids] += dlogits @ E
    return grad


def transposed(E, ids, dlogits):
    """Your gradient is transposed. E has shape (V, d), one row a token, in both of its uses, and
    the gradient has the same shape."""
    return tied_gradient(E, ids, dlogits).T


def averaged(E, ids, dlogits):
    """Your gradient is the mean of the two parts. The loss changes by both uses, so they are
    added."""
    return tied_gradient(E, ids, dlogits) / 2


def one_of_them_subtracted(E, ids, dlogits):
    """The two parts of your gradient have opposite signs. Both uses of E enter the same loss: their
    gradients are added."""
    return dlogits.T @ E[ids] - _lookup_part(E, ids, dlogits)


def averaged_over_the_batch(E, ids, dlogits):
    """Your gradient is divided by the number of tokens in ids. Where the loss is a mean, its
    division is in dlogits already, ∂loss/∂logits: do not divide again."""
    return tied_gradient(E, ids, dlogits) / len(ids)


def doubled(E, ids, dlogits):
    """Your gradient is twice the right one. Two uses do not mean a factor of two: each use has its
    own gradient, dlogitsᵀ x for the output layer and dlogits E for the table, and their sum is
    all."""
    return 2 * tied_gradient(E, ids, dlogits)


def output_part_twice(E, ids, dlogits):
    """Your gradient is the output layer's part, twice. Two uses do not mean a factor of two: the
    table's part is another one. Add dlogits E to the rows that were looked up."""
    return 2 * dlogits.T @ E[ids]


def table_part_twice(E, ids, dlogits):
    """Your gradient is the table's part, twice. Two uses do not mean a factor of two: the output
    layer's part is another one, dlogitsᵀ x."""
    return 2 * _lookup_part(E, ids, dlogits)


def rows_overwritten(E, ids, dlogits):
    """Your function writes the table's part over the rows that were looked up, where the output
    layer's part is already. Add it: np.add.at(grad, ids, dlogits @ E)."""
    grad = dlogits.T @ E[ids]
    for i, token in enumerate(ids):
        grad[token] = dlogits[i] @ E
    return grad


def tied_gradient_cases(rng):
    yield np.array([[1.0], [3.0]]), np.array([1]), np.array([[2.0, -1.0]])  # x = 3
    for V, d, ids in ((5, 3, [1, 4]), (4, 4, [2, 2, 0]), (6, 2, [5]), (7, 5, [3, 3, 3, 1, 0])):
        yield rng.normal(size=(V, d)), np.array(ids), rng.normal(size=(len(ids), V))


EXERCISE = Exercise(
    id="11.3",
    title="One matrix, two uses",
    cases=tied_gradient_cases,
    answer=tied_gradient,
    hints=(
        "Give the two uses different names, E₁ for the table and E₂ for the output layer. Take "
        "the gradient in each, and add the two.",
        "logits = x E₂ᵀ, so the gradient in E₂ is dlogitsᵀ x and the one in x is dlogits E₂.",
        "x holds rows of E₁, so its gradient goes to the rows `ids`; a token that occurs twice "
        "gets both: np.add.at(grad, ids, dlogits @ E).",
    ),
    misconceptions=(
        output_is_a_copy,
        table_is_a_copy,
        repeated_tokens_lost,
        transposed,
        averaged,
        one_of_them_subtracted,
        averaged_over_the_batch,
        doubled,
        output_part_twice,
        table_part_twice,
        rows_overwritten,
    ),
)
