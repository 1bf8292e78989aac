"""A class on one machine: several students run a lesson at once, each in a kernel of their own.

    python tools/classroom.py [NN] [--students 8] [--threads 1]

Runs all cells for every student at the same time and writes docs/classroom.json: who finished, in
how many seconds, and how much memory the kernels took together. The result in words goes to
docs/teaching.md.
"""

import argparse
import asyncio
import contextlib
import json
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import execute
import notebook
import psutil
from nbclient.exceptions import CellExecutionError, DeadKernelError

from helpers import files

sys.path.append(str(notebook.ROOT))  # where benchmarks is

from benchmarks.machine import processor

RECORD = notebook.ROOT / "docs" / "classroom.json"
PLAN = notebook.ROOT / "docs" / "teaching.md"
RESULT = re.compile(r"(<!-- classroom -->\n).*?(\n<!-- /classroom -->)", re.DOTALL)
CLASS = 30


async def student(path: Path, threads: int, settings: str) -> dict:
    """Run a lesson in a new kernel; tells seconds and what went wrong."""
    client = execute.make_client(execute.load(path), timeout=None)
    environment = execute.environment(settings) | {"COURSE_THREADS": str(threads)}
    begin, error = time.perf_counter(), None
    try:
        await client.async_execute(cwd=str(path.parent), env=environment)
    except CellExecutionError as failed:
        error = f"{failed.ename}: {failed.evalue}"
    except DeadKernelError:
        error = "the kernel died"
    return {"seconds": round(time.perf_counter() - begin, 1), "error": error}


async def watch(peaks: dict[str, int]) -> None:
    """Keep the largest memory of all kernels together and of one kernel, in bytes (RSS)."""
    while True:
        sizes = [0]
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                sizes.append(process.memory_info().rss)
        peaks["together"] = max(peaks["together"], sum(sizes))
        peaks["one"] = max(peaks["one"], *sizes)
        await asyncio.sleep(0.5)


async def lesson(path: Path, students: int, threads: int) -> tuple[list[dict], dict[str, int]]:
    """All students at once; what became of each, and the peaks of memory."""
    peaks = {"together": 0, "one": 0}
    watcher = asyncio.create_task(watch(peaks))
    with tempfile.TemporaryDirectory() as settings:
        done = await asyncio.gather(*(student(path, threads, settings) for _ in range(students)))
    watcher.cancel()
    return done, peaks


def main(arguments: list[str] | None = None) -> int:
    about = f"{__doc__.splitlines()[0]} Writes docs/classroom.json and a part of docs/teaching.md."
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("lesson", nargs="?", default="02", metavar="NN", help="default: 02")
    parser.add_argument("--students", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1, help="threads a kernel (default: 1)")
    options = parser.parse_args(arguments)
    [path] = notebook.chosen(parser, [options.lesson])
    if options.students < 1:
        parser.error(f"a class has at least one student, not {options.students}")
    done, peaks = asyncio.run(lesson(path, options.students, options.threads))
    record = {
        "command": f"python tools/classroom.py {options.lesson} --students {options.students} "
        f"--threads {options.threads}",
        "processor": processor(),
        "lesson": options.lesson,
        "students": options.students,
        "finished": sum(result["error"] is None for result in done),
        "seconds": [result["seconds"] for result in done],
        "errors": [result["error"] for result in done if result["error"]],
        "megabytes_together": round(peaks["together"] / 1e6),
        "megabytes_of_the_largest": round(peaks["one"] / 1e6),
    }
    files.write(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    text = sentences(record)
    files.write(PLAN, RESULT.sub(lambda m: m[1] + text + m[2], PLAN.read_text(encoding="utf-8")))
    print("\n".join([text, *record["errors"]]))
    return 0 if record["finished"] == options.students else 1


def sentences(record: Mapping) -> str:
    """The record in words, and what it says for a class of 30."""
    students, seconds = record["students"], record["seconds"]
    largest = record["megabytes_of_the_largest"] / 1000
    minutes = CLASS / students * max(seconds) / 60
    return (
        f"Measured on {record['processor']}: {students} kernels on one machine ran lesson "
        f"{record['lesson']} at once, from the first cell to the last. {record['finished']} "
        f"finished; the first took {min(seconds):.0f} seconds, the last {max(seconds):.0f}. "
        f"Together they held {record['megabytes_together'] / 1000:.1f} GB at most, the largest "
        f"{largest:.1f} GB.\n\n"
        f"For a class of {CLASS} that means: {CLASS * largest:.0f} GB of memory if all have the "
        f"lesson open at once, and about {minutes:.0f} minutes if all press Run All at the same "
        "moment on this processor. Cells run one by one, as in class, need far less at a time, "
        "and more cores shorten the wait."
    )


if __name__ == "__main__":
    sys.exit(main())
