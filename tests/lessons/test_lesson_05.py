"""Lesson 05: the RNN, the LSTM and the training."""

import itertools

import keras
import notebook
import numpy as np
import pytest
import tensorflow as tf
import torch

from helpers import data, train
from helpers.models import rnn as lesson

SIZES = [(3, 5, 4, 6), (1, 5, 4, 6), (3, 1, 4, 6), (2, 7, 1, 1), (1, 1, 1, 1), (4, 3, 6, 2)]
each_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: "B{}-T{}-d{}-H{}".format(*size))


class Case:
    """Inputs, states, and weights of the loss Σ h ⊙ r + Σ (last states) ⊙ q, for one size."""

    def __init__(self, kind, size):
        B, T, d, H = size
        rng = np.random.default_rng(sum(size))
        self.kind = kind
        self.layer = getattr(lesson, kind)(d, H, rng)
        self.backward = {"RNN": lesson.rnn_backward, "LSTM": lesson.lstm_backward}[kind]
        self.x, self.r = rng.normal(size=(B, T, d)), rng.normal(size=(B, T, H))
        count = {"RNN": 1, "LSTM": 2}[kind]
        self.states = [rng.normal(size=(B, H)) for _ in range(count)]
        self.q = [rng.normal(size=(B, H)) for _ in range(count)]

    def by_hand(self):
        single = self.kind == "RNN"
        h = self.layer.forward(self.x, self.states[0] if single else tuple(self.states))
        after = self.q[0] if single else tuple(self.q)
        grads, dx, dstates = self.backward(self.layer, self.r, after)
        return h, [*grads, dx, *([dstates] if single else dstates)]

    def in_torch(self):
        Wx, Wh, b = self.layer.params
        layer = getattr(torch.nn, self.kind)(len(Wx), len(Wh), batch_first=True).double()
        with torch.no_grad():
            for p, ours in zip(layer.parameters(), (Wx.T, Wh.T, 0.3 * b, 0.7 * b), strict=True):
                p.copy_(torch.tensor(ours))
        x, *states = (torch.tensor(a, requires_grad=True) for a in (self.x, *self.states))
        given = tuple(state[None] for state in states)
        h, last = layer(x, given[0] if self.kind == "RNN" else given)
        loss = (h * torch.tensor(self.r)).sum()
        for state, q in zip([last] if self.kind == "RNN" else last, self.q, strict=True):
            loss = loss + (state[0] * torch.tensor(q)).sum()
        loss.backward()
        dWx, dWh, db_ih, db_hh = (p.grad.numpy() for p in layer.parameters())
        np.testing.assert_allclose(db_ih, db_hh, rtol=1e-12)
        slopes = [dWx.T, dWh.T, db_ih, x.grad.numpy(), *(state.grad.numpy() for state in states)]
        return h.detach().numpy(), slopes

    def in_keras(self):
        kind = {"RNN": keras.layers.SimpleRNN, "LSTM": keras.layers.LSTM}[self.kind]
        H = len(self.layer.params[1])
        layer = kind(H, return_sequences=True, return_state=True, dtype="float64")
        layer.build(self.x.shape)
        layer.set_weights(self.layer.params)
        x, *states = (tf.Variable(a) for a in (self.x, *self.states))
        with tf.GradientTape() as tape:
            h, *last = layer(x, initial_state=list(states))
            loss = tf.reduce_sum(h * self.r)
            for state, q in zip(last, self.q, strict=True):
                loss += tf.reduce_sum(state * q)
        slopes = tape.gradient(loss, [*layer.trainable_variables, x, *states])
        return h.numpy(), [slope.numpy() for slope in slopes]


def assert_same(mine, theirs):
    (h, slopes), (their_h, their_slopes) = mine, theirs
    assert len(slopes) == len(their_slopes)
    for a, b in zip([h, *slopes], [their_h, *their_slopes], strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10 * max(1.0, np.abs(b).max()))


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
@each_size
def test_layer_equals_torch(kind, size):
    case = Case(kind, size)
    assert_same(case.by_hand(), case.in_torch())


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
@each_size
def test_layer_equals_keras(kind, size):
    case = Case(kind, size)
    assert_same(case.by_hand(), case.in_keras())


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_new_weights_spread_as_in_torch(kind):
    torch.manual_seed(0)
    ours = getattr(lesson, kind)(50, 400, np.random.default_rng(0)).params
    theirs = list(getattr(torch.nn, kind)(50, 400).parameters())
    for mine, tensor in zip(ours[:2], theirs[:2], strict=True):
        assert mine.std() == pytest.approx(tensor.std().item(), rel=0.02)


def test_the_forget_bias_is_in_its_place():
    bias = lesson.LSTM(50, 400, np.random.default_rng(0), forget_bias=3.0).params[2]
    assert bias.reshape(4, 400).mean(axis=1) == pytest.approx([0, 3, 0, 0], abs=0.02)


@pytest.mark.parametrize("wrong", ["gate order", "no recurrent slope", "forget gate"])
def test_the_comparison_can_fail(wrong):
    case = Case("LSTM", (3, 5, 4, 6))
    h, slopes = case.by_hand()
    if wrong == "gate order":
        slopes[0] = slopes[0][:, np.r_[0:12, 18:24, 12:18]]
    elif wrong == "no recurrent slope":
        slopes[1] = 0 * slopes[1]
    else:
        slopes[-1] = slopes[-1] * 1.001
    with pytest.raises(AssertionError):
        assert_same((h, slopes), case.in_torch())


def test_clipping_leaves_a_gradient_of_zeros():
    with np.errstate(all="raise"):  # nothing is divided by zero
        (clipped,) = lesson.clip_by_norm([np.zeros(3)], 1.0)
    assert (clipped == 0).all()


