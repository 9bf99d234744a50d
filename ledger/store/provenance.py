"""Which transfers stand behind a total, each with the cell that it stands for, and which stood there before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from sqlalchemy import Connection, bindparam, text

from ledger.store import totals
from ledger.store.bridges import cause_of
from ledger.store.cells import Origin, column_number
from ledger.store.journal import RANK, YEAR
from ledger.store.totals import Filter

#: Which transfers are meant: those that count; those that were taken back since; all of one batch, reversals too; any.
Which = Literal["live", "reversed", "batch", "any"]
#: What of a transfer is told: what it adds to the scope (nothing where it moves money inside it); what it gives its own
#: holder, or takes back there; what it draws on an account of the scope for a later stage.
Side = Literal["scope", "own", "drawn"]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one transfer adds to a total, and the cell that it stands for.

    `minor` is negative where it leaves the scope for another of the same stage, or takes back. `share_ppb` is the part
    that an earmark counts. `reversed_by` names the transfer that took it back, with its batch and rule. `rule` is what
    was done with the cell, also where this takes its booking back, and then `takes_back_for` says why.
    """

    transfer_id: int
    batch_id: int
    minor: int
    share_ppb: int
    is_illustrative: bool
    row: int
    column: int | None
    sheet_id: int
    reverses: int | None
    reversed_by: int | None
    reversed_in: int | None
    currency: str
    price_basis: str
    kind: str
    holder: str
    source: str
    title: str
    fund: str
    stage: str
    basis: str
    country: str
    theme: str
    value_date: date | str | None
    rule: str
    file: str
    sha256: str
    sheet: str
    state: str
    programme: str
    programme_source: str
    drawn_kind: str
    drawn_on: str
    drawn_source: str
    drawn_stage: str
    reversed_for: str
    takes_back_for: str
    cause: str

    @property
    def group(self) -> tuple[str, str, bool]:
        """What is never added up: currency, price basis, and whether it is illustrative."""
        return self.currency, self.price_basis, self.is_illustrative


_NUMBERS: Final = 4
_OPTIONAL: Final = 11
#: Columns of the answer from `is_illustrative` on, in the order of the fields above.
_TOLD: Final = (
    "x.is_illustrative, coalesce(r.number, 0), t.source_column, coalesce(s.id, 0), t.reverses_id, u.id, u.batch_id, "
    "x.currency, x.price_basis, CASE WHEN x.project_id IS NOT NULL THEN 'project' WHEN x.envelope_id IS NOT NULL THEN "
    "'envelope' WHEN x.programme_id IS NOT NULL THEN 'programme' ELSE 'fund' END, coalesce(p.ref, e.ref, g.ref, "
    "x.fund_code), coalesce(p.source, g.source, ''), coalesce(v.title, ev.title, gv.title, ''), x.fund_code, x.stage, "
    "x.basis, x.country_code, x.theme_code, t.value_date, coalesce(o.rule, t.rule), coalesce(f.name, ''), coalesce(f.sha256, ''), "
    "coalesce(s.name, ''), coalesce(r.state, ''), coalesce(g.ref, pg.ref, ''), coalesce(g.source, pg.source, ''), "
    "CASE WHEN y.project_id IS NOT NULL THEN 'project' WHEN y.envelope_id IS NOT NULL THEN 'envelope' WHEN "
    "y.programme_id IS NOT NULL THEN 'programme' ELSE '' END, coalesce(yp.ref, ye.ref, yg.ref, ''), "
    "coalesce(yp.source, yg.source, ''), coalesce(y.stage, ''), "
    "coalesce(u.rule, ''), CASE WHEN o.id IS NULL THEN '' ELSE t.rule END"
)


