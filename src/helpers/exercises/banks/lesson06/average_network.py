"""Exercise 06.5: the average of a network. What is right, and the known mistakes."""

import copy

from helpers.exercises.banks.lesson06.networks import linear, named
from helpers.exercises.engine import Exercise


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


def averaged_through_modules(average, model, decay):
    """Your function moves the parameters of inner layers twice. module.parameters() holds those of
    its layers as well, so a loop over modules() comes to each of them more than once. Loop over
    average.parameters() and model.parameters() only."""
    for mean, new in zip(average.modules(), model.modules(), strict=True):
        _move(mean.parameters(), new.parameters(), decay, 1 - decay)
    _move(average.buffers(), model.buffers(), 0, 1)


def old_share_forgotten(average, model, decay):
    """Your function adds the share 1 − decay of the new weight to the whole old one, so the sum
    grows without need. The two shares must add up to 1: multiply the old weight by decay."""
    _move(average.parameters(), model.parameters(), 1, 1 - decay)
    _move(average.buffers(), model.buffers(), 0, 1)


def half_and_half(average, model, decay):
    """Your function takes the mean of the old average and the new weight, whatever the decay is. Of
    the old average the share decay must stay, and 1 − decay comes from the model."""
    _move(average.parameters(), model.parameters(), 0.5, 0.5)
    _move(average.buffers(), model.buffers(), 0, 1)


def shares_left_out(average, model, decay):
    """Your function adds the new weight to the old one, and the decay is not used. The two shares
    must add up to 1: decay of the old weight, 1 − decay of the new one."""
    _move(average.parameters(), model.parameters(), 1, 1)
    _move(average.buffers(), model.buffers(), 0, 1)


def _move(olds, news, share_of_old, share_of_new):
    """Write share_of_old · old + share_of_new · new into each old tensor."""
    for old, new in zip(olds, news, strict=True):
        old.data.copy_(share_of_old * old.data + share_of_new * new.data)


def _networks_after(function, average, model, decay):
    """Call the function; return the tensors of both, and the average's after the model moved on."""
    import torch

    function(average, model, decay)
    tensors = named("average", average) | named("model", model)
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor += 1
    return tensors | named("after the model moved on, average", average)


def _network_with_buffers(rng, n_in, n_out):
    """Linear layer and batch normalisation; all tensors drawn from rng."""
    import torch

    network = torch.nn.Sequential(linear(n_in, n_out), torch.nn.BatchNorm1d(n_out))
    for tensor in network.state_dict().values():
        values = rng.normal(1, 0.5, size=tensor.shape)
        if not tensor.is_floating_point():  # the counter of the batches
            values = rng.integers(1, 1000, size=tensor.shape)
        tensor.copy_(torch.as_tensor(values))
    return network


def _single_weight(value):
    import torch

    network = linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, value)
    return network


def ema_update_cases(rng):
    yield _single_weight(2.0), _single_weight(1.0), 0.75
    shapes = ((3, 2, 0.9), (2, 2, 0.25), (1, 1, 0.99), (4, 3, 0.0), (2, 1, 1.0))
    for n_in, n_out, decay in shapes:
        average, model = (_network_with_buffers(rng, n_in, n_out) for _ in range(2))
        yield average, model, decay


EXERCISE = Exercise(
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
        averaged_through_modules,
        old_share_forgotten,
        half_and_half,
        shares_left_out,
    ),
)
