"""Copy the map of the course from lesson 00 into the README: python tools/draw_map.py

The figure is drawn in one place, the cell tagged `map` of notebooks/00_start_here.ipynb.
"""

import argparse
import base64

import notebook

from helpers import files

PICTURE = notebook.ROOT / "docs" / "map.png"


def map_png() -> bytes:
    """The stored figure of the cell tagged `map`.

    Raises:
        LookupError: there is none.
    """
    for _, cell in notebook.code_cells(notebook.read(notebook.lesson("00"))):
        if "map" in notebook.tags(cell):
            return base64.b64decode(cell["outputs"][0]["data"]["image/png"])
    raise LookupError("Lesson 00 has no cell tagged map.")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    files.write(PICTURE, map_png())
    print(f"wrote {PICTURE.relative_to(notebook.ROOT)}")
