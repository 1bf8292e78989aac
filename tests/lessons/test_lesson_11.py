"""Lesson 11: its tokens and its GPT-2, equal to the libraries'."""

import ast
import random
import tempfile
import unicodedata
from pathlib import Path

import keras
import notebook
import numpy as np
import pytest
import torch
import transformers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers import data
from helpers.models import bpe, gpt2, gpt2_controls, gpt2_keras
from helpers.text import filters, folders, generation

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

# --------------------------------------------------------------- tokens

# Code points assigned in Unicode 14, or later as this Python knows; the surrogates are no text.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"])
MARKS = ["'s", "'LL", "12", "é", "中", "👩🏽‍🚀", "\x00", "\x85", "\xa0", *"aabc ''  \n\t.,-"]
PIECES = st.sampled_from(MARKS) | CHARACTERS
TEXTS = st.text(CHARACTERS) | st.lists(PIECES, max_size=60).map("".join)


@pytest.fixture(scope="module")
def pair():
    """Our tokeniser and the library's, each trained on the same text."""
    rng = random.Random(0)
    scripts = ["".join(chr(rng.randrange(0x4E00, 0x4E20)) for _ in range(3_000))]
    scripts += [" ".join(rng.choice("🙂🙃👩🚀é½") for _ in range(500)), "\x00\x01\n \t" * 200]
    text = data.shakespeare().train[:100_000] + "".join(scripts)
    merges = bpe.learn_merges(bpe.SPLIT.findall(text), 600)
    return bpe.BytePairEncoding(merges), bpe.train_library([text], 600)


def test_the_merges_are_the_librarys(pair):
    ours, library = pair
    assert list(ours.merged) == bpe.library_merges(library)
    assert len(ours.merged) == 600


@settings(max_examples=2_000, deadline=None)
@given(TEXTS)
@example("")
@example("👩🏽‍🚀 中文，字。 \x00\x1f\x7f\x85\u2028\u200b\u3000 \r\n")
@example("a" * 500 + " " * 300)
def test_any_text_has_the_librarys_tokens_and_comes_back(pair, text):
    ours, library = pair
    tokens = ours.encode(text)
    assert tokens == library.encode(text).ids
    assert ours.decode(tokens) == text


@settings(max_examples=200, deadline=None)
@given(st.text("aab c", max_size=200) | TEXTS, st.integers(0, 100))
@example("aaa aaaaa aaaaaaa baaa", 9)
@example("", 5)
def test_training_on_any_text_gives_the_librarys_merges(text, merges):
    learnt = bpe.learn_merges(bpe.SPLIT.findall(text), merges)
    assert learnt == bpe.library_merges(bpe.train_library([text], merges))


def test_every_assigned_character_is_cut_as_the_library_cuts_it(pair):
    ours, library = pair
    points = (chr(c) for c in range(0x110000))
    assigned = [c for c in points if unicodedata.category(c) not in ("Cs", "Cn", "Co")]
    for start in range(0, len(assigned), 1_000):
        text = "".join(f"a{c}1. {c}.{c} {c} x{c}{c}" for c in assigned[start : start + 1_000])
        assert ours.encode(text) == library.encode(text).ids
        assert "".join(bpe.SPLIT.findall(text)) == text


def test_bytes_that_are_no_text_are_decoded_to_replacement_characters():
    ours = bpe.BytePairEncoding([])
    assert ours.decode(ours.encode("中")[:2]) == "\N{REPLACEMENT CHARACTER}"
    with pytest.raises(UnicodeEncodeError):
        ours.encode("\ud800")


def test_a_written_vocabulary_is_read_back(pair, tmp_path):
    ours, library = pair
    library.model.save(str(tmp_path))
    assert bpe.read_merges(tmp_path / "merges.txt") == list(ours.merged)


# --------------------------------------------------------------- the model

ISSUE = {"n_layer": 3, "n_head": 2, "n_embd": 64, "vocab_size": 301}
ENDS = {"bos_token_id": 0, "eos_token_id": None, "pad_token_id": 0}
SMALL = {"n_layer": 2, "n_head": 3, "n_embd": 24, "vocab_size": 50, "n_positions": 30}


