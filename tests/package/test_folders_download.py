"""The published GPT-2: downloaded once, and what happens if that fails; the shipped model."""

import hashlib
import time

import pytest
import torch
from small_gpt2 import SMALL, random_ids

from helpers import data
from helpers.models import gpt2
from helpers.text import folders


@pytest.fixture
def server(web, cache, tmp_path, monkeypatch, tokenizer):
    """A server with a small GPT-2 in place of the large one, and a small shipped model."""
    config = gpt2.Config(**SMALL | {"vocab_size": 300})
    folders.save(gpt2.GPT2(config), tokenizer, tmp_path / "large")
    folders.save(gpt2.GPT2(config), tokenizer, tmp_path / "data" / folders.MINI)
    files = {}
    for name in folders.GPT2_FILES:
        content = (tmp_path / "large" / name).read_bytes()
        web.files[f"/{name}"] = web.files[f"/mirror/{name}"] = content
        mirrors = (web.url(f"/{name}"),)
        mirrors += (web.url(f"/mirror/{name}"),) if name != "model.safetensors" else ()
        files[name] = (mirrors, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(folders, "GPT2_FILES", files)
    monkeypatch.setattr(folders, "GPT2_CONFIG", config)
    monkeypatch.setattr(data, "DATA", tmp_path / "data")
    return web


def cached_files(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_download(server, tmp_path, capfd):
    model, tokenizer = folders.load("gpt2")
    expected, _ = folders.load(tmp_path / "large")
    ids = random_ids(model, (1, 5))
    assert torch.equal(model(ids), expected(ids)) and not model.training
    assert tokenizer.decode(tokenizer.encode("the kingdom").ids) == "the kingdom"
    out, err = capfd.readouterr()
    assert out == "" and "100%" in err  # the progress bar
    folders.load("gpt2")
    assert len(server.requests) == 3
    assert cached_files(tmp_path) == ["merges.txt", "model.safetensors", "vocab.json"]


@pytest.mark.parametrize("mode", ["corrupt", "truncated", "404"])
def test_failed_download_goes_on_with_the_shipped_model(server, tmp_path, capsys, mode):
    server.modes["/model.safetensors"] = mode
    start = time.monotonic()
    model, tokenizer = folders.load("gpt2")
    assert time.monotonic() - start < 5
    message = capsys.readouterr().out.strip()
    assert message.startswith("gpt2/model.safetensors could not be downloaded (")
    assert message.endswith(", but the course goes on with the small model that it ships.")
    expected, _ = folders.load("mini")
    ids = random_ids(model, (1, 5))
    assert torch.equal(model(ids), expected(ids)) and tokenizer.get_vocab_size() == 277
    assert "model.safetensors" not in cached_files(tmp_path)


@pytest.mark.parametrize("damage", ["no folder", "no file", "cut short"])
def test_a_shipped_model_that_is_gone_says_how_to_restore_it(tmp_path, monkeypatch, damage):
    monkeypatch.setattr(data, "DATA", tmp_path)
    folder = tmp_path / folders.MINI
    if damage != "no folder":
        folders.save(gpt2.GPT2(gpt2.Config(5, 4, 8, 1, 2)), None, folder)
        weights = folder / "model.safetensors"
        weights.unlink() if damage == "no file" else weights.write_bytes(weights.read_bytes()[:99])
    with pytest.raises(data.ShippedFileError) as caught:
        folders.load("mini")
    sentence = str(caught.value)
    assert str(folder) in sentence and "\n" not in sentence and sentence.count(". ") == 0
    assert sentence.endswith(f"; {data.restore(folders.MINI)}.")


def test_second_mirror_has_the_tokenizer(server, capsys):
    server.modes |= {"/vocab.json": "404", "/merges.txt": "corrupt"}
    folders.load("gpt2")
    assert capsys.readouterr().out == ""


def test_published_files():
    revision = "607a30d783dfa663caf39e06633721c8d4cfcd7e"
    for name, (mirrors, sha256) in folders.GPT2_FILES.items():
        assert mirrors[0].endswith(f"/openai-community/gpt2/resolve/{revision}/{name}")
        assert len(sha256) == 64 and all(url.startswith("https://") for url in mirrors)
