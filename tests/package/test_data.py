"""The data sets: shipped digits, plays and books, a reader's own text, and damaged files."""

import gzip
import hashlib
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from helpers import data
from helpers.data import course_files, images, texts

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


def test_plays_are_frozen(plays):
    with pytest.raises(AttributeError):
        plays.train = ""


def test_unknown_text():
    with pytest.raises(ValueError, match='"plays" and "tiny", but no \'sonnets\''):
        data.shakespeare("sonnets")


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


# ---------------------------------------------------------------- a reader's own text


POEM = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n\n"  # 27 characters


def test_own_text_in_chinese_from_a_file(tmp_path, monkeypatch):
    poems = "".join(f"{number}{POEM}" for number in range(500))
    path = tmp_path / "poems.txt"
    path.write_bytes(b"\xef\xbb\xbf" + poems.replace("\n", "\r\n").encode("utf-8"))
    monkeypatch.chdir(tmp_path)
    cut = int(0.9 * len(poems))
    for source in (path, str(path), "poems.txt"):
        text = data.text(source)
        assert text.name == "poems.txt" and text.train + text.dev + text.held == poems
        assert (len(text.train), len(text.dev)) == (int(0.9 * cut), cut - int(0.9 * cut))
    assert data.split("poems.txt", "\ufeff" + poems.replace("\n", "\r")) == text


def test_shortest_own_text():
    text = data.split("letters", "abcd\n" * 2_000)
    assert repr(text) == "Text(letters: 8,100 train, 900 dev, 1,000 held)"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The text own.txt is empty"),
        (b" \r\n\t\n" * 9_000, "The text own.txt is empty"),
        (b"\xef\xbb\xbf", "The text own.txt is empty"),
        (b"too short\n" * 999, "The text own.txt has 9,990 characters, but 10,000 are needed"),
        (bytes(range(256)) * 100, "is not text in UTF-8"),
        (b"text with a zero\0" * 1_000, "is not text in UTF-8"),
        ("古诗".encode("gbk") * 10_000, "is not text in UTF-8"),
        ("text".encode("utf-16") * 10_000, "is not text in UTF-8"),
        (gzip.compress(b"text" * 10_000), "is not text in UTF-8"),
        ("missing", "There is no file"),
        ("folder", "is a folder, not a file"),
    ],
)
def test_own_file_with_a_fault(tmp_path, content, reason):
    path = tmp_path / "own.txt"
    if content == "folder":
        path.mkdir()
    elif content != "missing":
        path.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        data.text(path)
    message = str(caught.value)
    assert reason in message and "own.txt" in message
    assert is_one_sentence(message) and prints_alone(caught.value)


def test_own_text_that_cannot_be_read(tmp_path, monkeypatch):
    path = tmp_path / "own.txt"
    path.touch()

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ValueError, match=r"cannot be read: Permission denied\.$") as caught:
        data.text(path)
    assert prints_alone(caught.value)


def test_a_text_in_the_place_of_a_file_name():
    with pytest.raises(ValueError, match=r"data\.split\(name, text\) takes the text itself"):
        data.text("two\nlines")


# ---------------------------------------------------------------- the split


@pytest.mark.parametrize("turns", [(0, 0, 0, 0, 0, 1), (0, 0, 0, 1, 0, 0, 2, 0, 0, 2), (0, 1)])
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


# ---------------------------------------------------------------- missing and damaged files

READERS = {
    images.MNIST_10K: data.mnist,
    texts.SHAKESPEARE: data.shakespeare,
    texts.KJV: data.kjv,
    "benchmarks/mlp.json": lambda: data.record("benchmarks/mlp.json"),
    "mini-gpt2/log.jsonl": lambda: data.record("mini-gpt2/log.jsonl"),
}


