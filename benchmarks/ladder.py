"""Language models (lessons 04 and later) on the same held-out plays, in the same unit.

Each lesson's own recipe, a fixed number of steps. A rung has the loss (nats_per_character) on the
whole held-out text, the characters of context that a prediction sees (None: no fixed number), the
numbers that the model stores, its training steps and their seconds.
"""

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

from benchmarks import LADDER
from benchmarks.scoring import parameters, recurrent_nats, vocabulary
from helpers import data, metrics, session, train
from helpers.models import language_models, modern_llm, rnn, transformer
from helpers.text import folders, scoring

__all__ = ["ABOUT", "RUNGS", "compare"]

ABOUT = {
    "text": "data.shakespeare(): 3,782,419 characters to train, 420,267 dev, 466,903 held out",
    "protocol": "Every character of the held-out text is predicted, in natural logarithms. "
    "Windows slide by one token; a recurrent model reads the text in 64 pieces, each warmed up on "
    "the 256 characters before it.",
    "transformers": "Windows advance by half their length and are scored on their second half.",
}
STEPS = {"neural LM": 3000, "RNN": 1200, "LSTM": 3000, "Transformer": 1500}


def rung(nats: float, context: int | None, numbers: int, steps: int, seconds: float) -> dict:
    return {
        "nats_per_character": round(nats, 4),
        "context": context,
        "parameters": numbers,
        "steps": steps,
        "training_seconds": round(seconds, 1),
        "bits_per_character": round(nats / math.log(2), 4),
    }


def counted_numbers(model: language_models.Interpolated) -> int:
    """How many numbers an n-gram model stores: its counts and mixture weights."""
    return sum(len(table.codes) for table in model.ngrams.ngrams) + model.weights.size


def lesson_04(text: data.Text, seed: int) -> dict[str, dict]:
    """Counting, and the neural language model."""
    session.start("torch", seed=seed)
    vocab = vocabulary(text)
    train_ids, dev_ids, held_ids = (
        language_models.encode(part, vocab) for part in (text.train, text.dev, text.held)
    )
    rungs = {"uniform": rung(math.log(len(vocab)), 0, 0, 0, 0.0)}
    for name, order in {"unigram": 1, "bigram": 2, "5-gram, interpolated": 5}.items():
        begin = time.perf_counter()
        counts = language_models.NgramCounts(train_ids, order, len(vocab))
        dev_windows = language_models.windows_of(dev_ids, train_ids, order)
        model = language_models.Interpolated(counts, dev_windows)
        seconds = time.perf_counter() - begin
        windows = language_models.windows_of(held_ids, dev_ids, order)
        nats = metrics.nats_per_character(np.log(model.probabilities(windows)), len(text.held))
        rungs[name] = rung(nats, order - 1, counted_numbers(model), 0, seconds)

    begin = time.perf_counter()
    dev_words = language_models.split_words(text.dev)
    model = language_models.WordModel(language_models.split_words(text.train), dev_words, vocab)
    seconds = time.perf_counter() - begin
    log_probs = model.log_probs(dev_words[-2:] + language_models.split_words(text.held))
    nats = metrics.nats_per_character(log_probs, len(text.held))
    numbers = counted_numbers(model.grammar) + counted_numbers(model.speller)
    rungs["word trigram"] = rung(nats, None, numbers, 0, seconds)

    model, steps = language_models.NeuralLM(len(vocab)), STEPS["neural LM"]
    step = language_models.training_step(model, train_ids, seed)
    seconds = train.run(step, steps, name=f"neural LM, seed {seed}").seconds
    log_probs = language_models.neural_log_probs(model, held_ids, dev_ids)
    nats = metrics.nats_per_character(log_probs, len(text.held))
    rungs["neural LM"] = rung(nats, model.context, parameters(model), steps, seconds)
    return rungs


def lesson_05(text: data.Text, seed: int) -> dict[str, dict]:
    """The RNN and the LSTM."""
    session.start("torch", seed=seed)
    vocab, rungs = vocabulary(text), {}
    train_ids = rnn.encode(text.train, vocab)
    for kind in (torch.nn.RNN, torch.nn.LSTM):
        name, steps = kind.__name__, STEPS[kind.__name__]
        torch.manual_seed(seed)
        model = rnn.CharModel(kind, len(vocab))
        training = rnn.Training(model, train_ids, seed=seed)
        with session.matmul_precision("medium"):
            seconds = train.run(training.step, steps, name=f"{name}, seed {seed}").seconds
        rungs[name] = rung(recurrent_nats(model, text), None, parameters(model), steps, seconds)
    return rungs


def lesson_13(text: data.Text, seed: int) -> dict[str, dict]:
    """The Transformer by a modern recipe."""
    session.start("torch", seed=seed)
    vocab, steps = vocabulary(text), STEPS["Transformer"]
    train_ids, dev_ids, held_ids = (
        torch.from_numpy(rnn.encode(part, vocab)) for part in (text.train, text.dev, text.held)
    )
    torch.manual_seed(seed)
    model = modern_llm.CharTransformer(len(vocab))
    training = modern_llm.MuonTraining(model, train_ids, seed=seed)
    with session.matmul_precision("medium"):
        seconds = train.run(training.step, steps, name=f"Transformer, seed {seed}").seconds
        stride = model.block_size // 2
        nats = transformer.nats_per_character(model, held_ids, dev_ids, stride)
    return {"Transformer": rung(nats, model.block_size, parameters(model), steps, seconds)}


def lesson_11(text: data.Text, seed: int) -> dict[str, dict]:
    """The GPT-2 in data/mini-gpt2, which was trained once: nothing for other seeds than 0."""
    if seed:
        return {}
    session.start("torch")
    model, tokenizer = folders.load("mini")
    last = data.record(f"{folders.MINI}/log.jsonl")[-1]
    nats = scoring.nats_per_character(model, tokenizer, text.held, text.dev)
    trained = rung(nats, None, parameters(model), last["step"], last["seconds"])
    return {"GPT-2, trained here": trained}


Rungs = Callable[[data.Text, int], dict[str, dict]]
RUNGS: dict[str, Rungs] = dict(
    zip(LADDER, (lesson_04, lesson_05, lesson_13, lesson_11), strict=True)
)


def compare(seeds: Sequence[int], lessons: Sequence[str] = LADDER) -> dict[str, list[dict]]:
    """The rungs of these lessons."""
    text, results = data.shakespeare(), {}
    for seed in seeds:
        for lesson in lessons:
            for name, measured in RUNGS[lesson](text, seed).items():
                results.setdefault(name, []).append({"seed": seed, **measured})
    return results
