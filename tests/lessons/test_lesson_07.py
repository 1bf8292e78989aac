"""Lesson 07: the record of its benchmark, and the exact resumption of its training."""

import json

import notebook_code
import numpy as np
import pytest
from benchmark import FOLDER

from helpers import data, session, train


@pytest.fixture(scope="module")
def results():
    return json.loads((FOLDER / "gan.json").read_text(encoding="utf-8"))["results"]


@pytest.mark.parametrize("second", [60, 120])
def test_the_course_has_at_most_a_tenth_of_the_tutorials_distance(results, second):
    means = {}
    for name, runs in results.items():
        assert len(runs) >= 3
        at = runs[0]["seconds"].index(second)
        means[name] = np.mean([run["held_distances"][at] for run in runs])
    assert means["course"] <= means["tutorial settings"] / 10


def test_every_class_has_at_least_four_percent(results):
    for run in results["course"]:
        assert run["rarest_class_shares"][run["seconds"].index(60)] >= 0.04
        assert run["rarest_class_shares"][-1] >= 0.04


def test_a_resumed_training_has_the_losses_of_an_uninterrupted_one(tmp_path):
    session.start("torch", "tensorflow")
    lesson, digits = notebook_code.load("05"), data.mnist()

    def training(seed):
        gen, disc = lesson.keras_generator(width=4), lesson.keras_discriminator(width=2)
        return lesson.GanTraining(gen, disc, digits, seed=seed)

    def parts(made):
        models = {"gen": made.gen, "disc": made.disc, "average": made.average, "rng": made.rng}
        return models | dict(zip(("adam_g", "adam_d"), made.optimizers, strict=True))

    first, second = training(0), training(1)
    for _ in range(3):
        first.step()
    train.save(tmp_path / "gan.safetensors", **parts(first))
    onwards = [first.step() for _ in range(3)]
    train.load(tmp_path / "gan.safetensors", **parts(second))
    assert [second.step() for _ in range(3)] == onwards
