"""The package's promises: nothing is loaded that was not asked for, and public names are listed."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import helpers

FRAMEWORKS = {"torch", "tensorflow", "keras", "jax"}
PACKAGE = Path(helpers.__file__).parent
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if "banks" not in path.relative_to(PACKAGE).parts
)


def loaded_by(code: str) -> set[str]:
    code += "\nimport sys; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    return set(done.stdout.split("\n"))


def test_import_helpers_imports_no_submodule():
    loaded = loaded_by("import helpers")
    assert [name for name in loaded if name.startswith("helpers")] == ["helpers"]
    assert "numpy" not in loaded


def test_check_data_and_exercises_import_no_framework():
    code = """
import pkgutil
import helpers.check, helpers.data, helpers.exercises
from helpers.exercises import banks
found = [module.name for module in pkgutil.iter_modules(banks.__path__)]
assert len(found) > 10
for name in found:
    helpers.exercises.bank(name.removeprefix("lesson"))
"""
    loaded = loaded_by(code)
    assert "helpers.exercises.banks.lesson01" in loaded
    assert not loaded & (FRAMEWORKS | {"matplotlib"})


@pytest.mark.parametrize(
    "module", ["arrays", "files", "metrics", "session", "text.filters", "train"]
)
def test_other_modules_import_no_framework_by_themselves(module):
    assert not loaded_by(f"import helpers.{module}") & FRAMEWORKS


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_names_are_listed(path):
    """`__all__` names, in a package's own file or a module's, what is there and is not private."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined, imported, listed = set(), set(), None
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                defined.add(node.name)
            case ast.ImportFrom() | ast.Import():
                imported |= {alias.asname or alias.name for alias in node.names}
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                listed = ast.literal_eval(node.value)
            case ast.Assign(targets=targets):
                defined |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                defined.add(name)
    if not (defined or imported):
        return  # a docstring alone
    assert listed is not None, "no __all__"
    assert len(listed) == len(set(listed))
    assert not [name for name in listed if name.startswith("_")]
    unknown = set(listed) - defined - imported
    assert not unknown


def test_package_is_the_one_in_this_checkout():
    assert importlib.util.find_spec("helpers").origin == helpers.__file__
    assert helpers.__doc__
