"""The cases of the exercises: the first one can be worked by hand, and the edges are there."""

import math

import numpy as np
import pytest
from readers.lesson04_embeddings import careless_embedding_gradient

from helpers.arrays import to_numpy
from helpers.exercises import bank, exercise

# By lesson, of the first case of each exercise:
MOST_TOGETHER = {"01": 9, "10": 12, "11": 16}  # numbers in all arguments
MOST_EACH = {"02": 6, "04": 6, "06": 2, "08": 4, "12": 1}  # numbers in one argument, in one weight
PARTS_OF_ONE = {"01": 20, "02": 10, "08": 1, "10": 1}  # 20: such as 0.3 or 0.75, not −0.001246
LARGEST = {"01": 4}

RESULTS = {  # of the first case; a tuple where there are several
    "03.2": [5, 3, 3, 1],
    "04.1": [[1 / 4, 3 / 4], [1 / 2, 1 / 2]],
    "04.2": [0, 2 / 3, 1 / 3],
    "04.3": 2,  # four equally likely characters
    "04.4": ([0, 1, 0], [1, 0, 2], [-4, -5, -6]),
    "04.5": [[5], [0], [2], [0]],
    "05.1": 3 + 1.5 - 0.5,
    "05.2": 0,
    "05.3": 7,
    "05.4": [2, 2, 0],
    "05.5": [(1 - 3) ** 2, (3 - 4) ** 2, (1 * 3 + 4 - 10) ** 2],
    "06.4": (4 - 3 + 10 * (5 - 1) ** 2, [[-1 + 80 * 0.6, 1 + 80 * 0.8]]),
    "08.1": [(1 + 4) / 2],
    "08.2": [[3, -2 - math.exp(-1)]],
    "08.3": -math.log(1 + math.exp(-2)) - math.log(2) - 0.5,
    "08.4": [0, math.log((math.e + 1 / math.e) / 2)],
    "08.5": 10,  # R² is ten times the mean squared error
    "08.6": 1 + 2,
    "12.1": (1, 3),
}


def arrays(value) -> list[np.ndarray]:
    """What an argument holds: of a network its weights, of words of several lengths one array."""
    if hasattr(value, "parameters"):
        return [to_numpy(weight) for weight in value.parameters()]
    if isinstance(value, list):
        return [np.hstack(value)]
    return [np.asarray(value.detach() if hasattr(value, "detach") else value)]


@pytest.mark.parametrize(
    "id", [id for lesson in sorted({*MOST_TOGETHER, *MOST_EACH}) for id in bank(lesson)]
)
def test_the_first_case_can_be_worked_by_hand(id):
    lesson = id[:2]
    found = [array for value in exercise(id).all_cases()[0] for array in arrays(value)]
    assert sum(array.size for array in found) <= MOST_TOGETHER.get(lesson, math.inf)
    assert max(array.size for array in found) <= MOST_EACH.get(lesson, math.inf)
    if lesson in LARGEST:
        assert max(np.abs(array).max() for array in found) <= LARGEST[lesson]
    if lesson in PARTS_OF_ONE:
        parts = PARTS_OF_ONE[lesson] * np.concatenate([array.ravel() for array in found])
        np.testing.assert_allclose(parts, np.round(parts), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("id", "expected"), RESULTS.items(), ids=RESULTS)
def test_the_first_result_is_the_one_worked_by_hand(id, expected):
    entry = exercise(id)
    result = entry.answer(*entry.all_cases()[0])
    several = isinstance(expected, tuple)
    for found, by_hand in zip(result, expected, strict=True) if several else [(result, expected)]:
        np.testing.assert_allclose(to_numpy(found), by_hand, rtol=1e-6, atol=1e-12)


def test_a_transposed_gradient_shows_in_the_first_case():
    _, W, _ = exercise("01.1").all_cases()[0]
    assert W.shape[0] != W.shape[1]


def test_one_layer_passes_no_error_on():
    assert (1, (2, 3)) in exercise("03.1").all_cases()


def test_dropout_keeps_all_and_drops_all():
    shares = {keep for _, _, keep, _ in exercise("03.6").all_cases()}
    masks = [mask for _, mask, _, _ in exercise("03.6").all_cases()]
    assert 1.0 in shares
    assert any(mask.all() for mask in masks) and any(not mask.any() for mask in masks)


def test_language_models_meet_their_edges():
    batches = exercise("04.5").all_cases()
    assert max(x.size for x, *_ in batches) == 2000
    assert any(np.unique(x).size == x.size for x, *_ in batches)  # no token occurs twice
    assert any(x.max() + 1 < vocab_size for x, _, vocab_size in batches)


def test_the_careless_embeddings_of_the_lesson_are_right_for_three_different_tokens():
    """The lesson says so: its mistakes need a token that repeats, or one that does not occur."""
    entry, careless = exercise("04.5"), careless_embedding_gradient
    case = next(case for case in entry.all_cases() if case[0].tolist() == [[0, 1, 2]])
    np.testing.assert_array_equal(careless(*case), entry.answer(*case))


def test_choices_of_tokens_meet_their_edges():
    at_one = [probabilities for probabilities, p in exercise("04.2").all_cases() if p == 1]
    assert any(np.cumsum(np.sort(q)[::-1])[-1] < 1 for q in at_one)
    beams = exercise("04.4").all_cases()
    assert any(width == log_probs.size for _, log_probs, _, width in beams)
    assert any(finished.all() for *_, finished, _ in beams)
