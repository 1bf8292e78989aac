"""Figures to play with: every position of the sliders shows what the lesson's function gives."""

import base64
import html
import json
import re
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from helpers import play
from helpers.play import charts
from helpers.play import frame as play_frame


@pytest.fixture
def shown(monkeypatch, clean_figures):
    """The bundles that were shown, with their metadata."""
    bundles = []
    monkeypatch.setattr(
        play_frame, "publish_display_data", lambda data, metadata: bundles.append((data, metadata))
    )
    return bundles


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
    base, top = charts.HEIGHT - charts.BOTTOM, charts.TOP
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


def runs_of(path: str) -> list[list[tuple[float, float]]]:
    """The points of each run of a line, in the drawing's units."""
    runs = [run.split() for run in path.split("M")[1:]]
    return [[tuple(map(float, point.split(","))) for point in run] for run in runs]


def test_curves_hold_every_point_and_have_a_gap_where_one_is_not_finite(shown):
    def curve(a):
        return {"<y>": ([0, 1, 2, 3, 4, 5, 6], [np.nan, 0.0, a, np.inf, np.nan, 2, 9])}

    play.curves(curve, {"a": [1, 3]}, "x", "a & b", alt='Lines & "gaps"', y_range=(0, 4))
    to_y = charts._scale((0, 4), (charts.HEIGHT - charts.BOTTOM, charts.TOP))
    for (path,), a in zip(frames_of(shown[0][0]), (1, 3), strict=True):
        assert re.fullmatch(r"(M\d+,-?[\d.]+( \d+,-?[\d.]+)*)+", path)
        first, second = runs_of(path)
        assert [y for _, y in first] == pytest.approx([to_y(0), to_y(a)], abs=0.06)
        assert [y for _, y in second] == pytest.approx([to_y(2), to_y(9)], abs=0.06)
        assert [x for x, _ in first + second] == sorted(x for x, _ in first + second)
    drawing = ET.fromstring(re.search("<svg.*</svg>", page_of(shown[0][0]), re.DOTALL)[0])
    assert drawing.get("aria-label") == 'Lines & "gaps"'
    assert len(drawing.findall("path[@class='curve']")) == 1
    assert {"<y>", "a & b"} <= {text.text for text in drawing.iter("text")}


def test_what_lies_outside_is_cut_off_at_the_axes(shown):
    def diverging(a):
        return {"path": (np.arange(5), (-a) ** np.arange(5.0)), "flat": (range(41), [0.0] * 41)}

    play.curves(diverging, {"a": [2, 1000]}, "x", "y", alt="A path", y_range=(-3, 3))
    to_y = charts._scale((-3, 3), (charts.HEIGHT - charts.BOTTOM, charts.TOP))
    (slow, _), (fast, _) = frames_of(shown[0][0])
    assert [y for _, y in runs_of(slow)[0]] == pytest.approx(
        [to_y(y) for y in (1, -2, 4, -8, 16)], abs=0.06
    )
    low, high = charts.FAR
    assert [y for _, y in runs_of(fast)[0]] == pytest.approx(
        [to_y(1), high, low, high, low], abs=0.06
    )
    drawing = ET.fromstring(re.search("<svg.*</svg>", page_of(shown[0][0]), re.DOTALL)[0])
    clip = drawing.find("clipPath")
    numbers = [float(n) for n in re.findall(r"[\d.]+", clip.find("path").get("d"))]
    left, right, bottom = (
        charts.LEFT,
        play_frame.WIDTH - charts.RIGHT,
        charts.HEIGHT - charts.BOTTOM,
    )
    assert numbers == [left, charts.TOP, right, bottom, left]
    paths = drawing.findall("path[@class='curve']")
    assert [path.get("clip-path") for path in paths] == [f"url(#{clip.get('id')})"] * 2


def test_curves_of_few_points_have_dots(shown):
    def two(a):
        return {"few": (range(40), [a] * 40), "many": (range(41), [a] * 41)}

    play.curves(two, {"a": [1]}, "x", "y", alt="Two lines")
    drawing = ET.fromstring(re.search("<svg.*</svg>", page_of(shown[0][0]), re.DOTALL)[0])
    markers = drawing.findall("marker")
    assert [float(marker.find("circle").get("r")) > 0 for marker in markers] == [True, False]
    styles = [path.get("style") for path in drawing.findall("path[@class='curve']")]
    assert styles == [f"marker:url(#{marker.get('id')})" for marker in markers]


