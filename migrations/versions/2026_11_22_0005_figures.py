"""Published figures and waivers.

Phase: expand. Programs before this revision do not know these tables.

Revision ID: 0005
Revises: 0004
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "published_figure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_published_figure_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_figure")),
        sa.UniqueConstraint("ref", name=op.f("uq_published_figure_ref")),
    )
    op.create_table(
        "waiver",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("figure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("difference", sa.Text(), nullable=False, comment="recorded less stated, exact decimal as text"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_waiver_batch_id")),
        sa.ForeignKeyConstraint(["figure_id"], ["published_figure.id"], name=op.f("fk_waiver_figure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
    )
    op.create_index(op.f("ix_waiver_batch_id"), "waiver", ["batch_id"], unique=False)
    op.create_index(op.f("ix_waiver_figure_id"), "waiver", ["figure_id"], unique=False)
    op.create_table(
        "published_figure_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("figure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("scope", sa.Text(), nullable=True, comment="FUNDING, or CONTEXT for figures that are no funding"),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("page", sa.Text(), nullable=True),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("qualifier", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("measure", sa.Text(), nullable=True, comment="sum, count, share, ratio, output or none"),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("fund", sa.Text(), nullable=True, comment="fund codes, semicolon between"),
        sa.Column("earmark", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True, comment="country, region or group codes, semicolon between"),
        sa.Column("theme", sa.Text(), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("envelope", sa.Text(), nullable=True),
        sa.Column("scope_of", sa.Text(), nullable=True, comment="parts: the sum of the envelope's parts is meant"),
        sa.Column("programme", sa.Text(), nullable=True),
        sa.Column("denominator", sa.Text(), nullable=True, comment="figure or envelope that a share is a share of"),
        sa.Column("part_of", sa.Text(), nullable=True),
        sa.Column("counting_unit", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("is_target", sa.Boolean(), nullable=False),
        sa.Column("scope_cells", sa.Text(), nullable=True),
        sa.Column("cells_value", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("relations", sa.Text(), nullable=True),
        sa.Column("caveat", sa.Text(), nullable=True),
        sa.CheckConstraint("origin in ('stated', 'printed-total')", name=op.f("ck_published_figure_version_origin")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_published_figure_version_batch_id")),
        sa.ForeignKeyConstraint(
            ["figure_id"], ["published_figure.id"], name=op.f("fk_published_figure_version_figure_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_row_id"], ["source_row.id"], name=op.f("fk_published_figure_version_source_row_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_figure_version")),
    )
    op.create_index(
        op.f("ix_published_figure_version_batch_id"), "published_figure_version", ["batch_id"], unique=False
    )
    op.create_index(
        "ix_published_figure_version_figure_id_id", "published_figure_version", ["figure_id", "id"], unique=False
    )
