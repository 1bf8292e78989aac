"""Downloads: the first mirror that delivers, checked, cached; one sentence if none does."""

import gzip
import hashlib
import socket
import struct

import numpy as np
import pooch
import pytest

from helpers import data
from helpers.data import downloads, images, texts

pytestmark = pytest.mark.usefixtures("cache")  # no test touches the user's own

CONTENT = bytes(range(256)) * 400  # 102,400 bytes
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ADVICE = "the 10,000 shipped digits of data.mnist() still work"
FAILURES = {  # what the server does, and how the sentence calls it
    "corrupt": "wrong checksum",
    "truncated": "ChunkedEncodingError",
    "truncated-without-length": "wrong checksum",
    "stalled": "ConnectionError",
    "silent": "ReadTimeout",
    "403": "403 Forbidden",
    "503": "503 Service Unavailable",
}


@pytest.fixture
def server(web):
    """Serves CONTENT as /good, and under each mode's name in that mode."""
    web.modes = {f"/{mode}": mode for mode in FAILURES}
    web.files = {path: CONTENT for path in ("/good", *web.modes) if not path[1:].isdigit()}
    return web


def closed_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/"


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def refusal(*mirrors):
    """The one sentence with which a download fails."""
    with pytest.raises(data.DownloadError) as caught:
        data.fetch("letters", list(mirrors), SHA256, ADVICE)
    message = str(caught.value)
    assert message.endswith(".") and ". " not in message and "\n" not in message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return message


def test_good_file_is_cached_and_used(server, cache, capfd):
    for mirror in (server.url("/good"), closed_port()):  # the second call needs no mirror
        path = data.fetch("folder/letters", [mirror], SHA256, ADVICE)
        assert path == cache / "folder" / "letters" and path.read_bytes() == CONTENT
    assert server.requests == ["/good"] and files_in(cache) == ["letters"]
    out, err = capfd.readouterr()
    assert out == "" and "100%" in err


@pytest.mark.parametrize("mode", FAILURES)
def test_failure_is_one_sentence_and_leaves_nothing(server, cache, mode):
    where = f"127.0.0.1:{server.server_port}"
    message = refusal(server.url(f"/{mode}"))
    assert message == f"letters could not be downloaded ({where}: {FAILURES[mode]}), but {ADVICE}."
    assert files_in(cache) == []


@pytest.mark.parametrize("mode", [*FAILURES, None])
def test_second_mirror_takes_over(server, cache, mode):
    first = server.url(f"/{mode}") if mode else closed_port()
    fetched = data.fetch("letters", [first, server.url("/good")], SHA256, ADVICE)
    assert fetched.read_bytes() == CONTENT and files_in(cache) == ["letters"]


def test_all_mirrors_fail(server, cache):
    odd = ("http://", "gopher://127.0.0.1/good")
    message = refusal(server.url("/403"), server.url("/corrupt"), closed_port(), *odd)
    for reason in ("403 Forbidden", "wrong checksum", "ConnectionError", "InvalidURL", "Schema"):
        assert reason in message
    assert files_in(cache) == []


@pytest.mark.parametrize("rotten", [b"x" + CONTENT[1:], CONTENT[:-1], b""])
def test_rotten_cache_is_fetched_again_and_never_used(server, cache, rotten):
    path = data.fetch("letters", [server.url("/good")], SHA256, ADVICE)
    path.write_bytes(rotten)
    refusal(closed_port())
    assert data.fetch("letters", [server.url("/good")], SHA256, ADVICE).read_bytes() == CONTENT
    assert server.requests == ["/good", "/good"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_file_that_cannot_be_moved_leaves_nothing(server, cache, monkeypatch, error):
    def fail(*args):
        raise error

    monkeypatch.setattr(pooch.core.shutil, "move", fail)
    if isinstance(error, OSError):
        assert "No space left on device" in refusal(server.url("/good"))
    else:
        with pytest.raises(KeyboardInterrupt):
            data.fetch("letters", [server.url("/good")], SHA256, ADVICE)
    assert files_in(cache) == []


def test_unwritable_cache_gives_a_temporary_folder(server, cache, capsys):
    cache.write_text("a file where the folder should be", encoding="utf-8")
    paths = [data.fetch(name, [server.url("/good")], SHA256, ADVICE) for name in ("a", "b", "a")]
    assert all(path.read_bytes() == CONTENT for path in paths)
    assert cache not in paths[0].parents and paths[0] == paths[2]
    assert server.requests == ["/good", "/good"]
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{cache} cannot be written; downloads stay in ")


def test_a_read_only_cache_is_read(server, cache, monkeypatch, capsys):
    path = data.fetch("letters", [server.url("/good")], SHA256, ADVICE)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(downloads.tempfile, "TemporaryFile", refuse)
    assert data.fetch("letters", [closed_port()], SHA256, ADVICE) == path
    assert capsys.readouterr().out == ""


# ---------------------------------------------------------------- the full set, end to end


def idx(array):
    """The gzip IDX file of a uint8 array, as MNIST's authors published it."""
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}i", *array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


