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
_CELL = "coalesce(f.name, ''), coalesce(f.sha256, ''), coalesce(s.name, ''), coalesce(r.number, 0), t.source_column"
_TRACE = (
    "LEFT JOIN source_row r ON r.id = t.source_row_id LEFT JOIN source_sheet s ON s.id = r.sheet_id "
    "LEFT JOIN source_file f ON f.id = s.file_id"
)
_IN_FILES = "f.id, s.position, r.number, t.source_column, "
_NO_CELL = "'', '', '', 0, CAST(NULL AS integer)"

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


def names(connection: Connection, table: str, lang: str = "en") -> dict[str, str]:
    """Names by code of a code list (`fund`, `country` or `theme`); English ones where the list has none in `lang`."""
    assert table in ("fund", "country", "theme")
    name = "name_en" if lang == "en" or table == "theme" else f"coalesce(name_{lang}, name_en)"
    return {str(code): str(said) for code, said in connection.execute(text(f"SELECT code, {name} FROM {table}"))}


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
    sha256: str
    sheet: str
    row: int
    column: int | None
    rule: str
    share_ppb: int

    @property
    def group(self) -> tuple[str, str, bool]:
        """What is never added to anything else: currency, price basis, illustrative or not."""
        return self.currency, self.price_basis, self.is_illustrative


def lines(connection: Connection, wanted: Filter, by: Sequence[str]) -> Iterator[Line]:
    """The live transfers behind each row of `totals(connection, wanted, by)`: row after row, then as the files have them.

    A planner's lines name no cells: evidence is not theirs to read. A transfer between two rows gives a line to each;
    one that stays inside a row gives none. The lines of a row add up to it exactly; where an earmark is wanted,
    `share_ppb` is the part of each that counts, which is for the caller to apply.
    """
    where, values = totals._conditions(wanted, years=False)  # noqa: SLF001 - the same package: one meaning of a Filter
    traced = standing.of_session(connection).role != "planner"
    columns = ["x.currency", "x.price_basis", "x.is_illustrative", *(KEYS[name] for name in by)]
    picked = ", ".join(f"{column} AS k{number}" for number, column in enumerate(columns))
    share = "k.share_ppb" if wanted.earmark else str(totals.WHOLE)
    inner = (
        f"SELECT m.transfer_id, m.year, sum(m.minor) AS minor, max({share}) AS share, {picked} FROM ({_sides(wanted)}) AS m "
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
        f"h.basis, q.share, {', '.join(f'q.k{n}' for n in range(len(columns)))} "
        f"FROM ({inner}) AS q JOIN transfer t ON t.id = q.transfer_id JOIN account h ON h.id = "
        f"CASE WHEN q.minor > 0 THEN t.credit_account_id ELSE t.debit_account_id END {versions} "
        + (_TRACE if traced else "")
        + f" ORDER BY {', '.join(f'q.k{n}' for n in range(len(columns)))}, "
        + (_IN_FILES if traced else "")
        + "t.id, q.minor DESC"
    )
    for r in connection.execute(text(told), values, execution_options={"yield_per": FETCH}):
        yield Line(
            keys=tuple(r[22:]),
            minor=int(r[0]),
            currency=r[19],
            price_basis=r[20],
            is_illustrative=bool(r[21]),
            fund=r[12],
            country=r[13],
            theme=r[14],
            year=int(r[15]),
            stage=r[16],
            basis=r[17],
            record=r[3],
            title=r[4],
            value_date=day(r[5]),
            transfer_id=int(r[1]),
            batch_id=int(r[2]),
            file=r[6],
            sha256=r[7],
            sheet=r[8],
            row=int(r[9]),
            column=r[10],
            rule=r[11],
            share_ppb=int(r[18]),
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
