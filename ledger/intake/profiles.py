"""Profiles: TOML declarations of how one kind of spreadsheet is read, checked key by key.

A profile says how its workbook is recognised ([recognise]), which header stands for which field and how its cells are
written ([columns.FIELD]), what the whole file means that no cell says ([constants]: fund, currency, stage, period …),
how total rows are known ([total_rows]), how references are made where no column has them ([ref]), how its rows are laid
out (`layouts`), and which scope the file covers completely ([[coverage]]). Several tables are [[sheets]]; each has what
the profile says at its top unless it says otherwise.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import field as made_by
from datetime import date
from importlib.resources.abc import Traversable
from typing import Any, Final

from ledger.domain import toml_keys
from ledger.domain.findings import Finding, Severity
from ledger.domain.periods import PeriodError, years
from ledger.domain.records import CoverageStatement, Kind
from ledger.domain.stages import Basis, Stage
from ledger.domain.toml_keys import DeclarationError, nearest
from ledger.intake.fields import BASIS, FIELDS, FieldType
from ledger.intake.layouts import LAYOUT_KEYS, Layout, read_layout

#: Units in which a list states its amounts.
AMOUNT_UNITS: Final = {"1": 1, "one": 1, "thousand": 10**3, "1000": 10**3, "million": 10**6, "1000000": 10**6}

_TOP_KEYS: Final = ("name", "title", "kind", "source", "illustrative", "situation", "recognise", "sheets", "coverage")
_TABLE_KEYS: Final = ("columns", "constants", "total_rows", "ignore", "other_columns", "ref", *LAYOUT_KEYS)
_SHEET_KEYS: Final = ("sheet", "kind", "optional", "headers", "fields", *_TABLE_KEYS)
_COLUMN_KEYS: Final = (
    "headers", "required", "number_style", "date_order", "currency", "unit", "negative", "stage", "basis", "earmark",
    "description", "example", "choices", "others_allowed", "values", "otherwise",
)  # fmt: skip
_EXTRA_CONSTANTS: Final = ("period", "unit", "as_of", "number_style", "date_order", "earmark")
_CONSTANT_TYPES: Final = (FieldType.TEXT, FieldType.CODE, FieldType.DATE, FieldType.REFERENCE)


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """How the column of one field is found and read. `headers` are its wordings; the field's own name is always one."""

    field: str
    headers: tuple[str, ...] = ()
    #: the column must be there, and none of its cells may be empty
    required: bool = False
    number_style: str | None = None
    date_order: str | None = None
    currency: str | None = None
    #: 1, 1000 or 1000000; None: not said
    unit: int | None = None
    #: negative amounts are corrections: decommitted or recovered
    negative: bool = False
    stage: str | None = None
    basis: str | None = None
    earmark: str | None = None
    #: what the column means, to those who fill in the template of the profile; only such columns stand in it
    description: str = ""
    example: str = ""
    #: the values that the template offers, where no code list has them
    choices: tuple[str, ...] = ()
    #: the template asks before it takes another value, and does not refuse it
    others_allowed: bool = False
    #: what the cell's texts stand for ({"2": "committed"}); empty: they stand for themselves
    values: Mapping[str, str] = made_by(default_factory=dict)
    #: "reject": a text that `values` lacks refuses the row; "note": the row is stated, not booked
    otherwise: str = "reject"


@dataclass(frozen=True, slots=True)
class TableRule:
    """How one sheet is read. Without `sheets`, the first sheet that carries the headers is meant."""

    kind: Kind
    sheets: tuple[str, ...] = ()
    #: wordings that must all stand in the header row
    headers: tuple[str, ...] = ()
    optional: bool = False
    columns: Mapping[str, ColumnRule] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    total_words: tuple[str, ...] = ()
    #: fields or headers in which a total word may stand; empty: the first filled cell of the row
    total_columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    #: "stop": a column that is none of ours stops the import; "report": it is told and left alone
    other_columns: str = "report"
    #: builds the reference (and title) of a row from its other fields: "AMIF1420.{country}"
    ref_pattern: str | None = None
    title_pattern: str | None = None
    #: fields that must have a column for the table to be recognised
    wanted_fields: tuple[str, ...] = ()
    layout: Layout = field(default_factory=Layout)


@dataclass(frozen=True, slots=True)
class Profile:
    """How one kind of file is read. `sha256` is that of the TOML file's bytes."""

    name: str
    title: str
    source: str
    tables: tuple[TableRule, ...]
    sha256: str
    path: str
    illustrative: bool = False
    #: the file states a situation: a newer one replaces what it says (else its rows are added to the ledger)
    situation: bool = True
    sheet_names: tuple[str, ...] = ()
    file_patterns: tuple[str, ...] = ()
    coverage: tuple[CoverageStatement, ...] = ()