def contributions(
    connection: Connection, wanted: Filter, which: Which = "live", side: Side = "scope"
) -> list[Contribution]:
    """The transfers behind `totals(connection, wanted)`, in the order of files, sheets and rows.

    The amounts of the live ones (by `share_ppb`) add up to that total, those of a batch to what it moved. Strings that
    repeat are kept once: a ledger's are few.
    """
    where, values = totals._conditions(wanted, years=False)  # noqa: SLF001 - the same package: one meaning of a Filter
    share = "k.share_ppb" if wanted.earmark else "1000000000"
    query = (
        f"SELECT m.transfer_id, sum(m.minor) AS minor, max({share}) AS share FROM ({_sides(wanted, which, side)}) AS m "
        f"JOIN account x ON x.id = m.account_id {totals._joins(wanted, ())} "  # noqa: SLF001
        f"WHERE {' AND '.join(where)} GROUP BY m.transfer_id HAVING sum(m.minor) <> 0"
    )
    known = " AND {}.batch_id <= :known_at" if wanted.known_at is not None else ""
    versions = " ".join(
        f"LEFT JOIN {kind}_version {a} ON {a}.{kind}_id = x.{kind}_id AND {a}.id = (SELECT max(w.id) "
        f"FROM {kind}_version w WHERE w.{kind}_id = x.{kind}_id{known.format('w')})"
        for kind, a in (("project", "v"), ("envelope", "ev"), ("programme", "gv"))
    )
    holders = " ".join(
        f"LEFT JOIN {kind} {a} ON {a}.id = {account}.{kind}_id"
        for account, prefix in (("x", ""), ("y", "y"))
        for kind, a in (("project", prefix + "p"), ("envelope", prefix + "e"), ("programme", prefix + "g"))
    )
    cause = cause_of("r.batch_id = :batch") if which == "batch" else "''"
    told = (
        f"SELECT q.transfer_id, t.batch_id, q.minor, q.share, {_TOLD}, {cause} FROM ({query}) AS q "
        "JOIN transfer t ON t.id = q.transfer_id JOIN batch b ON b.id = t.batch_id "
        "JOIN account c ON c.id = t.credit_account_id JOIN account d ON d.id = t.debit_account_id "
        # Of a reversal it is the account that money is taken back from.
        "JOIN account x ON x.id = CASE WHEN t.reverses_id IS NULL THEN c.id ELSE d.id END "
        "JOIN account y ON y.id = CASE WHEN t.reverses_id IS NULL THEN d.id ELSE c.id END "
        "LEFT JOIN transfer o ON o.id = t.reverses_id "
        f"LEFT JOIN transfer u ON u.reverses_id = t.id{known.format('u')} {holders} {versions} "
        "LEFT JOIN programme pg ON pg.id = v.programme_id "
        "LEFT JOIN source_row r ON r.id = t.source_row_id LEFT JOIN source_sheet s ON s.id = r.sheet_id "
        "LEFT JOIN source_file f ON f.id = s.file_id ORDER BY f.id, s.position, r.number, t.source_column, t.id"
    )
    once: dict[Any, Any] = {}
    found = connection.execute(text(told), values, execution_options={"yield_per": 5_000})
    return [_contribution(row, once) for row in found]


def _contribution(row: Sequence[Any], once: dict[Any, Any]) -> Contribution:
    # PostgreSQL gives sums as decimals, SQLite truth as a number.
    numbers = map(int, row[:_NUMBERS])
    optional = (None if value is None else int(value) for value in row[_NUMBERS + 1 : _OPTIONAL])
    words = (once.setdefault(value, value) for value in row[_OPTIONAL:])
    values: list[Any] = [*numbers, bool(row[_NUMBERS]), *optional, *words]
    return Contribution(*values)


def _sides(wanted: Filter, which: Which, side: Side) -> str:
    """SQL giving (transfer_id, minor, account_id, year) of what the transfers add to accounts, or take from them."""
    credit, debit, year = RANK.format("c"), RANK.format("d"), YEAR
    meant = {"batch": "t.batch_id = :batch", "any": "1 = 1"}.get(which) or totals._live(wanted)  # noqa: SLF001
    if which == "reversed":
        meant = meant.replace("NOT EXISTS", "EXISTS")
    both = (
        "FROM transfer t JOIN account c ON c.id = t.credit_account_id JOIN account d ON d.id = t.debit_account_id "
        f"WHERE {meant} AND {totals._transfers(wanted)}"  # noqa: SLF001
    )
    arrives = f"SELECT t.id AS transfer_id, t.amount_minor AS minor, c.id AS account_id, {year} AS year {both} AND "
    leaves = f"SELECT t.id, -t.amount_minor, d.id, {year} {both} AND "
    if side == "own":
        return f"{arrives} t.reverses_id IS NULL UNION ALL {leaves} t.reverses_id IS NOT NULL"
    if side == "drawn":
        # The outside world and the pools of funds hold nothing that somebody was given.
        held = "coalesce(d.envelope_id, d.programme_id, d.project_id) IS NOT NULL"
        drawn = arrives.replace("c.id AS account_id", "d.id AS account_id")
        return f"{drawn} {credit} > {debit} AND {held}"
    return f"{arrives} {debit} <= {credit} UNION ALL {leaves} {credit} <= {debit}"


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """How a column was read on the day of its import."""

    index: int
    header: str
    field: str | None
    number_style: str | None
    unit: int


