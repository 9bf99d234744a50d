"""The shipped ledger, and the command line as a user types it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from ledger.actions.initialise import ILLUSTRATIVE_WORKBOOK, import_shipped, initialise
from ledger.cli.main import main
from ledger.store.database import Database, parse_url
from tests.builders import new_ledger


@dataclass(slots=True)
class Run:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The envelope on stdout."""
        return json.loads(self.out)

    @property
    def told(self) -> list[tuple[str | None, str]]:
        """(cell, code) of every finding."""
        return [(finding["cell"], finding["code"]) for finding in self.json["findings"]]


@pytest.fixture
def euledger(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run the command line in this process."""

    def run(*arguments: object) -> Run:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Run(code, out, err)

    return run


@pytest.fixture(scope="session")
def shipped_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with everything shipped, the illustrative portfolio too. Read only: copy it before writing."""
    path = tmp_path_factory.mktemp("shipped") / "ledger.db"
    database = Database(parse_url(str(path)))
    initialise(database)
    import_shipped(database, (ILLUSTRATIVE_WORKBOOK,), lambda _file, _rows: None)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def shipped(shipped_file: Path, tmp_path: Path) -> Path:
    """A copy of the shipped ledger of the test's own."""
    return Path(shutil.copyfile(shipped_file, tmp_path / "ledger.db"))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A ledger with code lists alone."""
    path = tmp_path / "bare.db"
    new_ledger(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., Path]:
    """A workbook with one sheet of these rows."""

    def make(*rows: list[object], name: str = "list.xlsx", title: str = "Projects") -> Path:
        book = Workbook()
        active = book.active
        assert active is not None
        active.title = title
        for row in rows:
            active.append(row)
        path = tmp_path / name
        book.save(path)
        return path

    return make
