"""A notebook's own functions and classes, for tests and benchmarks: no copy of them is kept."""

import ast
import builtins
import json
import linecache
import symtable
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


class Names(SimpleNamespace):
    """What a notebook defines; an unknown name is answered with a sentence."""

    def __getattr__(self, name: str):
        raise AttributeError(f"No cell tagged 'define' in {self.__name__} defines {name!r}.")


def load(chapter: str, notebooks: Path = NOTEBOOKS) -> SimpleNamespace:
    """Run the cells tagged `define` of a chapter ("01", "02", …) and return what they define.

    Of the import cell (the one that calls session.start) only those imports are run whose names the
    define cells use.

    Raises:
        FileNotFoundError: the chapter has no notebook.
        ValueError: no cell is tagged `define`.
        NameError: a define cell uses a name that no define cell and no import makes.
    """
    found = sorted(Path(notebooks).glob(f"{chapter}_*.ipynb"))
    if len(found) != 1:
        raise FileNotFoundError(f"Chapter {chapter!r} has {len(found)} notebooks, expected one.")
    path = found[0]
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = {
        n: "".join(cell["source"])
        for n, cell in enumerate(cells, start=1)
        if cell["cell_type"] == "code"
    }
    define = {n: code[n] for n in code if "define" in cells[n - 1]["metadata"].get("tags", [])}
    if not define:
        raise ValueError(f"{path.stem} has no cell tagged 'define'.")
    used = {
        node.id
        for source in define.values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name)
    }
    namespace = {"__name__": path.stem}
    import_cell = next((source for source in code.values() if "session.start(" in source), "")
    exec("\n".join(imports(import_cell, used)), namespace)
    for n, source in define.items():
        run(source, f"{path.stem}, cell {n}", namespace)
    for n, source in define.items():
        missing = global_names(source) - set(namespace) - set(vars(builtins))
        if missing:
            raise NameError(
                f"{path.stem}, cell {n} uses {', '.join(sorted(missing))}, "
                "which no cell tagged 'define' and no import makes."
            )
    # The functions look __builtins__ up in this very dict, so it stays there.
    return Names(**{name: made for name, made in namespace.items() if name != "__builtins__"})


def imports(source: str, names: set[str]) -> Iterator[str]:
    """The top-level imports of a cell that bind one of the names, each as a statement."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [
                alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) in names
            ]
            if node.names:
                yield ast.unparse(node)


def run(source: str, name: str, namespace: dict) -> None:
    """Run a cell under a name that tracebacks and inspect.getsource can show."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        exec(compile(source, name, "exec"), namespace)
    except NameError as error:
        raise NameError(
            f"{name} uses {error.name}, which no earlier cell tagged 'define' and no import makes."
        ) from error


def global_names(source: str) -> set[str]:
    """Names that the functions of a cell look up outside themselves."""

    def look_into(table: symtable.SymbolTable) -> set[str]:
        found = set()
        if table.get_type() != "module":
            found |= {s.get_name() for s in table.get_symbols() if s.is_global()}
        for child in table.get_children():
            found |= look_into(child)
        return found

    return look_into(symtable.symtable(source, "cell", "exec"))
