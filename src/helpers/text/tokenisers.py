"""Byte-level tokenisers: learnt from a text, and as files in a model folder.

GPT-2's kind is byte-pair encoding on bytes; lesson 11 builds it. These are the library's.
"""

import json
from pathlib import Path

import tokenizers

__all__ = ["END_OF_TEXT", "contents", "make_tokenizer", "read"]

END_OF_TEXT = "<|endoftext|>"
CONFIG, ADDED = "tokenizer_config.json", "added_tokens.json"


def make_tokenizer(text: str, vocab_size: int) -> tokenizers.Tokenizer:
    """A tokeniser as GPT-2 has it, with merges learnt from this text and no other.

    Any text can be encoded, since all 256 bytes are tokens. A short text may give fewer tokens.
    """
    tokenizer = _byte_level(tokenizers.models.BPE())
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocab_size,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def read(folder: Path) -> tokenizers.Tokenizer | None:
    """The tokenizer of a folder that transformers wrote, or None if there is none.

    That is tokenizer.json, or vocab.json with merges.txt. As transformers does, it forgets the
    truncation and padding of the last call, which the file remembers, and obeys the side files:
    tokens that were added, and a space before the text.

    Raises:
        FileNotFoundError: one of vocab.json and merges.txt is missing.
        ValueError: a file is damaged, or asks for what is not supported, in one sentence.
    """
    path, vocab, merges = (folder / n for n in ("tokenizer.json", "vocab.json", "merges.txt"))
    settings = _json(folder / CONFIG)
    if path.is_file():
        tokenizer = _whole(path)
    elif vocab.is_file() or merges.is_file():
        tokenizer = _of_two_files(vocab, merges)
        if settings.get("add_bos_token"):
            raise ValueError(f"{folder / CONFIG} has add_bos_token = True, which is not supported.")
    else:
        return None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if settings.get("add_prefix_space"):
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=True)
    added = settings.get("added_tokens_decoder", {})
    added |= {str(id): {"content": token} for token, id in _json(folder / ADDED).items()}
    for id, token in sorted(added.items(), key=lambda item: int(item[0])):
        _add(tokenizer, int(id), dict(token), folder)
    return tokenizer


def contents(tokenizer: tokenizers.Tokenizer) -> dict[str, str]:
    """The files of a tokenizer as transformers reads them, by name."""
    model = json.loads(tokenizer.to_str())["model"]
    pairs = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    return {
        "tokenizer.json": tokenizer.to_str(pretty=True) + "\n",
        "vocab.json": json.dumps(model["vocab"], indent=1, ensure_ascii=False) + "\n",
        "merges.txt": "\n".join(["#version: 0.2", *pairs, ""]),
    }


def _whole(path: Path) -> tokenizers.Tokenizer:
    try:
        return tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8-sig"))
    except Exception as error:  # the library raises no narrower kind
        raise ValueError(f"{path} cannot be read ({_one_line(error)}).") from None


def _of_two_files(vocab: Path, merges: Path) -> tokenizers.Tokenizer:
    for path in (vocab, merges):
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing.")
    try:
        lines = merges.read_text(encoding="utf-8-sig").split("\n")
        pairs = [tuple(line.split(" ")) for line in lines if line and line[:9] != "#version:"]
        ids = json.loads(vocab.read_text(encoding="utf-8-sig"))
        tokenizer = _byte_level(tokenizers.models.BPE(ids, pairs))
    except Exception as error:  # the library raises no narrower kind
        raise ValueError(
            f"{vocab} and {merges.name} cannot be read ({_one_line(error)})."
        ) from None
    if tokenizer.token_to_id(END_OF_TEXT) is not None:
        tokenizer.add_special_tokens([END_OF_TEXT])
    return tokenizer


def _byte_level(model: tokenizers.models.BPE) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    return tokenizer


def _add(tokenizer: tokenizers.Tokenizer, id: int, token: dict, folder: Path) -> None:
    """Add a token that a side file names, unless the tokenizer has it; its number must fit."""
    content, special = token.pop("content"), token.pop("special", False)
    if tokenizer.token_to_id(content) is None:
        entry = tokenizers.AddedToken(content, special=special, **token)
        tokenizer.add_special_tokens([entry]) if special else tokenizer.add_tokens([entry])
    if (found := tokenizer.token_to_id(content)) != id:
        raise ValueError(
            f"{folder} adds the token {content!r} as number {id}, but here it is {found}."
        )


def _json(path: Path) -> dict:
    """The settings of a file, none if it is missing."""
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:  # JSON's and UTF-8's errors are such
        value = None
    if not isinstance(value, dict):
        raise ValueError(f"{path} is not JSON in braces.")
    return value


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:200]
