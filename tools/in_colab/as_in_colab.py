"""A plugin of pytest: it changes what nbval runs; the notebook's file stays as it is."""

from pathlib import Path

INTERRUPTION = Path(__file__).with_name("interruption.py").read_text(encoding="utf-8")


def pytest_addoption(parser):
    parser.addoption("--cells", type=int, help="run as many cells and no more")
    parser.addoption("--interrupt", action="store_true", help="interrupt the next cell's training")


def pytest_collection_modifyitems(config, items):
    """The set-up cell runs twice; after the last of the cells, a training may be interrupted."""
    count = config.getoption("cells") or len(items)
    cells, left_out = items[:count], items[count:]
    if config.getoption("interrupt"):
        interrupted, left_out = left_out[:2], left_out[2:]  # the training, and what follows it
        interrupted[0].cell.source = INTERRUPTION + interrupted[0].cell.source
        for item in interrupted:
            item.options["check"] = False  # they must run; their output is another
        cells += interrupted
    config.hook.pytest_deselected(items=left_out)
    items[:] = [items[0], *cells]
