"""Lesson 07: its two frameworks, its resumed training, and the record of its benchmark."""

import numpy as np
import pytest
import torch

from helpers import data, session

session.start("torch", "tensorflow")

import tensorflow as tf  # noqa: E402

from helpers.models import dcgan, dcgan_keras  # noqa: E402


@pytest.fixture(scope="module")
def results():
    return data.record("benchmarks/gan.json")["results"]


@pytest.mark.parametrize("second", [60, 120])
def test_the_course_has_at_most_a_tenth_of_the_tutorials_distance(results, second):
    means = {}
    for name, runs in results.items():
        assert len(runs) >= 3
        at = runs[0]["seconds"].index(second)
        means[name] = np.mean([run["held_distances"][at] for run in runs])
    assert means["course"] <= means["tutorial settings"] / 10


def test_every_class_has_at_least_four_percent(results):
    for run in results["course"]:
        assert run["rarest_class_shares"][run["seconds"].index(60)] >= 0.04
        assert run["rarest_class_shares"][-1] >= 0.04


def test_a_resumed_training_has_the_losses_of_an_uninterrupted_one(tmp_path):
    digits = data.mnist()

    def training(seed):
        gen = dcgan_keras.keras_generator(width=4)
        disc = dcgan_keras.keras_discriminator(width=2)
        return dcgan_keras.GanTraining(gen, disc, digits, seed=seed)

    def checkpoint(made):
        models = {"gen": made.gen, "disc": made.disc, "average": made.average}
        optimizers = dict(zip(("gen_optimizer", "disc_optimizer"), made.optimizers, strict=True))
        return tf.train.Checkpoint(**models, **optimizers)

    first, second = training(0), training(1)
    for _ in range(3):
        first.step()
    checkpoint(first).write(str(tmp_path / "gan"))
    state = first.rng.bit_generator.state
    onwards = [first.step() for _ in range(3)]
    checkpoint(second).read(str(tmp_path / "gan")).assert_consumed()
    second.rng.bit_generator.state = state
    assert [second.step() for _ in range(3)] == onwards


def test_weights_travel_to_keras_and_back():
    there, back = dcgan.Generator(), dcgan.Generator()
    twin = dcgan_keras.keras_generator()
    dcgan_keras.copy_weights(there, twin)
    dcgan_keras.copy_back(twin, back)
    for name, tensor in there.state_dict().items():
        assert torch.equal(tensor, back.state_dict()[name]), name
    z = np.random.default_rng(0).standard_normal((3, 100), dtype=np.float32)
    there.eval()
    images = there(torch.tensor(z)).detach().permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(twin(z, training=False).numpy(), images, atol=1e-5)


def test_a_step_in_torch_leaves_no_gradient_of_the_generator_in_the_discriminator():
    torch.manual_seed(0)
    players = gen, disc = dcgan.Generator(), dcgan.Discriminator()
    rate_zero = [torch.optim.SGD(player.parameters(), lr=0.0) for player in players]
    real, z = torch.rand(4, 1, 28, 28), torch.randn(4, 100)
    dcgan.torch_step(gen, disc, *rate_zero, real, z)
    fake = gen(z).detach()
    softplus = torch.nn.functional.softplus
    loss = softplus(-disc(real)).mean() + softplus(disc(fake)).mean()
    expected = torch.autograd.grad(loss, list(disc.parameters()))
    for parameter, gradient in zip(disc.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_the_rates_fall_with_the_progress():
    gen, disc = dcgan_keras.keras_generator(width=4), dcgan_keras.keras_discriminator(width=2)
    training = dcgan_keras.GanTraining(gen, disc, data.mnist())
    training.step(0.75, batch=2)
    rates = [float(optimizer.learning_rate) for optimizer in training.optimizers]
    assert rates == pytest.approx([rate / 4 for rate in training.rates])


def test_nearest_images():
    rng = np.random.default_rng(0)
    others = rng.random((20, 28, 28))
    index, distance = dcgan.nearest(others[[7, 3]] + 0.01, others)
    assert index.tolist() == [7, 3]
    np.testing.assert_allclose(distance, 0.28, rtol=1e-6)  # 28 · 0.01, over 784 pixels
