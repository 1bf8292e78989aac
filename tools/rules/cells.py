"""Rules on the file, its first cells, and what every cell may hold."""

import ast
import re

from notebook import IGNORED, SETUP_CELL, executed, slide_type, tags
from publish import ADDRESS_LINES

from rules.lesson import Lesson, Problems, parsed

LINES_OF_A_CELL = 30
NOTEBOOK_BYTES = 3_000_000
SLIDES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
DISPLAY_UPDATES = {"clear_output", "update_display", "interact", "interact_manual", "ipywidgets"}
BADGE = r"https://colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/blob/[^/\s)]+/notebooks/"
NBVAL_COMMENT = re.compile(r"^\s*#+\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)\s*$", re.MULTILINE)
LOCAL_PATH = re.compile(r"(?<![\w.~-])/(?:home|Users|work|tmp|root)/|\b[A-Za-z]:\\\\?Users\b")


def file(lesson: Lesson) -> Problems:
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", lesson.path.stem):
        yield 0, "must be called NN_name.ipynb, in lower case"
    metadata = lesson.notebook.metadata
    if metadata.get("kernelspec", {}).get("name") != "python3":
        yield 0, "its kernel must be python3"
    if "widgets" in metadata:
        yield 0, "holds widget state in its metadata"
    size = lesson.path.stat().st_size
    if size > NOTEBOOK_BYTES:
        yield 0, f"{size / 1e6:.1f} MB is over {NOTEBOOK_BYTES / 1e6:.0f} MB"


def ids(lesson: Lesson) -> Problems:
    seen = set()
    for n, cell in lesson.cells:
        if cell.get("id") in seen | {None}:
            yield n, "needs an id of its own: run tools/execute.py"
        seen.add(cell.get("id"))


def title(lesson: Lesson) -> Problems:
    first = lesson.notebook.cells[0]
    if first["cell_type"] != "markdown":
        yield 1, "must be the title, a text cell"
        return
    source = first["source"]
    if not re.match(rf"# {lesson.number} · \S", source):
        yield 1, f"must begin with the title, '# {lesson.number} · Title'"
    if not re.search(rf"\({BADGE}{lesson.path.stem}\.ipynb\)", source):
        yield 1, f"needs a Colab badge that opens notebooks/{lesson.path.name}"
    for words in ("You will be able to", "You need"):
        if words not in source:
            yield 1, f"needs a paragraph '{words}'"
    if not re.search(r"\d[\s*]*minute", source):
        yield 1, "needs the measured minutes, such as '2 minutes'"


def first_code_cells(lesson: Lesson) -> Problems:
    if len(lesson.code) < 2:
        yield 0, "needs a set-up cell and an import cell"
        return
    (n, setup), (m, _) = lesson.code[:2]
    stamped = ADDRESS_LINES.search(setup["source"])
    line = stamped[0] if stamped else ""
    if ADDRESS_LINES.sub(lambda _: line, SETUP_CELL) != setup["source"]:
        yield n, "must be the set-up cell, tools/setup_cell.py"
    calls = {ast.unparse(call.func) for call in executed(lesson.trees[m], ast.Call)}
    imports = any(executed(lesson.trees[m], (ast.Import, ast.ImportFrom)))
    if "session.start" not in calls or not imports:
        yield m, "must be the import cell: imports and session.start(…)"
    for k, cell in lesson.code[:2]:
        if slide_type(cell) != "skip":
            yield k, "must have the slide_type skip"


def slides(lesson: Lesson) -> Problems:
    for n, cell in lesson.cells:
        if slide_type(cell) not in SLIDES:
            yield n, f"needs a slide_type, one of {sorted(SLIDES)}"


def leftovers(lesson: Lesson) -> Problems:
    for n, cell in lesson.cells:
        if leftover := re.search(r"\b(TODO|FIXME|XXX)\b", cell["source"]):
            yield n, f"holds a leftover {leftover[0]}"
        if LOCAL_PATH.search(cell["source"]):
            yield n, "holds a path of one machine"


def plain_python(lesson: Lesson) -> Problems:
    for n, cell in lesson.code:
        if parsed(cell["source"]) is None:
            yield n, "is not plain Python (no magics, no shell commands)"
        if not cell["source"].strip():
            yield n, "is an empty code cell"
        if cell["source"].rstrip().endswith(";"):
            yield n, "ends with ';', which does not hide an output from the tests"


def length(lesson: Lesson) -> Problems:
    for n, cell in lesson.code:
        lines = len(cell["source"].splitlines())
        if lines > LINES_OF_A_CELL:
            yield n, f"has {lines} lines, more than {LINES_OF_A_CELL}"


def nothing_evades_the_tests(lesson: Lesson) -> Problems:
    for n, cell in lesson.code:
        for tag in tags(cell) - {IGNORED}:
            if tag in ("raises-exception", "skip-execution") or tag.startswith("nbval-"):
                yield n, f"the tag {tag} is forbidden"
        if marker := NBVAL_COMMENT.search(cell["source"]):
            yield n, f"the comment {marker[1]} is forbidden: use tags"


def no_display_updates(lesson: Lesson) -> Problems:
    """nbval compares what was shown first; a later change of it would differ."""
    for n, tree in lesson.trees.items():
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                    pass
                case ast.ImportFrom(module=name) | ast.keyword(arg=name):
                    pass
                case _:
                    continue
            if name in DISPLAY_UPDATES | {"display_id"}:
                yield n, f"uses {name}: outputs must not change after they are shown"
