"""The exercises of lesson 06: what is right, and the known mistakes."""

import copy
import itertools

import numpy as np

from helpers.exercises.engine import Exercise

# 06.1


def optimal_discriminator(p_data, p_gen):
    return p_data / (p_data + p_gen)


def generator_over_the_sum(p_data, p_gen):
    """Your function behaves exactly as if the generator's density stood above the fraction bar.
    That is 1 − D*, the probability of being fake. D is the probability of being real."""
    return p_gen / (p_data + p_gen)


def ratio_of_the_densities(p_data, p_gen):
    """Your function returns the ratio p_data / p_gen, which can be as large as it likes. A
    probability compares with the sum: divide by p_data + p_gen."""
    return p_data / p_gen


def ratio_inverted(p_data, p_gen):
    """Your function returns the ratio p_gen / p_data: it is upside down, and it is not a
    probability. D* is the data's share of the sum, p_data / (p_data + p_gen)."""
    return p_gen / p_data


def logit_returned(p_data, p_gen):
    """Your function returns log(p_data / p_gen). That is the logit of D*, what the network should
    return before its sigmoid. Here the probability was asked for."""
    return np.log(p_data) - np.log(p_gen)


def decision_instead_of_probability(p_data, p_gen):
    """Your function decides for the larger density and answers 0 or 1. Under the logarithm one
    wrong decision costs infinitely much. The best answer is the data's share of the sum."""
    return np.where(np.asarray(p_data) > p_gen, 1.0, 0.0)


def always_undecided(p_data, p_gen):
    """Your function answers ½ everywhere. That is right only where both densities are equal, as
    they are at the solution of the game. Elsewhere D* is the data's share of the sum."""
    return np.full_like(p_data, 0.5)


def sigmoid_of_the_ratio(p_data, p_gen):
    """Your function puts the ratio p_data / p_gen through the sigmoid. The logit of D* is the
    logarithm of the ratio, and σ(log(p_data / p_gen)) is the data's share of the sum."""
    return _sigmoid(p_data / p_gen)


def optimal_discriminator_cases(rng):
    yield np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.2, 0.1])
    yield np.array([0.5, 0.0, 0.2]), np.array([0.0, 0.4, 1.8])
    yield rng.uniform(0.01, 1, size=(2, 3)), rng.uniform(0.01, 1, size=(2, 3))
    yield rng.uniform(0.01, 2, size=1), rng.uniform(0.01, 2, size=1)


# 06.2


def generator_loss(logits):
    return np.mean(np.logaddexp(0, -logits))


def saturating_form(logits):
    """Your function returns the mean of log(1 − D), the saturating loss. Its slope vanishes when
    the discriminator is sure. The non-saturating loss is the mean of −log D."""
    return np.mean(-np.logaddexp(0, logits))


def labels_swapped(logits):
    """Your function is the cross-entropy with label 0, the mean of −log(1 − D): it teaches the
    generator to be found out. The generator wants the label 1: −log D."""
    return np.mean(np.logaddexp(0, logits))


def log_of_the_mean(logits):
    """Your function takes the logarithm of the mean probability. The loss is the mean of the
    logarithms: one sample that is found out costs much, and a mean of probabilities hides it."""
    return -np.log(np.mean(_sigmoid(logits)))


def loss_of_the_mean_logit(logits):
    """Your function takes the mean of the logits first and the loss after it. Compute the loss of
    every sample, then take the mean."""
    return np.logaddexp(0, -np.mean(logits))


def naive_logarithm(logits):
    """Your function is right for moderate logits, and infinite where a logit is −1000: exp(1000)
    overflows, or σ(u) is 0 and its log −∞. Stay with the logits: −log D is log(1 + exp(−u)), which
    is np.logaddexp(0, −u)."""
    return np.mean(-np.log(_sigmoid(logits)))


def kept_from_zero(logits):
    """Your function keeps the logarithm away from 0 by an ε of 1e-8. That caps the loss near 18,
    so its slope is 0 where the discriminator is sure. Stay with the logits: np.logaddexp(0, −u)."""
    return np.mean(-np.log(_sigmoid(logits) + 1e-8))


