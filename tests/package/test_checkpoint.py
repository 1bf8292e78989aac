"""Save and load: training resumes to the bit; whatever goes wrong, nothing is lost or changed."""

import copy
import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional as F

from helpers import checkpoint


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
    """A small GAN: batch norm, two optimizers with falling rates, two sources of noise."""

    def __init__(self, seed=0, optimizer=torch.optim.Adam):
        torch.manual_seed(seed)
        self.gen = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 6))
        self.disc = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
        self.gen_opt = optimizer(self.gen.parameters(), lr=2e-3)
        self.disc_opt = optimizer(self.disc.parameters(), lr=1e-3)
        self.rng = np.random.default_rng(seed)
        self.noise = torch.Generator().manual_seed(seed)
        self.done = 0

    def parts(self):
        names = ("gen", "disc", "gen_opt", "disc_opt", "rng", "noise")
        return {name: getattr(self, name) for name in names}

    def contents(self):
        return {name: contents(part) for name, part in self.parts().items()}

    def step(self):
        real = torch.from_numpy(self.rng.normal(size=(8, 6)).astype(np.float32))
        fake = self.gen(torch.randn(8, 4, generator=self.noise))
        disc_loss = (F.softplus(-self.disc(real)) + F.softplus(self.disc(fake.detach()))).mean()
        gen_loss = F.softplus(-self.disc(fake)).mean()
        for optimizer, loss in ((self.gen_opt, gen_loss), (self.disc_opt, disc_loss)):
            self.gen.zero_grad()
            self.disc.zero_grad()
            loss.backward()
            optimizer.step()
            optimizer.param_groups[0]["lr"] *= 0.97
        self.done += 1
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
    checkpoint.save(path, **run.parts(), step=run.done)
    return path


def refused(error, path, **parts):
    """Load must fail with one sentence; returns it."""
    with pytest.raises(error) as caught:
        checkpoint.load(path, **parts)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and len(text) < 400
    assert not isinstance(caught.value, UnicodeError | json.JSONDecodeError)
    return text


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda params, lr: torch.optim.AdamW(params, lr=lr, betas=(0.5, 0.99), amsgrad=True),
        lambda params, lr: torch.optim.SGD(params, lr=lr, momentum=0.9, nesterov=True),
        lambda params, lr: torch.optim.SGD(params, lr=lr),
    ],
    ids=["adamw", "momentum", "sgd"],
)
@pytest.mark.parametrize("before", [0, 4])
def test_torch_resumes_exactly(path, optimizer, before):
    whole = Run(optimizer=optimizer)
    for _ in range(before):
        whole.step()
    checkpoint.save(path, **whole.parts(), step=whole.done, best=0.1)
    then = whole.contents()
    expected = [whole.step() for _ in range(5)]
    resumed = Run(seed=1, optimizer=optimizer)
    resumed.step()  # its state must be replaced, also by an empty one
    assert checkpoint.load(path, **resumed.parts()) == {"step": before, "best": 0.1}
    assert resumed.contents() == then
    assert [resumed.step() for _ in range(5)] == expected
    assert resumed.contents() == whole.contents()
    assert len(set(expected)) == 5


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
    checkpoint.save(path, net=mine)
    addresses = [p.data_ptr() for p in other.parameters()]
    checkpoint.load(path, net=other)
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
    checkpoint.save(path, **mine)
    checkpoint.load(path, **other)
    assert [step(**other) for _ in range(3)] == [step(**mine) for _ in range(3)]
    assert contents(other["opt"]) == contents(mine["opt"])
    one_group = torch.optim.AdamW(other["net"].parameters())
    assert "group" in refused(ValueError, path, net=other["net"], opt=one_group)


def test_values_come_back_as_they_were(path):
    numbers = {"step": 10**20, "low": -1.5e-300, "third": 1 / 3, "n": np.int64(7)}
    checkpoint.save(path, **numbers, top=np.float32(0.1), worst=float("inf"))
    back = checkpoint.load(path, step=0)
    assert back == {**numbers, "top": float(np.float32(0.1)), "worst": float("inf")}
    assert [type(x) for x in back.values()] == [int, float, float, int, float, float]
    values = {"log": [{"step": 1, "loss": 0.5}], "text": "naïve", "settings": {"a": [True, None]}}
    checkpoint.save(path, **values)
    assert checkpoint.load(path) == values


