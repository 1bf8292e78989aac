"""Python reads this when it starts with this folder on its path: `course.py test --other-seed N`.

Every seed that a lesson gives to NumPy or PyTorch is moved, so that a claim is tried with other
random numbers. What TensorFlow draws is moved by session.start, which reads the same variable.
"""

import os

import numpy as np
import torch

SHIFT = int(os.environ["COURSE_OTHER_SEED"])
default_rng, manual_seed = np.random.default_rng, torch.manual_seed


def moved_rng(seed=None):
    numbers = isinstance(seed, int | np.integer | list | tuple)  # not a generator or its like
    return default_rng([*np.atleast_1d(seed), SHIFT] if numbers else seed)


class MovedGenerator(torch.Generator):
    def manual_seed(self, seed):
        return super().manual_seed(seed + SHIFT)


np.random.default_rng = moved_rng
torch.manual_seed = lambda seed: manual_seed(seed + SHIFT)
torch.Generator = MovedGenerator
