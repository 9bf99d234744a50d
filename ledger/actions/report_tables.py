"""Sheets with columns of their own: published figures against the ledger, what is still to be used, and Annex VII."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ledger.actions.reconcile import reconcile
from ledger.actions.report_asked import Asked
from ledger.actions.report_sums import RowKey, group_order, sums
from ledger.actions.scope import UsageProblem
from ledger.domain.findings import Finding
from ledger.domain.intervals import Verdict
from ledger.domain.money import Money
from ledger.reconcile.quantities import Quantity
from ledger.reconcile.verdicts import FigureResult
from ledger.reporting.declaration import Sheet
from ledger.reporting.model import Field, FigureSheet, Group, Made, Total
from ledger.reporting.tables import Cell, Kind
from ledger.store import objectives, totals
from ledger.store.portfolio import Wanted

#: The headings of Annex VII's table for the home affairs funds; the profile cpr-annex-vii-home reads them again.
_ANNEX_VII: Final = (
    ("specific_objective", "Specific objective", Kind.TEXT, 16),
    ("eu_rate", "Co-financing rate (Annex VI)", Kind.NUMBER, 16),
    ("intervention_1", "Type of intervention table 1", Kind.TEXT, 16),
    ("intervention_2", "Type of intervention table 2", Kind.TEXT, 16),
    ("intervention_3", "Type of intervention table 3", Kind.TEXT, 16),
    ("intervention_4", "Type of intervention table 4", Kind.TEXT, 16),
    ("allocation", "Total financial allocation (EUR) from the Fund and national contribution", Kind.TEXT, 24),
)
_ANNEX_VII_MONEY: Final = (
    "Total eligible cost of selected operations (EUR)",
    "Contribution from the funds to selected operations (EUR)",
    "Total eligible expenditure declared by beneficiaries (EUR)",
)


def figures_sheet(asked: Asked, sheet: Sheet) -> FigureSheet:
    """Every published figure with what the ledger has against it, and its verdict."""
    words, base = asked.words, asked.base
    done = reconcile(
        asked.database,
        with_illustrative=base.with_illustrative,
        as_of=base.as_of,
        known_at=asked.pinned.known_at,
        fund=base.funds,
        country=base.countries,
    )
    said = words.group("figure")
    fields = [
        Field("figure", said["figure"], width=12, key="figure"),
        Field("quote", said["quote"], Kind.PROSE, 48),
        Field("verdict", said["verdict"], width=16),
        Field("stated", said["stated"], Kind.MONEY, 21, asks={"figure": "stated"}),
        Field("low", said["low"], Kind.MONEY, 21),
        Field("high", said["high"], Kind.MONEY, 21),
        Field("ledger", said["ledger"], Kind.MONEY, 21, asks={"figure": "ledger"}),
        Field("difference", said["difference"], Kind.MONEY, 21, made=Made.DIFFERENCE, of=("ledger", "stated")),
        Field("stated_number", said["stated_number"], Kind.NUMBER, 14),
        Field("ledger_number", said["ledger_number"], Kind.NUMBER, 14),
        Field("unit", said["unit"], width=14),
        Field("rule", said["rule"], width=14),
        Field("coverage", said["coverage"], Kind.PROSE, 40),
        Field("reason", said["reason"], Kind.PROSE, 60),
        Field("source", said["source"], Kind.PROSE, 40),
        Field("page", said["page"], width=8),
    ]
    rows = [_figure_row(result) for result in done.results]
    counts = Counter(result.verdict for result in done.results)
    findings = [finding for finding in done.findings if finding.code != "illustrative-data"]
    if undecided := counts[Verdict.UNDECIDABLE]:
        findings.append(Finding("figures-undecidable", f"{undecided} of {len(done.results)} figures are undecidable"))
    made = FigureSheet(
        sheet.name,
        words.of(sheet.tab),
        words.of(sheet.title),
        "figures",
        fields,
        rows,
        plain=sheet.plain,
        findings=findings,
    )
    made.is_illustrative = any(result.illustrative for result in done.results)
    made.notes = [words.of(note) for note in sheet.notes]
    made.notes.append("; ".join(f"{verdict}: {count}" for verdict, count in sorted(counts.items())))
    return made


def _figure_row(result: FigureResult) -> list[Cell]:
    return [
        result.figure,
        result.quote,
        str(result.verdict),
        _money(result.stated),
        _money(result.low),
        _money(result.high),
        _money(result.ledger),
        _money(result.difference),
        _number(result.stated),
        _number(result.ledger),
        result.unit,
        result.rule,
        result.coverage.text,
        result.reason,
        result.source,
        result.page,
    ]


def _money(value: Quantity | None) -> Money | None:
    return value if isinstance(value, Money) else None


def _number(value: Quantity | None) -> int | Decimal | None:
    if value is None or isinstance(value, Money):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return int(number) if number == number.to_integral_value() else number


def outlook_sheet(asked: Asked, sheet: Sheet) -> FigureSheet:
    """What was committed each year, and what of it is still to be used if the oldest commitments are used first."""
    committed, used = asked.measures(sheet)
    words, by = asked.words, list(sheet.by)
    yearly = sums(asked, committed, [*by, "year"])
    spent = sums(asked, used, by)
    asks = asked.asks(committed)
    fields = [Field(name, words(f"key.{name}"), width=14, key=name) for name in by]
    fields += [
        Field("year", words("key.year"), Kind.NUMBER, 9, key="year"),
        replace(asked.money(sheet, committed), name="committed"),
        Field("to_date", words("outlook.to_date"), Kind.MONEY, 21, asks={**asks, "years": "up to"}),
        Field("used", words("outlook.used"), Kind.MONEY, 21, asks={**asked.asks(used), "years": "all"}),
        Field("unused", words("outlook.unused"), Kind.MONEY, 21, made=Made.UNUSED, of=("committed", "to_date", "used")),
        Field("deadline", words("outlook.deadline"), Kind.DAY, 12),
        Field("due", words("outlook.is_due"), width=11),
        *asked.marks(),
    ]
    rows: list[list[Cell]] = []
    running: dict[RowKey, int] = {}
    for key in sorted(yearly, key=lambda each: (group_order(each[1]), tuple(map(str, each[0][:-1])), int(each[0][-1]))):
        (*values, year), group = key
        holder = tuple(values), group
        running[holder] = running.get(holder, 0) + yearly[key]
        rows.append(_outlook_row(asked, sheet, key, int(year), (yearly[key], running[holder], spent.get(holder, 0))))
    made = FigureSheet(
        sheet.name, words.of(sheet.tab), words.of(sheet.title), "outlook", fields, rows, plain=sheet.plain
    )
    made.notes = [words.of(note) for note in sheet.notes]
    made.is_illustrative = any(group[2] for _, group in yearly)
    return made


def _outlook_row(asked: Asked, sheet: Sheet, key: RowKey, year: int, minors: tuple[int, int, int]) -> list[Cell]:
    values, (currency, price_basis, is_illustrative) = key
    committed, to_date, used = minors
    unused = max(0, min(committed, to_date - used))
    deadline = sheet.deadlines.get(year)
    as_of = asked.base.as_of
    return [
        *values[:-1],
        year or asked.words("mark.undated"),
        *(Money(minor, currency) for minor in (committed, to_date, used, unused)),
        deadline,
        asked.words("outlook.due") if deadline and as_of and deadline < as_of and unused else None,
        currency,
        asked.words.prices(price_basis),
        asked.words.data(is_illustrative),
    ]


def annex_vii_sheet(asked: Asked, sheet: Sheet) -> FigureSheet:
    """The 13 columns of Annex VII for one programme; what the ledger does not record stays empty.

    The allocation by specific objective (column 7) is not recorded, so neither it nor the proportions of it are there.
    """
    if asked.base.currency is None:
        raise UsageProblem(f"the sheet {sheet.name} needs filters.currency: its columns are in one currency")
    measures = asked.measures(sheet)
    wanted = [Wanted(each.stage, None if each.basis == "total" else each.basis) for each in measures]
    found = objectives.by_objective(asked.connection, asked.base, wanted)
    cost, contribution, declared = (
        replace(asked.money(sheet, measure), heading=heading)
        for measure, heading in zip(measures, _ANNEX_VII_MONEY, strict=True)
    )
    fields = [
        Field(name, heading, kind, width, key=name if name == "specific_objective" or "intervention" in name else "")
        for name, heading, kind, width in _ANNEX_VII
    ]
    fields += [
        cost,
        contribution,
        Field("covered", "Proportion covered by selected operations (%)", width=16),
        declared,
        Field("declared_share", "Proportion (%)", width=14),
        Field("operations", "Number of selected operations", Kind.COUNT, 14),
    ]
    currency = asked.base.currency
    rows: list[list[Cell]] = []
    for row in found:
        types = [part.strip() for part in row.intervention_type.split("/")] if row.intervention_type else []
        four: list[Cell] = [*types[:4], *[""] * (4 - len(types))]
        money = [Money(minor, currency) for minor in row.sums]
        rows.append(
            [
                row.specific_objective,
                _rate(row.rate),
                *four,
                None,
                money[0],
                money[1],
                None,
                money[2],
                None,
                row.operations,
            ]
        )
    return FigureSheet(
        sheet.name,
        asked.words.of(sheet.tab),
        asked.words.of(sheet.title),
        "annex-vii",
        fields,
        rows,
        _annex_totals(asked, sheet, found),
        plain=True,
        rows_are_checked=False,
    )


def _annex_totals(asked: Asked, sheet: Sheet, found: Sequence[objectives.ObjectiveRow]) -> list[Total]:
    group: Group = (asked.base.currency or "", "current", False)
    kept: dict[str, int] = {}
    summed: dict[str, int] = {}
    for place, measure in enumerate(asked.measures(sheet)):
        wanted = asked.counted(measure, asked.base)
        kept[measure.name] = sum(
            total.minor for total in totals.totals(asked.connection, wanted, ("unit",)) if total.keys[-1] is not None
        )
        summed[measure.name] = sum(row.sums[place] for row in found)
    return [Total(group, kept, summed)]


def _rate(rate: str | None) -> Any:
    try:
        return None if rate is None else Decimal(rate)
    except InvalidOperation:
        return rate
