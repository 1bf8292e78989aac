"""Tests of course.py and of the files that repeat what it does. Nothing is installed.

course.py runs in a temporary folder where pip, ruff, pytest and Jupyter are small stand-ins:
modules of the same names, found first through PYTHONPATH, which note how they were called.
"""

import ast
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import small_notebooks
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]

STAND_IN = """
import json, os, sys, time
from pathlib import Path

name = Path(__file__).stem
variables = {key: os.environ.get(key) for key in VARIABLES}
call = {"module": name, "arguments": sys.argv[1:], "folder": os.getcwd(), "variables": variables}
with open(os.environ["CALLS"], "a", encoding="utf-8") as file:
    file.write(json.dumps(call) + "\\n")
print(os.environ.get(name + "_prints", f"{name} was here"), flush=True)
if name == "venv":  # a real one: the next steps run its Python
    sys.path.remove(str(Path(__file__).parent))
    import venv
    venv.create(sys.argv[-1], with_pip=False, symlinks=os.name != "nt")
try:
    time.sleep(float(os.environ.get(name + "_sleeps", 0)))
except KeyboardInterrupt:
    time.sleep(0.6)  # the library ends in its own way, which takes a moment
    print("tidied up", flush=True)
first = "_".join([name, *sys.argv[1:2]])  # as in "ruff_format"
sys.exit(int(os.environ.get(first + "_exits", os.environ.get(name + "_exits", 0))))
"""
VARIABLES = [
    "OMP_WAIT_POLICY",
    "GOMP_SPINCOUNT",
    "COURSE_THREADS",
    "COURSE_COLAB",
    "OMP_NUM_THREADS",
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "MKL_CBWR",
    "PYTEST_ADDOPTS",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
]
NOBODY = "http://127.0.0.1:9"
SET_UP = ["venv", "ensurepip", "pip"]
CHECKS = ["ruff", "ruff", "pytest"]

# The size of the disk is pretended too, so that the tests need none.
DISK = """
import os, shutil
from types import SimpleNamespace
shutil.disk_usage = lambda path: SimpleNamespace(free=float(os.environ.get("FREE_GB", 500)) * 1e9)
"""


def write_program(path: Path, exit_code: int) -> None:
    """Write a program that only returns an exit code, for this operating system."""
    if os.name == "nt":
        path.with_suffix(".bat").write_text(f"@exit /b {exit_code}\n", encoding="utf-8")
    else:
        path.write_text(f"#!/bin/sh\nexit {exit_code}\n", encoding="utf-8")
        path.chmod(0o755)


class CourseCopy:
    """course.py in a folder of its own, with stand-ins for all that it starts."""

    def __init__(self, folder: Path):
        self.root = folder / "course with a space and an é"
        self.stand_ins = folder / "stand-ins"
        self.calls_file = folder / "calls"
        for path in (self.root / "notebooks", self.root / "tests" / "lessons", self.stand_ins):
            path.mkdir(parents=True)
        for name in ("course.py", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.root)
        for name in (*SET_UP, "ruff", "pytest", "jupyter"):
            source = f"VARIABLES = {VARIABLES}\n" + STAND_IN
            (self.stand_ins / f"{name}.py").write_text(source, encoding="utf-8")
        (self.stand_ins / "sitecustomize.py").write_text(DISK, encoding="utf-8")
        write_program(self.stand_ins / "nvidia-smi", 0)  # a GPU: no look at PyTorch's index
        self.stamp = self.root / ".venv" / "course-stamp"

    def environment(self, **variables: str) -> dict:
        path = str(self.stand_ins) + os.pathsep + os.environ["PATH"]
        changes = {"PYTHONPATH": str(self.stand_ins), "CALLS": str(self.calls_file), "PATH": path}
        return {**os.environ, **changes, **variables}

    def command(self, *arguments: str) -> list:
        return [sys.executable, str(self.root / "course.py"), *arguments]

    def run(self, *arguments: str, folder: Path | None = None, **variables: str):
        """Run course.py; returns the finished process, and keeps what it started in `calls`."""
        self.calls_file.unlink(missing_ok=True)
        return subprocess.run(
            self.command(*arguments),
            cwd=folder or self.root,
            env=self.environment(**variables),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )

    @property
    def calls(self) -> list:
        if not self.calls_file.exists():
            return []
        return [json.loads(line) for line in self.calls_file.read_text("utf-8").splitlines()]

    @property
    def modules(self) -> list:
        return [call["module"] for call in self.calls]

    def add_lesson(self, name: str) -> None:
        small_notebooks.write(self.root / "notebooks" / name, "# Title", "1 + 1")


