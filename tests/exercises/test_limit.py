"""The time limit: it cuts what never ends, and touches nothing else."""

import signal
import sys
import threading
import time

import numpy as np
import pytest

from helpers.exercises.limit import TooLong, limited


def never_returns():
    while True:
        pass


def swallows_errors():
    x = 0
    while True:
        try:
            for _ in range(1000):
                x = x + 1
            raise ValueError
        except Exception:  # such as a learner writes it
            continue


def swallows_the_first_interrupt():
    try:
        never_returns()
    except BaseException:
        never_returns()


def swallows_everything():
    while True:
        try:
            sum(range(1000))
        except BaseException:
            continue


def prints_arrays():
    array = np.arange(30.0)
    while True:
        str(array)


def returns_late():
    time.sleep(0.3)


@pytest.mark.parametrize(
    "function",
    [
        never_returns,
        swallows_errors,
        swallows_the_first_interrupt,
        swallows_everything,
        prints_arrays,
        returns_late,
    ],
)
def test_what_never_returns_is_cut_off(function):
    before, threads = signal.getsignal(signal.SIGINT), threading.active_count()
    begin = time.perf_counter()
    with pytest.raises(TooLong):
        limited(function, 0.2)
    assert time.perf_counter() - begin < 5
    assert signal.getsignal(signal.SIGINT) is before
    assert threading.active_count() == threads


def test_no_cut_off_leaves_a_mark_in_numpy():
    """NumPy remembers which arrays it is printing; one struck inside would be "..." for ever."""
    array = np.arange(5.0)

    def prints():
        while True:
            str(array)

    for _ in range(20):
        with pytest.raises(TooLong):
            limited(prints, 0.003)
        assert str(array) == "[0. 1. 2. 3. 4.]"


def test_a_result_in_time_is_returned():
    assert limited(lambda: 3, 60) == 3


def test_an_error_passes_through():
    with pytest.raises(ZeroDivisionError):
        limited(lambda: 1 / 0, 60)


def test_the_stop_button_still_stops():
    def stopped():
        signal.raise_signal(signal.SIGINT)
        time.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        limited(stopped, 60)


def test_another_thread_has_no_limit():
    results = []
    thread = threading.Thread(target=lambda: results.append(limited(lambda: 5, 1e-9)))
    thread.start()
    thread.join()
    assert results == [5]


def test_no_interrupt_arrives_late():
    """Functions that end about when the limit strikes: each is judged, and nothing is hit later."""

    def ends_at_the_limit():
        end = time.perf_counter() + delay
        while time.perf_counter() < end:
            pass
        return "in time"

    kinds = set()
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # lets the watchdog strike at any moment
    try:
        for delay in np.linspace(0.001, 0.005, 300):  # noqa: B007 - read in the function
            try:
                kinds.add(limited(ends_at_the_limit, 0.003))
            except TooLong:
                kinds.add("too long")
        never_struck = time.perf_counter() + 0.1
        while time.perf_counter() < never_struck:
            pass
    finally:
        sys.setswitchinterval(often)
    assert kinds == {"in time", "too long"}
