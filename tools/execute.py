"""Run notebooks and store their outputs in the one canonical form: the way to refresh a notebook.

    python tools/execute.py [NN …] [--fresh]

Outputs of cells tagged nbval-ignore-output are kept while their source stays the same, and so are
lines that differ from the stored ones only where sanitize.cfg masks them, such as the numbers of
claims; --fresh makes them anew. The numbers go to data/claims.json for check.summary. A notebook
with a failing cell is not touched.
"""

import argparse
import hashlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import ipykernel.kernelspec
import matplotlib
import nbclient
import nbclient.exceptions
import nbformat
import stored
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from notebook import (
    IGNORED,
    NOTEBOOKS,
    OUTPUTS_OF,
    chosen,
    fingerprint,
    read,
    tags,
    written,
)

from helpers import files
from helpers.claims import STORED

CELL_SECONDS = 600
TRACEBACK_LINES = 12
CELL_METADATA = {"slideshow", "tags", "cellView", "jupyter", OUTPUTS_OF}
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class NotebookFailed(Exception):
    """A notebook is not valid, or a cell raised an error, ran too long, or killed the kernel."""


class ThisPython(KernelSpecManager):
    """Knows one kernel: that of the Python which runs this script."""

    def get_kernel_spec(self, kernel_name):
        return self.kernel_spec_class(
            resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict()
        )


class ThisKernel(AsyncKernelManager):
    """Starts that kernel, whatever other kernels the user has installed under its name."""

    def _kernel_spec_manager_default(self):
        return ThisPython()


def refresh(path: Path, fresh: bool = False) -> tuple[list[int], list[int]]:
    """Run one notebook in its folder and store it canonically, and its claims beside it.

    The claims go to data/claims.json of the course that the notebook belongs to, if that exists.

    Returns the numbers, from 1 over all cells, of those that wrote to stderr, and of those where
    stored claims with another number than this run's were kept.

    Raises:
        NotebookFailed: it is not valid or a cell failed; the files are as they were.
    """
    notebook = load(path)
    kept = {} if fresh else outputs_to_keep(notebook)
    before = [] if fresh else [cell.get("outputs", []) for cell in notebook.cells]
    run(notebook, path)
    canonical(notebook)
    older = [
        n
        for n, (cell, outputs) in enumerate(zip(notebook.cells, before, strict=False), start=1)
        if stored.keep(cell, stored.canonical(outputs))
    ]
    for index, outputs in kept.items():
        cell = notebook.cells[index]
        cell.outputs = stored.canonical(outputs)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
    numbers = stored.claims(notebook)
    stored.settle_summary(notebook, numbers)
    nbformat.validate(notebook)
    contents, claims = {path: written(notebook)}, path.parent.parent / "data" / STORED
    if claims.exists():
        contents[claims] = stored.record(claims, path.name[:2], numbers)
    files.write_all(contents)
    noisy = [
        n
        for n, cell in enumerate(notebook.cells, start=1)
        if any(output["name"] == "stderr" for output in stored.streams(cell))
    ]
    return noisy, older


