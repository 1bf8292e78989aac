"""tools/mutate.py finds the errors that no check notices, and leaves no trace of those it made."""

import ast
import json
import os
import subprocess
import sys

import mutate
import numpy as np
import pytest
import torch
from mutation import runner
from mutation.memory import Memory, TimeUp, at_most
from mutation.operators import mutants
from mutation.program import Program
from small_notebooks import write

from helpers import check

START = ("# 01 · Title", "import numpy as np\nfrom helpers import check")
SETTING = "x = np.array([0.5, 2.0, -3.0])\nrng = np.random.default_rng(0)"


@pytest.fixture
def lesson(tmp_path):
    """Makes a notebook of these cells; a text cell begins a section."""

    def make(*cells):
        return write(tmp_path / "01_a.ipynb", *START, "## 1 · One", SETTING, *cells)

    return make


def survivors(report):
    return {(s.kind, s.before, s.after) for s in report.survivors}


# ------------------------------------------------------------------------------------- verdicts


def test_a_sound_check_lets_nothing_survive(lesson):
    report = mutate.examine(
        lesson(
            "def length(x):\n    return np.sqrt(np.sum(x**2))",
            'check.equal("01.1", length(3 * x), 3 * 13.25**0.5)',
        )
    )
    assert (report.survivors, report.notes, report.not_run) == ([], [], 0)
    assert (report.checks, report.reached) == (1, 1) and report.verdict >= 6


@pytest.mark.parametrize(
    "code, kind, before, after",
    [
        ("s = 2 + x\ncheck.equal('01.1', s * x, x * s)", "B", "s = 2 + x", "s = 2 - x"),
        (
            "y = x + 1e-9 * x\ncheck.equal('01.1', y, x.copy())",
            "W",
            "y = x + 1e-09 * x",
            "y = x",
        ),
        (
            "one = np.ones(3)\ny = 2 * one**2\ncheck.equal('01.1', y, np.full(3, 2.0))",
            "U",
            "y = 2 * one ** 2",
            "y = 2 * one",
        ),
        (
            "def near(x):\n    return x.max() - 1\n\n\n"
            "check.claim('largest', near(x), above=0, below=9)",
            "W",
            "return x.max() - 1",
            "return x.max()",
        ),
        (
            "def loss(x):\n    return np.sum(x**2) + 4\n\n\ncheck.gradient('01.1', loss, x, 2 * x)",
            "W",  # the differences are rounded otherwise
            "return np.sum(x ** 2) + 4",
            "return np.sum(x ** 2)",
        ),
    ],
)
def test_a_hole_is_found_and_has_its_class(lesson, code, kind, before, after):
    report = mutate.examine(lesson(code), per_check=50)
    assert (kind, before, after) in survivors(report)


def test_an_error_and_an_endless_loop_count_as_caught(lesson, monkeypatch):
    monkeypatch.setattr(runner, "MORE_SECONDS", 0.2)
    report = mutate.examine(
        lesson(
            "def halvings(n):\n    k = 0\n    while n > 1:\n        n = n / 2\n        k += 1\n"
            "    return k",
            'check.equal("01.1", halvings(8), 3)',
            'check.equal("01.2", np.ones((2, 3)) @ x, [-0.5, -0.5])',
        ),
        per_check=50,
    )
    assert report.time > 0 and report.error > 0 and report.notes == []


def test_a_demonstration_that_is_meant_to_fail_is_not_counted(lesson):
    report = mutate.examine(
        lesson(
            "y = 2 * x",
            'try:\n    check.equal("01.1", y, 3 * x)\nexcept AssertionError:\n    pass',
        )
    )
    assert (report.checks, report.verdict, report.survivors) == (0, 0, [])


def test_a_check_that_fails_without_an_error_is_named_and_not_counted(lesson):
    report = mutate.examine(
        lesson(
            "y = 2 * x",
            'check.equal("01.1", y, 3 * x)',
            "## 2 · Two",
            'check.equal("01.2", 2 * x, x + x)',
        )
    )
    assert len(report.notes) == 1 and "cell 6: check.equal('01.1'" in report.notes[0]
    assert report.not_run > 0 and report.verdict > 0
    assert {s.equation for s in report.survivors} <= {"01.2"}


# --------------------------------------------------------------------------------- restoration


def test_errors_reach_callers_and_leave_no_trace(lesson):
    report = mutate.examine(
        lesson(
            "def twice(x):\n    return 2 * x\n\n\ndef four(x):\n    return twice(twice(x))",
            "class Sum:\n    def __init__(self):\n        self.s = np.zeros(3)\n\n"
            "    def add(self, x):\n        self.s += twice(x)",
            "total, seen = Sum(), []",
            "total.add(x)\nseen.append(four(x[0]))",
            'check.equal("01.1", total.s, np.array([1.0, 4.0, -6.0]))\n'
            'check.equal("01.1", np.array(seen), np.array([2.0]))',
            'check.equal("01.2", rng.normal(size=2), np.random.default_rng(0).normal(size=2))',
            "## 2 · Two",
            "total.add(x)\nseen.append(four(x[1]))",
            'check.equal("01.3", total.s, np.array([2.0, 8.0, -12.0]))\n'
            'check.equal("01.3", np.array(seen), np.array([2.0, 8.0]))',
            'check.equal("01.4", rng.normal(size=2), np.random.default_rng(0).normal(size=4)[2:])',
        ),
        per_check=30,
    )
    assert (report.notes, report.reached) == ([], 6)
    assert report.survivors == [] and report.verdict > 10


