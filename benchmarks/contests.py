"""What is held against what, and the ratio that is to be reached.

A contestant prepares its folder (that is not timed) and gives the command that is. A contest is taken in one run, its
contestants in turn, so that what slows the machine slows them all.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import workbooks

HERE = Path(__file__).resolve().parent
Prepare = Callable[[Path], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who takes part. `prepare` is given an empty folder and returns the command.

    `program` and `modules` are what must be installed.
    """

    name: str
    prepare: Prepare
    program: str = ""
    modules: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """What of its needs is not there; "" where all is."""
        absent = [name for name in self.modules if importlib.util.find_spec(name) is None]
        if self.program and shutil.which(self.program) is None:
            absent.append(self.program)
        return f"not installed: {', '.join(absent)}" if absent else ""


@dataclass(frozen=True, slots=True)
class Contest:
    """Our command, the others and the ratio of our median to theirs that is to be reached, by their names."""

    title: str
    ours: Contestant
    others: tuple[tuple[Contestant, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """Where lists, and ledgers that hold one, are made once and kept; where a PostgreSQL runs, if one does."""

    folder: Path
    server: str | None = None

    def listed(self, rows: int, kind: str) -> Path:
        """The list of so many rows as `inline` or `shared` xlsx, or as csv."""
        path = self.folder / f"{kind}-{rows}.{'csv' if kind == 'csv' else 'xlsx'}"
        if not path.exists():
            made = path.with_suffix(".part")
            if kind == "csv":
                workbooks.write_csv(made, rows)
            else:
                workbooks.write_xlsx(made, rows, shared=kind == "shared")
            made.rename(path)
        return path

    def empty(self) -> Path:
        """A ledger as `init` makes it, with the shipped reference data."""
        path = self.folder / "empty.db"
        if not path.exists():
            subprocess.run([*euledger(path), "init", "-q"], check=True)
        return path

    def loaded(self, rows: int) -> Path:
        """A ledger that holds the list of so many rows."""
        path = self.folder / f"loaded-{rows}.db"
        if not path.exists():
            made = self.folder / f"loading-{rows}.db"
            shutil.copyfile(self.empty(), made)
            command = [*euledger(made), "import", str(self.listed(rows, "inline")), "-q"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            made.rename(path)
        return path

    def journal(self, rows: int) -> Path:
        """The journal of that ledger, for other programs."""
        path = self.folder / f"loaded-{rows}.hledger"
        if not path.exists():
            subprocess.run([*euledger(self.loaded(rows)), "export", "-o", str(path), "-q"], check=True)
        return path


def euledger(database: Path | str) -> list[str]:
    """Our command with its ledger."""
    return [str(Path(sys.executable).with_name("euledger")), "--db", str(database)]


def _peer(name: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, str(HERE / "peers" / f"{name}.py"), *map(str, arguments)]


def contests(material: Material, rows: int) -> list[Contest]:
    """Every contest over a list of so many rows."""
    made = [_import(material, rows, "inline"), _import(material, rows, "shared"), _csv(material, rows)]
    if material.server:
        made.append(_postgres(material, rows))
    return [*made, _again(material, rows), *_reading(material, rows)]


def _import_into_copy(material: Material, rows: int, kind: str, *, loaded: bool = False) -> Contestant:
    def prepare(folder: Path) -> list[str]:
        ledger = folder / "ledger.db"
        shutil.copyfile(material.loaded(rows) if loaded else material.empty(), ledger)
        return [*euledger(ledger), "import", str(material.listed(rows, kind)), "-q", "-f", "json"]

    return Contestant("euledger import", prepare)


def _pandas(material: Material, rows: int, kind: str, engine: str) -> Contestant:
    module = {"calamine": "python_calamine"}.get(engine, engine)

    def prepare(folder: Path) -> list[str]:
        return _peer("pandas_load", engine, material.listed(rows, kind), f"sqlite:///{folder / 'pandas.db'}")

    return Contestant(f"pandas({engine}) + to_sql", prepare, modules=("pandas", module))


def _import(material: Material, rows: int, kind: str) -> Contest:
    floor = Contestant(
        "floor: calamine, checks, SHA-256, raw inserts",
        lambda folder: _peer("floor", material.listed(rows, kind), folder / "floor.db"),
    )
    return Contest(
        f"import {rows:,} × 16 xlsx ({kind} strings) into SQLite",
        _import_into_copy(material, rows, kind),
        (
            (_pandas(material, rows, kind, "openpyxl"), 0.25),
            (_pandas(material, rows, kind, "calamine"), 1.0),
            (floor, 2.0),
        ),
    )


def _csv(material: Material, rows: int) -> Contest:
    def prepare(folder: Path) -> list[str]:
        listed = material.listed(rows, "csv")
        return ["sqlite-utils", "insert", str(folder / "utils.db"), "projects", str(listed), "--csv"]

    other = Contestant("sqlite-utils insert --csv", prepare, "sqlite-utils")
    title = f"import {rows:,} rows csv into SQLite"
    return Contest(title, _import_into_copy(material, rows, "csv"), ((other, 0.8),))


def _postgres(material: Material, rows: int) -> Contest:
    def ours(folder: Path) -> list[str]:
        url = _new_database(material, folder)
        subprocess.run([*euledger(url), "init", "-q"], check=True)
        return [*euledger(url), "import", str(material.listed(rows, "inline")), "-q", "-f", "json"]

    def pandas(folder: Path) -> list[str]:
        return _peer("pandas_load", "calamine", material.listed(rows, "inline"), _new_database(material, folder))

    other = Contestant("pandas(calamine) + to_sql", pandas, modules=("pandas",))
    title = f"import {rows:,} × 16 xlsx into PostgreSQL"
    return Contest(title, Contestant("euledger import", ours), ((other, 0.8),))


def _new_database(material: Material, folder: Path) -> str:
    import psycopg

    assert material.server is not None
    name = f"b{abs(hash(folder))}"
    with psycopg.connect(material.server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{material.server.rpartition('/')[0]}/{name}"


def _again(material: Material, rows: int) -> Contest:
    floor = Contestant(
        "floor: calamine, checks, SHA-256, raw inserts",
        lambda folder: _peer("floor", material.listed(rows, "inline"), folder / "floor.db"),
    )
    title = f"import of an unchanged list of {rows:,} rows"
    return Contest(title, _import_into_copy(material, rows, "inline", loaded=True), ((floor, 2.0),))


def _on_ledger(material: Material, rows: int, *words: str) -> Contestant:
    return Contestant(f"euledger {words[0]}", lambda _: [*euledger(material.loaded(rows)), *words, "-q"])


def _reading(material: Material, rows: int) -> list[Contest]:
    """What is asked of a ledger that holds the list: about three transfers a row."""
    transfers = f"{3 * rows:,} transfers"

    def export(folder: Path) -> list[str]:
        out = folder / "out.xlsx"
        return [*euledger(material.loaded(rows)), "summary", "--by", "project", "-o", str(out), "-q"]

    def cells(folder: Path) -> list[str]:
        out = material.folder / f"out-{rows}.xlsx"
        if not out.exists():
            subprocess.run([*export(folder)[:-2], str(out), "-q"], check=True, stdout=subprocess.DEVNULL)
        return _peer("write_cells", out, folder / "cells.xlsx")

    balance = ["balance", "--depth", "3"]
    return [
        Contest(
            f"reconcile over {transfers}",
            Contestant("reconcile, without start-up", lambda _: _peer("reconcile_inside", material.loaded(rows))),
            ((Contestant("full scan", lambda _: _peer("full_scan", material.loaded(rows))), 0.1),),
        ),
        Contest(
            f"summary by fund, country, year of {transfers}",
            _on_ledger(material, rows, "summary"),
            (
                (
                    Contestant(
                        "hledger balance",
                        lambda _: ["hledger", "-f", str(material.journal(rows)), *balance],
                        "hledger",
                    ),
                    0.2,
                ),
                (
                    Contestant(
                        "ledger balance", lambda _: ["ledger", "-f", str(material.journal(rows)), *balance], "ledger"
                    ),
                    1.2,
                ),
            ),
        ),
        Contest(
            f"verify {transfers}",
            _on_ledger(material, rows, "verify"),
            ((Contestant("read and SHA-256", lambda _: _peer("read_and_hash", material.loaded(rows))), 3.0),),
        ),
        Contest(
            f"export of {rows:,} rows as xlsx",
            Contestant("euledger summary -o", export),
            ((Contestant("XlsxWriter constant_memory", cells), 1.2),),
        ),
        Contest(f"why over {transfers}", _on_ledger(material, rows, "why", _some_project(rows))),
    ]


def _some_project(rows: int) -> str:
    return str(next(workbooks.rows(rows))[0])


def start_up() -> list[Contest]:
    """Starts of the program that do nothing."""
    hello = Contestant("click hello world", lambda _: _peer("hello"))
    command = euledger("x")[:1]
    return [
        Contest(f"euledger {word}", Contestant("euledger", lambda _, word=word: [*command, word]), ((hello, 1.6),))  # type: ignore[misc]
        for word in ("--version", "--help")
    ]