@pytest.fixture
def copy(tmp_path):
    return CourseCopy(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """A copy whose set-up is done, with two lessons; shared, so leave it as it is."""
    copy = CourseCopy(tmp_path_factory.mktemp("ready"))
    copy.add_lesson("00_start_here.ipynb")
    copy.add_lesson("02_two.ipynb")
    assert copy.run("test").returncode == 0
    return copy


@pytest.fixture
def course():
    """course.py, imported as a module."""
    spec = importlib.util.spec_from_file_location("course", ROOT / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_one_sentence(process, *words: str) -> None:
    """The process failed with one line on stderr that holds the words, and no traceback."""
    assert process.returncode == 1
    assert len(process.stderr.splitlines()) == 1, process.stderr
    assert "Traceback" not in process.stdout + process.stderr
    for word in words:
        assert word in process.stderr


# ------------------------------------------------------------------------------ set-up


def test_the_first_start_sets_up_and_says_what_it_costs(copy):
    process = copy.run("test")
    assert process.returncode == 0
    assert copy.modules == SET_UP + CHECKS
    assert "minutes" in process.stdout and "GB" in process.stdout
    pip = copy.calls[2]
    assert pip["arguments"][:5] == ["install", "-e", ".[dev]", "-c", "constraints.txt"]
    assert Path(pip["folder"]) == copy.root.resolve()


def test_later_starts_skip_the_set_up(ready):
    assert ready.run("lab").returncode == 0
    assert ready.modules == ["jupyter"]


@pytest.mark.parametrize("step", SET_UP)
def test_a_set_up_that_failed_is_redone(copy, step):
    assert copy.run("test", **{f"{step}_exits": "1"}).returncode == 1
    assert copy.modules == SET_UP[: SET_UP.index(step) + 1]  # and nothing runs half installed
    assert not copy.stamp.exists()
    leftover = copy.root / ".venv" / "half-installed"
    leftover.touch()

    assert copy.run("test").returncode == 0
    assert copy.modules == SET_UP + CHECKS
    assert copy.stamp.exists() and not leftover.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process group")
@pytest.mark.parametrize("module", ["pip", "pytest"])
def test_ctrl_c_ends_without_a_traceback_of_the_course(copy, module):
    process = subprocess.Popen(
        copy.command("test"),
        env=copy.environment(**{f"{module}_sleeps": "30"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if module == "pytest" else subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )
    deadline = time.perf_counter() + 30
    while module not in copy.modules and time.perf_counter() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert ("tidied up" in output) == (module == "pytest")  # it was waited for
    assert process.returncode == 130
    assert output.splitlines()[-1].startswith("Stopped")
    assert "Traceback" not in output
    assert copy.stamp.exists() == (module == "pytest")
    assert ("afresh" in output) == (module == "pip")


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_project_or_lock_is_installed_anew(copy, name):
    copy.run("lab")
    copy.run("lab")
    assert copy.modules == ["jupyter"]
    with (copy.root / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    copy.run("lab")
    assert copy.modules == [*SET_UP, "jupyter"]


def test_another_python_version_or_another_place_is_installed_anew(course, monkeypatch):
    here = course.fingerprint()
    assert course.fingerprint() == here
    monkeypatch.setattr(course, "sys", SimpleNamespace(version_info=(3, 99, 0)))
    other_version = course.fingerprint()
    monkeypatch.undo()
    project = course.ROOT
    monkeypatch.setattr(type(project), "read_bytes", lambda path: b"same")
    first = course.fingerprint()
    monkeypatch.setattr(course, "ROOT", project / "moved")
    assert here != other_version and course.fingerprint() != first


def test_a_venv_whose_python_is_gone_is_not_used(course, monkeypatch, tmp_path):
    monkeypatch.setattr(course, "PYTHON", tmp_path / "python")
    monkeypatch.setattr(course, "STAMP", tmp_path / "stamp")
    course.PYTHON.touch()
    course.STAMP.write_text(course.fingerprint(), encoding="utf-8")
    assert course.is_set_up()
    course.PYTHON.unlink()
    assert not course.is_set_up()


def test_the_stamp_is_written_last_and_in_one_piece(course, monkeypatch, tmp_path):
    monkeypatch.setattr(course, "VENV", tmp_path)
    monkeypatch.setattr(course, "STAMP", tmp_path / "course-stamp")
    monkeypatch.setattr(course, "install_arguments", list)
    monkeypatch.setattr(course.shutil, "disk_usage", lambda path: SimpleNamespace(free=1e12))
    steps = []
    monkeypatch.setattr(
        course, "run_step", lambda step: (tmp_path.mkdir(exist_ok=True), steps.append(step))
    )
    replaced = []
    monkeypatch.setattr(
        type(tmp_path), "replace", lambda part, stamp: replaced.append((part.read_text(), stamp))
    )
    course.set_up()
    assert len(steps) == 3
    assert replaced == [(course.fingerprint(), course.STAMP)]
    assert not course.STAMP.exists()  # it comes into being by the replacement alone


# --------------------------------------------------------------- reasons for failing


def test_an_unknown_failure_shows_the_last_lines_and_what_to_try(copy):
    lines = ["WARNING: Retrying: Read timed out", *(f"line {number}" for number in range(100))]
    lines += ["ERROR: no wheel for this system"]  # the cause; the network came back long before
    process = copy.run("lab", pip_exits="1", pip_prints="\n".join(lines))
    assert_one_sentence(process, "Try the same command again", "environment.yml")
    assert process.stdout.splitlines()[-1] == "ERROR: no wheel for this system"
    assert "line 99" in process.stdout and "line 80\n" not in process.stdout


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        (
            "Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(': Failed to "
            "establish a new connection: [Errno -2] Name or service not known')'\n"
            "ERROR: No matching distribution found for setuptools>=77",
            "network",
        ),
        ("pip._vendor.urllib3.exceptions.ReadTimeoutError: Read timed out.", "network"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space", "disk"),
        ("ERROR: OSError: [WinError 112] Es steht nicht genug Speicherplatz bereit", "disk"),
        ("Error: [Errno 30] Read-only file system: '/course/.venv'", "cannot be written"),
        ("Error: [Errno 13] Permission denied: '/course/.venv'", "cannot be written"),
        ("ERROR: OSError: [WinError 5] Zugriff verweigert", "cannot be written"),
    ],
)
def test_a_known_failure_is_told_in_one_sentence(course, capsys, printed, words):
    with pytest.raises(SystemExit) as stop:
        course.give_reason(["some line of pip", *printed.splitlines()])
    sentence = str(stop.value)
    assert words in sentence and "\n" not in sentence
    assert capsys.readouterr().out == ""


def test_a_known_failure_ends_without_pips_traceback(copy):
    printed = "Traceback (most recent call last):\nOSError: [Errno 28] No space left on device"
    assert_one_sentence(copy.run("test", pip_exits="2", pip_prints=printed), "The disk is full")


def test_a_successful_step_is_not_judged_by_its_words(copy):
    assert copy.run("test", pip_prints="WARNING: Retrying after: Read timed out").returncode == 0


def test_too_little_disk_is_told_before_anything_is_downloaded(copy):
    assert_one_sentence(copy.run("test", FREE_GB="3.25"), "3.2 GB are free", "The course needs")
    assert copy.modules == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "cannot be written to"),
        (OSError(30, "Read-only file system"), "cannot be written to"),
        (OSError(28, "No space left on device"), "The disk is full"),
    ],
)
def test_errors_of_the_system_end_in_one_sentence(course, monkeypatch, error, words):
    def fail():
        raise error

    monkeypatch.setattr(course, "is_set_up", lambda: False)
    monkeypatch.setattr(course, "set_up", fail)
    with pytest.raises(SystemExit, match=words):
        course.main(["test"])


def test_a_python_without_venv_is_told_what_to_install(course, monkeypatch, tmp_path):
    monkeypatch.setattr(course, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(course.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="python3-venv"):
        course.set_up()


def test_the_venv_is_not_rebuilt_by_its_own_python(course, monkeypatch):
    monkeypatch.setattr(course, "VENV", Path(sys.prefix))
    monkeypatch.setattr(course.shutil, "rmtree", lambda path: pytest.fail("removed"))
    with pytest.raises(SystemExit, match="deactivate"):
        course.set_up()


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 13), (3, 14, 0)])
def test_another_python_version_is_told_which_ones_work(course, version):
    with pytest.raises(SystemExit) as stop:
        course.check_python(version)
    sentence = str(stop.value)
    assert ".".join(map(str, version)) in sentence
    assert "3.11, 3.12 or 3.13" in sentence and "\n" not in sentence


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 9)])
def test_the_promised_python_versions_are_accepted(course, version):
    assert course.check_python(version) is None


