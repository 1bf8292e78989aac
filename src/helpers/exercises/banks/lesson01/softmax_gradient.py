"""Exercise 01.1 · The gradient of softmax regression."""

import numpy as np

from helpers.exercises.engine import Exercise


def softmax_gradient(X, W, y):
    logits = X @ W
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    y_hat = exponentials / exponentials.sum(axis=1, keepdims=True)
    one_hot = np.eye(W.shape[1])[y]
    return X.T @ (y_hat - one_hot) / len(y)


def summed_over_batch(X, W, y):
    """Your function behaves exactly as if the loss were summed over the batch. It is a mean, so
    divide by B: otherwise the right learning rate changes with the batch size."""
    return softmax_gradient(X, W, y) * len(y)


def wrong_sign(X, W, y):
    """Your function behaves exactly as if the error were y − ŷ. The gradient points uphill and
    holds ŷ − y; the minus sign comes later, in the update."""
    return -softmax_gradient(X, W, y)


def divided_by_all_elements(X, W, y):
    """Your function behaves exactly as if it averaged over samples and classes. The loss is one
    number a sample, so divide by B, not by B · K."""
    return softmax_gradient(X, W, y) / W.shape[1]


def divided_by_classes(X, W, y):
    """Your function behaves exactly as if it divided by the number of classes K. The loss is a mean
    over the B samples: divide by their number."""
    return softmax_gradient(X, W, y) * len(y) / W.shape[1]


def softmax_over_batch(X, W, y):
    """Your function behaves exactly as if the softmax ran over the samples (axis 0). Each sample
    has its own probabilities, which sum to one over the classes: axis 1."""
    logits = X @ W
    exponentials = np.exp(logits - logits.max(axis=0))
    y_hat = exponentials / exponentials.sum(axis=0)
    return X.T @ (y_hat - np.eye(W.shape[1])[y]) / len(y)


def no_softmax(X, W, y):
    """Your function behaves exactly as if the logits were the prediction. XW − y is the error of
    least squares; here ŷ is the softmax of the logits."""
    return X.T @ (X @ W - np.eye(W.shape[1])[y]) / len(y)


def no_one_hot(X, W, y):
    """Your function behaves exactly as if the labels were subtracted as numbers. Class 3 is not
    three times class 1: write each label as a row with a 1 at its class and 0 elsewhere."""
    return softmax_gradient(X, W, y) + X.T @ (np.eye(W.shape[1])[y] - y[:, None]) / len(y)


def no_target(X, W, y):
    """Your function behaves exactly as if the error were ŷ alone. The right class pulls too:
    subtract 1 at the right class of every row."""
    return softmax_gradient(X, W, y) + X.T @ np.eye(W.shape[1])[y] / len(y)


def overflow(X, W, y):
    """Your formula is right, but e⁸⁰⁰ overflows, and inf / inf is not a number. Subtract the
    largest logit of each row first: the probabilities stay the same."""
    exponentials = np.exp(X @ W)
    y_hat = exponentials / exponentials.sum(axis=1, keepdims=True)
    return X.T @ (y_hat - np.eye(W.shape[1])[y]) / len(y)


def one_maximum_for_all(X, W, y):
    """Your function behaves exactly as if one maximum were subtracted from the whole batch. A row
    whose logits are all far below it underflows to 0 / 0: subtract each row's own maximum."""
    logits = X @ W
    exponentials = np.exp(logits - logits.max())
    y_hat = exponentials / exponentials.sum(axis=1, keepdims=True)
    return X.T @ (y_hat - np.eye(W.shape[1])[y]) / len(y)


def overflow_in_the_logarithm(X, W, y):
    """Your formula is right, but in log Σ exp(u) the exponentials overflow for logits of 800, and
    for −800 they all become 0. Subtract the largest logit of each row first: the probabilities stay
    the same."""
    logits = X @ W
    y_hat = np.exp(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))
    return X.T @ (y_hat - np.eye(W.shape[1])[y]) / len(y)


def logits_clipped(X, W, y):
    """Your function behaves exactly as if large logits were clipped before the exponential. Then
    780 and 800 become equal, though the second is e²⁰ times as probable. Subtract the largest logit
    of each row instead: nothing overflows, and the probabilities stay the same."""
    exponentials = np.exp(np.clip(X @ W, -700, 700))
    y_hat = exponentials / exponentials.sum(axis=1, keepdims=True)
    return X.T @ (y_hat - np.eye(W.shape[1])[y]) / len(y)


def softmax_slope_again(X, W, y):
    """Your function behaves exactly as if ŷ − y were still to be multiplied by the slope ŷ(1 − ŷ).
    That slope is already inside: ŷ − y is the derivative for the logits, not for ŷ."""
    y_hat = np.exp(X @ W - (X @ W).max(axis=1, keepdims=True))
    y_hat = y_hat / y_hat.sum(axis=1, keepdims=True)
    return X.T @ ((y_hat - np.eye(W.shape[1])[y]) * y_hat * (1 - y_hat)) / len(y)


