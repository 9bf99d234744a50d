"""Roles × tables × verbs × whose rows: what really happens on a server, to be held against matrix.csv.

`.venv/bin/python -m tests.rights.matrix` writes the file anew; every line that changes is a decision, so read it.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.databases import postgres_server
from tests.rights.team import LOGINS, SCOPES, Team, filled_team

PATH = Path(__file__).with_name("matrix.csv")
VERBS = ("select", "insert", "update", "delete", "truncate")
COLUMNS = ("table", "rows", "verb", *LOGINS)
_BY_CODES = "fund_code = %(fund)s AND country_code = %(country)s"
_BY_BATCH = "batch_id = %(batch)s"
_OF = "{0}_id IN (SELECT v.{0}_id FROM {0}_version v WHERE v.fund_code = %(fund)s AND v.country_code = %(country)s)"
_FILES = "SELECT f.id FROM source_file f WHERE f.batch_id = %(batch)s"
#: How a row of one scope is found in a table; a table that is not here has rows that belong to everybody.
SCOPED: Mapping[str, str] = {
    "account": f"stage = 'committed' AND {_BY_CODES}",
    "balance": f"account_id IN (SELECT id FROM account WHERE stage = 'committed' AND {_BY_CODES})",
    "batch_scope": _BY_BATCH,
    "coverage": _BY_CODES,
    "envelope": "id IN (SELECT envelope_id FROM envelope_version WHERE " + _BY_CODES + ")",
    "envelope_version": _BY_CODES,
    "finding": _BY_BATCH,
    "programme": "id IN (SELECT programme_id FROM programme_version WHERE " + _BY_CODES + ")",
    "programme_version": _BY_CODES,
    "project": "id IN (SELECT project_id FROM project_version WHERE " + _BY_CODES + ")",
    "project_earmark": "version_id IN (SELECT id FROM project_version WHERE " + _BY_CODES + ")",
    "project_split": "version_id IN (SELECT id FROM project_version WHERE " + _BY_CODES + ")",
    "project_version": _BY_CODES,
    "published_figure": _BY_BATCH,
    "published_figure_version": _BY_BATCH,
    "seal_hint": _BY_BATCH,
    "source_content": "sha256 IN (SELECT sha256 FROM source_file WHERE " + _BY_BATCH + ")",
    "source_file": _BY_BATCH,
    "source_row": f"sheet_id IN (SELECT id FROM source_sheet WHERE file_id IN ({_FILES}))",
    "source_sheet": f"file_id IN ({_FILES})",
    "transfer": f"credit_account_id IN (SELECT id FROM account WHERE stage = 'committed' AND {_BY_CODES})",
}
#: Of tables without scopes: the row that is tried where not just any will do.
_CHOSEN = {
    "published_figure": "ref = 'F1'",
    "published_figure_version": "origin = 'stated'",
    "batch": "kind = 'import'",
    "seal": "batch_id = (SELECT max(batch_id) FROM seal)",
}
#: What must be different in a second row.
_UNIQUE = ("ref", "sha256", "hash", "code", "login")
#: Tables that are given their numbers.
_NUMBERED = ("batch", "source_row", "audit_sample")
#: What makes a second row fit beside the first.
_FITTING: Mapping[str, dict[str, Any]] = {
    "account": {"price_basis": "2018"},
    "balance": {"year": 1999},
    "batch": {"kind": "import", "reverts_id": None},
    "alembic_version": {"version_num": "9999"},
}
#: What a row belongs to and must find in the same batch: the column, and the table.
_PARENTS: Mapping[str, tuple[str, str]] = {
    "project_split": ("version_id", "project_version"),
    "project_earmark": ("version_id", "project_version"),
    "seal_hint": ("batch_id", "seal"),
    "source_file": ("sha256", "source_content"),
    "source_sheet": ("file_id", "source_file"),
    "source_row": ("sheet_id", "source_sheet"),
    "audit_sample_item": ("sample_id", "audit_sample"),
    "figure_run_result": ("run_id", "figure_run"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is there: its table, whose it is, its key and its values."""

    table: str
    scope: str
    key: dict[str, Any]
    values: dict[str, Any]


def tables(team: Team) -> list[str]:
    """Every table of the schema, by name."""
    query = (
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = 'public'::regnamespace"
    )
    with team.admin() as connection:
        return sorted(str(name) for (name,) in connection.execute(query))


def sample(team: Team) -> Iterator[Row]:
    """A row of every table and scope."""
    with team.admin() as connection:
        for table in tables(team):
            keys = _keys(connection, table)
            columns = _columns(connection, table)
            for scope in (
                [*SCOPES, "common"]
                if table.startswith("published_figure")
                else SCOPES
                if table in SCOPED
                else ["common"]
            ):
                where = SCOPED[table] if scope in SCOPES else _CHOSEN.get(table, "true")
                values: dict[str, Any] = {"batch": team.batches.get(scope)}
                if scope in SCOPES:
                    values["fund"], values["country"] = SCOPES[scope]
                query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY 1 LIMIT 1").format(
                    sql.SQL(", ").join(map(sql.Identifier, columns)),
                    sql.Identifier(table),
                    sql.SQL(where),
                )
                found = connection.execute(query, values).fetchone()
                assert found is not None, (table, scope)
                row = dict(zip(columns, found, strict=True))
                key = {name: row[name] for name in keys}
                if table in ("source_row", "audit_sample"):  # a new one must go on where the last one ended
                    following = connection.execute(f"SELECT max(id) + 1 FROM {table}".encode()).fetchone()
                    assert following is not None
                    row["id"] = following[0]
                yield Row(table, scope, key, row)


