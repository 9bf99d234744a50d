"""The code lists in the database: loaded from the shipped csv files, refreshed by `init`, never emptied."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select, update

from ledger import shipped
from ledger.store.models import Base

#: Table, file, columns of both, and columns that have another name in the file.
_LISTS: Final[tuple[tuple[str, str, tuple[str, ...], dict[str, str]], ...]] = (
    ("fund", "funds.csv", ("code", "name_en", "name_fr", "kind"), {}),
    ("country", "countries.csv", ("code", "iso3", "code_ec", "name_en", "name_fr", "kind"), {}),
    ("theme", "themes.csv", ("code", "name_en"), {"parent_code": "parent"}),
    ("earmark", "earmarks.csv", ("code", "name_en", "share_note", "legal_reference"), {}),
)


def load(connection: Connection) -> None:
    """Insert what is new in the shipped lists and bring the rest up to date; codes are never removed."""
    for table, rows in _shipped():
        _refresh(connection, table, rows)
    _refresh_members(connection)


def differences(connection: Connection) -> tuple[int, list[str]]:
    """How many entries the shipped lists have, and how those in the database differ: what is changed or missing."""
    count, told = 0, []
    for table, rows in _shipped():
        known = {row["code"]: dict(row) for row in connection.execute(select(Base.metadata.tables[table])).mappings()}
        count += len(rows)
        for row in rows:
            if (ours := known.pop(row["code"], None)) is None:
                told.append(f"{table} {row['code']} is missing")
            elif wrong := sorted(name for name in row if ours[name] != row[name]):
                told.append(f"{table} {row['code']} has another {', '.join(wrong)}")
        told += [f"{table} {code} is in no shipped list" for code in known]
    member = Base.metadata.tables["country_group_member"]
    held = {_member_key(row): row for row in map(dict, connection.execute(select(member)).mappings())}
    numbers = sorted(row["id"] for row in held.values())
    if numbers != list(range(1, len(numbers) + 1)):
        told.append("the rows of country_group_member are not numbered one by one")
    members = _members()
    for row in members:
        name = f"country_group_member {row['group_code']} {row['country_code']}"
        if (ours := held.pop(_member_key(row), None)) is None:
            told.append(f"{name} is missing")
        elif wrong := sorted(column for column in row if ours[column] != row[column]):
            told.append(f"{name} has another {', '.join(wrong)}")
    told += [f"country_group_member {key[0]} {key[1]} is in no shipped list" for key in held]
    return count + len(members), told


def entries(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every entry of every list as it stands in the database, by table, in the order of its key."""
    found = {}
    for name in (*(table for table, *_ in _LISTS), "country_group", "country_group_member"):
        table = Base.metadata.tables[name]
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        # Sorted here: the two databases do not sort text alike.
        found[name] = sorted(rows, key=lambda row: (row.get("id", 0), row.get("code", "")))
    return found


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


def _read(name: str, columns: tuple[str, ...], renamed: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    content = shipped.codelists().joinpath(name).read_text(encoding="utf-8")
    for row in csv.DictReader(content.splitlines()):
        values = {column: row[column] or None for column in columns}
        values.update({ours: row[theirs] or None for ours, theirs in renamed.items()})
        yield values


def _shipped() -> list[tuple[str, list[dict[str, Any]]]]:
    """The rows of each list that has codes; those that others refer to first."""
    found = [(table, list(_read(file, columns, renamed))) for table, file, columns, renamed in _LISTS]
    groups = {
        row["group_code"]: {"code": row["group_code"], "name_en": row["name_en"], "region_code": row["region"]}
        for row in _groups_file()
    }
    return [*found, ("country_group", list(groups.values()))]


def _groups_file() -> Iterator[dict[str, Any]]:
    columns = ("country", "name_en", "region", "valid_from", "valid_to", "source")
    return _read("country-groups.csv", columns, {"group_code": "group"})


def _members() -> list[dict[str, Any]]:
    """Which country is or was in which group, as the shipped list says."""
    return [
        {
            "group_code": row["group_code"],
            "country_code": row["country"],
            "valid_from": _day(row["valid_from"]),
            "valid_to": _day(row["valid_to"]),
            "source": row["source"],
        }
        for row in _groups_file()
    ]


def _member_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["group_code"], row["country_code"], row["valid_from"]


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


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


def _refresh_members(connection: Connection) -> None:
    """Insert new memberships, numbered without a gap, and bring the rest up to date."""
    table: Table = Base.metadata.tables["country_group_member"]
    known = {_member_key(row): row for row in map(dict, connection.execute(select(table)).mappings())}
    number = max((row["id"] for row in known.values()), default=0)
    for row in _members():
        if (held := known.get(_member_key(row))) is None:
            number += 1
            connection.execute(insert(table).values(id=number, **row))
        elif row.items() - held.items():
            connection.execute(update(table).where(table.c.id == held["id"]).values(**row))
