"""Profiles: TOML declarations of how one kind of spreadsheet is read, checked key by key.

A profile says how its workbook is recognised ([recognise]), which header stands for which field and how its cells are
written ([columns.FIELD]), what the whole file means that no cell says ([constants]: fund, currency, stage, period …),
how total rows are known ([total_rows]), how references are made where no column has them ([ref]), and which scope the
file covers completely ([[coverage]]). Several tables are [[sheets]]; each has what the profile says at its top unless
it says otherwise.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from typing import Any, Final

from ledger.domain.findings import Finding
from ledger.domain.periods import PeriodError, years
from ledger.domain.records import CoverageStatement, Kind
from ledger.domain.stages import Basis, Stage
from ledger.intake.fields import BASIS, FIELDS, FieldType

#: Units in which a list states its amounts.
AMOUNT_UNITS: Final = {"1": 1, "one": 1, "thousand": 10**3, "1000": 10**3, "million": 10**6, "1000000": 10**6}

_TOP_KEYS: Final = ("name", "title", "kind", "source", "illustrative", "situation", "recognise", "sheets", "coverage")
_TABLE_KEYS: Final = ("columns", "constants", "total_rows", "ignore", "other_columns", "ref")
_SHEET_KEYS: Final = ("sheet", "kind", "optional", "headers", *_TABLE_KEYS)
_COLUMN_KEYS: Final = (
    "headers", "required", "number_style", "date_order", "currency", "unit", "negative", "stage", "basis", "earmark",
    "description", "example", "choices",
)  # fmt: skip
_EXTRA_CONSTANTS: Final = ("period", "unit", "as_of", "number_style", "date_order", "earmark")
_CONSTANT_TYPES: Final = (FieldType.TEXT, FieldType.CODE, FieldType.DATE, FieldType.REFERENCE)


class ProfileError(ValueError):
    """A profile that cannot be used: which key, and what is wrong with it."""


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

    A profile that is not valid is left out and told as `profile-invalid`, with its name in `values`.
    """
    profiles: dict[str, Profile] = {}
    findings: list[Finding] = []
    for folder in folders:
        for path in sorted(folder.iterdir(), key=lambda path: path.name):
            if not path.name.endswith(".toml"):
                continue
            try:
                loaded = load_profile(path)
            except ProfileError as error:
                values = {"profile": path.name.removesuffix(".toml")}
                findings.append(Finding("profile-invalid", str(error), file=path.name, values=values))
            else:
                profiles[loaded.name] = loaded
    return list(profiles.values()), findings


def find_profile(name: str, profiles: Sequence[Profile]) -> Profile | Finding:
    """The profile of this name, or the finding that says there is none, with the nearest name."""
    for profile in profiles:
        if profile.name == name:
            return profile
    return Finding("profile-unknown", f"there is no profile {name!r}{nearest(name, [p.name for p in profiles])}")


