"""Rules on what a lesson tells: equations and their checks, exercises, needs, the recap."""

import ast
import inspect
import re

import notebook

from rules.lesson import Lesson, Problems, checked_equations, exercise_calls, without_code

MOST_EXERCISES = {1: 6, 2: 7}  # by form
RECAP_LINES = 10
NEEDS = re.compile(r"\*Needs: (nothing|sections? \d[\d, andto]*)\.\*")
TOUR = "00"  # has no exercises to count, no recap, and sections in any order


def equations(lesson: Lesson) -> Problems:
    """Tags count up, each is checked before the next heading, and each check has its tag."""
    seen: list[str] = []
    waiting: dict[str, int] = {}  # tags of this section not yet checked, and their cells
    for n, cell in lesson.cells:
        if cell["cell_type"] == "code":
            for label in checked_equations(lesson.trees[n]):
                waiting.pop(label, None)
                if label is None:
                    yield n, "a check's equation must be written out, such as '01.4'"
                elif label not in seen:
                    yield n, f"checks ({label}), but no \\tag{{{label}}} comes before it"
        else:
            text = re.sub(r"`[^`\n]*`", "", without_code(cell["source"]))
            for tag, heading in re.findall(r"\\tag\{([^}]*)\}|^(#{1,6}) ", text, re.MULTILINE):
                if heading:
                    yield from unchecked(waiting)
                    waiting.clear()
                    continue
                expected = f"{lesson.number}.{len(seen) + 1}"
                if tag != expected:
                    yield n, f"\\tag{{{tag}}} should be \\tag{{{expected}}}"
                seen.append(tag)
                waiting[tag] = n
    yield from unchecked(waiting)


def unchecked(waiting: dict[str, int]) -> Problems:
    for tag, n in waiting.items():
        yield n, f"\\tag{{{tag}}} has no check in a code cell before the next heading"


def exercises(lesson: Lesson) -> Problems:
    """Exercises count up, are in the bank, and stand below a stub with the answer's parameters."""
    if lesson.number == TOUR:
        return
    count = 0
    for n, tree in lesson.trees.items():
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for id, method, arguments in exercise_calls(tree):
            if id not in lesson.bank:
                yield n, f"exercise {id} is not in the bank of helpers.exercises"
            if method != "check":
                continue
            count += 1
            if id != (expected := f"{lesson.number}.{count}"):
                yield n, f"exercise {id} should be exercise {expected}"
            stub = functions.get(arguments[0]) if arguments else None
            if stub is None or not is_stub(stub):
                yield n, f"exercise {id} needs its stub, a function that is only '...'"
            elif id in lesson.bank:
                wanted = list(inspect.signature(lesson.bank[id].answer).parameters)
                if (taken := parameters(stub)) != wanted:
                    takes = f"the stub of exercise {id} takes ({', '.join(taken)})"
                    yield n, f"{takes}, its solution ({', '.join(wanted)})"
    most = MOST_EXERCISES.get(lesson.form, 0)
    if count > most:
        yield 0, f"has {count} exercises, more than {most}"


def is_stub(function: ast.FunctionDef) -> bool:
    """Whether a function is an optional docstring and `...`."""
    body = function.body[ast.get_docstring(function) is not None :]
    return len(body) == 1 and ast.unparse(body[0]) == "..."


def parameters(function: ast.FunctionDef) -> list[str]:
    """The parameter names of a function, in order."""
    a = function.args
    named = [*a.posonlyargs, *a.args, *([a.vararg] if a.vararg else []), *a.kwonlyargs]
    return [arg.arg for arg in named] + ([a.kwarg.arg] if a.kwarg else [])


def recap(lesson: Lesson) -> Problems:
    """The last section is a short recap with references and a link to the next lesson."""
    if lesson.number == TOUR:
        return
    lines = [(n, line.strip()) for n, line in lesson.lines() if line.strip()]
    headings = [(n, line) for n, line in lines if line.startswith("## ")]
    if not headings or headings[-1][1] != "## Recap":
        yield lesson.cells[-1][0], "the last section must be '## Recap'"
        return
    n = headings[-1][0]
    section = [line for _, line in lines[lines.index(headings[-1]) + 1 :]]
    references = [
        i for i, line in enumerate(section) if re.match(r"(#{3,} |\*\*)?References\b", line)
    ]
    if not references:
        yield n, "the recap needs a part '### References'"
    body = section[: references[0]] if references else section
    body = [line for line in body if not re.search(r"\]\(\d\d_\w+\.ipynb", line)]
    if len(body) > RECAP_LINES:
        yield n, f"the recap has {len(body)} lines, more than {RECAP_LINES}"
    later = [
        path.name
        for number, path in notebook.lessons(lesson.path.parent).items()
        if number > lesson.number
    ]
    if later and not any(f"]({later[0]})" in line for line in section):
        yield n, f"the recap must link the next lesson, {later[0]}"


def needs(lesson: Lesson) -> Problems:
    """Each section says which earlier ones it needs, on its first line."""
    if lesson.number == TOUR:
        return
    start = lesson.code[1][0] if len(lesson.code) > 1 else 0
    lines = [(n, line) for n, line in lesson.lines() if n > start]
    count = 0
    for i, (n, line) in enumerate(lines):
        if not line.startswith("## ") or line.strip() == "## Recap":
            continue
        written = re.match(r"## (\d+)", line)
        count = int(written[1]) if written else count + 1
        first = next((later for _, later in lines[i + 1 :] if later.strip()), "")
        said = NEEDS.fullmatch(first.strip())
        if not said:
            yield (
                n,
                f"the section '{line[3:]}' must begin with a line such as "
                "'*Needs: nothing.*' or '*Needs: sections 1 and 2.*'",
            )
        elif any(int(digits) >= count for digits in re.findall(r"\d+", said[1])):
            yield n, f"the section '{line[3:]}' may only need earlier sections"
