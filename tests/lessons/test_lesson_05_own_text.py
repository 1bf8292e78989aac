"""Lesson 05 with a text of the reader's own: the notebook's cells, in odd forms of a text."""

import io
import warnings

import matplotlib.pyplot as plt
import notebook
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager

from helpers import plot

SECTIONS = ("8", "9", "10", "11", "12", "16", "17")  # of the notebook: those that use the text
CHINESE = "李白:\n床前明月光，疑是地上霜。\n舉頭望明月，低頭思故鄉。\n\n"
SPEECH = "JULIA:\nThe moon is up; the tide is at the door.\nWho calls so late?\n\n"
SHORTER = {  # of the cells: what makes them short enough for a test, and the own text
    "text = data.shakespeare()": "text = data.text(path)",
    "training_steps, kinds = 1500,": "training_steps, kinds = 6,",
    "every=250,": "every=1,",
}


def cells() -> list[str]:
    """The import cell, those that the sections need from before, and theirs, without exercises."""
    lesson = notebook.read(notebook.lesson("05"))
    imports = notebook.import_cell(lesson)
    earlier = ("longer =", "class Readers")  # the hook's record, and section 2's readers
    found = [imports.replace("import keras\nimport tensorflow as tf\n", "")]
    found += [next(c for c in notebook.code(lesson) if words in c) for words in earlier]
    for name, parts in notebook.by_section(lesson).items():
        if name.split(" ")[0] in SECTIONS:
            found += [source for _, kind, source in parts if kind == "code"]
    return [source for source in found if "exercise(" not in source]


def run(path) -> dict:
    """Run the cells with the text of a file; every figure is drawn."""
    names, used = {"path": path}, set()
    for source in cells():
        for long, short in SHORTER.items():
            used |= {long} if long in source else set()
            source = source.replace(long, short)
        exec(compile(source, "a cell", "exec"), names)
    assert used == set(SHORTER)
    return names


@pytest.fixture
def drawn(monkeypatch):
    """Figures are rendered; a character that no font has is a warning, which is an error here."""

    def render(alt):
        plt.savefig(io.BytesIO())
        plt.close("all")

    monkeypatch.setattr(plot, "show", render)
    with warnings.catch_warnings(), plt.rc_context():
        warnings.filterwarnings("error", message="Glyph")
        yield


def no_other_fonts(monkeypatch):
    fonts = [f for f in font_manager.fontManager.ttflist if f.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)


def make_font(path, characters):
    """A font in which each of the characters is a triangle."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 0))
    pen.lineTo((250, 700))
    pen.closePath()
    triangle = pen.glyph()
    names = [".notdef", *(f"u{ord(c):04X}" for c in characters)]
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(c): f"u{ord(c):04X}" for c in characters})
    builder.setupGlyf(dict.fromkeys(names, triangle))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Triangles", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


def test_lines_that_end_as_in_windows(tmp_path, drawn):
    path = tmp_path / "mine.txt"
    path.write_bytes(("\ufeff" + SPEECH * 1400).replace("\n", "\r\n").encode())
    names = run(path)
    assert not {"\r", "\ufeff"} & set(names["vocab"])
    assert "JULIA" in names["text"].held and names["blank"] == "\n\n"


def test_chinese_without_a_font_is_shown_as_code_points(tmp_path, drawn, monkeypatch, capsys):
    no_other_fonts(monkeypatch)
    path = tmp_path / "mine.txt"
    path.write_text(CHINESE * 2700, encoding="utf-8")
    names = run(path)
    missing = {c for c in names["vocab"] if "一" <= c <= "鿿"}
    assert missing <= plot.without_font(CHINESE)
    assert "of the characters: the figure has code points" in capsys.readouterr().out


def test_chinese_with_a_font_is_shown_as_it_is(tmp_path, drawn, monkeypatch, capsys):
    no_other_fonts(monkeypatch)
    make_font(tmp_path / "triangles.ttf", sorted(set(CHINESE) - {"\n"}))
    font_manager.fontManager.addfont(tmp_path / "triangles.ttf")
    path = tmp_path / "mine.txt"
    path.write_text(CHINESE * 2700, encoding="utf-8")
    run(path)
    assert plot.without_font(CHINESE) == set() and "Triangles" in plt.rcParams["font.family"]
    assert "code points" not in capsys.readouterr().out


def test_one_very_long_line(tmp_path, drawn):
    path = tmp_path / "mine.txt"
    path.write_text("the tide is at the door, who calls so late; " * 2300, encoding="utf-8")
    names = run(path)
    assert "\n" not in names["vocab"] and names["blank"] == "t"
    assert len(names["written"][0.5]) == 1000
