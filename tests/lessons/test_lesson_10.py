"""Lesson 10: the model, its training and its scoring."""

import numpy as np
import pytest
import torch

from helpers import data
from helpers.models import transformer as lesson
from helpers.models.rnn import encode


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def small_model(vocab_size=9, block_size=8, awake=True, **options):
    model = lesson.Transformer(vocab_size, block_size, d=16, n_head=2, n_layer=2, **options)
    if awake:  # with the small weights of the start a wrong past would hardly be noticed
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


@pytest.mark.parametrize("T", [1, 5, 8])
def test_the_weights_are_those_that_attention_uses(T):
    layer, x = lesson.SelfAttention(12, 3), torch.randn(2, T, 12)
    weights, v = layer.weights_and_values(x)
    assert weights.shape == (2, 3, T, T) and v.shape == (2, 3, T, 4)
    assert torch.equal(weights.triu(1), torch.zeros_like(weights))
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 3, T))
    torch.testing.assert_close(layer(x), layer.output(lesson.merge_heads(weights @ v)))


@pytest.mark.parametrize("pre_norm", [True, False])
def test_the_future_has_no_influence(pre_norm):
    model = small_model(pre_norm=pre_norm)
    ids = torch.randint(9, (3, 8))
    changed = ids.clone()
    changed[:, 5:] = (ids[:, 5:] + 1) % 9
    assert torch.equal(model(ids)[:, :5], model(changed)[:, :5])
    unmasked = small_model(pre_norm=pre_norm, causal=False)
    assert not torch.isclose(unmasked(ids)[:, :5], unmasked(changed)[:, :5]).all()


@pytest.mark.parametrize("stride", [1, 4, 8])
@pytest.mark.parametrize("length", [10, 33, 1000])
def test_every_character_is_scored_once(stride, length):
    model, T = small_model(), 8
    ids = torch.randint(9, (length,))
    scored, first = lesson.log_probabilities(model, ids, stride), T - stride + 1
    assert scored.shape == (length - first,)
    for place in range(first, min(length, 60)):
        start = (place - first) // stride * stride
        with torch.no_grad():
            log_p = model(ids[None, start:place])[0, -1].log_softmax(dim=0)
        assert scored[place - first] == pytest.approx(log_p[ids[place]].item(), abs=1e-4)


@pytest.mark.parametrize("stride", [1, 4, 8])
def test_the_text_is_scored_and_not_what_comes_before(stride):
    model = small_model()
    before, ids = torch.randint(9, (50,)), torch.randint(9, (41,))
    joined = torch.cat([before[-(8 - stride + 1) :], ids])
    log_p = lesson.log_probabilities(model, joined, stride)
    assert len(log_p) == 41
    nats = lesson.nats_per_character(model, ids, before, stride)
    assert nats == pytest.approx(-log_p.mean(), rel=1e-6)


def test_a_line_is_learnt_and_written():
    line = "to be or not to be, that is the question\n"
    vocab = sorted(set(line))
    model = small_model(len(vocab), 16, awake=False)
    ids = torch.from_numpy(encode(line * 20, vocab))
    training = lesson.TextTraining(model, ids, B=8, lr=0.02)
    losses = [training.step(k / 200) for k in range(200)]
    assert losses[0] > 2 and losses[-1] < 0.3
    written = lesson.write(model, vocab, line, 60, tau=0.01)
    assert written == (2 * line)[:60]


def test_training_is_the_same_with_the_same_seed():
    ids, losses = torch.randint(9, (500,)), []
    for _ in range(2):
        torch.manual_seed(3)
        training = lesson.TextTraining(small_model(), ids, seed=3)
        losses.append([training.step(k / 5) for k in range(5)])
    assert losses[0] == losses[1]


def test_the_rate_warms_up_and_falls():
    training = lesson.TextTraining(small_model(), torch.randint(9, (500,)), lr=1.0, warmup=0.25)
    rates = []
    for progress in (0, 0.125, 0.25, 0.625, 0.999):
        training.step(progress)
        rates.append(training.optimizer.param_groups[0]["lr"])
    np.testing.assert_allclose(rates, [0, 0.5, 1, 0.5, 0.001 / 0.75])


def test_the_ladder_ends_where_the_lesson_cuts_it():
    names = list(data.record("benchmarks/ladder.json")["results"])
    assert names.index("LSTM") == names.index("Transformer") - 1
