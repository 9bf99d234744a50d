"""The figures of a summary: rows by their keys, a total for each currency, and what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.domain.findings import Finding
from ledger.domain.money import Money
from ledger.store import reports
from ledger.store.database import Connection
from ledger.store.reports import Head
from ledger.store.totals import Filter, Total, totals

#: Amounts in the euro at current prices are what a summary's `total` counts; all others stand beside it.
HOME_CURRENCY = "EUR"
CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Row:
    """One sum: the values of the keys asked for, and an amount of one currency, price basis and kind of data."""

    keys: dict[str, Any]
    amount: Money
    price_basis: str
    is_illustrative: bool
    projects: int

    @property
    def group(self) -> tuple[str, str, bool]:
        """What is never added to anything else: currency, price basis, illustrative or not."""
        return self.amount.currency, self.price_basis, self.is_illustrative


@dataclass(frozen=True, slots=True)
class Summary:
    """The answer to a question, and the question itself (`filters`, with the codes that a group stood for).

    `totals` has one row without keys for each group of rows that may be added; a project in several rows counts once.
    `pinned` is the question fixed to the ledger's head: asked of the same ledger it has the same answer for ever.
    """

    by: list[str]
    stage: str
    basis: str
    rows: list[Row]
    totals: list[Row]
    ledger_head: Head | None
    filters: dict[str, Any]
    pinned: Filter
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def illustrative(self) -> bool:
        """Whether made-up example data is among the rows."""
        return any(row.is_illustrative for row in self.rows)

    @property
    def total(self) -> Money:
        """The sum in euro at current prices, illustrative data included where it was asked for.

        Where all rows are of one other currency and price basis, it is their sum.
        """
        groups = {row.group[:2] for row in self.totals}
        wanted = next(iter(groups)) if len(groups) == 1 else (HOME_CURRENCY, CURRENT)
        return Money(sum(row.amount.minor for row in self.totals if row.group[:2] == wanted), wanted[0])


def collect(connection: Connection, wanted: Filter, by: Sequence[str]) -> tuple[list[Row], list[Row], Head | None]:
    """The rows by `by`, in the order of their keys with the euro first, the totals of each group, and the head."""
    rows = sorted((_row(found, by) for found in totals(connection, wanted, by)), key=_order)
    sums = sorted((_row(found, ()) for found in totals(connection, wanted)), key=_order)
    added: dict[tuple[str, str, bool], int] = {}
    for row in rows:
        added[row.group] = added.get(row.group, 0) + row.amount.minor
    # Rows and totals come from two queries: they must say the same. A group may cancel out to nothing.
    assert {group: minor for group, minor in added.items() if minor} == {row.group: row.amount.minor for row in sums}
    return rows, sums, reports.head(connection, wanted.known_at)


def _row(found: Total, by: Sequence[str]) -> Row:
    # Year 0 is the store's word for undated money.
    keys = {name: value if name != "year" else int(value) or None for name, value in zip(by, found.keys, strict=True)}
    return Row(keys, Money(found.minor, found.currency), found.price_basis, found.is_illustrative, found.projects)


def _order(row: Row) -> tuple[Any, ...]:
    currency, price_basis, is_illustrative = row.group
    return (
        is_illustrative,
        currency != HOME_CURRENCY,
        currency,
        price_basis != CURRENT,
        price_basis,
        tuple((value is None, value if isinstance(value, int) else 0, str(value)) for value in row.keys.values()),
    )
