"""Batches and their evidence: opening one, keeping its files, listing, showing and reverting."""

from __future__ import annotations

import getpass
import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, text

import ledger
from ledger.domain.findings import Finding
from ledger.domain.records import Kind, PrintedTotal, Reading
from ledger.store import journal, seals
from ledger.store.context import Context
from ledger.store.models import (
    Batch,
    Coverage,
    RecordedFinding,
    SourceContent,
    SourceFile,
    SourceSheet,
)
from ledger.store.staging import HOLDERS
from ledger.store.standing import ANY, Standing, require_writer

#: The clocks of a team's machines may differ by this much, and the batches say nothing.
_CLOCKS_DIFFER = timedelta(minutes=1)
#: Batches that still stand (alias b).
STANDING = "NOT EXISTS (SELECT 1 FROM batch undo WHERE undo.reverts_id = b.id)"


def now() -> str:
    """The present moment as it is recorded."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def actor() -> str:
    """Who runs the program, as the operating system says."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def open_batch(connection: Connection, kind: str, **values: Any) -> int:
    """Insert a batch and return its number. Numbers run without a gap: a sequence would skip those rolled back.

    A batch that stands before it in the same transaction is sealed first: a seal covers one batch. DatabaseProblem for a
    login that only reads. On PostgreSQL the actor is the login, and the database sees to it.
    """
    standing = require_writer(connection, kind)
    seals.seal_pending(connection)
    number = int(connection.execute(text("SELECT coalesce(max(id), 0) + 1 FROM batch")).scalar_one())
    row = {
        "id": number,
        "kind": kind,
        "recorded_at": now(),
        "actor": standing.login or actor(),
        "program_version": ledger.__version__,
        "settings": "{}",
        "is_illustrative": False,
        **values,
    }
    connection.execute(insert(Batch).values(**row))
    return number


def clock_findings(connection: Connection, batch_id: int) -> list[Finding]:
    """A warning where the batch was recorded before an earlier one: a clock is wrong. Order is by number all the same."""
    recorded = text("SELECT id, recorded_at FROM batch WHERE id <= :id ORDER BY recorded_at DESC, id DESC LIMIT 1")
    latest, then = connection.execute(recorded, {"id": batch_id}).one()
    mine = connection.execute(select(Batch.recorded_at).where(Batch.id == batch_id)).scalar_one()
    if datetime.fromisoformat(then) - datetime.fromisoformat(mine) < _CLOCKS_DIFFER:
        return []
    message = f"this machine's clock says {mine}, but batch {latest} was recorded at {then}, which is later"
    return [Finding("clock-behind", message, values={"recorded_at": mine, "batch": latest, "later": then})]


def is_kept(connection: Connection, sha256: str) -> bool:
    """Whether these bytes are kept already, as far as this login sees."""
    return connection.execute(select(SourceContent.size).where(SourceContent.sha256 == sha256)).first() is not None


def packed(content: bytes) -> bytes:
    """The bytes of a file as they are kept."""
    return zlib.compress(content, 6)


def keep_content(connection: Connection, sha256: str, size: int, kept: bytes) -> None:
    """Keep the `packed` bytes of a file, once."""
    if not is_kept(connection, sha256):
        assert kept  # packed bytes are never none; what was kept when the file was read is never taken away
        # ON CONFLICT: somebody else's import may have kept the same bytes where this login does not see them.
        connection.execute(
            text(
                "INSERT INTO source_content (sha256, size, content) VALUES (:sha256, :size, :content) ON CONFLICT DO NOTHING"
            ),
            {"sha256": sha256, "size": size, "content": kept},
        )


def keep_file(connection: Connection, batch_id: int, reading: Reading, kept: bytes) -> int:
    """Keep the `packed` bytes (once) and say how each sheet was read; returns the id of the file."""
    keep_content(connection, reading.sha256, reading.size, kept)
    file_id = int(
        connection.execute(
            insert(SourceFile)
            .values(
                batch_id=batch_id,
                name=reading.file,
                sha256=reading.sha256,
                format=reading.format,
                encoding=reading.encoding,
                delimiter=reading.delimiter,
            )
            .returning(SourceFile.id)
        ).scalar_one()
    )
    for sheet in reading.sheets:
        connection.execute(
            insert(SourceSheet).values(
                file_id=file_id,
                name=sheet.name,
                position=sheet.position,
                header_rows=",".join(map(str, sheet.header_rows)),
                columns=json.dumps(
                    [
                        {
                            "letter": c.letter,
                            "header": c.header,
                            "field": c.field,
                            "number_style": c.number_style,
                            "currency": c.currency,
                            "unit": c.unit,
                        }
                        for c in sheet.columns
                    ],
                    ensure_ascii=False,
                ),
            )
        )
    return file_id


