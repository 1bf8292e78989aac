"""Exercise 06.3: training loops as readers write them, each with one part changed."""

import torch
import torch.nn.functional as F
from reader_answers import refused, right, wrong


def loop(disc_turn=None, gen_turn=None):
    """Training steps that are right but for the turns given: both get what a loop has at hand."""

    def train_steps(gen, disc, gen_opt, disc_opt, reals, noises):
        for x, z in zip(reals, noises, strict=True):
            (disc_turn or right_disc_turn)(gen, disc, disc_opt, x, z)
            (gen_turn or right_gen_turn)(gen, disc, gen_opt, z)

    return train_steps


def right_disc_turn(gen, disc, opt, x, z):
    opt.zero_grad()
    (F.softplus(-disc(x)).mean() + F.softplus(disc(gen(z).detach())).mean()).backward()
    opt.step()


def right_gen_turn(gen, disc, opt, z):
    opt.zero_grad()
    F.softplus(-disc(gen(z))).mean().backward()
    opt.step()


def never_stepped(gen, disc, opt, x, z):
    opt.zero_grad()
    (F.softplus(-disc(x)).mean() + F.softplus(disc(gen(z).detach())).mean()).backward()


def cleared_after_backward(gen, disc, opt, x, z):
    (F.softplus(-disc(x)).mean() + F.softplus(disc(gen(z).detach())).mean()).backward()
    opt.zero_grad()
    opt.step()


def gen_never_stepped(gen, disc, opt, z):
    opt.zero_grad()
    F.softplus(-disc(gen(z))).mean().backward()


def gen_cleared_after_backward(gen, disc, opt, z):
    F.softplus(-disc(gen(z))).mean().backward()
    opt.zero_grad()
    opt.step()


def two_steps(gen, disc, opt, x, z):
    opt.zero_grad()
    F.softplus(-disc(x)).mean().backward()
    opt.step()
    opt.zero_grad()
    F.softplus(disc(gen(z).detach())).mean().backward()
    opt.step()


def two_steps_cleared_once(gen, disc, opt, x, z):
    opt.zero_grad()
    F.softplus(-disc(x)).mean().backward()
    opt.step()
    F.softplus(disc(gen(z).detach())).mean().backward()
    opt.step()


def whole_steps_twice(gen, disc, opt, x, z):
    right_disc_turn(gen, disc, opt, x, z)
    right_disc_turn(gen, disc, opt, x, z)


def smoothed(gen, disc, opt, x, z):
    u_real, u_fake = disc(x), disc(gen(z).detach())
    loss = F.binary_cross_entropy_with_logits(u_real, torch.full_like(u_real, 0.9))
    loss = loss + F.binary_cross_entropy_with_logits(u_fake, torch.zeros_like(u_fake))
    opt.zero_grad()
    loss.backward()
    opt.step()


def signs_turned(gen, disc, opt, x, z):
    opt.zero_grad()
    (F.softplus(disc(x)).mean() + F.softplus(-disc(gen(z).detach())).mean()).backward()
    opt.step()


def minus_forgotten(gen, disc, opt, x, z):
    opt.zero_grad()
    (F.logsigmoid(disc(x)).mean() + F.logsigmoid(-disc(gen(z).detach())).mean()).backward()
    opt.step()


def summed(gen, disc, opt, x, z):
    opt.zero_grad()
    (F.softplus(-disc(x)).sum() + F.softplus(disc(gen(z).detach())).sum()).backward()
    opt.step()


def gen_summed(gen, disc, opt, z):
    opt.zero_grad()
    F.softplus(-disc(gen(z))).sum().backward()
    opt.step()


def cleared_between_the_backwards(gen, disc, opt, x, z):
    F.softplus(-disc(x)).mean().backward()
    opt.zero_grad()
    F.softplus(disc(gen(z).detach())).mean().backward()
    opt.step()


def only_real(gen, disc, opt, x, z):
    opt.zero_grad()
    F.softplus(-disc(x)).mean().backward()
    opt.step()


def gen_sign_turned(gen, disc, opt, z):
    opt.zero_grad()
    F.softplus(disc(gen(z))).mean().backward()
    opt.step()


def gen_minus_forgotten(gen, disc, opt, z):
    opt.zero_grad()
    F.logsigmoid(disc(gen(z))).mean().backward()
    opt.step()


