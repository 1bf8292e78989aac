"""Answers to 05.5 and 05.6 as readers write them: wrong ones get their name, right ones pass."""

import bisect
import itertools

import numpy as np
from reader_answers import refused, right, wrong
from scipy import special

# 05.5


def loop(step, state, first, uniforms, draw):
    tokens, token = [], first
    for uniform in uniforms:
        probabilities, state = step(token, state)
        token = draw(probabilities, uniform)
        tokens.append(token)
    return tokens


@wrong("05.5", "softmax_once_more")
def softmax_of_the_output(step, state, first, uniforms):
    def draw(p, u):
        return int((special.softmax(p).cumsum() <= u).sum())

    return loop(step, state, first, uniforms, draw)


@wrong("05.5", "rank_for_the_token")
def place_in_sorted_order(step, state, first, uniforms):
    def draw(p, u):
        return bisect.bisect_right(list(itertools.accumulate(sorted(p, reverse=True))), u)

    return loop(step, state, first, uniforms, draw)


@wrong("05.5", "rank_from_the_least_probable")
def place_in_rising_order(step, state, first, uniforms):
    def draw(p, u):
        return int(np.searchsorted(np.cumsum(sorted(p)), u, side="right"))

    return loop(step, state, first, uniforms, draw)


@wrong("05.5", "sorted_before_the_draw")
def as_in_top_p(step, state, first, uniforms):
    def draw(p, u):
        order = np.argsort(p)[::-1]
        return order[np.flatnonzero(np.cumsum(p[order]) > u)[0]]

    return loop(step, state, first, uniforms, draw)


@wrong("05.5", "not_cumulated")
def first_probability_above(step, state, first, uniforms):
    return loop(step, state, first, uniforms, lambda p, u: int((p > u).argmax()))


@wrong("05.5", "at_least_instead_of_exceeds")
def searchsorted_from_the_left(step, state, first, uniforms):
    return loop(step, state, first, uniforms, lambda p, u: int(np.searchsorted(np.cumsum(p), u)))


@wrong("05.5", "token_read_for_token_drawn")
def appended_too_early(step, state, first, uniforms):
    tokens, token = [], first
    for u in uniforms:
        tokens.append(token)
        p, state = step(token, state)
        token = int(np.searchsorted(np.cumsum(p), u, side="right"))
    return tokens


@refused("05.5", "wrong", "(0, 0.25, 0.75)")
def always_the_first(step, state, first, uniforms):
    return [0] * len(uniforms)


# By chance it could pass only once in 10¹⁰ and more.
@refused("05.5", "wrong", "gives another result each time; everything it needs is among its")
def draws_of_its_own(step, state, first, uniforms):
    rng = np.random.default_rng()
    return loop(step, state, first, uniforms, lambda p, u: int(rng.choice(len(p), p=p)))


@right("05.5")
def subtracted_one_by_one(step, state, first, uniforms):
    def draw(p, u):
        total = 0.0
        for token, probability in enumerate(p):
            total += probability
            if total > u:
                return token

    return loop(step, state, first, uniforms, draw)


@right("05.5")
def torch_in_float32(step, state, first, uniforms):
    import torch

    def draw(p, u):
        sums = torch.tensor(p, dtype=torch.float32).cumsum(0)
        return torch.searchsorted(sums, torch.tensor(u, dtype=torch.float32), right=True).item()

    return np.array(loop(step, state, first, uniforms, draw))


# 05.6


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


@wrong("05.6", "nothing_mended")
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


@wrong("05.6", "state_never_handed_over")
def zeros_handed_on(model, optimizer, series, T):
    begins = range(0, series.shape[1] - T, T)
    return read_through(model, optimizer, series, T, begins, lambda state: 0 * state.detach())


@wrong("05.6", "one_pair_left_out")
def stride_overlooked(model, optimizer, series, T):
    begins = range(0, series.shape[1] - T, T + 1)
    return read_through(model, optimizer, series, T, begins, lambda state: state.clone().detach())


@wrong("05.6", "graph_not_cut")
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


@wrong("05.6", "graph_not_cut")
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


@wrong("05.6", "graph_not_cut_and_a_pair_left_out")
def only_the_state_mended(model, optimizer, series, T):
    begins = range(0, series.shape[1] - T, T + 1)
    return read_through(model, optimizer, series, T, begins, lambda state: state)


@wrong("05.6", "incomplete_window_included")
def what_split_gives(model, optimizer, series, T):
    begins = range(0, series.shape[1] - 1, T)
    return read_through(model, optimizer, series, T, begins, lambda state: state.data)


@wrong("05.6", "last_window_left_out")
def one_off_at_the_end(model, optimizer, series, T):
    begins = [k * T for k in range((series.shape[1] - 2) // T)]
    return read_through(model, optimizer, series, T, begins, lambda state: state.detach())


@wrong("05.6", "gradients_never_cleared")
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


@refused("05.6", "error", "has no attribute 'detach'")
def detached_before_the_first(model, optimizer, series, T):
    state = None
    for begin in range(0, series.shape[1] - T, T):
        predicted, state = model(series[:, begin : begin + T], state.detach())
    return predicted


@right("05.6")
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


@right("05.6")
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


@right("05.6", "your losses are tensors")
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
