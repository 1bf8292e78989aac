"""Exercise 05.5: a training loop that loses the state. What is right, and the known mistakes.

PyTorch is imported where it is used: looking up an exercise must not wait for it.
"""

import functools

from helpers.exercises.engine import Exercise


def train_on(model, optimizer, series, T):
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        window = series[:, begin : begin + T + 1]  # (B, T + 1)
        predicted, state = model(window[:, :-1], state)
        loss = ((predicted - window[:, 1:]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = state.detach()
        losses.append(loss.item())
    return losses


def trained(model, optimizer, series, T, stride=0, state_after=None, last=0, **changes):
    """The loop with parts of it exchanged.

    Windows begin `stride` after each other (0: T), the last of them before N − T + last;
    state_after makes the next window's state of the one at the end. Of the changes, `clear` and
    `step` say whether gradients are cleared and used; `loss_of` makes the loss.
    """
    losses, state = [], None
    loss_of = changes.get("loss_of", mean_square)
    for begin in range(0, series.shape[1] - T + last, stride or T):
        window = series[:, begin : begin + T + 1]
        predicted, state = model(window[:, :-1], state)
        loss = loss_of(predicted, window[:, 1:])
        if changes.get("clear", True):
            optimizer.zero_grad()
        loss.backward()
        if changes.get("step", True):
            optimizer.step()
        state = state_after(state) if state_after else state.detach()
        losses.append(loss.item())
    return losses


def mean_square(predicted, targets):
    return ((predicted - targets) ** 2).mean()


def forgotten(state):
    return None


def nothing_mended(model, optimizer, series, T):
    """Your function does what the loop above does. Which state does the second window begin with,
    and which character does it begin with? The last character of a window is a target only; it
    must be the next window's first input."""
    return trained(model, optimizer, series, T, stride=T + 1, state_after=forgotten)


def state_never_handed_over(model, optimizer, series, T):
    """Your windows are right, but each begins from the zero state, so nothing reaches from one into
    the next. Give model the state that it returned for the window before: state = None before the
    loop, model(…, state) inside."""
    return trained(model, optimizer, series, T, state_after=forgotten)


def one_pair_left_out(model, optimizer, series, T):
    """Your state is carried and cut, but windows begin T + 1 steps after each other. The last
    character of a window is never an input, and the step from it to the next is never learnt.
    Begin the next window T steps on, at that character."""
    return trained(model, optimizer, series, T, stride=T + 1)


def graph_not_cut(model, optimizer, series, T):
    """Your second window raises an error in backward: its gradient runs on through the state into
    the window before, whose graph has been used up (or, with retain_graph=True, whose weights have
    changed since). Cut it: hand on state.detach()."""
    return trained(model, optimizer, series, T, state_after=lambda state: state)


def graph_not_cut_and_a_pair_left_out(model, optimizer, series, T):
    """Your third window, or an earlier one, raises an error in backward: its gradient runs on into
    a window before. Hand on state.detach(). And look at the stride: windows should begin T steps
    after each other."""
    return trained(model, optimizer, series, T, stride=T + 1, state_after=lambda state: state)


def windows_one_step_apart(model, optimizer, series, T):
    """Your windows begin one step after each other, so they overlap, and the carried state has read
    most of a window before. The next window begins T steps on, where the readers stopped."""
    return trained(model, optimizer, series, T, stride=1)


def incomplete_window_included(model, optimizer, series, T):
    """Your function trains on a last, shorter window, too. The exercise asks for whole
    windows of T inputs and T targets: begin + T must be a place in the series."""
    return trained(model, optimizer, series, T, last=T - 1)


def last_window_left_out(model, optimizer, series, T):
    """Your function stops one window too early where the series ends exactly with a window. A
    window needs T + 1 characters, so the last may begin at N − T − 1: range(0, N − T, T)."""
    return trained(model, optimizer, series, T, last=-1)


def gradients_never_cleared(model, optimizer, series, T):
    """Your state is right, but gradients add up from window to window: optimizer.zero_grad() is
    missing. Call it before each backward."""
    return trained(model, optimizer, series, T, clear=False)


def weights_never_changed(model, optimizer, series, T):
    """Your losses are those of weights that never change: either optimizer.step() is missing, or
    the gradients are cleared right before it, or the only step comes after all windows. In each
    window: zero_grad, backward, step."""
    return trained(model, optimizer, series, T, step=False)


def losses_summed(model, optimizer, series, T):
    """Your loss is the sum of the squares. It is their mean, over texts and steps, as in the loop
    above; with the sum, the steps are as many times longer."""

    def summed(predicted, targets):
        return ((predicted - targets) ** 2).sum()

    return trained(model, optimizer, series, T, loss_of=summed)


def last_step_only(model, optimizer, series, T):
    """Your loss is that of each window's last step. Every step has a target: take the mean over all
    of them, as in the loop above."""

    def of_the_last(predicted, targets):
        return ((predicted[:, -1] - targets[:, -1]) ** 2).mean()

    return trained(model, optimizer, series, T, loss_of=of_the_last)


def state_cut_in_the_middle(model, optimizer, series, T):
    """Your gradient is cut at every step, not only between windows: the model gets one character at
    a time, with a detached state. Inside a window the gradient flows back; give the model the
    whole window."""
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        loss = 0
        for t in range(begin, begin + T):
            predicted, state = model(series[:, t : t + 1], state)
            state = state.detach()
            loss = loss + mean_square(predicted, series[:, t + 1 : t + 2]) / T
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def copy_of_the_input(model, optimizer, series, T):
    """Your targets are the inputs themselves. The target at each place is the next character:
    window[:, 1:]."""
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        inputs = series[:, begin : begin + T]
        predicted, state = model(inputs, state)
        loss = mean_square(predicted, inputs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = state.detach()
        losses.append(loss.item())
    return losses


def losses_after_the_step(model, optimizer, series, T):
    """Your losses are those after each step, scored again with the new weights. The exercise
    asks for the loss that the step was made of."""
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        window = series[:, begin : begin + T + 1]
        before, (predicted, state) = state, model(window[:, :-1], state)
        optimizer.zero_grad()
        mean_square(predicted, window[:, 1:]).backward()
        optimizer.step()
        state = state.detach()
        losses.append(mean_square(model(window[:, :-1], before)[0], window[:, 1:]).item())
    return losses


def window_without_a_target(model, optimizer, series, T):
    """Your last window is too short, and where the series ends with a whole window, it has no
    target at all. A window needs T + 1 characters: begin + T must be a place in the series, and
    begin stays below N − T."""
    return trained(model, optimizer, series, T, last=T)


def read_one_too_far(model, optimizer, series, T):
    """Your model reads all T + 1 characters of a window, so the state that you hand on has seen the
    last one already, and the next window reads it again. Give it the first T: window[:, :-1]."""
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        window = series[:, begin : begin + T + 1]
        predicted, state = model(window, state)
        loss = mean_square(predicted[:, :-1], window[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = state.detach()
        losses.append(loss.item())
    return losses


def prediction_for_the_state(model, optimizer, series, T):
    """Your function hands on the last prediction. What the next window needs is the state, the
    second thing that model returns; only in the simplest model are they the same."""
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        window = series[:, begin : begin + T + 1]
        predicted, _ = model(window[:, :-1], state)
        loss = mean_square(predicted, window[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = predicted[:, -1].detach()
        losses.append(loss.item())
    return losses


def clipped_as_well(model, optimizer, series, T):
    """Your state is right, and you clip the gradients at 1, as the training on the plays does. The
    loop to repair does not clip: leave that out here."""
    import torch

    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        window = series[:, begin : begin + T + 1]
        predicted, state = model(window[:, :-1], state)
        loss = mean_square(predicted, window[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        state = state.detach()
        losses.append(loss.item())
    return losses


def mean_of_all_losses(model, optimizer, series, T):
    """Your function returns one number, the mean of the losses. Return them all, in a list."""
    losses = train_on(model, optimizer, series, T)
    return sum(losses) / len(losses)


def losses_as_tensors(model, optimizer, series, T):
    """right, but your losses are tensors, and each holds on to the graph of its window. In a long
    training the memory fills up: loss.item() takes the number and lets the graph go."""
    import torch

    losses = train_on(model, optimizer, series, T)
    return [torch.tensor(loss, requires_grad=True) for loss in losses]


@functools.cache
def unit_class():
    import torch

    class Unit(torch.nn.Module):
        """h = act(w · h + x), one unit; the prediction is v · h. Called as model(inputs, state)."""

        def forward(self, inputs, state=None):
            h = torch.zeros_like(inputs[:, 0]) if state is None else state
            predicted = []
            for x in inputs.T:
                h = self.w * h + x
                h = torch.tanh(h) if self.squash else h
                predicted.append(self.v * h)
            return torch.stack(predicted, dim=1), h

        def __reduce__(self):  # for copies and pickles: a class in a function has no address
            return blank_unit, (), self.__dict__

    # the message shows a model as "a …", by this name
    Unit.__name__ = "model of one unit with h = w · h + x; it predicts h, and w is 0 at first"
    return Unit


def blank_unit():
    """A unit without its numbers."""
    return unit_class()()


def unit(w=0.0, v=None, squash=False):
    """A unit with the weight w, and v = 1 or a second weight."""
    import torch

    def weight(value):
        return torch.nn.Parameter(torch.tensor(value, dtype=torch.float64))

    model = blank_unit()
    model.w, model.v, model.squash = weight(w), 1.0 if v is None else weight(v), squash
    return model


def train_on_cases(rng):
    import torch

    def case(model, lr, series, T, kind=torch.optim.SGD):
        series = torch.tensor(series, dtype=torch.float64)
        return model, kind(model.parameters(), lr), series, T

    # by hand: w is 0, 0 and 1, the predictions are 1, 3 and 1 · 3 + 4
    yield case(unit(), 0.5, [[1.0, 3.0, 4.0, 10.0]], 1)
    yield case(unit(0.8, 0.5, True), 0.1, rng.normal(size=(2, 7)), 3)  # two windows, no rest
    yield case(unit(0.5, 1.2, True), 0.2, rng.normal(size=(3, 18)), 4)  # four windows, one left
    yield case(unit(-0.6, 0.9), 0.02, rng.normal(size=(1, 12)), 2, torch.optim.Adam)
    yield case(unit(0.7), 0.05, rng.normal(size=(4, 4)), 3)  # a single window
    yield case(unit(0.9, -0.4, True), 0.1, rng.normal(size=(2, 25)), 5)


EXERCISE = Exercise(
    id="05.5",
    title="A training loop, repaired",
    cases=train_on_cases,
    answer=train_on,
    hints=(
        "Follow two windows on paper: where does the second begin, and with which state?",
        "Readers go on at the character where they stopped, the last target of the window before. "
        "The model has two arguments. And truncated BPTT hands on the state as a given number, "
        "without the graph that made it.",
        "range(0, N − T, T); state = None before the loop, then model(window[:, :-1], state) "
        "inside; after the step, state = state.detach().",
    ),
    misconceptions=(
        nothing_mended,
        state_never_handed_over,
        one_pair_left_out,
        graph_not_cut,
        graph_not_cut_and_a_pair_left_out,
        windows_one_step_apart,
        incomplete_window_included,
        last_window_left_out,
        gradients_never_cleared,
        weights_never_changed,
        losses_summed,
        last_step_only,
        state_cut_in_the_middle,
        copy_of_the_input,
        losses_after_the_step,
        window_without_a_target,
        read_one_too_far,
        prediction_for_the_state,
        clipped_as_well,
        mean_of_all_losses,
    ),
    accepted=(losses_as_tensors,),
)