def outcomes(team: Team) -> list[dict[str, str]]:
    """What each role's login can do with each row, in the order of the file."""
    rows = list(sample(team))
    by_place = {(row.table, row.scope): row for row in rows}
    found: dict[tuple[str, str, str], dict[str, str]] = {
        (row.table, row.scope, verb): {"table": row.table, "rows": row.scope, "verb": verb}
        for row in rows
        for verb in VERBS
    }
    for role in LOGINS:
        with team.connected(role) as connection, connection.transaction(force_rollback=True):
            batch = _open_batch(connection)
            for row in rows:
                for verb in VERBS:
                    ok = _attempt(connection, by_place, row, verb, batch)
                    found[row.table, row.scope, verb][role] = "yes" if ok else "no"
    return list(found.values())


def declared() -> list[dict[str, str]]:
    """What is checked in."""
    with PATH.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _open_batch(connection: psycopg.Connection[Any]) -> int | None:
    """A batch of the login's own, for the rows that are tried; None where the login may open none."""
    for kind in ("import", "sample"):
        with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            found = connection.execute(
                "INSERT INTO batch (id, kind, recorded_at, actor, program_version, settings, is_illustrative) "
                "VALUES (0, %s, '', '', 'test', '{}', false) RETURNING id",
                (kind,),
            ).fetchone()
            assert found is not None
            return int(found[0])
    return None


def _attempt(
    connection: psycopg.Connection[Any], rows: Mapping[tuple[str, str], Row], row: Row, verb: str, batch: int | None
) -> bool:
    """Whether the login can do it to that row; nothing of it is kept."""
    try:
        with connection.transaction(force_rollback=True):
            if verb == "insert":
                return _insert(connection, rows, row, batch) is not None
            return connection.execute(_statement(row, verb), row.key).rowcount != 0
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
        return False


def _statement(row: Row, verb: str) -> sql.Composed:
    table, key = sql.Identifier(row.table), next(iter(row.key))
    where = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in row.key
    )
    if verb == "select":
        return sql.SQL("SELECT {} FROM {} WHERE {}").format(sql.Identifier(key), table, where)
    if verb == "update":
        return sql.SQL("UPDATE {} SET {} = {} WHERE {}").format(table, sql.Identifier(key), sql.Identifier(key), where)
    if verb == "delete":
        return sql.SQL("DELETE FROM {} WHERE {}").format(table, where)
    return sql.SQL("TRUNCATE {} CASCADE").format(table)


def _insert(
    connection: psycopg.Connection[Any], rows: Mapping[tuple[str, str], Row], row: Row, batch: int | None
) -> Any:
    """Add a row that says the same as this one to the login's own batch; returns its number."""
    values = dict(row.values)
    for name in _UNIQUE:
        if isinstance(values.get(name), str):
            values[name] = (str(values[name]) + "+")[-64:]
    if batch is not None and "batch_id" in values:
        values["batch_id"] = batch
    if row.table not in _NUMBERED:
        values.pop("id", None)
    values |= _FITTING.get(row.table, {})
    if row.table == "batch" and batch is not None:  # of the kind that the login may open
        kind = connection.execute("SELECT kind FROM batch WHERE id = %s", (batch,)).fetchone()
        assert kind is not None
        values["kind"] = kind[0]
    if row.table in _PARENTS:
        column, parent = _PARENTS[row.table]
        values[column] = _parent(
            connection, rows, rows.get((parent, row.scope)) or rows[parent, "common"], batch, values[column]
        )
    if row.table == "seal":
        values |= {
            "batch_id": batch or 1,
            "previous_hash": row.values["hash"],
            "first_batch_id": row.values["batch_id"] + 1,
        }
    names, key = list(values), next(iter(row.key))
    query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(row.table),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(", ").join(map(sql.Placeholder, names)),
    )
    if row.table == "source_content":  # bytes are read by who sees a file that names them, and none does yet
        connection.execute(query, values)
        return values[key]
    found = connection.execute(query + sql.SQL(" RETURNING {}").format(sql.Identifier(key)), values).fetchone()
    assert found is not None
    return found[0]


def _parent(
    connection: psycopg.Connection[Any], rows: Mapping[tuple[str, str], Row], parent: Row, batch: int | None, old: Any
) -> Any:
    """A file, sheet or version of the batch at hand for a row that belongs to one; the old one where none can be had."""
    try:
        with connection.transaction():
            return _insert(connection, rows, parent, batch)
    except psycopg.errors.InsufficientPrivilege:
        return old


def _keys(connection: psycopg.Connection[Any], table: str) -> Sequence[str]:
    found = connection.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
        "WHERE i.indisprimary AND i.indrelid = %s::regclass ORDER BY a.attnum",
        (table,),
    )
    return [str(name) for (name,) in found]


def _columns(connection: psycopg.Connection[Any], table: str) -> list[str]:
    found = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        (table,),
    )
    return [str(name) for (name,) in found]


def main() -> int:
    """Write what happens on a new server to the file."""
    with postgres_server() as url:
        found = outcomes(filled_team(url))
    with PATH.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    sys.stdout.write(f"{len(found)} lines\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
