"""`euledger figure`: the published figures on record."""

from __future__ import annotations

import click

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.session import Session, pass_session
from ledger.reporting.exact_json import plain


@options.group("figure")
def figure() -> None:
    r"""Published figures: list, show.

    \b
    Example: euledger figure list
    Changes: nothing.
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
    fields = plain(found.figure) or {}
    if found.figure is not None:
        fields["stated"] = found.figure.stated
    session.finish(found.figure, found.findings, lambda: session.console.record(fields))
