"""Single bits: of kept files, and of the pages of a SQLite file beneath everything that the program does."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.actions.verify import verify
from ledger.domain.findings import Finding
from ledger.domain.sealing import FORMAT, FORMATS
from ledger.store import seals
from ledger.store.database import Connection, Database, DatabaseProblem
from tests.audit.ledgers import said_by, tampering, told, varied

FLIPS = [pytest.param(30, id="sample"), pytest.param(600, id="many", marks=pytest.mark.heavy)]


def flipped(content: bytes, bit: int) -> bytes:
    return content[: bit // 8] + bytes([content[bit // 8] ^ (1 << bit % 8)]) + content[bit // 8 + 1 :]


@pytest.mark.parametrize("count", FLIPS)
def test_every_flipped_bit_of_a_kept_file_is_found_and_named(database_url: str, count: int) -> None:
    order = random.Random(1)  # noqa: S311 - repeatable, not secret
    database = varied(database_url)
    with tampering(database) as connection:
        files = connection.execute(
            text(
                "SELECT f.name, k.sha256, k.content FROM source_content k JOIN source_file f ON f.sha256 = k.sha256 "
                "WHERE length(k.content) > 10"
            )
        ).all()
        assert len(files) == 3
        for _ in range(count if database.is_sqlite else count // 3):
            name, digest, content = order.choice(files)
            spoilt = flipped(content, order.randrange(len(content) * 8))
            with connection.begin_nested() as savepoint:
                change = text("UPDATE source_content SET content = :content WHERE sha256 = :sha256")
                connection.execute(change, {"content": spoilt, "sha256": digest})
                found = said_by(connection, whole=False)
                assert {finding.code for finding in found} >= {"row-changed"}, "the stored bytes are sealed"
                assert names_the_file(connection, found, name), found
                savepoint.rollback()
    database.close()


def names_the_file(connection: Connection, found: list[Finding], name: str) -> bool:
    """By its name where it no longer unpacks to what it was, and in any case by its number."""
    number = connection.execute(text("SELECT min(id) FROM source_file WHERE name = :name"), {"name": name}).scalar_one()
    assert all(name in finding.message for finding in found if finding.code == "evidence-differs")
    return any(number in finding.values.get("ids", []) for finding in found)


def test_bytes_that_unpack_to_the_same_file_are_still_not_those_sealed(sqlite_url: str) -> None:
    import zlib

    database = varied(sqlite_url)
    with tampering(database) as connection:
        digest, content = connection.execute(
            text("SELECT sha256, content FROM source_content WHERE length(content) > 10 LIMIT 1")
        ).one()
        again = zlib.compress(zlib.decompress(content), 1)
        assert again != content
        change = text("UPDATE source_content SET content = :content WHERE sha256 = :sha256")
        connection.execute(change, {"content": again, "sha256": digest})
        assert [finding.code for finding in said_by(connection, whole=False)] == ["row-changed"]
    database.close()


def content_of(path: Path) -> object:
    """Every row of every table as any program reads it by walking the tables; None where it cannot."""
    raw = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    raw.text_factory = bytes
    try:
        return {
            table: raw.execute(
                f"SELECT {', '.join('+' + c for c in quoted(columns))} FROM {table} NOT INDEXED"
            ).fetchall()
            for table, columns in {
                **FORMATS[FORMAT],
                "seal": seals._SEAL,
                "seal_hint": ("batch_id", "table_name", "part", "hints"),
                "balance": ("account_id", "year", "to_date_minor", "passed_on_minor"),
                "fund": ("code", "name_en", "name_fr", "kind"),
                "country": ("code", "iso3", "code_ec", "name_en", "name_fr", "kind"),
            }.items()
        }
    except (sqlite3.Error, UnicodeDecodeError):  # the second for a message that quotes spoilt text
        return None
    finally:
        raw.close()


def quoted(columns: tuple[str, ...]) -> list[str]:
    return [f'"{name}"' for name in columns]


def fails(database: Database) -> bool:
    """Whether verify says that the ledger is not as it was, or that it is no ledger that can be read."""
    try:
        return bool(told(verify(database)))
    except DatabaseProblem:
        return True


PAGES = [pytest.param(60, id="sample"), pytest.param(1000, id="many", marks=pytest.mark.heavy)]


@pytest.mark.parametrize("count", PAGES)
def test_every_flipped_bit_of_the_file_that_changes_a_value_is_found(sqlite_url: str, count: int) -> None:
    database = varied(sqlite_url)
    database.close()
    path = database.path
    assert path is not None
    whole = path.read_bytes()
    before = content_of(path)
    assert not fails(database)
    database.close()
    order, changed = random.Random(3), 0  # noqa: S311 - repeatable, not secret
    used = [place for place, value in enumerate(whole) if value]  # much of a small file is empty space
    for _ in range(count):
        bit = order.choice(used) * 8 + order.randrange(8)
        for left in path.parent.glob("ledger.db-*"):
            left.unlink()
        path.write_bytes(flipped(whole, bit))
        if content_of(path) != before:
            changed += 1
            assert fails(database), f"bit {bit} changes what stands in the tables, and verify is silent"
            database.close()
    assert changed > count // 10
