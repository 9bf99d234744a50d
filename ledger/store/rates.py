"""Conversion into euro at a recorded rate. Without a rate of that day nothing is converted, and never added to euro."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import Connection, func, or_, select

from ledger.domain.money import divide_half_up, minor_digits
from ledger.store.models import Rate, RateVersion


@dataclass(frozen=True, slots=True)
class RateUsed:
    """A rate on record: `rate` units of `currency` (exact decimal as text) are one euro, from one day to another."""

    ref: str
    currency: str
    rate: str
    valid_from: date
    valid_to: date | None
    source: str | None
    batch: int


@dataclass(frozen=True, slots=True)
class Converted:
    """Euro cents, and the rate that they were made with (None where the amount was in euro already)."""

    minor: int
    rate: RateUsed | None


def find(connection: Connection, currency: str, on: date, known_at: int | None = None) -> RateUsed | None:
    """The rate of a currency on a day, as known with batch `known_at` (None: now).

    A rate without a last day holds to the end of its month: InforEuro rates are monthly.
    """
    version = RateVersion
    newest = select(func.max(version.id)).group_by(version.rate_id)
    if known_at is not None:
        newest = newest.where(version.batch_id <= known_at)
    row = connection.execute(
        select(Rate.ref, version)
        .join(Rate, Rate.id == version.rate_id)
        .where(
            version.id.in_(newest),
            version.is_withdrawn.is_(False),
            version.currency == currency,
            version.valid_from <= on,
            or_(version.valid_to.is_(None), version.valid_to >= on),
        )
        .with_only_columns(
            Rate.ref,
            version.currency,
            version.rate,
            version.valid_from,
            version.valid_to,
            version.source,
            version.batch_id,
        )
        .order_by(version.valid_from.desc())
    ).first()
    if row is None:
        return None
    last = row.valid_to or _month_end(row.valid_from)
    if on > last:
        return None
    return RateUsed(row.ref, row.currency, row.rate, row.valid_from, row.valid_to, row.source, int(row.batch_id))


def every(connection: Connection, known_at: int | None = None) -> list[RateUsed]:
    """Every rate that stands, as known with batch `known_at` (None: now); a last day that is not stated is the month's."""
    version = RateVersion
    newest = select(func.max(version.id)).group_by(version.rate_id)
    if known_at is not None:
        newest = newest.where(version.batch_id <= known_at)
    rows = connection.execute(
        select(
            Rate.ref,
            version.currency,
            version.rate,
            version.valid_from,
            version.valid_to,
            version.source,
            version.batch_id,
        )
        .join(Rate, Rate.id == version.rate_id)
        .where(version.id.in_(newest), version.is_withdrawn.is_(False))
        .order_by(version.currency, version.valid_from)
    )
    return [
        RateUsed(
            row.ref,
            row.currency,
            row.rate,
            row.valid_from,
            row.valid_to or _month_end(row.valid_from),
            row.source,
            int(row.batch_id),
        )
        for row in rows
    ]


def convert(
    connection: Connection, minor: int, currency: str, on: date, known_at: int | None = None
) -> Converted | None:
    """Minor units of a currency in euro cents, rounded half up once; None where no rate of that day is on record."""
    if currency == "EUR":
        return Converted(minor, None)
    used = find(connection, currency, on, known_at)
    if used is None:
        return None
    exact = Fraction(minor) * 10 ** minor_digits("EUR") / (Fraction(used.rate) * 10 ** minor_digits(currency))
    return Converted(divide_half_up(exact.numerator, exact.denominator), used)


def _month_end(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - timedelta(days=1)
