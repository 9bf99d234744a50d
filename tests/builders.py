"""Ledgers for tests: records posted straight from Python, without a spreadsheet in between."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from ledger.domain.findings import Finding
from ledger.domain.records import (
    Amount,
    CoverageStatement,
    Kind,
    PrintedTotal,
    Reading,
    ReadRow,
    ReadSheet,
    Record,
    RowState,
)
from ledger.store import batches, code_lists, posting, printed_totals, schema, staging
from ledger.store.context import Context
from ledger.store.database import Database, parse_url
from ledger.store.standing import OWNER


def new_ledger(url: str) -> Database:
    """An empty ledger at `url`: newest schema, code lists, nothing booked."""
    return copy_of(url, _bare)


def copy_of(url: str, make: Callable[[str], Database]) -> Database:
    """What `make` makes of an empty database, at `url`.

    Made once a process and copied: what an upgrade does is tested in tests/migrations, not in every other test.
    """
    database = Database(parse_url(url))
    if database.path is not None:
        database.create_file()
        database.path.write_bytes(_sqlite_template(make))
        return database
    plain = url.replace("+psycopg", "")
    server, _, name = plain.rpartition("/")
    template = _postgres_template(server, make)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name}".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
    return database


def _bare(url: str) -> Database:
    database = Database(parse_url(url))
    schema.upgrade(database)
    with database.write() as connection:
        code_lists.load(connection)
    return database


@cache
def _sqlite_template(make: Callable[[str], Database]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        database = make(f"sqlite:///{path}")
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        return path.read_bytes()


@cache
def _postgres_template(server: str, make: Callable[[str], Database]) -> str:
    name = f"template_of{make.__name__}_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    make(f"{server}/{name}").close()
    return name


def amount(
    minor: int,
    *,
    stage: str = "committed",
    basis: str = "eu",
    country: str = "TN",
    theme: str = "unstated",
    on: date | None = date(2022, 6, 1),
    currency: str = "EUR",
    column: int = 3,
    rule: str = "cell",
    price_basis: str = "current",
) -> Amount:
    """One amount in minor units with everyday defaults."""
    return Amount(stage, basis, country, theme, currency, minor, on, column, rule, price_basis)


def project(ref: str, *amounts: Amount, fund: str = "NDICI-GE", parent: str | None = None, **attributes: Any) -> Record:
    """A project row; its country is that of the first amount unless given."""
    country = attributes.pop("country_code", amounts[0].country if amounts else "ZZ")
    splits, earmarks = attributes.pop("splits", {}), attributes.pop("earmarks", {})
    return Record(
        Kind.PROJECTS,
        ref,
        {"title": f"Project {ref}", "fund_code": fund, "country_code": country, **attributes},
        list(amounts),
        parent=parent,
        splits=splits,
        earmarks=earmarks,
    )


def envelope(ref: str, minor: int, *, parent: str | None = None, fund: str = "AMIF", **attributes: Any) -> Record:
    """An envelope row of the years 2021 to 2027."""
    start = attributes.pop("period_start", date(2021, 1, 1))
    price_basis = attributes.pop("price_basis", "current")
    return Record(
        Kind.ENVELOPES,
        ref,
        {
            "title": f"Envelope {ref}",
            "fund_code": fund,
            "period_start": start,
            "period_end": date(2027, 12, 31),
            **attributes,
        },
        [
            amount(
                minor,
                stage="allocated",
                country=attributes.get("country_code", "ZZ"),
                on=start,
                price_basis=price_basis,
            )
        ]
        if minor
        else [],
        parent=parent,
    )


def figure(ref: str, **attributes: Any) -> Record:
    """A published figure; `value` is exact decimal text."""
    return Record(Kind.FIGURES, ref, {"scope": "FUNDING", **attributes})


@dataclass(slots=True)
class Done:
    """What posting did: the batch (None where nothing was booked), the counts, and the findings."""

    batch: int | None
    posted: posting.Posted
    findings: list[Finding] = field(default_factory=list)


def post(
    database: Database,
    records: Sequence[Record],
    *,
    file: str = "test.xlsx",
    source: str = "test",
    complete: bool = False,
    illustrative: bool = False,
    situation: bool = True,
    coverage: Iterable[CoverageStatement] = (),
    totals: Iterable[PrintedTotal] = (),
    findings: Iterable[Finding] = (),
) -> Done:
    """Book `records` as the rows 2, 3 … of a sheet named Sheet1, one sheet per kind, in one batch.

    `totals` are printed on the first sheet, and `findings` were told while it was read.
    """
    content = repr((file, records)).encode("utf-8", "backslashreplace")
    sheets: list[ReadSheet] = []
    for kind in dict.fromkeys(record.kind for record in records):
        of_kind = [record for record in records if record.kind is kind]
        rows = [ReadRow(1, RowState.NOTE, "0" * 64)]
        for number, record in enumerate(of_kind, start=2):
            stated = {f"{a.stage}/{a.basis}/{i}": (a.currency, a.minor) for i, a in enumerate(record.amounts)}
            digest = hashlib.sha256(repr(record).encode("utf-8", "backslashreplace")).hexdigest()
            rows.append(ReadRow(number, RowState.POSTED, digest, record, stated))
        sheets.append(ReadSheet(f"Sheet{len(sheets) + 1}", len(sheets), kind, [1], [], iter(rows)))
    reading = Reading(
        file,
        hashlib.sha256(content).hexdigest(),
        len(content),
        "xlsx",
        source=source,
        is_illustrative=illustrative,
        coverage=list(coverage),
        sheets=sheets,
    )
    with database.write() as connection:
        batch = batches.open_batch(connection, "import", source=source, is_illustrative=illustrative)
        staging.create(connection)
        staged = staging.stage_sheets(connection, sheets, lambda _rows: None)
        batches.keep_file(connection, batch, reading, batches.packed(content))
        context = Context(
            connection,
            batch,
            source,
            illustrative,
            batches.row_base(connection),
            sheets,
            file,
            reading.findings,
            is_situation=situation,
        )
        posted = posting.post(context, staged, complete=complete)
        batches.keep_scope(context, staged.kinds, OWNER)
        staging.drop(connection)
        batches.keep_coverage(connection, batch, reading)
        sheets[0].totals += totals
        printed_totals.keep(connection, batch, file, sheets[0])
        batches.keep_findings(connection, batch, [*reading.findings, *findings])
        if not posted.something:
            connection.rollback()
    return Done(batch if posted.something else None, posted, reading.findings)
