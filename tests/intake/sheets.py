"""Reading small hand-made workbooks: what the tests of intake share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl

from ledger.domain.findings import Severity
from ledger.domain.records import Reading, ReadRow, Record
from ledger.intake.code_lists import CodeLists
from ledger.intake.profiles import load_profiles
from ledger.intake.read import read_file

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "imports" / "profiles"
WORKBOOKS = ROOT / "imports" / "workbooks"
LISTS = CodeLists(ROOT / "imports" / "codelists")


def save(path: Path, *rows: list[Any], sheet: str = "List") -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def read(
    tmp_path: Path, *rows: list[Any], profile: str | None = None, extra: str = "", **settings: str
) -> tuple[Reading, list[ReadRow]]:
    """Read rows under the shipped profiles, or under `extra`, a profile of its own."""
    if extra:
        (tmp_path / "own.toml").write_text(extra, encoding="utf-8")
    profiles, wrong = load_profiles([tmp_path] if extra else [SHIPPED])
    assert not wrong
    path = save(tmp_path / "f.xlsx", *rows)
    reading = read_file(path, profile=profile, settings=settings, profiles=profiles, code_lists=LISTS)
    return reading, [row for sheet in reading.sheets for row in sheet.rows]


def told(reading: Reading) -> list[tuple[str, str]]:
    """(cell, code) of the findings that are more than a remark."""
    return [(f.cell, f.code) for f in reading.findings if f.level is not Severity.INFO]


def remarks(reading: Reading) -> list[tuple[str, str]]:
    return [(f.cell, f.code) for f in reading.findings if f.level is Severity.INFO]


def only(rows: list[ReadRow]) -> Record:
    (record,) = [row.record for row in rows if row.record]
    return record


def booked(record: Record) -> list[tuple[str, str, str, str, int, int, str]]:
    return [(a.stage, a.basis, a.country, a.theme, a.minor, a.column, a.rule) for a in record.amounts]


HEAD = ["project_ref", "title", "fund", "country", "start_date", "eu_contribution"]
GOOD = ["P1", "Reception centre", "AMIF", "Malta", date(2022, 5, 1), 1234.5]

#: A profile of one's own, with the headers that a sender might use.
OWN = """
kind = "projects"
[recognise]
headers = ["Reference"]
[columns.project_ref]
headers = ["Reference"]
[columns.eu_contribution]
headers = ["Grant", "Grant (EUR million)", "Grant GBP"]
"""