@pytest.fixture
def small_mnist(server, monkeypatch):
    """120 and 20 invented digits in the place of 60,000 and 10,000."""
    rng = np.random.default_rng(0)
    train_labels, held_labels = (np.uint8(rng.permutation(np.arange(n) % 10)) for n in (120, 20))
    arrays = [
        np.uint8(rng.integers(256, size=(120, 28, 28))),
        train_labels,
        np.uint8(rng.integers(256, size=(20, 28, 28))),
        held_labels,
    ]
    hashes = {}
    for name, array in zip(images.MNIST_FILES, arrays, strict=True):
        content = idx(array)
        server.files[f"/{name}.gz"] = content
        hashes[name] = hashlib.sha256(content).hexdigest()
    broken = closed_port()
    monkeypatch.setattr(images, "MNIST_FILES", hashes)
    monkeypatch.setattr(images, "MNIST_MIRRORS", (broken, server.url("/")))
    return arrays


def test_full_set_end_to_end(server, cache, small_mnist):
    train_images, train_labels, held_images, held_labels = small_mnist
    digits = data.mnist(full=True)
    assert [len(y) for y in (digits.y_train, digits.y_dev, digits.y_held)] == [100, 20, 20]
    for part in ("train", "dev", "held"):
        x, y = getattr(digits, f"x_{part}"), getattr(digits, f"y_{part}")
        assert x.dtype == np.float32 and x.shape[1:] == (28, 28) and y.dtype == np.int64
        assert x.min() == 0 and x.max() == 1
        assert len(set(np.bincount(y))) == 1
    assert np.array_equal(np.rint(digits.x_held * 255), held_images)
    assert np.array_equal(digits.y_held, held_labels)
    # Every training image appears once, with its own label.
    label_of = {x.tobytes(): int(y) for x, y in zip(train_images, train_labels, strict=True)}
    pixels = np.uint8(np.rint(np.concatenate([digits.x_train, digits.x_dev]) * 255))
    labels = np.concatenate([digits.y_train, digits.y_dev])
    assert {x.tobytes(): int(y) for x, y in zip(pixels, labels, strict=True)} == label_of
    # The second call reads the cache and gives the same.
    assert len(server.requests) == 4
    again = data.mnist(full=True)
    assert len(server.requests) == 4
    assert np.array_equal(again.x_dev, digits.x_dev)
    assert files_in(cache) == sorted(f"{name}.gz" for name in images.MNIST_FILES)


def test_full_set_without_network(cache, monkeypatch):
    broken = closed_port()
    monkeypatch.setattr(images, "MNIST_MIRRORS", (broken, broken))
    with pytest.raises(data.DownloadError) as caught:
        data.mnist(full=True)
    message = str(caught.value)
    assert message.count(". ") == 0 and "\n" not in message
    assert message.startswith("mnist/train-images-idx3-ubyte.gz could not be downloaded")
    assert message.endswith("but the 10,000 shipped digits of data.mnist() still work.")
    assert repr(data.mnist()) == "Digits(7,000 train, 1,000 dev, 2,000 held)"


def test_tiny_shakespeare_end_to_end(server, cache, monkeypatch):
    content = b"First Citizen:\nSpeak, speak.\n\n" * 100  # 3,000 characters
    server.files["/tiny"] = content
    monkeypatch.setattr(texts, "TINY_MIRRORS", (closed_port(), server.url("/tiny")))
    monkeypatch.setattr(texts, "TINY_SHA256", hashlib.sha256(content).hexdigest())
    for _ in range(2):
        text = data.shakespeare("tiny")
        assert repr(text) == "Text(tiny shakespeare: 2,430 train, 270 dev, 300 held)"
        assert (text.train + text.dev + text.held).encode() == content
    assert server.requests == ["/tiny"] and files_in(cache) == ["tiny-shakespeare.txt"]


def test_tiny_shakespeare_without_network(cache, monkeypatch):
    monkeypatch.setattr(texts, "TINY_MIRRORS", (closed_port(), closed_port()))
    with pytest.raises(data.DownloadError) as caught:
        data.shakespeare("tiny")
    message = str(caught.value)
    assert message.count(". ") == 0 and "\n" not in message
    assert message.startswith("tiny-shakespeare.txt could not be downloaded")
    assert message.endswith("but the shipped plays of data.shakespeare() still work.")
