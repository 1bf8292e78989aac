"""Train a small GPT-2 from nothing, on two processor cores: this made data/mini-gpt2/.

    python -m helpers.pretrain --out my-gpt2
    python -m helpers.pretrain --out my-gpt2 --text my-novel.txt --steps 1000
    torchrun --nproc-per-node 2 -m helpers.pretrain --out my-gpt2

`folders.load` and Hugging Face's transformers read the folder. After a stop or a crash, the same
command goes on from the last checkpoint, and ends with the same weights, to the bit. Under torchrun
processes share each batch; but for dropout, their result differs by rounding only.
"""

import argparse
import hashlib
import json
import math
import os
import sys
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from torch import distributed, nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from helpers import checkpoint, data, files, session
from helpers.models import gpt2
from helpers.text import folders, scoring, tokenisers, windows

__all__ = ["Recipe", "main", "pretrain"]

CHECKPOINT, LOG, RECIPE = "checkpoint.safetensors", "log.jsonl", "recipe.json"
SAVES = 100  # checkpoints of a run
SCORE_EVERY = 4  # checkpoints between two lines of the log
DEV_CHARACTERS = 100_000  # the start of the dev part, on which the run is watched


@dataclass(frozen=True)
class Recipe:
    """All that decides the result, besides the text; each is an option of the command line."""

    vocab_size: int = 2048  # the 256 bytes and the merges learnt from the training text
    n_positions: int = 256  # tokens of a window
    n_embd: int = 256
    n_layer: int = 6
    n_head: int = 4
    steps: int = 3000
    batch: int = 16  # windows of one step, shared by all processes
    matrix_lr: float = 6e-3  # of Muon, which moves the weight matrices of the blocks
    lr: float = 3e-3  # of AdamW, which moves everything else
    weight_decay: float = 0.1  # of all matrices and embeddings
    dropout: float = 0.1  # share of the values set to 0 in the embeddings and in each branch
    warmup: float = 0.02  # share of the steps in which the rates rise
    bfloat16: bool = True  # multiply matrices in bfloat16 where the processor can
    seed: int = 0  # of the initial weights, the order of the windows, and dropout

    def __post_init__(self):
        for name in ("n_positions", "n_embd", "n_layer", "n_head", "steps", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1.")
        if self.n_embd % self.n_head:
            raise ValueError(f"n_head must divide n_embd, and {self.n_head} does not.")


def add_dropout(model: gpt2.GPT2, share: float) -> None:
    """Dropout where GPT-2 has it while it learns: on the embeddings and at the end of each branch.

    Hooks do it, since the model itself has none. (GPT-2 drops attention weights too.)
    """

    def drop(x: torch.Tensor) -> torch.Tensor:
        if not model.training:
            return x
        kept = torch.rand(x.shape) >= share  # on a processor faster than bernoulli_
        return torch.where(kept, x / (1 - share), 0)  # divided, so that the mean stays

    model.h[0].register_forward_pre_hook(lambda block, inputs: (drop(inputs[0]), *inputs[1:]))
    for block in model.h:
        for layer in (block.attn.c_proj, block.mlp.c_proj):
            layer.register_forward_hook(lambda layer, inputs, x: drop(x))


def make_optimizers(model: gpt2.GPT2, recipe: Recipe) -> dict[str, torch.optim.Optimizer]:
    """Muon for the matrices of the blocks; AdamW for embeddings and, without decay, the vectors.

    Muon's steps are scaled to the size of AdamW's, so that the rates are alike (Liu et al., 2025).
    """
    matrices = [p for p in model.h.parameters() if p.dim() == 2]
    embeddings = {"params": [model.wte.weight, model.wpe.weight]}
    vectors = {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0}
    decay = {"weight_decay": recipe.weight_decay}
    muon = torch.optim.Muon(matrices, adjust_lr_fn="match_rms_adamw", **decay)
    adamw = torch.optim.AdamW([embeddings, vectors], betas=(0.9, 0.95), fused=True, **decay)
    return {"muon": muon, "adamw": adamw}


def rate(step: int, recipe: Recipe) -> float:
    """The share of the learning rates in this step: up to 1, then linearly down to almost 0."""
    warmup = max(1, round(recipe.warmup * recipe.steps))
    return min((step + 1) / warmup, (recipe.steps - step) / recipe.steps)


def pretrain(text: data.Text, recipe: Recipe, out: Path) -> None:
    """Train to the last step; a run that was begun in the folder `out` goes on.

    Raises ValueError, in one sentence, if the text is too short, the folder holds something else or
    a damaged file, or the processes cannot share a batch evenly.
    """
    several = distributed.is_initialized()
    rank, size = (distributed.get_rank(), distributed.get_world_size()) if several else (0, 1)
    if recipe.batch % size:
        raise ValueError(f"The processes must divide a batch of {recipe.batch}; {size} do not.")

    # ---- tokens, learnt from the training part alone
    if rank == 0:
        print("Learning tokens: seconds, or minutes if the text has no spaces …", flush=True)
    tokenizer = tokenisers.make_tokenizer(text.train, recipe.vocab_size)
    ids = np.array(tokenizer.encode(text.train).ids)
    recipe = replace(recipe, vocab_size=tokenizer.get_vocab_size())  # a short text has fewer
    parts = [hashlib.sha256(part.encode()).digest() for part in (text.train, text.dev, text.held)]
    sha256 = hashlib.sha256(tokenizer.to_str().encode() + b"".join(parts)).hexdigest()
    identity = asdict(recipe) | {"text": text.name, "sha256": sha256}

    # ---- model and optimisers, new or as they were left
    torch.manual_seed(recipe.seed)
    sizes = (recipe.vocab_size, recipe.n_positions, recipe.n_embd, recipe.n_layer, recipe.n_head)
    model = gpt2.GPT2(gpt2.Config(*sizes)).train()
    if recipe.dropout:
        add_dropout(model, recipe.dropout)
    optimizers = make_optimizers(model, recipe)
    peak = {"muon": recipe.matrix_lr, "adamw": recipe.lr}
    state = {"step": 0, "seconds": 0.0, "loss_sum": 0.0, "log": [], "identity": identity}
    if rank == 0 and (out / CHECKPOINT).is_file():
        state = checkpoint.load(out / CHECKPOINT, model=model, **optimizers)
        if was := {k: v for k, v in state["identity"].items() if v != identity.get(k)}:
            settings = ", ".join(f"{k} = {v}" for k, v in was.items() if k in asdict(recipe))
            was = f"{out} holds an unfinished run with {settings or 'another text'}"
            raise ValueError(f"{was}: go on as it was begun, or name another folder.")
    elif rank == 0 and (out / "model.safetensors").is_file():
        raise ValueError(f"{out} holds a model already: name another folder.")
    if rank == 0:
        out.mkdir(parents=True, exist_ok=True)
    if several:  # the others may be on machines without the folder: the first tells them its state
        box = [state, *(optimizer.state_dict() for optimizer in optimizers.values())]
        distributed.broadcast_object_list(box)
        state = box[0]
        for optimizer, saved in zip(optimizers.values(), box[1:], strict=True):
            optimizer.load_state_dict(saved)
    learner = nn.parallel.DistributedDataParallel(model) if several else model

    # ---- the loop
    able = getattr(torch.cpu, "get_capabilities", dict)()  # without such a unit it would be slower
    bfloat16 = recipe.bfloat16 and any(able.get(name) for name in ("avx512_bf16", "amx_bf16"))
    save_every = math.ceil(recipe.steps / SAVES)
    begun, first = time.perf_counter() - state["seconds"], state["step"]
    steps = range(first, recipe.steps)
    for step in (bar := tqdm(steps, "pretraining", recipe.steps, initial=first, disable=rank > 0)):
        # What a step draws depends on its number only, so that a run can go on anywhere.
        seed = np.random.SeedSequence([recipe.seed, step, rank]).generate_state(1)[0]
        torch.manual_seed(int(seed))  # of dropout
        for name, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = peak[name] * rate(step, recipe)
        rows = windows.shuffled(ids, recipe.n_positions, recipe.batch, recipe.seed, step)
        batch = torch.from_numpy(rows).chunk(size)[rank]  # this process's
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = learner(batch[:, :-1])  # (B, T, vocab_size)
        loss = F.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers.values():
            optimizer.step()
        loss = loss.detach().double()
        if several:
            distributed.all_reduce(loss)

        done = step + 1
        state["step"], state["seconds"] = done, time.perf_counter() - begun
        state["loss_sum"] += loss.item() / size
        if rank > 0 or (done % save_every and done < recipe.steps):
            continue  # the first process scores and saves, the others wait for it in the next step
        if done % (save_every * SCORE_EVERY) == 0 or done == recipe.steps:
            since = done - (state["log"][-1]["step"] if state["log"] else 0)
            training = state["loss_sum"] / since * len(ids) / len(text.train)
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                start = text.dev[:DEV_CHARACTERS]
                dev = scoring.nats_per_character(model, tokenizer, start, text.train)
            losses = {"training_loss": round(training, 4), "dev_loss": round(dev, 4)}
            state["log"].append({"step": done, "seconds": round(state["seconds"], 1)} | losses)
            state["loss_sum"] = 0.0
            bar.set_postfix(losses)
            write_log(out, state["log"])
        checkpoint.save(out / CHECKPOINT, model=model, **optimizers, **state)
    if rank > 0:
        return

    # ---- the result
    folders.save(model, tokenizer, out, torch.float16)
    stored, _ = folders.load(out)  # half precision rounds: score what the reader will load
    dev = scoring.nats_per_character(stored, tokenizer, text.dev, text.train)
    held = scoring.nats_per_character(stored, tokenizer, text.held, text.dev)
    state["log"][-1] |= {"whole_dev_loss": round(dev, 4), "held_out_loss": round(held, 4)}
    write_log(out, state["log"])
    files.write(out / RECIPE, json.dumps(identity, indent=1, ensure_ascii=False) + "\n")
    (out / CHECKPOINT).unlink()
    scores = f"{held:.4f} nats per character on the held-out text, {dev:.4f} on the dev text"
    print(f"{scores}, after {state['seconds'] / 60:.1f} minutes; the model is in {out}.")


def write_log(out: Path, log: list[dict]) -> None:
    files.write(out / LOG, "".join(json.dumps(row) + "\n" for row in log))


def main(arguments: list[str] | None = None) -> int:
    """Train as the command line says; returns 0, 1 for bad input, or 130 if it was stopped."""
    parser = argparse.ArgumentParser(prog="python -m helpers.pretrain")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    parser.add_argument("--text", type=Path, help="your own text in UTF-8, instead of the plays")
    for knob in fields(Recipe):
        boolean = {"action": argparse.BooleanOptionalAction}
        kind = boolean if knob.type is bool else {"type": knob.type}
        parser.add_argument(f"--{knob.name.replace('_', '-')}", default=knob.default, **kind)
    options = vars(parser.parse_args(arguments))
    out, path = options.pop("out"), options.pop("text")
    try:
        text = data.text(path) if path else data.shakespeare()
        with session.matmul_precision("medium"):
            pretrain(text, Recipe(**options), out)
    except (ValueError, OSError, data.ShippedFileError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from the last checkpoint.")
        return 130
    return 0


if __name__ == "__main__":
    # What is set here holds for the whole process. torchrun says how many share this machine.
    torch.set_num_threads(max(1, session.threads() // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))
    if several := int(os.environ.get("WORLD_SIZE", "1")) > 1:
        distributed.init_process_group("gloo")
    code = main()
    if several:
        time.sleep(1)  # gloo's threads need Python's lock to let go of the last tensors, and
        distributed.destroy_process_group()  # this holds it while it waits for them
    sys.exit(code)
