"""Run one comparison and write its record."""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

import benchmarks
from benchmarks import COMPARISONS, FOLDER, LADDER, machine
from helpers import data, files, session


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=benchmarks.__doc__.splitlines()[0]
    )
    parser.add_argument("name", choices=COMPARISONS)
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, at least 3")
    parser.add_argument("--seconds", type=float, help="training seconds of each contender and seed")
    parser.add_argument(
        "--lessons",
        nargs="+",
        choices=LADDER,
        help="measure these rungs of the ladder, and keep the others of the record",
    )
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="where to write, to try a comparison out"
    )
    options = parser.parse_args(arguments)
    name, comparison = options.name, COMPARISONS[options.name]
    seeds = list(range(options.seeds))
    seconds = comparison.seconds if options.seconds is None else options.seconds
    if len(seeds) < 3:
        parser.error("three seeds or more are needed to see the spread")
    if comparison.seconds is None and options.seconds is not None:
        parser.error(f"{name} has a fixed number of steps, no seconds")
    if seconds is not None and not seconds > 0:
        parser.error("the seconds must be positive")
    command, budget, kept = f"python -m benchmarks {name} --seeds {len(seeds)}", {}, {}
    if seconds is not None:
        command += f" --seconds {seconds:g}"
        budget = {"seconds": seconds}
    if options.lessons:
        if name != "ladder":
            parser.error("only the ladder has rungs of lessons")
        old = data.record("benchmarks/ladder.json")
        if old["seeds"] != seeds:
            parser.error(f"the rungs that would be kept have the seeds {old['seeds']}")
        command = f"{old['command']}; {command} --lessons {' '.join(options.lessons)}"
        budget, kept = {"lessons": options.lessons}, old["results"]

    os.environ.update(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="1000")  # before a framework loads
    session.start(*(p for p in comparison.packages if p in ("torch", "tensorflow")))
    module = importlib.import_module(f"benchmarks.{name}")
    record = {
        "command": command,
        **machine.environment(comparison.packages),
        "seconds": seconds,
        "seeds": seeds,
        **module.ABOUT,
        "results": kept | module.compare(seeds, **budget),
    }
    print(save(name, record, options.folder))
    return 0


def save(name: str, record: dict, folder: Path) -> Path:
    """Write folder/name.json."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    files.write(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
