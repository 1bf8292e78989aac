"""Digits (lesson 07): a much-copied tutorial's DCGAN and the course's.

The squared Fréchet distance of 2,000 fake digits to the 2,000 held-out ones, on the features of the
course's classifier. The tutorial's generator is scored with batch normalisation in both modes, and
the better one counts.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from benchmarks.race import Run, race_each_seed
from helpers import data, metrics
from helpers.models import dcgan, dcgan_keras
from helpers.models import digits as shipped

__all__ = ["ABOUT", "CourseGAN", "Judge", "TutorialGAN", "compare"]

ABOUT = {
    "protocol": "Squared Fréchet distance between 64 features of 2,000 fake and of the 2,000 "
    "held-out digits, by data/digits-classifier.safetensors. 'tutorial settings': the networks and "
    "optimiser settings of TensorFlow's DCGAN tutorial, scored with running and with batch "
    "statistics, the better counts. 'course': lesson 07's, the running average of its weights. "
    "The course's settings were chosen on the dev digits.",
}


class Judge:
    """Scores generators by the shipped classifier, all with the same 2,000 inputs."""

    def __init__(self, held: np.ndarray):
        self.classifier = shipped.load_classifier()
        self.held_features, _ = dcgan.seen_by(self.classifier, held)
        self.z = np.random.default_rng(0).standard_normal((2000, 100), dtype=np.float32)

    def score(self, generator: keras.Model, training: bool) -> tuple[float, float]:
        """Squared Fréchet distance, and the share of the rarest class.

        generator: draws images (B, 28, 28, 1) in [-1, 1]. training: the mode of its layers.
        """
        drawn = [generator(part, training=training) for part in np.split(self.z, 8)]
        images = (np.concatenate(drawn)[..., 0] + 1) / 2
        features, classes = dcgan.seen_by(self.classifier, images)
        rarest = metrics.class_shares(classes, 10).min()
        return metrics.frechet_distance(features, self.held_features), round(float(rarest), 4)


class Judged:
    """A GAN whose generator is judged in each of `modes`, and the best score counts."""

    name: str
    modes: tuple[bool, ...] = (False,)

    def __init__(self, judge: Judge, generator: keras.Model):
        self.judge, self.generator = judge, generator
        self.rarest_shares: list[float] = []

    def evaluate(self) -> float:
        distance, rarest = min(self.judge.score(self.generator, mode) for mode in self.modes)
        self.rarest_shares.append(rarest)
        return distance

    def record(self, run: Run) -> dict:
        return {
            "seconds": run.seconds,
            "steps": run.steps,
            "held_distances": run.scores,
            "rarest_class_shares": self.rarest_shares,
        }


class CourseGAN(Judged):
    """The players and the training of lesson 07; the average of its weights draws."""

    name = "course"

    def __init__(self, judge: Judge, digits: data.Digits, seed: int):
        keras.utils.set_random_seed(seed)
        players = dcgan_keras.keras_generator(), dcgan_keras.keras_discriminator()
        self.training = dcgan_keras.GanTraining(*players, digits, seed=seed)
        super().__init__(judge, self.training.average)

    def step(self, progress: float) -> None:
        self.training.step(progress)


class TutorialGAN(Judged):
    """The sizes and settings of TensorFlow's tutorial on DCGANs.

    Adam with a rate of 1e-4 for both players, batches of 256; both gradients are taken before
    either player moves.
    """

    name = "tutorial settings"
    modes = (False, True)

    def __init__(self, judge: Judge, digits: data.Digits, seed: int):
        keras.utils.set_random_seed(seed)
        super().__init__(judge, tutorial_generator())
        self.images = 2 * digits.x_train[..., None] - 1  # (N, 28, 28, 1) in [-1, 1]
        self.disc = tutorial_discriminator()
        self.adams = [keras.optimizers.Adam(1e-4) for _ in range(2)]
        self.bce = keras.losses.BinaryCrossentropy(from_logits=True)
        self.rng = np.random.default_rng(seed)
        self.update = tf.function(self._update)  # one graph for each run: it holds the weights

    def step(self, progress: float) -> None:
        chosen = self.rng.integers(len(self.images), size=256)
        z = self.rng.standard_normal((256, 100), dtype=np.float32)
        float(self.update(self.images[chosen], z))  # waits for the result

    def _update(self, real: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        gen, disc = self.generator, self.disc
        with tf.GradientTape(persistent=True) as tape:
            fake = gen(z, training=True)
            on_real, on_fake = disc(real, training=True), disc(fake, training=True)
            loss_g = self.bce(tf.ones_like(on_fake), on_fake)
            loss_d = self.bce(tf.ones_like(on_real), on_real)
            loss_d += self.bce(tf.zeros_like(on_fake), on_fake)
        for player, loss, adam in zip((gen, disc), (loss_g, loss_d), self.adams, strict=True):
            grads = tape.gradient(loss, player.trainable_variables)
            adam.apply_gradients(zip(grads, player.trainable_variables, strict=True))
        return loss_d


def tutorial_generator() -> keras.Model:
    """Noise (B, 100) → images (B, 28, 28, 1) with values in [-1, 1]."""
    model = keras.Sequential([keras.Input((100,)), layers.Dense(7 * 7 * 256, use_bias=False)])
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU(0.3))
    model.add(layers.Reshape((7, 7, 256)))
    same = {"padding": "same", "use_bias": False}
    for filters, strides in ((128, 1), (64, 2)):
        model.add(layers.Conv2DTranspose(filters, 5, strides=strides, **same))
        model.add(layers.BatchNormalization())
        model.add(layers.LeakyReLU(0.3))
    model.add(layers.Conv2DTranspose(1, 5, strides=2, activation="tanh", **same))
    return model


def tutorial_discriminator() -> keras.Model:
    """Images (B, 28, 28, 1) → logits (B, 1)."""
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for filters in (64, 128):
        model.add(layers.Conv2D(filters, 5, strides=2, padding="same"))
        model.add(layers.LeakyReLU(0.3))
        model.add(layers.Dropout(0.3))
    model.add(layers.Flatten())
    model.add(layers.Dense(1))
    return model


def compare(seeds: Sequence[int], seconds: float) -> dict[str, list[dict]]:
    """Fréchet distances of both GANs, turn by turn."""
    digits = data.mnist()
    judge = Judge(digits.x_held)

    def contenders(seed: int) -> list[Judged]:
        return [TutorialGAN(judge, digits, seed), CourseGAN(judge, digits, seed)]

    return race_each_seed(contenders, seeds, seconds, turns=6)
