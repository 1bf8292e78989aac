"""Model folders of Hugging Face's transformers: GPT-2's weights and tokenizer, read and written."""

import json
from dataclasses import asdict, fields
from pathlib import Path

import safetensors
import safetensors.torch
import tokenizers
import torch

from helpers import data, files
from helpers.models.gpt2 import GPT2, TRANSPOSED, Config
from helpers.text import tokenisers

__all__ = ["GPT2_FILES", "MINI", "load", "save"]

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
GPT2_CONFIG = Config()  # its sizes

# Settings of Hugging Face's config.json that change the result, with the values supported.
GELU = ("gelu_new", "gelu_pytorch_tanh")  # two names of one function
SUPPORTED = {
    "activation_function": GELU,
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "reorder_and_upcast_attn": (False,),
    "add_cross_attention": (False,),
    "tie_word_embeddings": (True,),
}
GENERAL = {  # names that config.json may use instead, as transformers does for other models
    "n_embd": "hidden_size",
    "n_layer": "num_hidden_layers",
    "n_head": "num_attention_heads",
    "n_positions": "max_position_embeddings",
}
WEIGHTS = "model.safetensors"
PREFIXES = ("_orig_mod.", "module.", "transformer.")  # of torch.compile, DDP and transformers
IGNORED = (".attn.bias", ".attn.masked_bias")  # causal masks that older files carry
FLOATS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


def load(source: str | Path) -> tuple[GPT2, tokenizers.Tokenizer | None]:
    """A GPT-2 in eval mode, in float32, and its tokenizer (None if the folder has none).

    The matrices are laid out in memory by columns, as the file's Conv1D stores them. For a single
    row on its left a product reads such a matrix faster, and generation is made of these.

    Args:
        source: a folder as Hugging Face's transformers saves it (config.json, model.safetensors,
            and tokenizer.json, or vocab.json with merges.txt); or "mini", the model that the course
            ships; or "gpt2", OpenAI's weights with 124 million parameters, downloaded once
            (550 MB). If the download fails, a message says so, and "mini" is loaded instead.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file is damaged, or it describes another model; in one sentence.
        data.ShippedFileError: this happened to "mini".
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


def save(
    model: GPT2,
    tokenizer: tokenizers.Tokenizer | None,
    folder: str | Path,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write config.json, model.safetensors and the tokenizer, as transformers reads them.

    GPT2LMHeadModel.from_pretrained(folder) gives the same logits, in float32. With a tokenizer,
    tokenizer.json, vocab.json and merges.txt are written too. Either all files are replaced or none
    is, the weights last; other files in the folder stay.

    Args:
        dtype: of the stored weights; torch.float16 halves the file and rounds them.

    Raises:
        OSError: a file cannot be written; all older ones are kept.
    """
    end = None if tokenizer is None else tokenizer.token_to_id(tokenisers.END_OF_TEXT)
    settings = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "dtype": "float32"}
    settings |= asdict(model.config) | {name: values[0] for name, values in SUPPORTED.items()}
    settings |= dict.fromkeys(("attn_pdrop", "embd_pdrop", "resid_pdrop"), 0.0)
    settings |= dict.fromkeys(("bos_token_id", "eos_token_id"), end)
    tensors = {}
    for name, tensor in model.state_dict().items():
        tensor = tensor.T if name.endswith(TRANSPOSED) else tensor
        tensors[f"transformer.{name}"] = tensor.to(dtype).contiguous()
    contents = {} if tokenizer is None else tokenisers.contents(tokenizer)
    contents["config.json"] = json.dumps(settings, indent=1) + "\n"
    contents[WEIGHTS] = safetensors.torch.save(tensors, metadata={"format": "pt"})
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files.write_all({folder / name: content for name, content in contents.items()})


def _load_folder(folder: Path) -> tuple[GPT2, tokenizers.Tokenizer | None]:
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    config = _read_config(_file(folder / "config.json"))
    model = _model(_read_tensors(folder), config, folder)
    return model, _fitting(tokenisers.read(folder), config, folder)


def _load_gpt2() -> tuple[GPT2, tokenizers.Tokenizer]:
    advice = "the course goes on with the small model that it ships"
    paths = [
        data.fetch(f"gpt2/{name}", list(mirrors), sha256, advice)
        for name, (mirrors, sha256) in reversed(GPT2_FILES.items())  # the large one last
    ]
    folder = paths[0].parent
    model = _model(_read_tensors(folder), GPT2_CONFIG, folder)
    return model, tokenisers.read(folder)


