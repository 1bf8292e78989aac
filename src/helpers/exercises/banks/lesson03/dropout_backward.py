"""Exercise 03.6 · Dropout, backwards."""

import numpy as np

from helpers.exercises.engine import Exercise


def dropout_backward(delta, mask, keep, rng):
    return delta * mask / keep


def mask_drawn_anew(delta, mask, keep, rng):
    """Your function behaves exactly as if a new mask were drawn for the way back. The error must go
    through the elements that the forward pass kept: use the mask that you were given."""
    return delta * (rng.random(delta.shape) < keep) / keep


def scale_forgotten(delta, mask, keep, rng):
    """Your function uses the mask, but not the scale: the forward pass multiplied by mask / keep,
    so the way back does as well."""
    return delta * mask


def scaled_by_keep(delta, mask, keep, rng):
    """Your function multiplies by keep where it should divide. With inverted scaling, what is kept
    grows by 1 / keep, forwards and backwards."""
    return delta * mask * keep


def scaled_by_what_was_dropped(delta, mask, keep, rng):
    """Your function behaves exactly as if `keep` were the share to drop: it divides by 1 − keep."""
    return delta * mask / (1 - keep)


def mask_forgotten(delta, mask, keep, rng):
    """Your function scales the error but lets it through everywhere. Where the mask is 0, the
    activation did not reach the loss, so its gradient is 0."""
    return delta / keep


def mask_inverted(delta, mask, keep, rng):
    """Your function behaves exactly as if the mask said what was dropped. True is what the forward
    pass kept, and only there does the error go through."""
    return delta * ~mask / keep


def scaled_twice(delta, mask, keep, rng):
    """Your function divides by keep twice. `delta` is the gradient in mask * a / keep, so the way
    back to a has the scale once: delta * mask / keep."""
    return delta * mask / keep**2


def scaled_by_what_was_kept(delta, mask, keep, rng):
    """Your function divides by the share that this mask happens to keep. The forward pass divided
    by `keep`, the probability, so the way back does as well."""
    return delta * mask / mask.mean()


def derivative_without_error(delta, mask, keep, rng):
    """Your function returns the derivative of the layer, mask / keep, and ignores `delta`. The
    chain rule multiplies the two, element by element."""
    return mask / keep


def dropout_backward_cases(rng):
    mask = np.array([[True, False], [True, True]])
    yield np.array([[1.0, 2.0], [-3.0, 4.0]]), mask, 0.5, np.random.default_rng(0)
    ones = np.array([[1.0, 2.0]])
    yield ones, np.array([[True, True]]), 1.0, np.random.default_rng(1)  # nothing is dropped
    yield ones.copy(), np.array([[False, False]]), 0.5, np.random.default_rng(2)  # everything is
    for B, H, keep in ((2, 5, 0.8), (4, 3, 0.6), (1, 6, 0.9), (5, 4, 0.7)):
        mask = rng.random((B, H)) < keep
        yield rng.normal(size=(B, H)), mask, keep, np.random.default_rng(B)


EXERCISE = Exercise(
    id="03.6",
    title="Dropout, backwards",
    cases=dropout_backward_cases,
    answer=dropout_backward,
    hints=(
        "For a given mask, what does the forward pass do to one element of a?",
        "It multiplies it by mask / keep, a constant. What is the derivative of a product with a "
        "constant?",
        "Multiply delta by the same mask and divide by keep. No random number is needed.",
    ),
    misconceptions=(
        mask_drawn_anew,
        scale_forgotten,
        scaled_by_keep,
        scaled_by_what_was_dropped,
        mask_forgotten,
        mask_inverted,
        scaled_twice,
        scaled_by_what_was_kept,
        derivative_without_error,
    ),
)
