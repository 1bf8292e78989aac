"""What a measurement ran on."""

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path

from helpers import session

__all__ = ["environment", "processor"]


def processor() -> str:
    """The processor's name and the number of cores that this process may use."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():  # Linux, where platform.processor() is empty or vague
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {count} cores"


def environment(packages: Iterable[str]) -> dict:
    """The entries of a record that tell its machine: processor, threads, versions."""
    versions = {package: importlib.metadata.version(package) for package in packages}
    return {
        "processor": processor(),
        "threads": session.threads(),
        "versions": {"python": platform.python_version(), **versions},
    }
