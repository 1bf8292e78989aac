"""Comparisons at equal time: the contenders take turns on one machine, with the same seconds each.

    python tools/benchmark.py NAME [--seeds 5] [--seconds 8]

Writes data/benchmarks/NAME.json, which the notebooks load and draw. The contenders are made of the
notebooks' own functions. Only the seconds inside their training steps count, not the evaluations.
"""

import argparse
import copy
import importlib.metadata
import json
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import notebook_code
import numpy as np

from helpers import data, files, metrics, session, train

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


def rungs_03(text: data.Text, seed: int) -> dict[str, dict]:
    """The ladder's rungs of chapter 03: counting, and the neural language model."""
    session.start("torch", "tensorflow", seed=seed)
    chapter = notebook_code.load("03")
    vocab = sorted(set(text.train + text.dev + text.held))
    train_tokens, dev_tokens, held_tokens = (
        chapter.encode(part, vocab) for part in (text.train, text.dev, text.held)
    )
    rungs = {}

    def add(name, log_probs, context, parameters, steps, seconds) -> None:
        rungs[name] = {
            "nats_per_character": round(metrics.nats_per_character(log_probs, len(text.held)), 4),
            "context": context,
            "parameters": parameters,
            "steps": steps,
            "training_seconds": round(seconds, 1),
        }

    def stored(interpolated) -> int:
        ngrams = interpolated.ngrams
        return sum(len(table.codes) for table in ngrams.ngrams) + interpolated.weights.size

    add("uniform", np.full(len(held_tokens), -math.log(len(vocab))), 0, 0, 0, 0.0)
    for name, order in {"unigram": 1, "bigram": 2, "5-gram, interpolated": 5}.items():
        begin = time.perf_counter()
        counts = chapter.NgramCounts(train_tokens, order, len(vocab))
        model = chapter.Interpolated(counts, chapter.windows_of(dev_tokens, train_tokens, order))
        seconds = time.perf_counter() - begin
        windows = chapter.windows_of(held_tokens, dev_tokens, order)
        add(name, np.log(model.probabilities(windows)), order - 1, stored(model), 0, seconds)

    begin = time.perf_counter()
    dev_words = chapter.split_words(text.dev)
    model = chapter.WordModel(chapter.split_words(text.train), dev_words, vocab)
    seconds = time.perf_counter() - begin
    log_probs = model.log_probs(dev_words[-2:] + chapter.split_words(text.held))
    size = stored(model.grammar) + stored(model.speller)
    add("word trigram", log_probs, None, size, 0, seconds)

    model, steps = chapter.NeuralLM(len(vocab)), 3000
    step = chapter.training_step(model, train_tokens, steps, seed)
    seconds = train.run(step, steps, name=f"neural LM, seed {seed}").seconds
    log_probs = chapter.neural_log_probs(model, held_tokens, dev_tokens)
    size = sum(parameter.numel() for parameter in model.parameters())
    add("neural LM", log_probs, model.context, size, steps, seconds)
    return rungs


def rungs_04(text: data.Text, seed: int) -> dict[str, dict]:
    """The ladder's rungs of chapter 04: the RNN and the LSTM, in the notebook's fixed steps."""
    session.start("torch", seed=seed)
    import torch

    torch.set_float32_matmul_precision("medium")
    chapter = notebook_code.load("04")
    vocab = sorted(set(text.train + text.dev + text.held))
    train_ids = chapter.encode(text.train, vocab)
    rungs = {}
    for kind, steps in {"RNN": 1200, "LSTM": 3000}.items():
        torch.manual_seed(seed)
        model = chapter.CharModel(getattr(torch.nn, kind), len(vocab))
        training = chapter.Training(model, train_ids, seed=seed)
        history = train.run(chapter.falling_rate(training, steps), steps, name=f"{kind} {seed}")
        rungs[kind] = {
            "nats_per_character": round(held_nats(chapter, model, text, vocab), 4),
            "context": None,
            "parameters": trained_numbers(model),
            "steps": steps,
            "training_seconds": round(history.seconds, 1),
        }
    torch.set_float32_matmul_precision("highest")
    return rungs


