"""`euledger db`: the tables of the ledger."""

from __future__ import annotations

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.exits import CLEAN, DATABASE
from ledger.cli.session import Session, pass_session


@options.group("db")
def db() -> None:
    """The database itself: upgrade, current, check, history.

    \b
    Example: euledger db current
    Changes: only upgrade changes the database.
    """


@db.command("upgrade")
@options.output_format
@pass_session
def upgrade(session: Session) -> None:
    """Bring the tables up to date, all steps or none.

    \b
    Example: euledger db upgrade
    Changes: the tables, never the meaning of what stands in them.
    """
    from ledger.actions import database as action

    database = session.database()
    before, after = action.upgrade(database)
    session.finish({"database": database.shown, "revision_before": before, "revision_after": after}, [],
                   lambda: session.console.say(f"{database.shown}: schema {before or 'none'} → {after}"))


@db.command("current")
@options.output_format
@pass_session
def current(session: Session) -> None:
    """Which schema the database has, and which the program needs.

    \b
    Example: euledger db current
    Changes: nothing.
    """
    from ledger.actions import database as action

    database = session.database()
    now, newest = action.current(database)
    advice = "up to date" if now == newest else f"the program needs {newest}: euledger db upgrade"
    session.finish({"database": database.shown, "revision": now, "head": newest}, [],
                   lambda: session.console.say(f"{database.shown}: schema {now or 'none'}, {advice}"))


@db.command("check")
@options.output_format
@pass_session
def check(session: Session) -> None:
    """Compare tables and triggers with what the program expects.

    Silent when they agree; ends with 4 when they do not.

    \b
    Example: euledger db check
    Changes: nothing.
    """
    from ledger.actions import database as action

    differences = action.check(session.database())

    def text() -> None:
        for difference in differences:
            session.console.say(difference)

    session.finish(differences, [], text, code=DATABASE if differences else CLEAN)


@db.command("history")
@options.output_format
@pass_session
def history(session: Session) -> None:
    """Every change of the schema, oldest first.

    \b
    Example: euledger db history
    Changes: nothing.
    """
    from ledger.actions import database as action

    steps = action.history()
    session.finish([{"revision": revision, "purpose": purpose} for revision, purpose in steps], [],
                   lambda: session.console.table([Column("revision"), Column("what it does")], steps))
