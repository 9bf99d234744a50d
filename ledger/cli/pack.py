"""`euledger pack`: everything an auditor needs, in one file."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.session import Session, UserError, pass_session


@options.command("pack")
@options.output
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Sign with this key.")
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Pack this checkpoint of the present ledger instead of a new one.",
)
@options.with_illustrative
@options.output_format
@pass_session
def pack(
    session: Session, *, output: Path | None, key: Path | None, checkpoint: Path | None, with_illustrative: bool
) -> None:
    r"""Pack the ledger with all its evidence, for an auditor to check alone.

    One zip file: the original files, how they were read, every booking, the
    seals, balances, totals and verdicts, and verify_pack.py, which checks all
    of it with Python alone. It holds whatever personal data the ledger holds.

    \b
    Example: euledger pack -o pack.zip --key ledger.key
    Changes: nothing in the ledger; -o writes the file.
    """
    from ledger.actions import pack as action

    if output is None:
        raise UserError("say where it is to be written: euledger pack -o pack.zip")
    with session.console.progress() as progress:
        done = action.pack(
            session.database_to_read(),
            output,
            key=key,
            checkpoint=checkpoint,
            with_illustrative=with_illustrative,
            profile_dirs=session.settings().profile_dirs,
            progress=progress,
        )
    results = {
        "file": str(output) if done.sha256 else None,
        "sha256": done.sha256 or None,
        "members": done.members,
        "batch": done.batch or None,
        "origin": done.origin or None,
        "public_key": done.public_key,
        "verify_pack": done.verifier or None,
    }

    def text() -> None:
        console = session.console
        if done.sha256:
            console.talk(f"Written: {output}, {done.members} files, up to batch {done.batch}")
            console.say(f"{done.sha256}  {output}")
            console.say(f"{done.verifier}  verify_pack.py")
            console.talk(f"Check it with: python3 -I verify_pack.py {output}")

    session.finish(results, done.findings, text)
