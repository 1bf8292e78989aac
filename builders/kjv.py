"""Build data/kjv.txt.xz from the Debian package `bible-kjv-text` 4.38.

    apt-get download bible-kjv-text=4.38
    dpkg-deb -x bible-kjv-text_4.38_all.deb build/bible-kjv-text
    python -m builders.kjv build/bible-kjv-text

The package holds the King James Version in one compressed file, a verse a line. This script keeps
eight books that tell stories, without the numbers of chapters and verses. Two runs write the same
bytes. It needs the program gzip, which reads the old format of `compress` too.
"""

import argparse
import hashlib
import re
import subprocess
from itertools import groupby
from pathlib import Path

from builders.shakespeare import describe, write_xz
from helpers.data import DATA
from helpers.data.texts import KJV

# The file in the package, whose own SHA-256 Debian publishes (see data/README.md).
SOURCE = Path("usr/lib/bible.data")
SOURCE_SHA256 = "6c746c2acc8a34bfded980883ff1701a5d68934a1c853ebf88a07b978fe0ae0e"
BOOKS = ("Ge", "Exo", "Josh", "Jdgs", "Ruth", "1Sm", "2Sm", "1Ki")  # the package's abbreviations
COMPRESSED = b"\x1f\x9d"  # the first bytes of what `compress` writes; an index comes before
VERSE = re.compile(r"(?m)^(\d?[A-Za-z]+)(\d+):\d+ (.+)$")


def verses(content: bytes) -> str:
    """The text in the package's file: lines such as "Ge1:1 In the beginning …"."""
    if hashlib.sha256(content).hexdigest() != SOURCE_SHA256:
        raise ValueError("This is not the file bible.data of bible-kjv-text 4.38.")
    stream = content[content.index(COMPRESSED) :]
    command = ["gzip", "--decompress", "--stdout"]
    return subprocess.run(command, input=stream, capture_output=True, check=True).stdout.decode()


def read_books(text: str, books: tuple[str, ...] = BOOKS) -> str:
    """The books in the layout of the shipped text: a verse a line, a blank line after a chapter."""
    text = re.sub(" +", " ", text)
    found = [match.groups() for match in VERSE.finditer(text) if match[1] in books]
    chapters = [
        "\n".join(verse for *_, verse in group)
        for _, group in groupby(found, key=lambda verse: verse[:2])
    ]
    return "\n\n".join(chapters) + "\n"


def build(package: Path, target: Path) -> str:
    """Read the unpacked package, write the compressed text, and return it."""
    text = read_books(verses((package / SOURCE).read_bytes()))
    write_xz(target, text)
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the shipped books of the King James Bible.")
    parser.add_argument("package", type=Path, help="unpacked Debian package bible-kjv-text 4.38")
    target = DATA / KJV
    describe(target, build(parser.parse_args().package, target))


if __name__ == "__main__":
    main()
