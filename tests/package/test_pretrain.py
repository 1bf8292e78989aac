"""Pretraining: what is resumed, shared or interrupted ends as if it had not been."""

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
import tokenizers
import torch
from torch.nn import functional as F

from helpers import data, gpt2, pretrain

SMALL = pretrain.Recipe(
    vocab_size=300, n_positions=16, n_embd=32, n_layer=2, n_head=2, steps=60, batch=4, dropout=0.1
)
TEXT = data.shakespeare().train[:30_000]
SCRIPT = """
import sys
from helpers import pretrain
if __name__ == "__main__":
    sys.exit(pretrain.main(sys.argv[1:], pretrain.Recipe(**{settings})))
"""


@pytest.fixture
def start(tmp_path):
    """Start the command with a small recipe in a process of its own."""
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")

    def popen(*options, recipe=SMALL, launcher=(sys.executable,)):
        script = tmp_path / "command.py"
        script.write_text(SCRIPT.format(settings=asdict(recipe)), encoding="utf-8")
        return subprocess.Popen(
            [*launcher, str(script), "--text", "text.txt", *options],
            cwd=tmp_path,
            env={**os.environ, "COURSE_THREADS": "1", "OMP_WAIT_POLICY": "passive"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(*options, **settings):
        process = popen(*options, **settings)
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
    """Run the command in this process, in a folder with the text; threads stay as they are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_THREADS", str(torch.get_num_threads()))
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    precision = torch.get_float32_matmul_precision()
    yield lambda *options, recipe=SMALL: pretrain.main(["--text", "text.txt", *options], recipe)
    torch.set_float32_matmul_precision(precision)


def weights(folder):
    return (Path(folder) / "model.safetensors").read_bytes()


def log(folder):
    """The log without its seconds."""
    lines = (Path(folder) / pretrain.LOG).read_text(encoding="utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


# ---------------------------------------------------------------- the parts


def test_tokenizer_reads_any_text_and_learns_from_the_given_one_alone():
    tokenizer = pretrain.make_tokenizer("the thunder, the thief, the theatre. " * 50, 280)
    assert set(tokenizers.pre_tokenizers.ByteLevel.alphabet()) < set(tokenizer.get_vocab())
    assert "Ġthe" in tokenizer.get_vocab()
    assert not any("z" in token and len(token) > 1 for token in tokenizer.get_vocab())
    for text in ("the zoo", "naïve 漢字 🎭\x00\r\n\t  x", ""):
        assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_windows_cover_the_text_once_an_epoch():
    recipe = replace(SMALL, n_positions=4, batch=3)
    ids = np.arange(47)
    count = pretrain.windows_of(len(ids), recipe)
    assert count == 10
    rows = np.concatenate([pretrain.windows(ids, recipe, step).numpy() for step in range(20)])
    assert rows.shape == (60, 5)
    assert np.array_equal(rows, rows[:, :1] + np.arange(5))  # targets follow inputs
    epochs = rows[:, 0].reshape(6, count)
    for starts in epochs:
        assert set(np.diff(np.sort(starts))) == {4}
    assert len({starts.min() for starts in epochs}) > 1
    assert len({tuple(starts - starts.min()) for starts in epochs}) == 6
    assert np.array_equal(pretrain.windows(ids, recipe, 7).numpy(), rows[21:24])


@pytest.mark.parametrize(("tokens", "count"), [(9, 1), (8, 0), (12, 1), (13, 2)])
def test_windows_stay_inside_the_text(tokens, count):
    recipe = replace(SMALL, n_positions=4, batch=5)
    assert pretrain.windows_of(tokens, recipe) == count
    for step in range(20 if count else 0):
        assert pretrain.windows(np.arange(tokens), recipe, step).max() < tokens


@pytest.mark.parametrize("characters", [1, 40, 700, 701])
def test_every_character_is_scored_with_at_least_half_a_window(characters):
    tokenizer = pretrain.make_tokenizer(TEXT, 300)
    torch.manual_seed(0)
    model = gpt2.GPT2(SMALL.sizes()).train()
    before, text = TEXT[:500], TEXT[500 : 500 + characters]
    context, ids = tokenizer.encode(before).ids, tokenizer.encode(text).ids
    total, half = 0.0, SMALL.n_positions // 2
    for i in range(len(ids)):
        end_of_window = len(context) + half * (i // half) + half
        window = (context + ids[:i])[end_of_window - SMALL.n_positions - 1 :]
        with torch.no_grad():
            total += F.cross_entropy(model(torch.tensor([window]))[0, -1], torch.tensor(ids[i]))
    score = pretrain.nats_per_character(model, tokenizer, text, before)
    assert score == pytest.approx(float(total) / len(text), rel=1e-5)
    assert model.training


def test_rates_rise_and_fall():
    recipe = replace(SMALL, steps=100, warmup=0.1)
    rates = [pretrain.rate(step, recipe) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates.index(max(rates)) == 9
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[-1] == pytest.approx(0.01)
    assert pretrain.rate(0, replace(recipe, steps=1)) == 1


def test_every_parameter_has_one_optimizer_and_only_matrices_decay():
    model = gpt2.GPT2(SMALL.sizes())
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


def test_dropout_acts_while_training_only():
    torch.manual_seed(0)
    plain, dropping = (gpt2.GPT2(SMALL.sizes()) for _ in range(2))
    dropping.load_state_dict(plain.state_dict())
    pretrain.add_dropout(dropping, 0.5)
    ids = torch.arange(16)[None]
    assert torch.equal(plain(ids), dropping.eval()(ids))
    dropping.train()
    assert not torch.allclose(dropping(ids), dropping(ids))
    seen = []
    dropping.h[0].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    dropping(ids)
    assert 0.3 < float((seen[0] == 0).float().mean()) < 0.7


def test_dropout_keeps_the_mean_and_does_not_depend_on_the_processes():
    outputs = []
    x = torch.ones(4, 50, 32)
    for rank, size in [(0, 1), (0, 2), (1, 2)]:
        torch.manual_seed(1)
        model = gpt2.GPT2(SMALL.sizes())
        pretrain.add_dropout(model, 0.25, rank, size)
        inputs = []
        model.h[0].ln_1.register_forward_pre_hook(lambda m, i, seen=inputs: seen.append(i[0]))
        model.h[0](x[: 4 // size])
        outputs.append(inputs[0])
    assert outputs[0].unique().tolist() == pytest.approx([0, 4 / 3])
    assert abs(outputs[0].mean() - 1) < 0.03
    assert torch.equal(outputs[0], torch.cat(outputs[1:]))


# ---------------------------------------------------------------- killed, stopped, shared


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    script = folder / "command.py"
    script.write_text(SCRIPT.format(settings=asdict(SMALL)), encoding="utf-8")
    subprocess.run(
        [sys.executable, str(script), "--text", "text.txt", "--out", "model"],
        cwd=folder,
        env={**os.environ, "COURSE_THREADS": "1", "OMP_WAIT_POLICY": "passive"},
        check=True,
        capture_output=True,
        timeout=200,
    )
    return folder / "model"


def test_it_learns_and_cleans_up(whole):
    files = {path.name for path in whole.iterdir()}
    assert files == {
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
        process = start.popen("--out", "model")
        if attempt < 4:
            checkpoint = out / pretrain.CHECKPOINT
            old, end = checkpoint.exists() and checkpoint.stat().st_mtime_ns, time.time() + 100
            while time.time() < end and process.poll() is None:  # until it has come further
                if checkpoint.exists() and checkpoint.stat().st_mtime_ns != old:
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


def test_interrupted_it_says_how_to_go_on_and_ends_with_the_same_weights(start, whole, tmp_path):
    out = tmp_path / "model"
    process = start.popen("--out", "model")
    while not (out / pretrain.CHECKPOINT).exists() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=200)
    assert process.returncode == 130
    assert output.startswith("Stopped after ") and output.endswith("goes on from there.\n")
    assert (out / pretrain.CHECKPOINT).exists() and not (out / "model.safetensors").exists()
    assert start("--out", "model").returncode == 0
    assert log(out) == log(whole)
    assert weights(out) == weights(whole)


def test_two_processes_do_what_one_does(start, tmp_path):
    recipe = replace(SMALL, bfloat16=False, steps=20)
    alone = start("--out", "alone", recipe=recipe)
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone")
    both = start("--out", "both", recipe=recipe, launcher=(*torchrun, "--nproc-per-node", "2"))
    assert alone.returncode == 0, alone.err
    assert both.returncode == 0, both.err
    assert both.out.count("nats per character") == 1
    for one, two in zip(log(tmp_path / "alone"), log(tmp_path / "both"), strict=True):
        assert one == pytest.approx(two, abs=1e-3)
    one, two = (gpt2.load(tmp_path / name)[0].state_dict() for name in ("alone", "both"))
    for name in one:
        assert torch.allclose(one[name], two[name], atol=2e-3), name


# ---------------------------------------------------------------- in this process


def test_the_library_reads_the_model(whole):
    import transformers

    library = transformers.GPT2LMHeadModel.from_pretrained(whole).eval()
    model, tokenizer = gpt2.load(whole)
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


def stopped_run(here, steps=4):
    """A folder with an unfinished run: as if the process had been killed."""
    text = data.text(Path("text.txt"))
    run = pretrain.Pretraining(text, replace(SMALL, steps=60), Path("model"), pretrain.Team())
    run.begin()
    for _ in range(steps):
        run.counters["loss_sum"] += run.train_step()
        run.counters["step"] += 1
    run.save()
    return run


def test_an_unfinished_run_goes_on_only_as_it_was_begun(here, capsys):
    stopped_run(here)
    assert here("--out", "model", "--steps", "61") == 1
    error = capsys.readouterr().err
    assert "steps = 60, not 61" in error and "--out" in error and error.count("\n") == 1
    Path("text.txt").write_text(TEXT.replace("king", "cook"), encoding="utf-8")
    assert here("--out", "model") == 1
    assert "with another text: " in capsys.readouterr().err


def test_a_damaged_checkpoint_is_named(here, capsys):
    stopped_run(here)
    checkpoint = Path("model") / pretrain.CHECKPOINT
    content = bytearray(checkpoint.read_bytes())
    content[-1] ^= 1
    checkpoint.write_bytes(content)
    assert here("--out", "model") == 1
    error = capsys.readouterr().err
    assert "damaged" in error and "delete it to start anew" in error


def test_log_lines_ahead_of_the_checkpoint_are_dropped(here):
    run = stopped_run(here)
    rows = [{"step": 2, "dev_loss": 3.0}, {"step": 8, "dev_loss": 2.0}]
    (Path("model") / pretrain.LOG).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    again = pretrain.Pretraining(run.text, run.recipe, Path("model"), pretrain.Team())
    again.begin()
    assert again.log == rows[:1]
    assert again.counters == run.counters


def test_a_finished_model_is_not_overwritten(here, whole, capsys):
    before = weights(whole)
    assert here("--out", str(whole)) == 1
    assert "holds a model already" in capsys.readouterr().err
    assert weights(whole) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--text", "none.txt"], "There is no file none.txt."),
        (["--text", "short.txt"], "has 500 characters, but 10,000 are needed"),
        (["--text", "same.txt"], "tokens, but 33 are needed"),
        (["--out", "text.txt"], "text.txt"),
    ],
)
def test_bad_input_gets_one_sentence(here, capsys, options, message):
    Path("short.txt").write_text(TEXT[:500], encoding="utf-8")
    Path("same.txt").write_text("a" * 20_000, encoding="utf-8")
    assert here(*options) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_steps_must_be_positive(here, capsys):
    with pytest.raises(SystemExit):
        here("--steps", "0")
    assert "--steps must be at least 1" in capsys.readouterr().err


def test_processes_must_divide_the_batch(monkeypatch, here, capsys):
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert here("--out", "model") == 1
    assert "3 processes cannot share 4 windows evenly" in capsys.readouterr().err


def test_checkpoint_restores_everything_to_the_bit(here):
    run = stopped_run(here)
    again = pretrain.Pretraining(run.text, run.recipe, Path("model"), pretrain.Team())
    again.begin()
    for each in (run, again):
        each.train_step()
        each.counters["step"] += 1
        each.train_step()
        for name, optimizer in each.optimizers.items():
            for group in optimizer.param_groups:
                assert group["lr"] == each.rates[name] * pretrain.rate(5, each.recipe)
    for name, tensor in run.model.state_dict().items():
        assert torch.equal(tensor, again.model.state_dict()[name]), name


# ---------------------------------------------------------------- what is shipped

MINI = data.DATA / gpt2.MINI


def test_the_recipe_makes_a_model_of_at_most_12_megabytes():
    with torch.device("meta"):
        model = gpt2.GPT2(pretrain.Recipe().sizes())
    assert 2 * sum(p.numel() for p in model.parameters()) < 11_700_000


def test_the_shipped_model_is_that_of_the_recipe_and_the_training_text():
    identity = json.loads((MINI / pretrain.RECIPE).read_text(encoding="utf-8"))
    recipe = pretrain.Recipe()
    assert {key: identity[key] for key in asdict(recipe)} == asdict(recipe)
    _, tokenizer = gpt2.load("mini")
    made = pretrain.make_tokenizer(data.shakespeare().train, recipe.vocab_size)
    assert tokenizer.get_vocab() == made.get_vocab()
    assert sum(path.stat().st_size for path in MINI.iterdir()) <= 12_000_000
    assert log(MINI)[-1]["step"] == recipe.steps
