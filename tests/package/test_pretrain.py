"""Pretraining: what is resumed, killed or shared ends as if it had not been."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from helpers import checkpoint, data, pretrain
from helpers.models import gpt2
from helpers.text import folders, tokenisers, windows

SMALL = pretrain.Recipe(
    vocab_size=300, n_positions=16, n_embd=32, n_layer=2, n_head=2, steps=60, batch=4, dropout=0.1
)
TEXT = data.shakespeare().train[:30_000]


def small_model():
    torch.manual_seed(0)
    return gpt2.GPT2(gpt2.Config(300, 16, 32, 2, 2))


def options(recipe):
    """The recipe as the command line takes it."""
    written = []
    for name, value in asdict(recipe).items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            written.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            written += [f"--{flag}", str(value)]
    return written


@pytest.fixture
def start(tmp_path):
    """Start the command with a small recipe in a process of its own."""
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")

    def popen(out, recipe=SMALL, launcher=(sys.executable,)):
        more = options(recipe)
        return subprocess.Popen(
            [*launcher, "-m", "helpers.pretrain", "--text", "text.txt", "--out", out, *more],
            cwd=tmp_path,
            env={**os.environ, "COURSE_THREADS": "1", "OMP_WAIT_POLICY": "passive"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(*arguments, **settings):
        process = popen(*arguments, **settings)
        try:
            process.out, process.err = process.communicate(timeout=200)
        finally:
            if process.poll() is None:
                process.terminate()  # torchrun passes it on
                process.wait(30)
        return process

    run.popen = popen
    return run


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Run the command in this process, in a folder with the text."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return lambda *more: pretrain.main(
        ["--text", "text.txt", "--out", "model", *options(SMALL), *more]
    )


@pytest.fixture
def unfinished(here, monkeypatch, capsys):
    """A run in this process that Ctrl-C ended in its eighth step."""

    def interrupted(ids, length, batch, seed, step, shuffled=windows.shuffled):
        if step == 7:
            raise KeyboardInterrupt
        return shuffled(ids, length, batch, seed, step)

    with monkeypatch.context() as patched:
        patched.setattr(windows, "shuffled", interrupted)
        assert here() == 130
    assert "goes on from the last checkpoint" in capsys.readouterr().out
    return here


def weights(folder):
    return (Path(folder) / "model.safetensors").read_bytes()


def log(folder):
    """The log without its seconds."""
    lines = (Path(folder) / pretrain.LOG).read_text(encoding="utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


# ---------------------------------------------------------------- the parts


def test_windows_cover_the_text_once_an_epoch():
    ids, count = np.arange(47), 10
    rows = np.concatenate([windows.shuffled(ids, 4, 3, 0, step) for step in range(20)])
    assert rows.shape == (60, 5)
    assert np.array_equal(rows, rows[:, :1] + np.arange(5))  # targets follow inputs
    epochs = rows[:, 0].reshape(6, count)
    for starts in epochs:
        assert set(np.diff(np.sort(starts))) == {4}
    assert len({starts.min() for starts in epochs}) > 1
    assert len({tuple(starts - starts.min()) for starts in epochs}) == 6
    assert np.array_equal(windows.shuffled(ids, 4, 3, 0, 7), rows[21:24])


@pytest.mark.parametrize("tokens", [9, 12, 13])
def test_windows_stay_inside_the_text(tokens):
    for step in range(20):
        assert windows.shuffled(np.arange(tokens), 4, 5, 0, step).max() < tokens
    with pytest.raises(ValueError, match="has 8 tokens, but 9 are needed"):
        windows.shuffled(np.arange(8), 4, 5, 0, 0)


def test_rates_rise_and_fall():
    recipe = replace(SMALL, steps=100, warmup=0.1)
    rates = [pretrain.rate(step, recipe) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates.index(max(rates)) == 9
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[-1] == pytest.approx(0.01)
    assert pretrain.rate(0, replace(recipe, steps=1)) == 1


def test_every_parameter_has_one_optimizer_and_only_matrices_decay():
    model = small_model()
    optimizers = pretrain.make_optimizers(model, SMALL)
    groups = [group for o in optimizers.values() for group in o.param_groups]
    found = [id(p) for group in groups for p in group["params"]]
    assert sorted(found) == sorted(id(p) for p in model.parameters())
    for group in groups:
        matrices = {p.dim() == 2 for p in group["params"]}
        assert matrices == {group["weight_decay"] > 0}
    names = {id(p): name for name, p in model.named_parameters()}
    moved = {names[id(p)] for p in optimizers["muon"].param_groups[0]["params"]}
    assert moved == {n for n in names.values() if n.startswith("h.") and n.endswith("weight")} - {
        n for n in names.values() if ".ln_" in n
    }


def test_dropout_acts_while_training_only_and_keeps_the_mean():
    plain, dropping = small_model(), small_model()
    pretrain.add_dropout(dropping, 0.25)
    ids = torch.arange(16)[None]
    assert torch.equal(plain(ids), dropping.eval()(ids))
    dropping.train()
    assert not torch.allclose(dropping(ids), dropping(ids))
    seen = []
    dropping.h[0].ln_1.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    dropping.h[0](torch.ones(4, 50, 32))
    assert seen[0].unique().tolist() == pytest.approx([0, 4 / 3])
    assert abs(seen[0].mean() - 1) < 0.03


# ---------------------------------------------------------------- killed, stopped, shared


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    command = [sys.executable, "-m", "helpers.pretrain", "--text", "text.txt", "--out", "model"]
    done = subprocess.run(
        command + options(SMALL),
        cwd=folder,
        env={**os.environ, "COURSE_THREADS": "1", "OMP_WAIT_POLICY": "passive"},
        check=True,
        capture_output=True,
        encoding="utf-8",
        timeout=200,
    )
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("Learning tokens") and "nats per character" in last
    return folder / "model"


def test_it_learns_and_cleans_up(whole):
    assert {path.name for path in whole.iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "vocab.json", "merges.txt"),
        *(pretrain.LOG, pretrain.RECIPE),
    }
    rows = log(whole)
    assert rows[-1]["step"] == SMALL.steps
    assert rows[-1]["dev_loss"] < rows[0]["dev_loss"] - 0.2
    assert rows[-1]["training_loss"] < rows[0]["training_loss"] - 0.2
    assert 2 < rows[-1]["held_out_loss"] < 4
    assert abs(rows[-1]["whole_dev_loss"] - rows[-1]["dev_loss"]) < 0.01  # stored as float16
    identity = json.loads((whole / pretrain.RECIPE).read_text(encoding="utf-8"))
    assert identity["steps"] == SMALL.steps and identity["text"] == "text.txt"


def test_killed_at_random_moments_it_ends_with_the_same_weights(start, whole, tmp_path):
    out, rng, kills = tmp_path / "model", random.Random(), 0
    for attempt in range(9):
        process = start.popen("model")
        if attempt < 3:
            saved = out / pretrain.CHECKPOINT
            old, end = saved.exists() and saved.stat().st_mtime_ns, time.time() + 100
            while time.time() < end and process.poll() is None:  # until it has come further
                if saved.exists() and saved.stat().st_mtime_ns != old:
                    break
                time.sleep(0.005)
            time.sleep(rng.uniform(0, 0.3))
            process.kill()  # SIGKILL
            kills += process.wait() == -signal.SIGKILL
        _, errors = process.communicate(timeout=200)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, errors
    assert process.returncode == 0 and kills >= 1
    assert log(out) == log(whole)
    assert weights(out) == weights(whole)


def test_two_processes_do_what_one_does(start, tmp_path):
    """But for dropout, which each process draws for its own rows."""
    recipe = replace(SMALL, bfloat16=False, steps=20, dropout=0.0)
    alone = start("alone", recipe=recipe)
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone")
    both = start("both", recipe=recipe, launcher=(*torchrun, "--nproc-per-node", "2"))
    assert alone.returncode == 0, alone.err
    assert both.returncode == 0, both.err
    assert both.out.count("nats per character") == 1
    for one, two in zip(log(tmp_path / "alone"), log(tmp_path / "both"), strict=True):
        assert one == pytest.approx(two, abs=1e-3)
    one, two = (folders.load(tmp_path / name)[0].state_dict() for name in ("alone", "both"))
    for name in one:
        assert torch.allclose(one[name], two[name], atol=2e-3), name


# ---------------------------------------------------------------- in this process


def test_the_library_reads_the_model(whole):
    import transformers

    library = transformers.GPT2LMHeadModel.from_pretrained(whole).eval()
    model, tokenizer = folders.load(whole)
    text = "The quality of mercy is not strain'd;\n\nNaïve 🎭"
    for loaded in (
        transformers.AutoTokenizer.from_pretrained(whole),
        transformers.PreTrainedTokenizerFast.from_pretrained(whole),
    ):
        ids = loaded(text)["input_ids"]
        assert ids == tokenizer.encode(text).ids
        assert loaded.decode(ids, clean_up_tokenization_spaces=False) == text
    ids = torch.tensor([tokenizer.encode(text).ids[:16]])
    assert library.dtype == torch.float32
    with torch.no_grad():
        assert torch.allclose(library(ids).logits, model(ids), atol=1e-4)


def test_a_stopped_run_goes_on_where_it_was_and_leaves_the_precision(unfinished, capsys):
    rows = log("model")
    assert [row["step"] for row in rows] == [4]
    state = checkpoint_state()
    assert state["step"] == 7 and len(state["log"]) == 1
    before = torch.get_float32_matmul_precision()
    assert unfinished() == 0
    assert torch.get_float32_matmul_precision() == before
    assert log("model")[0] == rows[0] and len(log("model")) == 15
    assert capsys.readouterr().err.count("pretraining") and not Path("model", "x.part").exists()


def checkpoint_state():
    model = small_model()
    path = Path("model") / pretrain.CHECKPOINT
    return checkpoint.load(path, model=model, **pretrain.make_optimizers(model, SMALL))


def test_an_unfinished_run_goes_on_only_as_it_was_begun(unfinished, capsys):
    assert unfinished("--steps", "61") == 1
    error = capsys.readouterr().err
    assert "with steps = 60: go on as it was begun" in error
    assert unfinished("--n-embd", "34") == 1
    assert pretrain.CHECKPOINT in capsys.readouterr().err
    Path("text.txt").write_text(TEXT.replace("king", "cook"), encoding="utf-8")
    assert unfinished() == 1
    assert "with another text: go on" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_named_and_no_other_file_is_needed(unfinished, capsys):
    (Path("model") / pretrain.LOG).write_text("{", encoding="utf-8")
    path = Path("model") / pretrain.CHECKPOINT
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert unfinished() == 1
    error = capsys.readouterr().err
    assert f"{path} is damaged" in error and error.count("\n") == 1
    path.write_bytes(whole)
    assert unfinished() == 0
    assert [row["step"] for row in log("model")] == list(range(4, 61, 4))


def test_a_finished_model_is_not_overwritten(here, whole, capsys):
    before = weights(whole)
    assert here("--out", str(whole)) == 1
    assert "holds a model already" in capsys.readouterr().err
    assert weights(whole) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", "none.txt"], "There is no file none.txt."),
        (["--text", "short.txt"], "has 500 characters, but 10,000 are needed"),
        (["--text", "same.txt"], "tokens, but 33 are needed"),
        (["--out", "text.txt"], "text.txt"),
        (["--steps", "0"], "steps must be at least 1"),
        (["--n-head", "3"], "n_head must divide n_embd, and 3 does not"),
    ],
)
def test_bad_input_gets_one_sentence(here, capsys, arguments, message):
    Path("short.txt").write_text(TEXT[:500], encoding="utf-8")
    Path("same.txt").write_text("a" * 20_000, encoding="utf-8")
    assert here(*arguments) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert message in error


def test_processes_must_divide_the_batch(monkeypatch, tmp_path):
    monkeypatch.setattr(pretrain.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(pretrain.distributed, "get_rank", lambda: 0)
    monkeypatch.setattr(pretrain.distributed, "get_world_size", lambda: 3)
    with pytest.raises(ValueError, match=r"divide a batch of 4; 3 do not\.$"):
        pretrain.pretrain(data.shakespeare(), SMALL, tmp_path)


# ---------------------------------------------------------------- what is shipped

MINI = data.DATA / folders.MINI


def test_the_shipped_model_is_that_of_the_recipe_and_the_training_text():
    identity = json.loads((MINI / pretrain.RECIPE).read_text(encoding="utf-8"))
    recipe = pretrain.Recipe()
    assert {key: identity[key] for key in asdict(recipe)} == asdict(recipe)
    _, tokenizer = folders.load("mini")
    made = tokenisers.make_tokenizer(data.shakespeare().train, recipe.vocab_size)
    assert tokenizer.get_vocab() == made.get_vocab()
    assert sum(path.stat().st_size for path in MINI.iterdir()) <= 12_000_000
    assert log(MINI)[-1]["step"] == recipe.steps
