"""Write a file so that a full disk or an interruption costs nothing."""

from pathlib import Path


def write(path: str | Path, content: bytes | str) -> None:
    """Write a file under a temporary name and then rename it; text as UTF-8, with "\\n" as it is.

    A write that fails or is interrupted leaves an older file of that name as it was.

    Raises OSError, in one sentence, when the file cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    try:
        try:
            temporary.write_bytes(content.encode() if isinstance(content, str) else content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or error
        kept = "; the older file is kept" if path.exists() else ""
        raise type(error)(f"{path} was not written ({why}){kept}.") from None
