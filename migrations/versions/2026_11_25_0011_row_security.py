"""PostgreSQL: row security by fund and country, stamps on batches, and balances that follow from the transfers by themselves.

Phase: expand. Programs before this revision would add to balances that the database keeps by itself from here on, so the
upgrade is done when everybody has the new program.

Revision ID: 0011
Revises: 0010
"""

# A ledger is never downgraded (restore the backup taken before the upgrade), so there is no downgrade().
# Revisions import only alembic and sqlalchemy, never ledger: the program moves on, history does not.

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

HOLDERS = ("envelope", "programme", "project")


def _scope(prefix: str = "") -> str:
    return f"({prefix}fund_code, {prefix}country_code) IN (SELECT s.fund_code, s.country_code FROM ledger_scope() s)"


def _wide(prefix: str = "") -> str:
    """What a fund allots to no single country: every officer of the fund draws on it."""
    return f"""{prefix}fund_code IN (SELECT s.fund_code FROM ledger_scope() s)
        AND {prefix}country_code IN (SELECT k.code FROM country k WHERE k.kind <> 'country')"""


def _beyond(alias: str) -> str:
    """Quicker than the above for single rows."""
    return f"""NOT EXISTS (SELECT 1 FROM ledger_standing() s
        WHERE (s.fund_code IS NULL OR s.fund_code = {alias}.fund_code)
        AND (s.country_code IS NULL OR s.country_code = {alias}.country_code))"""


def _fresh(alias: str) -> str:
    """A row of this very transaction, savepoints included: it is visible although its transaction is not finished."""
    return f"""pg_xact_status(greatest(pg_current_xact_id()::text::bigint - age({alias}.xmin), 3)::text::xid8)
        = 'in progress'"""


def _newest(alias: str, kind: str) -> str:
    return f"{alias}.id = (SELECT max(w.id) FROM {kind}_version w WHERE w.{kind}_id = {alias}.{kind}_id)"


