"""The verdict lines: every kind of check passes when it should, and fails when it should."""

import os
import subprocess
import sys

import numpy as np
import pytest

from helpers import check


def line_of(capsys, checked, *arguments, **named) -> str:
    checked(*arguments, **named)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    return out.rstrip("\n")


def failure_of(capsys, checked, *arguments, **named) -> str:
    with pytest.raises(AssertionError) as caught:
        checked(*arguments, **named)
    assert capsys.readouterr().out == ""
    return str(caught.value)


# ---------------------------------------------------------------- equal


@pytest.mark.parametrize(
    ("a", "b", "named", "line"),
    [
        (np.ones((20, 32)), np.ones((20, 32)), {}, "640 numbers agree to 1e-06"),
        (np.ones(2000), np.ones(2000) + 1e-7, {}, "2,000 numbers agree to 1e-06"),
        (2.5, 2.5000001, {}, "1 number agrees to 1e-06"),
        ([1.0, 2.0], (1.0, 2.001), {"tol": 1e-3}, "2 numbers agree to 0.001"),
        (np.float32([0.1, 0.2]), np.float64([0.1, 0.2]), {}, "2 numbers agree to 1e-06"),
        (1e-17, 0.0, {"scale": 1.0}, "1 number agrees to 1e-06"),
        (np.zeros(3), np.zeros(3), {"scale": 1e-9}, "3 numbers agree to 1e-06"),
        (7, 7, {}, "1 integer agrees exactly"),
        (np.uint8([1, 255]), np.int64([1, 255]), {}, "2 integers agree exactly"),
        (True, True, {}, "1 truth value agrees exactly"),
        (np.all([1, 1]), np.all([2, 2]), {}, "1 truth value agrees exactly"),
        ([True, False], [True, False], {}, "2 truth values agree exactly"),
        (False, False, {"scale": 1}, "1 truth value agrees exactly"),
    ],
)
def test_equal_passes(capsys, a, b, named, line):
    assert line_of(capsys, check.equal, "02.4", a, b, **named) == f"✓ (02.4) {line}"


SHARED = np.arange(1.0, 7.0)


@pytest.mark.parametrize(
    ("a", "b", "named", "text"),
    [
        (
            [[1.0, 2.0], [3.0, 4.5]],
            [[1.0, 2.1], [3.0, 4.0]],
            {},
            "2 of 4 differ, worst at [1, 1]: 4.5 against 4, allowed difference 4e-06",
        ),
        (1.0, 2.0, {}, "1 of 1 differ, worst: 1 against 2, allowed difference 2e-06"),
        ([1, 2, 3], [1, 2, 4], {}, "1 of 3 differ, worst at [2]: 3 against 4"),
        ([True], [False], {"scale": 1}, "1 of 1 differ, worst at [0]: True against False"),
        (np.int64([2**62]), np.int64([2**62 + 1]), {}, f"{2**62} against {2**62 + 1}"),
        ([1e-12, 2e-12], [1.1e-12, 2e-12], {}, "1 of 2 differ, worst at [0]"),
        ([1.0, np.nan], [1.0, 2.0], {}, "NaN or infinity at [1]"),
        ([1.0, 2.0], [1.0, np.nan], {}, "NaN or infinity at [1]"),
        ([np.nan], [np.nan], {}, "NaN or infinity at [0]"),
        ([[np.inf, 1.0]], [[np.inf, 1.0]], {}, "NaN or infinity at [0, 0]"),
        (np.float64(np.nan), 1.0, {}, "NaN or infinity"),
        (np.ones(3), np.ones((3, 1)), {}, "shapes differ: (3,) and (3, 1)"),
        (np.ones(1), 1.0, {}, "shapes differ: (1,) and ()"),
        (np.ones((0, 3)), np.ones((0, 3)), {}, "nothing to compare: the arrays are empty"),
        ([], [], {}, "nothing to compare: the arrays are empty"),
        (np.zeros(3), np.zeros(3), {}, "all that is expected is zero: give `scale`"),
        (0, 0, {}, "all that is expected is zero: give `scale`"),
        (1e-3, 0.0, {"scale": 1.0}, "1 of 1 differ, worst: 0.001 against 0"),
        ([1.0], [1.0], {"scale": 1.0}, "`scale` is for the claim that a is zero"),
        (0.1, 0.0, {"scale": np.inf}, "`scale` must be a positive number, not inf"),
        (0.1, 0.0, {"scale": np.nan}, "`scale` must be a positive number, not nan"),
        (0.1, 0.0, {"scale": 0.0}, "`scale` must be a positive number, not 0"),
        (SHARED, SHARED, {}, "both sides are the same object"),
        (SHARED, SHARED[:], {}, "both sides share memory"),
        (SHARED, SHARED.reshape(2, 3).ravel(), {}, "both sides share memory"),
        (SHARED[:3], SHARED[2:5], {}, "both sides share memory"),
        ([1.0, 2.0], [1, 2], {}, "kinds differ or cannot be compared: float64 and int64"),
        ([1, 0], [True, False], {}, "kinds differ or cannot be compared"),
        (1.0, True, {}, "kinds differ or cannot be compared"),
        (["a"], ["a"], {}, "kinds differ or cannot be compared"),
        (None, 1.0, {}, "kinds differ or cannot be compared"),
        ([1j], [1j], {}, "kinds differ or cannot be compared"),
    ],
)
def test_equal_fails(capsys, a, b, named, text):
    message = failure_of(capsys, check.equal, "02.4", a, b, **named)
    assert message.startswith("✗ (02.4) ")
    assert text in message


