"""The figures of the course: those that recur, drawings of networks, and their descriptions."""

from helpers.plot.blocks import Blocks, blocks
from helpers.plot.figures import COLOURS, confusion, contours, curves, image_grid, smooth, use_style
from helpers.plot.fonts import letters, without_font
from helpers.plot.show import show

__all__ = [
    "COLOURS",
    "Blocks",
    "blocks",
    "confusion",
    "contours",
    "curves",
    "image_grid",
    "letters",
    "show",
    "smooth",
    "use_style",
    "without_font",
]
