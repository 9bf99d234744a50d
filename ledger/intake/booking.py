"""From the amounts that a row states to those that are booked: by stage and basis, split by country and theme.

Rules (DESIGN sections 9 and 11): a public contribution beside an EU share holds it and is not booked again; the total
cost gives the remaining basis by difference; an amount of nil is stated but books nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from ledger.domain.allocation import REST, SplitError, allocate, format_percent, parse_split
from ledger.domain.money import display
from ledger.domain.records import NO_COUNTRY, NO_THEME, Amount
from ledger.domain.stages import Basis, Stage
from ledger.intake.code_lists import SEVERAL_COUNTRIES, CodeLists
from ledger.intake.columns import Plan

_SHARES = ("eu_contribution", "national_public", "public_contribution", "private", "other_contribution")
#: Stage on which a negative amount of a stage is booked, where the column carries corrections.
_REVERSAL = {
    Stage.COMMITTED.value: Stage.DECOMMITTED.value,
    Stage.CONTRACTED.value: Stage.DECOMMITTED.value,
    Stage.PAID.value: Stage.RECOVERED.value,
}


@dataclass(frozen=True, slots=True)
class Split:
    """Where the money of a row goes.

    `countries` and `themes` are shares in parts per billion where a split is stated, else None; `country` and `theme`
    are the record's own codes (None: not stated).
    """

    country: str | None
    theme: str | None
    countries: dict[str, int] | None = None
    themes: dict[str, int] | None = None
    problems: tuple[tuple[str, str], ...] = ()

    @property
    def stated(self) -> dict[str, dict[str, int]]:
        """The splits by kind, as a record keeps them."""
        named = {"country": self.countries, "theme": self.themes}
        return {kind: dict(shares) for kind, shares in named.items() if shares}


class Place(NamedTuple):
    """What all amounts of a row have in common: the stage of the row, its split, its value date and price basis."""

    stage: str
    split: Split
    day: date | None
    price_basis: str


@dataclass(slots=True)
class Booking:
    """Books the amounts of the rows of one table, and keeps count of what is told once for all of them."""

    plan: Plan
    lists: CodeLists
    problems: list[tuple[str, str, int, dict[str, Any]]] = field(default_factory=list)
    #: rows whose public contribution was not booked beside the EU share, and the first of them
    public_apart: int = 0
    first_public: int = 0
    #: (row, 1-based column, message, particulars)
    below_share: list[tuple[int, int, str, dict[str, Any]]] = field(default_factory=list)
    #: what the rule of an amount says that is not divided any further: its cell, or a share of it
    cell_rule: str = "cell"
    _splits: dict[tuple[tuple[str, ...], str | None, str, str], Split] = field(default_factory=dict)
    _columns: dict[str, tuple[int, str | None, str, bool]] = field(default_factory=dict)
    _days: dict[str, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for column in self.plan.amounts:
            self._columns[column.key] = (column.at + 1, column.stage, column.basis or "", column.negative)
            if column.value_date is not None:
                self._days[column.key] = column.value_date

    # --- splits --------------------------------------------------------------------------------------------------

    def split(self, countries: tuple[str, ...], theme: str | None, by_country: str, by_theme: str) -> Split:
        """The split of a row: its countries and theme, and the texts of its split cells ("" where there is none)."""
        key = (countries, theme, by_country, by_theme)
        known = self._splits.get(key)
        if known is None:
            known = self._splits[key] = self._make_split(countries, theme, by_country, by_theme)
        return known

    def _make_split(self, countries: tuple[str, ...], theme: str | None, by_country: str, by_theme: str) -> Split:
        problems: list[tuple[str, str]] = []
        region = self.lists.region_of(countries) if countries else None
        shares = themes = None
        if by_country:
            shares = self._shares("countries_split", by_country, self.lists.country, region, problems)
            if shares and region is None:
                region = self.lists.region_of(shares)
        if by_theme:
            themes = self._shares("themes_split", by_theme, self.lists.theme, theme or NO_THEME, problems)
        return Split(region, theme, shares, themes, tuple(problems))

    def _shares(
        self, name: str, text: str, look_up: Any, rest: str | None, problems: list[tuple[str, str]]
    ) -> dict[str, int] | None:
        """Shares by code, or None with the problem told."""
        try:
            parsed = parse_split(text)
        except SplitError as error:
            problems.append((name, str(error)))
            return None
        shares: dict[str, int] = {}
        for word, share in parsed.items():
            code = (rest or SEVERAL_COUNTRIES) if word == REST else look_up(word)
            if code is None:
                problems.append((name, f"{word!r} is in no code list"))
                return None
            if share:
                shares[code] = shares.get(code, 0) + share
        return shares

    # --- amounts -------------------------------------------------------------------------------------------------

    def book(self, row: int, stated: dict[str, tuple[str, int]], row_place: Place) -> list[Amount]:
        """The amounts to be booked for a row; what forbids it goes to `problems`."""
        booked: list[Amount] = []
        place = row_place
        shown = self._without_public(row, stated) if "public_contribution" in stated else stated
        for name, (currency, minor) in shown.items():
            if self._days:
                place = row_place._replace(day=self._days[name]) if name in self._days else row_place
            if minor < 0:
                self._book_negative(booked, name, currency, minor, place=place)
            elif minor and name != "total_cost":
                column, own_stage, basis, _ = self._columns[name]
                _add(booked, (own_stage or place.stage, basis, currency), minor, place, source=(column, self.cell_rule))
        if "total_cost" in stated:
            currency, rest = self._remainder(row, stated)
            if rest > 0:
                column, own_stage, basis, _ = self._columns["total_cost"]
                account = (own_stage or place.stage, basis or Basis.OTHER.value, currency)
                _add(booked, account, rest, row_place, source=(column, "remainder of total_cost"))
        return booked

    def _book_negative(self, booked: list[Amount], name: str, currency: str, minor: int, *, place: Place) -> None:
        """A correction is booked on the stage that takes back; any other negative amount is refused."""
        column, own_stage, basis, corrects = self._columns[name]
        reversal = _REVERSAL.get(own_stage or place.stage) if corrects and basis else None
        if reversal:
            _add(booked, (reversal, basis, currency), -minor, place, source=(column, self.cell_rule))
        else:
            message = f"{display(minor, currency)} is negative"
            self.problems.append(("amount-negative", message, column, {"minor": minor}))

    def _without_public(self, row: int, stated: dict[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
        """The row without a public contribution that holds a stated EU share; less a stated national one."""
        left = dict(stated)
        currency, public = left["public_contribution"]
        if "eu_contribution" in left:
            del left["public_contribution"]
            self.public_apart += 1
            self.first_public = self.first_public or row
        elif left.get("national_public", ("", 0))[0] == currency:
            left["public_contribution"] = (currency, max(public - left["national_public"][1], 0))
        return left

    def _remainder(self, row: int, stated: dict[str, tuple[str, int]]) -> tuple[str, int]:
        """What the total cost holds beyond the stated shares; a total below them is told and has no remainder."""
        currency, total = stated["total_cost"]
        nothing = (currency, 0)
        shares = [stated.get(name, nothing) for name in _SHARES]
        for own, _ in shares:
            if own != currency:
                return nothing
        (_, eu), (_, national), (_, public), (_, private), (_, other) = shares
        rest = total - max(public, eu + national) - private - other
        if rest < 0 and total >= 0:
            message = f"the total cost {display(total, currency)} is {display(-rest, currency)} lower than its shares"
            values = {"total_minor": total, "shares_minor": total - rest}
            self.below_share.append((row, self._columns["total_cost"][0], message, values))
        return currency, rest


def _add(
    booked: list[Amount], account: tuple[str, str, str], minor: int, place: Place, *, source: tuple[int, str]
) -> None:
    """Add one amount, in as many parts as the split has: by country first, each part then by theme.

    `account` is stage, basis and currency; `source` the 1-based column and the rule.
    """
    stage, basis, currency = account
    column, rule = source
    split, day, price_basis = place.split, place.day, place.price_basis
    country, theme = split.country or NO_COUNTRY, split.theme or NO_THEME
    if split.countries is None and split.themes is None:
        booked.append(Amount(stage, basis, country, theme, currency, minor, day, column, rule, price_basis))
        return
    for code, part, share in _divide(minor, split.countries, country):
        for theme_code, piece, theme_share in _divide(part, split.themes, theme):
            if piece:
                shares = ", ".join(text for text in (share, theme_share) if text)
                told = f"split {shares}" if rule == "cell" else f"{rule}, split {shares}"
                parts = (stage, basis, code, theme_code, currency, piece, day, column, told[:80], price_basis)
                booked.append(Amount(*parts))


def _divide(minor: int, shares: dict[str, int] | None, alone: str) -> list[tuple[str, int, str]]:
    """(code, part, "TN 40%") for every share; the whole under `alone` where there are none."""
    if not shares:
        return [(alone, minor, "")]
    parts = allocate(minor, list(shares.items()))
    return [(code, part, f"{code} {format_percent(shares[code]).replace(' ', '')}") for code, part in parts.items()]
