"""Save and load: training resumes to the bit; whatever goes wrong, nothing is lost or changed."""

import copy
import errno
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional as F

from helpers import train


def contents(part):
    """Everything that a part holds, in a form that can be compared to the bit."""
    if isinstance(part, np.random.Generator):
        return part.bit_generator.state
    if isinstance(part, torch.Generator):
        return contents(part.get_state())
    if isinstance(part, nn.Module | torch.optim.Optimizer):
        return contents(part.state_dict())
    if isinstance(part, torch.Tensor):
        return str(part.dtype), part.shape, part.detach().double().numpy().tobytes()
    if isinstance(part, dict):
        return {key: contents(value) for key, value in part.items()}
    return [contents(value) for value in part] if isinstance(part, list) else part


class Run:
    """A small GAN in PyTorch: batch norm, two Adams, a moving average, two sources of noise."""

    def __init__(self, seed=0, optimizer=torch.optim.Adam):
        torch.manual_seed(seed)
        self.gen = nn.Sequential(
            nn.Linear(4, 8 * 3 * 3),
            nn.Unflatten(1, (8, 3, 3)),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )
        self.disc = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.BatchNorm2d(8),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(8 * 3 * 3, 1),
        )
        self.ema = copy.deepcopy(self.gen)
        self.gen_opt = optimizer(self.gen.parameters(), lr=2e-3)
        self.disc_opt = optimizer(self.disc.parameters(), lr=1e-3)
        self.rng = np.random.default_rng(seed)
        self.noise = torch.Generator().manual_seed(seed)
        self.done = 0

    def parts(self):
        names = ("gen", "disc", "ema", "gen_opt", "disc_opt", "rng", "noise")
        return {name: getattr(self, name) for name in names}

    def contents(self):
        return {name: contents(part) for name, part in self.parts().items()}

    def step(self):
        real = torch.from_numpy(self.rng.normal(size=(8, 1, 6, 6)).astype(np.float32))
        fake = self.gen(torch.randn(8, 4, generator=self.noise))
        logits = self.disc(torch.cat([real, fake.detach()]))
        labels = torch.cat([torch.ones(8, 1), torch.zeros(8, 1)])
        disc_loss = F.binary_cross_entropy_with_logits(logits, labels)
        self.disc_opt.zero_grad()
        disc_loss.backward()
        self.disc_opt.step()
        gen_loss = F.softplus(-self.disc(fake)).mean()
        self.gen_opt.zero_grad()
        gen_loss.backward()
        self.gen_opt.step()
        with torch.no_grad():
            for mine, new in zip(
                self.ema.state_dict().values(), self.gen.state_dict().values(), strict=True
            ):
                mine.copy_(torch.lerp(mine.double(), new.double(), 0.1))
        self.done += 1
        for optimizer in (self.gen_opt, self.disc_opt):
            optimizer.param_groups[0]["lr"] *= 0.97  # a scheduled learning rate
        return disc_loss.item(), gen_loss.item()


@pytest.fixture
def run():
    run = Run()
    for _ in range(3):
        run.step()
    return run


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.safetensors"


@pytest.fixture
def saved(run, path):
    train.save(path, **run.parts(), step=run.done)
    return path


def refused(error, path, **parts):
    """Load must fail with one sentence; returns it."""
    with pytest.raises(error) as caught:
        train.load(path, **parts)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and len(text) < 400
    assert not isinstance(caught.value, UnicodeError | json.JSONDecodeError)
    return text


