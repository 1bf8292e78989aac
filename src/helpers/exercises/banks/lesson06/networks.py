"""Small networks for exercises 06.3 to 06.5, and copies of their weights.

PyTorch is imported where it is used: looking up an exercise must not wait for it.
"""

import itertools

import numpy as np

__all__ = ["linear", "named", "network", "tensor"]


def network(rng, *sizes):
    """A network (B, sizes[0]) → (B, sizes[-1]), tanh between its layers, weights drawn by rng."""
    import torch

    layers = []
    for n_in, n_out in itertools.pairwise(sizes):
        layer = linear(n_in, n_out)
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.copy_(torch.from_numpy(rng.normal(0, 0.8, size=parameter.shape)))
        layers += [layer, torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


def linear(n_in, n_out, bias=True):
    """A linear layer, its numbers not yet set: nothing is drawn from the learner's generator."""
    import torch

    return torch.nn.utils.skip_init(torch.nn.Linear, n_in, n_out, bias=bias)


def tensor(array):
    """A NumPy array of any shape as a float32 tensor."""
    import torch

    return torch.from_numpy(array.astype(np.float32))


def named(owner, network):
    """Copies of a module's tensors, by names that begin with the owner's: {"gen.0.bias": …}."""
    return {f"{owner}.{name}": t.detach().clone() for name, t in network.state_dict().items()}
