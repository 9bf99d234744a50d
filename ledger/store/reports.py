"""What a report needs of the ledger beyond its totals: the transfers behind each row, the ledger's head, and names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from ledger.store import standing, totals
from ledger.store.journal import RANK
from ledger.store.totals import KEYS, Filter

#: The cell of a transfer t, and where that is read.
_CELL = "coalesce(f.name, ''), coalesce(s.name, ''), coalesce(r.number, 0), t.source_column"
_TRACE = (
    "LEFT JOIN source_row r ON r.id = t.source_row_id LEFT JOIN source_sheet s ON s.id = r.sheet_id "
    "LEFT JOIN source_file f ON f.id = s.file_id "
    "ORDER BY f.id, s.position, r.number, t.source_column, t.id, q.minor DESC"
)
_NO_CELL = "'', '', 0, CAST(NULL AS integer)"

#: Rows fetched at a time, so that a ledger of a million transfers passes through little memory.
FETCH = 5_000


@dataclass(frozen=True, slots=True)
class Head:
    """The last batch that counts, and when it was recorded (UTC)."""

    batch: int
    recorded_at: str


def head(connection: Connection, known_at: int | None = None) -> Head | None:
    """The last batch, or the last one up to `known_at`; None where there is none."""
    row = connection.execute(
        text("SELECT id, recorded_at FROM batch WHERE id <= :last ORDER BY id DESC LIMIT 1"),
        {"last": 2**62 if known_at is None else known_at},
    ).first()
    return None if row is None else Head(int(row[0]), str(row[1]))


def names(connection: Connection, table: str) -> dict[str, str]:
    """English names by code of a code list: `fund`, `country` or `theme`."""
    assert table in ("fund", "country", "theme")
    return {str(code): str(name) for code, name in connection.execute(text(f"SELECT code, name_en FROM {table}"))}


@dataclass(frozen=True, slots=True)
class Line:
    """What one live transfer adds to one row of `totals(connection, wanted, by)`; `keys` are that row's.

    `minor` is negative where the money left the row again, as from an envelope to its parts. `column` is 1-based.
    `record`, `title`, fund, country, theme, stage and basis are those of where the money came to (or left); year 0 is
    undated.
    """

    keys: tuple[Any, ...]
    minor: int
    currency: str
    price_basis: str
    is_illustrative: bool
    fund: str
    country: str
    theme: str
    year: int
    stage: str
    basis: str
    record: str
    title: str
    value_date: date | None
    transfer_id: int
    batch_id: int
    file: str
    sheet: str
    row: int
    column: int | None
    rule: str


def lines(connection: Connection, wanted: Filter, by: Sequence[str]) -> Iterator[Line]:
    """The live transfers behind each row of `totals(connection, wanted, by)`, in the order of files, sheets and rows.

    A planner's lines name no cells: evidence is not theirs to read. A transfer between two rows gives a line to each; one that stays inside a row gives none. The lines of a row add
    up to it exactly. Shares of an earmark are not applied: `wanted.earmark` must be None.
    """
    assert wanted.earmark is None
    where, values = totals._conditions(wanted, years=False)  # noqa: SLF001 - the same package: one meaning of a Filter
    traced = standing.of_session(connection).role != "planner"
    columns = ["x.currency", "x.price_basis", "x.is_illustrative", *(KEYS[name] for name in by)]
    picked = ", ".join(f"{column} AS k{number}" for number, column in enumerate(columns))
    inner = (
        f"SELECT m.transfer_id, m.year, sum(m.minor) AS minor, {picked} FROM ({_sides(wanted)}) AS m "
        f"JOIN account x ON x.id = m.account_id {totals._joins(wanted, by)} "  # noqa: SLF001
        f"WHERE {' AND '.join(where)} GROUP BY m.transfer_id, m.year, {', '.join(columns)} HAVING sum(m.minor) <> 0"
    )
    known = " AND w.batch_id <= :known_at" if wanted.known_at is not None else ""
    versions = " ".join(
        f"LEFT JOIN {kind} {a} ON {a}.id = h.{kind}_id LEFT JOIN {kind}_version {a}v ON {a}v.{kind}_id = h.{kind}_id "
        f"AND {a}v.id = (SELECT max(w.id) FROM {kind}_version w WHERE w.{kind}_id = h.{kind}_id{known})"
        for kind, a in (("project", "p"), ("envelope", "e"), ("programme", "g"))
    )
    told = (
        "SELECT q.minor, q.transfer_id, t.batch_id, coalesce(p.ref, e.ref, g.ref, h.fund_code), "
        f"coalesce(pv.title, ev.title, gv.title, ''), t.value_date, {_CELL if traced else _NO_CELL}, t.rule, h.fund_code, h.country_code, h.theme_code, q.year, h.stage, "
        f"h.basis, {', '.join(f'q.k{n}' for n in range(len(columns)))} "
        f"FROM ({inner}) AS q JOIN transfer t ON t.id = q.transfer_id JOIN account h ON h.id = "
        f"CASE WHEN q.minor > 0 THEN t.credit_account_id ELSE t.debit_account_id END {versions} "
        + (_TRACE if traced else "ORDER BY t.id, q.minor DESC")
    )
    for r in connection.execute(text(told), values, execution_options={"yield_per": FETCH}):
        yield Line(
            tuple(r[20:]),
            int(r[0]),
            r[17],
            r[18],
            bool(r[19]),
            r[11],
            r[12],
            r[13],
            int(r[14]),
            r[15],
            r[16],
            r[3],
            r[4],
            day(r[5]),
            int(r[1]),
            int(r[2]),
            r[6],
            r[7],
            int(r[8]),
            r[9],
            r[10],
        )


def _sides(wanted: Filter) -> str:
    """Both sides of each live transfer that moves a stage's total, signed, with the year of its value date."""
    year = "coalesce(CAST(substr(CAST(t.value_date AS text), 1, 4) AS integer), 0) AS year"
    credit, debit = RANK.format("c"), RANK.format("d")
    both = (
        "FROM transfer t JOIN account c ON c.id = t.credit_account_id JOIN account d ON d.id = t.debit_account_id "
        f"WHERE {totals._live(wanted)} AND {totals._transfers(wanted)}"  # noqa: SLF001 - as above
    )
    return (
        f"SELECT t.id AS transfer_id, t.amount_minor AS minor, c.id AS account_id, {year} {both} "
        f"AND {debit} <= {credit} UNION ALL SELECT t.id, -t.amount_minor, d.id, {year} {both} AND {credit} <= {debit}"
    )


def day(value: date | str | None) -> date | None:
    """SQLite gives dates of raw SQL as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