def has_content(connection: Connection, sha256: str) -> bool:
    """Whether the bytes of a file are kept and in this login's sight."""
    return connection.execute(select(SourceContent.size).where(SourceContent.sha256 == sha256)).first() is not None


def content(connection: Connection, sha256: str) -> bytes:
    """The bytes of a kept file."""
    packed = connection.execute(select(SourceContent.content).where(SourceContent.sha256 == sha256)).scalar_one()
    return zlib.decompress(packed)


def keep_findings(connection: Connection, batch_id: int, findings: list[Finding]) -> None:
    """Record what was told about a batch."""
    if findings:
        connection.execute(
            insert(RecordedFinding),
            [
                {
                    "batch_id": batch_id,
                    "code": f.code,
                    "severity": str(f.level),
                    "sheet": f.sheet,
                    "cell": f.cell,
                    "message": f.message,
                    "details": json.dumps(f.values, ensure_ascii=False, default=str),
                }
                for f in findings
            ],
        )


def keep_coverage(connection: Connection, batch_id: int, reading: Reading) -> None:
    """Record the profile's statement of what the file is the complete list of."""
    for statement in reading.coverage:
        connection.execute(
            insert(Coverage).values(
                batch_id=batch_id,
                fund_code=statement.fund,
                earmark_code=statement.earmark,
                country_code=statement.country,
                period_start=statement.period_start,
                period_end=statement.period_end,
            )
        )


def keep_scope(context: Context, kinds: Iterable[Kind], standing: Standing) -> None:
    """Record the funds and countries that the staged file speaks of; refused rows count as wide as who imports them."""
    stated = ["SELECT fund_code, country_code FROM stage_amount"]
    stated += [
        f"SELECT fund_code, country_code FROM {HOLDERS[kind].staged}" for kind in kinds if HOLDERS[kind].has_account
    ]
    add = "INSERT INTO batch_scope (batch_id, fund_code, country_code) SELECT DISTINCT CAST(:batch AS bigint), "
    context.run(f"{add}fund_code, country_code FROM ({' UNION ALL '.join(stated)}) AS stated")
    for fund, country in standing.scope:
        context.run(
            f"{add}CAST(:fund AS text), CAST(:country AS text) FROM stage_row WHERE state = 'rejected' "
            "ON CONFLICT DO NOTHING",
            fund=fund or ANY,
            country=country or ANY,
        )


def _quote(total: PrintedTotal) -> str:
    from ledger.domain.money import display

    return f"{total.label}: {display(total.printed_minor, total.currency)}"


def find(connection: Connection, batch_id: int) -> RowMapping | None:
    """The batch with its undo, if any, or None."""
    return (
        connection.execute(
            text(
                "SELECT b.*, (SELECT undo.id FROM batch undo WHERE undo.reverts_id = b.id) AS reverted_by "
                "FROM batch b WHERE b.id = :id"
            ),
            {"id": batch_id},
        )
        .mappings()
        .first()
    )


def listing(connection: Connection) -> list[RowMapping]:
    """All batches, oldest first, with their file, undo and number of transfers."""
    return list(
        connection.execute(
            text(
                "SELECT b.*, (SELECT undo.id FROM batch undo WHERE undo.reverts_id = b.id) AS reverted_by, "
                "(SELECT min(f.name) FROM source_file f WHERE f.batch_id = b.id) AS file, "
                "(SELECT min(f.sha256) FROM source_file f WHERE f.batch_id = b.id) AS sha256, "
                "(SELECT count(*) FROM transfer t WHERE t.batch_id = b.id) AS transfers FROM batch b ORDER BY b.id"
            )
        ).mappings()
    )


