"""`euledger reconcile`, and how verdicts are shown."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import click

from ledger.cli import options
from ledger.cli.console import Console, shown
from ledger.cli.session import Session, pass_session

if TYPE_CHECKING:
    from ledger.actions.reconcile import ReconcileResult


@options.command("reconcile")
@click.argument("figures", nargs=-1, metavar="[FIGURE]...")
@options.with_illustrative
@options.filters
@options.output_format
@pass_session
def reconcile(
    session: Session,
    *,
    figures: tuple[str, ...],
    with_illustrative: bool,
    as_of: date | None,
    known_at: str | None,
    fund: tuple[str, ...],
    country: tuple[str, ...],
) -> None:
    r"""Hold published figures against the ledger.

    Without a name, all of them. The verdict of each is met, met-warn, broken,
    within-ceiling, undecidable or external, with rule, interval and room.

    \b
    Example: euledger reconcile F19 --with-illustrative
    Changes: nothing.
    """
    from ledger.actions import reconcile as action

    done = action.reconcile(
        session.database_to_read(),
        list(figures),
        with_illustrative=with_illustrative,
        as_of=as_of,
        known_at=known_at,
        fund=fund,
        country=country,
    )
    session.finish(done.results, done.findings, lambda: print_verdicts(session.console, done))


def print_verdicts(console: Console, done: ReconcileResult) -> None:
    """A paragraph a figure: verdict, rule and interval; what was stated and recorded; why. Then how many of each."""
    for result in done.results:
        band = interval(result.low, result.high, low_in=result.low_inclusive, high_in=result.high_inclusive)
        mark = "ILLUSTRATIVE DATA COUNTED" if result.illustrative else ""
        console.say("  ".join(filter(None, (result.figure, str(result.verdict), result.rule, band, mark))))
        numbers = {
            "stated": result.stated,
            "ledger": result.ledger,
            "difference": result.difference,
            "room": result.room,
        }
        told = "; ".join(f"{name} {shown(value)}" for name, value in numbers.items() if value is not None)
        console.paragraphs([f'"{result.quote}"' if result.quote else "", told, result.reason], indent=4)
    counts = Counter(str(result.verdict) for result in done.results)
    if not done.results:
        return
    console.talk(f"{len(done.results)} figures: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items()))


def interval(low: object, high: object, *, low_in: bool, high_in: bool) -> str:
    """`[5.25, 5.35)`, with … on an open side; empty where the figure gives no interval."""
    if low is None and high is None:
        return ""
    left = "…" if low is None else shown(low)
    right = "…" if high is None else shown(high)
    opening = "[" if low_in and low is not None else "("
    closing = "]" if high_in and high is not None else ")"
    return f"{opening}{left}, {right}{closing}"