@pytest.mark.parametrize(
    "optimizer",
    [
        torch.optim.Adam,
        lambda params, lr: torch.optim.AdamW(params, lr=lr, betas=(0.5, 0.99), amsgrad=True),
        lambda params, lr: torch.optim.SGD(params, lr=lr, momentum=0.9, nesterov=True),
        lambda params, lr: torch.optim.SGD(params, lr=lr),
    ],
    ids=["adam", "adamw", "momentum", "sgd"],
)
@pytest.mark.parametrize("before", [0, 4])
def test_torch_resumes_exactly(path, optimizer, before):
    whole = Run(optimizer=optimizer)
    for _ in range(before):
        whole.step()
    train.save(path, **whole.parts(), step=whole.done, best=0.1)
    then = whole.contents()
    expected = [whole.step() for _ in range(5)]
    resumed = Run(seed=1, optimizer=optimizer)
    resumed.step()  # its state must be replaced, also by an empty one
    assert train.load(path, **resumed.parts()) == {"step": before, "best": 0.1}
    assert resumed.contents() == then
    assert [resumed.step() for _ in range(5)] == expected
    assert resumed.contents() == whole.contents()
    assert len(set(expected)) == 5


class KerasRun:
    """A small pair in Keras: one compiled step, batch norm, dropout, seeded noise."""

    def __init__(self, seed=0, schedule=False):
        import keras
        import tensorflow as tf

        keras.utils.set_random_seed(seed)
        layers = keras.layers
        self.gen = keras.Sequential(
            [
                keras.Input((4,)),
                layers.Dense(3 * 3 * 4),
                layers.Reshape((3, 3, 4)),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"),
            ]
        )
        self.disc = keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                layers.Conv2D(4, 3, strides=2, padding="same"),
                layers.BatchNormalization(),
                layers.LeakyReLU(0.2),
                layers.Dropout(0.3, seed=seed),
                layers.Flatten(),
                layers.Dense(1),
            ]
        )
        rate = keras.optimizers.schedules.ExponentialDecay(2e-3, 2, 0.9) if schedule else 2e-3
        self.gen_opt = keras.optimizers.Adam(rate, beta_1=0.5)
        self.disc_opt = keras.optimizers.SGD(1e-2, momentum=0.9)
        self.noise = keras.random.SeedGenerator(seed)
        self.random = tf.random.Generator.from_seed(seed)
        self.build()

        @tf.function
        def step():
            real = self.random.normal((8, 6, 6, 1))
            z = keras.random.normal((8, 4), seed=self.noise)
            with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
                fake = self.gen(z, training=True)
                on_real, on_fake = self.disc(real, training=True), self.disc(fake, training=True)
                softplus, mean = tf.math.softplus, tf.reduce_mean
                gen_loss = mean(softplus(-on_fake))
                disc_loss = mean(softplus(-on_real)) + mean(softplus(on_fake))
            for model, optimizer, loss, tape in (
                (self.gen, self.gen_opt, gen_loss, gen_tape),
                (self.disc, self.disc_opt, disc_loss, disc_tape),
            ):
                weights = model.trainable_variables
                optimizer.apply(tape.gradient(loss, weights), weights)
            return disc_loss, gen_loss

        self.compiled = step

    def build(self):
        self.gen_opt.build(self.gen.trainable_variables)
        self.disc_opt.build(self.disc.trainable_variables)

    def step(self):
        self.disc_opt.learning_rate = float(self.disc_opt.learning_rate) * 0.97
        return tuple(float(loss) for loss in self.compiled())

    def parts(self):
        names = ("gen", "disc", "gen_opt", "disc_opt", "noise", "random")
        return {name: getattr(self, name) for name in names}

    def contents(self):
        variables = [getattr(part, "variables", None) for part in self.parts().values()]
        variables[-2:] = [self.noise.state], [self.random.state]
        return [v.numpy().tobytes() for group in variables for v in group]


@pytest.mark.parametrize(("before", "schedule"), [(0, False), (3, True)])
def test_keras_resumes_exactly(path, before, schedule):
    whole = KerasRun(schedule=schedule)
    for _ in range(before):
        whole.step()
    train.save(path, **whole.parts(), step=before)
    then = whole.contents()
    expected = [whole.step() for _ in range(4)]
    resumed = KerasRun(seed=1, schedule=schedule)
    resumed.step()
    assert train.load(path, **resumed.parts()) == {"step": before}
    assert resumed.contents() == then
    assert [resumed.step() for _ in range(4)] == expected
    assert resumed.contents() == whole.contents()
    assert len(set(expected)) == 4