def test_equal_takes_tensors_and_sees_that_they_share_memory(capsys):
    import torch

    array = np.array([1.0, 2.0])
    tensor = torch.from_numpy(array)
    assert "share memory" in failure_of(capsys, check.equal, "1", array, tensor)
    assert "share memory" in failure_of(capsys, check.equal, "1", tensor, tensor.view(2))
    assert "same object" in failure_of(capsys, check.equal, "1", tensor, tensor)
    line_of(capsys, check.equal, "1", tensor.clone().requires_grad_(), array)
    line_of(capsys, check.equal, "1", tensor.bfloat16(), array)
    line_of(capsys, check.equal, "1", [torch.tensor(1.0), torch.tensor(2.0)], array)


def test_tolerance_is_relative_so_that_tiny_gradients_do_not_pass(capsys):
    failure_of(capsys, check.equal, "1", [1e-20, 2e-20], [1e-20, 2.1e-20])
    line_of(capsys, check.equal, "1", [1e20, 2e20], [1e20, 2e20 * (1 + 1e-8)])


# ---------------------------------------------------------------- gradient

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]])
A = np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 0.2], [0.1, 0.4, 2.0]])


def half_square(x):
    return 0.5 * (x**2).sum()


def test_gradient_passes_with_differences_and_both_autograds(capsys):
    import tensorflow as tf
    import torch

    line = line_of(capsys, check.gradient, "01.1", half_square, X, X)
    assert line == "✓ (01.1) 6 derivatives agree to 1e-06 with differences"
    line = line_of(
        capsys,
        check.gradient,
        "01.1",
        half_square,
        X,
        X,
        torch=lambda x: 0.5 * torch.sum(x**2),
        tensorflow=lambda x: 0.5 * tf.reduce_sum(x**2),
    )
    assert line == "✓ (01.1) 6 derivatives agree to 1e-06 with differences, torch, tensorflow"


def test_gradient_of_one_number(capsys):
    line = line_of(capsys, check.gradient, "01.1", np.exp, 0.0, np.exp(0.0), tol=1e-7)
    assert line == "✓ (01.1) 1 derivative agrees to 1e-07 with differences"


def bilinear(x, y):
    return x @ A @ y


POINT = (np.array([1.0, 2.0, -1.0]), np.array([0.5, 0.2, 3.0]))
CLOSED_FORM = (A @ POINT[1], A.T @ POINT[0])