def gen_with_new_noise(gen, disc, opt, z):
    right_gen_turn(gen, disc, opt, torch.randn(len(z), z.shape[1]))


@wrong("06.3", "generator_against_the_old_discriminator", " or ")
def gen_first(gen, disc, gen_opt, disc_opt, reals, noises):
    for x, z in zip(reals, noises, strict=True):
        fake = gen(z)
        gen_opt.zero_grad()
        F.softplus(-disc(fake)).mean().backward()
        gen_opt.step()
        disc_opt.zero_grad()
        (F.softplus(-disc(x)).mean() + F.softplus(disc(fake.detach())).mean()).backward()
        disc_opt.step()


@wrong("06.3", "generator_against_the_old_discriminator")
def old_scores(gen, disc, gen_opt, disc_opt, reals, noises):
    for x, z in zip(reals, noises, strict=True):
        gen_opt.zero_grad()
        slopes = torch.autograd.grad(F.softplus(-disc(gen(z))).mean(), list(gen.parameters()))
        right_disc_turn(gen, disc, disc_opt, x, z)
        for p, slope in zip(gen.parameters(), slopes, strict=True):
            p.grad = slope
        gen_opt.step()


@wrong("06.3", "only_the_last_batch")
def steps_below_the_loop(gen, disc, gen_opt, disc_opt, reals, noises):
    for x, z in zip(reals, noises, strict=True):  # noqa: B007
        fake = gen(z)
    disc_opt.zero_grad()
    (F.softplus(-disc(x)).mean() + F.softplus(disc(fake.detach())).mean()).backward()
    disc_opt.step()
    right_gen_turn(gen, disc, gen_opt, z)


@wrong("06.3", "noise_of_its_own")
def noises_not_used(gen, disc, gen_opt, disc_opt, reals, noises):
    for x in reals:
        z = torch.randn(*noises.shape[1:])
        right_disc_turn(gen, disc, disc_opt, x, z)
        right_gen_turn(gen, disc, gen_opt, z)


# Where two causes have one effect, both are told.
wrong("06.3", "no_weight_changed", " or ")(loop(never_stepped, gen_never_stepped))
wrong("06.3", "no_weight_changed")(loop(cleared_after_backward, gen_cleared_after_backward))
wrong("06.3", "discriminator_not_trained")(loop(never_stepped))
wrong("06.3", "discriminator_not_trained")(loop(cleared_after_backward))
wrong("06.3", "generator_not_trained", " or ")(loop(gen_turn=gen_never_stepped))
wrong("06.3", "generator_not_trained")(loop(gen_turn=gen_cleared_after_backward))
wrong("06.3", "one_step_on_real_one_on_fake")(loop(two_steps))
wrong("06.3", "real_points_left_in_the_second_step")(loop(two_steps_cleared_once))
wrong("06.3", "discriminator_twice")(loop(whole_steps_twice))
wrong("06.3", "new_noise_for_the_generator")(loop(gen_turn=gen_with_new_noise))
wrong("06.3", "real_label_smoothed")(loop(smoothed))
wrong("06.3", "real_and_fake_swapped", " or ")(loop(signs_turned))
wrong("06.3", "discriminator_makes_its_loss_large")(loop(minus_forgotten))
wrong("06.3", "generator_with_label_zero", " or ")(loop(gen_turn=gen_sign_turned))
wrong("06.3", "generator_makes_log_d_small")(loop(gen_turn=gen_minus_forgotten))
wrong("06.3", "losses_summed")(loop(summed, gen_summed))
wrong("06.3", "only_fakes")(loop(cleared_between_the_backwards))
wrong("06.3", "only_real_points")(loop(only_real))
refused("06.3", "wrong")(loop(two_steps, gen_sign_turned))  # two mistakes


def two_backwards_one_step(gen, disc, opt, x, z):
    opt.zero_grad()
    F.binary_cross_entropy_with_logits(disc(x), torch.ones(len(x), 1)).backward()
    F.binary_cross_entropy_with_logits(disc(gen(z).detach()), torch.zeros(len(x), 1)).backward()
    opt.step()


def without_graph(gen, disc, opt, x, z):
    with torch.no_grad():
        fake = gen(z)
    disc.zero_grad()
    (-F.logsigmoid(disc(x)).mean() - F.logsigmoid(-disc(fake)).mean()).backward()
    opt.step()


right("06.3")(loop())
right("06.3")(loop(two_backwards_one_step))
right("06.3")(loop(without_graph))
