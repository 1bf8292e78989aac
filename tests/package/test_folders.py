"""Model folders: as transformers writes and reads them, and what is said of faulty ones."""

import json

import pytest
import safetensors.torch
import torch
import transformers
from small_gpt2 import SMALL, random_ids

from helpers.models import gpt2
from helpers.text import folders, tokenisers


def is_one_sentence(message):
    return message.endswith(".") and ". " not in message and "\n" not in message


def prints_alone(error):
    """No other exception appears in the traceback above it."""
    return error.__cause__ is None and (error.__context__ is None or error.__suppress_context__)


def test_saved_folder_is_read_by_the_library(model, tokenizer, tmp_path):
    torch.manual_seed(0)
    model = gpt2.GPT2(gpt2.Config(**SMALL | {"vocab_size": 300, "n_inner": 20})).eval()
    folders.save(model, tokenizer, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    names = ["config.json", "merges.txt", "model.safetensors", "tokenizer.json", "vocab.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    library, report = transformers.GPT2LMHeadModel.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values())
    ids = random_ids(model, (2, 24))
    with torch.no_grad():
        expected = model(ids)
        assert (library.eval()(ids).logits - expected).abs().max() < 1e-4
        assert torch.equal(folders.load(folder)[0](ids), model(ids))
    text = "The queen's kingdom, naïve 王 👑!"
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    assert theirs(text)["input_ids"] == tokenizer.encode(text).ids
    assert theirs.decode(theirs(text)["input_ids"]) == text


def test_saved_in_half_precision(model, tmp_path):
    folders.save(model, None, tmp_path, dtype=torch.float16)
    whole = sum(parameter.numel() for parameter in model.parameters())
    assert (tmp_path / "model.safetensors").stat().st_size < 2 * whole + 5_000
    loaded, _ = folders.load(tmp_path)
    library = transformers.GPT2LMHeadModel.from_pretrained(tmp_path).eval()
    ids = random_ids(model, (2, 24))
    with torch.no_grad():
        assert loaded(ids).dtype == library(ids).logits.dtype == torch.float32
        assert (loaded(ids) - library(ids).logits).abs().max() < 1e-4
        assert (loaded(ids) - model(ids)).abs().max() < 0.02


def test_save_is_atomic_and_keeps_other_files(model, tokenizer, tmp_path, monkeypatch):
    (tmp_path / "log.json").write_text("{}", encoding="utf-8")
    folders.save(model, tokenizer, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    folders.save(model, tokenizer, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def full(self, content):
        with self.open("wb") as file:
            file.write(content[:10])
        if "safetensors" in self.name:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        folders.save(model, tokenizer, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("form", ["tokenizer.json", "vocab.json and merges.txt", "special"])
def test_tokenizer_files(tmp_path, tokenizer, form):
    model = gpt2.GPT2(gpt2.Config(**SMALL | {"vocab_size": 300}))
    folders.save(model, tokenizer, tmp_path)
    if form != "tokenizer.json":
        (tmp_path / "tokenizer.json").unlink()
    _, read = folders.load(tmp_path)
    text = "the kingdom\n and ünïcode 王👑" + tokenisers.END_OF_TEXT * (form == "special")
    assert read.encode(text).ids == tokenizer.encode(text).ids
    assert read.decode(read.encode(text).ids, skip_special_tokens=False) == text


def test_names_with_and_without_prefix_and_old_masks(folder):
    path = folder / "model.safetensors"
    tensors = safetensors.torch.load_file(path)
    expected, _ = folders.load(folder)
    short = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    short["h.0.attn.bias"] = torch.ones(1, 1, 24, 24)
    short["h.1.attn.masked_bias"] = torch.tensor(-1e4)
    short["lm_head.weight"] = short["wte.weight"].clone()
    safetensors.torch.save_file(short, path)
    model, _ = folders.load(str(folder))
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
        'than its config.json says: Missing key(s) in state_dict: "h.1.mlp.c_fc.bias"',
    ),
    "no embedding": (
        lambda t: t.pop("transformer.wte.weight"),
        'Missing key(s) in state_dict: "wte.weight"',
    ),
    "shape": (
        lambda t: t.update({"transformer.ln_f.bias": torch.zeros(17)}),
        "size mismatch for ln_f.bias: copying a param with shape torch.Size([17])",
    ),
    "not transposed": (
        lambda t: t.update(
            {"transformer.h.0.attn.c_attn.weight": t["transformer.h.0.attn.c_attn.weight"].T}
        ),
        "size mismatch for h.0.attn.c_attn.weight",
    ),
    "integers": (
        lambda t: t.update({"transformer.ln_f.bias": torch.zeros(16).char()}),
        "has ln_f.bias of type torch.int8, which is no float",
    ),
    "extra": (
        lambda t: t.update({"score.weight": torch.zeros(2, 16)}),
        'Unexpected key(s) in state_dict: "score.weight"',
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
        folders.load(folder)
    assert message in str(caught.value)
    assert is_one_sentence(str(caught.value).replace("model.safetensors", "weights"))
    assert prints_alone(caught.value)


@pytest.mark.parametrize("length", [0, 3, 100, 5_000, -1])
def test_truncated_weights(folder, length):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"is truncated or damaged|is empty") as caught:
        folders.load(folder)
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
    "one more layer": ({"n_layer": 3}, "has 2 layers, but its config.json says 3"),
    "a billion layers": ({"n_layer": 10**9}, "has 2 layers, but its config.json says 1000000000"),
    "one layer fewer": ({"n_layer": 1}, "has 2 layers, but its config.json says 1"),
    "large": ({"vocab_size": 2**30}, "size mismatch for wte.weight"),
}


@pytest.mark.parametrize("fault", CONFIG_FAULTS)
def test_settings_with_a_fault(folder, fault):
    changes, message = CONFIG_FAULTS[fault]
    path = folder / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(settings | changes), encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        folders.load(folder)
    assert message in str(caught.value) and prints_alone(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"null"])
def test_broken_config(folder, content):
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"config\.json (is not JSON|holds no settings)") as caught:
        folders.load(folder)
    assert prints_alone(caught.value)


def test_missing_files(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^There is no folder .*nowhere\.$"):
        folders.load(tmp_path / "nowhere")
    for name in ("model.safetensors", "config.json"):
        (folder / name).rename(folder / "away")
        with pytest.raises(FileNotFoundError, match=rf"{name} is missing\.$"):
            folders.load(folder)
        (folder / "away").rename(folder / name)
    (folder / "vocab.json").write_text("{}", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"merges\.txt is missing\.$"):
        folders.load(folder)


def test_broken_or_too_large_tokenizer(folder, tokenizer):
    (folder / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"tokenizer\.json cannot be read"):
        folders.load(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    with pytest.raises(ValueError, match="has 277 tokens, but the model only 40"):
        folders.load(folder)
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.json").write_text("{", encoding="utf-8")
    (folder / "merges.txt").write_text("a b", encoding="utf-8")
    with pytest.raises(ValueError, match=r"merges\.txt cannot be read"):
        folders.load(folder)
