"""A canary password and a canary person go through every command and every failure; nobody hears them sing.

The ordinary run takes two commands through every way to name a ledger, and every failure; `--heavy` every command.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

import click
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from ledger.cli.main import main
from ledger.store import batches, posting
from ledger.store.database import Database, parse_url
from ledger.store.models import Base
from tests.builders import new_ledger
from tests.cli.test_frame import every_command

PERSON = "Zephyrine Quillfeather"
NAMES = [PERSON, "Quillfeather"]
#: A sign that URLs must write otherwise is in it, so that both spellings are looked for.
SECRET = "c4n4ry/s1ngs+0nce"
LIST = (
    "project_ref,title,beneficiary,fund,country,eu_contribution,currency,decision_date\n"
    f"P1,Reception,{PERSON},AMIF,IT,10.00,EUR,2022-01-01\nP2,Return,{PERSON},AMIF,IT,ten,EUR,2022-01-01\n"
)
#: What each command is given; the others work on what is there. LIST and OUT are files.
ARGUMENTS = {
    "demo": "OUT/demo", "import": "LIST", "identify": "LIST", "profile show": "projects", "profile new": "LIST -o OUT/p.toml",
    "profile test": "projects", "imports show": "1", "imports rows": "1", "imports revert": "1 -y -n", "template": "projects -o OUT/t.xlsx",
    "figure show": "X", "why": "P1", "summary": "-o OUT/s.xlsx", "bridge": "--from 1", "export": "-o OUT/j.hledger",
    "report show": "budget-summary", "report run": "budget-summary -o OUT/r.xlsx", "report test": "budget-summary",
    "figure add": "CANARY --quote 'EUR 3 million' --source press", "figure waive": "CANARY --reason rounding --until 2099-01-01",
    "figure unwaive": "1", "runs show": "1", "runs compare": "1 2", "compare": "ledger LIST -o OUT/compared.xlsx", "pack": "-o OUT/p.zip", "seal": "-o OUT/c.txt", "seal proof": "--row transfer:1",
    "audit sample": "--method srs --sample-size 1 -o OUT/sample.xlsx",
    "audit evaluate": "AUDITED --method srs --population 9 --book-value 90", "audit residual": "--population 9 --total-error-rate 0.1",
    "audit samples show": "1", "db backup": "OUT/b.db", "db restore": "OUT/b.db", "db copy": "URL OUT/c.db", "db grant": "auditor nobody",
    "db revoke": "nobody", "db upgrade": "--no-backup",
}  # fmt: skip
COMMANDS = [
    name for name, command in every_command() if not isinstance(command, click.Group) or command.invoke_without_command
]
#: What is asked for and is not there (exit 2 or 3).
NOT_THERE = {
    "figure show",
    "figure waive",
    "figure unwaive",
    "runs show",
    "runs compare",
    "audit samples show",
    "db revoke",
}
#: Where the name of a person may be told: what was asked for by it, and files that carry the list itself.
TELLING = {"b.db", "c.db", "p.zip"}


@pytest.fixture
def secret_url(postgres_url: str) -> Iterator[str]:
    """The URL of a ledger whose owner's password is the canary."""
    new_ledger(postgres_url).close()
    plain = postgres_url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        # The verifier, so that not even the server's log has heard of it before the commands run.
        verifier = connection.pgconn.encrypt_password(SECRET.encode(), b"singer", b"scram-sha-256").decode()
        connection.execute(f"CREATE ROLE singer SUPERUSER LOGIN PASSWORD '{verifier}'".encode())
    yield make_url(postgres_url).set(username="singer", password=SECRET).render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("DROP ROLE singer")


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands write, crash reports too."""
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    (tmp_path / "audited.csv").write_text("unit,book_value,audited_value\nP1,10,9\nP2,10,10\n", "utf-8")
    services = f"[canary]\nhost=127.0.0.1\nport=1\nuser=singer\npassword={SECRET}\n"
    (tmp_path / "services.conf").write_text(services, "utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services.conf"))
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(folder / "state"))
    return folder


def typed(name: str, out: Path, url: str) -> list[str]:
    """The command with its arguments."""
    words = {"LIST": "list.csv", "AUDITED": "audited.csv", "URL": url}
    given = shlex.split(ARGUMENTS.get(name, ""))
    return [*name.split(), *(words.get(word, word.replace("OUT", str(out))) for word in given)]


def spellings(secret: str) -> list[str]:
    """The secret as it is, and as URLs write it."""
    return list(dict.fromkeys([secret, quote(secret), quote(secret, safe=""), quote_plus(secret)]))


def sung(canaries: list[str], *texts: str) -> list[str]:
    """The places where a canary is heard."""
    return [text_[max(text_.find(c) - 80, 0) :][:200] for text_ in texts for c in canaries if c in text_]


def written(out: Path) -> dict[str, str]:
    """All that stands in files that commands wrote, unpacked as far as a stranger would."""
    found = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        content = path.read_bytes()
        parts = [content]
        if content[:2] == b"PK":
            with zipfile.ZipFile(path) as archive:
                parts += [archive.read(name) for name in archive.namelist()]
        found[path.name] = b"\n".join(parts).decode("utf-8", "replace")
    return found


def server_log(url: str) -> str:
    """What the server of the tests wrote down; nothing for SQLite, which has no server."""
    if url.startswith("sqlite"):
        return ""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    return (Path(row[0]).parent / "log").read_text("utf-8", "replace")


def stored(url: str) -> dict[str, str]:
    """Every value of every row, by table and column."""
    database = Database(parse_url(url))
    found: dict[str, str] = {}
    with database.read() as connection:
        for table in Base.metadata.sorted_tables:
            rows = connection.execute(table.select()).all()
            for number, column in enumerate(table.columns):
                found[f"{table.name}.{column.name}"] = "\n".join(str(row[number]) for row in rows)
    database.close()
    return found


def boom(*_: Any, **__: Any) -> NoReturn:
    """A statement that fails with the canaries among its values."""
    raise ValueError(f"{PERSON} {SECRET}")


def _broken_sql(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database refuses a statement that carries a person's name."""

    def post(context: Any, *_: Any, **__: Any) -> NoReturn:
        context.connection.execute(text("INSERT INTO nowhere (name) VALUES (:name)"), {"name": PERSON})
        raise AssertionError

    monkeypatch.setattr(posting, "post", post)


