"""`euledger db`: the tables of the ledger."""

from __future__ import annotations

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.exits import CLEAN, DATABASE
from ledger.cli.session import Session, pass_session


@options.group("db")
def db() -> None:
    r"""The database itself: upgrade, current, check, history.

    \b
    Example: euledger db current
    Changes: only upgrade changes the database.
    """


@db.command("upgrade")
@options.output_format
@pass_session
def upgrade(session: Session) -> None:
    r"""Bring the tables up to date, all steps or none.

    \b
    Example: euledger db upgrade
    Changes: the tables, never the meaning of what stands in them.
    """
    from ledger.actions import database as action

    before, after = action.upgrade(session.database())
    results = {"database": after.database, "revision_before": before.revision, "revision_after": after.revision}
    session.finish(
        results,
        [],
        lambda: session.console.say(f"{after.database}: schema {before.revision or 'none'}, now {after.revision}"),
    )


@db.command("current")
@options.output_format
@pass_session
def current(session: Session) -> None:
    r"""Which schema the database has, and which the program needs.

    \b
    Example: euledger db current
    Changes: nothing.
    """
    from ledger.actions import database as action

    state = action.current(session.database())
    advice = "up to date" if state.is_current else f"the program needs {state.newest}: euledger db upgrade"
    session.finish(
        {
            "database": state.database,
            "revision": state.revision,
            "newest": state.newest,
            "is_current": state.is_current,
        },
        [],
        lambda: session.console.say(f"{state.database}: schema {state.revision or 'none'}, {advice}"),
    )


@db.command("check")
@options.output_format
@pass_session
def check(session: Session) -> None:
    r"""Compare tables and triggers with what the program expects.

    Silent when they agree; ends with 4 when they do not.

    \b
    Example: euledger db check
    Changes: nothing.
    """
    from ledger.actions import database as action

    found = action.check(session.database())

    def text() -> None:
        for difference in found.differences:
            session.console.say(difference)

    session.finish(found, [], text, code=DATABASE if found.differences else CLEAN)


@db.command("history")
@options.output_format
@pass_session
def history(session: Session) -> None:
    r"""Every change of the schema, oldest first.

    \b
    Example: euledger db history
    Changes: nothing.
    """
    from ledger.actions import database as action

    steps = action.history()
    session.finish(
        [{"revision": revision, "purpose": purpose} for revision, purpose in steps],
        [],
        lambda: session.console.table([Column("revision"), Column("what it does")], steps),
    )
