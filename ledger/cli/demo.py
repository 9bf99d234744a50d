"""`euledger demo`."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ledger.cli import options
from ledger.cli.exits import CLEAN, INPUT, exit_for
from ledger.cli.session import Session, pass_session

if TYPE_CHECKING:
    from ledger.actions.demo import DemoResult
    from ledger.cli.console import Console


@options.command("demo")
@click.argument("directory", required=False, metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path))
@options.output_format
@pass_session
def demo(session: Session, *, directory: Path | None) -> None:
    r"""The whole job on shipped data, in a folder of its own.

    Without DIR, in the folder euledger-demo here. Repeated, it books nothing twice.

    \b
    Example: euledger demo
    Changes: makes a ledger and a summary workbook in DIR, and nothing elsewhere.
    """
    from ledger.actions import demo as action

    console = session.console
    # A virtual environment that is not active: what to type next must work as it is printed.
    program = "euledger" if shutil.which("euledger") else sys.argv[0]
    with console.progress() as progress:
        done = action.demo(directory or Path("euledger-demo"), program=program, progress=progress)

    # The shipped data has differences on purpose (two printed totals are off by EUR 2): showing them is a success.
    code = INPUT if exit_for(done.findings) == INPUT else CLEAN
    session.finish(
        _as_json(done), done.findings if session.wants_json else [], lambda: _print(console, done), code=code
    )


def _as_json(done: DemoResult) -> dict[str, object]:
    from ledger.cli import import_

    return {
        "folder": str(done.folder),
        "database": str(done.database),
        "workbook": str(done.workbook),
        "imports": [import_.as_json(batch) for batch in done.batches],
        "tree": done.tree,
        "countries": [
            {"country": line.country, **dict(zip(done.country_columns, line.amounts, strict=True))}
            for line in done.countries
        ],
        "reconcile": done.reconciliation.results,
        "reconcile_with_illustrative": done.with_illustrative.results,
        "sentences": done.sentences,
    }


def _print(console: Console, done: DemoResult) -> None:
    console.say("1. Five workbooks into the ledger")
    _print_imports(console, done)
    console.say("\n2. The envelopes, down to the Member States (EUR)")
    _print_envelopes(console, done)
    console.say("\n3. What was published, against the ledger")
    _print_verdicts(console, done)
    console.say("\n4. What an auditor would say first")
    for sentence in done.sentences:
        console.paragraphs([f"- {sentence}"], indent=3)
    console.say("\n5. A budget summary with live formulas")
    console.say(f"   {done.workbook}")
    console.talk("\nWhat to do next")
    for step in done.next_steps:
        console.talk(f"   {step}")


def _print_imports(console: Console, done: DemoResult) -> None:
    from ledger.cli.console import Column

    rows = []
    for batch in done.batches:
        states = ", ".join(f"{count} {state}" for state, count in batch.rows.items() if count)
        booked = f"batch {batch.batch}" if batch.batch is not None else "nothing new"
        rows.append((batch.file, booked, states + (", ILLUSTRATIVE" if batch.illustrative else "")))
    console.table([Column("File"), Column("Booked as"), Column("Rows")], rows)


def _print_envelopes(console: Console, done: DemoResult) -> None:
    from ledger.cli.console import Column
    from ledger.domain.money import display

    rows = [
        (
            "  " * line.depth + line.ref,
            line.title + (f" (feeds {line.feeds}, not added to it)" if line.feeds else ""),
            display(line.stated.minor, line.stated.currency).removeprefix("EUR "),
        )
        for line in done.tree
    ]
    console.table([Column("Envelope"), Column("Title"), Column("Stated", is_number=True)], rows)
    columns = [Column("Member State"), *(Column(name, is_number=True) for name in done.country_columns)]
    console.table(
        columns,
        [
            (
                line.country,
                *("" if m is None else display(m.minor, m.currency).removeprefix("EUR ") for m in line.amounts),
            )
            for line in done.countries
        ],
    )
    console.say(
        "AMIF 2014-20: Annex I of Regulation (EU) 516/2014. The other columns: Commission table of 5 May 2025, for"
    )
    console.say(
        "the twelve States that could be read. They are different vintages: nothing here adds them to each other."
    )


def _print_verdicts(console: Console, done: DemoResult) -> None:
    from ledger.cli.console import Column, shown

    counts = Counter(str(result.verdict) for result in done.reconciliation.results)
    told = ", ".join(f"{number} {verdict}" for verdict, number in counts.most_common())
    console.say(f"{len(done.reconciliation.results)} figures on recorded data: {told}")
    rows = [
        (before.figure, before.quote or "", str(before.verdict), str(after.verdict), shown(after.ledger))
        for after in done.with_illustrative.results
        for before in done.reconciliation.results
        if before.figure == after.figure
    ]
    console.table(
        [
            Column("Figure"),
            Column("Wording"),
            Column("Recorded"),
            Column("With illustrative"),
            Column("Illustrative sum", is_number=True),
        ],
        rows,
    )
