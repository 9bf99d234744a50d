"""Code lists as intake needs them: names and codes of funds, countries, themes and currencies, resolved and cached.

Everything here is exact: a name is in a list, or it is unknown. The lists are the csv files of `imports/codelists`.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.resources.abc import Traversable

from ledger.domain.countries import CountryNames, to_iso
from ledger.domain.money import CurrencyUnknown, minor_digits

#: Code of a row that names several countries which are no group of ours.
SEVERAL_COUNTRIES = "R-MULTI"

#: The 24 official languages of the Union, as CLDR names them.
EU_LANGUAGES = (
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "mt", "nl", "pl",
    "pt", "ro", "sk", "sl", "sv",
)  # fmt: skip

_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212_", "-"))


def plain_name(text: str) -> str:
    """A name without case, accents, kinds of dash and runs of blanks, so that spellings of one name are one."""
    letters = text
    if not text.isascii():
        letters = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(letters.casefold().translate(_DASHES).split())


def _rows(path: Traversable) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))


class CodeLists:
    """The code lists of one folder. Lookups return a code of the list, or None; they remember what they were asked."""

    def __init__(self, folder: Traversable) -> None:
        """Read funds, countries, country-aliases, country-groups, themes and earmarks (.csv, UTF-8) from `folder`."""
        self.funds = {row["code"] for row in _rows(folder / "funds.csv")}
        self._fund_names = self._names(folder / "funds.csv", ("name_en", "name_fr"))
        self.themes = {row["code"] for row in _rows(folder / "themes.csv")}
        self._theme_names = self._names(folder / "themes.csv", ("name_en",))
        self.earmarks = {row["code"] for row in _rows(folder / "earmarks.csv")}
        self.countries = {row["code"] for row in _rows(folder / "countries.csv")}
        self._groups: dict[frozenset[str], str] = {}
        self.groups: set[str] = set()
        self._english = [(row["name_en"], row["code"]) for row in _rows(folder / "countries.csv")]
        self._country_pairs = list(self._pairs(folder))
        self._country_names = CountryNames(self._country_pairs)
        self._countries_of: dict[str, tuple[str, ...] | None] = {}
        self._currencies: dict[str, bool] = {}

    @staticmethod
    def _names(path: Traversable, columns: Iterable[str]) -> dict[str, str]:
        """Every spelling in the list to its code; the first one to claim a spelling has it."""
        names: dict[str, str] = {}
        rows = list(_rows(path))
        for row in rows:
            names.setdefault(plain_name(row["code"]), row["code"])
        for row in rows:
            for name in (*(row[column] for column in columns), *row["aliases"].split(";")):
                if name.strip():
                    names.setdefault(plain_name(name), row["code"])
        return names

    def _pairs(self, folder: Traversable) -> Iterator[tuple[str, str]]:
        for row in _rows(folder / "countries.csv"):
            for name in (row["code"], row["iso3"], row["name_en"], row["name_fr"], row["dac"]):
                if name:
                    yield name, row["code"]
        for row in _rows(folder / "country-aliases.csv"):
            yield row["alias"], row["code"]
        members: dict[str, set[str]] = {}
        regions: dict[str, str] = {}
        for row in _rows(folder / "country-groups.csv"):
            self.groups.add(row["group"])
            members.setdefault(row["group"], set()).add(row["country"])
            if row["region"]:
                regions[row["group"]] = row["region"]
        for group, region in regions.items():
            self._groups.setdefault(frozenset(members[group]), region)

    @cached_property
    def _all_names(self) -> CountryNames:
        """The names of the lists, and what CLDR calls the same countries in every official language of the Union.

        Loaded only when a name is not in the lists: it takes some tenths of a second.
        """
        from babel import Locale

        known = {code for code in self.countries if len(code) == 2}
        pairs = list(self._country_pairs)
        claimed = {plain_name(name) for name, _ in pairs}
        for language in EU_LANGUAGES:
            for code, name in Locale(language).territories.items():
                if code in known and plain_name(name) not in claimed:
                    pairs.append((name, code))
        return CountryNames(pairs)

    def fund(self, text: str) -> str | None:
        """Code of a fund from its code, acronym or name in any language of the list."""
        return self._fund_names.get(text) or self._fund_names.get(plain_name(text))

    def theme(self, text: str) -> str | None:
        """Code of a theme from its code, name or alias."""
        return self._theme_names.get(text) or self._theme_names.get(plain_name(text))

    def country(self, text: str) -> str | None:
        """Code of one country, region or aggregate."""
        found = self.countries_of(text)
        return found[0] if found is not None and len(found) == 1 else None

    def countries_of(self, text: str) -> tuple[str, ...] | None:
        """Codes of all the countries, regions or aggregates that a cell names, in its order; None if any is unknown."""
        if text not in self._countries_of:
            found = self._country_names.resolve_many(text) or self._all_names.resolve_many(text)
            self._countries_of[text] = tuple(found) if found else None
        return self._countries_of[text]

    def country_choices(self) -> tuple[str, ...]:
        """English names by the alphabet, then the codes: what a person can pick or type, each read as one country."""
        names = sorted((name for name, code in self._english if self.country(name) == code), key=plain_name)
        return (*names, *sorted(code for _, code in self._english if self.country(code) == code))

    def currency_choices(self) -> tuple[str, ...]:
        """The euro, then every other ISO 4217 code in use today, by the alphabet."""
        from babel import Locale
        from babel.numbers import get_territory_currencies

        codes = map(str, Locale("en").territories)
        territories = (code for code in codes if len(code) == 2 and code.isalpha())
        current = {str(code) for territory in territories for code in get_territory_currencies(territory)}
        return ("EUR", *sorted(code for code in current - {"EUR"} if self.currency(code)))

    def region_of(self, codes: Iterable[str]) -> str:
        """The code on which an amount stays that several countries share.

        It is the region of the group that has exactly these members, else R-MULTI; the country itself if it is alone.
        """
        members = frozenset(codes)
        if len(members) == 1:
            return next(iter(members))
        return self._groups.get(members, SEVERAL_COUNTRIES)

    def scope_code(self, text: str) -> str | None:
        """Code of a country, region or group of countries (`north-africa`), as the scope of a figure names them."""
        if text in self.groups:
            return text
        return text if text in self.countries else self.country(to_iso(text))

    def currency(self, text: str) -> str | None:
        """ISO 4217 code written as such, in capitals; None for anything else."""
        code = text.strip()
        if code not in self._currencies:
            self._currencies[code] = _is_currency(code)
        return code if self._currencies[code] else None


def _is_currency(code: str) -> bool:
    if code == "EUR":
        return True
    try:
        minor_digits(code)
    except CurrencyUnknown:
        return False
    from babel import Locale

    return code in Locale("en").currencies
