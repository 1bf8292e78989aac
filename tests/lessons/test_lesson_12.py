"""Lesson 12: the shipped model, its log and its score, and what the lesson teaches it."""

import itertools
import json
import re

import matplotlib.pyplot as plt
import notebook
import numpy as np
import pytest
import torch
import transformers

from helpers import data, pretrain
from helpers.models import bpe, gpt2
from helpers.text import folders, scoring, tokenisers

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


@torch.no_grad()
def apart(model, library, ids):
    """Largest difference between the logits of a model and of the library's."""
    return (model(ids) - library(ids).logits).abs().max().item()


MINI = data.DATA / folders.MINI
HELD_OUT_LOSS = 1.35  # nats per character, at most


def log():
    lines = (MINI / pretrain.LOG).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def mini():
    model, tokenizer = folders.load("mini")
    return model, tokenizer, transformers.GPT2LMHeadModel.from_pretrained(MINI).eval()


def test_only_what_belongs_to_the_model_is_shipped():
    model = {"config.json", "model.safetensors", "tokenizer.json", "vocab.json", "merges.txt"}
    assert {path.name for path in MINI.iterdir()} == model | {pretrain.LOG, pretrain.RECIPE}


def test_the_log_tells_of_one_training():
    rows, recipe = log(), pretrain.Recipe()
    for earlier, later in itertools.pairwise(rows):
        assert earlier["step"] < later["step"] and earlier["seconds"] < later["seconds"]
        assert set(earlier) == {"step", "seconds", "training_loss", "dev_loss"}
    assert rows[-1]["step"] == recipe.steps
    dev = [row["dev_loss"] for row in rows]
    assert dev[-1] < min(dev[: len(dev) // 2])
    assert rows[-1]["training_loss"] < rows[0]["training_loss"]
    assert abs(rows[-1]["whole_dev_loss"] - dev[-1]) < 0.1  # all of it, and its beginning
    assert rows[-1]["held_out_loss"] <= HELD_OUT_LOSS


def test_the_score_in_the_log_is_that_of_the_shipped_weights(mini):
    model, tokenizer, _ = mini
    text = data.shakespeare().held
    losses = []
    for place in np.linspace(2_000, len(text) - 2_000, 60, dtype=int):
        start = text.index("\n", place) + 1
        stretch, before = text[start : start + 1_000], text[start - 2_000 : start]
        losses.append(scoring.nats_per_character(model, tokenizer, stretch, before))
    standard_error = np.std(losses, ddof=1) / len(losses) ** 0.5
    assert standard_error < 0.02
    assert abs(np.mean(losses) - log()[-1]["held_out_loss"]) < 4 * standard_error


def test_lesson_package_and_library_read_the_shipped_model(mini):
    package, tokenizer, library = mini
    ours = gpt2.from_folder(MINI)
    ids = tokenizer.encode(data.shakespeare().held[:3_000]).ids
    ids = torch.tensor(ids[: 3 * package.config.n_positions]).view(3, -1)
    assert apart(ours, library, ids) < 1e-4
    assert apart(package, library, ids) < 1e-4


def test_the_shipped_merges_are_learnt_from_the_training_text_alone(mini):
    _, tokenizer, _ = mini
    text = data.shakespeare()
    merges = tokenizer.get_vocab_size() - 256
    learnt = bpe.learn_merges(bpe.SPLIT.findall(text.train), merges)
    assert learnt == bpe.library_merges(tokenizer)
    assert learnt == bpe.read_merges(MINI / "merges.txt")
    assert bpe.BytePairEncoding(learnt).encode(text.held) == tokenizer.encode(text.held).ids


# ---------------------------------------------------------------- a folder of one's own

WITH_ANY_MODEL = ("Start", "1", "2", "3", "4", "11", "12", "13")


@pytest.mark.parametrize("positions", [16, 64])
def test_the_sections_on_writing_take_a_folder_of_ones_own(tmp_path, monkeypatch, positions):
    """In it a word is a row of several tokens, and the context is short."""
    tokenizer = tokenisers.make_tokenizer(data.kjv().train[:20_000], 300)
    assert len(tokenizer.encode(" love").ids) > 1
    torch.manual_seed(0)
    model = gpt2.GPT2(gpt2.Config(300, positions, n_embd=16, n_layer=1, n_head=2))
    folders.save(model, tokenizer, tmp_path)
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    names = {}
    for section, cells in notebook.by_section(notebook.read(notebook.lesson("12"))).items():
        if section.split(" · ")[0] not in WITH_ANY_MODEL:
            continue
        for _, kind, source in cells:
            if kind == "code" and not source.startswith("# @title"):
                source = re.sub(r'^source = "mini"', f"source = {str(tmp_path)!r}", source)
                exec(compile(source, section, "exec"), names)
    assert names["c"].n_positions == positions
