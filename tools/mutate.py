"""Which errors in a lesson's formulas does no check notice? Mutation testing of the checks.

    python tools/mutate.py NN [NN …] [--per-check 12] [--section TITLE_OR_NUMBER] [--seconds 240]

A lesson's code runs once without errors. After each section, small errors are made, one at a time,
in the statements on which a check of that section depends; what is affected runs again. Where every
check still says ✓, the error survived: the check has a hole, or the error makes no difference.

B (both sides of the check changed together) and W (one side changed, within the tolerance) are what
to read first; U (what is compared did not change) is often harmless. A survivor that has to be may
be put into tools/mutation/known.json with the reason:

    {"10": {"10.3 | before → after": "reason"}}

Statements on which no check depends, such as most trainings, do not run at all.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import notebook
from mutation.program import START, Program, Statement
from mutation.report import CAUGHT, CLASSES, HEAD, Report
from mutation.runner import PATIENCE, Runner, in_folder
from mutation.sample import Mutant, Sampler

KNOWN = Path(__file__).with_name("mutation") / "known.json"


def examine(
    path: Path,
    per_check: int = 12,
    section: str = "",
    seed: int = 0,
    seconds: float = 240,
    patience: float = PATIENCE,
    known: dict[str, str] | None = None,
) -> Report:
    """Test the checks of one notebook."""
    begin, program = time.monotonic(), Program(path)
    report = Report(path.name[:2])
    chosen = [s for s in program.sections if s != START and chosen_by(section, s)]
    last = max((t.index for t in program.targets() if t.section in chosen), default=-1)
    targets = [t for t in program.targets() if t.index <= last]
    sampler = Sampler(program, per_check, seed)
    plan: dict[str, list[Mutant]] = {}
    for target in targets:
        mutants = sampler.draw(target)  # of each section: the sample of one is that of a whole run
        if target.section in chosen:
            plan.setdefault(target.section, []).extend(mutants)
    sites = {site for t in targets if t.section in chosen for site in t.sites}
    report.checks, reached = len(sites), set()
    left = sum(map(len, plan.values()))
    with in_folder(path.parent):
        runner = Runner(program, patience)
        for title in program.sections if targets else []:
            runner.run_section(title, targets)
            if mutants := plan.get(title, []):
                random.Random(seed).shuffle(mutants)  # what time does not allow is left out evenly
                share = (begin + seconds - time.monotonic()) * len(mutants) / left
                if any(t.section == title for t in targets):  # else its checks failed unmutated
                    test_section(runner, title, targets, mutants, share)
                left -= len(mutants)
            reached |= {(call.file, call.line) for r in runner.records.values() for call in r.calls}
    report.reached = sum((f"cell {site.cell}", site.line) in reached for site in sites)
    for mutants in plan.values():
        for mutant in mutants:
            report.count(mutant, known or {})
    report.notes, report.left_out = runner.notes, [s.shown() for s in runner.left_out]
    report.seconds = time.monotonic() - begin
    return report


def test_section(
    runner: Runner, title: str, targets: list[Statement], mutants: list[Mutant], seconds: float
) -> None:
    """Run a section's mutants while there is time, and write down their fates.

    A mutant of an earlier section that survives is put to the checks of the sections between, too:
    there it may be a formula under test, and here no more than an example.
    """
    end = time.monotonic() + seconds
    here = set(runner.program.needed([t for t in targets if t.section == title])[0])
    so_far = set(runner.program.needed([t for t in targets if t.index <= max(here)])[0])
    with runner.put_back():
        for mutant in mutants:
            if time.monotonic() > end:
                break
            mutant.fate = runner.fate(mutant.statement, mutant.node, here)
            if mutant.fate in CLASSES and mutant.statement.section != title:
                elsewhere = runner.fate(mutant.statement, mutant.node, so_far)
                mutant.fate = elsewhere if elsewhere in CAUGHT else mutant.fate


def chosen_by(wanted: str, title: str) -> bool:
    """Whether --section means this section: its number, or a part of its title."""
    number = title.partition(" · ")[0]
    return wanted == number if wanted.isdecimal() else wanted.lower() in title.lower()


def in_children(numbers: list[str], options: argparse.Namespace) -> dict[str, dict]:
    """Each lesson in a process of its own, so that one that dies takes no other with it."""
    found = {}
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "report.json"
            command = [sys.executable, __file__, number, "--json", str(file)]
            for name in ("per_check", "section", "seed", "seconds", "notebooks"):
                command += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
            limit = 3 * options.seconds + 600  # code that hangs outside Python is not cut off
            try:
                run = subprocess.run(
                    command, capture_output=True, text=True, encoding="utf-8", timeout=limit
                )
            except subprocess.TimeoutExpired:
                print(f"\nLesson {number} could not be tested: it hangs", flush=True)
                continue
            if file.exists():
                found |= json.loads(file.read_text(encoding="utf-8"))
                print(run.stdout, flush=True)
            else:
                why = (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[-1]
                print(f"\nLesson {number} could not be tested: {why}", flush=True)
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n    python")[0],
        epilog=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lessons", nargs="+", metavar="NN", help='lessons, or "all"')
    parser.add_argument("--per-check", type=int, default=12, help="mutants a check (default: 12)")
    parser.add_argument("--section", default="", help="only this one: number or part of the title")
    parser.add_argument("--seed", type=int, default=0, help="of the sample of mutants")
    parser.add_argument("--seconds", type=float, default=240, help="a lesson's time (default: 240)")
    parser.add_argument("--json", type=Path, help="write the whole report to this file")
    parser.add_argument("--notebooks", type=Path, default=notebook.NOTEBOOKS, help="their folder")
    options = parser.parse_args(arguments)
    asked = [] if options.lessons == ["all"] else options.lessons
    paths = notebook.chosen(parser, asked, options.notebooks)
    if options.section and len(paths) == 1:
        titles = Program(paths[0]).sections
        if not any(chosen_by(options.section, title) for title in titles):
            parser.error(f"There is no section {options.section!r}: {'; '.join(titles)}.")
    if len(paths) > 1:
        found = in_children([path.name[:2] for path in paths], options)
        print(HEAD, *(Report.of(made).row() for made in found.values()), sep="\n")
    else:
        known = json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.exists() else {}
        number = paths[0].name[:2]
        report = examine(
            paths[0],
            options.per_check,
            options.section,
            options.seed,
            options.seconds,
            known=known.get(number, {}),
        )
        found = {number: report.json()}
        print(report.text(), f"\n{HEAD}\n{report.row()}", sep="\n")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