def load_profiles(folders: Iterable[Traversable]) -> tuple[list[Profile], list[Finding]]:
    """The profiles of these folders by name, later folders overriding earlier ones, and what is wrong with the rest.

    A profile that is not valid is left out and told as `profile-invalid`, with its name in `values`: a warning, for it
    may have nothing to do with the file at hand. Asking for it by name stops (`find_profile`).
    """
    profiles: dict[str, Profile] = {}
    findings: list[Finding] = []
    for folder in folders:
        for path in sorted(folder.iterdir(), key=lambda path: path.name):
            if not path.name.endswith(".toml") or path.name == "euledger.toml":
                continue
            try:
                loaded = load_profile(path)
            except DeclarationError as error:
                values = {"profile": path.name.removesuffix(".toml")}
                told = Finding("profile-invalid", str(error), path.name, values=values, severity=Severity.WARNING)
                findings.append(told)
            else:
                profiles[loaded.name] = loaded
    return list(profiles.values()), findings


def find_profile(name: str, profiles: Sequence[Profile]) -> Profile | Finding:
    """The profile of this name, or the finding that says there is none, with the nearest name."""
    for profile in profiles:
        if profile.name == name:
            return profile
    return Finding("profile-unknown", f"there is no profile {name!r}{nearest(name, [p.name for p in profiles])}")


def load_profile(path: Traversable) -> Profile:
    """The profile in a TOML file. Raises DeclarationError for a file that is not valid."""
    try:
        content = path.read_bytes()
        data = tomllib.loads(content.decode("utf-8"))
    except (OSError, ValueError) as error:
        raise DeclarationError(f"the file is no valid TOML: {error}") from error
    except RecursionError as error:
        raise DeclarationError("the file is no valid TOML: brackets within brackets without end") from error
    return _profile(data, hashlib.sha256(content).hexdigest(), path)


def _profile(data: dict[str, Any], sha256: str, path: Traversable) -> Profile:
    toml_keys.check_keys("", data, (*_TOP_KEYS, *_TABLE_KEYS))
    recognise = toml_keys.table(data, "recognise")
    toml_keys.check_keys("recognise.", recognise, ("sheets", "headers", "fields", "file"))
    sheet_names = toml_keys.texts(recognise, "sheets", "recognise.")
    entries = data.get("sheets", [{}])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DeclarationError("`sheets` must be tables, written [[sheets]]")
    tables = []
    for position, entry in enumerate(entries):
        where = f"sheets[{position + 1}]." if "sheets" in data else ""
        if where:
            toml_keys.check_keys(where, entry, _SHEET_KEYS)
        own = {**{key: data[key] for key in ("kind", *_TABLE_KEYS) if key in data}, **entry}
        own.setdefault("headers", recognise.get("headers", []))
        own.setdefault("fields", recognise.get("fields", []))
        if not where:
            own["sheet"] = list(sheet_names)
        tables.append(_table_rule(own, where))
    name = toml_keys.text(data, "name", "") or path.name.removesuffix(".toml")
    return Profile(
        name=name,
        title=toml_keys.text(data, "title", "") or name,
        source=toml_keys.text(data, "source", "") or name,
        tables=tuple(tables),
        sha256=sha256,
        path=path.name,
        illustrative=toml_keys.flag(data, "illustrative", ""),
        situation=toml_keys.flag(data, "situation", "", default=True),
        sheet_names=sheet_names,
        file_patterns=toml_keys.texts(recognise, "file", "recognise."),
        coverage=tuple(_coverage(entry) for entry in toml_keys.tables(data, "coverage")),
    )


def _table_rule(data: dict[str, Any], where: str) -> TableRule:
    kind_text = toml_keys.text(data, "kind", where) or ""
    if kind_text not in list(Kind):
        raise DeclarationError(f"`{where}kind` is {kind_text!r}{nearest(kind_text, list(Kind))}")
    kind = Kind(kind_text)
    columns = toml_keys.table(data, "columns")
    rules = {}
    for name, column in columns.items():
        if name not in FIELDS[kind]:
            raise DeclarationError(f"`{where}columns.{name}` is no field of {kind}{nearest(name, FIELDS[kind])}")
        rules[name] = _column_rule(name, column, f"{where}columns.{name}.")
    totals = toml_keys.table(data, "total_rows")
    toml_keys.check_keys(f"{where}total_rows.", totals, ("words", "columns", "values", "keys"))
    reference = toml_keys.table(data, "ref")
    toml_keys.check_keys(f"{where}ref.", reference, ("pattern", "title"))
    other_columns = toml_keys.text(data, "other_columns", where) or "report"
    if other_columns not in ("stop", "report"):
        raise DeclarationError(f"`{where}other_columns` is {other_columns!r}; it takes 'stop' or 'report'")
    return TableRule(
        kind=kind,
        sheets=toml_keys.texts(data, "sheet", where),
        headers=toml_keys.texts(data, "headers", where),
        optional=toml_keys.flag(data, "optional", where),
        columns=rules,
        constants=_constants(toml_keys.table(data, "constants"), kind, where),
        total_words=toml_keys.texts(totals, "words", f"{where}total_rows."),
        total_columns=toml_keys.texts(totals, "columns", f"{where}total_rows."),
        ignore=toml_keys.texts(data, "ignore", where),
        other_columns=other_columns,
        ref_pattern=toml_keys.text(reference, "pattern", f"{where}ref."),
        title_pattern=toml_keys.text(reference, "title", f"{where}ref."),
        wanted_fields=_fields(data, kind, where),
        layout=read_layout(data, totals, FIELDS[kind], where),
    )


