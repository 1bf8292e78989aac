"""Ask for known vulnerabilities in the packages of the lock, and note the answer in SECURITY.md.

    python tools/audit.py

Needs the network and pip-audit (`pipx install pip-audit`). Every
line of constraints.txt is asked for, also those of other systems.
"""

import argparse
import datetime
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from helpers import files

ROOT = Path(__file__).resolve().parents[1]
RESULT = re.compile(r"(<!-- audit -->\n).*?(\n<!-- /audit -->)", re.DOTALL)
OPTIONS = ["--no-deps", "--disable-pip", "--format=json", "--progress-spinner=off"]


class AuditError(RuntimeError):
    """There is no answer; the message is one sentence."""


def audit(lock: str) -> list[dict]:
    """What pip-audit knows of the locked packages: name, version, vulns of each.

    Raises:
        AuditError: pip-audit is not installed, or its service cannot be reached.
    """
    program = shutil.which("pip-audit")
    if program is None:
        raise AuditError("pip-audit is not installed: run `pipx install pip-audit` and try again.")
    lines = [line.split(";")[0].strip() for line in lock.splitlines() if "==" in line]
    with tempfile.TemporaryDirectory() as folder:
        everything = Path(folder, "lock.txt")
        everything.write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run(
            [program, "-r", str(everything), *OPTIONS],
            capture_output=True,
            encoding="utf-8",
        )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        packages, reason = [], (done.stderr.strip().splitlines() or ["it says nothing"])[-1][:300]
    else:
        reason = "it found none of the packages at its service"
    if not any("version" in package for package in packages):  # skipped packages have none
        raise AuditError(
            f"The advisories could not be fetched, so SECURITY.md stays as it is ({reason})."
        )
    return packages


def summary(packages: list[dict], today: str, version: str) -> str:
    """The answer in Markdown."""
    known = [package for package in packages if "version" in package]
    found = [
        f"| {package['name']} {package['version']} | {vulnerability['id']} | "
        f"{', '.join(vulnerability['fix_versions']) or 'none yet'} |"
        for package in known
        for vulnerability in package["vulns"]
    ]
    skipped = [package["name"] for package in packages if "version" not in package]
    text = f"On {today}, pip-audit {version} looked up the {len(known)} packages of the lock and "
    text += f"found {len(found) or 'no'} known vulnerabilit{'y' if len(found) == 1 else 'ies'}."
    if skipped:
        text += f" It could not look up: {', '.join(skipped)}."
    table = ["", "| package | advisory | mended in |", "|---|---|---|", *found] if found else []
    return "\n".join([text, *table])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the course")
    options = parser.parse_args(arguments)
    page = options.root / "SECURITY.md"
    try:
        packages = audit((options.root / "constraints.txt").read_text(encoding="utf-8"))
    except AuditError as error:
        print(error, file=sys.stderr)
        return 1
    text = summary(packages, datetime.date.today().isoformat(), version_of_pip_audit())
    stamped = RESULT.sub(lambda m: m[1] + text + m[2], page.read_text(encoding="utf-8"))
    files.write(page, stamped)
    print(text)
    return 0


def version_of_pip_audit() -> str:
    done = subprocess.run(["pip-audit", "--version"], capture_output=True, encoding="utf-8")
    return done.stdout.strip().split()[-1]


if __name__ == "__main__":
    sys.exit(main())
