"""The time limit of an exercise: it ends a learner's endless loop, and nothing else."""

import _thread
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

__all__ = ["TooLong", "limited"]

T = TypeVar("T")

AGAIN = 0.02  # seconds until the next try, should the learner's code have swallowed the last one


class TooLong(BaseException):
    """Raised in the learner's code; no `except Exception` catches it."""


def limited(work: Callable[[], T], seconds: float) -> T:
    """Return work(), which may run for `seconds`.

    A second thread calls `_thread.interrupt_main`, which runs the handler of Ctrl-C between two
    steps of Python code in the main thread, on every system. Code inside one long C call is cut
    off when the call returns. Outside the main thread, where handlers never run, there is no limit.

    Raises TooLong when the time is over.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    over = due = False
    finished = threading.Event()

    def watch() -> None:
        nonlocal due
        pause = seconds
        while not finished.wait(pause):
            due, pause = True, AGAIN
            _thread.interrupt_main()

    def strike(number: int, frame: FrameType | None) -> None:
        nonlocal due
        if not due:  # a real Ctrl-C
            if callable(before):
                return before(number, frame)
            raise KeyboardInterrupt
        due = False
        if not over and not guarding(frame):
            raise TooLong

    watchdog = threading.Thread(target=watch, daemon=True)
    before = signal.signal(signal.SIGINT, strike)
    try:
        watchdog.start()
        return work()
    finally:
        over = True  # first of all: from here on a late strike does nothing
        finished.set()
        watchdog.join()
        # signal.signal lets a strike that still waits happen first
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


def guarding(frame: FrameType | None) -> bool:
    """Whether NumPy's guard against endless recursion is at work, itself, in printing an array.

    It marks the array, prints it, and takes the mark away. Cut off between the mark and its `try`,
    it would show "..." for this array ever after; deeper in the printing, `finally` sees to it.
    """
    return (
        frame is not None
        and frame.f_code.co_name == "wrapper"
        and frame.f_code.co_filename.endswith("arrayprint.py")
    )
