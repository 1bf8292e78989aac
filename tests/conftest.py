"""What several tests share: a web server on this machine, and a download cache of their own."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pooch
import pytest
from hypothesis import settings

from helpers.data import downloads

# The same examples in every run: what fails once fails again.
settings.register_profile("course", derandomize=True, database=None, deadline=None)
settings.load_profile("course")


class Server(ThreadingHTTPServer):
    """Serves `files` by path and notes the `requests`; `modes` says by path what goes wrong.

    A mode is one of corrupt, truncated, truncated-without-length, stalled and silent, or an HTTP
    status. A path without a file is itself a status, such as /403.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.modes, self.requests = {}, {}, []
        self.stop = threading.Event()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        content = self.server.files.get(self.path)
        mode = self.path.strip("/") if content is None else self.server.modes.get(self.path, "")
        if mode.isdigit():
            self.send_error(int(mode))
        elif mode == "silent":
            self.server.stop.wait(5)
        else:
            self.answer(content, mode)

    def answer(self, content, mode):
        half = content[: len(content) // 2]
        sent = {
            "corrupt": bytes([content[0] ^ 1]) + content[1:],
            "truncated": half,
            "truncated-without-length": half,
            "stalled": half,
        }
        self.send_response(200)
        if mode != "truncated-without-length":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(sent.get(mode, content))
        if mode == "stalled":
            self.server.stop.wait(5)

    def handle(self):
        with contextlib.suppress(OSError):  # the client has left, as it should
            super().handle()

    def log_message(self, *args):
        pass


@pytest.fixture
def web():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.stop.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, a short time limit, and no proxy in between."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(pooch, "os_cache", lambda project: folder)
    monkeypatch.setattr(downloads, "TIMEOUT", 0.3)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    downloads._temporary_folder.cache_clear()
    yield folder
    downloads._temporary_folder.cache_clear()