def nearest(word: str, valid: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the closest valid word, else the valid ones."""
    listed = sorted(map(str, valid))
    close = get_close_matches(word, listed, 1, 0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; valid: {', '.join(listed)}" if listed else ""


def load_profile(path: Traversable) -> Profile:
    """The profile in a TOML file. Raises ProfileError for a file that is not valid."""
    try:
        content = path.read_bytes()
        data = tomllib.loads(content.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"the file is no valid TOML: {error}") from error
    return _profile(data, hashlib.sha256(content).hexdigest(), path)


def _profile(data: dict[str, Any], sha256: str, path: Traversable) -> Profile:
    _check_keys("", data, (*_TOP_KEYS, *_TABLE_KEYS))
    recognise = _table(data, "recognise")
    _check_keys("recognise.", recognise, ("sheets", "headers", "file"))
    sheet_names = _texts(recognise, "sheets", "recognise.")
    entries = data.get("sheets", [{}])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ProfileError("`sheets` must be tables, written [[sheets]]")
    tables = []
    for position, entry in enumerate(entries):
        where = f"sheets[{position + 1}]." if "sheets" in data else ""
        if where:
            _check_keys(where, entry, _SHEET_KEYS)
        own = {**{key: data[key] for key in ("kind", *_TABLE_KEYS) if key in data}, **entry}
        own.setdefault("headers", recognise.get("headers", []))
        if not where:
            own["sheet"] = list(sheet_names)
        tables.append(_table_rule(own, where))
    name = _text(data, "name", "") or path.name.removesuffix(".toml")
    return Profile(
        name=name,
        title=_text(data, "title", "") or name,
        source=_text(data, "source", "") or name,
        tables=tuple(tables),
        sha256=sha256,
        path=path.name,
        illustrative=_flag(data, "illustrative", ""),
        situation=_flag(data, "situation", "", default=True),
        sheet_names=sheet_names,
        file_patterns=_texts(recognise, "file", "recognise."),
        coverage=tuple(_coverage(entry) for entry in data.get("coverage", [])),
    )


def _table_rule(data: dict[str, Any], where: str) -> TableRule:
    kind_text = _text(data, "kind", where) or ""
    if kind_text not in list(Kind):
        raise ProfileError(f"`{where}kind` is {kind_text!r}{nearest(kind_text, list(Kind))}")
    kind = Kind(kind_text)
    columns = _table(data, "columns")
    rules = {}
    for name, column in columns.items():
        if name not in FIELDS[kind]:
            raise ProfileError(f"`{where}columns.{name}` is no field of {kind}{nearest(name, FIELDS[kind])}")
        rules[name] = _column_rule(name, column, f"{where}columns.{name}.")
    totals = _table(data, "total_rows")
    _check_keys(f"{where}total_rows.", totals, ("words", "columns"))
    reference = _table(data, "ref")
    _check_keys(f"{where}ref.", reference, ("pattern", "title"))
    other_columns = _text(data, "other_columns", where) or "report"
    if other_columns not in ("stop", "report"):
        raise ProfileError(f"`{where}other_columns` is {other_columns!r}; it takes 'stop' or 'report'")
    return TableRule(
        kind=kind,
        sheets=_texts(data, "sheet", where),
        headers=_texts(data, "headers", where),
        optional=_flag(data, "optional", where),
        columns=rules,
        constants=_constants(_table(data, "constants"), kind, where),
        total_words=_texts(totals, "words", f"{where}total_rows."),
        total_columns=_texts(totals, "columns", f"{where}total_rows."),
        ignore=_texts(data, "ignore", where),
        other_columns=other_columns,
        ref_pattern=_text(reference, "pattern", f"{where}ref."),
        title_pattern=_text(reference, "title", f"{where}ref."),
    )


def _column_rule(name: str, data: object, where: str) -> ColumnRule:
    if not isinstance(data, dict):
        raise ProfileError(f"`{where[:-1]}` must be a table with `headers`")
    _check_keys(where, data, _COLUMN_KEYS)
    unit = _text(data, "unit", where)
    if unit is not None and unit not in AMOUNT_UNITS:
        raise ProfileError(f"`{where}unit` is {unit!r}{nearest(unit, AMOUNT_UNITS)}")
    stage, basis = _text(data, "stage", where), _text(data, "basis", where)
    if stage is not None and stage not in list(Stage):
        raise ProfileError(f"`{where}stage` is {stage!r}{nearest(stage, list(Stage))}")
    if basis is not None and basis not in list(Basis):
        raise ProfileError(f"`{where}basis` is {basis!r}{nearest(basis, list(Basis))}")
    if (stage or basis) and name not in BASIS:
        raise ProfileError(f"`{where}{'stage' if stage else 'basis'}`: {name} is no amount that stands on a basis")
    order = _text(data, "date_order", where)
    if order not in (None, "dmy", "mdy", "ymd"):
        raise ProfileError(f"`{where}date_order` is {order!r}; it takes 'dmy', 'mdy' or 'ymd'")
    return ColumnRule(
        field=name,
        headers=_texts(data, "headers", where),
        required=_flag(data, "required", where),
        number_style=_text(data, "number_style", where),
        date_order=order,
        currency=_text(data, "currency", where),
        unit=None if unit is None else AMOUNT_UNITS[unit],
        negative=_flag(data, "negative", where),
        stage=stage,
        basis=basis,
        earmark=_text(data, "earmark", where),
        description=_text(data, "description", where) or "",
        example=_text(data, "example", where) or "",
        choices=_texts(data, "choices", where),
    )


def _constants(data: dict[str, Any], kind: Kind, where: str) -> dict[str, str]:
    valid = [name for name, kept in FIELDS[kind].items() if kept in _CONSTANT_TYPES]
    _check_keys(f"{where}constants.", data, (*valid, *_EXTRA_CONSTANTS))
    constants = {}
    for key in data:
        text = _text(data, key, f"{where}constants.")
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
        raise ProfileError(f"`{where}`: {error}") from error
    assert period.start, "years are closed on both sides"
    assert period.end, "years are closed on both sides"
    return period.start.isoformat(), period.end.isoformat()


def _coverage(data: dict[str, Any]) -> CoverageStatement:
    _check_keys("coverage.", data, ("fund", "earmark", "country", "period", "period_start", "period_end"))
    start, end = _text(data, "period_start", "coverage."), _text(data, "period_end", "coverage.")
    if "period" in data:
        start, end = _period(_text(data, "period", "coverage.") or "", "coverage.period")
    try:
        first, last = (None if day is None else date.fromisoformat(day) for day in (start, end))
    except ValueError as error:
        raise ProfileError(f"`coverage`: {error}") from error
    fund, earmark, country = (_text(data, key, "coverage.") for key in ("fund", "earmark", "country"))
    return CoverageStatement(fund=fund, earmark=earmark, country=country, period_start=first, period_end=last)


def _check_keys(where: str, data: Mapping[str, Any], valid: Sequence[str]) -> None:
    for key in data:
        if key not in valid:
            raise ProfileError(f"`{where}{key}` is no key of a profile{nearest(key, valid)}")


def _table(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise ProfileError(f"`{key}` must be a table, written [{key}]")
    return value


def _text(data: Mapping[str, Any], key: str, where: str) -> str | None:
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ProfileError(f"`{where}{key}` must be text")
    return str(value)


def _texts(data: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ProfileError(f"`{where}{key}` must be a list of texts")
    return tuple(value)


def _flag(data: Mapping[str, Any], key: str, where: str, *, default: bool = False) -> bool:
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise ProfileError(f"`{where}{key}` must be true or false")
    return value
