"""The comparisons at equal time: the turns, tiny budgets, the stored records."""

import importlib
import json
import math

import numpy as np
import pytest
import torch

from benchmarks import COMPARISONS, FOLDER, LADDER, __main__, generate, ladder, lstm, scoring, text
from benchmarks.race import Run, epochs, race, race_each_seed
from helpers import data
from helpers.models import gpt2, rnn
from helpers.text import folders

STORED = sorted(FOLDER.glob("*.json"))


class FakeTime:
    """A clock that only moves when somebody works."""

    def __init__(self):
        self.now = 0.0
        self.log = []

    def __call__(self) -> float:
        return self.now


class Worker:
    """A contender whose steps and evaluations take the seconds given; its score counts steps."""

    def __init__(self, time, name, step_seconds, evaluation_seconds):
        self.time, self.name = time, name
        self.seconds = step_seconds, evaluation_seconds
        self.made = 0

    def step(self, progress):
        self.time.now += self.seconds[0]
        self.time.log.append((self.name, progress))
        self.made += 1

    def evaluate(self):
        self.time.now += self.seconds[1]
        return float(self.made)

    def record(self, run):
        return {"scores": run.scores}


@pytest.fixture
def fake():
    return FakeTime()


def test_contenders_get_the_same_seconds_and_evaluation_is_free(fake):
    quick, slow = race(
        [Worker(fake, "quick", 0.25, 100), Worker(fake, "slow", 1, 0)], 8, turns=4, clock=fake
    )
    assert quick.seconds == slow.seconds == [2, 4, 6, 8]
    assert quick.steps == quick.scores == [8, 16, 24, 32]
    assert slow.steps == [2, 4, 6, 8]


def test_contenders_take_turns_in_changing_order(fake):
    race([Worker(fake, name, 1, 0) for name in "ab"], seconds=3, turns=3, clock=fake)
    assert "".join(name for name, _ in fake.log) == "abbaab"


def test_progress_grows_from_zero_and_stays_below_one(fake):
    race([Worker(fake, "a", 0.5, 7)], seconds=4, turns=2, clock=fake)
    assert [progress for _, progress in fake.log] == [k / 8 for k in range(8)]


def test_a_step_that_is_longer_than_a_turn_shortens_the_next(fake):
    (run,) = race([Worker(fake, "a", 3, 0)], seconds=6, turns=6, clock=fake)
    assert run.steps == [1, 1, 1, 2, 2, 2]


def test_results_are_by_contender_and_only_of_the_seeds_it_runs_with(monkeypatch):
    def short_race(contenders, seconds, turns):
        return [Run(scores=[seconds, turns]) for _ in contenders]

    monkeypatch.setattr("benchmarks.race.race", short_race)
    results = race_each_seed(
        lambda seed: [Worker(None, name, 0, 0) for name in ("a", "b")[: 2 - seed]], [0, 1], 3.0, 5
    )
    run = {"scores": [3.0, 5]}
    assert results == {"a": [{"seed": 0} | run, {"seed": 1} | run], "b": [{"seed": 0} | run]}


