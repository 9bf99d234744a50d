"""What the values of a column look like: amounts, dates, years, shares, countries, codes, links or plain text.

The shape decides together with the header which field a column is; it never decides alone. Numbers and dates are read
by `NumberColumn` and `DateColumn`, so that what counts as an amount here is what the import will read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from ledger.intake.cells import Row, Value
from ledger.intake.dates import DateColumn, DateDecision
from ledger.intake.header_finder import is_filled
from ledger.intake.number_styles import Amount, missing_kind
from ledger.intake.numbers import NumberColumn, NumberDecision

#: Rows that are looked at; more would not tell more.
SAMPLE_ROWS = 3000
#: Distinct texts that are looked up in code lists.
_LOOKED_UP = 60

_NUTS_COUNTRIES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "EL",
        "ES",
        "FI",
        "FR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "UK",
        "GB",
        "GR",
        "NO",
        "CH",
        "TR",
        "RS",
        "AL",
        "ME",
        "MK",
    ]
)
_NUTS = re.compile(r"[A-Z]{2}([1-9A-Z][0-9A-Z]{0,2})?(?![^\W_])")
_CCI = re.compile(r"20\d{2}[A-Z]{2}\d{2}[A-Z0-9]{4}\d{3}")
_URL = re.compile(r"(https?://|www\.)\S+|[\w-]+(\.[\w-]+)*\.(eu|com|org|net|[a-z]{2})(/\S*)?", re.IGNORECASE)
_YEAR = re.compile(r"(19|20)\d\d")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """The shape of one column (1-based `index`); the shares are of the cells that say something, 0 to 1.

    `amounts` are the cells read as numbers, by row number (of the sample); under an ambiguous style there are only the
    cells that read alike either way.
    """

    index: int
    filled: int = 0
    numeric: float = 0.0
    dates: float = 0.0
    years: float = 0.0
    texts: float = 0.0
    countries: float = 0.0
    nuts: float = 0.0
    cci: float = 0.0
    urls: float = 0.0
    currencies: float = 0.0
    percents: float = 0.0
    distinct: int = 0
    length: float = 0.0
    amounts: dict[int, Decimal] = field(default_factory=dict)
    numbers: NumberDecision | None = None
    date_decision: DateDecision | None = None

    @property
    def is_share(self) -> bool:
        """Whether the cells carry a percent sign, or all numbers lie between 0 and 100, as rates do."""
        if self.percents >= 0.5:
            return True
        if not self.amounts:
            return False
        return sum(0 <= v <= 100 for v in self.amounts.values()) >= 0.97 * len(self.amounts)

    @property
    def is_amount(self) -> bool:
        """Whether the column can be money: nearly all numbers, and neither years nor dates."""
        # Under two styles no cell may read alike; the column is one of amounts nevertheless.
        read = bool(self.amounts) or (self.numbers is not None and self.numbers.ambiguous)
        return self.percents < 0.5 and self.numeric >= 0.75 and self.years < 0.9 and read


def measure_columns(
    rows: Iterable[Row], columns: Iterable[int], is_country: Callable[[str], bool]
) -> dict[int, ColumnShape]:
    """The shapes of the columns (1-based indexes) over the first rows of data. `is_country` resolves names and codes."""
    sample = [row for row, _ in zip(rows, range(SAMPLE_ROWS), strict=False)]
    return {index: _measure(index, sample, is_country) for index in columns}


def _measure(index: int, rows: list[Row], is_country: Callable[[str], bool]) -> ColumnShape:
    cells = [(row.number, row.values[index - 1]) for row in rows if index <= len(row.values)]
    cells = [(n, v) for n, v in cells if is_filled(v) and not (isinstance(v, str) and missing_kind(v))]
    if not cells:
        return ColumnShape(index)
    values = [v for _, v in cells]
    count = len(values)
    numbers, dates = NumberColumn(), DateColumn()
    numbers.feed_all(values)
    dates.feed_all(values)
    decision = numbers.decide()
    texts = [v.strip() for v in values if isinstance(v, str)]
    distinct = list(dict.fromkeys(texts))
    looked = distinct[:_LOOKED_UP]
    amounts = _amounts(cells, decision)
    return ColumnShape(
        index,
        filled=count,
        numeric=decision.share_of_numeric,
        dates=(when := dates.decide()).share_of_dates,
        years=sum(1 for v in values if _YEAR.fullmatch(str(v).strip())) / count,
        texts=len(texts) / count,
        countries=_share(looked, lambda t: len(t) < 60 and is_country(t)),
        nuts=_share(looked, lambda t: t[:2] in _NUTS_COUNTRIES and _NUTS.match(t) is not None),
        cci=_share(looked, lambda t: _CCI.fullmatch(t) is not None),
        urls=_share(looked, lambda t: _URL.match(t) is not None),
        currencies=_share(looked, lambda t: _CURRENCY.fullmatch(t) is not None),
        percents=decision.notes.get("percent", 0) / count,
        distinct=len(set(map(str, values))),
        length=sum(map(len, texts)) / max(len(texts), 1),
        amounts=amounts,
        numbers=decision,
        date_decision=when,
    )


def _share(texts: list[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, texts)) / len(texts) if texts else 0.0


def _amounts(cells: list[tuple[int, Value]], decision: NumberDecision) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    if decision.share_of_numeric < 0.3:
        return found
    for number, value in cells:
        read = decision.read(value)
        if isinstance(read, Amount):
            found[number] = read.number
    return found
