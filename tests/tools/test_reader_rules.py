"""The rules of form 2: each rejects a notebook that breaks it, and accepts one that keeps it."""

import base64

import pytest
from rules import reader
from rules.lesson import Lesson
from small_notebooks import code, text, write

PNG = base64.b64encode(b"a picture").decode()


def figure(alt: str | None = "Two lines.") -> dict:
    metadata = {"image/png": {"alt": alt}} if alt else {}
    shown = {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": metadata}
    return code("drawing = plot.blocks()\nplot.show(alt='Two lines.')", outputs=[shown])


def folded(source: str, *tags: str) -> dict:
    cell = code(source, *tags)
    cell["metadata"] |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
    return cell


def exercise(k: int) -> dict:
    return code(f'def f():\n    ...\n\n\nexercise("01.{k}").check(f)')


ROAD = (
    "- [1 · One](#1-·-One)\n- [2 · Two ★](#2-·-Two-★)\n\nWithout ★ you miss nothing later: "
    "without ★ you miss nothing later."
)
ASKED = "**Before you run:** up or down?"
ANSWER = "<details><summary>Answer</summary>\n\nDown.\n\n</details>"


def good() -> list[dict]:
    return [
        text(f"# 01 · Good\n\n{ROAD}"),  # 0
        folded("REPO = 1"),  # 1
        code("import numpy\nsession.start()"),  # 2
        text("## 1 · One"),  # 3
        figure(),  # 4
        text("\n\n".join([ASKED, ANSWER] * 3)),  # 5
        *(exercise(k) for k in (1, 2, 3)),  # 6 to 8
        folded("check.equal('01.1', a, b)", "proof"),  # 9
        text("## 2 · Two ★"),  # 10
        code("def path(lr):\n    return step * lr"),  # 11
        code("play.curves(path, sliders)", "play", "nbval-ignore-output"),  # 12
        exercise(4),  # 13
        exercise(5),  # 14
        code("check.claim('accuracy', 0.98, above=0.97)", printed="✓ accuracy 0.98 (above 0.97)"),
        text("## Recap"),  # 16
        code("check.summary()"),  # 17
    ]


def changed(n: int, cell: dict):
    return lambda cells: [*cells[:n], cell, *cells[n + 1 :]]


def added(cell: dict, at: int = 16):
    return lambda cells: [*cells[:at], cell, *cells[at:]]


def without(*numbers: int):
    return lambda cells: [cell for n, cell in enumerate(cells) if n not in numbers]


def found(tmp_path, rule, cells) -> list[tuple[int, str]]:
    return list(rule(Lesson(write(tmp_path / "01_good.ipynb", *cells, course={"form": 2}), {})))


@pytest.mark.parametrize("rule", reader.FORM_2, ids=lambda rule: rule.__name__)
def test_a_lesson_that_keeps_the_rule_is_accepted(tmp_path, rule):
    assert found(tmp_path, rule, good()) == []


@pytest.mark.parametrize(
    ("rule", "broken", "words"),
    [
        (reader.cells, lambda cells: cells * 8, "cells, more than 130"),
        (reader.times, added(text("word " * 18_000), at=4), "its road takes"),
        (reader.times, added(text("word " * 27_000), at=11), "minutes in all"),
        (reader.folded, changed(1, code("REPO = 1")), "must be folded"),
        (reader.folded, changed(9, code("check.equal(a, b)", "proof")), "must be folded"),
        (reader.road, changed(0, text("# 01 · Good\n\nwithout ★ you miss nothing later")), "link"),
        (reader.road, changed(0, text("[a](#1-·-One) [b](#2-·-Two-★)")), "miss nothing later"),
        (reader.numbers, added(code("print(a > b)", printed="a is larger: True\n")), "True or"),
        (reader.numbers, without(17), "check.summary()"),
        (reader.drawings, without(4), "no drawing"),
        (reader.predictions, changed(5, text(f"{ASKED}\n\n{ANSWER}")), "fewer than 3"),
        (reader.predictions, added(text(ASKED)), "answers 3 of them"),
        (reader.plays, without(12), "nothing to play with"),
        (reader.plays, changed(12, code("play.curves(path, sliders)")), "needs the tag play"),
        (reader.exercises_spread, without(6), "has 4 exercises"),
        (reader.exercises_spread, lambda c: [*c, *[text("more")] * 9], "in the last third"),
        (reader.alternative_text, changed(4, figure(alt=None)), "without alternative text"),
        (reader.alternative_text, changed(4, figure(alt=" ")), "without alternative text"),
        (
            reader.going_back,
            lambda c: added(code("rate = 2"), 12)(added(code("def f():\n    return rate"), 4)(c)),
            "f reads rate, which section 2 binds again",
        ),
    ],
)
def test_a_lesson_that_breaks_the_rule_is_told(tmp_path, rule, broken, words):
    assert any(words in problem for _, problem in found(tmp_path, rule, broken(good())))


def test_a_function_may_read_what_its_own_or_an_earlier_section_binds(tmp_path):
    cells = added(code("rate = 1\n\n\ndef f():\n    return rate"), 4)(good())
    assert found(tmp_path, reader.going_back, cells) == []
