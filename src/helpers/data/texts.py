"""Texts in three parts: the shipped plays and Bible books, tiny Shakespeare, and a reader's own."""

import lzma
from dataclasses import dataclass
from pathlib import Path

from helpers.data.course_files import shipped
from helpers.data.downloads import fetch

__all__ = ["Text", "kjv", "shakespeare", "split", "text"]

SHAKESPEARE = "shakespeare.txt.xz"
SHAKESPEARE_SHA256 = "6627df6121226e00c1d93e5b6510e78417938f110d5bd95b986809a9e6c1dd7c"

KJV = "kjv.txt.xz"
KJV_SHA256 = "4802344cabef0cbf27b686d871547f42e145ff903691cf1e2c287f3d99e39599"

TINY_MIRRORS = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    "https://storage.googleapis.com/download.tensorflow.org/data/shakespeare.txt",
)
# SHA-256 as published by TensorFlow Datasets:
# https://github.com/tensorflow/datasets/blob/333639b37af6c6fedf3610a4a2d42f1c6ef6f7d5/tensorflow_datasets/url_checksums/tiny_shakespeare.txt
TINY_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"

FEWEST_CHARACTERS = 10_000  # of a reader's own text: the held-out tenth is then 1,000 long


@dataclass(frozen=True, repr=False)
class Text:
    """A text in three parts: to train on, to choose settings on, to report on.

    train, dev and held follow each other in the source: train + dev + held is the whole text.
    """

    name: str
    train: str
    dev: str
    held: str

    def __repr__(self) -> str:
        sizes = f"{len(self.train):,} train, {len(self.dev):,} dev, {len(self.held):,} held"
        return f"Text({self.name}: {sizes})"


def shakespeare(which: str = "plays") -> Text:
    """Plays of Shakespeare, as a text in a fixed split.

    "plays": 36 plays as shipped, 4.7 million characters of 68 kinds. A speech is the speaker's
    name in capitals and a colon, then its lines; a blank line ends it. Directions stand in
    brackets. The last tenth is held out, the last tenth of the rest is dev; each cut is moved on
    to the next blank line.
    "tiny": the 1,115,394 characters known as tiny Shakespeare, downloaded once (1.1 MB). As in
    the literature, the first int(0.9 · N) characters are not held out; of these the last tenth is
    dev. Its lines stand in the plays too: never train on one and report on the other.

    Raises ShippedFileError (file missing or damaged), DownloadError (no mirror delivered "tiny"),
    or ValueError (another name).
    """
    if which == "plays":
        return _shipped_text("shakespeare", SHAKESPEARE, SHAKESPEARE_SHA256)
    if which == "tiny":
        advice = "the shipped plays of data.shakespeare() still work"
        path = fetch("tiny-shakespeare.txt", list(TINY_MIRRORS), TINY_SHA256, advice)
        return _split_text("tiny shakespeare", path.read_bytes().decode("ascii"))
    raise ValueError(f'There is "plays" and "tiny", but no {which!r}.')


def kjv() -> Text:
    """Eight books of the King James Version of the Bible (1611), as a text in a fixed split.

    Genesis, Exodus, Joshua, Judges, Ruth, both books of Samuel, and the first of Kings, 0.94
    million characters of 62 kinds, all of which stand in the plays of `shakespeare` too. A verse is
    a line; a blank line ends a chapter; there are no numbers. The last tenth is held out, the last
    tenth of the rest is dev; each cut is moved on to the next blank line.

    Raises ShippedFileError (file missing or damaged).
    """
    return _shipped_text("kjv", KJV, KJV_SHA256)


def text(path: str | Path) -> Text:
    """A reader's own text, in any language: a file in UTF-8, cut into three parts by `split`.

    Raises ValueError, whose one sentence says what is wrong: no such file, a folder, not UTF-8, or
    what `split` refuses.
    """
    if isinstance(path, str) and "\n" in path:
        raise ValueError(
            "data.text takes the name of a file; data.split(name, text) takes the text itself."
        )
    path = Path(path)
    return split(path.name, _read_utf8(path))


def split(name: str, content: str) -> Text:
    """A text with the last tenth held out.

    Of the first int(0.9 · N) characters the last tenth is dev: train gets int(0.9 · int(0.9 · N)).
    A byte order mark is dropped; every line ends with "\\n".

    Raises ValueError if the text is empty or has fewer than 10,000 characters.
    """
    content = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not content.strip():
        raise ValueError(f"The text {name} is empty.")
    if len(content) < FEWEST_CHARACTERS:
        raise ValueError(
            f"The text {name} has {len(content):,} characters, but {FEWEST_CHARACTERS:,} are "
            f"needed, because a tenth is held out and fewer than {FEWEST_CHARACTERS // 10:,} "
            "characters there would say little about a model."
        )
    return _split_text(name, content)


def _shipped_text(name: str, file: str, sha256: str) -> Text:
    """A shipped text, cut after blank lines."""
    content = lzma.decompress(shipped(file, sha256)).decode("ascii")
    return _split_text(name, content, boundary="\n\n")


def _split_text(name: str, content: str, boundary: str = "") -> Text:
    """Hold out the last tenth; the last tenth of the rest is dev; each cut is after a boundary."""
    held = _cut(content, boundary)
    dev = _cut(content[:held], boundary)
    return Text(name, content[:dev], content[dev:held], content[held:])


def _cut(content: str, boundary: str) -> int:
    """Where the last tenth begins: at int(0.9 · N), or after the next boundary from there."""
    start = int(0.9 * len(content))
    return content.index(boundary, start) + len(boundary) if boundary else start


def _read_utf8(path: Path) -> str:
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a file.")
    try:
        content = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}.") from None
    except OSError as error:
        raise ValueError(f"The file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        content = "\0"
    if "\0" in content:  # UTF-16, an archive, a picture …
        raise ValueError(f"The file {path} is not text in UTF-8; save it as UTF-8 in an editor.")
    return content
