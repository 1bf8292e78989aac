"""Claims: the number is shown, the limits are kept, and the tests see the rest of the line."""

import re
from configparser import RawConfigParser
from pathlib import Path

import pytest

from helpers import check, claims, data

SANITIZE = Path(__file__).parents[2] / "sanitize.cfg"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(claims, "_made", {})


def masked(text: str) -> str:
    """The text as nbval compares it."""
    rules = RawConfigParser()
    rules.read_string(SANITIZE.read_text(encoding="utf-8"))
    for name in rules.sections():
        text = re.sub(rules.get(name, "regex"), rules.get(name, "replace"), text)
    return text


@pytest.mark.parametrize(
    ("value", "limits", "line"),
    [
        (0.98333, {"above": 0.97, "unit": "%"}, "98.3 % (above 97 %)"),
        (
            1.53421,
            {"below": 1.6, "unit": "nats a character"},
            "1.53 nats a character (below 1.6 nats a character)",
        ),
        (29.81, {"above": 20, "below": 40}, "29.8 (between 20 and 40)"),
        (-1.2e-9, {"below": 0.5}, "-1.2e-09 (below 0.5)"),
        (12345.6, {"above": 1, "digits": 5}, "12346 (above 1)"),
        (3, {"above": 1}, "3 (above 1)"),
    ],
)
def test_a_claim_shows_its_number_and_its_limits(capsys, value, limits, line):
    check.claim("what was measured", value, **limits)
    out = capsys.readouterr().out
    assert out == f"✓ what was measured {line}\n"
    number = line.split(" ")[0]
    assert masked(out) == out.replace(number, "…", 1)


@pytest.mark.parametrize(
    ("value", "limits"),
    [
        (0.97, {"above": 0.97}),
        (0.5, {"below": 0.5}),
        (float("nan"), {"above": 0}),
        (float("inf"), {"above": 0}),
        (5, {"above": 1, "below": 4}),
    ],
)
def test_a_claim_that_does_not_hold_fails(capsys, value, limits):
    with pytest.raises(AssertionError, match=r"✗ accuracy .* \(not "):
        check.claim("accuracy", value, **limits)
    assert capsys.readouterr().out == ""


def test_a_claim_without_a_limit_is_no_claim():
    with pytest.raises(ValueError, match="needs a limit"):
        check.claim("accuracy", 0.98)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("✓ accuracy 98.3 % (above 97 %)", "✓ accuracy 97.9 % (above 97 %)", True),
        ("✓ accuracy 98.3 % (above 97 %)", "✓ accuracy 98.3 % (above 96 %)", False),
        ("✓ accuracy 98.3 % (above 97 %)", "✓ precision 98.3 % (above 97 %)", False),
        ("✓ 4 runs, mean 0.25 (below 0.3)", "✓ 4 runs, mean 0.2 (below 0.3)", True),
        ("✓ after 5 epochs 98.3 % (above 97 %)", "✓ after 5 epochs 97.5 % (above 97 %)", True),
        ("✓ after 5 epochs 98.3 % (above 97 %)", "✓ after 6 epochs 98.3 % (above 97 %)", False),
        (
            "✓ a 3 s a 100 b (between 1 s a 100 b and 5 s a 100 b)",
            "✓ a 4 s a 100 b (between 1 s a 100 b and 5 s a 100 b)",
            True,
        ),
        ("✓ a 3 s (between 1 s and 5 s)", "✓ a 3 s (between 2 s and 5 s)", False),
        ("✓ 4 runs, mean 0.25 (below 0.3)", "✓ 5 runs, mean 0.25 (below 0.3)", False),
        ("✓ (02.3) 4 numbers agree to 1e-06", "✓ (02.3) 5 numbers agree to 1e-06", False),
        ("accuracy 98.3 % (above 97 %)", "accuracy 98.4 % (above 97 %)", False),
    ],
)
def test_only_the_measured_number_is_masked(one, other, same):
    assert (masked(one) == masked(other)) is same


def test_the_summary_shows_this_run_beside_the_stored_one(capsys, monkeypatch):
    stored = {"04": {"accuracy": "70 %"}, "05": {"accuracy": "98.1 %", "an old one": "7"}}
    monkeypatch.setattr(data, "record", lambda name: stored)
    check.claim("accuracy", 0.983, above=0.97, unit="%")
    check.claim("an old one", 6.5, above=3, unit="nats a character")
    check.claim("a new one", 2.5, below=3)
    capsys.readouterr()
    check.summary()
    first = capsys.readouterr().out
    lines = first.splitlines()
    assert lines[1].split() == ["accuracy", "98.3", "%", "98.1", "%", "above", "97", "%"]
    assert lines[2].split()[:4] == ["an", "old", "one", "6.5"] and " 7  above" in lines[2]
    assert lines[3].split() == ["a", "new", "one", "2.5", "–", "below", "3"]
    assert len({line.index("  " + line.split("  ")[-1]) for line in lines}) == 1  # aligned
    check.claim("accuracy", 0.9791, above=0.97, unit="%")
    check.claim("an old one", 6.512345, above=3, unit="nats a character", digits=6)
    capsys.readouterr()
    check.summary()
    assert masked(capsys.readouterr().out) == masked(first)


def test_a_lesson_that_cannot_be_told_from_another_shows_no_stored_number(capsys, monkeypatch):
    stored = {"04": {"accuracy": "70 %", "x": "1"}, "05": {"accuracy": "98.1 %"}}
    monkeypatch.setattr(data, "record", lambda name: stored)
    check.claim("accuracy", 0.983, above=0.97, unit="%")
    check.summary()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.split() == ["accuracy", "98.3", "%", "–", "above", "97", "%"]


def test_a_summary_without_claims_says_so(capsys, monkeypatch):
    check.summary()
    assert capsys.readouterr().out.startswith("No claim was made")
