"""Run each notebook once and record what it takes: seconds by section, and the kernel's memory.

    python tools/measure.py [NN …] [--tables]

Writes docs/measured.json after each, and the tables in docs/teaching.md; tools/tables.py takes the
minutes from there. A lesson that is not named, or fails, keeps its record; --tables runs none and
writes the tables again.
The notebooks themselves are not touched; tools/execute.py refreshes them.
"""

import argparse
import json
import re
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import execute
import nbformat
import notebook
import psutil
import study
from notebook import ROOT, by_section

from helpers import files

sys.path.append(str(ROOT))  # where benchmarks is

from benchmarks.machine import processor

RECORD = ROOT / "docs" / "measured.json"
PLAN = ROOT / "docs" / "teaching.md"
TABLES = re.compile(r"(<!-- (sessions|sections) -->\n).*?(<!-- /\2 -->)", re.DOTALL)
FRAMEWORKS = ("keras", "tensorflow", "torch")

SESSION_MINUTES = 90


class Memory(threading.Thread):
    """Watches the memory of one process; `peak` is the most that it held, in bytes (RSS)."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.process, self.peak, self.done = psutil.Process(pid), 0, threading.Event()

    def run(self) -> None:
        try:
            while not self.done.wait(0.05):
                self.peak = max(self.peak, self.process.memory_info().rss)
        except psutil.NoSuchProcess:
            pass


def measure(path: Path) -> dict:
    """Run one notebook; returns its seconds by section, peak memory and loaded frameworks.

    Raises:
        execute.NotebookFailed: a cell failed.
    """
    lesson = execute.load(path)
    parts = by_section(lesson)
    seconds = {name: 0.0 for name in parts}
    at = {
        index: name for name, cells in parts.items() for index, kind, _ in cells if kind == "code"
    }
    loaded = f"import sys; print(*(name for name in {FRAMEWORKS} if name in sys.modules))"
    lesson.cells.append(nbformat.v4.new_code_cell(loaded))
    began, memory = 0.0, None

    def before(client, index):
        nonlocal began, memory
        if memory is None:
            memory = Memory(client.km.provisioner.pid)
            memory.start()
        began = time.perf_counter()

    def after(client, index):
        if index in at:
            seconds[at[index]] += time.perf_counter() - began

    begin = time.perf_counter()
    execute.run(lesson, path, before, after)
    whole = time.perf_counter() - begin
    memory.done.set()
    return {
        "processor": processor(),
        "threads": 2,
        "seconds": round(whole, 1),
        "peak_megabytes": round(memory.peak / 1e6),
        "frameworks": lesson.cells[-1].outputs[0].text.split(),
        "sections": {name: round(spent, 1) for name, spent in seconds.items()},
    }


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


def tables(lessons: Mapping[str, Mapping]) -> dict[str, str]:
    """The two tables of docs/teaching.md, in Markdown.

    Raises:
        ValueError: a lesson has a section that its record does not know.
    """
    plan = [
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
            plan.append(f"| {number}, {n} | {part} | {length:.0f} | {spent:.0f} s | {memory} |")
        for name, length in minutes.items():
            spent = record["sections"][name]
            detail.append(f"| {number} | {name} | {length:.0f} | {spent:.0f} |")
    return {"sessions": "\n".join(plan), "sections": "\n".join(detail)}


def main(arguments: list[str] | None = None) -> int:
    about = f"{__doc__.splitlines()[0]} Writes docs/measured.json and the tables made from it."
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lessons (default: all)")
    parser.add_argument("--tables", action="store_true", help="run nothing, renew the tables")
    options = parser.parse_args(arguments)
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    lessons = {n: r for n, r in record.get("lessons", {}).items() if n in notebook.lessons()}
    code = 0
    for path in [] if options.tables else notebook.chosen(parser, options.lessons):
        try:
            found = lessons[path.stem[:2]] = measure(path)
        except execute.NotebookFailed as error:
            print(error, file=sys.stderr)
            code = 1
            continue
        print(f"{path.stem}: {found['seconds']} s, {found['peak_megabytes']} MB", flush=True)
        record = {"command": "python tools/measure.py", "lessons": dict(sorted(lessons.items()))}
        files.write(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    try:
        made = tables(lessons)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    plan = TABLES.sub(lambda m: m[1] + made[m[2]] + "\n" + m[3], PLAN.read_text(encoding="utf-8"))
    files.write(PLAN, plan)
    return code


if __name__ == "__main__":
    sys.exit(main())
