"""Stamp the course's address into its notebooks, README and project file.

    python tools/publish.py https://github.com/OWNER/REPO [--ref TAG]

From then on the Colab and Binder badges and the set-up cells fetch the course from there. Run it
again whenever the address or the tag changes. The files are changed as texts, so this needs Python
alone, without the course's environment.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GITHUB = "https://github.com/"
NAME = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")
REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# The two lines of a set-up cell; in a notebook's JSON the quotes and the line's end are escaped.
ADDRESS_LINES = re.compile(r'^REPO = "([^"\n]*)"\nREF = "([^"\n]*)"$', re.MULTILINE)
STAMPED = re.compile(r'(REPO = \\?")([^"\\]*)(\\?"(?:\\n",\s*")?\s*REF = \\?")([^"\\]*)')
# What comes before OWNER/REPO, that, what comes after it, and the tag or branch.
LINKS = (
    r"(colab\.research\.google\.com/github/)({})(/blob/)([^/\s)\"\\]+)",
    r"(github\.com/)({})(/(?:blob|tree|raw)/)([^/\s)\"\\]+)",
    r"(mybinder\.org/v2/gh/|raw\.githubusercontent\.com/)({})(/)([^/?\s)\"\\]+)",
)
UNPUBLISHED = re.compile(r"<!-- unpublished -->.*?<!-- /unpublished -->\n*", re.DOTALL)
END_OF_NAME = r"(?=\.git\b|\.?(?![\w.-]))"


def parse(url: str, ref: str) -> str:
    """OWNER/REPO of an address.

    Raises:
        ValueError: address or tag is not what GitHub allows; the message says what is expected.
    """
    name = url.removeprefix(GITHUB).removesuffix("/").removesuffix(".git")
    if not (url.startswith(GITHUB) and NAME.fullmatch(name)):
        raise ValueError(f"The address must look like {GITHUB}OWNER/REPO, but it is {url!r}.")
    if name == "OWNER/REPO":
        raise ValueError("OWNER/REPO stands for your own account and repository: put them there.")
    if not REF.fullmatch(ref):
        raise ValueError(
            f"The tag must be made of letters, digits, '.', '_' and '-', but it is {ref!r}."
        )
    return name


def publish(root: Path, url: str, ref: str = "main") -> list[Path]:
    """Stamp address and tag everywhere; returns the files that changed.

    Everything is computed before anything is written.

    Raises:
        ValueError: the address or tag is malformed, or a file lacks the line to be stamped.
    """
    new = parse(url, ref)
    texts = {path: path.read_text(encoding="utf-8") for path in documents(root)}
    old = names(texts)
    changed = {path: stamped(text, old, new, ref) for path, text in texts.items()}
    changed = {path: text for path, text in changed.items() if text != texts[path]}
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(changed)


def documents(root: Path) -> list[Path]:
    """Every file that names the course's address."""
    patterns = ("pyproject.toml", "*.md", "*/*.md", "notebooks/*.ipynb", "tools/setup_cell.py")
    return [path for pattern in patterns for path in sorted(root.glob(pattern))]


def names(texts: dict[Path, str]) -> set[str]:
    """Each OWNER/REPO that the project file or a set-up cell gives as the course's own.

    Raises:
        ValueError: a notebook has no set-up cell.
    """
    found = set()
    for path, text in texts.items():
        if path.name == "pyproject.toml":
            found |= set(re.findall(rf'^Repository = "{GITHUB}([^"]+)"', text, re.MULTILINE))
        if path.suffix in (".ipynb", ".py"):
            if not (line := STAMPED.search(text)):
                raise ValueError(f"{path.name} has no set-up cell with REPO and REF.")
            found.add(line[2].removeprefix(GITHUB))
    return found


def stamped(text: str, old: set[str], new: str, ref: str) -> str:
    """A text with every link to an old address turned to the new one.

    What stands between <!-- unpublished --> and <!-- /unpublished --> is dropped.
    """
    text = UNPUBLISHED.sub("", text)
    text = STAMPED.sub(rf"\g<1>{GITHUB}{new}\g<3>{ref}", text)
    for name in old:
        for pattern in LINKS:
            text = re.sub(pattern.format(re.escape(name)), rf"\g<1>{new}\g<3>{ref}", text)
        text = re.sub(rf"(github\.com/){re.escape(name)}{END_OF_NAME}", rf"\g<1>{new}", text)
    branch = "" if ref == "main" else f"--branch {ref} "
    clone = rf"(git clone )(?:--branch \S+ )?(?={re.escape(GITHUB + new)}{END_OF_NAME})"
    return re.sub(clone, rf"\g<1>{branch}", text)


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
