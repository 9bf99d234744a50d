"""The journal for hledger (and what reads its format): every transfer a transaction, every account's balance asserted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from ledger.domain.money import minor_digits, plain
from ledger.reporting import plain_text
from ledger.reporting.plain_text import PASSED_ON, TO_DATE, UNDATED, Journal
from ledger.store.postings import Account, Holding, Movement

#: A semicolon begins a comment; a comma ends a tag's value, a bar divides a description.
_IN_TAGS, _IN_DESCRIPTIONS = ";,", ";|"


def write_hledger(journal: Journal, file: TextIO) -> int:
    """Write the journal, transfer by transfer, and return how many accounts it has."""
    file.writelines(f"; {line}".rstrip() + "\n" for line in journal.preamble("hledger -f FILE check"))
    file.write("\ndecimal-mark .\n")
    for currency, price_basis, is_illustrative in journal.commodities:
        symbol = _symbol(plain_text.commodity(currency, price_basis, is_illustrative))
        # A decimal point must stand there, also where the currency has no decimals.
        file.write(f"commodity 1000.{'0' * minor_digits(currency)} {symbol}\n")
    count = 0
    for count, holding in enumerate(journal.holdings, start=1):  # noqa: B007 - how many there were is told
        file.writelines(_declaration(holding))
    for movement in journal.movements:
        file.writelines(_transaction(movement))
    for holding in journal.closing:
        file.writelines(_assertion(holding, str(journal.last_day)))
    return count


def _declaration(holding: Holding) -> Iterator[str]:
    name = plain_text.account_name(holding.account)
    yield f"\naccount {name}\n"
    yield from _tags(plain_text.said_of_account(holding))
    yield f"account {name}:{TO_DATE}\naccount {name}:{PASSED_ON}\n"


def _transaction(movement: Movement) -> Iterator[str]:
    said = plain_text.encoded(plain_text.narration(movement), _IN_DESCRIPTIONS)
    yield f"\n{movement.value_date or UNDATED} * ({movement.id}) {said}\n"
    yield from _tags([*plain_text.said_of_transfer(movement), *((mark, "") for mark in plain_text.marks(movement))])
    for name, minor in plain_text.legs(movement):
        yield f"    {name}  {_amount(minor, movement.credit)}\n"


def _assertion(holding: Holding, day: str) -> Iterator[str]:
    name = plain_text.account_name(holding.account)
    yield f"\n{day} * Balance of account {holding.account.id} in the ledger\n"
    # == and not =: no other commodity may stand in the account either.
    for leaf, minor in ((TO_DATE, holding.to_date_minor), (PASSED_ON, -holding.passed_on_minor)):
        yield f"    {name}:{leaf}  {_amount(0, holding.account)} == {_amount(minor, holding.account)}\n"


def _tags(said: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in said:
        yield f"    ; {name}:{plain_text.encoded(value, _IN_TAGS)}\n"


def _amount(minor: int, account: Account) -> str:
    return f"{plain(minor, account.currency)} {_symbol(plain_text.commodity_of(account))}"


def _symbol(commodity: str) -> str:
    """A commodity that is more than letters stands in quotation marks."""
    return commodity if commodity.isalpha() else f'"{commodity}"'
