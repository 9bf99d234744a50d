"""A second statement of the same rows: a file, or the kept file of a batch, read as an import would read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from ledger.actions import named_lists
from ledger.actions.total_words import calls_itself_total
from ledger.domain.findings import Finding, stops
from ledger.domain.records import NO_FUND, Kind, Reading, ReadRow, Record, RowState
from ledger.reconcile.explanation.model import CaseRow
from ledger.reconcile.explanation.scoping import Account, Holder, Piece, Scope, Stated, case_rows
from ledger.store.database import Connection


@dataclass(slots=True)
class SecondSource:
    """The rows of another source, before any scope is laid over them."""

    name: str
    pieces: list[Piece] = field(default_factory=list)
    holders: dict[int | str, Holder] = field(default_factory=dict)
    places: dict[int, tuple[str, str, int, int | None, str]] = field(default_factory=dict)
    totals: dict[int, int] = field(default_factory=dict)
    with_total: set[int] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def rows(self, scope: Scope) -> list[CaseRow]:
        """Its rows under the scope of a figure."""
        stated = Stated(self.places, self.with_total.__contains__, self.totals)
        return case_rows(self.pieces, self.holders, scope, stated)


def second_source(connection: Connection, named: str, *, profile_dirs: Sequence[Path] = ()) -> SecondSource:
    """What `named` states: `batch:N` (its kept file) or a path. What cannot be read is told in `findings`.

    Raises UsageProblem for a batch that does not exist or keeps no file.
    """
    if not named_lists.is_batch(named):
        found = SecondSource(Path(named).name)
        _take(found, named_lists.read_path(Path(named), profile_dirs=profile_dirs).reading, None)
        return found
    with named_lists.read_batch(connection, named, profile_dirs) as lists:
        found = SecondSource(f"batch {lists[0].batch}")
        for one in lists:
            _take(found, one.reading, one.batch)
    return found


def _take(found: SecondSource, reading: Reading, batch: int | None) -> None:
    """Add the projects of a file."""
    records: dict[str, Record] = {}
    taken: list[tuple[int, Record]] = []
    for sheet in reading.sheets:
        if sheet.kind is not Kind.PROJECTS:
            for _ in sheet.rows:
                pass
            continue
        with_total = any(column.field == "total_cost" for column in sheet.columns)
        for row in sheet.rows:
            if row.state is RowState.POSTED and row.record is not None:
                key = len(found.places) + 1
                found.places[key] = (reading.file, sheet.name, row.number, batch, row.digest)
                if with_total:
                    found.with_total.add(key)
                _keep(found, key, row, row.record, reading)
                records.setdefault(row.record.ref, row.record)
                taken.append((key, row.record))
    found.findings += [finding for finding in reading.findings if stops([finding])]
    for key, record in taken:
        _book(found, key, record, records.get(record.parent or ""))


def _keep(found: SecondSource, key: int, row: ReadRow, record: Record, reading: Reading) -> None:
    if "total_cost" in row.stated:
        found.totals[key] = row.stated["total_cost"][1]
    said = record.attributes
    rate = said.get("eu_rate")
    found.holders.setdefault(
        record.ref,
        Holder(
            record.ref,
            reading.source,
            str(said.get("title") or ""),
            str(said.get("beneficiary") or ""),
            str(said.get("unit") or ""),
            _fund(record),
            str(said.get("country_code") or ""),
            record.parent,
            record.programme,
            None if rate is None else Fraction(str(rate)),
            record.earmarks,
            calls_itself_total(record.ref, str(said.get("title") or "")),
        ),
    )


def _book(found: SecondSource, key: int, record: Record, parent: Record | None) -> None:
    above = _accounts(parent) if parent is not None else []
    for amount, account in zip(record.amounts, _accounts(record), strict=True):
        drawn_on = next((one for one in above if _same_level(one, account)), None)
        found.pieces.append(Piece(key, amount.minor, account, amount.value_date, amount.column, amount.rule, drawn_on))


def _accounts(record: Record) -> list[Account]:
    return [
        Account(
            record.ref,
            amount.stage,
            amount.basis,
            amount.currency,
            amount.price_basis,
            _fund(record),
            amount.country,
            amount.theme,
        )
        for amount in record.amounts
    ]


def _same_level(one: Account, other: Account) -> bool:
    return (one.stage, one.basis, one.currency, one.price_basis) == (
        other.stage,
        other.basis,
        other.currency,
        other.price_basis,
    )


def _fund(record: Record) -> str:
    return str(record.attributes.get("fund_code") or NO_FUND)
