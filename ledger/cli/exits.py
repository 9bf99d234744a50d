"""Exit codes (DESIGN section 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ledger.domain.findings import Finding

CLEAN: Final = 0
#: A difference, a rejected row, a failed check: the work is done and somebody should look.
FINDINGS: Final = 1
USAGE: Final = 2
#: The input is unreadable or has two readings; nothing of it was posted.
INPUT: Final = 3
DATABASE: Final = 4
INTERNAL: Final = 5
INTERRUPTED: Final = 130


def exit_for(findings: Iterable[Finding]) -> int:
    """The code for the gravest finding: STOP 3, ERROR and WARNING 1, else 0."""
    from ledger.domain.findings import Severity  # not at the top: --version and --help start without it

    codes = {Severity.STOP: INPUT, Severity.ERROR: FINDINGS, Severity.WARNING: FINDINGS, Severity.INFO: CLEAN}
    return max((codes[finding.level] for finding in findings), default=CLEAN)
