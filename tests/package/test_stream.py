"""The streaming view of generation, and what is said of false arguments."""

import pytest
import torch
from small_gpt2 import SMALL

from helpers.models import gpt2
from helpers.text import generation

FALSE_ARGUMENTS = [
    ({"ids": []}, "at least one token"),
    ({"ids": [40]}, "no token 40: the model has 40"),
    ({"ids": [-1]}, "at least 0, not -1"),
    ({"ids": [[1, 2]]}, r"one row of tokens, such as \[3, 1, 4\], not of shape \(1, 2\)"),
    ({"ids": torch.tensor([[1, 2]])}, r"not of shape \(1, 2\)"),
    ({"ids": "JULIET"}, "not 'JULIET'"),
    ({"ids": [1.0]}, "whole number of at least 0, not 1.0"),
    ({"new_tokens": -1}, "new_tokens must be a whole number of at least 0, not -1"),
    ({"new_tokens": 3.0}, "new_tokens must be a whole number"),
    ({"continuations": 0}, "continuations must be a whole number of at least 1"),
    ({"continuations": 2.0}, "continuations must be a whole number"),
    ({"seed": "1"}, "seed must be a whole number of at least 0, not '1'"),
    ({"seed": 1.5}, "seed must be a whole number"),
    ({"seed": -1}, "seed must be a whole number"),
    ({"temperature": "0.7"}, "positive number, not '0.7'"),
    ({"top_k": 2.0}, "top_k must be a whole number"),
    ({"top_p": "0.9"}, "top_p must be a number in 0 … 1, not '0.9'"),
    ({"stop": "the end"}, "stop takes lists of tokens, not 'the end'; `stream` takes strings"),
    ({"stop": [1, 2]}, r"stop must be a list of lists of tokens, such as \[\[3\], \[1, 4\]\]"),
    ({"forbidden": [[1], "love"]}, "forbidden must be a list of lists"),
    ({"temperature": -1.0}, "positive number"),
    ({"temperature": float("nan")}, "positive number"),
    ({"top_k": 0}, "at least 1, not 0"),
    ({"top_p": 1.5}, "in 0 … 1, not 1.5"),
    ({"repetition_penalty": 0.0}, "penalty must be a positive number"),
    ({"stop": [[]]}, "needs at least one token"),
    ({"forbidden": [[1], []]}, "needs at least one token"),
    ({"forbidden": [[99]]}, "no token 99"),
]


@pytest.mark.parametrize(("change", "message"), FALSE_ARGUMENTS)
def test_false_arguments(model, change, message):
    with pytest.raises(ValueError, match=message):
        generation.generate(**{"model": model, "ids": [1], "new_tokens": 3} | change)


def test_all_forbidden(model):
    with pytest.raises(ValueError, match="all tokens are forbidden"):
        generation.generate(model, [1], 3, forbidden=[[token] for token in range(40)])


def test_nothing_to_write(model):
    assert generation.generate(model, [1], 0, continuations=2) == [[], []]


class Scripted(gpt2.GPT2):
    """Writes given tokens, whatever it reads."""

    def __init__(self, tokens):
        super().__init__(gpt2.Config(**SMALL | {"vocab_size": 300, "n_positions": 64}))
        self.tokens, self.ln_f = tokens, torch.nn.Identity()

    def hidden(self, ids, cache=None):
        for layer in cache:
            layer.length += ids.shape[1]
        token = self.tokens[cache[0].length - 1]
        return self.wte.weight[token].expand(1, ids.shape[1], -1)


@pytest.fixture
def script(tokenizer):
    def make(content):
        """A model that writes these bytes after a prompt of one token."""
        alphabet = dict(zip(range(256), byte_letters(), strict=True))
        tokens = [tokenizer.token_to_id(alphabet[byte]) for byte in content]
        model = Scripted(tokens)
        with torch.no_grad():
            model.wte.weight.copy_(torch.nn.functional.normalize(torch.randn(300, 16)))
        return model

    return make


