"""Figures that are stated by hand, without a file: one version each, in a batch of its own."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from ledger.domain.records import Kind, Record
from ledger.store import batches
from ledger.store.models import PublishedFigure, PublishedFigureVersion
from ledger.store.staging import HOLDERS, version_of


def says_the_same(connection: Connection, record: Record) -> bool | None:
    """Whether the figure of this name says exactly this already; None where there is none, or it is withdrawn."""
    version = PublishedFigureVersion
    newest = connection.execute(
        select(version.digest, version.is_withdrawn)
        .join(PublishedFigure, PublishedFigure.id == version.figure_id)
        .where(PublishedFigure.ref == record.ref)
        .order_by(version.id.desc())
    ).first()
    if newest is None or newest.is_withdrawn:
        return None
    return bool(newest.digest == version_of(record)[0])


def keep(connection: Connection, record: Record, note: str) -> int:
    """Book a figure as stated; an earlier version stays on record. Returns the number of the batch."""
    assert record.kind is Kind.FIGURES
    digest, values = version_of(record)
    batch = batches.open_batch(connection, "figure", note=note)
    number = connection.execute(select(PublishedFigure.id).where(PublishedFigure.ref == record.ref)).scalar()
    if number is None:
        made = insert(PublishedFigure).values(ref=record.ref, batch_id=batch).returning(PublishedFigure.id)
        number = connection.execute(made).scalar_one()
    stated = dict(zip(HOLDERS[Kind.FIGURES].attributes, values, strict=True))
    days = {name: record.attributes.get(name) for name in ("period_start", "period_end", "as_of")}
    connection.execute(
        insert(PublishedFigureVersion).values(
            figure_id=number, batch_id=batch, is_withdrawn=False, digest=digest, **{**stated, **days}
        )
    )
    return batch
