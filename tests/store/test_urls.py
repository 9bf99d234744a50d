"""How a ledger is named: several servers, and never a password shown."""

from __future__ import annotations

import pytest

from ledger.store.database import Database, DatabaseProblem, parse_url

SECRET = "kanarienvogel-4711"
RW = "target_session_attrs=read-write"
SHOWN = f"postgresql+psycopg://anna:***@a:5432,b:5433/ledger?{RW}"


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        (f"postgresql://anna:{SECRET}@a:5432,b:5433/ledger?{RW}", SHOWN),
        (f"postgres://anna:{SECRET}@a:5432,b:5433/ledger?{RW}", SHOWN),
        (f"postgresql+psycopg://anna:{SECRET}@/ledger?host=a,b&port=5432,5433&{RW}", SHOWN),
        ("postgresql://anna@a,b/ledger", "postgresql+psycopg://anna@a,b/ledger"),
        ("postgresql://a,b:5433/ledger", "postgresql+psycopg://a,b:5433/ledger"),
        ("postgresql://a,b", "postgresql+psycopg://a,b/"),
        ("postgresql:///ledger?host=a,b&port=1", "postgresql+psycopg://a:1,b:1/ledger"),
        ("postgresql://[::1]:5,[::2]/x", "postgresql+psycopg://[::1]:5,[::2]/x"),
        ("postgresql:///?service=ledger", "postgresql+psycopg:///?service=ledger"),
    ],
)
def test_all_ways_to_name_servers(named: str, shown: str) -> None:
    database = Database(parse_url(named))
    assert database.shown == shown
    assert not database.is_sqlite
    arguments = database.engine.dialect.create_connect_args(database.url)[1]
    if "a" in arguments.get("host", ""):
        assert arguments["host"] == "a,b"
    if "***" in shown:
        assert arguments["password"] == SECRET
        assert arguments["port"] == "5432,5433"
        assert arguments["target_session_attrs"] == "read-write"
        assert (arguments["user"], arguments["dbname"]) == ("anna", "ledger")


@pytest.mark.parametrize(
    "named",
    [
        f"postgresql://anna:{SECRET}@a:5432,b:many/ledger",
        f"postgresql://anna:{SECRET}@a,[b/ledger",
        f"postgresql://anna:{SECRET}@/ledger?host=a,b,c&port=1,2",
        f"postgresql://anna:{SECRET}@/ledger?host=a,b&port=1,x",
        f"host=a,b dbname=ledger password={SECRET}",
        f" user = anna password='{SECRET}'",
        f"mysql://anna:{SECRET}@a,b/ledger",
    ],
)
def test_what_cannot_be_read_is_told_without_the_secret(named: str) -> None:
    with pytest.raises(DatabaseProblem) as caught:
        parse_url(named)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None or SECRET not in str(caught.value.__cause__)


def test_a_path_with_an_equals_sign_is_a_path() -> None:
    for path in ("./host=a.db", "year=2024.db"):
        assert Database(parse_url(path)).is_sqlite


def test_the_first_server_that_answers_is_taken(postgres_url: str) -> None:
    url = parse_url(postgres_url)
    several = f"postgresql://{url.username}:{url.password}@127.0.0.1:1,{url.host}:{url.port}/{url.database}?{RW}"
    with Database(parse_url(several)).open() as connection:
        assert connection.exec_driver_sql("SELECT inet_server_port()").scalar_one() == url.port
