"""The budgets of the house: files that can be read whole, public names that are listed."""

import ast
import fnmatch
import re
import tomllib

import notebook
from notebook import ROOT
from sources import python_files

LINES, LINES_OF_A_BANK, LINES_FOR_LESSONS = 300, 700, 1300
# What lessons import beside these is small: the rooms of networks, of text, of banks, and training
# on its own.
OTHER_ROOMS = ("models/", "text/", "exercises/banks/", "pretrain.py")
HELPERS = ROOT / "src" / "helpers"
MODULES = {path.relative_to(HELPERS).as_posix(): path for path in sorted(HELPERS.rglob("*.py"))}


def lines(text: str) -> int:
    return len(text.splitlines())


def test_no_file_is_too_long():
    limit = {name: LINES_OF_A_BANK if "/banks/" in name else LINES for name, _ in python_files()}
    long = {name: lines(text) for name, text in python_files() if lines(text) > limit[name]}
    assert long == {}


def test_what_lessons_import_stays_small():
    sizes = {
        name: lines(path.read_text(encoding="utf-8"))
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
    """Lessons, benchmarks, tools, and each module of helpers."""
    users = {name: [text] for name, text in python_files() if "/in_colab/" not in name}
    for path in notebook.lessons().values():
        users[path.stem] = notebook.code(notebook.read(path))
    found = {user: used(sources) for user, sources in users.items()}
    hidden = {
        (user, module, name)
        for user, names in found.items()
        for module, name in names
        if name not in (listed(module) or [])
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
