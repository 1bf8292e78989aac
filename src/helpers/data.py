"""The data sets of the course: a shipped subset by default, the full set on request.

Sources, licences and checksums of the shipped files are in data/README.md.
"""

import atexit
import functools
import gzip
import hashlib
import io
import json
import logging
import lzma
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pooch
import requests
import urllib3
from tqdm.auto import tqdm

DATA = Path(__file__).parents[2] / "data"

# Limits of one download. A mirror that is slower than this is left for the next one.
CONNECT_SECONDS = 10.0  # to reach the mirror
SILENT_SECONDS = 20.0  # without a single byte
WINDOW_SECONDS = 20.0  # the rate is measured over windows of this length
SLOWEST_RATE = 20_000  # bytes per second

MNIST_10K = "mnist-10k.npz"
MNIST_10K_SHA256 = "cf94bdec034ad30e08eecc4c01f82176b9576f243f2e921ca700dcd175da116b"
MNIST_10K_SIZES = (7_000, 1_000, 2_000)  # train, dev, held out: in this order in the file

MNIST_MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
# SHA-256 as published by TensorFlow Datasets:
# https://github.com/tensorflow/datasets/blob/31f1255e57e519a6c004f0b097a2f5cfcf0dde7d/tensorflow_datasets/url_checksums/mnist.txt
MNIST_FILES = {  # without their ending, .gz
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}

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


class DownloadError(RuntimeError):
    """No mirror delivered the file; the message is one sentence with the reason of each."""


class ShippedFileError(RuntimeError):
    """A file of the data folder is missing or damaged; the message says how to restore it."""


class _TooSlowError(Exception):
    """A mirror delivers fewer than SLOWEST_RATE bytes per second."""


@dataclass(frozen=True, eq=False, repr=False)
class Digits:
    """Handwritten digits in three parts: to train on, to choose settings on, to report on.

    Images `x_…`: float32 in [0, 1], shape (N, 28, 28), 0 is background.
    Labels `y_…`: int64 in 0 … 9, shape (N,).
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_dev: np.ndarray
    y_dev: np.ndarray
    x_held: np.ndarray
    y_held: np.ndarray

    def __repr__(self) -> str:
        sizes = f"{len(self.y_train):,} train, {len(self.y_dev):,} dev, {len(self.y_held):,} held"
        return f"Digits({sizes})"


def mnist(full: bool = False) -> Digits:
    """The MNIST digits (LeCun, Cortes, Burges) in a fixed, stratified split.

    The shipped 10,000 give 7,000 to train, 1,000 to develop on and 2,000 held out.
    `full=True` downloads the original four files once (11.6 MB) and gives 50,000, 10,000 and the
    official 10,000 test images. The shipped digits overlap with the full set: do not mix the two.

    Raises ShippedFileError (file missing or damaged) or DownloadError (no mirror delivered).
    """
    if full:
        return _full_mnist()
    with np.load(io.BytesIO(shipped(MNIST_10K, MNIST_10K_SHA256))) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    train, dev, held = np.split(np.arange(len(labels)), np.cumsum(MNIST_10K_SIZES)[:-1])
    return Digits(
        *_scaled(images[train], labels[train]),
        *_scaled(images[dev], labels[dev]),
        *_scaled(images[held], labels[held]),
    )


def _full_mnist() -> Digits:
    advice = "the 10,000 shipped digits of data.mnist() still work"
    arrays = []
    for name, sha256 in MNIST_FILES.items():
        mirrors = [f"{mirror}{name}.gz" for mirror in MNIST_MIRRORS]
        arrays.append(_read_idx(fetch(f"mnist/{name}.gz", mirrors, sha256, advice)))
    images, labels, held_images, held_labels = arrays
    train, dev = stratified_split(labels, turns=(0, 0, 0, 0, 0, 1), seed=0)
    return Digits(
        *_scaled(images[train], labels[train]),
        *_scaled(images[dev], labels[dev]),
        *_scaled(held_images, held_labels),
    )


def _scaled(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bytes to float32 in [0, 1] and int64."""
    return np.divide(images, 255, dtype=np.float32), labels.astype(np.int64)


