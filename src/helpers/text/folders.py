"""Model folders of Hugging Face's transformers: GPT-2's weights and tokenizer, read and written."""

import json
import struct
from dataclasses import asdict, fields
from pathlib import Path

import safetensors
import safetensors.torch
import tokenizers
import torch

from helpers import data
from helpers.models.gpt2 import GPT2, Config

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
TRANSPOSED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # Conv1D stores (in, out)
IGNORED = (".attn.bias", ".attn.masked_bias")  # causal masks that older files carry


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
    return _read_weights(weights, Config()), _byte_level(vocab, merges)


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
