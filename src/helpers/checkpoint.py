"""Keep the state of a training run in one file, so that it resumes where it stopped."""

import hashlib
import json
import numbers
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from helpers import files

STAMP = "helpers.train"  # the metadata entry: a SHA-256, a space, then the parts as JSON


def save(path: str | Path, /, **parts) -> None:
    """Write the state of a training run to one safetensors file, from which `load` restores it.

    The file is written under a temporary name and then renamed: a save that fails or is interrupted
    leaves an older file of that name as it was.

    Args:
        path: the file; its folder must exist.
        parts: PyTorch modules, optimizers and generators; Keras models (built), optimizers and
            seed generators; `tf.random.Generator`; `np.random.Generator`; integers and floats.
            Tensors are stored as "part/name", all else as JSON in the metadata.

    Raises:
        OSError: the file cannot be written.
        ValueError: a part cannot be saved.
    """
    path, arrays, records = Path(path), {}, {}
    for name, part in parts.items():
        found = _part(name, part)
        if found.kind == "Keras model" and not part.built:
            raise ValueError(f"{name} has no weights yet: call it once on a batch.")
        arrays |= {f"{name}/{key}": array for key, array in found.arrays.items()}
        records[name] = {"kind": found.kind, "layout": found.layout, "rest": found.rest}
    try:
        text = json.dumps(records, default=np.generic.item)
    except TypeError as error:
        raise ValueError(f"{path.name} was not written: {error}.") from None
    stamp = {STAMP: f"{_digest(arrays, text)} {text}"}
    files.write(path, safetensors.numpy.save(arrays, metadata=stamp))


def load(path: str | Path, /, **parts) -> dict[str, int | float]:
    """Fill the parts, in place, with what `save` wrote, and return the numbers by name.

    All parts that were saved must be given; numbers may be left out, and their values do not count.
    A Keras optimizer must be built if the saved one was: `build(model.trainable_variables)`.
    Everything is checked first: after an error the parts are as they were.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is damaged or not from `save`, or its parts, shapes or dtypes differ.
    """
    path = Path(path)
    arrays, records = _read(path)
    found = {name: _part(name, part) for name, part in parts.items()}
    counters = {name: r["rest"] for name, r in records.items() if r["kind"] == "number"}
    if missing := found.keys() - records.keys():
        raise ValueError(f"{path.name} has no part named {', '.join(sorted(missing))}.")
    if extra := records.keys() - counters.keys() - found.keys():
        raise ValueError(f"{path.name} also holds {', '.join(sorted(extra))}: give all its parts.")
    for name, part in found.items():
        kind, layout = records[name]["kind"], records[name]["layout"]
        if part.kind != kind:
            raise ValueError(f"{name} is a {part.kind}, but in {path.name} a {kind}.")
        for key in part.layout | layout:
            mine, saved = part.layout.get(key, "missing"), layout.get(key, "missing")
            if mine != saved:
                advice = "" if getattr(parts[name], "built", True) else f": build {name} first"
                raise ValueError(f"{name}, {key}: {mine}, but in {path.name} {saved}{advice}.")
    for name, part in found.items():
        start = f"{name}/"
        own = {key.removeprefix(start): a for key, a in arrays.items() if key.startswith(start)}
        part.fill(own, records[name]["rest"])
    return counters


@dataclass
class _Part:
    """What a part is, how it is filled with (arrays, rest), and what it holds."""

    kind: str
    fill: Callable[[dict[str, np.ndarray], Any], None]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    rest: Any = None  # what is not an array
    layout: dict[str, str] = field(default_factory=dict)  # what must agree before it is filled


def _part(name: str, part) -> _Part:
    """Look into a part; no framework is imported for it."""
    keras, torch = sys.modules.get("keras"), sys.modules.get("torch")
    if isinstance(part, numbers.Real):
        value = int(part) if isinstance(part, numbers.Integral) else float(part)
        return _Part("number", lambda arrays, rest: None, rest=value)
    if isinstance(part, np.random.Generator):
        bits = part.bit_generator
        kind = f"NumPy generator ({type(bits).__name__})"
        return _Part(kind, lambda arrays, rest: setattr(bits, "state", rest), rest=bits.state)
    if keras and isinstance(part, keras.Layer):
        return _variables("Keras model", part.variables)
    if keras and isinstance(part, keras.optimizers.Optimizer):
        return _variables(f"Keras {type(part).__name__}", part.variables)
    if hasattr(getattr(part, "state", None), "assign"):  # Keras' and TensorFlow's generators
        return _variables(f"random {type(part).__name__}", [part.state])
    if torch and isinstance(part, torch.nn.Module):
        return _tensors("PyTorch module", part.state_dict())
    if torch and isinstance(part, torch.optim.Optimizer):
        return _torch_optimizer(part)
    if torch and isinstance(part, torch.Generator):
        found = _tensors(f"PyTorch generator ({part.device.type})", {"state": part.get_state()})
        found.fill = lambda arrays, rest: part.set_state(_tensor(arrays["state"]))
        return found
    raise ValueError(f"{name} is a {type(part).__name__}, which can be neither saved nor loaded.")


