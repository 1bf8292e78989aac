"""Lesson 03: its engine against PyTorch."""

import ast

import notebook
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.models import autodiff as lesson
from helpers.models.backpropagation import relu, sigmoid
from helpers.models.random_graphs import random_graph

torch = pytest.importorskip("torch")

LENGTHS = st.integers(1, 4)


def both(function, *values):
    """A function of leaves, on the engine and in PyTorch: value and slopes, compared."""
    nodes = [lesson.Node(value) for value in values]
    tensors = [torch.tensor(value, requires_grad=True) for value in values]
    ours, theirs = function(*nodes), function(*tensors)
    assert ours.value.shape == ()
    np.testing.assert_allclose(ours.value, theirs.item(), rtol=1e-9)
    ours.backward()
    theirs.backward()
    for node, tensor in zip(nodes, tensors, strict=True):
        assert node.grad.shape == node.value.shape
        np.testing.assert_allclose(node.grad, tensor.grad.numpy(), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_engine_equals_torch_on_random_graphs(seed):
    rng = np.random.default_rng(seed)
    leaves = [rng.normal(size=shape) for shape in ((3, 4), (4,), (3, 1), (4, 4))]
    both(lambda *leaves: random_graph(seed, *leaves), *leaves)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [0, 1, (0, 1)])
@pytest.mark.parametrize("name", ["sum", "mean", "amax"])
def test_reductions(name, axis, keepdims):
    value = np.random.default_rng(7).normal(size=(3, 4))
    value[0] = value[2].max() + 1  # several winners

    def reduced(a):
        return (getattr(a * a, name)(axis=axis, keepdims=keepdims) ** 1.7).sum()

    both(reduced, value)


@pytest.mark.parametrize("shape", [(), (1, 1), (4,), (3, 1), (3, 4)])
def test_broadcasting_both_ways(shape):
    rng = np.random.default_rng(8)
    big, small = rng.normal(size=(3, 4)), rng.normal(size=shape)
    both(lambda a, b: ((a * b + 1.5 - b) / (b * b + 0.9) * (2.0 / (a * a + 1.3))).sum(), big, small)
    both(lambda a, b: ((b * a - a) ** 3 + (-b) * 0.5).sum(), big, small)


@given(
    stack=st.lists(LENGTHS, max_size=2), n=LENGTHS, m=LENGTHS, k=LENGTHS, seed=st.integers(0, 999)
)
@settings(deadline=None, max_examples=50)
def test_stacked_matrix_products(stack, n, m, k, seed):
    rng = np.random.default_rng(seed)
    arrays = rng.normal(size=(*stack, n, m)), rng.normal(size=(m, k)), rng.normal(size=(n, k))
    nodes = [lesson.Node(a) for a in arrays]
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    for a, b, weights in (nodes, tensors):
        ((a @ b) * weights).tanh().sum().backward()
    for node, tensor in zip(nodes, tensors, strict=True):
        np.testing.assert_allclose(node.grad, tensor.grad.numpy(), rtol=1e-8, atol=1e-12)


def test_numpy_array_on_the_left_gives_a_node():
    array, node = np.arange(6.0).reshape(2, 3), lesson.Node(np.ones((2, 3)))
    assert isinstance(array + node, lesson.Node)
    assert isinstance(array - node, lesson.Node)
    assert isinstance(array * node, lesson.Node)
    assert isinstance(array / node, lesson.Node)
    assert isinstance(array.T @ node, lesson.Node)


def test_second_backward_starts_anew():
    x = lesson.Node(3.0)
    y = x * x
    y.backward()
    y.backward()
    assert x.grad == 6.0


def test_deep_graph_needs_no_recursion():
    x = lesson.Node(1.0)
    y = x
    for _ in range(5000):
        y = y + 1.0
    y.backward()
    assert x.grad == 1.0


def test_engine_is_at_most_80_lines_on_one_page_and_its_class_at_most_30():
    cells = notebook.read(notebook.lesson("03")).cells
    places = [k for k, cell in enumerate(cells) if "engine" in notebook.tags(cell)]
    assert all("define" in notebook.tags(cells[k]) for k in places)
    between = [cells[k] for k in range(places[0], places[-1]) if k not in places]
    assert all(cell["cell_type"] == "markdown" for cell in between)
    assert sum(len(cell["source"].split()) for cell in between) < 150  # nothing hides the whole
    engine = [cells[k]["source"] for k in places]
    lines = [line for source in engine for line in source.splitlines() if line.strip()]
    assert 40 < len(lines) <= 80
    bodies = [ast.parse(source).body for source in engine]
    classes = [node for body in bodies for node in body if isinstance(node, ast.ClassDef)]
    assert [node.name for node in classes] == ["Node"]
    assert classes[0].end_lineno - classes[0].lineno + 1 <= 30


@pytest.mark.parametrize("gain", [0.25, 1.5, 4])
def test_a_signal_grows_by_its_gain_in_every_layer(gain):
    """What the slider on Var W plays with: a factor on W is a factor on the signal."""
    names = {"np": np, "relu": relu, "sigmoid": sigmoid}
    cells = [
        cell["source"] for _, cell in notebook.code_cells(notebook.read(notebook.lesson("03")))
    ]
    exec(next(source for source in cells if "def mean_squares(" in source), names)
    mean_squares = names["mean_squares"]
    growth = gain ** np.arange(1, 21)
    for name in ("linear", "ReLU"):
        of_one = np.array(mean_squares(name, 1, seed=0, width=16))
        np.testing.assert_allclose(mean_squares(name, gain, seed=0, width=16), growth * of_one)
    bounded = np.array(mean_squares("tanh", gain, seed=0, width=16))
    assert np.all(bounded[1:] < gain * 2.5)  # what tanh passes on is at most 1
