"""How long a lesson takes a reader, by one formula; nobody types these times.

words / 110 a minute + 3 minutes a displayed equation + code lines / 10 a minute + 10 minutes an
exercise + computing. The road is everything but the sections marked ★ and the folded cells: set-up,
proofs, and the code of a drawing.
"""

import re
from collections.abc import Mapping

import notebook

WORDS_A_MINUTE = 110
EQUATION_MINUTES = 3
CODE_LINES_A_MINUTE = 10
EXERCISE_MINUTES = 10
STAR = "★"
TIME = re.compile(r"^\*\*Time\*\*:.*$", re.MULTILINE)


def minutes(lesson: Mapping, seconds: Mapping[str, float]) -> tuple[float, float]:
    """(the road, everything), computing included; `seconds` are measured, by section."""
    everything = by_section(lesson, seconds)
    road = by_section(lesson, seconds, folded=False)
    return sum(m for name, m in road.items() if STAR not in name), sum(everything.values())


def by_section(
    lesson: Mapping, seconds: Mapping[str, float], folded: bool = True
) -> dict[str, float]:
    """The minutes of each section, computing included; with the folded cells or without."""
    found = {}
    for name, parts in notebook.by_section(lesson).items():
        found[name] = seconds.get(name, 0.0) / 60
        for index, kind, source in parts:
            cell = lesson["cells"][index]
            if not is_plumbing(cell) and (folded or not is_folded(cell)):
                found[name] += reading(source) if kind == "markdown" else working(source)
    return found


def is_plumbing(cell: Mapping) -> bool:
    """Whether it is the set-up cell or the import cell, which nobody studies."""
    return cell["cell_type"] == "code" and (
        "REPO =" in cell["source"] or "session.start(" in cell["source"]
    )


def is_folded(cell: Mapping) -> bool:
    """Whether the notebook opens with the cell's code out of sight."""
    return cell["metadata"].get("jupyter", {}).get("source_hidden", False)


def reading(text: str) -> float:
    """Minutes for a text: its words, and a pencil for its displayed equations."""
    equations = re.findall(r"\$\$.*?\$\$", text, re.DOTALL)
    words = len(re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL).split())
    return words / WORDS_A_MINUTE + len(equations) * EQUATION_MINUTES


def working(code: str) -> float:
    """Minutes for a code cell: its lines, and its exercises."""
    lines = [
        line for line in code.splitlines() if line.strip() and not line.strip().startswith("#")
    ]
    exercises = len(re.findall(r"^exercise\(.+?\)\.check\(", code, re.MULTILINE))
    return len(lines) / CODE_LINES_A_MINUTE + exercises * EXERCISE_MINUTES


def said(spent: float) -> str:
    """A time as a reader would say it: "50 minutes", "2 hours", "2½ hours"."""
    if spent < 55:
        return f"{max(5, 5 * round(spent / 5))} minutes"
    halves = int(spent / 30 + 0.5)
    return f"{halves // 2}{'½' if halves % 2 else ''} hour{'s' if halves > 2 else ''}"


def line(lesson: Mapping, seconds: Mapping[str, float]) -> str:
    """The line "**Time**: …" of the title cell."""
    road, everything = minutes(lesson, seconds)
    whole = said(everything)
    stars = any(STAR in name for name in notebook.by_section(lesson))
    studied = f"{said(road)} for the road, {whole} for everything" if stars else f"about {whole}"
    computing = max(1, round(sum(seconds.values()) / 60))
    unit = "minute" if computing == 1 else "minutes"
    return f"**Time**: {studied}, of which {computing} {unit} of computing on two CPU cores."