@st.composite
def sizes_of_models(draw):
    n_head = draw(st.integers(1, 5))
    return {
        "n_layer": draw(st.integers(1, 4)),
        "n_head": n_head,
        "n_embd": n_head * draw(st.sampled_from([8, 12, 17])),
        "vocab_size": draw(st.integers(1, 300)),
        "n_positions": draw(st.integers(1, 40)),
        "n_inner": draw(st.none() | st.integers(1, 70)),
        "layer_norm_epsilon": draw(st.sampled_from([1e-5, 1e-3, 0.1])),
    }


def library_model(sizes, seed=0):
    """A GPT2LMHeadModel whose weights are all random, and large enough to show in the logits."""
    torch.manual_seed(seed)
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes, **ENDS)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def random_ids(model, B=2):
    config = model.config
    return torch.randint(config.vocab_size, (B, min(config.n_positions, 24)))


def three_models(library):
    """The library's model, and what lesson and package read from the folder it saves."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library.save_pretrained(folder)
        return library, gpt2.from_folder(Path(folder)), folders.load(folder)[0]


@torch.no_grad()
def apart(model, library, ids):
    """Largest difference between the logits of a model and of the library's."""
    return (model(ids) - library(ids).logits).abs().max().item()


@settings(max_examples=40, deadline=None)
@given(sizes_of_models(), st.integers(0, 2**32 - 1))
@example(ISSUE, 0)
@example(ISSUE | {"n_head": 64, "n_positions": 1}, 1)
def test_lesson_package_and_library_give_the_same_logits(sizes, seed):
    library, ours, package = three_models(library_model(sizes, seed))
    ids = random_ids(library)
    assert apart(ours, library, ids) < 1e-4
    assert apart(package, library, ids) < 1e-4


def test_a_folder_as_the_library_initialises_it_is_read():
    torch.manual_seed(0)
    library = transformers.GPT2LMHeadModel(transformers.GPT2Config(**ISSUE)).eval()
    library, ours, package = three_models(library)
    assert apart(ours, library, random_ids(library)) < 1e-4
    assert apart(package, library, random_ids(library)) < 1e-4


def transpose(parameter):
    parameter.copy_(parameter.T.clone())


