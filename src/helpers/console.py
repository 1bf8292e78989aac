"""Print text that the console may not be able to show."""

import sys

__all__ = ["say"]


def say(text: str) -> None:
    """Print a text; a character that the console's encoding lacks, such as ✓, becomes "?"."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))
