"""`euledger why`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli import options
from ledger.cli.console import SHOWN_AT_MOST
from ledger.cli.session import Session, UserError, pass_session

if TYPE_CHECKING:
    from ledger.actions.why import WhyResult

_ENDINGS = {".json": "json", ".dot": "dot", ".gv": "dot", ".txt": "text"}


@options.command("why")
@click.argument("ref", required=False)
@options.stage
@options.basis
@click.option(
    "--where",
    type=options.Setting(),
    multiple=True,
    metavar="KEY=VALUE",
    help="Only this line of a summary by KEY: year=2022, beneficiary=… Repeatable.",
)
@click.option("--in", "currency", metavar="EUR", help="Convert a total into euro and show the rates.")
@click.option("--all", "everything", is_flag=True, help="Every branch, none left out.")
@options.output
@options.with_illustrative
@options.filters
@options.output_format_or("dot")
@pass_session
def why(
    session: Session,
    *,
    ref: str | None,
    stage: str | None,
    basis: str | None,
    where: tuple[tuple[str, str], ...],
    currency: str | None,
    everything: bool,
    output: Path | None,
    with_illustrative: bool,
    as_of: date | None,
    known_at: str | None,
    fund: tuple[str, ...],
    country: tuple[str, ...],
) -> None:
    r"""Unfold a number into the cells it comes from.

    REF is a figure, an envelope, a programme, a project (also SOURCE:REF), batch:N, transfer:N, or a scope such as
    fund=AMIF,country=TN,year=2022,stage=paid. Without REF: the line of `summary` with the same filters.
    Backwards: FILE, FILE!Sheet, FILE!Sheet!17 or FILE!Sheet!F17 shows what comes from there, and all that it moves;
    FILE is a path, a name, or the beginning of its SHA-256.

    \b
    Example: euledger why F19 --with-illustrative
    Changes: nothing in the ledger; -o writes a file (json, dot or txt).
    """
    from ledger.actions import why as action

    written = session.output_format
    if output is not None:
        if output.suffix.lower() not in _ENDINGS:
            raise UserError(f"{output.name}: the ending must be one of {' '.join(_ENDINGS)}")
        written = _ENDINGS[output.suffix.lower()]
    limit = None if everything or session.is_verbose or output is not None or written == "json" else SHOWN_AT_MOST
    found = action.why(
        session.database_to_read(),
        ref,
        stage=stage,
        basis=basis,
        funds=fund,
        countries=country,
        where=where,
        as_of=as_of,
        known_at=known_at,
        with_illustrative=with_illustrative,
        currency=currency,
        at_most=limit,
    )

    def pieces(frame: dict[str, Any], form: str) -> Iterator[str]:
        return _pieces(found, form, limit, frame, ascii_only=session.ascii_only and output is None)

    if output is None:
        session.finish_in_pieces(lambda frame: pieces(frame, written), found.findings)
    _write(output, pieces(session.frame([*found.findings, *session.notes]), written))
    session.finish({"written": str(output)}, found.findings, lambda: session.console.talk(f"Written: {output}"))


def _pieces(
    found: WhyResult, form: str, limit: int | None, frame: dict[str, Any], *, ascii_only: bool
) -> Iterator[str]:
    from ledger.reporting import tree_dot, tree_json, tree_text

    if form == "dot":
        return tree_dot.pieces(found.nodes, limit)
    if form == "text":
        return (f"{line}\n" for line in tree_text.lines(found.nodes, limit))
    return tree_json.document(frame, found.nodes, ascii_only=ascii_only)


def _write(output: Path, pieces: Iterator[str]) -> None:
    from ledger.reporting.files import replacing

    try:
        with replacing(output) as draft, draft.open("w", encoding="utf-8", newline="\n") as handle:
            handle.writelines(pieces)
    except OSError as error:
        raise UserError(f"cannot write {output}: {error.strerror or error}.") from error
