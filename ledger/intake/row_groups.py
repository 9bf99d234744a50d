"""One thing on several rows: amounts that every row repeats, shares of them, and cumulative states.

All rows of a group are seen before the first one is booked; memory grows with the groups, and only where a profile
asks for them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ledger.domain.allocation import WHOLE_PPB, allocate, format_percent
from ledger.domain.money import display
from ledger.intake.cell_text import cell_text, is_blank
from ledger.intake.cells import CellError, Row, Value
from ledger.intake.headers import Table, plain_header
from ledger.intake.layouts import Repeated
from ledger.intake.number_styles import Amount, read_amount

Stated = dict[str, tuple[str, int]]


@dataclass(slots=True)
class _Group:
    """What the rows of one key say together."""

    first: int
    rows: int = 0
    #: texts of the country column, in their order
    countries: dict[str, None] = field(default_factory=dict)
    #: row -> weight of its share; None where one cannot be read
    shares: dict[int, int] | None = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    total: Decimal = Decimal(0)
    latest: tuple[int, str] = (0, "")
    amounts: Stated = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is booked of a row: `amounts`, under the rule `rule`; nothing at all where it `is_older`.

    `countries` replaces the row's own country on the row that stands for several; `problem` refuses the row.
    """

    amounts: Stated
    rule: str = "cell"
    is_older: bool = False
    countries: str = ""
    problem: str = ""
    #: country text -> weight of its share, on the row that stands for the whole group
    weights: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class RowGroups:
    """The groups of one table: `see` every row first, then `judge` each."""

    table: Table
    rule: Repeated
    #: rows that repeat an amount, and what they repeat, in minor units by currency
    repeats: int = 0
    repeated: Counter[str] = field(default_factory=Counter)
    older: int = 0
    _groups: dict[tuple[str, ...], _Group] = field(default_factory=dict)
    _key: list[int] = field(default_factory=list)
    _country: int | None = None
    _extra: int | None = None

    def __post_init__(self) -> None:
        places = [self._find(name) for name in self.rule.key]
        self._key = [at for at in places if at is not None]
        self._country = self._find("country")
        named = self.rule.share or self.rule.by
        self._extra = self._find(named) if named else None

    def _find(self, name: str) -> int | None:
        """0-based position of the column of a field, or with this header."""
        for column in self.table.columns:
            if column.rule and column.rule.field == name and column.period is None:
                return column.index - 1
        word = plain_header(name)
        return next((c.index - 1 for c in self.table.columns if plain_header(c.header) == word), None)

    @property
    def unknown(self) -> list[str]:
        """Columns that the profile names and the table lacks."""
        names = [*self.rule.key, *(name for name in (self.rule.share, self.rule.by) if name)]
        return [name for name in names if self._find(name) is None]

    def _key_of(self, values: list[Value]) -> tuple[str, ...] | None:
        texts = tuple(cell_text(values[at]) if at < len(values) else "" for at in self._key)
        return texts if texts and texts[0] else None

    def see(self, row: Row) -> None:
        """Take a row of the sheet into account."""
        key = self._key_of(row.values)
        if row.number <= self.table.header_row or key is None:
            return
        group = self._groups.setdefault(key, _Group(row.number))
        group.rows += 1
        if self._country is not None and self._country < len(row.values):
            text = cell_text(row.values[self._country])
            if text:
                group.countries[text] = None
                group.texts[row.number] = text
        if self._extra is None or self._extra >= len(row.values):
            return
        value = row.values[self._extra]
        if self.rule.amounts == "latest":
            group.latest = max(group.latest, _order(value))
        elif group.shares is not None:
            share = _number(value)
            if share is None or share < 0:
                group.shares = None
            else:
                group.shares[row.number] = int(share * WHOLE_PPB)
                group.total += share

    def judge(self, number: int, values: list[Value], stated: Stated) -> Verdict:
        """What is booked of a row that states these amounts."""
        key = self._key_of(values)
        group = self._groups.get(key) if key else None
        if group is None or (group.rows == 1 and self.rule.amounts != "share"):
            return Verdict(stated)
        if self.rule.amounts == "latest":
            return self._latest(group, values, stated)
        if number != group.first:
            differing = [
                name for name in stated.keys() | group.amounts.keys() if stated.get(name) != group.amounts.get(name)
            ]
            if differing:
                return Verdict({}, problem=self._difference(group, stated, min(differing)))
        else:
            group.amounts = dict(stated)
        if self.rule.amounts == "share":
            return self._share(number, group, stated)
        if number == group.first:
            return Verdict(stated, countries="; ".join(group.countries) if len(group.countries) > 1 else "")
        self._count(stated)
        return Verdict({})

    def _count(self, stated: Stated) -> None:
        self.repeats += 1
        for currency, minor in stated.values():
            self.repeated[currency] += minor

    def _latest(self, group: _Group, values: list[Value], stated: Stated) -> Verdict:
        assert self._extra is not None
        if _order(values[self._extra]) == group.latest:
            return Verdict(stated)
        self.older += 1
        return Verdict({}, is_older=True)

    def _share(self, number: int, group: _Group, stated: Stated) -> Verdict:
        if group.shares is None:
            return Verdict({}, problem="a share of this reference is no percentage")
        if group.total not in (100, 1):
            return Verdict({}, problem=f"the shares of this reference add up to {group.total}, not to 100 %")
        weights = [(f"{row:09d}", share) for row, share in group.shares.items()]
        own = f"{number:09d}"
        amounts = {name: (money[0], allocate(money[1], weights)[own]) for name, money in stated.items()}
        ppb = group.shares[number] // (100 if group.total == 100 else 1)
        by_country: dict[str, int] = {}
        if number == group.first:
            for row, share in group.shares.items():
                if row in group.texts:
                    by_country[group.texts[row]] = by_country.get(group.texts[row], 0) + share
        return Verdict(amounts, rule=f"share {format_percent(ppb).replace(' ', '')}", weights=by_country)

    @staticmethod
    def _difference(group: _Group, stated: Stated, name: str) -> str:
        told = [display(minor, currency) for currency, minor in (s[name] for s in (stated, group.amounts) if name in s)]
        return f"{name} is not that of row {group.first}, which has the same reference: {' and '.join(told)}"

    @property
    def told(self) -> tuple[str, str, dict[str, Any]] | None:
        """Code, message and particulars of what was not booked because another row states it."""
        if self.repeats:
            sums = " and ".join(display(minor, currency) for currency, minor in sorted(self.repeated.items()))
            message = f"{self.repeats:,} rows repeat the amounts of a row above with the same reference; {sums or 'nothing'} counted once"
            return "amounts-repeated", message, {"rows": self.repeats, "minor": dict(self.repeated)}
        if self.older:
            message = (
                f"{self.older:,} rows state an earlier situation than another row of the same reference; not booked"
            )
            return "older-state", message, {"rows": self.older}
        return None


def _order(value: Value) -> tuple[int, str]:
    """Years by number, anything else by its text."""
    text = cell_text(value)
    return (int(text), "") if text.isdigit() else (0, text)


def _number(value: Value) -> Decimal | None:
    """A share as written; texts with or without a percent sign."""
    if is_blank(value) or isinstance(value, CellError):
        return None
    read = read_amount(value.rstrip().removesuffix("%") if isinstance(value, str) else value, None)
    return read.number if isinstance(read, Amount) else None
