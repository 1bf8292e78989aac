"""Exercise 06.4: the critic's loss with gradient penalty. What is right, and the known mistakes."""

from helpers.exercises.banks.lesson06.networks import linear, network, tensor
from helpers.exercises.engine import Exercise


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


def weight_always_10(critic, real, fake, t, weight):
    """Your function behaves exactly as if the weight of the penalty were always 10, the number in
    the paper. Multiply by the argument, weight."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, 10.0, ((slopes.norm(dim=1) - 1) ** 2).mean())


def penalty_subtracted(critic, real, fake, t, weight):
    """Your function subtracts the penalty, so the critic is rewarded for slopes far from 1. The
    loss is made small: add weight · penalty."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, -weight, ((slopes.norm(dim=1) - 1) ** 2).mean())


def penalty_halved(critic, real, fake, t, weight):
    """Your penalty is half the right one: is there a ½ in front of the square? WGAN-GP has none."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, fake, weight / 2, ((slopes.norm(dim=1) - 1) ** 2).mean())


def scores_left_out(critic, real, fake, t, weight):
    """Your function returns the penalty alone, and its gradient. The loss begins with
    mean D(fake) − mean D(real)."""
    slopes = _slopes(critic, _mixed(real, fake, t))
    return _with_penalty(critic, real, real, weight, ((slopes.norm(dim=1) - 1) ** 2).mean())


def mixed_half_and_half(critic, real, fake, t, weight):
    """Your function mixes real and fake half and half: t is not used. Each sample has its own share
    t of the real point: t · real + (1 − t) · fake."""
    slopes = _slopes(critic, _mixed(real, fake, 0.5))
    return _with_penalty(critic, real, fake, weight, ((slopes.norm(dim=1) - 1) ** 2).mean())


def one_share_for_the_batch(critic, real, fake, t, weight):
    """Your function mixes all samples by the first one's share. t holds one share for each sample,
    shape (B, 1): t · real + (1 − t) · fake broadcasts it along the features."""
    slopes = _slopes(critic, _mixed(real, fake, t[0]))
    return _with_penalty(critic, real, fake, weight, ((slopes.norm(dim=1) - 1) ** 2).mean())


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

    critic = linear(2, 1, bias=False)  # its slope is (3, 4) everywhere, of length 5
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([[3.0, 4.0]]))
    points = (torch.tensor([point]) for point in ([1.0, 0.0], [0.0, 1.0]))
    yield critic, *points, torch.tensor([[0.5]]), 10.0
    for B, d, H, weight in ((3, 2, 4, 10.0), (4, 4, 3, 2.0), (1, 3, 5, 10.0), (6, 1, 2, 0.5)):
        critic = network(rng, d, H, 1)
        critic[-1] = linear(H, 1, bias=False)  # a bias there never gets a slope
        with torch.no_grad():
            critic[-1].weight.copy_(torch.from_numpy(rng.normal(0, 1.5, size=(1, H))))
        points = (tensor(rng.normal(size=shape)) for shape in ((B, d), (B, d)))
        yield critic, *points, tensor(rng.random((B, 1))), weight


EXERCISE = Exercise(
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
        weight_always_10,
        penalty_subtracted,
        penalty_halved,
        scores_left_out,
        mixed_half_and_half,
        one_share_for_the_batch,
    ),
    random="your function gives another result when it is called again: it draws shares of its "
    "own. In training t is drawn, but here it is given, so that results can be compared: mix "
    "t · real + (1 − t) · fake.",
)
