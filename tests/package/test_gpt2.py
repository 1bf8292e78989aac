"""GPT-2 as lesson 11 defines it: equal to transformers' in logits, gradients and cache."""

import pytest
import torch
from small_gpt2 import library_model, random_ids

from helpers.models import gpt2
from helpers.text import folders, generation


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
    model, tokenizer = folders.load(tmp_path)
    assert tokenizer is None and not model.training
    ids = random_ids(model, (3, 24))
    with torch.no_grad():
        expected = library(ids).logits
        assert expected.std() > 0.2  # there is something to see
        assert (model(ids) - expected).abs().max() < 1e-4


def test_gradients_equal_the_library(tmp_path):
    library = library_model()
    library.save_pretrained(tmp_path)
    model, _ = folders.load(tmp_path)
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
        expected, cache = model(ids), gpt2.new_cache(model, 3)
        parts = [ids[:, :7], ids[:, 7:8], ids[:, 8:20], *ids[:, 20:].split(1, dim=1)]
        cached = torch.cat([model(part, cache) for part in parts], dim=1)
    assert (cached - expected).abs().max() < 1e-5 * expected.abs().max()
    assert [layer.length for layer in cache] == [24, 24]


def test_other_type(model):
    model.to(torch.bfloat16)
    with torch.no_grad():
        assert model(torch.tensor([[1, 2]]), gpt2.new_cache(model)).dtype == torch.bfloat16
    assert len(generation.generate(model, [1, 2], 5, seed=0)[0]) == 5


@pytest.mark.parametrize("fused", [False, True])
def test_a_loaded_model_trains_like_any_other(folder, fused):
    """Its matrices are laid out by columns, and the optimisers do not mind."""
    loaded, _ = folders.load(folder)
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
