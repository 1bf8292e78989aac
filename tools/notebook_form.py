"""The form of a notebook: every rule that a chapter must keep, and who breaks it.

    python tools/notebook_form.py [NN …]

prints one line a problem: the notebook, the cell (counted from 1 over all cells) and the rule.
"""

import argparse
import ast
import base64
import copy
import hashlib
import inspect
import itertools
import re
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import nbformat
from publish import ADDRESS_LINES

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"

# The first code cell of every notebook. Only the values of REPO and REF may differ from this text.
SETUP_CELL = """\
# @title Set-up: find the course's helpers, here, in a parent folder, installed, or cloned (Colab)
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = "https://github.com/publish_first/generative-ai-course"
REF = "main"
os.environ.update(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="1000")
here = Path.cwd()
folders = (here, *here.parents, here / "course")
places = [p for p in folders if (p / "src" / "helpers" / "session.py").is_file()]
homes = getattr(importlib.util.find_spec("helpers"), "submodule_search_locations", None) or ()
if not places and not any(Path(home, "exercises", "engine.py").is_file() for home in homes):
    clone = ["git", "clone", "--quiet", "--depth=1", f"--branch={REF}", REPO, "course"]
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"}
    try:
        with tempfile.TemporaryDirectory(dir=here) as part:  # an interrupted clone leaves nothing
            subprocess.run(clone, check=True, capture_output=True, cwd=part, env=quiet, timeout=300)
            Path(part, "course", "src", "helpers", "session.py").stat()  # it is the course
            places = [Path(part, "course").rename(here / "course")]
    except (OSError, subprocess.SubprocessError):
        raise RuntimeError(
            f"The course could not be cloned from {REPO} ({REF}) to {here / 'course'}: "
            "open this notebook inside a clone of the course, "
            "or ask whoever sent it to stamp its address with tools/publish.py."
        ) from None
sys.path[:0] = [src for p in places[:1] if (src := str(p / "src")) not in sys.path]"""

LINES_OF_A_CELL = 30
MEDIAN_LINES_OF_CODE = 7
RECAP_LINES = 10
UNCOMPARED_CELLS = 6
FIGURE_BYTES = 200_000
NOTEBOOK_BYTES = 3_000_000
IGNORED = "nbval-ignore-output"
KINDS = {"sample", "timing", "machine"}  # why an output is not compared
OUTPUTS_OF = "outputs_of"  # cell metadata: the fingerprint of the source that made a kept output
SLIDES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
WIDGETS = "application/vnd.jupyter.widget"
DISPLAY_UPDATES = {"clear_output", "update_display", "interact", "interact_manual", "ipywidgets"}
BADGE = r"https://colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/blob/[^/\s)]+/notebooks/"
NEEDS = re.compile(r"\*Needs: (nothing|sections? \d[\d, andto]*)\.\*")
NBVAL_COMMENT = re.compile(r"^\s*#+\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)\s*$", re.MULTILINE)
LOCAL_PATH = re.compile(r"(?<![\w.~-])/(?:home|Users|work|tmp|root)/|\b[A-Za-z]:\\\\?Users\b")


def problems(path: Path, bank: Mapping | None = None) -> list[str]:
    """Every rule that a notebook breaks, as sentences that name notebook, cell and rule.

    Args:
        path: the notebook, called NN_name.ipynb.
        bank: its exercises by id; by default those of `helpers.exercises`.
    """
    path = Path(path)
    try:
        notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        nbformat.validate(copy.deepcopy(notebook))  # validating mends ids in what it is given
    except (ValueError, AttributeError, nbformat.ValidationError) as error:
        first_line = str(error).splitlines()[0]
        return [f"{path.stem}, whole notebook: not a valid notebook ({first_line})"]
    return Form(path, notebook, bank).problems()


