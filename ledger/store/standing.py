"""Who is at work, and how far that login sees and books: on PostgreSQL as its member list says, on SQLite everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from ledger.store.database import Database, DatabaseProblem

#: Stands in `batch_scope` and in texts for every fund, every country.
ANY = "*"


#: Kind of batch to the roles that add one, and what the others do not; every other kind is an officer's.
_WRITERS = {
    "sample": (("auditor",), "draws no samples"),
    "run": (("auditor", "officer"), "keeps no verdicts"),
}
#: Who is at work, and whether no rule holds them: the owner, and whoever passes row security. In the ledger's own
#: schema: a dry run has tables of the same names beside it.
_FREE = (
    "SELECT session_user::text AS login, coalesce((SELECT pg_has_role(current_user, c.relowner, 'USAGE') "
    "OR NOT row_security_active(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = current_schema() AND c.relname = 'batch'), true) AS is_free"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A login with its role (None: the owner, or the user of a SQLite file) and its scope, pairs of fund and country.

    None in a pair means every one; `sees_all` says that no row is hidden.
    """

    login: str = ""
    role: str | None = None
    scope: tuple[tuple[str | None, str | None], ...] = ((None, None),)
    sees_all: bool = True

    def covers(self, fund: str | None, country: str | None) -> bool:
        """Whether a fund and country (None: all of them) lie in the scope."""
        return any((f is None or f == fund) and (c is None or c == country) for f, c in self.scope)

    @property
    def shown(self) -> str:
        """What the login sees, for people: `AMIF · FR, BMVI · every country`."""
        scope = shown_scope(self.scope) or "nothing"
        return f"the published stages of {scope}" if self.role == "planner" else scope


#: Nobody is at work but who owns the ledger.
OWNER = Standing()


def shown_scope(scope: Iterable[tuple[str | None, str | None]]) -> str:
    """Pairs of fund and country for people."""
    if (None, None) in (pairs := tuple(scope)):
        return "every fund and country"
    return ", ".join(f"{fund or 'every fund'} · {country or 'every country'}" for fund, country in pairs)


def of_session(connection: Connection) -> Standing:
    """The standing of the login of this connection. A login without a role sees nothing."""
    if connection.dialect.name == "sqlite":
        return OWNER
    row = connection.execute(text(_FREE)).one()
    if row.is_free:
        return Standing(row.login)
    rows = connection.execute(
        text("SELECT role, fund_code, country_code FROM ledger_standing() ORDER BY 2 NULLS FIRST, 3 NULLS FIRST")
    ).all()
    role = rows[0][0] if rows else "nobody"
    scope = tuple((fund, country) for _, fund, country in rows)
    return Standing(row.login, role, scope, sees_all=role in ("officer", "auditor") and (None, None) in scope)


def refuse_readers(database: Database) -> None:
    """DatabaseProblem for a login that only reads, before anything is made ready for it."""
    if not database.is_sqlite:
        with database.read() as connection:
            require_writer(connection)


def require_writer(connection: Connection, kind: str = "import") -> Standing:
    """The standing of a login that opens batches of a kind; DatabaseProblem for one that does not."""
    standing = of_session(connection)
    roles, what = _WRITERS.get(kind, (("officer",), "books nothing"))
    if standing.role is not None and standing.role not in roles:
        role = roles[0]
        raise DatabaseProblem(
            f"{standing.login} is {_a(standing.role)} and {what}: that takes the role {role} "
            f"(euledger db grant {role} LOGIN, by who owns the ledger)"
        )
    return standing


def require_own(connection: Connection, number: int, actor: str) -> None:
    """DatabaseProblem for a login that may not undo a batch: somebody else booked it, or it reaches beyond the rights."""
    standing = require_writer(connection)
    if standing.role is None:
        return
    if standing.login != actor:
        raise DatabaseProblem(f"batch {number} was booked by {actor}: an officer undoes only their own")
    if not connection.execute(text("SELECT ledger_may_revert(:number)"), {"number": number}).scalar_one():
        raise DatabaseProblem(f"batch {number} reaches beyond what {standing.login} books now: {standing.shown}")


def require_owner(connection: Connection, what: str) -> Standing:
    """The owner's standing; DatabaseProblem for everybody else. `what` is what they wanted to do."""
    standing = of_session(connection)
    if standing.role is not None:
        raise DatabaseProblem(f"only who owns the ledger may {what}; {standing.login} is {_a(standing.role)}")
    return standing


def require_whole_view(connection: Connection, what: str) -> None:
    """DatabaseProblem for a login that sees a part of the ledger only: what looks at all of it would mislead there."""
    standing = of_session(connection)
    if not standing.sees_all:
        raise DatabaseProblem(
            f"{what} looks at the whole ledger, and {standing.login} sees only {standing.shown}: ask an auditor"
        )


def _a(role: str | None) -> str:
    return {"officer": "an officer", "auditor": "an auditor", "planner": "a planner"}.get(role or "", "without a role")
