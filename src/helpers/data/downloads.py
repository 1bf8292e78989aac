"""Download a file once, check it, and keep it in the cache of the course."""

import atexit
import functools
import logging
import shutil
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests
import urllib3
from tqdm.auto import tqdm

# Limits of one download. A mirror that is slower than this is left for the next one.
CONNECT_SECONDS = 10.0  # to reach the mirror
SILENT_SECONDS = 20.0  # without a single byte
WINDOW_SECONDS = 20.0  # the rate is measured over windows of this length
SLOWEST_RATE = 20_000  # bytes per second


class DownloadError(RuntimeError):
    """No mirror delivered the file; the message is one sentence with the reason of each."""


class _TooSlowError(Exception):
    """A mirror delivers fewer than SLOWEST_RATE bytes per second."""


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
    if _has_checksum(cached, sha256):
        return cached
    folder = _writable_folder()
    pooch.get_logger().setLevel(logging.WARNING)  # the progress bar says enough
    failures = []
    for url in mirrors:
        try:
            return Path(pooch.retrieve(url, sha256, fname=name, path=folder, downloader=_download))
        except (OSError, ValueError, urllib3.exceptions.HTTPError, _TooSlowError) as error:
            failures.append(f"{urlsplit(url).netloc} {_what_happened(error)}")
    raise DownloadError(f"{name} could not be downloaded ({'; '.join(failures)}), but {advice}.")


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


def _download(url: str, path: str, _pooch: pooch.Pooch | None) -> None:
    """Pooch's own downloader has no lower limit on the rate: a drip of bytes would never end."""
    answer = requests.get(
        url,
        stream=True,
        timeout=(CONNECT_SECONDS, SILENT_SECONDS),
        headers={"Accept-Encoding": "identity"},
    )
    with answer, Path(path).open("wb") as file:
        answer.raise_for_status()
        size = int(answer.headers.get("Content-Length", 0)) or None
        with tqdm(desc=Path(url).name, total=size, unit="B", unit_scale=True) as bar:
            window_start, window_bytes = time.monotonic(), 0
            while block := answer.raw.read1(1 << 16, decode_content=False):
                file.write(block)
                bar.update(len(block))
                window_bytes += len(block)
                seconds = time.monotonic() - window_start
                if seconds > WINDOW_SECONDS:
                    if window_bytes < SLOWEST_RATE * seconds:
                        raise _TooSlowError
                    window_start, window_bytes = time.monotonic(), 0


def _what_happened(error: Exception) -> str:
    """A failed download in a few words that follow the mirror's name."""
    match error:
        case requests.HTTPError():
            return f"answered {error.response.status_code} {error.response.reason}"
        case requests.ConnectTimeout():
            return "could not be reached"
        case requests.Timeout() | urllib3.exceptions.TimeoutError():
            return "fell silent"
        case _TooSlowError():
            return f"sent fewer than {SLOWEST_RATE:,} bytes per second"
        case requests.exceptions.SSLError():
            return "could not prove its identity"
        case requests.ConnectionError():
            return "could not be reached"
        case urllib3.exceptions.HTTPError():
            return "broke off before the end of the file"
        case requests.RequestException():
            return f"failed with {type(error).__name__}"
        case ValueError():  # Pooch's only way to say so
            return "sent a file with a wrong checksum"
    return f"delivered, but the file could not be saved: {error.strerror or error}"