def rungs_08(text: data.Text, seed: int) -> dict[str, dict]:
    """The ladder's rung of chapter 08: the Transformer, in the notebook's fixed steps."""
    session.start("torch", seed=seed)
    import torch

    torch.set_float32_matmul_precision("medium")
    chapter, steps = notebook_code.load("08"), 1500
    vocab = sorted(set(text.train + text.dev + text.held))
    train_ids, dev_ids, held_ids = (
        chapter.encode(part, vocab) for part in (text.train, text.dev, text.held)
    )
    torch.manual_seed(seed)
    model = chapter.CharTransformer(len(vocab))
    training = chapter.TextTraining(model, train_ids, seed=seed)
    history = train.run(chapter.falling_rate(training, steps), steps, name=f"Transformer {seed}")
    nats = chapter.nats(model, dev_ids, held_ids, model.block_size // 2)
    torch.set_float32_matmul_precision("highest")
    return {
        "Transformer": {
            "nats_per_character": round(nats, 4),
            "context": model.block_size,
            "parameters": trained_numbers(model),
            "steps": steps,
            "training_seconds": round(history.seconds, 1),
        }
    }


def rungs_09(text: data.Text, seed: int) -> dict[str, dict]:
    """The ladder's rung of chapter 09: the GPT-2 in data/mini-gpt2, which was trained once."""
    if seed:
        return {}
    session.start("torch")
    from helpers import gpt2, pretrain

    model, tokenizer = gpt2.load("mini")
    log = (data.DATA / gpt2.MINI / pretrain.LOG).read_text(encoding="utf-8")
    last = json.loads(log.splitlines()[-1])
    nats = pretrain.nats_per_character(model, tokenizer, text.held, text.dev)
    return {
        "GPT-2, trained here": {
            "nats_per_character": round(nats, 4),
            "context": None,
            "parameters": trained_numbers(model),
            "steps": last["step"],
            "training_seconds": last["seconds"],
        }
    }


def trained_numbers(model) -> int:
    """How many numbers of a PyTorch model are trained."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def held_nats(chapter, model, text: data.Text, vocab: list[str]) -> float:
    """Nats per character of a recurrent model of chapter 04 on the whole held-out text.

    The text is read in 64 pieces, each warmed up on the 256 characters before it.
    """
    ids = chapter.encode(text.dev[-256:] + text.held, vocab)
    log_probs = chapter.log_probabilities(model, ids, warm=256)
    return metrics.nats_per_character(log_probs, len(text.held))


def text_run(seed: int, model, run: Run) -> dict:
    """What the record holds of a model of characters that was in a race."""
    return {
        "seed": seed,
        "parameters": trained_numbers(model),
        "seconds": run.seconds,
        "steps": run.steps,
        "held_by_turn": run.scores,
        "held_nats_per_character": round(run.scores[-1], 4),
    }


def lstm(seeds: list[int], seconds: float) -> dict[str, list[dict]]:
    """The LSTM (chapter 04) on tiny Shakespeare, and once, five times as long, on the plays.

    On tiny Shakespeare it trains on all that is not held out, as the literature does: its settings
    were chosen on the plays. The entry `longer_on_the_plays` stands in the first seed's run.
    """
    session.start("torch")
    import torch

    torch.set_float32_matmul_precision("medium")
    chapter = notebook_code.load("04")

    def trained(text: data.Text, read: str, seed: int, seconds: float):
        vocab = sorted(set(text.train + text.dev + text.held))
        torch.manual_seed(seed)
        model = chapter.CharModel(torch.nn.LSTM, len(vocab))
        training = chapter.Training(model, chapter.encode(read, vocab), seed=seed)
        contender = Contender(training.step, lambda: held_nats(chapter, model, text, vocab))
        return model, text_run(seed, model, race({"LSTM": contender}, seconds, turns=4)["LSTM"])

    tiny, plays = data.shakespeare("tiny"), data.shakespeare()
    runs = [trained(tiny, tiny.train + tiny.dev, seed, seconds)[1] for seed in seeds]
    model, longer = trained(plays, plays.train, seeds[0], 5 * seconds)
    vocab = sorted(set(plays.train + plays.dev + plays.held))
    longer["sample"] = chapter.write(model, vocab, "\n\n", 1000, tau=0.8)
    torch.set_float32_matmul_precision("highest")
    runs[0]["longer_on_the_plays"] = longer
    return {"tiny Shakespeare": runs}


def readme_model(vocab_size: int, norm, rotary, activation: Callable, explicit: bool):
    """The GPT of nanoGPT's README for the CPU (Karpathy, 2022), re-implemented, with switches.

    4 layers, 4 heads, 128 wide, 64 characters, no biases, output layer tied to the embedding;
    weights normal with a standard deviation of 0.02, 0.02/√8 where a branch writes to the stream.

    norm: makes a normalisation of the width. rotary: None for a learnt table of positions, or the
    functions rotary_tables and rotate of chapter 08. explicit: attention by baddbmm and softmax in
    the place of scaled_dot_product_attention.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    T, d, n_head, n_layer = 64, 128, 4, 4

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = norm(d), norm(d)
            self.qkv, self.proj = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d, bias=False)
            self.up, self.down = nn.Linear(d, 4 * d, bias=False), nn.Linear(4 * d, d, bias=False)
            for writer in (self.proj, self.down):
                writer.std = 0.02 / math.sqrt(2 * n_layer)

        def forward(self, x):
            x = x + self.proj(attention(self.qkv(self.norm1(x))))
            return x + self.down(activation(self.up(self.norm2(x))))

    class ReadmeGPT(nn.Module):
        block_size = T

        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(vocab_size, d)
            self.positions = None if rotary else nn.Embedding(T, d)
            self.blocks = nn.ModuleList(Block() for _ in range(n_layer))
            self.norm = norm(d)
            self.output = nn.Linear(d, vocab_size, bias=False)
            for module in self.modules():
                if isinstance(module, nn.Linear | nn.Embedding):
                    nn.init.normal_(module.weight, std=getattr(module, "std", 0.02))
            self.output.weight = self.tokens.weight

        def forward(self, ids):
            x = self.tokens(ids)
            if self.positions is not None:
                x = x + self.positions.weight[: ids.shape[1]]
            for block in self.blocks:
                x = block(x)
            return self.output(self.norm(x))

    future = torch.full((T, T), -math.inf).triu(1)
    tables = [table.float() for table in rotary[0](T, d // n_head)] if rotary else []

    def attention(qkv):
        B, length, _ = qkv.shape
        heads = qkv.view(B, length, 3 * n_head, d // n_head).transpose(1, 2)
        q, k, v = heads.split(n_head, dim=1)  # (B, n_head, T, d_k)
        if rotary:
            q, k = (rotary[1](x, *(table[:length] for table in tables)) for x in (q, k))
        if explicit:
            q, k, v = (x.reshape(B * n_head, length, -1) for x in (q, k, v))
            mask = future[:length, :length]
            scores = torch.baddbmm(mask, q, k.mT, alpha=q.shape[-1] ** -0.5)
            out = (scores.softmax(dim=-1) @ v).unflatten(0, (B, n_head))
        else:
            out = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return out.transpose(1, 2).reshape(B, length, d)

    return ReadmeGPT()


@dataclass(frozen=True)
class Recipe:
    """nanoGPT's README recipe for the CPU, with one switch for each change of chapter 08."""

    lr: float = 1e-3
    batch: int = 12
    precision: str = "highest"
    fused: bool = False
    explicit: bool = False
    rotary: bool = False
    rms_norm: bool = False
    relu_squared: bool = False
    muon: bool = False
    bfloat16: bool = False


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


def recipe_training(chapter, recipe: Recipe, vocab_size: int, ids, seed: int):
    """A model, and a function that makes one of its steps.

    AdamW with β₂ = 0.99, weight decay 0.1 on matrices, warm-up over the first 5 % (100 of 2,000
    steps), then a cosine to a tenth of the rate, gradients clipped at norm 1.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(seed)
    model = readme_model(
        vocab_size,
        (lambda d: nn.RMSNorm(d)) if recipe.rms_norm else lambda d: nn.LayerNorm(d, bias=False),
        (chapter.rotary_tables, chapter.rotate) if recipe.rotary else None,
        (lambda u: functional.relu(u).square()) if recipe.relu_squared else functional.gelu,
        recipe.explicit,
    )
    matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
    muon = chapter.Muon(matrices, 0.02) if recipe.muon else None
    rest = [p for p in model.parameters() if muon is None or all(p is not m for m in matrices)]
    groups = [
        {"params": [p for p in rest if p.ndim == 2], "weight_decay": 0.1},
        {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, recipe.lr, betas=(0.9, 0.99), fused=recipe.fused)
    rng = torch.Generator().manual_seed(seed)
    T = model.block_size

    def step(share: float) -> None:
        torch.set_float32_matmul_precision(recipe.precision)
        done = max(0.0, (share - 0.05) / 0.95)
        factor = (
            share / 0.05 + 0.01 if share < 0.05 else 0.1 + 0.45 * (1 + math.cos(math.pi * done))
        )
        for group in adam.param_groups:
            group["lr"] = factor * recipe.lr
        starts = torch.randint(len(ids) - T, (recipe.batch, 1), generator=rng)
        windows = ids[starts + torch.arange(T + 1)]
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16):
            logits = model(windows[:, :-1])
        loss = functional.cross_entropy(logits.float().flatten(0, 1), windows[:, 1:].flatten())
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        if muon is not None:
            muon.lr = 0.02 * factor
            muon.step()
        loss.item()

    return model, step


def course_training(chapter, vocab_size: int, ids, seed: int):
    """The model of chapter 08, and a function that makes one of its steps."""
    import torch

    torch.manual_seed(seed)
    model = chapter.CharTransformer(vocab_size)
    training = chapter.TextTraining(model, ids, seed=seed)

    def step(share: float) -> None:
        torch.set_float32_matmul_precision("medium")
        training.step(share)

    return model, step


def lstm_training(vocab_size: int, ids, seed: int):
    """The LSTM of chapter 04, and a function that makes one of its steps."""
    import torch

    recurrent = notebook_code.load("04")
    torch.manual_seed(seed)
    model = recurrent.CharModel(torch.nn.LSTM, vocab_size)
    training = recurrent.Training(model, ids.numpy(), seed=seed)

    def step(share: float) -> None:
        torch.set_float32_matmul_precision("medium")
        training.step(share)

    return model, step


EVERY_SEED = ("README recipe", "the course")


def text(seeds: list[int], seconds: float) -> dict[str, list[dict]]:
    """The Transformer (chapter 08) on tiny Shakespeare against nanoGPT's README recipe for the CPU.

    All else, the single changes of the recipe among them, runs with the first seed only.
    """
    session.start("torch")
    import torch

    chapter = notebook_code.load("08")
    tiny = data.shakespeare("tiny")
    vocab = sorted(set(tiny.train + tiny.dev + tiny.held))
    read, held = (chapter.encode(part, vocab) for part in (tiny.train + tiny.dev, tiny.held))

    def score(name: str, model, ladder: bool = False) -> float:
        """In windows of the model's own length, or as on the ladder; an LSTM carries its state."""
        torch.set_float32_matmul_precision("medium")
        if "LSTM" in name:
            return held_nats(notebook_code.load("04"), model, tiny, vocab)
        stride = model.block_size // 2 if ladder else model.block_size
        return chapter.nats(model, read, held, stride)

    results = {}
    for seed in seeds:
        made = {
            name: recipe_training(chapter, recipe, len(vocab), read, seed)
            for name, recipe in RECIPES.items()
        }
        made["the course"] = course_training(chapter, len(vocab), read, seed)
        made["LSTM of chapter 04"] = lstm_training(len(vocab), read, seed)
        contenders = {
            name: Contender(step, partial(score, name, model))
            for name, (model, step) in made.items()
            if seed == seeds[0] or name in EVERY_SEED
        }
        for name, run in race(contenders, seconds, turns=4).items():
            model = made[name][0]
            alike = {"ladder_nats_per_character": round(score(name, model, ladder=True), 4)}
            results.setdefault(name, []).append(text_run(seed, model, run) | alike)
    torch.set_float32_matmul_precision("highest")
    return results


def tutorial_players():
    """Generator and discriminator of the sizes in TensorFlow's tutorial on DCGANs."""
    import keras
    from keras import layers

    def growing(filters: int, strides: int, **options):
        return layers.Conv2DTranspose(
            filters, 5, strides=strides, padding="same", use_bias=False, **options
        )

    def shrinking(filters: int) -> list:
        convolution = layers.Conv2D(filters, 5, strides=2, padding="same")
        return [convolution, layers.LeakyReLU(0.3), layers.Dropout(0.3)]

    gen = [keras.Input((100,)), layers.Dense(7 * 7 * 256, use_bias=False)]
    gen += [layers.BatchNormalization(), layers.LeakyReLU(0.3), layers.Reshape((7, 7, 256))]
    for filters, strides in ((128, 1), (64, 2)):
        gen += [growing(filters, strides), layers.BatchNormalization(), layers.LeakyReLU(0.3)]
    gen.append(growing(1, 2, activation="tanh"))
    disc = [keras.Input((28, 28, 1)), *shrinking(64), *shrinking(128)]
    disc += [layers.Flatten(), layers.Dense(1)]
    return keras.Sequential(gen), keras.Sequential(disc)


def tutorial_training(images: np.ndarray, seed: int):
    """The tutorial's generator, and a function that makes one of its steps.

    Adam with a rate of 1e-4 for both players, batches of 256; both gradients are taken before
    either player moves.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    players = gen, disc = tutorial_players()
    adams = [keras.optimizers.Adam(1e-4) for _ in players]
    rng = np.random.default_rng(seed)
    surprise = keras.losses.BinaryCrossentropy(from_logits=True)

    @tf.function
    def step(real, z):
        with tf.GradientTape(persistent=True) as tape:
            fake = gen(z, training=True)
            on_real, on_fake = disc(real, training=True), disc(fake, training=True)
            loss_g = surprise(tf.ones_like(on_fake), on_fake)
            loss_d = surprise(tf.ones_like(on_real), on_real)
            loss_d += surprise(tf.zeros_like(on_fake), on_fake)
        for player, loss, adam in zip(players, (loss_g, loss_d), adams, strict=True):
            grads = tape.gradient(loss, player.trainable_variables)
            adam.apply_gradients(zip(grads, player.trainable_variables, strict=True))
        return loss_d

    def one_step(share: float) -> None:
        chosen = rng.integers(len(images), size=256)
        z = rng.standard_normal((256, 100), dtype=np.float32)
        float(step(images[chosen], z))  # waits for the result

    return gen, one_step


def gan(seeds: list[int], seconds: float) -> dict[str, list[dict]]:
    """Digits (chapter 05): a much-copied tutorial's DCGAN and the course's.

    The squared Fréchet distance of 2,000 fake digits to the 2,000 held-out ones, on the features of
    the course's classifier. The tutorial's generator is scored with batch normalisation in both
    modes, and the better one counts.
    """
    session.start("torch", "tensorflow")
    import keras

    from helpers import digits

    chapter = notebook_code.load("05")
    images = data.mnist()
    classifier = digits.load_classifier()
    held_features, _ = chapter.seen_by(classifier, images.x_held)
    z = np.random.default_rng(0).standard_normal((2000, 100), dtype=np.float32)

    def judged(drawn: np.ndarray) -> tuple[float, float]:
        features, classes = chapter.seen_by(classifier, (drawn[..., 0] + 1) / 2)
        rarest = metrics.class_shares(classes, 10).min()
        return metrics.frechet_distance(features, held_features), rarest

    def evaluation(generator, modes: tuple[bool, ...], rarest_shares: list[float]):
        def distance() -> float:
            parts = {m: [generator(part, training=m) for part in np.split(z, 8)] for m in modes}
            best = min(judged(np.concatenate(drawn)) for drawn in parts.values())
            rarest_shares.append(round(float(best[1]), 4))
            return best[0]

        return distance

    results = {}
    for seed in seeds:
        tutorial, tutorial_step = tutorial_training(2 * images.x_train[..., None] - 1, seed)
        keras.utils.set_random_seed(seed)
        players = chapter.keras_generator(), chapter.keras_discriminator()
        training = chapter.GanTraining(*players, images, seed=seed)
        rarest = {"tutorial settings": [], "course": []}
        contenders = {
            "tutorial settings": Contender(
                tutorial_step, evaluation(tutorial, (False, True), rarest["tutorial settings"])
            ),
            "course": Contender(
                training.step, evaluation(training.average, (False,), rarest["course"])
            ),
        }
        for name, run in race(contenders, seconds, turns=6).items():
            results.setdefault(name, []).append(
                {
                    "seed": seed,
                    "seconds": run.seconds,
                    "steps": run.steps,
                    "held_distances": run.scores,
                    "rarest_class_shares": rarest[name],
                }
            )
    return results


class BestWeights:
    """The score on the dev digits of a VAE as it stands; `restore` goes back to the best one."""

    def __init__(self, chapter, model, dev):
        self.chapter, self.model, self.dev = chapter, model, dev
        self.score = math.inf

    def evaluate(self) -> float:
        score = self.chapter.negative_elbo(self.model, self.dev)
        if score < self.score:
            self.score, self.weights = score, copy.deepcopy(self.model.state_dict())
        return score

    def restore(self) -> None:
        self.model.load_state_dict(self.weights)


def example_vae(chapter, grey, seed: int):
    """The VAE of PyTorch's examples, and a function that makes one of its steps.

    784-400-20 units, ReLU, Adam with a rate of 1e-3, batches of 128 from shuffled epochs. The two
    heads of its encoder are one layer here, which is the same. It trains on digits tossed anew,
    where the original takes grey levels, which is the same for its decoder on average.
    """
    import torch
    from torch import nn

    torch.manual_seed(seed)
    halves = (
        nn.Sequential(nn.Linear(n_in, 400), nn.ReLU(), nn.Linear(400, n_out))
        for n_in, n_out in ((784, 40), (20, 784))
    )
    model = chapter.VAE(*halves, d_z=20)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    rng = torch.Generator().manual_seed(seed)
    batches = iter(())

    def step(share: float) -> None:
        nonlocal batches
        chosen = next(batches, None)
        if chosen is None:  # a new epoch
            batches = iter(torch.randperm(len(grey), generator=rng).split(128))
            chosen = next(batches)
        x = chapter.toss(grey[chosen], rng)
        eps = torch.randn(len(x), 20, generator=rng)
        reconstruction, kl = chapter.two_terms(x, *model(x, eps))
        adam.zero_grad()
        (reconstruction.mean() + kl.sum(dim=1).mean()).backward()
        adam.step()

    return model, step


def vae(seeds: list[int], seconds: float) -> dict[str, list[dict]]:
    """Digits (chapter 06): the VAE of PyTorch's examples, and the course's."""
    session.start("torch", "tensorflow")
    import torch

    chapter = notebook_code.load("06")
    digits, rng = data.mnist(), torch.Generator().manual_seed(0)
    grey = chapter.flat(digits.x_train)
    dev, held = (chapter.toss(chapter.flat(x), rng) for x in (digits.x_dev, digits.x_held))

    def with_precision(precision: str, step: Callable[[float], object]):
        def precise_step(share: float) -> None:
            torch.set_float32_matmul_precision(precision)
            step(share)

        return precise_step

    results = {}
    for seed in seeds:
        model, step = example_vae(chapter, grey, seed)
        made = {"example": (model, with_precision("highest", step))}
        torch.manual_seed(seed)
        model = chapter.mlp_vae()
        training = chapter.VAETraining(model, grey, seed=seed)
        made["course"] = model, with_precision("medium", training.step)
        best = {name: BestWeights(chapter, model, dev) for name, (model, _) in made.items()}
        contenders = {
            name: Contender(step, best[name].evaluate) for name, (_, step) in made.items()
        }
        for name, run in race(contenders, seconds, turns=12).items():
            best[name].restore()
            model = made[name][0]
            log_p = chapter.importance_weighted(model, held, S=500).mean().item()
            results.setdefault(name, []).append(
                {
                    "seed": seed,
                    "parameters": trained_numbers(model),
                    "seconds": run.seconds,
                    "steps": run.steps,
                    "dev_negative_elbo": run.scores,
                    "held_negative_elbo": round(chapter.negative_elbo(model, held, draws=20), 3),
                    "held_negative_log_p": round(-log_p, 3),
                }
            )
    torch.set_float32_matmul_precision("highest")
    return results


SETTINGS = {"temperature": 0.7, "top_k": 60, "top_p": 0.95}
PROMPT = 16  # tokens
NEW_TOKENS = {"shipped": 200, "124M": 40}
GREEDY = (
    "transformers, greedy",
    "loop without a cache",
    "loop with a cache",
    "helpers.gpt2, greedy",
)
SAMPLING = ("transformers, our settings", "helpers.gpt2, our settings")


def writers(folder: Path) -> tuple:
    """The GPT-2 of a folder and, by name, functions that write with it.

    Each takes a prompt, the number of new tokens and a seed, and returns the new tokens.
    """
    import torch
    import transformers

    from helpers import gpt2

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    chapter = notebook_code.load("09")
    model, _ = gpt2.load(folder)
    library = transformers.GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    library.generation_config.pad_token_id = 0

    def by_library(prompt, new_tokens, seed, **controls):
        given = torch.tensor([prompt])
        torch.manual_seed(seed)
        written = library.generate(
            given,
            attention_mask=torch.ones_like(given),
            max_new_tokens=new_tokens,
            **controls,
        )
        return written[0, len(prompt) :].tolist()

    def without_cache(prompt, new_tokens, seed):
        return chapter.write(model, prompt, new_tokens)

    def with_cache(prompt, new_tokens, seed):
        return chapter.write_with_cache(model, prompt, new_tokens)

    def by_package(prompt, new_tokens, seed, **controls):
        return gpt2.generate(model, prompt, new_tokens, seed=seed, **controls)[0]

    greedy = by_library, without_cache, with_cache, partial(by_package, temperature=0)
    sampling = partial(by_library, do_sample=True, **SETTINGS), partial(by_package, **SETTINGS)
    return model, dict(zip(GREEDY + SAMPLING, greedy + sampling, strict=True))


def bandwidth(megabytes: int = 400, repeats: int = 5) -> float:
    """Bytes per second at which two threads read memory: the best of some sums of a large array."""
    import torch

    array, seconds = torch.ones(megabytes * 250_000), []
    for _ in range(repeats):
        begin = time.perf_counter()
        array.sum()
        seconds.append(time.perf_counter() - begin)
    return megabytes * 1e6 / min(seconds)


def generate(seeds: list[int], seconds: float | None) -> dict[str, list[dict]]:
    """GPT-2 (chapter 09): tokens per second of one text, by several ways to write it.

    In each seed's round every way writes once after the same prompt; the order is reversed from
    round to round. A short round before them does not count. `seconds` is not used.
    """
    session.start("torch")
    import torch

    from helpers import gpt2

    chapter, results = notebook_code.load("09"), {}
    with tempfile.TemporaryDirectory() as temporary:
        torch.manual_seed(0)
        gpt2.save(gpt2.GPT2(gpt2.Config()), None, temporary)
        folders = {"shipped": data.DATA / gpt2.MINI, "124M": Path(temporary)}
        for size, new_tokens in NEW_TOKENS.items():
            model, made = writers(folders[size])
            parameters = trained_numbers(model)
            for write in made.values():
                write([0] * PROMPT, 5, 0)
            for seed in seeds:
                prompt = np.random.default_rng(seed).integers(model.config.vocab_size, size=PROMPT)
                for name in reversed(made) if seed % 2 else made:
                    begin = time.perf_counter()
                    made[name](prompt.tolist(), new_tokens, seed)
                    rate = new_tokens / (time.perf_counter() - begin)
                    run = {"seed": seed, "tokens_per_second": round(rate, 2)}
                    results.setdefault(f"{size}: {name}", []).append(run)
                pace = bandwidth()
                read = chapter.step_bytes(model.config, parameters, PROMPT + new_tokens // 2)
                bound = {"seed": seed, "tokens_per_second": round(pace / read, 2)}
                bound |= {"parameters": parameters, "bytes_per_token": read}
                bound["gigabytes_per_second"] = round(pace / 1e9, 2)
                results.setdefault(f"{size}: memory allows", []).append(bound)
            del model, made
    return results


# Each chapter's rungs: a function of the text and a seed that returns, by name, the loss
# (nats_per_character) on the whole held-out text, the characters of context that a prediction sees
# (None: no fixed number), the numbers that the model stores, its training steps and their seconds.
# Nothing for a seed with which no model was trained.
LADDER = {"03": rungs_03, "04": rungs_04, "08": rungs_08, "09": rungs_09}


def ladder(
    seeds: list[int], seconds: float | None, chapters: Sequence[str] = tuple(LADDER)
) -> dict[str, list[dict]]:
    """Language models (chapters 03 and later) on the same held-out plays, in the same unit.

    Each chapter's own recipe, a fixed number of steps; `seconds` is not used.
    """
    text, results = data.shakespeare(), {}
    for seed in seeds:
        for chapter in chapters:
            for name, rung in LADDER[chapter](text, seed).items():
                bits = round(rung["nats_per_character"] / math.log(2), 4)
                run = {"seed": seed, **rung, "bits_per_character": bits}
                results.setdefault(name, []).append(run)
    return results


@dataclass(frozen=True)
class Benchmark:
    """A comparison.

    Attributes:
        compare: function of the seeds and the seconds that returns the runs by contender.
        seconds: training seconds of each contender and seed; None if its steps are fixed.
        packages: whose versions are recorded.
        about: further entries of the record, such as the text and how it is scored.
    """

    compare: Callable[[list[int], float | None], dict[str, list[dict]]]
    seconds: float | None
    packages: tuple[str, ...]
    about: Mapping[str, str] = field(default_factory=dict)


ABOUT_LADDER = {
    "text": "data.shakespeare(): 3,782,419 characters to train, 420,267 dev, 466,903 held out",
    "protocol": "Every character of the held-out text is predicted, in natural logarithms. "
    "Windows slide by one token; a recurrent model reads the text in 64 pieces, each warmed up on "
    "the 256 characters before it.",
    "transformers": "Windows advance by half their length and are scored on their second half.",
}

ABOUT_LSTM = {
    "text": "data.shakespeare('tiny'), trained on its first 90 %, as the literature does, and "
    "data.shakespeare(), trained on its train part; the settings were chosen on the latter's dev",
    "protocol": "Every character of the held-out tenth is predicted, in natural logarithms; the "
    "text is read in 64 pieces, each warmed up on the 256 characters before it.",
}

ABOUT_TEXT = {
    "text": ABOUT_LSTM["text"],
    "protocol": "Every character of the held-out tenth is predicted, in natural logarithms. "
    "held: windows of the model's own length, one after the other; ladder: windows advance by half "
    "their length and are scored on their second half; the LSTM reads the text in 64 pieces, each "
    "warmed up on the 256 characters before it. 'README recipe': nanoGPT's recipe for the CPU, "
    "re-implemented; the rows after it change one thing each. "
    "'the course' is the notebook's, in windows of 128. One seed for all but these two.",
}

ABOUT_GAN = {
    "protocol": "Squared Fréchet distance between 64 features of 2,000 fake and of the 2,000 "
    "held-out digits, by data/digits-classifier.safetensors. 'tutorial settings': the networks and "
    "optimiser settings of TensorFlow's DCGAN tutorial, scored with running and with batch "
    "statistics, the better counts. 'course': the notebook's, the running average of its weights. "
    "The course's settings were chosen on the dev digits.",
}

ABOUT_VAE = {
    "protocol": "Nats per image of the 2,000 held-out digits; 7,000 digits train. Dev and held-out "
    "digits are binary: each pixel is tossed once with the probability of its grey level, with a "
    "fixed seed. Of each run the weights with the best dev score, taken every twelfth of the "
    "seconds, are kept. −log p(x) by the importance-weighted bound with 500 samples. 'example': "
    "784-400-20 units, ReLU, Adam with a rate of 1e-3, batches of 128, training digits tossed anew "
    "in every epoch. 'course': the notebook's, tossed anew and moved by up to one pixel in every "
    "step; its settings were chosen on the dev digits.",
}

ABOUT_GENERATE = {
    "protocol": "Tokens per second of one call that writes 200 tokens with the shipped model, or "
    "40 with one of GPT-2's smallest size and random weights, after a prompt of 16 random tokens, "
    "which is read in the same time; one text, float32. 'our settings': temperature 0.7, top-k 60, "
    "top-p 0.95; 'greedy' is what transformers' generate does by default. 'memory allows': the "
    "bandwidth, taken from a sum over 400 MB, divided by the bytes of weights and cache that a "
    "step reads at the average length.",
    "environment": "OMP_WAIT_POLICY=passive, GOMP_SPINCOUNT=1000. From 512 wide on, helpers.gpt2 "
    "multiplies at torch's float32 matmul precision 'medium', below that with NumPy and in one "
    "thread; all else is at 'highest' and in two threads.",
}

BENCHMARKS = {
    "mlp": Benchmark(mlp, seconds=8.0, packages=("numpy",)),
    "lstm": Benchmark(lstm, seconds=120.0, packages=("numpy", "torch"), about=ABOUT_LSTM),
    "text": Benchmark(text, seconds=90.0, packages=("numpy", "torch"), about=ABOUT_TEXT),
    "gan": Benchmark(
        gan, seconds=120.0, packages=("numpy", "torch", "tensorflow", "keras"), about=ABOUT_GAN
    ),
    "vae": Benchmark(
        vae, seconds=60.0, packages=("numpy", "torch", "tensorflow", "keras"), about=ABOUT_VAE
    ),
    "generate": Benchmark(
        generate,
        seconds=None,
        packages=("numpy", "torch", "transformers"),
        about=ABOUT_GENERATE,
    ),
    "ladder": Benchmark(ladder, seconds=None, packages=("numpy", "torch"), about=ABOUT_LADDER),
}


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
    """Write folder/name.json."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    files.write(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return path


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, at least 3")
    parser.add_argument("--seconds", type=float, help="training seconds of each contender and seed")
    parser.add_argument(
        "--chapters",
        nargs="+",
        choices=LADDER,
        help="measure these rungs of the ladder, and keep the others of the record",
    )
    options = parser.parse_args(arguments)
    if options.chapters and options.name != "ladder":
        parser.error("only the ladder has chapters")
    if options.seeds < 3:
        parser.error("three seeds or more are needed to see the spread")
    benchmark = BENCHMARKS[options.name]
    seconds = benchmark.seconds if options.seconds is None else options.seconds
    if benchmark.seconds is None and options.seconds is not None:
        parser.error(f"{options.name} has a fixed number of steps, no seconds")
    if seconds is not None and not seconds > 0:
        parser.error("the seconds must be positive")
    # before the frameworks load
    os.environ.update(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="1000")
    session.start()
    seeds = list(range(options.seeds))
    command = f"python tools/benchmark.py {options.name} --seeds {len(seeds)}"
    if options.chapters:
        old = json.loads((FOLDER / "ladder.json").read_text(encoding="utf-8"))
        if old["seeds"] != seeds:
            parser.error(f"the rungs that would be kept have the seeds {old['seeds']}")
        command = f"{old['command']}; {command} --chapters {' '.join(options.chapters)}"
        results = old["results"] | ladder(seeds, None, options.chapters)
    else:
        command += "" if seconds is None else f" --seconds {seconds:g}"
        results = benchmark.compare(seeds, seconds)
    record = {
        "command": command,
        "processor": processor(),
        "threads": session.threads(),
        "seconds": seconds,
        "seeds": seeds,
        "versions": {
            "python": platform.python_version(),
            **{package: importlib.metadata.version(package) for package in benchmark.packages},
        },
        **benchmark.about,
        "results": results,
    }
    print(save(options.name, record))
    return 0


if __name__ == "__main__":
    sys.exit(main())
