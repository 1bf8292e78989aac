"""Lesson 06: answers as readers write them, wrong ones and right ones."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import special
from torch import nn

from helpers.exercises import bank

ENTRIES = bank("06")


def sigmoid(u):
    return 1 / (1 + np.exp(-u))


def by_softplus_of_the_quotient(p_data, p_gen):
    with np.errstate(divide="ignore"):
        return special.expit(np.log(p_data) - np.log(p_gen))


def point_by_point(p_data, p_gen):
    out = np.empty_like(p_data)
    for i in np.ndindex(p_data.shape):
        out[i] = 0.0 if p_data[i] == 0 else 1 / (1 + p_gen[i] / p_data[i])
    return out


def in_float32(p_data, p_gen):
    p_data, p_gen = torch.tensor(p_data).float(), torch.tensor(p_gen).float()
    return p_data / (p_data + p_gen)


def loss_from_torch(logits):
    u = torch.from_numpy(logits).float()
    return F.binary_cross_entropy_with_logits(u, torch.ones_like(u))


def loss_by_the_side_of_zero(logits):
    total = 0.0
    for u in logits.ravel().tolist():
        total += np.log1p(np.exp(-u)) if u > 0 else -u + np.log1p(np.exp(u))
    return total / logits.size


def bce_of_probabilities(logits):
    p = torch.sigmoid(torch.tensor(logits))
    return F.binary_cross_entropy(p, torch.ones_like(p)).item()


WRONG = [
    # 06.1
    ("06.1", lambda p, q: np.exp(p) / (np.exp(p) + np.exp(q)), "softmax_of_the_densities"),
    ("06.1", lambda p, q: sigmoid(p - q), "softmax_of_the_densities"),
    ("06.1", lambda p, q: (d := p / (p + q)) / np.sum(d), "normalised_over_the_points"),
    ("06.1", lambda p, q: p / np.sum(p + q), "divided_by_the_sum_over_the_points"),
    (
        "06.1",
        lambda p, q: (p / p.sum()) / (p / p.sum() + q / q.sum()),
        "densities_made_to_sum_to_1",
    ),
    ("06.1", lambda p, q: p / (p + q + 1e-8), "kept_from_dividing_by_zero"),
    ("06.1", lambda p, q: p / np.maximum(p + q, 1e-12), "kept_from_dividing_by_zero"),
    ("06.1", lambda p, q: (p >= q).astype(float), "decision_that_ties_are_real"),
    ("06.1", lambda p, q: p > q, "decision_instead_of_probability"),
    ("06.1", lambda p, q: 1 - p / (p + q), "generator_over_the_sum"),
    # 06.2
    ("06.2", lambda u: np.log(1 + np.exp(-u.clip(-30, 30))).mean(), "clipped_at_30"),
    ("06.2", lambda u: np.log(1 + np.exp(-u.clip(-50, 50))).mean(), "clipped_at_50"),
    ("06.2", lambda u: np.log1p(np.exp(-u.clip(-20, 20))).mean(), "clipped_at_20"),
    ("06.2", lambda u: np.where(u < 1, 1 - u, 0).mean(), "hinge"),
    ("06.2", lambda u: (np.log(1 + np.exp(u)) - u).mean(), "overflows_at_1000"),
    ("06.2", lambda u: np.log(1 + np.exp(-u)).mean(), "naive_logarithm"),
    ("06.2", bce_of_probabilities, "stopped_at_100"),
    ("06.2", lambda u: -np.log(sigmoid(u).clip(1e-7, 1)).mean(), "clipped_as_in_keras"),
    ("06.2", lambda u: -np.log(sigmoid(u) + 1e-7).mean(), "clipped_as_in_keras"),
    ("06.2", lambda u: -np.log(sigmoid(u) + 1e-8).mean(), "kept_from_zero"),
    ("06.2", lambda u: -np.log(sigmoid(u).clip(1e-8)).mean(), "kept_from_zero"),
    ("06.2", lambda u: -np.log(sigmoid(u).clip(1e-12)).mean(), "kept_from_zero_by_less"),
    ("06.2", lambda u: np.logaddexp(0, -u), "not_averaged"),
    ("06.2", lambda u: sum(np.logaddexp(0, -u).ravel()) / len(u), "divided_by_the_rows"),
    ("06.2", lambda u: np.maximum(-u, 0).mean(), "softplus_as_relu"),
    ("06.2", lambda u: ((1 - sigmoid(u)) ** 2).mean(), "squared_distance_from_1"),
    ("06.2", lambda u: -special.log_expit(-u).mean(), "labels_swapped"),
    ("06.2", lambda u: -np.clip(special.log_expit(u), -90, 0).mean(), None),  # two mistakes
]


@pytest.mark.parametrize(("exercise", "function", "name"), WRONG)
def test_a_readers_wrong_answer_is_rejected_by_its_name(exercise, function, name):
    verdict = ENTRIES[exercise].judge(function)
    assert verdict.kind in ("wrong", "wrong kind", "misconception"), verdict.text
    assert verdict.misconception == name, verdict.text


@pytest.mark.parametrize(
    ("exercise", "function"),
    [
        ("06.1", by_softplus_of_the_quotient),
        ("06.1", point_by_point),
        ("06.1", in_float32),
        ("06.1", lambda p, q: 1 - q / (p + q)),
        ("06.1", lambda p, q: (np.array([p, q]) / np.sum([p, q], axis=0))[0]),
        ("06.2", loss_from_torch),
        ("06.2", loss_by_the_side_of_zero),
        ("06.2", lambda u: -special.log_expit(u).mean()),
        ("06.2", lambda u: -F.logsigmoid(torch.tensor(u)).mean()),
        ("06.2", lambda u: (np.logaddexp(0, u) - u).mean()),
        ("06.2", lambda u: F.softplus(-torch.tensor(u, dtype=torch.float32)).mean()),
    ],
)
def test_a_right_answer_in_another_style_is_accepted(exercise, function):
    verdict = ENTRIES[exercise].judge(function)
    assert verdict.kind == "right", verdict.text


# 06.3: one loop with one part changed


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


# 06.4


def critic_loss(share=None, of_norm=None, weight_given=None, signs=(1, -1, 1)):
    """The critic's loss and gradient, with one part of it changed."""

    def function(critic, real, fake, t, weight):
        share_of_real = share(t) if share else t
        mixed = (share_of_real * real + (1 - share_of_real) * fake).detach().requires_grad_(True)
        scores = critic(mixed)
        slopes = torch.autograd.grad(
            scores, mixed, grad_outputs=torch.ones_like(scores), create_graph=True
        )[0]
        norm = slopes.pow(2).sum(1).sqrt()
        penalty = of_norm(norm) if of_norm else (norm - 1).pow(2).mean()
        terms = (critic(fake).mean(), critic(real).mean(), (weight_given or weight) * penalty)
        loss = sum(sign * term for sign, term in zip(signs, terms, strict=True))
        slopes = torch.autograd.grad(loss, list(critic.parameters()))
        return (loss.item(), *(slope.numpy() for slope in slopes))

    return function


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (critic_loss(weight_given=10), "weight_always_10"),
        (critic_loss(weight_given=1), "weight_forgotten"),
        (critic_loss(share=lambda t: torch.rand(len(t), 1)), "shares_of_its_own"),
        (critic_loss(share=lambda t: 0.5), "mixed_half_and_half"),
        (critic_loss(share=lambda t: t[0, 0]), "one_share_for_the_batch"),
        (critic_loss(share=lambda t: 1 - t), "share_of_the_fake"),
        (critic_loss(signs=(1, -1, -1)), "penalty_subtracted"),
        (critic_loss(signs=(0, 0, 1)), "scores_left_out"),
        (critic_loss(signs=(-1, 1, 1)), "scores_swapped"),
        (critic_loss(of_norm=lambda n: ((n - 1) ** 2).mean() / 2), "penalty_halved"),
        (critic_loss(of_norm=lambda n: ((n - 1) ** 2).sum()), "penalty_summed"),
        (critic_loss(of_norm=lambda n: (n.mean() - 1) ** 2), "squared_too_late"),
    ],
)
def test_a_readers_wrong_penalty_is_rejected_by_its_name(function, name):
    verdict = ENTRIES["06.4"].judge(function)
    assert (verdict.kind, verdict.misconception) == ("misconception", name), verdict.text


