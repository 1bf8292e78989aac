"""The shipped networks of lesson 07: a classifier that judges digits, and a generator that draws.

`python -m builders.digits` trained them. Their classes are the lesson's own.
"""

from pathlib import Path

import safetensors.torch
from torch import nn

from helpers import data, files
from helpers.models.dcgan import Classifier, Generator

__all__ = ["CLASSIFIER", "GENERATOR", "load_classifier", "load_generator", "save"]

CLASSIFIER = "digits-classifier.safetensors"
GENERATOR = "digits-generator.safetensors"
_SHA256 = {
    CLASSIFIER: "218e210524e71d1bc417cc2ab4400764ff37a155ba92ff870464f613ebaf744d",
    GENERATOR: "a37eaad7f1ecafcd7b82e02395e231d0747a3761dd15c2a0397271cfd8a1e566",
}


def load_classifier() -> Classifier:
    """The trained classifier, in evaluation mode and without gradients.

    Raises:
        data.ShippedFileError: its file is missing or damaged.
    """
    return _filled(Classifier(), CLASSIFIER)


def load_generator() -> Generator:
    """The trained generator, in evaluation mode and without gradients.

    Raises:
        data.ShippedFileError: its file is missing or damaged.
    """
    return _filled(Generator(), GENERATOR)


def save(module: nn.Module, path: Path) -> None:
    """Write a module's weights and running statistics.

    Raises:
        OSError: the file cannot be written.
    """
    files.write(path, safetensors.torch.save(module.state_dict()))


def _filled(module: nn.Module, name: str) -> nn.Module:
    module.load_state_dict(safetensors.torch.load(data.shipped(name, _SHA256[name])))
    return module.eval().requires_grad_(False)
