"""`euledger db`: the tables of the ledger, and who may do what with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ledger.cli import options, rights
from ledger.cli.console import Column, shown
from ledger.cli.exits import CLEAN, DATABASE
from ledger.cli.session import Session, UserError, pass_session

if TYPE_CHECKING:
    from ledger.actions.copies import Copy


@options.group("db")
def db() -> None:
    r"""The database itself: upgrade, check, back up, restore, copy, rights.

    \b
    Example: euledger db current
    Changes: upgrade the tables, grant and revoke the rights; backup, restore
             and copy fill a new place.
    """


for _command in (rights.grant, rights.revoke, rights.grants):
    db.add_command(_command)


@db.command("upgrade")
@click.option(
    "--backup",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the backup goes. A SQLite ledger is backed up beside itself otherwise.",
)
@click.option("--no-backup", is_flag=True, help="Take no backup; there is one already.")
@options.output_format
@pass_session
def upgrade(session: Session, *, backup: Path | None, no_backup: bool) -> None:
    r"""Bring the tables up to date, all steps or none, after a backup.

    \b
    Example: euledger db upgrade
    Changes: the tables, never the meaning of what stands in them.
    """
    from ledger.actions import database as action

    if backup is not None and no_backup:
        raise UserError("--backup and --no-backup contradict each other")
    with session.console.progress() as progress:
        done = action.upgrade(session.database(), backup=backup, without_backup=no_backup, progress=progress)
    results = {
        "database": done.database,
        "revision_before": done.before,
        "revision_after": done.after,
        "backup": done.backup,
    }

    def text() -> None:
        if done.backup is not None:
            session.console.say(f"Backup before the upgrade: {done.backup}")
        session.console.say(f"{done.database}: schema {done.before or 'none'}, now {done.after}")

    session.finish(results, [], text)


@db.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@options.output_format
@pass_session
def backup(session: Session, *, file: Path, force: bool) -> None:
    r"""Write a backup of the ledger while others go on working with it.

    The backup of either database is a SQLite file that only you may read. It
    is itself a ledger: euledger --db FILE check, summary, why … work on it.

    \b
    Example: euledger db backup ledger-backup.db
    Changes: nothing in the ledger; FILE is there wholly or not at all.
    """
    from ledger.actions import copies

    with session.console.progress() as progress:
        done = copies.back_up(session.database_to_read(), file, force=force, progress=progress)
    _finish_copy(session, done, "Backup")


@db.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@options.output_format
@pass_session
def restore(session: Session, *, file: Path) -> None:
    r"""Fill an empty place from a backup, and test what came of it.

    The place is the ledger that --db names: a file that is not there, or a
    PostgreSQL database without tables. A backup that does not stand the test
    leaves nothing behind.

    \b
    Example: euledger db restore ledger-backup.db --db restored.db
    Changes: makes the ledger that --db names; touches none that is there.
    """
    from ledger.actions import copies

    with session.console.progress() as progress:
        done = copies.copy(session.database_at(str(file)), session.database(), progress=progress)
    _finish_copy(session, done, "Restored")


@db.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@options.output_format
@pass_session
def copy(session: Session, *, source: str, target: str) -> None:
    r"""Carry a ledger to an empty place, between SQLite and PostgreSQL too.

    FROM and TO are each URL or PATH as for --db. Every row keeps its number,
    and is read back and compared before the copy counts.

    \b
    Example: euledger db copy ledger.db postgresql://anna@server/ledger
    Changes: makes the ledger TO; FROM stays as it is.
    """
    from ledger.actions import copies

    with session.console.progress() as progress:
        done = copies.copy(session.database_at(source), session.database_at(target), progress=progress)
    _finish_copy(session, done, "Copy")


def _finish_copy(session: Session, done: Copy, what: str) -> NoReturn:
    results = {
        "source": done.source,
        "target": done.target,
        "revision": done.revision,
        "batch": done.batch,
        "recorded_at": done.recorded_at,
        "rows": done.rows,
        "tables": done.tables,
        "bytes": done.size,
        "kept": done.kept,
    }

    def text() -> None:
        if not done.kept:
            session.console.say(f"{done.target}: nothing was kept, for {done.source} does not verify")
            return
        size = "" if done.size is None else f", {shown(done.size)} bytes"
        until = f"up to batch {done.batch}" if done.batch else "no batch yet"
        session.console.say(f"{what}: {done.target}, {until}, {shown(done.rows)} rows{size}")
        if not done.is_current:
            session.console.talk(f"It has the older schema {done.revision}: euledger --db {done.target} db upgrade")

    session.finish(results, done.findings, text)


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
