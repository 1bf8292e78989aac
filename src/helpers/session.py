"""Start a notebook's session: quiet imports, seeds, threads, figure style, device."""

import contextlib
import importlib
import os
import random
import sys
import tempfile
from collections.abc import Iterator

import numpy as np
import threadpoolctl

__all__ = ["matmul_precision", "quiet_stderr", "start", "threads"]


def start(*frameworks: str, seed: int = 0) -> None:
    """Import the frameworks named ("torch", "tensorflow"), seed them, and set threads and figures.

    Python and NumPy are always seeded. Two threads are used unless the environment variable
    COURSE_THREADS says otherwise. It may be called again.

    Raises:
        ValueError: a framework's name is unknown, or COURSE_DEVICE asks for more than a CPU.
    """
    unknown = set(frameworks) - {"torch", "tensorflow"}
    if unknown:
        raise ValueError(
            f"Unknown framework {sorted(unknown)}: name 'torch', 'tensorflow' or both."
        )
    if (device := os.environ.get("COURSE_DEVICE", "cpu")) != "cpu":
        raise ValueError(
            f"The course computes on the CPU; COURSE_DEVICE={device} is not supported."
        )
    seed += int(os.environ.get("COURSE_OTHER_SEED", "0"))  # course.py test --other-seed N
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads())  # for libraries that are loaded later
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - for libraries that draw from NumPy's global generator
    if "torch" in frameworks:  # first: after TensorFlow it may warn of a driver that is not there
        import torch

        torch.set_num_threads(threads())
        torch.manual_seed(seed)
    if "tensorflow" in frameworks:
        _start_tensorflow(seed)
    threadpoolctl.threadpool_limits(threads())

    from helpers import plot

    plot.use_style()


def threads() -> int:
    """Number of threads to compute with: COURSE_THREADS, or 2.

    Raises:
        ValueError: COURSE_THREADS is not a positive whole number.
    """
    text = os.environ.get("COURSE_THREADS", "2")
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"COURSE_THREADS must be a whole number of at least 1, not {text!r}.")
    return int(text)


@contextlib.contextmanager
def matmul_precision(name: str) -> Iterator[None]:
    """Compute float32 matrix products of PyTorch at this precision inside the block.

    "medium" lets a processor round the factors to bfloat16 where it has units for that, which is
    faster; "highest", PyTorch's default, rounds nothing. The setting is restored at the end.
    """
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(name)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hide what C++ libraries write to file descriptor 2; show it all if the block fails."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as hidden:
        visible = os.dup(2)
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except BaseException:
            sys.stderr.flush()
            hidden.seek(0)
            os.write(visible, hidden.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(visible, 2)
            os.close(visible)


def _start_tensorflow(seed: int) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with quiet_stderr():
        tf = importlib.import_module("tensorflow")
        settings = tf.config.threading
        with contextlib.suppress(RuntimeError):  # TensorFlow runs already: its threads stay
            settings.set_intra_op_parallelism_threads(threads())
            settings.set_inter_op_parallelism_threads(threads())
        tf.get_logger().setLevel("ERROR")
        tf.keras.utils.set_random_seed(seed)
        tf.constant(0.0) + 1.0  # the first operation is the one that prints
