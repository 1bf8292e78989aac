"""Charts that move with sliders: curves and bars, as SVG."""

import html
import itertools
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from helpers import plot
from helpers.play.frame import WIDTH, Sliders, address, publish

__all__ = ["bars", "curves"]

HEIGHT = 300
LEFT, RIGHT, TOP, BOTTOM = 62, 150, 10, 44  # margins; the legend stands on the right
FEW = 40  # points, so few that a dot can mark each
FAR = -10 * HEIGHT, 10 * HEIGHT  # what lies farther outside of the axes is drawn as if it lay here

INSIDE = f"M{LEFT},{TOP}H{WIDTH - RIGHT}V{HEIGHT - BOTTOM}H{LEFT}z"  # the axes
CURVE = """<marker id="dot{k}" markerUnits="userSpaceOnUse" overflow="visible"><circle r="{dot}"
fill="{colour}"/></marker><path class="curve" fill="none" stroke="{colour}" stroke-width="1.8"
clip-path="url(#inside)" style="marker:url(#dot{k})"/>"""


def curves(
    results: Callable[..., Mapping[str, tuple[Sequence[float], Sequence[float]]]],
    sliders: Sliders,
    x_label: str,
    y_label: str,
    alt: str,
    start: Sequence[int] | None = None,
    log_y: bool = False,
    y_range: tuple[float, float] | None = None,
) -> None:
    """Curves that move with sliders; those of few points have a dot at each.

    Args:
        results: function of one value from each slider; returns by name (x, y), as `plot.curves`
            takes them, with the same names at every position.
        sliders: by name, the values that it can take, in order.
        alt: what the figure shows, for those who cannot see it.
        start: the position (an index) of each slider at first; the middle if None.
        y_range: of the axis; if None, what all curves need. What lies outside is cut off.

    Raises ValueError if the frame would be larger than 100 kB.
    """
    found = [results(*values) for values in itertools.product(*sliders.values())]
    names = list(found[0])
    lines = [[np.array(one[name], float) for name in names] for one in found]

    def usable(x, y) -> np.ndarray:
        return np.isfinite(x) & np.isfinite(y) & (y > 0 if log_y else True)

    xs, ys = np.concatenate([xy[:, usable(*xy)] for frame in lines for xy in frame], axis=1)
    x_range = xs.min(), xs.max()
    y_range = y_range or MaxNLocator().nonsingular(ys.min(), ys.max())  # wide, be the line flat
    to_x = _scale(x_range, (LEFT, WIDTH - RIGHT))
    to_y = _scale(y_range, (HEIGHT - BOTTOM, TOP), log_y)

    def path(x, y) -> str:
        places = (
            f"{to_x(a):.0f},{np.clip(to_y(b), *FAR):.1f}" if ok else "gap"
            for a, b, ok in zip(x, y, usable(x, y), strict=True)
        )
        return "".join(f"M{run.strip()}" for run in " ".join(places).split("gap") if run.strip())

    frames = [[path(*xy) for xy in frame] for frame in lines]
    parts = _axes(x_range, y_range, x_label, y_label, log_y)
    parts += f'<clipPath id="inside"><path d="{INSIDE}"/></clipPath>'
    for k, name in enumerate(names):
        colour, y = plot.COLOURS[k % len(plot.COLOURS)], TOP + 16 + 18 * k
        parts += CURVE.format(k=k, colour=colour, dot=2.5 * (lines[0][k].shape[1] <= FEW))
        parts += _text(WIDTH - RIGHT + 14, y, name, "start", f' fill="{colour}"')
    script = 'document.querySelectorAll(".curve").forEach((l,i)=>l.setAttribute("d",frame[i]))'

    def still(values):
        ax = plot.curves(results(*values), x_label, y_label, log_y=log_y)
        ax.set_ylim(y_range)
        plt.setp([line for line in ax.lines if len(line.get_xdata()) <= FEW], marker=".")

    publish((_svg(parts, alt), frames, script, HEIGHT), sliders, start, alt, still)


