"""Lesson 02: its network, its optimiser and its batches, as the lesson defines them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.models import backpropagation as lesson

torch = pytest.importorskip("torch")


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=5),
    B=st.integers(1, 7),
    seed=st.integers(0, 999),
)
@settings(deadline=None, max_examples=60)
def test_mlp_equals_torch(sizes, B, seed):
    rng = np.random.default_rng(seed)
    mlp = lesson.MLP(sizes, rng, dtype=np.float64)
    for b in mlp.params[1::2]:
        b += rng.normal(size=b.shape)
    X, y = rng.normal(size=(B, sizes[0])), rng.integers(0, sizes[-1], size=B)
    logits = mlp.forward(X)
    grads = mlp.backward(lesson.output_error(logits, y))
    tensors = [torch.tensor(p, requires_grad=True) for p in mlp.params]
    a = torch.tensor(X)
    for W, b in zip(tensors[:-2:2], tensors[1:-2:2], strict=True):
        a = torch.relu(a @ W + b)
    expected = a @ tensors[-2] + tensors[-1]
    loss = torch.nn.functional.cross_entropy(expected, torch.tensor(y))
    loss.backward()
    np.testing.assert_allclose(logits, expected.detach().numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(lesson.cross_entropy(logits, y), loss.item(), rtol=1e-9, atol=1e-12)
    for mine, tensor in zip(grads, tensors, strict=True):
        np.testing.assert_allclose(mine, tensor.grad.numpy(), rtol=1e-7, atol=1e-12)


def test_training_stays_in_float32():
    rng = np.random.default_rng(0)
    mlp = lesson.MLP((784, 8, 10), rng)
    adam = lesson.Adam(mlp.params)
    images = rng.random((20, 28, 28), dtype=np.float32)
    lesson.training_step(mlp, adam, images, np.arange(20) % 10, rng, progress=0.5)
    X, y = lesson.moved_batch(images, np.arange(20) % 10, 4, rng)
    delta = lesson.output_error(mlp.forward(X), y)
    assert X.dtype == delta.dtype == np.float32
    for array in [*mlp.params, *adam.m, *adam.v, *mlp.backward(delta)]:
        assert array.dtype == np.float32


@pytest.mark.parametrize("far", [0, 1])
def test_moved_batch_moves_all_its_images_alike(far):
    rng = np.random.default_rng(3)
    images = rng.random((20, 28, 28))
    X, y = lesson.moved_batch(images, np.arange(20), 6, rng, far)
    shifts = [(i, j) for i in range(-far, far + 1) for j in range(-far, far + 1)]
    moved = [np.roll(images[y], shift, axis=(1, 2)).reshape(6, -1) for shift in shifts]
    assert any(np.array_equal(X, expected) for expected in moved)


def test_adam_equals_torch():
    rng = np.random.default_rng(1)
    start = rng.normal(size=(3, 4))
    mine, theirs = [start.copy()], torch.tensor(start, requires_grad=True)
    adam, optimizer = lesson.Adam(mine), torch.optim.Adam([theirs], lr=0.01)
    for _ in range(50):
        grad = rng.normal(size=(3, 4))
        adam.step([grad], lr=0.01)
        theirs.grad = torch.tensor(grad)
        optimizer.step()
    np.testing.assert_allclose(mine[0], theirs.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_per_sample_network_descends_the_quadratic_cost():
    rng = np.random.default_rng(2)
    network = lesson.PerSampleNetwork((5, 4, 3), rng)
    X, targets = rng.random((6, 5)), np.eye(3)[rng.integers(0, 3, size=6)]
    tensors = [torch.tensor(p, requires_grad=True) for p in (*network.W, *network.b)]
    a = torch.tensor(X)
    for W, b in zip(tensors[:2], tensors[2:], strict=True):
        a = torch.sigmoid(a @ W + b)
    cost = 0.5 * ((a - torch.tensor(targets)) ** 2).sum(dim=1).mean()
    cost.backward()
    expected = [(t - 3.0 * t.grad).detach().numpy() for t in tensors]
    lesson.per_sample_step(network, X, targets, lr=3.0)
    for mine, theirs in zip((*network.W, *network.b), expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)


def test_plain_training_is_gradient_descent():
    labels, images = np.arange(3), np.random.default_rng(4).random((3, 28, 28))
    mlp, twin = (lesson.MLP((784, 4, 3), np.random.default_rng(5)) for _ in range(2))
    losses = lesson.plain_training(mlp, images, labels, steps=2, lr=0.1)
    rng = np.random.default_rng(14)
    for expected in losses:
        X, y = lesson.moved_batch(images, labels, 64, rng)
        logits = twin.forward(X)
        assert lesson.cross_entropy(logits, y) == pytest.approx(expected)
        grads = twin.backward(lesson.output_error(logits, y))
        twin.params = [p - 0.1 * grad for p, grad in zip(twin.params, grads, strict=True)]
    for mine, theirs in zip(mlp.params, twin.params, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-7)
