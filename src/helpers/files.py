"""Write files so that a full disk or an interruption costs nothing."""

from collections.abc import Mapping
from pathlib import Path

__all__ = ["write", "write_all"]


def write(path: str | Path, content: bytes | str) -> None:
    """Write one file: `write_all` of a single one."""
    write_all({path: content})


def write_all(contents: Mapping[str | Path, bytes | str]) -> None:
    """Write several files under temporary names, then rename them all, in the order given.

    Text is written as UTF-8, with "\\n" as it is. A write that fails or is interrupted leaves the
    older files as they were. The renames come last, when nothing is left that a full disk could
    stop; so name the file last that tells a reader that the others are complete.

    contents: the content of each file by its path; the folders must exist.

    Raises OSError, in one sentence that names the file, when one cannot be written.
    """
    parts = {Path(path): Path(f"{path}.part") for path in contents}
    try:
        try:
            for failing, content in zip(parts, contents.values(), strict=True):
                whole = content.encode() if isinstance(content, str) else content
                parts[failing].write_bytes(whole)
            for failing, part in parts.items():
                part.replace(failing)
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or error
        kept = "; the older file is kept" if failing.exists() else ""
        raise type(error)(f"{failing} was not written ({why}){kept}.") from None
