"""Drawings of networks from a few lines of code: boxes, arrows, merges, and labels with shapes."""

from collections.abc import Iterable
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

__all__ = ["Blocks", "blocks"]

# A kind of box: face and edge, tints of the course's palette with dark text on them.
KINDS = {
    "data": ("#ffffff", "#555555"),
    "layer": ("#d6e8f5", "#0072B2"),
    "state": ("#d5efe6", "#009E73"),
    "loss": ("#f9e0d1", "#D55E00"),
    "random": ("#fbeecb", "#E69F00"),
    "frozen": ("#eeeeee", "#888888"),
}
TEXT = {"ha": "center", "va": "center", "fontsize": 9, "color": "black"}


@dataclass(frozen=True)
class Block:
    """A box or a circle: centre and half sizes, in the drawing's units."""

    x: float
    y: float
    half_width: float
    half_height: float
    round: bool = False

    def edge(self, towards: "Block") -> tuple[float, float]:
        """Where a straight line to another block leaves this one."""
        dx, dy = towards.x - self.x, towards.y - self.y
        if dx == dy == 0:
            return self.x, self.y
        if self.round:
            share = self.half_width / np.hypot(dx, dy)
        else:
            share = min(
                self.half_width / abs(dx) if dx else np.inf,
                self.half_height / abs(dy) if dy else np.inf,
            )
        return self.x + share * dx, self.y + share * dy


class Blocks:
    """A drawing. Positions are (x, y) with x to the right and y upwards; a box is 1.5 by 0.6.

    The axes grow with what is drawn. End the cell with `plt.show()` or `plot.show(alt=…)`.
    """

    def __init__(self, ax: Axes):
        self.ax = ax
        self.drawn: list[Block] = []
        ax.axis("off")
        ax.set_aspect("equal")

    def box(
        self, text: str, x: float, y: float, kind: str = "layer", size: tuple = (1.5, 0.6)
    ) -> Block:
        """A box around a text (lines by "\\n"), its centre at (x, y).

        kind: data, layer, state, loss, random or frozen. size: width and height.
        """
        face, edge = KINDS[kind]
        width, height = size
        corner = (x - width / 2, y - height / 2)
        shape = "round,pad=0,rounding_size=0.08"
        self.ax.add_patch(
            FancyBboxPatch(corner, width, height, shape, facecolor=face, edgecolor=edge, zorder=2)
        )
        self.ax.text(x, y, text, **TEXT, zorder=3)
        return self._add(Block(x, y, width / 2, height / 2))

    def merge(self, text: str, x: float, y: float) -> Block:
        """A small circle where streams meet: "+", "×", "σ" …"""
        self.ax.add_patch(Circle((x, y), 0.2, facecolor="white", edgecolor="#555555", zorder=2))
        self.ax.text(x, y, text, **TEXT, zorder=3)
        return self._add(Block(x, y, 0.2, 0.2, round=True))

    def note(self, text: str, x: float, y: float, colour: str = "#555555") -> Block:
        """A text without a box, such as a shape beside an arrow, or a gradient on its way back.

        An empty one is a point on an arrow, for another arrow that forks off there.
        """
        self.ax.text(x, y, text, **(TEXT | {"fontsize": 8, "color": colour}), zorder=3)
        lines = text.splitlines()
        half_width = 0.055 * max(map(len, lines), default=0)
        return self._add(Block(x, y, half_width, 0.2 * len(lines)))

    def arrow(
        self,
        start: Block,
        end: Block,
        label: str = "",
        bend: float = 0.0,
        corner: str = "",
        dashed: bool = False,
        colour: str = "#333333",
    ) -> None:
        """An arrow between two blocks; its label, such as a shape, stands beside the middle.

        bend: 0 is straight; 0.3 curves to one side, −0.3 to the other.
        corner: "across" goes sideways first and then up or down, "along" the other way round.
        dashed: for what is not computed forwards, such as gradients.
        """
        style = f"arc3,rad={bend}"
        a, b = start.edge(end), end.edge(start)
        if corner:
            turn = (end.x, start.y) if corner == "across" else (start.x, end.y)
            a, b = (block.edge(Block(*turn, 0, 0)) for block in (start, end))
            angles = (0, 90) if corner == "across" else (90, 0)
            style = f"angle,angleA={angles[0]},angleB={angles[1]},rad=4"
        patch = FancyArrowPatch(
            a,
            b,
            arrowstyle="-|>",
            mutation_scale=10,
            shrinkA=0,
            shrinkB=0,
            connectionstyle=style,
            linestyle="--" if dashed else "-",
            color=colour,
            linewidth=1.1,
            zorder=1,
        )
        self.ax.add_patch(patch)
        middle, along = np.add(a, b) / 2, np.subtract(b, a)
        self._add(Block(*(middle + 0.5 * bend * along[::-1] * (1, -1)), 0, 0))  # how far it swings
        if label:
            legs = [(a, turn), (turn, b)] if corner else [(a, b)]
            (ax, ay), (bx, by) = max(legs, key=lambda leg: np.hypot(*np.subtract(*leg)))
            length = max(np.hypot(bx - ax, by - ay), 1e-9)
            # To the left of the arrow's direction for a straight one, outside of a bent one.
            side = -0.5 * bend * length + (0.16 if bend <= 0 else -0.16)
            x, y = (
                (ax + bx) / 2 - side * (by - ay) / length,
                (ay + by) / 2 + side * (bx - ax) / length,
            )
            upright = abs(by - ay) > abs(bx - ax)
            align = ("left" if x > (ax + bx) / 2 else "right") if upright else "center"
            font = TEXT | {"fontsize": 8, "color": colour, "ha": align}
            self.ax.text(x, y, label, **font, zorder=3)

    def frame(self, blocks: Iterable[Block], text: str = "", margin: float = 0.25) -> Block:
        """A dotted frame around blocks, with a title above: one cell, one layer, one player."""
        left, right, low, high = _around(blocks, margin)
        shape = "round,pad=0,rounding_size=0.15"
        self.ax.add_patch(
            FancyBboxPatch(
                (left, low), right - left, high - low, shape,
                facecolor="none", edgecolor="#888888", linestyle=":", zorder=0,
            )
        )  # fmt: skip
        if text:
            self.ax.text(left + 0.1, high + 0.14, text, **(TEXT | {"ha": "left", "fontsize": 8}))
        half = ((right - left) / 2, (high - low) / 2 + (0.2 if text else 0))
        return self._add(Block((left + right) / 2, (low + high) / 2, *half))

    def _add(self, block: Block) -> Block:
        """Note what was drawn, and let the axes hold it all."""
        self.drawn.append(block)
        self.ax.axis(_around(self.drawn, 0.3))
        return block


def _around(blocks: Iterable[Block], margin: float) -> tuple[float, float, float, float]:
    """Left, right, low and high of blocks with a margin around them."""
    corners = [(b.x + s * b.half_width, b.y + s * b.half_height) for b in blocks for s in (-1, 1)]
    (left, low), (right, high) = np.min(corners, axis=0), np.max(corners, axis=0)
    return left - margin, right + margin, low - margin, high + margin


def blocks(width: float = 9.0, height: float = 3.0, ax: Axes | None = None) -> Blocks:
    """An empty drawing of this size in inches; its methods add boxes, arrows, merges and frames."""
    return Blocks(ax or plt.subplots(figsize=(width, height))[1])
