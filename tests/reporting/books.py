"""Workbooks for the tests of reports: a ledger at the edges, and LibreOffice as a witness."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger.store.database import Database
from tests.builders import amount, envelope, new_ledger, post, project

#: Titles and references as nobody should write them.
NASTY = [
    "=1+1",
    "@SUM(A1)",
    "http://example.org",
    "<r><t>x</t></r>",
    "a\x0b\x1fb",
    "0012",
    ">5",
    "*",
    "p*",
    "P*",
    "_x0041_",
    "{=1}",
    "x" * 40_000,
]


def nasty_portfolio(url: str) -> Database:
    """Amounts at the edges, in three currencies, by references that a SUMIFS over text would confuse."""
    database = new_ledger(url)
    records = [project(ref[:200], amount(10**13 + 10 * n + 1), title=ref) for n, ref in enumerate(NASTY)]
    post(
        database,
        [
            *records,
            project("yen", amount(5_000_000, currency="JPY")),
            project("dinar", amount(1_234, currency="TND", on=None)),
            project("parent", amount(100_00), unit="decision"),
            project("child", amount(40_00), parent="parent", unit="contract", country_code="MA"),
            *[project(f"cent {n}", amount(10 + n % 3, country="MA")) for n in range(300)],
        ],
    )
    post(
        database,
        [envelope("ROOT", 1000_00), envelope("IT", 400_00, parent="ROOT", country_code="IT")],
        file="e.xlsx",
        source="acts",
    )
    post(database, [project("made up", amount(1))], file="x.xlsx", source="x", illustrative=True)
    return database


def cents(value: float) -> Decimal:
    """A cell's number as the amount that it stands for: it must be no further from it than a double has to be."""
    exact = Decimal(repr(value))
    assert abs(exact - round(exact, 3)) <= abs(exact) / 10**15
    return round(exact, 3)


def recalculated(paths: Sequence[Path], tmp_path: Path) -> dict[str, Any]:
    """The workbooks as LibreOffice calculates them, whatever values the files hold, by name."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    profile = tmp_path / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    # 0: always recalculate on load; else LibreOffice trusts the values in a file that Excel might have written.
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">'
        "<value>0</value></prop></item></oor:items>",
        encoding="utf-8",
    )
    folder = tmp_path / "recalculated"
    subprocess.run(
        [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(folder),
            *map(str, paths),
        ],
        check=True,
        capture_output=True,
        timeout=600,
    )
    return {path.name: openpyxl.load_workbook(folder / path.name, data_only=True) for path in paths}
