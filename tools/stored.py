"""What is stored of a run: lines that no other run need change, and the numbers of its claims.

A line that differs from the stored one only where `sanitize.cfg` masks it, as in a claim's measured
number, stays as it was: a notebook that runs again does not change. `data/claims.json` holds those
numbers by lesson and text, for check.summary.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from notebook import ROOT, WIDGETS, code_cells

from helpers.claims import table

MASKS = [
    (re.compile(regex), replacement)
    for regex, replacement in re.findall(  # as nbval reads it
        r"^regex: (.*)$\n^replace: (.*)$",
        (ROOT / "sanitize.cfg").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
]
OVERWRITTEN = re.compile(r"(?m)^.*\r(?=[^\n])(.*?) *$")
CLAIM = MASKS[0][0]
SUMMARY = re.compile(r"(?m)^ +here +stored +limits(?:\n.*\S {2,}\S.* {2,}\S.* {2,}\S.*)+")


def canonical(outputs: list) -> list:
    """Outputs without widgets (their plain text stays), consecutive texts of a stream joined.

    Of a line that was written over itself, as by a progress bar, the last state stays, even where
    a figure was shown in between.
    """
    result = []
    for output in outputs:
        if "data" in output:
            output.data = {
                mime: data for mime, data in output.data.items() if not mime.startswith(WIDGETS)
            }
            if not output.data:
                continue
        if output.output_type == "stream":
            earlier = [out for out in result if out.get("name") == output.name]
            if earlier and output.text.startswith("\r"):
                whole, newline, _ = earlier[-1].text.rpartition("\n")
                earlier[-1].text = whole + newline
            if result and result[-1].get("name") == output.name:
                result[-1].text += output.text
                continue
        result.append(output)
    for output in result:
        if output.output_type == "stream":
            output.text = OVERWRITTEN.sub(r"\1", output.text)
    return [out for out in result if out.output_type != "stream" or out.text]


def masked(text: str) -> str:
    """The text as nbval compares it."""
    for regex, replacement in MASKS:
        text = regex.sub(replacement, text)
    return text


def kept(before: str, after: str) -> str:
    """The lines of `after`; as in `before`, where only what is masked differs."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(
        None, [masked(line) for line in old], [masked(line) for line in new], autojunk=False
    )
    for start, first, size in matcher.get_matching_blocks():
        new[first : first + size] = old[start : start + size]
    return "".join(new)


def streams(cell: Mapping) -> Iterator[Mapping]:
    """What a cell printed."""
    return (out for out in cell.get("outputs", []) if out["output_type"] == "stream")


def keep(cell: Mapping, before: list[Mapping]) -> int:
    """Keep the lines of a cell's earlier streams; returns how many claims would have changed."""
    changed = 0
    for name in ("stdout", "stderr"):
        old = [out for out in before if out.get("name") == name]
        new = [out for out in streams(cell) if out["name"] == name]
        for earlier, now in zip(old, new, strict=False):
            text = kept(earlier["text"], now["text"])
            lines = zip(text.splitlines(), now["text"].splitlines(), strict=True)
            changed += sum(a != b and CLAIM.search(a) is not None for a, b in lines)
            now["text"] = text
    return changed


def claims(notebook: Mapping) -> dict[str, str]:
    """The measured number of each claim, with its unit, by its text."""
    found = {}
    for _, cell in code_cells(notebook):
        for output in streams(cell):
            for claim in CLAIM.finditer(output["text"]):
                line = claim[0].removesuffix(claim[3]).removeprefix("✓ ")
                text = claim[1].removeprefix("✓ ")
                found[text] = line.removeprefix(f"{text} ")
    return found


def settle_summary(notebook: Mapping, numbers: Mapping[str, str]) -> None:
    """Let the stored summary show the stored numbers, in both columns."""

    def settled(summary: re.Match) -> str:
        rows = [re.split(" {2,}", line) for line in summary[0].splitlines()[1:]]
        rows = [(text, numbers[text], numbers[text], limits) for text, _, _, limits in rows]
        return table(rows)

    for _, cell in code_cells(notebook):
        for output in streams(cell):
            output["text"] = SUMMARY.sub(settled, output["text"])


def record(path: Path, number: str, numbers: Mapping[str, str]) -> str:
    """The text of claims.json with the numbers of one lesson; those of the others stay."""
    lessons = json.loads(path.read_text(encoding="utf-8"))
    lessons[number] = dict(numbers)
    lessons = {n: texts for n, texts in sorted(lessons.items()) if texts}
    return json.dumps(lessons, indent=1, ensure_ascii=False) + "\n"
