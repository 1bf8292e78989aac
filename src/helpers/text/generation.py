"""The loops that generate text, token by token."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tokenizers

from helpers.models.gpt2 import GPT2, Config
from helpers.text import filters
from helpers.text.fast import Reader

Filter = Callable[[np.ndarray], np.ndarray]


def draw_tokens(
    next_logits: Callable[[list[int]], np.ndarray],
    prompt: Sequence[int],
    steps: int,
    rng: np.random.Generator,
    *apply: Filter,
) -> list[int]:
    """Draw `steps` tokens one after the other, and return them (without the prompt).

    next_logits: takes the newest tokens and returns the logits (vocab,) of the one to come. At
    first it is given the whole prompt, afterwards the token just drawn, alone: what came before,
    the model must remember itself (a hidden state, a cache, or the list of all tokens so far).
    prompt: at least one token. filters: applied to the logits in the order given, for example
    `lambda logits: top_k(temperature(logits, 0.7), 60)`, or `greedy`.

    Raises ValueError if the prompt is empty.
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
    """Continue a prompt: yields the next token of every continuation, None for those that ended.

    The controls work on the logits in this order: repetition penalty, forbidden words, temperature,
    top-k, top-p; then a token is drawn. They are the filters of `helpers.text.filters`.

    When the model has no position left, its context becomes the last n_positions // 2 tokens, read
    anew, and writing goes on; a prompt longer than n_positions is cut in the same way.

    With n_embd ≥ 512, float32 matrix products run at torch's precision "medium" meanwhile, which is
    faster; processors with matrix units for bfloat16 may round to that type then. Narrower models
    run in one thread: their operations are too short to be shared.

    Args:
        ids: the prompt, at least one token.
        new_tokens: how many tokens to write at most.
        temperature: divides the logits; 0 takes the most probable token every time.
        top_k, top_p: None switches the filter off.
        repetition_penalty: logits of tokens that occur in the prompt or in what was written are
            divided by it where positive and multiplied where negative (Keskar et al., 2019).
        stop: a continuation ends after any of these sequences of new tokens, which it keeps.
        forbidden: sequences of tokens that are never completed.
        continuations: how many are written, side by side in one batch.
        seed: continuation k draws with np.random.default_rng(seed + k), counted from 0.

    Raises ValueError, whose one sentence says which argument is wrong.
    """
    prompt = [int(token) for token in ids]
    stop, forbidden = ([list(map(int, s)) for s in many] for many in (stop, forbidden))
    _check(model.config, prompt, new_tokens, stop, forbidden, continuations)
    filters.top_k(np.zeros(1), 1 if top_k is None else top_k)  # both raise if out of range
    filters.top_p(np.zeros(1), 1 if top_p is None else top_p)
    if temperature:
        filters.temperature(np.zeros(1), temperature)
    if not 0 < repetition_penalty < math.inf:
        raise ValueError(f"The repetition penalty must be positive, not {repetition_penalty}.")
    chances = [
        np.random.default_rng(None if seed is None else seed + k) for k in range(continuations)
    ]
    texts = [list(prompt) for _ in range(continuations)]
    reader, ended = Reader(model, new_tokens), [False] * continuations
    for _ in range(new_tokens):
        tokens = []
        for k, logits in enumerate(reader.next_logits(texts)):
            logits = filters.penalise(logits, texts[k], repetition_penalty)
            logits = filters.forbid(logits, texts[k], forbidden)
            token = choose(logits, chances[k], temperature, top_k, top_p)
            texts[k].append(token)
            tokens.append(None if ended[k] else token)
            ended[k] = ended[k] or any(
                texts[k][-len(s) :] == s for s in stop if len(texts[k]) - len(prompt) >= len(s)
            )
        yield tokens
        if all(ended):
            return


def generate(model: GPT2, ids: Sequence[int], new_tokens: int, **controls) -> list[list[int]]:
    """Continue a prompt; returns the new tokens of each continuation, without the prompt.

    Arguments, rules and errors are those of `next_tokens`, which does the work step by step.
    """
    written = [[] for _ in range(controls.get("continuations", 1))]
    for step in next_tokens(model, ids, new_tokens, **controls):
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
    stop: Sequence[str] = (),
    forbidden: Sequence[str] = (),
    **controls,
) -> str:
    """Continue a prompt, print each piece of text as soon as it is written, and return them all.

    A character of several bytes is printed when its last byte is there. The prompt is not printed.

    stop: the text ends with the first of these, or with the token that completes it. forbidden:
    strings whose tokens, as the tokenizer splits the string, are never written in a row. controls:
    as in `next_tokens`, without continuations.
    """
    forbidden = [tokenizer.encode(word, add_special_tokens=False).ids for word in forbidden]
    ids = tokenizer.encode(prompt, add_special_tokens=False).ids
    decoder = tokenizers.decoders.DecodeStream(skip_special_tokens=False)
    tokens, text = [], ""
    for (token,) in next_tokens(model, ids, new_tokens, forbidden=forbidden, **controls):
        tokens.append(token)
        piece = decoder.step(tokenizer, token) or ""
        text += piece
        print(piece, end="", flush=True)
        if any(end in text[-len(piece) - len(end) :] for end in stop if piece):
            break
    rest = tokenizer.decode(tokens, skip_special_tokens=False)[len(text) :]  # an unfinished one
    print(rest)
    return text + rest


def _check(config: Config, prompt, new_tokens, stop, forbidden, continuations) -> None:
    if not prompt:
        raise ValueError("The prompt needs at least one token.")
    if new_tokens < 0 or continuations < 1:
        raise ValueError("The numbers of new tokens and of continuations must be positive.")
    if not all(stop) or not all(forbidden):
        raise ValueError("A sequence that stops or is forbidden needs at least one token.")
    for token in (token for part in (prompt, *stop, *forbidden) for token in part):
        if not 0 <= token < config.vocab_size:
            raise ValueError(f"There is no token {token}: the model has {config.vocab_size:,}.")


def choose(
    logits: np.ndarray,
    rng: np.random.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> int:
    """Draw a token from logits (V,) after temperature, top-k and top-p, as the filters do.

    The result is the same as that of the filters one after the other on all V logits; top-k comes
    first here, so that the rest has little to do. Temperature does not change their order.
    """
    if temperature == 0:
        return int(logits.argmax())
    tokens = None
    if top_k is not None and top_k < len(logits):
        kth_largest = np.partition(logits, -top_k)[-top_k]
        tokens = np.flatnonzero(logits >= kth_largest)
        logits = logits[tokens]
    logits = filters.temperature(logits, temperature)
    if top_p is not None and top_p < 1:
        logits = filters.top_p(logits, top_p)
    drawn = int(filters.draw(logits, rng))
    return drawn if tokens is None else int(tokens[drawn])
