"""Exercise 06.3: training steps in PyTorch. What is right, and the known mistakes."""

from helpers.exercises.banks.lesson06.networks import linear, named, network, tensor
from helpers.exercises.engine import Exercise


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
    """Your discriminator learns 0 for real and 1 for fake points, while the generator still aims
    for 1: either its labels have changed places, or the logits in its softplus have the wrong
    signs. Then both work together, and the fakes move away from the data. Real is 1, fake is 0."""
    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, disc_optimizer, real, gen(z).detach(), labels=(0, 1))
        _gen_step(gen, disc, gen_optimizer, z)


def generator_against_the_old_discriminator(
    gen, disc, gen_optimizer, disc_optimizer, reals, noises
):
    """Your generator learns from the discriminator as it was before its step: either the
    generator steps first, or its loss comes from old scores. Put the discriminator's step first,
    and send the fakes through the discriminator again after it."""
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
    """Your generator learns to be found out: either its label is 0, or the logits in its softplus
    have the wrong sign. Its images are fake, but it wants the discriminator to say 1: the loss is
    the cross-entropy with label 1, which is softplus(−u)."""
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


def no_weight_changed(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """After your function no weight has changed. Either no optimiser steps, or zero_grad stands
    between backward and step and empties .grad. For each loss the order is zero_grad, backward,
    step."""
    for real, z in zip(reals, noises, strict=True):
        _disc_loss(disc, real, gen(z)).backward()


def discriminator_not_trained(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """In your function the discriminator does not move. Either its optimiser never steps, or
    zero_grad stands between its backward and its step and empties .grad."""
    for z in noises:
        _gen_step(gen, disc, gen_optimizer, z)


def one_step_on_real_one_on_fake(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your discriminator steps twice for each batch: on the real points, then on the fakes. Here
    its loss is the sum of both. Add them before one backward, or call backward for each, and step
    once after the second."""
    for real, z in zip(reals, noises, strict=True):
        for points, label in ((real, 1), (gen(z).detach(), 0)):
            disc_optimizer.zero_grad()
            _bce(disc(points), label).backward()
            disc_optimizer.step()
        _gen_step(gen, disc, gen_optimizer, z)


def real_points_left_in_the_second_step(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your discriminator steps twice for each batch: on the real points, then on both, since their
    slopes are still in .grad. Here its loss is the sum of both: call backward for each, and step
    once after the second."""
    for real, z in zip(reals, noises, strict=True):
        disc_optimizer.zero_grad()
        for points, label in ((real, 1), (gen(z).detach(), 0)):
            _bce(disc(points), label).backward()
            disc_optimizer.step()
        _gen_step(gen, disc, gen_optimizer, z)


def discriminator_twice(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your discriminator makes two whole steps for each batch, as some GANs do. Here it makes one,
    and the generator answers."""
    for real, z in zip(reals, noises, strict=True):
        for _ in range(2):
            _disc_step(disc, disc_optimizer, real, gen(z).detach())
        _gen_step(gen, disc, gen_optimizer, z)


def only_real_points(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your discriminator learns from the real points alone. Its loss is the sum of two means: add
    the cross-entropy of the fakes with label 0."""
    for real, z in zip(reals, noises, strict=True):
        disc_optimizer.zero_grad()
        _bce(disc(real), 1).backward()
        disc_optimizer.step()
        _gen_step(gen, disc, gen_optimizer, z)


def only_fakes(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your discriminator learns from the fakes alone. Either the loss of the real points, with
    label 1, is not added, or zero_grad stands between the two backward passes."""
    for z in noises:
        disc_optimizer.zero_grad()
        _bce(disc(gen(z).detach()), 0).backward()
        disc_optimizer.step()
        _gen_step(gen, disc, gen_optimizer, z)


def new_noise_for_the_generator(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function draws new noise for the generator's step. Many programs do, but here both
    players use the given batch z, so that results can be compared."""
    import torch

    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, disc_optimizer, real, gen(z).detach())
        _gen_step(gen, disc, gen_optimizer, torch.randn_like(z))


def noise_of_its_own(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function draws its own noise, and `noises` is not used. Here each batch of noise is
    given, so that results can be compared."""
    import torch

    for real, given in zip(reals, noises, strict=True):
        z = torch.randn_like(given)
        _disc_step(disc, disc_optimizer, real, gen(z).detach())
        _gen_step(gen, disc, gen_optimizer, z)


def real_label_smoothed(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your discriminator aims for 0.9 at the real points. That is label smoothing, a trick that
    some GANs use. Here real is 1, fake is 0."""
    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, disc_optimizer, real, gen(z).detach(), labels=(0.9, 0))
        _gen_step(gen, disc, gen_optimizer, z)


def only_the_last_batch(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your function makes one step of each player, with the last batch. Do the steps stand below
    the loop and not in it? Make both for every pair of batches."""
    _disc_step(disc, disc_optimizer, reals[-1], gen(noises[-1]).detach())
    _gen_step(gen, disc, gen_optimizer, noises[-1])


def generator_makes_log_d_small(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your generator makes log D small: its loss has the wrong sign. It wants D large at its fakes,
    and the loss is −log D, the cross-entropy with label 1, no minus in front of it."""
    for real, z in zip(reals, noises, strict=True):
        _disc_step(disc, disc_optimizer, real, gen(z).detach())
        gen_optimizer.zero_grad()
        (-_bce(disc(gen(z)), 1)).backward()
        gen_optimizer.step()


def discriminator_makes_its_loss_large(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your discriminator makes its cross-entropy large: its loss has the wrong sign. It wants
    log D(real) + log(1 − D(fake)) large, so the minus belongs in front of both logarithms, and none
    in front of the cross-entropies."""
    for real, z in zip(reals, noises, strict=True):
        disc_optimizer.zero_grad()
        (-_disc_loss(disc, real, gen(z).detach())).backward()
        disc_optimizer.step()
        _gen_step(gen, disc, gen_optimizer, z)


def losses_summed(gen, disc, gen_optimizer, disc_optimizer, reals, noises):
    """Your steps are B times too long: the losses are sums over the batch. Here each is a mean over
    the batch, so that the size of a step does not depend on the size of the batch."""
    for real, z in zip(reals, noises, strict=True):
        B = len(real)
        disc_optimizer.zero_grad()
        (B * _disc_loss(disc, real, gen(z).detach())).backward()
        disc_optimizer.step()
        gen_optimizer.zero_grad()
        (B * _bce(disc(gen(z)), 1)).backward()
        gen_optimizer.step()


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
    """Call the function, and return the players' weights as they are then.

    Noise that it draws itself is the same in every call; PyTorch's generator is then put back.
    """
    import torch

    state = torch.get_rng_state()
    torch.default_generator.manual_seed(0)
    try:
        function(gen, disc, *rest)
    finally:
        torch.set_rng_state(state)
    return named("gen", gen) | named("disc", disc)


def train_steps_cases(rng):
    import torch

    yield _one_weight_each()
    for steps, B, d, d_z in ((3, 4, 2, 3), (2, 1, 1, 1), (2, 8, 3, 2)):
        gen, disc = network(rng, d_z, d), network(rng, d, 4, 1)
        optimizers = (torch.optim.SGD(player.parameters(), lr=0.5) for player in (gen, disc))
        reals, noises = rng.normal(1, 1, size=(steps, B, d)), rng.normal(size=(steps, B, d_z))
        yield gen, disc, *optimizers, tensor(reals), tensor(noises)


def _one_weight_each():
    """One step of one point on the line, by hand: gen(z) = z, disc(x) = 0, the rates are 1."""
    import torch

    gen, disc = linear(1, 1), linear(1, 1)
    for player, weight in ((gen, 1.0), (disc, 0.0)):
        torch.nn.init.constant_(player.weight, weight)
        torch.nn.init.zeros_(player.bias)
    optimizers = (torch.optim.SGD(player.parameters(), lr=1.0) for player in (gen, disc))
    return gen, disc, *optimizers, torch.tensor([[[2.0]]]), torch.tensor([[[1.0]]])


EXERCISE = Exercise(
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
        no_weight_changed,
        discriminator_not_trained,
        one_step_on_real_one_on_fake,
        real_points_left_in_the_second_step,
        discriminator_twice,
        only_real_points,
        only_fakes,
        new_noise_for_the_generator,
        noise_of_its_own,
        real_label_smoothed,
        only_the_last_batch,
        generator_makes_log_d_small,
        discriminator_makes_its_loss_large,
        losses_summed,
    ),
)
