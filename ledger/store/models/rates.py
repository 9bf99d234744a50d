"""Exchange rates as their publisher states them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.store.columns import (
    Base,
    BigId,
    Currency,
    Day,
    Digest,
    Identity,
    Line,
    LongText,
)


class Rate(Base):
    """Identity of a rate: currency and first day, `TND 2024-03-01`."""

    __tablename__ = "rate"
    __table_args__ = (UniqueConstraint("ref"),)

    id: Mapped[Identity]
    ref: Mapped[Line]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"))


class RateVersion(Base):
    """What a batch said of a rate: so many units of the currency are one euro, from one day to another (included)."""

    __tablename__ = "rate_version"
    __table_args__ = (
        Index("ix_rate_version_rate_id_id", "rate_id", "id"),
        Index("ix_rate_version_currency_valid_from", "currency", "valid_from"),
    )

    id: Mapped[Identity]
    rate_id: Mapped[int] = mapped_column(BigId, ForeignKey("rate.id"))
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    source_row_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("source_row.id"))
    is_withdrawn: Mapped[bool]
    digest: Mapped[Digest]
    currency: Mapped[Currency]
    rate: Mapped[Line] = mapped_column(comment="units of the currency per euro, exact decimal as text")
    valid_from: Mapped[Day]
    valid_to: Mapped[Day | None]
    source: Mapped[LongText | None]
    note: Mapped[LongText | None]
