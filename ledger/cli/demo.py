"""`euledger demo`."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.exits import CLEAN, INPUT, exit_for
from ledger.cli.import_ import print_result
from ledger.cli.reconcile import print_verdicts
from ledger.cli.session import Session, pass_session
from ledger.cli.summary import print_summary


@options.command("demo")
@click.argument("directory", required=False, metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path))
@options.output_format
@pass_session
def demo(session: Session, *, directory: Path | None) -> None:
    r"""The whole job on shipped data, in a folder of its own.

    Without DIR, in a new folder euledger-demo here.

    \b
    Example: euledger demo
    Changes: makes a ledger and a summary workbook in DIR, and nothing elsewhere.
    """
    from ledger.actions import demo as action

    console = session.console
    with console.progress() as progress:
        done = action.demo(directory or Path("euledger-demo"), progress=progress)

    def text() -> None:
        for result in done.batches:
            print_result(console, result)
        print_verdicts(console, done.reconciliation)
        print_summary(console, done.summary)
        for sentence in done.sentences:
            console.say(sentence)
        for step in done.next_steps:
            console.talk(step)

    # The shipped data has differences on purpose (two printed totals are off by EUR 2): showing them is a success.
    code = INPUT if exit_for(done.findings) == INPUT else CLEAN
    session.finish(done, done.findings, text, code=code)