def row_counts(connection: Connection, batch_id: int) -> dict[str, int]:
    """Rows of the batch by state."""
    return {
        str(state): int(count)
        for state, count in connection.execute(
            text(
                "SELECT r.state, count(*) FROM source_row r JOIN source_sheet s ON s.id = r.sheet_id "
                "JOIN source_file f ON f.id = s.file_id WHERE f.batch_id = :id GROUP BY r.state"
            ),
            {"id": batch_id},
        )
    }


def blockers(connection: Connection, batch_id: int) -> list[int]:
    """Standing later batches that corrected what this one booked, drew on its accounts or spoke of its records."""
    corrected = (
        "SELECT DISTINCT t.batch_id FROM transfer t JOIN transfer o ON o.id = t.reverses_id "
        "WHERE o.batch_id = :id AND t.batch_id > :id"
    )
    queries = [corrected]
    for holder in HOLDERS.values():
        queries.append(
            f"SELECT DISTINCT v.batch_id FROM {holder.version} v WHERE v.batch_id > :id AND v.{holder.id_column} IN "
            f"(SELECT w.{holder.id_column} FROM {holder.version} w WHERE w.batch_id = :id)"
        )
        if holder.has_account:
            queries.append(
                "SELECT DISTINCT t.batch_id FROM transfer t JOIN account x ON x.id = t.debit_account_id "
                f"JOIN {holder.table} h ON h.id = x.{holder.id_column} WHERE h.batch_id = :id AND t.batch_id > :id "
                "AND coalesce(t.reverses_id, 0) = 0"
            )
    later: set[int] = set()
    for query in queries:
        later.update(
            connection.execute(
                text(f"SELECT b.id FROM batch b WHERE b.id IN ({query}) AND b.kind <> 'revert' AND {STANDING}"),
                {"id": batch_id},
            ).scalars()
        )
    return sorted(later)


def revert(connection: Connection, batch: RowMapping) -> int:
    """Undo a batch; returns the number of the batch that undoes it. The caller has asked `blockers` first.

    What it posted is reversed, what it had reversed is posted again, and its records say what they said before (or
    are withdrawn).
    """
    undo = open_batch(
        connection,
        "revert",
        reverts_id=batch["id"],
        source=batch["source"],
        is_illustrative=batch["is_illustrative"],
        note=f"reverts batch {batch['id']}",
    )
    context = Context(connection, undo, batch["source"] or "", bool(batch["is_illustrative"]), 0, [], "")
    old = int(batch["id"])
    # By its rows, not by its number: an undone correction of one of its cells was posted again by a later batch.
    rows = (
        f"SELECT r.id FROM source_row r JOIN source_sheet s ON s.id = r.sheet_id "
        f"JOIN source_file f ON f.id = s.file_id WHERE f.batch_id = {old}"
    )
    journal.reverse(
        context, f"SELECT t.id FROM transfer t WHERE t.source_row_id IN ({rows}) AND {journal.LIVE}", "reverted"
    )
    context.run(
        "INSERT INTO transfer (batch_id, debit_account_id, credit_account_id, amount_minor, value_date, "
        "source_row_id, source_column, rule) SELECT CAST(:batch AS bigint), o.debit_account_id, o.credit_account_id, "
        "o.amount_minor, o.value_date, o.source_row_id, o.source_column, o.rule FROM transfer t "
        "JOIN transfer o ON o.id = t.reverses_id WHERE t.batch_id = :old ORDER BY o.id",
        old=old,
    )
    for holder in HOLDERS.values():
        before = (
            f"SELECT max(v.id) FROM {holder.version} v WHERE v.batch_id < {old} AND v.{holder.id_column} IN "
            f"(SELECT w.{holder.id_column} FROM {holder.version} w WHERE w.batch_id = {old}) "
            f"GROUP BY v.{holder.id_column}"
        )
        said = f"SELECT o.id FROM {holder.version} o WHERE o.id IN ({before}) AND o.is_withdrawn = false"
        none = (
            f"SELECT max(v.id) FROM {holder.version} v WHERE v.batch_id = {old} AND v.{holder.id_column} NOT IN "
            f"(SELECT o.{holder.id_column} FROM {holder.version} o WHERE o.id IN ({said})) "
            f"GROUP BY v.{holder.id_column}"
        )
        journal.copy_versions(context, holder.version, none, withdrawn=True)
        journal.copy_versions(context, holder.version, said, withdrawn=False)
    journal.update_balances(context)
    return undo


