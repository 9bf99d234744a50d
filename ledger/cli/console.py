"""Text for people: data on stdout, talk and progress on stderr, nothing wider than the terminal.

rich is imported only where a table or a bar is really drawn.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import click

from ledger.domain.findings import Finding, Severity
from ledger.domain.money import Money, display, grouped
from ledger.reporting.safe_text import terminal_text

#: Findings and tree lines shown in text before "… and N more".
SHOWN_AT_MOST: Final = 20
WIDTH_WITHOUT_TERMINAL: Final = 100
#: Rows from which a table that fits is set without rich, which takes half a millisecond a row (10 000 rows: 5 s).
QUICK_FROM: Final = 500
#: What stands where the ledger holds nothing.
NOTHING: Final = "–"

Progress = Callable[[str, int], None]

_HEADINGS: Final = {
    Severity.STOP: ("Stopped", "red"),
    Severity.ERROR: ("Errors", "red"),
    Severity.WARNING: ("Warnings", "yellow"),
    Severity.INFO: ("Notes", "blue"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand to the right."""

    title: str
    is_number: bool = False


@dataclass(slots=True)
class Console:
    """How much is said: `quiet` leaves out talk and notes, `verbose` shows every line.

    No text of a file reaches the terminal without `terminal_text`, so none can move the cursor or change a colour.
    """

    quiet: bool = False
    verbose: bool = False

    def say(self, text: str = "") -> None:
        """Data, on stdout."""
        click.echo(terminal_text(text))

    def talk(self, text: str) -> None:
        """What is being done and what to do next, on stderr; nothing when quiet."""
        if not self.quiet:
            click.echo(terminal_text(text), err=True)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
        """A table on stdout. Cells are wrapped, never cut: no digit of an amount may go missing."""
        shown_rows = [[terminal_text(shown(cell)) for cell in row] for row in rows]
        if len(shown_rows) > QUICK_FROM and (lines := _quick_table(columns, shown_rows, width(sys.stdout))):
            click.echo("\n".join(lines))
            return
        from rich import box
        from rich.console import Console as RichConsole
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
        for column in columns:
            justify = "right" if column.is_number else "left"
            table.add_column(column.title, justify=justify, overflow="fold")  # type: ignore[arg-type] # Literal
        for texts in shown_rows:
            table.add_row(*map(Text, texts))
        if table.row_count:
            RichConsole(file=sys.stdout, width=width(sys.stdout), highlight=False).print(table)

    def record(self, fields: Mapping[str, object]) -> None:
        """One thing, a line a field, on stdout; empty fields are left out."""
        kept = {name: shown(value) for name, value in fields.items() if value not in (None, "", [], {})}
        indent = max(map(len, kept), default=0) + 2
        for name, text in kept.items():
            lines = _wrapped(text, width(sys.stdout) - indent)
            self.say(f"{name:<{indent}}" + f"\n{' ' * indent}".join(lines))

    def paragraphs(self, texts: Iterable[str], *, indent: int) -> None:
        """Texts on stdout, indented and wrapped; empty ones are left out."""
        for text in filter(None, texts):
            for line in _wrapped(text, width(sys.stdout) - indent):
                self.say(" " * indent + line)

    def findings(self, findings: Sequence[Finding], *, as_data: bool = False) -> None:
        """Findings by severity and code, the remedy once for each code; `as_data` where they are what was asked for."""
        shown_ones = [f for f in findings if not (self.quiet and f.level is Severity.INFO)]
        left = len(shown_ones) if self.verbose else SHOWN_AT_MOST
        for severity, (heading, colour) in _HEADINGS.items():
            group = [f for f in shown_ones if f.level is severity]
            if not group or not left:
                continue
            click.secho(f"{heading} ({len(group)})", fg=colour, bold=True, err=not as_data)
            for remedy, lines in _by_remedy(group[:left]).items():
                for finding in lines:
                    click.echo(terminal_text(str(finding)), err=not as_data)
                for line in _wrapped(remedy, width(sys.stdout if as_data else sys.stderr) - 4):
                    click.echo(f"    {terminal_text(line)}", err=not as_data)
            left -= min(left, len(group))
        if not self.verbose and (hidden := len(shown_ones) - SHOWN_AT_MOST) > 0:
            click.echo(f"… and {hidden} more (use -v or --format json)", err=not as_data)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A function to be told (what is at work, rows so far); it draws only on a terminal and not when quiet."""
        if self.quiet or not sys.stderr.isatty():
            yield _no_progress
            return
        from rich.console import Console as RichConsole
        from rich.progress import Progress as Bars
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            # Some work is one statement of the database, which tells no rows.
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
        )
        with Bars(*columns, console=RichConsole(stderr=True), transient=True) as bars:
            tasks: dict[str, int] = {}

            def tell(what: str, rows: int) -> None:
                if what not in tasks:
                    tasks[what] = bars.add_task(what, total=None, count="")
                count = f"{rows:,} rows" if rows else ""
                bars.update(tasks[what], completed=rows, count=count)  # type: ignore[arg-type] # a NewType of int

            yield tell


def _quick_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> list[str] | None:
    """The lines of a table as rich sets it; None where a cell would have to be wrapped or stdout has no line to draw."""
    titles = [column.title for column in columns]
    widths = [max(map(len, cells)) for cells in zip(titles, *rows, strict=True)]
    total = sum(widths) + 3 * (len(widths) - 1)
    # A no-break space, which stands in every amount, counts as not printable.
    is_plain = all(c.replace("\u00a0", " ").isprintable() and not _has_wide(c) for row in rows for c in row)
    if total > room or not is_plain or "utf" not in (getattr(sys.stdout, "encoding", None) or "").lower():
        return None
    setters = [str.rjust if column.is_number else str.ljust for column in columns]

    def line(cells: Sequence[str]) -> str:
        return "   ".join(put(cell, size) for put, cell, size in zip(setters, cells, widths, strict=True))

    return [click.style(line(titles), bold=True), "─" * total, *map(line, rows)]


def _has_wide(text: str) -> bool:
    from unicodedata import combining, east_asian_width

    return not text.isascii() and any(east_asian_width(sign) in "WF" or combining(sign) for sign in text)


def clock(recorded_at: str) -> str:
    """A moment as it is kept, to the second: `2026-11-25 17:50:55`."""
    return recorded_at[:19].replace("T", " ")


def shown(value: object) -> str:
    """A value as text shows it: amounts and whole numbers grouped, days as 2024-03-12, several joined by commas."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return grouped(str(value))
    if isinstance(value, Money):
        return display(value.minor, value.currency)
    if isinstance(value, Decimal):
        return grouped(format(value, "f"))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value)
    return str(value)


def amounts(by_currency: Mapping[str, int]) -> list[Money]:
    """Minor units by currency as amounts, EUR first."""
    return [Money(by_currency[code], code) for code in sorted(by_currency, key=lambda code: (code != "EUR", code))]


def width(stream: object) -> int:
    """Columns of the terminal that `stream` is; 100 where it is none."""
    is_terminal = getattr(stream, "isatty", bool)
    return shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 24)).columns if is_terminal() else WIDTH_WITHOUT_TERMINAL


def _by_remedy(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.remedy, []).append(finding)
    return groups


def _wrapped(text: str, columns: int) -> list[str]:
    from textwrap import wrap

    return [line for part in text.splitlines() for line in (wrap(part, max(columns, 20)) or [""])]


def _no_progress(what: str, rows: int) -> None:
    """Progress where nobody watches."""