def test_gradient_of_several_arguments(capsys):
    line = line_of(capsys, check.gradient, "01.2", bilinear, POINT, CLOSED_FORM)
    assert line == "✓ (01.2) 6 derivatives agree to 1e-06 with differences"


def test_gradient_leaves_its_arguments_alone(capsys):
    x = X.copy()
    line_of(capsys, check.gradient, "1", half_square, x, x)
    assert np.array_equal(x, X)


@pytest.mark.parametrize(
    ("f", "x", "grad", "text"),
    [
        (half_square, X, -X, "differences: 6 of 6 differ, worst at [0, 2]: -2 against"),
        (lambda x: (x**2).sum(), X, X, "differences: 6 of 6 differ"),
        (half_square, X, X.T, "differences: shapes differ: (3, 2) and (2, 3)"),
        (lambda x: (A * x).sum(), A * 3, A.T, "differences: 6 of 9 differ"),
        (half_square, X, X * np.array([1, 1, np.nan]), "differences: NaN or infinity at [0, 2]"),
        (half_square, np.zeros(2), np.zeros(2), "differences: all that is expected is zero"),
        (half_square, np.zeros((0, 2)), np.zeros((0, 2)), "differences: nothing to compare"),
        (half_square, np.ones(2), np.array([1, 1]), "differences: kinds differ"),
        (lambda x: x**2, np.ones(2), np.ones(2), "f must return one number"),
        (bilinear, POINT, CLOSED_FORM[:1], "2 arguments but 1 gradients"),
        (bilinear, POINT, (A @ POINT[1], A @ POINT[0]), "differences, argument 1: 2 of 3 differ"),
        (bilinear, POINT, (-A @ POINT[1], A.T @ POINT[0]), "differences, argument 0: "),
    ],
)
def test_gradient_fails(capsys, f, x, grad, text):
    assert text in failure_of(capsys, check.gradient, "01.1", f, x, grad)


def test_gradient_of_two_tiny_unequal_numbers_fails(capsys):
    failure_of(capsys, check.gradient, "1", lambda x: 1e-9 * half_square(x), X, 1.1e-9 * X)
    line_of(capsys, check.gradient, "1", lambda x: 1e-9 * half_square(x), X, 1e-9 * X)


def test_gradient_fails_on_a_wrong_autograd(capsys):
    import tensorflow as tf
    import torch

    arguments = (check.gradient, "01.1", half_square, X, X)
    wrong = failure_of(capsys, *arguments, torch=lambda x: torch.sum(x**2))
    assert "torch: 6 of 6 differ" in wrong
    wrong = failure_of(capsys, *arguments, tensorflow=lambda x: tf.reduce_sum(x**2))
    assert "tensorflow: 6 of 6 differ" in wrong
    arguments = (check.gradient, "01.2", bilinear, POINT, CLOSED_FORM)
    wrong = failure_of(capsys, *arguments, torch=lambda x, y: (x**2).sum())
    assert "torch, argument 0: 3 of 3 differ" in wrong
    wrong = failure_of(
        capsys, *arguments, torch=lambda x, y: x @ torch.tensor(A @ POINT[1]) + 0 * y.detach().sum()
    )
    assert "torch, argument 1: all that is expected is zero" in wrong
    wrong = failure_of(
        capsys, *arguments, tensorflow=lambda x, y: tf.reduce_sum(x * (A @ POINT[1]))
    )
    assert "tensorflow, argument 1: all that is expected is zero" in wrong


# ---------------------------------------------------------------- bound


def test_bound_passes(capsys):
    line = line_of(capsys, check.bound, "00.3", [1.0, 2.0, -3.0], [1.5, 2.0, 3.0], 1)
    assert line == "✓ (00.3) 3 cases within the bound, case 1 reaches it"
    line = line_of(capsys, check.bound, "00.3", [1.0, 1.999], [1.5, 2.0], nearly_equal_at=-1)
    assert line == "✓ (00.3) 2 cases within the bound, case 1 reaches it"
    unsigned = np.uint8([1, 2]), np.uint8([1, 3])
    line_of(capsys, check.bound, "00.3", *unsigned, nearly_equal_at=0)
    truths = np.array([True, False]), np.array([True, True])
    line_of(capsys, check.bound, "00.3", *truths, nearly_equal_at=0)