# --- what the policies ask ---------------------------------------------------------------------------------------
# (name and arguments, what it returns, whether it runs with the owner's rights, SQL). Each has its search path pinned,
# and only what must see more than its caller may runs as the owner. session_user is the login: neither SET ROLE nor any
# setting changes it. Policies ask functions, not each other's tables: PostgreSQL takes tables that ask each other for
# an endless round.
FUNCTIONS: list[tuple[str, str, bool, str]] = [
    (
        "ledger_is_owner()",
        "boolean",
        False,
        "SELECT pg_has_role(current_user, c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = 'batch'::regclass",
    ),
    # What the newest batch that speaks of this login says of it; null means every fund, every country.
    (
        "ledger_standing()",
        "TABLE (role text, fund_code text, country_code text)",
        True,
        """SELECT m.role, m.fund_code, m.country_code FROM membership m
        WHERE m.login = session_user::text AND NOT m.is_withdrawn
        AND m.batch_id = (SELECT max(w.batch_id) FROM membership w WHERE w.login = session_user::text)""",
    ),
    # all: every row. some: an officer's own funds and countries. published: a planner's. none: nothing.
    (
        "ledger_reach()",
        "text",
        True,
        """SELECT CASE WHEN bool_or(s.role = 'auditor') THEN 'all'
        WHEN bool_or(s.role = 'officer' AND s.fund_code IS NULL AND s.country_code IS NULL) THEN 'all'
        WHEN bool_or(s.role = 'officer') THEN 'some'
        WHEN bool_or(s.role = 'planner') THEN 'published'
        ELSE 'none' END FROM ledger_standing() s""",
    ),
    # Asked first in every policy: what runs as the owner must not come back to itself.
    ("ledger_sees_all()", "boolean", False, "SELECT ledger_is_owner() OR ledger_reach() = 'all'"),
    # Every pair of fund and country that the login's standing means.
    (
        "ledger_scope()",
        "TABLE (fund_code text, country_code text)",
        True,
        """SELECT DISTINCT f.code::text, c.code::text FROM ledger_standing() s
        JOIN fund f ON s.fund_code IS NULL OR f.code = s.fund_code
        JOIN country c ON s.country_code IS NULL OR c.code = s.country_code""",
    ),
    ("ledger_own_batches()", "SETOF bigint", True, "SELECT b.id FROM batch b WHERE b.actor = session_user::text"),
    # Batches whose file states nothing beyond an officer's scope.
    (
        "ledger_inside_batches()",
        "SETOF bigint",
        True,
        f"""SELECT b.batch_id FROM batch_scope b WHERE ledger_reach() = 'some'
        GROUP BY b.batch_id HAVING NOT bool_or({_beyond("b")})""",
    ),
    # The accounts whose money an officer or planner sees. What beneficiaries declare is not published.
    (
        "ledger_touched_accounts()",
        "SETOF bigint",
        True,
        f"""SELECT x.id FROM account x WHERE x.stage <> 'outside' AND {_scope("x.")}
        AND (x.stage <> 'declared' OR ledger_reach() <> 'published')""",
    ),
    (
        "ledger_seen_envelopes()",
        "SETOF bigint",
        True,
        f"SELECT v.envelope_id FROM envelope_version v WHERE {_scope('v.')} OR {_wide('v.')}",
    ),
    # A programme of which only the name is known belongs to no fund yet.
    (
        "ledger_seen_programmes()",
        "SETOF bigint",
        True,
        f"""SELECT v.programme_id FROM programme_version v WHERE {_scope("v.")} OR {_wide("v.")}
        UNION SELECT p.id FROM programme p
        WHERE NOT EXISTS (SELECT 1 FROM programme_version v WHERE v.programme_id = p.id)""",
    ),
    (
        "ledger_seen_projects()",
        "SETOF bigint",
        True,
        f"""SELECT v.project_id FROM project_version v WHERE {_scope("v.")}
        UNION SELECT x.project_id FROM account x WHERE x.project_id IS NOT NULL AND {_scope("x.")}""",
    ),
    (
        "ledger_seen_figures()",
        "SETOF bigint",
        True,
        """SELECT v.figure_id FROM published_figure_version v WHERE v.origin = 'stated'
        OR v.batch_id IN (SELECT ledger_own_batches()) OR v.batch_id IN (SELECT ledger_inside_batches())""",
    ),
    # The batch that this very transaction opened, and the same until it is sealed: rows come into no other.
    (
        "ledger_fresh_batch()",
        "bigint",
        False,
        f"""SELECT b.id FROM batch b WHERE b.id = (SELECT max(c.id) FROM batch c)
        AND b.actor = session_user::text AND {_fresh("b")}""",
    ),
    (
        "ledger_open_batch()",
        "bigint",
        False,
        """SELECT b.id FROM ledger_fresh_batch() b(id) WHERE b.id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM seal s WHERE s.batch_id >= b.id)""",
    ),
    # Whether a new seal goes on where the last one ended.
    (
        "ledger_follows(first bigint, previous text)",
        "boolean",
        False,
        """SELECT first = coalesce(max(s.batch_id), 0) + 1 AND previous = coalesce(
        (SELECT z.hash FROM seal z ORDER BY z.batch_id DESC LIMIT 1), repeat('0', 64)) FROM seal s""",
    ),
    # Whether nothing of a record lies beyond the scope: neither money, nor what was last said of it.
    *(
        (
            f"ledger_may_describe_{kind}(holder bigint)",
            "boolean",
            True,
            f"""SELECT NOT EXISTS (SELECT 1 FROM account x JOIN balance b ON b.account_id = x.id
            WHERE x.{kind}_id = holder AND (b.to_date_minor <> 0 OR b.passed_on_minor <> 0) AND {_beyond("x")})
            AND NOT EXISTS (SELECT 1 FROM {kind}_version v
            WHERE v.{kind}_id = holder AND {_newest("v", kind)} AND {_beyond("v")})""",
        )
        for kind in HOLDERS
    ),
    # Whether a transfer is the exact counterpart of the one that it reverses.
    (
        "ledger_is_reversal(original bigint, debit bigint, credit bigint, minor bigint)",
        "boolean",
        True,
        """SELECT EXISTS (SELECT 1 FROM transfer t WHERE t.id = original AND t.debit_account_id = credit
        AND t.credit_account_id = debit AND t.amount_minor = minor AND t.reverses_id IS NULL)""",
    ),
    # Whether a file may be named as evidence: its bytes came with this transaction, or the login sees them anyway.
    # Else whoever knows the SHA-256 of somebody's file could read it.
    (
        "ledger_may_cite(digest text)",
        "boolean",
        True,
        f"""SELECT ledger_reach() = 'all'
        OR EXISTS (SELECT 1 FROM source_content c WHERE c.sha256 = digest AND {_fresh("c")})
        OR EXISTS (SELECT 1 FROM source_file f WHERE f.sha256 = digest
        AND (f.batch_id IN (SELECT ledger_own_batches()) OR f.batch_id IN (SELECT ledger_inside_batches())))""",
    ),
    # A batch is undone by who booked it, and only while all that its file states lies within the scope.
    (
        "ledger_may_revert(undone bigint)",
        "boolean",
        True,
        """SELECT undone IN (SELECT ledger_own_batches())
        AND (ledger_reach() = 'all' OR undone IN (SELECT ledger_inside_batches()))""",
    ),
    # The rows of files are numbered on from here, those that the login does not see included.
    ("ledger_row_base()", "bigint", True, "SELECT coalesce(max(r.id), 0) FROM source_row r"),
    # Of the records that a list names (or describes): those that exist beyond the login's scope. It answers for exactly
    # the references that it is given, so that a list is refused with the row's number instead of being half understood.
    (
        "ledger_beyond(kind text, namespace text, refs text[], described boolean)",
        "SETOF text",
        True,
        "SELECT r.ref FROM unnest(refs) r(ref) WHERE "
        + " OR ".join(
            f"""(kind = '{kind}' AND EXISTS (SELECT 1 FROM {kind} h WHERE h.ref = r.ref{own} AND CASE
            WHEN described THEN NOT ledger_may_describe_{kind}(h.id)
            ELSE EXISTS (SELECT 1 FROM {kind}_version v JOIN country k ON k.code = v.country_code
            WHERE v.{kind}_id = h.id AND {_newest("v", kind)} AND NOT EXISTS (SELECT 1 FROM ledger_standing() s
            WHERE (s.fund_code IS NULL OR s.fund_code = v.fund_code)
            AND (s.country_code IS NULL OR s.country_code = v.country_code{wide}))) END))"""
            for kind, own, wide in (
                ("envelope", "", " OR k.kind <> 'country'"),
                ("programme", " AND h.source = namespace", " OR k.kind <> 'country'"),
                ("project", " AND h.source = namespace", ""),
            )
        ),
    ),
]

