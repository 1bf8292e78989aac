"""Digits (lesson 08): the VAE of PyTorch's examples, and the course's.

Of each run the weights with the best score on the dev digits are kept.
"""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from benchmarks.race import Run, epochs, race_each_seed
from benchmarks.scoring import parameters
from helpers import data, session
from helpers.models import vae

__all__ = ["ABOUT", "BinaryDigits", "CourseVAE", "ExampleVAE", "compare"]

ABOUT = {
    "protocol": "Nats per image of the 2,000 held-out digits; 7,000 digits train. Dev and held-out "
    "digits are binary: each pixel is drawn once with the probability of its grey level, with a "
    "fixed seed. Of each run the weights with the best dev score, taken every twelfth of the "
    "seconds, are kept. −log p(x) by the importance-weighted bound with 500 samples. 'example': "
    "784-400-20 units, ReLU, Adam with a rate of 1e-3, batches of 128, training digits drawn "
    "again in every epoch. 'course': lesson 08's, drawn again and moved by up to one pixel in "
    "every step; its settings were chosen on the dev digits.",
}
SAMPLES = 500  # of the importance-weighted bound


@dataclass(frozen=True)
class BinaryDigits:
    """Grey digits to train on, (N, 784), and binary ones to score."""

    grey: torch.Tensor
    dev: torch.Tensor
    held: torch.Tensor


def binary_digits(digits: data.Digits) -> BinaryDigits:
    rng = torch.Generator().manual_seed(0)
    dev, held = (vae.binarise(vae.flat(images), rng) for images in (digits.x_dev, digits.x_held))
    return BinaryDigits(vae.flat(digits.x_train), dev, held)


class BestKept:
    """A VAE in training whose best weights, by its score on the dev digits, are kept."""

    name: str

    def __init__(self, model: vae.VAE, digits: BinaryDigits):
        self.model, self.digits = model, digits
        self.best, self.weights = math.inf, model.state_dict()

    def evaluate(self) -> float:
        score = vae.negative_elbo(self.model, self.digits.dev)
        if score < self.best:
            self.best, self.weights = score, copy.deepcopy(self.model.state_dict())
        return score

    def record(self, run: Run) -> dict:
        self.model.load_state_dict(self.weights)
        held = self.digits.held
        log_p = vae.importance_weighted(self.model, held, S=SAMPLES).mean().item()
        return {
            "parameters": parameters(self.model),
            "seconds": run.seconds,
            "steps": run.steps,
            "dev_negative_elbo": run.scores,
            "held_negative_elbo": round(vae.negative_elbo(self.model, held, draws=20), 3),
            "held_negative_log_p": round(-log_p, 3),
        }


class ExampleVAE(BestKept):
    """The VAE of PyTorch's examples.

    784-400-20 units, ReLU, Adam with a rate of 1e-3, batches of 128 from shuffled epochs. The two
    heads of its encoder are one layer here, which is the same. It trains on binary digits, drawn
    again in every epoch, where the original takes grey levels; on average that is the same for its
    decoder.
    """

    name = "example"

    def __init__(self, digits: BinaryDigits, seed: int):
        torch.manual_seed(seed)
        encoder, decoder = (
            nn.Sequential(nn.Linear(n_in, 400), nn.ReLU(), nn.Linear(400, n_out))
            for n_in, n_out in ((784, 40), (20, 784))
        )
        super().__init__(vae.VAE(encoder, decoder, d_z=20), digits)
        self.adam = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.rng = torch.Generator().manual_seed(seed)
        self.batches = epochs(len(digits.grey), 128, np.random.default_rng(seed))

    def step(self, progress: float) -> None:
        x = vae.binarise(self.digits.grey[next(self.batches)], self.rng)
        eps = torch.randn(len(x), self.model.d_z, generator=self.rng)
        reconstruction, kl = vae.two_terms(x, *self.model(x, eps))
        self.adam.zero_grad()
        (reconstruction.mean() + kl.sum(dim=1).mean()).backward()
        self.adam.step()


class CourseVAE(BestKept):
    """The model and the training of lesson 08."""

    name = "course"

    def __init__(self, digits: BinaryDigits, seed: int):
        torch.manual_seed(seed)
        super().__init__(vae.mlp_vae(), digits)
        self.training = vae.VAETraining(self.model, digits.grey, seed=seed)

    def step(self, progress: float) -> None:
        with session.matmul_precision("medium"):
            self.training.step(progress)


def compare(seeds: Sequence[int], seconds: float) -> dict[str, list[dict]]:
    """Nats per image of both VAEs."""
    digits = binary_digits(data.mnist())

    def contenders(seed: int) -> list[BestKept]:
        return [ExampleVAE(digits, seed), CourseVAE(digits, seed)]

    return race_each_seed(contenders, seeds, seconds, turns=12)