def clipped_as_in_keras(logits):
    """Your function keeps the probability at 1e-7 or more, as Keras does when it gets
    probabilities. That caps the loss near 16, so its slope is 0 where the discriminator is sure.
    Stay with the logits: np.logaddexp(0, −u)."""
    return np.mean(-np.log(np.maximum(_sigmoid(logits), 1e-7)))


def sigmoid_twice(logits):
    """Your function behaves exactly as if the sigmoid were applied twice: probabilities go into a
    loss that wants logits. Such a loss can never fall below 0.31."""
    return np.mean(np.logaddexp(0, -_sigmoid(logits)))


def summed_over_the_batch(logits):
    """Your function adds the losses up. Losses here are means over the batch, so that the size of
    a step does not depend on the size of the batch."""
    return np.sum(np.logaddexp(0, -logits))


def sign_forgotten(logits):
    """Your function returns the mean of log D, which the generator wants to be large. A loss is to
    be made small: put a minus in front."""
    return np.mean(-np.logaddexp(0, -logits))


def critic_score(logits):
    """Your function returns −mean(u), the generator's loss of a Wasserstein GAN, whose critic gives
    scores. Here the numbers are logits: the loss is the mean of −log σ(u)."""
    return -np.mean(logits)


def logits_as_probabilities(logits):
    """Your function takes the logits for probabilities: the logarithm of a negative one is nan. The
    sigmoid turns them into probabilities, and −log σ(u) is log(1 + exp(−u))."""
    return np.mean(-np.log(logits))


def _sigmoid(u):
    return 1 / (1 + np.exp(-u))


def generator_loss_cases(rng):
    yield (np.array([0.0, 2.0, -3.0]),)
    yield (rng.normal(0, 2, size=(5, 1)),)
    yield (rng.normal(-2, 1, size=(2, 3)),)
    yield (np.array([1.5, -1000.0, 0.5, -2.0]),)
    yield (rng.normal(size=(1, 1)),)


# 06.3


