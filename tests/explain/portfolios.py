"""Made-up portfolios for fault injection: lists as senders write them, with heavy-tailed amounts to the cent.

Everything follows from a seed. A portfolio is a list of rows (cells as text by header) in one or more files, a figure
that speaks of it, and the rates of its foreign currencies.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

Row = dict[str, str]

HEADERS = [
    "project_ref",
    "unit",
    "parent",
    "title",
    "beneficiary",
    "fund",
    "country",
    "decision_date",
    "eu_contribution",
    "total_cost",
    "eu_rate",
    "paid",
    "currency",
]
_COUNTRIES = [
    "TN",
    "MA",
    "LY",
    "EG",
    "DZ",
    "JO",
    "LB",
    "SN",
    "ML",
    "NE",
    "TD",
    "SO",
    "ET",
    "KE",
    "NG",
    "GM",
    "GH",
    "CI",
    "BF",
    "MR",
    "BA",
    "RS",
    "AL",
    "MK",
    "ME",
    "TR",
    "UA",
    "MD",
    "GE",
    "AM",
]
_FUNDS = ("AMIF", "BMVI", "ISF", "NDICI-GE")
_WORDS = [
    "reception",
    "protection",
    "returns",
    "border",
    "training",
    "shelter",
    "health",
    "schools",
    "advice",
    "data",
    "patrol",
    "resettlement",
    "legal",
    "aid",
    "youth",
    "employment",
    "local",
    "authorities",
    "monitoring",
    "registration",
    "transit",
    "host",
    "communities",
    "information",
    "voluntary",
]
_RATES = ("50", "75", "75", "75", "80", "85", "90", "90", "95", "100")
#: Units of each currency per euro, for the whole of the portfolio's years.
CURRENCY_RATES = {"TND": "3.3712", "SEK": "11.2345", "MAD": "10.8213", "TRY": "34.5177", "UAH": "41.9043"}
_CURRENCY_OF = {"TN": "TND", "MA": "MAD", "TR": "TRY", "UA": "UAH"}


def cents(text: str) -> int:
    """The cents of a cell that `money` wrote."""
    return int(text.replace(".", "")) if text else 0


def money(minor: int) -> str:
    """Cents as a cell writes them."""
    sign, whole = "-" if minor < 0 else "", abs(minor)
    return f"{sign}{whole // 100}.{whole % 100:02d}"


@dataclass(slots=True)
class Portfolio:
    """A list in its honest state: rows by file, the columns that it has, and what the figure speaks of."""

    seed: int
    headers: list[str]
    files: list[list[Row]]
    #: attributes of the figure beside value and wording: fund, country, period_start, period_end, stage
    scope: dict[str, str]
    profile: str = "projects"
    #: What the rows are dated in.
    years: tuple[int, int] = (2021, 2024)
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        """All rows, in the order of the files."""
        return [row for rows in self.files for row in rows]

    def copy(self) -> Portfolio:
        """A copy whose rows may be changed."""
        return replace(self, files=[[dict(row) for row in rows] for rows in self.files], notes=dict(self.notes))

    @property
    def column(self) -> str:
        """The column that the figure adds up."""
        return "paid" if self.scope.get("stage") == "paid" else "eu_contribution"

    def counts(self, row: Row) -> bool:
        """Whether a row belongs to what the figure adds up."""
        scope = self.scope
        if row.get("parent") or row.get("currency", "EUR") not in ("EUR", ""):
            return False
        if "fund" in scope and row["fund"] not in scope["fund"].split(";"):
            return False
        if "country" in scope and row["country"] not in scope["country"].split(";"):
            return False
        day = row["decision_date"]
        if "period_start" in scope and (not day or day < scope["period_start"]):
            return False
        return not ("period_end" in scope and (not day or day > scope["period_end"]))

    def counted(self) -> list[Row]:
        """The rows that the figure adds up."""
        return [row for row in self.rows if self.counts(row)]

    def total(self) -> int:
        """What an honest reader adds up, in cents."""
        return sum(cents(row[self.column]) for row in self.counted())


def portfolio(seed: int, size: int, *, files: int | None = None, bare: bool = False) -> Portfolio:
    """A portfolio of about `size` rows; `bare` leaves out what would tell an error from inside the row."""
    rng = random.Random(f"portfolio {seed}")  # noqa: S311 - made-up lists, drawn again by their seed
    style = rng.choice(("log-normal", "pareto"))
    with_rate, with_paid = not bare and rng.random() < 0.4, rng.random() < 0.5
    with_total = not bare and (with_rate or rng.random() < 0.7)
    prefix = rng.choice(("P-", "AMIF-2022-", "OP/", "2021TN65AMPR001-", "ILL-D-"))
    funds = _FUNDS if rng.random() < 0.6 else (rng.choice(_FUNDS),)
    rows: list[Row] = []
    number = 0
    while len(rows) < size:
        number += 1
        row = _row(rng, f"{prefix}{number:05d}", style, funds)
        rows.append(row)
        if rng.random() < 0.12:
            rows += _parts(rng, row)
    headers = [
        name
        for name in HEADERS
        if (name != "eu_rate" or with_rate) and (name != "total_cost" or with_total) and (name != "paid" or with_paid)
    ]
    scope = _scope(rng, rows, funds, with_paid=with_paid)
    count = files if files is not None else rng.choice((1, 1, 2, 4))
    return Portfolio(seed, headers, _divided(rows, count), scope)


def _row(rng: random.Random, ref: str, style: str, funds: tuple[str, ...]) -> Row:
    euros = rng.lognormvariate(12.2, 1.4) if style == "log-normal" else 40_000 * rng.paretovariate(1.15)
    rate = rng.choice(_RATES)
    total = max(int(min(euros, 2e8) * 100), 5_000)
    share = total * int(rate) // 100
    country = rng.choice(_COUNTRIES)
    day = date(2021, 1, 4) + timedelta(days=rng.randrange(4 * 365 - 10))
    currency = _CURRENCY_OF.get(country, "EUR") if rng.random() < 0.02 else "EUR"
    return {
        "project_ref": ref,
        "unit": "decision",
        "parent": "",
        "title": f"{' '.join(rng.sample(_WORDS, 3)).capitalize()} in {country} {rng.randrange(100)}",
        "beneficiary": f"{rng.choice(('Ministry', 'Agency', 'Foundation', 'Council', 'Institute'))} {rng.randrange(400)}",
        "fund": rng.choice(funds),
        "country": country,
        "decision_date": day.isoformat(),
        "eu_contribution": money(share),
        "total_cost": money(total),
        "eu_rate": rate,
        "paid": money(share * rng.randrange(0, 95) // 100),
        "currency": currency,
    }


def _parts(rng: random.Random, row: Row) -> list[Row]:
    """The contracts of a decision: most of its money, in two to four parts."""
    whole = cents(row["eu_contribution"])
    count = rng.randrange(2, 5)
    weights = [rng.random() + 0.2 for _ in range(count)]
    spent = whole if rng.random() < 0.5 else whole * rng.randrange(60, 99) // 100
    parts = []
    for place, weight in enumerate(weights, start=1):
        part = dict(row)
        share = int(spent * weight / sum(weights))
        part.update(
            project_ref=f"{row['project_ref']}-C{place}",
            unit="contract",
            parent=row["project_ref"],
            title=f"Contract {place}: {row['title']}",
            beneficiary=f"Contractor {rng.randrange(900)}",
            eu_contribution=money(share),
            total_cost=money(share * 100 // int(row["eu_rate"])),
            paid="0.00",
        )
        parts.append(part)
    return parts


def _scope(rng: random.Random, rows: list[Row], funds: tuple[str, ...], *, with_paid: bool) -> dict[str, str]:
    scope = {"stage": "paid" if with_paid and rng.random() < 0.2 else "committed", "basis": "eu"}
    kind = rng.choice(("all", "all", "fund", "fund period", "period", "country", "countries"))
    if "fund" in kind:
        scope["fund"] = rng.choice(funds)
    if "period" in kind:
        scope.update(period_start="2021-01-01", period_end="2024-12-31")
    if kind == "country" and len(rows) >= 1000:
        scope["country"] = rng.choice(_COUNTRIES)
    if kind == "countries":
        scope["country"] = ";".join(sorted(rng.sample(_COUNTRIES, 12)))
    return scope


def _divided(rows: list[Row], count: int) -> list[list[Row]]:
    """The rows in `count` files; contracts stay with their decision."""
    starts = [at for at, row in enumerate(rows) if not row["parent"]]
    cuts = [0, *(starts[len(starts) * part // count] for part in range(1, count)), len(rows)]
    return [rows[first:last] for first, last in pairwise(cuts)]


def write_list(path: Path, headers: list[str], rows: list[Row]) -> None:
    """A csv file as senders write them."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, headers, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def write_figure(path: Path, portfolio: Portfolio, stated: int, **attributes: str) -> None:
    """A figures sheet that states `stated` cents as the total of what the portfolio speaks of."""
    row = {
        "figure": "TOTAL",
        "quote": f"EUR {money(stated)} in total",
        "qualifier": "total",
        "value": money(stated),
        "unit": "EUR",
        "measure": "sum",
        **portfolio.scope,
        **attributes,
    }
    write_list(path, list(row), [row])


def write_rates(path: Path) -> None:
    """The rates of the foreign currencies."""
    rows = [
        {"currency": code, "rate": rate, "valid_from": "2020-01-01", "valid_to": "2027-12-31", "source": "made up"}
        for code, rate in CURRENCY_RATES.items()
    ]
    write_list(path, list(rows[0]), rows)
