"""Copy the map of the course from notebook 00 into the README: python tools/draw_map.py

The figure is drawn in one place, the cell tagged `map` of notebooks/00_start_here.ipynb.
"""

import argparse
import base64
from pathlib import Path

import nbformat

from helpers import files

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "map.png"


def map_png() -> bytes:
    """The stored figure of the cell tagged `map`."""
    path = ROOT / "notebooks" / "00_start_here.ipynb"
    for cell in nbformat.read(path, as_version=4).cells:
        if "map" in cell.metadata.get("tags", []):
            return base64.b64decode(cell.outputs[0].data["image/png"])
    raise LookupError(f"{path.name} has no cell tagged map")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    PICTURE.parent.mkdir(exist_ok=True)
    files.write(PICTURE, map_png())
    print(f"wrote {PICTURE.relative_to(ROOT)}")
