"""Alembic environment: runs on the connection that `ledger.store.schema` hands over, or on EULEDGER_DB."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection

from ledger.store.database import Database, parse_url
from ledger.store.models import Base


def run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET lock_timeout = '60s'")
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(5300000190)")
    # transaction_per_migration=False: all steps of one upgrade stand or fall together, on SQLite too.
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,
        transaction_per_migration=False,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database(parse_url(os.environ["EULEDGER_DB"]))
    with database.engine.connect() as own:
        run(own)
        own.commit()
