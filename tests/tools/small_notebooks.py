"""Small notebooks for the tests of the tools."""

import json
from pathlib import Path


def text(source: str, **metadata) -> dict:
    """A text cell."""
    return {"cell_type": "markdown", "source": source, "metadata": metadata}


def code(source: str, *tags: str, printed: str = "", **more) -> dict:
    """A code cell, with what it printed."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else []
    cell = {"cell_type": "code", "source": source, "outputs": outputs, "execution_count": None}
    return {**cell, "metadata": {"tags": list(tags)}, **more}


def write(path: Path, *cells: dict | str, **metadata) -> Path:
    """Store cells as a notebook; a string is text if it begins with "#" or "*", else code."""
    made = []
    for n, cell in enumerate(cells):
        if isinstance(cell, str):
            cell = text(cell) if cell.startswith(("#", "*")) else code(cell)
        made.append({"id": f"cell-{n}", **cell})
    content = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")  # with all its faults
    return path
