"""Slips of readers in the exercises 03.3 to 03.6, each in the reader's own words."""

import itertools

import numpy as np
import pytest

from helpers.exercises import exercise
from helpers.models import autodiff

# 03.3


def softmax_with(a, grad, maximum, total, weighted):
    e = np.exp(a - maximum(a))
    p = e / total(e)
    return p, p * (grad - weighted(grad * p))


def kept(x):
    return x.sum(-1, keepdims=True)


def lost(x):
    return x.sum(-1)


def largest(x):
    return x.max(-1, keepdims=True)


def plain_maximum(a, grad):
    return softmax_with(a, grad, np.max, kept, kept)


def axis_of_a_matrix(a, grad):
    p = np.exp(a - a.max(1, keepdims=True))
    p = p / p.sum(1, keepdims=True)
    return p, p * grad - p * (p * grad).sum(axis=1, keepdims=True)


def no_keepdims(a, grad):
    return softmax_with(a, grad, lambda x: x.max(-1), lost, lost)


def no_keepdims_in_the_pull(a, grad):
    return softmax_with(a, grad, largest, kept, lost)


def test_a_maximum_alone_without_its_axis_is_shown_where_it_breaks():
    verdict = exercise("03.3").judge(
        lambda a, grad: softmax_with(a, grad, lambda x: x.max(-1), kept, kept)
    )
    assert verdict.kind == "error"
    assert "could not be broadcast" in verdict.text


def shifted_in_place(a, grad):
    a -= a.max(axis=-1, keepdims=True)
    return softmax_with(a, grad, largest, kept, kept)


def exponentials_in_place(a, grad):
    np.exp(a - largest(a), out=a)
    a /= kept(a)
    return a, a * (grad - kept(grad * a))


def centred_in_place(a, grad):
    p, _ = softmax_with(a, grad, largest, kept, kept)
    grad -= kept(grad * p)
    return p, grad * p


@pytest.mark.parametrize(
    ("function", "name"),
    [(shifted_in_place, "a"), (exponentials_in_place, "a"), (centred_in_place, "grad")],
)
def test_a_softmax_that_overwrites_what_the_engine_keeps_is_told_so(function, name):
    verdict = exercise("03.3").judge(function)
    assert verdict.kind == "wrong"
    assert verdict.text.startswith(f"✗ right, but your function changes its argument {name}, and ")


def test_such_a_softmax_does_harm_in_the_engine():
    def gradient(function):
        a = autodiff.Node([[0.0, 1.0]])
        square = a * a  # its rule reads the value of a on the way back
        value = function(a.value, np.zeros((1, 2)))[0].copy()
        node = autodiff.Node(value, [(a, lambda grad: function(a.value, grad)[1])])
        ((square + node) * [[1.0, 2.0]]).sum().backward()
        return a.grad

    harmless = gradient(exercise("03.3").answer)
    assert not np.allclose(gradient(exponentials_in_place), harmless)
    assert not np.allclose(gradient(shifted_in_place), harmless)


# 03.4


def xavier(sizes, mean_square):
    return [2 / (n + m) for n, m in itertools.pairwise(sizes)]


def xavier_for_these_pixels(sizes, mean_square):
    found = [2 / (n + m) for n, m in itertools.pairwise(sizes)]
    found[0] /= mean_square
    return found


def xavier_from_the_second_on(sizes, mean_square):
    later = itertools.pairwise(sizes[1:])
    return np.array([1 / (sizes[0] * mean_square)] + [2 / (n + m) for n, m in later])


def mean_of_both_numbers_of_units(sizes, mean_square):
    squares = [mean_square] + [0.5] * (len(sizes) - 2)
    middles = [(n + m) / 2 for n, m in itertools.pairwise(sizes)]
    return [1 / (n * square) for n, square in zip(middles, squares, strict=True)]


# 03.5


def smallest_share(sizes):
    shares = [a / b for a, b in itertools.pairwise(sizes)]
    return int(np.argmin(shares)) + 1


def mean_magnitude(grads):
    return smallest_share([np.mean(abs(g)) for g in grads])


def largest_magnitude(grads):
    return smallest_share([np.linalg.norm(g.ravel(), np.inf) for g in grads])


def mean_with_its_sign(grads):
    return smallest_share([np.mean(g) for g in grads])


def mean_square_without_its_root(grads):
    return smallest_share([np.mean(g * g) for g in grads])


# 03.6


def test_dropout_that_overwrites_delta_is_told_so():
    def in_place(delta, mask, keep, rng):
        delta *= mask / keep
        return delta

    verdict = exercise("03.6").judge(in_place)
    assert verdict.kind == "wrong"
    assert "✗ right, but your function changes its argument delta, and it is" in verdict.text


# all


@pytest.mark.parametrize(
    ("id", "function", "name"),
    [
        ("03.3", plain_maximum, "one_maximum_for_all"),
        ("03.3", axis_of_a_matrix, "axis_one"),
        ("03.3", no_keepdims, "axes_not_kept"),
        ("03.3", no_keepdims_in_the_pull, "axis_not_kept_on_the_way_back"),
        ("03.4", xavier, "glorot"),
        ("03.4", xavier_for_these_pixels, "glorot_with_the_mean_square"),
        ("03.4", xavier_from_the_second_on, "glorot_after_the_first"),
        ("03.4", mean_of_both_numbers_of_units, "middle_of_both_directions"),
        ("03.5", mean_magnitude, "means_of_magnitudes"),
        ("03.5", largest_magnitude, "largest_elements"),
        ("03.5", mean_with_its_sign, "signed_means"),
    ],
)
def test_a_slip_is_named(id, function, name):
    verdict = exercise(id).judge(function)
    assert (verdict.kind, verdict.misconception) == ("misconception", name), verdict.text


@pytest.mark.parametrize(("id", "function"), [("03.5", mean_square_without_its_root)])
def test_a_right_answer_is_accepted(id, function):
    verdict = exercise(id).judge(function)
    assert verdict.kind == "right", verdict.text
