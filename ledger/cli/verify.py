"""`euledger verify`."""

from __future__ import annotations

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.session import Session, pass_session


@options.command("verify")
@options.output_format
@pass_session
def verify(session: Session) -> None:
    r"""Prove the ledger: compute all seals, kept files and balances anew.

    Silent when all is as it was sealed (-v says what was looked at); else the
    first batch and row that differ are named.

    \b
    Example: euledger verify
    Changes: nothing.
    """
    from ledger.actions import verify as action

    console = session.console
    with console.progress() as progress:
        results = action.verify(session.database_to_read(), progress)

    def text() -> None:
        if console.verbose:
            console.table(
                [Column("what"), Column("checked", is_number=True), Column("verdict")],
                [(r.name, r.checked, "holds" if r.ok else "fails") for r in results],
            )

    session.finish(
        results, [finding for result in results for finding in result.findings], text, findings_are_data=True
    )