def test_the_functions_of_check_and_the_environment_are_as_before(lesson):
    before, variables = {name: getattr(check, name) for name in check.__all__}, dict(os.environ)
    mutate.examine(lesson("y = 2 * x\ncheck.equal('01.1', y, x + x)"))
    assert {name: getattr(check, name) for name in before} == before
    del variables["PYTEST_CURRENT_TEST"]
    assert variables.items() <= os.environ.items()
    assert not os.environ.keys() - variables.keys() - {"PYTEST_CURRENT_TEST"}


def counter(count):
    def more():
        nonlocal count
        count += 1
        return count

    return more


def test_memory_puts_everything_back():
    layer, array, rng = torch.nn.Linear(2, 1), np.arange(3.0), np.random.default_rng(0)
    more, held = counter(0), {"list": [1, 2], "set": {1}, "layer": layer}
    names = {"held": held, "array": array, "rng": rng, "more": more}
    memory, weight = Memory(names, {}), layer.weight.detach().clone()
    assert memory.changed() == set()
    layer(torch.ones(1, 2)).sum().backward()
    layer.weight.data += 1
    array[1], held["new"] = 9, 3
    held["list"].append(3)
    held["set"].clear()
    more()
    drawn = rng.normal()
    changed = {id(t) for t in (held, held["list"], held["set"], array, more, layer.weight)}
    assert changed <= memory.changed()
    memory.restore()
    assert memory.changed() == set() and layer.weight.grad is None
    assert torch.equal(layer.weight, weight) and array[1] == 1 and held["list"] == [1, 2]
    assert more() == 1 and rng.normal() == drawn


def test_memory_reaches_the_weights_behind_a_loss():
    w = torch.ones(2, requires_grad=True)
    loss = (w**2).sum()
    memory = Memory({"loss": loss}, {})
    loss.backward()
    assert id(w) in memory.changed()


def test_a_block_is_cut_off():
    with pytest.raises(TimeUp), at_most(0.1):
        while True:
            pass


# ------------------------------------------------------------------------------- what is needed


def test_what_no_check_needs_does_not_run(lesson, tmp_path):
    report = mutate.examine(
        lesson(
            "from pathlib import Path",
            "for _ in range(3):\n    Path('trained').touch()\nlosses = [1]",
            "print(losses)\nassert losses == []",
            "y = 2 * x\ncheck.equal('01.1', y, x + x)",
        )
    )
    assert not (tmp_path / "trained").exists() and report.notes == []
    assert any("for _ in range(3)" in shown for shown in report.left_out)


def test_a_training_for_a_claim_alone_is_cut_off(lesson):
    path = lesson(
        "k = 0\nwhile k >= 0:\n    k += 1",
        "check.claim('steps', k, above=1)",
        "y = 2 * x\ncheck.equal('01.1', y, x + x)",
    )
    report = mutate.examine(path, patience=0.2)
    assert (report.checks, report.reached) == (2, 1) and "cut off" in report.notes[0]
    assert report.verdict > 0


def test_a_model_that_is_trained_under_another_name_is_trained(lesson):
    report = mutate.examine(
        lesson(
            "class Model:\n    w = 0\n\n    def step(self):\n        self.w = self.w + 2",
            "model = Model()\nstep = model.step",
            "losses = [step() for _ in range(3)]",
            "check.equal('01.1', model.w, 6)",
        )
    )
    assert (report.reached, report.notes) == (1, [])


def test_of_a_loop_only_what_leads_to_the_check_is_changed(lesson):
    path = lesson(
        "for k in (1, 2):\n    y = k * x\n    z = y + 7\n    print(z - 1)\n"
        "    check.equal('01.1', y, x if k == 1 else x + x)"
    )
    program = Program(path)
    (target,) = program.targets()
    drawn = mutate.Sampler(program, 50, 0).draw(target)
    assert any("k * x" in m.before for m in drawn)
    assert not any("7" in m.before or "- 1" in m.before for m in drawn)


def test_a_survivor_is_put_to_the_checks_of_its_own_section_too(lesson):
    path = lesson(
        "def f(x):\n    return 2 * x",
        "check.equal('01.1', f(x), x + x)",
        "## 2 · Two",
        "check.equal('01.2', np.sort(f(x)), f(np.sort(x)))",
    )
    report = mutate.examine(path, per_check=1, section="2")
    assert [s for s in report.survivors if "2 * x" in s.before] == []
    assert report.checks == 1


