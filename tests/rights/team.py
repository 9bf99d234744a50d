"""A ledger of a team on a real PostgreSQL server: an owner who is no superuser, logins with roles, rows of three scopes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import make_url

from ledger.domain.findings import Finding
from ledger.domain.records import CoverageStatement, Kind, PrintedTotal, Record
from ledger.store import batches, code_lists, members, runs, samples, schema
from ledger.store.database import Database, parse_url
from tests.builders import _bare, _postgres_template, amount, envelope, figure, post, project

#: Where the rows of a table lie, seen from an officer for AMIF in France.
SCOPES: dict[str, tuple[str, str]] = {"own": ("AMIF", "FR"), "country": ("AMIF", "DE"), "fund": ("BMVI", "FR")}
#: login -> (role, scope)
LOGINS: dict[str, tuple[str, tuple[members.Pair, ...]]] = {
    "officer": ("officer", (("AMIF", "FR"),)),
    "officer_all": ("officer", ((None, None),)),
    "auditor": ("auditor", ((None, None),)),
    "planner": ("planner", (("AMIF", "FR"),)),
    "planner_all": ("planner", ((None, None),)),
}
#: Gives every table and function of a database to another owner.
_GIVE_AWAY = """DO $$ DECLARE each text; BEGIN
FOR each IN SELECT 'TABLE ' || oid::regclass FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
UNION ALL SELECT 'FUNCTION ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
LOOP EXECUTE 'ALTER ' || each || ' OWNER TO {}'; END LOOP; END $$"""
_teams = count(1)


@dataclass(slots=True)
class Team:
    """The ledger; `login` gives the server's name of a role's login, `url` how it connects."""

    admin_url: str
    name: str
    secrets: dict[str, str] = field(default_factory=dict)
    #: scope -> the batch that holds its rows
    batches: dict[str, int] = field(default_factory=dict)

    def login(self, role: str) -> str:
        """What the login of a role is called on the server."""
        return f"{self.name}_{role}"

    def url(self, role: str) -> str:
        """How the login of a role connects; `owner` and `nobody` (who has no role) are such too."""
        return self._as(self.login(role), self.secrets[role])

    def admin(self) -> psycopg.Connection[Any]:
        """A superuser's connection to the ledger, for what the tests look at and set up."""
        return psycopg.connect(self._plain(self._as("", "")), autocommit=True)

    @contextmanager
    def connected(self, role: str) -> Iterator[psycopg.Connection[Any]]:
        """A raw connection of the login of a role, outside our program."""
        with psycopg.connect(self._plain(self.url(role))) as connection:
            yield connection
            connection.rollback()

    def database(self, role: str) -> Database:
        """The ledger as the login of a role opens it."""
        return Database(parse_url(self.url(role)))

    def _as(self, user: str, secret: str) -> str:
        url = make_url(self.admin_url).set(database=self.name)
        if user:
            url = url.set(username=user, password=secret)
        return url.render_as_string(hide_password=False)

    @staticmethod
    def _plain(url: str) -> str:
        return url.replace("+psycopg", "")


def empty_team(admin_url: str, *, quickly: bool = True) -> Team:
    """A new ledger that belongs to a plain login, with the code lists and every login that a test may want.

    `quickly` copies one that a superuser made and gives it away; else the owner makes it, step by step.
    """
    team = Team(admin_url, f"team_{next(_teams)}")
    server = admin_url.replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        for role in ("owner", *LOGINS, "nobody"):
            team.secrets[role] = secrets.token_hex(8)
            extra = " CREATEROLE" if role == "owner" else ""
            connection.execute(f"CREATE ROLE {team.login(role)} LOGIN{extra} PASSWORD '{team.secrets[role]}'".encode())
        template = _postgres_template(server.rpartition("/")[0], _bare) if quickly else "template0"
        connection.execute(
            f"CREATE DATABASE {team.name} OWNER {team.login('owner')} TEMPLATE {template} STRATEGY file_copy".encode()
        )
    if quickly:
        with team.admin() as connection:
            connection.execute(_GIVE_AWAY.format(team.login("owner")).encode())
    database = team.database("owner")
    if not quickly:
        schema.upgrade(database)
        with database.write() as connection:
            code_lists.load(connection)
    with database.write() as connection:
        for role, (granted, scope) in LOGINS.items():
            members.grant(connection, granted, team.login(role), scope, create=False)
    database.close()
    return team


