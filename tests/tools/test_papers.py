"""README, CONTRIBUTING, SECURITY and docs say what is there, and what they tell to do works."""

import re
import subprocess
import sys
from pathlib import Path

import draw_map
import notebook
import pytest
import tables
from notebook import ROOT

from helpers import exercises

PAPERS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "data/*.md")
    for path in ROOT.glob(pattern)
)
TEACHING = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"python3? (?:-m ([\w.]+)|(?:\.\./)?((?:[\w-]+/)?\w+\.py))")


def text_of(paper: str) -> str:
    return (ROOT / paper).read_text(encoding="utf-8")


def test_the_readme_shows_the_map_that_lesson_00_draws():
    assert draw_map.PICTURE.read_bytes() == draw_map.map_png()


@pytest.mark.parametrize("paper", PAPERS)
def test_relative_links_lead_somewhere(paper):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", text_of(paper))
    assert [link for link in links if not ((ROOT / paper).parent / link).exists()] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_the_commands_and_files_that_a_paper_names_exist(paper):
    text = text_of(paper)
    for module, script in COMMAND.findall(text):
        path = script or module.replace(".", "/")
        places = (path, f"{path}.py", f"src/{path}.py")
        known = module in ("venv", "pip", "pytest", "jupyter")
        assert known or any((ROOT / place).exists() for place in places), path
    named = set(re.findall(r"`((?:tools|tests|docs|data|src|\.github)/[\w./-]+\.\w+)`", text))
    assert [name for name in named if "NN" not in name and not (ROOT / name).exists()] == []


def test_the_tables_of_lessons_are_up_to_date(capsys):
    """When this fails: python tools/tables.py"""
    assert tables.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("file", sorted(path.name for path in (ROOT / "data").glob("*.*z")))
def test_each_data_file_has_its_source_and_checksum(file):
    paper = text_of("data/README.md")
    assert file in paper and "SHA-256" in paper and "licence" in paper.lower()


# ------------------------------------------------------------------- what the teaching page tells


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
    [saved] = tmp_path.glob("*.json")
    saved.replace("reports/a.json")
    entry.check(entry.answer)
    exercises.report("reports/b.json")
    capsys.readouterr()
    exec(collect, {})
    name = entry.misconceptions[0].__name__
    assert capsys.readouterr().out == f"{entry.id}: 1 of 2 passed; {{'{name}': 2}}\n"


def test_the_notebooks_become_slides(tmp_path):
    path = notebook.lesson("00")
    command = re.search(r"jupyter (nbconvert --to slides .*) notebooks/", TEACHING)[1].split()
    done = subprocess.run(
        [sys.executable, "-m", *command, str(path), f"--output-dir={tmp_path}"],
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    page = Path(tmp_path, f"{path.stem}.slides.html").read_text(encoding="utf-8")
    marks = [notebook.slide_type(cell) for cell in notebook.read(path).cells]
    # A slide is a section, and each of its subslides is one inside it.
    slides = marks.count("slide") + marks.count("subslide")
    assert len(re.findall(r"<section\b", page)) >= slides > 10
