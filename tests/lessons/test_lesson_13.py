"""Lesson 13: the modern pieces and their training; the comparison that it shows."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from benchmarks import scoring, text
from helpers import data
from helpers.models import modern_llm as lesson
from helpers.models import transformer
from helpers.models.rnn import encode

COURSE, RECIPE = "the course", "README recipe"


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def small_model(vocab_size=9, block_size=8, awake=True, **options):
    model = lesson.CharTransformer(vocab_size, block_size, d=16, n_head=2, n_layer=2, **options)
    if awake:  # the matrices that write to the stream start at zero
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return model


@pytest.mark.parametrize("shape", [(5,), (1, 1), (2, 3, 7)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rms_norm_equals_torch(shape, dtype):
    x = torch.randn(shape, dtype=dtype)
    theirs = F.rms_norm(x, shape[-1:], eps=1e-6)
    torch.testing.assert_close(lesson.rms_norm(x), theirs)
    torch.testing.assert_close(torch.tensor(lesson.rms_norm(x.numpy())), theirs)


@pytest.mark.parametrize("d_k", [2, 4, 32])
def test_rotation_is_a_product_of_complex_numbers(d_k):
    x = torch.randn(3, 11, d_k, dtype=torch.float64)
    cos, sin = lesson.rotary_tables(11, d_k)
    frequencies = 10_000.0 ** (-torch.arange(d_k // 2, dtype=torch.float64) * 2 / d_k)
    angles = torch.arange(11)[:, None] * frequencies
    points = torch.complex(*x.chunk(2, dim=-1)) * torch.polar(torch.ones_like(angles), angles)
    expected = torch.cat([points.real, points.imag], dim=-1)
    torch.testing.assert_close(lesson.rotate(x, cos, sin), expected)


@pytest.mark.parametrize("shape", [(4, 6, 6), (3, 5, 12), (3, 12, 5), (1, 1, 4), (2, 1, 1)])
def test_orthogonalise_moves_singular_values_only(shape):
    G = torch.randn(shape, dtype=torch.float64)
    U, sigma, Vt = torch.linalg.svd(G, full_matrices=False)
    start = sigma / G.norm(dim=(1, 2))[:, None]
    expected = U @ torch.diag_embed(lesson.polynomial(start)) @ Vt
    torch.testing.assert_close(lesson.orthogonalise(G), expected)
    alone = torch.cat([lesson.orthogonalise(one[None]) for one in G])
    torch.testing.assert_close(lesson.orthogonalise(G), alone)


def test_orthogonalise_leaves_zero_at_zero():
    assert (lesson.orthogonalise(torch.zeros(2, 3, 4)) == 0).all()


@pytest.mark.parametrize(("dtype", "tol"), [(torch.float32, 0.05), (torch.bfloat16, 0.015)])
@pytest.mark.parametrize("momentum", [0.0, 0.95])
def test_muon_moves_as_torchs(momentum, dtype, tol):
    shapes = [(24, 16), (16, 24), (16, 24), (16, 16), (8, 40)]
    start = [torch.randn(shape) for shape in shapes]
    ours, theirs = ([torch.nn.Parameter(W.clone()) for W in start] for _ in range(2))
    mine = lesson.Muon(ours, 0.02, momentum, dtype)
    library = torch.optim.Muon(theirs, 0.02, weight_decay=0.0, momentum=momentum)
    for _ in range(3):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn_like(a)
            b.grad = a.grad.clone()
        mine.step()
        library.step()
    for a, b, W in zip(ours, theirs, start, strict=True):
        assert (a - b).abs().max() < tol * (b - W).abs().max()  # theirs computes in bfloat16


def test_attention_equals_torchs_on_rotated_queries_and_keys():
    layer = lesson.RotaryAttention(12, 3, 10)
    x = torch.randn(2, 7, 12)
    q, k, v = (transformer.split_heads(part, 3) for part in layer.qkv(x).chunk(3, dim=-1))
    cos, sin = (table.float() for table in lesson.rotary_tables(7, 4))
    q, k = lesson.rotate(q, cos, sin), lesson.rotate(k, cos, sin)
    heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    expected = layer.output(transformer.merge_heads(heads))
    torch.testing.assert_close(layer(x), expected)


def test_the_future_has_no_influence():
    model = small_model()
    ids = torch.randint(9, (3, 8))
    changed = ids.clone()
    changed[:, 5:] = (ids[:, 5:] + 1) % 9
    assert torch.equal(model(ids)[:, :5], model(changed)[:, :5])
    unmasked = small_model(causal=False)
    assert not torch.isclose(unmasked(ids)[:, :5], unmasked(changed)[:, :5]).all()


def test_a_fresh_block_is_the_identity():
    x = torch.randn(2, 5, 16)
    assert torch.equal(lesson.RotaryBlock(16, 2, 8)(x), x)


def test_a_line_is_learnt_and_written():
    line = "to be or not to be, that is the question\n"
    vocab = sorted(set(line))
    model = small_model(len(vocab), 16, awake=False)
    training = lesson.MuonTraining(model, torch.from_numpy(encode(line * 20, vocab)))
    losses = [training.step(k / 150) for k in range(150)]
    assert losses[0] > 2 and losses[-1] < 0.3
    assert training.muon.lr < 2e-4
    written = transformer.write(model, vocab, line, 60, tau=0.01)
    assert written == (2 * line)[:60]


def test_training_is_the_same_with_the_same_seed():
    ids, losses = torch.randint(9, (500,)), []
    for _ in range(2):
        torch.manual_seed(3)
        training = lesson.MuonTraining(small_model(), ids, seed=3)
        losses.append([training.step(0.0) for _ in range(5)])
    assert losses[0] == losses[1]


def recipe(name, vocab_size, ids):
    return text.RecipeTraining(name, vocab_size, ids, ids)


def test_the_baseline_is_the_readmes():
    model = recipe(RECIPE, 65, torch.randint(65, (500,))).model
    # nanoGPT prints 0.80M: all parameters but the positions'
    assert scoring.parameters(model) - 64 * 128 == 795_904
    assert model.output.weight is model.tokens.weight
    assert model.blocks[0].down.weight.std().item() == pytest.approx(0.02 / math.sqrt(8), rel=0.02)


def test_explicit_attention_changes_nothing_but_the_seconds():
    ids = torch.randint(65, (500,))
    models = [recipe(name, 65, ids).model for name in (RECIPE, "explicit attention")]
    with torch.no_grad():
        logits = [model(ids[None, :64]) for model in models]
    torch.testing.assert_close(*logits)


@pytest.mark.parametrize("name", text.RECIPES)
def test_every_recipe_learns(name):
    training = recipe(name, 9, torch.arange(600) % 7)
    for k in range(20):
        training.step(k / 20)
    assert torch.get_float32_matmul_precision() == "highest"
    assert training.nats(32) < 1.9  # ln 9 is 2.2


def test_the_course_beats_the_readme_by_three_tenths_of_a_nat():
    results = data.record("benchmarks/text.json")["results"]
    assert {run["seconds"][-1] for runs in results.values() for run in runs} == {90.0}
    readme, course = (
        np.mean([run["held_nats_per_character"] for run in results[name]])
        for name in (RECIPE, COURSE)
    )
    assert len(results[RECIPE]) == len(results[COURSE]) == 3
    assert course <= readme - 0.30


def test_the_readme_had_most_of_its_two_thousand_steps():
    for run in data.record("benchmarks/text.json")["results"][RECIPE]:
        assert run["steps"][-1] >= 1500  # on a faster machine all, and more


def test_the_ladders_rung_does_not_hang_on_its_seed():
    runs = data.record("benchmarks/ladder.json")["results"]["Transformer"]
    rungs = [run["nats_per_character"] for run in runs]
    assert len(rungs) >= 3 and np.ptp(rungs) < 0.03