def filled_team(admin_url: str) -> Team:
    """The same with a row of each scope in every table that has scopes, and one in each of the others."""
    team = empty_team(admin_url, quickly=False)
    database = team.database("owner")
    common = [
        envelope("E-wide", 50_000_000_00),
        figure("F1", quote="more than 3", value="3", unit="projects", measure="count", qualifier="more than"),
        Record(Kind.RATES, "TND 2024-03-01", {"currency": "TND", "rate": "3.4", "valid_from": date(2024, 3, 1)}),
    ]
    team.batches["common"] = post(database, common, file="common.xlsx").batch or 0
    for scope, (fund, country) in SCOPES.items():
        done = post(
            database,
            rows_of(scope, fund, country),
            file=f"{scope}.xlsx",
            coverage=[CoverageStatement(fund, None, country, date(2021, 1, 1), date(2027, 12, 31))],
            totals=[PrintedTotal(9, 3, "Total", "C2:C8", 15_000_00, 15_000_00, "EUR", "eu_contribution")],
            findings=[Finding("hidden-rows", f"rows are hidden in {scope}", f"{scope}.xlsx", "Sheet1", "A3")],
        )
        team.batches[scope] = done.batch or 0
    with database.write() as connection:
        batch = batches.open_batch(connection, "waiver")
        connection.execute(
            text(
                "INSERT INTO waiver (batch_id, figure_id, difference, reason, valid_until) "
                "SELECT :batch, min(id), '1.00', 'rounding', '2030-01-01' FROM published_figure"
            ),
            {"batch": batch},
        )
        one = samples.NewSample(
            "srs", {}, "seed", "0" * 64, 1, 10_000_00, "EUR", 1, [("P-own", "test", "P-own", "", False, 10_000_00)]
        )
        samples.keep(connection, one)
        figure_id, version_id = connection.execute(
            text("SELECT figure_id, max(id) FROM published_figure_version GROUP BY figure_id ORDER BY 1 LIMIT 1")
        ).one()
        verdict = dict.fromkeys(runs.FIELDS) | {
            "version_id": version_id,
            "figure": f"F{figure_id}",
            "verdict": "met",
            "rule": "R-OVER",
            "unit": "projects",
            "low_inclusive": True,
            "high_inclusive": False,
            "is_complete": True,
        }
        runs.keep(connection, {"figures": []}, batch, [verdict])
    database.close()
    return team


def rows_of(scope: str, fund: str, country: str) -> list[Record]:
    """An envelope, a programme and a project of one fund and country, with a beneficiary whom nobody else may read of."""
    return [
        envelope(f"E-{scope}", 1_000_000_00, fund=fund, country_code=country),
        Record(
            Kind.PROGRAMMES,
            f"G-{scope}",
            {"title": f"Programme {scope}", "fund_code": fund, "country_code": country},
            [amount(500_000_00, stage="allocated", country=country)],
        ),
        project(
            f"P-{scope}",
            amount(10_000_00, country=country),
            amount(5_000_00, country=country, stage="declared"),
            fund=fund,
            beneficiary=f"Person of {scope}",
            splits={"country": {country: 1_000_000_000}},
            earmarks={"pact": 1_000_000_000},
        ),
    ]


def values(team: Team) -> Mapping[str, object]:
    """What the attacks name: numbers of rows of another scope and of one's own, and the names of logins."""
    queries = {
        f"{what}_{scope}": query.format(fund=fund, country=country)
        for scope, (fund, country) in SCOPES.items()
        for what, query in {
            "account": "SELECT min(id) FROM account WHERE stage = 'committed' AND fund_code = '{fund}' "
            "AND country_code = '{country}'",
            "transfer": "SELECT min(t.id) FROM transfer t JOIN account x ON x.id = t.credit_account_id "
            "WHERE x.stage = 'committed' AND x.fund_code = '{fund}' AND x.country_code = '{country}'",
            "project": "SELECT min(project_id) FROM project_version WHERE fund_code = '{fund}' "
            "AND country_code = '{country}'",
        }.items()
    } | {
        "pool": "SELECT min(id) FROM account WHERE stage = 'allocated' AND fund_code = 'AMIF' AND country_code = 'ZZ' "
        "AND coalesce(envelope_id, programme_id, project_id) IS NULL",
        "file_country": "SELECT min(sha256) FROM source_file WHERE name = 'country.xlsx'",
        "last_batch": "SELECT max(id) FROM batch",
        "last_seal": "SELECT hash FROM seal ORDER BY batch_id DESC LIMIT 1",
        "last_row": "SELECT max(id) FROM source_row",
    }
    with team.admin() as connection:
        found: dict[str, object] = {}
        for name, query in queries.items():
            row = connection.execute(query.encode()).fetchone()
            assert row is not None, name
            assert row[0] is not None, name
            found[name] = row[0]
    found |= {f"batch_{scope}": number for scope, number in team.batches.items()}
    return found | {role: team.login(role) for role in ("owner", *LOGINS, "nobody")} | {"database": team.name}
