"""`euledger imports`: what was booked, and its undoing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli import options
from ledger.cli.console import Column, clock
from ledger.cli.session import Session, UserError, pass_session
from ledger.domain.findings import Finding, place_text, stops
from ledger.domain.records import RowState
from ledger.reporting.exact_json import plain

if TYPE_CHECKING:
    from ledger.actions.batches import BatchLine


@options.group("imports")
def imports() -> None:
    r"""What was imported: list, show, rows, revert.

    \b
    Example: euledger imports list
    Changes: only revert changes the ledger.
    """


@imports.command("list")
@options.output_format
@pass_session
def list_(session: Session) -> None:
    r"""The batches, oldest first.

    \b
    Example: euledger imports list
    Changes: nothing.
    """
    from ledger.actions import batches

    found = batches.list_batches(session.database_to_read())
    columns = [
        Column("batch", is_number=True),
        Column("recorded (UTC)"),
        Column("kind"),
        Column("file"),
        Column("profile"),
        Column("postings", is_number=True),
        Column("remark"),
    ]

    def text() -> None:
        session.console.table(
            columns,
            [(str(b.id), clock(b.recorded_at), b.kind, b.file, b.profile, b.transfers, _remark(b)) for b in found],
        )
        if not found:
            session.console.talk("Nothing was imported yet. Start with: euledger import FILE")

    session.finish([_as_json(line) for line in found], [], text)


@imports.command("show")
@click.argument("batch", type=int)
@options.output_format
@pass_session
def show(session: Session, *, batch: int) -> None:
    r"""One batch: its files, settings, rows by state, amounts and findings.

    \b
    Example: euledger imports show 12
    Changes: nothing.
    """
    from ledger.actions import batches

    found = batches.show_batch(session.database_to_read(), batch)
    if isinstance(found, Finding):
        session.finish(None, [found], _nothing)
    results = {**_as_json(found.line), "rows": found.rows, "findings": found.findings}

    def text() -> None:
        session.console.record({**results, "findings": [_told(finding) for finding in found.findings]})

    session.finish(results, [], text)


@imports.command("rows")
@click.argument("batch", type=int)
@click.option("--state", type=click.Choice([str(state) for state in RowState]), help="Only rows in this state.")
@options.output
@options.output_format
@pass_session
def rows(session: Session, *, batch: int, state: str | None, output: Path | None) -> None:
    r"""The rows of a batch with their states.

    With -o FILE.xlsx or FILE.csv, also with their cells as the sender wrote them.

    \b
    Example: euledger imports rows 12 --state rejected
    Changes: nothing.
    """
    from ledger.actions import batches

    wanted = RowState(state) if state else None
    if output is not None:
        try:
            findings = batches.write_rows(session.database_to_read(), batch, wanted, output)
        except OSError as error:
            raise UserError(f"cannot write {output}: {error.strerror or error}.") from error
        if stops(findings):
            session.finish(None, findings, _nothing)
        session.finish({"written": str(output)}, findings, lambda: session.console.talk(f"Written: {output}"))
    found = batches.batch_rows(session.database_to_read(), batch, wanted)
    if isinstance(found, Finding):
        session.finish(None, [found], _nothing)
    columns = [Column("file"), Column("sheet"), Column("row", is_number=True), Column("state"), Column("said of it")]
    lines = [(row.file, row.sheet, str(row.row), row.state, "; ".join(row.findings)) for row in found]
    session.finish(found, [], lambda: session.console.table(columns, lines))


@imports.command("revert")
@click.argument("batch", type=int)
@options.yes
@options.dry_run
@options.output_format
@pass_session
def revert(session: Session, *, batch: int, yes: bool, dry_run: bool) -> None:
    r"""Take a batch back by counter-postings.

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
    done = batches.revert(session.database(), batch, dry_run=dry_run)
    results = {"reverted": done.reverted, "batch": done.batch, "transfers": done.transfers}

    def text() -> None:
        if done.batch is not None:
            session.console.say(f"Batch {done.reverted} is undone by batch {done.batch}: {done.transfers} postings.")
            if dry_run:
                session.console.talk("Dry run: nothing was kept.")

    session.finish(results, done.findings, text)


def _as_json(line: BatchLine) -> dict[str, Any]:
    fields: dict[str, Any] = plain(line)
    return {"batch": fields.pop("id"), **fields}


def _remark(line: BatchLine) -> str:
    marks = [
        "ILLUSTRATIVE" if line.is_illustrative else "",
        f"undoes {line.reverts}" if line.reverts else "",
        f"undone by {line.reverted_by}" if line.reverted_by else "",
    ]
    return ", ".join(mark for mark in marks if mark)


def _told(finding: Mapping[str, Any]) -> str:
    place = place_text(finding.get("sheet"), finding.get("cell"))
    return (
        f"{place}: {finding['message']} [{finding['code']}]" if place else f"{finding['message']} [{finding['code']}]"
    )


def _nothing() -> None:
    """The text of a command that found nothing to show: the finding says it all."""
