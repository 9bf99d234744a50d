"""Projects, programmes and envelopes of a ledger as a list: what is said of each, and the amounts that lists state for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, text

from ledger.domain.records import Kind
from ledger.store import totals
from ledger.store.staging import HOLDERS, Holder
from ledger.store.totals import Filter


@dataclass(slots=True)
class Listed:
    """A project, programme or envelope, its newest version (by column), and the amounts that arrived at it.

    An amount is (stage, basis, currency, price basis) -> country -> minor units; one that lies inside a parent's counts here
    too. `places` are (file, sheet, row, batch) of the rows that state it; an envelope has no source.
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


def listed(connection: Connection, kind: Kind, wanted: Filter) -> list[Listed]:
    """Every record of a kind that is not withdrawn, by source and reference.

    Of `wanted`, the source, `as_of`, `known_at` and `with_illustrative` are applied.
    """
    holder = HOLDERS[kind]
    if not holder.has_source:
        wanted = replace(wanted, source=None)
    values = {name: value for name in ("as_of", "known_at", "source") if (value := getattr(wanted, name)) is not None}
    found = _records(connection, holder, wanted, values)
    # The same package: one meaning of a Filter.
    where = f"{totals._live(wanted)} AND {totals._transfers(wanted)}"  # noqa: SLF001
    if not wanted.with_illustrative:
        where += " AND x.is_illustrative = false"
    if wanted.source is not None:
        where += " AND p.source = :source"
    arrived = (
        "FROM transfer t JOIN account x ON x.id = t.credit_account_id "
        f"JOIN {holder.table} p ON p.id = x.{holder.id_column}"
    )
    account = "x.stage, x.basis, x.currency, x.price_basis, x.country_code"
    query = f"SELECT p.id, {account}, sum(t.amount_minor) {arrived} WHERE {where} GROUP BY p.id, {account}"
    for row in connection.execute(text(query), values):
        if row[0] in found:
            found[row[0]].amounts[row[1], row[2], row[3], row[4]][row[5]] = int(row[6])
    query = (
        "SELECT DISTINCT p.id, f.name, s.name, r.number, f.batch_id, s.position "
        f"{arrived} JOIN source_row r ON r.id = t.source_row_id JOIN source_sheet s ON s.id = r.sheet_id "
        f"JOIN source_file f ON f.id = s.file_id WHERE {where} ORDER BY f.batch_id, s.position, r.number"
    )
    for row in connection.execute(text(query), values):
        if row[0] in found:
            found[row[0]].places.append((row[1], row[2], int(row[3]), int(row[4])))
    return list(found.values())


def _records(connection: Connection, holder: Holder, wanted: Filter, values: dict[str, Any]) -> dict[int, Listed]:
    known = " AND w.batch_id <= :known_at" if wanted.known_at is not None else ""
    joins, parent, programme = "", "NULL", "NULL"
    if "parent_id" in holder.links:
        joins, parent = f"LEFT JOIN {holder.table} q ON q.id = v.parent_id ", "q.ref"
    if "programme_id" in holder.links:
        joins, programme = f"{joins}LEFT JOIN programme g ON g.id = v.programme_id ", "g.ref"
    source, order = ("p.source", "p.source, p.ref") if holder.has_source else ("''", "p.ref")
    query = (
        f"SELECT p.id, {source}, p.ref, {parent}, {programme}, {', '.join(f'v.{name}' for name in holder.attributes)} "
        f"FROM {holder.table} p JOIN {holder.version} v ON v.id = (SELECT max(w.id) FROM {holder.version} w "
        f"WHERE w.{holder.id_column} = p.id{known}) {joins}"
        "JOIN batch b ON b.id = v.batch_id WHERE v.is_withdrawn = false"
    )
    if wanted.source is not None:
        query += " AND p.source = :source"
    if not wanted.with_illustrative:
        query += " AND b.is_illustrative = false"
    given = {name: value for name, value in values.items() if name != "as_of"}
    return {
        int(row[0]): Listed(row[1], row[2], dict(zip(holder.attributes, row[5:], strict=True)), row[3], row[4])
        for row in connection.execute(text(f"{query} ORDER BY {order}, p.id"), given)
    }
