"""The equal-time comparisons: the turns, and the stored results."""

import json

import benchmark
import pytest
from benchmark import Contender, race

benchmark_save = benchmark.save
STORED = sorted(benchmark.FOLDER.glob("*.json"))


class FakeTime:
    """A clock that only moves when somebody works."""

    def __init__(self):
        self.now = 0.0
        self.log = []

    def __call__(self) -> float:
        return self.now

    def contender(self, name: str, step_seconds: float, evaluation_seconds: float) -> Contender:
        def step(share):
            self.now += step_seconds
            self.log.append((name, share))

        def evaluate():
            self.now += evaluation_seconds
            return float(sum(who == name for who, _ in self.log))

        return Contender(step, evaluate)


@pytest.fixture
def fake():
    return FakeTime()


def test_contenders_get_the_same_seconds_and_evaluation_is_free(fake):
    contenders = {"quick": fake.contender("quick", 0.25, 100), "slow": fake.contender("slow", 1, 0)}
    runs = race(contenders, seconds=8, turns=4, clock=fake)
    assert runs["quick"].seconds == runs["slow"].seconds == [2, 4, 6, 8]
    assert runs["quick"].steps == runs["quick"].scores == [8, 16, 24, 32]
    assert runs["slow"].steps == [2, 4, 6, 8]


def test_contenders_take_turns_in_changing_order(fake):
    contenders = {name: fake.contender(name, 1, 0) for name in "ab"}
    race(contenders, seconds=3, turns=3, clock=fake)
    assert "".join(name for name, _ in fake.log) == "abbaab"


def test_share_of_time_grows_from_zero_and_stays_below_one(fake):
    race({"a": fake.contender("a", 0.5, 7)}, seconds=4, turns=2, clock=fake)
    assert [share for _, share in fake.log] == [k / 8 for k in range(8)]


def test_a_step_that_is_longer_than_a_turn_shortens_the_next(fake):
    runs = race({"a": fake.contender("a", 3, 0)}, seconds=6, turns=6, clock=fake)
    assert runs["a"].steps == [1, 1, 1, 2, 2, 2]


def test_file_is_written_under_its_name_only_when_complete(tmp_path):
    path = benchmark.save("x", {"a": "ü"}, tmp_path / "new")
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": "ü"}
    with pytest.raises(TypeError):
        benchmark.save("x", {"a": object()}, tmp_path / "new")
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": "ü"}
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["unknown"],
        ["mlp", "--seeds", "2"],
        ["mlp", "--seconds=0"],
        ["ladder", "--seconds=9"],
        ["ladder", "--chapters", "02"],
        ["mlp", "--chapters", "03"],
    ],
)
def test_bad_arguments_end_in_a_sentence(arguments, capsys):
    with pytest.raises(SystemExit):
        benchmark.main(arguments)
    assert "error:" in capsys.readouterr().err


def test_the_ladder_keeps_the_rungs_of_other_chapters(tmp_path, monkeypatch):
    pytest.importorskip("torch")  # whose version a record names
    loss = {"a": 2.0, "b": 1.0}
    ladder = {
        chapter: lambda text, seed, name=name: {name: {"nats_per_character": loss[name] + seed}}
        for chapter, name in (("03", "a"), ("04", "b"))
    }
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")  # main sets both; undone after the test
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")
    monkeypatch.setattr(benchmark, "LADDER", ladder)
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path)
    monkeypatch.setattr(benchmark, "save", lambda *given: benchmark_save(*given, tmp_path))
    record = {"command": "before", "seeds": [0, 1, 2], "results": {"a": ["kept"]}}
    benchmark_save("ladder", record, tmp_path)
    assert benchmark.main(["ladder", "--seeds", "3", "--chapters", "04"]) == 0
    record = json.loads((tmp_path / "ladder.json").read_text(encoding="utf-8"))
    assert record["results"]["a"] == ["kept"]
    assert [run["nats_per_character"] for run in record["results"]["b"]] == [1.0, 2.0, 3.0]
    assert record["command"].startswith("before; python tools/benchmark.py ladder --seeds 3")
    with pytest.raises(SystemExit):  # kept and new rungs would have other seeds
        benchmark.main(["ladder", "--seeds", "4", "--chapters", "04"])


def test_every_benchmark_has_its_results():
    assert {path.stem for path in STORED} == set(benchmark.BENCHMARKS)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_stored_results_say_how_they_were_made(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    assert set(record) == {
        "command",
        "processor",
        "threads",
        "seconds",
        "seeds",
        "versions",
        "results",
        *benchmark.BENCHMARKS[path.stem].about,
    }
    assert record["command"].startswith(f"python tools/benchmark.py {path.stem}")
    assert record["processor"] and record["threads"] == 2
    assert len(record["seeds"]) == len(set(record["seeds"])) >= 3
    assert {"python", *benchmark.BENCHMARKS[path.stem].packages} == set(record["versions"])
    for runs in record["results"].values():
        assert [run["seed"] for run in runs] in (record["seeds"], record["seeds"][:1])


def test_mlp_reaches_95_percent_and_beats_the_loop_in_the_same_seconds():
    record = json.loads((benchmark.FOLDER / "mlp.json").read_text(encoding="utf-8"))
    assert record["seconds"] <= 10
    held = {}
    for name, runs in record["results"].items():
        held[name] = [run["held_accuracy"] for run in runs]
        for run in runs:
            assert run["seconds"] == runs[0]["seconds"] and run["seconds"][-1] == record["seconds"]
            assert len(run["steps"]) == len(run["dev_accuracy"]) == len(run["seconds"])
            assert run["steps"] == sorted(run["steps"])
            assert 0 < run["held_accuracy"] < 1
    matrices, loop = held["784-256-128-10 in matrices"], held["784-30-10, sample by sample"]
    assert min(matrices) >= 0.95
    assert min(matrices) > max(loop)
