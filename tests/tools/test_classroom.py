"""docs/classroom.json is a class that finished, and tools/classroom.py runs one."""

import asyncio
import json

import classroom
from small_notebooks import write


def test_a_class_of_eight_finished():
    """When this fails: python tools/classroom.py"""
    record = json.loads(classroom.RECORD.read_text(encoding="utf-8"))
    assert record["students"] >= 8 and record["finished"] == record["students"]
    assert record["errors"] == [] and len(record["seconds"]) == record["students"]
    assert classroom.sentences(record) in classroom.PLAN.read_text(encoding="utf-8")


def test_two_students_work_at_once_and_an_error_is_told(tmp_path):
    both = "from pathlib import Path\nimport time"
    # Each waits until the other has begun, which it would in vain if they worked in turn.
    meet = (
        "Path(f'{id(time)}-{time.time_ns()}.here').touch()\n"
        "end = time.time() + 60\n"
        "while len(list(Path().glob('*.here'))) < 2:\n"
        "    assert time.time() < end\n"
        "    time.sleep(0.1)"
    )
    path = write(tmp_path / "01_try.ipynb", "# Text", both, meet)
    wrong = write(tmp_path / "02_wrong.ipynb", "a = 1", "assert False, 'no'", "a")
    dies = write(tmp_path / "03_dies.ipynb", "import os\nos._exit(1)")
    done, peaks = asyncio.run(classroom.lesson(path, 2, threads=1))
    [failed], _ = asyncio.run(classroom.lesson(wrong, 1, threads=1))
    [dead], _ = asyncio.run(classroom.lesson(dies, 1, threads=1))
    assert [result["error"] for result in done] == [None, None]
    assert failed["error"] == "AssertionError: no"
    assert dead["error"] == "the kernel died"
    assert peaks["together"] >= peaks["one"] > 1e7
