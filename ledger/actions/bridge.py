"""From one state of the ledger to another: opening, what each batch moved and why, currency effect, closing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from ledger.actions import scope
from ledger.domain.findings import Finding
from ledger.domain.money import Money
from ledger.reporting import words
from ledger.reporting.delimited import write_csv
from ledger.reporting.safe_text import cut_findings
from ledger.reporting.tables import Cell, Column, Kind, Table
from ledger.reporting.workbook import SheetPlan, new_book
from ledger.store import batches, bridges, rates, schema, totals
from ledger.store.bridges import STEADY_KEYS, Movement, Window
from ledger.store.database import Connection, Database
from ledger.store.totals import Filter

#: What the two ends of a bridge mean: when the ledger learnt of the money, or when it moved.
Clock = Literal["known", "value"]
FORMATS: Final = (".csv", ".xlsx")
#: Kinds of steps in their order; `currency` and `reclassified` belong to no batch.
CAUSES: Final = ("added", "corrected", "withdrawn", "reverted", "currency", "reclassified")


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch moved for one cause (bridges.Movement), or a currency effect, which has no batch.

    `reclassified` is a change without a transfer: an attribute that the question filters by was stated anew.
    """

    batch: int | None
    cause: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Span:
    """One bridge: opening plus steps is closing, to the minor unit."""

    keys: dict[str, Any]
    price_basis: str
    is_illustrative: bool
    opening: Money
    steps: tuple[Step, ...]
    closing: Money


@dataclass(slots=True)
class Bridge:
    """Bridges by the keys asked for, and one over all of each currency, price basis and kind of data."""

    by: list[str]
    stage: str
    basis: str
    clock: Clock
    start: str
    end: str
    spans: list[Span]
    totals: list[Span]
    files: dict[int, str]
    filters: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)


#: Row of a bridge: keys, currency, price basis, illustrative.
_Group = tuple[tuple[Any, ...], str, str, bool]


@dataclass(slots=True)
class _Sums:
    """The two ends and the movements between them, by row."""

    opening: dict[_Group, int] = field(default_factory=dict)
    closing: dict[_Group, int] = field(default_factory=dict)
    steps: dict[_Group, dict[tuple[int | None, str], int]] = field(default_factory=dict)

    def step(self, group: _Group, batch: int | None, cause: str, minor: int) -> None:
        """Add to one step of a row."""
        steps = self.steps.setdefault(group, {})
        steps[batch, cause] = steps.get((batch, cause), 0) + minor

    def close(self, cause: str) -> None:
        """Give each row the step that it lacks to its closing, for `cause`."""
        for group in self.groups():
            moved = sum(self.steps.get(group, {}).values())
            left = self.closing.get(group, 0) - self.opening.get(group, 0) - moved
            if left:
                self.step(group, None, cause, left)

    def groups(self) -> set[_Group]:
        """Every row that any part of the bridge speaks of."""
        return {*self.opening, *self.closing, *self.steps}


def bridge(
    database: Database,
    *,
    start: str | None,
    end: str | None,
    clock: Clock = "known",
    by: Sequence[str] = ("fund", "country"),
    stage: str = "committed",
    basis: str = "eu",
    funds: Sequence[str] = (),
    countries: Sequence[str] = (),
    currency: str | None = None,
    with_illustrative: bool = False,
) -> Bridge:
    """The way from the state at `start` (None: the beginning) to that at `end` (None: now).

    With the clock `known` both are batch numbers or date-times, with `value` days. `currency` "EUR" converts: the ends at
    the rates of their days, each movement at the rate of its own day, and what the rates made of it is the currency
    effect. Raises UsageProblem for what does not exist.
    """
    _check_keys(by, currency)
    schema.require_current(database)
    with database.read() as connection:
        wanted = scope.build(
            connection, stage=stage, basis=basis, funds=funds, countries=countries, with_illustrative=with_illustrative
        )
        ends = _known_ends(connection, start, end) if clock == "known" else _value_ends(start, end)
        found = _collect(connection, wanted, by, ends, daily=currency is not None and clock == "value")
        sums, findings = (_sums(found), []) if currency is None else _converted(connection, found, ends)
        files = {int(row["id"]): str(row["file"] or row["note"] or row["kind"]) for row in batches.listing(connection)}
    return Bridge(
        by=list(by),
        stage=stage,
        basis=basis,
        clock=clock,
        start=ends.start,
        end=ends.end,
        spans=_spans(sums, by),
        totals=_spans(_summed(sums), ()),
        files=files,
        filters={
            "funds": list(wanted.funds),
            "countries": list(wanted.countries),
            "currency": currency,
            "with_illustrative": with_illustrative,
        },
        findings=findings,
    )


