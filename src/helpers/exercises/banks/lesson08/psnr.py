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


def absolute_error(image, original, data_range):
    """Your function divides by the mean absolute error. The R of the ratio is squared, and so must
    the error be: data_range² / mean squared error."""
    return 10 * np.log10(data_range**2 / np.abs(image - original).mean())


def absolute_error_squared(image, original, data_range):
    """Your function uses the mean absolute error in the place of the root mean squared error.
    Square each pixel's difference, then take the mean."""
    return 20 * np.log10(data_range / np.abs(image - original).mean())


def root_of_the_error_only(image, original, data_range):
    """Your function divides the squared range by the root mean squared error. Both are squares, or
    neither is: 10 log10(data_range² / mean squared error), or 20 log10(data_range / its root)."""
    return 10 * np.log10(data_range**2 / np.sqrt(((image - original) ** 2).mean()))


def peak_of_the_image(image, original, data_range):
    """Your function takes the largest pixel of `image` as the peak. Then a brighter image would
    score better. The peak is the largest possible difference, `data_range`."""
    return psnr(image, original, image.max())


def peak_of_the_original(image, original, data_range):
    """Your function takes the largest pixel of `original` as the peak. Then a dark picture would
    count for less. The peak is the largest possible difference, `data_range`."""
    return psnr(image, original, original.max())


def spread_of_the_original(image, original, data_range):
    """Your function takes the difference between the lightest and the darkest pixel of `original`
    as the range. The range is that of the scale, not of one picture: use `data_range`."""
    return psnr(image, original, original.max() - original.min())


def mean_over_rows(image, original, data_range):
    """Your function takes the PSNR of each row and then the mean. Take one mean of the squared
    differences over all pixels, and its logarithm last."""
    errors = ((image - original) ** 2).mean(axis=1)
    return (10 * np.log10(data_range**2 / errors)).mean()


def one_value_a_row(image, original, data_range):
    """Your function returns the PSNR of each row. One number is asked for: take one mean of the
    squared differences over all pixels."""
    return 10 * np.log10(data_range**2 / ((image - original) ** 2).mean(axis=1))


def variance_of_the_difference(image, original, data_range):
    """Your function divides by the variance of the difference. A variance does not see that the
    whole image is too bright: the mean of the squared difference does."""
    return 10 * np.log10(data_range**2 / np.var(image - original))


def psnr_cases(rng):
    yield np.array([[2.0, 9.0]]), np.array([[0.0, 5.0]]), 10
    yield np.array([[0.0, 0.5], [0.9, 0.2]]), np.array([[0.1, 0.5], [0.8, 0.4]]), 1
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
        absolute_error,
        absolute_error_squared,
        root_of_the_error_only,
        peak_of_the_image,
        peak_of_the_original,
        spread_of_the_original,
        mean_over_rows,
        one_value_a_row,
        variance_of_the_difference,
    ),
)
