"""GPT-2 (Radford et al., 2019) as chapter 09 builds it: model, files, and fast generation.

The model is the chapter's own, module by module. It reads and writes the folders of Hugging Face's
transformers, and it gives the same logits.
"""

import json
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import tokenizers
import torch
from torch import nn

from helpers import data, sample

MINI = "mini-gpt2"  # the shipped model, a folder in data/

# OpenAI's 124 M weights, as Hugging Face stores them, at a fixed revision.
REVISION = "607a30d783dfa663caf39e06633721c8d4cfcd7e"
HUGGING_FACE = f"https://huggingface.co/openai-community/gpt2/resolve/{REVISION}/"
OPENAI = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/"
# SHA-256 of the weights as published on Hugging Face's page of the file, under "Git LFS Details":
# https://huggingface.co/gpt2/blob/main/model.safetensors
# and of the two others, which are OpenAI's own files, in OpenAI's tiktoken:
# https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py
GPT2_FILES = {
    "model.safetensors": (
        (HUGGING_FACE + "model.safetensors",),
        "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707",
    ),
    "vocab.json": (
        (HUGGING_FACE + "vocab.json", OPENAI + "encoder.json"),
        "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    ),
    "merges.txt": (
        (HUGGING_FACE + "merges.txt", OPENAI + "vocab.bpe"),
        "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    ),
}
END_OF_TEXT = "<|endoftext|>"

# Settings of Hugging Face's config.json that change the result, with the only value supported.
SUPPORTED = {
    "activation_function": "gelu_new",
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "reorder_and_upcast_attn": False,
    "add_cross_attention": False,
    "tie_word_embeddings": True,
}
WIDE = 512  # from this n_embd on, several threads and precision "medium" are faster
TRANSPOSED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # Conv1D stores (in, out)
IGNORED = (".attn.bias", ".attn.masked_bias")  # causal masks that older files carry


# ---------------------------------------------------------------- the model


@dataclass(frozen=True)
class Config:
    """Sizes of a GPT-2, with the names of Hugging Face's config.json; the defaults are "small".

    Attributes:
        vocab_size: number of tokens.
        n_positions: longest context T.
        n_embd: width d, a multiple of n_head.
        n_layer: number of blocks.
        n_head: attention heads of a block.
        n_inner: width of the hidden layer of the MLP, 4 · n_embd if None.
        layer_norm_epsilon: added to the variance, under the root.
    """

    vocab_size: int = 50257
    n_positions: int = 1024
    n_embd: int = 768
    n_layer: int = 12
    n_head: int = 12
    n_inner: int | None = None
    layer_norm_epsilon: float = 1e-5


GPT2_CONFIG = Config()


class Memory:
    """Keys and values of one attention layer for the tokens read so far."""

    def __init__(self, room: torch.Tensor):
        self.room = room  # (2, B, n_head, size, d_k): keys, then values
        self.length = 0

    def append(self, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Store k and v (B, n_head, T, d_k) of T new tokens; return those of all tokens."""
        start, self.length = self.length, self.length + k.shape[2]
        self.room[:, :, :, start : self.length] = torch.stack([k, v])
        keys, values = self.room[:, :, :, : self.length]
        return keys, values


class Attention(nn.Module):
    """Causal multi-head self-attention."""

    def __init__(self, config: Config):
        super().__init__()
        self.n_head = config.n_head
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)

    def forward(self, x: torch.Tensor, memory: Memory | None = None) -> torch.Tensor:
        B, T, d = x.shape
        heads = self.c_attn(x).view(B, T, 3, self.n_head, d // self.n_head)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # (B, n_head, T, d_k) each
        if memory is not None:
            k, v = memory.append(k, v)  # (B, n_head, S, d_k), with S ≥ T
        scores = q @ k.transpose(2, 3) / math.sqrt(k.shape[3])  # (B, n_head, T, S)
        if T > 1:
            S = k.shape[2]
            future = torch.ones(T, S, dtype=torch.bool, device=x.device).triu(S - T + 1)
            scores = scores.masked_fill(future, -math.inf)
        mixed = scores.softmax(dim=3) @ v  # (B, n_head, T, d_k)
        return self.c_proj(mixed.transpose(1, 2).reshape(B, T, d))


class MLP(nn.Module):
    """Two layers with GELU, in its tanh form, between them."""

    def __init__(self, config: Config):
        super().__init__()
        hidden = config.n_inner or 4 * config.n_embd
        self.c_fc = nn.Linear(config.n_embd, hidden)
        self.c_proj = nn.Linear(hidden, config.n_embd)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.c_proj(nn.functional.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    """Attention and MLP, each on normalised input and added to the residual stream."""

    def __init__(self, config: Config):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
        self.attn = Attention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
        self.mlp = MLP(config)

    def forward(self, x: torch.Tensor, memory: Memory | None = None) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x), memory)
        return x + self.mlp(self.ln_2(x))


class GPT2(nn.Module):
    """GPT-2. Its tensors have Hugging Face's names; the output layer is `wte` itself.

    It has no dropout. A new model has GPT-2's initial weights, from torch's global generator.
    """

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.n_positions, config.n_embd)
        self.h = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.ln_f = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.dim() == 2:  # the branches into the residual stream start smaller
                branches = 2 * config.n_layer if name.endswith("c_proj.weight") else 1
                nn.init.normal_(parameter, std=0.02 / math.sqrt(branches))

    def new_cache(self, B: int = 1, size: int | None = None) -> list[Memory]:
        """An empty cache for B texts: one Memory a layer, for size (n_positions) tokens."""
        c = self.config
        shape = (2, B, c.n_head, size or c.n_positions, c.n_embd // c.n_head)
        return [Memory(self.wte.weight.new_empty(shape)) for _ in self.h]

    def hidden(self, ids: torch.Tensor, cache: list[Memory] | None = None) -> torch.Tensor:
        """The normalised last hidden states (B, T, n_embd) of the tokens ids (B, T)."""
        start = cache[0].length if cache else 0
        positions = torch.arange(start, start + ids.shape[1], device=ids.device)
        x = self.wte(ids) + self.wpe(positions)
        for layer, block in enumerate(self.h):
            x = block(x, cache[layer] if cache else None)
        return self.ln_f(x)

    def forward(self, ids: torch.Tensor, cache: list[Memory] | None = None) -> torch.Tensor:
        """Logits (B, T, vocab_size) for the token after each of ids (B, T).

        With a cache, ids continue what the cache has read, and are added to it.
        """
        return self.hidden(ids, cache) @ self.wte.weight.T


# ---------------------------------------------------------------- files


def load(source: str | Path) -> tuple[GPT2, tokenizers.Tokenizer | None]:
    """A GPT-2 in eval mode, in float32, and its tokenizer (None if the folder has none).

    source: a folder as Hugging Face's transformers saves it (config.json, model.safetensors, and
    tokenizer.json, or vocab.json with merges.txt); or "mini", the model that the course ships; or
    "gpt2", OpenAI's weights with 124 million parameters, downloaded once (550 MB). If they cannot
    be had, one sentence says so and "mini" is loaded instead.

    The matrices are laid out in memory by columns, as the file's Conv1D stores them. For a single
    row on its left a product reads such a matrix faster, and generation is made of these.

    Raises FileNotFoundError (a file is missing) or ValueError (a file is damaged, or it describes
    another model), and data.ShippedFileError where that happens to "mini"; the message is one
    sentence.
    """
    if source == "gpt2":
        try:
            return _load_gpt2()
        except data.DownloadError as error:
            print(error)
            source = "mini"
    if source == "mini":
        try:
            return _load_folder(data.DATA / MINI)
        except (OSError, ValueError) as error:
            raise data.ShippedFileError(f"{_one_line(error)}; {data.restore(MINI)}.") from None
    return _load_folder(Path(source))


def _load_folder(folder: Path) -> tuple[GPT2, tokenizers.Tokenizer | None]:
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    config = _read_config(folder / "config.json")
    model = _read_weights(folder / "model.safetensors", config)
    return model, _read_tokenizer(folder, config)


def _load_gpt2() -> tuple[GPT2, tokenizers.Tokenizer]:
    advice = "the course goes on with the small model that it ships"
    paths = [
        data.fetch(f"gpt2/{name}", list(mirrors), sha256, advice)
        for name, (mirrors, sha256) in reversed(GPT2_FILES.items())  # the large one last
    ]
    merges, vocab, weights = paths
    return _read_weights(weights, GPT2_CONFIG), _byte_level(vocab, merges)


def _read_config(path: Path) -> Config:
    try:
        settings = json.loads(_file(path).read_text(encoding="utf-8"))
    except ValueError:  # JSON's and UTF-8's errors are such
        raise ValueError(f"{path} is not JSON.") from None
    if not isinstance(settings, dict):
        raise ValueError(f"{path} holds no settings, which would stand in braces.")
    if (kind := settings.get("model_type")) != "gpt2":
        raise ValueError(f"{path} describes a model of type {kind!r}, not 'gpt2'.")
    for name, only in SUPPORTED.items():
        if (value := settings.get(name, only)) != only:
            raise ValueError(f"{path} has {name} = {value!r}, but only {only!r} is supported here.")
    config = Config(**{f.name: settings.get(f.name, f.default) for f in fields(Config)})
    for name, value in asdict(config).items():
        kinds = int | float if name == "layer_norm_epsilon" else int
        number = isinstance(value, kinds) and not isinstance(value, bool) and 0 < value < 2**31
        if not number and (name, value) != ("n_inner", None):
            raise ValueError(f"{path} has {name} = {value!r}, which is no size of a model.")
    if config.n_embd % config.n_head:
        raise ValueError(
            f"{path} has n_embd = {config.n_embd}, which is no multiple of n_head = "
            f"{config.n_head}."
        )
    return config


def _read_weights(path: Path, config: Config) -> GPT2:
    """The model with the tensors of a safetensors file, all checked before they are read."""
    if not path.is_file() and path.with_name(path.name + ".index.json").is_file():
        raise FileNotFoundError(f"{path} is missing: weights in several files are not supported.")
    try:
        with safetensors.safe_open(_file(path), framework="pt") as file:
            return _model_from(file, path, config)
    except (safetensors.SafetensorError, struct.error) as error:
        reason = "truncated or damaged" if path.stat().st_size else "empty"
        raise ValueError(f"{path} is {reason} ({_one_line(error)}).") from None


def _model_from(file, path: Path, config: Config) -> GPT2:
    stored = {name.removeprefix("transformer."): name for name in file.keys()}  # noqa: SIM118
    stored = {name: whole for name, whole in stored.items() if not name.endswith(IGNORED)}
    last = f"h.{config.n_layer - 1}.ln_1.weight"
    if last not in stored:  # before a model with any number of layers is made
        raise ValueError(f"{path} has no tensor {last}, but config.json says {config.n_layer=}.")
    with torch.device("meta"):  # shapes only
        model = GPT2(config)
    expected = model.state_dict()
    output = stored.pop("lm_head.weight", None)
    for name, tensor in expected.items():
        if name not in stored:
            raise ValueError(f"{path} has no tensor {name}.")
        part = file.get_slice(stored[name])
        shape = tuple(tensor.T.shape if name.endswith(TRANSPOSED) else tensor.shape)
        if tuple(part.get_shape()) != shape:
            found = tuple(part.get_shape())
            raise ValueError(f"{path} has {name} of shape {found}, but {shape} is expected.")
        if part.get_dtype() not in ("F64", "F32", "F16", "BF16"):
            raise ValueError(f"{path} has {name} of type {part.get_dtype()}, which is no float.")
    if extra := sorted(stored.keys() - expected.keys()):
        raise ValueError(f"{path} has a tensor {extra[0]}, which GPT-2 does not have.")
    tensors = {}
    for name in expected:
        tensor = file.get_tensor(stored[name]).float()
        if name == "wte.weight":  # laid out by columns, as Conv1D's are: see `load`
            tensor = tensor.T.contiguous().T
        tensors[name] = tensor.T if name.endswith(TRANSPOSED) else tensor
    if output is not None and not torch.equal(
        file.get_tensor(output).float(), tensors["wte.weight"]
    ):
        raise ValueError(f"{path} has a {output} that is not wte.weight; GPT-2 ties the two.")
    model.load_state_dict(tensors, assign=True)
    return model.eval()


def _read_tokenizer(folder: Path, config: Config) -> tokenizers.Tokenizer | None:
    path, vocab, merges = (folder / n for n in ("tokenizer.json", "vocab.json", "merges.txt"))
    if path.is_file():
        try:
            tokenizer = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises no narrower kind
            raise ValueError(f"{path} cannot be read ({_one_line(error)}).") from None
    elif vocab.is_file() or merges.is_file():
        tokenizer = _byte_level(_file(vocab), _file(merges))
    else:
        return None
    if tokenizer.get_vocab_size() > config.vocab_size:
        raise ValueError(
            f"The tokenizer in {folder} has {tokenizer.get_vocab_size():,} tokens, but the model "
            f"only {config.vocab_size:,}."
        )
    return tokenizer


def _byte_level(vocab: Path, merges: Path) -> tokenizers.Tokenizer:
    """GPT-2's kind of tokenizer: byte-pair encoding on bytes."""
    try:
        model = tokenizers.models.BPE.from_file(str(vocab), str(merges))
    except Exception as error:  # the library raises no narrower kind
        raise ValueError(
            f"{vocab} and {merges.name} cannot be read ({_one_line(error)})."
        ) from None
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    if tokenizer.token_to_id(END_OF_TEXT) is not None:
        tokenizer.add_special_tokens([END_OF_TEXT])
    return tokenizer


def _file(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing.")
    return path


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:200]


def save(
    model: GPT2,
    tokenizer: tokenizers.Tokenizer | None,
    folder: str | Path,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write config.json, model.safetensors and the tokenizer, as transformers reads them.

    GPT2LMHeadModel.from_pretrained(folder) gives the same logits, in float32. With a tokenizer,
    tokenizer.json, vocab.json and merges.txt are written too. Everything is written under temporary
    names and renamed at the end, the weights last; other files in the folder stay.

    dtype: of the stored weights; torch.float16 halves the file and rounds them.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    contents = {}
    if tokenizer is not None:
        contents |= _tokenizer_files(tokenizer)
    contents["config.json"] = _json(
        {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "dtype": "float32"}
        | asdict(model.config)
        | SUPPORTED
        | {"attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0}
        | dict.fromkeys(("bos_token_id", "eos_token_id"), _end_of_text(tokenizer))
    )
    tensors = {}
    for name, tensor in model.state_dict().items():
        tensor = tensor.T if name.endswith(TRANSPOSED) else tensor
        tensors[f"transformer.{name}"] = tensor.to(dtype).contiguous()
    contents["model.safetensors"] = safetensors.torch.save(tensors, metadata={"format": "pt"})
    parts = {folder / name: folder / f"{name}.part" for name in contents}
    try:
        for part, content in zip(parts.values(), contents.values(), strict=True):
            part.write_bytes(content)
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _tokenizer_files(tokenizer: tokenizers.Tokenizer) -> dict[str, bytes]:
    whole = json.loads(tokenizer.to_str())
    vocab, merges = whole["model"]["vocab"], whole["model"]["merges"]
    pairs = [pair if isinstance(pair, str) else " ".join(pair) for pair in merges]
    return {
        "tokenizer.json": (tokenizer.to_str(pretty=True) + "\n").encode("utf-8"),
        "vocab.json": _json(vocab),
        "merges.txt": "\n".join(["#version: 0.2", *pairs, ""]).encode("utf-8"),
    }


def _end_of_text(tokenizer: tokenizers.Tokenizer | None) -> int | None:
    return None if tokenizer is None else tokenizer.token_to_id(END_OF_TEXT)


def _json(value: dict) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


# ---------------------------------------------------------------- generation


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
    top-k, top-p; then a token is drawn. They are the filters of `helpers.sample`.

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
    sample.top_k(np.zeros(1), 1 if top_k is None else top_k)  # both raise if out of range
    sample.top_p(np.zeros(1), 1 if top_p is None else top_p)
    if temperature:
        sample.temperature(np.zeros(1), temperature)
    if not 0 < repetition_penalty < math.inf:
        raise ValueError(f"The repetition penalty must be positive, not {repetition_penalty}.")
    chances = [
        np.random.default_rng(None if seed is None else seed + k) for k in range(continuations)
    ]
    texts = [list(prompt) for _ in range(continuations)]
    reader, ended = _Reader(model, new_tokens), [False] * continuations
    for _ in range(new_tokens):
        tokens = []
        for k, logits in enumerate(reader.next_logits(texts)):
            logits = penalise(logits, texts[k], repetition_penalty)
            logits = forbid(logits, texts[k], forbidden)
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


def penalise(logits: np.ndarray, tokens: Sequence[int], penalty: float) -> np.ndarray:
    """Logits (V,) with those of `tokens` divided by the penalty, or multiplied where negative.

    Equal to transformers' RepetitionPenaltyLogitsProcessor.
    """
    if penalty == 1:
        return logits
    logits, seen = logits.copy(), np.unique(tokens)
    values = logits[seen]
    logits[seen] = np.where(values < 0, values * penalty, values / penalty)
    return logits


def forbid(
    logits: np.ndarray, tokens: Sequence[int], forbidden: Sequence[Sequence[int]]
) -> np.ndarray:
    """Logits (V,) with minus infinity for each token that would complete a forbidden sequence.

    Equal to transformers' NoBadWordsLogitsProcessor.
    """
    barred = [
        last for *start, last in forbidden if list(tokens[len(tokens) - len(start) :]) == start
    ]
    if not barred:
        return logits
    logits = logits.copy()
    logits[barred] = -np.inf
    if np.isneginf(logits).all():
        raise ValueError("No token can follow: all tokens are forbidden.")
    return logits


def choose(
    logits: np.ndarray,
    rng: np.random.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> int:
    """Draw a token from logits (V,) after temperature, top-k and top-p, as `helpers.sample` does.

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
    logits = sample.temperature(logits, temperature)
    if top_p is not None and top_p < 1:
        logits = sample.top_p(logits, top_p)
    drawn = int(sample.draw(logits, rng))
    return drawn if tokens is None else int(tokens[drawn])


class _Reader:
    """Reads the tokens that a model has not read yet, and keeps the cache."""

    def __init__(self, model: GPT2, new_tokens: int):
        self.model, self.new_tokens, self.cache = model, new_tokens, None
        self.multiply, self.step = _multiply(model), _one_step(model)
        wide = model.config.n_embd >= WIDE
        self.precision = "medium" if wide else torch.get_float32_matmul_precision()
        self.threads = torch.get_num_threads() if wide else 1

    @torch.inference_mode()
    def next_logits(self, texts: list[list[int]]) -> np.ndarray:
        """Logits (B, V) of the token after each of the texts, all of one length."""
        before = torch.get_float32_matmul_precision(), torch.get_num_threads()
        torch.set_float32_matmul_precision(self.precision)
        torch.set_num_threads(self.threads)
        try:
            hidden = self._last_hidden(texts)
            return self.multiply(hidden, self.model.wte.weight.detach().T).float().cpu().numpy()
        finally:
            torch.set_float32_matmul_precision(before[0])
            torch.set_num_threads(before[1])

    def _last_hidden(self, texts: list[list[int]]) -> torch.Tensor:
        """The last hidden state (B, n_embd) of each text."""
        model, longest = self.model, self.model.config.n_positions
        device = model.wte.weight.device
        if self.cache is not None and self.cache[0].length < longest:
            return self.step(torch.tensor([text[-1] for text in texts], device=device), self.cache)
        length = len(texts[0])
        if length > longest or self.cache is not None:
            texts = [text[-max(1, longest // 2) :] for text in texts]
        same = all(text == texts[0] for text in texts)  # the prompt: read once, then copied
        read = torch.tensor(texts[:1] if same else texts, device=device)
        size = min(longest, read.shape[1] + self.new_tokens)
        self.cache = model.new_cache(len(read), size)
        hidden = model.hidden(read, self.cache)[:, -1]
        if same and len(texts) > 1:
            hidden = hidden.expand(len(texts), -1)
            for memory in self.cache:
                memory.room = memory.room.repeat(1, len(texts), 1, 1, 1)
        return hidden


def _multiply(model: GPT2) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The product x @ W of states (B, n_in) and a matrix (n_in, n_out), as is faster for the model.

    A step of a narrow model takes as long as its matrices take to read. For one text, NumPy's
    OpenBLAS reads them in two thirds of the time that torch.mm takes.
    """
    weight = model.wte.weight
    if model.config.n_embd >= WIDE or weight.device.type != "cpu" or weight.dtype != torch.float32:
        return torch.mm
    return lambda x, W: torch.from_numpy(x.numpy() @ W.numpy())


def _one_step(model: GPT2) -> Callable[[torch.Tensor, list[Memory]], torch.Tensor]:
    """A function that reads one token of each text, ids (B,), and returns the states (B, n_embd).

    For models made of this file's modules it computes what `GPT2.hidden` does, without calling
    modules, of which there are ten a layer. The attention of a wide model multiplies and sums:
    oneDNN, which computes matrix products at precision "medium", prepares itself anew for every new
    shape.
    """
    plain = (GPT2, Block, Attention, MLP, nn.ModuleList, nn.Embedding, nn.Linear, nn.LayerNorm)
    if not all(type(module) in plain for module in model.modules()):
        return lambda ids, cache: model.hidden(ids[:, None], cache)[:, -1]
    d, n_head, eps = model.config.n_embd, model.config.n_head, model.config.layer_norm_epsilon
    d_k, multiply = d // n_head, _multiply(model)
    layers = [
        [
            parameter.detach().T if parameter.dim() == 2 else parameter  # matrices: (in, out)
            for part in (b.ln_1, b.attn.c_attn, b.attn.c_proj, b.ln_2, b.mlp.c_fc, b.mlp.c_proj)
            for parameter in part.parameters()
        ]
        for b in model.h
    ]

    def step(ids: torch.Tensor, cache: list[Memory]) -> torch.Tensor:
        t = cache[0].length
        x = model.wte.weight[ids] + model.wpe.weight[t]  # (B, d)
        for memory, weights in zip(cache, layers, strict=True):
            g1, b1, W_qkv, b_qkv, W_o, b_o, g2, b2, W_fc, b_fc, W_p, b_p = weights
            normed = nn.functional.layer_norm(x, (d,), g1, b1, eps)
            qkv = multiply(normed, W_qkv).add_(b_qkv).view(-1, 3, n_head, 1, d_k)
            memory.room[:, :, :, t : t + 1] = qkv[:, 1:].transpose(0, 1)
            k, v = memory.room[:, :, :, : t + 1]  # (B, n_head, t + 1, d_k) each
            memory.length = t + 1
            if d < WIDE:
                mixed = nn.functional.scaled_dot_product_attention(qkv[:, 0], k, v)
            else:
                scores = (qkv[:, 0] * k).sum(dim=3).div_(math.sqrt(d_k))
                mixed = (scores.softmax(dim=2)[..., None] * v).sum(dim=2)
            x = multiply(mixed.reshape(-1, d), W_o).add_(b_o).add_(x)
            normed = nn.functional.layer_norm(x, (d,), g2, b2, eps)
            hidden = nn.functional.gelu(multiply(normed, W_fc).add_(b_fc), approximate="tanh")
            x = multiply(hidden, W_p).add_(b_p).add_(x)
        return model.ln_f(x)

    return step