def fingerprint(source: str) -> str:
    """Twelve hexadecimal digits that change with a cell's source."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def tags(cell: Mapping) -> set[str]:
    """The tags of a cell."""
    return set(cell["metadata"].get("tags", []))


class Form:
    """One notebook under examination; cells are numbered from 1."""

    def __init__(self, path: Path, notebook: nbformat.NotebookNode, bank: Mapping | None):
        self.path = path
        self.number = path.stem[:2]
        self.notebook = notebook
        self.bank = bank
        self.cells = list(enumerate(notebook.cells, start=1))
        self.code = [(n, cell) for n, cell in self.cells if cell["cell_type"] == "code"]
        self.text = [(n, cell) for n, cell in self.cells if cell["cell_type"] == "markdown"]
        self.found: list[tuple[int, str]] = []  # (cell number, or 0 for the whole notebook; rule)
        self.trees = {n: self.parse(n, cell) for n, cell in self.code}

    def problems(self) -> list[str]:
        for rules in (
            self.whole_notebook,
            self.title,
            self.first_code_cells,
            self.every_cell,
            self.stored_outputs,
            self.uncompared_cells,
            self.figures,
            self.lengths,
            self.equations,
        ):
            rules()
        if self.number != "00":
            self.exercises()
            self.recap()
            self.sections()
        return [f"{self.path.stem}, {where(n)}: {rule}" for n, rule in sorted(set(self.found))]

    def report(self, cell_number: int, rule: str) -> None:
        self.found.append((cell_number, rule))

    def parse(self, n: int, cell: Mapping) -> ast.Module:
        try:
            return ast.parse(cell["source"])
        except SyntaxError:
            self.report(n, "is not plain Python (no magics, no shell commands)")
            return ast.parse("")

    def whole_notebook(self) -> None:
        if not re.fullmatch(r"\d\d_[a-z0-9_]+", self.path.stem):
            self.report(0, "must be called NN_name.ipynb, in lower case")
        metadata = self.notebook.metadata
        ids = [cell.get("id") for cell in self.notebook.cells]
        for n, id in enumerate(ids, start=1):
            if id is None or id in ids[: n - 1]:
                self.report(n, "needs an id of its own: run tools/execute.py")
        if metadata.get("kernelspec", {}).get("name") != "python3":
            self.report(0, "its kernel must be python3")
        if "widgets" in metadata:
            self.report(0, "holds widget state in its metadata")
        size = self.path.stat().st_size
        if size > NOTEBOOK_BYTES:
            self.report(0, f"{size / 1e6:.1f} MB is over {NOTEBOOK_BYTES / 1e6:.0f} MB")

    def title(self) -> None:
        if not self.text or self.cells[0][1]["cell_type"] != "markdown":
            self.report(1, "must be the title, a text cell")
            return
        source = self.cells[0][1]["source"]
        if not re.match(rf"# {self.number} · \S", source):
            self.report(1, f"must begin with the title, '# {self.number} · Title'")
        if not re.search(rf"\({BADGE}{self.path.stem}\.ipynb\)", source):
            self.report(1, f"needs a Colab badge that opens notebooks/{self.path.name}")
        for words in ("You will be able to", "You need"):
            if words not in source:
                self.report(1, f"needs a paragraph '{words}'")
        if not re.search(r"\d[\s*]*minute", source):
            self.report(1, "needs the measured minutes, such as '2 minutes'")

    def first_code_cells(self) -> None:
        if len(self.code) < 2:
            self.report(0, "needs a set-up cell and an import cell")
            return
        (n, setup), (m, _) = self.code[:2]
        stamped = ADDRESS_LINES.search(setup["source"])
        line = stamped[0] if stamped else ""
        if ADDRESS_LINES.sub(lambda _: line, SETUP_CELL) != setup["source"]:
            self.report(n, "must be the set-up cell, SETUP_CELL of tools/notebook_form.py")
        calls = {ast.unparse(call.func) for call in executed(self.trees[m], ast.Call)}
        imports = list(executed(self.trees[m], (ast.Import, ast.ImportFrom)))
        if "session.start" not in calls or not imports:
            self.report(m, "must be the import cell: imports and session.start(…)")
        for k, cell in self.code[:2]:
            if cell["metadata"].get("slideshow", {}).get("slide_type") != "skip":
                self.report(k, "must have the slide_type skip")

    def every_cell(self) -> None:
        for n, cell in self.cells:
            source = cell["source"]
            if cell["metadata"].get("slideshow", {}).get("slide_type") not in SLIDES:
                self.report(n, f"needs a slide_type, one of {sorted(SLIDES)}")
            if leftover := re.search(r"\b(TODO|FIXME|XXX)\b", source):
                self.report(n, f"holds a leftover {leftover[0]}")
            if LOCAL_PATH.search(source):
                self.report(n, "holds a path of one machine")
        for n, cell in self.code:
            for tag in tags(cell):
                if tag in ("raises-exception", "skip-execution") or (
                    tag.startswith("nbval-") and tag != IGNORED
                ):
                    self.report(n, f"the tag {tag} is forbidden")
            if marker := NBVAL_COMMENT.search(cell["source"]):
                self.report(n, f"the comment {marker[1]} is forbidden: use tags")
            if cell["source"].rstrip().endswith(";"):
                self.report(n, "ends with ';', which does not hide an output from the tests")
            for node in ast.walk(self.trees[n]):
                name = getattr(node, "attr", getattr(node, "id", None))
                if isinstance(node, ast.alias):
                    name = node.name
                if isinstance(node, ast.ImportFrom):
                    name = node.module
                if isinstance(node, ast.keyword) and node.arg == "display_id":
                    name = "display_id"
                if name in DISPLAY_UPDATES | {"display_id"}:
                    self.report(n, f"uses {name}: outputs must not change after they are shown")

    def stored_outputs(self) -> None:
        for count, (n, cell) in enumerate(self.code, start=1):
            if not cell["source"].strip():
                self.report(n, "is an empty code cell")
            if cell["execution_count"] != count:
                self.report(
                    n,
                    f"execution count is {cell['execution_count'] or 'empty'}, expected {count}: "
                    "run tools/execute.py",
                )
            if not cell["outputs"] and (shown := first_showing_call(self.trees[n])):
                self.report(n, f"calls {shown}(…) but stores no output: run tools/execute.py")
            for output in cell["outputs"]:
                if output["output_type"] == "error":
                    self.report(n, f"stores an error ({output['ename']})")
                if output.get("name") == "stderr":
                    self.report(n, "stores a warning or other text on stderr")
                for mime, content in output.get("data", {}).items():
                    if mime.startswith(WIDGETS):
                        self.report(n, "stores a widget: run tools/execute.py")
                    if mime.startswith("text/") and LOCAL_PATH.search(content):
                        self.report(n, "shows a path of one machine in its output")
                if LOCAL_PATH.search(output.get("text", "")):
                    self.report(n, "shows a path of one machine in its output")

    def uncompared_cells(self) -> None:
        uncompared = [n for n, cell in self.code if tags(cell) & (KINDS | {IGNORED})]
        if len(uncompared) > UNCOMPARED_CELLS:
            self.report(
                uncompared[UNCOMPARED_CELLS],
                f"is the {len(uncompared)}th cell whose output is not compared; "
                f"{UNCOMPARED_CELLS} are allowed",
            )
        followers = {n: m for (n, _), (m, _) in zip(self.code, self.code[1:], strict=False)}
        for n, cell in self.code:
            if n not in uncompared:
                continue
            if IGNORED not in tags(cell) or len(tags(cell) & KINDS) != 1:
                self.report(
                    n, f"the tag {IGNORED} goes with exactly one of {', '.join(sorted(KINDS))}"
                )
            if n not in followers or not verifies(self.trees[followers[n]]):
                self.report(
                    n, "is not compared, so the next code cell must assert on what it shows"
                )
            if cell["metadata"].get(OUTPUTS_OF, fingerprint(cell["source"])) != fingerprint(
                cell["source"]
            ):
                self.report(n, "its output belongs to an older source: run tools/execute.py")

    def figures(self) -> None:
        for n, cell in self.code:
            images = [
                output["data"]["image/png"]
                for output in cell["outputs"]
                if "image/png" in output.get("data", {})
            ]
            body = self.trees[n].body
            if images and not (body and ast.unparse(body[-1]) == "plt.show()"):
                self.report(n, "draws a figure, so its last line must be plt.show()")
            for image in images:
                size = len(base64.b64decode(image))
                if size > FIGURE_BYTES:
                    self.report(
                        n, f"a figure of {size // 1000} kB is over {FIGURE_BYTES // 1000} kB"
                    )

    def lengths(self) -> None:
        for n, cell in self.code:
            lines = len(cell["source"].splitlines())
            if lines > LINES_OF_A_CELL:
                self.report(n, f"has {lines} lines, more than {LINES_OF_A_CELL}")
        lengths = [lines_of_code(cell["source"]) for _, cell in self.code[1:]]
        if lengths and statistics.median(lengths) > MEDIAN_LINES_OF_CODE:
            median = statistics.median(lengths)
            self.report(
                0,
                f"the median code cell has {median:g} lines of code, "
                f"more than {MEDIAN_LINES_OF_CODE}",
            )

    def equations(self) -> None:
        """Tags count up, each is checked before the next heading, and each check has its tag."""
        seen: list[str] = []
        waiting: dict[str, int] = {}  # tags of this section not yet checked, and their cells
        for n, cell in self.cells:
            if cell["cell_type"] == "code":
                for label in checked_equations(self.trees[n]):
                    waiting.pop(label, None)
                    if label is None:
                        self.report(n, "a check's equation must be written out, such as '01.4'")
                    elif label not in seen:
                        self.report(
                            n, f"checks ({label}), but no \\tag{{{label}}} stands before it"
                        )
            elif cell["cell_type"] == "markdown":
                text = re.sub(r"`[^`\n]*`", "", without_code(cell["source"]))
                for tag, heading in re.findall(r"\\tag\{([^}]*)\}|^(#{1,6}) ", text, re.MULTILINE):
                    if heading:
                        self.unchecked(waiting)
                        continue
                    expected = f"{self.number}.{len(seen) + 1}"
                    if tag != expected:
                        self.report(n, f"\\tag{{{tag}}} should be \\tag{{{expected}}}")
                    seen.append(tag)
                    waiting[tag] = n
        self.unchecked(waiting)

    def unchecked(self, waiting: dict[str, int]) -> None:
        for tag, n in waiting.items():
            self.report(n, f"\\tag{{{tag}}} has no check in a code cell before the next heading")
        waiting.clear()

    def exercises(self) -> None:
        bank = self.bank if self.bank is not None else self.helpers_bank()
        ids = []
        for n, _ in self.code:
            functions = [node for node in self.trees[n].body if isinstance(node, ast.FunctionDef)]
            for id, method, arguments in exercise_calls(self.trees[n]):
                if id not in bank:
                    self.report(n, f"exercise {id} is not in the bank of helpers.exercises")
                if method != "check":
                    continue
                ids.append(id)
                expected = f"{self.number}.{len(ids)}"
                if id != expected:
                    self.report(n, f"exercise {id} should be exercise {expected}")
                stub = next((f for f in functions if [f.name] == arguments), None)
                if stub is None or not is_stub(stub):
                    self.report(n, f"exercise {id} needs its stub, a function that is only '...'")
                elif id in bank:
                    wanted = list(inspect.signature(bank[id].answer).parameters)
                    if parameters(stub) != wanted:
                        self.report(
                            n,
                            f"the stub of exercise {id} takes ({', '.join(parameters(stub))}), "
                            f"its solution ({', '.join(wanted)})",
                        )
        if not 4 <= len(set(ids)) <= 6:
            self.report(0, f"has {len(set(ids))} exercises, but 4 to 6 are wanted")

    def helpers_bank(self) -> Mapping:
        try:
            from helpers.exercises import bank

            return bank(self.number)
        except (ImportError, KeyError):
            return {}

    def recap(self) -> None:
        headings = [(n, line) for n, line in self.markdown_lines() if line.startswith("## ")]
        if not headings or headings[-1][1].strip() != "## Recap":
            self.report(self.cells[-1][0], "the last section must be '## Recap'")
            return
        n = headings[-1][0]
        lines = [line for _, line in self.markdown_lines() if line.strip()]
        last = max(i for i, line in enumerate(lines) if line.strip() == "## Recap")
        section = lines[last + 1 :]
        references = [
            i for i, line in enumerate(section) if re.match(r"(#{3,} |\*\*)?References\b", line)
        ]
        if not references:
            self.report(n, "the recap needs a part '### References'")
        body = section[: references[0]] if references else section
        body = [line for line in body if not re.search(r"\]\(\d\d_\w+\.ipynb", line)]
        if len(body) > RECAP_LINES:
            self.report(n, f"the recap has {len(body)} lines, more than {RECAP_LINES}")
        chapters = sorted(self.path.parent.glob("[0-9][0-9]_*.ipynb"))
        later = [chapter.name for chapter in chapters if chapter.stem[:2] > self.number]
        if later and not any(f"]({later[0]})" in line for line in section):
            self.report(n, f"the recap must link the next chapter, {later[0]}")

    def sections(self) -> None:
        """Each section says which earlier ones it needs, on its first line."""
        start = self.code[1][0] if len(self.code) > 1 else 0
        lines = [(n, line) for n, line in self.markdown_lines() if n > start]
        count = 0
        for i, (n, line) in enumerate(lines):
            if not line.startswith("## ") or line.strip() == "## Recap":
                continue
            written = re.match(r"## (\d+)", line)
            count = int(written[1]) if written else count + 1
            first = next((later for _, later in lines[i + 1 :] if later.strip()), "")
            needs = NEEDS.fullmatch(first.strip())
            if not needs:
                self.report(
                    n,
                    f"the section '{line[3:]}' must begin with a line such as "
                    "'*Needs: nothing.*' or '*Needs: sections 1 and 2.*'",
                )
            elif any(int(digits) >= count for digits in re.findall(r"\d+", needs[1])):
                self.report(n, f"the section '{line[3:]}' may only need earlier sections")

    def markdown_lines(self) -> Iterator[tuple[int, str]]:
        """(cell number, line) of all text; a code cell stands as a line of its own."""
        for n, cell in self.cells:
            if cell["cell_type"] == "code":
                yield n, "(code)"
            else:
                yield from ((n, line) for line in without_code(cell["source"]).splitlines())


def where(cell_number: int) -> str:
    return f"cell {cell_number}" if cell_number else "whole notebook"


def without_code(markdown: str) -> str:
    """Text without its fenced code blocks."""
    return re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)


def lines_of_code(source: str) -> int:
    """Lines that are neither blank nor only a comment."""
    lines = (line.strip() for line in source.splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)


def executed(tree: ast.AST, kinds: type | tuple[type, ...]) -> Iterator[ast.AST]:
    """Nodes of these kinds that run with the cell, that is, outside functions and classes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, kinds):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from executed(node, kinds)


