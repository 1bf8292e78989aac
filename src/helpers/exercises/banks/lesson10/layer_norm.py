"""Exercise 10.4, Layer normalisation: what is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise

__all__ = ["EXERCISE"]


def normalise_features(x, gain, shift, eps):
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return gain * centred / np.sqrt(variance + eps) + shift


def _normalise(x, gain, shift, eps, axis=-1, ddof=0):
    mean, variance = x.mean(axis=axis, keepdims=True), x.var(axis=axis, keepdims=True, ddof=ddof)
    return gain * (x - mean) / np.sqrt(variance + eps) + shift


def over_the_batch(x, gain, shift, eps):
    """Your function takes mean and variance over the batch (axis 0). Then a sample's result depends
    on who else is in the batch. Layer norm uses the features of one token: the last axis."""
    return _normalise(x, gain, shift, eps, axis=0)


def over_batch_and_time(x, gain, shift, eps):
    """Your function takes mean and variance over batch and time, for each feature. That is batch
    normalisation. Layer norm uses the features of one token: the last axis."""
    return _normalise(x, gain, shift, eps, axis=(0, 1))


def over_the_time(x, gain, shift, eps):
    """Your function takes mean and variance over the time (axis 1). Then the future changes the
    past. Layer norm uses the features of one token: the last axis."""
    return _normalise(x, gain, shift, eps, axis=1)


def over_time_and_features(x, gain, shift, eps):
    """Your function takes one mean and one variance for a whole sequence. Then the future changes
    the past. Each token is normalised on its own, over the last axis."""
    return _normalise(x, gain, shift, eps, axis=(1, 2))


def eps_outside_the_root(x, gain, shift, eps):
    """Your eps is outside the root: σ + eps. Here it is added to the variance, under the root,
    as in PyTorch and Keras."""
    return gain * (x - x.mean(-1, keepdims=True)) / (x.std(-1, keepdims=True) + eps) + shift


def eps_left_out(x, gain, shift, eps):
    """Your function leaves eps out, or takes a tiny one of its own, such as the 1e-5 of a library,
    in place of the eps given. A token whose features are nearly equal would be blown up; eps is
    added to the variance, under the root."""
    return _normalise(x, gain, shift, 0.0)


def sample_variance(x, gain, shift, eps):
    """Your variance divides by d − 1, the sample variance (torch's var does so by default). Layer
    norm divides by d."""
    return _normalise(x, gain, shift, eps, ddof=1)


def root_left_out(x, gain, shift, eps):
    """Your function divides by the variance: the root is missing. The result does not have
    variance 1."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return gain * centred / (x.var(axis=-1, keepdims=True) + eps) + shift


def mean_left_in(x, gain, shift, eps):
    """Your function divides by the standard deviation, but leaves the mean in. Subtract each
    token's mean first."""
    return gain * x / np.sqrt(x.var(axis=-1, keepdims=True) + eps) + shift


def root_mean_square(x, gain, shift, eps):
    """Your function divides by the root of the mean square, without taking the mean away. That is
    RMS-norm, a relative; layer norm subtracts the mean first."""
    return gain * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps) + shift


def gain_and_shift_forgotten(x, gain, shift, eps):
    """Your function normalises, but uses neither gain nor shift: multiply by gain and add shift at
    the end."""
    return _normalise(x, 1.0, 0.0, eps)


def gain_forgotten(x, gain, shift, eps):
    """Your function adds the shift but forgets the gain: multiply the normalised features by it
    first."""
    return _normalise(x, 1.0, shift, eps)


def shift_forgotten(x, gain, shift, eps):
    """Your function multiplies by the gain but forgets to add the shift."""
    return _normalise(x, gain, 0.0, eps)


def over_everything(x, gain, shift, eps):
    """Your function takes one mean and one variance over the whole array. Each token has its own,
    over its features: axis=-1, keepdims=True."""
    return _normalise(x, gain, shift, eps, axis=(0, 1, 2))


def only_centred(x, gain, shift, eps):
    """Your function subtracts the mean but does not divide by the standard deviation."""
    return gain * (x - x.mean(axis=-1, keepdims=True)) + shift


def shift_before_the_gain(x, gain, shift, eps):
    """Your function adds the shift first and multiplies by the gain then. It is gain · x̂ +
    shift."""
    return gain * (_normalise(x, 1.0, 0.0, eps) + shift)


def squares_summed(x, gain, shift, eps):
    """Your function sums the squares where it should average them: the root of Σ + eps is a token's
    length, √d times its standard deviation when eps is small. Divide the sum by d before eps is
    added."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return gain * centred / np.sqrt((centred**2).sum(axis=-1, keepdims=True) + eps) + shift


def divided_by_the_length(x, gain, shift, eps):
    """Your function divides by the length (the L2 norm) of the centred features, without eps. Layer
    norm divides by √(variance + eps), and the variance is the mean of the squares, not their
    sum."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return gain * centred / np.linalg.norm(centred, axis=-1, keepdims=True) + shift


def divided_by_the_length_plus_eps(x, gain, shift, eps):
    """Your function divides by the length (the L2 norm) of the centred features, plus eps. Layer
    norm divides by √(variance + eps): the squares are averaged, and eps is under the root."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return gain * centred / (np.linalg.norm(centred, axis=-1, keepdims=True) + eps) + shift


def normalise_features_cases(rng):
    """Of numbers so large that an eps of 1e-5 changes nothing, and with an eps that does."""
    yield np.array([[[1.0, 9.0]]]), np.array([5.0, 10.0]), np.array([0.0, 1.0]), 9.0  # √(16 + 9)
    for B, T, d, size in ((2, 3, 4, 20.0), (3, 2, 5, 10.0), (2, 2, 3, 60.0), (4, 4, 4, 20.0)):
        x = rng.normal(size / 2, size, size=(B, T, d))
        yield x, rng.normal(1, 0.3, size=d), rng.normal(size=d), 20.0
    x = rng.normal(20, 10, size=(1, 2, 6))
    yield x, np.ones(6), np.zeros(6), 100.0


EXERCISE = Exercise(
    id="10.4",
    title="Layer normalisation",
    cases=normalise_features_cases,
    answer=normalise_features,
    hints=(
        "Every token is treated on its own: mean and variance are taken over the last axis only.",
        "keepdims=True keeps the last axis with size 1, so that the subtraction fits.",
        "centred / np.sqrt(variance + eps), the variance being a mean of squares (divided by "
        "d); then times gain, plus shift.",
    ),
    misconceptions=(
        over_the_batch,
        over_batch_and_time,
        over_the_time,
        over_time_and_features,
        eps_outside_the_root,
        eps_left_out,
        sample_variance,
        root_left_out,
        mean_left_in,
        root_mean_square,
        gain_and_shift_forgotten,
        gain_forgotten,
        shift_forgotten,
        over_everything,
        only_centred,
        shift_before_the_gain,
        squares_summed,
        divided_by_the_length,
        divided_by_the_length_plus_eps,
    ),
)
