"""What a profile says of tables that are not one header row over one row per record.

Stacked headers, section rows, long tables whose totals hide among the data, parents with their children below, one
project on several rows, a column per year, sheets that complete one another, and arithmetic between columns. Here it
is read from TOML and checked; `row_shapes`, `row_groups`, `long_totals` and `column_checks` do it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ledger.domain import toml_keys
from ledger.domain.toml_keys import DeclarationError
from ledger.intake.formula_check import Equation, EquationError, parse

#: Keys of a table of a profile that are read here.
LAYOUT_KEYS: Final = (
    "header_rows", "sections", "children", "repeated", "wide", "checks", "lookup", "split", "missing", "redacted",
    "value_date",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A row with one text alone that says a field of all rows below it, up to the next such row.

    The value is the pattern's first group, else the whole text; without a pattern, any text that the code list of the
    field knows (country, fund, theme).
    """

    field: str
    pattern: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Children:
    """Rows that are parts of the last row above that is none: their `empty` column is empty, or `column` has a value."""

    empty: str | None
    column: str | None
    values: tuple[str, ...]
    unit: str | None
    parent_unit: str | None
    #: pattern of a child's reference, with {parent} and {n}, its number under the parent
    ref: str | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """One thing on several rows, known by `key`.

    `once`: every row repeats the full amounts, they count once. `share`: every row repeats them beside its share of
    them. `latest`: a cumulative state per `by`; only the row with the latest counts.
    """

    key: tuple[str, ...]
    amounts: str
    share: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class Wide:
    """A column per period: every header that the pattern fits whole holds amounts of `field`.

    `value_date` is filled with the pattern's groups: "{1}-01-01".
    """

    columns: re.Pattern[str]
    field: str
    value_date: str | None


@dataclass(frozen=True, slots=True)
class Check:
    """An equation between columns, by field, 'header' or colN (the table's Nth column), within a tolerance."""

    text: str
    equation: Equation
    tolerance: Decimal


@dataclass(frozen=True, slots=True)
class SplitColumns:
    """Pairs of columns with codes and percentages of countries, `;` between: TN; MA beside 40; 60."""

    codes: tuple[str, ...]
    percentages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Fields that another sheet of the file states for the record that the row names."""

    sheet: str
    key: str
    #: field here -> header there
    fields: Mapping[str, str]
    #: columns there that divide a record by country
    split: SplitColumns | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a table become records, beyond one row each."""

    header_rows: int = 1
    sections: tuple[Section, ...] = ()
    children: Children | None = None
    repeated: Repeated | None = None
    wide: tuple[Wide, ...] = ()
    checks: tuple[Check, ...] = ()
    lookup: Lookup | None = None
    split: SplitColumns | None = None
    #: texts that mean an empty cell, and texts that stand for something withheld
    missing: tuple[str, ...] = ()
    redacted: tuple[str, ...] = ()
    #: column -> values that make a row a total over that column
    total_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: further columns that such a total has in common with its rows
    total_keys: tuple[str, ...] = ()
    #: pattern of the date of a row's amounts: "{year}-12-31"
    value_date: str | None = None

    @property
    def shapes_rows(self) -> bool:
        """Whether rows are changed before they are read."""
        return bool(self.sections or self.children or self.lookup or self.split or self.missing or self.redacted)


