"""Train a small GPT-2 from nothing, on two processor cores: this made data/mini-gpt2/.

    python -m helpers.pretrain --out my-gpt2
    python -m helpers.pretrain --out my-gpt2 --text my-novel.txt
    torchrun --nproc-per-node 2 -m helpers.pretrain --out my-gpt2

The folder is one that `folders.load` and Hugging Face's transformers read, with the training log in
log.jsonl. A run that was stopped or killed goes on where it was when the same command is given
again, and ends with the same weights, to the bit, as one that was not. torchrun lets several
processes or machines share each batch; their result differs by rounding only.
"""

import argparse
import contextlib
import hashlib
import json
import math
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import distributed, nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from helpers import checkpoint, data, files, session
from helpers.models import gpt2
from helpers.text import folders, scoring, tokenisers

CHECKPOINT = "checkpoint.safetensors"
LOG = "log.jsonl"
RECIPE = "recipe.json"
SAVES = 100  # checkpoints of a run
SCORE_EVERY = 4  # checkpoints between two lines of the log
DEV_CHARACTERS = 100_000  # the start of the dev part, on which the run is watched


@dataclass(frozen=True)
class Recipe:
    """All that decides the result, besides the text.

    Attributes:
        vocab_size: tokens, the 256 bytes and the merges learnt from the training text.
        n_positions, n_embd, n_layer, n_head: sizes of the GPT-2.
        steps: training steps.
        batch: windows of n_positions tokens in one step, shared by all processes.
        matrix_lr: learning rate of Muon, which moves the weight matrices of the blocks.
        lr: learning rate of AdamW, which moves everything else.
        weight_decay: of all matrices and embeddings.
        dropout: share of the values set to 0 in the embeddings and in each branch.
        warmup: share of the steps in which the rates rise; from there on they fall to 0 linearly.
        bfloat16: multiply matrices in bfloat16 where the processor can, else in float32.
        seed: of the initial weights, the order of the windows, and dropout.
    """

    vocab_size: int = 2048
    n_positions: int = 256
    n_embd: int = 256
    n_layer: int = 6
    n_head: int = 4
    steps: int = 3000
    batch: int = 16
    matrix_lr: float = 6e-3
    lr: float = 3e-3
    weight_decay: float = 0.1
    dropout: float = 0.1
    warmup: float = 0.02
    bfloat16: bool = True
    seed: int = 0

    def sizes(self) -> gpt2.Config:
        """The sizes of the model."""
        names = ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head")
        return gpt2.Config(**{name: getattr(self, name) for name in names})


# ---------------------------------------------------------------- the text, in tokens


def windows(ids: np.ndarray, recipe: Recipe, step: int) -> torch.Tensor:
    """The tokens of one step, (batch, n_positions + 1): inputs, and targets one further.

    In every epoch the text is cut at another offset, and its windows come in another order. It is a
    function of the step alone, so that a run can go on anywhere.
    """
    T, count = recipe.n_positions, windows_of(len(ids), recipe)
    epochs, places = np.divmod(np.arange(step * recipe.batch, (step + 1) * recipe.batch), count)
    starts = np.empty_like(places)
    for epoch in np.unique(epochs):
        rng = np.random.default_rng([recipe.seed, epoch])
        offset, order = rng.integers(T), rng.permutation(count)
        starts[epochs == epoch] = offset + T * order[places[epochs == epoch]]
    return torch.from_numpy(ids[starts[:, None] + np.arange(T + 1)])


def windows_of(tokens: int, recipe: Recipe) -> int:
    """Number of windows in one epoch, whatever its offset."""
    return (tokens - 1) // recipe.n_positions - 1


# ---------------------------------------------------------------- model and optimisers


def add_dropout(model: gpt2.GPT2, share: float, rank: int = 0, size: int = 1) -> None:
    """Dropout where GPT-2 has it while it learns: on the embeddings and at the end of each branch.

    Hooks do it, since the model itself has none; they act in training mode only. Each of `size`
    processes draws the mask of the whole batch and takes its own rows, so that their number does
    not matter. (GPT-2 has dropout on the attention weights too.)
    """

    def drop(x: torch.Tensor) -> torch.Tensor:
        B, *rest = x.shape
        kept = torch.rand(size * B, *rest) >= share  # on a processor faster than bernoulli_
        return torch.where(kept[rank * B : (rank + 1) * B], x / (1 - share), 0)

    def branch(module: nn.Module, inputs: tuple, output: torch.Tensor) -> torch.Tensor:
        return drop(output) if module.training else output

    def first_block(module: nn.Module, inputs: tuple) -> tuple:
        return (drop(inputs[0]), *inputs[1:]) if module.training else inputs

    model.h[0].register_forward_pre_hook(first_block)
    for name, module in model.named_modules():
        if name.endswith("c_proj"):
            module.register_forward_hook(branch)


