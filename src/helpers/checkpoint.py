"""Keep the state of a PyTorch training run in one file, so that it resumes where it stopped.

(Keras has this built in: tf.train.Checkpoint.)
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import nn

from helpers import files

__all__ = ["load", "save"]

STAMP = "helpers.checkpoint"  # the metadata entry: a SHA-256, a space, then the records as JSON
VALUES = (int, float, str, list, dict, np.generic)


def save(path: str | Path, /, **parts) -> None:
    """Write the state of a training run to one safetensors file, from which `load` restores it.

    The file is written under a temporary name and then renamed: a save that fails or is interrupted
    leaves an older file of that name as it was.

    parts: PyTorch modules, optimizers and generators; `np.random.Generator`; and values, which are
    what JSON holds: numbers, texts, lists, dicts.

    Raises OSError (the file cannot be written) or ValueError (a part cannot be saved).
    """
    tensors, records = {}, {}
    for name, part in parts.items():
        own, records[name] = _take_apart(name, part)
        for key, tensor in own.items():  # copies, since safetensors refuses shared memory
            tensors[f"{name}/{key}"] = tensor.detach().clone(memory_format=torch.contiguous_format)
    try:
        text = json.dumps(records, default=np.generic.item)
    except TypeError as error:
        raise ValueError(f"{path} was not written: {error}.") from None
    files.write(path, _pack(tensors, f"{_digest(tensors, text)} {text}"))


def load(path: str | Path, /, **parts) -> dict:
    """Fill the parts, in place, with what `save` wrote, and return the values by name.

    All parts that were saved must be given; values may be left out, and theirs do not count.
    Everything is checked first: after an error the parts are as they were.

    Raises OSError (the file cannot be read) or ValueError (it is damaged or not from `save`, or its
    parts, shapes or dtypes differ).
    """
    path = Path(path)
    tensors, records = _read(path)
    mine = {name: _take_apart(name, part)[1] for name, part in parts.items()}
    values = {name: r["rest"] for name, r in records.items() if r["kind"] == "value"}
    if missing := mine.keys() - records.keys():
        raise ValueError(f"{path} has no part named {', '.join(sorted(missing))}.")
    if extra := records.keys() - values.keys() - mine.keys():
        raise ValueError(f"{path} also holds {', '.join(sorted(extra))}: give all its parts.")
    for name, record in mine.items():
        saved = records[name]
        if record["kind"] != saved["kind"]:
            raise ValueError(f"{name} is a {record['kind']}, but in {path} a {saved['kind']}.")
        for key in record["layout"] | saved["layout"]:
            here, there = (r["layout"].get(key, "missing") for r in (record, saved))
            if here != there:
                raise ValueError(f"{name}, {key}: {here}, but in {path} {there}.")
    for name, part in parts.items():
        start = f"{name}/"
        own = {key.removeprefix(start): t for key, t in tensors.items() if key.startswith(start)}
        _fill(part, own, records[name]["rest"])
    return values


def _take_apart(name: str, part) -> tuple[dict[str, torch.Tensor], dict]:
    """The tensors of a part, and its record.

    In the record are the part's kind, the layout that must agree before it is filled, and the rest:
    what is not a tensor.
    """
    tensors, layout, rest = {}, {}, None
    if isinstance(part, VALUES):
        kind, rest = "value", part
    elif isinstance(part, np.random.Generator):
        rest = part.bit_generator.state
        kind = f"NumPy generator ({rest['bit_generator']})"
    elif isinstance(part, torch.Generator):
        kind, tensors = "PyTorch generator", {"state": part.get_state()}
    elif isinstance(part, nn.Module):
        kind, tensors = "PyTorch module", part.state_dict()
        layout = {key: _form(tensor) for key, tensor in tensors.items()}
    elif isinstance(part, torch.optim.Optimizer):
        kind, rest = f"PyTorch {type(part).__name__}", part.state_dict()
        for i, slots in rest["state"].items():  # of parameter i, such as exp_avg
            tensors |= {f"{i}.{key}": x for key, x in slots.items() if torch.is_tensor(x)}
            rest["state"][i] = {k: x for k, x in slots.items() if not torch.is_tensor(x)}
        # There is no state before the first step, so the parameters are what must agree.
        for g, group in enumerate(part.param_groups):
            for i, parameter in enumerate(group["params"]):
                layout[f"parameter {i} of group {g}"] = _form(parameter)
    else:
        raise ValueError(f"{name} is a {type(part).__name__}, which cannot be saved or loaded.")
    return tensors, {"kind": kind, "layout": layout, "rest": rest}


def _fill(part, tensors: dict[str, torch.Tensor], rest) -> None:
    """Put back what `_take_apart` found."""
    if isinstance(part, np.random.Generator):
        part.bit_generator.state = rest
    elif isinstance(part, torch.Generator):
        part.set_state(tensors["state"])
    elif isinstance(part, nn.Module):
        part.load_state_dict(tensors)
    elif isinstance(part, torch.optim.Optimizer):
        state = {int(i): slots for i, slots in rest["state"].items()}  # JSON's keys are strings
        for name, tensor in tensors.items():
            i, key = name.split(".")
            state[int(i)][key] = tensor
        for group in rest["param_groups"]:  # JSON's sequences are lists
            group |= {key: tuple(x) for key, x in group.items() if key == "betas"}
        part.load_state_dict({"state": state, "param_groups": rest["param_groups"]})


def _form(x: torch.Tensor) -> str:
    return f"{str(x.dtype).removeprefix('torch.')} {tuple(x.shape)}"


def _pack(tensors: dict[str, torch.Tensor], text: str) -> bytes:
    return safetensors.torch.save(tensors, metadata={STAMP: text})


def _digest(tensors: dict[str, torch.Tensor], text: str) -> str:
    """SHA-256 of the content: safetensors itself would not notice a changed number."""
    return hashlib.sha256(_pack(tensors, text)).hexdigest()


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict]:
    """The tensors and the records of a file that `save` wrote."""
    try:
        path.open("rb").close()  # gives the system's reason if the file cannot be read
        with safetensors.safe_open(path, framework="pt") as file:
            digest, _, text = (file.metadata() or {}).get(STAMP, "").partition(" ")
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise type(error)(f"{path} cannot be read ({error.strerror or error}).") from None
    except safetensors.SafetensorError:
        digest = None
    if digest is None or digest != _digest(tensors, text):
        raise ValueError(f"{path} is damaged, or was not written by checkpoint.save.")
    return tensors, json.loads(text)
