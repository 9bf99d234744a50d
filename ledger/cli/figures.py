"""`euledger figure`: the published figures on record, and those stated by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from ledger.cli import options
from ledger.cli.console import Column, shown
from ledger.cli.session import Session, pass_session
from ledger.domain.figures import EXTERNAL
from ledger.reporting.exact_json import plain

if TYPE_CHECKING:
    from ledger.actions.figures import FigureView

MEASURES = ("sum", "count", "share", "ratio", "output", "none")


@options.group("figure")
def figure() -> None:
    r"""Published figures: list, show, add; waive, waivers, unwaive.

    \b
    Example: euledger figure list
    Changes: add, waive and unwaive add a batch each; the others nothing.
    """


@figure.command("list")
@options.known_at
@options.output_format
@pass_session
def list_(session: Session, *, known_at: str | None) -> None:
    r"""The figures on record.

    \b
    Example: euledger figure list
    Changes: nothing.
    """
    from ledger.actions import figures

    found = figures.list_figures(session.database_to_read(), known_at)
    columns = [
        Column("figure"),
        Column("qualifier"),
        Column("value", is_number=True),
        Column("unit"),
        Column("measure"),
        Column("quote"),
    ]

    def text() -> None:
        session.console.table(columns, [(f.figure, f.qualifier, f.value, f.unit, f.measure, f.quote) for f in found])
        if not found:
            session.console.talk("No figure is on record. The shipped ones come with: euledger init")

    session.finish(found, [], text)


@figure.command("show")
@click.argument("figure_ref", metavar="FIGURE")
@options.output_format
@pass_session
def show(session: Session, *, figure_ref: str) -> None:
    r"""One figure with its wording, scope, rule and source.

    \b
    Example: euledger figure show F19
    Changes: nothing.
    """
    from ledger.actions import figures

    found = figures.show_figure(session.database_to_read(), figure_ref)
    session.finish(found.figure, found.findings, lambda: session.console.record(_fields(found.figure)))


def _stated(function: Any) -> Any:
    """The options that say what a figure states and what it speaks of."""
    for option in (
        click.option("--external", is_flag=True, help="It rests on data that no ledger of Union funding holds."),
        click.option("--target", is_flag=True, help="It is a target: never broken, only reached or not."),
        click.option("--not-additive", multiple=True, metavar="FIGURE", help="It overlaps this figure. Repeatable."),
        click.option(
            "--same-set", multiple=True, metavar="FIGURE", help="Both speak of the same projects. Repeatable."
        ),
        click.option("--part-of", multiple=True, metavar="FIGURE", help="It lies inside this figure. Repeatable."),
        click.option(
            "--share-of", metavar="FIGURE|ENVELOPE", help=f"The whole of a share; {EXTERNAL} for none of ours."
        ),
        click.option("--counting-unit", metavar="UNIT", help="What a count counts: decision, contract, operation …"),
        click.option("--programme", metavar="REF", help="The programme or project that it states."),
        click.option("--envelope", metavar="REF", help="The envelope that it states."),
        options.as_of,
        click.option("--period-end", type=options.Day(), help="The last day of its period."),
        click.option("--period-start", type=options.Day(), help="The first day of its period."),
        click.option("--note", help="A remark."),
        click.option("--page", help="Where in the document."),
        click.option("--source", help="The document."),
        click.option("--theme", multiple=True, metavar="CODE", help="A theme that it speaks of. Repeatable."),
        click.option("--earmark", metavar="CODE", help="The earmark that it speaks of."),
        options.scope,
        options.basis,
        options.stage,
        click.option("--rule", metavar="R-…", help="The rule, where the wording's own is not the one to use."),
        click.option("--measure", type=click.Choice(MEASURES), help="What the number is. Else as quoted."),
        click.option("--unit", help="Its unit: EUR, EUR million, projects, %. Else as quoted."),
        click.option("--value", metavar="NUMBER", help="The number, where the quotation does not decide it."),
        click.option("--qualifier", metavar="WORD", help="The word that bounds it. Else as quoted."),
        click.option("--quote", metavar="TEXT", help="The words of the source, exactly."),
    ):
        function = option(function)
    return function


@figure.command("add")
@click.argument("figure_ref", metavar="FIGURE")
@_stated
@click.option("--again", is_flag=True, help="Let it take the place of the figure of this name.")
@options.dry_run
@options.output_format
@pass_session
def add(
    session: Session,
    /,
    *,
    figure_ref: str,
    again: bool,
    dry_run: bool,
    fund: tuple[str, ...],
    country: tuple[str, ...],
    theme: tuple[str, ...],
    as_of: date | None,
    **said: Any,
) -> None:
    r"""State a figure in one line.

    Value, wording and unit are read out of the quotation. Where it can be read
    in two ways, both are shown and nothing is kept.

    \b
    Example: euledger figure add F200 --quote "some EUR 5.3 billion" \
             --fund NDICI-GE --stage committed
    Changes: adds a batch with this figure; undo with euledger imports revert.
    """
    from ledger.actions import figure_add

    new = figure_add.NewFigure(figure_ref, funds=fund, countries=country, themes=theme, as_of=as_of, **said)
    done = figure_add.add_figure(session.database(), new, again=again, dry_run=dry_run)
    results = None if done.figure is None else {**plain(done.figure), "state": done.state, "batch": done.batch}

    def text() -> None:
        if done.figure is None:
            return
        session.console.record(_fields(done.figure))
        told = "as it stands already" if done.batch is None else f"with batch {done.batch}"
        session.console.talk(f"Figure {done.figure.figure}: {done.state}, {told}.")
        if dry_run:
            session.console.talk("Dry run: nothing was kept.")

    session.finish(results, done.findings, text)


@figure.command("waive")
@click.argument("figure_ref", metavar="FIGURE")
@click.option("--amount", required=True, metavar="AMOUNT", help="The difference to accept, to the cent.")
@click.option("--reason", required=True, help="Why it is accepted.")
@click.option("--evidence", required=True, metavar="TEXT|FILE", help="What proves the reason; a file is kept.")
@click.option("--until", required=True, type=options.Day(), help="The last day on which it is accepted.")
@options.with_illustrative
@options.dry_run
@options.output_format
@pass_session
def waive(session: Session, /, *, figure_ref: str, dry_run: bool, **said: Any) -> None:
    r"""Accept the difference of a broken figure until a day.

    Exactly this difference: once it moves by a cent, or the day has passed,
    the figure counts as broken again.

    \b
    Example: euledger figure waive F20 --amount -1200.00 --reason "late entry" \
             --evidence minutes.pdf --until 2026-12-31
    Changes: adds a batch with the waiver and its evidence.
    """
    from ledger.actions import waivers

    done = waivers.waive(session.database(), figure_ref, dry_run=dry_run, **said)

    def text() -> None:
        if done.waiver is not None:
            kept = done.waiver
            session.console.say(
                f"Waiver {kept.waiver}: {shown(kept.amount)} of {done.figure} is accepted until {kept.until}, "
                f"with batch {done.batch}."
            )
            if dry_run:
                session.console.talk("Dry run: nothing was kept.")

    results = None if done.waiver is None else {"figure": done.figure, **plain(done.waiver)}
    session.finish(results, done.findings, text)


@figure.command("waivers")
@click.argument("figures", nargs=-1, metavar="[FIGURE]...")
@options.with_illustrative
@options.output_format
@pass_session
def waivers_(session: Session, *, figures: tuple[str, ...], with_illustrative: bool) -> None:
    r"""The waivers, and what each does today.

    holds, ended (its day has passed), moved (the difference is another one
    now), idle (the figure is not broken), withdrawn.

    \b
    Example: euledger figure waivers
    Changes: nothing.
    """
    from ledger.actions import waivers

    found, findings = waivers.list_waivers(session.database_to_read(), figures, with_illustrative=with_illustrative)
    columns = [
        Column("waiver", is_number=True),
        Column("figure"),
        Column("amount", is_number=True),
        Column("until"),
        Column("state"),
        Column("reason"),
        Column("evidence"),
        Column("by"),
    ]
    lines = [
        (w.waiver, line.figure, w.amount, w.until, w.state, line.withdrawn_why or w.reason, w.evidence, w.actor)
        for line in found
        for w in (line.waiver,)
    ]
    results = [{"figure": line.figure, **plain(line.waiver), "withdrawn_by": line.withdrawn_by} for line in found]
    session.finish(results, findings, lambda: session.console.table(columns, lines))


@figure.command("unwaive")
@click.argument("waiver", type=int)
@click.option("--reason", required=True, help="Why it is taken back.")
@options.dry_run
@options.output_format
@pass_session
def unwaive(session: Session, *, waiver: int, reason: str, dry_run: bool) -> None:
    r"""Take a waiver back: its difference counts again.

    \b
    Example: euledger figure unwaive 3 --reason "the late entry was booked"
    Changes: adds a batch that takes the waiver's batch back.
    """
    from ledger.actions import waivers

    done = waivers.withdraw(session.database(), waiver, reason=reason, dry_run=dry_run)

    def text() -> None:
        if done.batch is not None:
            session.console.say(f"Waiver {waiver} of {done.figure} is withdrawn with batch {done.batch}.")
            if dry_run:
                session.console.talk("Dry run: nothing was kept.")

    results = None if done.batch is None else {"waiver": waiver, "figure": done.figure, "batch": done.batch}
    session.finish(results, done.findings, text)


def _fields(found: FigureView | None) -> dict[str, object]:
    """A figure line by line; its amount as people read it."""
    if found is None:
        return {}
    amounts = ("stated", "low", "high", "ledger", "room")
    fields = {**plain(found), **{name: getattr(found, name) for name in amounts}}
    fields["related"] = [f"{each.kind} {each.figure}: {each.said}" for each in found.related]
    return fields
