"""The exercises of lesson 07: what is right, and the known mistakes."""

from helpers.exercises.engine import Exercise

# 07.1


def transposed_size(n, kernel, stride, padding, output_padding):
    return (n - 1) * stride - 2 * padding + kernel + output_padding


def convolution_formula(n, kernel, stride, padding, output_padding):
    """Your function gives the output size of a convolution, ⌊(n + 2p − k)/s⌋ + 1. A transposed
    convolution goes the other way: it stamps the kernel n times, and the padding is cropped."""
    return (n + 2 * padding - kernel) // stride + 1


def output_padding_forgotten(n, kernel, stride, padding, output_padding):
    """Your function behaves exactly as if the output padding were always 0. Several sizes lead to
    the same n in a convolution; the output padding says which of them comes back. Add it."""
    return (n - 1) * stride - 2 * padding + kernel


def output_padding_on_both_sides(n, kernel, stride, padding, output_padding):
    """Your function counts the output padding twice. It lengthens the output at one end only."""
    return (n - 1) * stride - 2 * padding + kernel + 2 * output_padding


def output_padding_cropped(n, kernel, stride, padding, output_padding):
    """Your function takes the output padding off. Only the padding is cropped; the output padding
    keeps more places at the end. Add it."""
    return (n - 1) * stride - 2 * padding + kernel - output_padding


def padding_added(n, kernel, stride, padding, output_padding):
    """Your function adds the padding. In a transposed convolution, padding makes the output
    smaller: p places are cropped at each end, where the convolution had put p zeros."""
    return (n - 1) * stride + 2 * padding + kernel + output_padding


def padding_cropped_once(n, kernel, stride, padding, output_padding):
    """Your function takes the padding off once. It is cropped at both ends, so take it off
    twice."""
    return (n - 1) * stride - padding + kernel + output_padding


def one_stride_too_many(n, kernel, stride, padding, output_padding):
    """Your function behaves exactly as if all n stamps moved on by a stride. The first one lies at
    place 0, so n − 1 strides remain, and the last stamp adds its whole kernel."""
    return n * stride - 2 * padding + kernel + output_padding


def keras_same(n, kernel, stride, padding, output_padding):
    """Your function returns n · s, whatever the kernel and the padding are. That is what Keras
    promises with padding="same". Here the padding is given as a number, as in PyTorch."""
    return n * stride


def padding_forgotten(n, kernel, stride, padding, output_padding):
    """Your function behaves exactly as if the padding were always 0. It crops p places at each end
    of what the stamps cover: take it off twice."""
    return (n - 1) * stride + kernel + output_padding


def one_place_too_few(n, kernel, stride, padding, output_padding):
    """Your result is one too small. The last stamp begins at (n − 1) · s and covers all k places.
    (Formulas with k − 1 have a + 1 at their end.)"""
    return (n - 1) * stride - 2 * padding + kernel - 1 + output_padding


def one_place_too_many(n, kernel, stride, padding, output_padding):
    """Your result is one too large. The last stamp begins at (n − 1) · s and covers k places, so
    (n − 1) · s + k places are covered. (The + 1 belongs to formulas with k − 1.)"""
    return (n - 1) * stride - 2 * padding + kernel + 1 + output_padding


def stride_forgotten(n, kernel, stride, padding, output_padding):
    """Your function behaves exactly as if the stride were always 1. The stamps move on by s places
    each, so the last one begins at (n − 1) · s."""
    return n - 1 - 2 * padding + kernel + output_padding


def kernel_forgotten(n, kernel, stride, padding, output_padding):
    """Your function leaves the kernel out. The last stamp begins at (n − 1) · s, and it covers k
    places more."""
    return (n - 1) * stride - 2 * padding + output_padding


def stamps_side_by_side(n, kernel, stride, padding, output_padding):
    """Your function puts the stamps side by side, n · k places. They overlap (or leave gaps): each
    begins s places after the one before, and only the last adds all its k."""
    return n * kernel - 2 * padding + output_padding


def transposed_size_cases(rng):
    yield 7, 4, 2, 1, 0
    yield 7, 5, 2, 2, 1
    yield 14, 3, 2, 0, 1
    yield 1, 3, 1, 0, 0  # a single place
    yield 1, 5, 4, 1, 3
    yield 5, 2, 3, 0, 0  # a kernel smaller than the stride
    for _ in range(4):
        stride = int(rng.integers(2, 5))
        n, kernel, padding = (int(rng.integers(low, 9)) for low in (2, 5, 1))
        yield n + 10, kernel, stride, padding, int(rng.integers(1, stride))


EXERCISES = (
    Exercise(
        id="07.1",
        title="The output size of a transposed convolution",
        cases=transposed_size_cases,
        answer=transposed_size,
        hints=(
            "Think of stamps: where does the first one lie, where does the last one begin, and "
            "how far does it reach?",
            "The last of n stamps begins at (n − 1) · s and covers k places. The padding p is "
            "cropped at both ends.",
            "(n − 1) · s + k places before cropping; take off 2p and add the output padding.",
        ),
        misconceptions=(
            convolution_formula,
            output_padding_forgotten,
            output_padding_on_both_sides,
            output_padding_cropped,
            padding_added,
            padding_cropped_once,
            one_stride_too_many,
            keras_same,
            padding_forgotten,
            one_place_too_few,
            one_place_too_many,
            stride_forgotten,
            kernel_forgotten,
            stamps_side_by_side,
        ),
    ),
)
