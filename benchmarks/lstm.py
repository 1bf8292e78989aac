"""The LSTM (lesson 05) on tiny Shakespeare, and once, five times as long, on the plays.

On tiny Shakespeare it trains on all that is not held out, as the literature does: its settings were
chosen on the plays. The entry `longer_on_the_plays` is part of the first seed's run.
"""

from collections.abc import Sequence

import torch

from benchmarks.race import Run, race, race_each_seed
from benchmarks.scoring import parameters, recurrent_nats, vocabulary
from helpers import data, session
from helpers.models import rnn

__all__ = ["ABOUT", "TEXT", "LSTMTraining", "compare"]

TEXT = (
    "data.shakespeare('tiny'), trained on its first 90 %, as the literature does, and "
    "data.shakespeare(), trained on its train part; the settings were chosen on the latter's dev"
)
ABOUT = {
    "text": TEXT,
    "protocol": "Every character of the held-out tenth is predicted, in natural logarithms; the "
    "text is read in 64 pieces, each warmed up on the 256 characters before it.",
}


class LSTMTraining:
    """The LSTM of lesson 05, trained on one part of a text and scored on the held-out one."""

    def __init__(self, name: str, text: data.Text, read: str, seed: int):
        self.name, self.text, vocab = name, text, vocabulary(text)
        torch.manual_seed(seed)
        self.model = rnn.CharModel(torch.nn.LSTM, len(vocab))
        self.training = rnn.Training(self.model, rnn.encode(read, vocab), seed=seed)

    def step(self, progress: float) -> None:
        with session.matmul_precision("medium"):
            self.training.step(progress)

    def evaluate(self) -> float:
        return recurrent_nats(self.model, self.text)

    def record(self, run: Run) -> dict:
        return {
            "parameters": parameters(self.model),
            "seconds": run.seconds,
            "steps": run.steps,
            "held_by_turn": run.scores,
            "held_nats_per_character": round(run.scores[-1], 4),
        }


def compare(seeds: Sequence[int], seconds: float) -> dict[str, list[dict]]:
    """Nats per character of the LSTM on both texts."""
    tiny, plays = data.shakespeare("tiny"), data.shakespeare()

    def contenders(seed: int) -> list[LSTMTraining]:
        return [LSTMTraining("tiny Shakespeare", tiny, tiny.train + tiny.dev, seed)]

    results = race_each_seed(contenders, seeds, seconds, turns=4)
    longer = LSTMTraining("plays", plays, plays.train, seeds[0])
    (run,) = race([longer], 5 * seconds, turns=4)
    sample = rnn.write(longer.model, vocabulary(plays), "\n\n", 1000, tau=0.8)
    entry = {"seed": seeds[0], **longer.record(run), "sample": sample}
    results["tiny Shakespeare"][0]["longer_on_the_plays"] = entry
    return results
