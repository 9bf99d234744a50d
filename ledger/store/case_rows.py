"""Everything that is booked of projects, with its rows: what the explanation of a difference looks through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

_FETCH = 10_000


class JournalLine(NamedTuple):
    """A transfer to or from a project. `undone_by` is the batch that reversed it."""

    id: int
    batch: int
    debit: int
    credit: int
    minor: int
    day: date | None
    row: int | None
    column: int | None
    rule: str
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class SheetRead:
    """A sheet that was read: its place, and its columns (letter, header, field, number style …)."""

    id: int
    batch: int
    file: str
    sha256: str
    name: str
    columns: tuple[dict[str, Any], ...]
    settings: dict[str, str]


def journal(connection: Connection, *, with_illustrative: bool) -> Iterator[JournalLine]:
    """Every transfer that brought money to a project and is no reversal, oldest first."""
    query = (
        "SELECT t.id, t.batch_id, t.debit_account_id, t.credit_account_id, t.amount_minor, t.value_date, "
        "t.source_row_id, t.source_column, t.rule, u.batch_id FROM transfer t "
        "JOIN account c ON c.id = t.credit_account_id LEFT JOIN transfer u ON u.reverses_id = t.id "
        "WHERE t.reverses_id IS NULL AND c.project_id IS NOT NULL"
        + ("" if with_illustrative else " AND c.is_illustrative = false")
        + " ORDER BY t.id"
    )
    for row in connection.execute(text(query), execution_options={"yield_per": _FETCH}):
        number, batch, debit, credit, minor, day, *rest = row
        yield JournalLine(number, batch, debit, credit, int(minor), _day(day), *rest)


def accounts(connection: Connection) -> dict[int, tuple[int | None, str, str, str, str, str, str, str]]:
    """By id: project, stage, basis, currency, price basis, fund, country, theme of every account."""
    query = (
        "SELECT id, project_id, stage, basis, currency, price_basis, fund_code, country_code, theme_code FROM account"
    )
    return {row[0]: tuple(row[1:]) for row in connection.execute(text(query))}


def projects(connection: Connection, known_at: int | None = None) -> Iterator[Any]:
    """The newest version of each project: id, ref, source, title, beneficiary, unit, fund, country, parent, programme, eu_rate."""
    limit = "" if known_at is None else " AND w.batch_id <= :known_at"
    query = (
        "SELECT p.id, p.ref, p.source, v.title, v.beneficiary, v.unit, v.fund_code, v.country_code, a.ref AS parent, "
        "g.ref AS programme, v.eu_rate, v.id AS version FROM project p JOIN project_version v ON v.project_id = p.id "
        f"AND v.id = (SELECT max(w.id) FROM project_version w WHERE w.project_id = p.id{limit}) "
        "LEFT JOIN project a ON a.id = v.parent_id LEFT JOIN programme g ON g.id = v.programme_id"
    )
    yield from connection.execute(text(query), {} if known_at is None else {"known_at": known_at})


def earmarks(connection: Connection) -> dict[int, dict[str, int]]:
    """Shares in parts per billion by version and earmark."""
    found: dict[int, dict[str, int]] = {}
    for version, code, share in connection.execute(
        text("SELECT version_id, earmark_code, share_ppb FROM project_earmark")
    ):
        found.setdefault(version, {})[code] = int(share)
    return found


def sheets(connection: Connection) -> dict[int, SheetRead]:
    """Every sheet that was read, by id, but for those of batches that were undone."""
    query = (
        "SELECT s.id, f.batch_id, f.name, f.sha256, s.name, s.columns, b.settings FROM source_sheet s "
        "JOIN source_file f ON f.id = s.file_id JOIN batch b ON b.id = f.batch_id "
        "WHERE NOT EXISTS (SELECT 1 FROM batch u WHERE u.reverts_id = b.id)"
    )
    return {
        key: SheetRead(key, batch, file, sha256, name, tuple(json.loads(columns)), json.loads(settings))
        for key, batch, file, sha256, name, columns, settings in connection.execute(text(query))
    }


def source_rows(connection: Connection) -> Iterator[Any]:
    """(id, sheet, number, digest) of every row that was posted or found unchanged."""
    query = "SELECT id, sheet_id, number, digest FROM source_row WHERE state = 'posted'"
    yield from connection.execute(text(query), execution_options={"yield_per": _FETCH})


def repeating_batches(connection: Connection) -> set[int]:
    """The batches that found rows unchanged: they state again what an earlier one stated."""
    query = (
        "SELECT DISTINCT f.batch_id FROM source_row r JOIN source_sheet s ON s.id = r.sheet_id "
        "JOIN source_file f ON f.id = s.file_id WHERE r.state = 'unchanged'"
    )
    return set(connection.execute(text(query)).scalars())


def shortened_lists(connection: Connection) -> dict[str, int]:
    """By source, the newest batch that lacked projects of an earlier one, which still stand; none that was undone."""
    query = (
        "SELECT b.id, b.source, f.details FROM finding f JOIN batch b ON b.id = f.batch_id "
        "WHERE f.code = 'rows-vanished' AND b.source IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM batch u WHERE u.reverts_id = b.id) ORDER BY b.id"
    )
    return {
        source: batch
        for batch, source, details in connection.execute(text(query))
        if not json.loads(details).get("reversed")
    }


def stated_again(connection: Connection, batch: int) -> tuple[set[str], set[int]]:
    """What a batch repeats: digests of the rows that it found unchanged, projects that it has a version of."""
    digests = (
        "SELECT r.digest FROM source_row r JOIN source_sheet s ON s.id = r.sheet_id "
        "JOIN source_file f ON f.id = s.file_id WHERE f.batch_id = :batch AND r.state = 'unchanged'"
    )
    versions = "SELECT project_id FROM project_version WHERE batch_id = :batch"
    return (
        set(connection.execute(text(digests), {"batch": batch}).scalars()),
        set(connection.execute(text(versions), {"batch": batch}).scalars()),
    )


def refused_rows(connection: Connection) -> list[Any]:
    """(sheet, number) of every row that was refused."""
    return list(
        connection.execute(text("SELECT sheet_id, number FROM source_row WHERE state = 'rejected' ORDER BY id"))
    )


def findings(connection: Connection, *codes: str) -> list[Any]:
    """(batch, code, sheet, cell, details) of the recorded findings of these codes; of all without a code."""
    named = ", ".join(f":c{place}" for place in range(len(codes)))
    query = "SELECT batch_id, code, sheet, cell, details FROM finding" + (f" WHERE code IN ({named})" if codes else "")
    return list(connection.execute(text(query), {f"c{place}": code for place, code in enumerate(codes)}))


def _day(value: Any) -> date | None:
    """SQLite gives days as text where the query is plain text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
