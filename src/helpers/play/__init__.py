"""Figures to play with: sliders over results that were computed beforehand.

Each function calls a plain function of the lesson for every position of its sliders and shows the
results in one self-contained frame (HTML, SVG and a few lines of JavaScript), which works without a
network in JupyterLab, in Colab and on the web. Beside it lies a picture for where no script runs.
"""

from helpers.play.charts import bars, curves
from helpers.play.pages import images, texts

__all__ = ["bars", "curves", "images", "texts"]
