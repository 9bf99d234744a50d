"""Where the findings of a sheet are told: with their cells, and not thousands of times the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ledger.domain.findings import Finding, Severity
from ledger.intake.cells import cell_name

#: Findings of one code that are listed for one sheet; then one more says how many there are in all.
LISTED = 200


class FindingLog:
    """Adds the findings of one sheet to the list of the reading."""

    def __init__(self, file: str, sheet: str, findings: list[Finding]) -> None:
        self._file, self._sheet, self._findings = file, sheet, findings
        self._counts: Counter[str] = Counter()

    def tell(
        self,
        code: str,
        message: str,
        cell: str = "",
        values: dict[str, Any] | None = None,
        severity: Severity | None = None,
    ) -> None:
        """A finding at a cell, a range or a row; counted only, once `LISTED` of its code are told."""
        self._counts[code] += 1
        if self._counts[code] <= LISTED:
            finding = Finding(code, message, self._file, self._sheet, cell, values=values or {}, severity=severity)
            self._findings.append(finding)

    def at(self, code: str, message: str, row: int, column: int, values: dict[str, Any] | None = None) -> None:
        """A finding at a 1-based row and column."""
        self.tell(code, message, cell_name(row, column), values)

    def close(self) -> None:
        """Say how many were not listed."""
        for code, count in self._counts.items():
            if count > LISTED:
                more = count - LISTED
                message = f"{more:,} more of the same kind, {count:,} in all"
                values = {"count": count}
                self._findings.append(Finding(code, message, self._file, self._sheet, values=values))
        self._counts.clear()
