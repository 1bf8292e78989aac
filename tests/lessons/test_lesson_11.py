"""Lesson 11: the notebook's tokens and GPT-2, equal to the package's and to the libraries'."""

import ast
import itertools
import json
import os
import random
import tempfile
import unicodedata
from pathlib import Path

os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

import benchmark
import notebook_code
import numpy as np
import pytest
import torch
import transformers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers import data, gpt2, pretrain, sample

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


@pytest.fixture(scope="module")
def lesson():
    return notebook_code.load("09")


# ---------------------------------------------------------------- tokens

# Code points assigned in Unicode 14, or later as this Python knows; the surrogates are no text.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"])
MARKS = ["'s", "'LL", "12", "é", "中", "👩🏽‍🚀", "\x00", "\x85", "\xa0", *"aabc ''  \n\t.,-"]
PIECES = st.sampled_from(MARKS) | CHARACTERS
TEXTS = st.text(CHARACTERS) | st.lists(PIECES, max_size=60).map("".join)


@pytest.fixture(scope="module")
def pair(lesson):
    """Our tokeniser and the library's, each trained on the same text."""
    rng = random.Random(0)
    scripts = ["".join(chr(rng.randrange(0x4E00, 0x4E20)) for _ in range(3_000))]
    scripts += [" ".join(rng.choice("🙂🙃👩🚀é½") for _ in range(500)), "\x00\x01\n \t" * 200]
    text = data.shakespeare().train[:100_000] + "".join(scripts)
    merges = lesson.learn_merges(lesson.SPLIT.findall(text), 600)
    return lesson.BytePairEncoding(merges), lesson.train_library([text], 600)


def test_the_merges_are_the_librarys(lesson, pair):
    ours, library = pair
    assert list(ours.merged) == lesson.library_merges(library)
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
def test_training_on_any_text_gives_the_librarys_merges(lesson, text, merges):
    learnt = lesson.learn_merges(lesson.SPLIT.findall(text), merges)
    assert learnt == lesson.library_merges(lesson.train_library([text], merges))


def test_every_assigned_character_is_cut_as_the_library_cuts_it(lesson, pair):
    ours, library = pair
    points = (chr(c) for c in range(0x110000))
    assigned = [c for c in points if unicodedata.category(c) not in ("Cs", "Cn", "Co")]
    for start in range(0, len(assigned), 1_000):
        text = "".join(f"a{c}1. {c}.{c} {c} x{c}{c}" for c in assigned[start : start + 1_000])
        assert ours.encode(text) == library.encode(text).ids
        assert "".join(lesson.SPLIT.findall(text)) == text


def test_bytes_that_are_no_text_are_decoded_to_replacement_characters(lesson):
    bpe = lesson.BytePairEncoding([])
    assert bpe.decode(bpe.encode("中")[:2]) == "\N{REPLACEMENT CHARACTER}"
    with pytest.raises(UnicodeEncodeError):
        bpe.encode("\ud800")


def test_a_written_vocabulary_is_read_back(lesson, pair, tmp_path):
    ours, library = pair
    library.model.save(str(tmp_path))
    assert lesson.read_merges(tmp_path / "merges.txt") == list(ours.merged)


# ---------------------------------------------------------------- the model

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


def three_models(lesson, library):
    """The library's model, and what notebook and package read from the folder it saves."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library.save_pretrained(folder)
        return library, lesson.from_folder(Path(folder)), gpt2.load(folder)[0]


@torch.no_grad()
def apart(model, library, ids):
    """Largest difference between the logits of a model and of the library's."""
    return (model(ids) - library(ids).logits).abs().max().item()


@settings(max_examples=40, deadline=None)
@given(sizes_of_models(), st.integers(0, 2**32 - 1))
@example(ISSUE, 0)
@example(ISSUE | {"n_head": 64, "n_positions": 1}, 1)
def test_notebook_package_and_library_give_the_same_logits(lesson, sizes, seed):
    library, notebook, package = three_models(lesson, library_model(sizes, seed))
    ids = random_ids(library)
    assert apart(notebook, library, ids) < 1e-4
    assert apart(package, library, ids) < 1e-4


def test_a_folder_as_the_library_initialises_it_is_read(lesson):
    torch.manual_seed(0)
    library = transformers.GPT2LMHeadModel(transformers.GPT2Config(**ISSUE)).eval()
    library, notebook, package = three_models(lesson, library)
    assert apart(notebook, library, random_ids(library)) < 1e-4
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
def test_the_comparison_can_fail(lesson, wrong):
    library, notebook, _ = three_models(lesson, library_model(SMALL))
    ids = random_ids(library)
    with torch.no_grad():
        WRONG[wrong](notebook)
    assert apart(notebook, library, ids) > 1e-3


