"""Files that the course ships in its data folder: found, checked, and how to restore them."""

import hashlib
import json
from pathlib import Path

DATA = Path(__file__).parents[3] / "data"


class ShippedFileError(RuntimeError):
    """A file of the data folder is missing or damaged; the message says how to restore it."""


def record(name: str) -> dict | list[dict]:
    """What one of the course's tools recorded: a .json file, or the lines of a .jsonl file.

    name: a path in the data folder, such as "benchmarks/mlp.json".

    Raises ShippedFileError, whose one sentence says how to restore the file.
    """
    content = _content(name)
    try:
        if name.endswith(".jsonl"):
            return [json.loads(line) for line in content.splitlines()]
        return json.loads(content)
    except ValueError:
        raise ShippedFileError(f"{DATA / name} is damaged; {restore(name)}.") from None


def shipped(name: str, sha256: str) -> bytes:
    """The content of a file in the data folder, after its checksum was compared.

    Raises ShippedFileError, whose one sentence says how to restore the file.
    """
    content = _content(name)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ShippedFileError(
            f"{DATA / name} is damaged (its checksum is wrong); {restore(name)}."
        )
    return content


def _content(name: str) -> bytes:
    try:
        return (DATA / name).read_bytes()
    except OSError as error:
        reason = "is missing" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise ShippedFileError(f"{DATA / name} {reason}; {restore(name)}.") from None


def restore(name: str) -> str:
    """How to get back a file or folder of the data folder, as the end of a sentence."""
    return f"restore it with `git checkout -- data/{name}` in the course folder"
