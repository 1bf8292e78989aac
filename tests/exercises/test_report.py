"""The report of a session: what it prints, what it saves."""

import json
from pathlib import Path

import pytest
from toys import centred, make, no_offset, stub

from helpers import exercises


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.setattr(exercises, "_banks", {})
    toys = {id: make() for id in ("99.1", "99.2", "99.3")}
    for id, toy in toys.items():
        toy.id = id
    exercises._banks["99"] = toys
    return toys


def test_report_of_nothing(fresh, tmp_path, capsys):
    assert exercises.report(tmp_path / "report.json") == {}
    assert capsys.readouterr().out == "0 attempted, 0 passed.\n"
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == {}


def test_report_prints_and_saves_the_attempts(fresh, tmp_path, capsys):
    fresh["99.1"].check(centred)
    fresh["99.1"].check(lambda *arguments: "nonsense")  # what was solved stays solved
    fresh["99.1"].check(stub)  # an empty stub is no attempt
    fresh["99.2"].check(no_offset)
    fresh["99.3"].check(stub)
    capsys.readouterr()
    results = exercises.report(tmp_path / "report.json")
    lines = ["✓ 99.1  2 attempts", "✗ 99.2  1 attempt; no offset", "2 attempted, 1 passed."]
    assert capsys.readouterr().out.splitlines() == lines
    assert results == {
        "99.1": {"attempts": 2, "passed": True, "misconceptions": []},
        "99.2": {"attempts": 1, "passed": False, "misconceptions": ["no_offset"]},
    }
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == results
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_report_replaces_the_file_only_when_it_is_whole(fresh, tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")

    def full_disk(self, content):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError) as caught:
        exercises.report(str(path))
    sentence = f"{path} was not written (No space left on device); the older file is kept."
    assert str(caught.value) == sentence
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
