"""The two sides of a comparison: a ledger, the file of a batch, or a file, each as items with fields and amounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from ledger.actions import named_lists, rights
from ledger.actions.evidence import shown
from ledger.actions.named_lists import NamedList
from ledger.actions.scope import UsageProblem, batch_known_at
from ledger.domain.findings import Finding, Severity, stops
from ledger.domain.records import Kind, ReadRow, ReadSheet, RowState
from ledger.intake.readers import ReadFailed, open_workbook
from ledger.reconcile.comparison.difference import nest
from ledger.reconcile.comparison.model import FIELDS, TOTAL, UNSTATED, Item, Measure, Place, Side
from ledger.store import listed, schema
from ledger.store.database import Connection, Database
from ledger.store.totals import Filter

#: What --left-where and --right-where ask for: name -> the values that are let through.
Where = Mapping[str, Sequence[str]]
#: Kinds of records that are compared; a list of nothing else is refused.
KINDS = (Kind.PROJECTS, Kind.PROGRAMMES, Kind.ENVELOPES)
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of one side. `name` is `ledger`, `batch:N`, a path, or another ledger (a path or URL)."""

    name: str
    profile: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    where: Where = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is compared on both sides: codes of funds and countries, a stage, a basis, a day (`known_at` for ledgers)."""

    funds: Sequence[str] = ()
    countries: Sequence[str] = ()
    stage: str | None = None
    basis: str | None = None
    as_of: date | None = None
    known_at: str | None = None
    with_illustrative: bool = False


@dataclass(slots=True)
class ReadSide:
    """A side, read: `kind` is file, batch or ledger; `left_out` counts the rows that `where` did not let through."""

    name: str
    kind: str
    side: Side
    file: str | None = None
    sha256: str | None = None
    profile: str | None = None
    source: str | None = None
    batch: int | None = None
    as_of: date | None = None
    left_out: int = 0
    findings: list[Finding] = field(default_factory=list)


def is_ledger(name: str) -> bool:
    """Whether the name is that of a ledger: `ledger` itself, a URL, or a file that SQLite wrote."""
    if name == "ledger" or "://" in name:
        return True
    path = Path(name).expanduser()
    if path.is_file():
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    return False


def read_lists(asked: Asked, limits: Limits, profile_dirs: Sequence[Path], ledger: Callable[[], Database]) -> ReadSide:
    """The side of a file, or of the file that a batch of the ledger keeps. Nothing is booked.

    With a finding that stops, its side is empty. Raises UsageProblem for a batch or a column that is not there.
    """
    if not named_lists.is_batch(asked.name):
        path = Path(asked.name).expanduser()
        read = named_lists.read_path(path, asked.profile, asked.settings, profile_dirs)
        return _of_files(ReadSide(path.name, "file", Side([], frozenset())), [read], asked, limits)
    database = ledger()
    schema.require_current(database)
    with (
        database.read() as connection,
        named_lists.read_batch(connection, asked.name, profile_dirs) as read_ones,
    ):
        made = _of_files(ReadSide(asked.name, "batch", Side([], frozenset())), read_ones, asked, limits)
        made.findings += rights.limited(rights.limit(connection))
        return made


def read_ledger(asked: Asked, limits: Limits, database: Database, other: ReadSide | None) -> ReadSide:
    """The side of a ledger; against a list whose source it knows, that source alone, which a finding says."""
    schema.require_current(database)
    with database.read() as connection:
        known_at = batch_known_at(connection, limits.known_at)
        wanted = Filter(as_of=limits.as_of, known_at=known_at, with_illustrative=limits.with_illustrative)
        made = ReadSide(asked.name if asked.name == "ledger" else database.shown, "ledger", Side([], frozenset()))
        made.findings += rights.limited(rights.limit(connection))
        source = other.source if other is not None and "source" not in asked.where else None
        known = listed.sources(connection)
        if source and source in known:
            wanted, made.source = replace(wanted, source=source), source
            if len(known) > 1:
                message = f"of the ledger's {len(known)} sources only {source!r} is compared, that of the list"
                made.findings.append(Finding("compare-source", message, values={"source": source}))
        kinds = {item.kind for item in other.side.items} if other is not None else set(KINDS)
        items = [item for kind in KINDS if kind in kinds for item in _listed(connection, kind, wanted)]
    kept = [item for item in items if _lets_through(item, asked.where)]
    made.left_out = len(items) - len(kept)
    made.side = _side(kept, limits, {name for item in kept for name in item.fields}, is_ledger=True)
    return made


# --- lists -----------------------------------------------------------------------------------------------------------


def _of_files(made: ReadSide, lists: Iterable[NamedList], asked: Asked, limits: Limits) -> ReadSide:
    items: list[Item] = []
    stated: set[str] = set()
    rejected = 0
    for one in lists:
        reading = one.reading
        made.file, made.sha256, made.profile = reading.file, reading.sha256, reading.profile
        made.source, made.as_of, made.batch = reading.source, reading.as_of, one.batch
        try:
            for sheet in reading.sheets:
                if sheet.kind not in KINDS:
                    _leave(made, reading.file, sheet)
                    continue
                chosen = _chosen_rows(one, sheet, asked)
                stated.update(column.field for column in sheet.columns if column.field)
                for row in sheet.rows:
                    if chosen is not None and row.number not in chosen:
                        made.left_out += row.state in (RowState.POSTED, RowState.REJECTED)
                    elif row.state is RowState.REJECTED:
                        rejected += 1
                    elif row.record is not None:
                        items.append(_item(row, one, sheet, limits.as_of))
        except ReadFailed as failure:
            reading.findings.append(failure.finding)
        made.findings += map(_told, reading.findings)
    if not items and not stated and not stops(made.findings):
        message = "it holds no list of projects, programmes or envelopes, and nothing else is compared"
        made.findings.append(Finding("compare-no-list", message, made.file or made.name))
    stated |= {name for item in items for name in item.fields}
    made.side = _side([] if stops(made.findings) else items, limits, stated, is_ledger=False)
    if rejected:
        message = f"{rejected:,} rows were rejected when the list was read, and are not compared"
        made.findings.append(Finding("compare-rejected", message, made.file or made.name, values={"rows": rejected}))
    return made


def _told(finding: Finding) -> Finding:
    """What is wrong with a list that can be read is a note here: the question is what differs."""
    return finding if finding.level is Severity.STOP else replace(finding, severity=Severity.INFO)


def _leave(made: ReadSide, file: str, sheet: ReadSheet) -> None:
    rows = sum(row.state is RowState.POSTED for row in sheet.rows)
    message = f"{rows:,} rows of {sheet.kind.value} are not compared"
    made.findings.append(Finding("compare-left-out", message, file, sheet.name))


def _item(row: ReadRow, read: NamedList, sheet: ReadSheet, as_of: date | None) -> Item:
    record = row.record
    assert record is not None
    fields = _fields({**record.attributes, "programme": record.programme})
    period = _period(record.kind, fields)
    amounts: dict[Measure, dict[str, int]] = {}
    for amount in record.amounts:
        if as_of is None or amount.value_date is None or amount.value_date <= as_of:
            measure = Measure(amount.stage, amount.basis, amount.currency, amount.price_basis, period)
            parts = amounts.setdefault(measure, {})
            parts[amount.country] = parts.get(amount.country, 0) + amount.minor
    place = Place(read.reading.file, sheet.name, row.number, read.batch)
    return Item(
        record.ref,
        "" if record.kind is Kind.ENVELOPES else read.reading.source,
        fields,
        amounts,
        (place,),
        row.digest,
        row.stated.get(TOTAL),
        record.parent,
        _apart(fields, amounts),
        record.kind.value,
    )


def _fields(said: Mapping[str, object]) -> dict[str, str]:
    """The fields that say something, as text."""
    found = {}
    for name, kept in FIELDS.items():
        value = said.get(kept)
        text = "" if value is None else str(value)
        if text and text not in UNSTATED:
            found[name] = text
    return found


def _period(kind: Kind, fields: Mapping[str, str]) -> str:
    """The years of an envelope, which no other years are added to."""
    if kind is not Kind.ENVELOPES or not fields.get("period_start"):
        return ""
    return f"{fields['period_start']}/{fields.get('period_end', '')}"


def _apart(fields: Mapping[str, str], amounts: Mapping[Measure, object]) -> frozenset[Measure]:
    """What is never added up: other vintages of an envelope, and what feeds others."""
    return frozenset(amounts) if fields.get("role", "node") != "node" else frozenset()


def _chosen_rows(read: NamedList, sheet: ReadSheet, asked: Asked) -> set[int] | None:
    """The rows that `where` lets through, by the text of their cells; None where nothing is asked."""
    if not asked.where:
        return None
    at: dict[int, Sequence[str]] = {}
    for name, values in asked.where.items():
        named = [c for c in sheet.columns if name.casefold() in (c.header.strip().casefold(), c.field)]
        if not named:
            headers = ", ".join(column.header for column in sheet.columns if column.header)
            raise UsageProblem(f"{read.reading.file} has no column {name!r}. It has: {headers}")
        at[named[0].index - 1] = [value.casefold() for value in values]
    book = open_workbook(read.path, encoding=asked.settings.get("encoding"))
    try:
        [rows] = [one.rows() for one in book.sheets if (one.name or "") == sheet.name]
        return {
            row.number
            for row in rows
            if all(
                (shown(row.values[i]) if i < len(row.values) else "").strip().casefold() in wanted
                for i, wanted in at.items()
            )
        }
    finally:
        book.close()


# --- ledgers ---------------------------------------------------------------------------------------------------------


def _listed(connection: Connection, kind: Kind, wanted: Filter) -> list[Item]:
    items = []
    for found in listed.listed(connection, kind, wanted):
        fields = _fields({**found.said, "programme": found.programme})
        amounts = {Measure(*key, _period(kind, fields)): parts for key, parts in found.amounts.items()}
        places = tuple(Place(*place) for place in found.places)
        apart = _apart(fields, amounts)
        items.append(
            Item(found.ref, found.source, fields, amounts, places, parent=found.parent, nested=apart, kind=kind.value)
        )
    return items


def _lets_through(item: Item, where: Where) -> bool:
    said = {**item.fields, "source": item.source, "project_ref": item.ref}
    for name, values in where.items():
        if name not in (*FIELDS, "source", "project_ref"):
            raise UsageProblem(f"a ledger has no field {name!r}; it has: source, project_ref, {', '.join(FIELDS)}")
        if said.get(name, "").casefold() not in [value.casefold() for value in values]:
            return False
    return True


def _side(items: list[Item], limits: Limits, stated: set[str], *, is_ledger: bool) -> Side:
    """The side under the limits that hold for both."""
    for item in items:
        for measure in [*item.amounts]:
            parts = item.amounts[measure]
            if limits.countries:
                parts = {code: minor for code, minor in parts.items() if code in limits.countries}
            if not parts or limits.stage not in (None, measure.stage) or limits.basis not in (None, measure.basis):
                del item.amounts[measure]
            else:
                item.amounts[measure] = parts
    if limits.funds:
        items = [item for item in items if item.fields.get("fund") in limits.funds]
    if limits.countries:
        items = [item for item in items if item.amounts or item.fields.get("country") in limits.countries]
    nest(items)
    return Side(items, frozenset(stated), is_ledger=is_ledger)
