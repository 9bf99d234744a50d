"""Asks the vulnerability service about every installed distribution, and fails when it answered for fewer.

    .venv/bin/python tools/audit_packages.py [--service osv]

`pip-audit` alone says "No known vulnerabilities found" of packages that it skipped, for instance behind a mirror that
serves no vulnerability data. Here the answers are counted. Exit codes: 0 each distribution was audited and none has a
known vulnerability; 1 a vulnerability is known; 3 NOT AUDITED, in whole or in part, and why.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import Any

from packaging.utils import canonicalize_name

#: This very checkout: on no index, so no service knows it.
OWN = "eu-funding-ledger"
CLEAN, VULNERABLE, NOT_AUDITED = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked (name -> version), what was answered for, and what is known to be vulnerable."""

    installed: Mapping[str, str]
    audited: frozenset[str]
    vulnerable: Mapping[str, tuple[str, ...]]
    trouble: str = ""

    @property
    def missing(self) -> list[str]:
        """Installed, and not answered for."""
        return sorted(set(self.installed) - self.audited)

    @property
    def code(self) -> int:
        """The exit code: a known vulnerability weighs more than a gap."""
        if self.vulnerable:
            return VULNERABLE
        return NOT_AUDITED if self.missing or not self.installed else CLEAN

    def lines(self) -> Iterable[str]:
        """What a person reads, the verdict last."""
        for name, known in sorted(self.vulnerable.items()):
            yield f"{name} {self.installed.get(name, '')}: {', '.join(known)}"
        if self.trouble:
            yield f"the service gave no answer: {self.trouble}"
        total = len(self.installed)
        if self.missing or not total:
            which = ", ".join(self.missing) if self.audited else "all of them"
            yield f"NOT AUDITED: {len(self.missing)} of {total} installed distributions ({which})"
        else:
            yield f"audited: {total} of {total} installed distributions, {len(self.vulnerable)} with known vulnerabilities"


def installed() -> dict[str, str]:
    """Every distribution on this environment's path, but for this checkout."""
    found = {str(canonicalize_name(each.name)): each.version for each in distributions()}
    found.pop(OWN, None)
    return found


def weigh(asked: Mapping[str, str], report: Mapping[str, Any], trouble: str = "") -> Answer:
    """A report of pip-audit held against what is installed: only the same version with an answer counts as audited."""
    audited, vulnerable = set(), {}
    for entry in report.get("dependencies", ()):
        name = canonicalize_name(entry["name"])
        if "vulns" not in entry or entry.get("version") != asked.get(name):
            continue
        audited.add(str(name))
        if entry["vulns"]:
            vulnerable[str(name)] = tuple(vulnerability["id"] for vulnerability in entry["vulns"])
    return Answer(asked, frozenset(audited), vulnerable, trouble)


def ask(service: str | None) -> tuple[dict[str, Any], str]:
    """pip-audit's report on this environment, or an empty one and the last line of its trouble."""
    command = [sys.executable, "-m", "pip_audit", "--local", "--format", "json", "--progress-spinner", "off"]
    command += ["--vulnerability-service", service] if service else []
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report: dict[str, Any] = json.loads(result.stdout)
    except ValueError:
        said = result.stderr.strip().splitlines() or [f"pip-audit ended with {result.returncode}"]
        return {}, said[-1].partition(":")[0]
    return report, ""


def main() -> int:
    """Prints what is known, and ends with the exit code above."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--service", choices=("osv",), help="default: the one that the index itself offers")
    report, trouble = ask(parser.parse_args().service)
    answer = weigh(installed(), report, trouble)
    for line in answer.lines():
        print(line)
    return answer.code


if __name__ == "__main__":
    sys.exit(main())
