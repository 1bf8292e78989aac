"""An option of pytest for `python3 course.py test 05`: --lesson=05 runs what is of that lesson."""

import re


def pytest_addoption(parser):
    parser.addoption("--lesson", metavar="NN", help="run only the tests of this lesson, as 05")


def pytest_collection_modifyitems(config, items):
    """Keep a lesson's notebook and test file, and of other tests those that name it: "[05.2-…]"."""
    if not (number := config.getoption("--lesson")):
        return
    names_it = rf"\[(?:\S*-)?{number}(?:[._-]\S*)?\]"
    own = re.compile(rf"{names_it}|test_lesson_{number}|{number}_\w+\.ipynb")
    left_out = [item for item in items if not own.search(item.nodeid)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
