"""The verdict lines behind every numbered equation.

Each function prints one line that is the same on every machine, and raises `AssertionError` with
the worst element when the claim fails. Empty arrays, NaN, infinity, unequal shapes or kinds (bool,
integer, float), two names for the same memory, and all-zero arrays where zero is not the claim are
failures too. Arrays may be NumPy arrays, numbers, lists, or tensors of either framework.
"""

from collections.abc import Callable, Mapping

import numpy as np

from helpers.arrays import to_numpy
from helpers.claims import claim, summary
from helpers.console import say

__all__ = ["bound", "claim", "compared", "equal", "gradient", "mean", "same_model", "summary"]

KINDS = {"b": "bool", "i": "integer", "u": "integer", "f": "float"}


def equal(eq: str, a, b, tol: float = 1e-6, scale: float | None = None) -> None:
    """Check that a equals b: max|a − b| ≤ tol · max|b| for floats, exactly for integers and bools.

    Give `scale` when the claim is that a is zero (b all zeros): the size of the terms that cancel
    in a; then max|a − b| ≤ tol · scale.
    """
    a, b = compared(eq, a, b)
    _hold(eq, a, b, tol, scale)
    if b.dtype.kind == "f":
        _passed(eq, f"{_agree(a.size, 'number')} to {tol:g}")
    else:
        noun = "integer" if b.dtype.kind in "iu" else "truth value"
        _passed(eq, f"{_agree(a.size, noun)} exactly")


def gradient(
    eq: str,
    f: Callable,
    x,
    grad,
    torch: Callable | None = None,
    tensorflow: Callable | None = None,
    tol: float = 1e-6,
) -> None:
    """Check a closed-form gradient against central differences and, where given, both autograds.

    Args:
        f: NumPy function of x that returns one number.
        x: the point, a float array of any shape, or a tuple of arrays for f(*x).
        grad: the gradient by the closed form, of the shape of x (a tuple where x is one).
        torch, tensorflow: the same function written with that framework's tensors.
    """
    points, grads = _tuple(x), _tuple(grad)
    if len(points) != len(grads):
        _fail(eq, f"{len(points)} arguments but {len(grads)} gradients")
    points = tuple(np.array(to_numpy(p), dtype=np.float64) for p in points)
    claims = {"differences": _central_differences(eq, f, points)}
    if torch is not None:
        claims["torch"] = _torch_gradient(torch, points)
    if tensorflow is not None:
        claims["tensorflow"] = _tensorflow_gradient(tensorflow, points)
    for name, reference in claims.items():
        for k, (mine, theirs) in enumerate(zip(grads, reference, strict=True)):
            where = f"{name}, argument {k}: " if len(points) > 1 else f"{name}: "
            mine, theirs = compared(eq, mine, theirs, where)
            _hold(eq, mine, theirs, tol, None, where)
    size = sum(p.size for p in points)
    _passed(eq, f"{_agree(size, 'derivative')} to {tol:g} with {', '.join(claims)}")


def bound(eq: str, smaller, larger, nearly_equal_at: int, near: float = 0.01) -> None:
    """Check smaller ≤ larger in every case, and that one stated case nearly reaches equality.

    Args:
        smaller, larger: arrays of the same shape (cases,).
        nearly_equal_at: index of a case whose gap is at most `near` times max(|smaller|, |larger|),
            so that the bound is seen to be tight.
    """
    smaller, larger = compared(eq, smaller, larger)
    if smaller.ndim != 1:
        _fail(eq, f"the cases must form one axis, but the shape is {smaller.shape}")
    smaller, larger = smaller.astype(np.float64), larger.astype(np.float64)
    size = np.maximum(np.abs(smaller), np.abs(larger))
    if not size.any():
        _fail(eq, "all cases are zero on both sides")
    excess = smaller - larger - 1e-12 * size
    worst = int(np.argmax(excess))
    if excess[worst] > 0:
        _fail(eq, f"case {worst} breaks the bound: {smaller[worst]:.10g} > {larger[worst]:.10g}")
    if not -len(smaller) <= nearly_equal_at < len(smaller):
        _fail(eq, f"there is no case {nearly_equal_at} among {len(smaller)}")
    gap = larger[nearly_equal_at] - smaller[nearly_equal_at]
    if gap > near * size[nearly_equal_at]:
        _fail(
            eq,
            f"case {nearly_equal_at} should nearly reach the bound, but "
            f"{smaller[nearly_equal_at]:.6g} is far below {larger[nearly_equal_at]:.6g}",
        )
    case = nearly_equal_at % len(smaller)
    _passed(eq, f"{_count(len(smaller), 'case')} within the bound, case {case} reaches it")


