"""The one place that knows the arrays of three frameworks."""

import numpy as np

__all__ = ["to_numpy"]


def to_numpy(x) -> np.ndarray:
    """Turn a number, list, NumPy array, torch tensor or TensorFlow tensor into a NumPy array."""
    if hasattr(x, "detach"):
        x = x.detach().cpu()
        if str(x.dtype) == "torch.bfloat16":  # NumPy has no such type
            x = x.float()
    if hasattr(x, "numpy"):
        x = x.numpy()
    array = np.asarray(x)
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array