def by_backward(critic, real, fake, t, weight):
    mixed = torch.lerp(fake, real, t).requires_grad_()
    slope = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)[0]
    penalty = F.mse_loss(torch.linalg.vector_norm(slope, dim=1), torch.ones(len(real)))
    loss = (critic(fake) - critic(real)).mean() + weight * penalty
    loss.backward()
    return [loss, *(p.grad for p in critic.parameters())]


def sample_by_sample(critic, real, fake, t, weight):
    penalty = 0
    for x, x_fake, share in zip(real, fake, t, strict=True):
        point = (share * x + (1 - share) * x_fake).requires_grad_()
        slope = torch.autograd.grad(critic(point[None])[0, 0], point, create_graph=True)[0]
        penalty += ((slope @ slope) ** 0.5 - 1) ** 2 / len(real)
    loss = critic(fake).mean() - critic(real).mean() + weight * penalty
    return (loss, *torch.autograd.grad(loss, tuple(critic.parameters())))


@pytest.mark.parametrize("function", [critic_loss(), by_backward, sample_by_sample])
def test_a_right_penalty_in_another_style_is_accepted(function):
    verdict = ENTRIES["06.4"].judge(function)
    assert verdict.kind == "right", verdict.text


def test_the_first_case_of_the_penalty_is_the_one_worked_by_hand():
    loss, slope = critic_loss()(*ENTRIES["06.4"].all_cases()[0])
    assert loss == pytest.approx(4 - 3 + 10 * (5 - 1) ** 2)
    assert slope == pytest.approx(np.array([[-1 + 80 * 0.6, 1 + 80 * 0.8]]))


