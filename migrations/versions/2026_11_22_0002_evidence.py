"""Batches, source files, sheets, rows and findings.

Phase: expand. Programs before this revision do not know these tables.

Revision ID: 0002
Revises: 0001
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="reference, import, revert, figure or waiver"),
        sa.Column("recorded_at", sa.String(length=27), nullable=False),
        sa.Column(
            "actor", sa.Text(), nullable=False, comment="who, as the operating system says: a claim, not a proof"
        ),
        sa.Column("program_version", sa.String(length=40), nullable=False),
        sa.Column("source", sa.Text(), nullable=True, comment="namespace of the references: profile, or --set source="),
        sa.Column("profile", sa.Text(), nullable=True),
        sa.Column("profile_sha256", sa.String(length=64), nullable=True),
        sa.Column("settings", sa.Text(), nullable=False, comment="JSON of what was stated with --set"),
        sa.Column("as_of", sa.Date(), nullable=True, comment="date of the situation that the file states"),
        sa.Column("is_illustrative", sa.Boolean(), nullable=False),
        sa.Column("reverts_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["reverts_id"], ["batch.id"], name=op.f("fk_batch_reverts_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("reverts_id", name=op.f("uq_batch_reverts_id")),
    )
    op.create_index(op.f("ix_batch_recorded_at"), "batch", ["recorded_at"], unique=False)
    op.create_table(
        "source_content",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_source_content")),
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False, comment="JSON of the particulars"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_finding_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index(op.f("ix_finding_batch_id"), "finding", ["batch_id"], unique=False)
    op.create_table(
        "source_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("encoding", sa.String(length=40), nullable=True),
        sa.Column("delimiter", sa.String(length=4), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_source_file_batch_id")),
        sa.ForeignKeyConstraint(["sha256"], ["source_content.sha256"], name=op.f("fk_source_file_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_file")),
    )
    op.create_index(op.f("ix_source_file_batch_id"), "source_file", ["batch_id"], unique=False)
    op.create_index(op.f("ix_source_file_sha256"), "source_file", ["sha256"], unique=False)
    op.create_table(
        "source_sheet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="0-based place in the workbook"),
        sa.Column("header_rows", sa.Text(), nullable=False, comment="row numbers, comma between"),
        sa.Column(
            "columns", sa.Text(), nullable=False, comment="JSON: letter, header, field of each column as it was read"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.id"], name=op.f("fk_source_sheet_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_sheet")),
    )
    op.create_index(op.f("ix_source_sheet_file_id"), "source_sheet", ["file_id"], unique=False)
    op.create_table(
        "source_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sheet_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the row's raw values"),
        sa.CheckConstraint(
            "state in ('posted', 'unchanged', 'subtotal', 'blank', 'note', 'rejected')",
            name=op.f("ck_source_row_state"),
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["source_sheet.id"], name=op.f("fk_source_row_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_row")),
        sa.UniqueConstraint("sheet_id", "number", name=op.f("uq_source_row_sheet_id_number")),
    )
