"""Code lists: refreshed by `init`; the only tables that may be edited."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.store.columns import (
    Base,
    Code,
    Day,
    Identity,
    Line,
    LongText,
)


class Fund(Base):
    """A fund or instrument: AMIF, BMVI, NDICI-GE …; UNNAMED where a source names none."""

    __tablename__ = "fund"

    code: Mapped[Code] = mapped_column(primary_key=True)
    name_en: Mapped[Line]
    name_fr: Mapped[Line | None]
    kind: Mapped[str] = mapped_column(String(20))


class Country(Base):
    """A country (ISO code, EC code beside it), a region of our own (R-NAF) or an aggregate (EU). ZZ: not stated."""

    __tablename__ = "country"

    code: Mapped[Code] = mapped_column(primary_key=True)
    iso3: Mapped[str | None] = mapped_column(String(3))
    code_ec: Mapped[Code | None]
    name_en: Mapped[Line]
    name_fr: Mapped[Line | None]
    kind: Mapped[str] = mapped_column(String(20))


class CountryGroup(Base):
    """A named set of countries; `region_code` is the code that an unsplit project of the whole group stays on."""

    __tablename__ = "country_group"

    code: Mapped[Code] = mapped_column(primary_key=True)
    name_en: Mapped[Line]
    region_code: Mapped[Code | None] = mapped_column(ForeignKey("country.code"))


class CountryGroupMember(Base):
    """Membership of a country in a group, with its dates (null: open)."""

    __tablename__ = "country_group_member"
    __table_args__ = (UniqueConstraint("group_code", "country_code", "valid_from"),)

    id: Mapped[Identity]
    group_code: Mapped[Code] = mapped_column(ForeignKey("country_group.code"))
    country_code: Mapped[Code] = mapped_column(ForeignKey("country.code"))
    valid_from: Mapped[Day | None]
    valid_to: Mapped[Day | None]
    source: Mapped[LongText | None]


class Theme(Base):
    """What an action is about (protection, anti-smuggling …); `unstated` where nothing is said."""

    __tablename__ = "theme"

    code: Mapped[Code] = mapped_column(primary_key=True)
    name_en: Mapped[Line]
    parent_code: Mapped[Code | None] = mapped_column(ForeignKey("theme.code"))


class Earmark(Base):
    """A cross-cutting marker with a share: NDICI migration, Pact."""

    __tablename__ = "earmark"

    code: Mapped[Code] = mapped_column(primary_key=True)
    name_en: Mapped[Line]
    share_note: Mapped[LongText | None]
    legal_reference: Mapped[LongText | None]
