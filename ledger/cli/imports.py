"""`euledger imports`: what was booked, and its undoing."""

from __future__ import annotations

import sys

import click

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.jsonout import plain
from ledger.cli.session import Session, UserError, pass_session
from ledger.domain.records import RowState


@options.group("imports")
def imports() -> None:
    """What was imported: list, show, rows, revert.

    \b
    Example: euledger imports list
    Changes: only revert changes the ledger.
    """


@imports.command("list")
@options.output_format
@pass_session
def list_(session: Session) -> None:
    """The batches, oldest first.

    \b
    Example: euledger imports list
    Changes: nothing.
    """
    from ledger.actions import batches

    found = batches.list_batches(session.database())
    columns = [Column("batch", is_number=True), Column("recorded (UTC)"), Column("kind"), Column("files"),
               Column("profile"), Column("posted", is_number=True), Column("rejected", is_number=True), Column("remark")]

    def text() -> None:
        session.console.table(columns, [
            (str(b.batch), b.recorded_at, b.kind, b.files, b.profile, b.rows.get("posted", 0),
             b.rows.get("rejected", 0), b.remark)
            for b in found
        ])
        if not found:
            session.console.talk("Nothing was imported yet. Start with: euledger import FILE")

    session.finish(found, [], text)


@imports.command("show")
@click.argument("batch", type=int)
@options.output_format
@pass_session
def show(session: Session, *, batch: int) -> None:
    """One batch: its files, settings, rows by state, amounts and findings.

    \b
    Example: euledger imports show 12
    Changes: nothing.
    """
    from ledger.actions import batches

    found = batches.show_batch(session.database(), batch)
    session.finish(found.batch, found.findings, lambda: session.console.record(plain(found.batch) or {}))


@imports.command("rows")
@click.argument("batch", type=int)
@click.option("--state", type=click.Choice([str(state) for state in RowState]), help="Only rows in this state.")
@options.output_format
@pass_session
def rows(session: Session, *, batch: int, state: str | None) -> None:
    """The rows of a batch with their states.

    \b
    Example: euledger imports rows 12 --state rejected
    Changes: nothing.
    """
    from ledger.actions import batches

    found = batches.batch_rows(session.database(), batch, state)
    columns = [Column("file"), Column("sheet"), Column("row", is_number=True), Column("state"), Column("reference")]
    lines = [(row.file, row.sheet, str(row.row), str(row.state), row.ref) for row in found.rows]
    session.finish(found.rows, found.findings, lambda: session.console.table(columns, lines))


@imports.command("revert")
@click.argument("batch", type=int)
@options.yes
@options.dry_run
@options.output_format
@pass_session
def revert(session: Session, *, batch: int, yes: bool, dry_run: bool) -> None:
    """Take a batch back by counter-postings.

    \b
    Example: euledger imports revert 12 -n
    Changes: adds a batch that reverses every posting of this one. Nothing is
             deleted, and the file can be imported again.
    """
    from ledger.actions import batches

    if not (yes or dry_run):
        if not sys.stdin.isatty():
            raise UserError("nobody is there to be asked: add -y to revert, or -n to see what it would do.")
        click.confirm(f"Reverse every posting of batch {batch}?", abort=True, err=True)
    done = batches.revert(session.database(), batch, dry_run)

    def text() -> None:
        session.console.record(plain(done.reverted) or {})
        if dry_run:
            session.console.talk("Dry run: nothing was kept.")

    session.finish(done.reverted, done.findings, text)
