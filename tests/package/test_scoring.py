"""The score of a text: every token once, with the context that was promised."""

import numpy as np
import pytest
import torch
from small_gpt2 import SMALL, small_model

from helpers.text import scoring, tokenisers


@torch.no_grad()
def one_by_one(model, tokens, before, stride, window):
    """The same by a loop over tokens, each in a pass of its own."""
    ids, n = [*before, *tokens], len(before)
    surprise = []
    for i in range(len(tokens)):
        first = i - i % stride  # of the new tokens in its window
        start = max(0, n + first - (window - stride + 1))
        logits = model(torch.tensor([ids[start : n + i]]))[0, -1]
        surprise.append(-logits.log_softmax(dim=0)[tokens[i]].item())
    return np.array(surprise)


@pytest.mark.parametrize("stride", [1, 5, 12, 24])
@pytest.mark.parametrize("before", [1, 4, 60])
@pytest.mark.parametrize("length", [0, 1, 13, 100])
def test_nats_equal_a_loop_over_tokens(model, stride, before, length):
    rng = np.random.default_rng(0)
    arrays = rng.integers(40, size=length), rng.integers(40, size=before)
    lists = [array.tolist() for array in arrays]
    expected = one_by_one(model, *lists, stride, 24)
    model.train()
    for given in (arrays, lists, [torch.from_numpy(array) for array in arrays]):
        np.testing.assert_allclose(scoring.nats(model, *given, stride), expected, rtol=1e-4)
    assert model.training


def test_a_shorter_window(model):
    tokens = np.random.default_rng(0).integers(40, size=50).tolist()
    expected = one_by_one(model, tokens, [3, 4], 4, 8)
    found = scoring.nats(model, tokens, [3, 4], 4, window=8)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_nats_per_character():
    torch.manual_seed(0)
    tokenizer = tokenisers.make_tokenizer("the king and the queen " * 9, 290)
    model = small_model(vocab_size=300, n_positions=SMALL["n_positions"])
    text, before = "the queen, the king; the end" * 3, "Once the queen"
    given = tokenizer.encode(text).ids, tokenizer.encode(before).ids
    expected = scoring.nats(model, *given, stride=12).sum() / len(text)
    assert scoring.nats_per_character(model, tokenizer, text, before) == pytest.approx(expected)


def test_errors(model):
    with pytest.raises(ValueError, match="nothing precedes it"):
        scoring.nats(model, [1, 2], [], 4)
    for stride in (0, 25):
        with pytest.raises(ValueError, match=r"must be in 1 … 24, the window, not"):
            scoring.nats(model, [1, 2], [3], stride)