def test_keras_parts_that_are_not_built(path):
    import keras

    def parts(build_optimizer):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        optimizer = keras.optimizers.Adam(0.1)
        if build_optimizer:
            optimizer.build(model.trainable_variables)
        return {"model": model, "opt": optimizer}

    for built in (False, True):
        train.save(path, **parts(built))
        train.load(path, **parts(built))
    other = parts(False)
    other["opt"].learning_rate = 0.7
    assert "build opt first" in refused(ValueError, path, **other)
    assert float(other["opt"].learning_rate) == pytest.approx(0.7)
    with pytest.raises(ValueError, match="net has no weights yet: call it once on a batch"):
        train.save(path, net=keras.Sequential([keras.layers.Dense(3)]))
    model = parts(False)["model"]
    others = [keras.optimizers.AdamW(0.1), keras.optimizers.SGD(0.1)]
    for optimizer in others:
        optimizer.build(model.trainable_variables)
        assert "but in run.safetensors a Keras Adam" in refused(
            ValueError, path, model=model, opt=optimizer
        )


def test_keras_moving_statistics_and_half_precision(path):
    import keras

    def model(dtype, seed):
        keras.utils.set_random_seed(seed)
        layers = keras.layers
        return keras.Sequential(
            [keras.Input((3,)), layers.Dense(2, dtype=dtype), layers.BatchNormalization()]
        )

    mine, other = model("bfloat16", 0), model("bfloat16", 1)
    mine(np.random.default_rng(0).normal(size=(9, 3)), training=True)
    train.save(path, net=mine)
    train.load(path, net=other)
    for a, b in zip(mine.variables, other.variables, strict=True):
        assert a.numpy().dtype == b.numpy().dtype
        assert a.numpy().tobytes() == b.numpy().tobytes()
    assert "bfloat16 (3, 2)" in refused(ValueError, path, net=model("float32", 0))


def test_dtypes_ties_and_odd_tensors(path):
    class Net(nn.Module):
        def __init__(self, seed):
            super().__init__()
            torch.manual_seed(seed)
            self.narrow = nn.Linear(3, 2).bfloat16()
            self.wide = nn.Linear(3, 2).double()
            self.first, self.last = nn.Linear(3, 3), nn.Linear(3, 3)
            self.last.weight = self.first.weight
            self.images = nn.Parameter(
                torch.randn(2, 4, 3, 3).to(memory_format=torch.channels_last)
            )
            self.turned = nn.Parameter(torch.randn(2, 3).T)
            self.register_buffer("mask", torch.rand(5) > 0.5)
            self.register_buffer("count", torch.randint(99, ()))
            self.register_buffer("nothing", torch.zeros(0, 4))
            self.register_buffer("special", torch.tensor([np.nan, np.inf, -0.0]) * (seed + 1))

    mine, other = Net(0), Net(1)
    train.save(path, net=mine)
    addresses = [p.data_ptr() for p in other.parameters()]
    train.load(path, net=other)
    for (name, a), b in zip(mine.state_dict().items(), other.state_dict().values(), strict=True):
        assert a.dtype == b.dtype and a.stride() == b.stride(), name
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
    assert [p.data_ptr() for p in other.parameters()] == addresses
    assert other.last.weight is other.first.weight
    with safetensors.safe_open(path, framework="pt") as file:  # others can read the file
        assert torch.equal(file.get_tensor("net/narrow.weight"), mine.narrow.weight)


def test_optimizer_of_half_precision_parameters_and_groups(path):
    def parts(seed):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1)).bfloat16()
        groups = [{"params": net[0].parameters(), "lr": 0.1}, {"params": net[1].parameters()}]
        opt = torch.optim.AdamW(groups, lr=np.float32(0.01), weight_decay=0.1)
        return {"net": net, "opt": opt}

    def step(net, opt):
        loss = net(torch.ones(4, 3, dtype=torch.bfloat16)).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss.item()

    mine, other = parts(0), parts(1)
    step(**mine)
    train.save(path, **mine)
    train.load(path, **other)
    assert [step(**other) for _ in range(3)] == [step(**mine) for _ in range(3)]
    assert contents(other["opt"]) == contents(mine["opt"])
    one_group = torch.optim.AdamW(other["net"].parameters())
    assert "group" in refused(ValueError, path, net=other["net"], opt=one_group)


