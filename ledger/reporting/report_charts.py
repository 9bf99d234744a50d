"""Native charts of a report's workbook, on a sheet of their own: they draw the cells, and change with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ledger.domain.money import Money
from ledger.reporting.model import ChartPlan, FigureSheet, ReportModel
from ledger.reporting.report_origin import Region
from ledger.reporting.workbook import Book

#: Paul Tol's "bright" without its red and green beside each other: told apart with any colour sight and in grey.
_COLOURS: Final = ("#1F3864", "#EE7733", "#009988", "#CC3311", "#33BBEE", "#BBBBBB")
_KINDS: Final = {
    "bar": {"type": "bar"},
    "column": {"type": "column"},
    "stacked-bar": {"type": "bar", "subtype": "stacked"},
    "stacked-column": {"type": "column", "subtype": "stacked"},
}
_WIDTH, _ROW = 960, 20


def add_charts(book: Book, model: ReportModel, regions: Mapping[str, Region]) -> None:
    """The charts below each other, each over the first rows of its sheet that are recorded and of one currency."""
    at = 1 if model.notice else 0
    sheet = book.bare(model.words("tab.charts"), model.notice)
    for figures in model.sheets:
        for plan in figures.charts:
            count = min(plan.rows, _first_group(figures))
            if not count:
                continue
            region = regions[figures.tab]
            drawn = replace(region, last=region.first + count - 1)
            height = max(320, 90 + 24 * count * (1 if "stacked" in plan.kind else len(plan.series)))
            if "column" in plan.kind:
                height = 420
            chart = _chart(book, model, figures, plan, drawn)
            chart.set_size({"width": _WIDTH, "height": min(height, 1400)})
            sheet.insert_chart(at, 0, chart, {"x_offset": 8, "y_offset": 8, "description": plan.title})
            at += min(height, 1400) // _ROW + 2


def _first_group(sheet: FigureSheet) -> int:
    """How many of the first rows may stand in one chart: those of the first row's currency, prices and kind of data."""
    places = [place for place, each in enumerate(sheet.fields) if each.key in ("currency", "price_basis", "data")]
    marks = [tuple(row[place] for place in places) for row in sheet.rows]
    return next((count for count, mark in enumerate(marks) if mark != marks[0]), len(marks))


def _chart(book: Book, model: ReportModel, figures: FigureSheet, plan: ChartPlan, region: Region) -> Any:
    """A chart over the rows of `region`."""
    chart = book.workbook.add_chart(dict(_KINDS[plan.kind]))
    last = region.last
    # The number of the row stands before the fields.
    places = {each.name: place + 1 for place, each in enumerate(figures.fields)}
    tab = f"'{figures.tab}'"
    at = places[plan.category]
    letter = book.letter(at)
    for number, name in enumerate(plan.series):
        values = book.letter(places[name])
        chart.add_series(
            {
                "name": f"={tab}!${values}${region.header}",
                "categories": f"={tab}!${letter}${region.first}:${letter}${last}",
                "values": f"={tab}!${values}${region.first}:${values}${last}",
                "fill": {"color": _COLOURS[number % len(_COLOURS)]},
                "border": {"color": "#FFFFFF", "width": 0.5},
                "gap": 60,
            }
        )
    chart.set_title({"name": plan.title, "overlay": False, "name_font": {"size": 13, "color": "#1F3864"}})
    currency = next((cell.currency for row in figures.rows for cell in row if isinstance(cell, Money)), "EUR")
    amounts = {
        "name": model.words("ui.million", currency),
        "num_format": "#,##0,,",
        "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9", "width": 0.5}},
        "name_font": {"bold": False},
    }
    names = {"reverse": True, "crossing": "max", "num_font": {"size": 9}} if "bar" in plan.kind else {}
    # XlsxWriter's x is the axis below, whatever stands there: the amounts of bars, the names of columns.
    across, upright = (amounts, names) if "bar" in plan.kind else (names, amounts)
    chart.set_x_axis(across)
    chart.set_y_axis(upright)
    chart.set_legend({"position": "bottom"} if len(plan.series) > 1 else {"none": True})
    return chart
