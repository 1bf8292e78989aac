"""Drawings of networks: arrows meet their boxes, and the axes hold all that is drawn."""

import matplotlib.pyplot as plt
import pytest

from helpers import plot

pytestmark = pytest.mark.usefixtures("clean_figures")


def ends(drawing):
    """Where the last arrow begins and ends, in the drawing's units."""
    return drawing.ax.patches[-1]._posA_posB


def test_a_straight_arrow_goes_from_edge_to_edge():
    drawing = plot.blocks()
    x, y = drawing.box("x", 0, 0, "data"), drawing.box("y", 3, 0)
    drawing.arrow(x, y, "(B, d)")
    (a, b), text = ends(drawing), drawing.ax.texts[-1]
    assert (a, b) == ((0.75, 0.0), (2.25, 0.0))
    assert text.get_text() == "(B, d)"
    assert text.get_position() == pytest.approx((1.5, 0.16))


def test_an_arrow_into_a_merge_ends_on_its_circle():
    drawing = plot.blocks()
    below, plus = drawing.box("MLP", 0, -2), drawing.merge("+", 2, 0)
    drawing.arrow(below, plus)
    x, y = ends(drawing)[1]
    assert (x - 2) ** 2 + y**2 == pytest.approx(0.2**2)


@pytest.mark.parametrize(
    ("corner", "a", "b"), [("across", (0.75, 0), (2, 0.7)), ("along", (0, 0.3), (1.25, 1))]
)
def test_an_arrow_with_a_corner_leaves_and_enters_squarely(corner, a, b):
    drawing = plot.blocks()
    start, end = drawing.box("a", 0, 0), drawing.box("b", 2, 1)
    drawing.arrow(start, end, corner=corner)
    assert ends(drawing) == [pytest.approx(a), pytest.approx(b)]


@pytest.mark.parametrize(
    ("corner", "end", "place"),
    [
        ("across", (4, 1), (2.375, 0.16)),  # above the longer leg, from (0.75, 0) to (4, 0)
        ("across", (2, 5), (1.84, 2.35)),  # left of it, from (2, 0) to (2, 4.7)
        ("along", (4, 1), (1.625, 1.16)),
        ("along", (2, -5), (0.16, -2.65)),  # left of the direction: downwards, so on the right
    ],
)
def test_the_label_of_an_arrow_with_a_corner_stands_beside_its_longer_leg(corner, end, place):
    drawing = plot.blocks()
    drawing.arrow(drawing.box("a", 0, 0), drawing.box("b", *end), "(B, d)", corner=corner)
    assert drawing.ax.texts[-1].get_position() == pytest.approx(place)


@pytest.mark.parametrize(("bend", "low", "high"), [(0.5, -1.8, 0.6), (-0.5, -0.6, 1.8)])
def test_the_axes_hold_an_arrow_that_swings_wide(bend, low, high):
    drawing = plot.blocks()
    drawing.arrow(drawing.box("a", 0, 0), drawing.box("b", 7.5, 0), bend=bend)
    assert drawing.ax.get_ylim() == pytest.approx((low, high))
    (arrow,) = (patch for patch in drawing.ax.patches if hasattr(patch, "_posA_posB"))
    drawing.ax.figure.canvas.draw()
    box = drawing.ax.transData.inverted().transform_bbox(arrow.get_window_extent())
    assert low < box.y0 and box.y1 < high


def test_an_arrow_ends_beside_a_note_and_starts_from_an_empty_one():
    drawing = plot.blocks()
    box = drawing.box("x", 0, 0)
    drawing.arrow(box, drawing.note("twenty letters, wide", 5, 0))
    assert ends(drawing) == [(0.75, 0), pytest.approx((3.9, 0))]
    drawing.arrow(drawing.note("", 2, 0), drawing.box("y", 4, 2), corner="along")
    assert ends(drawing) == [pytest.approx((2, 0)), pytest.approx((3.25, 2))]


def test_a_frame_surrounds_its_blocks_and_the_axes_hold_it():
    drawing = plot.blocks()
    a, b = drawing.box("a", 0, 0), drawing.box("b", 5, 2, "state")
    frame = drawing.frame([a, b], "one step")
    assert frame.x - frame.half_width < -0.75 and frame.x + frame.half_width > 5.75
    left, right = drawing.ax.get_xlim()
    assert left < frame.x - frame.half_width and right > frame.x + frame.half_width
    assert drawing.ax.texts[-1].get_text() == "one step"


def test_an_unknown_kind_is_an_error():
    with pytest.raises(KeyError):
        plot.blocks().box("x", 0, 0, "nonsense")


def test_an_empty_description_is_refused():
    with pytest.raises(ValueError, match="alternative text is empty"):
        plot.show(alt="")


def test_show_stores_the_description_and_closes_the_figure(monkeypatch):
    shown = []
    module = __import__("helpers.plot.show", fromlist=["show"])
    kernel = type("Shell", (), {"kernel": True})()
    monkeypatch.setattr(module, "get_ipython", lambda: kernel)
    monkeypatch.setattr(
        module, "publish_display_data", lambda data, metadata: shown.append((data, metadata))
    )
    plt.subplots()
    plot.show(alt="An empty\n  figure.")
    ((data, metadata),) = shown
    assert data["text/plain"] == "<Figure size 640x360 with 1 Axes>"
    assert metadata == {"image/png": {"alt": "An empty figure."}}
    assert plt.get_fignums() == []
