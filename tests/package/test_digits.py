"""The shipped digit networks: how good they are, and that the notebook teaches the same ones."""

import notebook_code
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from helpers import data, digits, metrics  # noqa: E402


@pytest.fixture(scope="module")
def images():
    return data.mnist()


@pytest.fixture(scope="module")
def chapter():
    return notebook_code.load("05")


def test_the_classifier_reads_held_out_digits(images):
    logits = digits.load_classifier()(torch.tensor(images.x_held)[:, None])
    assert logits.shape == (2000, 10)
    assert metrics.accuracy(logits.argmax(dim=1), images.y_held) >= 0.98


def test_logits_are_made_of_the_features(images):
    classifier = digits.load_classifier()
    batch = torch.tensor(images.x_dev[:3])[:, None]
    features = classifier.features(batch)
    assert features.shape == (3, 64)
    torch.testing.assert_close(classifier.logits(features), classifier(batch))


def test_the_generator_draws_every_class_and_near_the_real_ones(images):
    classifier, generator = digits.load_classifier(), digits.load_generator()
    z = torch.randn(2000, 100, generator=torch.Generator().manual_seed(1))
    fake = generator(z)
    assert fake.shape == (2000, 1, 28, 28)
    assert fake.min() >= -1 and fake.max() <= 1
    fake = classifier.features((fake + 1) / 2)
    real = classifier.features(torch.tensor(images.x_held)[:, None])
    assert metrics.frechet_distance(fake, real) < 45  # two minutes of training reach about 60
    shares = metrics.class_shares(classifier.logits(fake).argmax(dim=1), 10)
    assert shares.min() >= 0.04


def test_both_come_ready_to_use():
    for module in (digits.load_classifier(), digits.load_generator()):
        assert not module.training
        assert not any(parameter.requires_grad for parameter in module.parameters())


def test_their_files_are_small():
    files = (digits.CLASSIFIER, digits.GENERATOR)
    assert sum((data.DATA / name).stat().st_size for name in files) <= 3_000_000


def test_a_damaged_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "DATA", tmp_path)
    with pytest.raises(data.ShippedFileError, match=r"digits-classifier.safetensors is missing"):
        digits.load_classifier()
    (tmp_path / digits.GENERATOR).write_bytes(b"cut short")
    with pytest.raises(data.ShippedFileError, match=r"digits-generator.safetensors is damaged"):
        digits.load_generator()


def test_saving_returns_the_same_weights(tmp_path):
    path = tmp_path / "generator.safetensors"
    generator = digits.load_generator()
    digits.save(generator, path)
    assert path.read_bytes() == (data.DATA / digits.GENERATOR).read_bytes()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["Classifier", "Generator"])
def test_the_notebook_holds_the_same_class(chapter, name):
    load = {"Classifier": digits.load_classifier, "Generator": digits.load_generator}[name]
    shipped, taught = load(), getattr(chapter, name)().eval()
    taught.load_state_dict(shipped.state_dict())  # the same names and shapes
    shape = {"Classifier": (4, 1, 28, 28), "Generator": (4, 100)}[name]
    batch = torch.rand(shape, generator=torch.Generator().manual_seed(2))
    assert torch.equal(taught(batch), shipped(batch))
    if name == "Classifier":
        assert torch.equal(taught.features(batch), shipped.features(batch))


def test_weights_travel_to_keras_and_back(chapter):
    there, back = chapter.Generator(), chapter.Generator()
    twin = chapter.keras_generator()
    chapter.copy_weights(there, twin)
    chapter.copy_back(twin, back)
    for name, tensor in there.state_dict().items():
        assert torch.equal(tensor, back.state_dict()[name]), name
    z = np.random.default_rng(0).standard_normal((3, 100), dtype=np.float32)
    there.eval()
    images = there(torch.tensor(z)).detach().permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(twin(z, training=False).numpy(), images, atol=1e-5)


def test_a_step_in_torch_leaves_no_gradient_of_the_generator_in_the_discriminator(chapter):
    torch.manual_seed(0)
    players = gen, disc = chapter.Generator(), chapter.Discriminator()
    rate_zero = [torch.optim.SGD(player.parameters(), lr=0.0) for player in players]
    real, z = torch.rand(4, 1, 28, 28), torch.randn(4, 100)
    chapter.torch_step(gen, disc, *rate_zero, real, z)
    fake = gen(z).detach()
    softplus = torch.nn.functional.softplus
    loss = softplus(-disc(real)).mean() + softplus(disc(fake)).mean()
    expected = torch.autograd.grad(loss, list(disc.parameters()))
    for parameter, gradient in zip(disc.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_nearest_images(chapter):
    rng = np.random.default_rng(0)
    others = rng.random((20, 28, 28))
    index, distance = chapter.nearest(others[[7, 3]] + 0.01, others)
    assert index.tolist() == [7, 3]
    np.testing.assert_allclose(distance, 0.28, rtol=1e-6)  # 28 · 0.01, over 784 pixels
