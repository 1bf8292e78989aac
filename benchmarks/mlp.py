"""Digits (lesson 02): the NumPy MLP, a small one, and the per-sample loop for 784-30-10."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import accuracy_score

from benchmarks.race import Run, epochs, race_each_seed
from helpers import data
from helpers.models import backpropagation

__all__ = ["ABOUT", "InMatrices", "SampleBySample", "compare"]

ABOUT: dict[str, str] = {}


class DigitNetwork:
    """A network of the lesson, scored by its accuracy.

    Attributes:
        name: the record's name of it.
        digits: the three parts of the data.
        network: has `forward`, from pixels (B, 784) to (B, 10).
    """

    def __init__(self, name: str, digits: data.Digits, network):
        self.name, self.digits, self.network = name, digits, network

    def accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        outputs = self.network.forward(images.reshape(len(images), -1))
        return float(accuracy_score(labels, outputs.argmax(axis=1)))

    def evaluate(self) -> float:
        return self.accuracy(self.digits.x_dev, self.digits.y_dev)

    def record(self, run: Run) -> dict:
        return {
            "seconds": run.seconds,
            "steps": run.steps,
            "dev_accuracy": run.scores,
            "held_accuracy": round(self.accuracy(self.digits.x_held, self.digits.y_held), 5),
        }


class InMatrices(DigitNetwork):
    """The lesson's MLP and training step, a whole batch at once."""

    def __init__(self, sizes: tuple[int, ...], digits: data.Digits, seed: int):
        self.rng = np.random.default_rng(seed)
        network = backpropagation.MLP(sizes, self.rng)
        super().__init__(f"{'-'.join(map(str, sizes))} in matrices", digits, network)
        self.adam = backpropagation.Adam(network.params)

    def step(self, progress: float) -> None:
        x, y = self.digits.x_train, self.digits.y_train
        backpropagation.training_step(self.network, self.adam, x, y, self.rng, progress)


class SampleBySample(DigitNetwork):
    """The loop over the samples of a batch, with sigmoids and the quadratic cost."""

    def __init__(self, digits: data.Digits, seed: int):
        rng = np.random.default_rng(seed)
        network = backpropagation.PerSampleNetwork((784, 30, 10), rng)
        super().__init__("784-30-10, sample by sample", digits, network)
        self.pixels = digits.x_train.reshape(len(digits.x_train), -1)
        self.targets = np.eye(10)[digits.y_train]
        self.batches = epochs(len(self.pixels), 10, rng)

    def step(self, progress: float) -> None:
        chosen = next(self.batches)
        backpropagation.per_sample_step(self.network, self.pixels[chosen], self.targets[chosen])


def compare(seeds: Sequence[int], seconds: float) -> dict[str, list[dict]]:
    """Accuracies of the three networks."""
    digits = data.mnist()

    def contenders(seed: int) -> list[DigitNetwork]:
        large = InMatrices((784, 256, 128, 10), digits, seed)
        small = InMatrices((784, 30, 10), digits, seed)
        return [large, small, SampleBySample(digits, seed)]

    return race_each_seed(contenders, seeds, seconds, turns=16)