def load(path: Path) -> nbformat.NotebookNode:
    """A valid notebook; cells without a valid id of their own get one made of their text.

    Raises:
        NotebookFailed: it is not valid.
    """
    try:
        notebook = read(path)
        name_cells(notebook.cells)
        notebook.nbformat_minor = 5
        nbformat.validate(notebook)
    except (ValueError, nbformat.ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise NotebookFailed(f"{path.stem} is not a valid notebook: {reason}") from None
    return notebook


def name_cells(cells: list[dict]) -> None:
    """Give each cell without a valid id of its own one that is made of its text."""
    taken = set()
    for cell in cells:
        text = cell["cell_type"] + cell["source"]
        id, copies = cell.get("id", ""), 0
        while not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", id) or id in taken:
            id = hashlib.sha256(f"{text}{copies}".encode()).hexdigest()[:8]
            copies += 1
        cell["id"] = id
        taken.add(id)


def outputs_to_keep(notebook: nbformat.NotebookNode) -> dict[int, list]:
    """Stored outputs, by cell index, that are not compared and belong to the present source."""
    return {
        index: cell.outputs
        for index, cell in enumerate(notebook.cells)
        if IGNORED in tags(cell)
        and cell.outputs
        and cell.metadata.get(OUTPUTS_OF) == fingerprint(cell.source)
    }


def run(
    notebook: nbformat.NotebookNode,
    path: Path,
    before: Callable[[nbclient.NotebookClient, int], None] = lambda client, index: None,
    after: Callable[[nbclient.NotebookClient, int], None] = lambda client, index: None,
) -> None:
    """Run all cells in a new kernel, from an environment without settings of the user's own.

    before and after are called around each cell with its index.
    """
    at = 0

    def note(cell, cell_index):
        nonlocal at
        at = cell_index + 1
        before(client, cell_index)

    client = make_client(
        notebook,
        timeout=CELL_SECONDS,
        on_cell_start=note,
        on_cell_executed=lambda cell, cell_index, execute_reply: after(client, cell_index),
    )
    with tempfile.TemporaryDirectory() as settings:
        try:
            client.execute(cwd=str(path.parent), env=environment(settings))
        except nbclient.exceptions.CellTimeoutError:
            raise NotebookFailed(f"{path.stem}, cell {at} ran for over {CELL_SECONDS} s") from None
        except nbclient.exceptions.DeadKernelError:
            raise NotebookFailed(f"{path.stem}, cell {at} killed the kernel") from None
        except nbclient.exceptions.CellExecutionError as error:
            lines = COLOURS.sub("", error.traceback).rstrip().splitlines()
            raise NotebookFailed(
                "\n".join([f"{path.stem}, cell {at} failed:", *lines[-TRACEBACK_LINES:]])
            ) from None


def make_client(notebook: nbformat.NotebookNode, **options) -> nbclient.NotebookClient:
    """What runs a notebook in a kernel of this Python; its stored outputs are dropped."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nbclient.NotebookClient(
        notebook,
        kernel_manager_class=ThisKernel,
        kernel_name="python3",
        extra_arguments=["--log-level=CRITICAL"],
        force_raise_errors=True,
        record_timing=False,
        store_widget_state=False,
        **options,
    )


def environment(settings: str) -> dict[str, str]:
    """Variables of a kernel that sees nothing of the user's own; `settings` is an empty folder."""
    own = ("COURSE_", "KERAS_", "MPLCONFIGDIR")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    return kept | {
        "IPYTHONDIR": settings,
        "KERAS_HOME": settings,
        "MATPLOTLIBRC": str(Path(matplotlib.get_data_path(), "matplotlibrc")),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_WAIT_POLICY": "passive",
        "GOMP_SPINCOUNT": "1000",
    }


def canonical(notebook: nbformat.NotebookNode) -> None:
    """Drop what differs from run to run or belongs to an editor."""
    kept = {key: notebook.metadata[key] for key in ("course",) if key in notebook.metadata}
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA | kept)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key in CELL_METADATA}
        )
        cell.metadata.pop(OUTPUTS_OF, None)
        if cell.cell_type == "code":
            if IGNORED in tags(cell):
                cell.metadata[OUTPUTS_OF] = fingerprint(cell.source)
            cell.outputs = stored.canonical(cell.outputs)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lessons (default: all)")
    parser.add_argument("--fresh", action="store_true", help="also renew outputs not compared")
    parser.add_argument("--notebooks", type=Path, default=NOTEBOOKS, help="folder of the notebooks")
    options = parser.parse_args(arguments)
    paths = chosen(parser, options.lessons, options.notebooks)
    failed = False
    for path in paths:
        start = time.perf_counter()
        try:
            noisy, older = refresh(path, options.fresh)
        except NotebookFailed as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        seconds, size = time.perf_counter() - start, path.stat().st_size
        print(f"{path.stem}: {seconds:.1f} s, {size / 1000:.0f} kB")
        if older:
            cells = ", ".join(map(str, older))
            print(f"{path.stem}, cell {cells}: claims keep their stored numbers (--fresh renews)")
        for n in noisy:
            print(f"{path.stem}, cell {n} WROTE TO STDERR; see its output", file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
