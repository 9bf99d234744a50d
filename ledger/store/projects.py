"""The projects of a ledger as a list: what is said of each, and the amounts that the lists state for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from ledger.store import totals
from ledger.store.models import ProjectVersion
from ledger.store.totals import Filter

#: What of a version is not said of the project itself.
_NOT_SAID = (
    "id",
    "project_id",
    "batch_id",
    "source_row_id",
    "is_withdrawn",
    "digest",
    "parent_id",
    "programme_id",
    "note",
)


@dataclass(slots=True)
class ListedProject:
    """A project, its newest version (by column), and the amounts that arrived at it.

    An amount is (stage, basis, currency, price basis) -> country -> minor units; one that lies inside a parent's counts here
    too. `places` are (file, sheet, row, batch) of the rows that state it.
    """

    source: str
    ref: str
    said: dict[str, Any]
    parent: str | None
    programme: str | None
    amounts: dict[tuple[str, str, str, str], dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    places: list[tuple[str, str, int, int]] = field(default_factory=list)


def sources(connection: Connection) -> set[str]:
    """The namespaces of the projects' references."""
    return set(connection.execute(text("SELECT DISTINCT source FROM project")).scalars())


def listed(connection: Connection, wanted: Filter) -> list[ListedProject]:
    """Every project that is not withdrawn, by source and reference.

    Of `wanted`, the source, `as_of`, `known_at` and `with_illustrative` are applied.
    """
    values = {name: value for name in ("as_of", "known_at", "source") if (value := getattr(wanted, name)) is not None}
    found = _projects(connection, wanted, values)
    # The same package: one meaning of a Filter.
    counts = f"{totals._live(wanted)} AND {totals._transfers(wanted)}"  # noqa: SLF001
    where = f"{counts} AND x.project_id IS NOT NULL"
    if not wanted.with_illustrative:
        where += " AND x.is_illustrative = false"
    if wanted.source is not None:
        where += " AND p.source = :source"
    arrived = "FROM transfer t JOIN account x ON x.id = t.credit_account_id JOIN project p ON p.id = x.project_id"
    query = (
        "SELECT x.project_id, x.stage, x.basis, x.currency, x.price_basis, x.country_code, sum(t.amount_minor) "
        f"{arrived} WHERE {where} GROUP BY x.project_id, x.stage, x.basis, x.currency, x.price_basis, x.country_code"
    )
    for row in connection.execute(text(query), values):
        if row[0] in found:
            found[row[0]].amounts[row[1], row[2], row[3], row[4]][row[5]] = int(row[6])
    query = (
        "SELECT DISTINCT x.project_id, f.name, s.name, r.number, f.batch_id, s.position "
        f"{arrived} JOIN source_row r ON r.id = t.source_row_id JOIN source_sheet s ON s.id = r.sheet_id "
        f"JOIN source_file f ON f.id = s.file_id WHERE {where} ORDER BY f.batch_id, s.position, r.number"
    )
    for row in connection.execute(text(query), values):
        if row[0] in found:
            found[row[0]].places.append((row[1], row[2], int(row[3]), int(row[4])))
    return list(found.values())


def _projects(connection: Connection, wanted: Filter, values: dict[str, Any]) -> dict[int, ListedProject]:
    known = " AND w.batch_id <= :known_at" if wanted.known_at is not None else ""
    said = [column.name for column in ProjectVersion.__table__.columns if column.name not in _NOT_SAID]
    query = (
        f"SELECT p.id, p.source, p.ref, q.ref, g.ref, {', '.join(f'v.{name}' for name in said)} FROM project p "
        f"JOIN project_version v ON v.id = (SELECT max(w.id) FROM project_version w WHERE w.project_id = p.id{known}) "
        "LEFT JOIN project q ON q.id = v.parent_id LEFT JOIN programme g ON g.id = v.programme_id "
        "JOIN batch b ON b.id = v.batch_id WHERE v.is_withdrawn = false"
    )
    if wanted.source is not None:
        query += " AND p.source = :source"
    if not wanted.with_illustrative:
        query += " AND b.is_illustrative = false"
    wanted_here = {name: value for name, value in values.items() if name != "as_of"}
    return {
        int(row[0]): ListedProject(row[1], row[2], dict(zip(said, row[5:], strict=True)), row[3], row[4])
        for row in connection.execute(text(query + " ORDER BY p.source, p.ref, p.id"), wanted_here)
    }