def mean(eq: str, samples, expected, scale: float | None = None) -> None:
    """Check a Monte-Carlo claim: the mean over axis 0 is within four standard errors of `expected`.

    The standard errors themselves must be at most 2 % of `scale` (default: max|expected|), so that
    a small sample cannot pass by being vague. Draw the samples independently.

    Args:
        samples: array (N, ...) with N ≥ 2; integers and truth values are averaged too.
        expected: array of shape (...).
    """
    samples, expected = to_numpy(samples), to_numpy(expected)
    if samples.dtype.kind not in KINDS or expected.dtype.kind not in KINDS:
        _fail(eq, f"there is no mean to compare: {samples.dtype} and {expected.dtype}")
    samples, expected = samples.astype(np.float64), expected.astype(np.float64)
    if samples.ndim == 0 or len(samples) < 2:
        _fail(eq, "a mean needs at least two samples")
    if not np.isfinite(samples).all():
        _fail(eq, "the samples hold NaN or infinity")
    average, expected = compared(eq, samples.mean(axis=0), expected)
    if scale is None and not expected.any():
        _fail(eq, "all means expected are zero: give `scale` if that is the claim")
    scale = float(np.abs(expected).max()) if scale is None else float(scale)
    _check_scale(eq, scale)
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    if (vague := float(np.max(error))) > 0.02 * scale:
        _fail(eq, f"too few samples: a standard error of {vague:.3g} exceeds 2 % of {scale:.3g}")
    distance = np.abs(average - expected) / np.maximum(error, 1e-12 * scale)
    worst = np.unravel_index(np.argmax(distance), distance.shape)
    if distance[worst] > 4:
        _fail(
            eq,
            f"worst mean{_index(worst)}: {average[worst]:.6g} against {expected[worst]:.6g}, "
            f"{distance[worst]:.1f} standard errors apart",
        )
    means = "mean" if average.size == 1 else f"{average.size} means"
    _passed(eq, f"{means} of {_count(len(samples), 'sample')} within four standard errors")


def same_model(eq: str, f: Callable, g: Callable, inputs: tuple | list, tol: float = 1e-6) -> None:
    """Check that two implementations of one model give the same outputs and the same gradients.

    Args:
        f, g: functions called as f(*inputs) that return (outputs, gradients); each of the two is an
            array, a tuple or list of arrays, or a dict of arrays with the same names in f and g.
    """
    counts = []
    for part, mine, theirs in zip(("outputs", "gradients"), f(*inputs), g(*inputs), strict=True):
        mine, theirs = _named(mine), _named(theirs)
        if mine.keys() != theirs.keys():
            _fail(eq, f"{part} have different names: {sorted(mine)} and {sorted(theirs)}")
        if not mine:
            _fail(eq, f"nothing to compare: there are no {part}")
        for name in mine:
            where = f"{part} {name}: "
            a, b = compared(eq, mine[name], theirs[name], where)
            _hold(eq, a, b, tol, None, where)
        counts.append(sum(np.size(to_numpy(array)) for array in mine.values()))
    outputs, gradients = (_count(n, "number") for n in counts)
    _passed(eq, f"same outputs ({outputs}) and gradients ({gradients}) to {tol:g}")


