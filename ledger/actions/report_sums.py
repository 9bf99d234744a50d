"""Sheets of sums: rows by keys, a column for each measure, and the lines of the journal behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from ledger.actions.report_asked import NAMED, Asked
from ledger.domain.allocation import round_together
from ledger.domain.money import Money
from ledger.reporting.declaration import Measure, Sheet
from ledger.reporting.figures import CURRENT, HOME_CURRENCY
from ledger.reporting.model import ChartPlan, DetailLine, Field, FigureSheet, Group, Made, Total
from ledger.reporting.tables import Cell, Kind
from ledger.store import reports, totals
from ledger.store.reports import Line

#: Funds are few and their names long: those stand on the sheet About.
_NAMED_BESIDE = ("country", "theme")
#: A row of sums: the values of its keys as the store has them, and what is never added.
RowKey = tuple[tuple[Any, ...], Group]


def sums_sheet(asked: Asked, sheet: Sheet) -> tuple[FigureSheet, dict[RowKey, int]]:
    """The sheet, and the number of each of its rows by the keys of the lines behind it."""
    measures = asked.measures(sheet)
    amounts: dict[RowKey, dict[str, int]] = {}
    for measure in measures:
        for key, minor in sums(asked, measure, sheet.by).items():
            amounts.setdefault(key, {})[measure.name] = minor
    counts = _projects(asked, sheet.by) if sheet.with_projects else {}
    order = sorted(amounts, key=lambda key: _order(key, sheet, amounts[key], measures))
    fields = _fields(asked, sheet, measures, order)
    rows = [_row(asked, sheet, key, amounts[key], counts.get(key, 0)) for key in order]
    made = FigureSheet(
        sheet.name,
        asked.words.of(sheet.tab),
        asked.words.of(sheet.title),
        "sums",
        fields,
        rows,
        _totals(amounts, _projects(asked, ()) if sheet.with_projects else {}),
        [asked.words.of(note) for note in sheet.notes],
        charts=[
            ChartPlan(chart.kind, asked.words.of(chart.title), _category(sheet.by), chart.measures, chart.rows)
            for chart in sheet.charts
        ],
        plain=sheet.plain,
    )
    return made, {key: number for number, key in enumerate(order, start=1)}


def sums(asked: Asked, measure: Measure, by: Sequence[str]) -> dict[RowKey, int]:
    """The sums of a measure by the keys of a sheet, as the ledger keeps them.

    The part of an earmark is rounded once for each row of the finest keys of the report, so that every sheet shows the
    same cents.
    """
    finest = finest_keys(asked) if measure.earmark or asked.base.earmark else list(by)
    places = [finest.index(name) for name in by]
    found: dict[RowKey, int] = {}
    for total in totals.totals(asked.connection, asked.counted(measure, asked.base), finest):
        key = tuple(total.keys[place] for place in places), (total.currency, total.price_basis, total.is_illustrative)
        found[key] = found.get(key, 0) + total.minor
    return {key: minor for key, minor in found.items() if minor}


def finest_keys(asked: Asked) -> list[str]:
    """The keys of all sheets of sums together, those of the first sheet first: the lines come in their order."""
    return list(dict.fromkeys(name for sheet in asked.declaration.sheets if sheet.kind == "sums" for name in sheet.by))


def detail_lines(asked: Asked, numbers: Sequence[tuple[Sheet, dict[RowKey, int]]]) -> Iterator[DetailLine]:
    """The lines behind the sheets of sums, measure after measure, row after row of the first sheet."""
    finest = finest_keys(asked)
    places = [[finest.index(name) for name in sheet.by] for sheet, _ in numbers]
    shown = {name for sheet, _ in numbers for name in sheet.measures}
    for measure in asked.declaration.measures:
        if measure.name not in shown:
            continue
        for line, minor in counted_lines(asked, measure, finest):
            found = tuple(
                rows.get((tuple(line.keys[place] for place in at), line.group))
                if measure.name in sheet.measures
                else None
                for (sheet, rows), at in zip(numbers, places, strict=True)
            )
            yield DetailLine(measure.name, line, minor, found)


def counted_lines(asked: Asked, measure: Measure, by: Sequence[str]) -> Iterator[tuple[Line, int]]:
    """The lines behind the rows of a measure, each with what it counts: its whole, or its part of an earmark's sum."""
    wanted = asked.counted(measure, asked.pinned)
    found = reports.lines(asked.connection, wanted, by)
    if wanted.earmark is None:
        yield from ((line, line.minor) for line in found)
        return
    for _, together in groupby(found, key=lambda line: (line.group, line.keys)):
        row = list(together)
        yield from zip(row, round_together([line.minor * line.share_ppb for line in row], totals.WHOLE), strict=True)


