"""The times of a lesson: one formula, and how they are said."""

import notebook
import pytest
import study
from small_notebooks import code, text, write


def folded(source, *tags):
    cell = code(source, *tags)
    cell["metadata"]["jupyter"] = {"source_hidden": True}
    return cell


@pytest.fixture
def lesson(tmp_path):
    path = write(
        tmp_path / "01_a.ipynb",
        text("# " + "word " * 109),  # 110 words with the mark
        code('REPO = "https://…"\n' * 10),
        code("import numpy\nsession.start()"),
        text("## 1 · A\n" + "word " * 106 + "\n$$a = b$$ $$c$$"),
        code("a = 1\n\n# a comment\n" + "b = 2\n" * 9),
        folded("drawing.box(…)\n" * 20),
        text("## 2 · B ★\n" + "word " * 105),
        code("def f(): ...\n\nexercise('01.1').check(f)"),
        folded("check.equal(a, b)\n" * 5, "proof"),
        text("## Recap\n" + "word " * 108),
    )
    return notebook.read(path)


def test_minutes_count_words_equations_lines_exercises_and_computing(lesson):
    found = study.by_section(lesson, {"1 · A": 120.0})
    assert found["Start"] == pytest.approx(1)  # set-up and imports are not studied
    assert found["1 · A"] == pytest.approx(1 + 6 + 1 + 2 + 2)
    assert found["2 · B ★"] == pytest.approx(1 + 0.2 + 10 + 0.5)
    assert found["Recap"] == pytest.approx(1)


def test_the_road_leaves_out_stars_and_folded_cells(lesson):
    road, everything = study.minutes(lesson, {"1 · A": 120.0})
    assert everything == pytest.approx(1 + 10 + 2 + 11.7 + 1)
    assert road == pytest.approx(1 + 10 + 1)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(2, "5 minutes"), (48, "50 minutes"), (57, "1 hour"), (95, "1½ hours"), (200, "3½ hours")],
)
def test_times_are_said_as_a_reader_would(minutes, words):
    assert study.said(minutes) == words


def test_the_line_of_the_title_names_the_road_where_there_is_one(lesson):
    assert study.line(lesson, {"1 · A": 120.0}) == (
        "**Time**: 10 minutes for the road, 25 minutes for everything, of which 2 minutes of "
        "computing on two CPU cores."
    )
    lesson.cells[6].source = lesson.cells[6].source.replace(" ★", "")
    assert study.line(lesson, {}).startswith("**Time**: about 25 minutes, of which 1 minute of ")
