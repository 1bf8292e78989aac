"""Exercise 08.6: free bits. What is right, and the known mistakes."""

import numpy as np

from helpers.exercises.engine import Exercise


def free_bits(kl, free):
    return np.maximum(kl.mean(axis=0), free).sum()


def excess_over_the_floor(kl, free):
    """right, shifted: you count what each dimension pays above its free nats, so your value is the
    asked one minus d_z · free. The slopes are the same."""
    return np.maximum(kl.mean(axis=0) - free, 0).sum()


def floor_on_the_total(kl, free):
    """Your function compares the total KL of the batch with `free`. One busy dimension then pays
    for all, and the others may collapse. Compare each dimension's mean with `free`, then sum."""
    return np.maximum(kl.mean(axis=0).sum(), free)


def floor_of_all_dimensions_on_the_total(kl, free):
    """Your function compares the total KL of the batch with d_z · free. One busy dimension may then
    use up what is free for all, and the others collapse. Compare each dimension's mean with
    `free`, then sum."""
    return np.maximum(kl.mean(axis=0).sum(), free * kl.shape[1])


def minimum_for_maximum(kl, free):
    """Your function takes the minimum. Then what lies above `free` costs nothing, and what lies
    below is still pushed to zero: the opposite of the aim. Take the maximum."""
    return np.minimum(kl.mean(axis=0), free).sum()


def floor_for_every_sample(kl, free):
    """Your function takes the maximum for every sample, before the mean over the batch. Then a
    dimension may not be silent for one image and busy for another. Average over the batch first."""
    return np.maximum(kl, free).mean(axis=0).sum()


def maximum_left_out(kl, free):
    """Your function returns the mean KL as it is. A dimension whose mean lies below `free` should
    count as `free`."""
    return kl.mean(axis=0).sum()


def mean_over_dimensions(kl, free):
    """Your function averages over the latent dimensions. Take the mean over the batch, the maximum
    with `free`, and the sum over the dimensions."""
    return np.maximum(kl.mean(axis=0), free).mean()


def summed_over_batch(kl, free):
    """Your function sums each dimension's KL over the batch. The sum grows with the batch, and soon
    lies above any `free`: take the mean over axis 0."""
    return np.maximum(kl.sum(axis=0), free).sum()


def mean_over_axis_1(kl, free):
    """Your function takes the mean over axis 1, the latent dimensions, and compares each sample
    with `free`. The batch is axis 0: average over it, and compare each dimension."""
    return np.maximum(kl.mean(axis=1), free).sum()


def nothing_below_free(kl, free):
    """Your function counts a dimension whose mean lies below `free` as 0, and the others in full.
    Then the penalty leaps as a mean passes `free`, and a dimension still gains by collapsing. Below
    `free` it counts as `free`: take the maximum."""
    means = kl.mean(axis=0)
    return np.where(means > free, means, 0.0).sum()


def free_added(kl, free):
    """Your function adds `free` to every mean. Its slope is then the same everywhere, and nothing
    is free. Take the maximum of a mean and `free`, not their sum."""
    return (kl.mean(axis=0) + free).sum()


def free_subtracted(kl, free):
    """Your function subtracts `free` from every mean and keeps what is negative. Then a dimension
    still gains by collapsing. Take the maximum of the mean and `free`."""
    return (kl.mean(axis=0) - free).sum()


def excess_of_every_sample(kl, free):
    """Your function counts what every sample pays above `free`, before the mean over the batch.
    Then a dimension may not be silent for one image and busy for another. Average over the batch
    first, and take the maximum with `free` after it."""
    return np.maximum(kl - free, 0).mean(axis=0).sum()


def one_value_a_dimension(kl, free):
    """Your function returns what each dimension counts. They are right: now sum over the
    dimensions."""
    return np.maximum(kl.mean(axis=0), free)


def free_bits_cases(rng):
    yield np.array([[0.0, 1.0], [1.0, 3.0]]), 1.0
    for B, d_z, free in ((4, 3, 0.5), (1, 4, 0.3), (5, 1, 1.5), (3, 6, 0.8)):
        yield rng.exponential(0.8, size=(B, d_z)) * rng.choice([0.1, 2.0], size=d_z), free
    yield np.array([[1.0, 2.0], [1.0, 4.0]]), 4.0  # all below what is free


EXERCISE = Exercise(
    id="08.6",
    title="Free bits",
    cases=free_bits_cases,
    answer=free_bits,
    hints=(
        "Which axis is the batch? Average over it first: one number for each dimension.",
        "A dimension below its free nats should count as `free`, so that nothing is gained by "
        "pushing it further down.",
        "np.maximum of the means with `free`, then the sum over the dimensions.",
    ),
    misconceptions=(
        floor_on_the_total,
        floor_of_all_dimensions_on_the_total,
        minimum_for_maximum,
        floor_for_every_sample,
        maximum_left_out,
        mean_over_dimensions,
        summed_over_batch,
        mean_over_axis_1,
        nothing_below_free,
        free_added,
        free_subtracted,
        excess_of_every_sample,
        one_value_a_dimension,
    ),
    accepted=(excess_over_the_floor,),
)
