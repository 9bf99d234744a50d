"""Envelopes, programmes, projects, splits, earmarks and coverage.

Phase: expand. Programs before this revision do not know these tables.

Revision ID: 0003
Revises: 0002
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coverage",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fund_code", sa.String(length=64), nullable=True),
        sa.Column("earmark_code", sa.String(length=64), nullable=True),
        sa.Column("country_code", sa.String(length=64), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_coverage_batch_id")),
        sa.ForeignKeyConstraint(["country_code"], ["country.code"], name=op.f("fk_coverage_country_code")),
        sa.ForeignKeyConstraint(["earmark_code"], ["earmark.code"], name=op.f("fk_coverage_earmark_code")),
        sa.ForeignKeyConstraint(["fund_code"], ["fund.code"], name=op.f("fk_coverage_fund_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage")),
    )
    op.create_index(op.f("ix_coverage_batch_id"), "coverage", ["batch_id"], unique=False)
    op.create_table(
        "envelope",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_envelope_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_envelope")),
        sa.UniqueConstraint("ref", name=op.f("uq_envelope_ref")),
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_programme_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("source", "ref", name=op.f("uq_programme_source_ref")),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_project_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("source", "ref", name=op.f("uq_project_source_ref")),
    )
    op.create_table(
        "envelope_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("envelope_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column(
            "parts", sa.String(length=10), nullable=True, comment="complete: the parts make up the whole; partial"
        ),
        sa.Column(
            "feeds", sa.Text(), nullable=True, comment="reference of the envelope or fund that a reinforcement feeds"
        ),
        sa.Column("fund_code", sa.String(length=64), nullable=False),
        sa.Column("country_code", sa.String(length=64), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("vintage", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True, comment="confirmed, second-hand, derived …"),
        sa.Column("legal_reference", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "role in ('node', 'reinforcement', 'statement', 'unit-cost')", name=op.f("ck_envelope_version_role")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_envelope_version_batch_id")),
        sa.ForeignKeyConstraint(["country_code"], ["country.code"], name=op.f("fk_envelope_version_country_code")),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelope.id"], name=op.f("fk_envelope_version_envelope_id")),
        sa.ForeignKeyConstraint(["fund_code"], ["fund.code"], name=op.f("fk_envelope_version_fund_code")),
        sa.ForeignKeyConstraint(["parent_id"], ["envelope.id"], name=op.f("fk_envelope_version_parent_id")),
        sa.ForeignKeyConstraint(["source_row_id"], ["source_row.id"], name=op.f("fk_envelope_version_source_row_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_envelope_version")),
    )
    op.create_index(op.f("ix_envelope_version_batch_id"), "envelope_version", ["batch_id"], unique=False)
    op.create_index("ix_envelope_version_envelope_id_id", "envelope_version", ["envelope_id", "id"], unique=False)
    op.create_index(op.f("ix_envelope_version_parent_id"), "envelope_version", ["parent_id"], unique=False)
    op.create_table(
        "programme_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("programme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("fund_code", sa.String(length=64), nullable=False),
        sa.Column("country_code", sa.String(length=64), nullable=False),
        sa.Column("theme_code", sa.String(length=64), nullable=False),
        sa.Column("managing_authority", sa.Text(), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_programme_version_batch_id")),
        sa.ForeignKeyConstraint(["country_code"], ["country.code"], name=op.f("fk_programme_version_country_code")),
        sa.ForeignKeyConstraint(["fund_code"], ["fund.code"], name=op.f("fk_programme_version_fund_code")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_programme_version_programme_id")),
        sa.ForeignKeyConstraint(["source_row_id"], ["source_row.id"], name=op.f("fk_programme_version_source_row_id")),
        sa.ForeignKeyConstraint(["theme_code"], ["theme.code"], name=op.f("fk_programme_version_theme_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_version")),
    )
    op.create_index(op.f("ix_programme_version_batch_id"), "programme_version", ["batch_id"], unique=False)
    op.create_index("ix_programme_version_programme_id_id", "programme_version", ["programme_id", "id"], unique=False)
    op.create_table(
        "project_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("programme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("fund_code", sa.String(length=64), nullable=False),
        sa.Column("country_code", sa.String(length=64), nullable=False),
        sa.Column("theme_code", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("beneficiary", sa.Text(), nullable=True),
        sa.Column("beneficiary_country", sa.Text(), nullable=True),
        sa.Column("country_text", sa.Text(), nullable=True, comment="the country as the source spells it"),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("nuts", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("decision_date", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("eu_rate", sa.Text(), nullable=True, comment="co-financing rate in per cent, exact decimal as text"),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("specific_objective", sa.Text(), nullable=True),
        sa.Column("intervention_type", sa.Text(), nullable=True),
        sa.Column("theme_text", sa.Text(), nullable=True, comment="the theme as the source spells it"),
        sa.Column("call", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("year", sa.Text(), nullable=True),
        sa.Column("managing_authority", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_project_version_batch_id")),
        sa.ForeignKeyConstraint(["country_code"], ["country.code"], name=op.f("fk_project_version_country_code")),
        sa.ForeignKeyConstraint(["fund_code"], ["fund.code"], name=op.f("fk_project_version_fund_code")),
        sa.ForeignKeyConstraint(["parent_id"], ["project.id"], name=op.f("fk_project_version_parent_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_project_version_programme_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_version_project_id")),
        sa.ForeignKeyConstraint(["source_row_id"], ["source_row.id"], name=op.f("fk_project_version_source_row_id")),
        sa.ForeignKeyConstraint(["theme_code"], ["theme.code"], name=op.f("fk_project_version_theme_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_version")),
    )
    op.create_index(op.f("ix_project_version_batch_id"), "project_version", ["batch_id"], unique=False)
    op.create_index(op.f("ix_project_version_parent_id"), "project_version", ["parent_id"], unique=False)
    op.create_index(op.f("ix_project_version_programme_id"), "project_version", ["programme_id"], unique=False)
    op.create_index("ix_project_version_project_id_id", "project_version", ["project_id", "id"], unique=False)
    op.create_table(
        "project_earmark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("earmark_code", sa.String(length=64), nullable=False),
        sa.Column("share_ppb", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("share_ppb > 0 and share_ppb <= 1000000000", name=op.f("ck_project_earmark_share")),
        sa.ForeignKeyConstraint(["earmark_code"], ["earmark.code"], name=op.f("fk_project_earmark_earmark_code")),
        sa.ForeignKeyConstraint(["version_id"], ["project_version.id"], name=op.f("fk_project_earmark_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_earmark")),
        sa.UniqueConstraint("version_id", "earmark_code", name=op.f("uq_project_earmark_version_id_earmark_code")),
    )
    op.create_table(
        "project_split",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("share_ppb", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind in ('country', 'theme')", name=op.f("ck_project_split_kind")),
        sa.CheckConstraint("share_ppb > 0 and share_ppb <= 1000000000", name=op.f("ck_project_split_share")),
        sa.ForeignKeyConstraint(["version_id"], ["project_version.id"], name=op.f("fk_project_split_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_split")),
        sa.UniqueConstraint("version_id", "kind", "code", name=op.f("uq_project_split_version_id_kind_code")),
    )
