"""tools/publish.py stamps one address into every place that names the course."""

import re
import subprocess
import sys
from pathlib import Path

import form
import notebook
import publish
import pytest
from notebook import ROOT, SETUP_CELL
from publish import ADDRESS_LINES
from small_notebooks import code, text, write

FIRST = "https://github.com/publish_first/generative-ai-course"
COLAB = "https://colab.research.google.com/github/publish_first/generative-ai-course/blob/main"
README = f"""# Course

[![Colab]({FIRST}/raw/main/badge.svg)]({COLAB}/notebooks/00_start_here.ipynb)
[![Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/publish_first/generative-ai-course/main?urlpath=lab/tree/notebooks/00_start_here.ipynb)

    git clone {FIRST}.git course

<!-- unpublished -->
The address is a placeholder.
<!-- /unpublished -->

See {FIRST}. Unlike {FIRST}-two and https://github.com/karpathy/nanoGPT/blob/main/a.py, it is ours.
"""
SETUP = ADDRESS_LINES.sub(f'REPO = "{FIRST}"\nREF = "main"', SETUP_CELL)
BADGES = re.compile(
    r"(?:colab\.research\.google\.com/github|mybinder\.org/v2/gh)/([\w.-]+/[\w.-]+)/(?:blob/)?([\w.-]+)"
)


@pytest.fixture
def course(tmp_path) -> Path:
    """A small course that was never published."""
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").write_text(f"Data of {FIRST}/tree/main/data.\n", "utf-8")
    project = f'[project]\nname = "course"\n\n[project.urls]\nRepository = "{FIRST}"\n'
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    for name in ("00_start_here", "01_next"):
        badge = f"# {name[:2]} · É\n[![x](x.svg)]({COLAB}/notebooks/{name}.ipynb)\n"
        path = write(tmp_path / "notebooks" / f"{name}.ipynb", text(badge), code(SETUP), code("1"))
        path.write_text(notebook.written(notebook.read(path)), encoding="utf-8", newline="\n")
    return tmp_path


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def addresses(root: Path) -> dict[str, set[tuple[str, str]]]:
    """(OWNER/REPO, tag) by place: project file, set-up cells, badges of notebooks and README."""
    project = (root / "pyproject.toml").read_text(encoding="utf-8")
    [repository] = re.findall(rf'^Repository = "{publish.GITHUB}(.+)"', project, re.MULTILINE)
    readme = (root / "README.md").read_text(encoding="utf-8")
    found = {"pyproject.toml": {(repository, "")}, "README.md": set(BADGES.findall(readme))}
    for path in notebook.lessons(root / "notebooks").values():
        lesson = notebook.read(path)
        repo, ref = ADDRESS_LINES.search("\n".join(notebook.code(lesson))).groups()
        found[f"{path.name}, set-up cell"] = {(repo.removeprefix(publish.GITHUB), ref)}
        found[f"{path.name}, badge"] = set(BADGES.findall(lesson.cells[0].source))
    return found


def assert_one_address(root: Path) -> tuple[str, str]:
    """Every place names the course, and all the same; returns that address."""
    found = addresses(root)
    assert all(found.values()), found
    everything = set().union(*found.values())
    [name] = {name for name, _ in everything}
    [ref] = {ref for _, ref in everything if ref}
    return name, ref


def test_publish_stamps_every_place(course):
    before = contents(course)
    assert len(publish.publish(course, "https://github.com/ada/my.course.git/", "v1.2")) == 5
    assert assert_one_address(course) == ("ada/my.course", "v1.2")
    readme = (course / "README.md").read_text(encoding="utf-8")
    note = README[README.index("<!-- unp") : README.index("See ")]
    new = "https://github.com/ada/my.course"
    assert readme == (
        README.replace("publish_first/generative-ai-course", "ada/my.course")
        .replace(note, "")
        .replace("/main", "/v1.2")
        .replace("git clone ", "git clone --branch v1.2 ")
        .replace(f"{new}-two", f"{FIRST}-two")
        .replace("nanoGPT/blob/v1.2", "nanoGPT/blob/main")
    )
    assert f"{new}/tree/v1.2/data." in (course / "data" / "README.md").read_text(encoding="utf-8")
    for path in (course / "notebooks").iterdir():
        lines, old_lines = path.read_bytes().splitlines(), before[path].splitlines()
        changed = [new for new, old in zip(lines, old_lines, strict=True) if new != old]
        assert len(changed) == 3 and b"colab" in changed[0]
        assert b"REPO = " in changed[1] and b"REF = " in changed[2]


