"""Everything in this folder is marked `tools`: pytest -m tools, or -m "not tools"."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.tools)
