"""Code lists: funds, countries, groups, themes, earmarks.

Phase: expand. Programs before this revision do not know these tables.

Revision ID: 0001
Revises:
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "country",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("iso3", sa.String(length=3), nullable=True),
        sa.Column("code_ec", sa.String(length=64), nullable=True),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_fr", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_country")),
    )
    op.create_table(
        "earmark",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("share_note", sa.Text(), nullable=True),
        sa.Column("legal_reference", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_earmark")),
    )
    op.create_table(
        "fund",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_fr", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_fund")),
    )
    op.create_table(
        "theme",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["parent_code"], ["theme.code"], name=op.f("fk_theme_parent_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_theme")),
    )
    op.create_table(
        "country_group",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("region_code", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["region_code"], ["country.code"], name=op.f("fk_country_group_region_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_country_group")),
    )
    op.create_table(
        "country_group_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_code", sa.String(length=64), nullable=False),
        sa.Column("country_code", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["country_code"], ["country.code"], name=op.f("fk_country_group_member_country_code")),
        sa.ForeignKeyConstraint(
            ["group_code"], ["country_group.code"], name=op.f("fk_country_group_member_group_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_country_group_member")),
        sa.UniqueConstraint(
            "group_code",
            "country_code",
            "valid_from",
            name=op.f("uq_country_group_member_group_code_country_code_valid_from"),
        ),
    )