def train_steps(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    import torch

    bce = torch.nn.functional.binary_cross_entropy_with_logits
    for real, z in zip(reals, noises, strict=True):
        fake = gen(z)
        u_real, u_fake = disc(real), disc(fake.detach())
        loss = bce(u_real, torch.ones_like(u_real)) + bce(u_fake, torch.zeros_like(u_fake))
        disc_optimizer.zero_grad()
        loss.backward()
        disc_optimizer.step()

        u_fake = disc(fake)
        loss = bce(u_fake, torch.ones_like(u_fake))
        gen_optimizer.zero_grad()
        loss.backward()
        gen_optimizer.step()


def fakes_not_detached(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function behaves exactly as if the fakes were not detached: the discriminator's backward
    leaves slopes in the generator's .grad, and the generator steps along the sum of both losses.
    Give the discriminator fake.detach(), and call gen_optimizer.zero_grad() right before the
    generator's backward."""
    for real, z in zip(reals, noises, strict=True):
        fake = gen(z)
        disc_optimizer.zero_grad()
        gen_optimizer.zero_grad()
        _disc_loss(disc, real, fake).backward(retain_graph=True)
        disc_optimizer.step()
        _bce(disc(gen(z)), 1).backward()
        gen_optimizer.step()


def real_and_fake_swapped(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function trains the discriminator with label 0 for real and 1 for fake points, while the
    generator still aims for 1. Then both work together, and the fakes move away from the data. Real
    is 1, fake is 0."""
    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, disc_optimizer, real, gen(z).detach(), labels=(0, 1))
        _gen_step(gen, disc, gen_optimizer, z)


def generator_against_the_old_discriminator(
    gen, disc, gen_optimizer, disc_optimizer, reals, noises
):
    """Your generator learns from the discriminator as it was before its step: its loss comes from
    the old scores. Send the fakes through the discriminator anew, after the discriminator's
    step."""
    for real, z in zip(reals, noises, strict=True):
        fake = gen(z).detach()
        _gen_step(gen, disc, gen_optimizer, z)
        _disc_step(disc, disc_optimizer, real, fake)


def generator_first(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your generator steps first, and the discriminator sees the fakes that it makes afterwards.
    Here the discriminator moves first, and the generator answers the updated discriminator."""
    for real, z in zip(reals, noises, strict=True):
        _gen_step(gen, disc, gen_optimizer, z)
        _disc_step(disc, disc_optimizer, real, gen(z).detach())


def both_backwards_before_both_steps(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function runs both backward passes before the first step. The generator's backward adds
    its slopes to the discriminator's .grad, so the discriminator steps along both losses. Finish
    one player's step before the other's backward."""
    for real, z in zip(reals, noises, strict=True):
        fake = gen(z)
        disc_optimizer.zero_grad()
        gen_optimizer.zero_grad()
        _disc_loss(disc, real, fake.detach()).backward()
        _bce(disc(fake), 1).backward()
        disc_optimizer.step()
        gen_optimizer.step()


def gradients_never_cleared(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function behaves exactly as if zero_grad were missing: slopes of earlier batches, and of
    the generator's loss in the discriminator, stay in .grad and are used again. PyTorch adds to
    .grad; clear it before each backward."""
    for real, z in zip(reals, noises, strict=True):
        fake = gen(z)
        _disc_loss(disc, real, fake.detach()).backward()
        disc_optimizer.step()
        _bce(disc(fake), 1).backward()
        gen_optimizer.step()


def discriminator_not_cleared(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function clears the generator's slopes but not the discriminator's. In the
    discriminator's .grad there is still what the generator's backward left in the step before.
    Call disc_optimizer.zero_grad() before the discriminator's backward."""
    for real, z in zip(reals, noises, strict=True):
        _disc_loss(disc, real, gen(z).detach()).backward()
        disc_optimizer.step()
        _gen_step(gen, disc, gen_optimizer, z)


def generator_not_cleared(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function clears the discriminator's slopes but not the generator's, so slopes of earlier
    batches are used again. Call gen_optimizer.zero_grad() before the generator's backward."""
    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, disc_optimizer, real, gen(z).detach())
        _bce(disc(gen(z)), 1).backward()
        gen_optimizer.step()


def saturating_generator(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your generator minimises log(1 − D), the saturating loss, whose slope vanishes where the
    discriminator is sure. The non-saturating loss is the cross-entropy with label 1."""
    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, disc_optimizer, real, gen(z).detach())
        gen_optimizer.zero_grad()
        (-_bce(disc(gen(z)), 0)).backward()
        gen_optimizer.step()


def probabilities_as_logits(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function applies the sigmoid before a loss that wants logits, and so applies it twice.
    Give the logits of disc to binary_cross_entropy_with_logits as they are."""
    for real, z in zip(reals, noises, strict=True):
        disc_optimizer.zero_grad()
        on_real, on_fake = disc(real).sigmoid(), disc(gen(z).detach()).sigmoid()
        (_bce(on_real, 1) + _bce(on_fake, 0)).backward()
        disc_optimizer.step()
        gen_optimizer.zero_grad()
        _bce(disc(gen(z)).sigmoid(), 1).backward()
        gen_optimizer.step()


def discriminator_loss_halved(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your discriminator's steps are half as long: its loss is divided by 2, or it is one mean over
    the real and the fake points together. Here the loss is the sum of the two means."""
    for real, z in zip(reals, noises, strict=True):
        disc_optimizer.zero_grad()
        (_disc_loss(disc, real, gen(z).detach()) / 2).backward()
        disc_optimizer.step()
        _gen_step(gen, disc, gen_optimizer, z)


def optimizers_swapped(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function uses each optimiser for the other player. After the discriminator's backward it
    steps the generator, which has no slopes, and the discriminator steps along the generator's
    loss. Swap gen_optimizer and disc_optimizer."""
    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, gen_optimizer, real, gen(z).detach())
        _gen_step(gen, disc, disc_optimizer, z)


def generator_with_label_zero(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function trains the generator with label 0. Its images are fake, but it wants the
    discriminator to say 1: label 0 teaches it to be found out."""
    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, disc_optimizer, real, gen(z).detach())
        _gen_step(gen, disc, gen_optimizer, z, label=0)


def generator_not_trained(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """In your function the generator does not move. Its optimiser never steps, or no slope reaches
    it: its fakes were detached in its own loss as well, or made under torch.no_grad(). Detach for
    the discriminator's loss alone."""
    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, disc_optimizer, real, gen(z).detach())


def only_the_first_batch(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function makes one step of each player, with the first batch, and stops. Is there a
    `return` inside the loop, or no loop? Make both steps for every pair of batches."""
    _disc_step(disc, disc_optimizer, reals[0], gen(noises[0]).detach())
    _gen_step(gen, disc, gen_optimizer, noises[0])


def all_of_one_player_first(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function makes all steps of the discriminator, then all of the generator. The players
    take turns: for each batch one step of the discriminator, then one of the generator."""
    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, disc_optimizer, real, gen(z).detach())
    for z in noises:
        _gen_step(gen, disc, gen_optimizer, z)


def _bce(logits, label):
    import torch

    targets = torch.full_like(logits, label)
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)


def _disc_loss(disc, real, fake, labels=(1, 0)):
    return _bce(disc(real), labels[0]) + _bce(disc(fake), labels[1])


def _disc_step(disc, optimizer, real, fake, labels=(1, 0)):
    optimizer.zero_grad()
    _disc_loss(disc, real, fake, labels).backward()
    optimizer.step()


def _gen_step(gen, disc, optimizer, z, label=1):
    optimizer.zero_grad()
    _bce(disc(gen(z)), label).backward()
    optimizer.step()


def _players_after(function, gen, disc, *rest):
    """Call the function, and return the players' weights as they are then."""
    function(gen, disc, *rest)
    return _named("gen", gen) | _named("disc", disc)


def _named(owner, network):
    """Copies of the network's tensors, by names that begin with the owner's."""
    return {f"{owner}.{name}": t.detach().clone() for name, t in network.state_dict().items()}


def _network(rng, *sizes):
    """A small network with tanh between its layers, its weights drawn from rng."""
    import torch

    layers = []
    for n_in, n_out in itertools.pairwise(sizes):
        linear = torch.nn.Linear(n_in, n_out)
        with torch.no_grad():
            for parameter in linear.parameters():
                parameter.copy_(torch.from_numpy(rng.normal(0, 0.8, size=parameter.shape)))
        layers += [linear, torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


def _tensor(array):
    import torch

    return torch.from_numpy(array.astype(np.float32))


def train_steps_cases(rng):
    import torch

    for steps, B, d, d_z in ((1, 3, 2, 2), (3, 4, 2, 3), (2, 1, 1, 1), (4, 8, 3, 2)):
        gen, disc = _network(rng, d_z, d), _network(rng, d, 4, 1)
        optimizers = (torch.optim.SGD(player.parameters(), lr=0.5) for player in (gen, disc))
        reals, noises = rng.normal(1, 1, size=(steps, B, d)), rng.normal(size=(steps, B, d_z))
        yield gen, disc, *optimizers, _tensor(reals), _tensor(noises)


# 06.4


def critic_loss_and_gradient(critic, real, fake, t, weight):
    import torch

    mixed = (t * real + (1 - t) * fake).requires_grad_()
    (slopes,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)  # (B, d)
    penalty = ((slopes.norm(dim=1) - 1) ** 2).mean()
    loss = critic(fake).mean() - critic(real).mean() + weight * penalty
    return (loss, *torch.autograd.grad(loss, critic.parameters()))


def one_forgotten(critic, real, fake, t, weight):
    """Your penalty is the mean squared norm: the −1 is missing. It asks for a flat critic. WGAN-GP
    asks for slope 1: subtract 1 from the norm, then square."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, weight, (slopes**2).sum(dim=1).mean())


def one_norm_for_the_batch(critic, real, fake, t, weight):
    """Your function takes one norm over the whole batch. Each sample's own gradient should have
    length 1: take the norm over axis 1, then the mean over the batch."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, weight, (slopes.norm() - 1) ** 2)


def root_forgotten(critic, real, fake, t, weight):
    """Your function subtracts 1 from the squared norm of each sample. Take the root first: the
    penalty is (‖gradient‖ − 1)²."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    penalty = (((slopes**2).sum(dim=1) - 1) ** 2).mean()
    return _with_penalty(critic, real, fake, weight, penalty)


def squared_too_late(critic, real, fake, t, weight):
    """Your function takes the mean of the norms and squares its distance from 1. Then long and
    short gradients make up for each other. Square each sample's distance, then take the mean."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, weight, (slopes.norm(dim=1).mean() - 1) ** 2)


def not_squared(critic, real, fake, t, weight):
    """Your penalty is the mean of ‖gradient‖ − 1 without the square. It rewards a critic for being
    flatter and flatter. Square the distance from 1."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, weight, (slopes.norm(dim=1) - 1).mean())


def gradient_by_the_parameters(critic, real, fake, t, weight):
    """Your function takes the gradient of the scores by the critic's parameters. The penalty is
    about how the score changes with the image: differentiate by the mixed points."""
    import torch

    scores = critic(_mixed(real, fake, t))
    slopes = torch.autograd.grad(scores.sum(), list(critic.parameters()), create_graph=True)
    norm = torch.cat([slope.flatten() for slope in slopes]).norm()
    return _with_penalty(critic, real, fake, weight, (norm - 1) ** 2)


def no_graph_of_the_gradient(critic, real, fake, t, weight):
    """Your loss has the right value, but nothing can be learnt from its penalty: the gradient in it
    has no graph of its own. Call torch.autograd.grad with create_graph=True, and do not detach what
    it returns."""
    slopes = _slopes(critic, _mixed(real, fake, t)).detach()
    return _with_penalty(critic, real, fake, weight, ((slopes.norm(dim=1) - 1) ** 2).mean())


def gradient_of_the_mean_score(critic, real, fake, t, weight):
    """Your function differentiates the mean of the scores, so each sample's gradient comes out B
    times too short. Differentiate their sum: each score depends on its own sample alone."""
    slopes = _slopes(critic, _mixed(real, fake, t)) / len(real)
    return _with_penalty(critic, real, fake, weight, ((slopes.norm(dim=1) - 1) ** 2).mean())


def only_at_real_points(critic, real, fake, t, weight):
    """Your function measures the gradient at the real points, as R1 does. WGAN-GP measures it at
    mixed points, t · real + (1 − t) · fake."""
    slopes = _slopes(critic, real.clone().requires_grad_())
    return _with_penalty(critic, real, fake, weight, ((slopes.norm(dim=1) - 1) ** 2).mean())


def scores_swapped(critic, real, fake, t, weight):
    """Your critic is rewarded for scoring fakes above real points: the two means have the wrong
    signs. It minimises mean D(fake) − mean D(real)."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, fake, real, weight, ((slopes.norm(dim=1) - 1) ** 2).mean())


def only_at_fakes(critic, real, fake, t, weight):
    """Your function measures the gradient at the fakes. WGAN-GP measures it at mixed points,
    t · real + (1 − t) · fake."""
    slopes = _slopes(critic, fake.clone().requires_grad_())
    return _with_penalty(critic, real, fake, weight, ((slopes.norm(dim=1) - 1) ** 2).mean())


def share_of_the_fake(critic, real, fake, t, weight):
    """Your function takes t as the share of the fake. Here it is the share of the real point: mix
    t · real + (1 − t) · fake."""
    slopes = _slopes(critic, _mixed(fake, real, t))
    return _with_penalty(critic, real, fake, weight, ((slopes.norm(dim=1) - 1) ** 2).mean())


def weight_forgotten(critic, real, fake, t, weight):
    """Your function adds the penalty as it is. Multiply it by weight."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, 1.0, ((slopes.norm(dim=1) - 1) ** 2).mean())


def no_penalty(critic, real, fake, t, weight):
    """Your loss has no penalty: nothing keeps the critic from being ever steeper. Add
    weight · mean((‖gradient‖ − 1)²), with the gradient at the mixed points."""
    return _with_penalty(critic, real, fake, weight, 0.0)


def penalty_summed(critic, real, fake, t, weight):
    """Your function adds the penalties of the samples up. Take their mean, so that the weight means
    the same for every size of the batch."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, weight, ((slopes.norm(dim=1) - 1) ** 2).sum())


def absolute_distance(critic, real, fake, t, weight):
    """Your penalty is the mean of |‖gradient‖ − 1|. WGAN-GP squares the distance from 1."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, weight, (slopes.norm(dim=1) - 1).abs().mean())


def norm_over_the_batch_axis(critic, real, fake, t, weight):
    """Your function takes the norm over axis 0, the samples. Each sample's own gradient is a row:
    take the norm over axis 1."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, weight, ((slopes.norm(dim=0) - 1) ** 2).mean())


def one_sided(critic, real, fake, t, weight):
    """Your penalty counts only slopes above 1. WGAN-GP asks for slope 1 and counts slopes below 1
    as well: no clamp or maximum."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    penalty = ((slopes.norm(dim=1) - 1).clamp(min=0) ** 2).mean()
    return _with_penalty(critic, real, fake, weight, penalty)


def sum_of_absolute_values(critic, real, fake, t, weight):
    """Your function adds up the absolute values of each gradient, the L1 norm. The length of a
    gradient is its Euclidean norm, the root of the sum of squares."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    penalty = ((slopes.abs().sum(dim=1) - 1) ** 2).mean()
    return _with_penalty(critic, real, fake, weight, penalty)


def _mixed(real, fake, t):
    return (t * real + (1 - t) * fake).requires_grad_()


def _slopes(critic, points):
    import torch

    return torch.autograd.grad(critic(points).sum(), points, create_graph=True)[0]


def _with_penalty(critic, real, fake, weight, penalty):
    import torch

    loss = critic(fake).mean() - critic(real).mean() + weight * penalty
    return (loss, *torch.autograd.grad(loss, list(critic.parameters())))


def critic_loss_and_gradient_cases(rng):
    import torch

    for B, d, H in ((3, 2, 4), (4, 4, 3), (1, 3, 5), (6, 1, 2)):
        critic = _network(rng, d, H, 1)
        critic[-1] = torch.nn.Linear(H, 1, bias=False)  # a bias there never gets a slope
        with torch.no_grad():
            critic[-1].weight.copy_(torch.from_numpy(rng.normal(0, 1.5, size=(1, H))))
        points = (_tensor(rng.normal(size=shape)) for shape in ((B, d), (B, d)))
        yield critic, *points, _tensor(rng.random((B, 1))), 10.0


# 06.5


def ema_update(average, model, decay):
    import torch

    with torch.no_grad():
        for mean, new in zip(average.parameters(), model.parameters(), strict=True):
            mean.copy_(decay * mean + (1 - decay) * new)
        for kept, new in zip(average.buffers(), model.buffers(), strict=True):
            kept.copy_(new)


def roles_swapped(average, model, decay):
    """Your function behaves exactly as if decay and 1 − decay had changed places: the average takes
    almost all of the new weights and forgets its past. The average keeps the share decay."""
    _move(average.parameters(), model.parameters(), 1 - decay, decay)
    _move(average.buffers(), model.buffers(), 0, 1)


def buffers_forgotten(average, model, decay):
    """Your parameters are right, but the buffers stay as they were at the start. The running means
    of batch normalisation then belong to another network: copy model.buffers() as well."""
    _move(average.parameters(), model.parameters(), decay, 1 - decay)


def buffers_averaged(average, model, decay):
    """Your function averages the buffers as well. Some libraries do so; this course copies them:
    running means are averages already, and a counter has no mean."""
    _move(average.parameters(), model.parameters(), decay, 1 - decay)
    _move(average.buffers(), model.buffers(), decay, 1 - decay)


def float_buffers_averaged(average, model, decay):
    """Your function copies the integer buffers, but averages those that are floats. Some libraries
    do so; this course copies all: running means are averages already."""
    _move(average.parameters(), model.parameters(), decay, 1 - decay)
    for kept, new in zip(average.buffers(), model.buffers(), strict=True):
        share = decay if kept.is_floating_point() else 0
        _move([kept], [new], share, 1 - share)


def integer_buffers_forgotten(average, model, decay):
    """Your function copies the float buffers and leaves the integer one, the counter of the
    batches. Copy every buffer, whatever its dtype."""
    _move(average.parameters(), model.parameters(), decay, 1 - decay)
    for kept, new in zip(average.buffers(), model.buffers(), strict=True):
        if kept.is_floating_point():
            _move([kept], [new], 0, 1)


def nothing_changed_in_place(average, model, decay):
    """After your function the average is what it was. A line such as mean = decay * mean + …
    computes a new tensor and gives it a name, and a copy of the module is another module. Write
    into the tensors of the given one, with mean.copy_(…) or lerp_(…), under torch.no_grad()."""
    _move(copy.deepcopy(average).parameters(), model.parameters(), decay, 1 - decay)


def parameters_not_changed_in_place(average, model, decay):
    """Your function copies the buffers, but leaves the parameters as they were. A line such as
    mean = decay * mean + … gives a name to a new tensor; the module keeps the old one. Write into
    it, with mean.copy_(…) or mean.lerp_(…), under torch.no_grad()."""
    _move(average.buffers(), model.buffers(), 0, 1)


def model_changed(average, model, decay):
    """Your function changes `model` and leaves `average`. The model is in training and must not
    notice; write into the average's tensors."""
    _move(model.parameters(), average.parameters(), 1 - decay, decay)


def model_scaled(average, model, decay):
    """Your average is right, but the model is no longer what it was: a line such as
    new.mul_(1 - decay) writes into the model's weights. The model is in training and must not
    notice; (1 - decay) * new is a new tensor."""
    _move(average.parameters(), model.parameters(), decay, 1 - decay)
    _move(average.buffers(), model.buffers(), 0, 1)
    _move(model.parameters(), model.parameters(), 1 - decay, 0)


def buffers_shared(average, model, decay):
    """The numbers are right, but the average now holds the model's own buffers, not copies: in the
    model's next step the average changes too. Write into its tensors: kept.copy_(new)."""
    _move(average.parameters(), model.parameters(), decay, 1 - decay)
    for kept, new in zip(average.buffers(), model.buffers(), strict=True):
        kept.data = new.data


def model_copied(average, model, decay):
    """Your function copies the model's weights and ignores the decay. Of the old average the share
    decay must stay."""
    _move(average.parameters(), model.parameters(), 0, 1)
    _move(average.buffers(), model.buffers(), 0, 1)


def new_share_forgotten(average, model, decay):
    """Your function adds the whole new weight to decay times the old one, so the sum grows without
    need. The two shares must add up to 1: multiply the new weight by 1 − decay."""
    _move(average.parameters(), model.parameters(), decay, 1)
    _move(average.buffers(), model.buffers(), 0, 1)


def _move(olds, news, share_of_old, share_of_new):
    """Write share_of_old · old + share_of_new · new into each old tensor."""
    for old, new in zip(olds, news, strict=True):
        old.data.copy_(share_of_old * old.data + share_of_new * new.data)


def _networks_after(function, average, model, decay):
    """Call the function; return the tensors of both, and the average's after the model moved on."""
    import torch

    function(average, model, decay)
    tensors = _named("average", average) | _named("model", model)
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor += 1
    return tensors | _named("after the model moved on, average", average)


def _network_with_buffers(rng, n_in, n_out):
    """Linear layer and batch normalisation; all tensors drawn from rng."""
    import torch

    network = torch.nn.Sequential(torch.nn.Linear(n_in, n_out), torch.nn.BatchNorm1d(n_out))
    for tensor in network.state_dict().values():
        values = rng.normal(1, 0.5, size=tensor.shape)
        if not tensor.is_floating_point():  # the counter of the batches
            values = rng.integers(1, 1000, size=tensor.shape)
        tensor.copy_(torch.as_tensor(values))
    return network


def _single_weight(value):
    import torch

    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, value)
    return network


def ema_update_cases(rng):
    yield _single_weight(2.0), _single_weight(1.0), 0.75
    for n_in, n_out, decay in ((3, 2, 0.9), (2, 2, 0.25), (1, 1, 0.99), (4, 3, 0.0)):
        average, model = (_network_with_buffers(rng, n_in, n_out) for _ in range(2))
        yield average, model, decay


EXERCISES = (
    Exercise(
        id="06.1",
        title="The optimal discriminator",
        cases=optimal_discriminator_cases,
        answer=optimal_discriminator,
        hints=(
            "Where both densities are equal, nobody can tell: the answer there is ½.",
            "Set the slope of a · log y + b · log(1 − y) in y to zero, and solve for y.",
            "The data's share of the sum: p_data / (p_data + p_gen).",
        ),
        misconceptions=(
            generator_over_the_sum,
            ratio_of_the_densities,
            ratio_inverted,
            logit_returned,
            decision_instead_of_probability,
            always_undecided,
            sigmoid_of_the_ratio,
        ),
    ),
    Exercise(
        id="06.2",
        title="The generator's loss from logits",
        cases=generator_loss_cases,
        answer=generator_loss,
        hints=(
            "It is the cross-entropy of the fakes with label 1.",
            "−log σ(u) = log(1 + exp(−u)), and exp(1000) is too large for a float.",
            "np.logaddexp(0, v) is log(1 + exp(v)), computed safely. Take the mean at the end.",
        ),
        misconceptions=(
            saturating_form,
            labels_swapped,
            log_of_the_mean,
            loss_of_the_mean_logit,
            naive_logarithm,
            kept_from_zero,
            clipped_as_in_keras,
            sigmoid_twice,
            summed_over_the_batch,
            sign_forgotten,
            critic_score,
            logits_as_probabilities,
        ),
    ),
    Exercise(
        id="06.3",
        title="Training steps in PyTorch",
        cases=train_steps_cases,
        answer=train_steps,
        run=_players_after,
        hints=(
            "For each batch there are two losses, and each has its zero_grad, backward and step.",
            "The discriminator sees fake.detach(). After its step, send the fakes, not detached, "
            "through it again. If PyTorch complains of an in-place change, a score is older than "
            "the step. If it complains of a second backward, a detach is missing; retain_graph is "
            "no cure.",
            "Per batch: fake = gen(z); loss of real with 1 and of fake.detach() with 0; "
            "disc_optimizer's zero_grad, backward, step; then loss of disc(fake) with 1; "
            "gen_optimizer's zero_grad, backward, step.",
        ),
        misconceptions=(
            fakes_not_detached,
            real_and_fake_swapped,
            generator_against_the_old_discriminator,
            generator_first,
            both_backwards_before_both_steps,
            gradients_never_cleared,
            discriminator_not_cleared,
            generator_not_cleared,
            saturating_generator,
            probabilities_as_logits,
            discriminator_loss_halved,
            optimizers_swapped,
            generator_with_label_zero,
            generator_not_trained,
            only_the_first_batch,
            all_of_one_player_first,
        ),
    ),
    Exercise(
        id="06.4",
        title="The critic's loss with gradient penalty",
        cases=critic_loss_and_gradient_cases,
        answer=critic_loss_and_gradient,
        hints=(
            "Build it as in linear_penalty, with critic(mixed) in the place of mixed @ w.",
            "mixed = (…).requires_grad_(). Then torch.autograd.grad(scores.sum(), mixed, "
            "create_graph=True) returns a tuple of one array with a row for each sample; take the "
            "norm over axis 1.",
            "loss = critic(fake).mean() − critic(real).mean() + weight · ((norms − 1)²).mean(); "
            "its gradient is torch.autograd.grad(loss, critic.parameters()).",
        ),
        misconceptions=(
            one_forgotten,
            one_norm_for_the_batch,
            root_forgotten,
            squared_too_late,
            not_squared,
            gradient_by_the_parameters,
            no_graph_of_the_gradient,
            gradient_of_the_mean_score,
            only_at_real_points,
            only_at_fakes,
            share_of_the_fake,
            weight_forgotten,
            no_penalty,
            penalty_summed,
            absolute_distance,
            norm_over_the_batch_axis,
            one_sided,
            sum_of_absolute_values,
            scores_swapped,
        ),
    ),
    Exercise(
        id="06.5",
        title="The average of a network",
        cases=ema_update_cases,
        answer=ema_update,
        run=_networks_after,
        hints=(
            "Which tensors are parameters, and which are buffers? Both modules list them in the "
            "same order, so zip can pair them.",
            "A tensor is changed in place by tensor.copy_(new). On parameters PyTorch allows it "
            "only under `with torch.no_grad():`.",
            "For parameters, mean.copy_(decay * mean + (1 - decay) * new); for buffers, "
            "kept.copy_(new).",
        ),
        misconceptions=(
            roles_swapped,
            buffers_forgotten,
            buffers_averaged,
            float_buffers_averaged,
            integer_buffers_forgotten,
            nothing_changed_in_place,
            parameters_not_changed_in_place,
            model_changed,
            model_scaled,
            buffers_shared,
            model_copied,
            new_share_forgotten,
        ),
    ),
)
