"""Files that the course ships in its data folder: found, checked, and how to restore them."""

import hashlib
import json
import sysconfig
from pathlib import Path

__all__ = ["DATA", "ShippedFileError", "record", "restore", "shipped"]

SOURCES, COURSE = Path(__file__).parents[2:4]  # of a checkout: src/ and the folder around it
INSTALLED = SOURCES.name != "src"  # then the package is in site-packages


def _find_data() -> Path:
    """The data folder: of the checkout that this file is in, else of the installed copy.

    pip puts the files that pyproject.toml declares as `data-files` below the folder that sysconfig
    calls "data": the environment's, or with `--user` the user's own.
    """
    if not INSTALLED:
        return COURSE / "data"
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    places = [Path(sysconfig.get_path("data", scheme)) for scheme in schemes]
    folders = [place / "share" / "generative-ai-course" for place in places]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


DATA = _find_data()


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
    if INSTALLED:
        return "in the course folder, `pip install --force-reinstall --no-deps .` brings it back"
    if (COURSE / ".git").exists():
        return f"restore it with `git checkout -- data/{name}` in the course folder"
    return f"copy data/{name} from a fresh download of the course"
