"""`euledger export`: the journal for another accounting program."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ledger.cli import options
from ledger.cli.session import Session, UserError, pass_session


@options.command("export")
@options.output
@options.with_illustrative
@options.filters
@options.output_format
@pass_session
def export(
    session: Session,
    *,
    output: Path | None,
    with_illustrative: bool,
    as_of: date | None,
    known_at: str | None,
    fund: tuple[str, ...],
    country: tuple[str, ...],
) -> None:
    r"""Write the journal for hledger or beancount, which add it up anew.

    A second opinion: the file asserts the balance of every account as the
    ledger keeps it; the other program says where it comes to another one.

    \b
    Example: euledger export -o journal.hledger
    Changes: nothing in the ledger; -o writes a file (hledger, beancount).
    """
    from ledger.actions import export as action

    if output is None:
        raise UserError("say where it is to be written: euledger export -o journal.hledger")
    try:
        done = action.export(
            session.database_to_read(),
            output,
            funds=fund,
            countries=country,
            as_of=as_of,
            known_at=known_at,
            with_illustrative=with_illustrative,
        )
    except OSError as error:
        raise UserError(f"cannot write {output}: {error.strerror or error}.") from error
    results = {
        "file": str(output),
        "format": done.format,
        "transfers": done.transfers,
        "accounts": done.accounts,
        "ledger_head": done.ledger_head,
    }
    check = "hledger -f {} check" if done.format == "hledger" else "bean-check {}"
    told = f"Written: {output}, {done.transfers} transfers between {done.accounts} accounts. Check it with: {check.format(output)}"
    session.finish(results, done.findings, lambda: session.console.talk(told))
