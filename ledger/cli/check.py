"""`euledger check`."""

from __future__ import annotations

import click

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.session import Session, pass_session


@options.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", "list_checks", is_flag=True, help="Name the checks and what each is for.")
@options.with_illustrative
@options.output_format
@pass_session
def check(session: Session, *, names: tuple[str, ...], list_checks: bool, with_illustrative: bool) -> None:
    r"""Check the ledger's integrity and the budget rules.

    Silent when all is well (-v says what was checked).

    \b
    Example: euledger check
    Changes: nothing.
    """
    from ledger.actions import check as action

    console = session.console
    if list_checks:
        purposes = [{"name": name, "purpose": purpose} for name, purpose in action.CHECKS.items()]
        columns = [Column("check"), Column("what it is for")]
        session.finish(purposes, [], lambda: console.table(columns, action.CHECKS.items()))
    results = action.run_checks(session.database_to_read(), list(names), with_illustrative=with_illustrative)

    def text() -> None:
        if console.verbose:
            console.table(
                [Column("check"), Column("checked", is_number=True), Column("verdict")],
                [(r.name, r.checked, "holds" if r.ok else "fails") for r in results],
            )

    session.finish(
        results, [finding for result in results for finding in result.findings], text, findings_are_data=True
    )