def compared(eq: str, a, b, where: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Return a and b as arrays that may be compared at all; floats as float64."""
    if a is b and not np.isscalar(a):  # Python may keep one object for equal numbers
        _fail(eq, f"{where}both sides are the same object")
    a, b = to_numpy(a), to_numpy(b)
    if np.shares_memory(a, b):
        _fail(eq, f"{where}both sides share memory")
    if a.shape != b.shape:
        _fail(eq, f"{where}shapes differ: {a.shape} and {b.shape}")
    kinds = [KINDS.get(x.dtype.kind) for x in (a, b)]
    if kinds[0] != kinds[1] or None in kinds:
        _fail(eq, f"{where}kinds differ or cannot be compared: {a.dtype} and {b.dtype}")
    if a.size == 0:
        _fail(eq, f"{where}nothing to compare: the arrays are empty")
    if kinds[0] == "float":
        a, b = a.astype(np.float64), b.astype(np.float64)
    for x in (a, b):
        if kinds[0] == "float" and not np.isfinite(x).all():
            _fail(eq, f"{where}NaN or infinity{_index(np.argwhere(~np.isfinite(x))[0])}")
    return a, b


def _hold(eq: str, a, b, tol: float, scale: float | None, where: str = "") -> None:
    """Fail unless a equals b within the tolerance; both come from `compared`."""
    if scale is None and not b.any():
        advice = "" if where else ": give `scale` if that is the claim"
        _fail(eq, f"{where}all that is expected is zero{advice}")
    if scale is not None and b.any():
        _fail(eq, f"{where}`scale` is for the claim that a is zero, but b is not")
    if scale is not None:
        _check_scale(eq, scale)
    if b.dtype.kind == "f":
        difference = np.abs(a - b)
        allowed = tol * (np.abs(b).max() if scale is None else scale)
    else:
        difference, allowed = (a != b).astype(int), 0
    if not difference.max() <= allowed:
        worst = np.unravel_index(np.argmax(difference), difference.shape)
        wrong = int((difference > allowed).sum())
        _fail(
            eq,
            f"{where}{wrong} of {a.size} differ, worst{_index(worst)}: {_show(a[worst])} "
            f"against {_show(b[worst])}"
            + (f", allowed difference {allowed:.3g}" if b.dtype.kind == "f" else ""),
        )


def _check_scale(eq: str, scale: float) -> None:
    if not 0 < scale < np.inf:
        _fail(eq, f"`scale` must be a positive number, not {scale:g}")


def _central_differences(eq: str, f: Callable, points: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    """Differentiate f(*points) in every element; the step balances truncation and rounding."""
    points = tuple(p.copy() for p in points)
    slopes = []
    for p in points:
        slope = np.empty(p.shape)
        for i in np.ndindex(p.shape):
            middle = p[i]
            step = 6e-6 * max(1.0, abs(middle))  # cube root of float64's epsilon
            values = []
            for p[i] in (middle + step, middle - step):
                value = to_numpy(f(*points))
                if value.shape != ():
                    _fail(eq, f"f must return one number, but its shape is {value.shape}")
                values.append(float(value))
            p[i] = middle
            slope[i] = (values[0] - values[1]) / (2 * step)
        slopes.append(slope)
    return slopes


def _torch_gradient(f: Callable, points: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    import torch

    tensors = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in points]
    gradients = torch.autograd.grad(f(*tensors), tensors, materialize_grads=True)  # unused: zero
    return [to_numpy(g) for g in gradients]


def _tensorflow_gradient(f: Callable, points: tuple[np.ndarray, ...]) -> list[np.ndarray]:
    import tensorflow as tf

    tensors = [tf.Variable(p, dtype=tf.float64) for p in points]
    with tf.GradientTape() as tape:
        value = f(*tensors)
    gradients = tape.gradient(value, tensors, unconnected_gradients="zero")
    return [to_numpy(tf.convert_to_tensor(g)) for g in gradients]


def _tuple(x) -> tuple:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _named(x) -> dict:
    if isinstance(x, Mapping):
        return dict(x)
    return dict(enumerate(x)) if isinstance(x, tuple | list) else {0: x}


def _index(index) -> str:
    return f" at [{', '.join(str(int(i)) for i in index)}]" if len(index) else ""


def _show(x) -> str:
    return f"{x:.10g}" if x.dtype.kind == "f" else str(x)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _agree(n: int, noun: str) -> str:
    return f"{_count(n, noun)} {'agrees' if n == 1 else 'agree'}"


def _passed(eq: str, text: str) -> None:
    say(f"✓ ({eq}) {text}")


def _fail(eq: str, text: str) -> None:
    raise AssertionError(f"✗ ({eq}) {text}") from None
