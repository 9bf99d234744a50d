"""A planner's script: pandas reads the exported workbook and csv and gets the ledger's numbers, unopened by Excel."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest

from ledger.actions.summary import summarise, write
from tests.builders import amount, new_ledger, post, project


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Path, Path]:
    database = new_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    post(
        database,
        [
            project("P1", amount(100_000_000_000_01, country="NA"), fund="NDICI-GE"),
            project("0012", amount(7, country="TN"), fund="AMIF"),
            project("P3", amount(530_000_000_000, country="TN"), fund="NDICI-GE"),
        ],
    )
    summary = summarise(database, by=("fund", "country"))
    workbook, text = tmp_path / "out.xlsx", tmp_path / "out.csv"
    write(database, summary, workbook)
    write(database, summary, text)
    database.close()
    return workbook, text


@pytest.mark.parametrize("engine", ["openpyxl", "calamine"])
def test_pandas_reads_the_workbook_to_the_cent(
    exported: tuple[Path, Path], engine: Literal["openpyxl", "calamine"]
) -> None:
    frame = pd.read_excel(
        exported[0], engine=engine, sheet_name="Detail", header=None, dtype=object, keep_default_na=False
    )
    header = next(i for i, row in frame.iterrows() if "Amount" in set(row))
    detail = frame.iloc[int(str(header)) + 1 :]
    detail.columns = pd.Index(frame.iloc[int(str(header))])
    cents = {Decimal(str(value)).quantize(Decimal("0.01")) for value in detail["Amount"] if value != ""}
    assert {Decimal("100000000000.01"), Decimal("0.07"), Decimal("5300000000.00")} <= cents
    assert "NA" in set(detail["Country"]), "Namibia is no missing value"
    assert "0012" in {value for column in detail for value in detail[column]}, "a reference keeps its zeros"


def test_pandas_reads_the_csv_to_the_cent(exported: tuple[Path, Path]) -> None:
    frame = pd.read_csv(exported[1], dtype=str, keep_default_na=False)
    amounts = {Decimal(value) for value in frame["amount"]}
    assert {Decimal("100000000000.01"), Decimal("0.07"), Decimal("5300000000.00")} <= amounts
    assert "NA" in set(frame["country"])
