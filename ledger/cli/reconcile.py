"""`euledger reconcile`, and how verdicts are shown."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import click

from ledger.cli import options
from ledger.cli.console import Console, shown
from ledger.cli.session import Session, pass_session
from ledger.domain.money import Money

if TYPE_CHECKING:
    from ledger.actions.reconcile import ReconcileResult
    from ledger.reconcile.explanation.model import RowPlace
    from ledger.reconcile.quantities import Quantity
    from ledger.reconcile.verdicts import ExplainedCause, FigureResult

#: Rows of a cause that are shown in text; JSON has them all.
_ROWS_SHOWN = 4


@options.command("reconcile")
@click.argument("figures", nargs=-1, metavar="[FIGURE]...")
@click.option("--explain", is_flag=True, help="Say which rows may cause a difference.")
@click.option(
    "--against",
    metavar="FILE|batch:N",
    help="Compare the rows with another list, or with the file of a batch; implies --explain.",
)
@click.option("--keep", is_flag=True, help="Keep the verdicts, to be compared with later ones.")
@options.dry_run
@click.option("--on", "day", type=options.Day(), help="Judge waivers as on this day.  [default: today]")
@options.with_illustrative
@options.filters
@options.output_format
@pass_session
def reconcile(
    session: Session,
    *,
    figures: tuple[str, ...],
    explain: bool,
    against: str | None,
    keep: bool,
    dry_run: bool,
    day: date | None,
    with_illustrative: bool,
    as_of: date | None,
    known_at: str | None,
    fund: tuple[str, ...],
    country: tuple[str, ...],
) -> None:
    r"""Hold published figures against the ledger.

    Without a name, all of them. The verdict of each is met, met-warn, broken,
    within-ceiling, undecidable or external, with rule, interval and room.

    With --explain a difference of amounts is split into named causes with
    their rows; what chance explains as well is called unexplained.

    \b
    Example: euledger reconcile F19 --with-illustrative
    Example: euledger reconcile TOTAL --explain --against list-of-june.xlsx
    Changes: nothing; with --keep adds a batch with the verdicts.
    """
    from ledger.actions import reconcile as action

    done = action.reconcile(
        session.database() if keep else session.database_to_read(),
        list(figures),
        with_illustrative=with_illustrative,
        as_of=as_of,
        known_at=known_at,
        fund=fund,
        country=country,
        on=day,
        explain=explain,
        against=against,
        keep=keep,
        dry_run=dry_run,
    )

    def text() -> None:
        print_verdicts(session.console, done)
        if done.run is not None:
            session.console.talk(f"Kept as run {done.run}, with batch {done.batch}.")
            if dry_run:
                session.console.talk("Dry run: nothing was kept.")

    session.finish(done.results, done.findings, text)


def print_verdicts(console: Console, done: ReconcileResult) -> None:
    """A paragraph a figure: verdict, rule and interval; what was stated and recorded; why. Then how many of each."""
    for result in done.results:
        band = interval(result.low, result.high, low_in=result.low_inclusive, high_in=result.high_inclusive)
        mark = "ILLUSTRATIVE DATA COUNTED" if result.illustrative else ""
        waived = "waived" if result.waived else ""
        console.say("  ".join(filter(None, (result.figure, str(result.verdict), waived, result.rule, band, mark))))
        numbers = {
            "stated": result.stated,
            "ledger": result.ledger,
            "difference": result.difference,
            "room": result.room,
        }
        told = "; ".join(f"{name} {shown(value)}" for name, value in numbers.items() if value is not None)
        console.paragraphs([f'"{result.quote}"' if result.quote else "", told, result.reason], indent=4)
        if (waiver := result.waiver) is not None:
            said = (
                f"Waiver {waiver.waiver} of {shown(waiver.amount)} until {waiver.until} {waiver.state}: {waiver.reason}"
            )
            console.paragraphs([said], indent=4)
        console.paragraphs(_beside(result), indent=4)
        _print_explanations(console, result)
    counts = Counter(_counted(result) for result in done.results)
    if not done.results:
        return
    console.talk(f"{len(done.results)} figures: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items()))


def _print_explanations(console: Console, result: FigureResult) -> None:
    """The accounts of a difference, best first: each cause with its rows, then what stays unexplained."""
    if result.unexplained:
        console.paragraphs([f"Not explained: {result.unexplained}"], indent=4)
    if not result.explainable:
        return
    if not result.explanations:
        console.paragraphs(["Unexplained: no row or set of rows accounts for it better than chance does."], indent=4)
    for place, account in enumerate(result.explanations, start=1):
        console.paragraphs([f"Explanation {place}, {account.score} bits better than chance:"], indent=4)
        console.paragraphs(map(cause_text, account.causes), indent=6)
        if not _is_nothing(account.residual):
            console.paragraphs([f"unexplained rest: {shown(account.residual)}"], indent=6)


def cause_text(cause: ExplainedCause) -> str:
    """`EUR 12.00 too much, duplicate row: EUR 12.00 because rows 2 and 9 state the same [P: row 2 of list.csv …]`."""
    said = f"{_effect_text(cause.effect)}, {cause.kind.replace('_', ' ')}: {cause.note}"
    if not cause.rows:
        return said
    named = [_row_text(row) for row in cause.rows[:_ROWS_SHOWN]]
    more = len(cause.rows) - len(named)
    return f"{said} [{'; '.join(named)}{f'; and {more} more rows' if more else ''}]"


def _effect_text(effect: Quantity) -> str:
    if isinstance(effect, Money):
        return f"{shown(Money(abs(effect.minor), effect.currency))} {'too much' if effect.minor > 0 else 'too little'}"
    return f"{effect.lstrip('-')} {'too few' if effect.startswith('-') else 'too many'}"


def _is_nothing(residual: Quantity) -> bool:
    return residual == "0" if isinstance(residual, str) else residual.minor == 0


def _row_text(row: RowPlace) -> str:
    sheet = f"!{row.sheet}" if row.sheet else ""
    entered = f", entered with batch {row.batch}" if row.batch is not None else ""
    return f"{row.ref}: row {row.row} of {row.file}{sheet}{entered}"


def _beside(result: FigureResult) -> list[str]:
    """Other readings, relations that say something, and what changed since the last kept run."""
    said = []
    if len(result.readings) > 1:
        said.append("; ".join(f"as {each.of}: {shown(each.ledger)}, {each.verdict}" for each in result.readings))
    said += [f"It {each.said}." for each in result.related if each.kind != "parts"]
    said += [f"{each.said[0].upper()}{each.said[1:]}." for each in result.related if each.kind == "parts"]
    if result.since is not None and result.since.changed:
        said.append(f"Since run {result.since.run}: {result.since.said}.")
    return said


def _counted(result: FigureResult) -> str:
    return f"{result.verdict} and waived" if result.waived else str(result.verdict)


def interval(low: object, high: object, *, low_in: bool, high_in: bool) -> str:
    """`[5.25, 5.35)`, with … on an open side; empty where the figure gives no interval."""
    if low is None and high is None:
        return ""
    left = "…" if low is None else shown(low)
    right = "…" if high is None else shown(high)
    opening = "[" if low_in and low is not None else "("
    closing = "]" if high_in and high is not None else ")"
    return f"{opening}{left}, {right}{closing}"
