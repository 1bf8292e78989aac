"""What a function did with one case, compared with what was expected, and put into words."""

import copy
import re
import traceback
from collections.abc import Callable, Sequence

import numpy as np

from helpers.arrays import to_numpy
from helpers.exercises.limit import TooLong
from helpers.exercises.source import line_of_code

__all__ = [
    "Outcome",
    "all_same",
    "arrays_given",
    "describe",
    "describe_results",
    "lengths",
    "outcome",
]

FLOAT_TOLERANCE = {2: 1e-2, 4: 1e-4, 8: 1e-6}  # relative, by the bytes of a float
ARRAYS = {"numpy": "NumPy arrays", "torch": "PyTorch tensors and modules"}
LARGE = 10**6  # results with more elements are looked at, but not copied


def describe(value, whole: int = LARGE) -> str:
    """Short text for an argument or a result, the same on every machine.

    Of an array with more than `whole` elements only the kind and the shape are told.
    """
    if isinstance(value, tuple | list) and len(value) <= 8:
        inner = ", ".join(describe(v, whole) for v in value)
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if value is None or isinstance(value, bool | str):
        return repr(value)[:200]
    if isinstance(value, int):
        return str(value) if abs(value) < 10**15 else "a huge integer"
    if isinstance(value, float):
        return f"{value:.6g}"
    if type(value).__module__.startswith("torch.nn.") and hasattr(value, "state_dict"):
        weights = [f"{name} = {describe(w)}" for name, w in value.state_dict().items()]
        return f"a {type(value).__name__} with {'; '.join(weights)}"[:400]
    if type(value).__module__.startswith("torch.optim.") and hasattr(value, "param_groups"):
        return f"{type(value).__name__}, lr {float(value.param_groups[0]['lr']):g}"
    array = _as_array(value)
    if array is None:
        is_array = type(value) is np.ndarray
        return "an array of objects" if is_array else f"a {type(value).__name__}"
    if array.size == 0:
        return f"empty array, shape {array.shape}"
    if array.size > whole:
        return f"{_noun(array)}, shape {array.shape}"
    form = {"precision": 6, "threshold": 12, "edgeitems": 2, "separator": ", "}
    text = np.array2string(array, **form)
    shape = f", shape {array.shape}" if array.ndim else ""
    text = re.sub(r"\s+", " ", text)
    if len(text) > 400:  # end with a whole number, where there is one
        text = (text[:400].rpartition(", ")[0] or text[:400]) + ", …"
    return text + shape


def arrays_given(case: tuple) -> str:
    """A line that says which kind of arrays a case holds, or nothing if it holds none."""
    kinds = {type(value).__module__.split(".")[0] for value in case}
    names = [name for module, name in ARRAYS.items() if module in kinds]
    return f"\n  (the arguments are {' and '.join(names)})" if names else ""


def lengths(arguments: dict) -> dict[str, int]:
    """The lengths of the array arguments, by words for them."""
    found = {}
    for name, value in arguments.items():
        for axis, words in enumerate(("the number of rows of", "the number of columns of")):
            shape = getattr(value, "shape", ())
            if len(shape) == 1 and axis == 0:
                found[f"the length of {name}"] = int(shape[0])
            elif axis < len(shape):
                found[f"{words} {name}"] = int(shape[axis])
    return found


def describe_results(value) -> str:
    """Text for what a function returned: one line, or one for each of several results."""
    if isinstance(value, dict):
        return "".join(f"\n    {name}: {describe(part)}" for name, part in value.items())
    if isinstance(value, tuple) and 1 < len(value) <= 8:
        lines = (f"\n    result {k}: {describe(part)}" for k, part in enumerate(value, start=1))
        return "".join(lines)
    return f" {describe(value)}"


