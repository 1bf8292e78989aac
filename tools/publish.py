"""Stamp the course's address into its notebooks, README and project file.

    python tools/publish.py https://github.com/OWNER/REPO [--ref TAG]

From then on the Colab and Binder badges and the set-up cells fetch the course from there. Run it
again whenever the address or the tag changes; outputs of notebooks stay as they are. It needs
Python alone, without the course's environment.
"""

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
GITHUB = "https://github.com/"
OWNER = r"(?!-)(?!.*--)[A-Za-z0-9-]{1,39}(?<!-)"
REPO = r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}"
REF = r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?<!\.)(?<!\.lock)"
LINKS = {  # what stands before and after OWNER/REPO/…REF; the last group is the tag or branch
    "Colab": r"(colab\.research\.google\.com/github/)({})(/blob/)([^/\s)\"]+)",
    "Binder": r"(mybinder\.org/v2/gh/)({})(/)([^/?\s)\"]+)",
    "raw file": r"(raw\.githubusercontent\.com/)({})(/)([^/\s)\"]+)",
    "GitHub file": r"(github\.com/)({})(/(?:blob|tree|raw)/)([^/\s)\"]+)",
}
ADDRESS_LINES = re.compile(r'^REPO = "([^"\n]*)"\nREF = "([^"\n]*)"$', re.MULTILINE)
UNPUBLISHED = re.compile(r"<!-- unpublished -->.*?<!-- /unpublished -->\n*", re.DOTALL)
END_OF_NAME = r"(?=\.git\b|\.?(?![\w.-]))"
ANY_NAME = r"[\w.-]+/[\w.-]+"


class Address(NamedTuple):
    """Where the course lives: OWNER/REPO, and the tag or branch where the place names one."""

    name: str
    ref: str | None


def parse(url: str, ref: str) -> Address:
    """Check an address and a tag.

    Raises:
        ValueError: either is not what GitHub allows; the message says what is expected.
    """
    name = url.removeprefix(GITHUB).removesuffix("/").removesuffix(".git")
    owner, _, repo = name.partition("/")
    if not (url.startswith(GITHUB) and re.fullmatch(OWNER, owner) and re.fullmatch(REPO, repo)):
        raise ValueError(f"The address must look like {GITHUB}OWNER/REPO, but it is {url!r}.")
    if name == "OWNER/REPO":
        raise ValueError("OWNER/REPO stands for your own account and repository: put them there.")
    if not re.fullmatch(REF, ref):
        raise ValueError(
            f"The tag must be made of letters, digits, '.', '_' and '-', but it is {ref!r}."
        )
    return Address(name, ref)


def publish(root: Path, url: str, ref: str = "main") -> list[Path]:
    """Stamp address and tag everywhere; returns the files that changed.

    Everything is computed before anything is written.

    Raises:
        ValueError: the address or tag is malformed, or a file lacks the line to be stamped.
    """
    new = parse(url, ref)
    old = {address.name for address in addresses(root).values()}
    changed = {}
    for path in documents(root):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            stamped = stamped_notebook(text, old, new)
        else:
            stamped = stamped_text(text, old, new)
        if stamped != text:
            changed[path] = stamped
    parts = {path: path.with_name(path.name + ".part") for path in changed}
    try:
        for path, part in parts.items():
            part.write_text(changed[path], encoding="utf-8", newline="\n")
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return list(changed)


def addresses(root: Path) -> dict[str, Address]:
    """The address that each place names: pyproject.toml, set-up cells, notebook and README badges.

    Raises:
        ValueError: a notebook has no set-up cell, or pyproject.toml no Repository.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    repository = project.get("urls", {}).get("Repository", "")
    if not repository.startswith(GITHUB):
        raise ValueError(f"pyproject.toml names no Repository that begins with {GITHUB}.")
    found = {"pyproject.toml": Address(repository.removeprefix(GITHUB), None)}
    ours = set()
    for path in notebooks(root):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        line = ADDRESS_LINES.search(code)
        if not line:
            raise ValueError(f"{path.name} has no set-up cell with REPO and REF.")
        found[f"{path.name}, set-up cell"] = Address(line[1].removeprefix(GITHUB), line[2])
        ours.add(path.name)
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        found |= links(path.name, text, ours={path.name})
    for path in documents(root):
        if path.suffix == ".md":
            found |= links(path.name, path.read_text(encoding="utf-8"), ours)
    return found


def links(place: str, text: str, ours: set[str]) -> dict[str, Address]:
    """The Colab and Binder links of a text that open one of our notebooks."""
    found = {}
    for kind in ("Colab", "Binder"):
        for link in re.finditer(LINKS[kind].format(ANY_NAME) + r"([^\s)\"]*)", text):
            if link[5].rsplit("/", 1)[-1] in ours:
                found[f"{place}, {link[0]}"] = Address(link[2], link[4])
    return found


def documents(root: Path) -> list[Path]:
    """Every file that names the course's address."""
    texts = [path for folder in (".", "data", "docs") for path in root.glob(f"{folder}/*.md")]
    return [*sorted([*texts, root / "pyproject.toml"]), *notebooks(root)]


def notebooks(root: Path) -> list[Path]:
    """The course's notebooks, in order."""
    return sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def stamped_text(text: str, old: set[str], new: Address) -> str:
    """A text with every link to an old address turned to the new one.

    What stands between <!-- unpublished --> and <!-- /unpublished --> is dropped.
    """
    text = UNPUBLISHED.sub("", text)
    for name in old:
        for pattern in LINKS.values():
            text = re.sub(pattern.format(re.escape(name)), rf"\g<1>{new.name}\g<3>{new.ref}", text)
        whole_name = rf"(github\.com/){re.escape(name)}{END_OF_NAME}"
        text = re.sub(whole_name, rf"\g<1>{new.name}", text)
    branch = "" if new.ref == "main" else f"--branch {new.ref} "
    clone = rf"(git clone )(?:--branch \S+ )?(?={re.escape(GITHUB + new.name)}{END_OF_NAME})"
    return re.sub(clone, rf"\g<1>{branch}", text)


def stamped_notebook(text: str, old: set[str], new: Address) -> str:
    """A notebook's JSON with set-up cell and links stamped; all else stays as it is."""
    notebook = json.loads(text)
    lines = f'REPO = "{GITHUB}{new.name}"\nREF = "{new.ref}"'
    stamps: dict[str, Callable[[str], str]] = {
        "code": lambda source: ADDRESS_LINES.sub(lines, source),
        "markdown": lambda source: stamped_text(source, old, new),
    }
    for cell in notebook["cells"]:
        if cell["cell_type"] in stamps:
            source = stamps[cell["cell_type"]]("".join(cell["source"]))
            cell["source"] = source.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", metavar="URL", help=f"{GITHUB}OWNER/REPO")
    parser.add_argument(
        "--ref", metavar="TAG", default="main", help="tag or branch (default: main)"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the course")
    options = parser.parse_args(arguments)
    try:
        changed = publish(options.root, options.url, options.ref)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for path in changed:
        print(f"stamped {path.relative_to(options.root)}")
    if not changed:
        print("Nothing to change.")
    print(f"The course is fetched from {options.url}, {options.ref}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