@pytest.mark.parametrize("n, batch", [(6, 2), (7, 3), (1, 5)])
def test_every_epoch_has_every_sample_once(n, batch):
    batches, orders = epochs(n, batch, np.random.default_rng(0)), []
    for _ in range(20):
        epoch = [next(batches) for _ in range(-(-n // batch))]
        assert max(map(len, epoch)) <= batch
        orders.append(np.concatenate(epoch).tolist())
        assert sorted(orders[-1]) == list(range(n))
    assert n == 1 or orders[0] != orders[1]


# ---------------------------------------------------------------- the command


@pytest.mark.parametrize(
    "arguments",
    [
        ["unknown"],
        ["mlp", "--seeds", "2"],
        ["mlp", "--seconds=0"],
        ["mlp", "--seconds=nan"],
        ["ladder", "--seconds=9"],
        ["ladder", "--lessons", "02"],
        ["ladder", "--lessons", "11", "--seeds", "4"],  # the rungs that are kept have three
        ["mlp", "--lessons", "04"],
    ],
)
def test_bad_arguments_end_in_a_sentence(arguments, capsys):
    with pytest.raises(SystemExit):
        __main__.main(arguments)
    assert "error:" in capsys.readouterr().err


def test_file_is_written_under_its_name_only_when_complete(tmp_path):
    path = __main__.save("x", {"a": "ü"}, tmp_path / "new")
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": "ü"}
    with pytest.raises(TypeError):
        __main__.save("x", {"a": object()}, tmp_path / "new")
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": "ü"}
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A function that runs the command with three seeds and returns the record that it wrote."""
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")  # main sets both; undone after the test
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")

    def run(name, *options):
        precision = torch.get_float32_matmul_precision()
        assert __main__.main([name, "--seeds=3", f"--folder={tmp_path}", *options]) == 0
        assert torch.get_float32_matmul_precision() == precision
        return json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))

    return run


@pytest.fixture
def shortened(monkeypatch):
    """Short texts, few digits, and one score for all recurrent models; no network is needed."""
    plays, digits = data.shakespeare(), data.mnist()
    short = data.Text("short", plays.train[:20_000], plays.dev[:1_000], plays.held[:200])
    few = data.Digits(**{name: part[:100] for name, part in vars(digits).items()})
    monkeypatch.setattr(data, "shakespeare", lambda which="plays": short)
    monkeypatch.setattr(data, "mnist", lambda: few)
    for module in (lstm, ladder, text):
        monkeypatch.setattr(module, "recurrent_nats", lambda model, text: 1.5)


def test_the_ladder_keeps_the_rungs_of_other_lessons(written, shortened, monkeypatch):
    monkeypatch.setattr(ladder, "STEPS", dict.fromkeys(ladder.STEPS, 2))
    stored = json.loads((FOLDER / "ladder.json").read_text(encoding="utf-8"))
    record = written("ladder", "--lessons", "05")
    assert list(record["results"]) == list(stored["results"])
    for name, runs in record["results"].items():
        assert [list(run) for run in runs] == [list(run) for run in stored["results"][name]]
        assert (runs == stored["results"][name]) == (name not in ("RNN", "LSTM"))
    assert record["command"].startswith(stored["command"] + "; python -m benchmarks ladder")


@pytest.mark.parametrize("name", ["mlp", "text"])
def test_a_comparison_on_a_tiny_budget_has_the_form_of_its_record(
    name, written, shortened, monkeypatch
):
    few = {recipe: text.RECIPES[recipe] for recipe in ("README recipe", "Muon")}
    stored = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    for recipe in text.RECIPES.keys() - few.keys():
        stored["results"].pop(recipe, None)
    monkeypatch.setattr(text, "RECIPES", few)
    record = written(name, "--seconds=0.02")
    assert set(record) == set(stored)
    assert list(record["results"]) == list(stored["results"])
    for contender, runs in record["results"].items():
        for run, old in zip(runs, stored["results"][contender], strict=False):
            assert list(run) == list(old)
            assert run["steps"][-1] >= 1 and len(run["steps"]) == len(old["steps"])


def test_the_lstm_and_the_recipe_on_a_tiny_budget_have_the_form_of_their_record(
    written, shortened, monkeypatch
):
    stored = json.loads((FOLDER / "lstm.json").read_text(encoding="utf-8"))
    monkeypatch.setattr(lstm, "RECIPE_STEPS", 2)
    monkeypatch.setattr(lstm, "LONGER", 0.02)
    record = written("lstm")
    assert set(record) == set(stored)
    assert list(record["results"]) == list(stored["results"]) == [lstm.TINY, lstm.RECIPE]
    for contender, runs in record["results"].items():
        for run, old in zip(runs, stored["results"][contender], strict=True):
            assert list(run) == list(old) and run["steps"] >= 1
    longer, old = (r["results"][lstm.TINY][0]["longer_on_the_plays"] for r in (record, stored))
    assert list(longer) == list(old) and len(longer["sample"]) == 1000


# ---------------------------------------------------------------- contenders


def test_the_recipe_makes_its_steps_and_the_lstm_takes_its_share_of_the_seconds(fake, monkeypatch):
    monkeypatch.setattr(lstm, "RECIPE_STEPS", 4)
    monkeypatch.setattr(lstm, "SHARE", 2)
    workers = Worker(fake, "recipe", 1, 0), Worker(fake, "lstm", 2, 0)
    recipe, wide = lstm.take_turns(*workers, turns=2, clock=fake)
    assert (recipe.seconds, recipe.steps, wide.seconds, wide.steps) == ([4], [4], [8], [4])
    first = [("recipe", 0), ("recipe", 0.25), ("lstm", 0), ("lstm", 0.25)]
    assert fake.log == first + [(name, progress + 0.5) for name, progress in first]


def test_a_long_step_is_made_up_for_in_the_next_turn(fake, monkeypatch):
    monkeypatch.setattr(lstm, "RECIPE_STEPS", 4)
    monkeypatch.setattr(lstm, "SHARE", 1)
    workers = Worker(fake, "recipe", 1, 0), Worker(fake, "lstm", 3, 0)
    _, wide = lstm.take_turns(*workers, turns=4, clock=fake)
    assert wide.seconds == [6] and [p for name, p in fake.log if name == "lstm"] == [0.0, 0.75]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_batch_split_among_threads_trains_as_the_whole_does(threads, monkeypatch):
    monkeypatch.setenv("COURSE_THREADS", str(threads))
    monkeypatch.setattr(lstm, "DROPOUT", 0.0)
    ids, weights, before = np.arange(5000) % 9 % 7, [], torch.get_num_threads()
    for kind in (rnn.Training, lstm.SplitTraining):
        torch.manual_seed(0)
        model = rnn.CharModel(torch.nn.LSTM, 7, d=4, H=8)
        training = kind(model, ids, seed=5)
        training.lr = lstm.RATE
        training.readers = rnn.Readers(ids, lstm.READERS, lstm.LENGTH, start=3)
        for step in range(70):
            training.step(step / 70)
        weights.append(torch.nn.utils.parameters_to_vector(model.parameters()))
    torch.testing.assert_close(*weights)
    assert torch.get_num_threads() == before


def test_a_recurrent_model_is_scored_on_every_held_out_character():
    letters = data.Text("letters", "", "ab" * 200, "abcd" * 30)
    model = rnn.CharModel(torch.nn.LSTM, 4, d=2, H=3)
    for parameter in model.output.parameters():
        torch.nn.init.zeros_(parameter)  # so that all characters are equally probable
    assert scoring.recurrent_nats(model, letters) == pytest.approx(math.log(4))
    with torch.no_grad():
        model.output.bias[:2] = -math.inf  # "a" and "b", half of what is held out, never come
    assert scoring.recurrent_nats(model, letters) == math.inf


def test_the_writers_write_as_many_tokens_as_are_counted(tmp_path):
    torch.manual_seed(0)
    config = gpt2.Config(vocab_size=40, n_positions=32, n_embd=16, n_layer=2, n_head=2)
    folders.save(gpt2.GPT2(config), None, tmp_path)
    _, ways = generate.writers(tmp_path)
    tokens = {name: write([3, 1, 4, 1, 5], 9, 0) for name, write in ways.items()}
    assert {name: len(found) for name, found in tokens.items()} == dict.fromkeys(ways, 9)
    for name in generate.GREEDY:
        assert tokens[name] == tokens["helpers.text, greedy"]


def test_dropout_does_not_hang_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(lstm, "DROPOUT", 0.5)
    weights = []
    for threads in (1, 2):
        monkeypatch.setenv("COURSE_THREADS", str(threads))
        torch.manual_seed(0)
        model = rnn.CharModel(torch.nn.LSTM, 7, d=4, H=8)
        training = lstm.SplitTraining(model, np.arange(5000) % 9 % 7, seed=5)
        for _ in range(5):
            training.step(0.0)
        weights.append(torch.nn.utils.parameters_to_vector(model.parameters()))
    torch.testing.assert_close(*weights)


# ---------------------------------------------------------------- the stored records


def test_every_comparison_has_its_record():
    assert {path.stem for path in STORED} == set(COMPARISONS)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_record_says_how_it_was_made(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    assert {"processor", "threads", "seconds", "seeds", "versions", "results"} <= set(record)
    assert record["command"].startswith(f"python -m benchmarks {path.stem}")
    assert record["processor"] and record["threads"] == 2
    assert len(record["seeds"]) == len(set(record["seeds"])) >= 3
    packages = COMPARISONS[path.stem].packages
    about = importlib.import_module(f"benchmarks.{path.stem}").ABOUT
    assert set(about) <= set(record) and about.get("protocol") == record.get("protocol")
    assert {"python", *packages} <= set(record["versions"])
    for runs in record["results"].values():
        assert [run["seed"] for run in runs] in (record["seeds"], record["seeds"][:1])
        for run in runs:
            if "steps" in run and "seconds" in run:
                assert run["seconds"] == runs[0]["seconds"]
                assert len(run["steps"]) == len(run["seconds"])
                assert run["steps"] == sorted(run["steps"])


def test_the_ladder_has_a_function_for_every_lesson():
    assert tuple(ladder.RUNGS) == LADDER
