"""The set-up cell, tools/setup_cell.py: finds the helpers, or clones them, or says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import notebook
from publish import ADDRESS_LINES

REPO, REF = ADDRESS_LINES.search(notebook.SETUP_CELL).groups()


def run(folder: Path, times: int = 1, **environment: str) -> subprocess.CompletedProcess:
    """Run the set-up cell in a Python that finds no installed package, then import the helpers."""
    script = f"cell = {notebook.SETUP_CELL!r}\n"
    script += "exec(cell)\n" * times + "import helpers.session\n"
    script += "assert sum(path == str(places[0] / 'src') for path in sys.path) == 1\n"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
    )


def redirected(local: Path) -> dict[str, str]:
    """Environment in which git takes a local repository for the course's address."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{local.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": REPO,
    }


def course_in(folder: Path) -> Path:
    (folder / "src" / "helpers").mkdir(parents=True)
    (folder / "src" / "helpers" / "__init__.py").touch()
    (folder / "src" / "helpers" / "session.py").touch()
    return folder


def test_a_parent_folder_is_found(tmp_path):
    notebooks = course_in(tmp_path / "clone") / "notebooks"
    notebooks.mkdir()
    done = run(notebooks, times=2)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(notebooks.iterdir()) == []


def test_it_clones_once_and_silently(tmp_path):
    course = course_in(tmp_path / "origin")
    git = ["git", "-C", str(course), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run([*git, "init", "--quiet", f"--initial-branch={REF}"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=Course"], check=True)
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run(empty, times=2, **redirected(course))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in empty.iterdir()] == ["course"]
    again = run(empty, **redirected(tmp_path / "unreachable"))
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_a_strangers_helpers_beside_the_notebook_do_no_harm(tmp_path):
    """A helpers.py is passed over, and the course is cloned; without a clone, one sentence."""
    (tmp_path / "helpers.py").write_text("mine = 1\n", encoding="utf-8")
    done = run(tmp_path, **redirected(tmp_path / "unreachable"))
    assert done.stderr.splitlines()[-1].startswith("RuntimeError: The course could not be cloned")


def test_one_that_cannot_clone_says_what_to_do(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    done = run(folder, **redirected(tmp_path / "unreachable"))
    assert done.returncode == 1
    sentence = done.stderr.splitlines()[-1]
    for words in (f"could not be cloned from {REPO} ({REF})", "inside a clone", "publish.py"):
        assert words in sentence
    assert list(folder.iterdir()) == []


def test_every_lesson_has_it_and_it_is_short():
    lessons = map(notebook.read, notebook.lessons().values())
    assert {notebook.code(lesson)[0] for lesson in lessons} == {notebook.SETUP_CELL}
    assert len(notebook.SETUP_CELL.splitlines()) <= 30
