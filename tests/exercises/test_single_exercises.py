"""What holds for one exercise alone, beside what readers answer."""

import numpy as np
import pytest
import torch
from readers.lesson02_and_03_slips import TABLE
from readers.lesson02_wrong_lines import as_it_was
from readers.lesson03 import from_the_engine
from readers.lesson03_slips import exponentials_in_place, shifted_in_place
from readers.lesson06_training import gen_with_new_noise, loop

from helpers.exercises import exercise
from helpers.models import autodiff


def test_the_careless_backward_pass_of_the_lesson_goes_wrong_from_delta2_on():
    """The lesson says that W3 and b3 are right, and that the four others are wrong."""
    entry = exercise("02.5")
    for case in entry.all_cases()[1:]:
        pairs = zip(as_it_was(*case), entry.answer(*case), strict=True)
        assert [np.allclose(mine, true) for mine, true in pairs] == [False] * 4 + [True] * 2


def test_a_wrong_pair_is_not_told_the_right_one():
    def one_wrong(line):
        return (1, 4) if line == 4 else TABLE[line]

    text = exercise("02.4").judge(one_wrong).text
    assert "\n    line = 4\n" in text
    assert "\n  got:\n    result 1: 1\n    result 2: 4\n" in text
    assert "expected" not in text and "differs" not in text


def test_softmax_joins_the_engine_as_the_lesson_says():
    softmax, rng = exercise("03.3").answer, np.random.default_rng(0)
    a = autodiff.Node(rng.normal(size=(3, 4)))
    value, weights = softmax(a.value, np.zeros((3, 4)))[0], rng.normal(size=(3, 4))
    node = autodiff.Node(value, [(a, lambda grad: softmax(a.value, grad)[1])])
    (node * weights).sum().backward()
    np.testing.assert_allclose(a.grad, from_the_engine(a.value, weights)[1])


def test_such_a_softmax_does_harm_in_the_engine():
    def gradient(function):
        a = autodiff.Node([[0.0, 1.0]])
        square = a * a  # its rule reads the value of a on the way back
        value = function(a.value, np.zeros((1, 2)))[0].copy()
        node = autodiff.Node(value, [(a, lambda grad: function(a.value, grad)[1])])
        ((square + node) * [[1.0, 2.0]]).sum().backward()
        return a.grad

    harmless = gradient(exercise("03.3").answer)
    assert not np.allclose(gradient(exponentials_in_place), harmless)
    assert not np.allclose(gradient(shifted_in_place), harmless)


@pytest.mark.parametrize("sizes", [(40, 60, 50, 30), (90, 20, 80)])
def test_the_variances_of_the_answer_keep_the_signal(sizes):
    rng, squares = np.random.default_rng(1), []
    variances = exercise("03.4").answer(sizes, 0.1)
    for _ in range(2000):
        a, found = rng.normal(0, np.sqrt(0.1), size=(4, sizes[0])), []
        for n_out, variance in zip(sizes[1:], variances, strict=True):
            u = a @ rng.normal(0, np.sqrt(variance), size=(a.shape[1], n_out))
            found.append((u**2).mean())
            a = np.maximum(u, 0)
        squares.append(found)
    np.testing.assert_allclose(np.mean(squares, axis=0), 1, atol=0.05)


def test_a_hint_tells_of_the_uniform_numbers():
    assert "uniforms" in exercise("05.4").hints[1]


@pytest.mark.parametrize("id", ["06.3", "06.4", "06.5"])
def test_a_check_leaves_the_learners_random_numbers_alone(id):
    entry = exercise(id)
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    entry.judge(entry.answer)
    entry.judge(entry.misconceptions[0])
    if id == "06.3":
        entry.judge(loop(gen_turn=gen_with_new_noise))
    assert torch.equal(torch.randn(3), expected)
