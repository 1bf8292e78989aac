"""How an exercise is judged; the banks hold what is right and the known mistakes."""

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from helpers.console import say
from helpers.exercises.compare import (
    Outcome,
    all_same,
    arrays_given,
    describe,
    describe_results,
    lengths,
    outcome,
)
from helpers.exercises.limit import TooLong, limited
from helpers.exercises.relations import relation
from helpers.exercises.source import is_stub, unused_arguments

__all__ = ["Exercise", "Verdict", "explanation"]

SMALL = 12  # a result with more elements is not shown whole, but where it differs
GIVEN = 30  # of an argument with more elements only the shape is shown
SECONDS = 10.0  # a learner's function may run this long on all cases together
RANDOM = "your function gives another result each time; everything it needs is among its arguments."


@dataclass(frozen=True)
class Verdict:
    """What `judge` found: its kind, the text to print, and the name of a matching misconception."""

    kind: str  # right, not attempted, misconception, error, wrong kind, wrong, too long
    text: str
    misconception: str | None = None


@dataclass(repr=False)
class Exercise:
    """One exercise of a bank.

    Attributes:
        id: lesson and number, such as "01.2".
        title: a few words.
        cases: function of a NumPy generator that yields the inputs, one tuple of arguments a case;
            rich enough to tell the answer and every misconception from each other.
        answer: the function asked for; `.solution()` shows its source.
        hints: three, from a nudge to nearly the answer.
        misconceptions: functions that make a classic mistake; each one's docstring explains it.
        accepted: functions that are right by another convention; each one's docstring names it.
        run: for a function that changes its arguments and returns nothing: calls it, as
            run(function, *case), and returns what is judged, arrays by name.
        random: what is said to a wrong function that gives another result in each call.
        keeps: the arguments that must stay as they are, by name, each with the harm that is done
            otherwise; in an exercise without `keeps` a function may change its arguments.
        secret: the right results are so few that they could be copied: they are not shown.
        attempts: the verdicts of this session, without those on untouched stubs.
    """

    id: str
    title: str
    cases: Callable[[np.random.Generator], Iterator[tuple]]
    answer: Callable
    hints: tuple[str, str, str]
    misconceptions: tuple[Callable, ...]
    accepted: tuple[Callable, ...] = ()
    run: Callable | None = None
    random: str = RANDOM
    keeps: dict[str, str] = field(default_factory=dict)
    secret: bool = False
    attempts: list[Verdict] = field(default_factory=list, init=False)
    hints_shown: int = field(default=0, init=False)

    def check(self, function: Callable) -> None:
        """Judge the learner's function and print what was found; never raises."""
        try:
            verdict = self.judge(function)
        except KeyboardInterrupt:
            say(f"Exercise {self.id} · stopped before the check was done.")
            return
        if verdict.kind != "not attempted":
            self.attempts.append(verdict)
        say(f"Exercise {self.id} · {verdict.text}")

    def __repr__(self) -> str:
        return (
            f'Exercise {self.id} · {self.title}. exercise("{self.id}").check(your_function) judges '
            f'your answer, exercise("{self.id}").hint() helps.'
        )

    def hint(self) -> None:
        """Print the next of the three hints; after the third, start again."""
        number = self.hints_shown % 3
        self.hints_shown += 1
        say(f"Exercise {self.id}, hint {number + 1} of 3: {self.hints[number]}")
        if number == 2:
            say(f'That was the last hint. exercise("{self.id}").solution() shows a solution.')

    def solution(self) -> None:
        """Print the solution's source."""
        say(inspect.getsource(self.answer).rstrip())

    def judge(self, function: Callable) -> Verdict:
        """Compare a function with the solution and the misconceptions on every case."""
        if not callable(function):
            kind = type(function).__name__
            return Verdict(
                "wrong kind", f"✗ pass the function itself, not its result (got: {kind})."
            )
        cases = self.all_cases()
        try:
            outcomes = self._in_time(function, cases)
        except TooLong:
            text = f"✗ stopped after {SECONDS:g} seconds. Does a loop in your function ever end?"
            return Verdict("too long", text)
        unwritten = is_stub(function) or all(mine.not_implemented for mine in outcomes)
        if unwritten and (self.run or all(mine.is_nothing for mine in outcomes)):
            why = "" if self.run else ": the function returns nothing (is its `return` missing?)"
            return Verdict("not attempted", f"not attempted yet{why}. {self._way_on()}")
        expected = self.outcomes(self.answer, cases)
        if all_same(outcomes, expected):
            return self._right(outcomes, f"right in all {len(cases)} cases.")
        for other in self.accepted:
            if all_same(outcomes, self.outcomes(other, cases)):
                return self._right(outcomes, explanation(other))
        for wrong in self.misconceptions:
            if all_same(outcomes, self.outcomes(wrong, cases)):
                return Verdict("misconception", f"✗ {explanation(wrong)}", wrong.__name__)
        return self._first_failure(function, cases, outcomes, expected)

    def _in_time(self, function: Callable, cases: list[tuple]) -> list[Outcome]:
        """The outcomes; a function that imported a framework meanwhile gets its time once more."""
        modules = len(sys.modules)
        try:
            return limited(lambda: self.outcomes(function, cases), SECONDS)
        except TooLong:
            if len(sys.modules) == modules:
                raise
            return limited(lambda: self.outcomes(function, cases), SECONDS)

    def _way_on(self) -> str:
        return f'Stuck? exercise("{self.id}").hint()'

    def all_cases(self) -> list[tuple]:
        """The inputs, the same in every call."""
        return list(self.cases(np.random.default_rng(0)))

    def outcomes(self, function: Callable, cases: list[tuple]) -> list[Outcome]:
        keeps = [k for k, name in enumerate(self._parameters()) if name in self.keeps]
        return [outcome(function, case, self.run, keeps) for case in cases]

    def _right(self, outcomes: list[Outcome], words: str) -> Verdict:
        """The verdict on right results: an argument changed on the way may spoil it."""
        if changed := {k for mine in outcomes for k in mine.changed}:
            name = self._parameters()[min(changed)]
            text = f"✗ right, but your function changes its argument {name}, and {self.keeps[name]}"
            return Verdict("wrong", text)
        return Verdict("right", f"✓ {self.title}: {words}")

    def _first_failure(self, function, cases, outcomes, expected) -> Verdict:
        failing = [t for t in zip(cases, outcomes, expected, strict=True) if not t[1].same_as(t[2])]
        # A wrong shape says more than wrong numbers in a case where the shapes happen to fit.
        case, mine, right = next((t for t in failing if t[1].breaks(t[2])), failing[0])
        named = self._named(case)
        given = "".join(f"\n    {name} = {describe(value, GIVEN)}" for name, value in named.items())
        given = f"\n  given:{given}\n  {self._way_on()}"
        if mine.error is not None:
            line = f"\n  in the line: {mine.line}" if mine.line else ""
            reminder = (
                arrays_given(case) if mine.error_type in ("TypeError", "AttributeError") else ""
            )
            text = f"✗ your function raised an error.\n  {mine.error}{line}{reminder}{given}"
            return Verdict("error", text)
        if mine.is_nothing:
            text = "your function returns nothing here: does every branch have its `return`?"
            return Verdict("wrong kind", f"✗ {text}{given}")
        if problem := mine.unlike(right):
            return Verdict("wrong kind", f"✗ {problem}{given}")
        if self._is_random(function, case, mine):
            return Verdict("wrong", f"✗ {self.random}\n  {self._way_on()}")
        true = " ".join(filter(None, (self._unused(function), self._relation(failing))))
        got, wanted = mine.text, right.text
        if self.run:  # many results: show those that differ
            got, wanted = (describe_results(some) for some in mine.differences(right))
        got = got if got.startswith("\n") else f"     {got}"  # below expected
        shown = f"\n  expected:{wanted}\n  got:{got}"
        if got.strip() == wanted.strip() or right.size > SMALL:
            shown = f"\n  differs:  {mine.first_difference(right)}"
        if self.secret:
            shown = f"\n  got:{mine.text}"
        given, way_on = given.rsplit("\n", 1)
        text = f"✗ not yet.{f' {true}' if true else ''}{given}{shown}\n{way_on}"
        return Verdict("wrong", text)

    def _is_random(self, function: Callable, case: tuple, first: Outcome) -> bool:
        """Whether the function gives another result for the same case when it is called again."""
        try:
            (again,) = self._in_time(function, [case])
        except TooLong:
            return False
        return not again.same_as(first)

    def _unused(self, function: Callable) -> str:
        """A sentence about the arguments that the answer needs and the function never reads."""
        missing = unused_arguments(function) - unused_arguments(self.answer)
        names = [name for k, name in enumerate(self._parameters()) if k in missing]
        return f"Your function never uses {' or '.join(names)}." if names else ""

    def _parameters(self) -> list[str]:
        return list(inspect.signature(self.answer).parameters)

    def _named(self, case: tuple) -> dict:
        """The arguments of a case by the names that the answer gives them."""
        return dict(zip(self._parameters(), case, strict=False))

    def _relation(self, failing: list[tuple]) -> str | None:
        """What is true in every failing case; the results are alike in kind and shape."""
        return relation(
            [mine.parts_like(right) for _, mine, right in failing],
            [right.parts for _, _, right in failing],
            [lengths(self._named(case)) for case, _, _ in failing],
        )


def explanation(misconception: Callable) -> str:
    """A misconception's docstring as one paragraph."""
    return " ".join(inspect.getdoc(misconception).split())
