"""The budgets of the house: files that can be read whole, public names that are listed."""

import ast
import fnmatch
import re
import tomllib

import notebook
from notebook import ROOT
from sources import python_files

LINES, LINES_OF_A_BANK, LINES_FOR_LESSONS = 300, 700, 1300
# What lessons import beside these is small: the rooms of networks, of text, of exercises, and
# training on its own, with its checkpoints.
OTHER_ROOMS = ("models/", "text/", "exercises/", "pretrain.py", "checkpoint.py")
HELPERS = ROOT / "src" / "helpers"
MODULES = {path.relative_to(HELPERS).as_posix(): path for path in sorted(HELPERS.rglob("*.py"))}


def lines_of_code(text: str) -> int:
    """Lines that are not blank, comment or docstring: nobody shall save those."""
    found = {n for n, line in enumerate(text.splitlines(), 1) if re.match(r"\s*[^\s#]", line)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            found -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(found)


def test_lines_of_code_are_counted():
    text = '"""What."""\n\n# why\na = 1\n\n\ndef f():\n    """A\n    b."""\n    return "c"\n'
    assert lines_of_code(text) == 3


def test_no_file_is_too_long():
    sizes = {name: len(text.splitlines()) for name, text in python_files() if name != "course.py"}
    limits = {name: LINES_OF_A_BANK if "/banks/" in name else LINES for name in sizes}
    assert {name: size for name, size in sizes.items() if size > limits[name]} == {}


def test_what_lessons_import_stays_small():
    sizes = {
        name: lines_of_code(path.read_text(encoding="utf-8"))
        for name, path in MODULES.items()
        if not name.startswith(OTHER_ROOMS)
    }
    assert sum(sizes.values()) <= LINES_FOR_LESSONS, sizes


def listed(module: str) -> list[str] | None:
    """The names in a module's __all__; None without one, [] for what is no module of helpers."""
    path = MODULES.get(f"{module}.py") or MODULES.get(f"{module}/__init__.py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body if path else []:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return ast.literal_eval(value)
    return None if path else []


def defined(tree: ast.Module) -> set[str]:
    """What a module makes or imports at its top level."""
    found = set()
    for node in notebook.executed(tree, (ast.stmt, ast.Name)):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {(alias.asname or alias.name).split(".")[0] for alias in names}
    return found


def test_every_module_lists_its_public_names():
    for name, path in MODULES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = listed(name.removesuffix(".py").removesuffix("/__init__")) or []
        makes = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
        assert names or not makes or "/banks/" in name, f"{name} has no __all__"
        assert len(names) == len(set(names)) and set(names) <= defined(tree), name


def used(sources: list[str]) -> set[tuple[str, str]]:
    """(module of helpers, such as "text/filters"; its name) of each that the sources use."""
    trees = [ast.parse(source) for source in sources]
    modules, found = {}, set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.ImportFrom) and re.match(r"helpers\b", str(node.module)):
            place = node.module.replace(".", "/").removeprefix("helpers").lstrip("/")
            for alias in node.names:
                path = f"{place}/{alias.name}".lstrip("/")
                if f"{path}.py" in MODULES or f"{path}/__init__.py" in MODULES:
                    modules[alias.asname or alias.name] = path
                else:
                    found.add((place, alias.name))
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in modules:
                found.add((modules[name], attribute))
    return {(module, name) for module, name in found if f"{module}/{name}.py" not in MODULES}


def test_others_use_only_listed_names():
    """Lessons, benchmarks, tools, and each module of helpers.

    A builder may know more: it makes the very files whose names and checksums a module holds.
    """
    own = ("builders/", "tools/in_colab/")
    users = {name: [text] for name, text in python_files() if not name.startswith(own)}
    for path in notebook.lessons().values():
        users[path.stem] = notebook.code(notebook.read(path))
    found = {user: used(sources) for user, sources in users.items()}
    hidden = {
        (user, module, name)
        for user, names in found.items()
        for module, name in names
        if "/banks/" not in module and name not in (listed(module) or [])
    }
    assert hidden == set()


def test_pip_installs_every_data_file():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["data-files"]
    root = "share/generative-ai-course"
    for path in (ROOT / "data").rglob("*"):
        if path.is_file():
            place = path.relative_to(ROOT).as_posix()
            folder = f"{root}/{place.removeprefix('data/')}".rpartition("/")[0]
            assert any(fnmatch.fnmatch(place, p) for p in patterns.get(folder, [])), place
