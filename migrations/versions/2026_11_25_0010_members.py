"""Who may do what: the members of a ledger and their roles, and the funds and countries that each batch's file speaks of.

Phase: expand. Programs before this revision do not know these tables.

Revision ID: 0010
Revises: 0009
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APPEND_ONLY = ("membership", "batch_scope")


def upgrade() -> None:
    _tables()
    _scopes_of_earlier_batches()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("COMMENT ON COLUMN batch.kind IS 'reference, import, revert, figure, waiver or grant'")
        op.execute(
            "COMMENT ON COLUMN batch.actor IS 'who: the login of the PostgreSQL server; on SQLite what the operating "
            "system says, a claim and no proof'"
        )
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


def _tables() -> None:
    op.create_table(
        "membership",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login", sa.Text(), nullable=False, comment="of the PostgreSQL server"),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("fund_code", sa.String(length=64), nullable=True, comment="null: every fund"),
        sa.Column("country_code", sa.String(length=64), nullable=True, comment="null: every country"),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.CheckConstraint("role in ('officer', 'auditor', 'planner')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_membership_batch_id")),
        sa.ForeignKeyConstraint(["country_code"], ["country.code"], name=op.f("fk_membership_country_code")),
        sa.ForeignKeyConstraint(["fund_code"], ["fund.code"], name=op.f("fk_membership_fund_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_login_batch_id"), "membership", ["login", "batch_id"], unique=False)
    op.create_table(
        "batch_scope",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fund_code", sa.String(length=64), nullable=False, comment="*: of any fund"),
        sa.Column("country_code", sa.String(length=64), nullable=False, comment="*: of any country"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_scope_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_scope")),
        sa.UniqueConstraint(
            "batch_id", "fund_code", "country_code", name=op.f("uq_batch_scope_batch_id_fund_code_country_code")
        ),
    )


def _scopes_of_earlier_batches() -> None:
    """For those that no seal covers yet: a sealed batch gets no more rows, and its file stays hidden from the limited."""
    described = " UNION ".join(
        f"SELECT batch_id, fund_code, country_code FROM {kind}_version" for kind in ("envelope", "programme", "project")
    )
    op.execute(
        f"""INSERT INTO batch_scope (batch_id, fund_code, country_code) SELECT * FROM ({described} UNION
        SELECT t.batch_id, x.fund_code, x.country_code FROM transfer t JOIN account x ON x.id = t.credit_account_id
        WHERE t.reverses_id IS NULL AND coalesce(x.envelope_id, x.programme_id, x.project_id) IS NOT NULL UNION
        SELECT f.batch_id, '*', '*' FROM source_row r JOIN source_sheet s ON s.id = r.sheet_id
        JOIN source_file f ON f.id = s.file_id WHERE r.state = 'rejected') AS found
        WHERE batch_id > coalesce((SELECT max(z.batch_id) FROM seal z), 0) ORDER BY 1, 2, 3"""
    )
