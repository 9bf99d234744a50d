"""The migrations as files, step by step with rows in place, failing, repeated and met by an older program."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from ledger import shipped
from ledger.store import revisions, schema
from ledger.store.database import Database, DatabaseProblem, parse_url
from ledger.store.models import APPEND_ONLY
from tests.store.rows import digest, fill


def tables_of(database: Database) -> set[str]:
    with database.read() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def scripts(root: Path) -> list[Path]:
    return sorted((root / "migrations" / "versions").glob("*.py"))


def test_one_head_and_no_branches(root: Path) -> None:
    directory = ScriptDirectory(str(root / "migrations"))
    assert directory.get_heads() == [revisions.head()]
    known = [revision for revision, _ in schema.history()]
    assert known == sorted(known) == [f"{n:04d}" for n in range(1, len(known) + 1)]
    assert len(known) == len(scripts(root))
    assert all(purpose for _, purpose in schema.history())


def test_files_say_date_number_and_purpose(root: Path) -> None:
    for path in scripts(root):
        assert re.fullmatch(r"\d{4}_\d\d_\d\d_(\d{4})_[a-z0-9_]+\.py", path.name), path.name
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = ast.get_docstring(tree) or ""
        assert f"Revision ID: {path.name[11:15]}" in said, path.name
        assert re.search(r"^Phase: (expand|backfill|contract)\b", said, re.MULTILINE), path.name
        imported = {
            (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name) or ""
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        assert {name.split(".")[0] for name in imported} <= {"__future__", "alembic", "sqlalchemy"}, path.name


def inventory(connection: Connection) -> set[tuple[str, ...]]:
    """What guards the rows: triggers with their wording and state, and on PostgreSQL policies and rights too."""
    if connection.dialect.name == "sqlite":
        queries = ["SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"]
    else:
        queries = [
            "SELECT tgname, pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT policyname, tablename, cmd, qual, with_check FROM pg_policies",
            (
                "SELECT relname, 'row security', relrowsecurity::text, relforcerowsecurity::text FROM pg_class "
                "WHERE relrowsecurity"
            ),
            (
                "SELECT relname, grantee::regrole::text, privilege_type FROM pg_class, aclexplode(relacl) "
                "WHERE relnamespace = 'public'::regnamespace"
            ),
        ]
    return {tuple(map(str, row)) for query in queries for row in connection.execute(text(query))}


def test_each_step_with_rows_in_place(database_url: str) -> None:
    """Each revision in its turn: rows that were there are the same, and so is what guards them."""
    database = Database(parse_url(database_url))
    kept: dict[str, tuple[int, str]] = {}
    guards: set[tuple[str, ...]] = set()
    for revision, _ in schema.history():
        assert schema.upgrade(database, revision)[1] == revision
        present = tables_of(database)
        with database.write() as connection:
            assert digest(connection, set(kept)) == kept, f"{revision} changed rows that were there"
            assert guards - inventory(connection) == set(), f"{revision} lost what guards the rows"
            fill(connection, present)
        with database.read() as connection:
            kept, guards = digest(connection, present), inventory(connection)
            assert min(count for count, _ in kept.values()) > 0
    assert len(guards) > 2 * len(APPEND_ONLY) - 1
    with database.read() as connection:
        assert schema.differences(connection) == []
    database.close()


#: The first schema with all guards in place, from which steps are taken with many rows.
GUARDED = "0006"


@pytest.mark.parametrize(
    ("rows", "stepwise"),
    [(1_000, False), *(pytest.param(100_000, stepwise, marks=pytest.mark.heavy) for stepwise in (False, True))],
)
def test_many_rows_are_the_same_after_all_steps(database_url: str, rows: int, stepwise: bool) -> None:
    """At once, as users do it, or one by one; the digest is of every cell of every table."""
    database = Database(parse_url(database_url))
    schema.upgrade(database, GUARDED)
    present = tables_of(database)
    with database.write() as connection:
        fill(connection, present)
        copied = "batch_id, debit_account_id, credit_account_id, value_date, source_row_id, source_column, rule"
        connection.execute(
            text(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) "
                f"INSERT INTO transfer (id, amount_minor, {copied}) SELECT 1000 + n.i, n.i, {copied} FROM n, transfer "
                "WHERE transfer.id = 1"
            ),
            {"rows": rows},
        )
        before, guards = digest(connection, present), inventory(connection)
    assert before["transfer"][0] == rows + 1
    for revision in revisions.revisions()[revisions.revisions().index(GUARDED) + 1 :] if stepwise else ("head",):
        schema.upgrade(database, revision)
        with database.read() as connection:
            assert digest(connection, present) == before, revision
            assert guards - inventory(connection) == set(), revision
    assert schema.current(database) == revisions.head()
    with database.read() as connection:
        sealed = connection.execute(text("SELECT sum(leaf_count) FROM seal")).scalar_one()
    assert sealed > rows, "the upgrade sealed what was there"
    database.close()


def test_a_lost_guard_is_seen(sqlite_url: str) -> None:
    """The control of the two tests above: rebuilding a table drops its triggers, and no row tells."""
    database = Database(parse_url(sqlite_url))
    schema.upgrade(database)
    with database.write() as connection:
        guards = inventory(connection)
        connection.execute(text("CREATE TABLE rebuilt AS SELECT * FROM waiver"))
        connection.execute(text("DROP TABLE waiver"))
        connection.execute(text("ALTER TABLE rebuilt RENAME TO waiver"))
        assert {name for name, *_ in guards - inventory(connection)} == {"waiver_no_update", "waiver_no_delete"}
        connection.rollback()
    database.close()


FAILING = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None

def upgrade():
    op.create_table("half_made", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO half_made VALUES (1)")
    op.execute("UPDATE fund SET name_en = 'spoilt'")
    op.execute("SELECT * FROM a_table_that_is_not_there")
"""