def byte_letters():
    """GPT-2's printable letter for each byte."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in kept else chr(next(others)) for byte in range(256)]


@pytest.mark.parametrize(
    "content",
    [
        b"plain text",
        "naïve 王 👑 end".encode(),
        "👑".encode(),
        "👑".encode()[:3],  # never finished
        b"a\xffb\x80\x80c",  # not UTF-8
        "\ufffd is itself a character".encode(),
    ],
)
def test_stream_prints_whole_characters(script, tokenizer, capsys, monkeypatch, content):
    pieces = []
    monkeypatch.setattr("builtins.print", lambda text, **kwargs: pieces.append(text))
    model = script(content)
    text = generation.stream(model, tokenizer, "a", len(content), temperature=0)
    assert text == "".join(pieces) == content.decode("utf-8", errors="replace")
    if content.isascii():
        assert pieces == [*content.decode(), ""]
    if content == "naïve 王 👑 end".encode():
        assert "王" in pieces and "👑" in pieces and not any("\ufffd" in p for p in pieces)


def test_stream_stops(script, tokenizer, capsys):
    model = script(b"say the word and go on")
    for stop in (["word"], ["nothing", "e word"], ["word", "and"], "word", ("word",)):
        text = generation.stream(model, tokenizer, "a", 22, temperature=0, stop=stop)
        assert text == "say the word"
        assert capsys.readouterr().out == "say the word\n"


def test_stream_equals_generate(tokenizer, capsys):
    torch.manual_seed(2)
    model = gpt2.GPT2(gpt2.Config(**SMALL | {"vocab_size": 300})).eval()
    ids = tokenizer.encode("the king").ids
    for seed in range(5):
        tokens = generation.generate(model, ids, 60, seed=seed)[0]
        expected = tokenizer.decode(tokens, skip_special_tokens=False)
        assert generation.stream(model, tokenizer, "the king", 60, seed=seed) == expected
        assert capsys.readouterr().out == expected + "\n"


@pytest.mark.parametrize("forbidden", ["the", ["the"], ["the", " queen"]])
def test_stream_forbids_strings(tokenizer, capsys, forbidden):
    torch.manual_seed(2)
    model = gpt2.GPT2(gpt2.Config(**SMALL | {"vocab_size": 300})).eval()
    text = generation.stream(model, tokenizer, "a", 100, seed=0, forbidden=forbidden)
    words = [forbidden] if isinstance(forbidden, str) else forbidden
    barred = [tokenizer.encode(word).ids for word in words]
    ids = tokenizer.encode("a").ids
    tokens = generation.generate(model, ids, 100, seed=0, forbidden=barred)[0]
    assert text == tokenizer.decode(tokens, skip_special_tokens=False)


STREAM_FAULTS = [
    ({"stop": ""}, "stop must be a string of at least one character"),
    ({"stop": ["a", ""]}, "stop must be a string of at least one character"),
    ({"forbidden": [[3]]}, "forbidden must be a string"),
    ({"prompt": [1, 2]}, "The prompt must be a string, not a list"),
    ({"prompt": ""}, "The prompt needs at least one token"),
    ({"continuations": 3}, "stream writes one text"),
]


@pytest.mark.parametrize(("change", "message"), STREAM_FAULTS)
def test_false_arguments_of_stream(tokenizer, change, message):
    model = gpt2.GPT2(gpt2.Config(**SMALL | {"vocab_size": 300}))
    arguments = {"model": model, "tokenizer": tokenizer, "prompt": "a", "new_tokens": 3}
    with pytest.raises(ValueError, match=message):
        generation.stream(**arguments | change)


def test_a_vocabulary_padded_with_rows_without_a_token(tokenizer, capsys):
    """Models have rows up to a round number; what they mean is nothing."""
    torch.manual_seed(2)
    model = gpt2.GPT2(gpt2.Config(**SMALL | {"vocab_size": 1024})).eval()
    tokens = generation.generate(model, [1], 60, seed=0)[0]
    assert max(tokens) >= tokenizer.get_vocab_size()
    text = generation.stream(model, tokenizer, tokenizer.decode([1]), 60, seed=0)
    assert text == tokenizer.decode(tokens, skip_special_tokens=False)
