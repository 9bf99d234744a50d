"""Who may do what on a PostgreSQL server, and how far the file of each batch reaches."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.store.columns import Base, BigId, Code, Identity, Line


class Membership(Base):
    """A login's role, for a fund and a country. The newest batch that speaks of a login says all that holds of it.

    On SQLite, which has no users, it stays empty.
    """

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("role in ('officer', 'auditor', 'planner')", "role"),
        Index("ix_membership_login_batch_id", "login", "batch_id"),
    )

    id: Mapped[Identity]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"))
    login: Mapped[Line] = mapped_column(comment="of the PostgreSQL server")
    role: Mapped[str] = mapped_column(String(20))
    fund_code: Mapped[Code | None] = mapped_column(ForeignKey("fund.code"), comment="null: every fund")
    country_code: Mapped[Code | None] = mapped_column(ForeignKey("country.code"), comment="null: every country")
    is_withdrawn: Mapped[bool]


class BatchScope(Base):
    """A fund and country that the file of a batch speaks of; who may see all of them may see the file.

    Rows that were refused count as wide as the rights of who imported them: `*` where those had no limit.
    """

    __tablename__ = "batch_scope"
    __table_args__ = (UniqueConstraint("batch_id", "fund_code", "country_code"),)

    id: Mapped[Identity]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"))
    fund_code: Mapped[Code] = mapped_column(comment="*: of any fund")
    country_code: Mapped[Code] = mapped_column(comment="*: of any country")