@pytest.mark.parametrize("start", [None, "0003"])
def test_a_failing_step_leaves_everything_as_it_was(
    database_url: str, start: str | None, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(parse_url(database_url))
    if start:
        schema.upgrade(database, start)
        present = tables_of(database)
        with database.write() as connection:
            fill(connection, present)
            before = digest(connection, present)
    else:
        present, before = set(), {}
    planted = tmp_path / "migrations"
    shutil.copytree(root / "migrations", planted, ignore=shutil.ignore_patterns("__pycache__"))
    (planted / "versions" / "2099_01_01_9999_fails.py").write_text(
        FAILING.format(head=revisions.head()), encoding="utf-8"
    )
    with monkeypatch.context() as patched:
        patched.setattr(shipped, "migrations", lambda: planted)
        with pytest.raises(Exception, match="a_table_that_is_not_there"):
            schema.upgrade(database)
    assert schema.current(database) == start
    assert tables_of(database) == present, "no table of a step that failed, nor of those before it"
    with database.read() as connection:
        assert digest(connection, present) == before
        if not start:
            assert schema.trigger_names(connection) == set()
    assert schema.upgrade(database) == (start, revisions.head()), "and the way is free for a mended one"
    database.close()


def test_upgrading_again_does_nothing(database_url: str) -> None:
    database = Database(parse_url(database_url))
    assert schema.upgrade(database) == (None, revisions.head())
    with database.write() as connection:
        fill(connection, {"transfer"})
    present = tables_of(database)
    with database.read() as connection:
        before = digest(connection, present)
    assert schema.upgrade(database) == (revisions.head(), revisions.head())
    with database.read() as connection:
        assert digest(connection, present) == before
    schema.require_current(database)
    database.close()


def test_foreign_keys_are_on_again_after_an_upgrade(sqlite_url: str) -> None:
    database = Database(parse_url(sqlite_url))
    schema.upgrade(database)
    with database.read() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        assert connection.execute(text("PRAGMA recursive_triggers")).scalar_one() == 1
    database.close()


def test_a_database_of_a_newer_program_is_refused(database_url: str) -> None:
    database = Database(parse_url(database_url))
    schema.upgrade(database)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '7777'")
    for action in (schema.upgrade, schema.require_current):
        with pytest.raises(DatabaseProblem, match=r"made by a newer program \(schema 7777\)"):
            action(database)
    assert schema.current(database) == "7777"
    database.close()


def test_an_older_database_is_told_how_to_go_on(database_url: str) -> None:
    database = Database(parse_url(database_url))
    schema.upgrade(database, "0002")
    with pytest.raises(DatabaseProblem, match=r"older schema 0002\. Run: euledger db upgrade"):
        schema.require_current(database)
    database.close()