def test_numbers_come_back_as_they_were(path):
    numbers = {"step": 10**20, "low": -1.5e-300, "third": 1 / 3, "n": np.int64(7)}
    train.save(path, **numbers, top=np.float32(0.1), worst=float("inf"))
    back = train.load(path, step=0)
    assert back == {**numbers, "top": float(np.float32(0.1)), "worst": float("inf")}
    assert [type(x) for x in back.values()] == [int, float, float, int, float, float]


def test_generators_draw_the_same_numbers(path):
    parts = {"rng": np.random.default_rng(3), "noise": torch.Generator().manual_seed(3)}
    parts["rng"].integers(9, dtype=np.int32)  # leaves half a number behind
    torch.randn(3, generator=parts["noise"])
    train.save(path, **parts)

    def draw():
        rng, noise = parts["rng"], parts["noise"]
        drawn = rng.integers(999, size=5, dtype=np.int32), rng.normal(size=5)
        return [*drawn, torch.randn(5, generator=noise).numpy()]

    first = draw()
    train.load(path, **parts)
    for a, b in zip(first, draw(), strict=True):
        np.testing.assert_array_equal(a, b)
    parts["rng"] = np.random.Generator(np.random.SFC64())
    assert "SFC64" in refused(ValueError, path, **parts)