def row_base(connection: Connection) -> int:
    """The highest id in `source_row`: a file's rows are numbered on from there (inside the write transaction)."""
    # On PostgreSQL there may be rows that this login does not see; in a dry run's copy, rows that only it sees.
    all_of_them = "" if connection.dialect.name == "sqlite" else ", ledger_row_base()"
    found = connection.execute(text(f"SELECT coalesce(max(id), 0){all_of_them} FROM source_row")).one()
    return max(map(int, found))


def findings(connection: Connection, batch_id: int) -> list[dict[str, Any]]:
    """The findings of a batch as they were told, in their order."""
    query = text("SELECT code, severity, sheet, cell, message, details FROM finding WHERE batch_id = :id ORDER BY id")
    return [
        {**row, "details": json.loads(row["details"])} for row in connection.execute(query, {"id": batch_id}).mappings()
    ]


def rows(connection: Connection, batch_id: int, state: str | None) -> list[tuple[str, str, int, str]]:
    """(file, sheet, row, state) of the batch's rows, in the order of the file."""
    query = (
        "SELECT f.name, s.name, r.number, r.state FROM source_row r JOIN source_sheet s ON s.id = r.sheet_id "
        "JOIN source_file f ON f.id = s.file_id WHERE f.batch_id = :id "
    )
    if state is not None:
        query += "AND r.state = :state "
    values = {"id": batch_id} | ({} if state is None else {"state": state})
    found = connection.execute(text(query + "ORDER BY s.position, r.number"), values)
    return [(r[0], r[1], int(r[2]), r[3]) for r in found]


def files(connection: Connection, batch_id: int) -> list[tuple[str, str]]:
    """(name, SHA-256) of the files that a batch read."""
    query = text("SELECT name, sha256 FROM source_file WHERE batch_id = :id ORDER BY id")
    return [(row[0], row[1]) for row in connection.execute(query, {"id": batch_id})]


def all_files(connection: Connection) -> list[tuple[int, int, str, str]]:
    """(batch, id, SHA-256, name) of every file of which rows were read; evidence that is only kept is none."""
    query = text(
        "SELECT f.batch_id, f.id, f.sha256, f.name FROM source_file f "
        "WHERE EXISTS (SELECT 1 FROM source_sheet s WHERE s.file_id = f.id) ORDER BY f.id"
    )
    return [(int(row[0]), int(row[1]), row[2], row[3]) for row in connection.execute(query)]


def sheets_of(connection: Connection, file_id: int) -> list[tuple[int, str]]:
    """(id, name) of the sheets of a file that were read."""
    query = text("SELECT id, name FROM source_sheet WHERE file_id = :id ORDER BY position")
    return [(int(row[0]), row[1]) for row in connection.execute(query, {"id": file_id})]


def row_digests(connection: Connection, sheet_id: int) -> Iterator[tuple[int, str]]:
    """(number, digest) of the rows of a sheet, in their order."""
    query = text("SELECT number, digest FROM source_row WHERE sheet_id = :id ORDER BY number")
    for row in connection.execute(query, {"id": sheet_id}, execution_options={"yield_per": 10_000}):
        yield int(row[0]), row[1]


def transfer_count(connection: Connection, batch_id: int) -> int:
    """How many transfers a batch booked."""
    return int(
        connection.execute(text("SELECT count(*) FROM transfer WHERE batch_id = :id"), {"id": batch_id}).scalar_one()
    )


def last(connection: Connection) -> int:
    """The number of the last batch; 0 where there is none."""
    return int(connection.execute(text("SELECT coalesce(max(id), 0) FROM batch")).scalar_one())


def last_before(connection: Connection, moment: str) -> int:
    """The last batch recorded up to and including an ISO moment (UTC); 0 where there was none yet."""
    # "~" sorts behind every digit: a moment given to the minute includes all of that minute.
    query = text("SELECT coalesce(max(id), 0) FROM batch WHERE recorded_at <= :end")
    return int(connection.execute(query, {"end": moment + "~"}).scalar_one())