# --- row security: table to (who reads a row, who adds one); the owner does both ---------------------------------
_ALL = "(SELECT ledger_sees_all())"
_OPEN = "batch_id = (SELECT ledger_open_batch())"
_OWN = "batch_id IN (SELECT ledger_own_batches())"
_EVIDENCE = f"{_OWN} OR batch_id IN (SELECT ledger_inside_batches())"
_TOUCHED = "SELECT ledger_touched_accounts()"
_EITHER = f"debit_account_id IN ({_TOUCHED}) OR credit_account_id IN ({_TOUCHED})"


def _links(*columns: tuple[str, str]) -> str:
    """Whatever a row names must be there for the login."""
    return " AND ".join(f"({column} IS NULL OR {column} IN (SELECT h.id FROM {table} h))" for column, table in columns)


def _version(kind: str, *links: tuple[str, str]) -> str:
    mine = f"{_OPEN} AND ({_ALL} OR {_scope()} AND ledger_may_describe_{kind}({kind}_id))"
    return f"{mine} AND {_links(*links)}" if links else mine


def _of(column: str, table: str) -> str:
    return f"{_ALL} OR {column} IN (SELECT p.id FROM {table} p)"


def _of_open(column: str, table: str) -> str:
    return f"{column} IN (SELECT p.id FROM {table} p WHERE p.{_OPEN})"


