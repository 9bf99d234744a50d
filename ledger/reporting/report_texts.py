"""A report as text: csv files, Markdown, JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from ledger.domain.money import Money, display
from ledger.reporting import markdown
from ledger.reporting.delimited import write_csv
from ledger.reporting.exact_json import plain
from ledger.reporting.files import replacing
from ledger.reporting.model import FigureSheet, Made, ReportModel
from ledger.reporting.report_book import ratio, total_label
from ledger.reporting.safe_text import markdown_text
from ledger.reporting.tables import Table, settled


def with_ratios(sheet: FigureSheet) -> FigureSheet:
    """The sheet with its ratios filled in, as formats without formulas need them."""
    made = [(place, each) for place, each in enumerate(sheet.fields) if each.made is Made.RATIO]
    if not made:
        return sheet
    at = {each.name: place for place, each in enumerate(sheet.fields)}

    def filled(row: Any) -> list[Any]:
        cells = list(row)
        for place, each in made:
            of, to = (cells[at[name]] for name in each.of)
            if isinstance(of, Money) and isinstance(to, Money):
                share = ratio(of, to)
                cells[place] = share if isinstance(share, Decimal) else None
        return cells

    return replace(sheet, rows=[filled(row) for row in sheet.rows])


def write_csv_files(model: ReportModel, path: Path) -> list[Path]:
    """The first sheet to `path`, each other one beside it as NAME-SHEET.csv; returns all of them."""
    files = []
    for place, sheet in enumerate(model.sheets):
        file = path.with_stem(f"{path.stem}-{sheet.name}") if place else path
        # A plain sheet is to be published or sent: its headings are prescribed.
        write_csv(with_ratios(sheet).table(), file, for_people=sheet.plain)
        files.append(file)
    return files


def write_markdown(model: ReportModel, path: Path) -> None:
    """The report as a document: heading, notice, each sheet with its totals, and what was asked."""
    parts = [f"**{model.notice}**"] if model.notice else []
    parts.append(f"# {markdown_text(model.title)}")
    parts += [markdown_text(said) for what, said in model.about if not what]
    for sheet in map(with_ratios, model.sheets):
        parts.append(f"## {markdown_text(sheet.title or sheet.tab)}")
        parts += [markdown_text(note) for note in sheet.notes]
        sums = [
            f"- {total_label(model.words, total.group)}, {each.heading}: "
            f"**{display(total.ledger.get(each.name, 0), total.group[0])}**"
            for total in sheet.totals
            for each in sheet.figures
        ]
        parts.append("\n".join(sums))
        parts.append(markdown.table(Table([each.column() for each in sheet.fields], list(sheet.rows))))
    parts.append("\n".join(f"- {markdown_text(what)}: {markdown_text(said)}" for what, said in model.about if what))
    with replacing(path) as draft:
        draft.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8", newline="\n")


def as_json(model: ReportModel) -> dict[str, Any]:
    """The report with the keys of docs/reference/json.md."""
    head = model.head
    return {
        "report": model.declaration.name,
        "title": model.title,
        "lang": model.words.lang,
        "sheets": [_sheet(with_ratios(sheet)) for sheet in model.sheets],
        "ledger_head": head,
        "filters": model.filters,
        "illustrative": model.is_illustrative,
        "about": [{"what": what, "says": said} for what, said in model.about if what],
    }


def _sheet(sheet: FigureSheet) -> dict[str, Any]:
    return {
        "sheet": sheet.name,
        "title": sheet.title or sheet.tab,
        "columns": [
            {"name": each.name, "heading": each.heading, "kind": str(each.kind.value), "asks": each.asks}
            for each in sheet.fields
        ],
        "rows": [
            {each.name: settled(cell) for each, cell in zip(sheet.fields, row, strict=True)} for row in sheet.rows
        ],
        "totals": [
            {
                **{each.name: Money(total.ledger.get(each.name, 0), total.group[0]) for each in sheet.figures},
                "price_basis": total.group[1],
                "illustrative": total.group[2],
                "projects": total.projects,
            }
            for total in sheet.totals
        ],
    }


def write_json(model: ReportModel, path: Path) -> None:
    """The results of `report run` as a document of their own, with the notice's fact among them."""
    document = {"schema": "euledger/report-run/1", "results": plain(as_json(model)), "findings": plain(model.findings)}
    with replacing(path) as draft:
        draft.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
