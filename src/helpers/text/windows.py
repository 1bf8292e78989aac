"""Windows of a long text for training, in an order that depends on the step alone."""

import numpy as np

__all__ = ["shuffled"]


def shuffled(ids: np.ndarray, length: int, batch: int, seed: int, step: int) -> np.ndarray:
    """The windows of one step, (batch, length + 1): inputs, and targets one further.

    In every epoch the text `ids` (N,) is cut at another offset, and its windows come in another
    order. Both follow from the seed and the number of the step, so that a run can go on anywhere.

    Raises:
        ValueError: the text is too short for two windows.
    """
    count = (len(ids) - 1) // length - 1  # windows of an epoch, whatever its offset
    if count < 1:
        short = f"The training part has {len(ids):,} tokens, but {2 * length + 1:,} are needed."
        raise ValueError(short)
    epochs, places = np.divmod(np.arange(step * batch, (step + 1) * batch), count)
    starts = np.empty_like(places)
    for epoch in np.unique(epochs):  # mostly one; two where an epoch ends within the batch
        rng = np.random.default_rng([seed, epoch])
        offset, order = rng.integers(length), rng.permutation(count)
        starts[epochs == epoch] = offset + length * order[places[epochs == epoch]]
    return ids[starts[:, None] + np.arange(length + 1)]
