"""Run each notebook once and record what it takes: seconds by section, and the kernel's memory.

    python tools/measure.py [NN …]

Writes docs/measured.json after each; tools/tables.py then writes it where it is shown. A lesson
that is not named, or fails, keeps its record.
The notebooks themselves are not touched; tools/execute.py refreshes them.
"""

import argparse
import json
import sys
import threading
import time
from pathlib import Path

import execute
import nbformat
import notebook
import psutil
from notebook import ROOT, by_section

from helpers import files

sys.path.append(str(ROOT))  # where benchmarks is

from benchmarks.machine import processor

RECORD = ROOT / "docs" / "measured.json"
FRAMEWORKS = ("keras", "tensorflow", "torch")


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


def main(arguments: list[str] | None = None) -> int:
    about = f"{__doc__.splitlines()[0]} Writes docs/measured.json."
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lessons (default: all)")
    options = parser.parse_args(arguments)
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    lessons = {n: r for n, r in record.get("lessons", {}).items() if n in notebook.lessons()}
    code = 0
    for path in notebook.chosen(parser, options.lessons):
        try:
            found = lessons[path.stem[:2]] = measure(path)
        except execute.NotebookFailed as error:
            print(error, file=sys.stderr)
            code = 1
            continue
        print(f"{path.stem}: {found['seconds']} s, {found['peak_megabytes']} MB", flush=True)
        record = {"command": "python tools/measure.py", "lessons": dict(sorted(lessons.items()))}
        files.write(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
