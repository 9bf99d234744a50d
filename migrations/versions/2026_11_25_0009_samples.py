"""Audit samples and their units, and the triggers that refuse any change of them.

Phase: expand. Programs before this revision do not know these tables.

Revision ID: 0009
Revises: 0008
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_sample", "audit_sample_item")


def upgrade() -> None:
    big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_sample",
        sa.Column("id", big_id, nullable=False),
        sa.Column("batch_id", big_id, nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False, comment="JSON: confidence, errors, factors, strata, scope"),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column(
            "population_sha256",
            sa.String(length=64),
            nullable=False,
            comment="of the lines [unit,stratum,minor units]",
        ),
        sa.Column("units", sa.Integer(), nullable=False, comment="of the population"),
        sa.Column("book_minor", sa.BigInteger(), nullable=False, comment="of the population"),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("sample_size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_audit_sample_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sample")),
    )
    op.create_index(op.f("ix_audit_sample_batch_id"), "audit_sample", ["batch_id"])
    op.create_table(
        "audit_sample_item",
        sa.Column("id", big_id, nullable=False),
        sa.Column("sample_id", big_id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.Text(),
            nullable=False,
            comment="name in the draw: the reference, with its source where two share it",
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("is_exhaustive", sa.Boolean(), nullable=False),
        sa.Column("book_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["sample_id"], ["audit_sample.id"], name=op.f("fk_audit_sample_item_sample_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sample_item")),
    )
    op.create_index(
        "ix_audit_sample_item_sample_id_position", "audit_sample_item", ["sample_id", "position"], unique=True
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
