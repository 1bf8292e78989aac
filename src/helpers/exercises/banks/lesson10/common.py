"""What several exercises of lesson 10 compute with."""

import numpy as np

__all__ = ["softmax"]


def softmax(scores, axis=-1):
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)