POLICIES: dict[str, tuple[str, str | None]] = {
    # The heads of all batches are everybody's: they number, date and chain what the others hold.
    "batch": (
        "true",
        """actor = session_user::text AND (reverts_id IS NULL OR ledger_may_revert(reverts_id))
        AND EXISTS (SELECT 1 FROM ledger_standing() s
        WHERE s.role = 'officer' AND kind IN ('import', 'revert', 'figure', 'waiver')
        OR s.role = 'auditor' AND kind = 'sample')""",
    ),
    "batch_scope": (f"{_ALL} OR {_OWN}", _OPEN),
    "membership": (f"{_ALL} OR login = session_user::text", None),
    "source_content": (
        f"{_ALL} OR sha256 IN (SELECT f.sha256 FROM source_file f)",
        "(SELECT ledger_open_batch()) IS NOT NULL",
    ),
    "source_file": (f"{_ALL} OR {_EVIDENCE}", f"{_OPEN} AND ledger_may_cite(sha256)"),
    "source_sheet": (_of("file_id", "source_file"), _of_open("file_id", "source_file")),
    "source_row": (
        _of("sheet_id", "source_sheet"),
        f"""sheet_id IN (SELECT p.id FROM source_sheet p JOIN source_file f ON f.id = p.file_id WHERE f.{_OPEN})""",
    ),
    "finding": (f"{_ALL} OR {_OWN}", _OPEN),
    "envelope": (f"{_ALL} OR {_OWN} OR id IN (SELECT ledger_seen_envelopes())", _OPEN),
    "programme": (f"{_ALL} OR {_OWN} OR id IN (SELECT ledger_seen_programmes())", _OPEN),
    "project": (f"{_ALL} OR {_OWN} OR id IN (SELECT ledger_seen_projects())", _OPEN),
    "envelope_version": (f"{_ALL} OR {_scope()} OR {_wide()}", _version("envelope", ("parent_id", "envelope"))),
    "programme_version": (f"{_ALL} OR {_scope()} OR {_wide()}", _version("programme")),
    "project_version": (
        f"{_ALL} OR {_scope()} OR project_id IN (SELECT ledger_seen_projects())",
        _version("project", ("parent_id", "project"), ("programme_id", "programme")),
    ),
    "project_split": (_of("version_id", "project_version"), _of_open("version_id", "project_version")),
    "project_earmark": (_of("version_id", "project_version"), _of_open("version_id", "project_version")),
    "coverage": (f"{_ALL} OR {_scope()}", f"{_OPEN} AND ({_ALL} OR {_scope()})"),
    "account": (
        f"""{_ALL} OR ({_scope()} OR stage IN ('outside', 'allocated') AND {_wide()})
        AND (stage <> 'declared' OR (SELECT ledger_reach()) <> 'published')""",
        f"""(SELECT ledger_open_batch()) IS NOT NULL AND ({_ALL} OR {_scope()}
        OR stage IN ('outside', 'allocated') AND coalesce(envelope_id, programme_id, project_id) IS NULL AND {_wide()})
        AND {_links(*((f"{kind}_id", kind) for kind in HOLDERS))}""",
    ),
    "transfer": (
        f"{_ALL} OR {_EITHER}",
        f"""{_OPEN} AND ({_ALL} OR debit_account_id IN (SELECT x.id FROM account x)
        AND credit_account_id IN (SELECT x.id FROM account x) AND ({_EITHER}))
        AND (reverses_id IS NULL
        OR ledger_is_reversal(reverses_id, debit_account_id, credit_account_id, amount_minor))""",
    ),
    "balance": (f"{_ALL} OR account_id IN ({_TOUCHED})", None),
    "published_figure": (f"{_ALL} OR {_OWN} OR id IN (SELECT ledger_seen_figures())", _OPEN),
    "published_figure_version": (
        f"{_ALL} OR origin = 'stated' OR {_EVIDENCE}",
        f"{_OPEN} AND ({_ALL} OR origin = 'printed-total') AND {_links(('figure_id', 'published_figure'))}",
    ),
    "waiver": ("true", f"{_OPEN} AND {_ALL}"),
    "audit_sample": (_ALL, f"{_OPEN} AND {_ALL}"),
    "audit_sample_item": (_ALL, f"{_of_open('sample_id', 'audit_sample')} AND {_ALL}"),
    "rate": ("true", f"{_OPEN} AND {_ALL}"),
    "rate_version": ("true", f"{_OPEN} AND {_ALL}"),
    "seal": (
        "true",
        f"{_OPEN} AND ledger_follows(first_batch_id, previous_hash)",
    ),
    "seal_hint": (f"{_ALL} OR {_OWN}", "batch_id = (SELECT ledger_fresh_batch())"),
}

# --- triggers ----------------------------------------------------------------------------------------------------


def _rank(alias: str) -> str:
    return f"""CASE {alias}.stage WHEN 'outside' THEN 0 WHEN 'allocated' THEN 1 WHEN 'committed' THEN 2
        WHEN 'contracted' THEN 3 WHEN 'paid' THEN 4 ELSE 5 END"""


def _side(here: str, there: str, sign: str) -> str:
    """What the added transfers mean for the account on one side: to date, or passed on."""
    return f"""SELECT {here}.id AS account_id, coalesce(extract(year FROM t.value_date)::integer, 0) AS year,
        CASE WHEN {_rank(there)} <= {_rank(here)} THEN {sign}t.amount_minor ELSE 0 END AS to_date,
        CASE WHEN {_rank(there)} > {_rank(here)} THEN -({sign}t.amount_minor) ELSE 0 END AS passed_on
        FROM added t JOIN account c ON c.id = t.credit_account_id JOIN account d ON d.id = t.debit_account_id"""