@pytest.mark.parametrize("damage", ["missing", "truncated", "one byte", "a folder"])
@pytest.mark.parametrize("name", READERS)
def test_missing_or_damaged_file_says_how_to_restore_it(tmp_path, monkeypatch, name, damage):
    good = (data.DATA / name).read_bytes()
    monkeypatch.setattr(course_files, "DATA", tmp_path)
    target = tmp_path / name
    target.parent.mkdir(exist_ok=True)
    if damage == "truncated":
        target.write_bytes(good[: len(good) // 2])
    if damage == "one byte":  # in a record, which has no checksum, one that JSON notices
        place = 5000 if name in (images.MNIST_10K, texts.SHAKESPEARE, texts.KJV) else 0
        target.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
    if damage == "a folder":
        target.mkdir()
    with pytest.raises(data.ShippedFileError) as caught:
        READERS[name]()
    what = {"missing": "is missing", "a folder": "cannot be read"}.get(damage, "is damaged")
    message = str(caught.value)
    assert is_one_sentence(message) and what in message
    assert str(target) in message and data.restore(name) in message
    assert prints_alone(caught.value)


def test_the_advice_fits_how_the_course_was_got(tmp_path, monkeypatch):
    monkeypatch.setattr(course_files, "COURSE", tmp_path)
    assert data.restore("a.npz") == "copy data/a.npz from a fresh download of the course"
    (tmp_path / ".git").mkdir()
    assert "`git checkout -- data/a.npz`" in data.restore("a.npz")
    monkeypatch.setattr(course_files, "INSTALLED", True)
    assert "pip install --force-reinstall" in data.restore("a.npz")


def test_an_installed_copy_finds_the_data_of_its_environment(tmp_path):
    """The package is copied as pip would place it, and the data to where pip puts `data-files`."""
    packages = tmp_path / "lib" / "site-packages"
    packages.mkdir(parents=True)
    link = packages / "helpers"
    link.symlink_to(Path(data.__file__).parents[1], target_is_directory=True)
    code = f"""
import sys, sysconfig
sys.path.insert(0, {str(packages)!r})
place = sysconfig.get_path
sysconfig.get_path = lambda name, *rest: {str(tmp_path)!r} if name == "data" else place(name, *rest)
from helpers import data
print(data.DATA)
try:
    print(data.kjv())
except data.ShippedFileError as error:
    print(error)
"""
    share = tmp_path / "share" / "generative-ai-course"
    for there in (False, True):
        if there:
            share.mkdir(parents=True)
            (share / texts.KJV).write_bytes((data.DATA / texts.KJV).read_bytes())
        done = subprocess.run(
            [sys.executable, "-I", "-c", code], capture_output=True, encoding="utf-8", check=True
        )
        folder, said = done.stdout.splitlines()
        assert folder == str(share)
        expected = "Text(kjv: " if there else f"{share / texts.KJV} is missing; in the course"
        assert said.startswith(expected)
        assert there or is_one_sentence(said)


def test_pip_calls_the_place_of_data_files_data():
    assert Path(sysconfig.get_path("data")) == Path(sys.prefix)


def test_notebooks_leave_the_data_folder_to_the_helpers():
    """Only then does a deleted file give one sentence, and not a traceback of the system."""
    root = Path(__file__).resolve().parents[2]
    found = sorted((root / "notebooks").glob("*.ipynb"))
    assert found
    for path in found:
        assert "data.DATA" not in path.read_text(encoding="utf-8"), path.name


def is_one_sentence(message):
    return message.endswith(".") and ". " not in message and "\n" not in message


def prints_alone(error):
    """No other exception appears in the traceback above it."""
    return error.__cause__ is None and (error.__context__ is None or error.__suppress_context__)


def test_readme_states_the_checksums():
    readme = (data.DATA / "README.md").read_text(encoding="utf-8")
    shipped = (images.MNIST_10K_SHA256, texts.SHAKESPEARE_SHA256, texts.KJV_SHA256)
    for sha256 in (*shipped, *images.MNIST_FILES.values(), texts.TINY_SHA256):
        assert len(sha256) == 64 and int(sha256, 16)
        assert sha256 in readme
