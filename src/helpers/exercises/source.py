"""What can be read off the code of a learner's function, without calling it."""

import dis
import linecache
import traceback
from collections.abc import Callable

__all__ = ["is_stub", "line_of_code", "unused_arguments"]


def is_stub(function: Callable) -> bool:
    """Whether the function does nothing but return a constant, as an untouched stub does."""
    code = getattr(function, "__code__", None)
    nothing = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    return code is not None and all(step.opname in nothing for step in dis.get_instructions(code))


def unused_arguments(function: Callable) -> set[int]:
    """The places of the arguments that the function's code never reads, counted from 0."""
    code = getattr(function, "__code__", None)
    if code is None:
        return set()
    read = set(code.co_cellvars)  # a function inside this one reads them
    for step in dis.get_instructions(code):
        if step.opname not in ("STORE_FAST", "DELETE_FAST"):
            read.update(step.argval if isinstance(step.argval, tuple) else [step.argval])
    return {k for k, name in enumerate(code.co_varnames[: code.co_argcount]) if name not in read}


def line_of_code(error: BaseException, function: Callable) -> str:
    """The last line of the function's own file that the error came through, or nothing."""
    code = getattr(function, "__code__", None)
    frames = traceback.walk_tb(error.__traceback__)
    numbers = [n for frame, n in frames if code and frame.f_code.co_filename == code.co_filename]
    return linecache.getline(code.co_filename, numbers[-1]).strip()[:200] if numbers else ""
