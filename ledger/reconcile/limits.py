"""What the acts allow, as the shipped list says it: rates, shares, instalments and periods, each with its article.

The lists are `imports/codelists/legal-limits.csv` and `action-types.csv`: what can be told without Python. `known` says
how far a source was read; a breach of an unverified limit is a warning at most.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from ledger import shipped
from ledger.domain.periods import Period
from ledger.domain.rules import Known

_KNOWN = {"read": Known.READ, "second-hand": Known.SECOND_HAND, "unverified": Known.UNVERIFIED}
#: A programme's reference in shared management: year, country, policy area, type, serial number.
_CCI = re.compile(r"(20\d\d)([A-Z]{2})(\d\d)([A-Z0-9]{4})(\d{3})")
#: 1 to 4 or (a) to (d), as managing authorities write a specific objective.
_OBJECTIVE = re.compile(r"\W*(?:so|specific objective|objective)?\W*([1-4a-d])(?:\W.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: `value` in per cent where it is a rate or a share; it holds in `period`."""

    limit: str
    fund: str
    case: str
    value: Decimal | None
    period: Period
    legal_reference: str
    known: Known

    @property
    def percent(self) -> Decimal:
        """The rate or share; only for limits that have one."""
        assert self.value is not None, f"{self.limit} {self.fund} {self.case} is no rate"
        return self.value

    @property
    def first_day(self) -> date:
        """The day from which it holds; every limit of the list has one."""
        assert self.period.start is not None, f"{self.limit} {self.fund} {self.case} has no first day"
        return self.period.start


@dataclass(frozen=True, slots=True)
class Cci:
    """What a programme's reference says: first year of its period, and country (EC code)."""

    text: str
    year: int
    country: str


@cache
def limits() -> tuple[Limit, ...]:
    """Every limit of the shipped list, in its order."""
    return tuple(
        Limit(
            row["limit"],
            row["fund"],
            row["case"],
            Decimal(row["value"]) if row["value"] else None,
            Period(_day(row["valid_from"]), _day(row["valid_to"])),
            row["legal_reference"],
            _KNOWN[row["known"]],
        )
        for row in _rows("legal-limits.csv")
    )


def limits_of(limit: str) -> dict[tuple[str, str], Limit]:
    """The limits of one kind by fund and case."""
    return {(each.fund, each.case): each for each in limits() if each.limit == limit}


@cache
def _terms() -> tuple[tuple[str, str], ...]:
    """(term, case); the longest first, so that a code never wins over words."""
    terms = [(row["term"], row["case"]) for row in _rows("action-types.csv")]
    return tuple(sorted(terms, key=lambda pair: (-len(pair[0]), pair[0])))


def action_type(texts: Iterable[str | None]) -> str | None:
    """The type of action that the texts of a project name, None where none does.

    A term counts as a word of its own in any of them; a bare code (002 to 005, 009) is taken from the list of ways of
    implementation (Regulation (EU) 2021/1147, Annex VI, table 3), the only one that bears on the rate.
    """
    said = [" ".join(text.casefold().split()) for text in texts if text]
    for term, case in _terms():
        found = re.compile(rf"(?<![\w.]){re.escape(term)}s?(?![\w])")
        if any(text == term if term.isdigit() else found.search(text) for text in said):
            return case
    return None


def objective(text: str | None) -> str | None:
    """The specific objective that a text names, as (a) to (d) do: SO1, "1 Asylum", (a) … is a. None where none is."""
    found = _OBJECTIVE.fullmatch((text or "").casefold())
    return found and {"1": "a", "2": "b", "3": "c", "4": "d"}.get(found[1], found[1])


def cci(reference: str | None) -> Cci | None:
    """The CCI in a reference, None where there is none."""
    found = _CCI.search(reference or "")
    return Cci(found[0], int(found[1]), found[2]) if found else None


def _rows(name: str) -> list[dict[str, str]]:
    content = shipped.codelists().joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(content, newline="")))


def _day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None