def divided_by_features(X, W, y):
    """Your function behaves exactly as if it divided by d, the number of features. The loss is a
    mean over the B samples: divide by the number of rows of X, not of columns."""
    return softmax_gradient(X, W, y) * len(y) / X.shape[1]


def transposed(X, W, y):
    """Your numbers are right, but the result is transposed, of shape (K, d). A gradient has the
    shape of the weights, (d, K): with X.T on the left it comes out so."""
    return softmax_gradient(X, W, y).T


def classes_counted_in_labels(X, W, y):
    """Your function behaves exactly as if the largest label of the batch told the number of
    classes. A batch need not hold the last class, and then the shapes do not fit: K is the number
    of columns of W."""
    softmax = softmax_gradient(X, W, y) + X.T @ np.eye(W.shape[1])[y] / len(y)
    return softmax - X.T @ np.eye(y.max() + 1)[y] / len(y)


def every_label_in_every_row(X, W, y):
    """Your function behaves exactly as if every row lost 1 at the classes of all samples, as with
    p[:, y] -= 1. Each row has one right class: p[np.arange(len(y)), y] -= 1 pairs rows and
    labels."""
    classes_present = np.isin(np.arange(W.shape[1]), y)
    softmax = softmax_gradient(X, W, y) + X.T @ np.eye(W.shape[1])[y] / len(y)
    return softmax - X.T @ np.tile(classes_present, (len(y), 1)) / len(y)


def log_of_probabilities(X, W, y):
    """Your function behaves exactly as if the error were log ŷ − y, with the logarithm of the
    probabilities. The logarithm belongs to the loss; its derivative for the logits is ŷ − y, and
    holds ŷ itself."""
    logits = X @ W
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    y_hat = exponentials / exponentials.sum(axis=1, keepdims=True)
    return X.T @ (np.log(y_hat) - np.eye(W.shape[1])[y]) / len(y)


def log_softmax_kept(X, W, y):
    """Your function behaves exactly as if the error were log softmax(u) − y, without overflow, but
    also without the last step: exp turns the log-probabilities into ŷ, and the error is ŷ − y."""
    logits = X @ W
    logits = logits - logits.max(axis=1, keepdims=True)
    log_y_hat = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return X.T @ (log_y_hat - np.eye(W.shape[1])[y]) / len(y)


def softmax_cases(rng):
    # equal logits: every probability is ⅓, then ½
    thirds, halves = np.array([[2.0, 0.0, -2.0], [-1.0, 0.0, 1.0]]), np.array([[2.0, 0], [-1, 0]])
    yield np.array([[1.0, 2.0]]), thirds, np.array([1])
    yield np.array([[1.0, 2.0], [3.0, 6.0], [0.0, 0.0]]), halves, np.array([1, 0, 0])
    X, W = np.array([[1.0, 2.0]]), np.array([[0.5, -0.5, 0.0], [0.0, 0.5, 1.0]])
    yield X, W, np.array([2])
    for B, d, K in ((4, 3, 2), (6, 2, 5), (3, 3, 3)):
        yield rng.normal(size=(B, d)), rng.normal(size=(d, K)), rng.integers(K, size=B)
    yield np.array([[1.0, 2.0], [-2.0, 1.0]]), 400 * W, np.array([0, 1])  # logits up to 800
    far_apart = np.array([[800.0, 780.0, 0.0], [-800.0, -790.0, -800.0]])
    yield np.eye(2), far_apart, np.array([1, 0])
    spread = np.array([[800.0, -800.0, -800.0], [-800.0, -800.0, 800.0]])  # far above their mean
    yield np.eye(2), spread, np.array([1, 2])


EXERCISE = Exercise(
    id="01.1",
    title="The gradient of softmax regression",
    cases=softmax_cases,
    answer=softmax_gradient,
    hints=(
        "What did the model say, what was true, and how does a weight reach the logits?",
        "Compute the probabilities of each row, and np.eye(K)[y] for the one-hot labels.",
        "The result is X.T @ (y_hat - one_hot), divided by the number of samples.",
    ),
    misconceptions=(
        summed_over_batch,
        wrong_sign,
        divided_by_all_elements,
        divided_by_classes,
        softmax_over_batch,
        no_softmax,
        no_one_hot,
        no_target,
        overflow,
        overflow_in_the_logarithm,
        one_maximum_for_all,
        logits_clipped,
        softmax_slope_again,
        divided_by_features,
        transposed,
        classes_counted_in_labels,
        every_label_in_every_row,
        log_of_probabilities,
        log_softmax_kept,
    ),
)
