"""The exercises of the course: `exercise("01.2").check(my_function)`, and `report()`."""

import importlib
import importlib.util
import json
import pkgutil
import re
from pathlib import Path

from helpers import files
from helpers.console import say
from helpers.exercises.engine import Exercise

__all__ = ["Exercise", "bank", "exercise", "report"]

_banks: dict[str, dict[str, Exercise]] = {}


def exercise(id: str) -> Exercise:
    """The exercise with this id, such as "01.2": it can `.check(f)`, `.hint()` and `.solution()`.

    "1.2" is understood as "01.2".

    Raises:
        KeyError: there is no such exercise.
    """
    numbers = re.fullmatch(r"(\d{1,2})\.(\d{1,2})", str(id).strip())
    lesson = numbers[1].zfill(2) if numbers else ""
    try:
        return bank(lesson)[f"{lesson}.{numbers[2] if numbers else ''}"]
    except KeyError:
        raise KeyError(f"There is no exercise {id!r}.") from None


def bank(lesson: str) -> dict[str, Exercise]:
    """All exercises of a lesson ("00", "01", …) by id, in order; made once a session.

    Raises:
        KeyError: the lesson has no exercises.
    """
    if lesson not in _banks:
        name = f"helpers.exercises.banks.lesson{lesson}"
        if not lesson.isdecimal() or importlib.util.find_spec(name) is None:
            raise KeyError(f"Lesson {lesson!r} has no exercises.")
        _banks[lesson] = {entry.id: entry for entry in _entries(name)}
    return _banks[lesson]


def _entries(name: str) -> list[Exercise]:
    """The EXERCISES of the bank of this name; of a folder, the EXERCISE of each file. In order."""
    module = importlib.import_module(name)
    entries = getattr(module, "EXERCISES", None)
    if entries is None:
        names = [f"{name}.{part.name}" for part in pkgutil.iter_modules(module.__path__)]
        parts = [importlib.import_module(name) for name in names]
        entries = [part.EXERCISE for part in parts if hasattr(part, "EXERCISE")]
    return sorted(entries, key=lambda entry: entry.id)


def report(path: str | Path | None = None) -> dict[str, dict]:
    """Print what was attempted in this session, and save it as JSON where a path is given.

    Returns, by exercise: attempts (a count), passed (whether any attempt was right) and
    misconceptions (names, in the order met). Nothing about the person is recorded.

    Raises:
        OSError: the file cannot be written.
    """
    results = {}
    for lesson in sorted(_banks):
        for id, entry in _banks[lesson].items():
            if entry.attempts:
                met = [verdict.misconception for verdict in entry.attempts if verdict.misconception]
                results[id] = {
                    "attempts": len(entry.attempts),
                    "passed": any(verdict.kind == "right" for verdict in entry.attempts),
                    "misconceptions": list(dict.fromkeys(met)),
                }
    for id, result in results.items():
        count = f"{result['attempts']} attempt{'' if result['attempts'] == 1 else 's'}"
        met = "".join(f"; {name.replace('_', ' ')}" for name in result["misconceptions"])
        say(f"{'✓' if result['passed'] else '✗'} {id}  {count}{met}")
    passed = sum(result["passed"] for result in results.values())
    say(f"{len(results)} attempted, {passed} passed.")
    if path is not None:
        files.write(path, json.dumps(results, indent=2) + "\n")
    return results
