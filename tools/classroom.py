"""A class on one server: several students run a chapter at once, each in a kernel of their own.

    python tools/classroom.py [NN] [--students 8] [--threads 1]

Starts one Jupyter server on this machine, opens the notebook once per student, runs all cells as
JupyterLab would, and writes docs/classroom.json: who finished, in how many seconds, and how much
memory the kernels took together. The result stands in words in docs/teaching.md.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import requests
from benchmark import processor
from measure import PLAN
from notebook_form import chosen
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from helpers import files

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "docs" / "classroom.json"
RESULT = re.compile(r"(<!-- classroom -->\n).*?(\n<!-- /classroom -->)", re.DOTALL)
CLASS = 30
START_SECONDS = 60
STOP_SECONDS = 10


class Server:
    """A running Jupyter server: its address and the header that lets us in."""

    def __init__(self, process: subprocess.Popen, port: int, token: str):
        self.process = process
        self.address = f"http://127.0.0.1:{port}"
        self.headers = {"Authorization": f"token {token}"}

    def ask(self, method: str, path: str, **named) -> requests.Response:
        """One request to the server's REST API."""
        return requests.request(
            method,
            f"{self.address}/api/{path}",
            headers=self.headers,
            timeout=START_SECONDS,
            **named,
        )

    def kernels(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@contextlib.contextmanager
def server(root: Path, threads: int) -> Iterator[Server]:
    """A Jupyter server with a token of its own, on this machine only; stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}", "--allow-root"]
    with tempfile.TemporaryDirectory() as settings:
        environment = os.environ | {
            "JUPYTER_TOKEN": token,
            "JUPYTER_CONFIG_DIR": settings,
            "JUPYTER_PREFER_ENV_PATH": "1",
            "COURSE_THREADS": str(threads),
            "OMP_WAIT_POLICY": "passive",
            "GOMP_SPINCOUNT": "1000",
        }
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                running = Server(process, port, token)
                wait_for(running)
                yield running
            finally:
                stop(process)


def stop(process: subprocess.Popen) -> None:
    """End a server and its kernels. One that waits for a kernel which does not answer is killed."""
    family = []
    with contextlib.suppress(psutil.NoSuchProcess):  # it has ended already
        server = psutil.Process(process.pid)
        family = [server, *server.children(recursive=True)]
    process.terminate()
    _, left = psutil.wait_procs(family, timeout=STOP_SECONDS)
    for one in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()


def wait_for(running: Server) -> None:
    """Return when the server answers.

    Raises:
        RuntimeError: it does not within START_SECONDS.
    """
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and running.process.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            if running.ask("GET", "status").ok:
                return
        time.sleep(0.2)
    raise RuntimeError(f"The Jupyter server did not start within {START_SECONDS} seconds.")


async def student(running: Server, path: str, code: list[str]) -> dict:
    """Open a notebook in a new kernel and run its cells; tells seconds and what went wrong."""
    session = {"name": "", "path": path, "type": "notebook", "kernel": {"name": "python3"}}
    answer = await asyncio.to_thread(running.ask, "POST", "sessions", json=session)
    answer.raise_for_status()
    kernel = answer.json()["kernel"]["id"]
    begin, error = time.perf_counter(), None
    address = f"{running.address.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels"
    channel = await websocket_connect(HTTPRequest(address, headers=running.headers))
    for n, source in enumerate(code, start=1):
        error = await run_cell(channel, source)
        if error:
            error = f"code cell {n}: {error}"
            break
    seconds = time.perf_counter() - begin
    channel.close()
    await asyncio.to_thread(running.ask, "DELETE", f"kernels/{kernel}")
    return {"seconds": round(seconds, 1), "error": error}


async def run_cell(channel, source: str) -> str | None:
    """Run one cell; returns its error in a line, or None."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
    header |= {"username": "", "session": "classroom", "date": ""}
    content = {"code": source, "silent": False, "store_history": True, "stop_on_error": True}
    content |= {"user_expressions": {}, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    await channel.write_message(json.dumps(message | {"channel": "shell", "buffers": []}))
    while (text := await channel.read_message()) is not None:
        if isinstance(text, bytes):  # a widget's data
            continue
        reply = json.loads(text)
        content = reply.get("content", {})
        if content.get("execution_state") in ("dead", "restarting"):
            return "the kernel died"
        if reply["parent_header"].get("msg_id") == header["msg_id"] and (
            reply["header"]["msg_type"] == "execute_reply"
        ):
            failed = content["status"] != "ok"
            return f"{content.get('ename')}: {content.get('evalue')}" if failed else None
    return "the server closed the connection"


async def watch(running: Server, peaks: dict[str, int]) -> None:
    """Keep the largest memory of all kernels together and of one kernel, in bytes (RSS)."""
    while True:
        sizes = []
        for process in running.kernels():
            with contextlib.suppress(psutil.Error):
                sizes.append(process.memory_info().rss)
        peaks["together"] = max(peaks["together"], sum(sizes))
        peaks["one"] = max([peaks["one"], *sizes])
        await asyncio.sleep(0.5)


async def lesson(
    running: Server, notebook: Path, students: int
) -> tuple[list[dict], dict[str, int]]:
    """All students at once; what became of each, and the peaks of memory."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    peaks = {"together": 0, "one": 0}
    watcher = asyncio.create_task(watch(running, peaks))
    paths = [f"notebooks/student-{n}.ipynb" for n in range(1, students + 1)]
    done = await asyncio.gather(*(student(running, path, code) for path in paths))
    watcher.cancel()
    return done, peaks


def main(arguments: list[str] | None = None) -> int:
    about = f"{__doc__.splitlines()[0]} Writes docs/classroom.json and a part of docs/teaching.md."
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("chapter", nargs="?", default="02", metavar="NN", help="default: 02")
    parser.add_argument("--students", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1, help="threads a kernel (default: 1)")
    options = parser.parse_args(arguments)
    [path] = chosen(parser, [options.chapter])
    if options.students < 1:
        parser.error(f"a class has at least one student, not {options.students}")
    with server(ROOT, options.threads) as running:
        done, peaks = asyncio.run(lesson(running, path, options.students))
    record = {
        "command": f"python tools/classroom.py {options.chapter} --students {options.students} "
        f"--threads {options.threads}",
        "processor": processor(),
        "chapter": options.chapter,
        "students": options.students,
        "finished": sum(result["error"] is None for result in done),
        "seconds": [result["seconds"] for result in done],
        "errors": [result["error"] for result in done if result["error"]],
        "megabytes_together": round(peaks["together"] / 1e6),
        "megabytes_of_the_largest": round(peaks["one"] / 1e6),
    }
    files.write(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    text = sentences(record)
    files.write(PLAN, RESULT.sub(lambda m: m[1] + text + m[2], PLAN.read_text(encoding="utf-8")))
    print("\n".join([text, *record["errors"]]))
    return 0 if record["finished"] == options.students else 1


def sentences(record: Mapping) -> str:
    """The record in words, and what it says for a class of 30."""
    students, seconds = record["students"], record["seconds"]
    largest = record["megabytes_of_the_largest"] / 1000
    minutes = CLASS / students * max(seconds) / 60
    return (
        f"Measured on {record['processor']}: {students} kernels on one server ran chapter "
        f"{record['chapter']} at once, from the first cell to the last. {record['finished']} "
        f"finished; the first took {min(seconds):.0f} seconds, the last {max(seconds):.0f}. "
        f"Together they held {record['megabytes_together'] / 1000:.1f} GB at most, the largest "
        f"{largest:.1f} GB.\n\n"
        f"For a class of {CLASS} that means: {CLASS * largest:.0f} GB of memory if all have the "
        f"chapter open at once, and about {minutes:.0f} minutes if all press Run All at the same "
        "moment on this processor. Cells run one by one, as in a lesson, need far less at a time, "
        "and more cores shorten the wait."
    )


if __name__ == "__main__":
    sys.exit(main())
