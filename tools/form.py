"""The form of a lesson: every rule that its notebook must keep, and who breaks it.

    python tools/form.py [NN …]

prints one line a problem: the notebook, the cell (counted from 1 over all cells) and the rule. The
rules themselves are in tools/rules/.
"""

import argparse
import copy
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
import notebook
from rules import cells, outputs, reader, story
from rules.lesson import Lesson

FIRST_EDITION = [
    cells.file,
    cells.ids,
    cells.title,
    cells.first_code_cells,
    cells.slides,
    cells.leftovers,
    cells.plain_python,
    cells.length,
    cells.nothing_evades_the_tests,
    cells.no_display_updates,
    outputs.execution_counts,
    outputs.shown,
    outputs.clean,
    outputs.uncompared_cells,
    outputs.figures,
    story.equations,
    story.exercises,
    story.recap,
    story.needs,
]

# By the number in a notebook's metadata, "course": {"form": 1}. A lesson that was edited again gets
# form 2, whose rules are stricter.
RULES = {1: FIRST_EDITION, 2: [*FIRST_EDITION, *reader.FORM_2]}


def problems(path: Path, bank: Mapping | None = None) -> list[str]:
    """Every rule that a notebook breaks, as sentences that name notebook, cell and rule.

    Args:
        path: the notebook, called NN_name.ipynb.
        bank: its exercises by id; by default those of `helpers.exercises`.
    """
    path = Path(path)
    try:
        lesson = Lesson(path, bank)
        nbformat.validate(copy.deepcopy(lesson.notebook))  # it mends ids in what it is given
    except (ValueError, nbformat.ValidationError) as error:
        return [f"{path.stem}, whole notebook: not a valid notebook ({str(error).splitlines()[0]})"]
    if lesson.form not in RULES:
        known = " or ".join(map(str, RULES))
        return [f'{path.stem}, whole notebook: its metadata must say "course": {{"form": {known}}}']
    found = {problem for rule in RULES[lesson.form] for problem in rule(lesson)}
    return [f"{path.stem}, {where(n)}: {what}" for n, what in sorted(found)]


def where(cell_number: int) -> str:
    return f"cell {cell_number}" if cell_number else "whole notebook"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lessons (default: all)")
    chosen = notebook.chosen(parser, parser.parse_args(arguments).lessons)
    return notebook.tell(map(problems, chosen))


if __name__ == "__main__":
    sys.exit(main())
