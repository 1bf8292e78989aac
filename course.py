"""Set up the course and start it: `python3 course.py lab` or `python3 course.py test`.

Needs nothing but Python 3.11 to 3.13; an older or newer one can read it too, far enough to say so.
The first start installs everything into `.venv`, next to this file. Later starts find a stamp there
and go on at once.
"""

import collections
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

HELP = """\
python3 course.py lab [arguments of jupyter lab]
    Opens JupyterLab on the first notebook, for example: course.py lab --no-browser --port 8899

python3 course.py test [lesson] [--other-machine] [--other-seed N] [--colab] [pytest options]
    Runs ruff, every notebook and every unit test. A lesson is its number: course.py test 02
    runs its notebook, its tests and its exercises.
    --other-machine computes with one thread and an older instruction set.
    --other-seed runs the notebooks only, with every seed moved: claims must hold all the same.
    --colab runs the notebooks only: whole, each alone in a folder, without a network.

The first start installs the course into .venv, which takes some minutes.
Paths are relative to the course's folder, wherever you call this from."""

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "course-stamp"
FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
COLAB_TEST = "tests/tools/test_colab.py"
EXERCISES = "tests/exercises"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # PyTorch without the CUDA libraries
INDEX_SECONDS = 5.0
INSTALL = ["install", "-e", ".[dev]", "-c", "constraints.txt"]

# What a failing step prints, and what the reader is told instead. Errors of the system are known by
# their numbers, because their words are in the language of the system.
REASONS = {
    r"Errno (28|122)\b|WinError (39|112)\b": "The disk is full. Free some space and try again.",
    "Failed to establish|ResolutionError|Connection aborted|ProxyError|timed out|Max retries": (
        "The packages cannot be reached. Check the network connection and try again."
    ),
    r"Errno (1|13|30)\b|WinError (5|32)\b": (
        f"The folder {ROOT} cannot be written to, or a program is using its .venv: "
        "close such programs, or copy the course to a folder of your own, and try again."
    ),
}
WHAT_TO_TRY = (
    "The installation failed; above are its own last lines. Try the same command again; "
    "if that does not help, try another Python (3.11, 3.12 or 3.13), or conda with environment.yml."
)


def check_python(version=sys.version_info) -> None:
    """Exit with one sentence unless the Python version is one that the course is tested with."""
    if not (3, 11) <= tuple(version[:2]) <= (3, 13):
        found = ".".join(str(number) for number in version[:3])
        sys.exit(
            f"The course needs Python 3.11, 3.12 or 3.13, and this is {found}: install one of them "
            "from https://www.python.org/downloads/ and use it, as in: python3.13 course.py lab"
        )


# ---------------------------------------------------------------------------------- set-up


def fingerprint() -> str:
    """Hash what an installation depends on: project, lock, Python version, and its own place."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\0".join([*parts, version.encode(), str(ROOT).encode()])).hexdigest()


def is_set_up() -> bool:
    """Whether `.venv` holds a finished installation of exactly this course."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == fingerprint()


def set_up() -> None:
    """Build `.venv` from scratch and stamp it when it is complete."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        sys.exit("The course's .venv must be built anew: type `deactivate` and try again.")
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        sys.exit(
            "This Python cannot make virtual environments. On Debian and Ubuntu this mends it: "
            "sudo apt install python3-venv"
        )
    if VENV.exists():
        print("Removing an old or unfinished .venv.", flush=True)
        shutil.rmtree(str(VENV))
    pip_arguments = install_arguments()
    with_cuda = sys.platform == "linux" and CPU_INDEX not in pip_arguments
    needed, free = (12 if with_cuda else 5), shutil.disk_usage(str(ROOT)).free / 1e9
    if free < needed:
        sys.exit(
            f"The course needs {needed} GB of disk, and {free:.1f} GB are free. Free some space."
        )

    print(f"Setting up {VENV}: once, some minutes, up to {needed} GB of disk.", flush=True)
    run_step([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    run_step([str(PYTHON), "-m", "ensurepip", "--default-pip"])
    run_step([str(PYTHON), "-m", "pip", *pip_arguments])

    unfinished = STAMP.with_suffix(".part")
    unfinished.write_text(fingerprint(), encoding="utf-8")
    unfinished.replace(STAMP)
    print("The course is set up.", flush=True)


def install_arguments() -> list:
    """Arguments of pip; with PyTorch's CPU index where that saves several gigabytes and answers."""
    arguments = [*INSTALL, "--no-input", "--disable-pip-version-check"]
    if sys.platform == "linux" and not has_nvidia_gpu() and index_answers():
        # pip prefers torch 2.13.0+cpu from there to 2.13.0; the lock admits both.
        arguments += ["--extra-index-url", CPU_INDEX]
    return arguments


