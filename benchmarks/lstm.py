"""An LSTM (lesson 05, wider) on tiny Shakespeare, beside nanoGPT's README recipe for the CPU.

They train in turns on one machine: the recipe for its 2,000 steps, the LSTM for three times the
seconds that these take. It trains on all that is not held out, as the literature does: its
settings were chosen on the plays. The entry `longer_on_the_plays` is part of the first seed's run.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import nn

from benchmarks.race import Contender, Run, race
from benchmarks.scoring import parameters, recurrent_nats, vocabulary
from benchmarks.text import TEXT, RecipeTraining
from helpers import data, session
from helpers.models import rnn

__all__ = ["ABOUT", "LSTMTraining", "SplitTraining", "compare", "take_turns"]

TINY, RECIPE = "tiny Shakespeare", "README recipe"
RECIPE_STEPS = 2000  # as published
SHARE = 2.97  # of the recipe's seconds: the last step of a turn reaches beyond it
TURNS = 20
LONGER = 300.0  # seconds on the plays
WIDTH, READERS, LENGTH, RATE, DROPOUT = 384, 64, 32, 8e-3, 0.1

ABOUT = {
    "text": TEXT,
    "protocol": "Every character of the held-out tenth is predicted once, after training, in "
    "natural logarithms. The LSTM reads the text in 64 pieces, each warmed up on the 256 "
    "characters before it; 'README recipe' is nanoGPT's recipe for the CPU, re-implemented, "
    "scored in windows of 64, one after the other. The two train in turns: the recipe makes its "
    "2,000 steps, the LSTM trains for not quite three times the recipe's seconds. training_seconds "
    "are those inside their steps, and ratio is the LSTM's over the recipe's.",
}


class SplitTraining(rnn.Training):
    """Lesson 05's training, with each batch split among threads that meet once a step.

    The products of a recurrent layer are small and wait for one another: threads that share each of
    them, as PyTorch's do, mostly wait too.
    """

    def __init__(self, model: nn.Module, ids: np.ndarray, seed: int):
        super().__init__(model, ids, lr=RATE, seed=seed)
        self.readers = rnn.Readers(ids, READERS, LENGTH, start=self.readers.at[0])
        self.weights = [p for p in model.parameters() if p.requires_grad]
        self.rng = torch.Generator().manual_seed(seed)
        self.threads = session.threads()
        one_each = {"initializer": torch.set_num_threads, "initargs": (1,)}
        self.pool = ThreadPoolExecutor(self.threads, **one_each)

    def part(self, window: torch.Tensor, state: tuple | None, kept: torch.Tensor) -> tuple:
        """The share in the gradients of some of the readers, and their state at the end."""
        model = self.model
        h, state = model.recurrent(model.embedding(window[:, :-1]), state)
        logits = model.output(h * kept)  # dropout, with the same units all through a window
        loss = rnn.torch_cross_entropy(logits, window[:, 1:]) * (len(window) / READERS)
        return torch.autograd.grad(loss, self.weights), state

    def step(self, progress: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.lr * (1 - progress)
        windows = torch.from_numpy(self.readers.next()).chunk(self.threads)
        kept = torch.rand(READERS, 1, self.model.output.in_features, generator=self.rng) >= DROPOUT
        kept = (kept / (1 - DROPOUT)).chunk(self.threads)
        states = [None] * len(windows)
        if self.state is not None:
            h, c = (whole.chunk(self.threads, dim=1) for whole in self.state)
            states = list(zip(h, c, strict=True))
        grads, states = zip(*self.pool.map(self.part, windows, states, kept), strict=True)
        for weight, parts in zip(self.weights, zip(*grads, strict=True), strict=True):
            weight.grad = sum(parts)
        nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        whole = tuple(torch.cat(parts, dim=1) for parts in zip(*states, strict=True))
        self.state = rnn.cut(whole, self.steps % READERS)
        self.steps += 1


class LSTMTraining:
    """The LSTM, trained on one part of a text and scored on the held-out one."""

    def __init__(self, name: str, text: data.Text, read: str, seed: int):
        self.name, self.text, vocab = name, text, vocabulary(text)
        torch.manual_seed(seed)
        self.model = rnn.CharModel(nn.LSTM, len(vocab), H=WIDTH)
        self.training = SplitTraining(self.model, rnn.encode(read, vocab), seed)

    def step(self, progress: float) -> None:
        with session.matmul_precision("medium"):
            self.training.step(progress)

    def evaluate(self) -> float:
        return recurrent_nats(self.model, self.text)


def take_turns(
    recipe: Contender,
    lstm: Contender,
    turns: int = TURNS,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Run]:
    """Train the recipe for all its steps and the LSTM for SHARE times its seconds.

    Each makes a part of its training in every turn, so that a machine that slows down slows both.
    Returns the runs of the two, not scored.
    """
    runs = Run([0.0], [0]), Run([0.0], [0])

    def step(k: int, progress: float) -> None:
        begin = clock()
        (recipe, lstm)[k].step(progress)
        runs[k].seconds[0] += clock() - begin
        runs[k].steps[0] += 1

    for turn in range(turns):
        for made in range(RECIPE_STEPS * turn // turns, RECIPE_STEPS * (turn + 1) // turns):
            step(0, made / RECIPE_STEPS)
        seconds = runs[1].seconds
        begin, end = seconds[0], SHARE * runs[0].seconds[0]
        while seconds[0] < end:
            step(1, (turn + (seconds[0] - begin) / (end - begin)) / turns)
    return list(runs)


def compare(seeds: Sequence[int]) -> dict[str, list[dict]]:
    """Nats per character of the LSTM and the recipe, and of the LSTM on the plays."""
    tiny, plays = data.shakespeare("tiny"), data.shakespeare()
    vocab = vocabulary(tiny)
    read, held = (
        torch.from_numpy(rnn.encode(part, vocab)) for part in (tiny.train + tiny.dev, tiny.held)
    )
    results: dict[str, list[dict]] = {TINY: [], RECIPE: []}
    for seed in seeds:
        recipe = RecipeTraining(RECIPE, len(vocab), read, held, seed)
        lstm = LSTMTraining(TINY, tiny, tiny.train + tiny.dev, seed)
        runs = take_turns(recipe, lstm)
        for contender, run in zip((recipe, lstm), runs, strict=True):
            entry = {
                "seed": seed,
                "parameters": parameters(contender.model),
                "steps": run.steps[0],
                "training_seconds": round(run.seconds[0], 1),
                "held_nats_per_character": round(contender.evaluate(), 4),
            }
            results[contender.name].append(entry)
            print(contender.name, entry, flush=True)
        results[TINY][-1]["ratio"] = round(runs[1].seconds[0] / runs[0].seconds[0], 3)
    longer = LSTMTraining("plays", plays, plays.train, seeds[0])
    (run,) = race([longer], LONGER, turns=1)
    results[TINY][0]["longer_on_the_plays"] = {
        "seed": seeds[0],
        "parameters": parameters(longer.model),
        "seconds": run.seconds,
        "steps": run.steps,
        "held_nats_per_character": round(run.scores[-1], 4),
        "sample": rnn.write(longer.model, vocabulary(plays), "\n\n", 1000, tau=0.8),
    }
    return results
