"""Show the current figure together with a description for those who cannot see it."""

import base64
import io

import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import publish_display_data

__all__ = ["show"]


def show(alt: str) -> None:
    """Show the current figure as `plt.show()` does, with alternative text.

    The text is stored in the output's metadata, where JupyterLab, nbconvert and the web edition
    read it. Outside of Jupyter this is `plt.show()`.

    alt: what the figure shows, in one or two sentences.

    Raises ValueError if it is empty.
    """
    if not alt.strip():
        raise ValueError("The alternative text is empty: say in a sentence what the figure shows.")
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        plt.show()
        return
    figure, buffer = plt.gcf(), io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight", facecolor=figure.get_facecolor())
    axes = len(figure.axes)
    size = "x".join(f"{inches * figure.dpi:.0f}" for inches in figure.get_size_inches())
    plt.close(figure)  # or the inline backend would show it once more
    publish_display_data(
        {
            "image/png": base64.b64encode(buffer.getvalue()).decode("ascii"),
            "text/plain": f"<Figure size {size} with {axes} Axes>",
        },
        metadata={"image/png": {"alt": " ".join(alt.split())}},
    )
