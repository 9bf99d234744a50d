"""Logins and their roles: kept in the ledger, one batch for each change, and given effect on the PostgreSQL server.

Passwords never pass through here: a login that is made has none until its person, or the server's keeper, sets one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from ledger.store import batches, rights
from ledger.store.database import DatabaseProblem
from ledger.store.standing import require_owner, shown_scope

#: Fund and country; None is every one.
Pair = tuple[str | None, str | None]

_STANDING = (
    "SELECT m.login, m.role, m.fund_code, m.country_code, b.id AS batch, b.actor, b.recorded_at "
    "FROM membership m JOIN batch b ON b.id = m.batch_id WHERE NOT m.is_withdrawn "
    "AND m.batch_id = (SELECT max(w.batch_id) FROM membership w WHERE w.login = m.login) "
    "ORDER BY m.login, m.fund_code NULLS FIRST, m.country_code NULLS FIRST"
)


@dataclass(frozen=True, slots=True)
class Member:
    """A login with its role and scope, and the batch that says so."""

    login: str
    role: str
    scope: tuple[Pair, ...]
    batch: int
    granted_by: str
    recorded_at: str


def listing(connection: Connection) -> list[Member]:
    """Everybody who has a role, by login."""
    found: dict[str, Member] = {}
    for row in connection.execute(text(_STANDING)).mappings():
        pair = (row["fund_code"], row["country_code"])
        known = found.get(row["login"])
        scope = (*known.scope, pair) if known else (pair,)
        found[row["login"]] = Member(
            row["login"], row["role"], scope, int(row["batch"]), row["actor"], row["recorded_at"]
        )
    return list(found.values())


def find(connection: Connection, login: str) -> Member | None:
    """The member of this login, if it has a role."""
    return next((member for member in listing(connection) if member.login == login), None)


def grant(connection: Connection, role: str, login: str, scope: Iterable[Pair], *, create: bool) -> bool:
    """Add to what a login may do, and see to it on the server; returns whether the login was made for it.

    Nothing is recorded where the ledger says it already. DatabaseProblem for anybody but the owner, and for a login
    that cannot be held to a role: one that is not there (unless `create`), has another role here, or is above all rules.
    """
    require_owner(connection, "give rights")
    made = _ready(connection, login, create=create)
    known = find(connection, login)
    if known is not None and known.role != role:
        raise DatabaseProblem(
            f"{login} is {known.role} already, and a login has one role: use another login, "
            f"or take this one back first with euledger db revoke {login}"
        )
    before = known.scope if known else ()
    after = _smallest(dict.fromkeys([*before, *scope]))
    if set(after) != set(before):
        batch = batches.open_batch(connection, "grant", note=f"{login} is {role} for {shown_scope(after)}")
        _record(connection, batch, login, role, after)
    rights.apply(connection)
    _set_membership(connection)
    return made


def revoke(connection: Connection, login: str) -> Member | None:
    """Take a login's role back; returns what it was, or None where there was none. The login itself stays."""
    require_owner(connection, "take rights back")
    known = find(connection, login)
    if known is None:
        return None
    batch = batches.open_batch(connection, "grant", note=f"{login} is {known.role} no more")
    _record(connection, batch, login, known.role, [(None, None)], withdrawn=True)
    _set_membership(connection)
    return known


def apply(connection: Connection) -> None:
    """Give effect to the whole list on the server: after a restore or a move, and for tables that an upgrade made."""
    require_owner(connection, "give rights")
    rights.apply(connection)
    _set_membership(connection)


def _ready(connection: Connection, login: str, *, create: bool) -> bool:
    """See that there is a login that can be held to a role; returns whether it was made."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    row = connection.execute(
        text(
            "SELECT r.rolcanlogin, r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR pg_has_role(r.oid, c.relowner, "
            "'MEMBER') FROM pg_roles r, pg_class c WHERE r.rolname = :login AND c.oid = to_regclass('batch')"
        ),
        {"login": login},
    ).first()
    if row is None:
        if not create:
            raise DatabaseProblem(f"the server has no login {login}. Add --create to make it, without a password")
        connection.exec_driver_sql(f"CREATE ROLE {quote(login)} LOGIN")
        return True
    if not row[0]:
        raise DatabaseProblem(f"{login} is a group of the server and nobody's login")
    if row[1]:
        raise DatabaseProblem(
            f"{login} owns the ledger, is a superuser or may make roles: no role here would hold it. Use another login"
        )
    return False


def _record(
    connection: Connection, batch: int, login: str, role: str, scope: Iterable[Pair], *, withdrawn: bool = False
) -> None:
    connection.execute(
        text(
            "INSERT INTO membership (batch_id, login, role, fund_code, country_code, is_withdrawn) "
            "VALUES (:batch, :login, :role, :fund, :country, :withdrawn)"
        ),
        [
            {"batch": batch, "login": login, "role": role, "fund": f, "country": c, "withdrawn": withdrawn}
            for f, c in scope
        ],
    )


def _smallest(scope: Iterable[Pair]) -> list[Pair]:
    """The pairs without those that another one holds already."""
    pairs = list(scope)

    def held(pair: Pair, by: Pair) -> bool:
        return by != pair and all(wide is None or wide == narrow for wide, narrow in zip(by, pair, strict=True))

    return [pair for pair in pairs if not any(held(pair, other) for other in pairs)]


def _set_membership(connection: Connection) -> None:
    """Put each login into the group of its role, and nobody else into any of them."""
    for statement in list(_membership(connection)):
        connection.exec_driver_sql(statement)


def _membership(connection: Connection) -> Iterator[str]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    named = rights.groups(connection)
    present = connection.execute(
        text(
            "SELECT g.rolname, u.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid "
            "JOIN pg_roles u ON u.oid = m.member WHERE g.rolname = ANY(:names) AND u.rolname <> current_user"
        ),
        {"names": [*named.values()]},
    )
    there = {(str(group), str(login)) for group, login in present}
    logins = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    meant = {(named[m.role], m.login) for m in listing(connection) if m.login in logins}
    yield from (f"REVOKE {quote(group)} FROM {quote(login)}" for group, login in sorted(there - meant))
    # Since version 16 a member need not be able to become its group; what it may do it inherits.
    number = int(connection.execute(text("SELECT current_setting('server_version_num')")).scalar_one())
    how = " WITH INHERIT TRUE, SET FALSE" if number >= 160000 else ""
    yield from (f"GRANT {quote(group)} TO {quote(login)}{how}" for group, login in sorted(meant - there))
