"""The packaged GPT-2: equal to transformers', its files, its downloads, and its generation."""

import hashlib
import json
import os
import time

os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

import numpy as np
import pytest
import safetensors.torch
import tokenizers
import torch
import transformers
from tokenizers.trainers import BpeTrainer

from helpers import data, gpt2, sample

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

SMALL = {"n_layer": 2, "n_head": 2, "n_embd": 16, "vocab_size": 40, "n_positions": 24}


def library_model(**sizes):
    """A random GPT2LMHeadModel with weights large enough that every part shows in the logits."""
    ends = {"bos_token_id": 0, "eos_token_id": None, "pad_token_id": 0}
    config = transformers.GPT2Config(**SMALL | {"initializer_range": 0.3} | ends | sizes)
    model = transformers.GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "ln_" in name or name.endswith("bias"):
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def folder(tmp_path):
    """A folder as transformers saves it, without a tokenizer."""
    folder = tmp_path / "saved"
    library_model().save_pretrained(folder)
    return folder


@pytest.fixture
def model():
    torch.manual_seed(1)
    model = gpt2.GPT2(gpt2.Config(**SMALL)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


@pytest.fixture(scope="module")
def tokenizer():
    """A small byte-level tokenizer with GPT-2's parts."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=300,
        special_tokens=[gpt2.END_OF_TEXT],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["the king and the queen of the kingdom " * 5], trainer)
    return tokenizer


def random_ids(model, shape):
    return torch.randint(model.config.vocab_size, shape)


def is_one_sentence(message):
    return message.endswith(".") and ". " not in message and "\n" not in message


def prints_alone(error):
    """No other exception appears in the traceback above it."""
    return error.__cause__ is None and (error.__context__ is None or error.__suppress_context__)


# ---------------------------------------------------------------- the model


def test_parameters_of_the_small_size():
    with torch.device("meta"):
        model = gpt2.GPT2(gpt2.Config())
    assert sum(parameter.numel() for parameter in model.parameters()) == 124_439_808


CONFIGURATIONS = [
    {"n_layer": 3, "n_head": 2, "n_embd": 64, "vocab_size": 301, "initializer_range": 0.1},
    {},
    {"n_head": 1, "n_layer": 1},
    {"n_head": 16, "n_inner": 7},
    {"layer_norm_epsilon": 0.1, "n_layer": 4},
]


@pytest.mark.parametrize("sizes", CONFIGURATIONS)
def test_logits_equal_the_library(tmp_path, sizes):
    library = library_model(**sizes)
    library.save_pretrained(tmp_path)
    model, tokenizer = gpt2.load(tmp_path)
    assert tokenizer is None and not model.training
    ids = random_ids(model, (3, 24))
    with torch.no_grad():
        expected = library(ids).logits
        assert expected.std() > 0.2  # there is something to see
        assert (model(ids) - expected).abs().max() < 1e-4


def test_gradients_equal_the_library(tmp_path):
    library = library_model()
    library.save_pretrained(tmp_path)
    model, _ = gpt2.load(tmp_path)
    ids = random_ids(model, (2, 9))
    weights = torch.randn(2, 9, 40)
    (library(ids).logits * weights).sum().backward()
    (model(ids) * weights).sum().backward()
    for name, parameter in model.named_parameters():
        expected = library.transformer.get_parameter(name).grad
        expected = expected.T if name.endswith(gpt2.TRANSPOSED) else expected
        assert (parameter.grad - expected).abs().max() <= 1e-4 * expected.abs().max(), name


def test_initial_weights():
    model = gpt2.GPT2(gpt2.Config(n_layer=8, n_embd=256, n_head=4, vocab_size=1000))
    parts = dict(model.named_parameters())
    assert abs(parts["wte.weight"].std() - 0.02) < 2e-4
    assert abs(parts["h.3.mlp.c_fc.weight"].std() - 0.02) < 2e-4
    assert abs(parts["h.3.mlp.c_proj.weight"].std() - 0.005) < 1e-4
    assert not parts["h.3.attn.c_attn.bias"].any() and (parts["ln_f.weight"] == 1).all()


def test_cache_gives_the_same_logits(model):
    ids = random_ids(model, (3, 24))
    with torch.no_grad():
        expected, cache = model(ids), model.new_cache(3)
        parts = [ids[:, :7], ids[:, 7:8], ids[:, 8:20], *ids[:, 20:].split(1, dim=1)]
        cached = torch.cat([model(part, cache) for part in parts], dim=1)
    assert (cached - expected).abs().max() < 1e-5 * expected.abs().max()
    assert [memory.length for memory in cache] == [24, 24]


def test_other_type(model):
    model.to(torch.bfloat16)
    with torch.no_grad():
        assert model(torch.tensor([[1, 2]]), model.new_cache()).dtype == torch.bfloat16
    assert len(gpt2.generate(model, [1, 2], 5, seed=0)[0]) == 5


@pytest.mark.parametrize("fused", [False, True])
def test_a_loaded_model_trains_like_any_other(folder, fused):
    """Its matrices are laid out by columns, and the optimisers do not mind."""
    loaded, _ = gpt2.load(folder)
    plain = gpt2.GPT2(loaded.config)
    plain.load_state_dict(loaded.state_dict())
    ids = random_ids(loaded, (4, 12))
    for model in (loaded, plain):
        adam = torch.optim.AdamW(model.parameters(), lr=0.01, fused=fused)
        for _ in range(5):
            adam.zero_grad()
            logits = model(ids[:, :-1])
            torch.nn.functional.cross_entropy(logits.mT, ids[:, 1:]).backward()
            adam.step()
    for a, b in zip(loaded.parameters(), plain.parameters(), strict=True):
        assert (a - b).abs().max() < 1e-3


# ---------------------------------------------------------------- files


def test_saved_folder_is_read_by_the_library(model, tokenizer, tmp_path):
    torch.manual_seed(0)
    model = gpt2.GPT2(gpt2.Config(**SMALL | {"vocab_size": 300, "n_inner": 20})).eval()
    gpt2.save(model, tokenizer, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    names = ["config.json", "merges.txt", "model.safetensors", "tokenizer.json", "vocab.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    library, report = transformers.GPT2LMHeadModel.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values())
    ids = random_ids(model, (2, 24))
    with torch.no_grad():
        expected = model(ids)
        assert (library.eval()(ids).logits - expected).abs().max() < 1e-4
        assert torch.equal(gpt2.load(folder)[0](ids), model(ids))
    text = "The queen's kingdom, naïve 王 👑!"
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    assert theirs(text)["input_ids"] == tokenizer.encode(text).ids
    assert theirs.decode(theirs(text)["input_ids"]) == text


def test_saved_in_half_precision(model, tmp_path):
    gpt2.save(model, None, tmp_path, dtype=torch.float16)
    whole = sum(parameter.numel() for parameter in model.parameters())
    assert (tmp_path / "model.safetensors").stat().st_size < 2 * whole + 5_000
    loaded, _ = gpt2.load(tmp_path)
    library = transformers.GPT2LMHeadModel.from_pretrained(tmp_path).eval()
    ids = random_ids(model, (2, 24))
    with torch.no_grad():
        assert loaded(ids).dtype == library(ids).logits.dtype == torch.float32
        assert (loaded(ids) - library(ids).logits).abs().max() < 1e-4
        assert (loaded(ids) - model(ids)).abs().max() < 0.02


def test_save_is_atomic_and_keeps_other_files(model, tokenizer, tmp_path, monkeypatch):
    (tmp_path / "log.json").write_text("{}", encoding="utf-8")
    gpt2.save(model, tokenizer, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    gpt2.save(model, tokenizer, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def full(self, content):
        with self.open("wb") as file:
            file.write(content[:10])
        if "safetensors" in self.name:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        gpt2.save(model, None, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("form", ["tokenizer.json", "vocab.json and merges.txt", "special"])
def test_tokenizer_files(tmp_path, tokenizer, form):
    model = gpt2.GPT2(gpt2.Config(**SMALL | {"vocab_size": 300}))
    gpt2.save(model, tokenizer, tmp_path)
    if form != "tokenizer.json":
        (tmp_path / "tokenizer.json").unlink()
    _, read = gpt2.load(tmp_path)
    text = "the kingdom\n and ünïcode 王👑" + gpt2.END_OF_TEXT * (form == "special")
    assert read.encode(text).ids == tokenizer.encode(text).ids
    assert read.decode(read.encode(text).ids, skip_special_tokens=False) == text


def test_names_with_and_without_prefix_and_old_masks(folder):
    path = folder / "model.safetensors"
    tensors = safetensors.torch.load_file(path)
    expected, _ = gpt2.load(folder)
    short = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    short["h.0.attn.bias"] = torch.ones(1, 1, 24, 24)
    short["h.1.attn.masked_bias"] = torch.tensor(-1e4)
    short["lm_head.weight"] = short["wte.weight"].clone()
    safetensors.torch.save_file(short, path)
    model, _ = gpt2.load(str(folder))
    ids = random_ids(model, (2, 24))
    with torch.no_grad():
        assert torch.equal(model(ids), expected(ids))


def damaged_tensors(path, change):
    tensors = safetensors.torch.load_file(path)
    change(tensors)
    tensors = {name: tensor.contiguous().clone() for name, tensor in tensors.items()}
    safetensors.torch.save_file(tensors, path)


TENSOR_FAULTS = {
    "missing": (
        lambda t: t.pop("transformer.h.1.mlp.c_fc.bias"),
        "has no tensor h.1.mlp.c_fc.bias",
    ),
    "no embedding": (lambda t: t.pop("transformer.wte.weight"), "has no tensor wte.weight"),
    "shape": (
        lambda t: t.update({"transformer.ln_f.bias": torch.zeros(17)}),
        "has ln_f.bias of shape (17,), but (16,) is expected",
    ),
    "not transposed": (
        lambda t: t.update(
            {"transformer.h.0.attn.c_attn.weight": t["transformer.h.0.attn.c_attn.weight"].T}
        ),
        "has h.0.attn.c_attn.weight of shape (48, 16), but (16, 48) is expected",
    ),
    "integers": (
        lambda t: t.update({"transformer.ln_f.bias": torch.zeros(16, dtype=torch.int8)}),
        "has ln_f.bias of type I8, which is no float",
    ),
    "extra": (
        lambda t: t.update({"score.weight": torch.zeros(2, 16)}),
        "has a tensor score.weight, which GPT-2 does not have",
    ),
    "untied": (
        lambda t: t.update({"lm_head.weight": torch.zeros(40, 16)}),
        "has a lm_head.weight that is not wte.weight",
    ),
}


@pytest.mark.parametrize("fault", TENSOR_FAULTS)
def test_weights_with_a_fault(folder, fault):
    change, message = TENSOR_FAULTS[fault]
    damaged_tensors(folder / "model.safetensors", change)
    with pytest.raises(ValueError) as caught:
        gpt2.load(folder)
    assert message in str(caught.value)
    assert is_one_sentence(str(caught.value).replace("model.safetensors", "weights"))
    assert prints_alone(caught.value)


@pytest.mark.parametrize("length", [0, 3, 100, 5_000, -1])
def test_truncated_weights(folder, length):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"is truncated or damaged|is empty") as caught:
        gpt2.load(folder)
    assert str(path) in str(caught.value) and prints_alone(caught.value)


CONFIG_FAULTS = {
    "another architecture": ({"model_type": "llama"}, "of type 'llama', not 'gpt2'"),
    "no type": ({"model_type": None}, "of type None, not 'gpt2'"),
    "activation": ({"activation_function": "relu"}, "activation_function = 'relu', but only"),
    "scale": ({"scale_attn_weights": False}, "scale_attn_weights = False, but only True"),
    "by layer": ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx"),
    "upcast": ({"reorder_and_upcast_attn": True}, "reorder_and_upcast_attn = True"),
    "cross": ({"add_cross_attention": True}, "add_cross_attention = True"),
    "untied": ({"tie_word_embeddings": False}, "tie_word_embeddings = False"),
    "text for a number": ({"n_embd": "wide"}, "n_embd = 'wide', which is no size"),
    "no number": ({"n_layer": None}, "n_layer = None, which is no size"),
    "negative": ({"n_positions": -1}, "n_positions = -1"),
    "a fraction": ({"n_head": 2.5}, "n_head = 2.5"),
    "a truth value": ({"vocab_size": True}, "vocab_size = True"),
    "heads": ({"n_head": 3}, "n_embd = 16, which is no multiple of n_head = 3"),
    "one more layer": ({"n_layer": 3}, "has no tensor h.2.ln_1.weight"),
    "a billion layers": ({"n_layer": 10**9}, "has no tensor h.999999999.ln_1.weight"),
    "one layer fewer": ({"n_layer": 1}, "has a tensor h.1."),
    "large": ({"vocab_size": 2**30}, "has wte.weight of shape (40, 16), but (1073741824, 16)"),
}


@pytest.mark.parametrize("fault", CONFIG_FAULTS)
def test_settings_with_a_fault(folder, fault):
    changes, message = CONFIG_FAULTS[fault]
    path = folder / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(settings | changes), encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        gpt2.load(folder)
    assert message in str(caught.value) and prints_alone(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"null"])
def test_broken_config(folder, content):
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"config\.json (is not JSON|holds no settings)") as caught:
        gpt2.load(folder)
    assert prints_alone(caught.value)


def test_missing_files(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^There is no folder .*nowhere\.$"):
        gpt2.load(tmp_path / "nowhere")
    for name in ("model.safetensors", "config.json"):
        (folder / name).rename(folder / "away")
        with pytest.raises(FileNotFoundError, match=rf"{name} is missing\.$"):
            gpt2.load(folder)
        (folder / "away").rename(folder / name)
    (folder / "vocab.json").write_text("{}", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"merges\.txt is missing\.$"):
        gpt2.load(folder)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text("{}", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match="weights in several files are not supported"):
        gpt2.load(folder)


def test_broken_or_too_large_tokenizer(folder, tokenizer):
    (folder / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"tokenizer\.json cannot be read"):
        gpt2.load(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    with pytest.raises(ValueError, match="has 277 tokens, but the model only 40"):
        gpt2.load(folder)
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.json").write_text("{", encoding="utf-8")
    (folder / "merges.txt").write_text("a b", encoding="utf-8")
    with pytest.raises(ValueError, match=r"merges\.txt cannot be read"):
        gpt2.load(folder)


# ---------------------------------------------------------------- downloads


@pytest.fixture
def server(web, cache, tmp_path, monkeypatch, tokenizer):
    """A server with a small GPT-2 in place of the large one, and a small shipped model."""
    config = gpt2.Config(**SMALL | {"vocab_size": 300})
    gpt2.save(gpt2.GPT2(config), tokenizer, tmp_path / "large")
    gpt2.save(gpt2.GPT2(config), tokenizer, tmp_path / "data" / gpt2.MINI)
    files = {}
    for name in gpt2.GPT2_FILES:
        content = (tmp_path / "large" / name).read_bytes()
        web.files[f"/{name}"] = web.files[f"/mirror/{name}"] = content
        mirrors = (web.url(f"/{name}"),)
        mirrors += (web.url(f"/mirror/{name}"),) if name != "model.safetensors" else ()
        files[name] = (mirrors, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(gpt2, "GPT2_FILES", files)
    monkeypatch.setattr(gpt2, "GPT2_CONFIG", config)
    monkeypatch.setattr(data, "DATA", tmp_path / "data")
    return web


def cached_files(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_download(server, tmp_path, capfd):
    model, tokenizer = gpt2.load("gpt2")
    expected, _ = gpt2.load(tmp_path / "large")
    ids = random_ids(model, (1, 5))
    assert torch.equal(model(ids), expected(ids)) and not model.training
    assert tokenizer.decode(tokenizer.encode("the kingdom").ids) == "the kingdom"
    out, err = capfd.readouterr()
    assert out == "" and "model.safetensors: 100%" in err  # the progress bar
    gpt2.load("gpt2")
    assert len(server.requests) == 3
    assert cached_files(tmp_path) == ["merges.txt", "model.safetensors", "vocab.json"]


FAULTS = {
    "corrupt": "sent a file with a wrong checksum",
    "truncated": "broke off before the end of the file",
    "drip": "sent fewer than 20,000 bytes per second",
    "404": "answered 404 Not Found",
}


@pytest.mark.parametrize("mode", FAULTS)
def test_failed_download_goes_on_with_the_shipped_model(server, tmp_path, capsys, mode):
    server.modes["/model.safetensors"] = mode
    start = time.monotonic()
    model, tokenizer = gpt2.load("gpt2")
    assert time.monotonic() - start < 5
    message = capsys.readouterr().out.strip()
    assert message == (
        f"gpt2/model.safetensors could not be downloaded (127.0.0.1:{server.server_port} "
        f"{FAULTS[mode]}), but the course goes on with the small model that it ships."
    )
    expected, _ = gpt2.load("mini")
    ids = random_ids(model, (1, 5))
    assert torch.equal(model(ids), expected(ids)) and tokenizer.get_vocab_size() == 277
    assert "model.safetensors" not in cached_files(tmp_path)


@pytest.mark.parametrize("damage", ["no folder", "no file", "cut short"])
def test_a_shipped_model_that_is_gone_says_how_to_restore_it(tmp_path, monkeypatch, damage):
    monkeypatch.setattr(data, "DATA", tmp_path)
    folder = tmp_path / gpt2.MINI
    if damage != "no folder":
        gpt2.save(gpt2.GPT2(gpt2.Config(5, 4, 8, 1, 2)), None, folder)
        weights = folder / "model.safetensors"
        weights.unlink() if damage == "no file" else weights.write_bytes(weights.read_bytes()[:99])
    with pytest.raises(data.ShippedFileError) as caught:
        gpt2.load("mini")
    sentence = str(caught.value)
    assert str(folder) in sentence and "\n" not in sentence and sentence.count(". ") == 0
    assert sentence.endswith(
        "; restore it with `git checkout -- data/mini-gpt2` in the course folder."
    )


def test_second_mirror_has_the_tokenizer(server, capsys):
    server.modes |= {"/vocab.json": "404", "/merges.txt": "corrupt"}
    gpt2.load("gpt2")
    assert capsys.readouterr().out == ""


def test_published_files():
    revision = "607a30d783dfa663caf39e06633721c8d4cfcd7e"
    for name, (mirrors, sha256) in gpt2.GPT2_FILES.items():
        assert mirrors[0].endswith(f"/openai-community/gpt2/resolve/{revision}/{name}")
        assert len(sha256) == 64 and all(url.startswith("https://") for url in mirrors)


# ---------------------------------------------------------------- generation


def plain_loop(model, ids, new_tokens):
    """Greedy, without a cache."""
    ids = list(ids)
    with torch.no_grad():
        for _ in range(new_tokens):
            ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
    return ids[-new_tokens:]


def test_greedy_equals_the_plain_loop_and_the_library(folder):
    model, _ = gpt2.load(folder)
    library = transformers.GPT2LMHeadModel.from_pretrained(folder).eval()
    ids = torch.tensor([[3, 1, 4]])
    theirs = library.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, do_sample=False
    )
    ours = gpt2.generate(model, [3, 1, 4], 20, temperature=0)
    assert ours == [theirs[0, 3:].tolist()] == [plain_loop(model, [3, 1, 4], 20)]


def test_step_logits_equal_full_recomputation(model):
    texts = [[5, 6, 7], [5, 6, 7]]
    reader = gpt2._Reader(model, 20)
    for step in range(20):
        logits = reader.next_logits(texts)
        with torch.no_grad():
            expected = model(torch.tensor(texts))[:, -1].numpy()
        assert np.abs(logits - expected).max() < 1e-5 * np.abs(expected).max()
        texts = [[*text, (7 * step + k) % 40] for k, text in enumerate(texts)]


CONTROLS = [
    {},
    {"temperature": 0.7},
    {"top_k": 5},
    {"top_k": 1000},
    {"top_p": 0.6},
    {"temperature": 0.7, "top_k": 20, "top_p": 0.9},
    {"temperature": 1.5, "top_k": 3, "top_p": 0.5},
]


@pytest.mark.parametrize("controls", CONTROLS)
def test_controls_equal_those_of_sample(model, controls):
    """The same seed gives the same tokens as the loop of helpers.sample with its filters."""
    tokens = []

    def next_logits(newest):
        tokens.extend(newest)
        with torch.no_grad():
            return model(torch.tensor([tokens]))[0, -1].numpy()

    filters = [lambda logits: sample.temperature(logits, controls.get("temperature", 1.0))]
    if "top_k" in controls:
        filters.append(lambda logits: sample.top_k(logits, controls["top_k"]))
    if "top_p" in controls:
        filters.append(lambda logits: sample.top_p(logits, controls["top_p"]))
    expected = sample.generate(next_logits, [2, 3], 20, np.random.default_rng(7), *filters)
    assert gpt2.generate(model, [2, 3], 20, seed=7, **controls) == [expected]


def test_choose_with_equal_logits():
    rng = np.random.default_rng(0)
    logits = np.array([1.0, 3.0, 3.0, 3.0, 0.0], dtype=np.float32)
    assert {gpt2.choose(logits, rng, top_k=2) for _ in range(100)} == {1, 2, 3}
    assert gpt2.choose(logits, rng, temperature=0) == 1


def test_penalty_equals_the_library():
    rng = np.random.default_rng(0)
    for penalty in (0.5, 1.0, 1.3, 5.0):
        processor = transformers.RepetitionPenaltyLogitsProcessor(penalty)
        for _ in range(20):
            logits, tokens = rng.normal(size=30).astype(np.float32), rng.integers(0, 30, size=12)
            theirs = processor(torch.tensor(tokens)[None], torch.tensor(logits)[None])[0]
            before = logits.copy()
            np.testing.assert_allclose(gpt2.penalise(logits, tokens, penalty), theirs, rtol=1e-6)
            assert np.array_equal(logits, before)


def test_forbidden_equals_the_library():
    rng = np.random.default_rng(0)
    words = [[3], [1, 2], [2, 2, 0], [0, 1, 2, 3]]
    processor = transformers.NoBadWordsLogitsProcessor(words)
    seen = set()
    for _ in range(300):
        tokens = rng.integers(0, 4, size=rng.integers(1, 7)).tolist()
        logits = rng.normal(size=6).astype(np.float32)
        theirs = processor(torch.tensor([tokens]), torch.tensor(logits)[None])[0].numpy()
        ours = gpt2.forbid(logits, tokens, words)
        assert np.array_equal(ours, theirs), tokens
        seen.add(tuple(np.flatnonzero(np.isinf(ours))))
    assert len(seen) == 3


def test_forbidden_words_never_come(model):
    free = gpt2.generate(model, [1], 200, seed=3)[0]
    pair, single = free[5:7], free[20]
    text = gpt2.generate(model, [1], 200, seed=3, forbidden=[pair, [single]])[0]
    assert single not in text
    assert all(text[i : i + 2] != pair for i in range(199))


def test_stop_sequences(model):
    free = gpt2.generate(model, [1], 60, seed=3)[0]
    stop = free[10:12]
    end = next(i for i in range(2, 61) if free[i - 2 : i] == stop)
    assert gpt2.generate(model, [1], 60, seed=3, stop=[[39] * 9, stop]) == [free[:end]]
    # a sequence that began in the prompt does not count
    assert len(gpt2.generate(model, [*stop, free[0]], 3, seed=3, stop=[[stop[1], free[0]]])[0]) == 3


def test_continuations_are_those_of_their_seeds(model):
    controls = {"top_k": 30, "temperature": 0.9}
    together = gpt2.generate(model, [1, 2], 40, continuations=4, seed=5, **controls)
    alone = [gpt2.generate(model, [1, 2], 40, seed=5 + k, **controls)[0] for k in range(4)]
    assert together == alone and len({tuple(text) for text in together}) == 4
    stop = [together[2][10:11]]
    stopped = gpt2.generate(model, [1, 2], 40, continuations=4, seed=5, stop=stop, **controls)
    for text, free in zip(stopped, together, strict=True):
        end = free.index(stop[0][0]) + 1 if stop[0][0] in free else 40
        assert text == free[:end]


def test_seed(model):
    assert gpt2.generate(model, [1], 30, seed=1) == gpt2.generate(model, [1], 30, seed=1)
    assert gpt2.generate(model, [1], 30) != gpt2.generate(model, [1], 30)


def test_window_slides_by_half(model):
    text = [1, 2, 3]
    with torch.no_grad():
        start = 0
        while len(text) < 3 + 60:
            if len(text) - start > 24:  # no position left
                start = len(text) - 12
            text.append(int(model(torch.tensor([text[start:]]))[0, -1].argmax()))
    assert gpt2.generate(model, [1, 2, 3], 60, temperature=0) == [text[3:]]


def test_long_prompt(model):
    prompt = np.random.default_rng(0).integers(0, 40, size=100).tolist()
    assert gpt2.generate(model, prompt, 5, temperature=0) == gpt2.generate(
        model, prompt[-12:], 5, temperature=0
    )
    exactly = gpt2.generate(model, prompt[:24], 1, temperature=0)
    assert exactly == [plain_loop(model, prompt[:24], 1)]
    both = gpt2.generate(model, prompt, 40, continuations=2, seed=0)
    assert both[1] == gpt2.generate(model, prompt, 40, seed=1)[0]


def torch_settings():
    return (
        torch.get_float32_matmul_precision(),
        torch.get_num_threads(),
        torch.is_inference_mode_enabled(),
    )


@pytest.mark.parametrize("wide", [1, 1000])
def test_settings_of_torch_stay(model, monkeypatch, wide):
    monkeypatch.setattr(gpt2, "WIDE", wide)
    before = torch_settings()
    gpt2.generate(model, [1], 3)
    assert torch_settings() == before
    for _ in gpt2.next_tokens(model, [1], 2):
        assert torch_settings() == before


@pytest.mark.parametrize("wide", [1, 1000])
def test_wide_and_narrow_models_write_what_the_plain_loop_writes(model, monkeypatch, wide):
    monkeypatch.setattr(gpt2, "WIDE", wide)  # models below it have another attention and one thread
    prompt = [3, 1, 4, 1, 5]
    written = gpt2.generate(model, prompt, 15, temperature=0, continuations=2)
    text = list(prompt)
    for _ in range(15):
        text.append(plain_loop(model, text, 1)[0])
    assert written == 2 * [text[5:]]
    cache = model.new_cache()
    with torch.no_grad():
        model(torch.tensor([prompt[:4]]), cache)
        by_step = gpt2._one_step(model)(torch.tensor(prompt[4:]), cache)
        anew = model.hidden(torch.tensor([prompt]))[:, -1]
    assert (by_step - anew).abs().max() < 1e-5


FALSE_ARGUMENTS = [
    ({"ids": []}, "at least one token"),
    ({"ids": [40]}, "no token 40: the model has 40"),
    ({"ids": [-1]}, "no token -1"),
    ({"new_tokens": -1}, "must be positive"),
    ({"continuations": 0}, "must be positive"),
    ({"temperature": -1.0}, "positive number"),
    ({"temperature": float("nan")}, "positive number"),
    ({"top_k": 0}, "k must be at least 1"),
    ({"top_p": 1.5}, "p must be in 0 … 1"),
    ({"repetition_penalty": 0.0}, "penalty must be positive"),
    ({"stop": [[]]}, "needs at least one token"),
    ({"forbidden": [[1], []]}, "needs at least one token"),
    ({"forbidden": [[99]]}, "no token 99"),
]


@pytest.mark.parametrize(("change", "message"), FALSE_ARGUMENTS)
def test_false_arguments(model, change, message):
    with pytest.raises(ValueError, match=message):
        gpt2.generate(**{"model": model, "ids": [1], "new_tokens": 3} | change)


def test_all_forbidden(model):
    with pytest.raises(ValueError, match="all tokens are forbidden"):
        gpt2.generate(model, [1], 3, forbidden=[[token] for token in range(40)])


def test_nothing_to_write(model):
    assert gpt2.generate(model, [1], 0, continuations=2) == [[], []]


# ---------------------------------------------------------------- the streaming view


class Scripted(gpt2.GPT2):
    """Writes given tokens, whatever it reads."""

    def __init__(self, tokens):
        super().__init__(gpt2.Config(**SMALL | {"vocab_size": 300, "n_positions": 64}))
        self.tokens, self.ln_f = tokens, torch.nn.Identity()

    def hidden(self, ids, cache=None):
        for memory in cache:
            memory.length += ids.shape[1]
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
    text = gpt2.stream(model, tokenizer, "a", len(content), temperature=0)
    assert text == "".join(pieces) == content.decode("utf-8", errors="replace")
    if content.isascii():
        assert pieces == [*content.decode(), ""]
    if content == "naïve 王 👑 end".encode():
        assert "王" in pieces and "👑" in pieces and not any("\ufffd" in p for p in pieces)


def test_stream_stops(script, tokenizer, capsys):
    model = script(b"say the word and go on")
    for stop in (["word"], ["nothing", "e word"], ["word", "and"]):
        assert gpt2.stream(model, tokenizer, "a", 22, temperature=0, stop=stop) == "say the word"
        assert capsys.readouterr().out == "say the word\n"


def test_stream_equals_generate(tokenizer, capsys):
    torch.manual_seed(2)
    model = gpt2.GPT2(gpt2.Config(**SMALL | {"vocab_size": 300})).eval()
    ids = tokenizer.encode("the king").ids
    for seed in range(5):
        tokens = gpt2.generate(model, ids, 60, seed=seed)[0]
        expected = tokenizer.decode(tokens, skip_special_tokens=False)
        assert gpt2.stream(model, tokenizer, "the king", 60, seed=seed) == expected
        assert capsys.readouterr().out == expected + "\n"


def test_stream_forbids_words(tokenizer, capsys):
    torch.manual_seed(2)
    model = gpt2.GPT2(gpt2.Config(**SMALL | {"vocab_size": 300})).eval()
    text = gpt2.stream(model, tokenizer, "the", 300, seed=0, forbidden=["e"])
    assert tokenizer.token_to_id("e") not in tokenizer.encode(text).ids[:0] and len(text) > 100
