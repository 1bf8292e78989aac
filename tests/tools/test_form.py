"""Every notebook keeps the form, and every rule of the form rejects a broken notebook."""

import base64
import copy
from pathlib import Path
from types import SimpleNamespace

import form
import notebook
import pytest
import small_notebooks
from form import problems
from notebook import SETUP_CELL, fingerprint
from small_notebooks import code, text

LESSONS = list(notebook.lessons().values())


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_a_lesson_keeps_the_form(path):
    assert problems(path) == []


def answer(w, lr):
    return w - lr


BANK = {f"01.{k}": SimpleNamespace(answer=answer) for k in range(1, 8)}
PNG = base64.b64encode(b"a picture").decode()
BADGE = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/someone/course/blob/main/notebooks/01_good.ipynb)"
)


def exercise(k: int) -> dict:
    stub = f'def step_{k}(w, lr):\n    """One step."""\n    ...\n\n\n'
    return code(f'{stub}exercise("01.{k}").check(step_{k})', printed="not attempted yet")


def good_cells() -> list[dict]:
    """A small notebook that keeps every rule; the comments count its cells."""
    figure = code("plt.plot([1, 2])\nplt.show()", outputs=shown("image/png", PNG))
    return [
        text(f"# 01 · Good\n{BADGE}\n\nYou will be able to step. You need sums. 2 minutes."),  # 1
        code(SETUP_CELL),  # 2
        code("from helpers import check, session\n\nsession.start()"),  # 3
        text(
            "## 1 · One\n*Needs: nothing.*\n\n$$a = b \\tag{01.1}$$\nAs `\\tag{09.9}` is written."
        ),
        code('check.equal("01.1", 2.0, 2.0)', printed="✓ (01.1)"),  # 5
        text("## 2 · Two\n\n*Needs: section 1.*\n\n$$b = c \\tag{01.2}$$"),  # 6
        code('check.equal("01.2", 1.0, 1.0)', printed="✓ (01.2)"),  # 7
        figure,  # 8
        code("print(seconds)", "nbval-ignore-output", "timing", printed="0.1"),  # 9
        code("assert seconds > 0"),  # 10
        *(exercise(k) for k in range(1, 5)),  # 11 to 14
        text("## Recap\n\nSteps go down.\n\n### References\n\nCauchy, 1847"),  # 15
    ]


def write(path: Path, cells: list[dict]) -> Path:
    """Store cells as a notebook, with counts, slide marks and metadata where they have none."""
    count, made, of_the_notebook = 0, [], {}
    for n, cell in enumerate(copy.deepcopy(cells), start=1):
        marks = {"slideshow": {"slide_type": "skip" if n in (2, 3) else "slide"}}
        cell["metadata"] = marks | cell["metadata"] | cell.pop("more_metadata", {})
        of_the_notebook |= cell.pop("of_the_notebook", {})
        if cell["cell_type"] == "code":
            count += 1
            if cell["execution_count"] is None and not cell.pop("uncounted", False):
                cell["execution_count"] = count
        made.append(cell)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    metadata = kernel | {"course": {"form": 1}} | of_the_notebook
    return small_notebooks.write(path, *made, **metadata)


def put(n: int, **changes):
    """A mutation: cell n gets other fields."""
    return lambda cells: cells[n - 1].update(changes)


def retag(n: int, *tags: str):
    """A mutation: cell n gets other tags."""
    return lambda cells: cells[n - 1]["metadata"].update(tags=list(tags))


def replace(n: int, old: str, new: str):
    """A mutation: a piece of cell n's source is replaced."""

    def mutate(cells):
        assert old in cells[n - 1]["source"]
        cells[n - 1]["source"] = cells[n - 1]["source"].replace(old, new)

    return mutate


def add(n: int, *cells_to_add: dict):
    """A mutation: cells are put in, so that the first becomes cell n."""
    return lambda cells: cells.__setitem__(
        slice(n - 1, n - 1), [copy.deepcopy(cell) for cell in cells_to_add]
    )


def remove(n: int):
    """A mutation: cell n is left out."""
    return lambda cells: cells.pop(n - 1)