def columns(connection: Connection, sheet_ids: Iterable[int]) -> dict[int, dict[int, ColumnFacts]]:
    """Sheet id -> 1-based column -> how it was read."""
    wanted = sorted(set(sheet_ids))
    query = text("SELECT id, columns FROM source_sheet WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))
    found: dict[int, dict[int, ColumnFacts]] = {}
    for at in range(0, len(wanted), 500):
        for sheet, kept in connection.execute(query, {"ids": wanted[at : at + 500]}):
            facts = [
                ColumnFacts(
                    column_number(c["letter"]), c["header"] or "", c["field"], c["number_style"], int(c["unit"] or 1)
                )
                for c in json.loads(kept)
            ]
            found[int(sheet)] = {fact.index: fact for fact in facts}
    return found


def sheet_of(connection: Connection, batch: int, sha256: str, sheet: str) -> int:
    """The id of a sheet of a file that a batch read; 0 where none is on record."""
    query = text(
        "SELECT max(s.id) FROM source_sheet s JOIN source_file f ON f.id = s.file_id "
        "WHERE f.batch_id = :batch AND f.sha256 = :sha256 AND s.name = :sheet"
    )
    return int(connection.execute(query, {"batch": batch, "sha256": sha256, "sheet": sheet}).scalar_one() or 0)


@dataclass(frozen=True, slots=True)
class CountedProject:
    """A project that a figure counts, with the row that stated it first."""

    source: str
    ref: str
    title: str
    unit: str
    file: str
    sha256: str
    sheet: str
    row: int
    state: str


def counted_projects(connection: Connection, wanted: Filter) -> list[CountedProject]:
    """The projects behind `totals.count_projects(connection, wanted)`, in the order in which they were entered."""
    where, values = totals._conditions(wanted, years=False)  # noqa: SLF001
    holder = "x.project_id" if wanted.units else "coalesce(v.parent_id, x.project_id)"
    counted = (
        f"SELECT DISTINCT {holder} FROM {totals._inflows(wanted)} JOIN account x ON x.id = m.account_id "  # noqa: SLF001
        f"{totals._joins(wanted, ('project',))} "  # noqa: SLF001
        f"WHERE x.project_id IS NOT NULL AND {' AND '.join(where)}"
    )
    query = (
        "SELECT p.source, p.ref, coalesce(v.title, ''), v.unit, coalesce(f.name, ''), coalesce(f.sha256, ''), "
        "coalesce(s.name, ''), coalesce(r.number, 0), coalesce(r.state, '') FROM project p "
        "JOIN project_version v ON v.project_id = p.id AND v.id = (SELECT min(w.id) FROM project_version w "
        "WHERE w.project_id = p.id) LEFT JOIN source_row r ON r.id = v.source_row_id "
        "LEFT JOIN source_sheet s ON s.id = r.sheet_id LEFT JOIN source_file f ON f.id = s.file_id "
        f"WHERE p.id IN ({counted}) ORDER BY p.id"
    )
    return [CountedProject(*row) for row in connection.execute(text(query), values)]


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A kept file as batches read it: one name, one content; `sheets` in their order, by name."""

    name: str
    sha256: str
    batches: tuple[int, ...]
    sheets: tuple[str, ...]


def kept_files(connection: Connection, *, name: str = "", sha256: str = "") -> list[KeptFile]:
    """The files of this name (but for case), or whose SHA-256 begins so; each content once, the newest last."""
    condition = "lower(f.name) = :wanted" if name else "f.sha256 LIKE :wanted"
    query = text(
        f"SELECT f.sha256, f.name, f.batch_id, s.name FROM source_file f LEFT JOIN source_sheet s ON s.file_id = f.id "
        f"WHERE {condition} ORDER BY f.id, s.position"
    )
    found: dict[str, tuple[str, dict[int, None], dict[str, None]]] = {}
    wanted = name.lower() if name else f"{sha256.lower()}%"
    for digest, file, batch, sheet in connection.execute(query, {"wanted": wanted}):
        _, numbers, sheets = found.setdefault(digest, (file, {}, {}))
        numbers[int(batch)] = None
        if sheet is not None:
            sheets[sheet] = None
    return [KeptFile(file, digest, tuple(numbers), tuple(sheets)) for digest, (file, numbers, sheets) in found.items()]


def row_state(connection: Connection, origin: Origin) -> str | None:
    """The state of a row as the newest batch that read it has it; None where there is no such row."""
    query = text(
        "SELECT r.state FROM source_row r JOIN source_sheet s ON s.id = r.sheet_id JOIN source_file f ON f.id = s.file_id "
        "WHERE f.sha256 = :sha256 AND s.name = :sheet AND r.number = :row ORDER BY r.id DESC LIMIT 1"
    )
    values = {"sha256": origin.sha256, "sheet": origin.sheet, "row": origin.row}
    return connection.execute(query, values).scalar_one_or_none()
