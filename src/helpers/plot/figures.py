"""The figures that recur: each function of a figure draws and returns the axes."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes

__all__ = ["COLOURS", "confusion", "contours", "curves", "image_grid", "smooth", "use_style"]

# Okabe and Ito's palette, which colour-blind readers can tell apart (2008); black comes last.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def use_style() -> None:
    """Set the figure style: opaque white background (also seen in dark mode), palette, 100 dpi.

    It starts from Matplotlib's own defaults, so that a reader's dark style does not turn the labels
    white on white.
    """
    plt.style.use("default")
    plt.rcParams.update(
        {
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.figsize": (6.4, 3.6),
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.3,
            "image.cmap": "viridis",
            "legend.frameon": False,
        }
    )


def curves(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    x_label: str,
    y_label: str,
    log_y: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw named curves {name: (x, y)}; a name that begins with "predicted" is dashed."""
    ax = ax or plt.subplots()[1]
    for name, (x, y) in series.items():
        ax.plot(x, y, label=name, linestyle="--" if name.startswith("predicted") else "-")
    ax.set(xlabel=x_label, ylabel=y_label, yscale="log" if log_y else "linear")
    ax.legend()
    return ax


def smooth(values: Sequence[float], window: int) -> np.ndarray:
    """Running mean over `window` values, shape (len(values) − window + 1,).

    Raises:
        ValueError: there are fewer values than `window`.
    """
    if len(values) < window:
        raise ValueError(f"A mean over {window} values needs as many, but there are {len(values)}.")
    return np.convolve(values, np.ones(window) / window, mode="valid")


def image_grid(
    images: np.ndarray,
    titles: Sequence[str] | None = None,
    columns: int = 10,
    cmap: str = "gray",
    limits: tuple[float, float] | None = (0, 1),
) -> np.ndarray:
    """Show images (N, height, width) in rows of `columns`; returns the axes, shape (rows, columns).

    `limits` are the values drawn as the ends of the colour map; None takes each image's own.
    """
    rows = -(-len(images) // columns)
    height = 1.0 if titles is None else 1.25
    _, axes = plt.subplots(
        rows, columns, figsize=(0.8 * columns, 0.8 * height * rows), squeeze=False
    )
    low, high = limits if limits is not None else (None, None)
    for ax in axes.flat:
        ax.axis("off")
    for k, (ax, image) in enumerate(zip(axes.flat, images, strict=False)):
        ax.imshow(image, cmap=cmap, vmin=low, vmax=high)
        if titles is not None:
            ax.set_title(titles[k], fontsize=9)
    return axes


def contours(
    f: Callable[[np.ndarray, np.ndarray], np.ndarray],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    paths: Mapping[str, np.ndarray] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the contours of f(x, y) and, on top, named paths of shape (steps, 2)."""
    ax = ax or plt.subplots(figsize=(6.4, 4.2))[1]
    x, y = np.meshgrid(np.linspace(*x_range, 200), np.linspace(*y_range, 200))
    ax.contour(x, y, f(x, y), levels=20, colors="0.7", linewidths=0.8)
    for name, path in (paths or {}).items():
        ax.plot(path[:, 0], path[:, 1], marker="o", markersize=3, linewidth=1.2, label=name)
    ax.set(xlim=x_range, ylim=y_range)
    ax.grid(False)
    if paths:
        ax.legend()
    return ax


def confusion(matrix: np.ndarray, names: Sequence[str]) -> Axes:
    """Show a confusion matrix: row = true class, column = predicted class."""
    ax = plt.subplots(figsize=(5, 4.6))[1]
    off_diagonal = matrix * (1 - np.eye(len(matrix), dtype=int))
    ax.imshow(off_diagonal, cmap="Oranges", vmin=0, vmax=2 * max(1, off_diagonal.max()))
    for (row, column), count in np.ndenumerate(matrix):
        ax.text(column, row, str(count), ha="center", va="center", fontsize=8)
    ticks = range(len(names))
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.set_xticks(ticks, names)
    ax.set_yticks(ticks, names)
    ax.grid(False)
    return ax
