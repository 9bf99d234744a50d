"""Spans of days, both ends included, and the programming periods of the Union's budget."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

_YEARS = re.compile(r"(?P<first>\d{4})(?:\s*[-/\u2010-\u2014]\s*(?P<last>\d{4}|\d{2}))?")


class PeriodError(ValueError):
    """The period ends before it begins, or its text names no years."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to `end`, both days included; None leaves that side open. Raises PeriodError if it ends too early.

    The default, open on both sides, contains every day.
    """

    start: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        if self.start and self.end and self.end < self.start:
            raise PeriodError(f"the period ends on {self.end}, before it begins on {self.start}")

    def __contains__(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def contains(self, other: Period) -> bool:
        """Whether every day of `other` lies in this period."""
        begins = self.start is None or (other.start is not None and self.start <= other.start)
        ends = self.end is None or (other.end is not None and other.end <= self.end)
        return begins and ends

    def overlaps(self, other: Period) -> bool:
        """Whether the two periods have a day in common."""
        return self.intersection(other) is not None

    def intersection(self, other: Period) -> Period | None:
        """The days that both have, or None."""
        starts = [day for day in (self.start, other.start) if day is not None]
        ends = [day for day in (self.end, other.end) if day is not None]
        start, end = max(starts, default=None), min(ends, default=None)
        if start is not None and end is not None and end < start:
            return None
        return Period(start, end)

    @property
    def closed(self) -> bool:
        """Whether both ends are known."""
        return self.start is not None and self.end is not None

    def text(self) -> str:
        """The period as an ISO 8601 interval, … for an open side: "2019-01-01/…"."""
        return f"{self.start or '…'}/{self.end or '…'}"


def year(number: int) -> Period:
    """The calendar year."""
    return Period(date(number, 1, 1), date(number, 12, 31))


def years(text: str) -> Period:
    """Calendar years written as "2022", "2021-2027", "2021-23" or "2014/2020", from 1 January to 31 December.

    A last year of two digits lies in the first one's century. Raises PeriodError for any other text.
    """
    match = _YEARS.fullmatch(text.strip())
    if not match or int(match["first"]) == 0:
        raise PeriodError(f"{text!r} names no span of years")
    first, last = match["first"], match["last"] or match["first"]
    return Period(date(int(first), 1, 1), date(int(first[:2] + last if len(last) == 2 else last), 12, 31))


#: The multiannual financial frameworks that the ledger's funds belong to: Regulations (EU, Euratom) No 1311/2013 and
#: 2020/2093.
PROGRAMMING_PERIODS: Final[dict[str, Period]] = {"2014-2020": years("2014-2020"), "2021-2027": years("2021-2027")}


def programming_period_of(day: date) -> str | None:
    """Name of the programming period ("2021-2027") that a day lies in, or None."""
    return next((name for name, period in PROGRAMMING_PERIODS.items() if day in period), None)
