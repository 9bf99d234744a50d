"""What a ledger says of itself when it is looked over: queries for the checks, each giving the rows that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from ledger.store.journal import LIVE, movements
from ledger.store.models import Base
from ledger.store.totals import WHOLE


@dataclass(frozen=True, slots=True)
class Place:
    """The row of a file that a record was last read from; empty and None where there is none."""

    file: str = ""
    sheet: str = ""
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that must not be: what, and where its row stands."""

    what: str
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class BalanceGap:
    """A kept balance that is not what the journal gives, in minor units; None where there is none."""

    account: str
    year: int
    currency: str
    kept: tuple[int, int] | None
    journal: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class AllocatedAccount:
    """A programme's allocation and the commitments drawn on it, in minor units."""

    ref: str
    currency: str
    price_basis: str
    allocated: int
    drawn: int
    place: Place


#: Joins the row, sheet and file of a `source_row_id`, as r, s and f.
PLACE = (
    "LEFT JOIN source_row r ON r.id = {0} LEFT JOIN source_sheet s ON s.id = r.sheet_id "
    "LEFT JOIN source_file f ON f.id = s.file_id"
)
_HOLDER = (
    "coalesce((SELECT e.ref FROM envelope e WHERE e.id = x.envelope_id), (SELECT g.ref FROM programme g "
    "WHERE g.id = x.programme_id), (SELECT p.ref FROM project p WHERE p.id = x.project_id), x.fund_code)"
)


def count(connection: Connection, table: str, where: str = "1 = 1") -> int:
    """Rows of a table."""
    return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())


def is_file(connection: Connection) -> bool:
    """Whether the ledger is a SQLite file, which can be asked whether it is whole."""
    return connection.dialect.name == "sqlite"


