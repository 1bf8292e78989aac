"""Comparisons at equal time: the contenders take turns on one machine, with the same seconds each.

    python tools/benchmark.py NAME [--seeds 5] [--seconds 8]

Writes data/benchmarks/NAME.json, which the notebooks load and draw. The contenders are made of the
notebooks' own functions. Only the seconds inside their training steps count, not the evaluations.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import notebook_code
import numpy as np

from helpers import data, session

FOLDER = data.DATA / "benchmarks"


@dataclass
class Contender:
    """One way of training.

    Attributes:
        step: one training step; it is given the share of its seconds that is used up, in [0, 1).
        evaluate: the score of the model as it stands; its time does not count.
    """

    step: Callable[[float], object]
    evaluate: Callable[[], float]


@dataclass
class Run:
    """What one contender did with one seed: after each turn, its seconds, steps and score."""

    seconds: list[float]
    steps: list[int]
    scores: list[float]


def race(
    contenders: Mapping[str, Contender],
    seconds: float,
    turns: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Run]:
    """Let the contenders train in turns until each has used its seconds.

    In every turn each contender trains until its own clock shows the same time, so that a machine
    that slows down slows all of them. The order is reversed from turn to turn. The last step of a
    turn may reach beyond it; the next turn is then shorter.
    """
    used = dict.fromkeys(contenders, 0.0)
    steps = dict.fromkeys(contenders, 0)
    runs = {name: Run([], [], []) for name in contenders}
    for turn in range(1, turns + 1):
        order = list(contenders) if turn % 2 else list(reversed(contenders))
        for name in order:
            contender, end = contenders[name], seconds * turn / turns
            while used[name] < end:
                begin = clock()
                contender.step(used[name] / seconds)
                used[name] += clock() - begin
                steps[name] += 1
            runs[name].seconds.append(round(end, 3))
            runs[name].steps.append(steps[name])
            runs[name].scores.append(round(contender.evaluate(), 5))
    return runs


def mlp(seeds: list[int], seconds: float) -> dict[str, list[dict]]:
    """Digits (chapter 02): the NumPy MLP, a small one, and the per-sample loop for 784-30-10."""
    chapter = notebook_code.load("02")
    digits = data.mnist()
    pixels, one_hot = digits.x_train.reshape(len(digits.x_train), -1), np.eye(10)

    def in_matrices(sizes: tuple[int, ...], seed: int):
        rng = np.random.default_rng(seed)
        network = chapter.MLP(sizes, rng)
        adam = chapter.Adam(network.params)

        def step(share: float) -> None:
            chapter.training_step(network, adam, digits.x_train, digits.y_train, rng, share)

        return network, step

    def sample_by_sample(seed: int):
        rng = np.random.default_rng(seed)
        network = chapter.PerSampleNetwork((784, 30, 10), rng)
        batches = iter(())

        def step(share: float) -> None:
            nonlocal batches
            chosen = next(batches, None)
            if chosen is None:  # a new epoch
                batches = iter(rng.permutation(len(pixels)).reshape(-1, 10))
                chosen = next(batches)
            chapter.per_sample_step(network, pixels[chosen], one_hot[digits.y_train[chosen]])

        return network, step

    def accuracy(network, images: np.ndarray, labels: np.ndarray) -> float:
        outputs = network.forward(images.reshape(len(images), -1))
        return float((outputs.argmax(axis=1) == labels).mean())

    results = {}
    for seed in seeds:
        made = {
            "784-256-128-10 in matrices": in_matrices((784, 256, 128, 10), seed),
            "784-30-10 in matrices": in_matrices((784, 30, 10), seed),
            "784-30-10, sample by sample": sample_by_sample(seed),
        }
        contenders = {
            name: Contender(step, lambda n=network: accuracy(n, digits.x_dev, digits.y_dev))
            for name, (network, step) in made.items()
        }
        for name, run in race(contenders, seconds, turns=16).items():
            held = accuracy(made[name][0], digits.x_held, digits.y_held)
            results.setdefault(name, []).append(
                {
                    "seed": seed,
                    "seconds": run.seconds,
                    "steps": run.steps,
                    "dev_accuracy": run.scores,
                    "held_accuracy": round(held, 5),
                }
            )
    return results


@dataclass(frozen=True)
class Benchmark:
    """A comparison, the seconds of each contender and seed, and the packages that take part."""

    compare: Callable[[list[int], float], dict[str, list[dict]]]
    seconds: float
    packages: tuple[str, ...]


BENCHMARKS = {"mlp": Benchmark(mlp, seconds=8.0, packages=("numpy",))}


def processor() -> str:
    """The processor's name and the number of cores that this process may use."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {count} cores"


def save(name: str, record: dict, folder: Path = FOLDER) -> Path:
    """Write folder/name.json: to a temporary name first, then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    part = path.with_name(path.name + ".part")
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)
    return path


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, at least 3")
    parser.add_argument("--seconds", type=float, help="training seconds of each contender and seed")
    options = parser.parse_args(arguments)
    if options.seeds < 3:
        parser.error("three seeds or more are needed to see the spread")
    benchmark = BENCHMARKS[options.name]
    seconds = benchmark.seconds if options.seconds is None else options.seconds
    if not seconds > 0:
        parser.error("the seconds must be positive")
    os.environ["OMP_WAIT_POLICY"] = "passive"  # before the frameworks load
    session.start()
    seeds = list(range(options.seeds))
    results = benchmark.compare(seeds, seconds)
    record = {
        "command": f"python tools/benchmark.py {options.name} --seeds {len(seeds)} "
        f"--seconds {seconds:g}",
        "processor": processor(),
        "threads": session.threads(),
        "seconds": seconds,
        "seeds": seeds,
        "versions": {
            "python": platform.python_version(),
            **{package: importlib.metadata.version(package) for package in benchmark.packages},
        },
        "results": results,
    }
    print(save(options.name, record))
    return 0


if __name__ == "__main__":
    sys.exit(main())
