"""Batches, and the files, sheets and rows they read."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.store.columns import (
    Base,
    BigId,
    Code,
    Day,
    Digest,
    Identity,
    Line,
    LongText,
    Timestamp,
)


class Batch(Base):
    """One import or other write: the unit of undo, of sealing and of what was known when."""

    __tablename__ = "batch"
    __table_args__ = (UniqueConstraint("reverts_id"),)

    id: Mapped[Identity]
    kind: Mapped[str] = mapped_column(
        String(20), comment="reference, import, revert, figure, waiver, run, sample or grant"
    )
    recorded_at: Mapped[Timestamp] = mapped_column(index=True)
    actor: Mapped[Line] = mapped_column(
        comment="who: the login of the PostgreSQL server; on SQLite what the operating system says, a claim and no proof"
    )
    program_version: Mapped[str] = mapped_column(String(40))
    source: Mapped[Line | None] = mapped_column(comment="namespace of the references: profile, or --set source=")
    profile: Mapped[Line | None]
    profile_sha256: Mapped[Digest | None]
    settings: Mapped[LongText] = mapped_column(comment="JSON of what was stated with --set")
    as_of: Mapped[Day | None] = mapped_column(comment="date of the situation that the file states")
    is_illustrative: Mapped[bool]
    reverts_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("batch.id"))
    note: Mapped[LongText | None]


class SourceContent(Base):
    """The bytes of a file, once, compressed with zlib."""

    __tablename__ = "source_content"

    sha256: Mapped[Digest] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigId)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class SourceFile(Base):
    """A file that a batch read."""

    __tablename__ = "source_file"

    id: Mapped[Identity]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    name: Mapped[LongText]
    sha256: Mapped[Digest] = mapped_column(ForeignKey("source_content.sha256"), index=True)
    format: Mapped[str] = mapped_column(String(20))
    encoding: Mapped[str | None] = mapped_column(String(40))
    delimiter: Mapped[str | None] = mapped_column(String(4))


class SourceSheet(Base):
    """A sheet that was read; `name` is empty for a text file."""

    __tablename__ = "source_sheet"

    id: Mapped[Identity]
    file_id: Mapped[int] = mapped_column(BigId, ForeignKey("source_file.id"), index=True)
    name: Mapped[Line]
    position: Mapped[int] = mapped_column(comment="0-based place in the workbook")
    header_rows: Mapped[Line] = mapped_column(comment="row numbers, comma between")
    columns: Mapped[LongText] = mapped_column(comment="JSON: letter, header, field of each column as it was read")


class SourceRow(Base):
    """One row of a sheet and its one state: posted, unchanged, subtotal, blank, note or rejected."""

    __tablename__ = "source_row"
    __table_args__ = (
        UniqueConstraint("sheet_id", "number"),
        CheckConstraint("state in ('posted', 'unchanged', 'subtotal', 'blank', 'note', 'rejected')", "state"),
    )

    id: Mapped[Identity]
    sheet_id: Mapped[int] = mapped_column(BigId, ForeignKey("source_sheet.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    digest: Mapped[Digest] = mapped_column(comment="SHA-256 of the row's raw values")


class RecordedFinding(Base):
    """A finding of a batch, kept as it was told."""

    __tablename__ = "finding"

    id: Mapped[Identity]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    code: Mapped[Code]
    severity: Mapped[str] = mapped_column(String(10))
    sheet: Mapped[Line]
    cell: Mapped[Line]
    message: Mapped[LongText]
    details: Mapped[LongText] = mapped_column(comment="JSON of the particulars")
