"""Projects as a list: what was last said of each, and what it holds by stage and basis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from ledger.domain.money import divide_half_up
from ledger.store import standing, totals
from ledger.store.reports import FETCH, day
from ledger.store.totals import Filter

#: Attributes of a project, and what they are in SQL.
_ATTRIBUTES: Final = {
    "project_ref": "p.ref",
    "source": "p.source",
    "parent": "pp.ref",
    "fund": "v.fund_code",
    "country": "v.country_code",
    "theme": "v.theme_code",
    "programme": "pg.ref",
}
#: What a planner may not see, column by column of project_version.
_NAMES: Final = ("summary", "beneficiary", "location", "nuts", "managing_authority")
_HIDDEN: Final = "CAST(NULL AS text)"
_DAYS: Final = ("start_date", "end_date", "decision_date")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sum that is asked of each project: the money of a stage, on a basis or on all, or an earmark's part of it."""

    stage: str
    basis: str | None = None
    earmark: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project in one currency, price basis and kind of data, with its attributes and sums as they were asked for.

    `file`, `sheet` and `row` name where it was last stated; empty to a planner, whom evidence is kept from.
    """

    attributes: tuple[Any, ...]
    currency: str
    price_basis: str
    is_illustrative: bool
    sums: tuple[int, ...]
    file: str
    sheet: str
    row: int


def project_rows(
    connection: Connection, scope: Filter, attributes: Sequence[str], wanted: Sequence[Wanted]
) -> Iterator[ProjectRow]:
    """The projects that hold money in `scope`, by fund, source and reference, streamed.

    A decision holds what is not in its contracts, so the rows add up to `totals(connection, scope)`. An earmark's part is
    rounded half up, each project by itself.
    """
    where, values = totals._conditions(scope, years=totals._balances_suffice(scope))  # noqa: SLF001 - one meaning of a Filter
    traced = standing.of_session(connection).role != "planner"
    columns = [_column(name, traced=traced) for name in attributes]
    sums, shares, joins = [], [], []
    for place, each in enumerate(wanted):
        conditions = [f"x.stage = :stage{place}"] + ([f"x.basis = :basis{place}"] if each.basis else [])
        values |= {f"stage{place}": each.stage} | ({f"basis{place}": each.basis} if each.basis else {})
        sums.append(f"coalesce(sum(CASE WHEN {' AND '.join(conditions)} THEN m.to_date END), 0)")
        if each.earmark:
            joins.append(
                f"LEFT JOIN project_earmark k{place} ON k{place}.version_id = v.id "
                f"AND k{place}.earmark_code = :earmark{place}"
            )
            values[f"earmark{place}"] = each.earmark
        shares.append(f"coalesce(max(k{place}.share_ppb), 0)" if each.earmark else str(totals.WHOLE))
    cell = "coalesce(f.name, ''), coalesce(s.name, ''), coalesce(r.number, 0)" if traced else "'', '', 0"
    trace = (
        "LEFT JOIN source_row r ON r.id = v.source_row_id LEFT JOIN source_sheet s ON s.id = r.sheet_id "
        "LEFT JOIN source_file f ON f.id = s.file_id"
    )
    marks = ["x.currency", "x.price_basis", "x.is_illustrative"]
    told = [column for column in columns if column != _HIDDEN]
    grouped = ", ".join(dict.fromkeys([*told, "v.fund_code", "p.source", "p.ref", *marks]))
    query = (
        f"SELECT {', '.join([*columns, *marks, *sums, *shares, cell])} FROM {totals._movements(scope)} "  # noqa: SLF001
        f"JOIN account x ON x.id = m.account_id {totals._joins(scope, ('project', 'programme'))} "  # noqa: SLF001
        f"LEFT JOIN project pp ON pp.id = v.parent_id {' '.join(joins)} {trace if traced else ''} "
        f"WHERE x.project_id IS NOT NULL AND {' AND '.join(where)} "
        f"GROUP BY p.id, {grouped}" + (", f.name, s.name, r.number" if traced else "") + " "
        f"ORDER BY v.fund_code, p.source, p.ref, x.is_illustrative, {marks[0]}, {marks[1]}"
    )
    width, count = len(columns), len(wanted)
    for row in connection.execute(text(query), values, execution_options={"yield_per": FETCH}):
        said = tuple(
            day(value) if name in _DAYS else value for name, value in zip(attributes, row[:width], strict=True)
        )
        found = [int(value) for value in row[width + 3 : width + 3 + 2 * count]]
        parts = tuple(
            divide_half_up(minor * share, totals.WHOLE)
            for minor, share in zip(found[:count], found[count:], strict=True)
        )
        yield ProjectRow(said, row[width], row[width + 1], bool(row[width + 2]), parts, *row[-3:])


def _column(name: str, *, traced: bool) -> str:
    if name in _NAMES and not traced:
        return _HIDDEN
    return _ATTRIBUTES.get(name, f"v.{name}")
