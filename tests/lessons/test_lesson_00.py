"""Lesson 00: what its environment check says, its map, its links, and the play cells' functions."""

import json
import re

import notebook
import numpy as np
import pytest
from packaging.requirements import Requirement

LESSON = notebook.read(notebook.lesson("00"))
TEXT = "\n".join(cell.source for cell in LESSON.cells if cell.cell_type == "markdown")


def names_of(*parts: str) -> dict:
    """What the cells define that hold one of these parts, run in order."""
    names = {}
    for source in notebook.code(LESSON):
        if any(part in source for part in parts):
            exec(source, names)
    return names


CHECK = names_of("def requirements", "def complaint")


@pytest.mark.parametrize(
    ("line", "version", "told"),
    [
        ("torch>=2.11", None, "torch is not installed; the course needs at least 2.11"),
        ("tqdm", None, "tqdm is not installed; the course needs any version"),
        ("numpy>=2.1", "1.26.4", "numpy is version 1.26.4; the course needs at least 2.1"),
        (
            "python>=3.11,<3.14",
            "3.14.0",
            "python is version 3.14.0; the course needs at least 3.11 and below 3.14",
        ),
        ("keras==3.13,!=3.13.1", "3.12", "keras is version 3.12; the course needs exactly 3.13"),
        ("torch>=2.11", "2.13.0+cpu", ""),
        ("torch>=2.11", "2.14.0rc1", ""),
        ("numpy>=2.1", "2.1", ""),
    ],
)
def test_the_environment_check_says_in_words_what_is_missing(line, version, told):
    found = CHECK["complaint"](Requirement(line), version)
    assert found.startswith(told)
    assert bool(found) == bool(told)


def test_it_asks_for_python_and_all_that_the_course_depends_on():
    names = {need.name for need in CHECK["requirements"]()}
    assert {"python", "numpy", "torch", "tensorflow", "keras", "matplotlib", "psutil"} <= names
    assert "pytest" not in names
    assert CHECK["version_of"]("no-such-package") is None


def test_the_map_shows_the_lessons_that_there_are():
    [cell] = [source for source in notebook.code(LESSON) if source.startswith("lessons = {")]
    names = {}
    exec(cell, names)
    planned = json.loads((notebook.ROOT / "docs" / "lessons.json").read_text(encoding="utf-8"))
    assert sorted(names["lessons"]) == sorted(number for number in planned if number != "00")
    written = {number for number, lesson in names["lessons"].items() if lesson[-1] == "written"}
    assert written == notebook.lessons().keys() - {"00"}
    on_roads = set(re.findall(r"\d\d", names["roads"]))
    assert on_roads == names["lessons"].keys()
    places = [lesson[2:4] for lesson in names["lessons"].values()]
    assert len(set(places)) == len(places)


def test_links_within_the_lesson_lead_to_a_heading():
    headings = {h.replace(" ", "-") for h in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)}
    links = re.findall(r"\]\(#([^)\s]+)\)", TEXT)
    assert len(links) > 15
    assert set(links) <= headings


def test_what_other_lessons_link_in_lesson_00_is_there():
    headings = {h.replace(" ", "-") for h in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)}
    for path in notebook.lessons().values():
        source = "\n".join(cell.source for cell in notebook.read(path).cells)
        assert set(re.findall(r"00_start_here\.ipynb#([^)\s]+)\)", source)) <= headings, path.name


def softmax(logits, temperature):
    exponentials = np.exp(logits / temperature)
    return exponentials / exponentials.sum()


@pytest.mark.parametrize("temperature", [0.1, 1, 5, 20])
def test_the_bars_are_probabilities_at_every_temperature(temperature):
    [source] = [source for source in notebook.code(LESSON) if "def bars_at" in source]
    names = {"np": np, "softmax": softmax}
    exec(source.split("play.bars(")[0], names)
    bars = names["bars_at"](temperature)
    np.testing.assert_allclose(bars.sum(), 1)
    np.testing.assert_allclose(bars[4] / bars[3], np.exp(1 / temperature))


def test_mixed_noise_is_as_long_as_its_ends_and_meets_them():
    [source] = [source for source in notebook.code(LESSON) if "def mixed(" in source]
    names = {"np": np}
    exec("def mixed(" + source.split("def mixed(")[1].split("\n\n\n")[0], names)
    ends = np.random.default_rng(0).normal(size=(2, 20_000))
    np.testing.assert_array_equal(names["mixed"](ends, 0), ends[0])
    np.testing.assert_array_equal(names["mixed"](ends, 1), ends[1])
    for share in (0.2, 0.5, 0.9):
        np.testing.assert_allclose(names["mixed"](ends, share).std(), 1, rtol=0.05)
