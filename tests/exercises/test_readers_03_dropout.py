"""Exercise 03.6 with answers as readers write them: wrong ones and right ones."""

import numpy as np
import pytest
from reader_answers import assert_named, assert_right

from helpers.exercises import exercise

DROPOUT = exercise("03.6")


def other_elements(delta, mask, keep, rng):
    return np.where(mask, 0, delta / keep)


def once_for_each_way(delta, mask, keep, rng):
    return delta / keep * (mask / keep)


def share_counted(delta, mask, keep, rng):
    return delta * mask * mask.size / np.count_nonzero(mask)


def layer_alone(delta, mask, keep, rng):
    return mask.astype(float) / keep


def drawn_once_more(delta, mask, keep, rng):
    again = rng.uniform(size=mask.shape) < keep
    return np.where(again, delta / keep, 0)


def mask_only(delta, mask, keep, rng):
    delta[~mask] = 0
    return delta


def share_to_drop(delta, mask, keep, rng):
    drop = keep
    return mask * delta / (1 - drop)


def share_as_factor(delta, mask, keep, rng):
    return keep * np.where(mask, delta, 0)


def no_mask(delta, mask, keep, rng):
    return delta * (1 / keep)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (other_elements, "mask_inverted"),
        (once_for_each_way, "scaled_twice"),
        (share_counted, "scaled_by_what_was_kept"),
        (layer_alone, "derivative_without_error"),
        (drawn_once_more, "mask_drawn_anew"),
        (mask_only, "scale_forgotten"),
        (share_to_drop, "scaled_by_what_was_dropped"),
        (share_as_factor, "scaled_by_keep"),
        (no_mask, "mask_forgotten"),
    ],
)
def test_a_mistake_is_named(wrong, name):
    assert_named(DROPOUT.id, wrong, name)


def test_a_mask_drawn_in_another_way_is_rejected():
    def drawn(delta, mask, keep, rng):
        return delta * rng.binomial(1, keep, size=delta.shape) / keep

    assert DROPOUT.judge(drawn).kind == "wrong"


def test_the_other_sign_is_told_by_the_relation():
    verdict = DROPOUT.judge(lambda delta, mask, keep, rng: -delta * mask / keep)
    assert "−1 times the right one throughout" in verdict.text


def by_where(delta, mask, keep, rng):
    return np.where(mask, delta / keep, 0)


def in_place(delta, mask, keep, rng):
    delta[np.logical_not(mask)] = 0
    delta /= keep
    return delta


def by_lists(delta, mask, keep, rng):
    rows = zip(delta.tolist(), mask.tolist(), strict=True)
    return [[d / keep if m else 0.0 for d, m in zip(*row, strict=True)] for row in rows]


def in_float32(delta, mask, keep, rng):
    return np.float32(delta) * mask.astype(np.float32) / np.float32(keep)


def by_einsum(delta, mask, keep, rng):
    return np.einsum("bh,bh->bh", delta, mask / keep)


def masked_array(delta, mask, keep, rng):
    return np.ma.array(delta / keep, mask=~mask).filled(0)


def by_autograd(delta, mask, keep, rng):
    import torch

    a = torch.zeros(delta.shape, requires_grad=True)
    (torch.from_numpy(mask) * a / keep).backward(torch.tensor(delta, dtype=torch.float32))
    return a.grad


@pytest.mark.parametrize(
    "right", [by_where, in_place, by_lists, in_float32, by_einsum, masked_array, by_autograd]
)
def test_a_right_answer_in_another_style_is_accepted(right):
    assert_right(DROPOUT.id, right)


def test_the_edges_are_among_the_cases():
    shares = {keep for _, _, keep, _ in DROPOUT.all_cases()}
    masks = [mask for _, mask, _, _ in DROPOUT.all_cases()]
    assert 1.0 in shares
    assert any(mask.all() for mask in masks) and any(not mask.any() for mask in masks)
