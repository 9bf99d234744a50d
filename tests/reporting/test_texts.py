"""csv and Markdown: what stands in the files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ledger.actions.summary import summarise, write
from ledger.cli.main import main
from ledger.reporting.files import replacing
from ledger.store.database import Database, parse_url
from tests.builders import amount, new_ledger, post, project


def test_csv_has_plain_amounts_and_harmless_text(database_url: str, tmp_path: Path) -> None:
    database = new_ledger(database_url)
    post(
        database,
        [
            project("A", amount(1_234_567_89), title="=cmd()"),
            project("B", amount(5, on=None), title='Hôpital, "Zaytūna"\nsecond line'),
            project("C", amount(1_234, currency="TND"), title="'quoted"),
        ],
    )
    assert write(database, summarise(database, by=["title", "year"]), tmp_path / "a.csv") == []
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"title,year,amount,currency,price_basis,data,projects\r\n")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1:] == [
            ["'=cmd()", "2022", "1234567.89", "EUR", "current", "recorded", "1"],
            ['Hôpital, "Zaytūna"\nsecond line', "undated", "0.05", "EUR", "current", "recorded", "1"],
            ["''quoted", "2022", "1.234", "TND", "current", "recorded", "1"],
        ]


def test_markdown_tells_totals_rows_and_what_was_asked(database_url: str, tmp_path: Path) -> None:
    database = new_ledger(database_url)
    post(database, [project("A|B", amount(1_234_567_89), amount(10, country="MA"))])
    post(database, [project("X", amount(1))], file="x.xlsx", source="x", illustrative=True)
    done = summarise(database, by=["project", "country"], funds=["NDICI-GE"], with_illustrative=True)
    write(database, done, tmp_path / "a.md")
    text = (tmp_path / "a.md").read_text(encoding="utf-8").replace("\u00a0", " ")
    assert text.startswith("**⚠ CONTAINS ILLUSTRATIVE DATA")
    assert "# Budget summary: commitments, EU share, by project and country\n" in text
    assert "- Total EUR: **1 234 567.99** (projects: 1)\n" in text
    assert "- Total EUR, illustrative: **0.01** (projects: 1)\n" in text
    assert r"| A\|B    | TN      | 1 234 567.89 | EUR      | current | recorded     |        1 |" in text
    assert "- Funds: NDICI-GE\n" in text
    assert "- Ledger up to batch 2, recorded " in text


def test_a_file_is_there_wholly_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def write_half() -> None:
        with replacing(path) as draft:
            draft.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]
    assert path.read_text() == "old"
    with replacing(path) as draft:
        draft.write_text("new")
    assert path.read_text() == "new"


def test_nothing_is_written_over_a_ledger(sqlite_url: str, tmp_path: Path) -> None:
    new_ledger(sqlite_url).close()
    ledger = tmp_path / "ledger.db"
    before = ledger.read_bytes()
    with pytest.raises(FileExistsError, match="perhaps a ledger"), replacing(ledger) as draft:
        draft.write_text("new")
    assert ledger.read_bytes() == before
    for line in (["seal"], ["seal", "--timestamp-query"], ["pack"]):
        where = [str(ledger)] if line[-1].startswith("--") else ["-o", str(ledger)]
        post(Database(parse_url(sqlite_url)), [project("A", amount(1))])
        before = ledger.read_bytes()
        assert main([*line, *where, "--db", sqlite_url]) == 2
        assert ledger.read_bytes() == before