WRONG = {
    "a square matrix not transposed": lambda m: transpose(m.h[1].attn.c_proj.weight),
    "positions shifted": lambda m: m.wpe.weight.copy_(m.wpe.weight.roll(1, 0)),
    "a bias forgotten": lambda m: m.h[0].mlp.c_proj.bias.zero_(),
    "another epsilon": lambda m: setattr(m.h[0].ln_1, "eps", 1e-2),
    "heads of another width": lambda m: setattr(m.h[1].attn, "n_head", 6),
    "a block too many": lambda m: m.h.append(m.h[0]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_comparison_can_fail(wrong):
    library, ours, _ = three_models(library_model(SMALL))
    ids = random_ids(library)
    with torch.no_grad():
        WRONG[wrong](ours)
    assert apart(ours, library, ids) > 1e-3


def test_the_other_gelu_would_be_noticed(monkeypatch):
    library, ours, _ = three_models(library_model(SMALL))
    exact = torch.nn.functional.gelu
    monkeypatch.setattr(torch.nn.functional, "gelu", lambda x, approximate: exact(x))
    assert apart(ours, library, random_ids(library)) > 1e-4


def test_gpt2_stands_in_the_notebook_in_at_most_120_lines():
    lines = {}
    for _, cell in notebook.code_cells(notebook.read(notebook.lesson("11"))):
        if "define" in notebook.tags(cell):
            for node in ast.parse(cell["source"]).body:
                if isinstance(node, ast.ClassDef):
                    lines[node.name] = len(cell["source"].splitlines())  # of the whole cell
    parts = ("Config", "Attention", "MLP", "Block", "GPT2")
    assert sum(lines[part] for part in parts) <= 120


@pytest.mark.parametrize("sizes", [SMALL, ISSUE, SMALL | {"n_head": 1, "n_layer": 1}])
@pytest.mark.parametrize("T", [1, 17])
def test_the_twin_in_keras_gives_the_librarys_logits(sizes, T):
    library, ours, _ = three_models(library_model(sizes))
    ids = random_ids(library, B=3)[:, :T]

    def with_weights(layer, x, *modules):
        """The layer, built for x, with the weights of the modules, in this order."""
        layer(x)
        numbers = [p.detach().numpy().T for module in modules for p in module.parameters()]
        layer.set_weights(numbers)
        return layer(x)

    tables = ours.wte.weight.detach().numpy(), ours.wpe.weight.detach().numpy()
    x = tables[0][ids.numpy()] + tables[1][:T]  # (B, T, d)
    for b in ours.h:
        twin = gpt2_keras.KerasBlock(ours.config.n_embd, ours.config.n_head)
        parts = (b.ln_1, b.attn.c_attn, b.attn.c_proj, b.ln_2, b.mlp.c_fc, b.mlp.c_proj)
        x = with_weights(twin, x, *parts)
    x = with_weights(keras.layers.LayerNormalization(epsilon=1e-5), x, ours.ln_f)
    with torch.no_grad():
        expected = library(ids).logits.numpy()
    assert np.abs(x.numpy() @ tables[0].T - expected).max() < 1e-4


# --------------------------------------------------------------- generation


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=7).filter(lambda n: sum(n) <= 30))
@example([30])
@example([1] * 30)
def test_logits_with_a_cache_are_those_without(pieces):
    _, ours, package = three_models(library_model(SMALL))
    ids = torch.randint(50, (3, sum(pieces)))
    caches = (gpt2.new_cache(ours, B=3), gpt2.new_cache(package, B=3, size=30))
    with torch.no_grad():
        whole = ours(ids)
        for model, cache in zip((ours, package), caches, strict=True):
            parts = [model(part, cache) for part in ids.split(pieces, dim=1)]
            assert (torch.cat(parts, dim=1) - whole).abs().max() < 1e-5


@pytest.mark.parametrize("seed", range(3))
def test_all_loops_write_the_same_tokens(seed):
    library, ours, package = three_models(library_model(ISSUE, seed))
    prompt = torch.randint(301, (5,)).tolist()
    by_library = library.generate(torch.tensor([prompt]), max_new_tokens=40, do_sample=False)
    wanted = by_library[0, 5:].tolist()
    assert gpt2.write(ours, prompt, 40) == wanted
    assert gpt2.write_with_cache(ours, prompt, 40) == wanted
    assert generation.generate(package, prompt, 40, temperature=0) == [wanted]


@settings(max_examples=300, deadline=None)
@given(
    st.integers(2, 60),
    st.floats(0.1, 5),
    st.integers(1, 70),
    st.floats(0.01, 1),
    st.floats(0.5, 2),
    st.integers(0, 2**32 - 1),
)
def test_the_controls_are_those_of_package_and_library(V, tau, k, p, penalty, seed):
    rng = np.random.default_rng(seed)
    logits, seen = 3 * rng.normal(size=V), rng.integers(V, size=rng.integers(1, 9))
    forbidden = rng.permutation(V)[: rng.integers(V)]  # never all
    ours = gpt2_controls.next_token_probabilities(logits, seen, tau, k, p, penalty, forbidden)
    barred = [[token] for token in forbidden.tolist()]

    u = filters.forbid(filters.penalise(logits, seen, penalty), seen, barred)
    u = filters.top_p(filters.top_k(filters.temperature(u, tau), k), p)
    np.testing.assert_allclose(ours, filters.softmax(u), atol=1e-12)

    chain = transformers.LogitsProcessorList(
        [
            transformers.RepetitionPenaltyLogitsProcessor(penalty),
            *([transformers.NoBadWordsLogitsProcessor(barred)] if barred else []),
            transformers.TemperatureLogitsWarper(tau),
            transformers.TopKLogitsWarper(k),
            transformers.TopPLogitsWarper(p),
        ]
    )
    theirs = chain(torch.tensor(seen)[None], torch.tensor(logits)[None]).softmax(dim=1)[0]
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
