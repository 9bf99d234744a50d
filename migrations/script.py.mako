"""${message}.

Phase: expand | backfill | contract. Say how long the program before this revision may run against it.

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
