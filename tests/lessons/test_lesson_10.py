"""Lesson 10: the modern pieces, the training and the scoring of the notebook; its benchmark."""

import json
import math

import benchmark
import notebook_code
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional as F  # noqa: E402

NOTEBOOK = next(notebook_code.NOTEBOOKS.glob("08_*.ipynb"))
COURSE, RECIPE = "the course", "README recipe"


@pytest.fixture(scope="module")
def lesson():
    return notebook_code.load("08")


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def small_model(lesson, vocab_size=9, block_size=8, awake=True, **options):
    model = lesson.CharTransformer(vocab_size, block_size, d=16, n_head=2, n_layer=2, **options)
    if awake:  # the matrices that write to the stream start at zero
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return model


@pytest.mark.parametrize("shape", [(5,), (1, 1), (2, 3, 7)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rms_norm_equals_torch(lesson, shape, dtype):
    x = torch.randn(shape, dtype=dtype)
    theirs = F.rms_norm(x, shape[-1:], eps=1e-6)
    torch.testing.assert_close(lesson.rms_norm(x), theirs)
    torch.testing.assert_close(torch.tensor(lesson.rms_norm(x.numpy())), theirs)


@pytest.mark.parametrize("d_k", [2, 4, 32])
def test_rotation_is_a_product_of_complex_numbers(lesson, d_k):
    x = torch.randn(3, 11, d_k, dtype=torch.float64)
    cos, sin = lesson.rotary_tables(11, d_k)
    frequencies = 10_000.0 ** (-torch.arange(d_k // 2, dtype=torch.float64) * 2 / d_k)
    angles = torch.arange(11)[:, None] * frequencies
    points = torch.complex(*x.chunk(2, dim=-1)) * torch.polar(torch.ones_like(angles), angles)
    expected = torch.cat([points.real, points.imag], dim=-1)
    torch.testing.assert_close(lesson.rotate(x, cos, sin), expected)


@pytest.mark.parametrize("shape", [(4, 6, 6), (3, 5, 12), (3, 12, 5), (1, 1, 4), (2, 1, 1)])
def test_orthogonalise_moves_singular_values_only(lesson, shape):
    G = torch.randn(shape, dtype=torch.float64)
    U, sigma, Vt = torch.linalg.svd(G, full_matrices=False)
    start = sigma / G.norm(dim=(1, 2))[:, None]
    expected = U @ torch.diag_embed(lesson.polynomial(start)) @ Vt
    torch.testing.assert_close(lesson.orthogonalise(G), expected)
    alone = torch.cat([lesson.orthogonalise(one[None]) for one in G])
    torch.testing.assert_close(lesson.orthogonalise(G), alone)


def test_orthogonalise_leaves_zero_at_zero(lesson):
    assert (lesson.orthogonalise(torch.zeros(2, 3, 4)) == 0).all()


@pytest.mark.parametrize(("dtype", "tol"), [(torch.float32, 0.05), (torch.bfloat16, 0.015)])
@pytest.mark.parametrize("momentum", [0.0, 0.95])
def test_muon_moves_as_torchs(lesson, momentum, dtype, tol):
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


def test_attention_equals_torchs_on_rotated_queries_and_keys(lesson):
    layer = lesson.RotaryAttention(12, 3, 10)
    x = torch.randn(2, 7, 12)
    q, k, v = (lesson.split_heads(part, 3) for part in layer.qkv(x).chunk(3, dim=-1))
    cos, sin = (table.float() for table in lesson.rotary_tables(7, 4))
    q, k = lesson.rotate(q, cos, sin), lesson.rotate(k, cos, sin)
    heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    expected = layer.output(lesson.merge_heads(heads))
    torch.testing.assert_close(layer(x), expected)


def test_the_future_has_no_influence(lesson):
    model = small_model(lesson)
    ids = torch.randint(9, (3, 8))
    changed = ids.clone()
    changed[:, 5:] = (ids[:, 5:] + 1) % 9
    assert torch.equal(model(ids)[:, :5], model(changed)[:, :5])
    unmasked = small_model(lesson, causal=False)
    assert not torch.isclose(unmasked(ids)[:, :5], unmasked(changed)[:, :5]).all()


def test_a_fresh_block_is_the_identity(lesson):
    x = torch.randn(2, 5, 16)
    assert torch.equal(lesson.RotaryBlock(16, 2, 8)(x), x)


@pytest.mark.parametrize("stride", [1, 4, 8])
@pytest.mark.parametrize("length", [10, 33, 1000])
def test_every_character_is_scored_once(lesson, stride, length):
    model, T = small_model(lesson), 8
    ids = torch.randint(9, (length,))
    scored, first = lesson.log_probabilities(model, ids, stride), T - stride + 1
    assert scored.shape == (length - first,)
    for place in range(first, min(length, 60)):
        start = (place - first) // stride * stride
        with torch.no_grad():
            log_p = model(ids[None, start:place])[0, -1].log_softmax(dim=0)
        assert scored[place - first] == pytest.approx(log_p[ids[place]].item(), abs=1e-4)


def test_nats_score_the_text_and_not_what_comes_before(lesson):
    model = small_model(lesson)
    before, ids = torch.randint(9, (50,)), torch.randint(9, (41,))
    for stride in (4, 8):
        joined = torch.cat([before[-(8 - stride + 1) :], ids])
        log_p = lesson.log_probabilities(model, joined, stride)
        assert len(log_p) == 41
        assert lesson.nats(model, before, ids, stride) == pytest.approx(-log_p.mean(), rel=1e-6)


def test_a_line_is_learnt_and_written(lesson):
    line = "to be or not to be, that is the question\n"
    vocab = sorted(set(line))
    model = small_model(lesson, len(vocab), 16, awake=False)
    training = lesson.TextTraining(model, lesson.encode(line * 20, vocab))
    step = lesson.falling_rate(training, 150)
    losses = [step() for _ in range(150)]
    assert losses[0] > 2 and losses[-1] < 0.3
    assert training.muon.lr < 2e-4
    written = lesson.write(model, vocab, line, 60, tau=0.01)
    assert written == (2 * line)[:60]


def test_training_is_the_same_with_the_same_seed(lesson):
    ids, losses = torch.randint(9, (500,)), []
    for _ in range(2):
        torch.manual_seed(3)
        training = lesson.TextTraining(small_model(lesson), ids, seed=3)
        losses.append([training.step(0.0) for _ in range(5)])
    assert losses[0] == losses[1]


def test_the_baseline_is_the_readmes(lesson):
    model, _ = benchmark.recipe_training(
        lesson, benchmark.RECIPES[RECIPE], 65, torch.randint(65, (500,)), 0
    )
    # nanoGPT prints 0.80M: all parameters but the positions'
    assert benchmark.trained_numbers(model) - 64 * 128 == 795_904
    assert model.output.weight is model.tokens.weight
    assert model.blocks[0].down.weight.std().item() == pytest.approx(0.02 / math.sqrt(8), rel=0.02)


def test_explicit_attention_changes_nothing_but_the_seconds(lesson):
    ids = torch.randint(65, (500,))
    models = [
        benchmark.recipe_training(lesson, benchmark.RECIPES[name], 65, ids, 0)[0]
        for name in (RECIPE, "explicit attention")
    ]
    with torch.no_grad():
        logits = [model(ids[None, :64]) for model in models]
    torch.testing.assert_close(*logits)


@pytest.mark.parametrize("name", benchmark.RECIPES)
def test_every_recipe_learns(lesson, name):
    ids = torch.arange(600) % 7
    model, step = benchmark.recipe_training(lesson, benchmark.RECIPES[name], 9, ids, 0)
    for k in range(20):
        step(k / 20)
    torch.set_float32_matmul_precision("highest")
    assert lesson.nats(model, ids, ids, 32) < 1.9  # ln 9 is 2.2


def stored(name: str) -> dict:
    return json.loads((benchmark.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_the_course_beats_the_readme_by_three_tenths_of_a_nat():
    results = stored("text")["results"]
    assert {run["seconds"][-1] for runs in results.values() for run in runs} == {90.0}
    recipe, course = (
        np.mean([run["held_nats_per_character"] for run in results[name]])
        for name in (RECIPE, COURSE)
    )
    assert len(results[RECIPE]) == len(results[COURSE]) == 3
    assert course <= recipe - 0.30


def test_the_readme_had_most_of_its_two_thousand_steps():
    for run in stored("text")["results"][RECIPE]:
        assert run["steps"][-1] >= 1500  # on a faster machine all, and more


def test_the_notebooks_rung_is_that_of_the_ladder():
    results = stored("ladder")["results"]
    rungs = [run["nats_per_character"] for run in results["Transformer"]]
    assert len(rungs) >= 3 and np.ptp(rungs) < 0.03
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    printed = "".join("".join(output.get("text", "")) for output in outputs)
    assert "within 0.03 of the published figure: True" in printed
