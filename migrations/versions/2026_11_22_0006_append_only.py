"""Triggers that refuse any change of what is booked.

Phase: expand. Programs before this revision never update or delete these tables either.

Revision ID: 0006
Revises: 0005
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "batch",
    "source_content",
    "source_file",
    "source_sheet",
    "source_row",
    "finding",
    "envelope",
    "envelope_version",
    "programme",
    "programme_version",
    "project",
    "project_version",
    "project_split",
    "project_earmark",
    "coverage",
    "account",
    "transfer",
    "published_figure",
    "published_figure_version",
    "waiver",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only: book a correction instead', TG_TABLE_NAME; END $$"
        )
        for table in APPEND_ONLY:
            for verb, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                    f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
                )
                # ALWAYS: they also hold under session_replication_role = replica.
                op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{verb}")
        return
    for table in APPEND_ONLY:
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: book a correction instead'); END"
            )
