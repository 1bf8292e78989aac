"""Exercise 08.5: PSNR. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def psnr(image, original, data_range):
    mean_squared_error = ((image - original) ** 2).mean()
    return 10 * np.log10(data_range**2 / mean_squared_error)


def range_left_out(image, original, data_range):
    """Your function behaves exactly as if the data range were 1. Pixels from 0 to 255 have a peak
    of 255: the ratio is data_range² / mean squared error."""
    return psnr(image, original, 1)


def range_always_255(image, original, data_range):
    """Your function behaves exactly as if the data range were 255, whatever the pixels are. For
    pixels from 0 to 1 that adds 48 decibels. Use `data_range`."""
    return psnr(image, original, 255)


def range_not_squared(image, original, data_range):
    """Your function divides the range by the mean squared error without squaring it. Both must be
    squares of grey levels: data_range² / mean squared error."""
    return 10 * np.log10(data_range / ((image - original) ** 2).mean())


def natural_logarithm(image, original, data_range):
    """Your function takes the natural logarithm. Decibels use base 10: np.log10."""
    return 10 * np.log(data_range**2 / ((image - original) ** 2).mean())


def factor_twenty(image, original, data_range):
    """Your result is twice the right one: the factor 20 goes with data_range / root mean squared
    error, the factor 10 with the ratio of the squares."""
    return 2 * psnr(image, original, data_range)


def factor_ten_with_the_root(image, original, data_range):
    """Your result is half the right one: the factor 10 goes with the ratio of the squares. With
    data_range / root mean squared error the factor is 20."""
    return psnr(image, original, data_range) / 2


def squared_error_summed(image, original, data_range):
    """Your function sums the squared error over the pixels. PSNR uses the mean, so that it does not
    fall with the size of the image."""
    return 10 * np.log10(data_range**2 / ((image - original) ** 2).sum())


def sign_of_the_ratio(image, original, data_range):
    """Your result has the wrong sign: the ratio stands upside down. The peak is above, the error
    below, so a better image has more decibels."""
    return -psnr(image, original, data_range)


def psnr_cases(rng):
    yield np.array([[0.0, 0.5], [1.0, 0.2]]), np.array([[0.1, 0.5], [0.8, 0.2]]), 1
    for low, high, decimals, shape in ((0, 255, 0, (3, 4)), (0, 1, 2, (5, 2)), (-1, 1, 2, (1, 6))):
        original = rng.uniform(low, high, shape).round(decimals)
        image = (original + 0.1 * (high - low) * rng.normal(size=shape)).round(decimals)
        yield image.clip(low, high), original, high - low


EXERCISE = Exercise(
    id="08.5",
    title="PSNR",
    cases=psnr_cases,
    answer=psnr,
    hints=(
        "Begin with the mean over all pixels of the squared difference.",
        "The peak signal is the data range. Power goes with the square of a signal.",
        "10 · log10(data_range² / mean squared error).",
    ),
    misconceptions=(
        range_left_out,
        range_always_255,
        range_not_squared,
        natural_logarithm,
        factor_twenty,
        factor_ten_with_the_root,
        squared_error_summed,
        sign_of_the_ratio,
    ),
)
