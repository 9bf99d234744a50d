"""Who may do what on a PostgreSQL server: give and take back roles, list them, and compare the server with what is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from ledger.actions.scope import UsageProblem, country_codes, fund_code
from ledger.domain.findings import Finding
from ledger.store import catalogue, members, schema, standing
from ledger.store.database import Connection, Database, DatabaseProblem
from ledger.store.members import Member, Pair

__all__ = ["Granted", "Member", "grant", "limit", "limited", "list_members", "revoke", "scope_text", "verify"]


@dataclass(frozen=True, slots=True)
class Granted:
    """What a login may do now; `made` says that the server did not know it before, so it has no password yet."""

    member: Member
    made: bool


def grant(
    database: Database,
    role: str,
    login: str,
    *,
    funds: Sequence[str] = (),
    countries: Sequence[str] = (),
    create: bool = False,
) -> Granted:
    """Give a login a role, for every one of the funds in every one of the countries (none named: all of them).

    Adds to what the login may do already. DatabaseProblem on SQLite, for anybody but the owner, and for a login that
    cannot be held to a role; UsageProblem for a fund or country that is none, and for an auditor with limits.
    """
    _on_a_server(database)
    if role == "auditor" and (funds or countries):
        raise UsageProblem("an auditor sees the whole ledger: --fund and --country are for officers and planners")
    schema.require_current(database)
    with database.write() as connection:
        pairs = _pairs(connection, funds, countries)
        made = members.grant(connection, role, login, pairs, create=create)
        member = members.find(connection, login)
    assert member is not None
    return Granted(member, made)


def revoke(database: Database, login: str) -> Member:
    """Take a login's role back, and return what it was; UsageProblem where it has none."""
    _on_a_server(database)
    schema.require_current(database)
    with database.write() as connection:
        before = members.revoke(connection, login)
        if before is None:
            connection.rollback()
            raise UsageProblem(f"{login} has no role here")
    return before


def list_members(database: Database, *, renew: bool = False) -> list[Member]:
    """Everybody who has a role, as far as the login at work may see; `renew` gives the list its effect on the server."""
    _on_a_server(database)
    schema.require_current(database)
    if renew:
        with database.write() as connection:
            members.apply(connection)
    with database.read() as connection:
        return members.listing(connection)


def verify(database: Database) -> list[Finding]:
    """How the server differs from what is meant: owners, grants, row security, policies, triggers, functions, members."""
    _on_a_server(database)
    schema.require_current(database)
    with database.read() as connection:
        standing.require_whole_view(connection, "the comparison of rights")
        return [Finding("rights-differ", line) for line in catalogue.differences(connection)]


def limit(connection: Connection) -> str | None:
    """What the login at work sees, for people, where it is not everything."""
    who = standing.of_session(connection)
    if who.sees_all:
        return None
    return f"{who.login} ({who.shown})"


def limited(limit_: str | None) -> list[Finding]:
    """The finding that says so."""
    return [] if limit_ is None else [Finding("rights-limited", f"only what this login sees is counted: {limit_}")]


def scope_text(scope: Iterable[Pair]) -> str:
    """Pairs of fund and country for people."""
    return standing.shown_scope(scope)


def _on_a_server(database: Database) -> None:
    if database.is_sqlite:
        raise DatabaseProblem(
            f"{database.shown} is a SQLite file, which has no users: who may read or write the file may do all of it. "
            "Changes leave traces there, but nobody is kept out; roles need a PostgreSQL server"
        )


def _pairs(connection: Connection, funds: Sequence[str], countries: Sequence[str]) -> list[Pair]:
    codes: list[str | None] = [fund_code(connection, fund) for fund in funds]
    places: list[str | None] = [code for country in countries for code in country_codes(connection, country)]
    return list(product(codes or [None], places or [None]))
