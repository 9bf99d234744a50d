"""`euledger verify`."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.session import Session, pass_session

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@options.command("verify")
@click.option(
    "--checkpoint",
    type=_FILE,
    multiple=True,
    help="A checkpoint that was kept elsewhere: tells a ledger that was cut off, put back or made anew. Repeatable.",
)
@options.public_key
@click.option("--tsa-certificates", type=_FILE, help="Certificates (PEM) of the time-stamp authorities you believe.")
@click.option("--proof", type=_FILE, help="Hold this proof (JSON) against the checkpoint alone; no ledger is opened.")
@click.option("--reread", is_flag=True, help="Read every kept file again, row by row, as at its import. Slow.")
@options.output_format
@pass_session
def verify(
    session: Session,
    *,
    checkpoint: tuple[Path, ...],
    key: str | None,
    tsa_certificates: Path | None,
    proof: Path | None,
    reread: bool,
) -> None:
    r"""Prove the ledger: compute all seals, kept files and balances anew.

    Silent when all is as it was sealed (-v says what was looked at); else the
    first batch and row that differ are named. By itself a ledger cannot tell
    that its end was cut off, or that all of it was made anew: a checkpoint can.

    \b
    Example: euledger verify --checkpoint checkpoint.txt --key ledger.key.pub
    Changes: nothing.
    """
    from ledger.actions import verify as action

    console = session.console
    if proof is not None:
        results = action.verify_proof(proof, checkpoints=checkpoint, key=key)
    else:
        with console.progress() as progress:
            results = action.verify(
                session.database_to_read(),
                checkpoints=checkpoint,
                key=key,
                authorities=tsa_certificates,
                reread=reread,
                progress=progress,
            )

    def text() -> None:
        if console.verbose:
            console.table(
                [Column("what"), Column("checked", is_number=True), Column("verdict")],
                [(r.name, r.checked, "holds" if r.ok else "fails") for r in results],
            )

    session.finish(
        results, [finding for result in results for finding in result.findings], text, findings_are_data=True
    )
