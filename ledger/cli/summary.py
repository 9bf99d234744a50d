"""`euledger summary`, on the terminal and into a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli import options
from ledger.cli.console import Column, Console
from ledger.cli.jsonout import envelope, one_or_many
from ledger.cli.session import Session, UserError, pass_session

if TYPE_CHECKING:
    from ledger.actions.summary import Summary


@options.command("summary")
@click.option("--by", default="fund", show_default=True, metavar="KEY[,KEY]...",
              help="What to sum up by: fund, country, year …")
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

    keys = [key.strip() for key in by.split(",") if key.strip()]
    if not keys or (unknown := [key for key in keys if key not in action.KEYS]):
        wrong = ", ".join(unknown) if keys else "nothing"
        raise UserError(f"--by cannot be {wrong}. There are: {', '.join(action.KEYS)}")
    if output is not None and output.suffix.lower() not in (".json", *action.FORMATS):
        raise UserError(f"{output.name}: the ending must be one of .json {' '.join(action.FORMATS)}")
    done = action.summarise(
        session.database(), keys, stage or "committed", basis or "eu", with_illustrative=with_illustrative,
        as_of=as_of, known_at=known_at, fund=fund, country=country,
    )
    results = as_json(done)
    if output is None:
        session.finish(results, done.findings, lambda: print_summary(session.console, done))
    try:
        if output.suffix.lower() == ".json":
            output.write_text(envelope("summary", 0, results, done.findings) + "\n", encoding="utf-8")
        else:
            action.write(done, output)
    except OSError as error:
        hint = " Close it where it is open." if isinstance(error, PermissionError) and output.exists() else ""
        raise UserError(f"cannot write {output}: {error.strerror or error}.{hint}") from error
    session.finish(results, done.findings, lambda: session.console.talk(f"Written: {output}"))


def as_json(done: Summary) -> dict[str, Any]:
    """The summary with the keys of DESIGN section 9."""
    return {
        "by": done.by,
        "stage": done.stage,
        "basis": done.basis,
        "rows": [{**row.keys, "amount": row.amount, "projects": row.projects} for row in done.rows],
        "total": one_or_many(done.total),
        "ledger_head": done.ledger_head,
        "filters": done.filters,
        "illustrative": done.illustrative,
    }


def print_summary(console: Console, done: Summary) -> None:
    """A line a row, the totals last, and what is counted."""
    rows: list[tuple[object, ...]] = [(*row.keys.values(), row.amount, row.projects) for row in done.rows]
    blanks = [""] * (len(done.by) - 1)
    rows += [("total", *blanks, amount, "") for amount in done.total]
    console.table([*(Column(key) for key in done.by), Column("amount", is_number=True),
                   Column("projects", is_number=True)], rows)
    marks = " INCLUDING ILLUSTRATIVE DATA." if done.illustrative else ""
    console.say(f"Stage {done.stage}, basis {done.basis}, ledger up to batch {done.ledger_head}.{marks}")