class Outcome:
    """What a function did with one case: the arrays that it returned, or its error."""

    def __init__(
        self, value=None, error: str | None = None, line: str = "", not_implemented: bool = False
    ):
        self.error, self.line, self.not_implemented = error, line, not_implemented
        self.is_nothing = error is None and (value is None or value is Ellipsis)
        self.text = "" if error else describe_results(value)
        self.parts = None if error else _parts(value)
        self.names = list(value) if isinstance(value, dict) else None
        results = value.values() if isinstance(value, dict) else value
        results = results if isinstance(value, tuple | list | dict) else (value,)
        self.coarse = any("bfloat16" in str(getattr(part, "dtype", "")) for part in results)
        self.changed: list[int] = []  # places of arguments that are not as they were

    @property
    def size(self) -> int:
        """How many numbers or texts it holds."""
        return sum(part.size for part in self.parts)

    def parts_like(self, other: "Outcome") -> list[np.ndarray]:
        """The parts; where n > 1 results are expected, one array of them all, (n, ...), will do."""
        count = len(other.parts)
        if len(self.parts) == 1 < count:
            array = self.parts[0]
            if array.shape[:1] == (count,) and array.ndim == other.parts[0].ndim + 1:
                return [np.asarray(part) for part in array]
        return self.parts

    def unlike(self, other: "Outcome") -> str | None:
        """Say in what kind or shape this outcome differs from the one expected, or None."""
        if self.parts is None:
            return f"expected {_kind(other.parts)}, but got:{self.text}"
        parts = self.parts_like(other)
        if len(parts) != len(other.parts):
            return f"expected {_kind(other.parts)}, but got {_kind(parts)}"
        for k, (a, b) in enumerate(zip(parts, other.parts, strict=True)):
            which = "" if len(parts) == 1 else f"result {k + 1}: "
            if a.shape != b.shape:
                return f"{which}expected {_kind([b])}, but got {_kind([a])}"
            if (a.dtype.kind == "U") != (b.dtype.kind == "U"):
                return f"{which}expected {_noun(b)}, but got {_noun(a)}"
            if b.dtype.kind == "b" and not np.isin(a, (0, 1)).all():  # 0 and 1 do for truth values
                return f"{which}expected {_noun(b)}, but got {_noun(a)}"
        return None

    def breaks(self, other: "Outcome") -> bool:
        """Whether there is nothing to compare: an error, no result, or another kind or shape."""
        return self.error is not None or self.is_nothing or self.unlike(other) is not None

    def same_as(self, other: "Outcome") -> bool:
        if self.is_nothing or other.is_nothing:  # a mistake may be to return nothing in some cases
            return self.is_nothing and other.is_nothing
        if self.error is not None or other.error is not None:
            return self.error_type == other.error_type
        if self.parts is None or other.parts is None or self.unlike(other):
            return False
        pairs = zip(self.parts_like(other), other.parts, strict=True)
        return all(_same(a, b, self.coarse) for a, b in pairs)

    def differences(self, other: "Outcome") -> tuple[dict, dict]:
        """Of the named results those that differ: as they are here, and as they are there."""
        pairs = zip(self.names, self.parts, other.parts, strict=True)
        differing = [(name, a, b) for name, a, b in pairs if not _same(a, b)]
        return {name: a for name, a, _ in differing}, {name: b for name, _, b in differing}

    def first_difference(self, other: "Outcome") -> str:
        """Say which element is the first that differs, with as many digits as show it."""
        pairs = zip(self.parts_like(other), other.parts, strict=True)
        number, (mine, right) = next(
            (k, (a, b)) for k, (a, b) in enumerate(pairs, start=1) if not _same(a, b, self.coarse)
        )
        size = np.abs(right[np.isfinite(right)]).max(initial=0) if right.dtype.kind == "f" else 0
        places = list(np.ndindex(right.shape))
        place = next(
            (i for i in places if not _same(mine[i], right[i]) and _far(mine[i], right[i], size)),
            None,
        ) or next(i for i in places if not _same(mine[i], right[i]))
        index = f" at [{', '.join(str(i) for i in place)}]" if place else ""
        which = f" of result {number}" if len(other.parts) > 1 else ""
        got, wanted = (
            f"{x[place]:.6g}" if x.dtype.kind == "f" else str(x[place])[:200] for x in (mine, right)
        )
        if got == wanted:
            got, wanted = str(mine[place])[:200], str(right[place])[:200]
        return f"{got} instead of {wanted}{index}{which}"

    @property
    def error_type(self) -> str | None:
        return None if self.error is None else self.error.split(":")[0]