@pytest.mark.parametrize(
    ("smaller", "larger", "text"),
    [
        ([1.0, 2.5, 3.0], [1.0, 2.0, 4.0], "case 1 breaks the bound: 2.5 > 2"),
        ([-1.0, 1e-9], [-1.0, 0.9e-9], "case 1 breaks the bound"),
        ([0.9, 1.0], [1.0, 2.0], "case 0 should nearly reach the bound, but 0.9 is far below 1"),
        ([0.0, 1.0], [1e-9, 2.0], "case 0 should nearly reach the bound"),
        ([1.0, np.nan], [1.0, 2.0], "NaN or infinity at [1]"),
        ([1.0, 2.0], [1.0, np.inf], "NaN or infinity at [1]"),
        ([1.0], [1.0, 2.0], "shapes differ"),
        ([], [], "the arrays are empty"),
        ([0.0, 0.0], [0.0, 0.0], "all cases are zero on both sides"),
        ([[1.0]], [[1.0]], "the cases must form one axis, but the shape is (1, 1)"),
        (1.0, 1.5, "the cases must form one axis"),
        (SHARED, SHARED, "the same object"),
        (SHARED, SHARED[:], "share memory"),
        ([1, 2], [1.0, 2.0], "kinds differ"),
    ],
)
def test_bound_fails(capsys, smaller, larger, text):
    assert text in failure_of(capsys, check.bound, "00.3", smaller, larger, nearly_equal_at=0)


# ---------------------------------------------------------------- mean

NORMAL = np.random.default_rng(0).normal(size=(40_000, 2))


def test_mean_passes(capsys):
    line = line_of(capsys, check.mean, "01.7", NORMAL[:, 0] + 1, 1.0)
    assert line == "✓ (01.7) mean of 40,000 samples within four standard errors"
    line = line_of(capsys, check.mean, "01.7", NORMAL + 1, [1.0, 1.0])
    assert line == "✓ (01.7) 2 means of 40,000 samples within four standard errors"
    line_of(capsys, check.mean, "01.7", NORMAL, np.zeros(2), scale=1.0)
    line_of(capsys, check.mean, "01.7", NORMAL[:, 0] + 1, 1)  # the mean is a float all the same
    line_of(capsys, check.mean, "01.7", NORMAL[:, 0] > 0, 0.5)
    line_of(capsys, check.mean, "01.7", np.full(100, 0.1), 0.1)


@pytest.mark.parametrize(
    ("samples", "expected", "named", "text"),
    [
        (NORMAL + np.array([1, 1.1]), [1.0, 1.0], {}, "worst mean at [1]: 1.095"),
        (NORMAL[:, 0] + 1.1, 1.0, {}, "standard errors apart"),
        (-1 - NORMAL[:, 0], 1.0, {}, "standard errors apart"),
        (np.full(100, 0.2), 0.1, {}, "standard errors apart"),
        (NORMAL[:100] + 1, [1.0, 1.0], {}, "too few samples: a standard error of"),
        (NORMAL[:1000, 0] + 1, 1.0, {}, "exceeds 2 % of 1"),
        (NORMAL, np.zeros(2), {}, "all means expected are zero: give `scale`"),
        (NORMAL, np.zeros(2), {"scale": 1e-3}, "too few samples"),
        (NORMAL, np.zeros(2), {"scale": np.inf}, "`scale` must be a positive number"),
        (NORMAL, np.zeros(2), {"scale": np.nan}, "`scale` must be a positive number"),
        (NORMAL, np.zeros(2), {"scale": 0}, "`scale` must be a positive number"),
        (NORMAL + 0.1, np.zeros(2), {"scale": 1.0}, "standard errors apart"),
        (NORMAL, np.zeros(3), {"scale": 1.0}, "shapes differ"),
        (np.ones(1), 1.0, {}, "a mean needs at least two samples"),
        (np.ones(0), 1.0, {}, "a mean needs at least two samples"),
        (np.float64(1), 1.0, {}, "a mean needs at least two samples"),
        (np.ones((5, 0)), np.ones(0), {}, "the arrays are empty"),
        ([1.0, np.nan], 1.0, {}, "the samples hold NaN or infinity"),
        ([1.0, np.inf], 1.0, {}, "the samples hold NaN or infinity"),
        ([1.0, 1.0], np.nan, {}, "NaN or infinity"),
        ([1j, 1j], 1.0, {}, "there is no mean to compare"),
        (["a", "b"], 1.0, {}, "there is no mean to compare"),
    ],
)
def test_mean_fails(capsys, samples, expected, named, text):
    assert text in failure_of(capsys, check.mean, "01.7", samples, expected, **named)


