"""`euledger init`."""

from __future__ import annotations

import click

from ledger.cli import options
from ledger.cli.exits import exit_for
from ledger.cli.import_ import as_json, print_result
from ledger.cli.session import Session, pass_session
from ledger.domain.findings import Severity


@options.command("init")
@click.option("--bare", is_flag=True, help="Code lists only: no envelopes, programmes or figures.")
@options.output_format
@pass_session
def init(session: Session, *, bare: bool) -> None:
    r"""Create or upgrade the ledger and load the shipped reference data.

    \b
    Example: euledger --db ledger.db init
    Changes: makes the database if there is none, brings its tables up to date,
             books the shipped workbooks. Doing it again books nothing twice.
    """
    from ledger.actions import initialise

    database, console = session.database(), session.console
    with console.progress() as progress:
        done = initialise.initialise(database, bare=bare, progress=progress)
    results = {
        "database": database.shown,
        "revision_before": done.revision_before,
        "revision_after": done.revision_after,
        "backup": done.backup,
        "batches": [as_json(result) for result in done.batches],
    }

    def text() -> None:
        if done.backup is not None:
            console.talk(f"Backup before the upgrade: {done.backup}")
        console.talk(f"Ledger {database.shown}, schema {done.revision_after}.")
        for result in done.batches:
            print_result(console, result)
        console.talk("Next: euledger reconcile, euledger summary, euledger import FILE")

    # The shipped workbooks repeat printed totals that are known to be wrong; telling so is no failure of `init`.
    code = exit_for(finding for finding in done.findings if finding.level is not Severity.WARNING)
    session.finish(results, done.findings, text, findings_are_data=True, code=code)