def _read_config(path: Path) -> Config:
    try:
        settings = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:  # JSON's and UTF-8's errors are such
        raise ValueError(f"{path} is not JSON.") from None
    if not isinstance(settings, dict):
        raise ValueError(f"{path} holds no settings, which would stand in braces.")
    if (kind := settings.get("model_type")) != "gpt2":
        raise ValueError(f"{path} describes a model of type {kind!r}, not 'gpt2'.")
    for name, values in SUPPORTED.items():
        if (value := settings.get(name, values[0])) not in values:
            known = " or ".join(map(repr, values))
            raise ValueError(f"{path} has {name} = {value!r}, but only {known} is supported here.")
    for name, general in GENERAL.items():
        settings[name] = settings.get(general, settings.get(name, getattr(Config, name)))
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


def _read_tensors(folder: Path) -> dict[str, torch.Tensor]:
    """All tensors of a folder by their short names, from one file or from several."""
    path, index = folder / WEIGHTS, folder / f"{WEIGHTS}.index.json"
    paths = [path]
    if not path.is_file() and index.is_file():
        try:
            names = json.loads(index.read_text(encoding="utf-8-sig"))["weight_map"].values()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError(f"{index} names no files.") from None
        paths = [folder / Path(name).name for name in sorted(set(names))]
    elif not path.is_file() and any(folder.glob("pytorch_model*.bin")):
        raise FileNotFoundError(
            f"{folder} has its weights in pytorch_model.bin, a format that can run code when it is "
            "read; save them as safetensors, with save_pretrained of transformers."
        )
    tensors = {}
    for path in paths:
        try:
            found = safetensors.torch.load_file(_file(path))
        except (safetensors.SafetensorError, ValueError) as error:
            reason = "truncated or damaged" if path.stat().st_size else "empty"
            raise ValueError(f"{path} is {reason} ({_one_line(error)}).") from None
        for name, tensor in found.items():
            for prefix in PREFIXES:
                name = name.removeprefix(prefix)
            if not name.endswith(IGNORED):
                tensors[name] = tensor
    return tensors


def _model(tensors: dict[str, torch.Tensor], config: Config, folder: Path) -> GPT2:
    """The model with these tensors, which must be all of its tensors and no others."""
    output = tensors.pop("lm_head.weight", None)  # the same as wte.weight, by its other name
    if output is not None and not torch.equal(tensors.setdefault("wte.weight", output), output):
        raise ValueError(f"{folder} has a lm_head.weight that is not wte.weight; GPT-2 ties them.")
    for name, tensor in tensors.items():
        if tensor.dtype not in FLOATS:
            raise ValueError(f"{folder} has {name} of type {tensor.dtype}, which is no float.")
    layers = len([name for name in tensors if name.endswith(".ln_1.weight")])
    if layers != config.n_layer:  # before a model of a billion layers is made
        raise ValueError(
            f"{folder} has {layers} layers, but its config.json says {config.n_layer}."
        )
    with torch.device("meta"):  # shapes only
        model = GPT2(config)
    state = {}
    for name, tensor in tensors.items():
        tensor = tensor.float()
        if name == "wte.weight":  # laid out by columns, as Conv1D's are: see `load`
            tensor = tensor.T.contiguous().T
        state[name] = tensor.T if name.endswith(TRANSPOSED) else tensor
    try:
        model.load_state_dict(state, assign=True)
    except RuntimeError as error:  # a heading, then a line for each tensor
        problem = str(error).splitlines()[1].strip().rstrip(". ")
        raise ValueError(
            f"{folder} has other tensors than its config.json says: {problem}."
        ) from None
    return model.eval()


def _fitting(
    tokenizer: tokenizers.Tokenizer | None, config: Config, folder: Path
) -> tokenizers.Tokenizer | None:
    """The tokenizer, if the model has a row for each token; one that was added may have none."""
    if tokenizer is not None:
        size = tokenizer.get_vocab_size(with_added_tokens=False)
        if size > config.vocab_size:
            raise ValueError(
                f"The tokenizer in {folder} has {size:,} tokens, but the model only "
                f"{config.vocab_size:,}."
            )
    return tokenizer


def _file(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing.")
    return path


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:200]
