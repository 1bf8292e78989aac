"""Rules on stored outputs: they are there, clean, compared or verified, and not too large."""

import ast
import base64
import re

from notebook import IGNORED, KINDS, OUTPUTS_OF, WIDGETS, executed, fingerprint, tags

from rules.cells import LOCAL_PATH
from rules.lesson import Lesson, Problems, verifies

UNCOMPARED_CELLS = 6
FIGURE_BYTES = 200_000


def execution_counts(lesson: Lesson) -> Problems:
    for expected, (n, cell) in enumerate(lesson.code, start=1):
        count = cell["execution_count"]
        if count != expected:
            found = f"execution count is {count or 'empty'}, expected {expected}"
            yield n, f"{found}: run tools/execute.py"


def shown(lesson: Lesson) -> Problems:
    for n, cell in lesson.code:
        if not cell["outputs"] and (call := first_showing_call(lesson.trees[n])):
            yield n, f"calls {call}(…) but stores no output: run tools/execute.py"


def clean(lesson: Lesson) -> Problems:
    for n, cell in lesson.code:
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                yield n, f"stores an error ({output['ename']})"
            if output.get("name") == "stderr":
                yield n, "stores a warning or other text on stderr"
            data = output.get("data", {})
            if any(mime.startswith(WIDGETS) for mime in data):
                yield n, "stores a widget: run tools/execute.py"
            texts = [content for mime, content in data.items() if mime.startswith("text/")]
            if any(map(LOCAL_PATH.search, [*texts, output.get("text", "")])):
                yield n, "shows a path of one machine in its output"


def uncompared_cells(lesson: Lesson) -> Problems:
    """Few outputs are not compared, each for one reason, and the next cell verifies them."""
    uncompared = [n for n, cell in lesson.code if tags(cell) & (KINDS | {IGNORED})]
    played = [n for n, cell in lesson.code if "play" in tags(cell)]  # the function is tested
    for n in [n for n in uncompared if n not in played][UNCOMPARED_CELLS:]:
        yield n, f"is not compared; {UNCOMPARED_CELLS} such cells are allowed"
    followers = {n: m for (n, _), (m, _) in zip(lesson.code, lesson.code[1:], strict=False)}
    for n, cell in lesson.code:
        if n not in uncompared:
            continue
        if IGNORED not in tags(cell) or len(tags(cell) & KINDS) != 1:
            yield n, f"the tag {IGNORED} goes with exactly one of {', '.join(sorted(KINDS))}"
        if n not in played and not (n in followers and verifies(lesson.trees[followers[n]])):
            yield n, "is not compared, so the next code cell must assert on what it shows"
        now = fingerprint(cell["source"])
        if cell["metadata"].get(OUTPUTS_OF, now) != now:
            yield n, "its output belongs to an older source: run tools/execute.py"


def figures(lesson: Lesson) -> Problems:
    for n, cell in lesson.code:
        found = [output.get("data", {}).get("image/png") for output in cell["outputs"]]
        images = [image for image in found if image]
        body = lesson.trees[n].body
        last = ast.unparse(body[-1]) if body else ""
        if images and not last.startswith(("plt.show()", "plot.show(", "play.")):
            yield n, "draws a figure, so its last line must be plt.show() or plot.show(alt=…)"
        for image in images:
            size = len(base64.b64decode(image))
            if size > FIGURE_BYTES:
                yield n, f"a figure of {size // 1000} kB is over {FIGURE_BYTES // 1000} kB"


def first_showing_call(tree: ast.Module) -> str | None:
    """The first call that must leave an output: print, plt.show, a check, an exercise."""
    for call in executed(tree, ast.Call):
        name = ast.unparse(call.func)
        starts = ("check.", "exercise(", "play.")
        if name in ("print", "plt.show", "plot.show", "report") or name.startswith(starts):
            return re.sub(r"\(.*\)", "(…)", name)
    return None