def test_no_framework_is_imported(tmp_path):
    code = """
import sys
import numpy as np
from helpers import train
train.save(sys.argv[1], rng=np.random.default_rng(0), step=1)
assert train.load(sys.argv[1], rng=np.random.default_rng(1)) == {"step": 1}
assert not {"torch", "keras", "tensorflow"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], check=True)


def test_same_state_gives_the_same_bytes(run, saved):
    before = saved.read_bytes()
    train.save(saved, **run.parts(), step=run.done)
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]


def test_a_path_may_be_text_and_a_part_may_be_called_path(path):
    train.save(str(path), path=1)
    assert train.load(str(path)) == {"path": 1}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda p: p.pop("ema"), "also holds ema"),
        (lambda p: p.update(other=p["gen"]), "has no part named other"),
        (lambda p: p.update(epoch=1), "has no part named epoch"),
        (lambda p: p.update(gen=p["disc"]), "gen, "),
        (lambda p: p.update(disc=nn.Sequential(nn.Conv2d(1, 8, 5))), "disc, 0.weight: float32"),
        (lambda p: p.update(ema=copy.deepcopy(p["gen"]).double()), "float64"),
        (lambda p: p.update(ema=nn.Sequential(*p["ema"], nn.Linear(2, 2))), "missing"),
        (lambda p: p.update(gen_opt=p["disc_opt"]), "parameter 0 of group 0"),
        (lambda p: p.update(gen_opt=torch.optim.AdamW(p["gen"].parameters())), "AdamW"),
        (lambda p: p.update(rng=p["noise"]), "rng is a PyTorch generator"),
        (lambda p: p.update(rng=3), "rng is a number"),
        (lambda p: p.update(step=p["gen"]), "step is a PyTorch module"),
        (lambda p: p.update(noise=[1, 2]), "noise is a list"),
        (lambda p: p.update(noise=None), "noise is a NoneType"),
    ],
)
def test_other_parts_are_refused_and_nothing_changes(saved, change, says):
    other = Run(seed=1)
    other.step()
    before = other.contents()
    parts = other.parts()
    change(parts)
    assert says in refused(ValueError, saved, **parts)
    assert other.contents() == before


def test_truncated_files_are_refused_and_nothing_changes(saved, run):
    whole = saved.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    other = Run(seed=1)
    before = other.contents()
    lengths = [0, 1, 7, 8, 9, 100, header - 1, header, header + 1, len(whole) // 2, len(whole) - 1]
    for length in lengths:
        saved.write_bytes(whole[:length])
        assert "damaged" in refused(ValueError, saved, **other.parts())
    saved.write_bytes(whole + b"\0")
    refused(ValueError, saved, **other.parts())
    assert other.contents() == before


@pytest.mark.parametrize("flip", [0x01, 0x02, 0x04, 0x20, 0x80, 0xFF])
def test_one_changed_byte_is_noticed(path, flip):
    net, rng = nn.Linear(2, 1), np.random.default_rng(0)
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    train.save(path, net=net, opt=opt, rng=rng, step=3)
    whole = path.read_bytes()
    before = [contents(part) for part in (net, opt, rng)]
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= flip
        path.write_bytes(changed)
        refused(ValueError, path, net=net, opt=opt, rng=rng)
    assert [contents(part) for part in (net, opt, rng)] == before


def test_foreign_files_are_refused(path, run, tmp_path):
    before = run.contents()
    for content in (
        b"A text.\n" * 99,
        pickle.dumps({"gen": 1}),
        b"PK\3\4" * 99,
        b"{}",
        b"\xff" * 99,
    ):
        path.write_bytes(content)
        assert "damaged, or was not written by train.save" in refused(
            ValueError, path, **run.parts()
        )
    torch.save(run.gen.state_dict(), path)
    refused(ValueError, path, **run.parts())
    for metadata in (None, {"format": "pt"}, {train.STAMP: "something else"}, {train.STAMP: ""}):
        safetensors.torch.save_file({"gen/0.weight": torch.zeros(2)}, path, metadata)
        refused(ValueError, path, **run.parts())
    safetensors.torch.save_file({"w": torch.zeros(2).to(torch.float8_e5m2)}, path)
    refused(ValueError, path, **run.parts())
    assert "No such file" in refused(
        FileNotFoundError, tmp_path / "none.safetensors", **run.parts()
    )
    refused(OSError, tmp_path, **run.parts())  # a folder
    assert run.contents() == before


def disk_full(path, content):
    with path.open("wb") as file:
        file.write(content[: len(content) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def stopped(path, content):
    with path.open("wb") as file:
        file.write(content[:10])
    raise KeyboardInterrupt


def no_rename(path, target):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize(
    ("method", "replacement", "error", "says"),
    [
        ("write_bytes", disk_full, OSError, "No space left on device"),
        ("write_bytes", stopped, KeyboardInterrupt, None),
        ("replace", no_rename, PermissionError, "Permission denied"),
    ],
)
def test_a_failed_save_keeps_the_old_file(
    run, saved, monkeypatch, method, replacement, error, says
):
    before, step = saved.read_bytes(), run.done
    run.step()
    with monkeypatch.context() as patched:
        patched.setattr(Path, method, replacement)
        with pytest.raises(error, match=says) as caught:
            train.save(saved, **run.parts(), step=run.done)
    assert error is KeyboardInterrupt or "the older file is kept." in str(caught.value)
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]
    assert train.load(saved, **run.parts()) == {"step": step}


def test_an_unwritable_folder(run, tmp_path):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    for folder, error in (("none", FileNotFoundError), ("file", OSError)):
        with pytest.raises(error, match="was not written"):
            train.save(tmp_path / folder / "run.safetensors", **run.parts())
    if os.name == "posix" and os.geteuid() != 0:  # root may write everywhere
        (tmp_path / "closed").mkdir(mode=0o500)
        with pytest.raises(PermissionError, match="Permission denied"):
            train.save(tmp_path / "closed" / "run.safetensors", **run.parts())


@pytest.mark.parametrize(
    "part",
    [
        [1],
        None,
        "text",
        np.zeros(3),
        torch.zeros(3),
        1j,
        torch.optim.SGD([torch.zeros(2)], lr=torch.tensor(0.1)),
        np.random.Generator(np.random.MT19937(0)),
    ],
    ids=lambda part: type(part).__name__,
)
def test_what_cannot_be_saved_is_refused_before_writing(run, saved, part):
    before = saved.read_bytes()
    with pytest.raises(ValueError) as caught:
        train.save(saved, **run.parts(), step=part)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
    assert saved.read_bytes() == before
