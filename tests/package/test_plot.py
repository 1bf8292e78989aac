"""The figures: what is drawn is what was given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.colors import to_hex

from helpers import plot

pytestmark = pytest.mark.usefixtures("clean_figures")


def test_style_is_opaque_and_uses_the_palette():
    figure, ax = plt.subplots()
    assert to_hex(figure.get_facecolor(), keep_alpha=True) == "#ffffffff"
    colours = [to_hex(ax.plot([0, 1])[0].get_color()).upper() for _ in plot.COLOURS]
    assert colours == list(plot.COLOURS)
    assert len(set(colours)) == 7
    assert figure.dpi == 100


def test_a_dark_style_of_the_readers_own_stays_readable():
    plt.style.use("dark_background")
    plot.use_style()
    for name in ("axes.labelcolor", "xtick.color", "ytick.color", "text.color", "axes.edgecolor"):
        assert plt.rcParams[name] == "black"
    assert plt.rcParams["axes.facecolor"] == plt.rcParams["figure.facecolor"] == "white"


def test_curves():
    ax = plot.curves(
        {"measured": ([0, 1, 2], [4.0, 2.0, 1.0]), "predicted rate": ([0, 2], [4.0, 1.0])},
        "step",
        "loss in nats",
        log_y=True,
    )
    measured, predicted = ax.lines
    assert np.array_equal(measured.get_xydata(), [[0, 4], [1, 2], [2, 1]])
    assert np.array_equal(predicted.get_xydata(), [[0, 4], [2, 1]])
    assert (measured.get_linestyle(), predicted.get_linestyle()) == ("-", "--")
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("step", "loss in nats", "log")
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["measured", "predicted rate"]


def test_curves_on_axes_that_exist():
    _, ax = plt.subplots()
    assert plot.curves({"a": ([0], [1])}, "x", "y", ax=ax) is ax
    assert ax.get_yscale() == "linear"
    assert len(plt.get_fignums()) == 1


def test_smooth():
    assert np.allclose(plot.smooth([1, 2, 3, 4], 2), [1.5, 2.5, 3.5])
    assert plot.smooth(np.ones(100), 10).shape == (91,)
    assert np.allclose(plot.smooth([1.0, 5.0], 1), [1, 5])
    with pytest.raises(ValueError, match="A mean over 5 values needs as many, but there are 3"):
        plot.smooth([1, 2, 3], 5)


def test_image_grid():
    images = np.random.default_rng(0).random((5, 4, 4))
    axes = plot.image_grid(images, titles=list("abcde"), columns=3)
    assert axes.shape == (2, 3)
    shown = [ax.images[0] for ax in axes.flat if ax.images]
    assert len(shown) == 5
    assert all(np.array_equal(a.get_array(), b) for a, b in zip(shown, images, strict=True))
    assert all(image.get_clim() == (0, 1) for image in shown)
    assert [ax.get_title() for ax in axes.flat] == ["a", "b", "c", "d", "e", ""]
    assert not any(ax.axison for ax in axes.flat)


def test_image_grid_with_its_own_limits():
    images = np.array([[[0.0, 5.0]], [[-2.0, 1.0]]])
    own = plot.image_grid(images, columns=2, limits=None)
    assert [ax.images[0].get_clim() for ax in own.flat] == [(0, 5), (-2, 1)]
    stated = plot.image_grid(images, columns=2, limits=(-3, 3), cmap="RdBu")
    assert [ax.images[0].get_clim() for ax in stated.flat] == [(-3, 3), (-3, 3)]
    assert stated[0, 0].images[0].get_cmap().name == "RdBu"


def test_contours():
    path = np.array([[1.0, 1.0], [0.5, 0.2], [0.0, 0.0]])
    ax = plot.contours(lambda x, y: x**2 + 10 * y**2, (-2, 2), (-1, 1), {"lr 0.1": path})
    assert ax.get_xlim() == (-2, 2)
    assert ax.get_ylim() == (-1, 1)
    assert np.array_equal(ax.lines[0].get_xydata(), path)
    assert ax.get_legend().get_texts()[0].get_text() == "lr 0.1"
    levels = ax.collections[0]
    for value, curve in zip(levels.levels, levels.get_paths(), strict=True):
        points = curve.vertices
        assert np.allclose(points[:, 0] ** 2 + 10 * points[:, 1] ** 2, value, atol=0.02)


def test_contours_without_paths_have_no_legend():
    assert plot.contours(lambda x, y: x + y, (0, 1), (0, 1)).get_legend() is None


def test_confusion():
    matrix = np.array([[5, 1], [0, 7]])
    ax = plot.confusion(matrix, ["cat", "dog"])
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(0, 0): "5", (1, 0): "1", (0, 1): "0", (1, 1): "7"}
    assert np.array_equal(ax.images[0].get_array(), [[0, 1], [0, 0]])  # mistakes alone have colour
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    for axis in (ax.xaxis, ax.yaxis):
        assert [label.get_text() for label in axis.get_ticklabels()] == ["cat", "dog"]


def only_the_course_fonts(monkeypatch):
    fonts = [f for f in font_manager.fontManager.ttflist if f.name.startswith(("DejaVu", "Last"))]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)


def test_a_character_that_no_font_has_becomes_its_code_point(monkeypatch, capsys):
    only_the_course_fonts(monkeypatch)
    with plt.rc_context():
        assert plot.letters("é床 𠀀\n") == ["é", "5E\n8A", " ", "20\n00\n0", "\n"]
        assert plot.without_font("é床") == {"床"}
    assert "draws 2 of the characters: the figure has code points" in capsys.readouterr().out


def test_nothing_is_said_where_every_character_has_a_font(capsys):
    assert plot.letters("Zoë, 2") == list("Zoë, 2")
    assert capsys.readouterr().out == ""
