"""Lesson 02: the engine and the network of the notebook, loaded from its cells."""

import ast
import json
from pathlib import Path

import notebook_code
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

NOTEBOOK = next(notebook_code.NOTEBOOKS.glob("02_*.ipynb"))


@pytest.fixture(scope="module")
def lesson():
    return notebook_code.load("02")


# What a graph is made of. Each step takes the arrays made so far and returns one more; the same
# function works on nodes of the engine and on torch tensors, whose names are the same.
AXES = st.sampled_from([None, 0, 1, (0, 1)])
UNARY = {
    "negative": lambda a: -a,
    "exp": lambda a: (0.3 * a).exp(),
    "log": lambda a: (a * a + 0.7).log(),
    "tanh": lambda a: a.tanh(),
    "relu": lambda a: a.relu(),
    "power": lambda a: (a * a + 0.4) ** 1.7,
    "cube": lambda a: a**3,
    "reciprocal": lambda a: 2.0 / (a * a + 1.3),
    "reflected": lambda a: 1.5 - (0.5 + a),
}
BINARY = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b * b + 0.9),
    "itself": lambda a, b: a * a - b,
}
LENGTHS = st.integers(1, 4)


@st.composite
def graphs(draw):
    """A random calculation: the leaves (float64 arrays), and a function of leaves in a list."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(LENGTHS), draw(LENGTHS)
    # Shapes that broadcast with each other.
    full, row, column = (rows, columns), (columns,), (rows, 1)
    shapes = [full, *draw(st.lists(st.sampled_from([full, row, column, (1, 1), ()]), max_size=3))]
    leaves = [rng.normal(size=shape) for shape in shapes]
    steps = []
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(
            st.sampled_from(["unary", "binary", "matmul", "reduce", "rows", "slice", "reshape"])
        )
        where = draw(st.integers(0, 100)), draw(st.integers(0, 100))
        if kind == "unary":
            how = draw(st.sampled_from(sorted(UNARY)))
        elif kind == "binary":
            how = draw(st.sampled_from(sorted(BINARY)))
        elif kind == "matmul":
            leaves.append(rng.normal(size=(columns, columns)))
            how = len(leaves) - 1
        elif kind == "reduce":
            how = draw(st.sampled_from(["sum", "mean", "amax"])), draw(AXES), draw(st.booleans())
        elif kind == "rows":  # with repetitions
            how = draw(st.lists(st.integers(0, rows - 1), min_size=rows, max_size=rows))
        elif kind == "slice":
            how = draw(st.integers(0, columns - 1))
        else:
            how = None
        steps.append((kind, how, where))

    def calculate(leaves):
        whole = leaves[0]
        made = list(leaves[: len(shapes)])
        for kind, how, (i, j) in steps:
            a, b = made[i % len(made)], made[j % len(made)]
            big = a + 0.0 * whole  # of the full shape, whatever a was
            if kind == "unary":
                result = UNARY[how](a)
            elif kind == "binary":
                result = BINARY[how](a, b)
            elif kind == "matmul":
                result = big @ leaves[how]
            elif kind == "reduce":
                name, axis, keepdims = how
                axis = (0, 1) if axis is None and name == "amax" else axis  # torch asks for one
                keepdims = keepdims if axis is not None else False
                result = (
                    big - getattr(big, name)(axis=axis, keepdims=True)
                    if keepdims
                    else (getattr(big, name)(axis=axis) * 0.5)
                )
                if not keepdims and axis == 1:
                    result = result.reshape(-1, 1)  # a column again
            elif kind == "rows":
                result = big[how]
            elif kind == "slice":
                result = big[:, how : how + 1] * b
            else:
                result = big.reshape(-1).reshape(columns, rows).reshape(rows, columns)
            made.append(result.tanh() * 1.3)
        total = 0.0
        for number, array in enumerate(made):
            total = total + (array * (0.2 + 0.1 * number)).sum()
        for leaf in leaves:  # every leaf takes part
            total = total + (leaf * leaf).sum()
        return total

    return leaves, calculate


@given(graph=graphs())
@settings(deadline=None, max_examples=200)
def test_engine_equals_torch_on_random_graphs(lesson, graph):
    leaves, calculate = graph
    nodes = [lesson.Node(leaf) for leaf in leaves]
    tensors = [torch.tensor(leaf, requires_grad=True) for leaf in leaves]
    value, expected = calculate(nodes), calculate(tensors)
    assume(torch.isfinite(expected))
    assert value.value.shape == ()
    np.testing.assert_allclose(value.value, expected.item(), rtol=1e-9, atol=1e-12)
    value.backward()
    expected.backward()
    scale = max(float(t.grad.abs().max()) for t in tensors)
    for node, tensor in zip(nodes, tensors, strict=True):
        assert node.grad.shape == node.value.shape
        np.testing.assert_allclose(node.grad, tensor.grad.numpy(), rtol=1e-8, atol=1e-10 * scale)


@given(
    stack=st.lists(LENGTHS, max_size=2), n=LENGTHS, m=LENGTHS, k=LENGTHS, seed=st.integers(0, 999)
)
@settings(deadline=None, max_examples=50)
def test_stacked_matrix_products(lesson, stack, n, m, k, seed):
    rng = np.random.default_rng(seed)
    arrays = rng.normal(size=(*stack, n, m)), rng.normal(size=(m, k)), rng.normal(size=(n, k))
    nodes = [lesson.Node(a) for a in arrays]
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    for a, b, weights in (nodes, tensors):
        ((a @ b) * weights).tanh().sum().backward()
    for node, tensor in zip(nodes, tensors, strict=True):
        np.testing.assert_allclose(node.grad, tensor.grad.numpy(), rtol=1e-8, atol=1e-12)


def test_numpy_array_on_the_left_gives_a_node(lesson):
    array, node = np.arange(6.0).reshape(2, 3), lesson.Node(np.ones((2, 3)))
    assert isinstance(array + node, lesson.Node)
    assert isinstance(array - node, lesson.Node)
    assert isinstance(array * node, lesson.Node)
    assert isinstance(array / node, lesson.Node)
    assert isinstance(array.T @ node, lesson.Node)


def test_second_backward_starts_anew(lesson):
    x = lesson.Node(3.0)
    y = x * x
    y.backward()
    y.backward()
    assert x.grad == 6.0


def test_deep_graph_needs_no_recursion(lesson):
    x = lesson.Node(1.0)
    y = x
    for _ in range(5000):
        y = y + 1.0
    y.backward()
    assert x.grad == 1.0


def test_engine_is_at_most_80_lines_and_its_class_at_most_30():
    cells = json.loads(Path(NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    engine = ["".join(c["source"]) for c in cells if "engine" in c["metadata"].get("tags", [])]
    assert all(
        "define" in c["metadata"]["tags"]
        for c in cells
        if "engine" in c["metadata"].get("tags", [])
    )
    lines = [line for source in engine for line in source.splitlines() if line.strip()]
    assert 40 < len(lines) <= 80
    classes = [
        node
        for source in engine
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
    ]
    assert [node.name for node in classes] == ["Node"]
    assert classes[0].end_lineno - classes[0].lineno + 1 <= 30
    functions = [sum(isinstance(n, ast.FunctionDef) for n in ast.parse(s).body) for s in engine]
    assert max(functions) <= 2  # one operation a cell, with its own helper at most


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=5),
    B=st.integers(1, 7),
    seed=st.integers(0, 999),
)
@settings(deadline=None, max_examples=60)
def test_mlp_equals_torch(lesson, sizes, B, seed):
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


def test_training_stays_in_float32(lesson):
    rng = np.random.default_rng(0)
    mlp = lesson.MLP((784, 8, 10), rng)
    adam = lesson.Adam(mlp.params)
    images = rng.random((20, 28, 28), dtype=np.float32)
    lesson.training_step(mlp, adam, images, np.arange(20) % 10, rng, share=0.5)
    X, y = lesson.moved_batch(images, np.arange(20) % 10, 4, rng)
    delta = lesson.output_error(mlp.forward(X), y)
    assert X.dtype == delta.dtype == np.float32
    for array in [*mlp.params, *adam.m, *adam.v, *mlp.backward(delta)]:
        assert array.dtype == np.float32


@pytest.mark.parametrize("far", [0, 1])
def test_moved_batch_moves_all_its_images_alike(lesson, far):
    rng = np.random.default_rng(3)
    images = rng.random((20, 28, 28))
    X, y = lesson.moved_batch(images, np.arange(20), 6, rng, far)
    shifts = [(i, j) for i in range(-far, far + 1) for j in range(-far, far + 1)]
    moved = [np.roll(images[y], shift, axis=(1, 2)).reshape(6, -1) for shift in shifts]
    assert any(np.array_equal(X, expected) for expected in moved)


def test_adam_equals_torch(lesson):
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


def test_per_sample_network_descends_the_quadratic_cost(lesson):
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
