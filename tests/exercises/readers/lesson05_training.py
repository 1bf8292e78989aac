"""Answers to 05.5 as readers write them: wrong ones get their name, right ones pass."""

import numpy as np
from reader_answers import refused, right, wrong

# 05.5


def mean_square(predicted, targets):
    return (predicted - targets).pow(2).mean()


def read_through(model, optimizer, series, T, begins, hand_on):
    losses, state = [], None
    for begin in begins:
        window = series[:, begin : begin + T + 1]
        predicted, state = model(window[:, :-1], state)
        loss = mean_square(predicted, window[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = hand_on(state)
        losses.append(loss.item())
    return losses


@wrong("05.5", "nothing_mended")
def careless_training(model, optimizer, series, T):
    losses = []
    for begin in range(0, series.shape[1] - T, T + 1):
        window = series[:, begin : begin + T + 1]
        predicted, _ = model(window[:, :-1])
        loss = ((predicted - window[:, 1:]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong("05.5", "state_never_handed_over")
def zeros_handed_on(model, optimizer, series, T):
    begins = range(0, series.shape[1] - T, T)
    return read_through(model, optimizer, series, T, begins, lambda state: 0 * state.detach())


@wrong("05.5", "one_pair_left_out")
def stride_overlooked(model, optimizer, series, T):
    begins = range(0, series.shape[1] - T, T + 1)
    return read_through(model, optimizer, series, T, begins, lambda state: state.clone().detach())


@wrong("05.5", "graph_not_cut")
def state_as_it_comes(model, optimizer, series, T):
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        inputs, targets = series[:, begin : begin + T], series[:, begin + 1 : begin + T + 1]
        predicted, state = model(inputs, state)
        optimizer.zero_grad()
        mean_square(predicted, targets).backward()
        optimizer.step()
        losses.append(mean_square(predicted, targets).item())
    return losses


@wrong("05.5", "graph_not_cut")
def graph_retained(model, optimizer, series, T):
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        predicted, state = model(series[:, begin : begin + T], state)
        loss = mean_square(predicted, series[:, begin + 1 : begin + T + 1])
        optimizer.zero_grad()
        loss.backward(retain_graph=True)
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong("05.5", "graph_not_cut_and_a_pair_left_out")
def only_the_state_mended(model, optimizer, series, T):
    begins = range(0, series.shape[1] - T, T + 1)
    return read_through(model, optimizer, series, T, begins, lambda state: state)


@wrong("05.5", "incomplete_window_included")
def what_split_gives(model, optimizer, series, T):
    begins = range(0, series.shape[1] - 1, T)
    return read_through(model, optimizer, series, T, begins, lambda state: state.data)


@wrong("05.5", "last_window_left_out")
def one_off_at_the_end(model, optimizer, series, T):
    begins = [k * T for k in range((series.shape[1] - 2) // T)]
    return read_through(model, optimizer, series, T, begins, lambda state: state.detach())


@wrong("05.5", "gradients_never_cleared")
def zero_grad_lost(model, optimizer, series, T):
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        window = series[:, begin : begin + T + 1]
        state = None if state is None else state.detach()
        predicted, state = model(window[:, :T], state)
        loss = mean_square(predicted, window[:, 1:])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong("05.5", "window_without_a_target")
def to_the_end_of_the_series(model, optimizer, series, T):
    begins = range(0, series.shape[1], T)
    return read_through(model, optimizer, series, T, begins, lambda state: state.detach())


@wrong("05.5", "read_one_too_far")
def targets_read_as_well(model, optimizer, series, T):
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        window = series[:, begin : begin + T + 1]
        predicted, state = model(window, state)
        state = state.detach()
        optimizer.zero_grad()
        losses.append(mean_square(predicted[:, :T], window[:, 1:]))
        losses[-1].backward()
        optimizer.step()
    return [loss.item() for loss in losses]


@wrong("05.5", "prediction_for_the_state")
def last_prediction_handed_on(model, optimizer, series, T):
    losses, last = [], series[:, 0] * 0
    for begin in range(0, series.shape[1] - T, T):
        predicted = model(series[:, begin : begin + T], last)[0]
        last = predicted[:, -1].detach()
        loss = mean_square(predicted, series[:, begin + 1 : begin + T + 1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong("05.5", "weights_never_changed")
def cleared_too_late(model, optimizer, series, T):
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        window = series[:, begin : begin + T + 1]
        predicted, state = model(window[:, :-1], state)
        loss = mean_square(predicted, window[:, 1:])
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        state = state.detach()
        losses.append(loss.item())
    return losses


@refused("05.5", "error", "has no attribute 'detach'")
def detached_before_the_first(model, optimizer, series, T):
    state = None
    for begin in range(0, series.shape[1] - T, T):
        predicted, state = model(series[:, begin : begin + T], state.detach())
    return predicted


@right("05.5")
def detached_on_the_way_in(model, optimizer, series, T):
    losses, state = [], None
    for k in range((series.shape[1] - 1) // T):
        window = series[:, k * T : (k + 1) * T + 1]
        predicted, state = model(window[:, :T], state if state is None else state.detach())
        loss = mean_square(predicted, window[:, 1:])
        model.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses


@right("05.5")
def functional_loss_and_zeros_at_first(model, optimizer, series, T):
    import torch

    state, losses, begin = torch.zeros_like(series[:, 0]), np.zeros(0), 0
    while begin + T < series.shape[1]:
        optimizer.zero_grad()
        predicted, state = model(series[:, begin : begin + T], state)
        targets = series[:, begin + 1 : begin + T + 1]
        loss = torch.nn.functional.mse_loss(predicted, targets)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            state = state.clone()
        losses, begin = np.append(losses, loss.item()), begin + T
    return losses


@right("05.5", "your losses are tensors")
def losses_not_unpacked(model, optimizer, series, T):
    losses, state = [], None
    for begin in range(0, series.shape[1] - T, T):
        predicted, state = model(series[:, begin : begin + T], state)
        loss = mean_square(predicted, series[:, begin + 1 : begin + T + 1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state = state.detach()
        losses.append(loss)
    return losses
