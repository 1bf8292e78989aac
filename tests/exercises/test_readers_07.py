"""Lesson 07: answers as readers write them, wrong ones and right ones."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.exercises import bank

ENTRY = bank("07")["07.1"]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda n, k, s, p, op: n * s - s + k + op, "padding_forgotten"),
        (lambda n, k, s, p, op: (n - 1) * s - 2 * p + (k - 1) + op, "one_place_too_few"),
        (lambda n, k, s, p, op: (n - 1) * s - 2 * p + k + op + 1, "one_place_too_many"),
        (lambda n, k, s, p, op: (n - 1) + k - 2 * p + op, "stride_forgotten"),
        (lambda n, k, s, p, op: s * (n - 1) - 2 * p + op, "kernel_forgotten"),
        (lambda n, k, s, p, op: n * k - 2 * p + op, "stamps_side_by_side"),
        (lambda n, k, s, p, op: n * s + k - 2 * p + op, "one_stride_too_many"),
        (lambda n, k, s, p, op: (n - 1) * s - p + k + op, "padding_cropped_once"),
        (lambda n, k, s, p, op: (n + 2 * p - k) // s + 1, "convolution_formula"),
        (lambda n, k, s, p, op: s * n, "keras_same"),
        (lambda n, k, s, p, op: (n - 1) * s - 2 * (p + op) + k, None),
        (lambda n, k, s, p, op: n * s - 2 * p, None),
    ],
)
def test_a_readers_wrong_answer_is_rejected_by_its_name(function, name):
    verdict = ENTRY.judge(function)
    assert verdict.kind in ("wrong", "misconception"), verdict.text
    assert verdict.misconception == name, verdict.text


def by_the_layer(n, kernel, stride, padding, output_padding):
    layer = nn.ConvTranspose1d(1, 1, kernel, stride, padding, output_padding)
    return layer(torch.zeros(1, 1, n)).shape[-1]


def by_stamps(n, kernel, stride, padding, output_padding):
    covered = 0
    for place in range(n):
        covered = max(covered, place * stride + kernel)
    return covered - padding - padding + output_padding


@pytest.mark.parametrize(
    "function",
    [
        by_the_layer,
        by_stamps,
        lambda n, k, s, p, op: s * (n - 1) + 1 * (k - 1) - 2 * p + op + 1,
        lambda n, k, s, p, op: float((n - 1) * s - 2 * p + k + op),
        lambda n, k, s, p, op: torch.tensor((n - 1) * s - 2 * p + k + op),
        lambda n, k, s, p, op: np.int64(n - 1) * s - 2 * p + k + op,
    ],
)
def test_a_right_answer_in_another_style_is_accepted(function):
    verdict = ENTRY.judge(function)
    assert verdict.kind == "right", verdict.text