def make_optimizers(model: gpt2.GPT2, recipe: Recipe) -> dict[str, torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for embeddings, biases and gains.

    Muon's steps are scaled to the size of AdamW's, so that the rates are alike (Liu et al., 2025).
    Biases and gains do not decay.
    """
    matrices = [p for p in model.h.parameters() if p.dim() == 2]
    embeddings = [model.wte.weight, model.wpe.weight]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    muon = torch.optim.Muon(
        matrices,
        lr=recipe.matrix_lr,
        weight_decay=recipe.weight_decay,
        adjust_lr_fn="match_rms_adamw",
    )
    groups = [{"params": embeddings}, {"params": vectors, "weight_decay": 0.0}]
    adamw = torch.optim.AdamW(
        groups, lr=recipe.lr, betas=(0.9, 0.95), weight_decay=recipe.weight_decay, fused=True
    )
    return {"muon": muon, "adamw": adamw}


def rate(step: int, recipe: Recipe) -> float:
    """The share of the learning rates in this step: up to 1, then linearly down to almost 0."""
    warmup = max(1, round(recipe.warmup * recipe.steps))
    return min((step + 1) / warmup, (recipe.steps - step) / recipe.steps)


# ---------------------------------------------------------------- several processes


class Team:
    """The processes that share the work: this one alone, unless torchrun started several."""

    def __init__(self):
        self.rank = int(os.environ.get("RANK", "0"))
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.neighbours = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # on this machine

    @contextlib.contextmanager
    def connected(self) -> Iterator[None]:
        if self.size > 1:
            distributed.init_process_group("gloo")
        try:
            yield
        finally:
            if self.size > 1:  # gloo's threads need Python's lock to let go of the last tensors:
                time.sleep(1)  # destroying the group holds it while it waits for them
                distributed.destroy_process_group()

    def share(self, batch: torch.Tensor) -> torch.Tensor:
        """This process's rows of a batch."""
        rows = len(batch) // self.size
        return batch[self.rank * rows : (self.rank + 1) * rows]

    def mean(self, *numbers: float) -> list[float]:
        """The mean of each number over all processes."""
        if self.size == 1:
            return list(numbers)
        values = torch.tensor(numbers, dtype=torch.float64)
        distributed.all_reduce(values)
        return (values / self.size).tolist()

    def receive(self, path: Path, folder: Path) -> Path | None:
        """The first process's file: itself, or a copy in `folder`, or None if there is none."""
        if self.size == 1:
            return path if path.is_file() else None
        box = [path.read_bytes() if self.rank == 0 and path.is_file() else None]
        distributed.broadcast_object_list(box)  # the others may be on machines without the file
        if box[0] is None or self.rank == 0:
            return path if box[0] is not None else None
        copy = folder / path.name
        copy.write_bytes(box[0])
        return copy


# ---------------------------------------------------------------- training


class Stop:
    """Turns the first Ctrl-C, or SIGTERM, into a wish that is heard between two steps."""

    def __init__(self):
        self.wanted = False

    def __enter__(self) -> "Stop":
        self.old = {n: signal.signal(n, self.note) for n in (signal.SIGINT, signal.SIGTERM)}
        return self

    def note(self, number: int, frame: object) -> None:
        self.wanted = True
        signal.signal(number, self.old[number])  # the second one strikes at once

    def __exit__(self, *error: object) -> None:
        for number, handler in self.old.items():
            signal.signal(number, handler)


class Pretraining:
    """A run of training: text, model, optimisers and log, and how far it has come.

    The folder `out` gets recipe.json at once, log.jsonl and the checkpoint while it runs, and the
    model at the end; the checkpoint is then deleted.

    Raises ValueError, in one sentence, if the text is too short, the folder holds something else,
    or the processes cannot share a batch evenly.
    """

    def __init__(self, text: data.Text, recipe: Recipe, out: Path, team: Team):
        if recipe.batch % team.size:
            raise ValueError(
                f"{team.size} processes cannot share {recipe.batch} windows evenly: their number "
                f"must divide {recipe.batch}."
            )
        self.text, self.out, self.team = text, out, team
        self.tokenizer = tokenisers.make_tokenizer(text.train, recipe.vocab_size)
        self.recipe = recipe = replace(recipe, vocab_size=self.tokenizer.get_vocab_size())
        self.ids = np.array(self.tokenizer.encode(text.train).ids)
        if windows_of(len(self.ids), recipe) < 1:
            raise ValueError(
                f"The training part of {text.name} has only {len(self.ids):,} tokens, but "
                f"{2 * recipe.n_positions + 1:,} are needed."
            )
        torch.manual_seed(recipe.seed)
        self.model = gpt2.GPT2(recipe.sizes()).train()
        if recipe.dropout:
            add_dropout(self.model, recipe.dropout, team.rank, team.size)
        self.optimizers = make_optimizers(self.model, recipe)
        self.rates = {name: o.param_groups[0]["lr"] for name, o in self.optimizers.items()}
        self.shared = self.model  # with several processes: as DDP wraps it
        self.counters = {"step": 0, "seconds": 0.0, "loss_sum": 0.0}
        self.log: list[dict] = []

    def identity(self) -> dict:
        """What recipe.json holds: the settings, and which text it is."""
        whole = hashlib.sha256(self.tokenizer.to_str().encode("utf-8"))
        for part in (self.text.train, self.text.dev, self.text.held):
            whole.update(hashlib.sha256(part.encode("utf-8")).digest())
        return asdict(self.recipe) | {"text": self.text.name, "sha256": whole.hexdigest()}

    def begin(self) -> None:
        """Go on from the checkpoint if there is one, else claim the folder."""
        if self.team.rank == 0:
            self.claim()
        with tempfile.TemporaryDirectory() as folder:
            if path := self.team.receive(self.out / CHECKPOINT, Path(folder)):
                self.load(path)
        if self.team.size > 1:
            self.shared = nn.parallel.DistributedDataParallel(self.model)

    def claim(self) -> None:
        """Note in the folder which run it belongs to, after a look that it is no other's."""
        self.out.mkdir(parents=True, exist_ok=True)
        begun, identity = self.out / RECIPE, self.identity()
        if not (self.out / CHECKPOINT).is_file():
            if (self.out / "model.safetensors").is_file():
                raise ValueError(
                    f"{self.out} holds a model already: name another folder with --out."
                )
            files.write(begun, json.dumps(identity, indent=1, ensure_ascii=False) + "\n")
            return
        old = json.loads(begun.read_text(encoding="utf-8")) if begun.is_file() else {}
        for key, value in identity.items():
            if old.get(key) != value:
                other_text = key in ("text", "sha256")
                what = "another text" if other_text else f"{key} = {old.get(key)}, not {value}"
                raise ValueError(
                    f"{self.out} holds an unfinished run with {what}: go on as it was begun, or "
                    "name another folder with --out."
                )

    def load(self, path: Path) -> None:
        try:
            self.counters = checkpoint.load(path, **self.parts())
        except ValueError as error:
            raise ValueError(f"{str(error).rstrip('.')}; delete it to start anew.") from None
        log = self.out / LOG
        lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
        rows = [json.loads(line) for line in lines]
        self.log = [row for row in rows if row["step"] <= self.counters["step"]]

    def parts(self) -> dict:
        """What the checkpoint holds."""
        return {"model": self.model, **self.optimizers, **self.counters}

    def run(self, stop: Stop) -> bool:
        """Train to the last step, or until stopped; returns whether the last step was reached."""
        counters, steps = self.counters, self.recipe.steps
        save_every = math.ceil(steps / SAVES)
        start = time.perf_counter() - counters["seconds"]
        quiet = self.team.rank > 0
        with tqdm(total=steps, initial=counters["step"], desc="pretraining", disable=quiet) as bar:
            while counters["step"] < steps:
                loss, stopped = self.team.mean(self.train_step(), float(stop.wanted))
                counters["step"] += 1
                counters["loss_sum"] += loss
                counters["seconds"] = time.perf_counter() - start
                bar.update()
                last = counters["step"] == steps
                if counters["step"] % (save_every * SCORE_EVERY) == 0 or last:
                    bar.set_postfix(self.score())
                if counters["step"] % save_every == 0 or last or stopped:
                    self.save()
                if stopped and not last:
                    return False
        return True

    def train_step(self) -> float:
        """One step of this process; returns the loss of its windows, in nats per token."""
        step, recipe = self.counters["step"], self.recipe
        seeds = np.random.SeedSequence([recipe.seed, step])
        torch.manual_seed(int(seeds.generate_state(1)[0]))  # of dropout
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.rates[name] * rate(step, recipe)
        batch = self.team.share(windows(self.ids, recipe, step))
        with autocast(recipe):
            logits = self.shared(batch[:, :-1])  # (B, T, vocab_size)
        loss = F.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
        self.model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers.values():
            optimizer.step()
        return loss.item()

    def score(self) -> dict[str, str]:
        """Add a line to the log; returns its losses for the progress bar."""
        if self.team.rank > 0:
            self.counters["loss_sum"] = 0.0
            return {}
        step = self.counters["step"]
        since = step - (self.log[-1]["step"] if self.log else 0)
        tokens_per_character = len(self.ids) / len(self.text.train)
        with autocast(self.recipe):
            dev = self.nats(self.model, self.text.dev[:DEV_CHARACTERS], self.text.train)
        row = {
            "step": step,
            "seconds": round(self.counters["seconds"], 1),
            "training_loss": round(self.counters["loss_sum"] / since * tokens_per_character, 4),
            "dev_loss": round(dev, 4),
        }
        self.counters["loss_sum"] = 0.0
        self.log.append(row)
        return {name: f"{row[name]:.3f}" for name in ("training_loss", "dev_loss")}

    def nats(self, model: gpt2.GPT2, text: str, before: str) -> float:
        return scoring.nats_per_character(model, self.tokenizer, text, before)

    def save(self) -> None:
        """The log first: lines that are ahead of the checkpoint are dropped when it is loaded."""
        if self.team.rank == 0:
            self.write_log()
            checkpoint.save(self.out / CHECKPOINT, **self.parts())

    def write_log(self) -> None:
        files.write(self.out / LOG, "".join(json.dumps(row) + "\n" for row in self.log))

    def finish(self) -> dict:
        """Store the model; score what was stored; returns the last line of the log."""
        folders.save(self.model, self.tokenizer, self.out, torch.float16)
        stored, _ = folders.load(self.out)
        self.log[-1] |= {
            "whole_dev_loss": round(self.nats(stored, self.text.dev, self.text.train), 4),
            "held_out_loss": round(self.nats(stored, self.text.held, self.text.dev), 4),
        }
        self.write_log()
        (self.out / CHECKPOINT).unlink()
        return self.log[-1]


def autocast(recipe: Recipe) -> torch.autocast:
    """bfloat16 in the products of matrices, if the recipe and the processor have it."""
    able = getattr(torch.cpu, "get_capabilities", dict)()
    enabled = recipe.bfloat16 and any(able.get(name) for name in ("avx512_bf16", "amx_bf16"))
    return torch.autocast("cpu", torch.bfloat16, enabled=enabled)


def main(arguments: list[str] | None = None, recipe: Recipe | None = None) -> int:
    """Train as the command line says; returns 0, 1 for bad input, or 130 if it was stopped."""
    recipe, team = recipe or Recipe(), Team()
    parser = argparse.ArgumentParser(
        prog="python -m helpers.pretrain", description="Train a small GPT-2 from nothing."
    )
    parser.add_argument(
        "--out", type=Path, default=data.DATA / folders.MINI, help="folder of the model"
    )
    parser.add_argument("--text", type=Path, help="your own text in UTF-8, instead of the plays")
    parser.add_argument("--steps", type=int, default=recipe.steps, help="default: %(default)s")
    options = parser.parse_args(arguments)
    if options.steps < 1:
        parser.error("--steps must be at least 1")
    session.start("torch")
    torch.set_num_threads(max(1, session.threads() // team.neighbours))
    torch.set_float32_matmul_precision("medium")
    try:
        text = data.text(options.text) if options.text else data.shakespeare()
        run = Pretraining(text, replace(recipe, steps=options.steps), options.out, team)
        with team.connected(), Stop() as stop:
            run.begin()
            done = run.run(stop)
        if team.rank == 0:
            report(run, done)
    except (ValueError, OSError, data.ShippedFileError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped at once; the same command goes on from the last checkpoint.")
        return 130
    return 0 if done else 130


def report(run: Pretraining, done: bool) -> None:
    if not done:
        print(
            f"Stopped after {run.counters['step']:,} of {run.recipe.steps:,} steps; the same "
            "command goes on from there."
        )
        return
    last = run.finish()
    print(
        f"{last['held_out_loss']} nats per character on the held-out text, {last['whole_dev_loss']}"
        f" on the dev text, after {last['seconds'] / 60:.1f} minutes; the model is in {run.out}."
    )


if __name__ == "__main__":
    sys.exit(main())
