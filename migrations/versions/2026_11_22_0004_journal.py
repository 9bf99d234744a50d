"""Accounts, transfers and balances.

Phase: expand. Programs before this revision do not know these tables.

Revision ID: 0004
Revises: 0003
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("envelope_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("programme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("fund_code", sa.String(length=64), nullable=False),
        sa.Column("country_code", sa.String(length=64), nullable=False),
        sa.Column("theme_code", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "price_basis", sa.String(length=12), nullable=False, comment="current, or the year of constant prices"
        ),
        sa.Column("is_illustrative", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "basis in ('eu', 'national_public', 'public', 'private', 'other')", name=op.f("ck_account_basis")
        ),
        sa.CheckConstraint(
            "stage in ('outside', 'allocated', 'committed', 'contracted', 'declared', 'paid', 'decommitted', 'recovered')",
            name=op.f("ck_account_stage"),
        ),
        sa.CheckConstraint(
            "(case when envelope_id is null then 0 else 1 end) + (case when programme_id is null then 0 else 1 end) + (case when project_id is null then 0 else 1 end) <= 1",
            name=op.f("ck_account_one_holder"),
        ),
        sa.ForeignKeyConstraint(["country_code"], ["country.code"], name=op.f("fk_account_country_code")),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelope.id"], name=op.f("fk_account_envelope_id")),
        sa.ForeignKeyConstraint(["fund_code"], ["fund.code"], name=op.f("fk_account_fund_code")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_account_programme_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_account_project_id")),
        sa.ForeignKeyConstraint(["theme_code"], ["theme.code"], name=op.f("fk_account_theme_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index("ix_account_envelope_id_stage_basis", "account", ["envelope_id", "stage", "basis"], unique=False)
    op.create_index("ix_account_programme_id_stage_basis", "account", ["programme_id", "stage", "basis"], unique=False)
    op.create_index("ix_account_project_id_stage_basis", "account", ["project_id", "stage", "basis"], unique=False)
    op.create_table(
        "balance",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("to_date_minor", sa.BigInteger(), nullable=False),
        sa.Column("passed_on_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_balance_account_id")),
        sa.PrimaryKeyConstraint("account_id", "year", name=op.f("pk_balance")),
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "debit_account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the money leaves here",
        ),
        sa.Column(
            "credit_account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the money arrives here",
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("value_date", sa.Date(), nullable=True, comment="when it happened; null where nothing dates it"),
        sa.Column("source_row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source_column", sa.Integer(), nullable=True),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_transfer_positive")),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name=op.f("ck_transfer_two_accounts")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_transfer_batch_id")),
        sa.ForeignKeyConstraint(["credit_account_id"], ["account.id"], name=op.f("fk_transfer_credit_account_id")),
        sa.ForeignKeyConstraint(["debit_account_id"], ["account.id"], name=op.f("fk_transfer_debit_account_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["transfer.id"], name=op.f("fk_transfer_reverses_id")),
        sa.ForeignKeyConstraint(["source_row_id"], ["source_row.id"], name=op.f("fk_transfer_source_row_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_transfer_reverses_id")),
    )
    op.create_index("ix_transfer_batch_id", "transfer", ["batch_id"], unique=False)
    op.create_index("ix_transfer_credit_account_id", "transfer", ["credit_account_id"], unique=False)
    op.create_index("ix_transfer_debit_account_id", "transfer", ["debit_account_id"], unique=False)
    # An expression index, because a null holder would otherwise make two equal accounts differ.
    op.create_index(
        "uq_account_key",
        "account",
        [
            sa.text("coalesce(envelope_id, 0)"),
            sa.text("coalesce(programme_id, 0)"),
            sa.text("coalesce(project_id, 0)"),
            "stage",
            "basis",
            "country_code",
            "theme_code",
            "fund_code",
            "currency",
            "price_basis",
            "is_illustrative",
        ],
        unique=True,
    )
