"""Exercise 03.6 with answers as readers write them: wrong ones and right ones."""

import numpy as np
from reader_answers import refused, right, wrong

from helpers.exercises import exercise

DROPOUT = exercise("03.6")


@wrong("03.6", "mask_inverted")
def other_elements(delta, mask, keep, rng):
    return np.where(mask, 0, delta / keep)


@wrong("03.6", "scaled_twice")
def once_for_each_way(delta, mask, keep, rng):
    return delta / keep * (mask / keep)


@wrong("03.6", "scaled_by_what_was_kept")
def share_counted(delta, mask, keep, rng):
    return delta * mask * mask.size / np.count_nonzero(mask)


@wrong("03.6", "derivative_without_error")
def layer_alone(delta, mask, keep, rng):
    return mask.astype(float) / keep


@wrong("03.6", "mask_drawn_anew")
def drawn_once_more(delta, mask, keep, rng):
    again = rng.uniform(size=mask.shape) < keep
    return np.where(again, delta / keep, 0)


@wrong("03.6", "scale_forgotten")
def mask_only(delta, mask, keep, rng):
    delta[~mask] = 0
    return delta


@wrong("03.6", "scaled_by_what_was_dropped")
def share_to_drop(delta, mask, keep, rng):
    drop = keep
    return mask * delta / (1 - drop)


@wrong("03.6", "scaled_by_keep")
def share_as_factor(delta, mask, keep, rng):
    return keep * np.where(mask, delta, 0)


@wrong("03.6", "mask_forgotten")
def no_mask(delta, mask, keep, rng):
    return delta * (1 / keep)


@refused("03.6", "wrong")
def drawn_in_another_way(delta, mask, keep, rng):
    return delta * rng.binomial(1, keep, size=delta.shape) / keep


@refused("03.6", "wrong", "−1 times the right one throughout")
def other_sign(delta, mask, keep, rng):
    return -delta * mask / keep


@right("03.6")
def by_where(delta, mask, keep, rng):
    return np.where(mask, delta / keep, 0)


@right("03.6")
def in_place(delta, mask, keep, rng):
    delta = delta.copy()
    delta[np.logical_not(mask)] = 0
    delta /= keep
    return delta


@right("03.6")
def by_lists(delta, mask, keep, rng):
    rows = zip(delta.tolist(), mask.tolist(), strict=True)
    return [[d / keep if m else 0.0 for d, m in zip(*row, strict=True)] for row in rows]


@right("03.6")
def in_float32(delta, mask, keep, rng):
    return np.float32(delta) * mask.astype(np.float32) / np.float32(keep)


@right("03.6")
def by_einsum(delta, mask, keep, rng):
    return np.einsum("bh,bh->bh", delta, mask / keep)


@right("03.6")
def masked_array(delta, mask, keep, rng):
    return np.ma.array(delta / keep, mask=~mask).filled(0)


@right("03.6")
def by_autograd(delta, mask, keep, rng):
    import torch

    a = torch.zeros(delta.shape, requires_grad=True)
    (torch.from_numpy(mask) * a / keep).backward(torch.tensor(delta, dtype=torch.float32))
    return a.grad