def all_same(outcomes: list[Outcome], others: list[Outcome]) -> bool:
    return all(mine.same_as(other) for mine, other in zip(outcomes, others, strict=True))


def outcome(
    function: Callable, case: tuple, run: Callable | None = None, keeps: Sequence[int] = ()
) -> Outcome:
    """Call the function on a copy of the case; no exception but the time limit's gets out.

    Of the arguments at the places `keeps`, the outcome says which ones the function changed.
    """
    given, case = case, copy.deepcopy(case)
    try:
        with np.errstate(all="ignore"):
            found = Outcome(run(function, *case) if run else function(*case))
        found.changed = [k for k in keeps if not Outcome(case[k]).same_as(Outcome(given[k]))]
        return found
    except (TooLong, KeyboardInterrupt):
        raise
    except NotImplementedError:
        return Outcome(None, not_implemented=True)
    except BaseException as error:
        return Outcome(error=_last_line(error), line=line_of_code(error, function))


def _last_line(error: BaseException) -> str:
    try:
        line = traceback.format_exception_only(error)[-1].strip()
    except Exception:  # an exception whose text raises
        line = type(error).__name__
    return re.sub(r"0x[0-9a-fA-F]+", "0x…", line)[:300]


def _as_array(value) -> np.ndarray | None:
    """The value as an array of numbers, truth values or text, or None."""
    plain = isinstance(value, bool | int | float | complex | str | list | tuple)
    try:
        if not (plain or hasattr(value, "__array__") or hasattr(value, "detach")):
            return None
        array = to_numpy(value)
    except (TooLong, KeyboardInterrupt):
        raise
    except BaseException:  # whatever a learner's object does when it is looked at
        return None
    if array.dtype.kind not in "biufcU":
        return None
    return array.copy() if array.size <= LARGE else array  # a copy: the learner may reuse memory


def _parts(value) -> list[np.ndarray] | None:
    """The arrays of a result: one, or one for each element of a tuple, dict or ragged list."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if not isinstance(value, tuple):
        array = _as_array(value)
        if array is not None:
            return [array]
    if isinstance(value, tuple | list):
        arrays = [_as_array(v) for v in value]
        return None if any(a is None for a in arrays) else arrays
    return None


def _same(a: np.ndarray, b: np.ndarray, coarse: bool = False) -> bool:
    """Whether two results agree; `coarse` for bfloat16, which NumPy shows as float32."""
    if a.dtype.kind == "U":
        return bool(np.array_equal(a, b))
    floats = [2 if coarse else x.dtype.itemsize for x in (a, b) if x.dtype.kind in "fc"]
    if not floats:
        return bool(np.array_equal(a, b))
    a, b = a.astype(np.complex128), b.astype(np.complex128)
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        return False
    infinite = np.isinf(b)
    if not np.array_equal(a[infinite], b[infinite]) or np.isinf(a[~infinite]).any():
        return False
    usable = ~infinite & ~np.isnan(b)
    a, b = a[usable], b[usable]
    size = np.abs(b).max(initial=1e-6)  # so that an expected zero leaves room for rounding
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(a - b) <= FLOAT_TOLERANCE.get(min(floats), 1e-6) * size))


def _kind(parts: list[np.ndarray]) -> str:
    if len(parts) != 1:
        return f"{len(parts)} results"
    return _noun(parts[0]) if parts[0].ndim == 0 else f"an array of shape {parts[0].shape}"


def _far(a, b, size: float) -> bool:
    """Whether a difference of two numbers is more than rounding beside the largest of all."""
    with np.errstate(all="ignore"):
        return not bool(np.abs(np.float64(a) - np.float64(b)) <= 1e-6 * size) if size else True


def _noun(part: np.ndarray) -> str:
    kind = {"b": "truth value", "U": "text", "i": "integer", "u": "integer"}
    noun = kind.get(part.dtype.kind, "number")
    return f"one {noun}" if part.ndim == 0 else f"an array of {noun}s"