def bars(
    results: Callable[..., Sequence[float]],
    sliders: Sliders,
    labels: Sequence[str],
    y_label: str,
    alt: str,
    start: Sequence[int] | None = None,
    y_range: tuple[float, float] = (0.0, 1.0),
    picture: Callable[..., np.ndarray] | None = None,
) -> None:
    """Bars, one a label, whose heights move with sliders.

    results: function of one value from each slider; returns the heights, shape (labels,), within
    y_range. picture: function of the same values; returns an image (height, width) in [0, 1], shown
    beside the bars. The other arguments are those of `curves`.
    """
    positions = list(itertools.product(*sliders.values()))
    found = [np.asarray(results(*values), float) for values in positions]
    to_y = _scale(y_range, (HEIGHT - BOTTOM, TOP))
    frames = [to_y(np.clip(np.nan_to_num(h), *y_range)).round(1).tolist() for h in found]
    right = WIDTH - RIGHT + 120  # bars need no legend
    step = (right - LEFT) / len(labels)
    parts = _axes(None, y_range, "", y_label, False, right)
    for k, label in enumerate(labels):
        x = LEFT + (k + 0.1) * step
        parts += f'<rect x="{x:.1f}" width="{0.8 * step:.1f}" fill="{plot.COLOURS[0]}"/>'
        parts += _text(x + 0.4 * step, HEIGHT - BOTTOM + 16, label)
    base = HEIGHT - BOTTOM
    script = (
        'document.querySelectorAll("rect").forEach((r,i)=>{r.setAttribute("y",frame[i]);'
        f'r.setAttribute("height",Math.max(0,{base}-frame[i]))}})'
    )

    drawing = _svg(parts, alt)
    if picture:
        side = 'style="display:flex;align-items:center"><img alt="" style="width:140px"'
        drawing = f"<div {side}>{drawing}</div>"
        pictures = [address(picture(*values), (0.0, 1.0), "gray_r") for values in positions]
        frames = [[*heights, source] for heights, source in zip(frames, pictures, strict=True)]
        script += f';document.querySelector("img").src=frame[{len(labels)}]'

    def still(values):
        axes = plt.subplots(1, 2 if picture else 1, squeeze=False)[1][0]
        axes[-1].bar(range(len(labels)), results(*values))
        axes[-1].set(ylabel=y_label, ylim=y_range)
        axes[-1].set_xticks(range(len(labels)), labels)
        if picture:
            axes[0].imshow(picture(*values), cmap="gray_r")
            axes[0].axis("off")

    publish((drawing, frames, script, HEIGHT), sliders, start, alt, still)


def _scale(values: tuple, units: tuple, log: bool = False) -> Callable[[float], float]:
    """A map from values to the units of the drawing."""
    low, high = np.log10(values) if log else values
    span = (high - low) or 1.0
    return lambda v: units[0] + ((np.log10(v) if log else v) - low) / span * (units[1] - units[0])


def _axes(x_range, y_range, x_label, y_label, log_y, right=WIDTH - RIGHT) -> str:
    """Ticks, grid lines and labels as SVG; they stay where they are."""
    low, parts = HEIGHT - BOTTOM, []
    to_y = _scale(y_range, (low, TOP), log_y)
    for tick in _ticks(y_range, log_y):
        y = to_y(tick)
        parts.append(f'<path stroke="#ddd" d="M{LEFT},{y:.1f}H{right}"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{tick:g}", "end"))
    if x_range is not None:
        to_x = _scale(x_range, (LEFT, right))
        parts += [_text(to_x(tick), low + 16, f"{tick:g}") for tick in _ticks(x_range)]
    parts.append(f'<path stroke="#000" fill="none" d="M{LEFT},{TOP}V{low}H{right}"/>')
    parts.append(_text((LEFT + right) / 2, HEIGHT - 8, x_label))
    turned = f' transform="translate(14,{(TOP + low) / 2}) rotate(-90)"'
    parts.append(_text(0, 0, y_label, more=turned))
    return "".join(parts)


def _ticks(values: tuple[float, float], log: bool = False) -> np.ndarray:
    """Round numbers within a range, two at least: decades, or what lies between them."""
    decades = [LogLocator(), LogLocator(subs=(1, 2, 5))] if log else []
    for locator in [*decades, MaxNLocator(6)]:
        ticks = locator.tick_values(*values)
        ticks = ticks[(ticks >= values[0]) & (ticks <= values[1])]
        if len(ticks) >= 2:
            break
    return ticks


def _text(x: float, y: float, text: str, anchor: str = "middle", more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}'
    return f"<text {place}>{html.escape(text)}</text>"


def _svg(parts: str, alt: str) -> str:
    named = f'role="img" aria-label="{html.escape(alt)}"'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" {named}>{parts}</svg>'
