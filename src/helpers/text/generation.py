"""The loops that write text, token by token.

`draw_tokens` is for any model that gives logits. `generate`, `stream` and `next_tokens` are for
GPT-2 with its key-value cache, and have the usual controls.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tokenizers
import torch

from helpers.models.gpt2 import GPT2, new_cache
from helpers.text import fast, filters

__all__ = ["choose", "draw_tokens", "generate", "next_tokens", "stream"]

Filter = Callable[[np.ndarray], np.ndarray]


def draw_tokens(
    next_logits: Callable[[list[int]], np.ndarray],
    prompt: Sequence[int],
    steps: int,
    rng: np.random.Generator,
    *apply: Filter,
) -> list[int]:
    """Draw `steps` tokens one after the other, and return them (without the prompt).

    Args:
        next_logits: takes the newest tokens and returns the logits (vocab,) of the one to come. At
            first it is given the whole prompt, afterwards only the token just drawn: what came
            before, the model must remember itself (a hidden state, a cache, or a list of tokens).
        prompt: at least one token.
        apply: filters, applied to the logits in the order given, for example
            `lambda logits: top_k(temperature(logits, 0.7), 60)`, or `greedy`.

    Raises:
        ValueError: the prompt is empty.
    """
    newest = [int(token) for token in prompt]
    if not newest:
        raise ValueError("The prompt needs at least one token.")
    tokens = []
    for _ in range(steps):
        logits = next_logits(newest)
        for apply_filter in apply:
            logits = apply_filter(logits)
        newest = [int(filters.draw(logits, rng))]
        tokens += newest
    return tokens


def generate(model: GPT2, ids: Sequence[int], new_tokens: int, **controls) -> list[list[int]]:
    """Continue a prompt; returns the new tokens of each continuation, without the prompt.

    Arguments, rules and errors are those of `next_tokens`, which writes token by token. Meanwhile
    PyTorch's threads and precision are those of `fast.settings`.
    """
    steps = next_tokens(model, ids, new_tokens, **controls)
    written = [[] for _ in range(controls.get("continuations", 1))]
    with fast.settings(model):
        for step in steps:
            for text, token in zip(written, step, strict=True):
                if token is not None:
                    text.append(token)
    return written


def stream(
    model: GPT2,
    tokenizer: tokenizers.Tokenizer,
    prompt: str,
    new_tokens: int,
    *,
    stop: str | Sequence[str] = (),
    forbidden: str | Sequence[str] = (),
    **controls,
) -> str:
    """Continue a prompt, print each piece of text as soon as it is written, and return them all.

    A character of several bytes is printed when its last byte is there. The prompt is not printed.

    Args:
        stop: a string or several; the text ends with the token that completes the first of them.
        forbidden: a string or several, whose tokens, as the tokenizer splits the string, are never
            written in a row.
        controls: as in `next_tokens`, without continuations.

    Raises:
        ValueError: an argument is wrong, in one sentence.
    """
    stop, forbidden = _strings("stop", stop), _strings("forbidden", forbidden)
    if not isinstance(prompt, str):
        raise ValueError(f"The prompt must be a string, not a {type(prompt).__name__}.")
    if "continuations" in controls:
        raise ValueError("stream writes one text; `generate` takes continuations.")
    barred = [tokenizer.encode(word, add_special_tokens=False).ids for word in forbidden]
    ids = tokenizer.encode(prompt, add_special_tokens=False).ids
    decoder = tokenizers.decoders.DecodeStream(skip_special_tokens=False)
    steps = next_tokens(model, ids, new_tokens, forbidden=barred, **controls)
    tokens, text = [], ""
    with fast.settings(model):
        for (token,) in steps:
            tokens.append(token)
            piece = decoder.step(tokenizer, token) or ""
            text += piece
            print(piece, end="", flush=True)
            if any(end in text[-len(piece) - len(end) :] for end in stop if piece):
                break
    rest = tokenizer.decode(tokens, skip_special_tokens=False)[len(text) :]  # an unfinished one
    print(rest)
    return text + rest


def next_tokens(
    model: GPT2,
    ids: Sequence[int],
    new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    repetition_penalty: float = 1.0,
    stop: Sequence[Sequence[int]] = (),
    forbidden: Sequence[Sequence[int]] = (),
    continuations: int = 1,
    seed: int | None = None,
) -> Iterator[list[int | None]]:
    """Continue a prompt: an iterator over steps, each a token of every continuation.

    A continuation that has ended gives None. The logits go through `helpers.text.filters` in this
    order: repetition penalty, forbidden words, temperature, top-k, top-p; then a token is drawn.

    When the model has no position left, its context becomes the last n_positions // 2 tokens, which
    it reads again, and writing goes on; a prompt longer than n_positions is cut in the same way.

    Args:
        ids: the prompt, at least one token; a list, or an array or tensor of one axis.
        new_tokens: how many tokens to write at most.
        temperature: divides the logits; 0 takes the most probable token every time.
        top_k, top_p: None switches the filter off.
        repetition_penalty: logits of tokens that occur in the prompt or in what was written are
            divided by it where positive and multiplied where negative (Keskar et al., 2019).
        stop: a continuation ends after any of these sequences of new tokens, which it keeps.
        forbidden: sequences of tokens that are never completed.
        continuations: how many are written, side by side in one batch.
        seed: continuation k draws with np.random.default_rng(seed + k), counted from 0.

    Raises:
        ValueError: an argument is wrong, in one sentence; at the call, not at the first step.
    """
    vocab = model.config.vocab_size
    prompt = _tokens("The prompt", ids, vocab)
    stop, forbidden = (
        _sequences(name, value, vocab) for name, value in (("stop", stop), ("forbidden", forbidden))
    )
    new_tokens = filters.whole(new_tokens, "new_tokens", least=0)
    continuations = filters.whole(continuations, "continuations", least=1)
    seed = seed if seed is None else filters.whole(seed, "seed", least=0)
    filters.check_controls(temperature, top_k, top_p, repetition_penalty)
    rngs = [np.random.default_rng(None if seed is None else seed + k) for k in range(continuations)]

    def pick(logits: np.ndarray, text: list[int], rng: np.random.Generator) -> int:
        if repetition_penalty != 1:
            logits = filters.penalise(logits, text, repetition_penalty)
        if forbidden:
            logits = filters.forbid(logits, text, forbidden)
        return choose(logits, rng, temperature, top_k, top_p)

    def steps() -> Iterator[list[int | None]]:
        texts, ended = [list(prompt) for _ in range(continuations)], [False] * continuations
        reader = _Reader(model, len(prompt) + new_tokens)
        for _ in range(new_tokens):
            tokens = []
            for k, logits in enumerate(reader.next_logits(texts)):
                texts[k].append(pick(logits, texts[k], rngs[k]))
                tokens.append(None if ended[k] else texts[k][-1])
                ended[k] = ended[k] or _ends_with(texts[k][len(prompt) :], stop)
            yield tokens
            if all(ended):
                return

    return steps()


def choose(
    logits: np.ndarray,
    rng: np.random.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> int:
    """Draw a token from logits (V,) after the filters temperature, top-k and top-p."""
    if temperature == 0:
        return int(logits.argmax())
    logits = filters.temperature(logits, temperature)
    if top_k is not None:
        logits = filters.top_k(logits, top_k)
    if top_p is not None and top_p < 1:
        logits = filters.top_p(logits, top_p)
    return int(filters.draw(logits, rng))


class _Reader:
    """Reads the tokens of some texts that a model has not read yet, and keeps its cache."""

    def __init__(self, model: GPT2, longest: int):
        self.model, self.cache = model, None
        self.step = fast.step_of(model)  # (ids (B,), cache) → model(ids[:, None], cache)[:, -1]
        self.size = min(longest, model.config.n_positions)  # tokens for which the cache has room

    @torch.inference_mode()
    def next_logits(self, texts: list[list[int]]) -> np.ndarray:
        """Logits (B, V) of the token after each of the texts, all of one length."""
        device = self.model.wte.weight.device
        if self.cache is not None and self.cache[0].length < self.size:
            newest = torch.tensor([text[-1] for text in texts], device=device)
            logits = self.step(newest, self.cache)
        else:
            logits = self.read([self.window(text) for text in texts], device)
        return logits.float().cpu().numpy()

    def window(self, text: list[int]) -> list[int]:
        """What is read of a text when the cache is empty or full."""
        longest = self.model.config.n_positions
        if self.cache is None and len(text) <= longest:
            return text
        return text[-max(1, longest // 2) :]

    def read(self, texts: list[list[int]], device: torch.device) -> torch.Tensor:
        """Read texts with a new cache; a text that is common to all is read once, and copied."""
        B = 1 if all(text == texts[0] for text in texts) else len(texts)
        self.cache = new_cache(self.model, B, self.size)
        hidden = self.model.hidden(torch.tensor(texts[:B], device=device), self.cache)
        logits = hidden[:, -1] @ self.model.wte.weight.T  # of the last token only
        if len(texts) > B:
            for layer in self.cache:
                layer.buffer = layer.buffer.repeat(1, len(texts), 1, 1, 1)
        return logits.expand(len(texts), -1)


def _ends_with(text: list[int], stop: list[list[int]]) -> bool:
    return any(text[-len(end) :] == end for end in stop)


def _tokens(name: str, ids, vocab: int) -> list[int]:
    """A sequence of tokens as a list, checked."""
    shape = tuple(np.shape(ids))
    if isinstance(ids, str) or len(shape) != 1:
        found = repr(ids) if isinstance(ids, str) else f"of shape {shape}"
        raise ValueError(f"{name} must be one row of tokens, such as [3, 1, 4], not {found}.")
    tokens = [filters.whole(token, "A token", least=0) for token in ids]
    if not tokens:
        raise ValueError(f"{name} needs at least one token.")
    if (largest := max(tokens)) >= vocab:
        raise ValueError(f"There is no token {largest}: the model has {vocab:,}.")
    return tokens


def _sequences(name: str, value, vocab: int) -> list[list[int]]:
    if isinstance(value, str):
        raise ValueError(f"{name} takes lists of tokens, not {value!r}; `stream` takes strings.")
    one_row = [np.ndim(part) == 0 for part in value]
    if any(one_row):
        raise ValueError(f"{name} must be a list of lists of tokens, such as [[3], [1, 4]].")
    return [_tokens(f"A sequence of {name}", part, vocab) for part in value]


def _strings(name: str, value: str | Sequence[str]) -> list[str]:
    """One string or several, as a list."""
    strings = [value] if isinstance(value, str) else list(value)
    if not all(isinstance(string, str) and string for string in strings):
        raise ValueError(f"{name} must be a string of at least one character, or a list of such.")
    return strings
