"""Exercise 06.3: training loops as readers write them, each with one part changed."""

import pytest
import torch
import torch.nn.functional as F

from helpers.exercises import bank

ENTRIES = bank("06")


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


def gen_first(gen, disc, gen_opt, disc_opt, reals, noises):
    for x, z in zip(reals, noises, strict=True):
        fake = gen(z)
        gen_opt.zero_grad()
        F.softplus(-disc(fake)).mean().backward()
        gen_opt.step()
        disc_opt.zero_grad()
        (F.softplus(-disc(x)).mean() + F.softplus(disc(fake.detach())).mean()).backward()
        disc_opt.step()


def old_scores(gen, disc, gen_opt, disc_opt, reals, noises):
    for x, z in zip(reals, noises, strict=True):
        gen_opt.zero_grad()
        slopes = torch.autograd.grad(F.softplus(-disc(gen(z))).mean(), list(gen.parameters()))
        right_disc_turn(gen, disc, disc_opt, x, z)
        for p, slope in zip(gen.parameters(), slopes, strict=True):
            p.grad = slope
        gen_opt.step()


def steps_below_the_loop(gen, disc, gen_opt, disc_opt, reals, noises):
    for x, z in zip(reals, noises, strict=True):  # noqa: B007
        fake = gen(z)
    disc_opt.zero_grad()
    (F.softplus(-disc(x)).mean() + F.softplus(disc(fake.detach())).mean()).backward()
    disc_opt.step()
    right_gen_turn(gen, disc, gen_opt, z)


def noises_not_used(gen, disc, gen_opt, disc_opt, reals, noises):
    for x in reals:
        z = torch.randn(*noises.shape[1:])
        right_disc_turn(gen, disc, disc_opt, x, z)
        right_gen_turn(gen, disc, gen_opt, z)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (loop(never_stepped, gen_never_stepped), "no_weight_changed"),
        (loop(cleared_after_backward, gen_cleared_after_backward), "no_weight_changed"),
        (loop(never_stepped), "discriminator_not_trained"),
        (loop(cleared_after_backward), "discriminator_not_trained"),
        (loop(gen_turn=gen_never_stepped), "generator_not_trained"),
        (loop(gen_turn=gen_cleared_after_backward), "generator_not_trained"),
        (loop(two_steps), "one_step_on_real_one_on_fake"),
        (loop(two_steps_cleared_once), "real_points_left_in_the_second_step"),
        (loop(whole_steps_twice), "discriminator_twice"),
        (loop(gen_turn=gen_with_new_noise), "new_noise_for_the_generator"),
        (noises_not_used, "noise_of_its_own"),
        (loop(smoothed), "real_label_smoothed"),
        (steps_below_the_loop, "only_the_last_batch"),
        (gen_first, "generator_against_the_old_discriminator"),
        (old_scores, "generator_against_the_old_discriminator"),
        (loop(signs_turned), "real_and_fake_swapped"),
        (loop(minus_forgotten), "discriminator_makes_its_loss_large"),
        (loop(gen_turn=gen_sign_turned), "generator_with_label_zero"),
        (loop(gen_turn=gen_minus_forgotten), "generator_makes_log_d_small"),
        (loop(summed, gen_summed), "losses_summed"),
        (loop(cleared_between_the_backwards), "only_fakes"),
        (loop(only_real), "only_real_points"),
        (loop(two_steps, gen_sign_turned), None),  # two mistakes
    ],
)
def test_a_readers_wrong_training_is_rejected_by_its_name(function, name):
    verdict = ENTRIES["06.3"].judge(function)
    assert verdict.kind in ("wrong", "misconception"), verdict.text
    assert verdict.misconception == name, verdict.text


@pytest.mark.parametrize(
    "name",
    [
        "generator_against_the_old_discriminator",
        "real_and_fake_swapped",
        "generator_with_label_zero",
        "generator_not_trained",
        "no_weight_changed",
    ],
)
def test_where_two_causes_have_one_effect_both_are_told(name):
    wrong = {f.__name__: f for f in ENTRIES["06.3"].misconceptions}[name]
    assert " or " in ENTRIES["06.3"].judge(wrong).text


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


@pytest.mark.parametrize("function", [loop(), loop(two_backwards_one_step), loop(without_graph)])
def test_right_training_in_another_style_is_accepted(function):
    verdict = ENTRIES["06.3"].judge(function)
    assert verdict.kind == "right", verdict.text


@pytest.mark.parametrize("id", ["06.3", "06.4", "06.5"])
def test_a_check_leaves_the_learners_random_numbers_alone(id):
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    ENTRIES[id].judge(ENTRIES[id].answer)
    ENTRIES[id].judge(ENTRIES[id].misconceptions[0])
    if id == "06.3":
        ENTRIES[id].judge(loop(gen_turn=gen_with_new_noise))
    assert torch.equal(torch.randn(3), expected)
