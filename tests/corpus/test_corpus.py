"""The corpus of real spreadsheets: columns, printed totals and the nothing-lost statement, held against its truth."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ledger.actions.identify import IdentifyResult, identify_files
from ledger.domain.findings import Severity
from ledger.domain.money import to_minor
from ledger.domain.records import Reading, ReadSheet, RowState
from ledger.intake.code_lists import CodeLists
from ledger.intake.lexicon import MONEY_FIELDS
from ledger.intake.numbers import Amount, read_amount
from ledger.intake.profiles import load_profiles
from ledger.intake.read import read_file
from ledger.intake.readers import open_workbook

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
#: Columns that may be wrong or missed, and money columns: the goals of the specification.
RIGHT, RIGHT_MONEY = Decimal("0.97"), Decimal("0.99")


@pytest.fixture(scope="module")
def truth(corpus: Path) -> dict[str, dict[str, Any]]:
    files = json.loads((corpus / "truth.json").read_text(encoding="utf-8"))["files"]
    return {entry["file"]: entry for entry in files}


@cache
def identified(path: Path) -> IdentifyResult:
    (result,) = identify_files([path])
    return result


def check_of(path: Path, row: int, column: str) -> list[tuple[str, str, str, str]]:
    """(code, printed, computed, difference) of the totals told for a cell."""
    return [
        (f.code, f.values["printed"], f.values["computed"], f.values["difference"])
        for f in identified(path).findings
        if f.cell == f"{column}{row}" and f.code.startswith("total-row")
    ]


def test_every_printed_total_of_the_truth_is_told_with_its_exact_difference(
    corpus: Path, truth: dict[str, dict[str, Any]]
) -> None:
    checked = 0
    for name, entry in truth.items():
        path = corpus / "files" / name
        for finding in entry["findings"]:
            if "printed" in finding:
                printed, computed = Decimal(finding["printed"]), Decimal(finding["computed"])
                told = ("total-row-mismatch", f"{printed:.2f}", f"{computed:.2f}", f"{printed - computed:.2f}")
                assert check_of(path, finding["row"], finding["column"]) == [told], name
                checked += 1
            elif finding["code"] == "total-row-agrees":
                rows = finding.get("rows") or [finding["row"]]
                columns = [finding["column"]] if "column" in finding else _columns_told(path, rows)
                assert columns
                for row in rows:
                    for column in columns:
                        ((code, _, _, difference),) = check_of(path, row, column)
                        assert (code, difference) == ("total-row-agrees", "0.00"), (name, row, column)
                        checked += 1
    assert checked >= 20


def _columns_told(path: Path, rows: list[int]) -> list[str]:
    """Columns with a total in every one of the rows."""
    columns = [{f.cell.rstrip("0123456789") for f in identified(path).findings if f.code.startswith("total-row")
                and f.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == str(row)} for row in rows]  # fmt: skip
    return sorted(set.intersection(*columns))


def test_the_totals_of_the_allocations_hide_in_the_fund_column_and_thirteen_are_off(corpus: Path) -> None:
    result = identified(corpus / "files" / "eu_allocations_2014_2020.csv")
    codes = Counter(finding.code for finding in result.findings)
    assert (codes["total-row-agrees"], codes["total-row-mismatch"]) == (15, 13)
    off = [abs(Decimal(f.values["difference"])) for f in result.findings if f.code == "total-row-mismatch"]
    assert off == [Decimal("100000.00")] * 13


def test_the_ten_columns_of_the_bulgarian_programmes_agree(corpus: Path) -> None:
    result = identified(corpus / "files" / "bg_operational_programmes.xls")
    codes = Counter(finding.code for finding in result.findings)
    assert (codes["total-row-agrees"], codes["total-row-mismatch"]) == (10, 0)


def test_the_flemish_total_names_the_two_text_cells_that_it_leaves_out(corpus: Path) -> None:
    result = identified(corpus / "files" / "be_flanders_erdf_2014_2020.xls")
    (wrong,) = [finding for finding in result.findings if finding.code == "total-row-mismatch"]
    assert (wrong.values["left_out"], wrong.values["left_out_cells"]) == ("238506.15", ["H10", "H12"])


def test_columns_are_right_and_no_money_is_wrong(corpus: Path, truth: dict[str, dict[str, Any]]) -> None:
    found: Counter[tuple[bool, bool]] = Counter()
    wrong_money = []
    for name, entry in truth.items():
        if entry["expect"] != "read":
            continue
        sheets = {sheet.sheet: sheet for sheet in identified(corpus / "files" / name).sheets}
        for table in (sheet for sheet in entry["sheets"] if sheet["role"] == "data"):
            answer = sheets.get(table["sheet"]) or next(iter(sheets.values()))
            got = {column.index: column.field for column in answer.columns}
            for column in table["columns"]:
                allowed = [column["field"], *column["acceptable"]]
                field = got.get(column["index"])
                money = bool(column.get("money") and column["field"]) or field in MONEY_FIELDS
                if field is not None and field not in allowed and money:
                    wrong_money.append((name, column["letter"], field))
                if field is not None or None not in allowed:
                    found[money, field in allowed and field is not None] += 1
    assert wrong_money == []
    assert found[True, True] >= RIGHT_MONEY * (found[True, True] + found[True, False])
    right = found[True, True] + found[False, True]
    assert right >= RIGHT * found.total()


def test_what_is_no_well_formed_file_is_refused_with_a_finding(corpus: Path, truth: dict[str, dict[str, Any]]) -> None:
    refused = [name for name, entry in truth.items() if entry["expect"] == "refuse"]
    assert refused
    for name in refused:
        result = identified(corpus / "files" / name)
        assert result.sheets == []
        assert any(finding.level is Severity.STOP for finding in result.findings)


# --- nothing is lost ---------------------------------------------------------------------------------------------


def test_in_every_file_the_states_hold_all_rows_and_all_amounts(corpus: Path, truth: dict[str, dict[str, Any]]) -> None:
    lists = CodeLists(ROOT / "imports" / "codelists")
    profiles, _ = load_profiles([ROOT / "imports" / "profiles"])
    read = 0
    for name, entry in truth.items():
        if entry["expect"] != "read":
            continue
        path = corpus / "files" / name
        reading = read_file(path, settings=_stated(entry), profiles=profiles, code_lists=lists)
        if any(finding.level is Severity.STOP for finding in reading.findings):
            assert reading.sheets == [], name
            continue
        read += 1
        for sheet in reading.sheets:
            _hold(path, reading, sheet)
    assert read >= 30


def _stated(entry: dict[str, Any]) -> dict[str, str]:
    """The currency, where the file states none."""
    columns = [column for sheet in entry["sheets"] for column in sheet.get("columns", []) if column.get("money")]
    silent = {column["currency"] for column in columns if column["field"] and not column["currency_from"]}
    return {"currency": silent.pop()} if len(silent) == 1 else {}


def _hold(path: Path, reading: Reading, sheet: ReadSheet) -> None:
    """Rows and raw sums over the states against those of the file, read anew without any profile."""
    rows = list(sheet.rows)
    workbook = open_workbook(path)
    raw = list(workbook.sheets[sheet.position].rows())
    workbook.close()
    assert [row.number for row in rows] == list(range(1, len(rows) + 1)), path.name
    assert len(rows) == (raw[-1].number if raw else 0), path.name
    notes = {row.number for row in rows if row.state in (RowState.NOTE, RowState.BLANK)}
    for column in (column for column in sheet.columns if column.field in MONEY_FIELDS):
        stated: Counter[str] = Counter()
        for row in rows:
            if column.field in row.stated:
                currency, minor = row.stated[column.field]
                stated[currency] += minor
        assert column.field
        kept = {row.number: row.stated[column.field] for row in rows if column.field in row.stated}
        expected: Counter[str] = Counter()
        for number, values in raw:
            value = values[column.index - 1] if column.index <= len(values) else None
            amount = read_amount(value, column.number_style) if value is not None else None
            if isinstance(amount, Amount) and number not in notes:
                if number not in kept and amount.note:
                    continue  # a cell that the column's decision refused is told as such
                currency = kept[number][0] if number in kept else reading.settings.get("currency", "EUR")
                expected[currency] += to_minor(amount.number, currency, column.unit)[0]
        refused = {f.cell for f in reading.findings if f.code in ("number-invalid", "currency-missing")}
        if not refused:
            assert stated == expected, (path.name, column.letter)
        else:
            left = expected.total() - stated.total()
            assert left >= 0, (path.name, column.letter)