def test_the_accepted_python_versions_are_those_of_the_project(course):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"


def test_old_pythons_can_read_the_file_and_check_themselves_first():
    tree = ast.parse((ROOT / "course.py").read_text("utf-8"), feature_version=(3, 6))
    imported = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names - {
        "tomllib",
        "zoneinfo",
        "graphlib",
    }  # newer than 3.6
    assert ast.unparse(tree.body[-1].body[0]) == "check_python()"


# ------------------------------------------------------------- PyTorch's CPU index


def test_an_index_that_answers_is_used_and_another_is_not(course, monkeypatch, web):
    web.files["/good/torch/"] = b"torch"
    for place, answers in ((web.url("/good"), True), (web.url("/403"), False), (NOBODY, False)):
        monkeypatch.setattr(course, "CPU_INDEX", place)
        assert course.index_answers() is answers


@pytest.mark.parametrize(
    ("platform", "gpu", "answers", "extra"),
    [
        ("linux", False, True, True),
        ("linux", False, False, False),
        ("linux", True, True, False),
        ("darwin", False, True, False),
        ("win32", False, True, False),
    ],
)
def test_the_index_is_for_linux_without_a_gpu(course, monkeypatch, platform, gpu, answers, extra):
    monkeypatch.setattr(course, "sys", SimpleNamespace(platform=platform))
    monkeypatch.setattr(course, "has_nvidia_gpu", lambda: gpu)
    monkeypatch.setattr(course, "index_answers", lambda: answers)
    arguments = course.install_arguments()
    assert arguments[:5] == ["install", "-e", ".[dev]", "-c", "constraints.txt"]
    expected = ["--extra-index-url", "https://download.pytorch.org/whl/cpu"] if extra else []
    assert arguments[-2:] == expected or not (extra or course.CPU_INDEX in arguments)


