"""Two PostgreSQL servers on loopback that follow each other, made with the very commands of docs/operations.md.

A watchman process (this file, run as a script) ends every server and clears the folder away when its standard input
closes, which also happens when the tests are killed.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.databases import (
    HOST,
    PATIENCE,
    USER,
    PostgresUnavailableError,
    copied_programs,
    found_programs,
    make_server,
    reachable,
    run_as,
    temporary_place,
)

ROOT = Path(__file__).resolve().parents[1]
#: As in tests/databases.py, but commits are waited for: here it is of interest who has what when.
SETTINGS = "fsync=off\nmax_connections=40\nshared_buffers=16MB\nunix_socket_directories=''\nautovacuum=off\n"
_MARKED = re.compile(r"^<!-- run: (.+?) -->\n```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def documented() -> dict[str, str]:
    """The shell commands of the page, by the name that stands above each block."""
    return dict(_MARKED.findall((ROOT / "docs" / "operations.md").read_text("utf-8")))


class Server:
    """A server of the pair: its data folder and its port."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster = cluster
        self.name = name
        self.data = cluster.folder / name / "data"
        self.data.parent.mkdir(mode=0o755)
        cluster.give(self.data.parent)
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = int(probe.getsockname()[1])

    def url(self, database: str = "postgres") -> str:
        """The administrator's URL of one of its databases."""
        return f"postgresql://{USER}:{self.cluster.secret}@{HOST}:{self.port}/{database}"

    def run(self, block: str, primary: Server | None = None, *, answer: str = "") -> str:
        """Type a documented block on this server, with the names and ports that hold here; what it said."""
        words = {"STANDBY/32": f"{HOST}/32"}
        if primary is not None:
            words |= {"host=PRIMARY port=5432": f"host={HOST} port={primary.port}"}
        script = documented()[block]
        for name, value in words.items():
            script = script.replace(name, value)
        return self.cluster.shell(script, self, answer=answer)

    def ask(self, query: str) -> str:
        """The one value that a query gives."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
        return "" if row is None else str(row[0])

    def tell(self, *statements: str) -> None:
        """Run statements, each by itself."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def kill(self) -> None:
        """As by kill -9, the server and all its processes at once."""
        kill(self.data)


class Cluster:
    """Where the servers of a test stand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = secrets.token_hex(16)
        self.account = run_as(folder)
        found = found_programs()
        self.programs = copied_programs(found, folder) if self.account and not reachable(found) else found
        self.passwords = folder / "pgpass"
        self.passwords.write_text(f"{HOST}:*:*:*:{self.secret}\n", encoding="ascii")
        self.passwords.chmod(0o600)
        self.give(self.passwords)

    def give(self, path: Path) -> None:
        """Let the account that runs the servers own a file or folder."""
        if self.account:
            os.chown(path, int(str(self.account["user"])), int(str(self.account["group"])))

    def shell(self, script: str, server: Server, *, answer: str = "") -> str:
        """Run a script as the servers' account, in the surroundings of one server."""
        surroundings = {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "PGDATA": str(server.data),
            "PGHOST": HOST,
            "PGPORT": str(server.port),
            "PGUSER": USER,
            "PGPASSFILE": str(self.passwords),
            "LC_ALL": "C",
        }
        done = subprocess.run(  # type: ignore[call-overload]
            ["/bin/sh", "-e", "-c", script],
            env=surroundings,
            input=answer,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
            cwd="/",
            start_new_session=True,  # no terminal: a password is read from standard input
            **self.account,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}"
        return str(done.stdout)

    def first(self) -> Server:
        """A new server, prepared for a standby as the page says."""
        server = Server(self, f"server-{secrets.token_hex(3)}")
        make_server(self.programs, server.data.parent, self.secret, self.account)
        with (server.data / "postgresql.conf").open("a", encoding="ascii") as settings:
            settings.write(SETTINGS)
        self.shell('pg_ctl start -w -D "$PGDATA" -l "$PGDATA/../log"', server)
        server.run("first server", answer=f"{self.secret}\n{self.secret}\n")
        return server

    def second(self, primary: Server) -> Server:
        """A standby of `primary`, made as the page says, and streaming."""
        server = Server(self, f"server-{secrets.token_hex(3)}")
        server.run("second server", primary)
        streaming = (
            "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'standby1' AND state = 'streaming'"
        )
        until(lambda: primary.ask(streaming) == "1", "the standby does not follow")
        return server

    def protect(self, primary: Server) -> None:
        """Let `primary` wait for its standby from now on, as the page says."""
        primary.run("synchronous")
        state = "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'standby1'"
        until(lambda: primary.ask(state) == "sync", "the standby is not synchronous")


def until(holds: object, otherwise: str) -> None:
    """Wait until something holds; AssertionError with `otherwise` where it does not in time."""
    assert callable(holds)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError(otherwise)


def cut_off(standby: Server) -> None:
    """The network between a standby and its primary goes: nothing is received any more."""
    standby.tell("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
    until(lambda: standby.ask("SELECT count(*) FROM pg_stat_wal_receiver") == "0", "it is still connected")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A place for servers, all of which are gone afterwards; PostgresUnavailableError where none can run."""
    found_programs()
    folder = Path(tempfile.mkdtemp(prefix="euledger-pair-", dir=temporary_place()))
    watchman = subprocess.Popen(
        [sys.executable, "-m", "tests.replicas", str(folder)],
        stdin=subprocess.PIPE,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    try:
        yield Cluster(folder)
    except (OSError, subprocess.SubprocessError) as error:
        raise PostgresUnavailableError(str(error)) from error
    finally:
        assert watchman.stdin is not None
        watchman.stdin.close()
        watchman.wait(PATIENCE)


def kill(data: Path) -> None:
    """End the server of a data folder as by kill -9, if it runs, and wait until all of it is gone."""
    with suppress(OSError, ValueError, IndexError):
        server = int((data / "postmaster.pid").read_text("ascii").splitlines()[0])
        children = _children(server)
        for process in (server, *children):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        until(lambda: not any(_runs(process) for process in (server, *children)), "the server does not die")


def _children(server: int) -> list[int]:
    """The processes of a server: each backend is a session of its own, so that no group holds them together."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(entry.read_text("utf-8", "replace").rpartition(")")[2].split()[1]) == server:
                found.append(int(entry.parent.name))
    return found


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    with suppress(OSError):
        return state.read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    return False


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.read()
    for each in Path(sys.argv[1]).glob("*/data"):
        kill(each)
    shutil.rmtree(sys.argv[1], ignore_errors=True)
