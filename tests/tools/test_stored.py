"""What tools/execute.py leaves as it was stored, and the numbers of claims that it notes."""

import json
import subprocess
import sys

import execute
import pytest
import stored
from notebook import ROOT, read
from small_notebooks import code, write

# Each run measures another number: the runs are counted in a file.
MEASURE = """from pathlib import Path

from helpers import check

runs = Path("runs")
runs.write_text(runs.read_text() + "." if runs.exists() else ".")
value = 0.97 + len(runs.read_text()) / 1000
print("first")
check.claim("held-out accuracy", value, above=0.9, unit="%")
print("last")"""
TRAIN = """import time

from helpers import train

history = train.run(lambda progress: time.sleep(0.03) or 0.5, 20, name="LSTM")
print(len(history.losses), "steps")"""


@pytest.fixture
def course(tmp_path):
    """A course of one lesson; the file of claims knows another one."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "claims.json").write_text('{"02": {"held-out accuracy": "50 %"}}', "utf-8")
    path = tmp_path / "notebooks" / "01_try.ipynb"
    write(path, "# 01 · Try", MEASURE, code("check.summary()"), TRAIN)
    return tmp_path


def run(course, *options: str) -> int:
    return execute.main(["--notebooks", str(course / "notebooks"), *options])


def printed(course) -> list[str]:
    lesson = read(course / "notebooks" / "01_try.ipynb")
    return ["".join(out["text"] for out in stored.streams(cell)) for cell in lesson.cells]


def strictly(course) -> subprocess.CompletedProcess:
    """Compare the lesson with nbval, as the course does."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env",
         f"--nbval-sanitize-with={ROOT / 'sanitize.cfg'}", "-p", "no:cacheprovider",
         f"--rootdir={course}", str(course / "notebooks")],
        capture_output=True, text=True, encoding="utf-8", cwd=course, check=False,
    )  # fmt: skip


def test_claims_keep_their_numbers_and_are_noted_by_lesson(course, capsys):
    path, claims = course / "notebooks" / "01_try.ipynb", course / "data" / "claims.json"
    assert run(course) == 0
    _, claim, summary, _ = printed(course)
    assert claim == "first\n✓ held-out accuracy 97.1 % (above 90 %)\nlast\n"
    assert summary.splitlines()[1].split("  ")[1:3] == ["97.1 %", "97.1 %"]
    noted = {"01": {"held-out accuracy": "97.1 %"}, "02": {"held-out accuracy": "50 %"}}
    assert json.loads(claims.read_text(encoding="utf-8")) == noted
    before = path.read_bytes(), claims.read_bytes()
    capsys.readouterr()

    assert run(course) == 0
    assert (path.read_bytes(), claims.read_bytes()) == before
    assert "01_try, cell 2: claims keep their stored numbers" in capsys.readouterr().out

    assert run(course, "--fresh") == 0
    _, claim, summary, _ = printed(course)
    assert "97.3 %" in claim
    assert summary.count("97.3 %") == 2
    assert json.loads(claims.read_text(encoding="utf-8"))["01"] == {"held-out accuracy": "97.3 %"}


def test_a_claim_with_other_limits_is_another_line(course):
    path = course / "notebooks" / "01_try.ipynb"
    assert run(course) == 0
    text = path.read_text(encoding="utf-8").replace("above=0.9,", "above=0.8,")
    path.write_text(text, encoding="utf-8")
    assert run(course) == 0
    assert "97.2 % (above 80 %)" in printed(course)[1]


@pytest.mark.parametrize("widgets", [True, False])
def test_a_bar_is_stored_complete_and_its_seconds_are_not_compared(course, widgets):
    path = course / "notebooks" / "01_try.ipynb"
    hide = "" if widgets else "import sys\n\nsys.modules['ipywidgets'] = None\n"
    write(path, code(hide + TRAIN))
    assert run(course) == 0
    first = path.read_bytes()
    (text,) = printed(course)
    bar, steps = text.splitlines()
    assert bar.startswith(f"LSTM: 100%|{20 * '█'}| 20/20 [00:0") and bar.endswith("it/s]")
    assert steps == "20 steps"
    assert run(course) == 0
    assert path.read_bytes() == first  # the seconds too

    path.write_bytes(first.replace(b"it/s]", b"s/it]").replace(b"[00:0", b"[07:0"))
    same = strictly(course)
    assert same.returncode == 0, same.stdout
    path.write_bytes(first.replace(b"100%", b"95%"))
    assert "Cell outputs differ" in strictly(course).stdout


def test_figures_and_texts_in_between_leave_one_bar(course):
    path = course / "notebooks" / "01_try.ipynb"
    shows = """import time

from helpers import train


def evaluate():
    time.sleep(0.15)  # long enough for the bar to be drawn
    display("figure")
    train.tqdm.write("text")
    return 0.5


train.run(lambda progress: 0.5, 4, evaluate, every=2, name="RNN").scores"""
    write(path, code(shows))
    assert run(course) == 0
    bar = f"RNN: 100%|{20 * '█'}| 4/4 […]\n"
    text = stored.masked(printed(course)[0])
    assert text == "text\ntext\ntext\n" + bar
    same = strictly(course)
    assert same.returncode == 0, same.stdout


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("LSTM: 100%|████| 20/20 [01:12<00:00,  3.51s/it]   ", True),
        ("LSTM:  95%|████| 20/20 [00:12<00:00, 29.35it/s]", False),
        ("LSTM: 100%|███▌| 20/20 [00:12<00:00, 29.35it/s]", False),
        ("LSTM: 100%|████| 19/20 [00:12<00:00, 29.35it/s]", False),
        ("RNN: 100%|████| 20/20 [00:12<00:00, 29.35it/s]", False),
        ("LSTM: 100%|████| 20/20 [00:12<00:00, 29.35it/s] 1", False),
    ],
)
def test_of_a_bar_only_the_seconds_are_masked(other, same):
    bar = "LSTM: 100%|████| 20/20 [00:12<00:00, 29.35it/s]"
    assert (stored.masked(other) == stored.masked(bar)) is same


def test_only_lines_that_differ_where_they_are_masked_are_kept():
    before = "a\n✓ x 1.5 (above 1)\nb\n✓ y 2 (below 3)\n"
    after = "a\n✓ x 1.6 (above 1)\nnew\n✓ y 2.5 (below 4)\nb"
    expected = "a\n✓ x 1.5 (above 1)\nnew\n✓ y 2.5 (below 4)\nb"
    assert stored.kept(before, after) == expected
    assert stored.kept(before, "") == ""
    assert stored.kept("", after) == after


def test_a_lesson_without_claims_leaves_no_entry(tmp_path):
    path = tmp_path / "claims.json"
    path.write_text('{"05": {"x": "1"}, "01": {"x": "2"}}', encoding="utf-8")
    assert json.loads(stored.record(path, "05", {})) == {"01": {"x": "2"}}
    assert list(json.loads(stored.record(path, "03", {"y": "3"}))) == ["01", "03", "05"]