@pytest.mark.parametrize("limit", [0.01, 1.0, 1000.0])
def test_clipping_equals_torch(limit):
    rng = np.random.default_rng(0)
    grads = [rng.normal(size=shape) for shape in ((3, 4), (4,), (1, 1))]
    params = [torch.nn.Parameter(torch.zeros(grad.shape, dtype=torch.float64)) for grad in grads]
    for p, grad in zip(params, grads, strict=True):
        p.grad = torch.tensor(grad)
    torch.nn.utils.clip_grad_norm_(params, limit)
    for mine, p in zip(lesson.clip_by_norm(grads, limit), params, strict=True):
        np.testing.assert_allclose(mine, p.grad.numpy(), rtol=1e-5)


def test_readers_read_on_and_close_the_ring():
    readers = lesson.Readers(np.arange(50), B=3, T=7, start=45)
    windows = [readers.next() for _ in range(4)]
    for before, after in itertools.pairwise(windows):
        assert (before[:, -1] == after[:, 0]).all()
    for window in windows:
        assert window.shape == (3, 8)
        assert (np.diff(window, axis=1) % 50 == 1).all()


def small_model(kind="LSTM", vocab_size=9):
    torch.manual_seed(0)
    return lesson.CharModel(getattr(torch.nn, kind), vocab_size, 5, 6)


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
@pytest.mark.parametrize(("length", "pieces", "T"), [(90, 1, 256), (91, 4, 10), (83, 8, 3)])
def test_every_character_is_scored_once_with_the_state_carried(kind, length, pieces, T):
    model, warm = small_model(kind), 12
    ids = np.random.default_rng(1).integers(9, size=length)
    scored = lesson.log_probabilities(model, ids, warm, pieces, T)
    assert scored.shape == (length - warm,)
    per_piece = -(-(length - warm) // pieces)
    for place in range(warm, length):
        begin = (place - warm) // per_piece * per_piece  # where the piece starts to warm up
        with torch.no_grad():
            logits, _ = model(torch.from_numpy(ids[None, begin:place]))
        wanted = logits[0, -1].log_softmax(dim=0)[ids[place]].item()
        assert scored[place - warm] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_reading_one_by_one_equals_reading_at_once(kind):
    model = small_model(kind)
    ids = [3, 1, 4, 1, 5, 8, 2]
    reader = lesson.reader_of(model)
    reader(ids[:2])
    for token in ids[2:]:
        logits = reader([token])
    with torch.no_grad():
        whole, _ = model(torch.tensor([ids]))
    np.testing.assert_allclose(logits, whole[0, -1].numpy(), atol=1e-6)


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_training_restarts_one_reader_in_turn_and_keeps_the_others(kind):
    ids = np.random.default_rng(2).integers(9, size=4000)
    training = lesson.Training(small_model(kind), ids)
    for step in range(3):
        training.step(0.0)
        for state in training.state if kind == "LSTM" else (training.state,):
            assert not state.requires_grad
            zero = (state[0] == 0).all(dim=1)
            assert zero[step] and zero.sum() == 1


def test_a_learners_own_text_in_any_script_is_learnt():
    line = "床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。\n"
    text = data.split("text", line * 500)
    vocab = sorted(set(text.train))
    torch.manual_seed(0)
    model = lesson.CharModel(torch.nn.LSTM, len(vocab), 8, 32)
    training = lesson.Training(model, lesson.encode(text.train, vocab), lr=0.01)
    losses = train.run(training.step, 60).losses
    assert losses[0] > 2.5 and losses[-1] < 0.5
    held = lesson.encode(text.dev[-256:] + text.held, vocab)
    assert -lesson.log_probabilities(model, held).mean() < 0.5
    written = lesson.write(model, vocab, text.held[:30], 40)
    assert len(written) == 40 and set(written) <= set(vocab)


def stored(name: str) -> dict:
    return data.record(f"benchmarks/{name}.json")


def test_the_notebooks_rnn_is_that_of_the_ladder():
    results = stored("ladder")["results"]
    cells = notebook.code_cells(notebook.read(notebook.lesson("05")))
    printed = "".join(output.get("text", "") for _, cell in cells for output in cell["outputs"])
    assert "✓ your RNN minus the published one" in printed
    for name in ("RNN", "LSTM"):
        rungs = [run["nats_per_character"] for run in results[name]]
        assert len(rungs) >= 3 and np.ptp(rungs) < 0.03
    lstm, rnn = ([run["nats_per_character"] for run in results[name]] for name in ("LSTM", "RNN"))
    assert max(lstm) < min(rnn)


@pytest.mark.parametrize("name", ["ladder", "lstm"])
def test_a_record_says_how_it_was_scored(name):
    assert "64 pieces" in stored(name)["protocol"]


def test_the_lstm_reaches_nanogpts_figure_in_three_times_its_recipes_seconds():
    results = stored("lstm")["results"]
    runs, recipes = results["tiny Shakespeare"], results["README recipe"]
    assert len(runs) == len(recipes) >= 3 and all(run["steps"] == 2000 for run in recipes)
    for run, recipe in zip(runs, recipes, strict=True):
        assert run["training_seconds"] <= 3 * recipe["training_seconds"] and run["ratio"] <= 3
    assert np.mean([run["held_nats_per_character"] for run in runs]) <= 1.470


def test_five_minutes_on_the_plays_beat_the_notebooks_training():
    longer = stored("lstm")["results"]["tiny Shakespeare"][0]["longer_on_the_plays"]
    rungs = stored("ladder")["results"]["LSTM"]
    assert longer["seconds"][-1] == 300 and len(longer["sample"]) == 1000
    assert longer["held_nats_per_character"] < min(run["nats_per_character"] for run in rungs)
