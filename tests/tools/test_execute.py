"""tools/execute.py runs notebooks and stores them in one canonical form."""

import ast
import sys

import execute
import pytest
from notebook import read
from small_notebooks import code, write

WIDGET = "application/vnd.jupyter.widget-view+json"


def run(folder, *options: str) -> int:
    return execute.main(["--notebooks", str(folder), *options])


def test_execute_is_canonical_and_keeps_what_is_not_compared(tmp_path, monkeypatch, capsys):
    kernel = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text('{"argv": ["no-such-program"], "display_name": "x"}', encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("COURSE_THREADS", "7")
    picture = {WIDGET: {"model_id": "1"}, "text/plain": "a bar"}
    path = write(
        tmp_path / "01_try.ipynb",
        "# 01 · Try",
        code("import os\nimport sys\nimport time\n\ntime.time()", "nbval-ignore-output", "timing"),
        code(f"display({picture}, raw=True)\ndisplay({{{WIDGET!r}: 1}}, raw=True)", id="mine"),
        code('for i in range(3):\n    print(i, flush=True)\n    time.sleep(0.2)\n"é"', id="mine"),
        code("sys.executable, os.getcwd(), os.environ.get('COURSE_THREADS')"),
        code("print(os.environ['OMP_WAIT_POLICY'])", metadata={"collapsed": True, "execution": {}}),
        course={"form": 2},
        widgets={},
    )
    assert run(tmp_path) == 0
    assert "01_try: " in capsys.readouterr().out
    first, stored = path.read_bytes(), read(path)
    title, timing, widget, numbers, place, policy = stored.cells
    assert [cell.execution_count for cell in stored.cells[1:]] == [1, 2, 3, 4, 5]
    assert len({cell.id for cell in stored.cells}) == 6 and widget.id == "mine"
    assert widget.outputs == [
        {"data": {"text/plain": "a bar"}, "metadata": {}, "output_type": "display_data"}
    ]
    assert numbers.outputs[0].text == "0\n1\n2\n"
    assert "é" in first.decode() and first.endswith(b"}\n") and b"\r" not in first
    values = ast.literal_eval(place.outputs[0].data["text/plain"])
    assert values == (sys.executable, str(tmp_path), None)
    assert policy.outputs[0].text == "passive\n"
    assert stored.metadata == execute.NOTEBOOK_METADATA | {"course": {"form": 2}}
    assert title.metadata == {} and policy.metadata == {}

    assert run(tmp_path, "01") == 0
    assert path.read_bytes() == first
    assert run(tmp_path, "01", "--fresh") == 0
    assert read(path).cells[1].outputs != timing.outputs
    changed = first.replace(b"time.time()", b"time.time() + 1")
    path.write_bytes(changed)
    assert run(tmp_path) == 0
    assert read(path).cells[1].outputs != timing.outputs


def test_execute_leaves_a_failing_notebook_alone(tmp_path, capsys):
    path = write(tmp_path / "01_fails.ipynb", "# 01", "a = 1", code("a / 0", "raises-exception"))
    noisy = write(tmp_path / "02_warns.ipynb", "import warnings\n\nwarnings.warn('x')")
    invalid = write(tmp_path / "03_invalid.ipynb", code("a = 1", no_such_key=1))
    before = path.read_bytes(), invalid.read_bytes()
    assert run(tmp_path) == 1
    errors = capsys.readouterr().err
    assert "01_fails, cell 3 failed:" in errors and "ZeroDivisionError" in errors
    assert (path.read_bytes(), invalid.read_bytes()) == before
    assert "03_invalid is not a valid notebook" in errors
    assert "02_warns, cell 1 WROTE TO STDERR" in errors
    assert read(noisy).cells[0].outputs[0].name == "stderr"
    assert len(list(tmp_path.iterdir())) == 3  # no temporary file is left


def test_a_dead_kernel_is_told(tmp_path, capsys):
    write(tmp_path / "01_dies.ipynb", "import os\n\nos._exit(1)")
    assert run(tmp_path) == 1
    assert "01_dies, cell 1 killed the kernel" in capsys.readouterr().err


def test_a_kernel_sees_no_settings_of_the_users_own(tmp_path, monkeypatch):
    own = tmp_path / "own"
    own.mkdir()
    (own / "matplotlibrc").write_text("figure.figsize: 1, 1\n", encoding="utf-8")
    (own / "keras.json").write_text('{"floatx": "float16"}', encoding="utf-8")
    monkeypatch.setenv("MATPLOTLIBRC", str(own / "matplotlibrc"))
    for name in ("MPLCONFIGDIR", "KERAS_HOME"):
        monkeypatch.setenv(name, str(own))
    monkeypatch.setenv("KERAS_BACKEND", "nonsense")
    path = write(
        tmp_path / "01_try.ipynb",
        "import os\n\nimport matplotlib.pyplot as plt\n\nprint(plt.rcParams['figure.figsize'])",
        "print({name for name in os.environ if name.startswith(('KERAS', 'MPLCONFIG'))})",
        "print(os.listdir(os.environ['KERAS_HOME']) == os.listdir(os.environ['IPYTHONDIR']))",
    )
    assert run(tmp_path) == 0
    printed = [cell.outputs[0].text for cell in read(path).cells]
    assert printed == ["[6.4, 4.8]\n", "{'KERAS_HOME'}\n", "True\n"]


def test_execute_knows_its_lessons(tmp_path, capsys):
    with pytest.raises(SystemExit):
        run(tmp_path, "09")
    assert "There is no lesson 09" in capsys.readouterr().err
