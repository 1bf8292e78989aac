"""The package's promise about imports: nothing is loaded that was not asked for."""

import importlib.util
import subprocess
import sys

import pytest

import helpers

HEAVY = ("torch", "tensorflow", "keras", "matplotlib")


def loaded_by(code: str) -> list[str]:
    code += "\nimport sys; print(*sorted(sys.modules), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout.split("\n")


def test_import_helpers_is_fast_and_imports_no_submodule():
    code = """
import time
begin = time.perf_counter()
import helpers
seconds = time.perf_counter() - begin
assert seconds < 0.3, seconds
"""
    loaded = loaded_by(code)
    assert [name for name in loaded if name.startswith("helpers")] == ["helpers"]
    assert "numpy" not in loaded


def test_check_data_and_exercises_import_no_framework():
    code = """
import helpers.check, helpers.data, helpers.exercises
from pathlib import Path
for path in Path(helpers.exercises.__file__).parent.glob("ch*.py"):
    helpers.exercises.bank(path.stem[2:])
"""
    assert not set(loaded_by(code)) & set(HEAVY)


@pytest.mark.parametrize("module", ["session", "train", "metrics"])
def test_other_modules_import_no_framework_by_themselves(module):
    assert not set(loaded_by(f"import helpers.{module}")) & set(HEAVY)


def test_plot_imports_matplotlib_at_its_top():
    assert "matplotlib.pyplot" in loaded_by("import helpers.plot")


def test_package_is_the_one_in_this_checkout():
    assert importlib.util.find_spec("helpers").origin == helpers.__file__
    assert helpers.__doc__