def _breaking(module: ModuleType, name: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda monkeypatch: monkeypatch.setattr(module, name, boom)


def _ways(url: str) -> dict[str, str]:
    """The ledger named in ways that work, and in ways that fail."""
    good = make_url(url)
    show = {"hide_password": False}
    return {
        "as it should be": url,
        "nobody listens": good.set(port=1).render_as_string(**show),
        "no such login": good.set(username="stranger").render_as_string(**show),
        "no such database": good.set(database="nowhere").render_as_string(**show),
        "not supported": url.replace("postgresql+psycopg", "oracle"),
        "no port": url.replace(f":{good.port}/", ":port/"),
        "in the options": f"postgresql:///x?host=127.0.0.1&port=1&password={SECRET}&sslpassword={SECRET}",
        "libpq's own words": f"host=127.0.0.1 port=1 user=singer password={SECRET}",
        "a service that is not there": f"postgresql:///?service=nowhere&password={SECRET}",
        "a service": "postgresql:///?service=canary",
    }


@pytest.mark.slow
def test_no_password_is_heard_however_the_ledger_is_named(
    secret_url: str, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All commands open a ledger through the same door; one that reads and one that writes stand for them here."""
    source = str(out.parent / "list.csv")
    codes = {}
    for way, url in _ways(secret_url).items():
        for command in (["summary", "-v"], ["import", source, "-f", "json"]):
            codes[way] = main([*command, "--db", url])
            told = capsys.readouterr()
            assert sung(spellings(SECRET), told.out, told.err) == [], (command, way)
    assert codes.pop("as it should be") == 1
    assert set(codes.values()) == {4}
    monkeypatch.setattr(batches, "open_batch", boom)
    for more in ([], ["-f", "json"]):
        assert main(["import", source, "--db", secret_url, "--set", "source=other", *more]) == 5
        told = capsys.readouterr()
        assert sung(spellings(SECRET), told.out, told.err) == []
    assert list((out / "state").rglob("crash-*.txt")), "the reports that are looked through below"
    assert 'database "nowhere" does not exist' in server_log(secret_url), "the control: it is the log of these commands"
    left = [*written(out).values(), *stored(secret_url).values(), server_log(secret_url)]
    assert sung(spellings(SECRET), *left) == []


@pytest.mark.heavy
def test_no_password_is_heard_from_any_command(
    secret_url: str, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["import", str(out.parent / "list.csv"), "--db", secret_url]) == 1
    for option in (["--db", secret_url], []):
        folder = out / ("typed" if option else "environment")
        folder.mkdir()
        monkeypatch.delenv("EULEDGER_DB", raising=False)
        if not option:
            monkeypatch.setenv("EULEDGER_DB", secret_url)
        for name in COMMANDS:
            capsys.readouterr()
            code = main([*typed(name, folder, secret_url), "-v", *option])
            told = capsys.readouterr()
            assert code in (0, 1, 4) or name in NOT_THERE, (name, code, told.err)
            assert sung(spellings(SECRET), told.out, told.err) == [], (name, option)
    left = [*written(out).values(), *stored(secret_url).values(), server_log(secret_url)]
    assert sung(spellings(SECRET), *left) == []


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="this system lists processes otherwise")
def test_a_password_that_was_typed_leaves_the_process_list(secret_url: str, root: Path) -> None:
    program = "from ledger.cli.main import main; import ledger.cli.summary, time; main(); time.sleep(30)"
    child = subprocess.Popen(
        [sys.executable, "-c", program, "summary", "--db", secret_url],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stderr is not None
        assert "a password on the command line" in child.stderr.readline()
        until = time.monotonic() + 20
        shown = Path(f"/proc/{child.pid}/cmdline")
        while (line := shown.read_text("utf-8", "replace")) and sung(spellings(SECRET), line):
            assert time.monotonic() < until, line
            time.sleep(0.05)
        assert "summary" in line, "the control: the line is that of our process"
        assert "***" in line
    finally:
        child.kill()
        child.communicate()


FAILURES = {"SQL": _broken_sql, "posting": _breaking(posting, "post"), "batch": _breaking(batches, "open_batch")}


@pytest.mark.slow
def test_no_person_is_heard_from_a_failure(
    database_url: str, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In data a name may stand; in talk, errors, reports of crashes and logs it has no business."""
    new_ledger(database_url).close()
    source = str(out.parent / "list.csv")
    monkeypatch.setenv("EULEDGER_DB", database_url)
    for command in (["import", "-n", source], ["import", source, "-v"]):
        assert main(command) == 1
        told = capsys.readouterr()
        assert sung(NAMES, told.out, told.err) == []
    for failure, fail in FAILURES.items():
        with monkeypatch.context() as broken:
            fail(broken)
            assert main(["import", source, "--set", f"source={failure}", "-v"]) in (4, 5)
        told = capsys.readouterr()
        assert sung(NAMES, told.out, told.err) == [], failure
    reports = list((out / "state").rglob("crash-*.txt"))
    assert len(reports) >= 2
    assert sung(NAMES, *(path.read_text("utf-8") for path in reports), server_log(database_url)) == []
    places = {place for place, values in stored(database_url).items() if sung(NAMES, values)}
    assert places == {"project_version.beneficiary"}
    assert main(["summary", "--by", "beneficiary"]) == 0
    assert PERSON in capsys.readouterr().out, "the control: it is there to be heard"


@pytest.mark.heavy
def test_a_person_is_told_of_only_where_the_list_itself_goes(
    database_url: str, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    new_ledger(database_url).close()
    monkeypatch.setenv("EULEDGER_DB", database_url)
    assert main(["import", str(out.parent / "list.csv")]) == 1
    for name in COMMANDS:
        capsys.readouterr()
        code = main([*typed(name, out, database_url), "-v"])
        told = capsys.readouterr()
        assert code in (0, 1, 4) or name in NOT_THERE, (name, code, told.err)
        assert sung(NAMES, told.out, told.err) == [], name
    assert {name for name, text_ in written(out).items() if sung(NAMES, text_)} == TELLING
