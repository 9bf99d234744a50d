"""The journal for beancount (and fava): every transfer a transaction, every account's balance asserted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import TextIO

from ledger.domain.money import plain
from ledger.reporting import plain_text
from ledger.reporting.plain_text import PASSED_ON, TO_DATE, UNDATED, Journal
from ledger.store.postings import Account, Holding, Movement

#: A quotation mark ends a text, a backslash changes the sign after it.
_ACTIVE = '"\\'


def write_beancount(journal: Journal, file: TextIO) -> int:
    """Write the journal, transfer by transfer, and return how many accounts it has."""
    file.writelines(f"; {line}".rstrip() + "\n" for line in journal.preamble("bean-check FILE"))
    file.write('\noption "title" "EU funding portfolio ledger"\n')
    first, count = journal.opening_day, 0
    for currency, price_basis, is_illustrative in journal.commodities:
        file.write(f"{first} commodity {plain_text.commodity(currency, price_basis, is_illustrative)}\n")
        file.writelines(_metadata([("prices", price_basis)]))
    for count, holding in enumerate(journal.holdings, start=1):  # noqa: B007 - how many there were is told
        file.writelines(_opening(holding, first))
    for movement in journal.movements:
        file.writelines(_transaction(movement))
    # A balance is asserted for the beginning of a day; after the last day of all there is none.
    if journal.last_day < date.max:
        for holding in journal.closing:
            file.writelines(_assertion(holding, journal.last_day + timedelta(days=1)))
    return count


def _opening(holding: Holding, first: date) -> Iterator[str]:
    account = holding.account
    yield "\n"
    for leaf in (TO_DATE, PASSED_ON):
        yield f"{first} open {plain_text.account_name(account)}:{leaf} {plain_text.commodity_of(account)}\n"
        yield from _metadata(plain_text.said_of_account(holding))


def _transaction(movement: Movement) -> Iterator[str]:
    # The link joins a reversal with what it reverses.
    link = f"^transfer-{movement.reverses or movement.id}"
    signs = " ".join([*(f"#{mark}" for mark in plain_text.marks(movement)), link])
    yield f"\n{movement.value_date or UNDATED} * {_text(plain_text.narration(movement))} {signs}\n"
    yield from _metadata(plain_text.said_of_transfer(movement))
    for name, minor in plain_text.legs(movement):
        yield f"  {name}  {_amount(minor, movement.credit)}\n"


def _assertion(holding: Holding, day: date) -> Iterator[str]:
    account = holding.account
    yield "\n"
    for leaf, minor in ((TO_DATE, holding.to_date_minor), (PASSED_ON, -holding.passed_on_minor)):
        # Without a tolerance of nil, a cent too much would pass.
        number = f"{plain(minor, account.currency)} ~ 0"
        yield f"{day} balance {plain_text.account_name(account)}:{leaf}  {number} {plain_text.commodity_of(account)}\n"


def _metadata(said: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in said:
        yield f"  {name}: {_text(value)}\n"


def _text(value: str) -> str:
    return f'"{plain_text.encoded(value, _ACTIVE)}"'


def _amount(minor: int, account: Account) -> str:
    return f"{plain(minor, account.currency)} {plain_text.commodity_of(account)}"
