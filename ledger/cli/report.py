"""`euledger report`: reports as they are declared, run on the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli import options
from ledger.cli.console import Column, Console
from ledger.cli.session import Session, UserError, pass_session
from ledger.reporting.exact_json import plain as as_plain

if TYPE_CHECKING:
    from ledger.actions.report import Ran
    from ledger.reporting.model import FigureSheet, ReportModel
    from ledger.reporting.tables import Kind


def _lang(function: options.F) -> options.F:
    return click.option(
        "--lang",
        type=click.Choice(["en", "fr"]),
        default="en",
        show_default=True,
        help="Language of headings and notes.",
    )(function)


@options.group("report")
def report() -> None:
    r"""Reports: list, show, run, test.

    \b
    Example: euledger report run budget-summary -o budget.xlsx
    Changes: nothing in the ledger.
    """


@report.command("list")
@_lang
@options.output_format
@pass_session
def list_(session: Session, *, lang: str) -> None:
    r"""The reports there are: shipped ones, and those of the folder `reports` beside the ledger.

    \b
    Example: euledger report list
    Changes: nothing.
    """
    from ledger.actions import report as action

    found, findings = action.list_reports(session.settings().report_dirs, lang)
    columns = [Column("report"), Column("title"), Column("sheets"), Column("needs"), Column("from")]

    def text() -> None:
        rows = [
            (
                line.report,
                line.title,
                ", ".join(line.sheets),
                ", ".join(f"--{need}" for need in line.needs),
                line.folder or "shipped",
            )
            for line in found
        ]
        session.console.table(columns, rows)

    session.finish(found, findings, text)


@report.command("show")
@click.argument("name")
@_lang
@options.output_format
@pass_session
def show(session: Session, *, name: str, lang: str) -> None:
    r"""The declaration of one report.

    \b
    Example: euledger report show budget-summary
    Changes: nothing.
    """
    from ledger.actions import report as action

    line, content, findings = action.show(name, session.settings().report_dirs, lang)
    result = None if line is None else {**(as_plain(line) or {}), "text": content}
    session.finish(result, findings, lambda: session.console.say(content.rstrip("\n")) if content else None)


@report.command("run")
@click.argument("name")
@click.option("--sheet", metavar="NAME", help="Only this sheet of the report.")
@click.option("--programme", metavar="CCI", help="Only this programme.")
@click.option(
    "--unit",
    type=click.Choice(["eur", "million"]),
    default="eur",
    show_default=True,
    help="How a workbook shows amounts; its cells keep every cent.",
)
@_lang
@options.output
@options.with_illustrative
@options.filters
@options.output_format
@pass_session
def run(
    session: Session,
    *,
    name: str,
    sheet: str | None,
    programme: str | None,
    unit: str,
    lang: str,
    output: Path | None,
    with_illustrative: bool,
    as_of: date | None,
    known_at: str | None,
    fund: tuple[str, ...],
    country: tuple[str, ...],
) -> None:
    r"""Run a report, on the terminal or into a file.

    The ending of the file says as what: xlsx, csv, json, md. In a workbook
    sums are formulas over their lines, and checks turn red when a cell was
    changed.

    \b
    Example: euledger report run budget-summary --fund AMIF -o amif.xlsx
    Changes: nothing in the ledger; -o writes a file.
    """
    from ledger.actions import report as action
    from ledger.reporting.report_texts import as_json

    question = action.Question(
        funds=fund,
        countries=country,
        programme=programme,
        as_of=as_of,
        known_at=known_at,
        with_illustrative=with_illustrative,
        lang=lang,
        unit="million" if unit == "million" else "1",
    )
    with _told(output):
        done = action.run(
            session.database_to_read(),
            name,
            question,
            folders=session.settings().report_dirs,
            sheet=sheet,
            output=output,
        )
    if done.files:
        written = ", ".join(str(file) for file in done.files)
        session.finish(_written(done), done.findings, lambda: session.console.talk(f"Written: {written}"))
    session.finish(as_json(done.model), done.findings, lambda: print_report(session.console, done.model))


@contextmanager
def _told(output: Path | None) -> Iterator[None]:
    """A file that cannot be written is told as such."""
    try:
        yield
    except OSError as error:
        if output is None or error.filename is None:
            raise
        hint = " Close it where it is open." if isinstance(error, PermissionError) and output.exists() else ""
        raise UserError(f"cannot write {output}: {error.strerror or error}.{hint}") from error


def _written(done: Ran) -> dict[str, Any]:
    model = done.model
    return {
        "report": model.declaration.name,
        "title": model.title,
        "files": done.files,
        "ledger_head": model.head,
        "filters": model.filters,
        "illustrative": model.is_illustrative,
    }


@report.command("test")
@click.argument("name", required=False)
@options.output_format
@pass_session
def test(session: Session, *, name: str | None) -> None:
    r"""Read the declarations key by key, and run each on the ledger where there is one.

    \b
    Example: euledger report test
    Changes: nothing.
    """
    from ledger.actions import report as action

    settings = session.settings()
    file = settings.database_file
    database = session.database_to_read() if file is None or file.exists() else None
    lines, findings = action.test(name, settings.report_dirs, database)
    columns = [Column("report"), Column("rows", is_number=True), Column("needs"), Column("result")]

    def text() -> None:
        rows = [
            (
                line["report"],
                "–" if line["rows"] is None else str(line["rows"]),
                ", ".join(f"--{need}" for need in line["needs"]),
                "ok" if line["ok"] else "differs",
            )
            for line in lines
        ]
        session.console.table(columns, rows)

    session.finish(lines, findings, text)


def print_report(console: Console, model: ReportModel) -> None:
    """Every sheet as a table, its totals last."""
    from ledger.reporting.report_texts import with_ratios

    if model.notice:
        console.say(model.notice)
    console.say(model.title)
    for sheet in map(with_ratios, model.sheets):
        console.say("")
        console.say(sheet.title or sheet.tab)
        _print_sheet(console, sheet, model)
    for what, said in model.about:
        if not what:
            console.say(said)


def _print_sheet(console: Console, sheet: FigureSheet, model: ReportModel) -> None:
    """The columns that say something: those of amounts are left out where all are nil, marks where all are alike."""
    from ledger.domain.money import Money
    from ledger.reporting.report_book import total_label
    from ledger.reporting.tables import Kind, settled

    rows = [[settled(cell) for cell in row] for row in sheet.rows]
    for total in sheet.totals:
        named = {each.name: Money(total.ledger.get(each.name, 0), total.group[0]) for each in sheet.figures}
        cells: list[Any] = [named.get(each.name) for each in sheet.fields]
        cells[0] = total_label(model.words, total.group)
        rows.append(cells)
    kept, dropped = [], []
    for place, each in enumerate(sheet.fields):
        values = {row[place] for row in rows} - {None, ""}
        if each.kind is Kind.MONEY and not any(getattr(value, "minor", 0) for value in values):
            dropped.append(each.heading)
        elif values and (each.key not in ("currency", "price_basis", "data") or len(values) > 1):
            kept.append(place)
    numbers = (Kind.MONEY, Kind.COUNT, Kind.PERCENT)
    kept = [place for place in kept if sheet.fields[place].kind is not Kind.PROSE]
    columns = [Column(sheet.fields[place].heading, is_number=sheet.fields[place].kind in numbers) for place in kept]
    console.table(columns, [tuple(_shown(row[place], sheet.fields[place].kind) for place in kept) for row in rows])
    if dropped:
        console.say(model.words("line.nil", ", ".join(dropped)))


def _shown(cell: Any, kind: Kind) -> object:
    from ledger.domain.money import Money, grouped, plain
    from ledger.reporting.tables import Kind, percent

    if isinstance(cell, Decimal):
        return f"{percent(cell)} %" if kind is Kind.PERCENT else format(cell, "f")
    if isinstance(cell, Money):
        return grouped(plain(cell.minor, cell.currency))
    return str(cell) if isinstance(cell, int | date) else cell