#: (name, whether it runs with the owner's rights, body)
TRIGGER_FUNCTIONS: list[tuple[str, bool, str]] = [
    # Who, when and which number is the database's to say, except to the owner, who carries whole ledgers over.
    (
        "ledger_stamp_batch",
        False,
        """BEGIN
        IF NOT ledger_is_owner() THEN
            NEW.id := (SELECT coalesce(max(b.id), 0) + 1 FROM batch b);
            NEW.actor := session_user;
            NEW.recorded_at := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
        END IF;
        RETURN NEW;
        END""",
    ),
    # Whoever books by other means than the program must seal too, or nothing is kept.
    (
        "ledger_check_sealed",
        False,
        """BEGIN
        IF NOT ledger_is_owner()
        AND NOT EXISTS (SELECT 1 FROM seal s WHERE NEW.id BETWEEN s.first_batch_id AND s.batch_id) THEN
            RAISE EXCEPTION 'batch % is not sealed', NEW.id USING ERRCODE = '42501';
        END IF;
        RETURN NULL;
        END""",
    ),
    # Nobody writes balances: they follow from the transfers, whoever books those, and by whatever statement.
    (
        "ledger_keep_balances",
        True,
        f"""BEGIN
        INSERT INTO balance (account_id, year, to_date_minor, passed_on_minor)
        SELECT m.account_id, m.year, sum(m.to_date), sum(m.passed_on)
        FROM ({_side("c", "d", "")} UNION ALL {_side("d", "c", "-")}) AS m GROUP BY m.account_id, m.year
        ON CONFLICT (account_id, year) DO UPDATE SET to_date_minor = balance.to_date_minor + excluded.to_date_minor,
        passed_on_minor = balance.passed_on_minor + excluded.passed_on_minor;
        RETURN NULL;
        END""",
    ),
    # The numbers of rows come from the program; they must go on where the last ones ended.
    (
        "ledger_check_row_numbers",
        True,
        """DECLARE first bigint; last bigint; number bigint; before bigint;
        BEGIN
        SELECT min(a.id), max(a.id), count(*) INTO first, last, number FROM added a;
        IF number > 0 AND NOT pg_has_role(session_user, current_user, 'USAGE') THEN
            SELECT coalesce(max(r.id), 0) INTO before FROM source_row r WHERE r.id < first;
            IF first <> before + 1 OR last <> before + number OR last <> (SELECT max(r.id) FROM source_row r) THEN
                RAISE EXCEPTION 'the numbers of source_row must go on from %', before USING ERRCODE = '42501';
            END IF;
        END IF;
        RETURN NULL;
        END""",
    ),
]
#: (kind, name, table, when, which function)
TRIGGERS = [
    ("TRIGGER", "batch_stamp", "batch", "BEFORE INSERT ON batch FOR EACH ROW", "ledger_stamp_batch"),
    (
        "CONSTRAINT TRIGGER",
        "batch_check_sealed",
        "batch",
        "AFTER INSERT ON batch DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
        "ledger_check_sealed",
    ),
    (
        "TRIGGER",
        "transfer_keep_balances",
        "transfer",
        "AFTER INSERT ON transfer REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
        "ledger_keep_balances",
    ),
    (
        "TRIGGER",
        "source_row_check_numbers",
        "source_row",
        "AFTER INSERT ON source_row REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
        "ledger_check_row_numbers",
    ),
]


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    path = f"SET search_path = {schema}, pg_temp"
    for signature, returns, as_owner, body in FUNCTIONS:
        _function(signature, f"RETURNS {returns} LANGUAGE sql STABLE", path, as_owner=as_owner, body=body)
    for name, as_owner, body in TRIGGER_FUNCTIONS:
        _function(f"{name}()", "RETURNS trigger LANGUAGE plpgsql", path, as_owner=as_owner, body=body)
    op.execute("REVOKE ALL ON FUNCTION refuse_change() FROM PUBLIC")
    for kind, name, table, when, function in TRIGGERS:
        op.execute(f"CREATE {kind} {name} {when} EXECUTE FUNCTION {function}()")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    for table, (read, add) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_owner ON {table} USING ((SELECT ledger_is_owner()))")
        op.execute(f"CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read})")
        if add is not None:
            op.execute(f"CREATE POLICY {table}_add ON {table} FOR INSERT WITH CHECK ({add})")


def _function(signature: str, returns: str, path: str, *, as_owner: bool, body: str) -> None:
    security = "SECURITY DEFINER" if as_owner else "SECURITY INVOKER"
    op.execute(f"CREATE FUNCTION {signature} {returns} {security} {path} AS $body$ {body} $body$")
    op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
