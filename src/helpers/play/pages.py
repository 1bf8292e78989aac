"""Pictures and texts that change with sliders."""

import html
import itertools
from collections.abc import Callable, Sequence
from textwrap import wrap

import matplotlib.pyplot as plt
import numpy as np

from helpers import plot
from helpers.play.frame import WIDTH, Sliders, address, publish

__all__ = ["images", "texts"]

COLUMNS = 88  # characters in a line of the picture of a text
AS_WRITTEN = {"replace_whitespace": False, "drop_whitespace": False}


def images(
    results: Callable[..., np.ndarray],
    sliders: Sliders,
    alt: str,
    start: Sequence[int] | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
    scale: int = 8,
    cmap: str = "gray_r",
) -> None:
    """An image (height, width) that changes with sliders; each pixel is shown `scale` wide.

    The other arguments are those of `curves` and of `plot.image_grid`.
    """

    found = [np.asarray(results(*values)) for values in itertools.product(*sliders.values())]
    height, width = found[0].shape
    frames = [address(image, limits, cmap) for image in found]
    drawing = f'<img alt="{html.escape(alt)}" style="width:{scale * width}px">'
    script = 'document.querySelector("img").src=frame'

    def still(values):
        plot.image_grid(np.asarray(results(*values))[None], columns=1, cmap=cmap, limits=limits)

    publish((drawing, frames, script, scale * height), sliders, start, alt, still)


def texts(
    results: Callable[..., str],
    sliders: Sliders,
    alt: str,
    start: Sequence[int] | None = None,
    lines: int = 12,
) -> None:
    """A text that changes with sliders, with room for `lines` lines; what is longer scrolls.

    The other arguments are those of `curves`.
    """
    frames = [results(*values) for values in itertools.product(*sliders.values())]
    height = 18 * lines
    look = f"height:{height}px;overflow:auto;white-space:pre-wrap;font:13px/18px monospace"
    drawing = f'<pre aria-live="polite" style="margin:6px 4px;{look}"></pre>'
    script = 'document.querySelector("pre").textContent=frame'

    def still(values):
        text = results(*values).expandtabs()
        codes = {ord(c): f"<{ord(c):X}>" for c in plot.without_font(text)}  # instead of boxes
        rows = [
            wrap(row, COLUMNS, **AS_WRITTEN) or [""] for row in text.translate(codes).split("\n")
        ]
        shown = "\n".join(list(itertools.chain(*rows))[:lines])
        figure = plt.figure(figsize=(WIDTH / 100, height / 100), layout="none")
        fonts = ["monospace", *plt.rcParams["font.family"]]
        figure.text(0, 1, shown, family=fonts, fontsize=9, va="top", parse_math=False)

    publish((drawing, frames, script, height), sliders, start, alt, still)