def _variables(kind: str, variables: list) -> _Part:
    """Variables of Keras or TensorFlow; the numbers in their automatic names do not count."""
    named = {f"{i}.{re.sub('_[0-9]+', '', v.name)}": v for i, v in enumerate(variables)}

    def fill(arrays, rest):
        for name, variable in named.items():
            variable.assign(arrays[name])

    arrays = {name: np.array(variable.numpy()) for name, variable in named.items()}
    return _Part(kind, fill, arrays, layout={name: _form(a) for name, a in arrays.items()})


def _tensors(kind: str, tensors: dict) -> _Part:
    def fill(arrays, rest):
        for name, tensor in tensors.items():
            tensor.copy_(_tensor(arrays[name]))

    arrays = {name: _array(tensor) for name, tensor in tensors.items()}
    return _Part(kind, fill, arrays, layout={name: _form(a) for name, a in arrays.items()})


def _torch_optimizer(optimizer) -> _Part:
    """The state's tensors, as "0.exp_avg"; the rest is its other values and the groups' settings.

    There is no state before the first step, so the parameters are what must agree.
    """
    rest, arrays = optimizer.state_dict(), {}
    for i, slots in rest["state"].items():
        tensors = {f"{i}.{key}": _array(x) for key, x in slots.items() if hasattr(x, "detach")}
        rest["state"][i] = {key: x for key, x in slots.items() if f"{i}.{key}" not in tensors}
        arrays |= tensors

    def fill(arrays, rest):
        state = {int(i): dict(slots) for i, slots in rest["state"].items()}
        for name, array in arrays.items():
            i, key = name.split(".")
            state[int(i)][key] = _tensor(array)
        for group in rest["param_groups"]:
            group |= {key: tuple(x) for key, x in group.items() if key == "betas"}  # JSON: a list
        optimizer.load_state_dict({"state": state, "param_groups": rest["param_groups"]})

    layout = {
        f"parameter {i} of group {g}": _form(p)
        for g, group in enumerate(optimizer.param_groups)
        for i, p in enumerate(group["params"])
    }
    return _Part(f"PyTorch {type(optimizer).__name__}", fill, arrays, rest, layout)


def _array(tensor) -> np.ndarray:
    """Turn a torch tensor into an array with the same bits."""
    tensor = tensor.detach().cpu().contiguous()
    if str(tensor.dtype) == "torch.bfloat16":  # NumPy has this type from ml_dtypes
        import ml_dtypes
        import torch

        return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def _tensor(array: np.ndarray):
    """Turn an array into a torch tensor with the same bits, in the same memory."""
    import torch

    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def _form(x) -> str:
    return f"{str(x.dtype).removeprefix('torch.')} {tuple(x.shape)}"


def _digest(arrays: dict[str, np.ndarray], text: str) -> str:
    """SHA-256 of the content: safetensors itself would not notice a changed number."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {_form(arrays[name])}".encode() + arrays[name].tobytes())
    return digest.hexdigest()


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Return the arrays and the records of a file that `save` wrote."""
    try:
        path.open("rb").close()  # gives the system's reason if the file cannot be read
        with safetensors.safe_open(path, framework="np") as file:
            digest, _, text = (file.metadata() or {}).get(STAMP, "").partition(" ")
            if not text:
                raise ValueError(f"{path.name} was not written by checkpoint.save.")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except OSError as error:
        raise type(error)(f"{path} cannot be read ({error.strerror or error}).") from None
    except safetensors.SafetensorError:
        raise ValueError(
            f"{path.name} is damaged, or was not written by checkpoint.save."
        ) from None
    if digest != _digest(arrays, text):
        raise ValueError(f"{path.name} is damaged: its content does not fit its checksum.")
    return arrays, json.loads(text)