# ---------------------------------------------------------------- same_model


def model(x, slope=2.0):
    return slope * x, {"W": x + 1, "b": np.sum(x)}


def test_same_model_passes(capsys):
    line = line_of(capsys, check.same_model, "02.9", model, model, [np.ones(3)])
    assert line == "✓ (02.9) same outputs (3 numbers) and gradients (4 numbers) to 1e-06"
    line = line_of(
        capsys,
        check.same_model,
        "02.9",
        lambda x: (float(x), (2 * x, [1.5, 2.5])),
        lambda x: (np.float64(x), [2.0, np.array([1.5, 2.5])]),
        (1.0,),
    )
    assert line == "✓ (02.9) same outputs (1 number) and gradients (3 numbers) to 1e-06"


def test_same_model_takes_tensors(capsys):
    import torch

    def torch_model(x):
        x = torch.tensor(x)
        return 2 * x, {"W": x + 1, "b": x.sum()}

    line_of(capsys, check.same_model, "1", torch_model, model, (np.ones(3),))


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (lambda x: model(x, 2.1), "outputs 0: 3 of 3 differ, worst at [0]: 2 against 2.1"),
        (lambda x: (2 * x, {"W": x + 1, "b": x.mean()}), "gradients b: 1 of 1 differ"),
        (lambda x: (2 * x, {"W": x[:2] + 1, "b": x.sum()}), "gradients W: shapes differ"),
        (lambda x: (2 * x, {"W": x * np.nan, "b": x.sum()}), "gradients W: NaN or infinity"),
        (lambda x: (2 * x, {"W": x * 0, "b": x.sum()}), "gradients W: all that is expected is"),
        (
            lambda x: (2 * x, {"W": x + 1, "c": x.sum()}),
            "gradients have different names: ['W', 'b'] and ['W', 'c']",
        ),
        (lambda x: (2 * x, {"W": x + 1}), "gradients have different names: ['W', 'b'] and ['W']"),
        (lambda x: ([2 * x, x], {}), "outputs have different names: [0] and [0, 1]"),
    ],
)
def test_same_model_fails(capsys, other, text):
    assert text in failure_of(capsys, check.same_model, "02.9", model, other, (np.ones(3),))


def test_same_model_fails_when_nothing_is_computed_twice(capsys):
    kept = np.ones(3)

    def keeps(x):
        return kept, [x]

    wrong = failure_of(capsys, check.same_model, "1", keeps, keeps, (np.ones(3),))
    assert "outputs 0: both sides are the same object" in wrong
    nothing = failure_of(
        capsys, check.same_model, "1", lambda x: (x, []), lambda x: (x + 0, []), (np.ones(3),)
    )
    assert "nothing to compare: there are no gradients" in nothing


def test_failure_has_no_other_exception_in_its_traceback():
    with pytest.raises(AssertionError) as caught:
        check.equal("1", 1.0, 2.0)
    assert caught.value.__suppress_context__


def test_a_console_without_the_tick_does_not_turn_a_passed_check_into_an_error():
    code = "from helpers import check; check.equal('01.1', [1.0], [1.0])"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    assert done.stdout.decode() == "? (01.1) 1 number agrees to 1e-06\n"
    assert done.returncode == 0