def first_showing_call(tree: ast.Module) -> str | None:
    """The first call that must leave an output: print, plt.show, a check, an exercise."""
    for call in executed(tree, ast.Call):
        name = ast.unparse(call.func)
        if name == "check.to_numpy":
            continue
        if name in ("print", "plt.show", "report") or name.startswith(("check.", "exercise(")):
            return re.sub(r"\(.*\)", "(…)", name)
    return None


def checked_equations(tree: ast.Module) -> list[str | None]:
    """The equation of each check.xxx("NN.k", …) that the cell runs; None if not a literal."""
    found = []
    for call in executed(tree, ast.Call):
        match call.func:
            case ast.Attribute(value=ast.Name(id="check"), attr=attr) if attr != "to_numpy":
                match call.args:
                    case [ast.Constant(value=str(label)), *_]:
                        found.append(label)
                    case _:
                        found.append(None)
    return found


def exercise_calls(tree: ast.Module) -> Iterator[tuple[str, str, list[str]]]:
    """(id, method, arguments) of each exercise("NN.k").method(…) that the cell runs."""
    for call in executed(tree, ast.Call):
        match call.func:
            case ast.Attribute(
                value=ast.Call(func=ast.Name(id="exercise"), args=[ast.Constant(value=id)]),
                attr=method,
            ):
                yield id, method, [ast.unparse(argument) for argument in call.args]


