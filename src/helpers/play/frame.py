"""The frame: sliders, what they show, and the few lines of JavaScript between them."""

import base64
import html
import io
import json
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import publish_display_data
from matplotlib.image import imsave

from helpers.plot.show import described, png_of_current_figure

__all__ = ["WIDTH", "Sliders", "address", "publish"]

LIMIT = 100_000  # bytes of a frame
WIDTH = 640  # of the drawing, in its own units
Sliders = Mapping[str, Sequence[float]]

PAGE = """<!doctype html><meta charset="utf-8"><style>
body{{margin:0;font:14px sans-serif;background:#fff;color:#000}}
label{{display:inline-block;margin:2px 18px 2px 4px}}input{{vertical-align:middle;width:180px}}
output{{display:inline-block;min-width:4em}}svg,img{{display:block;width:100%;max-width:{width}px}}
img{{image-rendering:pixelated}}text{{font:12px sans-serif}}
</style><form>{controls}</form>{drawing}<script>
const sliders={sliders},frames={frames};
const inputs=[...document.querySelectorAll("input")];
function show(frame){{{show}}}
function move(){{
 let k=0;
 inputs.forEach((input,i)=>{{
  k=k*sliders[i].length+Number(input.value);
  input.nextElementSibling.textContent=sliders[i][input.value];
 }});
 show(frames[k]);
}}
inputs.forEach(input=>input.addEventListener("input",move));move();
</script>"""


def address(image: np.ndarray, limits: tuple[float, float], cmap: str) -> str:
    """An image (height, width) as PNG in the address of a picture; `limits` are black and white."""
    buffer = io.BytesIO()
    imsave(buffer, np.asarray(image), vmin=limits[0], vmax=limits[1], cmap=cmap, format="png")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def publish(frame: tuple[str, list, str, int], sliders, start, alt: str, still: Callable) -> None:
    """Show the frame, and beside it the picture that `still` draws at the first position.

    frame: what is drawn once, what each position of the sliders changes, the script that does it,
    and the height.
    """
    drawing, frames, show, height = frame
    alt = described(alt)
    start = [len(values) // 2 for values in sliders.values()] if start is None else list(start)
    controls = "".join(
        f'<label>{html.escape(name)} <input type="range" min="0" max="{len(values) - 1}" '
        f'value="{at}" aria-label="{html.escape(name)}"> <output></output></label>'
        for (name, values), at in zip(sliders.items(), start, strict=True)
    )
    shown = json.dumps([[f"{value:g}" for value in values] for values in sliders.values()])
    frames = json.dumps(frames, separators=(",", ":")).replace("<", r"\u003c")  # no "</script>"
    page = PAGE.format(
        width=WIDTH, controls=controls, drawing=drawing, sliders=shown, frames=frames, show=show
    )
    if len(page.encode()) > LIMIT:
        raise ValueError(
            f"The frame has {len(page.encode()) / 1000:.0f} kB, more than {LIMIT / 1000:.0f}: "
            "take fewer positions or fewer points."
        )
    embedded = (
        f'<iframe title="{html.escape(alt)}" sandbox="allow-scripts" width="100%" '
        f'height="{height + 30 * len(sliders) + 20}" '
        f'style="border:0;max-width:{WIDTH + 20}px" srcdoc="{html.escape(page)}"></iframe>'
    )
    first = {name: values[at] for (name, values), at in zip(sliders.items(), start, strict=True)}
    still(first.values())
    plt.suptitle(", ".join(f"{name} = {value:g}" for name, value in first.items()), fontsize=10)
    publish_display_data(
        {"text/html": embedded, "image/png": png_of_current_figure(), "text/plain": alt},
        metadata={"image/png": {"alt": alt}},
    )