def _read_idx(path: Path) -> np.ndarray:
    """The uint8 array of a gzip IDX file: 2 zeros, type, rank, then a big-endian shape."""
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    shape = np.frombuffer(content, ">i4", count=rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def stratified_split(labels: np.ndarray, turns: tuple[int, ...], seed: int) -> list[np.ndarray]:
    """Split so that each part holds its share of every class; returns the indices of each part.

    The samples, sorted by class and shuffled within it, are dealt out like cards: the i-th goes to
    part `turns[i % len(turns)]`. (0, 0, 0, 1) gives three quarters to part 0, a quarter to part 1.
    Each part comes out shuffled. NumPy guarantees this random stream for good, which it does not
    for its shuffles, so the split is the same with every version.

    labels: integers, shape (N,). Returns one integer array per part.
    """
    chance = np.random.PCG64(seed).random_raw(len(labels))
    dealt = np.lexsort((chance, labels))
    part = np.empty(len(labels), dtype=int)
    part[dealt] = np.resize(turns, len(labels))
    shuffled = np.argsort(chance, kind="stable")
    return [shuffled[part[shuffled] == number] for number in range(max(turns) + 1)]


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


def text(source: str | Path) -> Text:
    """A reader's own text, in any language, with the last tenth held out.

    Of the first int(0.9 · N) characters the last tenth is dev: train gets int(0.9 · int(0.9 · N)).

    source: a file in UTF-8, or the text itself. A Path is always a file; a str is a file if one of
    that name exists, otherwise it is the text. A byte order mark is dropped; every line ends
    with "\\n".

    Raises ValueError, whose one sentence says what is wrong: no such file, a folder, not UTF-8,
    empty, or fewer than 10,000 characters.
    """
    path = _existing_path(source)
    if path is None and isinstance(source, Path):
        raise ValueError(f"There is no file {source}.")
    if path is None:
        name, content = "text", source
    else:
        name, content = path.name, _read_utf8(path)
    content = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    where = f"The file {path}" if path else "The text"
    if not content.strip():
        raise ValueError(f"{where} is empty.")
    if len(content) < FEWEST_CHARACTERS:
        one_line = path is None and "\n" not in content and len(content) < 300
        hint = (
            f"; if {content!r} should name a file, there is none of that name" if one_line else ""
        )
        raise ValueError(
            f"{where} has {len(content):,} characters, but {FEWEST_CHARACTERS:,} are needed, "
            f"because a tenth is held out and fewer than {FEWEST_CHARACTERS // 10:,} "
            f"characters there would say little about a model{hint}."
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


def _existing_path(source: str | Path) -> Path | None:
    try:
        return Path(source) if source and Path(source).exists() else None
    except (OSError, ValueError):  # too long for a file name, or with a zero in it
        return None


def _read_utf8(path: Path) -> str:
    try:
        content = path.read_bytes().decode("utf-8")
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder, not a file.") from None
    except UnicodeDecodeError:
        content = "\0"
    except OSError as error:
        if path.is_dir():  # Windows says that permission is denied
            raise ValueError(f"{path} is a folder, not a file.") from None
        raise ValueError(f"The file {path} cannot be read: {error.strerror}.") from None
    if "\0" in content:
        raise ValueError(f"The file {path} is not text in UTF-8; save it as UTF-8 in an editor.")
    return content


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


def fetch(name: str, mirrors: list[str], sha256: str, advice: str) -> Path:
    """Download a file once, check it, and return its path in the cache of the course.

    name: file name in the cache, which may start with a folder ("gpt2/model.safetensors").
    mirrors: whole addresses, tried in order. sha256: the published checksum, in hexadecimal; it is
    compared again at every call. advice: the end of the sentence when all mirrors fail.

    The file appears under its name only when complete and correct. When the cache folder cannot be
    written, a temporary folder takes its place and one line says so.

    Raises DownloadError, whose one sentence says what happened at each mirror.
    """
    cached = _cache_folder() / name
    if _has_checksum(cached, sha256):
        return cached
    folder = _writable_folder()
    pooch.get_logger().setLevel(logging.WARNING)  # the progress bar says enough
    failures = []
    for url in mirrors:
        try:
            return Path(pooch.retrieve(url, sha256, fname=name, path=folder, downloader=_download))
        except (OSError, ValueError, urllib3.exceptions.HTTPError, _TooSlowError) as error:
            failures.append(f"{urlsplit(url).netloc} {_what_happened(error)}")
    raise DownloadError(f"{name} could not be downloaded ({'; '.join(failures)}), but {advice}.")


def _has_checksum(path: Path, sha256: str) -> bool:
    try:
        return pooch.file_hash(path) == sha256
    except OSError:
        return False


def _cache_folder() -> Path:
    return pooch.os_cache("generative-ai-course")


def _writable_folder() -> Path:
    folder = _cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return _temporary_folder(folder)


@functools.cache
def _temporary_folder(instead_of: Path) -> Path:
    """One folder per process, deleted when Python ends."""
    folder = Path(tempfile.mkdtemp(prefix="generative-ai-course-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    print(f"{instead_of} cannot be written; downloads stay in {folder} until Python ends.")
    return folder


def _download(url: str, path: str, _pooch: pooch.Pooch | None) -> None:
    """Pooch's own downloader has no lower limit on the rate: a drip of bytes would never end."""
    answer = requests.get(
        url,
        stream=True,
        timeout=(CONNECT_SECONDS, SILENT_SECONDS),
        headers={"Accept-Encoding": "identity"},
    )
    with answer, Path(path).open("wb") as file:
        answer.raise_for_status()
        size = int(answer.headers.get("Content-Length", 0)) or None
        with tqdm(desc=Path(url).name, total=size, unit="B", unit_scale=True) as bar:
            window_start, window_bytes = time.monotonic(), 0
            while block := answer.raw.read1(1 << 16, decode_content=False):
                file.write(block)
                bar.update(len(block))
                window_bytes += len(block)
                seconds = time.monotonic() - window_start
                if seconds > WINDOW_SECONDS:
                    if window_bytes < SLOWEST_RATE * seconds:
                        raise _TooSlowError
                    window_start, window_bytes = time.monotonic(), 0


def _what_happened(error: Exception) -> str:
    """A failed download in a few words that follow the mirror's name."""
    match error:
        case requests.HTTPError():
            return f"answered {error.response.status_code} {error.response.reason}"
        case requests.ConnectTimeout():
            return "could not be reached"
        case requests.Timeout() | urllib3.exceptions.TimeoutError():
            return "fell silent"
        case _TooSlowError():
            return f"sent fewer than {SLOWEST_RATE:,} bytes per second"
        case requests.exceptions.SSLError():
            return "could not prove its identity"
        case requests.ConnectionError():
            return "could not be reached"
        case urllib3.exceptions.HTTPError():
            return "broke off before the end of the file"
        case requests.RequestException():
            return f"failed with {type(error).__name__}"
        case ValueError():  # Pooch's only way to say so
            return "sent a file with a wrong checksum"
    return f"delivered, but the file could not be saved: {error.strerror or error}"
