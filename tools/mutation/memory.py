"""What the objects behind some names hold, so that it can be put back.

A `Memory` goes from objects to all that they hold and copies what can change: arrays, lists,
dictionaries, tensors with their slopes, variables of TensorFlow and Keras, the fields of instances,
the variables of closures, the states of random generators.
"""

import collections
import ctypes
import functools
import operator
import random
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath

import numpy as np

LESSON = "lesson"  # the module in which a lesson's code runs
LARGE = 32_000_000  # bytes: arrays above are data, and are not copied
NOTHING = object()  # the copy of what cannot change
FIXED = (str, bytes, int, float, complex, type(None), range, slice, PurePath, types.ModuleType)
SHOWS = ("matplotlib", "IPython", "ipywidgets", "tqdm", "helpers.check", "logging")
FRAMEWORK = ("keras", "tensorflow")


class Memory:
    """The contents of all that can be reached from the values of a dictionary.

    Args:
        names: the names and objects to begin with.
        known: (object, copy) by id, kept from memory to memory: equal contents are copied once.
    """

    def __init__(self, names: dict[str, object], known: dict[int, tuple]):
        self.names = dict(names)
        self.held: dict[int, tuple] = {}
        waiting = list(names.values())
        while waiting:
            thing = waiting.pop()
            if isinstance(thing, FIXED) or id(thing) in self.held:
                continue
            pair = known.get(id(thing))
            if pair is None or not same(*pair):
                pair = known[id(thing)] = (thing, copied(thing))
            self.held[id(thing)] = pair
            waiting += children(thing)

    def changed(self) -> set[int]:
        """The ids of the objects, generators left out, that no longer hold what they held."""
        return {
            id(thing)
            for thing, copy in self.held.values()
            if not is_generator(thing) and not same(thing, copy)
        }

    def restore(self, but: set[int] = frozenset(), only: set[int] | None = None) -> None:
        """Put all contents back, but those of some ids; generators always."""
        for key, (thing, copy) in self.held.items():
            if only is not None and key not in only:
                continue
            if (key not in but or is_generator(thing)) and not same(thing, copy):
                put_back(thing, copy)


def is_generator(thing: object) -> bool:
    """Whether it is a source of random numbers."""
    return isinstance(thing, np.random.Generator | random.Random) or _is(thing, "Generator")


