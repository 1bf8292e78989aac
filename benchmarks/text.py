"""The Transformer (lesson 13) on tiny Shakespeare against nanoGPT's README recipe for the CPU.

All else, the single changes of the recipe among them, runs with the first seed only.
"""

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.nanogpt import ReadmeGPT, Recipe
from benchmarks.race import Contender, Run, race_each_seed
from benchmarks.scoring import parameters, recurrent_nats, vocabulary
from helpers import data, session
from helpers.models import modern_llm, rnn, transformer

__all__ = ["ABOUT", "RECIPES", "TEXT", "CourseTraining", "RecipeTraining", "compare"]

TEXT = (
    "data.shakespeare('tiny'), trained on its first 90 %, as the literature does, and "
    "data.shakespeare(), trained on its train part; the settings were chosen on the latter's dev"
)
ABOUT = {
    "text": TEXT,
    "protocol": "Every character of the held-out tenth is predicted, in natural logarithms. "
    "held: windows of the model's own length, one after the other; ladder: windows advance by half "
    "their length and are scored on their second half; the LSTM reads the text in 64 pieces, each "
    "warmed up on the 256 characters before it. 'README recipe': nanoGPT's recipe for the CPU, "
    "re-implemented; the rows after it change one thing each. "
    "'the course' is lesson 13's, in windows of 128. One seed for all but these two.",
}
RECIPES = {
    "README recipe": Recipe(),
    "learning rate 3e-3": Recipe(lr=3e-3),
    '"medium" products': Recipe(precision="medium"),
    "explicit attention": Recipe(explicit=True),
    "fused AdamW": Recipe(fused=True),
    "rotary positions": Recipe(rotary=True),
    "RMS-norm": Recipe(rms_norm=True),
    "ReLU²": Recipe(relu_squared=True),
    "Muon": Recipe(muon=True),
    "8 windows": Recipe(batch=8),
    "bfloat16 autocast": Recipe(bfloat16=True),
}
EVERY_SEED = ("README recipe", "the course")
LSTM_NAME = "LSTM of lesson 05"
MUON_LR = 0.02


