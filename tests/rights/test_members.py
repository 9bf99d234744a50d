"""Giving and taking back roles, and telling when the server is not as the list says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import psycopg
import pytest

from ledger.actions import rights
from ledger.actions.scope import UsageProblem
from ledger.store import catalogue, schema
from ledger.store import rights as declared
from ledger.store.database import Database, DatabaseProblem
from tests.builders import new_ledger
from tests.rights.team import Team


@pytest.fixture
def owner(own_team: Team) -> Iterator[Database]:
    database = own_team.database("owner")
    yield database
    database.close()


def told(database: Database) -> list[str]:
    return [finding.message for finding in rights.verify(database)]


def test_a_new_server_is_as_checked_in(team: Team) -> None:
    database = team.database("owner")
    assert told(database) == []
    with database.read() as connection:
        assert frozenset(catalogue.facts(connection)) == catalogue.expected()
    database.close()


def test_nothing_is_granted_to_everybody() -> None:
    assert not [line for line in catalogue.expected() if "PUBLIC" in line or "default privilege" in line]
    given = {line.split(" on ")[0] for line in catalogue.expected() if line.startswith("grant: ")}
    verbs = {line.removeprefix("grant: ").split()[1] for line in given}
    assert verbs == {"SELECT", "INSERT", "USAGE", "EXECUTE", "CONNECT", "TEMPORARY"}
    assert {line for line in given if "INSERT" in line or "TEMPORARY" in line} == {
        "grant: officer INSERT",
        "grant: officer TEMPORARY",
        "grant: auditor INSERT",
    }


@pytest.mark.slow
def test_a_role_grows_shrinks_and_goes(own_team: Team, owner: Database) -> None:
    login = own_team.login("officer")
    before = rights.grant(owner, "officer", login, funds=["amif"], countries=["FR"]).member
    assert before.scope == (("AMIF", "FR"),)
    wider = rights.grant(owner, "officer", login, funds=["BMVI"], countries=["EL", "FR"]).member
    assert set(wider.scope) == {("AMIF", "FR"), ("BMVI", "GR"), ("BMVI", "FR")}
    assert wider.batch > before.batch
    assert rights.grant(owner, "officer", login, funds=["BMVI"], countries=["FR"]).member.batch == wider.batch
    widest = rights.grant(owner, "officer", login, countries=["FR"]).member
    assert set(widest.scope) == {("BMVI", "GR"), (None, "FR")}, "what is held by a wider one goes"
    assert widest.granted_by == own_team.login("owner")
    assert told(owner) == []
    assert rights.revoke(owner, login) == widest
    assert login not in {member.login for member in rights.list_members(owner)}
    assert told(owner) == []
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"), own_team.connected("officer"):
        pass
    with pytest.raises(UsageProblem, match="has no role here"):
        rights.revoke(owner, login)
    assert rights.grant(owner, "planner", login).member.role == "planner", "and may be another one then"


def test_what_is_not_granted(own_team: Team, owner: Database) -> None:
    refused: list[tuple[type[Exception], str, Callable[[], object]]] = [
        (UsageProblem, "no fund", lambda: rights.grant(owner, "officer", own_team.login("nobody"), funds=["AMIFF"])),
        (UsageProblem, "no country", lambda: rights.grant(owner, "officer", "x", countries=["Atlantis"])),
        (UsageProblem, "sees the whole ledger", lambda: rights.grant(owner, "auditor", "x", funds=["AMIF"])),
        (DatabaseProblem, "has no login nemo", lambda: rights.grant(owner, "officer", "nemo")),
        (DatabaseProblem, "has one role", lambda: rights.grant(owner, "auditor", own_team.login("officer"))),
        (DatabaseProblem, "owns the ledger", lambda: rights.grant(owner, "officer", own_team.login("owner"))),
        (DatabaseProblem, "superuser", lambda: rights.grant(owner, "officer", "euledger")),
        (DatabaseProblem, "nobody's login", lambda: rights.grant(owner, "officer", "pg_monitor")),
    ]
    for kind, word, action in refused:
        with pytest.raises(kind, match=word):
            action()
    for role in ("officer", "officer_all", "auditor"):
        database = own_team.database(role)
        with pytest.raises(DatabaseProblem, match="only who owns the ledger may"):
            rights.grant(database, "officer", own_team.login("nobody"))
        database.close()


def test_a_login_is_made_on_request_and_without_a_password(own_team: Team, owner: Database) -> None:
    login = f'{own_team.name} "Zoë" %s'
    assert rights.grant(owner, "planner", login, create=True).made
    with own_team.admin() as connection:
        row = connection.execute(
            "SELECT rolcanlogin, rolpassword FROM pg_authid WHERE rolname = %s", (login,)
        ).fetchone()
    assert row == (True, None)
    assert told(owner) == []
    rights.revoke(owner, login)


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("GRANT UPDATE ON transfer TO {officer}", "not as meant: grant: {officer} UPDATE on table transfer"),
        ("GRANT SELECT ON project_version TO euledger_planner_{db}", "planner SELECT on table project_version"),
        ("GRANT SELECT ON batch TO PUBLIC", "not as meant: grant: PUBLIC SELECT on table batch"),
        ("GRANT CONNECT ON DATABASE {db} TO PUBLIC", "not as meant: grant: PUBLIC CONNECT on database"),
        ("GRANT USAGE ON SCHEMA public TO PUBLIC", "not as meant: grant: PUBLIC USAGE on schema"),
        ("GRANT UPDATE (rule) ON transfer TO {nobody}", "{nobody} UPDATE on table transfer (rule)"),
        ("REVOKE SELECT ON seal FROM euledger_auditor_{db}", "missing: grant: auditor SELECT on table seal"),
        ("ALTER TABLE transfer OWNER TO {officer}", "owner {officer}, row security forced"),
        ("ALTER TABLE transfer DISABLE ROW LEVEL SECURITY", "row security off"),
        ("ALTER TABLE transfer NO FORCE ROW LEVEL SECURITY", "row security on"),
        ("DROP POLICY transfer_read ON transfer", "missing: policy transfer_read on transfer"),
        ("CREATE POLICY z ON transfer USING (true)", "not as meant: policy z on transfer: all using [true]"),
        ("ALTER POLICY balance_read ON balance USING (true)", "policy balance_read on balance: select using [true]"),
        ("ALTER TABLE batch DISABLE TRIGGER batch_stamp", "EXECUTE FUNCTION ledger_stamp_batch() (enabled: D)"),
        ("DROP TRIGGER transfer_no_update ON transfer", "missing: trigger: CREATE TRIGGER transfer_no_update"),
        ("ALTER FUNCTION ledger_reach() RESET search_path", "no search path"),
        ("CREATE OR REPLACE FUNCTION ledger_sees_all() RETURNS boolean LANGUAGE sql AS 'SELECT true'", "SELECT true"),
        ("CREATE FUNCTION helper() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'", "function helper()"),
        ("CREATE TABLE notes (id int)", "not as meant: table notes"),
        ("CREATE VIEW leak AS SELECT * FROM transfer", "not as meant: table leak: kind v"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", "default privilege: PUBLIC SELECT"),
        ("GRANT euledger_auditor_{db} TO {officer}", "not as meant: {officer} is in the group of the auditors"),
        (
            "REVOKE euledger_officer_{db} FROM {officer} GRANTED BY {owner}",
            "missing: {officer} is not in the group of the officers",
        ),
        ("GRANT euledger_officer_{db} TO {officer} WITH ADMIN OPTION", "{officer} may put others into the group"),
        ("ALTER ROLE {officer} BYPASSRLS", "not as meant: {officer} is a superuser, passes row security"),
        ("ALTER ROLE euledger_officer_{db} LOGIN", "not as meant: group officer: may log in"),
    ],
)
def test_every_difference_is_told(team: Team, statement: str, word: str) -> None:
    names = {role: team.login(role) for role in ("owner", "officer", "nobody")} | {"db": team.name}
    user, password = _login_of(team)
    database = Database(team.database("auditor").url.set(username=user, password=password))
    with database.engine.connect() as connection:
        connection.exec_driver_sql(statement.format(**names))
        lines = catalogue.differences(connection)
        connection.rollback()
    database.close()
    assert any(word.format(**names) in line for line in lines), lines


def _login_of(team: Team) -> tuple[str, str]:
    with team.admin() as connection:
        return connection.info.user, connection.info.password


def test_renewing_mends_what_was_done_by_hand(own_team: Team, owner: Database) -> None:
    login, nobody = own_team.login("officer"), own_team.login("nobody")
    with own_team.connected("owner") as connection:
        connection.execute(f"REVOKE euledger_officer_{own_team.name} FROM {login}".encode())
        connection.execute(f"GRANT euledger_auditor_{own_team.name} TO {nobody}".encode())
        connection.execute(f"GRANT DELETE ON transfer TO euledger_officer_{own_team.name}".encode())
        connection.execute(b"GRANT SELECT ON transfer TO PUBLIC")
        connection.commit()
    assert len(told(owner)) == 4
    rights.list_members(owner, renew=True)
    assert told(owner) == []


def test_two_ledgers_on_one_server_share_no_rights(team: Team, own_team: Team) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(
            team.url("auditor")
            .replace("+psycopg", "")
            .replace(team.name, own_team.name, 2)
            .replace(own_team.login("auditor"), team.login("auditor"))
        )
    long = {
        declared.group("officer", "x" * 60),
        declared.group("officer", "x" * 61),
        declared.group("auditor", "x" * 60),
    }
    assert len(long) == 3
    assert max(map(len, long)) <= 63


def test_an_upgrade_gives_the_roles_what_it_makes(own_team: Team, owner: Database) -> None:
    with own_team.admin() as connection:
        connection.execute(f"REVOKE SELECT ON rate FROM euledger_planner_{own_team.name}".encode())
    schema.upgrade(owner)
    assert told(owner) == []


def test_a_ledger_without_roles_gets_none_by_an_upgrade(postgres_url: str) -> None:
    database = new_ledger(postgres_url)
    schema.upgrade(database)
    with database.read() as connection:
        names = list(declared.groups(connection).values())
        found = connection.exec_driver_sql("SELECT rolname FROM pg_roles").scalars().all()
    assert not set(names) & set(found)
    database.close()


def test_sqlite_has_no_users_and_says_so(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    from ledger.cli.main import main

    new_ledger(sqlite_url).close()
    for command in (["grant", "officer", "anna"], ["revoke", "anna"], ["grants"], ["grants", "--verify"]):
        assert main(["db", *command, "--db", sqlite_url]) == 4
        said = capsys.readouterr().err
        assert "is a SQLite file, which has no users" in said
        assert said.count("\n") == 1


def test_the_commands_print_and_tell_what_is_done(
    own_team: Team, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ledger.cli.main import main

    monkeypatch.setenv("EULEDGER_DB", own_team.url("owner"))
    login = own_team.login("nobody")
    assert main(["db", "grant", "officer", login, "--fund", "AMIF", "--country", "FR"]) == 0
    assert capsys.readouterr().out == f"{login} is officer for AMIF · FR.\n"
    assert main(["db", "grants", "-f", "json"]) == 0
    members = {m["login"]: m for m in json.loads(capsys.readouterr().out)["results"]}
    assert members[login]["scope"] == [{"fund": "AMIF", "country": "FR"}]
    assert main(["db", "revoke", login]) == 0
    assert capsys.readouterr().out == f"{login} is no longer officer.\n"
    assert main(["db", "grant", "planner", f"{login}_2", "--create"]) == 0
    said = capsys.readouterr()
    assert "has no password" in said.err
    assert main(["db", "grants"]) == 0
    assert login + "_2" in capsys.readouterr().out.replace("\n", "")
