"""Two trained networks for 28 × 28 digits: a classifier that judges images, and a generator.

Chapter 05 teaches both; tools/build_digits.py trained them.
"""

from pathlib import Path

import safetensors.torch
from torch import nn
from torch.nn import functional as F

from helpers import data, files

CLASSIFIER = "digits-classifier.safetensors"
CLASSIFIER_SHA256 = "218e210524e71d1bc417cc2ab4400764ff37a155ba92ff870464f613ebaf744d"
GENERATOR = "digits-generator.safetensors"
GENERATOR_SHA256 = "a37eaad7f1ecafcd7b82e02395e231d0747a3761dd15c2a0397271cfd8a1e566"


class Classifier(nn.Module):
    """Which digit is it? Images (B, 1, 28, 28) with values in [0, 1] → logits (B, 10)."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)
        self.conv2 = nn.Conv2d(16, 32, 5, padding=2)
        self.hidden = nn.Linear(32 * 7 * 7, 64)
        self.logits = nn.Linear(64, 10)

    def features(self, images):
        """The last hidden layer, (B, 64), by which images are compared."""
        a = F.max_pool2d(F.relu(self.conv1(images)), 2)  # (B, 16, 14, 14)
        a = F.max_pool2d(F.relu(self.conv2(a)), 2)  # (B, 32, 7, 7)
        return F.relu(self.hidden(a.flatten(start_dim=1)))

    def forward(self, images):
        return self.logits(self.features(images))


class Generator(nn.Module):
    """Noise (B, 100) → images (B, 1, 28, 28) with values in [-1, 1]."""

    def __init__(self, width=64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(100, width * 7 * 7, bias=False),
            nn.Unflatten(1, (width, 7, 7)),  # (B, width, 7, 7)
            nn.BatchNorm2d(width),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(width, width // 2, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width // 2),  # (B, width / 2, 14, 14)
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(width // 2, 1, 4, stride=2, padding=1),  # (B, 1, 28, 28)
            nn.Tanh(),
        )

    def forward(self, z):
        return self.layers(z)


def load_classifier() -> Classifier:
    """The trained classifier, in evaluation mode and without gradients.

    Raises data.ShippedFileError if its file is missing or damaged.
    """
    return _filled(Classifier(), CLASSIFIER, CLASSIFIER_SHA256)


def load_generator() -> Generator:
    """The trained generator, in evaluation mode and without gradients.

    Raises data.ShippedFileError if its file is missing or damaged.
    """
    return _filled(Generator(), GENERATOR, GENERATOR_SHA256)


def save(module: nn.Module, path: Path) -> None:
    """Write a module's weights and running statistics."""
    files.write(path, safetensors.torch.save(module.state_dict()))


def _filled(module: nn.Module, name: str, sha256: str) -> nn.Module:
    module.load_state_dict(safetensors.torch.load(data.shipped(name, sha256)))
    return module.eval().requires_grad_(False)
