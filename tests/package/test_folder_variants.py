"""Folders as they occur in the world, which transformers reads: they load, or one sentence says."""

import json
import shutil

import pytest
import safetensors.torch
import torch
import transformers
from small_gpt2 import library_model, random_ids

from helpers.models import gpt2
from helpers.text import folders, generation, tokenisers


@pytest.fixture
def library():
    torch.manual_seed(0)
    return library_model()


def settings_of(folder, **changes):
    path = folder / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(settings), encoding="utf-8")
    return settings


def by_the_other_name(library, folder):
    """As safetensors.torch.save_model leaves it: the tied matrix is stored as lm_head.weight."""
    library.config.save_pretrained(folder)
    tensors = {name: tensor.clone() for name, tensor in library.state_dict().items()}
    del tensors["transformer.wte.weight"]
    safetensors.torch.save_file(tensors, folder / "model.safetensors")


def general_names(library, folder):
    library.save_pretrained(folder)
    settings = settings_of(folder)
    for name, general in folders.GENERAL.items():
        settings[general] = settings.pop(name)
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")


def prefixed(*prefixes):
    def make(library, folder):
        library.config.save_pretrained(folder)
        tensors = {
            "".join(prefixes) + name: tensor.clone().contiguous()
            for name, tensor in library.state_dict().items()
            if name != "lm_head.weight"
        }
        safetensors.torch.save_file(tensors, folder / "model.safetensors")

    return make


def several_files(library, folder):
    library.save_pretrained(folder, max_shard_size="5KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1


def other_name_of_gelu(library, folder):
    library.save_pretrained(folder)
    settings_of(folder, activation_function="gelu_pytorch_tanh")


def byte_order_mark(library, folder):
    library.save_pretrained(folder)
    path = folder / "config.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


VARIANTS = {
    "the tied matrix as lm_head.weight": by_the_other_name,
    "config.json in general names": general_names,
    "torch.compile": prefixed("_orig_mod."),
    "DistributedDataParallel": prefixed("module."),
    "several files": several_files,
    "gelu_pytorch_tanh": other_name_of_gelu,
    "a byte-order mark": byte_order_mark,
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_variant_gives_the_same_logits(library, tmp_path, variant):
    VARIANTS[variant](library, tmp_path)
    model, _ = folders.load(tmp_path)
    ids = random_ids(model, (2, 24))
    with torch.no_grad():
        assert (model(ids) - library(ids).logits).abs().max() < 1e-4


def test_other_weights_than_the_tied_ones_are_refused(library, tmp_path):
    by_the_other_name(library, tmp_path)
    path = tmp_path / "model.safetensors"
    tensors = safetensors.torch.load_file(path)
    tensors["transformer.wte.weight"] = 1 + tensors["lm_head.weight"]
    safetensors.torch.save_file(tensors, path)
    with pytest.raises(ValueError, match=r"lm_head\.weight that is not wte\.weight"):
        folders.load(tmp_path)


def test_pickled_weights_are_refused(library, tmp_path):
    library.config.save_pretrained(tmp_path)
    torch.save(library.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError) as caught:
        folders.load(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} has its weights in pytorch_model.bin, a format that can run code when it is "
        "read; save them as safetensors, with save_pretrained of transformers."
    )


def test_several_files_with_a_fault(library, tmp_path):
    several_files(library, tmp_path)
    lost = next(tmp_path.glob("model-*.safetensors"))
    lost.unlink()
    with pytest.raises(FileNotFoundError, match=rf"{lost.name} is missing\.$"):
        folders.load(tmp_path)
    (tmp_path / "model.safetensors.index.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"index\.json names no files\.$"):
        folders.load(tmp_path)


# ---------------------------------------------------------------- the tokenizer

TEXT = "the queen<new> of the kingdom"
FLAGS = dict.fromkeys(("lstrip", "rstrip", "normalized", "single_word"), False)


@pytest.fixture
def saved(tokenizer, tmp_path):
    """A folder with a model of 300 rows and a tokenizer of 277 tokens."""
    torch.manual_seed(0)
    config = gpt2.Config(vocab_size=300, n_positions=24, n_embd=16, n_layer=2, n_head=2)
    folders.save(gpt2.GPT2(config), tokenizer, tmp_path)
    return tmp_path


def write(folder, name, value):
    (folder / name).write_text(json.dumps(value), encoding="utf-8")


def test_truncation_and_padding_are_forgotten(saved):
    """transformers writes them into tokenizer.json after one call with them."""
    path = str(saved / "tokenizer.json")
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=path, pad_token="!")
    theirs("a training line", truncation=True, max_length=8, padding="max_length")
    theirs.save_pretrained(saved)
    assert json.loads((saved / "tokenizer.json").read_text(encoding="utf-8"))["truncation"]
    _, ours = folders.load(saved)
    text = "the king and the queen of the kingdom " * 3
    theirs = transformers.AutoTokenizer.from_pretrained(saved)
    assert ours.encode(text).ids == theirs(text).input_ids
    assert len(ours.encode(text).ids) > 8 and len(ours.encode("O").ids) == 1


SIDE_FILES = {
    "nothing": ("tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer"}),
    "a space before the text": (
        "tokenizer_config.json",
        {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True},
    ),
    "added_tokens.json": ("added_tokens.json", {"<new>": 277}),
    "added tokens in the settings": (
        "tokenizer_config.json",
        {
            "tokenizer_class": "GPT2Tokenizer",
            "added_tokens_decoder": {"277": {"content": "<new>", "special": True, **FLAGS}},
        },
    ),
}


