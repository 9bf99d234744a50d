"""`euledger summary`, on the terminal and into a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli import options
from ledger.cli.console import Column, Console
from ledger.cli.jsonout import envelope
from ledger.cli.session import Session, UserError, pass_session

if TYPE_CHECKING:
    from ledger.actions.summary import Row, Summary


@options.command("summary")
@click.option(
    "--by",
    default="fund,country,year",
    show_default=True,
    metavar="KEY[,KEY]...",
    help="What to sum up by: fund, country, year …",
)
@options.stage
@options.basis
@options.output
@options.with_illustrative
@options.filters
@options.output_format
@pass_session
def summary(
    session: Session,
    *,
    by: str,
    stage: str | None,
    basis: str | None,
    output: Path | None,
    with_illustrative: bool,
    as_of: date | None,
    known_at: str | None,
    fund: tuple[str, ...],
    country: tuple[str, ...],
) -> None:
    r"""Sum the ledger up by fund, country, year and more.

    \b
    Example: euledger summary --by fund,country --stage allocated -o summary.xlsx
    Changes: nothing in the ledger; -o writes a file (xlsx, csv, json or md).
    """
    from ledger.actions import summary as action
    from ledger.reporting.files import replacing

    keys = [key.strip() for key in by.split(",") if key.strip()]
    if output is not None and output.suffix.lower() not in (".json", *action.FORMATS):
        raise UserError(f"{output.name}: the ending must be one of .json {' '.join(action.FORMATS)}")
    database = session.database_to_read()
    done = action.summarise(
        database,
        by=keys,
        stage=stage or "committed",
        basis=basis or "eu",
        funds=fund,
        countries=country,
        as_of=as_of,
        known_at=known_at,
        with_illustrative=with_illustrative,
    )
    results = as_json(done)
    if output is None:
        session.finish(results, done.findings, lambda: print_summary(session.console, done))
    try:
        if output.suffix.lower() == ".json":
            text = envelope("summary", 0, results, [*done.findings, *session.notes]) + "\n"
            with replacing(output) as draft:
                draft.write_text(text, encoding="utf-8")
        else:
            done.findings.extend(action.write(database, done, output))
    except OSError as error:
        hint = " Close it where it is open." if isinstance(error, PermissionError) and output.exists() else ""
        raise UserError(f"cannot write {output}: {error.strerror or error}.{hint}") from error
    session.finish(results, done.findings, lambda: session.console.talk(f"Written: {output}"))


def as_json(done: Summary) -> dict[str, Any]:
    """The summary with the keys of DESIGN section 9; `totals` has one for each currency, price basis and kind of data."""
    return {
        "by": done.by,
        "stage": done.stage,
        "basis": done.basis,
        "rows": [{**row.keys, **_sum(row)} for row in done.rows],
        "total": done.total,
        "totals": [_sum(row) for row in done.totals],
        "ledger_head": done.ledger_head,
        "filters": done.filters,
        "illustrative": done.illustrative,
    }


def _sum(row: Row) -> dict[str, Any]:
    return {
        "amount": row.amount,
        "projects": row.projects,
        "price_basis": row.price_basis,
        "illustrative": row.is_illustrative,
    }


def print_summary(console: Console, done: Summary) -> None:
    """A line a row, the totals last, and what is counted. Prices and kind of data stand there where they differ."""
    from ledger.reporting import words

    with_prices = len({row.price_basis for row in done.totals}) > 1
    columns = [
        *(Column(words.HEADINGS[key]) for key in done.by),
        Column("Amount", is_number=True),
        *([Column("Prices")] if with_prices else []),
        *([Column("Data")] if done.illustrative else []),
        Column("Projects", is_number=True),
    ]

    def cells(row: Row) -> tuple[object, ...]:
        return (
            row.amount,
            *([words.prices(row.price_basis)] if with_prices else []),
            *([words.data(row.is_illustrative)] if done.illustrative else []),
            row.projects,
        )

    # A year is a name here, not a number to be grouped.
    rows = [(*(None if value is None else str(value) for value in row.keys.values()), *cells(row)) for row in done.rows]
    if done.illustrative:
        console.say(words.NOTICE)
    blanks = [""] * (len(done.by) - 1)
    if done.by:
        rows += [("Total", *blanks, *cells(row)) for row in done.totals]
    console.table(columns, rows)
    if not done.rows:
        console.say("Nothing in the ledger answers to this question.")
    console.say(f"{words.sentence(done)} {words.head(done)}.")
