"""What a mutation run of a lesson found, as a table row, a list and JSON."""

from dataclasses import asdict, dataclass, field

from mutation.sample import Mutant

HEAD = (
    "| lesson | checks reached | mutants | caught by ✗ | by an error | by time | survived "
    "| U | B | W | read and known | share caught | not run | seconds |\n" + "|---" * 14 + "|"
)
CAUGHT = ("✗", "error", "time")
CLASSES = {
    "B": "both sides changed together",
    "W": "one side changed, within the tolerance",
    "U": "what is compared did not change",
}


@dataclass
class Survivor:
    """A mutant that no check of its section noticed."""

    equation: str
    section: str
    cell: int
    operator: str
    before: str
    after: str
    kind: str
    reason: str = ""  # why it may survive, from known.json


@dataclass
class Report:
    """The counts of one lesson and its survivors."""

    lesson: str
    checks: int = 0
    reached: int = 0
    verdict: int = 0
    error: int = 0
    time: int = 0
    not_run: int = 0
    seconds: float = 0.0
    survivors: list[Survivor] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, made: dict) -> "Report":
        """The report that `json` made a dictionary of."""
        return cls(**made | {"survivors": [Survivor(**s) for s in made["survivors"]]})

    def count(self, mutant: Mutant, known: dict[str, str]) -> None:
        """Add a mutant with its fate."""
        match mutant.fate:
            case "✗":
                self.verdict += 1
            case "error":
                self.error += 1
            case "time":
                self.time += 1
            case "":
                self.not_run += 1
            case kind:
                s = mutant.statement
                self.survivors.append(
                    Survivor(
                        mutant.equation,
                        s.section,
                        s.cell,
                        mutant.operator,
                        mutant.before,
                        mutant.after,
                        kind,
                        known.get(mutant.name(), ""),
                    )
                )

    def row(self) -> str:
        """The row of the table."""
        caught = self.verdict + self.error + self.time
        new = [s for s in self.survivors if not s.reason]
        share = f"{caught / (caught + len(new)):.1%}" if caught + len(new) else "–"
        counts = [sum(s.kind == kind for s in new) for kind in "UBW"]
        cells = [
            self.lesson,
            f"{self.reached} of {self.checks}",
            caught + len(self.survivors),
            *(self.verdict, self.error, self.time, len(new), *counts),
            *(len(self.survivors) - len(new), share, self.not_run, f"{self.seconds:.0f}"),
        ]
        return "| " + " | ".join(map(str, cells)) + " |"

    def text(self) -> str:
        """The survivors, those first that an author reads first, and the notes."""
        lines = [f"\n## Lesson {self.lesson}"]
        for kind, meaning in CLASSES.items():
            found = [s for s in self.survivors if s.kind == kind and not s.reason]
            lines += [f"\n{kind}, {meaning}: {len(found)}"] + [_line(s) for s in found]
        known = [s for s in self.survivors if s.reason]
        lines += ["\nRead and known:"] * bool(known) + [f"{_line(s)} [{s.reason}]" for s in known]
        lines += [f"NOTE {note}" for note in self.notes]
        if self.left_out:
            lines.append(f"\n{len(self.left_out)} statements were not run: no check needs them")
        return "\n".join(lines)

    def json(self) -> dict:
        """All of it as a dictionary."""
        return asdict(self)


def _line(s: Survivor) -> str:
    return f"  ({s.equation}) cell {s.cell}: {s.before} → {s.after}"
