"""The MNIST digits: 10,000 are shipped, the full set is downloaded on request."""

import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.data.course_files import shipped
from helpers.data.downloads import fetch

__all__ = ["Digits", "mnist", "stratified_split"]

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
