"""Write the table of lessons where it is shown: in README.md and in lesson 00.

    python tools/tables.py [--check]

What each lesson makes stands in docs/lessons.json, its minutes of computing in docs/measured.json.
With --check nothing is written, and a table that differs is named.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import notebook

from helpers import files

ROOT = Path(__file__).resolve().parents[1]
TABLE = re.compile(r"(<!-- lessons -->\n).*?(\n<!-- /lessons -->)", re.DOTALL)


def table(link: str) -> str:
    """The table in Markdown; `link` is the folder of the notebooks as seen from the page."""
    docs = ROOT / "docs"
    lessons = json.loads((docs / "lessons.json").read_text(encoding="utf-8"))
    measured = json.loads((docs / "measured.json").read_text(encoding="utf-8"))["lessons"]
    rows = ["| lesson | you make | minutes |", "|---|---|---|"]
    for number, lesson in lessons.items():
        name = f"{number} {lesson['title']}"
        if "planned" in lesson:
            rows.append(f"| {name} | {lesson['makes']} | planned |")
        else:
            minutes = f"{measured[number]['seconds'] / 60:.1g}"
            path = f"{link}{notebook.lesson(number).name}"
            rows.append(f"| [{name}]({path}) | {lesson['makes']} | {minutes} |")
    return "\n".join(rows)


def renewed(path: Path) -> str:
    """The content of README.md or of a notebook, with a fresh table between its marks.

    Raises:
        ValueError: the page has no marks.
    """
    content = path.read_text(encoding="utf-8")
    rows = table("" if path.suffix == ".ipynb" else "notebooks/")
    if path.suffix != ".ipynb":
        new, count = TABLE.subn(lambda marks: marks[1] + rows + marks[2], content)
    else:
        lesson, count = notebook.read(path), 0
        for cell in lesson.cells:
            cell.source, found = TABLE.subn(lambda m: m[1] + rows + m[2], cell.source)
            count += found
        new = notebook.written(lesson)
    if count != 1:
        raise ValueError(f"{path.name} has {count} tables of lessons, expected one.")
    return new


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    options = parser.parse_args(arguments)
    different = []
    for path in (ROOT / "README.md", notebook.lesson("00")):
        new = renewed(path)
        if new != path.read_text(encoding="utf-8"):
            different.append(path.name)
            if not options.check:
                files.write(path, new)
    for name in different:
        print(f"{name}: {'its table of lessons is out of date' if options.check else 'written'}")
    return 1 if different and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