# ----------------------------------------------------------------------------------- operators


@pytest.mark.parametrize(
    "code, expected",
    [
        ("a = b + c", {"b - c", "b", "c", "-(b + c)"}),
        ("a = b / c", {"b * c", "1 / c", "b"}),
        ("a = b ** 2", {"b", "b ** 3"}),
        ("a = -b", {"b"}),
        ("a = b @ C.T", {"C.T @ b", "b @ C", "b.T @ C.T"}),
        ("a = b.sum(axis=1, keepdims=True)", {"b.mean(axis=1, keepdims=True)"}),
        ("a = b.sum(axis=1, keepdims=True)", {"b.sum(axis=0, keepdims=True)"}),
        ("a = b.sum(axis=1, keepdims=True)", {"b.sum(axis=1, keepdims=False)"}),
        ("a = b.softmax(-1)", {"b.softmax(0)", "b"}),
        ("a = np.maximum(b, 0)", {"np.minimum(b, 0)", "np.maximum(b, 1)"}),
        ("a = np.exp(b)", {"b"}),
        ("a = torch.tril(b)", {"torch.triu(b)"}),
        ("a = b < c", {"b > c"}),
        ("a = f(b, reduction='sum')", {"f(b, reduction='mean')"}),
    ],
)
def test_errors_that_are_made(code, expected):
    found = {after.removeprefix("a = ") for _, _, after, _ in mutants(ast.parse(code).body[0])}
    assert expected <= found


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np",
        "a = np.zeros((2, 3 * n))",
        "a = b.reshape(T + 1, -1)",
        "a = b[0]",
        "a = rng.normal(2, 3, size=4)",
        "print(2 * b)",
        "plt.plot(-b)",
        "a = f'{b + c}'",
        "check.equal('1', a, b, tol=1e-3)",
        "a = [b] * 3",
        "assert 2 * a > 3",
    ],
)
def test_what_sets_the_scene_is_left_alone(code):
    assert list(mutants(ast.parse(code).body[0])) == []


def test_augmented_statements_are_turned_and_dropped():
    code = "def f(x):\n    x += 1\n    x[0] = y\n    return x"
    found = {after for _, _, after, _ in mutants(ast.parse(code).body[0])}
    assert {"x -= 1", "dropped"} <= found


# ------------------------------------------------------------------------------------- program


def test_the_same_seed_draws_the_same_sample(lesson):
    program = Program(lesson("y = 2 * x - 1 / x\ncheck.equal('01.1', y, x + x)"))

    def drawn(seed):
        return [m.name() for m in mutate.Sampler(program, 4, seed).draw(program.targets()[0])]

    assert drawn(0) == drawn(0) and len(drawn(0)) == 4
    assert any(drawn(0) != drawn(seed) for seed in (1, 2, 3))


def test_known_survivors_are_listed_apart(lesson, monkeypatch, tmp_path, capsys):
    path = lesson("s = 2 + x\ncheck.equal('01.1', s * x, x * s)")
    known = tmp_path / "known.json"
    known.write_text(json.dumps({"01": {"01.1 | s = 2 + x → s = x": "it holds for any s"}}))
    monkeypatch.setattr(mutate, "KNOWN", known)
    file = tmp_path / "report.json"
    options = ["01", "--notebooks", str(path.parent), "--json", str(file), "--per-check", "50"]
    assert mutate.main(options) == 0
    told = capsys.readouterr().out
    assert "(01.1) cell 5: s = 2 + x → s = x [it holds for any s]" in told
    assert "| 01 | 1 of 1 |" in told
    assert json.loads(file.read_text(encoding="utf-8"))["01"]["reached"] == 1


def test_a_lesson_that_dies_takes_no_other_with_it(tmp_path, capsys, monkeypatch):
    for number in ("01", "02"):
        write(tmp_path / f"{number}_a.ipynb", *START)

    def run(command, **options):
        if command[2] == "01":
            return subprocess.CompletedProcess(command, -9, "", "")
        mutate.main(command[2:])
        return subprocess.CompletedProcess(command, 0, "a report", "")

    monkeypatch.setattr(subprocess, "run", run)
    assert mutate.main(["all", "--notebooks", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "Lesson 01 could not be tested: exit code -9" in told
    assert "a report" in told and told.splitlines()[-1].startswith("| 02 | 0 of 0 |")


def test_it_runs_as_a_program(tmp_path):
    write(tmp_path / "01_a.ipynb", *START)
    command = [sys.executable, mutate.__file__, "01", "--notebooks", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 0 and "| 01 | 0 of 0 |" in run.stdout


def test_wrong_use_is_one_sentence(tmp_path, capsys):
    for wrong in (["77"], ["01", "--section", "no such"]):
        write(tmp_path / "01_a.ipynb", *START)
        with pytest.raises(SystemExit) as end:
            mutate.main([*wrong, "--notebooks", str(tmp_path)])
        assert end.value.code == 2
        assert "There is no" in capsys.readouterr().err
