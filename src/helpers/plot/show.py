"""Show the current figure together with a description for those who cannot see it."""

import base64
import io

import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import publish_display_data

__all__ = ["described", "png_of_current_figure", "show"]


def described(alt: str) -> str:
    """An alternative text on one line.

    Raises ValueError if it is empty.
    """
    if not alt.strip():
        raise ValueError("The alternative text is empty: say in a sentence what the figure shows.")
    return " ".join(alt.split())


def png_of_current_figure() -> str:
    """The current figure as PNG in base64; closed, or the inline backend would show it too."""
    buffer = io.BytesIO()
    plt.savefig(buffer, format="png", bbox_inches="tight", facecolor=plt.gcf().get_facecolor())
    plt.close()
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def show(alt: str) -> None:
    """Show the current figure as `plt.show()` does, with alternative text.

    The text is stored in the output's metadata, where JupyterLab, nbconvert and the web edition
    read it. Outside of Jupyter this is `plt.show()`.

    alt: what the figure shows, in one or two sentences.

    Raises ValueError if it is empty.
    """
    alt, shell, figure = described(alt), get_ipython(), plt.gcf()
    if shell is None or not hasattr(shell, "kernel"):
        plt.show()
        return
    size = "x".join(f"{inches * figure.dpi:.0f}" for inches in figure.get_size_inches())
    text = f"<Figure size {size} with {len(figure.axes)} Axes>"
    publish_display_data(
        {"image/png": png_of_current_figure(), "text/plain": text},
        metadata={"image/png": {"alt": alt}},
    )
