"""Run a lesson's statements, and run some of them again with an error in one."""

import ast
import contextlib
import os
import sys
import time
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mutation.memory import LESSON, Memory, TimeUp, at_most, children, random_states
from mutation.operators import is_output
from mutation.program import START, Program, Statement
from mutation.verdicts import Call, is_verdict, recorded, survivor_class

FACTOR, MORE_SECONDS = 5, 5  # a mutant has 5 times the seconds of the run without errors, and 5
PATIENCE = 20.0  # seconds for a statement that no check needs for certain


@dataclass
class Record:
    """What a statement found and did in the run without errors.

    Attributes:
        memory: what the names that it uses held before it.
        states: the global random states before it.
        wrote: the ids of the objects whose contents it changed.
        calls: its checks.
    """

    memory: Memory
    states: list
    wrote: set[int]
    calls: list[Call]


@dataclass
class Step:
    """A statement to run again, with the names and things that come from steps before it."""

    statement: Statement
    names: set[str]
    things: set[int]


@dataclass
class Outcome:
    """How a run ended: "passed", "✗", "error" or "time"; its checks, its seconds, the message."""

    end: str
    calls: list[Call]
    seconds: float
    message: str = ""


class Runner:
    """Runs a program in a namespace of its own, inside this process.

    Attributes:
        records: of the statements run that a check needs, by index.
        left_out: the statements that were not run, because nobody needs them.
        notes: what did not go as it should, as sentences.
    """

    def __init__(self, program: Program, patience: float = PATIENCE):
        self.program, self.patience = program, patience
        self.module = types.ModuleType(LESSON)
        sys.modules[LESSON] = self.module  # where dataclasses look for their own module
        self.names = vars(self.module)
        self.names |= {"display": lambda *a, **k: None, "get_ipython": lambda: None}
        self.records: dict[int, Record] = {}
        self.known: dict[int, tuple] = {}
        self.controls: dict[tuple, tuple[list[Step], Outcome]] = {}
        self.trainings: set[int] = set()
        self.left_out: list[Statement] = []
        self.notes: list[str] = []

    def run_section(self, section: str, targets: list[Statement]) -> None:
        """Run what targets need of a section; checks that fail are no targets any more."""
        sure = [t for t in targets if not t.claims_only()]
        for s in self.program.statements:
            if s.section != section:
                continue
            needed = s.index in self.program.needed(sure)[0]
            if section == START:
                self._first(s)
            elif needed:
                self._control(s, targets)
            elif s.index in self.program.needed(targets)[0]:
                self._control(s, targets, self.patience)
            elif self._may_change(s, sure):
                self._maybe(s)
            else:
                self.left_out.append(s)

    def _first(self, s: Statement) -> None:
        outcome = self._execute(s, s.node)
        if outcome.end != "passed":
            self.notes.append(f"{s.shown()} failed: {outcome.message}")

    def _maybe(self, s: Statement) -> None:
        """Run what may train a model that a check needs; if it does, it is run again as well."""
        memory, states = self._memory(s), random_states()
        outcome = self._execute(s, s.node, self.patience)
        record = Record(memory, states, memory.changed(), outcome.calls)
        if outcome.end != "passed":
            what = f"{s.shown()} may train what a check needs, but"
            self.notes.append(f"{what} {outcome.message}")
        elif record.wrote or not any(isinstance(node, ast.Call) for node in ast.walk(s.node)):
            self.records[s.index] = record
            self.trainings.add(s.index)

    def _control(self, s: Statement, targets: list[Statement], seconds: float = 1e6) -> None:
        """Run a statement without an error in it and note what it found and did."""
        memory, states = self._memory(s), random_states()
        outcome = self._execute(s, s.node, seconds)
        self.records[s.index] = Record(memory, states, memory.changed(), outcome.calls)
        if outcome.end == "passed":
            return
        self.notes.append(f"{s.shown()} ended without an error in it: {outcome.message}")
        for t in [t for t in targets if s.index in self.program.needed([t])[0]]:
            targets.remove(t)

    def _memory(self, s: Statement) -> Memory:
        return Memory({n: self.names[n] for n in s.uses if n in self.names}, self.known)

    def _may_change(self, s: Statement, targets: list[Statement]) -> bool:
        """Whether it may train, through another name, a model that a check after it needs."""
        if isinstance(s.node, ast.FunctionDef | ast.ClassDef) or is_output(
            getattr(s.node, "value", None)
        ):
            return False
        live = self.program.needed(targets, after=s.index)[1]
        return bool(self._models(s.uses) & self._models(live))

    def _models(self, names: set[str]) -> set[int]:
        """The ids of models and of instances of the lesson's classes behind names."""
        seen, found, waiting = set(), set(), [self.names[n] for n in names if n in self.names]
        while waiting:
            thing = waiting.pop()
            if id(thing) in seen or isinstance(thing, type | types.ModuleType | str | int | float):
                continue
            seen.add(id(thing))
            kinds = {
                kind.__module__.partition(".")[0] + kind.__name__ for kind in type(thing).__mro__
            }
            if type(thing).__module__ == LESSON or kinds & {"torchModule", "kerasLayer"}:
                found.add(id(thing))
            waiting += children(thing)
        return found

    def affected(self, first: Statement, needed: set[int]) -> list[Step]:
        """The needed statements that an error in one reaches, itself first."""
        names: set[str] = set()
        things: set[int] = set()
        steps = []
        for s in self.program.statements[first.index :]:
            record = self.records.get(s.index)
            if record is None or s.index not in needed | self.trainings or s.index > max(needed):
                continue
            if s is first or s.uses & names or record.memory.held.keys() & things:
                steps.append(Step(s, set(names), set(things)))
                names |= s.makes
                things |= record.wrote
            else:
                names -= s.binds
        return steps

    def again(
        self, steps: list[Step], node: ast.stmt | None = None, seconds: float = 1e6
    ) -> Outcome:
        """Run statements again, the first of them as `node`, each from what it once found."""
        begin, calls = time.perf_counter(), []
        for k, step in enumerate(steps):
            record = self.records[step.statement.index]
            for name in step.statement.uses - step.names:
                if name in record.memory.names:
                    self.names[name] = record.memory.names[name]
                else:
                    self.names.pop(name, None)
            record.memory.restore(but=step.things)
            for put, state in record.states:
                put(state)
            left = seconds - (time.perf_counter() - begin)
            changed = node if node is not None and k == 0 else step.statement.node
            outcome = self._execute(step.statement, changed, max(left, 0.01))
            calls += outcome.calls
            if outcome.end != "passed":
                break
        return Outcome(outcome.end, calls, time.perf_counter() - begin, outcome.message)

    def fate(self, s: Statement, node: ast.stmt, needed: set[int]) -> str:
        """What becomes of an error in a statement: who caught it, or the class of a survivor.

        Empty where not even the statement without an error can be run again.
        """
        if s.index not in needed or s.index not in self.records:
            return ""  # the check that it was drawn for fails without errors
        key = s.index, frozenset(needed)
        if key not in self.controls:
            steps = self.affected(s, needed)
            control = self.again(steps)
            if control.end != "passed":
                what = f"{s.shown()} and what depends on it cannot be run again"
                self.notes.append(f"{what}: {control.message}")
            self.controls[key] = steps, control
        steps, control = self.controls[key]
        if control.end != "passed":
            return ""
        outcome = self.again(steps, node, FACTOR * control.seconds + MORE_SECONDS)
        if outcome.end != "passed":
            return outcome.end
        return survivor_class(control.calls, outcome.calls)

    @contextlib.contextmanager
    def put_back(self) -> Iterator[None]:
        """At the end of the block names, contents and random states are again as now."""
        names, memory, states = dict(self.names), Memory(self.names, self.known), random_states()
        try:
            yield
        finally:
            self.names.clear()
            self.names.update(names)
            memory.restore()
            for put, state in states:
                put(state)

    def _execute(self, s: Statement, node: ast.stmt, seconds: float = 1e6) -> Outcome:
        """Run one statement."""
        code = compile(ast.Module([node], []), f"cell {s.cell}", "exec")
        begin = time.perf_counter()
        with recorded() as calls:
            try:
                with at_most(seconds):
                    exec(code, self.names)
            except TimeUp:
                end, message = "time", f"it was cut off after {seconds:.0f} s"
            except (Exception, SystemExit, KeyboardInterrupt) as error:
                end = "✗" if is_verdict(error) else "error"
                text = str(error).strip().partition("\n")[0]
                message = text if end == "✗" else f"{type(error).__name__}: {text}"
            else:
                end, message = "passed", ""
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        return Outcome(end, calls, time.perf_counter() - begin, message)


@contextlib.contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Work in a folder, without figures, without output, and with `lesson` as a module."""
    before, path, backend = Path.cwd(), list(sys.path), os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = "Agg"
    os.chdir(folder)
    try:
        with (
            Path(os.devnull).open("w", encoding="utf-8") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        os.chdir(before)
        sys.path[:] = path
        sys.modules.pop(LESSON, None)
        if backend is None:
            del os.environ["MPLBACKEND"]
        else:
            os.environ["MPLBACKEND"] = backend
