"""The journal as a file of another accounting program, which can then add it up for itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final, TextIO

from ledger.actions import scope
from ledger.domain.findings import Finding
from ledger.reporting.beancount import write_beancount
from ledger.reporting.files import replacing
from ledger.reporting.hledger import write_hledger
from ledger.reporting.plain_text import UNDATED, Journal
from ledger.store import postings, reports, schema
from ledger.store.database import Database
from ledger.store.reports import Head
from ledger.store.totals import Filter

#: How each ending is written.
FORMATS: Final[dict[str, tuple[str, Callable[[Journal, TextIO], int]]]] = {
    ".hledger": ("hledger", write_hledger),
    ".journal": ("hledger", write_hledger),
    ".beancount": ("beancount", write_beancount),
}


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the format, how many transfers between how many accounts, and up to which batch."""

    format: str
    transfers: int
    accounts: int
    ledger_head: Head | None
    findings: list[Finding] = field(default_factory=list)


def export(
    database: Database,
    path: Path,
    *,
    funds: Sequence[str] = (),
    countries: Sequence[str] = (),
    as_of: date | None = None,
    known_at: str | int | datetime | None = None,
    with_illustrative: bool = False,
) -> Exported:
    """Write the journal to `path` in the format of its ending (one of FORMATS), in one step.

    Of funds and countries, every transfer that touches them is written. Raises UsageProblem for another ending or an
    unknown code; OSError where `path` cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise scope.UsageProblem(f"{path.name}: the ending must be one of {' '.join(FORMATS)}")
    name, writer = FORMATS[path.suffix.lower()]
    schema.require_current(database)
    with database.read() as connection:
        wanted = scope.build(
            connection,
            funds=funds,
            countries=countries,
            as_of=as_of,
            known_at=known_at,
            with_illustrative=with_illustrative,
        )
        head = reports.head(connection, wanted.known_at)
        extent = postings.extent(connection, wanted)
        journal = Journal(
            head,
            extent,
            _question(wanted),
            commodities := postings.commodities(connection, wanted),
            postings.holdings(connection, wanted),
            postings.transfers(connection, wanted),
            postings.holdings(connection, wanted),
        )
        with replacing(path) as draft, draft.open("w", encoding="utf-8", newline="\n") as file:
            accounts = writer(journal, file)
    findings = []
    if extent.undated:
        said = f"{extent.undated} transfers carry no date; they stand on {UNDATED} and are tagged undated"
        findings.append(Finding("value-date-unknown", said, values={"transfers": extent.undated}))
    if any(is_illustrative for _, _, is_illustrative in commodities):
        said = "illustrative money stands in commodities of its own, which end in -ILLUSTRATIVE"
        findings.append(Finding("illustrative-data", said))
    return Exported(name, extent.transfers, accounts, head, findings)


def _question(wanted: Filter) -> list[tuple[str, str]]:
    """The filters that were set, in words."""
    asked = (
        ("Funds", ", ".join(wanted.funds)),
        ("Countries", ", ".join(wanted.countries)),
        ("As of", str(wanted.as_of or "")),
        ("Illustrative data", "included" if wanted.with_illustrative else ""),
    )
    return [(label, value) for label, value in asked if value]
