"""Exit codes (DESIGN section 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ledger.domain.findings import Finding, Severity

CLEAN: Final = 0
#: A difference, a rejected row, a failed check: the work is done and somebody should look.
FINDINGS: Final = 1
USAGE: Final = 2
#: The input is unreadable or has two readings; nothing of it was posted.
INPUT: Final = 3
DATABASE: Final = 4
INTERNAL: Final = 5
INTERRUPTED: Final = 130

_BY_SEVERITY: Final = {
    Severity.STOP: INPUT,
    Severity.ERROR: FINDINGS,
    Severity.WARNING: FINDINGS,
    Severity.INFO: CLEAN,
}


def exit_for(findings: Iterable[Finding]) -> int:
    """The code for the gravest finding: STOP 3, ERROR and WARNING 1, else 0."""
    return max((_BY_SEVERITY[finding.level] for finding in findings), default=CLEAN)
