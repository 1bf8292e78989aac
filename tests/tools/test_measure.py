"""docs/teaching.md: its measured tables, its load test, its slides, its way to collect results."""

import ast
import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import classroom
import execute
import measure
import nbformat
import pytest

from helpers import exercises

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted(ROOT.glob("notebooks/[0-9][0-9]_*.ipynb"))
TEACHING = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")


def code_of(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


# --------------------------------------------------------------------------- what was measured


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


def measured(path: Path) -> dict:
    """The record of a chapter; where it is missing, run: python tools/measure.py NN"""
    records = json.loads((ROOT / "docs" / "measured.json").read_text(encoding="utf-8"))
    return records["chapters"][path.stem[:2]]


def test_every_chapter_was_measured_with_the_sections_it_has(path):
    record, number = measured(path), path.stem[:2]
    names = list(measure.by_section(execute.read(path)))
    assert list(record["sections"]) == names
    assert sum(record["sections"].values()) <= record["seconds"] + 0.05 * len(names)
    for name in names:
        assert f"| {number} | {name} | " in TEACHING
    assert f"| {number}, 1 | Start" in TEACHING


def test_a_kernel_takes_at_most_two_gigabytes(path):
    assert 50 < measured(path)["peak_megabytes"] <= 2000


def test_a_chapter_loads_no_framework_that_it_does_not_use(path):
    assert set(measured(path)["frameworks"]) <= frameworks_named("\n".join(code_of(path)))


def frameworks_named(source: str) -> set[str]:
    """The frameworks that a notebook imports or names in session.start; Keras brings TensorFlow."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {alias.name.split(".")[0] for alias in names}
            case ast.ImportFrom(module=str(module)):
                found.add(module.split(".")[0])
            case ast.Call(func=ast.Attribute(attr="start"), args=args):
                found |= {arg.value for arg in args if isinstance(arg, ast.Constant)}
    found |= {"tensorflow"} if "keras" in found else set()
    found |= {"keras"} if "tensorflow" in found else set()
    return found & set(measure.FRAMEWORKS)


def test_frameworks_are_named_by_imports_and_by_the_session():
    assert frameworks_named("import torch.nn as nn") == {"torch"}
    assert frameworks_named("from keras import layers") == {"keras", "tensorflow"}
    assert frameworks_named("session.start('tensorflow', seed=1)") == {"keras", "tensorflow"}
    assert frameworks_named("import numpy\nsession.start()") == set()


# ------------------------------------------------------------------------------ tools/measure.py


def small_notebook(path: Path, *cells: str) -> Path:
    """Cells that begin with # are text."""
    kinds = (nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell)
    made = [kinds[text.startswith("#")](text) for text in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


def test_measure_finds_seconds_memory_and_frameworks(tmp_path):
    path = small_notebook(
        tmp_path / "01_try.ipynb",
        "# 01 · Try",
        "import sys\nimport time",
        "## 1 · Wait\n\n### And wait",
        "time.sleep(0.3)",
        "## 2 · Fill",
        "sys.modules['torch'] = sys\nfull = bytearray(300_000_000)\ntime.sleep(0.2)\ndel full",
    )
    before = path.read_bytes()
    record = measure.measure(path)
    assert list(record["sections"]) == ["Start", "1 · Wait", "2 · Fill"]
    assert 0.3 <= record["sections"]["1 · Wait"] < 3
    assert record["seconds"] >= sum(record["sections"].values()) - 0.1
    assert record["peak_megabytes"] > 330
    assert record["frameworks"] == ["torch"]
    assert path.read_bytes() == before
    small_notebook(path, "1 / 0")
    with pytest.raises(execute.NotebookFailed, match="ZeroDivisionError"):
        measure.measure(path)


def test_minutes_count_words_cells_exercises_and_computing():
    cells = [
        {"cell_type": "markdown", "source": ["word " * 120, "\n## 1\n", "word " * 118]},
        {"cell_type": "code", "source": ["a = 1"]},
        {"cell_type": "markdown", "source": ["## 2 · B\n"]},
        {"cell_type": "code", "source": ['exercise("01.1").check(f)']},
        {"cell_type": "code", "source": ['exercise("01.1").check(g)']},
    ]
    minutes = measure.minutes_in_class({"cells": cells}, {"Start": 0, "1": 60.0, "2 · B": 0})
    assert minutes["Start"] == pytest.approx(1)
    assert minutes["1"] == pytest.approx(1 + 0.5 + 1)
    assert minutes["2 · B"] == pytest.approx(4 / 120 + 1 + 8)


def test_sessions_are_few_and_equal():
    minutes = {"a": 50.0, "b": 40.0, "c": 0.1, "d": 200.0, "e": 89.0}
    assert measure.sessions(minutes) == [["a"], ["b", "c"], ["d"], ["e"]]
    minutes = dict.fromkeys("abcdefghij", 10.0)
    assert [len(names) for names in measure.sessions(minutes)] == [5, 5]
    assert measure.sessions(dict.fromkeys("abc", 30.0)) == [["a", "b", "c"]]


# ---------------------------------------------------------------------------- tools/classroom.py


def test_a_class_of_eight_finished():
    """When this fails: python tools/classroom.py"""
    record = json.loads((ROOT / "docs" / "classroom.json").read_text(encoding="utf-8"))
    assert record["students"] >= 8 and record["finished"] == record["students"]
    assert record["errors"] == [] and len(record["seconds"]) == record["students"]
    assert classroom.sentences(record) in TEACHING


def test_two_students_work_at_once_and_an_error_is_told(tmp_path):
    path = small_notebook(tmp_path / "01_try.ipynb", "# Text", "a = 1", "a += 1\nprint(a)")
    wrong = small_notebook(tmp_path / "02_wrong.ipynb", "import os", "assert False, 'no'", "a")
    dies = small_notebook(tmp_path / "03_dies.ipynb", "import os\nos._exit(1)")
    (tmp_path / "notebooks").mkdir()
    with classroom.server(tmp_path, threads=1) as running:
        done, peaks = asyncio.run(classroom.lesson(running, path, 2))
        [failed], _ = asyncio.run(classroom.lesson(running, wrong, 1))
        [dead], _ = asyncio.run(classroom.lesson(running, dies, 1))
    assert [result["error"] for result in done] == [None, None]
    assert failed["error"] == "code cell 2: AssertionError: no"
    assert dead["error"] == "code cell 1: the kernel died"
    assert peaks["together"] >= peaks["one"] > 1e7
    assert running.process.poll() is not None


# ------------------------------------------------------------------- what the page tells to do


def test_the_pages_own_code_collects_reports(tmp_path, monkeypatch, capsys):
    save, collect = re.findall(r"```python\n(.*?)```", TEACHING, re.DOTALL)
    (tmp_path / "reports").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(exercises, "_banks", {})
    bank = exercises.bank("01")
    entry = next(iter(bank.values()))
    monkeypatch.setattr(entry, "attempts", [])
    entry.check(entry.misconceptions[0])
    exec(save)
    Path("chapter-02.json").replace("reports/a.json")
    entry.check(entry.answer)
    exercises.report("reports/b.json")
    capsys.readouterr()
    exec(collect, {})
    name = entry.misconceptions[0].__name__
    assert capsys.readouterr().out == f"{entry.id}: 1 of 2 passed; {{'{name}': 2}}\n"


def test_the_notebooks_become_slides(tmp_path):
    command = re.search(r"jupyter (nbconvert --to slides .*) notebooks/", TEACHING)[1].split()
    done = subprocess.run(
        [sys.executable, "-m", *command, str(NOTEBOOKS[0]), f"--output-dir={tmp_path}"],
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / f"{NOTEBOOKS[0].stem}.slides.html").read_text(encoding="utf-8")
    marks = [
        cell["metadata"].get("slideshow", {}).get("slide_type")
        for cell in json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))["cells"]
    ]
    # A slide is a section, and each of its subslides is one inside it.
    slides = marks.count("slide") + marks.count("subslide")
    assert len(re.findall(r"<section\b", page)) >= slides > 10
    assert "01 · Gradient" in page or "Start here" in page
