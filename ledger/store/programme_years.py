"""Programmes year by year, and the sheets and totals that were published of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from ledger.store.integrity import PLACE, Place, place


@dataclass(frozen=True, slots=True)
class Year:
    """EU-share money of a programme, or allocated to an envelope, in one year of value date (0: undated), in minor units."""

    kind: str
    ref: str
    fund: str
    stage: str
    currency: str
    year: int
    minor: int
    place: Place


def years(connection: Connection, *, with_illustrative: bool) -> list[Year]:
    """What programmes committed, declared and were paid, and what envelopes allocate, by year; recoveries are negative."""
    only = "" if with_illustrative else "AND x.is_illustrative = false "
    found: list[Year] = []
    # Only nodes of a tree: a statement repeats, for the whole period, what a tree holds already.
    for kind, stages in (
        ("programme", "x.stage IN ('committed', 'declared', 'paid', 'recovered')"),
        ("envelope", "x.stage = 'allocated' AND v.role = 'node'"),
    ):
        rows = connection.execute(
            text(
                f"SELECT h.ref, x.fund_code, x.stage, x.currency, b.year, sum(b.to_date_minor), min(f.name), min(s.name), "
                f"min(r.number) FROM account x JOIN balance b ON b.account_id = x.id JOIN {kind} h ON h.id = x.{kind}_id "
                f"LEFT JOIN {kind}_version v ON v.id = (SELECT max(w.id) FROM {kind}_version w WHERE w.{kind}_id = h.id) "
                + PLACE.format("v.source_row_id")
                + f" WHERE x.basis = 'eu' AND x.price_basis = 'current' AND {stages} {only}"
                "GROUP BY h.ref, x.fund_code, x.stage, x.currency, b.year ORDER BY h.ref, b.year"
            )
        )
        for row in rows:
            sign = -1 if row[2] == "recovered" else 1
            stage = "paid" if row[2] == "recovered" else row[2]
            found.append(Year(kind, row[0], row[1], stage, row[3], int(row[4]), sign * int(row[5]), place(row[6:])))
    return found


def payment_sheets(connection: Connection) -> list[tuple[str, str, str, str, str]]:
    """Sheets of batches that stand with a column of pre-financing: file, SHA-256, sheet, header rows, columns as JSON."""
    rows = connection.execute(
        text(
            "SELECT f.name, f.sha256, s.name, s.header_rows, s.columns FROM source_sheet s JOIN source_file f "
            "ON f.id = s.file_id WHERE s.columns LIKE '%pre_fin%' AND s.columns LIKE '%init_plan_eu_amt_1_adoption%' "
            "AND NOT EXISTS (SELECT 1 FROM batch u WHERE u.reverts_id = f.batch_id) ORDER BY f.id, s.position"
        )
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def printed_totals(connection: Connection) -> list[tuple[str, str, str, str]]:
    """Totals that sheets print: reference (FILE!SHEET!CELL), what is printed, what the cells give, SHA-256 of the file."""
    rows = connection.execute(
        text(
            "SELECT h.ref, v.value, v.cells_value, coalesce((SELECT min(f.sha256) FROM source_file f "
            "WHERE f.batch_id = v.batch_id AND substr(h.ref, 1, length(f.name) + 1) = f.name || '!'), '') "
            "FROM published_figure_version v JOIN published_figure h ON h.id = v.figure_id "
            "WHERE v.origin = 'printed-total' AND v.is_withdrawn = false AND v.value IS NOT NULL "
            "AND v.cells_value IS NOT NULL AND v.id = (SELECT max(w.id) FROM published_figure_version w "
            "WHERE w.figure_id = h.id) ORDER BY h.ref"
        )
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
