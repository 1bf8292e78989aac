"""Each section's first line names the earlier sections that it needs, and none is missing."""

import needs
import notebook
import pytest
from needs import problems
from small_notebooks import write

# Lesson 00 is a tour without such lines.
LESSONS = [path for number, path in notebook.lessons().items() if number != "00"]


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_every_section_says_what_it_needs(path):
    found = problems(path)
    assert not found, "\n".join(found)


START = ("# 01 · Title", "import numpy as np\nrng = np.random.default_rng(0)")
ONE = ("## 1 · One\n\n*Needs: nothing.*", "w = np.ones(3)\n\n\ndef loss(x):\n    return x @ w")


def two(needed, *code):
    return (f"## 2 · Two\n\n*Needs: {needed}.*\n\nText.", *code)


@pytest.mark.parametrize(
    "cells",
    [
        two("nothing", "w = np.zeros(2)", "print(w, [i for i in w], {k: v for k, v in w})"),
        two("nothing", "for w in range(3):\n    print(w)"),
        two("nothing", "f = lambda w, *v, k=1: w + v + k\nf(3)"),
        two("nothing", "def f(w):\n    return w\n\n\nf(3)"),
        two("nothing", "class A:\n    w = 3\n\n    def f(self):\n        return self.w\n\n\nA().w"),
        two("nothing", "with open('a') as w, open('b') as v:\n    print(w, v, __name__)"),
        two("nothing", "try:\n    pass\nexcept OSError as w:\n    print(w)"),
        two("nothing", "if (w := 3) > 2:\n    print(w)"),
        two(
            "nothing", "print([[w for w in v] for v in rng], {w: 1 for w in rng}, {w for w in rng})"
        ),
        two("nothing", "print([w := 3 for i in range(3)], w)"),
        two("nothing", "while (w := 3):\n    print(w)"),
        two("section 1", "print(loss(rng))"),
        (*two("section 1", "v = loss"), "## 3 · Three\n*Needs: section 2.*", "print(v, w)"),
        (*two("nothing", "v = 1"), "## 3 · Three\n*Needs: sections 1 to 2.*", "print(v, w)"),
        (*two("nothing", "def later():\n    return v\n\n\nv = 1"), "print(later())"),
        (*two("nothing", "w = 2"), "## 3 · Three\n*Needs: sections 1 and 2.*", "print(w)"),
    ],
)
def test_what_is_said_is_enough(tmp_path, cells):
    assert problems(write(tmp_path / "01_a.ipynb", *START, *ONE, *cells)) == []


@pytest.mark.parametrize(
    "code",
    [
        "print(w)",
        "w = w + 1",
        "w += 1",
        "w[0] = 1",
        "print([w for i in range(3)])",
        "print([i for i in range(3) if i in w])",
        "print([i for i in w])",
        "f = lambda x: x + w",
        "def f():\n    return w\n\n\nf()",
        "def f(x=w):\n    return x",
        "def f():\n    return g()\n\n\ndef g():\n    return [w for i in range(3)]\n\n\nf()",
        "class A:\n    def f(self):\n        return w\n\n\nA().f()",
        "for i in w:\n    pass",
        "print(w)\nw = 3",
        "if w:\n    pass",
        "with open('a') as a:\n    print(w)",
        "try:\n    print(w)\nexcept OSError:\n    pass",
        "class A:\n    b = w\n\n\nA()",
        "f = {k: w for k in range(3)}",
        "loss",
    ],
)
def test_a_name_of_a_section_that_is_not_needed_is_told(tmp_path, code):
    found = problems(write(tmp_path / "01_a.ipynb", *START, *ONE, *two("nothing", code)))
    assert "01_a, cell 6: section 2 uses w of section 1, which it does not need" in found


def test_a_name_that_another_section_has_changed_is_told(tmp_path):
    three = ("## 3 · Three\n*Needs: section 1.*", "print(w)")
    for change in ("w = np.zeros(2)", "w[1] = 2", "w += 1", "w.flags.writeable = False"):
        cells = (*START, *ONE, *two("section 1", change), *three)
        assert problems(write(tmp_path / "01_a.ipynb", *cells)) == [
            "01_a, cell 8: section 3 uses w as section 2 left it, "
            "but needs only section 1, which makes another"
        ]


def test_a_name_that_nothing_makes_is_told(tmp_path):
    found = problems(write(tmp_path / "01_a.ipynb", *START, *ONE, *two("nothing", "print(v)")))
    assert found == ["01_a, cell 6: section 2 uses v, which no earlier cell makes"]


def test_the_tool_prints_one_line_a_problem(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(notebook, "NOTEBOOKS", tmp_path)
    write(tmp_path / "00_a.ipynb", *START, "print(v)")
    write(tmp_path / "01_a.ipynb", *START, *ONE, *two("nothing", "print(w)", "print(loss)"))
    assert needs.main([]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 2  # lesson 00 has no such lines
    write(tmp_path / "01_a.ipynb", *START, *ONE)
    assert needs.main(["01"]) == 0