def verifies(tree: ast.Module) -> bool:
    """Whether a cell asserts or checks something."""
    return bool(checked_equations(tree)) or any(executed(tree, ast.Assert))


def is_stub(function: ast.FunctionDef) -> bool:
    """Whether a function is an optional docstring and `...`."""
    body = function.body[ast.get_docstring(function) is not None :]
    return len(body) == 1 and ast.unparse(body[0]) == "..."


def parameters(function: ast.FunctionDef) -> list[str]:
    """The parameter names of a function, in order."""
    a = function.args
    named = [*a.posonlyargs, *a.args, *([a.vararg] if a.vararg else []), *a.kwonlyargs]
    return [arg.arg for arg in named] + ([a.kwarg.arg] if a.kwarg else [])


def chosen(
    parser: argparse.ArgumentParser, chapters: list[str], folder: Path = NOTEBOOKS
) -> list[Path]:
    """The notebooks of the chapters on a command line, or all; an unknown one ends the program."""
    paths = []
    for chapter in chapters or ["[0-9][0-9]"]:
        found = sorted(folder.resolve().glob(f"{chapter}_*.ipynb"))
        if not found:
            parser.error(f"there is no notebook {chapter}_….ipynb in {folder}")
        paths += found
    return paths


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", metavar="NN", help="chapters (default: all)")
    return tell(map(problems, chosen(parser, parser.parse_args(arguments).chapters)))


def tell(found: Iterable[list[str]]) -> int:
    """Print the problems of each notebook; the exit code of the program: 1 if there is one."""
    code = 0
    for problem in itertools.chain.from_iterable(found):
        print(problem)
        code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