def stream(name: str) -> list[dict]:
    return [{"output_type": "stream", "name": name, "text": "x"}]


def shown(mime: str, content: str) -> list[dict]:
    return [{"output_type": "display_data", "data": {mime: content}, "metadata": {}}]


ERROR = [{"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}]
WIDGET = "application/vnd.jupyter.widget-view+json"
UNCOMPARED = [
    code("print(1)", "nbval-ignore-output", "machine", printed="1"),
    code('check.equal("01.2", 1, 1)', printed="✓"),
]

BROKEN = {
    "title not first": (add(1, code("a = 1")), "cell 1", "must be the title"),
    "title's number": (replace(1, "# 01", "# 02"), "cell 1", "'# 01 · Title'"),
    "badge of another": (replace(1, "01_good.ipynb", "02_x.ipynb"), "cell 1", "Colab badge"),
    "no aims": (replace(1, "You will be able to", "Learn"), "cell 1", "'You will be able to'"),
    "no prerequisites": (replace(1, "You need", "Know"), "cell 1", "'You need'"),
    "no minutes": (replace(1, "2 minutes", "Quick"), "cell 1", "measured minutes"),
    "set-up changed": (replace(2, "passive", "active"), "cell 2", "must be the set-up cell"),
    "set-up without address": (replace(2, "REPO = ", "ADDRESS = "), "cell 2", "set-up cell"),
    "no import cell": (replace(3, "session.start()", "a = 1"), "cell 3", "the import cell"),
    "nothing imported": (replace(3, "from helpers import", "#"), "cell 3", "the import cell"),
    "count empty": (put(5, uncounted=True), "cell 5", "execution count is empty"),
    "count out of order": (put(5, execution_count=9), "cell 5", "execution count is 9"),
    "empty cell": (add(8, code(" \n")), "cell 8", "empty code cell"),
    "error stored": (put(10, outputs=ERROR), "cell 10", "stores an error"),
    "stderr stored": (put(10, outputs=stream("stderr")), "cell 10", "on stderr"),
    "print without output": (add(8, code("print(1)")), "cell 8", "print(…) but stores no"),
    "print in a loop": (add(8, code("for i in a:\n    print(i)")), "cell 8", "stores no output"),
    "check without output": (put(5, outputs=[]), "cell 5", "check.equal(…) but stores no"),
    "exercise without output": (put(11, outputs=[]), "cell 11", "but stores no output"),
    "figure without output": (put(8, outputs=[]), "cell 8", "plt.show(…) but stores no"),
    "widget state": (
        put(1, of_the_notebook={"widgets": {}}),
        "whole notebook",
        "widget state",
    ),
    "widget stored": (put(10, outputs=shown(WIDGET, "x")), "cell 10", "stores a widget"),
    "clear_output": (replace(10, "assert", "clear_output()\nassert"), "cell 10", "clear_output"),
    "display_id": (replace(10, "assert", "display(1, display_id=True)\nassert"), "cell 10", "uses"),
    "ipywidgets": (
        replace(10, "assert", "from ipywidgets import Text\nassert"),
        "cell 10",
        "uses ipywidgets",
    ),
    "cell too long": (add(8, code("a = 1\n" * 31)), "cell 8", "has 31 lines, more than 30"),
    "tag of another lesson": (replace(4, "{01.1}", "{02.1}"), "cell 4", "should be \\tag{01.1}"),
    "tag left out": (replace(6, "{01.2}", "{01.3}"), "cell 6", "should be \\tag{01.2}"),
    "tag twice": (replace(6, "{01.2}", "{01.1}"), "cell 6", "should be \\tag{01.2}"),
    "tag without check": (remove(7), "cell 6", "no check in a code cell before the next heading"),
    "check after heading": (add(7, text("### Aside")), "cell 6", "before the next heading"),
    "check in a function": (
        replace(7, "check", "def f():\n    check"),
        "cell 6",
        "before the next heading",
    ),
    "check without tag": (replace(4, "\\tag{01.1}", ""), "cell 5", "no \\tag{01.1} comes before"),
    "check not literal": (replace(7, '"01.2"', "name"), "cell 7", "must be written out"),
    "ignored without reason": (retag(9, "nbval-ignore-output"), "cell 9", "exactly one of"),
    "two reasons": (
        retag(9, "nbval-ignore-output", "timing", "sample"),
        "cell 9",
        "exactly one of machine, play, sample, timing",
    ),
    "reason but compared": (retag(10, "sample"), "cell 10", "exactly one of"),
    "too many ignored": (add(8, *(UNCOMPARED * 6)), "cell 21", "is not compared; 6 such cells"),
    "ignored, no assertion": (replace(10, "assert", "a ="), "cell 9", "must assert"),
    "kept output is old": (
        put(9, more_metadata={"outputs_of": fingerprint("older")}),
        "cell 9",
        "belongs to an older source",
    ),
    "raises-exception": (retag(10, "raises-exception"), "cell 10", "is forbidden"),
    "nbval-skip": (retag(10, "nbval-skip"), "cell 10", "tag nbval-skip is forbidden"),
    "nbval comment": (replace(10, "assert", "# NBVAL_SKIP\nassert"), "cell 10", "use tags"),
    "figure, then more": (replace(8, "plt.show()", "plt.show()\na = 1"), "cell 8", "plt.show()"),
    "figure never shown": (replace(8, "\nplt.show()", ""), "cell 8", "last line must be plt.show"),
    "semicolon": (replace(10, "> 0", "> 0;"), "cell 10", "ends with ';'"),
    "figure too large": (
        put(8, outputs=shown("image/png", base64.b64encode(bytes(200_001)).decode())),
        "cell 8",
        "figure of 200 kB is over 200 kB",
    ),
    "notebook too large": (
        put(10, outputs=shown("text/plain", "x" * 3_000_001)),
        "whole notebook",
        "is over 3 MB",
    ),
    "set-up shown": (
        put(2, more_metadata={"slideshow": {"slide_type": "-"}}),
        "cell 2",
        "must have the slide_type skip",
    ),
    "no slide type": (put(7, more_metadata={"slideshow": {}}), "cell 7", "needs a slide_type"),
    "slide type unknown": (
        put(7, more_metadata={"slideshow": {"slide_type": "page"}}),
        "cell 7",
        "needs a slide_type",
    ),
    "too many exercises": (
        add(15, exercise(5), exercise(6), exercise(7)),
        "whole notebook",
        "has 7 exercises",
    ),
    "exercise order": (replace(12, "01.2", "01.3"), "cell 12", "should be exercise 01.2"),
    "not in the bank": (replace(14, "01.4", "01.9"), "cell 14", "not in the bank"),
    "stub solved": (replace(12, "    ...", "    return w"), "cell 12", "needs its stub"),
    "stub elsewhere": (replace(12, "check(step_2)", "check(step_1)"), "cell 12", "needs its stub"),
    "stub's parameters": (replace(12, "(w, lr)", "(lr, w)"), "cell 12", "takes (lr, w), its"),
    "leftover": (replace(4, "As", "TODO"), "cell 4", "leftover TODO"),
    "no recap": (replace(15, "## Recap", "## End\n*Needs: nothing.*"), "cell 15", "## Recap"),
    "section after recap": (
        add(16, text("## More\n*Needs: nothing.*")),
        "cell 16",
        "last section must be '## Recap'",
    ),
    "long recap": (replace(15, "Steps", "- a\n" * 10 + "Steps"), "cell 15", "has 11 lines"),
    "no references": (replace(15, "### References", "Also"), "cell 15", "'### References'"),
    "no needs": (replace(6, "*Needs: section 1.*", "And so on."), "cell 6", "'2 · Two' must begin"),
    "needs a later one": (replace(6, "section 1", "sections 1 and 2"), "cell 6", "only need earl"),
    "no shell": (add(8, code("!pip install helpers")), "cell 8", "not plain Python"),
    "local path": (replace(10, "assert", 'a = "/home/ada/x"\nassert'), "cell 10", "one machine"),
    "local path shown": (
        put(10, outputs=shown("text/plain", "/Users/ada/x")),
        "cell 10",
        "path of one machine in its output",
    ),
    "another kernel": (
        put(1, of_the_notebook={"kernelspec": {"name": "venv", "display_name": "venv"}}),
        "whole notebook",
        "kernel must be python3",
    ),
    "invalid": (put(10, outputs=[{"output_type": "x"}]), "whole notebook", "not a valid notebook"),
    "same id twice": (put(5, id="cell-3"), "cell 5", "needs an id of its own"),
    "no form": (put(1, of_the_notebook={"course": {}}), "whole notebook", '"course": {"form": 1'),
    "unknown form": (
        put(1, of_the_notebook={"course": {"form": 9}}),
        "whole notebook",
        '"form": 1',
    ),
}


def test_good_notebook_has_no_problems(tmp_path):
    assert problems(write(tmp_path / "01_good.ipynb", good_cells()), BANK) == []


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.filterwarnings("ignore::nbformat.warnings.DuplicateCellId")
def test_broken_notebook_is_rejected_by_cell_and_rule(name, tmp_path):
    mutate, place, words = BROKEN[name]
    cells = good_cells()
    mutate(cells)
    found = problems(write(tmp_path / "01_good.ipynb", cells), BANK)
    assert any(f.startswith(f"01_good, {place}: ") and words in f for f in found), found


def test_file_name_is_checked(tmp_path):
    path = write(tmp_path / "01_Good notebook.ipynb", good_cells())
    assert any("must be called NN_name.ipynb" in found for found in problems(path, BANK))


def test_recap_links_the_next_lesson_that_exists(tmp_path):
    cells = good_cells()
    path = write(tmp_path / "01_good.ipynb", cells)
    write(tmp_path / "03_later.ipynb", cells)
    assert problems(path, BANK) == [
        "01_good, cell 15: the recap must link the next lesson, 03_later.ipynb"
    ]
    cells[-1]["source"] += "\n\nNext: [lesson 03](03_later.ipynb)"
    assert problems(write(path, cells), BANK) == []


def test_lesson_00_needs_no_exercises_recap_or_sections(tmp_path):
    cells = good_cells()[:10]
    for cell in cells:
        cell["source"] = cell["source"].replace("01", "00").replace("*Needs: nothing.*", "")
    assert problems(write(tmp_path / "00_good.ipynb", cells)) == []


def test_a_lesson_without_a_bank_is_told_so(tmp_path):
    cells = good_cells()
    for cell in cells:
        cell["source"] = cell["source"].replace("01", "98")
    found = problems(write(tmp_path / "98_good.ipynb", cells))
    assert "98_good, cell 11: exercise 98.1 is not in the bank of helpers.exercises" in found


@pytest.mark.filterwarnings("ignore::nbformat.warnings.MissingIDFieldWarning")
def test_an_older_notebook_without_ids_is_rejected(tmp_path):
    path = write(tmp_path / "01_good.ipynb", good_cells())
    older = notebook.read(path)
    older.nbformat_minor = 4
    for cell in older.cells:
        del cell["id"]
    path.write_text(notebook.written(older), encoding="utf-8")
    first = problems(path, BANK)[0]
    assert first == "01_good, cell 1: needs an id of its own: run tools/execute.py"


def test_form_2_holds_all_that_form_1_holds(tmp_path):
    cells = good_cells()
    cells[0]["of_the_notebook"] = {"course": {"form": 2}}
    assert set(form.RULES[1]) <= set(form.RULES[2])
    cells[6]["source"] = "a = 1"
    assert any("no check" in found for found in problems(write(tmp_path / "01_good.ipynb", cells)))


def test_the_tool_prints_one_line_a_problem(tmp_path, capsys, monkeypatch):
    lesson = [write(tmp_path / "00_bad.ipynb", good_cells()[1:])]
    monkeypatch.setattr(notebook, "chosen", lambda parser, numbers: lesson)
    assert form.main([]) == 1
    assert capsys.readouterr().out.splitlines() == problems(lesson[0])
