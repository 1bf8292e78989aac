"""Exercises 06.4 and 06.5: penalties and averages as readers write them, wrong and right."""

import torch
import torch.nn.functional as F
from reader_answers import refused, right, wrong

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


wrong("06.4", "weight_always_10")(critic_loss(weight_given=10))
wrong("06.4", "weight_forgotten")(critic_loss(weight_given=1))
wrong("06.4", "mixed_half_and_half")(critic_loss(share=lambda t: 0.5))
wrong("06.4", "one_share_for_the_batch")(critic_loss(share=lambda t: t[0, 0]))
wrong("06.4", "share_of_the_fake")(critic_loss(share=lambda t: 1 - t))
wrong("06.4", "penalty_subtracted")(critic_loss(signs=(1, -1, -1)))
wrong("06.4", "scores_left_out")(critic_loss(signs=(0, 0, 1)))
wrong("06.4", "scores_swapped")(critic_loss(signs=(-1, 1, 1)))
wrong("06.4", "penalty_halved")(critic_loss(of_norm=lambda n: ((n - 1) ** 2).mean() / 2))
wrong("06.4", "penalty_summed")(critic_loss(of_norm=lambda n: ((n - 1) ** 2).sum()))
wrong("06.4", "squared_too_late")(critic_loss(of_norm=lambda n: (n.mean() - 1) ** 2))
refused("06.4", "wrong", "it draws shares of its own. In training t is drawn, but here it is")(
    critic_loss(share=lambda t: torch.rand(len(t), 1))
)


@right("06.4")
def by_backward(critic, real, fake, t, weight):
    mixed = torch.lerp(fake, real, t).requires_grad_()
    slope = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)[0]
    penalty = F.mse_loss(torch.linalg.vector_norm(slope, dim=1), torch.ones(len(real)))
    loss = (critic(fake) - critic(real)).mean() + weight * penalty
    loss.backward()
    return [loss, *(p.grad for p in critic.parameters())]


@right("06.4")
def sample_by_sample(critic, real, fake, t, weight):
    penalty = 0
    for x, x_fake, share in zip(real, fake, t, strict=True):
        point = (share * x + (1 - share) * x_fake).requires_grad_()
        slope = torch.autograd.grad(critic(point[None])[0, 0], point, create_graph=True)[0]
        penalty += ((slope @ slope) ** 0.5 - 1) ** 2 / len(real)
    loss = critic(fake).mean() - critic(real).mean() + weight * penalty
    return (loss, *torch.autograd.grad(loss, tuple(critic.parameters())))


right("06.4")(critic_loss())


# 06.5


@torch.no_grad()
def moved(average, model, of_pair, buffers=True):
    for mean, new in zip(average.parameters(), model.parameters(), strict=True):
        mean.copy_(of_pair(mean, new))
    if buffers:
        for kept, new in zip(average.buffers(), model.buffers(), strict=True):
            kept.copy_(new)


@wrong("06.5", "averaged_through_modules")
@torch.no_grad()
def through_modules(average, model, decay):
    for ours, theirs in zip(average.modules(), model.modules(), strict=True):
        for mean, new in zip(ours.parameters(), theirs.parameters(), strict=True):
            mean.mul_(decay).add_(new, alpha=1 - decay)
        for kept, new in zip(ours.buffers(), theirs.buffers(), strict=True):
            kept.copy_(new)


@wrong("06.5", "buffers_averaged")
@torch.no_grad()
def whole_state(average, model, decay):
    ours, theirs = average.state_dict(), model.state_dict()
    for name in ours:
        ours[name].copy_(decay * ours[name] + (1 - decay) * theirs[name])


wrong("06.5", "old_share_forgotten")(
    lambda a, m, d: moved(a, m, lambda old, new: old + (1 - d) * new)
)
wrong("06.5", "new_share_forgotten")(lambda a, m, d: moved(a, m, lambda old, new: d * old + new))
wrong("06.5", "shares_left_out")(lambda a, m, d: moved(a, m, lambda old, new: old + new))
wrong("06.5", "half_and_half")(lambda a, m, d: moved(a, m, lambda old, new: (old + new) / 2))
wrong("06.5", "model_copied")(lambda a, m, d: moved(a, m, lambda old, new: new))
wrong("06.5", "buffers_forgotten")(
    lambda a, m, d: moved(a, m, lambda old, new: new.lerp(old, d), False)
)
wrong("06.5", "roles_swapped")(lambda a, m, d: moved(a, m, lambda old, new: old.lerp(new, d)))


@right("06.5")
def by_load_state_dict(average, model, decay):
    state = {name: value.clone() for name, value in model.state_dict().items()}
    for name, parameter in average.named_parameters():
        state[name] = torch.lerp(state[name], parameter.detach(), decay)
    average.load_state_dict(state)


@right("06.5")
def by_torch(average, model, decay):
    kept = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    kept([p.data for p in average.parameters()], [p.data for p in model.parameters()], 1)
    for ours, theirs in zip(average.buffers(), model.buffers(), strict=True):
        ours.data.copy_(theirs.data)


@right("06.5")
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
