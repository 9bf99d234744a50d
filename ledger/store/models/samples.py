"""Samples that auditors drew: what was asked, what the population was, and the units in the order of the draw."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.store.columns import Base, BigId, Currency, Digest, Identity, Line, LongText, MinorUnits


class AuditSample(Base):
    """A drawn sample. With the seed and the population of that hash anybody draws the same units again."""

    __tablename__ = "audit_sample"

    id: Mapped[Identity]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    method: Mapped[str] = mapped_column(String(20))
    parameters: Mapped[LongText] = mapped_column(comment="JSON: confidence, errors, factors, strata, scope")
    seed: Mapped[Line]
    population_sha256: Mapped[Digest] = mapped_column(comment="of the lines [unit,stratum,minor units]")
    units: Mapped[int] = mapped_column(comment="of the population")
    book_minor: Mapped[MinorUnits] = mapped_column(comment="of the population")
    currency: Mapped[Currency]
    sample_size: Mapped[int]


class AuditSampleItem(Base):
    """A unit of a sample, with its book value in the population."""

    __tablename__ = "audit_sample_item"
    __table_args__ = (Index("ix_audit_sample_item_sample_id_position", "sample_id", "position", unique=True),)

    id: Mapped[Identity]
    sample_id: Mapped[int] = mapped_column(BigId, ForeignKey("audit_sample.id"))
    position: Mapped[int]
    unit: Mapped[Line] = mapped_column(comment="name in the draw: the reference, with its source where two share it")
    source: Mapped[Line]
    ref: Mapped[Line]
    stratum: Mapped[Line]
    is_exhaustive: Mapped[bool]
    book_minor: Mapped[MinorUnits]