def has_nvidia_gpu() -> bool:
    """Whether NVIDIA's driver is installed and finds a GPU."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    try:
        return subprocess.run([program, "-L"], capture_output=True, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def index_answers() -> bool:
    """Whether PyTorch's CPU index answers in time (pip itself would retry for minutes)."""
    try:
        with urllib.request.urlopen(f"{CPU_INDEX}/torch/", timeout=INDEX_SECONDS):
            return True
    except Exception:  # whatever the reason, the ordinary index will do
        return False


def run_step(command: list) -> None:
    """Run one step of the set-up, show that it advances, and exit with a reason if it fails."""
    environment = dict(os.environ, PYTHONIOENCODING="utf-8", PIP_USER="0")
    last_lines = collections.deque(maxlen=40)
    with subprocess.Popen(
        command,
        cwd=str(ROOT),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            for line in process.stdout:
                last_lines.append(line.rstrip())
                show_progress(line.strip())
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
    if process.returncode != 0:
        give_reason(last_lines)


def show_progress(line: str) -> None:
    """Print the lines of pip that tell how far it is."""
    if line.startswith("Installing collected packages") and line.count(",") > 1:
        packages = line.count(",") + 1
        print(f"  Installing {packages} packages: a minute or more without a word", flush=True)
    elif line.startswith("WARNING: Retrying"):
        print("  No answer from the network; trying again", flush=True)
    elif re.match("Collecting|Downloading.* [MG]B", line):
        print("  " + line.split(" (from ")[0], flush=True)


def give_reason(last_lines) -> None:
    """Exit with one sentence where the reason is known, else show the last lines first."""
    for pattern, sentence in REASONS.items():
        if re.search(pattern, "\n".join(last_lines)):
            sys.exit(sentence)
    print(*list(last_lines)[-15:], sep="\n", flush=True)
    sys.exit(WHAT_TO_TRY)


# -------------------------------------------------------------------------------- commands


def run(command: list, environment: dict) -> int:
    """Run a module of `.venv` in the course's folder and return its exit code."""
    process = subprocess.Popen([str(PYTHON), "-m", *command], cwd=str(ROOT), env=environment)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    interrupted = False
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:  # the command has got Ctrl-C as well, and ends in its own way
            interrupted = True
    if interrupted:
        raise KeyboardInterrupt
    return code


def course_environment() -> dict:
    """Environment variables for everything that runs in `.venv`."""
    path = str(PYTHON.parent) + os.pathsep + os.environ.get("PATH", "")
    return dict(
        os.environ,
        OMP_WAIT_POLICY="passive",  # two jobs on two cores must not stall each other …
        GOMP_SPINCOUNT="1000",  # … and small steps must not wait for a sleeping thread
        JUPYTER_PREFER_ENV_PATH="1",  # the kernel `python3` is the one of .venv
        VIRTUAL_ENV=str(VENV),
        PATH=path,
        **settings_folders(),
    )


def settings_folders() -> dict:
    """Environment variables for settings, where the home folder cannot be written; else none."""
    try:
        with tempfile.TemporaryFile(dir=str(Path.home())):
            return {}
    except (OSError, RuntimeError):  # not writable, or not known
        folder = VENV / "settings"
    print(f"Your home folder cannot be written; settings stay in {folder}.", flush=True)
    names = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"]
    names += ["IPYTHONDIR", "MPLCONFIGDIR", "KERAS_HOME"]
    return {name: os.environ.get(name, str(folder / name.lower())) for name in names}


def other_machine() -> dict:
    """The same, changed so that numbers come out as on another machine, where cells take longer."""
    patience = "--nbval-cell-timeout=900"
    environment = dict(
        course_environment(),
        PYTEST_ADDOPTS=" ".join(filter(None, [os.environ.get("PYTEST_ADDOPTS"), patience])),
        COURSE_THREADS="1",
        OMP_NUM_THREADS="1",
        ATEN_CPU_CAPABILITY="avx2",
        ONEDNN_MAX_CPU_ISA="AVX2",
        MKL_CBWR="COMPATIBLE",
    )
    environment.pop("OPENBLAS_CORETYPE", None)
    environment.pop("OPENBLAS_L2_SIZE", None)
    return environment


def lab(arguments: list) -> int:
    """Open JupyterLab on the first notebook; a notebook among the arguments is opened instead."""
    command = ["jupyter", "lab", f"--ServerApp.root_dir={ROOT}"]
    if (ROOT / FIRST_NOTEBOOK).exists():
        # Unlike a file name, this is also part of the address that --no-browser prints.
        command.append(f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}")
    return run([*command, *arguments], course_environment())


def test(arguments: list) -> int:
    """Run ruff and pytest, pytest last; non-zero when one of them fails."""
    environment = other_machine() if "--other-machine" in arguments else course_environment()
    colab = "--colab" in arguments
    if colab:
        environment["COURSE_COLAB"] = "whole"  # tests/tools/test_colab.py reads it
    options = ("--other-machine", "--colab")
    arguments = [argument for argument in arguments if argument not in options]
    arguments, moved = other_seed(arguments)
    if arguments and arguments[0].isdecimal():
        arguments = [*lesson_arguments(arguments[0], colab), *arguments[1:]]
    elif colab:
        arguments = [COLAB_TEST, *arguments]

    lint = run(["ruff", "check"], environment)
    layout = run(["ruff", "format", "--check"], environment)
    if lint or layout:
        print("ruff complains (see above), so this run fails whatever pytest says.", flush=True)
    return run(["pytest", *arguments], dict(environment, **moved)) or lint or layout


def other_seed(arguments: list) -> tuple:
    """Arguments with `--other-seed N` replaced by what runs notebooks alone, outputs not compared,
    and the environment variables that move the seeds."""
    if "--other-seed" not in arguments:
        return arguments, {}
    place = arguments.index("--other-seed")
    shift = "".join(arguments[place + 1 : place + 2])
    if not shift.isdecimal() or int(shift) < 1:
        sys.exit("--other-seed needs a number: python3 course.py test 05 --other-seed 1")
    arguments = arguments[:place] + arguments[place + 2 :]
    notebooks = [] if arguments and arguments[0].isdecimal() else ["notebooks"]
    moved = {"COURSE_OTHER_SEED": shift, "PYTHONPATH": str(ROOT / "tools" / "other_seed")}
    return [*arguments, *notebooks, "--nbval-lax", "-k", "ipynb"], moved


def lesson_arguments(number: str, colab: bool = False) -> list:
    """Arguments of pytest that select one lesson: its notebook, its tests, its exercises.

    With `colab` they select its simulation of Colab alone.
    """
    number = number.zfill(2)
    lessons = {path.name[:2]: path for path in sorted(ROOT.glob("notebooks/[0-9][0-9]_*.ipynb"))}
    if number not in lessons:
        sys.exit(f"There is no lesson {number}. There are: {', '.join(lessons) or 'none yet'}.")
    own = f"--lesson={number}"  # conftest.py: leaves out what is of another lesson
    if colab:
        return [COLAB_TEST, own]
    paths = [lessons[number], ROOT / f"tests/lessons/test_lesson_{number}.py", ROOT / EXERCISES]
    return [str(path.relative_to(ROOT)) for path in paths if path.exists()] + [own]


def main(arguments: list) -> int:
    """Carry out one command line and return its exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(HELP)
        return 0 if arguments else 2
    commands = {"lab": lab, "test": test}
    if arguments[0] not in commands:
        sys.exit(f"There is no command {arguments[0]}; the commands are lab and test.")
    try:
        if not is_set_up():
            set_up()
        return commands[arguments[0]](arguments[1:])
    except KeyboardInterrupt:
        print("\nStopped." if is_set_up() else "\nStopped: the set-up starts afresh next time.")
        return 130
    except OSError as error:
        give_reason([str(error)])


if __name__ == "__main__":
    check_python()
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # no console may stop us over a character
    sys.exit(main(sys.argv[1:]))
