"""The seals of the batches (ledger/domain/sealing.py says what they cover), and what helps to name a row that differs."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.store.columns import Base, BigId, Digest, LongText


class Seal(Base):
    """The tree over all rows of a batch, and the chain of the seals: each holds the hash of the one before.

    An upgrade seals all batches before it together; then `first_batch_id` is less than `batch_id`.
    """

    __tablename__ = "seal"
    __table_args__ = (UniqueConstraint("previous_hash"), UniqueConstraint("hash"))

    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), primary_key=True)
    first_batch_id: Mapped[int] = mapped_column(BigId)
    format: Mapped[int] = mapped_column(comment="which columns are sealed, and how they are written")
    ranges: Mapped[LongText] = mapped_column(comment="JSON: table to [after id, last id, rows]")
    leaf_count: Mapped[int] = mapped_column(BigId)
    root: Mapped[Digest] = mapped_column(comment="of the RFC 6962 tree over the rows")
    previous_hash: Mapped[Digest] = mapped_column(comment="hash of the seal before; 64 zeros for the first")
    hash: Mapped[Digest] = mapped_column(comment="RFC 6962 leaf hash of the seal's entry")


class SealHint(Base):
    """The first eight bytes of the hash of each row that a seal covers, table by table, in parts of 4096 rows."""

    __tablename__ = "seal_hint"

    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("seal.batch_id"), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(63), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hints: Mapped[bytes] = mapped_column(LargeBinary)
