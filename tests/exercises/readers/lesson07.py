"""Lesson 07: answers as readers write them, wrong ones and right ones."""

import numpy as np
import torch
from reader_answers import refused, right, wrong
from torch import nn

wrong("07.1", "padding_forgotten")(lambda n, k, s, p, op: n * s - s + k + op)
wrong("07.1", "one_place_too_few")(lambda n, k, s, p, op: (n - 1) * s - 2 * p + (k - 1) + op)
wrong("07.1", "one_place_too_many")(lambda n, k, s, p, op: (n - 1) * s - 2 * p + k + op + 1)
wrong("07.1", "stride_forgotten")(lambda n, k, s, p, op: (n - 1) + k - 2 * p + op)
wrong("07.1", "kernel_forgotten")(lambda n, k, s, p, op: s * (n - 1) - 2 * p + op)
wrong("07.1", "stamps_side_by_side")(lambda n, k, s, p, op: n * k - 2 * p + op)
wrong("07.1", "one_stride_too_many")(lambda n, k, s, p, op: n * s + k - 2 * p + op)
wrong("07.1", "padding_cropped_once")(lambda n, k, s, p, op: (n - 1) * s - p + k + op)
wrong("07.1", "convolution_formula")(lambda n, k, s, p, op: (n + 2 * p - k) // s + 1)
wrong("07.1", "keras_same")(lambda n, k, s, p, op: s * n)
refused("07.1", "wrong")(lambda n, k, s, p, op: (n - 1) * s - 2 * (p + op) + k)
refused("07.1", "wrong")(lambda n, k, s, p, op: n * s - 2 * p)


@right("07.1")
def by_the_layer(n, kernel, stride, padding, output_padding):
    layer = nn.ConvTranspose1d(1, 1, kernel, stride, padding, output_padding)
    return layer(torch.zeros(1, 1, n)).shape[-1]


@right("07.1")
def by_stamps(n, kernel, stride, padding, output_padding):
    covered = 0
    for place in range(n):
        covered = max(covered, place * stride + kernel)
    return covered - padding - padding + output_padding


right("07.1")(lambda n, k, s, p, op: s * (n - 1) + 1 * (k - 1) - 2 * p + op + 1)
right("07.1")(lambda n, k, s, p, op: float((n - 1) * s - 2 * p + k + op))
right("07.1")(lambda n, k, s, p, op: torch.tensor((n - 1) * s - 2 * p + k + op))
right("07.1")(lambda n, k, s, p, op: np.int64(n - 1) * s - 2 * p + k + op)
