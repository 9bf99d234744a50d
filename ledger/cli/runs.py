"""`euledger runs`: the verdicts of `reconcile` that were kept."""

from __future__ import annotations

import click

from ledger.cli import options
from ledger.cli.console import Column, clock, shown
from ledger.cli.session import Session, pass_session
from ledger.reporting.exact_json import plain


@options.group("runs")
def runs() -> None:
    r"""Kept verdicts of reconcile: list, show, compare.

    \b
    Example: euledger runs list
    Changes: nothing; runs are kept by euledger reconcile --keep.
    """


@runs.command("list")
@options.output_format
@pass_session
def list_(session: Session) -> None:
    r"""The runs, oldest first.

    \b
    Example: euledger runs list
    Changes: nothing.
    """
    from ledger.actions import runs as action

    found = action.list_runs(session.database_to_read())
    columns = [
        Column("run", is_number=True),
        Column("recorded (UTC)"),
        Column("by"),
        Column("figures", is_number=True),
        Column("known at batch", is_number=True),
        Column("asked"),
    ]
    lines = [
        (
            run.number,
            clock(run.recorded_at),
            run.actor,
            run.figures,
            str(run.known_at),
            ", ".join(f"{name} {shown(value)}" for name, value in run.question.items() if value),
        )
        for run in found
    ]

    def text() -> None:
        session.console.table(columns, lines)
        if not found:
            session.console.talk("No run was kept yet. Keep one with: euledger reconcile --keep")

    session.finish([_numbered(plain(run)) for run in found], [], text)


@runs.command("show")
@click.argument("run", type=int)
@options.output_format
@pass_session
def show(session: Session, *, run: int) -> None:
    r"""The verdicts of a run, and whether the ledger still gives them.

    \b
    Example: euledger runs show 3
    Changes: nothing.
    """
    from ledger.actions import runs as action

    view, findings = action.show_run(session.database_to_read(), run)
    results = None
    if view is not None:
        results = {**_numbered(plain(view.run)), "same": view.same, "verdicts": view.verdicts}

    def text() -> None:
        if view is not None:
            columns = [
                Column("figure"),
                Column("verdict"),
                Column("rule"),
                Column("stated", is_number=True),
                Column("ledger", is_number=True),
            ]
            session.console.table(columns, [(v.figure, v.verdict, v.rule, v.stated, v.ledger) for v in view.verdicts])
            told = "The ledger still gives these verdicts" if view.same else "The ledger gives other verdicts now"
            session.console.talk(f"{told} for batch {view.run.known_at}.")

    session.finish(results, findings, text)


@runs.command("compare")
@click.argument("runs", nargs=-1, type=int, metavar="[EARLIER] LATER")
@options.output_format
@pass_session
def compare(session: Session, *, runs: tuple[int, ...]) -> None:
    r"""What changed from one run to another: verdicts, amounts, figures.

    Without EARLIER, the last run before that asked the same.

    \b
    Example: euledger runs compare 2 3
    Changes: nothing.
    """
    from ledger.actions import runs as action

    if len(runs) not in (1, 2):
        raise click.UsageError("give one run, or two: the earlier and the later.")
    *earlier, later = runs
    done = action.compare_runs(session.database_to_read(), later, earlier[0] if earlier else None)
    results = {"earlier": done.earlier, "later": done.later, "alike": done.alike, "changes": done.changes}

    def text() -> None:
        columns = [Column("figure"), Column("before"), Column("after"), Column("what changed")]
        lines = [(c.figure, c.before, c.after, c.since.said if c.since else "in one run only") for c in done.changes]
        session.console.table(columns, lines)
        if done.later is not None:
            session.console.talk(
                f"From run {done.earlier} to run {done.later}: {len(done.changes)} changed, {done.alike} alike."
            )

    session.finish(results, done.findings, text)


def _numbered(fields: dict[str, object]) -> dict[str, object]:
    """A run with its number under the name that users type."""
    return {"run": fields.pop("number"), **fields}
