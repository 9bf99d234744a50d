"""Creating and upgrading the tables through Alembic, and saying where a database stands."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.resources import as_file
from typing import Any

from sqlalchemy import Connection, inspect, text

from ledger import shipped
from ledger.store import rights
from ledger.store.database import Database, DatabaseProblem
from ledger.store.models import APPEND_ONLY, Base
from ledger.store.revisions import head, revisions


def upgrade(
    database: Database, revision: str = "head", *, first: Callable[[str], None] = lambda _revision: None
) -> tuple[str | None, str | None]:
    """Bring the schema to `revision`, creating the database file if need be; returns (before, after).

    All steps stand in one transaction: a failing one leaves the schema as it was. `first` is told the revision of a
    ledger that is about to be changed while no writer can come between: a backup taken there holds all of it.
    DatabaseProblem where the database was made by a newer program.
    """
    database.create_file()
    refuse_newer(database, current(database))
    with database.open() as connection:
        suspend_foreign_keys(connection)
        with database.writing(connection):
            before = revision_of(connection)
            if before is not None and before != (head() if revision == "head" else revision):
                first(before)
            build(connection, revision)
            if not database.is_sqlite:
                rights.apply(connection, create=False)  # what a step has made is given to the roles that are there
    return before, current(database)


def build(connection: Connection, revision: str) -> None:
    """Run the steps up to `revision` in the transaction that is open; the caller commits, or nothing is changed."""
    from alembic import command

    with as_file(shipped.migrations()) as scripts:
        command.upgrade(_config(scripts, connection), revision)
    refuse_broken_references(connection)


def suspend_foreign_keys(connection: Connection) -> None:
    """Let SQLite check references at the end only, before a transaction has begun; PostgreSQL needs nothing.

    With them on, a batch operation on a parent table would delete its children.
    """
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]


def refuse_broken_references(connection: Connection) -> None:
    """DatabaseProblem where a row of a SQLite file names one that is not there; PostgreSQL has refused it already."""
    if connection.dialect.name == "sqlite" and (
        broken := connection.execute(text("PRAGMA foreign_key_check")).fetchall()
    ):
        raise DatabaseProblem(f"{len(broken)} references would be broken; nothing was changed")


def current(database: Database) -> str | None:
    """The revision of the database, or None for an empty or absent one."""
    if not database.exists():
        return None
    with database.open() as connection:
        return revision_of(connection)


def revision_of(connection: Connection) -> str | None:
    """The revision that a transaction sees, or None where it sees no ledger."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def history() -> list[tuple[str, str]]:
    """Every revision, oldest first, with its one-line purpose."""
    from alembic.script import ScriptDirectory

    with as_file(shipped.migrations()) as scripts:
        revisions = list(ScriptDirectory(str(scripts)).walk_revisions())
    return [(r.revision, r.doc) for r in reversed(revisions)]


def differences(connection: Connection) -> list[str]:
    """How the tables and append-only triggers of the database differ from what this program expects; empty if not."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _is_ours})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both libraries say at length that they skip the expression index
        found = [str(difference) for difference in compare_metadata(context, Base.metadata)]
    if "uq_account_key" not in index_names(connection, "account"):
        found.append("the index uq_account_key of account is missing")
    present = trigger_names(connection)
    verbs = ("update", "delete") if connection.dialect.name == "sqlite" else ("update", "delete", "truncate")
    return found + [
        f"the append-only trigger {table}_no_{verb} is missing or switched off"
        for table in APPEND_ONLY
        for verb in verbs
        if f"{table}_no_{verb}" not in present
    ]


def require_current(database: Database) -> None:
    """Refuse to work on a database that is absent, older or newer than the program."""
    if not database.exists():
        raise DatabaseProblem(f"there is no ledger at {database.shown}. Make one with: euledger init")
    now, newest = current(database), head()
    if now == newest:
        return
    if now is None:
        raise DatabaseProblem(f"{database.shown} holds no ledger yet. Make one with: euledger init")
    refuse_newer(database, now)
    raise DatabaseProblem(f"{database.shown} has the older schema {now}. Run: euledger db upgrade")


def trigger_names(connection: Connection) -> set[str]:
    """Names of all triggers in force in the database; on PostgreSQL only those that hold for replicas too."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
    )
    return {str(name) for (name,) in connection.execute(text(query))}


def index_names(connection: Connection, table: str) -> set[str]:
    """Names of a table's indexes, expression indexes too (reflection leaves those out on SQLite)."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = :table"
        if connection.dialect.name == "sqlite"
        else "SELECT indexname FROM pg_indexes WHERE tablename = :table AND schemaname = current_schema()"
    )
    return {str(name) for (name,) in connection.execute(text(query), {"table": table})}


def _config(scripts: Any, connection: Connection) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def refuse_newer(database: Database, revision: str | None) -> None:
    """DatabaseProblem where `revision` is none that this program knows."""
    if revision is not None and revision not in revisions():
        raise DatabaseProblem(f"{database.shown} was made by a newer program (schema {revision}). Upgrade euledger.")


def _is_ours(_item: Any, name: str | None, type_: str, *_rest: Any) -> bool:
    # Expression indexes cannot be compared by reflection; the schema-twin test compares their text.
    return not (type_ == "index" and name == "uq_account_key")