def test_the_picture_names_the_position_of_the_sliders(shown, monkeypatch):
    titles = []
    monkeypatch.setattr(play_frame.plt, "suptitle", lambda text, **_: titles.append(text))
    play.bars(heights, {"τ": [0.5, 1], "k": [1, 3]}, ["a", "b", "c"], "p", alt="Bars", start=(0, 1))
    assert titles == ["τ = 0.5, k = 3"]


def test_logarithmic_curves_have_gaps_where_nothing_can_be_drawn(shown):
    def curve(a):
        return {"y": ([0, 1, 2, 3], [1.0, 0.0, 10.0, 100.0]), "none": ([0, 3], [np.nan, -1])}

    play.curves(curve, {"a": [1]}, "x", "y", alt="A line", log_y=True)
    ((path, nothing),) = frames_of(shown[0][0])
    low, top = charts.HEIGHT - charts.BOTTOM, charts.TOP
    assert [[y for _, y in run] for run in runs_of(path)] == [[low], [(low + top) / 2, top]]
    assert nothing == ""


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ((1, 1000), [1, 10, 100, 1000]),
        ((2, 8), [2, 5]),
        ((0.15, 0.9), [0.2, 0.5]),
        ((1.53, 1.72), [1.55, 1.575, 1.6, 1.625, 1.65, 1.675, 1.7]),
        ((3.2, 4.4), [3.2, 3.4, 3.6, 3.8, 4.0, 4.2, 4.4]),
    ],
)
def test_a_logarithmic_axis_has_ticks_between_the_decades_too(values, ticks):
    assert charts._ticks(values, log=True) == pytest.approx(ticks)


def test_a_flat_line_has_an_axis(shown):
    play.curves(lambda a: {"y": ([0, 1], [2.0, 2.0])}, {"a": [1]}, "x", "y", alt="A line")
    assert frames_of(shown[0][0]) == [["M62,133.0 490,133.0"]]


def test_images_hold_every_picture(shown):
    play.images(lambda t: np.full((4, 6), t), {"t": [0.0, 0.5, 1.0]}, alt="Grey")
    frames = frames_of(shown[0][0])
    assert len(set(frames)) == 3
    assert all(frame.startswith("data:image/png;base64,") for frame in frames)


def test_bars_have_a_picture_beside_them(shown):
    play.bars(
        heights,
        {"τ": [0.5, 1], "k": [1, 3]},
        ["a", "b", "c"],
        "p",
        alt="Bars and a picture",
        picture=lambda temperature, k: np.full((4, 4), k / 3),
    )
    frames = frames_of(shown[0][0])
    assert [len(one) for one in frames] == [4] * 4
    assert len({one[3] for one in frames}) == 2  # the picture follows k
    assert frames[0][3].startswith("data:image/png;base64,")
    assert 'document.querySelector("img").src=frame[3]' in page_of(shown[0][0])


def test_texts_are_shown_as_they_are(shown):
    verse = "If $1 < 2 & </script> then\n\tgo"
    play.texts(lambda t: verse * t, {"t": [1, 2]}, alt="Verse", lines=3)
    assert frames_of(shown[0][0]) == [verse, verse * 2]
    assert page_of(shown[0][0]).count("</script>") == 1  # the text ends no script
    assert "textContent=frame" in page_of(shown[0][0])


def test_the_picture_of_a_text_has_no_boxes_and_no_line_that_runs_out(shown, monkeypatch):
    fonts = [f for f in font_manager.fontManager.ttflist if f.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)
    written = []
    draw = Figure.text
    monkeypatch.setattr(
        Figure, "text", lambda *args, **more: written.append(args[3]) or draw(*args, **more)
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph")
        play.texts(lambda t: "床 $" + "a" * 200, {"t": [1]}, alt="A long line", lines=3)
    assert written[0].startswith("<5E8A> $a")
    assert max(map(len, written[0].splitlines())) < 100
    assert len(written[0].splitlines()) == 3


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
