"""`euledger seal`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli import options
from ledger.cli.session import Session, UserError, pass_session

if TYPE_CHECKING:
    from ledger.audit.proof import Proof

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


def _signing(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--key", type=_NEW_FILE, metavar="FILE", help="Sign with the key in this file.")(function)


@options.group("seal", invoke_without_command=True)
@_signing
@click.option("--new-key", type=_NEW_FILE, metavar="FILE", help="Make a key in this new file, and sign with it.")
@click.option("--signer", default="euledger", show_default=True, help="The name that a new key has.")
@options.output
@click.option(
    "--timestamp-query", type=_NEW_FILE, metavar="FILE", help="Write what to send to a time-stamp authority (RFC 3161)."
)
@click.option(
    "--timestamp-reply",
    type=_FILE,
    metavar="FILE",
    help="Put the authority's reply into the checkpoint that -o names, which stays as it is otherwise.",
)
@options.output_format
@pass_session
@click.pass_context
def seal(
    ctx: click.Context,
    session: Session,
    *,
    key: Path | None,
    new_key: Path | None,
    signer: str,
    output: Path | None,
    timestamp_query: Path | None,
    timestamp_reply: Path | None,
) -> None:
    r"""Write a checkpoint of the ledger, to be kept elsewhere.

    Six lines (C2SP tlog-checkpoint): which ledger, how many seals, their root,
    the last batch, its hash and the moment. With a key they are signed.

    \b
    Example: euledger seal --new-key ledger.key -o checkpoint.txt
    Changes: nothing in the ledger.
    """
    from ledger.actions import seal as action

    if ctx.invoked_subcommand is not None:
        return
    session.command = "seal"
    if timestamp_reply is not None:
        if output is None or timestamp_query is not None or key is not None or new_key is not None:
            raise UserError("--timestamp-reply goes with -o FILE alone: the checkpoint that the reply is about")
        done = action.stamp(output, timestamp_reply)
    else:
        done = action.seal(session.database_to_read(), action.signing_key(key, new_key, signer))
    if done.note is not None:
        if timestamp_query is not None:
            action.write(timestamp_query, action.stamp_query(done.note))
        if output is not None:
            action.write(output, str(done.note))
    results = None
    if done.checkpoint is not None and done.note is not None:
        results = {
            "origin": done.checkpoint.origin,
            "seals": done.checkpoint.size,
            "root": done.checkpoint.root.hex(),
            "batch": done.checkpoint.batch,
            "chain": done.checkpoint.chain,
            "recorded_at": done.checkpoint.recorded_at,
            "checkpoint": str(done.note),
            "public_key": done.public_key,
            "timestamp": done.timestamp,
            "file": output,
        }

    def text() -> None:
        if done.note is not None and output is None:
            session.console.say(str(done.note).removesuffix("\n"))
        elif output is not None and done.note is not None:
            session.console.talk(f"Written: {output}")
        if done.public_key is not None:
            session.console.talk(f"Public key, for those who verify: {done.public_key}")

    session.finish(results, done.findings, text)


@seal.command("proof")
@click.argument("ref", required=False)
@click.option("--row", metavar="TABLE:NUMBER", help="Prove this row, such as transfer:77.")
@click.option(
    "--since", type=_FILE, metavar="FILE", help="Prove that the ledger continues the one of this older checkpoint."
)
@click.option(
    "--checkpoint", type=_FILE, metavar="FILE", help="Lead the proof to this checkpoint; else to one made now."
)
@_signing
@options.output
@options.output_format
@pass_session
def proof(
    session: Session,
    *,
    ref: str | None,
    row: str | None,
    since: Path | None,
    checkpoint: Path | None,
    key: Path | None,
    output: Path | None,
) -> None:
    r"""Prove on one page that a number is in the ledger.

    REF is a project, an envelope, a programme or a scope, as for why. The page
    can be checked with SHA-256 alone; -o FILE.json writes it for verify --proof.

    \b
    Example: euledger seal proof --row transfer:77 -o proof.json
    Changes: nothing.
    """
    from ledger.actions import proofs as action
    from ledger.actions.seal import signing_key, write

    if sum(each is not None for each in (ref, row, since)) != 1:
        raise UserError("say what to prove: REF, --row TABLE:NUMBER or --since FILE")
    database, private = session.database_to_read(), signing_key(key, None, "")
    if since is not None:
        done = action.prove_continuity(database, since, checkpoint=checkpoint, key=private)
    else:
        done = action.prove(database, ref, row, checkpoint=checkpoint, key=private)
    if output is not None and done.proofs:
        if len(done.proofs) > 1:
            raise UserError(f"{ref} has {len(done.proofs)} numbers behind it, and a file holds one proof: use --row")
        write(output, _written(done.proofs[0], output))

    def text() -> None:
        if output is not None and done.proofs:
            session.console.talk(f"Written: {output}")
            return
        for each in done.proofs:
            session.console.say(each.page())

    session.finish([each.as_json() for each in done.proofs], done.findings, text)


def _written(proof: Proof, path: Path) -> str:
    import json

    if path.suffix.lower() == ".json":
        return json.dumps(proof.as_json(), ensure_ascii=False, indent=1) + "\n"
    return proof.page()
