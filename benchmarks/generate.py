"""GPT-2 (lesson 11): tokens per second of one text, by several ways to write it.

In each seed's round every way writes once after the same prompt; the order is reversed from round
to round. A short round before them does not count.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
import transformers

from benchmarks.scoring import parameters
from helpers import data
from helpers.models import gpt2
from helpers.text import folders, generation

__all__ = ["ABOUT", "GREEDY", "NEW_TOKENS", "SAMPLING", "compare", "writers"]

ABOUT = {
    "protocol": "Tokens per second of one call that writes 200 tokens with the shipped model, or "
    "40 with one of GPT-2's smallest size and random weights, after a prompt of 16 random tokens, "
    "which is read in the same time; one text, float32. 'our settings': temperature 0.7, top-k 60, "
    "top-p 0.95; 'greedy' is what transformers' generate does by default. 'memory allows': the "
    "bandwidth, taken from a sum over 400 MB, divided by the bytes of weights and cache that a "
    "step reads at the average length.",
    "environment": "OMP_WAIT_POLICY=passive, GOMP_SPINCOUNT=1000. From 512 wide on, helpers.text "
    "multiplies at torch's float32 matmul precision 'medium', below that in one thread; all "
    "else is at 'highest' and in two threads.",
}
SETTINGS = {"temperature": 0.7, "top_k": 60, "top_p": 0.95}
PROMPT = 16  # tokens
NEW_TOKENS = {"shipped": 200, "124M": 40}
GREEDY = (
    "transformers, greedy",
    "loop without a cache",
    "loop with a cache",
    "helpers.text, greedy",
)
SAMPLING = ("transformers, our settings", "helpers.text, our settings")

# A way to write: takes a prompt, the number of new tokens and a seed; returns the new tokens.
Writer = Callable[[list[int], int, int], list[int]]


def by_library(library, prompt: list[int], new_tokens: int, seed: int, **controls) -> list[int]:
    given = torch.tensor([prompt])
    torch.manual_seed(seed)
    written = library.generate(
        given, attention_mask=torch.ones_like(given), max_new_tokens=new_tokens, **controls
    )
    return written[0, len(prompt) :].tolist()


def without_cache(model: gpt2.GPT2, prompt: list[int], new_tokens: int, seed: int) -> list[int]:
    return gpt2.write(model, prompt, new_tokens)


def with_cache(model: gpt2.GPT2, prompt: list[int], new_tokens: int, seed: int) -> list[int]:
    return gpt2.write_with_cache(model, prompt, new_tokens)


def by_package(model, prompt: list[int], new_tokens: int, seed: int, **controls) -> list[int]:
    return generation.generate(model, prompt, new_tokens, seed=seed, **controls)[0]


def writers(folder: Path) -> tuple[gpt2.GPT2, dict[str, Writer]]:
    """The GPT-2 of a folder and, by name, the ways to write with it."""
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    model, _ = folders.load(folder)
    library = transformers.GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    library.generation_config.pad_token_id = 0
    ways = (
        partial(by_library, library),
        partial(without_cache, model),
        partial(with_cache, model),
        partial(by_package, model, temperature=0),
        partial(by_library, library, do_sample=True, **SETTINGS),
        partial(by_package, model, **SETTINGS),
    )
    return model, dict(zip(GREEDY + SAMPLING, ways, strict=True))


def bandwidth(megabytes: int = 400, repeats: int = 5) -> float:
    """Bytes per second at which two threads read memory: the best of some sums of a large array."""
    array, seconds = torch.ones(megabytes * 250_000), []
    for _ in range(repeats):
        begin = time.perf_counter()
        array.sum()
        seconds.append(time.perf_counter() - begin)
    return megabytes * 1e6 / min(seconds)


def compare(seeds: Sequence[int]) -> dict[str, list[dict]]:
    """Tokens per second, with the shipped model and with one of GPT-2's smallest size."""
    results: dict[str, list[dict]] = {}
    with tempfile.TemporaryDirectory() as random_weights:
        torch.manual_seed(0)
        folders.save(gpt2.GPT2(gpt2.Config()), None, random_weights)
        sizes = {"shipped": data.DATA / folders.MINI, "124M": Path(random_weights)}
        for size, folder in sizes.items():
            for name, run in rounds(folder, NEW_TOKENS[size], seeds):
                results.setdefault(f"{size}: {name}", []).append(run)
    return results


def rounds(folder: Path, new_tokens: int, seeds: Sequence[int]) -> list[tuple[str, dict]]:
    """Every measurement of the model of a folder: the name of the way, and its run."""
    model, ways = writers(folder)
    for write in ways.values():
        write([0] * PROMPT, 5, 0)
    runs = []
    for seed in seeds:
        prompt = np.random.default_rng(seed).integers(model.config.vocab_size, size=PROMPT)
        for name in reversed(ways) if seed % 2 else ways:
            begin = time.perf_counter()
            ways[name](prompt.tolist(), new_tokens, seed)
            rate = new_tokens / (time.perf_counter() - begin)
            runs.append((name, {"seed": seed, "tokens_per_second": round(rate, 2)}))
        runs.append(("memory allows", {"seed": seed, **bound(model, PROMPT + new_tokens // 2)}))
    return runs


def bound(model: gpt2.GPT2, length: int) -> dict:
    """What the memory allows at this length of text, measured now."""
    numbers, pace = parameters(model), bandwidth()
    read = gpt2.step_bytes(model.config, numbers, length)
    return {
        "tokens_per_second": round(pace / read, 2),
        "parameters": numbers,
        "bytes_per_token": read,
        "gigabytes_per_second": round(pace / 1e9, 2),
    }
