"""Train data/digits-classifier.safetensors and data/digits-generator.safetensors.

    python -m builders.digits classifier
    python -m builders.digits generator [--steps 8000]

Both learn from the 7,000 training digits alone. The generator's players, settings and step are
those of lesson 07, but its discriminator sees moved images, since a long training would teach it
7,000 of them by heart. Afterwards set the printed SHA-256 in src/helpers/models/digits.py.
"""

import argparse
import hashlib

import numpy as np
import torch
from sklearn.metrics import accuracy_score
from torch.nn import functional as F

from helpers import data, metrics, session, train
from helpers.models import digits
from helpers.models.dcgan import Classifier, Generator

SEED = 0


def train_classifier(images: data.Digits, epochs: int = 20, batch: int = 64) -> Classifier:
    """Cross-entropy on digits shifted by up to two pixels; Adam with a rate that rises, then falls.

    The same weights every time on the same machine.
    """
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    x, y = torch.tensor(images.x_train)[:, None], torch.tensor(images.y_train)
    classifier = Classifier()
    optimizer = torch.optim.Adam(classifier.parameters())
    per_epoch = len(x) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=2e-3, total_steps=epochs * per_epoch, pct_start=0.1
    )
    for _ in range(epochs):
        order = torch.tensor(rng.permutation(len(x))[: per_epoch * batch])
        for chosen in order.split(batch):
            shift = tuple(rng.integers(-2, 3, size=2).tolist())
            features = classifier.features(torch.roll(x[chosen], shift, dims=(2, 3)))
            loss = F.cross_entropy(classifier.logits(F.dropout(features, 0.3)), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return classifier.eval()


def train_generator(images: data.Digits, steps: int) -> Generator:
    """The average of the generator's weights after that many steps of the lesson's GAN.

    The discriminator sees every image, real or fake, moved by up to a tenth of its size.
    """
    import keras  # here, since session.start comes before TensorFlow

    from helpers.models import dcgan_keras

    keras.utils.set_random_seed(SEED)
    moved = {"fill_mode": "constant", "fill_value": -1.0, "seed": SEED}
    disc = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.RandomTranslation(0.1, 0.1, **moved),
            dcgan_keras.keras_discriminator(),
        ]
    )
    gen = dcgan_keras.keras_generator()
    training = dcgan_keras.GanTraining(gen, disc, images, seed=SEED)
    seconds = train.run(training.step, steps, name="generator").seconds
    print(f"{steps:,} steps in {seconds / 60:.0f} minutes on {session.threads()} threads")
    generator = Generator()
    dcgan_keras.copy_back(training.average, generator)
    return generator.eval()


def report(images: data.Digits, classifier: Classifier, generator: Generator | None = None) -> None:
    """Print how good the classifier is, or else the generator, by the held-out digits."""
    with torch.no_grad():
        real = classifier.features(torch.tensor(images.x_held)[:, None])
        predicted = classifier.logits(real).argmax(dim=1)
        if generator is None:
            print(f"held-out accuracy {accuracy_score(images.y_held, predicted):.2%}")
            return
        z = torch.randn(len(real), 100, generator=torch.Generator().manual_seed(SEED))
        fake = classifier.features((generator(z) + 1) / 2)
        shares = metrics.class_shares(classifier.logits(fake).argmax(dim=1), 10)
    distance = metrics.frechet_distance(fake, real)
    print(f"squared Fréchet distance {distance:.1f}, rarest class {shares.min():.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=("classifier", "generator"))
    parser.add_argument("--steps", type=int, default=8_000, help="of the generator")
    options = parser.parse_args()
    session.start("torch", "tensorflow")
    images = data.mnist()
    if options.which == "classifier":
        made, path = train_classifier(images), data.DATA / digits.CLASSIFIER
        report(images, made)
    else:
        made, path = train_generator(images, options.steps), data.DATA / digits.GENERATOR
        report(images, digits.load_classifier(), made)
    digits.save(made, path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path.name}: {path.stat().st_size:,} bytes, SHA-256 {sha256}")


if __name__ == "__main__":
    main()