def test_the_other_gelu_would_be_noticed(lesson, monkeypatch):
    library, notebook, _ = three_models(lesson, library_model(SMALL))
    exact = torch.nn.functional.gelu
    monkeypatch.setattr(torch.nn.functional, "gelu", lambda x, approximate: exact(x))
    assert apart(notebook, library, random_ids(library)) > 1e-4


def test_notebook_and_package_are_the_same_model(lesson):
    made = []
    for GPT2, Config in ((lesson.GPT2, lesson.Config), (gpt2.GPT2, gpt2.Config)):
        torch.manual_seed(0)
        model = GPT2(Config(**SMALL))
        weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        logits = model(random_ids(model))
        logits.logsumexp(dim=2).sum().backward()
        made.append((weights, logits, {n: p.grad for n, p in model.named_parameters()}))
    (weights, logits, grads), (package_weights, package_logits, package_grads) = made
    assert list(weights) == list(package_weights)
    assert torch.equal(logits, package_logits)
    for name in grads:
        assert torch.equal(weights[name], package_weights[name]), name
        assert torch.equal(grads[name], package_grads[name]), name


def test_the_default_is_gpt2_small(lesson):
    assert vars(lesson.Config()) == vars(gpt2.Config())
    with torch.device("meta"):
        model = lesson.GPT2(lesson.Config())
    assert sum(parameter.numel() for parameter in model.parameters()) == 124_439_808


def test_gpt2_stands_in_the_notebook_in_at_most_120_lines():
    (path,) = notebook_code.NOTEBOOKS.glob("09_*.ipynb")
    lines = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if "define" in cell["metadata"].get("tags", []):
            source = "".join(cell["source"]).strip()
            for node in ast.parse(source).body:
                if isinstance(node, ast.ClassDef):
                    lines[node.name] = len(source.splitlines())  # of the whole cell
    parts = ("Config", "Attention", "MLP", "Block", "GPT2")
    assert sum(lines[part] for part in parts) <= 120


@pytest.mark.parametrize("sizes", [SMALL, ISSUE, SMALL | {"n_head": 1, "n_layer": 1}])
@pytest.mark.parametrize("T", [1, 17])
def test_the_twin_in_keras_gives_the_librarys_logits(lesson, sizes, T):
    library, notebook, _ = three_models(lesson, library_model(sizes))
    ids = random_ids(library, B=3)[:, :T]

    def with_weights(layer, x, *modules):
        """The layer, built for x, with the weights of the modules, in this order."""
        layer(x)
        numbers = [p.detach().numpy().T for module in modules for p in module.parameters()]
        layer.set_weights(numbers)
        return layer(x)

    tables = notebook.wte.weight.detach().numpy(), notebook.wpe.weight.detach().numpy()
    x = tables[0][ids.numpy()] + tables[1][:T]  # (B, T, d)
    for b in notebook.h:
        twin = lesson.KerasBlock(notebook.config.n_embd, notebook.config.n_head)
        parts = (b.ln_1, b.attn.c_attn, b.attn.c_proj, b.ln_2, b.mlp.c_fc, b.mlp.c_proj)
        x = with_weights(twin, x, *parts)
    x = with_weights(lesson.keras.layers.LayerNormalization(epsilon=1e-5), x, notebook.ln_f)
    with torch.no_grad():
        expected = library(ids).logits.numpy()
    assert np.abs(x.numpy() @ tables[0].T - expected).max() < 1e-4


# ---------------------------------------------------------------- generation


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=7).filter(lambda n: sum(n) <= 30))
@example([30])
@example([1] * 30)
def test_logits_with_a_cache_are_those_without(lesson, pieces):
    _, notebook, package = three_models(lesson, library_model(SMALL))
    ids = torch.randint(50, (3, sum(pieces)))
    caches = (lesson.new_cache(notebook, B=3), package.new_cache(B=3))
    with torch.no_grad():
        whole = notebook(ids)
        for model, cache in zip((notebook, package), caches, strict=True):
            parts = [model(part, cache) for part in ids.split(pieces, dim=1)]
            assert (torch.cat(parts, dim=1) - whole).abs().max() < 1e-5


@pytest.mark.parametrize("seed", range(3))
def test_all_loops_write_the_same_tokens(lesson, seed):
    library, notebook, package = three_models(lesson, library_model(ISSUE, seed))
    prompt = torch.randint(301, (5,)).tolist()
    by_library = library.generate(torch.tensor([prompt]), max_new_tokens=40, do_sample=False)
    wanted = by_library[0, 5:].tolist()
    assert lesson.write(notebook, prompt, 40) == wanted
    assert lesson.write_with_cache(notebook, prompt, 40) == wanted
    assert gpt2.generate(package, prompt, 40, temperature=0) == [wanted]