def _projects(asked: Asked, by: Sequence[str]) -> dict[RowKey, int]:
    """How many projects hold money of any stage and basis; contracts count with their decision."""
    wanted = replace(asked.base, stage=None, bases=(), earmark=None)
    return {
        (total.keys, (total.currency, total.price_basis, total.is_illustrative)): total.projects
        for total in totals.totals(asked.connection, wanted, by)
    }


def _fields(asked: Asked, sheet: Sheet, measures: Sequence[Measure], order: Sequence[RowKey]) -> list[Field]:
    fields: list[Field] = []
    for place, name in enumerate(sheet.by):
        heading = asked.heading(sheet, name, asked.words(f"key.{name}"))
        longest = max((len(str(keys[place])) for keys, _ in order), default=0)
        width = min(max(longest, len(heading)) + 3, 50)
        fields.append(Field(name, heading, Kind.NUMBER if name == "year" else Kind.TEXT, width, key=name))
        if name in _NAMED_BESIDE:
            longest = max((len(asked.names[name].get(keys[place], "")) for keys, _ in order), default=0)
            fields.append(Field(f"{name}_name", asked.words(f"name.{name}"), width=min(max(longest, 14), 48) + 3))
    fields += [asked.money(sheet, measure) for measure in measures]
    for ratio in sheet.ratios:
        fields.append(
            Field(ratio.name, asked.words.of(ratio.title), Kind.PERCENT, 13, made=Made.RATIO, of=(ratio.of, ratio.to))
        )
    fields += asked.marks()
    if sheet.with_projects:
        fields.append(Field("projects", asked.words("ui.projects"), Kind.COUNT, 10))
    return fields


def _row(asked: Asked, sheet: Sheet, key: RowKey, amounts: dict[str, int], projects: int) -> list[Cell]:
    values, (currency, price_basis, is_illustrative) = key
    cells: list[Cell] = []
    for name, value in zip(sheet.by, values, strict=True):
        cells.append((int(value) or asked.words("mark.undated")) if name == "year" else value)
        if name in _NAMED_BESIDE:
            cells.append(asked.names[name].get(value, ""))
    cells += [Money(amounts.get(measure.name, 0), currency) for measure in asked.measures(sheet)]
    cells += [None] * len(sheet.ratios)
    cells += [currency, asked.words.prices(price_basis), asked.words.data(is_illustrative)]
    return [*cells, projects] if sheet.with_projects else cells


def _totals(amounts: dict[RowKey, dict[str, int]], counts: dict[RowKey, int]) -> list[Total]:
    groups: dict[Group, dict[str, int]] = {}
    for (_, group), row in amounts.items():
        together = groups.setdefault(group, {})
        for name, minor in row.items():
            together[name] = together.get(name, 0) + minor
    return [Total(group, groups[group], {}, counts.get(((), group))) for group in sorted(groups, key=group_order)]


def group_order(group: Group) -> tuple[Any, ...]:
    """Recorded before illustrative, the euro before other currencies, current prices before others."""
    currency, price_basis, is_illustrative = group
    return is_illustrative, currency != HOME_CURRENCY, currency, price_basis != CURRENT, price_basis


def _order(key: RowKey, sheet: Sheet, amounts: dict[str, int], measures: Sequence[Measure]) -> tuple[Any, ...]:
    values, group = key
    by_key = tuple(
        (value is None or (name == "year" and not int(value)), int(value or 0) if name == "year" else 0, str(value))
        for name, value in zip(sheet.by, values, strict=True)
    )
    by_amount = tuple(-amounts.get(measure.name, 0) for measure in measures) if sheet.order == "amount" else ()
    return (*group_order(group), by_amount, by_key)


def _category(by: Sequence[str]) -> str:
    """The column that names the bars: the name of the last key where it has one."""
    if not by:
        return "currency"
    return f"{by[-1]}_name" if by[-1] in _NAMED_BESIDE else by[-1]


assert set(_NAMED_BESIDE) <= set(NAMED)
