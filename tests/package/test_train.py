"""The training loop: fixed steps, a history, and a stop that keeps what was learnt."""

import time

import nbval.kernel
import numpy as np
import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME

from helpers import train


def steps_that_count():
    calls = []

    def step(progress):
        calls.append(len(calls) + 1)
        return np.float32(1 / len(calls))

    return step, calls


def test_runs_the_steps_and_keeps_every_loss(capsys):
    step, calls = steps_that_count()
    history = train.run(step, 7)
    assert calls == [1, 2, 3, 4, 5, 6, 7]
    assert history.losses == [float(np.float32(1 / k)) for k in calls]
    assert all(type(loss) is float for loss in history.losses)
    assert (history.scores, history.score_steps, history.interrupted) == ([], [], False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_progress_is_the_share_of_the_run_that_is_done(steps):
    seen = []
    train.run(lambda progress: seen.append(progress) or 0.0, steps)
    assert seen == [k / steps for k in range(steps)]


@pytest.mark.parametrize(
    ("steps", "every", "score_steps"),
    [
        (10, 5, [0, 5, 10]),
        (11, 5, [0, 5, 10, 11]),
        (3, 100, [0, 3]),
        (1, 1, [0, 1]),
        (0, 5, [0]),
    ],
)
def test_evaluates_at_the_stated_steps(steps, every, score_steps):
    step, calls = steps_that_count()
    history = train.run(step, steps, evaluate=lambda: len(calls) / 2, every=every)
    assert history.score_steps == score_steps
    assert history.scores == [k / 2 for k in score_steps]
    assert len(history.losses) == steps


def test_takes_tensors_as_losses():
    import torch

    history = train.run(lambda progress: torch.tensor(0.5, requires_grad=True), 2)
    assert history.losses == [0.5, 0.5]


def test_seconds_do_not_count_the_evaluations():
    history = train.run(
        lambda progress: time.sleep(0.01) or 0.0,
        3,
        evaluate=lambda: time.sleep(0.2) or 0.0,
        every=1,
    )
    assert 0.03 <= history.seconds < 0.6  # of the evaluations alone: 0.8


def test_stop_in_a_step_keeps_the_history(capsys):
    step, calls = steps_that_count()

    def stopped(progress):
        if len(calls) == 4:
            raise KeyboardInterrupt
        return step(progress)

    history = train.run(stopped, 10, evaluate=lambda: 1.0, every=2)
    assert history.interrupted
    assert len(history.losses) == 4
    assert history.score_steps == [0, 2, 4]
    assert capsys.readouterr().out == "Stopped after 4 of 10 steps; what was learnt is kept.\n"


@pytest.mark.parametrize("number", [1, 2])
def test_stop_in_an_evaluation_keeps_the_history(capsys, number):
    step, calls = steps_that_count()
    evaluations = []

    def evaluate():
        evaluations.append(1)
        if len(evaluations) == number:
            raise KeyboardInterrupt
        return 0.0

    history = train.run(step, 10, evaluate=evaluate, every=3)
    assert history.interrupted
    assert len(history.losses) == len(calls) == 3 * (number - 1)
    assert len(history.scores) == len(history.score_steps) == number - 1
    assert capsys.readouterr().out.count("\n") == 1


def test_other_errors_get_out():
    def fails(progress):
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        train.run(fails, 3)


def test_the_stop_button_keeps_the_history_and_the_next_cell_works():
    """A kernel is interrupted in the middle of a training, as JupyterLab does it."""
    training = (
        "import time\n"
        "from helpers import train\n"
        "def step(progress):\n"
        "    time.sleep(0.01)\n"
        "    step.calls += 1\n"
        "    if step.calls == 5:\n"
        "        print('press stop', flush=True)\n"
        "    return 0.5\n"
        "step.calls = 0\n"
        "history = train.run(step, 100_000)\n"
    )
    manager, client = nbval.kernel.start_new_kernel(kernel_name=CURRENT_ENV_KERNEL_NAME)
    printed = []

    def look(message):
        if message["content"].get("name") == "stdout":
            printed.append(message["content"]["text"])
            if "press stop" in printed[-1]:
                manager.interrupt_kernel()

    try:
        first = client.execute_interactive(training, timeout=60, output_hook=look)
        following = "print(history.interrupted, 4 <= len(history.losses) < 100_000)"
        second = client.execute_interactive(following, timeout=60, output_hook=look)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert first["content"]["status"] == second["content"]["status"] == "ok"
    assert "what was learnt is kept" in "".join(printed)
    assert printed[-1] == "True True\n"
