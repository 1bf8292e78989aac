"""Rules of form 2: the reader comes first. A lesson edited again keeps these as well."""

import ast
import json
import re

import notebook
import study
from notebook import tags

from rules.lesson import Lesson, Problems
from rules.story import TOUR

MOST_CELLS = 130
RECORD = notebook.ROOT / "docs" / "measured.json"  # computing, by section
ROAD_MINUTES, ALL_MINUTES = 150, 240
PREDICTIONS = 3
EXERCISES = range(5, 8)
VERDICT = re.compile(r"\b(?:True|False)\s*$", re.MULTILINE)


def cells(lesson: Lesson) -> Problems:
    if (count := len(lesson.cells)) > MOST_CELLS:
        yield 0, f"has {count} cells, more than {MOST_CELLS}"


def times(lesson: Lesson) -> Problems:
    """One sitting for the road, two for everything, by the formula of tools/study.py."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))["lessons"].get(lesson.number, {})
    road, everything = study.minutes(lesson.notebook, record.get("sections", {}))
    if road > ROAD_MINUTES:
        yield 0, f"its road takes {road:.0f} minutes, more than {ROAD_MINUTES}"
    if everything > ALL_MINUTES:
        yield 0, f"takes {everything:.0f} minutes in all, more than {ALL_MINUTES}"


def folded(lesson: Lesson) -> Problems:
    """The set-up cell and the proofs are folded; their output stays in view."""
    for n, cell in lesson.code:
        setup = (n, cell) == lesson.code[0]
        hidden = cell["metadata"].get("jupyter", {}).get("source_hidden", False)
        if (setup or "proof" in tags(cell)) and not hidden:
            yield n, "must be folded: jupyter.source_hidden in its metadata"
        if setup and cell["metadata"].get("cellView") != "form":
            yield n, 'must be folded in Colab too: "cellView": "form" in its metadata'


def road(lesson: Lesson) -> Problems:
    """A list of the sections with links before the first of them, ★ on the optional ones."""
    if lesson.number == TOUR:
        return
    before = "\n".join(text for _, kind, text in lesson.sections()["Start"] if kind == "markdown")
    for name in lesson.sections():
        if name not in ("Start", "Recap") and f"](#{anchor(name)})" not in before:
            yield 0, f"the road before section 1 must link the section '{name}'"
    if any(study.STAR in name for name in lesson.sections()) and "miss nothing later" not in before:
        yield 0, "the road must say 'without ★ you miss nothing later'"


def anchor(heading: str) -> str:
    """What JupyterLab links a heading as."""
    return heading.replace(" ", "-")


def numbers(lesson: Lesson) -> Problems:
    """Measured numbers, not verdicts; the recap shows this run's beside the stored ones."""
    claims = 0
    for n, cell in lesson.code:
        claims += "check.claim(" in cell["source"]
        printed = "".join(output.get("text", "") for output in cell["outputs"])
        if VERDICT.search(printed) and "truth-value" not in tags(cell):
            yield n, "prints a line that ends in True or False: print the number (check.claim)"
    if claims and not any("check.summary()" in cell["source"] for _, cell in lesson.code[-3:]):
        yield 0, "the recap must end with check.summary()"


def drawings(lesson: Lesson) -> Problems:
    if lesson.number != TOUR and not lesson.uses("plot.blocks("):
        yield 0, "has no drawing (plot.blocks) of what it builds"


def predictions(lesson: Lesson) -> Problems:
    """Questions before experiments, each with its answer folded after the output."""
    text = "\n".join(c["source"] for _, c in lesson.cells if c["cell_type"] == "markdown")
    asked, answered = text.count("**Before you run:**"), text.count("<details>")
    if lesson.number != TOUR and asked < PREDICTIONS:
        yield 0, f"asks {asked} times 'Before you run:', fewer than {PREDICTIONS}"
    if answered < asked:
        yield 0, f"asks {asked} questions, but answers {answered} of them in <details>"


def plays(lesson: Lesson) -> Problems:
    """At least one figure to play with; its cell is tagged, its output is not compared."""
    found = [(n, cell) for n, cell in lesson.code if re.search(r"\bplay\.\w+\(", cell["source"])]
    if lesson.number != TOUR and not found:
        yield 0, "has nothing to play with (a play cell)"
    for n, cell in found:
        if "play" not in tags(cell):
            yield n, "calls play, so it needs the tag play"


def exercises_spread(lesson: Lesson) -> Problems:
    """5 to 7 exercises, the last of them in the last third."""
    if lesson.number == TOUR:
        return
    places = [n for n, cell in lesson.code if re.search(r"exercise\(.*\)\.check\(", cell["source"])]
    if len(places) not in EXERCISES:
        yield 0, f"has {len(places)} exercises, not {EXERCISES[0]} to {EXERCISES[-1]}"
    if places and places[-1] < 2 / 3 * len(lesson.cells):
        yield places[-1], "the last exercise must be in the last third of the lesson"


def alternative_text(lesson: Lesson) -> Problems:
    for n, cell in lesson.code:
        for output in cell["outputs"]:
            described = output.get("metadata", {}).get("image/png", {}).get("alt", "").strip()
            if "image/png" in output.get("data", {}) and not described:
                yield n, "draws a figure without alternative text: plot.show(alt=…)"


def going_back(lesson: Lesson) -> Problems:
    """A section may be run again: no function reads a global that a later section binds again."""
    makers: dict[str, list[str]] = {}  # by name: the sections that bind it, in order
    readers: list[tuple[int, str, str, set[str]]] = []  # cell, section, function, globals it reads
    for section, parts in lesson.sections().items():
        for index, kind, _ in parts:
            if kind != "code":
                continue
            for node in lesson.trees[index + 1].body:
                for name in bound(node):
                    makers.setdefault(name, []).append(section)
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    globals_read = notebook.global_names(ast.unparse(node)) - {node.name}
                    readers.append((index + 1, section, node.name, globals_read))
    order = list(lesson.sections())
    for n, section, function, globals_read in readers:
        for name in sorted(globals_read):
            later = [s for s in makers.get(name, []) if order.index(s) > order.index(section)]
            if later:
                number = later[0].split(" · ")[0]
                yield n, f"{function} reads {name}, which section {number} binds again"


def bound(node: ast.stmt) -> set[str]:
    """The names that a statement of a cell binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    inner = {
        name.id
        for part in ast.walk(node)
        if isinstance(part, ast.comprehension)
        for name in ast.walk(part.target)
        if isinstance(name, ast.Name)
    }
    names = (n for n in notebook.executed(node, ast.Name) if isinstance(n.ctx, ast.Store))
    return {name.id for name in names} - inner


FORM_2 = [
    cells,
    times,
    folded,
    road,
    numbers,
    drawings,
    predictions,
    plays,
    exercises_spread,
    alternative_text,
    going_back,
]
