"""What the PostgreSQL server really allows, one fact a line, and how that differs from what is checked in.

`rights.txt` beside this module holds the facts of a ledger as it should be: made by tools/make_rights.py from a new
database, and read line by line before it is committed. Names that differ between servers are told by what they are:
OWNER, PUBLIC, and the groups officer, auditor and planner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files

from sqlalchemy import Connection, text

from ledger.store import members, rights

#: Privileges of which nothing is said: the owner's own, which are all.
_ACL = (
    "SELECT {what} AS what, a.grantee, a.privilege_type, a.is_grantable FROM {source}, "
    "LATERAL aclexplode(coalesce({acl}, acldefault('{kind}', {owner}))) a WHERE {where}"
)
_HERE = "pg_namespace n WHERE n.nspname = current_schema()"
_RELATIONS = "c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = current_schema())"
#: (kind of thing in acldefault, query)
_GRANTS = (
    _ACL.format(what="'table ' || c.relname", source="pg_class c", acl="c.relacl", kind="r", owner="c.relowner",
                where=f"c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_RELATIONS}"),
    _ACL.format(what="'sequence ' || c.relname", source="pg_class c", acl="c.relacl", kind="s", owner="c.relowner",
                where=f"c.relkind = 'S' AND {_RELATIONS}"),
    _ACL.format(what="'function ' || p.oid::regprocedure::text", source="pg_proc p", acl="p.proacl", kind="f",
                owner="p.proowner", where=_RELATIONS.replace("c.relnamespace", "p.pronamespace")),
    _ACL.format(what="'schema'", source="pg_namespace n", acl="n.nspacl", kind="n", owner="n.nspowner",
                where="n.nspname = current_schema()"),
    _ACL.format(what="'database'", source="pg_database d", acl="d.datacl", kind="d", owner="d.datdba",
                where="d.datname = current_database()"),
)  # fmt: skip
_COLUMNS = (
    "SELECT 'table ' || c.relname, a.grantee, a.privilege_type, string_agg(t.attname, ', ' ORDER BY t.attnum) "
    "FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, LATERAL aclexplode(t.attacl) a "
    f"WHERE {_RELATIONS} GROUP BY 1, 2, 3"
)
_TABLES = (
    "SELECT c.relname, c.relowner, c.relkind::text, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c "
    f"WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_RELATIONS}"
)
_POLICIES = (
    "SELECT c.relname, p.polname, p.polcmd::text, p.polpermissive, p.polroles = '{0}', "
    "pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid) "
    f"FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE {_RELATIONS}"
)
_TRIGGERS = (
    "SELECT pg_get_triggerdef(t.oid, true), t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    f"WHERE NOT t.tgisinternal AND {_RELATIONS}"
)
_FUNCTIONS = (
    "SELECT p.oid::regprocedure::text, p.proowner, p.prosecdef, array_to_string(p.proconfig, '; '), p.prosrc "
    f"FROM pg_proc p WHERE {_RELATIONS.replace('c.relnamespace', 'p.pronamespace')}"
)
_DEFAULTS = (
    "SELECT d.defaclobjtype::text, d.defaclrole, a.grantee, a.privilege_type FROM pg_default_acl d, "
    "LATERAL aclexplode(d.defaclacl) a WHERE a.grantee <> d.defaclrole"
)
_COMMANDS = {"*": "all", "r": "select", "a": "insert", "w": "update", "d": "delete"}


def expected() -> frozenset[str]:
    """The facts of a ledger as it should be."""
    lines = files("ledger.store").joinpath("rights.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def differences(connection: Connection) -> list[str]:
    """What is on the server and should not be, what should be and is not, and members who are not as the list says."""
    live, meant = frozenset(facts(connection)), expected()
    told = [f"not as meant: {line}" for line in sorted(live - meant)]
    told += [f"missing: {line}" for line in sorted(meant - live)]
    return told + sorted(_members(connection))


def facts(connection: Connection) -> Iterator[str]:
    """Everything that decides who may do what, a line each."""
    names = _names(connection)
    yield from _owners_and_security(connection, names)
    yield from _code(connection, names)
    for query in _GRANTS:
        for what, grantee, privilege, grantable in connection.execute(text(query)):
            if names(grantee) != "OWNER" and not _is_the_same(what, privilege, names(grantee)):
                yield f"grant: {names(grantee)} {privilege} on {what}{' WITH GRANT OPTION' if grantable else ''}"
    for what, grantee, privilege, columns in connection.execute(text(_COLUMNS)):
        yield f"grant: {names(grantee)} {privilege} on {what} ({columns})"
    for kind, role, grantee, privilege in connection.execute(text(_DEFAULTS)):
        yield f"default privilege: {names(grantee)} {privilege} on {kind} made by {names(role)}"


def _owners_and_security(connection: Connection, names: _Names) -> Iterator[str]:
    for table, owner, kind, enabled, forced in connection.execute(text(_TABLES)):
        security = "forced" if enabled and forced else "on" if enabled else "off"
        yield f"table {table}: kind {kind}, owner {names(owner)}, row security {security}"
    for table, policy, command, permissive, is_public, using, check in connection.execute(text(_POLICIES)):
        how = f"{'' if permissive else 'restrictive '}{_COMMANDS[command]}{'' if is_public else ' for some roles'}"
        yield _line(f"policy {policy} on {table}: {how} using [{using or ''}] check [{check or ''}]")
    for group, can_login, above in connection.execute(
        text(
            "SELECT rolname, rolcanlogin, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication "
            "FROM pg_roles WHERE rolname = ANY(:names)"
        ),
        {"names": [*rights.groups(connection).values()]},
    ):
        yield f"group {names.of(group)}: {'may log in' if can_login else 'no login'}, {'above rules' if above else 'plain'}"


def _code(connection: Connection, names: _Names) -> Iterator[str]:
    schema = str(connection.execute(text("SELECT quote_ident(current_schema())")).scalar_one())
    for definition, enabled in connection.execute(text(_TRIGGERS)):
        yield _line(
            f"trigger: {definition}{'' if enabled == 'A' else f' (enabled: {enabled})'}".replace(f"{schema}.", "")
        )
    for signature, owner, as_owner, config, source in connection.execute(text(_FUNCTIONS)):
        run = "as the owner" if as_owner else "as its caller"
        path = (config or "no search path").replace(f"search_path={schema},", "search_path=SCHEMA,")
        yield _line(f"function {signature}: owner {names(owner)}, runs {run}, {path}: {source}")


def _members(connection: Connection) -> Iterator[str]:
    """Logins that are in a group and should not be, or should be and are not, or that no role can hold."""
    named = rights.groups(connection)
    found = connection.execute(
        text(
            "SELECT g.rolname, u.rolname, m.admin_option, u.rolsuper OR u.rolbypassrls OR u.rolcreaterole, "
            "pg_has_role(u.oid, c.relowner, 'MEMBER') FROM pg_class c, pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid "
            "JOIN pg_roles u ON u.oid = m.member WHERE g.rolname = ANY(:names) AND c.oid = to_regclass('batch')"
        ),
        {"names": [*named.values()]},
    ).all()
    role_of = {group: role for role, group in named.items()}
    meant = {(member.role, member.login) for member in members.listing(connection)}
    # Who made a group is its keeper, and stays one; that is the owner or stands above it.
    there = {(role_of[group], login) for group, login, _, _, is_owner in found if not is_owner}
    yield from (f"not as meant: {login} is in the group of the {role}s" for role, login in there - meant)
    yield from (f"missing: {login} is not in the group of the {role}s" for role, login in meant - there)
    for group, login, is_admin, is_above, is_owner in found:
        if is_owner:
            continue
        if is_admin:
            yield f"not as meant: {login} may put others into the group of the {role_of[group]}s"
        if is_above:
            yield f"not as meant: {login} is a superuser, passes row security or may make roles"


class _Names:
    """What a role's number, or name, stands for here."""

    def __init__(self, connection: Connection) -> None:
        roles = connection.execute(text("SELECT oid, rolname FROM pg_roles")).all()
        owner = connection.execute(text("SELECT relowner FROM pg_class WHERE oid = to_regclass('batch')")).scalar_one()
        self._groups: Mapping[str, str] = {group: role for role, group in rights.groups(connection).items()}
        self._known = {int(oid): self.of(str(name)) for oid, name in roles} | {0: "PUBLIC", int(owner): "OWNER"}
        keeper = "SELECT datdba FROM pg_database WHERE datname = current_database()"
        self._known[int(connection.execute(text(keeper)).scalar_one())] = "OWNER"

    def of(self, name: str) -> str:
        """A group as its role, any other name as it is."""
        return self._groups.get(name, name)

    def __call__(self, oid: int) -> str:
        """The name of a role's number."""
        return self._known.get(int(oid), f"role {oid}")


def _names(connection: Connection) -> _Names:
    return _Names(connection)


def _is_the_same(what: str, privilege: str, grantee: str) -> bool:
    """Whether a privilege belongs to the server's own keeper of new schemas, which owns nothing of the ledger."""
    return grantee == "pg_database_owner" and what == "schema" and privilege in ("USAGE", "CREATE")


def _line(fact: str) -> str:
    return " ".join(fact.split())
