"""How an argument or a result is shown in a message."""

import re

import numpy as np
import pytest

from helpers.exercises.compare import describe


def test_a_long_array_is_cut_after_a_whole_number():
    array = np.arange(36).reshape(3, 4, 3) / 7 * 1e9
    text, shape = describe(array).split(", …")
    assert shape == ", shape (3, 4, 3)"
    assert 350 < len(text) <= 400
    shown = [float(number) for number in re.findall(r"[\d.e+]+", text)]
    assert shown == pytest.approx(array.ravel()[: len(shown)], rel=1e-6)
    assert describe(np.arange(3.0)) == "[0., 1., 2.], shape (3,)"
    assert describe(np.array(["a" * 600])).endswith("aaa, …, shape (1,)")


def test_an_optimizer_is_shown_by_its_name_and_learning_rate():
    torch = pytest.importorskip("torch")
    weights = [torch.zeros(2, requires_grad=True)]
    assert describe(torch.optim.SGD(weights, lr=1)) == "SGD, lr 1"
    assert describe(torch.optim.Adam(weights, lr=3e-4)) == "Adam, lr 0.0003"
    groups = [{"params": weights, "lr": torch.tensor(0.5)}]
    assert describe(torch.optim.AdamW(groups)) == "AdamW, lr 0.5"
