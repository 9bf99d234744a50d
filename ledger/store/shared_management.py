"""Projects and programmes of funds under shared management, as their rules see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, bindparam, text

from ledger.store.controls import CURRENT, FIRST_DAY, LINE, TOPS
from ledger.store.integrity import PLACE, Place, place
from ledger.store.reports import day


@dataclass(frozen=True, slots=True)
class Financed:
    """A project with its commitments, in one currency: the EU share and all bases together, in minor units.

    `first` is the day of its first commitment, else its decision, else its start. `rate` is the co-financing rate that
    the list states, in per cent.
    """

    ref: str
    source: str
    fund: str
    country: str
    programme: str | None
    currency: str
    eu: int
    total: int
    rate: str | None
    said: tuple[str | None, ...]
    objective: str | None
    first: date | None
    source_row: int | None
    place: Place


def financed(connection: Connection, funds: Sequence[str], *, with_illustrative: bool) -> list[Financed]:
    """Projects of these funds with EU-share commitments, each family at its top, in the order of their references."""
    only = "" if with_illustrative else "AND x.is_illustrative = false "
    query = (
        f"WITH RECURSIVE {CURRENT}, {LINE}, {TOPS}, own AS (SELECT o.top_id, x.currency, "
        "sum(CASE WHEN x.basis = 'eu' THEN b.to_date_minor ELSE 0 END) AS eu, "
        # A public contribution holds the EU share or stands for itself; beside an EU share it is not booked.
        "sum(b.to_date_minor) AS total FROM account x JOIN balance b ON b.account_id = x.id "
        "JOIN tops o ON o.project_id = x.project_id WHERE x.stage = 'committed' AND x.price_basis = 'current' "
        f"AND x.fund_code IN :funds {only}GROUP BY o.top_id, x.currency HAVING "
        "sum(CASE WHEN x.basis = 'eu' THEN b.to_date_minor ELSE 0 END) > 0) "
        "SELECT p.ref, p.source, c.fund_code, c.country_code, g.ref, w.currency, w.eu, w.total, c.eu_rate, "
        "c.intervention_type, c.priority, c.specific_objective, c.call, "
        f"{FIRST_DAY}, c.source_row_id, f.name, s.name, r.number "
        "FROM own w JOIN cur c ON c.project_id = w.top_id JOIN project p ON p.id = w.top_id "
        "LEFT JOIN programme g ON g.id = c.programme_id "
        + PLACE.format("c.source_row_id")
        + " ORDER BY p.ref, p.source, w.currency"
    )
    rows = connection.execute(text(query).bindparams(bindparam("funds", expanding=True)), {"funds": list(funds)})
    return [
        Financed(
            ref=row[0],
            source=row[1],
            fund=row[2],
            country=row[3],
            programme=row[4],
            currency=row[5],
            eu=int(row[6]),
            total=int(row[7]),
            rate=row[8],
            said=(row[9], row[10], row[11], row[12]),
            objective=row[11],
            first=day(row[13]),
            source_row=row[14],
            place=place(row[15:]),
        )
        for row in rows
    ]


def total_cost_cells(connection: Connection, source_rows: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Rows whose sheet has a column of total costs: SHA-256 of the file and the columns of the sheet, as JSON."""
    if not source_rows:
        return {}
    query = (
        "SELECT r.id, f.sha256, s.columns FROM source_row r JOIN source_sheet s ON s.id = r.sheet_id "
        "JOIN source_file f ON f.id = s.file_id WHERE r.id IN :rows AND s.columns LIKE '%total_cost%'"
    )
    rows = connection.execute(text(query).bindparams(bindparam("rows", expanding=True)), {"rows": list(source_rows)})
    return {int(row[0]): (row[1], row[2]) for row in rows}