# 06.5


@torch.no_grad()
def moved(average, model, of_pair, buffers=True):
    for mean, new in zip(average.parameters(), model.parameters(), strict=True):
        mean.copy_(of_pair(mean, new))
    if buffers:
        for kept, new in zip(average.buffers(), model.buffers(), strict=True):
            kept.copy_(new)


@torch.no_grad()
def through_modules(average, model, decay):
    for ours, theirs in zip(average.modules(), model.modules(), strict=True):
        for mean, new in zip(ours.parameters(), theirs.parameters(), strict=True):
            mean.mul_(decay).add_(new, alpha=1 - decay)
        for kept, new in zip(ours.buffers(), theirs.buffers(), strict=True):
            kept.copy_(new)


@torch.no_grad()
def whole_state(average, model, decay):
    ours, theirs = average.state_dict(), model.state_dict()
    for name in ours:
        ours[name].copy_(decay * ours[name] + (1 - decay) * theirs[name])


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (through_modules, "averaged_through_modules"),
        (whole_state, "buffers_averaged"),
        (lambda a, m, d: moved(a, m, lambda old, new: old + (1 - d) * new), "old_share_forgotten"),
        (lambda a, m, d: moved(a, m, lambda old, new: d * old + new), "new_share_forgotten"),
        (lambda a, m, d: moved(a, m, lambda old, new: old + new), "shares_left_out"),
        (lambda a, m, d: moved(a, m, lambda old, new: (old + new) / 2), "half_and_half"),
        (lambda a, m, d: moved(a, m, lambda old, new: new), "model_copied"),
        (
            lambda a, m, d: moved(a, m, lambda old, new: new.lerp(old, d), False),
            "buffers_forgotten",
        ),
        (lambda a, m, d: moved(a, m, lambda old, new: old.lerp(new, d)), "roles_swapped"),
    ],
)
def test_a_readers_wrong_average_is_rejected_by_its_name(function, name):
    verdict = ENTRIES["06.5"].judge(function)
    assert (verdict.kind, verdict.misconception) == ("misconception", name), verdict.text


def by_load_state_dict(average, model, decay):
    state = {name: value.clone() for name, value in model.state_dict().items()}
    for name, parameter in average.named_parameters():
        state[name] = torch.lerp(state[name], parameter.detach(), decay)
    average.load_state_dict(state)


def by_torch(average, model, decay):
    kept = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    kept([p.data for p in average.parameters()], [p.data for p in model.parameters()], 1)
    for ours, theirs in zip(average.buffers(), model.buffers(), strict=True):
        ours.data.copy_(theirs.data)


@torch.no_grad()
def layer_by_layer(average, model, decay):
    for ours, theirs in zip(average.modules(), model.modules(), strict=True):
        pairs = zip(ours.parameters(recurse=False), theirs.parameters(recurse=False), strict=True)
        for mean, new in pairs:
            mean += (1 - decay) * (new - mean)
        for kept, new in zip(
            ours.buffers(recurse=False), theirs.buffers(recurse=False), strict=True
        ):
            kept[...] = new


@pytest.mark.parametrize("function", [by_load_state_dict, by_torch, layer_by_layer])
def test_a_right_average_in_another_style_is_accepted(function):
    verdict = ENTRIES["06.5"].judge(function)
    assert verdict.kind == "right", verdict.text


@pytest.mark.parametrize("id", ENTRIES)
def test_the_first_case_is_small(id):
    for value in ENTRIES[id].all_cases()[0]:
        tensors = value.parameters() if isinstance(value, nn.Module) else [value]
        assert all(np.asarray(t.detach() if hasattr(t, "detach") else t).size <= 2 for t in tensors)