@pytest.mark.parametrize("two_files", [False, True])
@pytest.mark.parametrize("case", SIDE_FILES)
def test_side_files_are_obeyed(saved, case, two_files):
    write(saved, *SIDE_FILES[case])
    if two_files:
        (saved / "tokenizer.json").unlink()
    _, ours = folders.load(saved)
    theirs = transformers.AutoTokenizer.from_pretrained(saved)
    assert ours.encode(TEXT).ids == theirs(TEXT).input_ids


def test_side_files_that_ask_for_something_else(saved):
    write(saved, "added_tokens.json", {"<new>": 290})
    with pytest.raises(ValueError, match="the token '<new>' as number 290, but here it is 277"):
        folders.load(saved)
    (saved / "added_tokens.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(ValueError, match=r"added_tokens\.json is not JSON in braces"):
        folders.load(saved)
    (saved / "added_tokens.json").unlink()
    (saved / "tokenizer.json").unlink()
    write(saved, "tokenizer_config.json", {"add_bos_token": True})
    with pytest.raises(ValueError, match="add_bos_token = True, which is not supported"):
        folders.load(saved)


@pytest.mark.parametrize("two_files", [False, True])
def test_byte_order_marks(saved, tokenizer, two_files):
    if two_files:
        (saved / "tokenizer.json").unlink()
    for path in saved.iterdir():
        if path.suffix != ".safetensors":
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    _, ours = folders.load(saved)
    assert ours.encode(TEXT).ids == tokenizer.encode(TEXT).ids


def test_an_added_token_without_a_row(saved):
    """Such a folder loads, as in transformers; a prompt with the token is refused."""
    model = folders.load(saved)[0]
    shutil.rmtree(saved)
    tokenizer = tokenisers.make_tokenizer("the king " * 9, 260)
    rows = tokenizer.get_vocab_size()
    small = gpt2.GPT2(gpt2.Config(**vars(model.config) | {"vocab_size": rows}))
    tokenizer.add_special_tokens(["<pad>"])
    folders.save(small, tokenizer, saved)
    small, tokenizer = folders.load(saved)
    assert len(generation.generate(small, tokenizer.encode("the").ids, 3)[0]) == 3
    with pytest.raises(ValueError, match=f"There is no token {rows}: the model has {rows}"):
        generation.generate(small, tokenizer.encode("the<pad>").ids, 3)
