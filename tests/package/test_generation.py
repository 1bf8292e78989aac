"""Generation: equal to plain loops and to transformers, with its controls."""

import numpy as np
import pytest
import torch
import transformers

from helpers.models import gpt2
from helpers.text import fast, filters, folders, generation


def plain_loop(model, ids, new_tokens):
    """Greedy, without a cache."""
    ids = list(ids)
    with torch.no_grad():
        for _ in range(new_tokens):
            ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
    return ids[-new_tokens:]


def test_greedy_equals_the_plain_loop_and_the_library(folder):
    model, _ = folders.load(folder)
    library = transformers.GPT2LMHeadModel.from_pretrained(folder).eval()
    ids = torch.tensor([[3, 1, 4]])
    theirs = library.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, do_sample=False
    )
    ours = generation.generate(model, [3, 1, 4], 20, temperature=0)
    assert ours == [theirs[0, 3:].tolist()] == [plain_loop(model, [3, 1, 4], 20)]


def test_step_logits_equal_full_recomputation(model):
    texts = [[5, 6, 7], [5, 6, 7]]
    reader = generation._Reader(model, 23)
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
    """The same seed gives the same tokens as generation.draw_tokens with its filters."""
    tokens = []

    def next_logits(newest):
        tokens.extend(newest)
        with torch.no_grad():
            return model(torch.tensor([tokens]))[0, -1].numpy()

    chain = [lambda logits: filters.temperature(logits, controls.get("temperature", 1.0))]
    if "top_k" in controls:
        chain.append(lambda logits: filters.top_k(logits, controls["top_k"]))
    if "top_p" in controls:
        chain.append(lambda logits: filters.top_p(logits, controls["top_p"]))
    expected = generation.draw_tokens(next_logits, [2, 3], 20, np.random.default_rng(7), *chain)
    assert generation.generate(model, [2, 3], 20, seed=7, **controls) == [expected]


def test_choose_with_equal_logits():
    rng = np.random.default_rng(0)
    logits = np.array([1.0, 3.0, 3.0, 3.0, 0.0], dtype=np.float32)
    assert {generation.choose(logits, rng, top_k=2) for _ in range(100)} == {1, 2, 3}
    assert generation.choose(logits, rng, temperature=0) == 1


def test_forbidden_words_never_come(model):
    free = generation.generate(model, [1], 200, seed=3)[0]
    pair, single = free[5:7], free[20]
    text = generation.generate(model, [1], 200, seed=3, forbidden=[pair, [single]])[0]
    assert single not in text
    assert all(text[i : i + 2] != pair for i in range(199))


def test_stop_sequences(model):
    free = generation.generate(model, [1], 60, seed=3)[0]
    stop = free[10:12]
    end = next(i for i in range(2, 61) if free[i - 2 : i] == stop)
    assert generation.generate(model, [1], 60, seed=3, stop=[[39] * 9, stop]) == [free[:end]]
    # a sequence that began in the prompt does not count
    begun = [stop[1], free[0]]
    assert len(generation.generate(model, [*stop, free[0]], 3, seed=3, stop=[begun])[0]) == 3


def test_continuations_are_those_of_their_seeds(model):
    controls = {"top_k": 30, "temperature": 0.9}
    together = generation.generate(model, [1, 2], 40, continuations=4, seed=5, **controls)
    alone = [generation.generate(model, [1, 2], 40, seed=5 + k, **controls)[0] for k in range(4)]
    assert together == alone and len({tuple(text) for text in together}) == 4
    stop = [together[2][10:11]]
    stopped = generation.generate(model, [1, 2], 40, continuations=4, seed=5, stop=stop, **controls)
    for text, free in zip(stopped, together, strict=True):
        end = free.index(stop[0][0]) + 1 if stop[0][0] in free else 40
        assert text == free[:end]


def test_seed(model):
    same = [generation.generate(model, [1], 30, seed=1) for _ in range(2)]
    other = [generation.generate(model, [1], 30) for _ in range(2)]
    assert same[0] == same[1] and other[0] != other[1]


def test_window_slides_by_half(model):
    text = [1, 2, 3]
    with torch.no_grad():
        start = 0
        while len(text) < 3 + 60:
            if len(text) - start > 24:  # no position left
                start = len(text) - 12
            text.append(int(model(torch.tensor([text[start:]]))[0, -1].argmax()))
    assert generation.generate(model, [1, 2, 3], 60, temperature=0) == [text[3:]]


def test_long_prompt(model):
    prompt = np.random.default_rng(0).integers(0, 40, size=100).tolist()
    assert generation.generate(model, prompt, 5, temperature=0) == generation.generate(
        model, prompt[-12:], 5, temperature=0
    )
    exactly = generation.generate(model, prompt[:24], 1, temperature=0)
    assert exactly == [plain_loop(model, prompt[:24], 1)]
    both = generation.generate(model, prompt, 40, continuations=2, seed=0)
    assert both[1] == generation.generate(model, prompt, 40, seed=1)[0]


def test_a_changed_layer_is_seen(model):
    """A model of which a layer was exchanged, as LoRA does, is called as it is."""

    class Louder(torch.nn.Linear):
        def forward(self, x):
            return 3 * super().forward(x)

    louder = Louder(16, 48)
    louder.load_state_dict(model.h[0].attn.c_attn.state_dict())
    model.h[0].attn.c_attn = louder
    assert generation.generate(model, [1, 2], 12, temperature=0) == [plain_loop(model, [1, 2], 12)]


def torch_settings():
    return (
        torch.get_float32_matmul_precision(),
        torch.get_num_threads(),
        torch.is_inference_mode_enabled(),
    )


@pytest.mark.parametrize("wide", [1, 1000])
def test_settings_of_torch_stay(model, monkeypatch, wide):
    monkeypatch.setattr(fast, "WIDE", wide)
    before = torch_settings()
    generation.generate(model, [1], 3)
    assert torch_settings() == before
    begun = generation.next_tokens(model, [1], 9)
    next(begun)  # and left there
    assert torch_settings() == before


@pytest.mark.parametrize("wide", [1, 1000])
def test_settings_of_torch_are_set_once_a_call_and_restored_when_it_breaks_off(
    model, monkeypatch, wide
):
    monkeypatch.setattr(fast, "WIDE", wide)
    before, seen = torch_settings(), []

    def choose(*_):
        seen.append(torch_settings())
        if len(seen) == 3:
            raise KeyboardInterrupt
        return 1

    monkeypatch.setattr(generation, "choose", choose)
    with pytest.raises(KeyboardInterrupt):
        generation.generate(model, [1], 9)
    assert torch_settings() == before
    inside = ("medium", before[1]) if wide == 1 else (before[0], 1)
    assert [settings[:2] for settings in seen] == 3 * [inside]


@pytest.mark.parametrize("wide", [1, 1000])
def test_wide_and_narrow_models_write_what_the_plain_loop_writes(model, monkeypatch, wide):
    monkeypatch.setattr(fast, "WIDE", wide)
    prompt = [3, 1, 4, 1, 5]
    written = generation.generate(model, prompt, 15, temperature=0, continuations=2)
    text = list(prompt)
    for _ in range(15):
        text.append(plain_loop(model, text, 1)[0])
    assert written == 2 * [text[5:]]
    cache = gpt2.new_cache(model)
    with torch.no_grad():
        model(torch.tensor([prompt[:4]]), cache)
        by_step = fast.step_of(model)(torch.tensor(prompt[4:]), cache)
        anew = model(torch.tensor([prompt]))[:, -1]
    assert (by_step - anew).abs().max() < 1e-5