@settings(max_examples=300, deadline=None)
@given(
    st.integers(2, 60),
    st.floats(0.1, 5),
    st.integers(1, 70),
    st.floats(0.01, 1),
    st.floats(0.5, 2),
    st.integers(0, 2**32 - 1),
)
def test_the_controls_are_those_of_package_and_library(lesson, V, tau, k, p, penalty, seed):
    rng = np.random.default_rng(seed)
    logits, seen = 3 * rng.normal(size=V), rng.integers(V, size=rng.integers(1, 9))
    forbidden = rng.permutation(V)[: rng.integers(V)]  # never all
    ours = lesson.next_token_probabilities(logits, seen, tau, k, p, penalty, forbidden)
    barred = [[token] for token in forbidden.tolist()]

    u = gpt2.forbid(gpt2.penalise(logits, seen, penalty), seen, barred)
    u = sample.top_p(sample.top_k(sample.temperature(u, tau), k), p)
    np.testing.assert_allclose(ours, sample.softmax(u), atol=1e-12)

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


# ---------------------------------------------------------------- the shipped model

MINI = data.DATA / gpt2.MINI
HELD_OUT_LOSS = 1.35  # nats per character, at most


def log():
    lines = (MINI / pretrain.LOG).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def mini():
    model, tokenizer = gpt2.load("mini")
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
        losses.append(pretrain.nats_per_character(model, tokenizer, stretch, before))
    standard_error = np.std(losses, ddof=1) / len(losses) ** 0.5
    assert standard_error < 0.02
    assert abs(np.mean(losses) - log()[-1]["held_out_loss"]) < 4 * standard_error


def test_notebook_package_and_library_read_the_shipped_model(lesson, mini):
    package, tokenizer, library = mini
    notebook = lesson.from_folder(MINI)
    ids = tokenizer.encode(data.shakespeare().held[:3_000]).ids
    ids = torch.tensor(ids[: 3 * package.config.n_positions]).view(3, -1)
    assert apart(notebook, library, ids) < 1e-4
    assert apart(package, library, ids) < 1e-4


def test_the_shipped_merges_are_learnt_from_the_training_text_alone(lesson, mini):
    _, tokenizer, _ = mini
    text = data.shakespeare()
    merges = tokenizer.get_vocab_size() - 256
    learnt = lesson.learn_merges(lesson.SPLIT.findall(text.train), merges)
    assert learnt == lesson.library_merges(tokenizer)
    assert learnt == lesson.read_merges(MINI / "merges.txt")
    assert lesson.BytePairEncoding(learnt).encode(text.held) == tokenizer.encode(text.held).ids


# ---------------------------------------------------------------- the benchmark


def test_the_writers_of_the_benchmark_write_as_many_tokens_as_are_counted(tmp_path):
    gpt2.save(gpt2.GPT2(gpt2.Config(**SMALL)), None, tmp_path)
    _, made = benchmark.writers(tmp_path)
    written = {name: write([3, 1, 4, 1, 5], 9, seed=0) for name, write in made.items()}
    assert {name: len(tokens) for name, tokens in written.items()} == dict.fromkeys(made, 9)
    for name in benchmark.GREEDY:
        assert written[name] == written["helpers.gpt2, greedy"]


@pytest.fixture(scope="module")
def results():
    return json.loads((benchmark.FOLDER / "generate.json").read_text(encoding="utf-8"))["results"]


def speed(results, name):
    """The median of the tokens per second."""
    return np.median([run["tokens_per_second"] for run in results[name]])


@pytest.mark.parametrize(("size", "times"), [("shipped", 3.0), ("124M", 1.5)])
@pytest.mark.parametrize("way", ["greedy", "our settings"])
def test_generation_is_faster_than_the_librarys(results, size, times, way):
    ours = speed(results, f"{size}: helpers.gpt2, {way}")
    assert ours >= times * speed(results, f"{size}: transformers, {way}")


def test_the_record_of_generation_is_a_full_one(results):
    names = (*benchmark.GREEDY, *benchmark.SAMPLING, "memory allows")
    assert set(results) == {f"{size}: {name}" for size in benchmark.NEW_TOKENS for name in names}
    mini, _ = gpt2.load("mini")
    for size, N in (("shipped", benchmark.trained_numbers(mini)), ("124M", 124_439_808)):
        assert {run["parameters"] for run in results[f"{size}: memory allows"]} == {N}
    ways = ("loop without a cache", "loop with a cache", "helpers.gpt2, greedy", "memory allows")
    speeds = [speed(results, f"124M: {way}") for way in ways]
    assert speeds == sorted(speeds)