def test_publish_again_changes_nothing_and_moves_on(course):
    publish.publish(course, "https://github.com/ada/course", "v1")
    first = contents(course)
    assert publish.publish(course, "https://github.com/ada/course/", "v1") == []
    publish.publish(course, "https://github.com/bob-2/c")
    assert assert_one_address(course) == ("bob-2/c", "main")
    readme = (course / "README.md").read_text(encoding="utf-8")
    assert "    git clone https://github.com/bob-2/c.git course\n" in readme
    publish.publish(course, "https://github.com/ada/course", "v1")
    assert contents(course) == first


def test_publish_mends_a_notebook_that_was_stamped_otherwise(course):
    stray = course / "notebooks" / "01_next.ipynb"
    content = stray.read_text(encoding="utf-8").replace("publish_first/", "someone/")
    stray.write_text(content, encoding="utf-8", newline="\n")
    publish.publish(course, "https://github.com/ada/course")
    assert assert_one_address(course) == ("ada/course", "main")


@pytest.mark.parametrize(
    ("url", "ref"),
    [
        ("", "main"),
        ("ada/course", "main"),
        ("http://github.com/ada/course", "main"),
        ("https://gitlab.com/ada/course", "main"),
        ("https://github.com/ada", "main"),
        ("https://github.com/ada/course/tree/main", "main"),
        ('https://github.com/ada/course"', "main"),
        ("https://github.com/ada/my course", "main"),
        ("https://github.com/OWNER/REPO", "main"),
        ("https://github.com/a/b", ""),
        ("https://github.com/a/b", "-v"),
        ("https://github.com/a/b", "a b"),
        ("https://github.com/a/b", "a/b"),
        ("https://github.com/a/b", 'v"'),
        ("https://github.com/a/b", "v\n"),
    ],
)
def test_publish_refuses_in_a_sentence_what_is_no_address(course, url, ref, capsys):
    before = contents(course)
    assert publish.main([url, f"--ref={ref}", "--root", str(course)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert contents(course) == before


def test_publish_needs_no_package(course):
    command = [sys.executable, "-I", "-S", publish.__file__, "https://github.com/a/b"]
    done = subprocess.run([*command, "--root", str(course)], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "https://github.com/a/b, main" in done.stdout.splitlines()[-1]


def test_publish_writes_nothing_when_a_notebook_lacks_its_set_up_cell(course, capsys):
    write(course / "notebooks" / "02_bare.ipynb", "a = 1")
    before = contents(course)
    assert publish.main(["https://github.com/ada/course", "--root", str(course)]) == 1
    assert capsys.readouterr().err == "02_bare.ipynb has no set-up cell with REPO and REF.\n"
    assert contents(course) == before


def test_this_course_names_one_address():
    assert_one_address(ROOT)


def test_a_fork_of_this_course_names_its_own_address_everywhere(tmp_path):
    for path in publish.documents(ROOT):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    old, _ = assert_one_address(ROOT)
    publish.publish(tmp_path, "https://github.com/ada-2/my.course", "v2")
    assert assert_one_address(tmp_path) == ("ada-2/my.course", "v2")
    for path in publish.documents(tmp_path):
        assert old not in path.read_text(encoding="utf-8"), path.name
    assert publish.publish(tmp_path, "https://github.com/ada-2/my.course", "v2") == []
    # Form and tests of the fork take the set-up cell from the stamped tools/setup_cell.py.
    cell = notebook.code(notebook.read(notebook.lesson("00", tmp_path / "notebooks")))[0]
    assert cell + "\n" == (tmp_path / "tools" / "setup_cell.py").read_text(encoding="utf-8")
    assert not [
        p for p in form.problems(notebook.lesson("00", tmp_path / "notebooks")) if "cell 2" in p
    ]


def test_the_readme_of_an_unpublished_course_says_what_to_do():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    note = publish.UNPUBLISHED.search(readme)
    assert bool(note) == ("publish_first" in readme)
    assert not note or "`python tools/publish.py https://github.com/OWNER/REPO`" in note[0]