@pytest.mark.parametrize(("exit_code", "found"), [(0, True), (9, False), (None, False)])
def test_a_gpu_is_what_the_driver_reports(course, monkeypatch, tmp_path, exit_code, found):
    if exit_code is not None:
        write_program(tmp_path / "nvidia-smi", exit_code)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert course.has_nvidia_gpu() is found


def test_pip_takes_the_cpu_build_from_the_extra_index(tmp_path):
    for index, version in (("ordinary", "2.13.0"), ("cpu", "2.13.0+cpu")):
        folder = tmp_path / index / "torch"
        folder.mkdir(parents=True)
        name = f"torch-{version}-py3-none-any.whl"
        make_wheel(folder / name, version)
        link = f'<a href="{name.replace("+", "%2B")}">{name}</a>'
        (folder / "index.html").write_text(f"<!DOCTYPE html>{link}", encoding="utf-8")
    locked = re.search(r"^torch==.*$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    (tmp_path / "lock").write_text(locked.group(), encoding="utf-8")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    options = (
        f"--dry-run --ignore-installed --quiet --no-cache-dir --report - -c {tmp_path / 'lock'}"
    )
    addresses = ["--index-url", (tmp_path / "ordinary").as_uri()]
    addresses += ["--extra-index-url", (tmp_path / "cpu").as_uri()]
    report = subprocess.run(
        [sys.executable, "-m", "pip", "install", "torch", *options.split(), *addresses],
        env={**plain, "PIP_CONFIG_FILE": os.devnull},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    installed = json.loads(report.stdout)["install"]
    assert [package["metadata"]["version"] for package in installed] == ["2.13.0+cpu"]


def make_wheel(path: Path, version: str) -> None:
    """Write an empty wheel of torch."""
    with zipfile.ZipFile(path, "w") as wheel:
        folder = f"torch-{version}.dist-info"
        wheel.writestr(
            f"{folder}/METADATA", f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n"
        )
        wheel.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        wheel.writestr(f"{folder}/RECORD", "")


# ---------------------------------------------------------------------------- commands


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_installs_nothing(copy, option):
    process = copy.run(option)
    assert process.returncode == 0 and copy.modules == []
    assert "course.py lab" in process.stdout and "course.py test" in process.stdout


def test_an_unknown_command_is_told_the_known_ones(copy):
    assert_one_sentence(copy.run("lap"), "lap", "lab and test")
    assert copy.modules == []


def test_lab_opens_the_first_notebook_from_any_folder(ready, tmp_path):
    process = ready.run("lab", "--no-browser", "--port", "8899", folder=tmp_path)
    assert process.returncode == 0
    [call] = ready.calls
    assert call["arguments"] == [
        "lab",
        f"--ServerApp.root_dir={ready.root.resolve()}",
        "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb",
        "--no-browser",
        "--port",
        "8899",
    ]
    assert Path(call["folder"]) == ready.root.resolve()
    assert call["variables"]["OMP_WAIT_POLICY"] == "passive"


def test_lab_returns_the_exit_code_of_jupyter(ready):
    assert ready.run("lab", jupyter_exits="3").returncode == 3


def test_test_runs_ruff_twice_and_pytest_last(ready):
    process = ready.run("test", "-q", "tests/test_course.py")
    assert process.returncode == 0
    assert [call["arguments"] for call in ready.calls] == [
        ["check"],
        ["format", "--check"],
        ["-q", "tests/test_course.py"],
    ]
    assert process.stdout.splitlines()[-1] == "pytest was here"
    assert "complains" not in process.stdout
    assert all(call["variables"]["OMP_WAIT_POLICY"] == "passive" for call in ready.calls)


@pytest.mark.parametrize("step", ["ruff_check", "ruff_format"])
def test_when_ruff_fails_pytest_still_runs_and_the_run_fails(ready, step):
    process = ready.run("test", **{f"{step}_exits": "1"})
    assert process.returncode == 1 and ready.modules == CHECKS
    *_, warning, last = process.stdout.splitlines()
    assert "ruff complains" in warning and last == "pytest was here"


def test_when_pytest_fails_the_run_fails_with_its_code(ready):
    assert ready.run("test", pytest_exits="5").returncode == 5
    assert ready.run("test", pytest_exits="2", ruff_exits="1").returncode == 2


def test_other_machine_changes_the_environment_and_nothing_else(ready):
    here = {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_L2_SIZE": "512", "OMP_NUM_THREADS": "2"}
    ready.run("test", "--other-machine", "-x", PYTEST_ADDOPTS="", **here)
    assert ready.calls[-1]["arguments"] == ["-x"]
    assert ready.calls[-1]["variables"] == {
        "OMP_WAIT_POLICY": "passive",
        "GOMP_SPINCOUNT": "1000",
        "COURSE_THREADS": "1",
        "COURSE_COLAB": None,
        "OMP_NUM_THREADS": "1",
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_CBWR": "COMPATIBLE",
        "PYTEST_ADDOPTS": "--nbval-cell-timeout=900",
        "OPENBLAS_CORETYPE": None,
        "OPENBLAS_L2_SIZE": None,
    }
    ready.run("test", **here)
    variables = ready.calls[-1]["variables"]
    assert here.items() <= variables.items() and variables["MKL_CBWR"] == os.environ.get("MKL_CBWR")


@pytest.mark.parametrize("arguments", [["2", "--other-machine"], ["--other-machine", "02"]])
def test_a_lesson_and_the_other_machine_come_in_any_order(ready, arguments):
    ready.run("test", *arguments)
    assert str(Path("notebooks/02_two.ipynb")) in ready.calls[-1]["arguments"]
    assert ready.calls[-1]["variables"]["COURSE_THREADS"] == "1"


def test_colab_runs_the_simulation_alone_and_whole(ready):
    ready.run("test", "--colab", "-x")
    assert ready.modules == CHECKS
    assert ready.calls[-1]["arguments"] == ["tests/tools/test_colab.py", "-x"]
    assert ready.calls[-1]["variables"]["COURSE_COLAB"] == "whole"
    ready.run("test", "--other-machine", "02", "--colab")
    assert ready.calls[-1]["arguments"] == ["tests/tools/test_colab.py", "--lesson=02"]
    variables = ready.calls[-1]["variables"]
    assert (variables["COURSE_COLAB"], variables["COURSE_THREADS"]) == ("whole", "1")


def test_another_seed_runs_notebooks_alone_with_moved_seeds(course):
    arguments, moved = course.other_seed(["05", "--other-seed", "3", "-x"])
    assert arguments == ["05", "-x", "--nbval-lax", "-k", "ipynb"]
    assert moved["COURSE_OTHER_SEED"] == "3"
    assert moved["PYTHONPATH"].endswith("other_seed")
    every = course.other_seed(["--other-seed", "1"])[0]
    assert every == ["notebooks", "--nbval-lax", "-k", "ipynb"]
    assert course.other_seed(["-x"]) == (["-x"], {})
    for bad in (["--other-seed"], ["--other-seed", "-x"], ["--other-seed", "0"]):
        with pytest.raises(SystemExit):
            course.other_seed(bad)


def test_an_unknown_lesson_is_told_the_known_ones(ready):
    assert_one_sentence(ready.run("test", "07"), "07", "00, 02")
    assert ready.modules == []


def test_a_lesson_is_its_notebook_its_tests_and_its_exercises(copy, course, monkeypatch):
    copy.add_lesson("01_one.ipynb")
    copy.add_lesson("02_two.ipynb")
    parametrised = (
        "import pytest\n"
        "@pytest.mark.parametrize('id', ['01.2', '02.1', 'stub-02.3', '02.1-wrong', '12.02'])\n"
        "def test_entry(id): pass\n"
        "@pytest.mark.parametrize('lesson', ['01', '02'])\n"
        "def test_bank(lesson): pass\n"
        "def test_general(): pass\n"
    )
    (copy.root / "tests" / "exercises").mkdir()
    (copy.root / "tests" / "exercises" / "test_banks.py").write_text(parametrised, "utf-8")
    for number in ("01", "02"):
        path = copy.root / "tests" / "lessons" / f"test_lesson_{number}.py"
        path.write_text("def test_it(): pass\ndef test_more(): pass\n", encoding="utf-8")
    shutil.copy(ROOT / "conftest.py", copy.root)
    monkeypatch.setattr(course, "ROOT", copy.root)

    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "nbval.plugin"]
    process = subprocess.run(
        [*collect, *course.lesson_arguments("2"), "-k", "not more"],
        cwd=copy.root,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # the others take seconds
        capture_output=True,
        encoding="utf-8",
    )
    assert {line for line in process.stdout.splitlines() if "::" in line} == {
        "notebooks/02_two.ipynb::Cell 0",
        "tests/exercises/test_banks.py::test_entry[02.1]",
        "tests/exercises/test_banks.py::test_entry[stub-02.3]",
        "tests/exercises/test_banks.py::test_entry[02.1-wrong]",
        "tests/exercises/test_banks.py::test_bank[02]",
        "tests/lessons/test_lesson_02.py::test_it",
    }, process.stdout


def test_the_kernel_is_the_one_of_the_venv(course, monkeypatch, tmp_path):
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    foreign = {"argv": ["elsewhere"], "display_name": "elsewhere", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(foreign), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")

    def argv(environment: dict) -> str:
        code = (
            "from jupyter_client.kernelspec import get_kernel_spec as g; print(g('python3').argv)"
        )
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, env=environment, capture_output=True, encoding="utf-8", check=True
        ).stdout

    assert "elsewhere" in argv(dict(os.environ))  # the danger is real
    assert "elsewhere" not in argv(course.course_environment())


# --------------------------------------------------------- the files that say the same


def test_the_three_routes_install_the_same(course):
    expected = ["-e", ".[dev]", "-c", "constraints.txt"]
    assert ["install", *expected] == course.INSTALL

    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    *conda, pip = environment["dependencies"]
    cpu = ["--extra-index-url", course.CPU_INDEX]
    assert [word for line in pip["pip"] for word in shlex.split(line)] == cpu + expected
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    python, version = conda[0].split("=")
    assert python == "python" and conda[1:] == ["pip"]
    assert SpecifierSet(project["requires-python"]).contains(version)

    readme = (ROOT / "README.md").read_text("utf-8")
    lines = re.findall(r"pip install (-[^`\n]*)", readme)
    assert lines and all(shlex.split(line) == expected for line in lines)


def test_pre_commit_runs_the_locked_ruff_the_form_and_the_generator():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    ruff, local = config["repos"]
    locked = re.search(
        r"^ruff==(\S+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE
    )
    assert ruff["rev"] == "v" + locked.group(1)
    assert [hook["id"] for hook in ruff["hooks"]] == ["ruff-check", "ruff-format"]
    assert all("jupyter" in hook["types_or"] for hook in ruff["hooks"])
    scripts = {hook["entry"]: hook["files"] for hook in local["hooks"]}
    assert list(scripts) == ["python tools/form.py", "python tools/models.py --check"]
    for entry, pattern in scripts.items():
        script = entry.split()[1]
        assert (ROOT / script).exists() and re.match(pattern, script)
        assert re.match(pattern, "notebooks/02_backpropagation.ipynb")


def test_the_workflow_runs_everything_on_every_promised_system():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    job = workflow["jobs"]["test"]
    systems = {system.split("-")[0] for system in job["strategy"]["matrix"]["os"]}
    assert systems == {"ubuntu", "macos", "windows"}
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert job["strategy"]["fail-fast"] is False and job["timeout-minutes"] <= 90
    assert job["steps"][-1]["run"] == "python course.py test"


def test_the_lock_is_audited_every_week():
    workflow = yaml.safe_load((ROOT / ".github/workflows/audit.yml").read_text("utf-8"))
    assert workflow[True]["schedule"]  # YAML reads the key "on" as true
    assert "pip-audit" in workflow["jobs"]["audit"]["steps"][-1]["run"]


def test_colabs_versions_are_within_the_projects_ranges():
    """noxfile.py installs them; nox itself is not among the course's packages."""
    tree = ast.parse((ROOT / "noxfile.py").read_text("utf-8"))
    versions = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "COLAB"
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    ranges = {need.name: need.specifier for need in map(Requirement, project["dependencies"])}
    assert {"numpy", "torch", "tensorflow", "keras", "transformers"} <= set(versions)
    for name in versions.keys() & ranges.keys():
        assert ranges[name].contains(versions[name]), name


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_ci_run_is_the_test_command_from_any_folder(tmp_path):
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\necho "$PWD|$OMP_WAIT_POLICY|$*"\nexit 7\n', encoding="utf-8")
    python.chmod(0o755)
    process = subprocess.run(
        ["bash", str(ROOT / ".ci/run"), "02", "-x"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        encoding="utf-8",
    )
    assert process.stdout.strip() == f"{ROOT}|passive|course.py test 02 -x"
    assert process.returncode == 7
    assert os.access(ROOT / ".ci/run", os.X_OK)
