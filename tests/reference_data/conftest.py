"""The shipped workbooks and code lists as plain values, read with openpyxl and csv, by no code of the ledger."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

IMPORTS = Path(__file__).parents[2] / "imports"
Rows = list[dict[str, Any]]


@cache
def _cells(workbook: str) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(IMPORTS / "workbooks" / workbook)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


@pytest.fixture(scope="session")
def sheets() -> Callable[[str], dict[str, list[list[Any]]]]:
    """Workbook name -> {sheet: rows of raw values}."""
    return _cells


@pytest.fixture(scope="session")
def table() -> Callable[..., Rows]:
    """Workbook and sheet -> one mapping per row below the header (row 1 unless said otherwise)."""

    def read(workbook: str, sheet: str, header_row: int = 1) -> Rows:
        rows = _cells(workbook)[sheet]
        header = rows[header_row - 1]
        return [dict(zip(header, row, strict=True)) for row in rows[header_row:]]

    return read


@pytest.fixture(scope="session")
def codelist() -> Callable[[str], list[dict[str, str]]]:
    """Name of a code list -> its rows."""

    def read(name: str) -> list[dict[str, str]]:
        with (IMPORTS / "codelists" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, strict=True))

    return read


@pytest.fixture(scope="session")
def cents() -> Callable[[Any], int]:
    """A money cell in cents; fails on anything that is not an exact number of them."""

    def read(value: Any) -> int:
        assert isinstance(value, int | float), f"{value!r} is no number"
        minor = Decimal(repr(value)).scaleb(2)
        assert minor == minor.to_integral_value(), f"{value!r} is no whole number of cents"
        return int(minor)

    return read