def _fields(data: Mapping[str, Any], kind: Kind, where: str) -> tuple[str, ...]:
    named = toml_keys.texts(data, "fields", where)
    for name in named:
        if name not in FIELDS[kind]:
            raise DeclarationError(f"`{where}fields`: {name!r} is no field of {kind}{nearest(name, FIELDS[kind])}")
    return named


def _column_rule(name: str, data: object, where: str) -> ColumnRule:
    if not isinstance(data, dict):
        raise DeclarationError(f"`{where[:-1]}` must be a table with `headers`")
    toml_keys.check_keys(where, data, _COLUMN_KEYS)
    unit = toml_keys.text(data, "unit", where)
    if unit is not None and unit not in AMOUNT_UNITS:
        raise DeclarationError(f"`{where}unit` is {unit!r}{nearest(unit, AMOUNT_UNITS)}")
    stage, basis = toml_keys.text(data, "stage", where), toml_keys.text(data, "basis", where)
    if stage is not None and stage not in list(Stage):
        raise DeclarationError(f"`{where}stage` is {stage!r}{nearest(stage, list(Stage))}")
    if basis is not None and basis not in list(Basis):
        raise DeclarationError(f"`{where}basis` is {basis!r}{nearest(basis, list(Basis))}")
    if (stage or basis) and name not in BASIS:
        raise DeclarationError(f"`{where}{'stage' if stage else 'basis'}`: {name} is no amount that stands on a basis")
    order = toml_keys.text(data, "date_order", where)
    if order not in (None, "dmy", "mdy", "ymd"):
        raise DeclarationError(f"`{where}date_order` is {order!r}; it takes 'dmy', 'mdy' or 'ymd'")
    return ColumnRule(
        field=name,
        headers=toml_keys.texts(data, "headers", where),
        required=toml_keys.flag(data, "required", where),
        number_style=toml_keys.text(data, "number_style", where),
        date_order=order,
        currency=toml_keys.text(data, "currency", where),
        unit=None if unit is None else AMOUNT_UNITS[unit],
        negative=toml_keys.flag(data, "negative", where),
        stage=stage,
        basis=basis,
        earmark=toml_keys.text(data, "earmark", where),
        values=_values(toml_keys.table(data, "values"), f"{where}values."),
        otherwise=toml_keys.choice(data, "otherwise", where, ("reject", "note")),
        description=toml_keys.text(data, "description", where) or "",
        example=toml_keys.text(data, "example", where) or "",
        choices=toml_keys.texts(data, "choices", where),
    )


def _values(data: Mapping[str, Any], where: str) -> dict[str, str]:
    return {key.casefold(): toml_keys.wanted(data, key, where) for key in data}


def _constants(data: dict[str, Any], kind: Kind, where: str) -> dict[str, str]:
    valid = [name for name, kept in FIELDS[kind].items() if kept in _CONSTANT_TYPES]
    toml_keys.check_keys(f"{where}constants.", data, (*valid, *_EXTRA_CONSTANTS))
    constants = {}
    for key in data:
        text = toml_keys.text(data, key, f"{where}constants.")
        assert text is not None  # the key is there
        constants[key] = text
    if "period" in constants:
        start, end = _period(constants.pop("period"), f"{where}constants.period")
        constants.setdefault("period_start", start)
        constants.setdefault("period_end", end)
    return constants


def _period(text: str, where: str) -> tuple[str, str]:
    try:
        period = years(text)
    except PeriodError as error:
        raise DeclarationError(f"`{where}`: {error}") from error
    assert period.start, "years are closed on both sides"
    assert period.end, "years are closed on both sides"
    return period.start.isoformat(), period.end.isoformat()


def _coverage(data: dict[str, Any]) -> CoverageStatement:
    toml_keys.check_keys("coverage.", data, ("fund", "earmark", "country", "period", "period_start", "period_end"))
    start, end = toml_keys.text(data, "period_start", "coverage."), toml_keys.text(data, "period_end", "coverage.")
    if "period" in data:
        start, end = _period(toml_keys.text(data, "period", "coverage.") or "", "coverage.period")
    try:
        first, last = (None if day is None else date.fromisoformat(day) for day in (start, end))
    except ValueError as error:
        raise DeclarationError(f"`coverage`: {error}") from error
    fund, earmark, country = (toml_keys.text(data, key, "coverage.") for key in ("fund", "earmark", "country"))
    return CoverageStatement(fund=fund, earmark=earmark, country=country, period_start=first, period_end=last)
