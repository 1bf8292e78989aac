"""README, CONTRIBUTING and data/README say what is there."""

import re
from pathlib import Path

import draw_map
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAPERS = ["README.md", "CONTRIBUTING.md", "data/README.md"]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def text_of(paper: str) -> str:
    return (ROOT / paper).read_text(encoding="utf-8")


def test_the_readme_shows_the_map_that_notebook_00_draws():
    assert draw_map.PICTURE.read_bytes() == draw_map.map_png()


@pytest.mark.parametrize("paper", PAPERS)
def test_relative_links_lead_somewhere(paper):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", text_of(paper))
    missing = [link for link in links if not ((ROOT / paper).parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_the_readme_lists_each_chapter_with_its_minutes(path):
    row = re.search(rf"^\| \[.*\]\(notebooks/{path.name}\) .*$", text_of("README.md"), re.MULTILINE)
    assert row, f"README.md has no row for {path.name}"
    assert re.fullmatch(r"[\d.]+", row[0].split("|")[-2].strip()), row[0]


@pytest.mark.parametrize("file", sorted(path.name for path in (ROOT / "data").glob("*.npz")))
def test_each_data_file_has_its_source_and_checksum(file):
    paper = text_of("data/README.md")
    assert file in paper and "SHA-256" in paper and "licence" in paper.lower()


def test_commands_named_in_the_papers_exist():
    named = set(
        re.findall(r"python3? (?:\.\./)?((?:tools/)?\w+\.py)", "".join(map(text_of, PAPERS)))
    )
    assert "course.py" in named and "tools/execute.py" in named
    assert [name for name in named if not (ROOT / name).exists()] == []
