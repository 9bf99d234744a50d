"""Declarations of reports: TOML files that say what a report counts and shows, checked key by key.

A report has measures (a stage and a basis, perhaps the share of an earmark), a scope ([filters]) and sheets. What a
sheet's rows are is its `kind`: sums by keys, projects, envelopes. Texts for people are tables by language.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.resources.abc import Traversable
from typing import Any, Final

from ledger.domain import toml_keys
from ledger.domain.findings import Finding, Severity
from ledger.domain.stages import Basis, Stage
from ledger.domain.toml_keys import DeclarationError, nearest
from ledger.reporting.vocabulary import LANGUAGES

#: What a sheet's rows are.
KINDS: Final = ("sums", "projects", "envelopes", "figures", "outlook", "annex-vii")
#: How many measures sheets of these kinds have: what was committed and what was used of it; columns 8, 9 and 11.
MEASURED: Final = {"outlook": 2, "annex-vii": 3}
#: How the bars or slices of a chart stand.
CHARTS: Final = ("bar", "column", "stacked-bar", "stacked-column")
#: Keys that a sheet of sums may be taken by.
KEYS: Final = (
    "fund", "country", "theme", "year", "period", "stage", "basis", "project", "title", "unit", "beneficiary",
    "programme", "envelope", "source", "specific_objective", "intervention_type",
)  # fmt: skip
#: Attributes of a project that a list of projects may show.
COLUMNS: Final = (
    "project_ref", "source", "parent", "unit", "title", "summary", "beneficiary", "fund", "country", "theme",
    "programme", "priority", "specific_objective", "intervention_type", "location", "nuts", "start_date", "end_date",
    "decision_date", "status", "eu_rate", "managing_authority",
)  # fmt: skip

_REPORT_KEYS: Final = ("name", "title", "purpose", "notes", "filters", "needs", "measures", "sheets")
_FILTER_KEYS: Final = ("funds", "countries", "themes", "units", "earmark", "programme", "years", "source", "currency")
_NEEDS: Final = ("fund", "country", "programme")
_MEASURE_KEYS: Final = ("name", "stage", "basis", "earmark", "funds", "title")
_SHEET_KEYS: Final = (
    "name", "tab", "title", "kind", "by", "measures", "columns", "headings", "order", "projects", "ratios", "notes",
    "charts", "plain", "deadlines",
)  # fmt: skip
_RATIO_KEYS: Final = ("name", "title", "of", "to")
_CHART_KEYS: Final = ("kind", "title", "measures", "rows")

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted: the money of a stage on a basis (`total`: all together), or the part of it an earmark counts."""

    name: str
    stage: str
    basis: str = "eu"
    earmark: str | None = None
    funds: tuple[str, ...] = ()
    title: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A share in per cent: the measure `of` as a part of the measure `to`."""

    name: str
    title: Texts
    of: str
    to: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of the first `rows` rows of its sheet, a series for each measure."""

    kind: str
    title: Texts
    measures: tuple[str, ...]
    rows: int = 15


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of the report. `plain` ones have headings in the first row and nothing beside the table."""

    name: str
    tab: Texts
    title: Texts
    kind: str
    by: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    headings: Mapping[str, Texts] = field(default_factory=dict)
    order: str = "keys"
    with_projects: bool = True
    ratios: tuple[Ratio, ...] = ()
    notes: tuple[Texts, ...] = ()
    charts: tuple[Chart, ...] = ()
    plain: bool = False
    #: by year of commitment, the day until which its money is to be used
    deadlines: Mapping[int, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A report as its file declares it. `sha256` is that of the file's bytes; `folder` is empty for a shipped one."""

    name: str
    title: Texts
    purpose: Texts
    notes: tuple[Texts, ...]
    filters: Mapping[str, Any]
    needs: tuple[str, ...]
    measures: tuple[Measure, ...]
    sheets: tuple[Sheet, ...]
    sha256: str = ""
    path: str = ""
    folder: str = ""


def load_declarations(folders: Iterable[tuple[Traversable, str]]) -> tuple[dict[str, Declaration], list[Finding]]:
    """The reports of these folders by name, later folders overriding earlier ones, and what is wrong with the rest.

    Each folder comes with what it is called; "" for the shipped one. A file that is not valid is left out and told.
    """
    found: dict[str, Declaration] = {}
    findings: list[Finding] = []
    for folder, called in folders:
        for path in sorted(folder.iterdir(), key=lambda path: path.name):
            if not path.name.endswith(".toml") or path.name == "euledger.toml":
                continue
            try:
                loaded = load_declaration(path.read_bytes(), path.name, called)
            except (OSError, DeclarationError) as error:
                values = {"report": path.name.removesuffix(".toml")}
                told = Finding("report-invalid", str(error), path.name, values=values, severity=Severity.WARNING)
                findings.append(told)
            else:
                found[loaded.name] = loaded
    return found, findings


