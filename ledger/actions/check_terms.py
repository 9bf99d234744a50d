"""What every check is given, and how it names a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ledger.domain.findings import Finding, Severity
from ledger.store.database import Connection
from ledger.store.integrity import Place


@dataclass(frozen=True, slots=True)
class Asked:
    """One state of the ledger, whether invented money counts too, and the day on which deadlines are judged."""

    connection: Connection
    with_illustrative: bool
    day: date


def cell(place: Place) -> tuple[str, str, str]:
    """File, sheet and row as a finding takes them."""
    return place.file, place.sheet, "" if place.row is None else str(place.row)


def tell(code: str, said: str, place: Place, values: Mapping[str, object], severity: Severity | None = None) -> Finding:
    """A finding at the row of a file, with its particulars; `severity` where it is not its code's usual one."""
    return Finding(code, said, *cell(place), values=dict(values), severity=severity)
