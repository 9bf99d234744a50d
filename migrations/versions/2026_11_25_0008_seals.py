"""Seals of the batches, and the triggers that refuse any change of them.

Phase: expand. Programs before this revision do not know these tables; what they book meanwhile is sealed by the next
write of a program that does.

Revision ID: 0008
Revises: 0007
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APPEND_ONLY = ("seal", "seal_hint")


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False, comment="which columns are sealed, and how they are written"),
        sa.Column("ranges", sa.Text(), nullable=False, comment="JSON: table to [after id, last id, rows]"),
        sa.Column("leaf_count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False, comment="of the RFC 6962 tree over the rows"),
        sa.Column(
            "previous_hash",
            sa.String(length=64),
            nullable=False,
            comment="hash of the seal before; 64 zeros for the first",
        ),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="RFC 6962 leaf hash of the seal's entry"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_seal_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_seal")),
        sa.UniqueConstraint("hash", name=op.f("uq_seal_hash")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_seal_previous_hash")),
    )
    op.create_table(
        "seal_hint",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hints", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["seal.batch_id"], name=op.f("fk_seal_hint_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "table_name", "part", name=op.f("pk_seal_hint")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            for verb, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                    f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
                )
                op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{verb}")
        return
    for table in APPEND_ONLY:
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: book a correction instead'); END"
            )
