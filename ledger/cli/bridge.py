"""`euledger bridge`: from one state of the ledger to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ledger.cli import options
from ledger.cli.console import Column, Console
from ledger.cli.session import Session, UserError, pass_session

if TYPE_CHECKING:
    from ledger.actions.bridge import Bridge


@options.command("bridge")
@click.option("--from", "start", metavar="D", help="Where it starts: a batch, a date-time or (--by-value-date) a day.")
@click.option("--to", "end", metavar="D", help="Where it ends.  [default: now]")
@click.option("--by-value-date", is_flag=True, help="By when the money moved, instead of when the ledger learnt of it.")
@click.option(
    "--by", default="fund,country", show_default=True, metavar="KEY[,KEY]...", help="A bridge for each of these."
)
@click.option("--in", "currency", metavar="EUR", help="Convert into euro and show what the rates did.")
@options.stage
@options.basis
@options.output
@options.with_illustrative
@options.scope
@options.output_format
@pass_session
def bridge(
    session: Session,
    *,
    start: str | None,
    end: str | None,
    by_value_date: bool,
    by: str,
    currency: str | None,
    stage: str | None,
    basis: str | None,
    output: Path | None,
    with_illustrative: bool,
    fund: tuple[str, ...],
    country: tuple[str, ...],
) -> None:
    r"""Show how a total went from one state to another.

    Opening, what each batch added, corrected, withdrew or reverted, currency effect, closing; it adds up to the cent.

    \b
    Example: euledger bridge --from 3 --to 7
    Changes: nothing in the ledger; -o writes a file (xlsx or csv).
    """
    from ledger.actions import bridge as action

    clock: Literal["known", "value"] = "value" if by_value_date else "known"
    done = action.bridge(
        session.database_to_read(),
        start=start,
        end=end,
        clock=clock,
        by=[key.strip() for key in by.split(",") if key.strip()],
        stage=stage or "committed",
        basis=basis or "eu",
        funds=fund,
        countries=country,
        currency=currency,
        with_illustrative=with_illustrative,
    )
    if output is not None:
        try:
            action.write(done, output)
        except OSError as error:
            raise UserError(f"cannot write {output}: {error.strerror or error}.") from error
        session.finish(as_json(done), done.findings, lambda: session.console.talk(f"Written: {output}"))
    session.finish(as_json(done), done.findings, lambda: print_bridge(session.console, done))


def as_json(done: Bridge) -> dict[str, Any]:
    """The bridges by key and the totals, with their steps."""

    def spans(wanted: list[Any]) -> list[dict[str, Any]]:
        return [
            {
                "keys": span.keys,
                "price_basis": span.price_basis,
                "illustrative": span.is_illustrative,
                "opening": span.opening,
                "steps": [{"batch": s.batch, "kind": s.cause, "amount": s.amount} for s in span.steps],
                "closing": span.closing,
            }
            for span in wanted
        ]

    return {
        "by": done.by,
        "stage": done.stage,
        "basis": done.basis,
        "clock": done.clock,
        "from": done.start,
        "to": done.end,
        "rows": spans(done.spans),
        "totals": spans(done.totals),
        "filters": done.filters,
    }


def print_bridge(console: Console, done: Bridge) -> None:
    """A line a step; the keys stand on the opening of their bridge alone."""
    from ledger.actions import bridge as action
    from ledger.reporting import words

    columns = [
        *(Column(words.HEADINGS[name]) for name in done.by),
        Column("Step"),
        Column("Batch"),
        Column("Amount", is_number=True),
    ]
    rows: list[tuple[object, ...]] = []
    for span, step, batch, amount in action.lines(done):
        names = [str(span.keys.get(name, "all")) if step == "opening" else "" for name in done.by]
        marks = "" if span.price_basis == "current" else f", {words.prices(span.price_basis)}"
        marks += ", illustrative" if span.is_illustrative else ""
        what = "" if batch is None else f"{batch}: {done.files[batch]}"
        rows.append((*names, step + (marks if step == "opening" else ""), what, amount))
    console.table(columns, rows)
    if not rows:
        console.say("Nothing in the ledger answers to this question.")
    console.say(f"From {done.start} to {done.end}. {action.subject(done)}")
