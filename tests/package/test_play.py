"""Figures to play with: every position of the sliders shows what the lesson's function gives."""

import base64
import html
import json
import re

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from helpers import play, plot


@pytest.fixture
def shown(monkeypatch):
    """The bundles that were shown, with their metadata."""
    bundles = []
    monkeypatch.setattr(
        play, "publish_display_data", lambda data, metadata: bundles.append((data, metadata))
    )
    with mpl.rc_context():
        plot.use_style()
        yield bundles


def page_of(bundle) -> str:
    """The page inside the frame."""
    return html.unescape(re.search(r'srcdoc="(.*)"></iframe>', bundle["text/html"], re.DOTALL)[1])


def frames_of(bundle) -> list:
    return json.loads(re.search(r",frames=(.*?);\n", page_of(bundle))[1])


def heights(temperature, k):
    weights = np.exp(np.array([2.0, 1.0, 0.0]) / temperature) * (np.arange(3) < k)
    return weights / weights.sum()


def test_bars_hold_every_position_in_the_order_of_the_sliders(shown):
    play.bars(heights, {"τ": [0.5, 1], "k": [1, 2, 3]}, ["a", "b", "<c>"], "p", alt="Three words")
    ((bundle, metadata),) = shown
    base, top = play.HEIGHT - play.BOTTOM, play.TOP
    frames = frames_of(bundle)
    assert len(frames) == 6
    for frame, (temperature, k) in zip(
        frames, [(t, k) for t in (0.5, 1) for k in (1, 2, 3)], strict=True
    ):
        recovered = (base - np.array(frame)) / (base - top)
        assert recovered == pytest.approx(heights(temperature, k), abs=0.001)
    page = page_of(bundle)
    assert 'sliders=[["0.5", "1"], ["1", "2", "3"]]' in page
    assert "&lt;c&gt;" in page
    assert metadata == {"image/png": {"alt": "Three words"}}
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")


def test_curves_hold_every_point_and_leave_out_what_is_not_finite(shown):
    def curve(a):
        return {"y": ([0, 1, 2], [0.0, a, np.inf])}

    play.curves(curve, {"a": [1, 3]}, "x", "y", alt="A line", y_range=(0, 4))
    frames = frames_of(shown[0][0])
    to_y = play._scale((0, 4), (play.HEIGHT - play.BOTTOM, play.TOP))
    for (points,), a in zip(frames, (1, 3), strict=True):
        ys = [float(point.split(",")[1]) for point in points.split()]
        assert ys == pytest.approx([to_y(0), to_y(a)], abs=0.06)


def test_images_hold_every_picture(shown):
    play.images(lambda t: np.full((4, 6), t), {"t": [0.0, 0.5, 1.0]}, alt="Grey")
    frames = frames_of(shown[0][0])
    assert len(set(frames)) == 3
    assert all(frame.startswith("data:image/png;base64,") for frame in frames)


def test_the_same_arrays_give_the_same_bytes(shown):
    for _ in range(2):
        play.bars(heights, {"τ": [0.5, 1], "k": [1, 3]}, ["a", "b", "c"], "p", alt="Bars")
    (first, _), (second, _) = shown
    assert first["text/html"] == second["text/html"]


def test_the_frame_needs_nothing_from_elsewhere(shown):
    play.bars(heights, {"τ": [1], "k": [3]}, ["a", "b", "c"], "p", alt="Bars")
    page = page_of(shown[0][0])
    assert "http" not in page
    assert not re.search(r"\bsrc=.http|<link|@import", page)
    assert 'sandbox="allow-scripts"' in shown[0][0]["text/html"]


def test_a_frame_that_is_too_large_is_refused(shown):
    def long(a):
        return {"y": (np.arange(10_000), np.sin(np.arange(10_000.0)))}

    with pytest.raises(ValueError, match=r"more than 100: take fewer"):
        play.curves(long, {"a": [1, 2]}, "x", "y", alt="Too much")
    assert not shown


def test_a_figure_without_description_is_refused(shown):
    with pytest.raises(ValueError, match="alternative text is empty"):
        play.bars(heights, {"τ": [1], "k": [3]}, ["a", "b", "c"], "p", alt=" ")