def _check_keys(by: Sequence[str], currency: str | None) -> None:
    for name in by:
        if name not in STEADY_KEYS:
            raise scope.UsageProblem(f"a bridge is not taken by {name!r}; there are: {', '.join(STEADY_KEYS)}")
    if len(set(by)) < len(by):
        raise scope.UsageProblem(f"a key stands twice in {','.join(by)}")
    if currency not in (None, "EUR"):
        raise scope.UsageProblem(f"rates are kept against the euro: a bridge can be in EUR, not in {currency}")


@dataclass(frozen=True, slots=True)
class _Ends:
    """The two ends as filters, the window between them, their days (for rates) and how they are told."""

    opening: dict[str, Any]
    closing: dict[str, Any]
    window: Window
    days: tuple[date, date]
    recorded: Mapping[int, date]
    start: str
    end: str


def _known_ends(connection: Connection, start: str | None, end: str | None) -> _Ends:
    first = scope.batch_known_at(connection, start) or 0
    last = scope.batch_known_at(connection, end)
    last = batches.last(connection) if last is None else last
    if first > last:
        raise scope.UsageProblem(f"the bridge ends with batch {last}, before it starts with batch {first}")
    recorded = {int(row["id"]): date.fromisoformat(row["recorded_at"][:10]) for row in batches.listing(connection)}
    ends = (recorded.get(first) or min(recorded.values(), default=date.min), recorded.get(last, date.min))
    window = Window(first_batch=first, last_batch=last)
    return _Ends({"known_at": first}, {"known_at": last}, window, ends, recorded, f"batch {first}", f"batch {last}")


def _value_ends(start: str | None, end: str | None) -> _Ends:
    if start is None or end is None:
        raise scope.UsageProblem("a bridge by value date needs both --from and --to, each a day")
    try:
        first, last = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        raise scope.UsageProblem(
            f"by value date, --from and --to are days like 2024-12-31, not {start!r} and {end!r}"
        ) from None
    if first > last:
        raise scope.UsageProblem(f"the bridge ends on {last}, before it starts on {first}")
    window = Window(first_day=first, last_day=last)
    return _Ends({"as_of": first}, {"as_of": last}, window, (first, last), {}, str(first), str(last))


@dataclass(slots=True)
class _Found:
    """What the store says of a bridge: both ends by row, and the movements."""

    opening: dict[_Group, int]
    closing: dict[_Group, int]
    movements: list[tuple[_Group, Movement]]


def _collect(connection: Connection, wanted: Filter, by: Sequence[str], ends: _Ends, *, daily: bool) -> _Found:
    closing = replace(wanted, **ends.closing)
    moved = bridges.movements(connection, closing, by, ends.window, daily=daily)
    return _Found(
        _state(connection, replace(wanted, **ends.opening), by),
        _state(connection, closing, by),
        [((m.keys, m.currency, m.price_basis, m.is_illustrative), m) for m in moved],
    )


def _state(connection: Connection, wanted: Filter, by: Sequence[str]) -> dict[_Group, int]:
    return {
        (total.keys, total.currency, total.price_basis, total.is_illustrative): total.minor
        for total in totals.totals(connection, wanted, by)
    }


def _sums(found: _Found) -> _Sums:
    """The rows in the currencies that they are booked in."""
    sums = _Sums(dict(found.opening), dict(found.closing))
    for group, moved in found.movements:
        sums.step(group, moved.batch, moved.cause, moved.minor)
    sums.close("reclassified")
    return sums


def _converted(connection: Connection, found: _Found, ends: _Ends) -> tuple[_Sums, list[Finding]]:
    """The rows in euro; a currency without a rate of every day that is needed stays as it is, and is told."""
    plain, sums = _sums(found), _Sums()
    convert = _Converter(connection)
    currencies = sorted({group[1] for group in plain.groups()})
    needed = {code: set(ends.days) for code in currencies}
    for group, moved in found.movements:
        needed[group[1]].add(_day(moved, ends))
    missing = {code: convert.missing(code, days) for code, days in needed.items()}
    for group in plain.groups():
        keys, code, price_basis, is_illustrative = group
        if missing[code]:
            _keep(plain, sums, group)
            continue
        into: _Group = (keys, "EUR", price_basis, is_illustrative)
        for minor, ends_of, day in (
            (plain.opening.get(group, 0), sums.opening, ends.days[0]),
            (plain.closing.get(group, 0), sums.closing, ends.days[1]),
        ):
            ends_of[into] = ends_of.get(into, 0) + convert(minor, code, day)
        restated = plain.steps.get(group, {}).get((None, "reclassified"), 0)
        if restated:
            sums.step(into, None, "reclassified", convert(restated, code, ends.days[1]))
    for group, moved in found.movements:
        keys, code, price_basis, is_illustrative = group
        if not missing[code]:
            minor = convert(moved.minor, code, _day(moved, ends))
            sums.step((keys, "EUR", price_basis, is_illustrative), moved.batch, moved.cause, minor)
    sums.close("currency")
    return sums, [
        Finding("unconverted", f"{code} stays apart: no rate of {', '.join(map(str, days))} is on record")
        for code, days in missing.items()
        if days
    ]


