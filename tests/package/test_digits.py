"""The shipped digit networks: how good they are, their files, and the builder that writes them."""

import dataclasses
import subprocess
import sys

import pytest
import safetensors.torch
import torch
from sklearn.metrics import accuracy_score

import builders.digits
from helpers import data, metrics
from helpers.data import course_files
from helpers.models import digits


@pytest.fixture(scope="module")
def images():
    return data.mnist()


def test_the_classifier_reads_held_out_digits(images):
    logits = digits.load_classifier()(torch.tensor(images.x_held)[:, None])
    assert logits.shape == (2000, 10)
    assert accuracy_score(images.y_held, logits.argmax(dim=1)) >= 0.98


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
    monkeypatch.setattr(course_files, "DATA", tmp_path)
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


def test_the_builder_writes_such_a_file(images, tmp_path):
    few = dataclasses.replace(images, x_train=images.x_train[:128], y_train=images.y_train[:128])
    path = tmp_path / digits.CLASSIFIER
    digits.save(builders.digits.train_classifier(few, epochs=1), path)
    made = safetensors.torch.load_file(path)
    shipped = safetensors.torch.load_file(data.DATA / digits.CLASSIFIER)
    assert [(n, t.shape, t.dtype) for n, t in sorted(made.items())] == [
        (n, t.shape, t.dtype) for n, t in sorted(shipped.items())
    ]


def test_they_load_without_tensorflow():
    code = (
        "import sys; from helpers.models import digits; digits.load_classifier(); "
        "digits.load_generator(); print(sorted({'tensorflow', 'keras'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