def _is(thing: object, name: str) -> bool:
    """Whether it is of this class of torch; torch is not imported to know."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, getattr(torch, name))


def _is_variable(thing: object) -> bool:
    """Whether it is a variable of Keras or TensorFlow."""
    return _from(thing, FRAMEWORK) and hasattr(thing, "assign") and hasattr(thing, "numpy")


def _from(thing: object, packages: tuple[str, ...]) -> bool:
    return type(thing).__module__.startswith(packages)


def _has_fields(thing: object) -> bool:
    return (
        hasattr(thing, "__dict__")
        and not isinstance(thing, type | types.FunctionType | types.MethodType)
        and (not _from(thing, FRAMEWORK + SHOWS) or _from(thing, ("keras.src.optimizers",)))
        and isinstance(vars(thing), dict)
    )


def copied(thing: object) -> object:
    """A copy of what an object holds itself, or NOTHING."""
    if isinstance(thing, np.ndarray):
        whole = thing.nbytes <= LARGE and thing.dtype != object and thing.flags.writeable
        return thing.copy() if whole else NOTHING
    if _is(thing, "Tensor"):
        if thing.is_meta or thing.layout is not sys.modules["torch"].strided:
            return NOTHING
        if thing.nbytes > LARGE:
            return NOTHING
        slope = thing.grad if thing.is_leaf else None
        return thing.detach().clone(), slope, None if slope is None else slope.detach().clone()
    if isinstance(thing, np.random.Generator):
        return thing.bit_generator.state
    if isinstance(thing, random.Random):
        return thing.getstate()
    if _is(thing, "Generator"):
        return thing.get_state()
    if isinstance(thing, dict):
        return dict(thing)
    if isinstance(thing, list | set | collections.deque):
        return list(thing)
    if _is_variable(thing):
        return np.array(thing.numpy())
    if isinstance(thing, types.FunctionType) and thing.__closure__:
        return [_content(cell) for cell in thing.__closure__]
    if isinstance(thing, type) and thing.__module__ == LESSON:
        return {k: v for k, v in vars(thing).items() if k not in ("__dict__", "__weakref__")}
    return dict(vars(thing)) if _has_fields(thing) else NOTHING


def same(thing: object, copy: object) -> bool:
    """Whether an object still holds its copy; objects in it are compared by identity."""
    if copy is NOTHING:
        return True
    if isinstance(thing, np.ndarray):
        return thing.shape == copy.shape and thing.tobytes() == copy.tobytes()
    if _is(thing, "Tensor"):
        values, slope, of_slope = copy
        if thing.shape != values.shape or not _equal(thing.detach(), values):
            return False
        now = thing.grad if thing.is_leaf else None
        return now is slope and (slope is None or _equal(slope, of_slope))
    now = copied(thing)
    if isinstance(copy, dict) and not isinstance(thing, np.random.Generator):
        return now.keys() == copy.keys() and all(now[k] is copy[k] for k in copy)
    if isinstance(copy, list):
        return len(now) == len(copy) and all(map(operator.is_, now, copy))
    if isinstance(copy, np.ndarray):
        return now.shape == copy.shape and now.tobytes() == copy.tobytes()
    return _equal(now, copy) if _is(copy, "Tensor") else repr(now) == repr(copy)


def _equal(a, b) -> bool:
    return a.dtype == b.dtype and sys.modules["torch"].equal(a, b)


def put_back(thing: object, copy: object) -> None:
    """Make an object hold its copy."""
    if isinstance(thing, np.ndarray):
        thing[...] = copy
    elif _is(thing, "Tensor"):
        values, slope, of_slope = copy
        if thing.shape == values.shape:
            thing.detach().copy_(values)
        if slope is not None:
            slope.detach().copy_(of_slope)
        if thing.is_leaf:
            thing.grad = slope
    elif isinstance(thing, np.random.Generator):
        thing.bit_generator.state = copy
    elif isinstance(thing, random.Random):
        thing.setstate(copy)
    elif _is(thing, "Generator"):
        thing.set_state(copy)
    elif isinstance(thing, dict | set):
        thing.clear()
        thing.update(copy)
    elif isinstance(thing, list | collections.deque):
        thing.clear()
        thing.extend(copy)
    elif _is_variable(thing):
        thing.assign(copy)
    elif isinstance(thing, types.FunctionType):
        for cell, content in zip(thing.__closure__, copy, strict=True):
            if content is not NOTHING:
                cell.cell_contents = content
    elif isinstance(thing, type):
        for name in set(copied(thing)) - set(copy):
            delattr(thing, name)
        for name, value in copy.items():
            if vars(thing).get(name) is not value:
                setattr(thing, name, value)
    else:
        vars(thing).clear()
        vars(thing).update(copy)


def children(thing: object) -> Iterator[object]:
    """What an object holds."""
    if isinstance(thing, dict):
        yield from thing.values()
    elif isinstance(thing, list | tuple | set | frozenset | collections.deque):
        yield from (item for item in thing if not isinstance(item, FIXED))
    elif _is(thing, "Tensor"):
        yield from leaves(thing.grad_fn)
    elif isinstance(thing, types.MethodType):
        yield from (thing.__self__, thing.__func__)
    elif isinstance(thing, functools.partial):
        yield from (thing.func, *thing.args, *thing.keywords.values())
    elif isinstance(thing, types.FunctionType):
        yield from (_content(cell) for cell in thing.__closure__ or ())
        yield from thing.__defaults__ or ()
    elif _from(thing, FRAMEWORK) and not _has_fields(thing):
        held = () if isinstance(thing, type) else getattr(thing, "variables", ())
        yield from held if isinstance(held, list | tuple) else ()
    elif _has_fields(thing):
        yield from vars(thing).values()


def leaves(step: object) -> Iterator[object]:
    """The tensors whose slopes a backward pass from here would fill."""
    seen, waiting = set(), [step]
    while waiting:
        step = waiting.pop()
        if step is None or step in seen:
            continue
        seen.add(step)
        if hasattr(step, "variable"):
            yield step.variable
        waiting += [before for before, _ in step.next_functions]


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return NOTHING


def random_states() -> list[tuple[Callable, object]]:
    """The states of all global random generators, each with the function that sets it."""
    found = [(random.setstate, random.getstate()), (np.random.set_state, np.random.get_state())]  # noqa: NPY002
    if torch := sys.modules.get("torch"):
        found.append((torch.set_rng_state, torch.get_rng_state()))
    if "keras" in sys.modules:
        from keras.src.backend.common import global_state

        seeds = global_state.get_global_attribute("global_seed_generator")
        if seeds is not None:
            found.append((seeds.state.assign, np.array(seeds.state)))
    if "tensorflow" in sys.modules:
        from tensorflow.python.eager import context

        source = getattr(context.context(), "_rng", None)
        if source is not None:
            found.append((source.setstate, source.getstate()))
    return found


class TimeUp(BaseException):
    """The time of a run is over; no handler of a lesson's code catches it."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeUp in this thread when the block takes longer; again every second if need be."""
    thread, done = threading.get_ident(), threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            wait = 1
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread), ctypes.py_object(TimeUp)
            )

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