def _keep(plain: _Sums, sums: _Sums, group: _Group) -> None:
    """Take a row over as it is."""
    for name in ("opening", "closing", "steps"):
        if group in (there := getattr(plain, name)):
            getattr(sums, name)[group] = there[group]


def _day(moved: Movement, ends: _Ends) -> date:
    """The day of a movement: its value date where the clock is that, else the day on which its batch was recorded."""
    return moved.day or ends.recorded[moved.batch]


class _Converter:
    """Amounts into euro cents at the rate of a day."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def missing(self, code: str, days: Iterable[date]) -> list[date]:
        """The days without a rate, in their order."""
        return [day for day in sorted(days) if rates.convert(self._connection, 0, code, day) is None]

    def __call__(self, minor: int, code: str, day: date) -> int:
        """The amount in euro; the rate must be there."""
        done = rates.convert(self._connection, minor, code, day)
        assert done is not None
        return done.minor


def _summed(sums: _Sums) -> _Sums:
    """All rows of one currency, price basis and kind of data together."""
    whole = _Sums()
    for group in sums.groups():
        into: _Group = ((), *group[1:])
        whole.opening[into] = whole.opening.get(into, 0) + sums.opening.get(group, 0)
        whole.closing[into] = whole.closing.get(into, 0) + sums.closing.get(group, 0)
        for (batch, cause), minor in sums.steps.get(group, {}).items():
            whole.step(into, batch, cause, minor)
    return whole


def _spans(sums: _Sums, by: Sequence[str]) -> list[Span]:
    found = []
    for group in sorted(sums.groups(), key=lambda g: (g[3], g[1] != "EUR", g[1], g[2], tuple(map(str, g[0])))):
        keys, currency, price_basis, is_illustrative = group
        opening, closing = sums.opening.get(group, 0), sums.closing.get(group, 0)
        steps = [
            Step(batch, cause, Money(minor, currency))
            for (batch, cause), minor in sorted(
                sums.steps.get(group, {}).items(),
                key=lambda item: (item[0][0] is None, item[0][0] or 0, CAUSES.index(item[0][1])),
            )
            if minor
        ]
        assert opening + sum(step.amount.minor for step in steps) == closing
        if opening or closing or steps:
            money = (Money(opening, currency), tuple(steps), Money(closing, currency))
            found.append(Span(dict(zip(by, keys, strict=True)), price_basis, is_illustrative, *money))
    return found


def write(done: Bridge, path: Path) -> None:
    """Write the bridge to .csv or .xlsx, a line for each step; what was cut is told in `done`.

    Raises UsageProblem for another ending.
    """
    if path.suffix.lower() not in FORMATS:
        raise scope.UsageProblem(f"{path.name}: the ending must be one of {' '.join(FORMATS)}")
    table = _table(done)
    if path.suffix.lower() == ".csv":
        write_csv(table, path)
        return
    title = f"Bridge from {done.start} to {done.end}"
    with new_book(path, title=title, recorded_at=None) as book:
        book.add("Bridge")
        book.fill(SheetPlan("Bridge", title, table, lines=[subject(done)], frozen=len(done.by)))
        done.findings += cut_findings(path.name, book.cut)


def subject(done: Bridge) -> str:
    """What is bridged, in words."""
    clock = "by when it was known" if done.clock == "known" else "by value date"
    return f"{words.STAGES[done.stage].capitalize()}, {words.BASES[done.basis]}, {clock}."


def lines(done: Bridge) -> list[tuple[Span, str, int | None, Money]]:
    """Every line of the bridges in order: (bridge, `opening`, a cause or `closing`, batch, amount); totals last."""
    found: list[tuple[Span, str, int | None, Money]] = []
    for span in [*done.spans, *(done.totals if done.by else [])]:
        found.append((span, "opening", None, span.opening))
        found += [(span, step.cause, step.batch, step.amount) for step in span.steps]
        found.append((span, "closing", None, span.closing))
    return found


def _table(done: Bridge) -> Table:
    columns = [
        *(Column(name, words.HEADINGS[name], width=16) for name in done.by),
        Column("step", "Step", width=14),
        Column("batch", "Batch", Kind.NUMBER, 8),
        Column("what", "File", width=34),
        Column("amount", "Amount", Kind.MONEY, 20),
        Column("currency", "Currency", width=10),
        Column("price_basis", "Prices", width=12),
        Column("data", "Data", width=12),
    ]
    rows: list[list[Cell]] = []
    for span, step, batch, amount in lines(done):
        rows.append(
            [
                *(str(span.keys.get(name, "all")) for name in done.by),
                step,
                batch,
                "" if batch is None else done.files[batch],
                amount,
                amount.currency,
                words.prices(span.price_basis),
                words.data(span.is_illustrative),
            ]
        )
    return Table(columns, rows)
