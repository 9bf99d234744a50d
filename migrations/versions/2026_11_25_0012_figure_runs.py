"""Kept runs of reconcile, the triggers that refuse any change of them, and who adds them on PostgreSQL.

Phase: expand. Programs before this revision do not know these tables.

Revision ID: 0012
Revises: 0011
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ALL = "(SELECT ledger_sees_all())"
_OPEN = "batch_id = (SELECT ledger_open_batch())"
#: table -> (who reads a row, who adds one); the owner does both. Verdicts are of sums over everything.
POLICIES = {
    "figure_run": (_ALL, f"{_OPEN} AND {_ALL}"),
    "figure_run_result": (
        _ALL,
        f"run_id IN (SELECT p.id FROM figure_run p WHERE p.{_OPEN}) AND {_ALL}",
    ),
}
KINDS = "reference, import, revert, figure, waiver, run, sample or grant"


def upgrade() -> None:
    big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "figure_run",
        sa.Column("id", big_id, nullable=False),
        sa.Column("batch_id", big_id, nullable=False),
        sa.Column(
            "question", sa.Text(), nullable=False, comment="JSON: figures, fund, country, as_of, with_illustrative"
        ),
        sa.Column("known_at", big_id, nullable=False, comment="number of the last batch that counted"),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_figure_run_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_run")),
    )
    op.create_index(op.f("ix_figure_run_batch_id"), "figure_run", ["batch_id"])
    op.create_table(
        "figure_run_result",
        sa.Column("id", big_id, nullable=False),
        sa.Column("run_id", big_id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version_id", big_id, nullable=False),
        sa.Column("figure", sa.Text(), nullable=False, comment="its name"),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("stated", sa.Text(), nullable=True),
        sa.Column("low", sa.Text(), nullable=True),
        sa.Column("high", sa.Text(), nullable=True),
        sa.Column("low_inclusive", sa.Boolean(), nullable=False),
        sa.Column("high_inclusive", sa.Boolean(), nullable=False),
        sa.Column("recorded", sa.Text(), nullable=True),
        sa.Column("is_complete", sa.Boolean(), nullable=False, comment="all that the figure covers is recorded"),
        sa.Column("waiver_id", big_id, nullable=True, comment="the waiver that held"),
        sa.ForeignKeyConstraint(["run_id"], ["figure_run.id"], name=op.f("fk_figure_run_result_run_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["published_figure_version.id"], name=op.f("fk_figure_run_result_version_id")
        ),
        sa.ForeignKeyConstraint(["waiver_id"], ["waiver.id"], name=op.f("fk_figure_run_result_waiver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_run_result")),
    )
    op.create_index("ix_figure_run_result_run_id_position", "figure_run_result", ["run_id", "position"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
        return
    for table in POLICIES:
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: book a correction instead'); END"
            )


def _on_postgresql() -> None:
    for table, (read, add) in POLICIES.items():
        for verb, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{verb}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_owner ON {table} USING ((SELECT ledger_is_owner()))")
        op.execute(f"CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read})")
        op.execute(f"CREATE POLICY {table}_add ON {table} FOR INSERT WITH CHECK ({add})")
    # An officer and an auditor keep the verdicts they got, beside what 0011 lets them add.
    op.execute(
        """CREATE POLICY batch_add_run ON batch FOR INSERT WITH CHECK (
        kind = 'run' AND actor = session_user::text AND reverts_id IS NULL
        AND EXISTS (SELECT 1 FROM ledger_standing() s WHERE s.role IN ('officer', 'auditor')))"""
    )
    op.execute(f"COMMENT ON COLUMN batch.kind IS '{KINDS}'")
