"""The session: quiet imports of what is named, seeds, threads, device."""

import os
import subprocess
import sys

import pytest

from helpers import session


def run_python(code: str, **variables: str) -> str:
    """Run code in a new interpreter that must write nothing on stderr; return its stdout."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "COURSE_"))}
    environment |= {"PYTHONIOENCODING": "utf-8", "MPLBACKEND": "Agg", **variables}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


TORCH = """
import random, sys
import numpy as np
from helpers import session

session.start()
assert "torch" not in sys.modules and "tensorflow" not in sys.modules
session.start("torch")
assert "tensorflow" not in sys.modules and "keras" not in sys.modules

import threadpoolctl, torch

def numbers():
    return random.random(), np.random.rand(), float(torch.rand(()))

first = numbers()
session.start("torch")
assert numbers() == first
session.start("torch", seed=1)
assert numbers() != first
session.start("torch")
assert numbers() == first
assert torch.get_num_threads() == 3
assert all(pool["num_threads"] == 3 for pool in threadpoolctl.threadpool_info())
import matplotlib
assert matplotlib.rcParams["figure.facecolor"] == "white"
"""

TENSORFLOW = """
import random, sys
import numpy as np
from helpers import session

session.start("tensorflow")
assert "torch" not in sys.modules

import tensorflow as tf

def numbers():
    return random.random(), np.random.rand(), float(tf.random.uniform(()))

first = numbers()
session.start("tensorflow")
assert numbers() == first
session.start("tensorflow", seed=1)
assert numbers() != first
float(tf.reduce_sum(tf.matmul(tf.ones((4, 4)), tf.ones((4, 4)))))
tf.keras.Sequential([tf.keras.layers.Dense(2)])(tf.ones((1, 3)))
tf.function(lambda x: x + 1)(tf.ones(3))
assert tf.config.threading.get_intra_op_parallelism_threads() == THREADS
assert tf.config.threading.get_inter_op_parallelism_threads() == THREADS
session.start("torch", "tensorflow")
import torch
assert torch.get_num_threads() == THREADS
"""


def test_torch_only_with_three_threads():
    assert run_python(TORCH, COURSE_THREADS="3") == ""


def test_tensorflow_is_silent_seeded_and_limited_to_two_threads():
    assert run_python(TENSORFLOW.replace("THREADS", "2")) == ""


def test_tensorflow_that_runs_already_keeps_its_threads():
    code = """
import os, sys
from helpers import session
with session.quiet_stderr():
    sys.stderr.write("hidden too")
    import tensorflow as tf
    tf.constant(1.0) + 1.0
session.start("tensorflow")
print(float(tf.constant(1.0) + 1.0))
"""
    assert run_python(code) == "2.0\n"


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "", " 2"])
def test_bad_thread_count(monkeypatch, text):
    monkeypatch.setenv("COURSE_THREADS", text)
    with pytest.raises(ValueError) as caught:
        session.start()
    assert str(caught.value) == (
        f"COURSE_THREADS must be a whole number of at least 1, not {text!r}."
    )


def test_threads(monkeypatch):
    monkeypatch.delenv("COURSE_THREADS", raising=False)
    assert session.threads() == 2
    monkeypatch.setenv("COURSE_THREADS", "4")
    assert session.threads() == 4


def test_unknown_framework():
    with pytest.raises(ValueError) as caught:
        session.start("torch", "jax")
    assert str(caught.value) == "Unknown framework ['jax']: name 'torch', 'tensorflow' or both."


@pytest.mark.parametrize("device", ["cuda", "banana"])
def test_a_device_that_nothing_would_move_to_is_refused(monkeypatch, device):
    monkeypatch.setenv("COURSE_DEVICE", device)
    with pytest.raises(ValueError) as caught:
        session.start()
    assert str(caught.value) == (
        f"The course computes on the CPU; COURSE_DEVICE={device} is not supported."
    )


def test_matmul_precision_is_restored_also_after_an_error():
    torch = pytest.importorskip("torch")
    before = torch.get_float32_matmul_precision()
    with session.matmul_precision("medium"):
        assert torch.get_float32_matmul_precision() == "medium"
    with pytest.raises(KeyError), session.matmul_precision("medium"):
        raise KeyError
    assert torch.get_float32_matmul_precision() == before == "highest"


def test_quiet_stderr_hides_what_is_written(capfd):
    with session.quiet_stderr():
        os.write(2, b"from C++\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_quiet_stderr_shows_all_when_the_block_fails(capfd):
    with pytest.raises(KeyError), session.quiet_stderr():
        os.write(2, b"the reason\n" * 10_000)
        raise KeyError
    assert capfd.readouterr().err == "the reason\n" * 10_000
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"
