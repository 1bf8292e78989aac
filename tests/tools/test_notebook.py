"""The one reader of notebooks, and that it is the one."""

import argparse
import ast
import re

import notebook
import pytest
from small_notebooks import code, text, write

CELLS = (
    "# 01 · Try\n\n## Not asked\n",
    code("a = 1", "define", "map"),
    "Text\n## 1 · One\nmore\n## 2 · Two",
    "from helpers import session\n\nsession.start()",
    "## 1 · One\nagain",
)


@pytest.fixture
def small(tmp_path):
    return notebook.read(
        write(tmp_path / "01_try.ipynb", CELLS[0], CELLS[1], *map(as_text, CELLS[2:]))
    )


def as_text(source):
    return source if source.startswith("from") else text(source)


def test_lessons_are_known_by_their_numbers(tmp_path, capsys):
    for name in ("02_two.ipynb", "01_one.ipynb", "notes.ipynb", "03_three.py"):
        (tmp_path / name).touch()
    found = notebook.lessons(tmp_path)
    assert {number: path.name for number, path in found.items()} == {
        "01": "01_one.ipynb",
        "02": "02_two.ipynb",
    }
    assert list(found) == ["01", "02"] and notebook.lesson("02", tmp_path) == found["02"]
    with pytest.raises(FileNotFoundError, match="no lesson 03: 01, 02"):
        notebook.lesson("03", tmp_path)
    parser = argparse.ArgumentParser()
    assert notebook.chosen(parser, [], tmp_path) == list(found.values())
    assert notebook.chosen(parser, ["02"], tmp_path) == [found["02"]]
    with pytest.raises(SystemExit):
        notebook.chosen(parser, ["2"], tmp_path)
    assert "no lesson 2" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"cells": 3}'])
def test_what_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "01_a.ipynb"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError):
        notebook.read(path)


def test_cells_tags_and_sections(small):
    assert notebook.code(small) == [CELLS[1]["source"], CELLS[3]]
    assert [n for n, _ in notebook.code_cells(small)] == [2, 4]
    assert notebook.tags(small.cells[1]) == {"define", "map"}
    assert notebook.import_cell(small) == CELLS[3]
    parts = notebook.by_section(small)
    assert list(parts) == ["Start", "Not asked", "1 · One", "2 · Two"]
    assert [(index, kind) for index, kind, _ in parts["Not asked"]] == [
        (0, "markdown"),
        (1, "code"),
        (2, "markdown"),
    ]
    assert [index for index, _, _ in parts["1 · One"]] == [2, 4]
    assert parts["2 · Two"] == [(2, "markdown", "## 2 · Two"), (3, "code", CELLS[3])]


def test_a_notebook_is_written_as_it_was_read(tmp_path):
    path = write(tmp_path / "01_a.ipynb", "# É", 'print("é")\nb')
    content = notebook.written(notebook.read(path))
    path.write_text(content, encoding="utf-8")
    assert notebook.written(notebook.read(path)) == content
    assert content.endswith("}\n") and "# É" in content


def test_fingerprints_tell_sources_apart():
    first, second = notebook.fingerprint("a = 1"), notebook.fingerprint("a = 2")
    assert first != second and re.fullmatch("[0-9a-f]{12}", first)
    assert first == notebook.fingerprint("a = 1")


def test_what_runs_with_a_cell_is_told_from_what_is_defined():
    tree = ast.parse(
        "f()\nfor i in a:\n    g()\ndef d():\n    h()\nclass C:\n    k()\nx = lambda: m()"
    )
    called = [ast.unparse(call.func) for call in notebook.executed(tree, ast.Call)]
    assert called == ["f", "g"]


def test_the_names_that_functions_look_up_outside():
    function = "def f(c):\n    d = c\n    return [e + d for e in g]\n"
    source = f"a = b\n{function}class K:\n    def m(self):\n        return h"
    assert notebook.global_names(source) == {"g", "h"}


def reads_a_notebook(source: str) -> bool:
    """Whether a source opens one by itself: with nbformat, or as JSON with cells."""
    as_json = "json.load" in source and re.search(r"\[[\"']cells[\"']\]", source)
    return bool(as_json or re.search(r"nbformat\.(v4\.)?reads?\(", source))


def test_nobody_else_reads_notebooks():
    places = ("tools", "tests", "benchmarks", "builders")
    files = [path for place in places for path in notebook.ROOT.glob(f"{place}/**/*.py")]
    others = [path for path in files if path.name not in ("notebook.py", "test_notebook.py")]
    assert len(others) > 30
    found = [path for path in others if reads_a_notebook(path.read_text(encoding="utf-8"))]
    assert [path.name for path in found] == []
