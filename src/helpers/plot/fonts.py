"""Characters in figures: each script that an installed font can draw, code points otherwise."""

from matplotlib import font_manager, rcParams
from matplotlib.font_manager import FontProperties

from helpers.console import say

__all__ = ["letters", "without_font"]

SPACES = {" ", "\n", "\t"}  # are drawn by leaving room
NO_GLYPHS = "Last Resort"  # a font that shows the script of a character, not the character


def without_font(text: str) -> set[str]:
    """The characters of a text that no installed font can draw.

    Fonts that can draw what the present ones cannot are added to those of the figures.
    """
    missing = (
        set(text)
        - SPACES
        - _drawn_by(font_manager.findfont(FontProperties(family=["sans-serif"])), text)
    )
    families = list(rcParams["font.family"])
    while missing:
        fonts = font_manager.fontManager.ttflist
        paths = {font.fname: font.name for font in fonts if not font.name.startswith(NO_GLYPHS)}
        drawn = {path: _drawn_by(path, missing) for path in sorted(paths)}
        best = max(drawn, key=lambda path: len(drawn[path]))
        if not drawn[best]:
            break
        missing -= drawn[best]
        families.append(paths[best])
    rcParams["font.family"] = list(dict.fromkeys(families))
    return missing


def letters(text: str) -> list[str]:
    """What a figure can show for each character: itself, or its code point, two digits a line.

    Prints a line if there are such code points.
    """
    missing = without_font(text)
    if missing:
        say(f"No font here draws {len(missing)} of the characters: the figure has code points.")
    codes = {character: f"{ord(character):04X}" for character in missing}
    stacked = {
        c: "\n".join(code[i : i + 2] for i in range(0, len(code), 2)) for c, code in codes.items()
    }
    return [stacked.get(character, character) for character in text]


def _drawn_by(path: str, characters) -> set[str]:
    """Those of the characters for which a font has a glyph."""
    try:
        font = font_manager.get_font(path)
    except (OSError, RuntimeError):  # a file that is gone or that Matplotlib cannot read
        return set()
    return {character for character in characters if font.get_char_index(ord(character))}
