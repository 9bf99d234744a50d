"""`euledger template`: blank workbooks to be filled in."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.session import Session, UserError, pass_session


@options.command("template")
@click.argument("kind", required=False)
@options.output
@options.output_format
@pass_session
def template(session: Session, *, kind: str | None, output: Path | None) -> None:
    r"""Make a blank workbook with drop-downs, checks and instructions.

    Without a kind the kinds are listed. What is filled in imports without a
    profile being named.

    \b
    Example: euledger template projects -o projects.xlsx
    Changes: nothing in the ledger; writes the file.
    """
    from ledger.actions import template as action

    if kind is None:
        names = action.kinds()
        session.finish([{"kind": name} for name in names], [], lambda: session.console.say("\n".join(names)))
    if output is None:
        raise UserError(f"say where it is to be written: euledger template {kind} -o {kind}.xlsx")
    action.write(kind, output)
    results = {"kind": kind, "file": str(output)}
    session.finish(
        results, [], lambda: session.console.talk(f"Written: {output}. Fill it in, then: euledger import {output}")
    )
