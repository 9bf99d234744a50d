"""What the journals for plain-text accounting programs have in common: names, commodities, texts, and what is written.

An account's last part but one ends in its number in the ledger, so no two accounts ever share a name, whatever their
holders are called. What is never added up has a commodity of its own: `EUR`, `EUR.2018` (prices of a year),
`EUR-ILLUSTRATIVE`. Each account has two leaves, the two sums that the ledger keeps: what came in to date, and (negative)
what was passed on; together they are what is left.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import quote

import ledger
from ledger.domain.stages import Stage
from ledger.reporting.places import cell_name
from ledger.store.postings import Account, Extent, Holding, Movement
from ledger.store.reports import Head

#: The day that undated transfers are given, before any real one: they are in every view up to a day, as in the ledger.
UNDATED: Final = date(1900, 1, 1)
TO_DATE: Final = "To-date"
PASSED_ON: Final = "Passed-on"
_NAME_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal is written from; the three streams are read once each, in the order in which they stand here."""

    head: Head | None
    extent: Extent
    question: Iterable[tuple[str, str]]
    commodities: Iterable[tuple[str, str, bool]]
    holdings: Iterable[Holding]
    movements: Iterable[Movement]
    #: the same accounts again, for the assertions at the end
    closing: Iterable[Holding]

    @property
    def opening_day(self) -> date:
        """A day on or before every transfer's."""
        return min(self.extent.first or UNDATED, UNDATED)

    @property
    def last_day(self) -> date:
        """The last transfer's day."""
        return max(self.extent.last or UNDATED, UNDATED)

    def preamble(self, check: str) -> list[str]:
        """What the file is and how it is to be read, as lines without a comment sign."""
        head = self.head
        upto = f"up to batch {head.batch}, recorded {head.recorded_at}" if head else "which is empty"
        return [
            f"The journal of a euledger {ledger.__version__} ledger, {upto}.",
            *(f"{label}: {value}" for label, value in self.question),
            "Accounts: stage, basis, fund, country, theme, holder with the number of the account. Under each, To-date is",
            "what came in and Passed-on, negative, what went on to a later stage; together they are what is left.",
            "Uncounted accounts hold what a summary leaves out: reinforcements, other vintages, unit costs.",
            "Prices of a year and illustrative data are commodities of their own, so nothing adds them to anything.",
            f"Money without a date stands on {UNDATED} and is tagged undated. Texts of the sources are percent-encoded",
            "where a sign would act on this file. The balances asserted at the end are the ledger's own.",
            f"Check it with: {check}",
        ]


def commodity(currency: str, price_basis: str, is_illustrative: bool) -> str:  # noqa: FBT001 - a group's three parts
    """The commodity of what may be added: `EUR`, `EUR.2018`, `EUR-ILLUSTRATIVE`, `EUR.2018-ILLUSTRATIVE`."""
    prices = ""
    if price_basis != "current":
        is_year = re.fullmatch("[0-9]{4}", price_basis)
        # Any text may stand for a price basis; a digest keeps two of them apart whatever they are.
        prices = f".{price_basis if is_year else 'P' + _digest(price_basis)}"
    return currency + prices + ("-ILLUSTRATIVE" if is_illustrative else "")


def commodity_of(account: Account) -> str:
    """The commodity of an account; it has no other."""
    return commodity(account.currency, account.price_basis, account.is_illustrative)


def account_name(account: Account) -> str:
    """`Assets:Committed:EU:NDICI-GE:TN:Unstated:P1-57`; unique by its last number, valid in both programs."""
    outside = account.stage == Stage.OUTSIDE
    holder = account.ref if account.kind else ("World" if outside else "Pool")
    parts = (
        "Equity" if outside else "Assets",
        *(() if account.is_counted else ("Uncounted",)),
        _part(account.stage),
        "EU" if account.basis == "eu" else _part(account.basis),
        _part(account.fund),
        _part(account.country),
        _part(account.theme),
        f"{_part(holder)}-{account.id}",
    )
    return ":".join(parts)


def legs(movement: Movement) -> tuple[tuple[str, int], tuple[str, int]]:
    """The two postings of a transfer as (account, signed minor units): where it arrives, and where it leaves."""
    arrives = TO_DATE if movement.credit_to_date else PASSED_ON
    leaves = TO_DATE if movement.debit_to_date else PASSED_ON
    return (
        (f"{account_name(movement.credit)}:{arrives}", movement.minor),
        (f"{account_name(movement.debit)}:{leaves}", -movement.minor),
    )


def said_of_account(holding: Holding) -> list[tuple[str, str]]:
    """The exact particulars of an account, those that it has."""
    account = holding.account
    said = (
        ("account", str(account.id)),
        ("holder", account.kind),
        ("source", holding.source),
        ("reference", account.ref),
        ("title", holding.title),
        ("role", holding.role),
        ("fund", account.fund),
        ("country", account.country),
        ("theme", account.theme),
        ("stage", account.stage),
        ("basis", account.basis),
        ("prices", account.price_basis),
        ("illustrative", "yes" if account.is_illustrative else ""),
        ("partial", "yes" if holding.is_partial else ""),
    )
    return [(name, value) for name, value in said if value]


def said_of_transfer(movement: Movement) -> list[tuple[str, str]]:
    """Where a transfer comes from, as far as it is known."""
    cell = ""
    if movement.row:
        cell = cell_name(movement.row, movement.column) if movement.column else str(movement.row)
    said = (
        ("transfer", str(movement.id)),
        ("batch", str(movement.batch)),
        ("file", movement.file),
        ("sheet", movement.sheet),
        ("cell", cell),
        ("rule", movement.rule),
        ("reverses", str(movement.reverses or "")),
    )
    return [(name, value) for name, value in said if value]


def marks(movement: Movement) -> list[str]:
    """What is out of the ordinary about a transfer: reversal, undated, illustrative."""
    return [
        *(["reversal"] if movement.reverses else []),
        *(["undated"] if movement.value_date is None else []),
        *(["illustrative"] if movement.credit.is_illustrative else []),
    ]


def narration(movement: Movement) -> str:
    """`P1 committed`: whose money it is and the stage that it comes to (or, reversed, goes back from)."""
    account = movement.debit if movement.reverses else movement.credit
    said = f"{account.ref or 'Pool'} {account.stage}"
    return f"{said}, reversed" if movement.reverses else said


def encoded(text: str, active: str) -> str:
    """`text` with the signs `active`, `%`, control characters and blanks at its ends percent-encoded: exact, one line."""
    safe = _unsafe(active).sub(lambda found: _percent(found[0]), text)
    inner = safe.strip()
    if len(inner) == len(safe):
        return safe
    start = len(safe) - len(safe.lstrip())
    return _percent(safe[:start]) + inner + _percent(safe[start + len(inner) :])


@cache
def _unsafe(active: str) -> re.Pattern[str]:
    """What ends a line or a text in one program or another, or cannot be written as UTF-8."""
    return re.compile(f"[%{re.escape(active)}\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _percent(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


@lru_cache(maxsize=1_000)
def _part(text: str) -> str:
    """`text` as one part of an account's name: plain letters, digits and hyphens, a capital or digit first."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = re.sub("[^A-Za-z0-9]+", "-", plain)[:_NAME_LIMIT].strip("-") or "X"
    return kept[0].upper() + kept[1:]


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8].upper()
