"""The Markdown writer: a table that reads well as plain text too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from ledger.domain.money import Money, grouped, plain
from ledger.reporting import words
from ledger.reporting.figures import Summary
from ledger.reporting.files import replacing
from ledger.reporting.safe_text import markdown_text
from ledger.reporting.tables import Cell, Kind, Table, percent, settled, summary_table


def write_markdown(summary: Summary, path: Path) -> None:
    """Write the summary as a document: heading, notice, totals, rows, and what was asked."""
    text = document(summary)
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


def document(summary: Summary) -> str:
    """The whole text."""
    parts = [f"# {markdown_text(words.title(summary))}"]
    if summary.illustrative:
        parts.insert(0, f"**{words.NOTICE}**")
    if summary.totals:
        parts.append(
            "\n".join(
                f"- {words.group(row)}: **{_shown(row.amount)}** (projects: {grouped(str(row.projects))})"
                for row in summary.totals
            )
        )
    parts.append(table(summary_table(summary)) if summary.rows else "Nothing in the ledger answers to this question.")
    asked = [f"{label}: {markdown_text(value)}" for label, value in words.limits(summary)]
    parts.append("\n".join(f"- {line}" for line in [words.head(summary), *asked]))
    if summary.findings:
        parts.append("\n".join(f"- {markdown_text(str(finding))}" for finding in summary.findings))
    return "\n\n".join(parts) + "\n"


def table(content: Table) -> str:
    """A pipe table, columns padded so that the source lines up; numbers stand to the right."""
    right = [column.kind in (Kind.MONEY, Kind.COUNT, Kind.PERCENT) for column in content.columns]
    kinds = [column.kind for column in content.columns]
    cells = [
        [column.heading for column in content.columns],
        *([_shown(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in content.rows),
    ]
    widths = [max(3, *(len(row[i]) for row in cells)) for i in range(len(right))]
    rule = ["-" * (width - 1) + ":" if at_right else "-" * width for width, at_right in zip(widths, right, strict=True)]
    return "\n".join(_line(row, widths, right) for row in [cells[0], rule, *cells[1:]])


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        text.rjust(width) if at_right else text.ljust(width)
        for text, width, at_right in zip(row, widths, right, strict=True)
    ]
    return f"| {' | '.join(padded)} |"


def _shown(cell: Cell, kind: Kind = Kind.TEXT) -> str:
    cell = settled(cell)
    if cell is None:
        return "–"
    if isinstance(cell, Money):
        return grouped(plain(cell.minor, cell.currency))
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return f"{percent(cell)} %" if kind is Kind.PERCENT else format(cell, "f")
    return str(cell) if isinstance(cell, int) else markdown_text(cell)