class Windowed:
    """A Transformer in training, scored in windows.

    Attributes:
        name: the record's name of it.
        model: has `block_size`, the length of its windows.
        read, held: the characters that train and those that are predicted, integers (N,).
    """

    def __init__(self, name: str, model: nn.Module, read: torch.Tensor, held: torch.Tensor):
        self.name, self.model, self.read, self.held = name, model, read, held

    def nats(self, stride: int) -> float:
        """Nats per character of the held-out text, in windows that advance by `stride`."""
        with session.matmul_precision("medium"):
            return transformer.nats_per_character(self.model, self.held, self.read, stride)

    def evaluate(self) -> float:
        return self.nats(self.model.block_size)

    def record(self, run: Run) -> dict:
        return {
            "parameters": parameters(self.model),
            "seconds": run.seconds,
            "steps": run.steps,
            "held_by_turn": run.scores,
            "held_nats_per_character": round(run.scores[-1], 4),
            "ladder_nats_per_character": round(self.nats(self.model.block_size // 2), 4),
        }


class RecipeTraining(Windowed):
    """nanoGPT's training with the changes of a recipe.

    AdamW with β₂ = 0.99, weight decay 0.1 on matrices, warm-up over the first 5 % (100 of 2,000
    steps), then a cosine to a tenth of the rate, gradients clipped at norm 1.
    """

    def __init__(self, name: str, vocab_size: int, read: torch.Tensor, held: torch.Tensor, seed=0):
        self.recipe = RECIPES[name]
        torch.manual_seed(seed)
        super().__init__(name, ReadmeGPT(vocab_size, self.recipe), read, held)
        matrices = [p for p in self.model.blocks.parameters() if p.ndim == 2]
        self.muon = modern_llm.Muon(matrices, MUON_LR) if self.recipe.muon else None
        by_muon = {id(p) for p in matrices} if self.recipe.muon else set()
        rest = [p for p in self.model.parameters() if id(p) not in by_muon]
        groups = [
            {"params": [p for p in rest if p.ndim == 2], "weight_decay": 0.1},
            {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0},
        ]
        settings = {"betas": (0.9, 0.99), "fused": self.recipe.fused}
        self.adam = torch.optim.AdamW(groups, self.recipe.lr, **settings)
        self.rng = torch.Generator().manual_seed(seed)

    def step(self, progress: float) -> None:
        with session.matmul_precision(self.recipe.precision):
            self._step(self._rate(progress))

    def _rate(self, progress: float) -> float:
        """The share of the highest learning rate."""
        if progress < 0.05:
            return progress / 0.05 + 0.01  # the first step is not lost
        return 0.1 + 0.45 * (1 + math.cos(math.pi * (progress - 0.05) / 0.95))

    def _step(self, factor: float) -> None:
        for group in self.adam.param_groups:
            group["lr"] = factor * self.recipe.lr
        length = self.model.block_size
        shape = (self.recipe.batch, 1)
        starts = torch.randint(len(self.read) - length, shape, generator=self.rng)
        windows = self.read[starts + torch.arange(length + 1)]  # (batch, length + 1)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bfloat16):
            logits = self.model(windows[:, :-1])
        loss = F.cross_entropy(logits.float().flatten(0, 1), windows[:, 1:].flatten())
        self.adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.adam.step()
        if self.muon is not None:
            self.muon.lr = factor * MUON_LR
            self.muon.step()
        loss.item()  # logged, as nanoGPT does


class CourseTraining(Windowed):
    """The model and the training of lesson 13."""

    def __init__(self, vocab_size: int, read: torch.Tensor, held: torch.Tensor, seed: int):
        torch.manual_seed(seed)
        super().__init__("the course", modern_llm.CharTransformer(vocab_size), read, held)
        self.training = modern_llm.MuonTraining(self.model, read, seed=seed)

    def step(self, progress: float) -> None:
        with session.matmul_precision("medium"):
            self.training.step(progress)


class CarriedState:
    """The LSTM of lesson 05; it carries its state, so that one score serves both protocols."""

    name = LSTM_NAME

    def __init__(self, text: data.Text, read: str, seed: int):
        self.text, vocab = text, vocabulary(text)
        torch.manual_seed(seed)
        self.model = rnn.CharModel(nn.LSTM, len(vocab))
        self.training = rnn.Training(self.model, rnn.encode(read, vocab), seed=seed)

    def step(self, progress: float) -> None:
        with session.matmul_precision("medium"):
            self.training.step(progress)

    def evaluate(self) -> float:
        return recurrent_nats(self.model, self.text)

    def record(self, run: Run) -> dict:
        nats = round(run.scores[-1], 4)
        return {
            "parameters": parameters(self.model),
            "seconds": run.seconds,
            "steps": run.steps,
            "held_by_turn": run.scores,
            "held_nats_per_character": nats,
            "ladder_nats_per_character": nats,
        }


def compare(seeds: Sequence[int], seconds: float) -> dict[str, list[dict]]:
    """Nats per character of the recipe, its single changes, the course's model and the LSTM."""
    tiny = data.shakespeare("tiny")
    vocab = vocabulary(tiny)
    read, held = (
        torch.from_numpy(rnn.encode(part, vocab)) for part in (tiny.train + tiny.dev, tiny.held)
    )

    def contenders(seed: int) -> list[Contender]:
        made: list[Contender] = [
            RecipeTraining(name, len(vocab), read, held, seed) for name in RECIPES
        ]
        made.append(CourseTraining(len(vocab), read, held, seed))
        made.append(CarriedState(tiny, tiny.train + tiny.dev, seed))
        return [c for c in made if seed == seeds[0] or c.name in EVERY_SEED]

    return race_each_seed(contenders, seeds, seconds, turns=4)
