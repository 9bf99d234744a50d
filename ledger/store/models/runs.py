"""Runs of `reconcile` that were kept: what was asked, and the verdict on each figure."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.store.columns import Base, BigId, Identity, Line, LongText


class FigureRun(Base):
    """A kept run. The question and `known_at` give the same verdicts again, whatever is booked later."""

    __tablename__ = "figure_run"

    id: Mapped[Identity]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    question: Mapped[LongText] = mapped_column(comment="JSON: figures, fund, country, as_of, with_illustrative")
    known_at: Mapped[int] = mapped_column(BigId, comment="number of the last batch that counted")


class FigureRunResult(Base):
    """The verdict on one figure in a run; numbers are exact text in the figure's unit, null where there is none."""

    __tablename__ = "figure_run_result"
    __table_args__ = (Index("ix_figure_run_result_run_id_position", "run_id", "position", unique=True),)

    id: Mapped[Identity]
    run_id: Mapped[int] = mapped_column(BigId, ForeignKey("figure_run.id"))
    position: Mapped[int]
    version_id: Mapped[int] = mapped_column(BigId, ForeignKey("published_figure_version.id"))
    figure: Mapped[Line] = mapped_column(comment="its name")
    verdict: Mapped[str] = mapped_column(String(20))
    rule: Mapped[str] = mapped_column(String(20))
    unit: Mapped[Line]
    stated: Mapped[Line | None]
    low: Mapped[Line | None]
    high: Mapped[Line | None]
    low_inclusive: Mapped[bool]
    high_inclusive: Mapped[bool]
    recorded: Mapped[Line | None]
    is_complete: Mapped[bool] = mapped_column(comment="all that the figure covers is recorded")
    waiver_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("waiver.id"), comment="the waiver that held")
