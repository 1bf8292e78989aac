"""What a function did with one case, compared with what was expected, and put into words."""

import copy
import dis
import linecache
import re
import traceback
from collections.abc import Callable

import numpy as np

from helpers.arrays import to_numpy
from helpers.exercises.limit import TooLong

__all__ = ["Outcome", "all_same", "describe", "describe_results", "is_stub", "outcome"]

FLOAT_TOLERANCE = {2: 1e-2, 4: 1e-4, 8: 1e-6}  # relative, by the bytes of a float
LARGE = 10**6  # results with more elements are looked at, but not copied


def describe(value) -> str:
    """Short text for an argument or a result, the same on every machine."""
    if isinstance(value, tuple | list) and len(value) <= 8:
        inner = ", ".join(describe(v) for v in value)
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if value is None or isinstance(value, bool | str):
        return repr(value)[:200]
    if isinstance(value, int):
        return str(value) if abs(value) < 10**15 else "a huge integer"
    if isinstance(value, float):
        return f"{value:.6g}"
    if type(value).__module__.startswith("torch.nn."):
        weights = [f"{name} = {describe(w)}" for name, w in value.state_dict().items()]
        return f"a {type(value).__name__} with {'; '.join(weights)}"[:400]
    array = _as_array(value)
    if array is None:
        return f"a {type(value).__name__}"
    if array.size == 0:
        return f"empty array, shape {array.shape}"
    form = {"precision": 6, "threshold": 12, "edgeitems": 2, "separator": ", "}
    text = np.array2string(array, **form)
    shape = f", shape {array.shape}" if array.ndim else ""
    text = re.sub(r"\s+", " ", text)
    if len(text) > 400:  # end with a whole number, where there is one
        text = (text[:400].rpartition(", ")[0] or text[:400]) + ", …"
    return text + shape


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

    def __init__(self, value=None, error: str | None = None, line: str = ""):
        self.error, self.line = error, line
        self.is_nothing = error is None and (value is None or value is Ellipsis)
        self.text = "" if error else describe_results(value)
        self.parts = None if error else _parts(value)
        self.names = list(value) if isinstance(value, dict) else None

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
        return None

    def same_as(self, other: "Outcome") -> bool:
        if self.error is not None or other.error is not None:
            return self.error_type == other.error_type
        if self.parts is None or other.parts is None or self.unlike(other):
            return False
        pairs = zip(self.parts_like(other), other.parts, strict=True)
        return all(_same(a, b) for a, b in pairs)

    def differences(self, other: "Outcome") -> tuple[dict, dict]:
        """Of the named results those that differ: as they are here, and as they are there."""
        pairs = zip(self.names, self.parts, other.parts, strict=True)
        differing = [(name, a, b) for name, a, b in pairs if not _same(a, b)]
        return {name: a for name, a, _ in differing}, {name: b for name, _, b in differing}

    def worst_element(self, other: "Outcome") -> str:
        """Say which element is furthest from the one expected, with all its digits."""
        pairs = zip(self.parts_like(other), other.parts, strict=True)
        mine, right = next((a, b) for a, b in pairs if not _same(a, b))
        distance = np.asarray(mine != right, dtype=float)
        if mine.dtype.kind != "U":
            with np.errstate(all="ignore"):
                size = np.abs(mine.astype(np.complex128) - right.astype(np.complex128))
            distance = np.where(distance, size, 0.0)  # equal infinities are no distance apart
        worst = np.unravel_index(np.argmax(distance), distance.shape)
        place = f" at [{', '.join(str(int(i)) for i in worst)}]" if worst else ""
        got, wanted = str(mine[worst])[:200], str(right[worst])[:200]
        return f"{got} instead of {wanted}{place}"

    @property
    def error_type(self) -> str | None:
        return None if self.error is None else self.error.split(":")[0]


def is_stub(function: Callable) -> bool:
    """Whether the function does nothing but return a constant, as an untouched stub does."""
    code = getattr(function, "__code__", None)
    nothing = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    return code is not None and all(step.opname in nothing for step in dis.get_instructions(code))


def all_same(outcomes: list[Outcome], others: list[Outcome]) -> bool:
    return all(mine.same_as(other) for mine, other in zip(outcomes, others, strict=True))


def outcome(function: Callable, case: tuple, run: Callable | None = None) -> Outcome:
    """Call the function on a copy of the case; no exception but the time limit's gets out."""
    case = copy.deepcopy(case)
    try:
        with np.errstate(all="ignore"):
            return Outcome(run(function, *case) if run else function(*case))
    except (TooLong, KeyboardInterrupt):
        raise
    except NotImplementedError:
        return Outcome(None)
    except BaseException as error:
        return Outcome(error=_last_line(error), line=_line_of_code(error, function))


def _last_line(error: BaseException) -> str:
    try:
        line = traceback.format_exception_only(error)[-1].strip()
    except Exception:  # an exception whose text raises
        line = type(error).__name__
    return re.sub(r"0x[0-9a-fA-F]+", "0x…", line)[:300]


def _line_of_code(error: BaseException, function: Callable) -> str:
    """The last line of the function's own file that the error came through, or nothing."""
    code = getattr(function, "__code__", None)
    frames = traceback.walk_tb(error.__traceback__)
    numbers = [n for frame, n in frames if code and frame.f_code.co_filename == code.co_filename]
    return linecache.getline(code.co_filename, numbers[-1]).strip()[:200] if numbers else ""


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


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype.kind == "U":
        return bool(np.array_equal(a, b))
    floats = [x.dtype.itemsize for x in (a, b) if x.dtype.kind == "f"]
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


def _noun(part: np.ndarray) -> str:
    kind = {"b": "truth value", "U": "text", "i": "integer", "u": "integer"}
    noun = kind.get(part.dtype.kind, "number")
    return f"one {noun}" if part.ndim == 0 else f"an array of {noun}s"
