"""Envelopes, programmes and projects: identity, and what each batch said of them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
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
    SharePpb,
)


class Envelope(Base):
    """Identity of an amount set by an act."""

    __tablename__ = "envelope"
    __table_args__ = (UniqueConstraint("ref"),)

    id: Mapped[Identity]
    ref: Mapped[Line]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"))


class EnvelopeVersion(Base):
    """What a batch said of an envelope.

    role: `node` of a tree; `reinforcement` that feeds others and is never added to them; `statement` (another vintage
    or price basis of what a tree holds already); `unit-cost` (per person or per State). Only nodes count in summaries.
    """

    __tablename__ = "envelope_version"
    __table_args__ = (
        CheckConstraint("role in ('node', 'reinforcement', 'statement', 'unit-cost')", "role"),
        Index("ix_envelope_version_envelope_id_id", "envelope_id", "id"),
    )

    id: Mapped[Identity]
    envelope_id: Mapped[int] = mapped_column(BigId, ForeignKey("envelope.id"))
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    source_row_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("source_row.id"))
    is_withdrawn: Mapped[bool]
    digest: Mapped[Digest]
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("envelope.id"), index=True)
    title: Mapped[LongText]
    role: Mapped[str] = mapped_column(String(20))
    parts: Mapped[str | None] = mapped_column(String(10), comment="complete: the parts make up the whole; partial")
    feeds: Mapped[Line | None] = mapped_column(comment="reference of the envelope or fund that a reinforcement feeds")
    fund_code: Mapped[Code] = mapped_column(ForeignKey("fund.code"))
    country_code: Mapped[Code] = mapped_column(ForeignKey("country.code"))
    period_start: Mapped[Day | None]
    period_end: Mapped[Day | None]
    vintage: Mapped[Line | None]
    status: Mapped[Line | None] = mapped_column(comment="confirmed, second-hand, derived …")
    legal_reference: Mapped[LongText | None]
    source: Mapped[LongText | None]
    note: Mapped[LongText | None]


class Programme(Base):
    """Identity of a programme: a CCI where shared management gives one."""

    __tablename__ = "programme"
    __table_args__ = (UniqueConstraint("source", "ref"),)

    id: Mapped[Identity]
    source: Mapped[Line]
    ref: Mapped[Line]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"))


class ProgrammeVersion(Base):
    """What a batch said of a programme."""

    __tablename__ = "programme_version"
    __table_args__ = (Index("ix_programme_version_programme_id_id", "programme_id", "id"),)

    id: Mapped[Identity]
    programme_id: Mapped[int] = mapped_column(BigId, ForeignKey("programme.id"))
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    source_row_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("source_row.id"))
    is_withdrawn: Mapped[bool]
    digest: Mapped[Digest]
    title: Mapped[LongText | None]
    fund_code: Mapped[Code] = mapped_column(ForeignKey("fund.code"))
    country_code: Mapped[Code] = mapped_column(ForeignKey("country.code"))
    theme_code: Mapped[Code] = mapped_column(ForeignKey("theme.code"))
    managing_authority: Mapped[LongText | None]
    start_date: Mapped[Day | None]
    end_date: Mapped[Day | None]
    quote: Mapped[LongText | None]
    note: Mapped[LongText | None]


class Project(Base):
    """Identity of a project: known by its source (profile or --set source=) and its reference there."""

    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("source", "ref"),)

    id: Mapped[Identity]
    source: Mapped[Line]
    ref: Mapped[Line]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"))


class ProjectVersion(Base):
    """What a batch said of a project.

    `unit` says what is counted (operation, action, decision, contract …);
    `parent_id` links a contract to its decision, whose amount holds the contract's, so that levels are never added.
    """

    __tablename__ = "project_version"
    __table_args__ = (Index("ix_project_version_project_id_id", "project_id", "id"),)

    id: Mapped[Identity]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"))
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    source_row_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("source_row.id"))
    is_withdrawn: Mapped[bool]
    digest: Mapped[Digest]
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("project.id"), index=True)
    programme_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("programme.id"), index=True)
    unit: Mapped[str] = mapped_column(String(20))
    fund_code: Mapped[Code] = mapped_column(ForeignKey("fund.code"))
    country_code: Mapped[Code] = mapped_column(ForeignKey("country.code"))
    theme_code: Mapped[Code] = mapped_column(ForeignKey("theme.code"))
    title: Mapped[LongText | None]
    summary: Mapped[LongText | None]
    beneficiary: Mapped[LongText | None]
    beneficiary_country: Mapped[Line | None]
    country_text: Mapped[LongText | None] = mapped_column(comment="the country as the source spells it")
    location: Mapped[LongText | None]
    nuts: Mapped[Line | None]
    postcode: Mapped[Line | None]
    city: Mapped[Line | None]
    start_date: Mapped[Day | None]
    end_date: Mapped[Day | None]
    decision_date: Mapped[Day | None]
    status: Mapped[Line | None]
    eu_rate: Mapped[Line | None] = mapped_column(comment="co-financing rate in per cent, exact decimal as text")
    priority: Mapped[LongText | None]
    specific_objective: Mapped[LongText | None]
    intervention_type: Mapped[LongText | None]
    theme_text: Mapped[LongText | None] = mapped_column(comment="the theme as the source spells it")
    call: Mapped[LongText | None]
    url: Mapped[LongText | None]
    year: Mapped[Line | None]
    managing_authority: Mapped[LongText | None]
    note: Mapped[LongText | None]


class ProjectSplit(Base):
    """Part of a project that goes to one country or theme; the shares of a version and kind sum to 100 %."""

    __tablename__ = "project_split"
    __table_args__ = (
        UniqueConstraint("version_id", "kind", "code"),
        CheckConstraint("kind in ('country', 'theme')", "kind"),
        CheckConstraint("share_ppb > 0 and share_ppb <= 1000000000", "share"),
    )

    id: Mapped[Identity]
    version_id: Mapped[int] = mapped_column(BigId, ForeignKey("project_version.id"))
    kind: Mapped[str] = mapped_column(String(10))
    code: Mapped[Code]
    share_ppb: Mapped[SharePpb]


class ProjectEarmark(Base):
    """The share of a project that counts towards an earmark."""

    __tablename__ = "project_earmark"
    __table_args__ = (
        UniqueConstraint("version_id", "earmark_code"),
        CheckConstraint("share_ppb > 0 and share_ppb <= 1000000000", "share"),
    )

    id: Mapped[Identity]
    version_id: Mapped[int] = mapped_column(BigId, ForeignKey("project_version.id"))
    earmark_code: Mapped[Code] = mapped_column(ForeignKey("earmark.code"))
    share_ppb: Mapped[SharePpb]


class Coverage(Base):
    """A batch's statement that it is the complete list for a scope; without one, sums are lower bounds."""

    __tablename__ = "coverage"

    id: Mapped[Identity]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), index=True)
    fund_code: Mapped[Code | None] = mapped_column(ForeignKey("fund.code"))
    earmark_code: Mapped[Code | None] = mapped_column(ForeignKey("earmark.code"))
    country_code: Mapped[Code | None] = mapped_column(ForeignKey("country.code"))
    period_start: Mapped[Day | None]
    period_end: Mapped[Day | None]
