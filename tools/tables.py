"""Write what was measured where it is shown: title cells, README.md, lesson 00, docs/teaching.md.

    python tools/tables.py [--check]

What each lesson makes stands in docs/lessons.json, its computing in docs/measured.json; the time to
study it comes from tools/study.py. With --check nothing is written, and what differs is named.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import notebook
import study

from helpers import files

ROOT = Path(__file__).resolve().parents[1]
TABLE = re.compile(r"(<!-- lessons -->\n).*?(<!-- /lessons -->)", re.DOTALL)
PLAN = ROOT / "docs" / "teaching.md"
PLAN_TABLES = re.compile(r"(<!-- (sessions|sections) -->\n).*?(<!-- /\2 -->)", re.DOTALL)
SESSION_MINUTES = 90


def measured(number: str) -> dict:
    """What tools/measure.py recorded of a lesson.

    Raises:
        ValueError: nothing yet.
    """
    record = json.loads((ROOT / "docs" / "measured.json").read_text(encoding="utf-8"))
    if number not in record["lessons"]:
        raise ValueError(f"Lesson {number} was not measured: run python tools/measure.py {number}.")
    return record["lessons"][number]


def table(link: str) -> str:
    """The table in Markdown; `link` is the folder of the notebooks as seen from the page."""
    lessons = json.loads((ROOT / "docs" / "lessons.json").read_text(encoding="utf-8"))
    rows = ["| lesson | you make | study | computing |", "|---|---|---|---|"]
    for number, lesson in lessons.items():
        name = f"{number} {lesson['title']}"
        if "planned" in lesson:
            rows.append(f"| {name} | {lesson['makes']} | planned | |")
            continue
        path, record = notebook.lesson(number), measured(number)
        _, whole = study.minutes(notebook.read(path), record["sections"])
        computing = max(1, round(record["seconds"] / 60))
        link_to = f"[{name}]({link}{path.name})"
        rows.append(f"| {link_to} | {lesson['makes']} | {study.said(whole)} | {computing} min |")
    return "\n".join(rows)


def sessions(minutes: Mapping[str, float]) -> list[list[str]]:
    """Consecutive sections together: as few sessions as possible, and of these the most equal."""
    few = len(packed(minutes, SESSION_MINUTES))
    plans = (packed(minutes, limit) for limit in range(1, SESSION_MINUTES + 1))
    return next(plan for plan in plans if len(plan) == few)


def packed(minutes: Mapping[str, float], limit: float) -> list[list[str]]:
    """Consecutive sections together, each session as long as the limit allows."""
    found: list[list[str]] = []
    used = 0.0
    for name, length in minutes.items():
        if not found or used + length > limit:
            found.append([])
            used = 0.0
        found[-1].append(name)
        used += length
    return found


def plan(lessons: Mapping[str, Mapping]) -> dict[str, str]:
    """The two tables of docs/teaching.md, in Markdown.

    Raises:
        ValueError: a lesson has a section that its record does not know.
    """
    in_sessions = [
        "| session | sections | minutes | of these computing | memory |",
        "|---|---|---|---|---|",
    ]
    detail = ["| lesson | section | minutes | computing, s |", "|---|---|---|---|"]
    for number, record in sorted(lessons.items()):
        path = notebook.lesson(number)
        minutes = study.by_section(notebook.read(path), record["sections"])
        if new := [name for name in minutes if name not in record["sections"]]:
            raise ValueError(
                f"Lesson {number} has a section that was not measured, {new[0]!r}: "
                f"run python tools/measure.py {number}."
            )
        for n, names in enumerate(sessions(minutes), start=1):
            length = sum(minutes[name] for name in names)
            spent = sum(record["sections"][name] for name in names)
            first, last = (name.split(" · ")[0] for name in (names[0], names[-1]))
            part = first if first == last else f"{first} to {last}"
            memory = f"{record['peak_megabytes'] / 1000:.1f} GB"
            in_sessions.append(
                f"| {number}, {n} | {part} | {length:.0f} | {spent:.0f} s | {memory} |"
            )
        for name, length in minutes.items():
            spent = record["sections"][name]
            detail.append(f"| {number} | {name} | {length:.0f} | {spent:.0f} |")
    return {"sessions": "\n".join(in_sessions), "sections": "\n".join(detail)}


def renewed(path: Path) -> str:
    """A page or a notebook, with its tables and its time as they should be.

    Raises:
        ValueError: the page has no place for them, or a lesson was not measured.
    """
    if path == PLAN:
        numbers = notebook.lessons()
        made = plan({number: measured(number) for number in numbers})
        content = path.read_text(encoding="utf-8")
        return PLAN_TABLES.sub(lambda marks: marks[1] + made[marks[2]] + "\n" + marks[3], content)
    if path.suffix != ".ipynb":
        content = path.read_text(encoding="utf-8")
        new, count = TABLE.subn(
            lambda marks: marks[1] + table("notebooks/") + "\n" + marks[2], content
        )
        if count != 1:
            raise ValueError(f"{path.name} has {count} tables of lessons, expected one.")
        return new
    lesson, number = notebook.read(path), path.name[:2]
    line = study.line(lesson, measured(number)["sections"])
    title = lesson.cells[0]
    title.source, count = study.TIME.subn(lambda _: line, title.source)
    if count != 1:
        raise ValueError(f"{path.name} has {count} lines '**Time**: …' in its title, expected one.")
    if number == "00":
        for cell in lesson.cells:
            cell.source = TABLE.sub(
                lambda marks: marks[1] + table("") + "\n" + marks[2], cell.source
            )
    return notebook.written(lesson)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    options = parser.parse_args(arguments)
    different = []
    for path in (ROOT / "README.md", PLAN, *notebook.lessons().values()):
        try:
            new = renewed(path)
        except (FileNotFoundError, ValueError) as error:
            print(error, file=sys.stderr)
            return 1
        if new != path.read_text(encoding="utf-8"):
            different.append(path.name)
            if not options.check:
                files.write(path, new)
    for name in different:
        print(f"{name}: {'its times are out of date' if options.check else 'written'}")
    return 1 if different and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
