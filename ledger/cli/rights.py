"""`euledger db grant`, `revoke` and `grants`: who may do what in a ledger on a PostgreSQL server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.session import Session, pass_session

if TYPE_CHECKING:
    from ledger.actions.rights import Member


@options.command("grant")
@click.argument("role", type=click.Choice(["officer", "auditor", "planner"]))
@click.argument("login")
@options.scope
@click.option("--create", is_flag=True, help="Make the login if the server has none. It gets no password here.")
@options.output_format
@pass_session
def grant(
    session: Session, *, role: str, login: str, fund: tuple[str, ...], country: tuple[str, ...], create: bool
) -> None:
    r"""Give a login of the PostgreSQL server a role in this ledger.

    An officer imports, and undoes what they imported. An auditor reads all of
    it. A planner reads sums and titles, but no evidence and no names. Without
    --fund and --country a role holds for all of them.

    \b
    Example: euledger db grant officer anna --fund AMIF --country FR
    Changes: the list of members, and what the server allows the login.
    """
    from ledger.actions import rights as action

    done = action.grant(session.database(), role, login, funds=fund, countries=country, create=create)
    results = {**_as_json(done.member), "made": done.made}

    def text() -> None:
        session.console.say(f"{login} is {role} for {action.scope_text(done.member.scope)}.")
        if done.made:
            session.console.talk(
                f"{login} is new on the server and has no password: set one in psql with \\password {login}"
            )

    session.finish(results, [], text)


@options.command("revoke")
@click.argument("login")
@options.output_format
@pass_session
def revoke(session: Session, *, login: str) -> None:
    r"""Take back whatever role a login has in this ledger.

    \b
    Example: euledger db revoke anna
    Changes: the list of members, and what the server allows the login. The
             login itself stays, and so does what it booked.
    """
    from ledger.actions import rights as action

    before = action.revoke(session.database(), login)
    session.finish(_as_json(before), [], lambda: session.console.say(f"{login} is no longer {before.role}."))


@options.command("grants")
@click.option("--verify", is_flag=True, help="Compare what the server allows with what is meant; silent if the same.")
@click.option("--renew", is_flag=True, help="Give the list its effect again: after a restore, or a change by hand.")
@options.output_format
@pass_session
def grants(session: Session, *, verify: bool, renew: bool) -> None:
    r"""Who has which role, for which funds and countries.

    \b
    Example: euledger db grants --verify
    Changes: nothing; --renew what the server allows, to match the list.
    """
    from ledger.actions import rights as action

    database = session.database()
    found = action.list_members(database, renew=renew)
    results = [_as_json(member) for member in found]
    if verify:
        session.finish(results, action.verify(database), _nothing, findings_are_data=True)
    columns = [Column("login"), Column("role"), Column("scope"), Column("batch", is_number=True), Column("granted by")]
    rows = [(m.login, m.role, action.scope_text(m.scope), str(m.batch), m.granted_by) for m in found]

    def text() -> None:
        session.console.table(columns, rows)
        if not rows:
            session.console.talk("Nobody but the owner works here. Give a role with: euledger db grant ROLE LOGIN")

    session.finish(results, [], text)


def _as_json(member: Member) -> dict[str, Any]:
    return {
        "login": member.login,
        "role": member.role,
        "scope": [{"fund": fund, "country": country} for fund, country in member.scope],
        "batch": member.batch,
        "granted_by": member.granted_by,
        "recorded_at": member.recorded_at,
    }


def _nothing() -> None:
    """The text of a comparison that found nothing: none."""
