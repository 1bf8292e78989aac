"""Download a file once, check it, and keep it in the cache of the course."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import pooch

__all__ = ["DownloadError", "fetch"]

TIMEOUT = (10.0, 20.0)  # seconds to reach a mirror, and without a single byte


class DownloadError(RuntimeError):
    """No mirror delivered the file; the message is one sentence with the reason of each."""


def fetch(name: str, mirrors: list[str], sha256: str, advice: str) -> Path:
    """Download a file once, check it, and return its path in the cache of the course.

    name: file name in the cache, which may start with a folder ("gpt2/model.safetensors").
    mirrors: whole addresses, tried in order. sha256: the published checksum, in hexadecimal; it is
    compared again at every call. advice: the end of the sentence when all mirrors fail.

    The file appears under its name only when complete and correct. When the cache folder cannot be
    written, a temporary folder takes its place and one line says so.

    Raises DownloadError, whose one sentence says what happened at each mirror.
    """
    cached = _cache_folder() / name
    if _has_checksum(cached, sha256):  # first: a cache that cannot be written may still be read
        return cached
    downloader = pooch.HTTPDownloader(
        progressbar=True,
        chunk_size=1 << 16,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},  # else a server may unpack what is checked packed
    )
    folder, failures = _writable_folder(), []
    with mock.patch.object(pooch.get_logger(), "disabled", True):  # the progress bar says enough
        for url in mirrors:
            try:
                return Path(pooch.retrieve(url, sha256, name, folder, downloader=downloader))
            except (OSError, ValueError) as error:  # all errors of requests are of the first kind
                failures.append(f"{urlsplit(url).netloc}: {_reason(error)}")
    raise DownloadError(f"{name} could not be downloaded ({'; '.join(failures)}), but {advice}.")


def _reason(error: Exception) -> str:
    """Why a download failed, in a few words that follow the mirror's name."""
    if not isinstance(error, OSError):
        return "wrong checksum"  # Pooch's ValueError
    if (answer := getattr(error, "response", None)) is not None:
        return f"{answer.status_code} {answer.reason}"
    return error.strerror or type(error).__name__  # the file system's, or such as ConnectTimeout


def _has_checksum(path: Path, sha256: str) -> bool:
    try:
        return pooch.file_hash(path) == sha256
    except OSError:
        return False


def _cache_folder() -> Path:
    return pooch.os_cache("generative-ai-course")


def _writable_folder() -> Path:
    folder = _cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return _temporary_folder(folder)


@functools.cache
def _temporary_folder(instead_of: Path) -> Path:
    """One folder per process, deleted when Python ends."""
    folder = Path(tempfile.mkdtemp(prefix="generative-ai-course-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    print(f"{instead_of} cannot be written; downloads stay in {folder} until Python ends.")
    return folder