def file_damage(connection: Connection) -> list[str]:
    """What SQLite finds wrong in its own file: pages, and indexes that are not those of their tables."""
    return [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(20)")) if row[0] != "ok"]


def envelope_places(connection: Connection) -> dict[str, Place]:
    """Where each envelope was last read."""
    found = connection.execute(
        text(
            "SELECT e.ref, f.name, s.name, r.number FROM envelope e JOIN envelope_version v ON v.id = "
            "(SELECT max(w.id) FROM envelope_version w WHERE w.envelope_id = e.id) " + PLACE.format("v.source_row_id")
        )
    )
    return {row[0]: place(row[1:]) for row in found}


def broken_references(connection: Connection) -> list[Wrong]:
    """Rows whose foreign key points to nothing: the database refuses them, but a file can be tampered with."""
    wrong = []
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            column, target = key.parent.name, key.column
            missing = int(
                connection.execute(
                    text(
                        f"SELECT count(*) FROM {table.name} a WHERE a.{column} IS NOT NULL AND NOT EXISTS "
                        f"(SELECT 1 FROM {target.table.name} b WHERE b.{target.name} = a.{column})"
                    )
                ).scalar_one()
            )
            if missing:
                wrong.append(
                    Wrong(f"{missing} rows of {table.name} name in {column} a {target.table.name} that is not there")
                )
    return wrong


def headless(connection: Connection) -> list[Wrong]:
    """Accounts without a holder that need one, transfers without a row, holders that no batch says anything of."""
    wrong = [
        Wrong(f"account {row[0]} ({row[1]}, {row[2]}) has no holder")
        for row in connection.execute(
            text(
                "SELECT x.id, x.fund_code, x.stage FROM account x WHERE x.envelope_id IS NULL AND x.programme_id IS NULL "
                "AND x.project_id IS NULL AND x.stage NOT IN ('outside', 'allocated') ORDER BY x.id"
            )
        )
    ]
    wrong += [
        Wrong(f"transfer {row[0]} of batch {row[1]} names no row of a file")
        for row in connection.execute(
            text("SELECT t.id, t.batch_id FROM transfer t WHERE t.source_row_id IS NULL ORDER BY t.id")
        )
    ]
    for holder in ("envelope", "programme", "project"):
        wrong += [
            Wrong(f"{holder} {row[0]} holds money but nothing is recorded of it")
            for row in connection.execute(
                text(
                    f"SELECT DISTINCT h.ref FROM {holder} h JOIN account x ON x.{holder}_id = h.id JOIN transfer t ON "
                    f"t.credit_account_id = x.id WHERE {LIVE} AND NOT EXISTS (SELECT 1 FROM {holder}_version v "
                    f"WHERE v.{holder}_id = h.id) ORDER BY h.ref"
                )
            )
        ]
    return wrong


def lost_parents(connection: Connection) -> list[Wrong]:
    """Records that stand although their parent does not (withdrawn, or never described)."""
    wrong = []
    for kind in ("envelope", "project"):
        newest = f"(SELECT max(w.id) FROM {kind}_version w WHERE w.{kind}_id = {{0}})"
        found = connection.execute(
            text(
                f"SELECT h.ref, q.ref, f.name, s.name, r.number FROM {kind}_version v JOIN {kind} h ON h.id = v.{kind}_id "
                f"JOIN {kind} q ON q.id = v.parent_id LEFT JOIN {kind}_version p ON p.id = {newest.format('v.parent_id')} "
                + PLACE.format("v.source_row_id")
                + f" WHERE v.id = {newest.format('h.id')} AND v.is_withdrawn = false "
                "AND (p.id IS NULL OR p.is_withdrawn = true) ORDER BY h.ref"
            )
        )
        wrong += [Wrong(f"{kind} {row[0]} is part of {row[1]}, which does not stand", place(row[2:])) for row in found]
    return wrong


def uneven_splits(connection: Connection) -> list[Wrong]:
    """Versions whose shares of one kind do not make 100 %."""
    found = connection.execute(
        text(
            "SELECT p.ref, g.kind, g.share, f.name, s.name, r.number FROM (SELECT version_id, kind, sum(share_ppb) AS share "
            f"FROM project_split GROUP BY version_id, kind HAVING sum(share_ppb) <> {WHOLE}) AS g "
            "JOIN project_version v ON v.id = g.version_id JOIN project p ON p.id = v.project_id "
            + PLACE.format("v.source_row_id")
            + " ORDER BY p.ref, g.kind"
        )
    )
    return [
        Wrong(f"the {row[1]} shares of {row[0]} add up to {_percent(int(row[2]))} %", place(row[3:])) for row in found
    ]


def uneven_parts(connection: Connection) -> list[Wrong]:
    """Split cells whose booked parts are not the stated shares of their whole.

    Only cells that stand alone for their project, stage, basis and day are looked at: several cells may each have
    shares of their own.
    """
    newest = "(SELECT max(w.id) FROM project_version w WHERE w.project_id = x.project_id)"
    posted = (
        "SELECT x.project_id, x.stage, x.basis, x.currency, x.price_basis, t.value_date, x.country_code AS code, "
        "sum(t.amount_minor) AS minor, count(*) AS parts FROM transfer t JOIN account x ON x.id = t.credit_account_id "
        f"WHERE t.rule LIKE 'split%' AND {LIVE} GROUP BY x.project_id, x.stage, x.basis, x.currency, x.price_basis, "
        "t.value_date, x.country_code"
    )
    found = connection.execute(
        text(
            f"SELECT x.ref, x.stage, x.basis, x.code, x.minor, x.whole, x.parts, k.share_ppb, f.name AS file, "
            "s.name AS sheet, r.number, "
            f"(SELECT count(*) FROM project_split n WHERE n.version_id = v.id AND n.kind = 'theme') AS themes "
            f"FROM (SELECT a.*, h.ref, sum(a.minor) OVER (PARTITION BY a.project_id, a.stage, a.basis, a.currency, "
            f"a.price_basis, a.value_date) AS whole FROM ({posted}) AS a JOIN project h ON h.id = a.project_id) "
            f"AS x JOIN project_version v ON v.id = {newest} JOIN project_split k ON k.version_id = v.id "
            "AND k.kind = 'country' AND k.code = x.code "
            + PLACE.format("v.source_row_id")
            + " WHERE v.is_withdrawn = false ORDER BY x.ref, x.stage, x.code"
        )
    )
    wrong = []
    for row in found.mappings():
        if int(row["parts"]) > max(1, int(row["themes"])):
            continue
        gap = abs(int(row["minor"]) * WHOLE - int(row["whole"]) * int(row["share_ppb"]))
        if gap >= WHOLE:  # largest remainder keeps every part within one minor unit of its exact share
            wrong.append(
                Wrong(
                    f"{row['ref']}, {row['stage']}, {row['basis']}: the part of {row['code']} is not "
                    f"{_percent(int(row['share_ppb']))} % of the whole",
                    place((row["file"], row["sheet"], row["number"])),
                )
            )
    return wrong


def balance_gaps(connection: Connection) -> list[BalanceGap]:
    """Every account and year whose kept balance differs from the journal added up anew, or stands on one side only."""
    rebuilt = (
        f"SELECT account_id, year, sum(to_date) AS to_date, sum(passed_on) AS passed_on, 0 AS kept_to_date, "
        f"0 AS kept_passed_on, 1 AS moved, 0 AS kept FROM ({movements('1 = 1')}) AS m GROUP BY account_id, year"
    )
    kept = "SELECT account_id, year, 0, 0, to_date_minor, passed_on_minor, 0, 1 FROM balance"
    found = connection.execute(
        text(
            f"SELECT {_HOLDER} AS ref, x.stage, x.basis, x.country_code, x.currency, d.year, d.j1, d.j2, d.k1, d.k2, "
            "d.moved, d.kept, d.account_id FROM (SELECT account_id, year, sum(to_date) AS j1, sum(passed_on) AS j2, "
            "sum(kept_to_date) AS k1, sum(kept_passed_on) AS k2, sum(moved) AS moved, sum(kept) AS kept "
            f"FROM ({rebuilt} UNION ALL {kept}) AS b GROUP BY account_id, year) AS d LEFT JOIN account x "
            "ON x.id = d.account_id WHERE d.j1 <> d.k1 OR d.j2 <> d.k2 OR d.moved <> d.kept "
            "ORDER BY d.account_id, d.year"
        )
    )
    return [
        BalanceGap(
            f"{row[0]}, {row[1]}, {row[2]}, {row[3]}" if row[1] else f"account {row[12]}, which is not there",
            int(row[5]),
            row[4] or "EUR",
            (int(row[8]), int(row[9])) if row[11] else None,
            (int(row[6]), int(row[7])) if row[10] else None,
        )
        for row in found
    ]


def programme_allocations(connection: Connection, *, with_illustrative: bool) -> list[AllocatedAccount]:
    """Programmes that hold an allocation, with what was committed out of it."""
    illustrative = "" if with_illustrative else "AND x.is_illustrative = false "
    found = connection.execute(
        text(
            "SELECT g.ref, x.currency, x.price_basis, sum(b.to_date_minor), sum(b.passed_on_minor), min(f.name), "
            "min(s.name), min(r.number) FROM account x JOIN balance b ON b.account_id = x.id JOIN programme g "
            "ON g.id = x.programme_id LEFT JOIN programme_version v ON v.id = (SELECT max(w.id) FROM programme_version w "
            "WHERE w.programme_id = g.id) "
            + PLACE.format("v.source_row_id")
            + f" WHERE x.stage = 'allocated' {illustrative}GROUP BY g.id, g.ref, x.currency, x.price_basis ORDER BY g.ref"
        )
    )
    return [AllocatedAccount(r[0], r[1], r[2], int(r[3]), int(r[4]), place(r[5:8])) for r in found]


def mixed_transfers(connection: Connection) -> list[Wrong]:
    """Transfers between illustrative and recorded accounts, or booked by a batch of the other kind (undoing apart)."""
    found = connection.execute(
        text(
            "SELECT t.id, t.batch_id, f.name, s.name, r.number FROM transfer t JOIN account c ON c.id = t.credit_account_id "
            "JOIN account d ON d.id = t.debit_account_id JOIN batch b ON b.id = t.batch_id "
            + PLACE.format("t.source_row_id")
            + " WHERE c.is_illustrative <> d.is_illustrative OR (t.reverses_id IS NULL AND b.kind <> 'revert' "
            "AND c.is_illustrative <> b.is_illustrative) ORDER BY t.id"
        )
    )
    return [
        Wrong(f"transfer {row[0]} of batch {row[1]} mixes illustrative and recorded money", place(row[2:]))
        for row in found
    ]


def place(row: Sequence[Any]) -> Place:
    """The place that a query gives as file, sheet and row number, each of which may be missing."""
    file, sheet, number = row
    return Place(file or "", sheet or "", None if number is None else int(number))


def _percent(ppb: int) -> str:
    whole, part = divmod(ppb, WHOLE // 100)
    return f"{whole}.{part:07d}".rstrip("0").rstrip(".")
