"""What the roles may do on PostgreSQL: declared here once, granted by `apply`, held against the server by `catalogue`.

A role is a group without login, one for each ledger, so that two ledgers on one server share no rights. Grants say which
tables and columns a role touches; the policies of the schema say which rows. Nobody but the owner owns anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, text

from ledger.store.models import APPEND_ONLY, Base

ROLES = ("officer", "auditor", "planner")

#: Lists of codes and the schema's number: read by every role.
_COMMON = ("fund", "country", "country_group", "country_group_member", "theme", "earmark", "alembic_version")
#: What an auditor adds: samples and verdicts, in batches of their own, which are sealed like any other.
_SAMPLED = ("audit_sample", "audit_sample_item")
_AUDITED = ("batch", *_SAMPLED, "figure_run", "figure_run_result", "seal", "seal_hint")
#: Append-only tables to which no officer adds.
_NOT_BOOKED = ("membership", *_SAMPLED)
#: Tables whose numbers the program gives, not a sequence; the database checks or stamps those of batches and rows.
_NUMBERED = ("batch", "source_row", "audit_sample")
#: What a planner reads of each table beside the lists; None means every column. No evidence, and no column that may
#: name or find a person: beneficiaries, places, free text, and who booked.
_PLANNER: Mapping[str, tuple[str, ...] | None] = {
    "batch": ("id", "kind", "recorded_at", "as_of", "is_illustrative", "reverts_id"),
    "membership": None,
    "envelope": None,
    "envelope_version": None,
    "programme": None,
    "programme_version": (
        *("id", "programme_id", "batch_id", "is_withdrawn", "title", "fund_code", "country_code", "theme_code"),
        *("start_date", "end_date"),
    ),
    "project": None,
    "project_version": (
        *("id", "project_id", "batch_id", "is_withdrawn", "parent_id", "programme_id", "unit", "fund_code"),
        *("country_code", "theme_code", "title", "start_date", "end_date", "decision_date", "status", "eu_rate"),
        *("priority", "specific_objective", "intervention_type", "theme_text", "call", "year"),
    ),
    "project_split": None,
    "project_earmark": None,
    "coverage": None,
    "account": None,
    "transfer": (
        *("id", "batch_id", "debit_account_id", "credit_account_id", "amount_minor", "value_date", "rule"),
        "reverses_id",
    ),
    "balance": None,
    "published_figure": None,
    "published_figure_version": None,
    "rate": None,
    "rate_version": None,
}
#: What the policies on reading ask; what those on opening and sealing a batch ask beside it, and those on booking.
_READING = (
    *(
        "ledger_is_owner()",
        "ledger_standing()",
        "ledger_reach()",
        "ledger_sees_all()",
        "ledger_scope()",
        "ledger_own_batches()",
    ),
    *("ledger_inside_batches()", "ledger_touched_accounts()", "ledger_seen_envelopes()", "ledger_seen_programmes()"),
    *("ledger_seen_projects()", "ledger_seen_figures()"),
)
_OPENING = (
    *("ledger_fresh_batch()", "ledger_open_batch()", "ledger_follows(bigint, text)", "ledger_may_revert(bigint)"),
)
_WRITING = (
    *("ledger_row_base()", "ledger_may_cite(text)", "ledger_is_reversal(bigint, bigint, bigint, bigint)"),
    *(f"ledger_may_describe_{kind}(bigint)" for kind in ("envelope", "programme", "project")),
    "ledger_beyond(text, text, text[], boolean)",
)


def readable(role: str) -> dict[str, tuple[str, ...] | None]:
    """Table to the columns that a role reads (None: all); a table that is not there it cannot read."""
    found: dict[str, tuple[str, ...] | None] = dict.fromkeys(_COMMON)
    if role == "planner":
        return found | dict(_PLANNER)
    return found | dict.fromkeys(APPEND_ONLY) | {"balance": None}


def addable(role: str) -> dict[str, tuple[str, ...]]:
    """Table to the columns that a role gives when it adds a row; no role changes or deletes one."""
    booked = tuple(name for name in APPEND_ONLY if name not in _NOT_BOOKED)
    return {
        name: tuple(c.name for c in Base.metadata.tables[name].columns if c.name != "id" or name in _NUMBERED)
        for name in {"officer": booked, "auditor": _AUDITED}.get(role, ())
    }


def callable_functions(role: str) -> tuple[str, ...]:
    """The functions that a role may call."""
    return _READING + {"officer": (*_OPENING, *_WRITING), "auditor": _OPENING}.get(role, ())


def group(role: str, database: str) -> str:
    """The name of a role's group on the server: of this ledger's own, and short enough for PostgreSQL."""
    name = f"euledger_{role}_{database}"
    if len(name.encode()) <= 63:
        return name
    return f"euledger_{role}_{hashlib.sha256(database.encode()).hexdigest()[:32]}"


def groups(connection: Connection) -> dict[str, str]:
    """Role to the name of its group, for the database at hand."""
    database = str(connection.execute(text("SELECT current_database()")).scalar_one())
    return {role: group(role, database) for role in ROLES}


def apply(connection: Connection, *, create: bool = True) -> bool:
    """Make the groups, and give each exactly what is declared here; whatever else it had is taken away.

    PUBLIC loses the database, the schema and the functions. Without `create` nothing is done where no group is there
    yet; returns whether it was done.
    """
    named = groups(connection)
    present = set(
        connection.execute(
            text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"), {"names": [*named.values()]}
        )
        .scalars()
        .all()
    )
    if not (present or create):
        return False
    connection.exec_driver_sql("; ".join(_statements(connection, named, present)))
    return True


def _statements(connection: Connection, named: Mapping[str, str], present: Iterable[str]) -> Iterable[str]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    database, schema = (quote(n) for n in connection.execute(text("SELECT current_database(), current_schema()")).one())
    yield from (f"CREATE ROLE {quote(name)} NOLOGIN" for name in named.values() if name not in present)
    everybody = ", ".join(["PUBLIC", *(quote(name) for name in named.values())])
    yield f"REVOKE ALL ON DATABASE {database} FROM {everybody}"
    yield f"REVOKE ALL ON SCHEMA {schema} FROM {everybody}"
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        yield f"REVOKE ALL ON ALL {kind} IN SCHEMA {schema} FROM {everybody}"
    for role, name in named.items():
        group_ = quote(name)
        # An import stages its rows in temporary tables of its own.
        yield f"GRANT CONNECT{', TEMPORARY' if role == 'officer' else ''} ON DATABASE {database} TO {group_}"
        yield f"GRANT USAGE ON SCHEMA {schema} TO {group_}"
        for table, columns in readable(role).items():
            yield f"GRANT SELECT{_listed(columns, quote)} ON {table} TO {group_}"
        for table, columns in addable(role).items():
            yield f"GRANT INSERT{_listed(columns, quote)} ON {table} TO {group_}"
            if "id" in Base.metadata.tables[table].columns and table not in _NUMBERED:
                yield f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {group_}"
        yield f"GRANT EXECUTE ON FUNCTION {', '.join(callable_functions(role))} TO {group_}"


def _listed(columns: tuple[str, ...] | None, quote: object) -> str:
    assert callable(quote)
    return "" if columns is None else f" ({', '.join(quote(column) for column in columns)})"
