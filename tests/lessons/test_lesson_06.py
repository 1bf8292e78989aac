"""Lesson 06: the two players' losses, the small games and the ring."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch.nn import functional as F

from helpers import metrics
from helpers.models import gan as lesson

LABELS = st.sampled_from([0.0, 1.0])
rates = st.floats(0.01, 1.9)
places = st.floats(-3, 3)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), LABELS), min_size=1, max_size=8))
@settings(deadline=None)
def test_loss_from_logits_equals_torch_however_sure_the_discriminator_is(pairs):
    u, y = np.array(pairs).T
    theirs = F.binary_cross_entropy_with_logits(torch.tensor(u), torch.tensor(y))
    np.testing.assert_allclose(lesson.stable_bce(u, y), theirs.item(), rtol=1e-12, atol=1e-300)


def test_the_naive_loss_agrees_until_it_overflows():
    u, y = np.array([-5.0, 0.0, 5.0]), np.array([1.0, 0.0, 1.0])
    np.testing.assert_allclose(lesson.naive_bce(u, y), lesson.stable_bce(u, y), rtol=1e-10)
    with np.errstate(all="ignore"):
        assert lesson.naive_bce(np.array([-1000.0]), np.array([1.0])) == np.inf


@pytest.mark.parametrize("B", [1, 2, 50])
def test_both_players_slopes_equal_autograd(B):
    rng = np.random.default_rng(B)
    real, z = rng.normal(3, 2, size=B), rng.normal(size=B)
    a, b, w, c = (torch.tensor(v, requires_grad=True) for v in rng.normal(size=4))
    on_real, fake = w * torch.tensor(real) + c, a * torch.tensor(z) + b
    disc_loss = (F.softplus(-on_real) + F.softplus(w * fake.detach() + c)).mean()
    gen_loss = F.softplus(-(w * fake + c)).mean()
    values = [v.item() for v in (a, b, w, c)]
    mine = lesson.disc_slopes(*values[2:], real, values[0] * z + values[1])
    np.testing.assert_allclose(mine, torch.autograd.grad(disc_loss, (w, c)), rtol=1e-12)
    mine = lesson.gen_slopes(*values, z)
    np.testing.assert_allclose(mine, torch.autograd.grad(gen_loss, (a, b)), rtol=1e-12)


@given(lr=rates, x=places, y=places)
@settings(deadline=None)
def test_games_leave_or_stay_on_their_ellipse(lr, x, y):
    leaving, staying = (
        lesson.play(step, lr, 30, (x, y)) for step in (lesson.simultaneous, lesson.alternating)
    )
    assert leaving.shape == staying.shape == (31, 2)
    r = np.linalg.norm(leaving, axis=1)
    grown = r[0] * (1 + lr**2) ** (np.arange(31) / 2)
    np.testing.assert_allclose(r, grown, rtol=1e-9, atol=1e-100)  # tiny squares underflow
    q = staying[:, 0] ** 2 - lr * staying.prod(axis=1) + staying[:, 1] ** 2
    terms = (staying**2).sum(axis=1).max()  # on a thin ellipse they cancel
    np.testing.assert_allclose(q, q[0], rtol=1e-9, atol=1e-12 * terms + 1e-100)


@pytest.mark.parametrize("n", [2, 3, 10, 40])
def test_best_critic_finds_the_wasserstein_distance(n):
    rng = np.random.default_rng(n)
    x, (p, q) = np.sort(rng.normal(size=n)), rng.dirichlet(np.ones(n), size=2)
    found = lesson.best_critic(x, p, q)
    assert found == pytest.approx(stats.wasserstein_distance(x, x, p, q), rel=1e-9, abs=1e-12)
    assert lesson.best_critic(x, p, p) == pytest.approx(0, abs=1e-12)


def test_the_ring_has_eight_equal_modes():
    points = lesson.sample_ring((4, 5000), torch.Generator().manual_seed(0))
    assert points.shape == (4, 5000, 2)
    for run in points:
        modes, quality = metrics.mode_coverage(run, lesson.ring_centres(), sigma=0.15)
        assert modes == 8 and quality == pytest.approx(1 - np.exp(-4.5), abs=0.01)
    nearest = torch.cdist(points.flatten(0, 1), lesson.ring_centres()).argmin(dim=1)
    np.testing.assert_allclose(nearest.bincount(minlength=8) / 20_000, 1 / 8, atol=0.01)


def alone(ensemble, r):
    """Network r of an ensemble, made of PyTorch's layers."""
    layers = []
    for W, b in zip(ensemble.W, ensemble.b, strict=True):
        linear = torch.nn.Linear(*W.shape[1:]).double()
        with torch.no_grad():
            linear.weight.copy_(W[r].T)
            linear.bias.copy_(b[r, 0])
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


@pytest.fixture
def game():
    rng = torch.Generator().manual_seed(1)
    disc = lesson.Ensemble(3, (2, 8, 5, 1), rng).double()
    for b in disc.b:  # a fresh ensemble has biases of zero, which would hide them
        b.data.normal_(generator=rng)
    real = lesson.sample_ring((3, 7), rng).double()
    return disc, real, torch.randn(3, 7, 2, generator=rng, dtype=torch.float64)


def test_an_ensemble_is_as_many_networks(game):
    disc, real, _ = game
    for r in range(3):
        assert torch.allclose(disc(real)[r], alone(disc, r)(real[r]), rtol=1e-12)


@pytest.mark.parametrize("kappa", [0.0, 0.7])
def test_the_discriminators_loss_is_cross_entropy_and_r1(game, kappa):
    disc, real, fake = game
    wanted = 0.0
    for r in range(3):
        single = alone(disc, r)
        on_real, on_fake = single(real[r]), single(fake[r])
        wanted += F.binary_cross_entropy_with_logits(on_real, torch.ones_like(on_real)).item()
        wanted += F.binary_cross_entropy_with_logits(on_fake, torch.zeros_like(on_fake)).item()
        for x in real[r]:  # sample by sample
            slope = torch.autograd.functional.jacobian(single, x)
            wanted += kappa / 2 * (slope**2).sum().item() / len(real[r])
    assert lesson.ring_disc_loss(disc, real, fake, kappa).item() == pytest.approx(wanted, rel=1e-12)


def test_the_generators_losses_are_the_textbooks(game):
    disc, _, fake = game
    D = torch.sigmoid(disc(fake))
    for saturating, loss in ((False, -D.log()), (True, (1 - D).log())):
        mine = lesson.ring_gen_loss(disc(fake), saturating)
        assert mine.item() == pytest.approx(loss.mean(dim=(1, 2)).sum().item(), rel=1e-10)
