"""docs/measured.json is what the lessons take, and tools/measure.py measures it."""

import ast
import json

import execute
import measure
import notebook
import pytest
import tables
from small_notebooks import write

LESSONS = list(notebook.lessons().values())
# Nobody types the record. Where a test of it fails: python tools/measure.py NN
RECORDS = json.loads(measure.RECORD.read_text(encoding="utf-8")).get("lessons", {})
MEGABYTES = 2000  # of a kernel at most


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_a_lesson_was_measured_as_it_is_and_stays_within_its_means(path):
    lesson, record = notebook.read(path), RECORDS[path.stem[:2]]
    names = list(notebook.by_section(lesson))
    assert list(record["sections"]) == names
    assert sum(record["sections"].values()) <= record["seconds"] + 0.05 * len(names)
    assert 50 < record["peak_megabytes"] <= MEGABYTES
    loaded = set(record["frameworks"]) - frameworks_named("\n".join(notebook.code(lesson)))
    assert not loaded, "a framework is loaded that the lesson does not use"


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


def test_measure_finds_seconds_memory_and_frameworks(tmp_path):
    path = write(
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
    assert record["sections"]["1 · Wait"] >= 0.3
    assert record["seconds"] >= sum(record["sections"].values()) - 0.1
    assert record["peak_megabytes"] > 330
    assert record["frameworks"] == ["torch"]
    assert path.read_bytes() == before
    write(path, "1 / 0")
    with pytest.raises(execute.NotebookFailed, match="ZeroDivisionError"):
        measure.measure(path)


def test_sessions_are_few_and_equal():
    minutes = {"a": 50.0, "b": 40.0, "c": 0.1, "d": 200.0, "e": 89.0}
    assert tables.sessions(minutes) == [["a"], ["b", "c"], ["d"], ["e"]]
    minutes = dict.fromkeys("abcdefghij", 10.0)
    assert [len(names) for names in tables.sessions(minutes)] == [5, 5]
    assert tables.sessions(dict.fromkeys("abc", 30.0)) == [["a", "b", "c"]]
    assert tables.sessions({"a": 0.0, "b": 0.0, "c": 10.0}) == [["a", "b", "c"]]
    assert tables.sessions({}) == []


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Two small lessons, with a record of their own."""
    folder = tmp_path / "notebooks"
    write(folder / "01_one.ipynb", "# 01 · One", "a = 1")
    write(folder / "02_two.ipynb", "# 02 · Two", "1 / 0")
    found = notebook.lessons(folder)
    monkeypatch.setattr(measure, "RECORD", tmp_path / "measured.json")
    monkeypatch.setattr(notebook, "lessons", lambda folder=None: found)
    monkeypatch.setattr(notebook, "chosen", lambda parser, numbers: list(found.values()))
    monkeypatch.setattr(notebook, "lesson", lambda number: found[number])
    return tmp_path


def test_a_lesson_that_fails_costs_no_other_its_record(course, capsys):
    assert measure.main([]) == 1
    assert "02_two, cell 2 failed" in capsys.readouterr().err
    lessons = json.loads(measure.RECORD.read_text(encoding="utf-8"))["lessons"]
    assert list(lessons) == ["01"]


def test_a_section_that_was_not_measured_is_told(course):
    old = {"seconds": 1.0, "peak_megabytes": 100, "frameworks": [], "sections": {"Begin": 1.0}}
    with pytest.raises(ValueError, match=r"Lesson 01 .* not measured, 'Start': run python tools/"):
        tables.plan({"01": old})


def test_a_lesson_that_was_not_measured_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tables, "ROOT", tmp_path)
    write(tmp_path / "notebooks" / "01_one.ipynb", "# 01 · One\n\n**Time**: x", "a = 1")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "measured.json").write_text('{"lessons": {}}', encoding="utf-8")
    lessons = {"01": {"title": "One", "makes": "one"}}
    (tmp_path / "docs" / "lessons.json").write_text(json.dumps(lessons), encoding="utf-8")
    page = tmp_path / "README.md"
    page.write_text("<!-- lessons -->\n<!-- /lessons -->\n", encoding="utf-8")
    assert tables.main([]) == 1
    told = "Lesson 01 was not measured: run python tools/measure.py 01.\n"
    assert capsys.readouterr().err == told
