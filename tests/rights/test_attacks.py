"""Statements that try to do more than a role is for, each with its outcome as it is checked in, on a real server."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.rights.team import LOGINS, Team, values

ATTACKS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("attacks.toml").read_text(encoding="utf-8"))[
    "attack"
]
OPEN = (
    "INSERT INTO batch (id, kind, recorded_at, actor, program_version, settings, is_illustrative) "
    "VALUES (0, 'import', '', '', 'test', '{}', false)"
)


@pytest.fixture(scope="module")
def names(team: Team) -> Mapping[str, object]:
    return {**values(team), "OPEN": OPEN}


def outcome(connection: psycopg.Connection[Any], statement: str) -> str:
    """What happens, in the words of attacks.toml."""
    try:
        with connection.transaction(force_rollback=True):
            if statement.startswith("COPY"):
                with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                    return f"rows {sum(1 for _ in copy)}" if "TO STDOUT" in statement else "copied"
            done = connection.execute(statement.encode())
            if not done.description:
                return f"rows {done.rowcount}"
            rows = done.fetchall()
            return f"value {rows[0][0]}" if rows and isinstance(rows[0][0], bool) else f"rows {len(rows)}"
    except psycopg.Error as error:
        return error.sqlstate or str(error)


@pytest.mark.parametrize("role", LOGINS)
def test_every_attack_ends_as_declared(role: str, team: Team, names: Mapping[str, object]) -> None:
    found, meant = {}, {}
    # Somebody else's session, for the attack that would end one.
    with team.connected("owner"), team.connected(role) as connection:
        for attack in ATTACKS:
            if role not in attack["roles"]:
                continue
            what = f"{attack['what']}: {attack['sql']}"
            meant[what] = attack["outcome"]
            with connection.transaction(force_rollback=True):
                for first in attack.get("before", []):
                    connection.execute(first.format(**names).encode())
                found[what] = outcome(connection, attack["sql"].format(**names))
    assert found == meant


def test_each_role_is_attacked_at_least_twenty_times() -> None:
    tried = Counter(role for attack in ATTACKS for role in attack["roles"])
    assert set(tried) == set(LOGINS)
    assert min(tried.values()) >= 20, tried
    assert all({"what", "roles", "sql", "outcome"} <= set(attack) for attack in ATTACKS)


def test_an_allowed_statement_is_told_from_a_refused_one(team: Team, names: Mapping[str, object]) -> None:
    """The control: the owner is not refused, so the outcomes above come from the roles and not from the statements."""
    with team.connected("owner") as connection:
        assert outcome(connection, "UPDATE fund SET name_en = name_en WHERE code = 'AMIF'") == "rows 1"
        assert outcome(connection, f"SELECT id FROM transfer WHERE id = {names['transfer_country']}") == "rows 1"
        assert outcome(connection, "UPDATE transfer SET amount_minor = 1") == "P0001", "even so: append-only"
        assert outcome(connection, OPEN) == "rows 1"


def test_whoever_has_no_role_does_not_even_connect(team: Team) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"), team.connected("nobody"):
        pass
