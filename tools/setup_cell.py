# @title Set-up: find the course's helpers, here, in a parent folder, installed, or cloned (Colab)
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = "https://github.com/publish_first/generative-ai-course"
REF = "main"
os.environ.update(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="1000")
here = Path.cwd()
folders = (here, *here.parents, here / "course")
places = [p for p in folders if (p / "src" / "helpers" / "session.py").is_file()]
homes = getattr(importlib.util.find_spec("helpers"), "submodule_search_locations", None) or ()
if not places and not any(Path(home, "exercises", "engine.py").is_file() for home in homes):
    clone = ["git", "clone", "--quiet", "--depth=1", f"--branch={REF}", REPO, "course"]
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"}
    try:
        with tempfile.TemporaryDirectory(dir=here) as part:  # an interrupted clone leaves nothing
            subprocess.run(clone, check=True, capture_output=True, cwd=part, env=quiet, timeout=300)
            Path(part, "course", "src", "helpers", "session.py").stat()  # it is the course
            places = [Path(part, "course").rename(here / "course")]
    except (OSError, subprocess.SubprocessError):
        raise RuntimeError(
            f"The course could not be cloned from {REPO} ({REF}) to {here / 'course'}: "
            "open this notebook inside a clone of the course, "
            "or ask whoever sent it to stamp its address with tools/publish.py."
        ) from None
sys.path[:0] = [src for p in places[:1] if (src := str(p / "src")) not in sys.path]