def read_layout(data: Mapping[str, Any], totals: Mapping[str, Any], fields: Mapping[str, Any], where: str) -> Layout:
    """The layout of a table; `totals` is its [total_rows], `fields` are those of its kind."""
    count = data.get("header_rows", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 10:
        raise DeclarationError(f"`{where}header_rows` must be a number from 1 to 10")
    values = {
        column: toml_keys.texts(toml_keys.table(totals, "values"), column, f"{where}total_rows.values.")
        for column in toml_keys.table(totals, "values")
    }
    return Layout(
        header_rows=count,
        sections=tuple(_section(entry, fields, f"{where}sections.") for entry in toml_keys.tables(data, "sections")),
        children=_children(data["children"], f"{where}children.") if "children" in data else None,
        repeated=_repeated(toml_keys.table(data, "repeated"), f"{where}repeated.") if "repeated" in data else None,
        wide=tuple(_wide(entry, fields, f"{where}wide.") for entry in toml_keys.tables(data, "wide")),
        checks=tuple(_check(entry, f"{where}checks.") for entry in toml_keys.tables(data, "checks")),
        lookup=_lookup(toml_keys.table(data, "lookup"), fields, f"{where}lookup.") if "lookup" in data else None,
        split=_split(toml_keys.table(data, "split"), f"{where}split.") if "split" in data else None,
        missing=toml_keys.texts(data, "missing", where),
        redacted=toml_keys.texts(data, "redacted", where),
        total_values=values,
        total_keys=toml_keys.texts(totals, "keys", f"{where}total_rows."),
        value_date=toml_keys.text(data, "value_date", where),
    )


def _known(name: str, fields: Mapping[str, Any], where: str) -> str:
    if name not in fields:
        raise DeclarationError(f"`{where}` is {name!r}, which is no field{toml_keys.nearest(name, fields)}")
    return name


def _pattern(data: Mapping[str, Any], key: str, where: str) -> re.Pattern[str] | None:
    words = toml_keys.text(data, key, where)
    if words is None:
        return None
    try:
        return re.compile(words, re.IGNORECASE)
    except re.error as error:
        raise DeclarationError(f"`{where}{key}` is no regular expression: {error}") from error


def _section(data: Mapping[str, Any], fields: Mapping[str, Any], where: str) -> Section:
    toml_keys.check_keys(where, data, ("field", "pattern"))
    name = _known(toml_keys.wanted(data, "field", where), fields, f"{where}field")
    pattern = _pattern(data, "pattern", where)
    if pattern is None and name not in ("country", "fund", "theme"):
        raise DeclarationError(f"`{where}pattern` is missing: only country, fund and theme have a code list to go by")
    return Section(name, pattern)


def _children(data: Any, where: str) -> Children:
    if not isinstance(data, dict):
        raise DeclarationError(f"`{where[:-1]}` must be a table")
    toml_keys.check_keys(where, data, ("empty", "column", "values", "unit", "parent_unit", "ref"))
    made = Children(
        empty=toml_keys.text(data, "empty", where),
        column=toml_keys.text(data, "column", where),
        values=toml_keys.texts(data, "values", where),
        unit=toml_keys.text(data, "unit", where),
        parent_unit=toml_keys.text(data, "parent_unit", where),
        ref=toml_keys.text(data, "ref", where),
    )
    if (made.empty is None) == (made.column is None) or bool(made.column) != bool(made.values):
        raise DeclarationError(f"`{where[:-1]}` needs either `empty` or `column` with `values`")
    return made


def _repeated(data: Mapping[str, Any], where: str) -> Repeated:
    toml_keys.check_keys(where, data, ("key", "amounts", "share", "by"))
    amounts = toml_keys.choice(data, "amounts", where, ("once", "share", "latest"))
    made = Repeated(
        key=toml_keys.texts(data, "key", where),
        amounts=amounts,
        share=toml_keys.text(data, "share", where),
        by=toml_keys.text(data, "by", where),
    )
    if not made.key:
        raise DeclarationError(f"`{where}key` is missing")
    for needs, name in (("share", made.share), ("latest", made.by)):
        if (amounts == needs) != (name is not None):
            raise DeclarationError(
                f"`{where}{'share' if needs == 'share' else 'by'}` belongs to amounts = {needs!r} alone"
            )
    return made


def _wide(data: Mapping[str, Any], fields: Mapping[str, Any], where: str) -> Wide:
    toml_keys.check_keys(where, data, ("columns", "field", "value_date"))
    pattern = _pattern(data, "columns", where)
    if pattern is None:
        raise DeclarationError(f"`{where}columns` is missing")
    name = _known(toml_keys.wanted(data, "field", where), fields, f"{where}field")
    if fields[name].name != "AMOUNT":
        raise DeclarationError(f"`{where}field`: {name} is no amount")
    return Wide(pattern, name, toml_keys.text(data, "value_date", where))


def _check(data: Mapping[str, Any], where: str) -> Check:
    toml_keys.check_keys(where, data, ("rule", "tolerance"))
    words = toml_keys.wanted(data, "rule", where)
    try:
        tolerance = Decimal(toml_keys.text(data, "tolerance", where) or "0.01")
        return Check(words, parse(words), tolerance)
    except InvalidOperation as error:
        raise DeclarationError(f"`{where}tolerance` must be a number, written as text") from error
    except EquationError as error:
        raise DeclarationError(f"`{where}rule`: {error}") from error


def _lookup(data: Mapping[str, Any], fields: Mapping[str, Any], where: str) -> Lookup:
    toml_keys.check_keys(where, data, ("sheet", "key", "fields", "split"))
    listed = toml_keys.table(data, "fields")
    named = {
        _known(name, fields, f"{where}fields"): toml_keys.wanted(listed, name, f"{where}fields.") for name in listed
    }
    split = _split(toml_keys.table(data, "split"), f"{where}split.") if "split" in data else None
    return Lookup(toml_keys.wanted(data, "sheet", where), toml_keys.wanted(data, "key", where), named, split)


def _split(data: Mapping[str, Any], where: str) -> SplitColumns:
    toml_keys.check_keys(where, data, ("codes", "percentages"))
    made = SplitColumns(toml_keys.texts(data, "codes", where), toml_keys.texts(data, "percentages", where))
    if not made.codes or len(made.codes) != len(made.percentages):
        raise DeclarationError(f"`{where}codes` and `{where}percentages` must name as many columns each")
    return made
