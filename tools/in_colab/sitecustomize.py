"""Every Python of the simulated Colab imports this at its start, before anything else.

It hides the course where that is installed, and knows google.colab, as Colab does.
"""

import sys
from pathlib import Path

import google.colab  # noqa: F401

helpers = [folder for folder in sys.path if Path(folder, "helpers", "session.py").is_file()]
sys.path[:] = [folder for folder in sys.path if folder not in helpers]
sys.meta_path[:] = [
    finder
    for finder in sys.meta_path
    if not getattr(finder, "__module__", "").startswith("__editable__")
]
