"""The test databases themselves: fresh for each test, on both kinds, and gone with the process that asked for them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

STARTS = """
import sys, time
from tests.databases import postgres_server
with postgres_server() as url:
    print(url, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_database(database_url: str, turn: int) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text(f"CREATE TABLE left_by_turn_{turn} (id INTEGER)"))
    engine.dispose()


def test_postgres_listens_on_loopback_and_asks_for_the_password(postgres_url: str) -> None:
    import psycopg

    url = sa.make_url(postgres_url)
    assert url.host == "127.0.0.1"
    assert url.password
    # One test is enough to fail here: `trust` would let anybody on the machine in.
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=url.host, port=url.port, user=url.username, dbname=url.database, password="wrong")  # noqa: S106


def test_a_killed_run_leaves_no_server(root: Path, postgres_root_url: str) -> None:
    import psycopg

    assert postgres_root_url  # a machine that cannot start a server skips here, with its reason
    with subprocess.Popen(
        [sys.executable, "-c", STARTS],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout
        server = starter.stdout.readline().strip().replace("+psycopg", "")
        with psycopg.connect(server) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        starter.send_signal(signal.SIGKILL)
    assert row
    folder = Path(row[0]).parent
    assert folder.name.startswith("euledger-pg-")
    until = time.monotonic() + 20
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server)
