# Put before a cell: its training is interrupted at a step, as by the stop button.
import helpers.train

STOP_AT = 120


def _interrupted(numbers, **options):
    for number in numbers:
        if number >= STOP_AT:
            raise KeyboardInterrupt
        yield number


helpers.train.tqdm = _interrupted