def load_declaration(content: bytes, file: str, folder: str = "") -> Declaration:
    """The report that a TOML file declares. Raises DeclarationError, with the key, for one that is not valid."""
    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise DeclarationError(f"the file is no valid TOML: {error}") from error
    except RecursionError as error:
        raise DeclarationError("the file is no valid TOML: brackets within brackets without end") from error
    toml_keys.check_keys("", data, _REPORT_KEYS)
    name = _plain_name(toml_keys.text(data, "name", "") or file.removesuffix(".toml"), "name")
    filters = toml_keys.table(data, "filters")
    measures = tuple(_measure(entry) for entry in toml_keys.tables(data, "measures"))
    if twice := _twice([measure.name for measure in measures]):
        raise DeclarationError(f"`measures`: {twice!r} stands there twice")
    known = {measure.name: measure for measure in measures}
    sheets = tuple(_sheet(entry, place, known) for place, entry in enumerate(toml_keys.tables(data, "sheets"), start=1))
    if not sheets:
        raise DeclarationError("`sheets` is missing: a report has one [[sheets]] at least")
    if twice := _twice([sheet.name for sheet in sheets]):
        raise DeclarationError(f"`sheets`: {twice!r} stands there twice")
    return Declaration(
        name=name,
        title=_texts(data, "title", "") or {LANGUAGES[0]: name},
        purpose=_texts(data, "purpose", ""),
        notes=_notes(data, ""),
        filters=_filters(filters),
        needs=_listed(data, "needs", "", _NEEDS),
        measures=measures,
        sheets=sheets,
        sha256=hashlib.sha256(content).hexdigest(),
        path=file,
        folder=folder,
    )


def _filters(data: dict[str, Any]) -> dict[str, Any]:
    toml_keys.check_keys("filters.", data, _FILTER_KEYS)
    several = {key: toml_keys.texts(data, key, "filters.") for key in ("funds", "countries", "themes", "units")}
    single = {
        key: toml_keys.text(data, key, "filters.") for key in ("earmark", "programme", "years", "source", "currency")
    }
    return {key: value for key, value in {**several, **single}.items() if value}


def _measure(data: dict[str, Any]) -> Measure:
    toml_keys.check_keys("measures.", data, _MEASURE_KEYS)
    stage = toml_keys.wanted(data, "stage", "measures.")
    stages = [str(each) for each in Stage if each is not Stage.OUTSIDE]
    if stage not in stages:
        raise DeclarationError(f"`measures.stage` is {stage!r}{nearest(stage, stages)}")
    basis = toml_keys.text(data, "basis", "measures.") or str(Basis.EU)
    if basis not in (bases := [*map(str, Basis), "total"]):
        raise DeclarationError(f"`measures.basis` is {basis!r}{nearest(basis, bases)}")
    return Measure(
        name=_plain_name(toml_keys.text(data, "name", "measures.") or stage, "measures.name"),
        stage=stage,
        basis=basis,
        earmark=toml_keys.text(data, "earmark", "measures."),
        funds=toml_keys.texts(data, "funds", "measures."),
        title=_texts(data, "title", "measures."),
    )


def _sheet(data: dict[str, Any], place: int, measures: Mapping[str, Measure]) -> Sheet:
    where = f"sheets[{place}]."
    toml_keys.check_keys(where, data, _SHEET_KEYS)
    name = _plain_name(toml_keys.wanted(data, "name", where), f"{where}name")
    kind = toml_keys.choice(data, "kind", where, KINDS)
    by = _listed(data, "by", where, KEYS)
    columns = _listed(data, "columns", where, COLUMNS)
    if by and kind not in ("sums", "outlook"):
        raise DeclarationError(f"`{where}by` is for sheets of the kinds sums and outlook")
    if columns and kind != "projects":
        raise DeclarationError(f"`{where}columns` is for sheets of the kind projects")
    headings = toml_keys.table(data, "headings")
    for key in headings:
        if key not in (*columns, *by, *measures):
            raise DeclarationError(f"`{where}headings.{key}` names no column{nearest(key, [*columns, *by, *measures])}")
    chosen = _listed(data, "measures", where, tuple(measures)) or tuple(measures)
    if kind in MEASURED and len(chosen) != MEASURED[kind]:
        raise DeclarationError(f"`{where}measures`: a sheet of the kind {kind} has {MEASURED[kind]}")
    return Sheet(
        name=name,
        tab=_tab(data, where) or {LANGUAGES[0]: name.replace("-", " ").capitalize()},
        title=_texts(data, "title", where),
        kind=kind,
        by=by,
        measures=chosen if kind not in ("envelopes", "figures") else (),
        columns=columns,
        headings={key: _texts(headings, key, f"{where}headings.") for key in headings},
        order=toml_keys.choice(data, "order", where, ("keys", "amount")),
        with_projects=toml_keys.flag(data, "projects", where, default=True),
        ratios=tuple(_ratio(entry, where, chosen) for entry in toml_keys.tables(data, "ratios")),
        notes=_notes(data, where),
        charts=tuple(_chart(entry, where, chosen) for entry in toml_keys.tables(data, "charts")),
        plain=toml_keys.flag(data, "plain", where) or kind == "annex-vii",
        deadlines=_deadlines(toml_keys.table(data, "deadlines"), f"{where}deadlines."),
    )


