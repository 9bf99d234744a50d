"""The code lists in the database: loaded from the shipped csv files, refreshed by `init`, never emptied."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from importlib.resources.abc import Traversable
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from ledger import shipped
from ledger.store.models import Base


def load(connection: Connection) -> None:
    """Insert what is new in the shipped lists and bring the rest up to date; codes are never removed."""
    lists = shipped.codelists()
    _refresh(connection, "fund", _read(lists, "funds.csv", ("code", "name_en", "name_fr", "kind")))
    _refresh(
        connection, "country", _read(lists, "countries.csv", ("code", "iso3", "code_ec", "name_en", "name_fr", "kind"))
    )
    _refresh(connection, "theme", _read(lists, "themes.csv", ("code", "name_en"), parent="parent_code"))
    _refresh(connection, "earmark", _read(lists, "earmarks.csv", ("code", "name_en", "share_note", "legal_reference")))
    _groups(connection, lists)


def codes(connection: Connection, table: str) -> list[str]:
    """Every code of a list (`fund`, `country`, `theme`, `earmark`, `country_group`)."""
    return list(connection.execute(select(Base.metadata.tables[table].c.code)).scalars())


def group_countries(connection: Connection, group: str) -> list[str]:
    """The countries that are or were members of a group, and the region code that stands for all of it."""
    member, groups = Base.metadata.tables["country_group_member"], Base.metadata.tables["country_group"]
    countries = connection.execute(
        select(member.c.country_code).where(member.c.group_code == group).distinct().order_by(member.c.country_code)
    ).scalars()
    region = connection.execute(select(groups.c.region_code).where(groups.c.code == group)).scalar()
    return [*countries, *([region] if region else [])]


def themes_below(connection: Connection, theme: str) -> list[str]:
    """The theme and every theme below it."""
    table = Base.metadata.tables["theme"]
    found = [theme]
    for code in found:  # grows while it is walked: the list is its own queue
        found += connection.execute(select(table.c.code).where(table.c.parent_code == code)).scalars()
    return found


def _read(lists: Traversable, name: str, columns: tuple[str, ...], **renamed: str) -> Iterator[dict[str, Any]]:
    for row in csv.DictReader(lists.joinpath(name).read_text(encoding="utf-8").splitlines()):
        values = {column: row[column] or None for column in columns}
        values.update({ours: row[theirs] or None for theirs, ours in renamed.items()})
        yield values


def _refresh(connection: Connection, name: str, rows: Iterable[dict[str, Any]]) -> None:
    """Insert new codes, in the order of the list (parents stand first), and update those that changed."""
    table: Table = Base.metadata.tables[name]
    known = {row["code"]: dict(row) for row in connection.execute(select(table)).mappings()}
    new: dict[str, dict[str, Any]] = {}
    for row in rows:
        code = row["code"]
        if code not in known:
            new[code] = row
        elif row.items() - known[code].items():
            connection.execute(update(table).where(table.c.code == code).values(**row))
    if new:
        connection.execute(insert(table), list(new.values()))


def _groups(connection: Connection, lists: Traversable) -> None:
    group, member = Base.metadata.tables["country_group"], Base.metadata.tables["country_group_member"]
    rows = list(
        _read(
            lists,
            "country-groups.csv",
            ("country", "name_en", "region", "valid_from", "valid_to", "source"),
            group="group_code",
        )
    )
    by_code = {row["group_code"]: row for row in rows}
    _refresh(
        connection,
        group.name,
        [{"code": code, "name_en": row["name_en"], "region_code": row["region"]} for code, row in by_code.items()],
    )
    known = {
        tuple(found)
        for found in connection.execute(select(member.c.group_code, member.c.country_code, member.c.valid_from))
    }
    new = []
    for row in rows:
        start, end = (date.fromisoformat(row[key]) if row[key] else None for key in ("valid_from", "valid_to"))
        if (row["group_code"], row["country"], start) not in known:
            new.append(
                {
                    "group_code": row["group_code"],
                    "country_code": row["country"],
                    "valid_from": start,
                    "valid_to": end,
                    "source": row["source"],
                }
            )
    if new:
        connection.execute(insert(member), new)