def test_generators_draw_the_same_numbers(path):
    parts = {"rng": np.random.default_rng(3), "noise": torch.Generator().manual_seed(3)}
    parts["rng"].integers(9, dtype=np.int32)  # leaves half a number behind
    torch.randn(3, generator=parts["noise"])
    checkpoint.save(path, **parts)

    def draw():
        rng, noise = parts["rng"], parts["noise"]
        drawn = rng.integers(999, size=5, dtype=np.int32), rng.normal(size=5)
        return [*drawn, torch.randn(5, generator=noise).numpy()]

    first = draw()
    checkpoint.load(path, **parts)
    for a, b in zip(first, draw(), strict=True):
        np.testing.assert_array_equal(a, b)
    parts["rng"] = np.random.Generator(np.random.SFC64())
    assert "SFC64" in refused(ValueError, path, **parts)


def test_same_state_gives_the_same_bytes(run, saved):
    before = saved.read_bytes()
    checkpoint.save(saved, **run.parts(), step=run.done)
    assert saved.read_bytes() == before
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]


def test_a_path_may_be_text_and_a_part_may_be_called_path(path):
    checkpoint.save(str(path), path=1)
    assert checkpoint.load(str(path)) == {"path": 1}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda p: p.pop("noise"), "also holds noise"),
        (lambda p: p.update(other=p["gen"]), "has no part named other"),
        (lambda p: p.update(epoch=1), "has no part named epoch"),
        (lambda p: p.update(gen=p["disc"]), "gen, "),
        (lambda p: p.update(disc=nn.Sequential(nn.Linear(6, 9))), "disc, 0.weight: float32"),
        (lambda p: p.update(gen=copy.deepcopy(p["gen"]).double()), "float64"),
        (lambda p: p.update(gen=nn.Sequential(*p["gen"], nn.Linear(2, 2))), "missing"),
        (lambda p: p.update(gen_opt=p["disc_opt"]), "parameter 0 of group 0"),
        (lambda p: p.update(gen_opt=torch.optim.AdamW(p["gen"].parameters())), "AdamW"),
        (lambda p: p.update(rng=p["noise"]), "rng is a PyTorch generator"),
        (lambda p: p.update(rng=3), "rng is a value"),
        (lambda p: p.update(step=p["gen"]), "step is a PyTorch module"),
        (lambda p: p.update(noise=[1, 2]), "noise is a value"),
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


def test_truncated_files_are_refused_and_nothing_changes(saved):
    whole = saved.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    other = Run(seed=1)
    before = other.contents()
    for length in (0, 1, 8, 9, header - 1, header, header + 1, len(whole) // 2, len(whole) - 1):
        saved.write_bytes(whole[:length])
        assert "is damaged" in refused(ValueError, saved, **other.parts())
    saved.write_bytes(whole + b"\0")
    refused(ValueError, saved, **other.parts())
    assert other.contents() == before


def test_one_changed_byte_is_noticed(path):
    net, rng = nn.Linear(2, 1), np.random.default_rng(0)
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    checkpoint.save(path, net=net, opt=opt, rng=rng, step=3)
    whole = path.read_bytes()
    before = [contents(part) for part in (net, opt, rng)]
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 1 << position % 8
        path.write_bytes(changed)
        refused(ValueError, path, net=net, opt=opt, rng=rng)
    assert [contents(part) for part in (net, opt, rng)] == before


def test_foreign_files_are_refused(path, run, tmp_path):
    before = run.contents()
    for content in (b"A text.\n" * 99, b"PK\3\4" * 99, b"{}"):
        path.write_bytes(content)
        said = refused(ValueError, path, **run.parts())
        assert "damaged, or was not written by checkpoint.save" in said
    torch.save(run.gen.state_dict(), path)
    refused(ValueError, path, **run.parts())
    for metadata in (None, {checkpoint.STAMP: "something else"}, {checkpoint.STAMP: ""}):
        safetensors.torch.save_file({"gen/0.weight": torch.zeros(2)}, path, metadata)
        refused(ValueError, path, **run.parts())
    said = refused(FileNotFoundError, tmp_path / "none.safetensors", **run.parts())
    assert "No such file" in said
    refused(OSError, tmp_path, **run.parts())  # a folder
    assert run.contents() == before


def test_a_failed_save_keeps_the_old_file(run, saved, monkeypatch):
    """As `files.write` promises; its own tests have the other ways to fail."""

    def disk_full(path, content):
        path.open("wb").close()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before, step = saved.read_bytes(), run.done
    run.step()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", disk_full)
        with pytest.raises(OSError, match=r"No space left on device.*; the older file is kept"):
            checkpoint.save(saved, **run.parts(), step=run.done)
    assert saved.read_bytes() == before
    assert checkpoint.load(saved, **run.parts()) == {"step": step}


@pytest.mark.parametrize(
    "part",
    [
        [torch.zeros(1)],
        None,
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
        checkpoint.save(saved, **run.parts(), step=part)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
    assert saved.read_bytes() == before