def _deadlines(data: dict[str, Any], where: str) -> dict[int, date]:
    found = {}
    for year, day in data.items():
        if not re.fullmatch(r"20\d\d", year) or not isinstance(day, date) or isinstance(day, datetime):
            raise DeclarationError(f"`{where}{year}` must be a year and a day, such as 2021 = 2024-12-31")
        found[int(year)] = day
    return found


def _plain_name(name: str, where: str) -> str:
    """A name that may stand in a formula, a defined name and a file's name."""
    if not _NAME.fullmatch(name):
        raise DeclarationError(f"`{where}` is {name!r}: small letters, digits and hyphens only, a letter first")
    return name


def _tab(data: dict[str, Any], where: str) -> Texts:
    """The name on the tab, as Excel takes one: 31 characters at most, none of its signs for ranges and files."""
    texts = _texts(data, "tab", where)
    for text in texts.values():
        if len(text) > 31 or set(text) & set("[]:*?/\\") or text.startswith("'") or text.endswith("'"):
            raise DeclarationError(f"`{where}tab` is {text!r}: at most 31 characters, none of [ ] : * ? / \\")
    return texts


def _ratio(data: dict[str, Any], where: str, measures: Sequence[str]) -> Ratio:
    toml_keys.check_keys(f"{where}ratios.", data, _RATIO_KEYS)
    of, to = (toml_keys.choice(data, key, f"{where}ratios.", tuple(measures)) for key in ("of", "to"))
    name = _plain_name(toml_keys.wanted(data, "name", f"{where}ratios."), f"{where}ratios.name")
    return Ratio(name, _texts(data, "title", f"{where}ratios.") or {LANGUAGES[0]: name}, of, to)


def _chart(data: dict[str, Any], where: str, measures: Sequence[str]) -> Chart:
    toml_keys.check_keys(f"{where}charts.", data, _CHART_KEYS)
    rows = data.get("rows", 15)
    if not isinstance(rows, int) or isinstance(rows, bool) or not 1 <= rows <= 100:
        raise DeclarationError(f"`{where}charts.rows` must be a whole number from 1 to 100")
    return Chart(
        toml_keys.choice(data, "kind", f"{where}charts.", CHARTS),
        _texts(data, "title", f"{where}charts."),
        _listed(data, "measures", f"{where}charts.", tuple(measures)) or tuple(measures),
        rows,
    )


def _texts(data: Mapping[str, Any], key: str, where: str) -> Texts:
    """A text by language; a bare text is in the first."""
    value = data.get(key, {})
    if isinstance(value, str):
        return {LANGUAGES[0]: value}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise DeclarationError(f"`{where}{key}` must be a text, or a text for each of {', '.join(LANGUAGES)}")
    toml_keys.check_keys(f"{where}{key}.", value, LANGUAGES)
    if value and LANGUAGES[0] not in value:
        raise DeclarationError(f"`{where}{key}.{LANGUAGES[0]}` is missing")
    return dict(value)


def _notes(data: Mapping[str, Any], where: str) -> tuple[Texts, ...]:
    entries = data.get("notes", [])
    if not isinstance(entries, list):
        raise DeclarationError(f"`{where}notes` must be a list of texts")
    return tuple(_texts({"notes": entry}, "notes", where) for entry in entries)


def _listed(data: Mapping[str, Any], key: str, where: str, valid: Sequence[str]) -> tuple[str, ...]:
    found = toml_keys.texts(data, key, where)
    for word in found:
        if word not in valid:
            raise DeclarationError(f"`{where}{key}`: {word!r} is none{nearest(word, valid)}")
    if twice := _twice(found):
        raise DeclarationError(f"`{where}{key}`: {twice!r} stands there twice")
    return found


def _twice(names: Sequence[str]) -> str:
    return next((name for name in names if names.count(name) > 1), "")
