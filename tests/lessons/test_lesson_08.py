"""Lesson 08: the VAE of the lesson, and the record of its benchmark."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from helpers import data, train
from helpers.models import vae


@pytest.fixture
def binary():
    return torch.bernoulli(torch.full((50, 784), 0.3), generator=torch.Generator().manual_seed(0))


@pytest.fixture
def tiny():
    """One latent dimension and linear halves, so that log p(x) can be integrated."""
    torch.manual_seed(0)
    model = vae.VAE(nn.Linear(784, 2), nn.Linear(1, 784), d_z=1)
    with torch.no_grad():
        model.encoder.weight *= 0.1
        model.decoder.weight *= 0.15
    return model


def integrated_log_p(model, x):
    """log p(x) of images (N, 784) by a sum over a fine grid of z."""
    z, step = torch.linspace(-8, 8, 2001)[:, None].double(), 16 / 2000
    with torch.no_grad():
        logits = model.double().decoder(z)  # (grid, 784)
        model.float()
    log_px = x.double() @ logits.T - nn.functional.softplus(logits).sum(dim=1)  # (N, grid)
    log_prior = -0.5 * z[:, 0] ** 2 - 0.5 * math.log(2 * math.pi)
    return (log_px + log_prior).logsumexp(dim=1) + math.log(step)


def test_both_terms_are_those_of_the_library(binary):
    torch.manual_seed(1)
    logits, mu, logvar = 5 * torch.randn(50, 784), torch.randn(50, 3), torch.randn(50, 3)
    reconstruction, kl = vae.two_terms(binary, logits, mu, logvar)
    pixels = torch.distributions.Bernoulli(logits=logits)
    torch.testing.assert_close(reconstruction, -pixels.log_prob(binary).sum(dim=1))
    code = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    prior = torch.distributions.Normal(0.0, 1.0)
    torch.testing.assert_close(kl, torch.distributions.kl_divergence(code, prior))


def test_logvar_is_the_log_of_the_variance(tiny):
    eps = torch.randn(200_000, 1, generator=torch.Generator().manual_seed(2))
    z = tiny.sample(torch.tensor([[2.0]]), torch.tensor([[-1.5]]), eps)
    assert z.mean().item() == pytest.approx(2, abs=0.01)
    assert z.var().item() == pytest.approx(math.exp(-1.5), rel=0.02)
    slip = vae.SlipVAE(tiny.encoder, tiny.decoder, 1)
    z = slip.sample(torch.tensor([[2.0]]), torch.tensor([[-1.5]]), eps)
    assert z.var().item() == pytest.approx(math.exp(-3), rel=0.02)


def test_no_bound_exceeds_the_integral(tiny, binary):
    exact = integrated_log_p(tiny, binary)
    elbo = -vae.negative_elbo(tiny, binary, draws=200)
    tens = [vae.importance_weighted(tiny, binary, S=10, seed=k).mean() for k in range(100)]
    assert elbo + 0.1 < np.mean(tens) < exact.mean() + 0.01
    many = vae.importance_weighted(tiny, binary, S=2000).double()
    assert (many - exact).abs().max() < 0.15
    assert abs((many - exact).mean()) < 0.02


def test_log_weights_average_to_the_elbo(tiny, binary):
    rng = torch.Generator().manual_seed(3)
    with torch.no_grad():
        weights = vae.log_weights(tiny, binary, 4000, rng)
    assert weights.shape == (4000, 50)
    elbo = -vae.negative_elbo(tiny, binary, draws=400)
    assert weights.mean().item() == pytest.approx(elbo, abs=0.05)


@pytest.mark.parametrize("count", [1, 19, 20, 41])
def test_every_image_gets_its_own_bound(tiny, binary, count):
    bounds = vae.importance_weighted(tiny, binary[:count], S=1000).double()
    assert bounds.shape == (count,)
    assert (bounds - integrated_log_p(tiny, binary[:count])).abs().max() < 0.3


def test_keras_twin_gives_the_same(binary):
    from helpers.models import vae_keras

    torch.manual_seed(4)
    model = vae.mlp_vae(3, 8)
    twin = vae_keras.copied_to_keras(model, 3, 8)
    eps = torch.randn(50, 3)
    with torch.no_grad():
        mine = model(binary, eps)
    for a, b in zip(mine, twin(binary.numpy(), eps.numpy()), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-5)


def test_convolutional_halves_have_the_sizes_of_the_others(binary):
    model = vae.conv_vae(d_z=5, width=4)
    logits, mu, logvar = model(binary, torch.zeros(50, 5))
    assert logits.shape == (50, 784) and mu.shape == logvar.shape == (50, 5)


def test_binarising_gives_bits():
    grey = torch.tensor([[0.3, 0.0, 1.0]]).expand(20_000, 3)
    bits = vae.binarise(grey, torch.Generator().manual_seed(5))
    assert set(bits.unique().tolist()) == {0.0, 1.0}
    assert bits[:, 0].mean().item() == pytest.approx(0.3, abs=0.015)
    assert (bits[:, 1:] == grey[:, 1:]).all()


def test_shifting_moves_by_up_to_one_pixel():
    dot, rng = torch.zeros(1, 28, 28), torch.Generator().manual_seed(0)
    dot[0, 10, 20] = 1.0
    seen = set()
    for _ in range(200):
        moved = vae.shift(dot.flatten(1), rng).reshape(28, 28)
        assert moved.sum() == 1
        seen.add(tuple(moved.nonzero()[0].tolist()))
    assert seen == {(row, column) for row in (9, 10, 11) for column in (19, 20, 21)}


def test_labels_reach_the_model_as_they_are(binary):
    labels, seen = torch.eye(10)[torch.arange(50) % 10], []

    class Listening(vae.ConditionalVAE):
        def forward(self, x, eps):
            seen.append(x)
            return super().forward(x, eps)

    training = vae.VAETraining(Listening(2, 8), torch.cat([binary, labels], dim=1))
    training.step(batch=64)
    assert seen[0].shape == (64, 794)
    assert (seen[0][:, 784:].sum(dim=1) == 1).all()


def test_training_repeats_itself_and_learns(binary):
    losses = []
    for _ in range(2):
        torch.manual_seed(6)
        training = vae.VAETraining(vae.mlp_vae(2, 16), 0.9 * binary, lr=0.01, seed=7)
        losses.append(train.run(training.step, 60).losses)
        assert training.optimizer.param_groups[0]["lr"] < 1e-4
        assert np.allclose(np.sum(training.terms, axis=1), losses[-1])
    assert losses[0] == losses[1]
    assert losses[0][-1] < 0.9 * losses[0][0]


def test_penalties():
    kl = torch.tensor([[0.2, 3.0], [0.4, 1.0]], requires_grad=True)
    assert vae.weighted(3.0)(kl, 0.5).item() == pytest.approx(3 * 2.3)
    penalties = [vae.warm_up(kl, progress).item() for progress in (0.0, 0.1, 0.2, 0.9)]
    assert penalties == pytest.approx([0, 1.15, 2.3, 2.3])
    penalty = vae.free_nats(0.5, beta=2.0)(kl, 0.0)
    assert penalty.item() == pytest.approx(2 * (0.5 + 2.0))
    penalty.backward()
    assert (kl.grad[:, 0] == 0).all() and (kl.grad[:, 1] == 1).all()


def test_the_strong_decoder_sees_only_earlier_pixels(binary):
    model = vae.StrongVAE(d_z=2, H=8)
    with torch.no_grad():
        model.earlier.normal_()
        for p in model.encoder.parameters():
            p.zero_()  # z no longer depends on the image
        before, _, _ = model(binary[:1], torch.zeros(1, 2))
        changed = binary[:1].clone()
        changed[0, 300] = 1 - changed[0, 300]
        after, _, _ = model(changed, torch.zeros(1, 2))
    assert (before[0, :301] == after[0, :301]).all()
    assert (before[0, 301:] != after[0, 301:]).all()


def test_a_label_reaches_the_decoder(binary):
    model = vae.ConditionalVAE(d_z=2, H=8)
    labels = torch.eye(10)[[3, 4]]
    same = torch.cat([binary[:1].expand(2, 784), labels], dim=1)
    with torch.no_grad():
        for p in model.encoder.parameters():
            p.zero_()
        logits, _, _ = model(same, torch.zeros(2, 2))
    assert (logits[0] != logits[1]).any()


def test_codes_fitted_to_a_part_of_the_image(tiny, binary):
    given = binary[:4, :392]
    mu, logvar = vae.fit_codes(tiny.requires_grad_(False), given)
    half = vae.VAE(tiny.encoder, nn.Linear(1, 392), 1)
    with torch.no_grad():
        half.decoder.weight.copy_(tiny.decoder.weight[:392])
        half.decoder.bias.copy_(tiny.decoder.bias[:392])
    eps = torch.randn(4000, 4, 1, generator=torch.Generator().manual_seed(8))
    z = tiny.sample(mu, logvar, eps)
    with torch.no_grad():
        logits = half.decoder(z)
    reconstruction = nn.functional.softplus(logits).sum(dim=2) - (given * logits).sum(dim=2)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1)
    elbo = -(reconstruction.mean(dim=0) + kl)
    exact = integrated_log_p(half, given)
    assert (elbo < exact + 0.02).all() and (exact - elbo < 0.3).all()


def test_ways_between_two_codes():
    z0, z1 = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    for walk in (vae.straight, vae.spherical):
        torch.testing.assert_close(walk(z0, z1, 0.0), z0)
        torch.testing.assert_close(walk(z0, z1, 1.0), z1)


@pytest.mark.parametrize("shear", [-0.5, 0.0, 0.4])
def test_slant_of_a_bar(shear):
    picture = np.zeros((28, 28))
    for row in range(4, 24):
        column = 14 - shear * (row - 13.5)
        left = math.floor(column)
        picture[row, left : left + 2] = 1 - (column - left), column - left
    assert vae.slant(picture[None])[0] == pytest.approx(shear, abs=1e-9)


def test_fine_energy_knows_a_chessboard_from_a_ramp():
    rows, columns = np.mgrid[:28, :28]
    chessboard, wave = (rows + columns) % 2 - 0.5, np.sin(2 * np.pi * rows / 28)
    fine = vae.fine_energy(np.stack([chessboard, wave, np.ones((28, 28))]))
    np.testing.assert_allclose(fine, [28 * 28 / 4, 0, 0], atol=1e-9)


def test_the_equal_time_record_is_a_full_one():
    record = data.record("benchmarks/vae.json")
    assert record["seconds"] == 60
    assert all(len(runs) == 3 for runs in record["results"].values())
    means = {
        name: np.mean([run["held_negative_elbo"] for run in runs])
        for name, runs in record["results"].items()
    }
    course = means.pop("course")
    assert means and all(course <= example - 3 for example in means.values())
    for runs in record["results"].values():
        assert all(run["held_negative_log_p"] < run["held_negative_elbo"] for run in runs)
