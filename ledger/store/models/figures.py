"""Numbers that somebody stated, and accepted differences."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.store.columns import (
    Base,
    BigId,
    Day,
    Digest,
    Identity,
    Line,
    LongText,
)


class PublishedFigure(Base):
    """Identity of a number somebody stated."""

    __tablename__ = "published_figure"
    __table_args__ = (UniqueConstraint("ref"),)

    id: Mapped[Identity]
    ref: Mapped[Line]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"))


class PublishedFigureVersion(Base):
    """The figure as stated: wording, precision, scope and date.

    `value` is an exact decimal as text, null where the source states no number. Printed totals of imported sheets are figures too (origin `printed-total`): `scope_cells`
    names the cells that should add up to it and `cells_value` what they do add up to.
    """

    __tablename__ = "published_figure_version"
    __table_args__ = (
        CheckConstraint("origin in ('stated', 'printed-total')", "origin"),
        Index("ix_published_figure_version_figure_id_id", "figure_id", "id"),
    )

    id: Mapped[Identity]
    figure_id: Mapped[int] = mapped_column(BigId, ForeignKey("published_figure.id"))
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    source_row_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("source_row.id"))
    is_withdrawn: Mapped[bool]
    digest: Mapped[Digest]
    origin: Mapped[str] = mapped_column(String(20))
    scope: Mapped[Line | None] = mapped_column(comment="FUNDING, or CONTEXT for figures that are no funding")
    kind: Mapped[Line | None]
    quote: Mapped[LongText | None]
    source: Mapped[LongText | None]
    page: Mapped[Line | None]
    section: Mapped[Line | None]
    qualifier: Mapped[Line | None]
    value: Mapped[Line | None]
    unit: Mapped[Line | None]
    measure: Mapped[Line | None] = mapped_column(comment="sum, count, share, ratio, output or none")
    stage: Mapped[Line | None]
    basis: Mapped[Line | None]
    fund: Mapped[Line | None] = mapped_column(comment="fund codes, semicolon between")
    earmark: Mapped[Line | None]
    country: Mapped[LongText | None] = mapped_column(comment="country, region or group codes, semicolon between")
    theme: Mapped[Line | None]
    period_start: Mapped[Day | None]
    period_end: Mapped[Day | None]
    as_of: Mapped[Day | None]
    envelope: Mapped[Line | None]
    scope_of: Mapped[Line | None] = mapped_column(comment="parts: the sum of the envelope's parts is meant")
    programme: Mapped[Line | None]
    denominator: Mapped[Line | None] = mapped_column(comment="figure or envelope that a share is a share of")
    part_of: Mapped[Line | None]
    counting_unit: Mapped[Line | None]
    rule: Mapped[Line | None]
    is_target: Mapped[bool]
    scope_cells: Mapped[Line | None]
    cells_value: Mapped[Line | None]
    note: Mapped[LongText | None]
    relations: Mapped[LongText | None]
    caveat: Mapped[LongText | None]


class Waiver(Base):
    """An accepted difference of a figure: exactly this amount, for a reason, with evidence, until a date."""

    __tablename__ = "waiver"

    id: Mapped[Identity]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    figure_id: Mapped[int] = mapped_column(BigId, ForeignKey("published_figure.id"), index=True)
    difference: Mapped[Line] = mapped_column(comment="recorded less stated, exact decimal as text")
    reason: Mapped[LongText]
    evidence: Mapped[LongText | None]
    valid_until: Mapped[Day]
