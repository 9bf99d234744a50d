"""Identification: tables of files that no profile knows, what is decided, what stops, what is wrong with the workbook."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.actions.identify import IdentifyResult, identify_files
from ledger.domain.findings import Finding, Severity
from ledger.domain.records import Reading, ReadRow, RowState
from ledger.intake.code_lists import CodeLists
from ledger.intake.profiles import load_profiles
from ledger.intake.read import read_file

ROOT = Path(__file__).parents[2]
LISTS = CodeLists(ROOT / "imports" / "codelists")
PROFILES, _ = load_profiles([ROOT / "imports" / "profiles"])

HEAD: list[Any] = ["Projektnummer", "Begünstigter", "Gesamtkosten (EUR)", "EU-Beitrag (EUR)"]
ROWS: list[list[Any]] = [[f"P{n}", f"Verein {n}", 1000 * n, 500 * n] for n in range(1, 7)]


def csv(tmp_path: Path, *lines: str, name: str = "liste.csv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def xlsx(tmp_path: Path, *rows: list[Any], formulas: dict[str, tuple[str, Any]] | None = None) -> Path:
    """A workbook; `formulas` are cell -> (formula, the value that was saved with it)."""
    path = tmp_path / "liste.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Liste")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    for cell, (formula, value) in (formulas or {}).items():
        sheet.write_formula(cell, formula, None, value)
    book.close()
    return path


def read(path: Path, **stated: str) -> tuple[Reading, list[ReadRow]]:
    reading = read_file(path, settings=stated, profiles=PROFILES, code_lists=LISTS)
    return reading, [row for sheet in reading.sheets for row in sheet.rows]


def sums(rows: list[ReadRow], state: RowState = RowState.POSTED) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for field, (currency, minor) in row.stated.items() if row.state is state else ():
            found[field, currency] += minor
    return dict(found)


def stopped(reading: Reading) -> list[tuple[str, str]]:
    return [(f.cell, f.code) for f in reading.findings if f.level is Severity.STOP]


def of_code(findings: list[Finding], code: str) -> list[Finding]:
    return [finding for finding in findings if finding.code == code]


def fields(result: IdentifyResult) -> dict[str, str | None]:
    return {column.letter: column.field for column in result.sheets[0].columns}


# --- what is identified ------------------------------------------------------------------------------------------


def test_every_answer_has_a_confidence_and_its_evidence(tmp_path: Path) -> None:
    (result,) = identify_files([xlsx(tmp_path, ["Liste der Vorhaben"], [], HEAD, *ROWS)])
    (sheet,) = result.sheets
    assert (sheet.header_rows, sheet.first_data_row, sheet.data_rows, result.profile) == ([3], 4, 6, None)
    assert fields(result) == {"A": "project_ref", "B": "beneficiary", "C": "total_cost", "D": "eu_contribution"}
    assert all(0 < column.confidence < 1 and column.evidence for column in sheet.columns)
    assert {(column.currency, column.unit) for column in sheet.columns[2:]} == {("EUR", 1)}


def test_a_file_that_a_profile_knows_is_said_so_and_read_under_it() -> None:
    (result,) = identify_files([ROOT / "imports" / "workbooks" / "amif-2014-2020-annex-i.xlsx"])
    assert (result.profile, result.confidence) == ("amif-2014-2020-annex-i", 1.0)
    assert result.sheets[0].data_rows == 27
    (wrong,) = [f for f in of_code(result.findings, "total-row-mismatch") if f.values["column"] == "TOTAL"]
    assert wrong.values["difference_minor"] == -200


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "file-empty"),
        ("b.pdf", b"%PDF-1.4 \n", "file-type-unknown"),
        ("c.csv", b"x;y\n1;2\n", "header-missing"),
    ],
)
def test_what_is_no_table_is_refused_with_a_finding(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    (result,) = identify_files([path])
    assert result.sheets == []
    assert [finding.code for finding in result.findings if finding.level is Severity.STOP] == [code]


def test_a_missing_file_is_told() -> None:
    (result,) = identify_files([Path("nowhere.xlsx")])
    assert [finding.code for finding in result.findings] == ["file-missing"]


# --- what is booked, and what stops ------------------------------------------------------------------------------


def test_without_a_profile_a_clear_list_is_booked(tmp_path: Path) -> None:
    reading, rows = read(xlsx(tmp_path, HEAD, *ROWS))
    assert stopped(reading) == []
    assert sums(rows) == {("total_cost", "EUR"): 2_100_000, ("eu_contribution", "EUR"): 1_050_000}
    assert rows[1].record is not None
    assert rows[1].record.ref == "P1"
    assert of_code(reading.findings, "identified")


def test_a_currency_that_nothing_states_stops_until_it_is_said(tmp_path: Path) -> None:
    head = [text.replace(" (EUR)", "") for text in HEAD]
    path = xlsx(tmp_path, head, *ROWS)
    reading, rows = read(path)
    assert stopped(reading) == [("C1", "currency-missing"), ("D1", "currency-missing")]
    assert rows == []
    reading, rows = read(path, currency="PLN")
    assert stopped(reading) == []
    assert sums(rows)["eu_contribution", "PLN"] == 1_050_000


def test_two_readings_of_a_column_stop_with_both_totals(tmp_path: Path) -> None:
    lines = [f"P{n};Verein {n};1.{n}00" for n in range(1, 7)]
    path = csv(tmp_path, "Projektnummer;Begünstigter;EU-Beitrag (EUR)", *lines)
    reading, _ = read(path)
    assert stopped(reading) == [("C1", "number-ambiguous")]
    readings = of_code(reading.findings, "number-ambiguous")[0].values["readings"]
    assert set(readings.values()) == {"8100", "8.100"}
    reading, rows = read(path, number_style="._")
    assert (stopped(reading), sums(rows)) == ([], {("eu_contribution", "EUR"): 810_000})


def test_the_total_of_the_row_settles_what_a_share_alone_leaves_open(tmp_path: Path) -> None:
    lines = [f"P{n};Verein {n};{n}000,50;1.{n}00;{50 * (n - 1)},5" for n in range(2, 9)]
    # 1.200 as 1,200 of 2,000.50 is possible, and so is 1.2: nothing settles it.
    head = "Projektnummer;Begünstigter;Gesamtkosten (EUR);EU-Beitrag (EUR);x"
    reading, _ = read(csv(tmp_path, head, *lines))
    assert ("D1", "number-ambiguous") in stopped(reading)
    # A total of 2,50 does not hold a share of 1,200.
    small = [f"P{n};Verein {n};{n},50;1.{n}00;" for n in range(2, 9)]
    reading, rows = read(csv(tmp_path, head, *small))
    assert ("D1", "number-ambiguous") not in stopped(reading)
    assert sums(rows)["eu_contribution", "EUR"] == sum(100 + 10 * n for n in range(2, 9))


def test_millions_over_full_amounts_stop_with_both_totals(tmp_path: Path) -> None:
    head = ["Project reference", "Beneficiary", "EU contribution £m"]
    rows = [[f"P{n}", f"Charity {n}", 1_000_000 * n + 17] for n in range(1, 9)]
    reading, _ = read(xlsx(tmp_path, head, *rows))
    assert stopped(reading) == [("C1", "unit-suspect")]
    reading, read_rows = read(xlsx(tmp_path, head, *rows), unit="1")
    assert sums(read_rows) == {("eu_contribution", "GBP"): 3_600_013_600}


def test_a_unit_that_the_header_states_is_applied(tmp_path: Path) -> None:
    head = ["Project reference", "Beneficiary", "EU contribution (EUR thousand)"]
    rows = [[f"P{n}", f"Charity {n}", Decimal("1234.5")] for n in range(1, 6)]
    reading, read_rows = read(xlsx(tmp_path, head, *rows))
    assert stopped(reading) == []
    assert sums(read_rows) == {("eu_contribution", "EUR"): 617_250_000}


def test_each_cell_may_say_its_own_currency(tmp_path: Path) -> None:
    lines = [f"P{n};Verein {n};{n}00,00 {'EUR' if n % 2 else 'PLN'}" for n in range(1, 7)]
    reading, rows = read(csv(tmp_path, "Projektnummer;Begünstigter;EU-Beitrag", *lines))
    assert stopped(reading) == []
    assert sums(rows) == {("eu_contribution", "EUR"): 90_000, ("eu_contribution", "PLN"): 120_000}


def test_a_header_and_cells_that_contradict_stop(tmp_path: Path) -> None:
    lines = [f"P{n};Verein {n};{n}00,00 PLN" for n in range(1, 7)]
    reading, _ = read(csv(tmp_path, "Projektnummer;Begünstigter;EU-Beitrag (EUR)", *lines))
    assert stopped(reading) == [("C1", "currency-ambiguous")]


def test_one_amount_on_all_rows_of_a_reference_in_several_countries_stops(tmp_path: Path) -> None:
    head = ["Project reference", "Title", "Country", "EU contribution (EUR)"]
    rows = [[f"P{n}", f"Border project {n}", country, 1000 * n] for n in range(1, 5) for country in ("Mali", "Niger")]
    reading, _ = read(xlsx(tmp_path, head, *rows))
    (finding,) = of_code(reading.findings, "amount-repeated")
    assert (finding.values["rows"], finding.values["once"], finding.level) == ("20000", "10000", Severity.STOP)


def test_a_vague_amount_beside_a_clear_one_is_left_out_and_stops(tmp_path: Path) -> None:
    lines = [f"Verein {n},P{n},{n}000,{n}00" for n in range(1, 5)]
    path = csv(tmp_path, "Beneficiary,Project,Amount tabled (EUR),Amount approved (EUR)", *lines)
    (result,) = identify_files([path])
    assert fields(result)["C"] is None
    reading, _ = read(path)
    assert stopped(reading) == [("C1", "column-ambiguous")]


def test_a_header_of_an_amount_over_cells_that_are_only_partly_so_stops(tmp_path: Path) -> None:
    rows = [[f"P{n}", f"Verein {n}", 1000 if n < 6 else "siehe Bescheid", 500] for n in range(1, 11)]
    reading, _ = read(xlsx(tmp_path, HEAD, *rows))
    assert stopped(reading) == [("C1", "column-ambiguous")]


def test_a_word_that_no_list_knows_costs_its_cell_and_not_the_row(tmp_path: Path) -> None:
    head = ["Project reference", "Title", "Country", "Start date", "EU contribution (EUR)"]
    rows = [[f"P{n}", f"Project {n}", "Italy", "2024-01-02", 1000] for n in range(1, 40)]
    rows += [["P40", "Project 40", "Ruritania", "soon", 1000]]
    reading, read_rows = read(xlsx(tmp_path, head, *rows))
    assert sums(read_rows) == {("eu_contribution", "EUR"): 4_000_000}
    assert of_code(reading.findings, "country-unknown")[0].level is Severity.WARNING


# --- what is wrong with the workbook -----------------------------------------------------------------------------


def test_a_total_that_leaves_out_the_amounts_stored_as_text(tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[2][3] = "1.500,50"
    reading, read_rows = read(xlsx(tmp_path, HEAD, *rows, ["Summe", None, 21_000, 9_000]))
    assert [row.number for row in read_rows if row.state is RowState.SUBTOTAL] == [8]
    (agrees,) = of_code(reading.findings, "total-row-agrees")
    (wrong,) = of_code(reading.findings, "total-row-mismatch")
    assert (agrees.cell, agrees.values["printed_minor"]) == ("C8", 2_100_000)
    assert (wrong.cell, wrong.values["printed"], wrong.values["computed"]) == ("D8", "9000.00", "10500.50")
    assert (wrong.values["difference"], wrong.values["left_out"]) == ("-1500.50", "1500.50")
    assert wrong.values["left_out_cells"] == ["D4"]
    assert of_code(reading.findings, "number-as-text")[0].cell == "D4"
    assert sums(read_rows)["eu_contribution", "EUR"] == 1_050_050


def test_subtotals_and_a_grand_total_are_checked_each_against_its_own_rows(tmp_path: Path) -> None:
    body = [
        *ROWS[:3],
        ["Summe", None, 6000, 3000],
        *ROWS[3:],
        ["Summe", None, 15_000, 7501],
        ["Gesamtsumme", None, 21_000, 10_500],
    ]
    reading, rows = read(xlsx(tmp_path, HEAD, *body))
    agreeing = {finding.cell for finding in of_code(reading.findings, "total-row-agrees")}
    assert agreeing == {"C5", "D5", "C9", "C10", "D10"}
    (wrong,) = of_code(reading.findings, "total-row-mismatch")
    assert (wrong.cell, wrong.values["cells"], wrong.values["difference"]) == ("D9", "D6:D8", "1.00")
    assert sums(rows)["total_cost", "EUR"] == 2_100_000


def test_amounts_without_a_word_are_a_total_where_they_add_up(tmp_path: Path) -> None:
    reading, rows = read(xlsx(tmp_path, HEAD, *ROWS, [None, None, 21_000, 10_500]))
    assert sums(rows, RowState.SUBTOTAL) == {("total_cost", "EUR"): 2_100_000, ("eu_contribution", "EUR"): 1_050_000}
    assert len(of_code(reading.findings, "total-row-agrees")) == 2


def test_totals_that_hide_among_the_data_are_checked_by_country(tmp_path: Path) -> None:
    head = ["Country", "Fund", "EU contribution (EUR)"]
    rows = [["Malta", "AMIF", 10], ["Italy", "Total", 101], ["Italy", "AMIF", 40], ["Malta", "ISF", 5],
            ["Italy", "ISF", 60], ["Malta", "Total", 15]]  # fmt: skip
    reading, read_rows = read(xlsx(tmp_path, head, *rows))
    assert sums(read_rows) == {("eu_contribution", "EUR"): 11_500}
    (wrong,) = of_code(reading.findings, "total-row-mismatch")
    assert (wrong.cell, wrong.values["difference"]) == ("C3", "1.00")


def test_a_count_is_no_money(tmp_path: Path) -> None:
    head = [*HEAD, "Number of participants"]
    rows = [[*row, 7] for row in ROWS]
    reading, _ = read(xlsx(tmp_path, head, *rows, ["Summe", None, 21_000, 10_500, 43]))
    (wrong,) = of_code(reading.findings, "total-row-mismatch")
    assert wrong.cell == "E8"
    assert "EUR" not in wrong.message
    assert "currency" not in wrong.values


def test_short_stale_and_typed_totals(tmp_path: Path) -> None:
    formulas = {"C8": ("=SUM(C2:C6)", 15_000), "D4": ("=C4/2", 1500)}
    path = xlsx(tmp_path, HEAD, *ROWS, ["Summe", None, None, 10_500], formulas=formulas)
    reading, _ = read(path)
    (short,) = of_code(reading.findings, "formula-range-short")
    assert (short.cell, short.values["missed"], short.values["amount"]) == ("C8", ["C7"], "6000")
    assert [f.cell for f in of_code(reading.findings, "total-typed")] == ["D8"]
    assert of_code(reading.findings, "formula-stale") == []
    path = xlsx(tmp_path, HEAD, *ROWS, ["Summe", None, None, None], formulas={"C8": ("=SUM(C2:C7)", 20_000)})
    reading, _ = read(path)
    (stale,) = of_code(reading.findings, "formula-stale")
    assert (stale.cell, stale.values["cached"], stale.values["computed"]) == ("C8", "20000", "21000")


def test_hidden_rows_and_columns_are_read_and_told(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [HEAD, *ROWS]:
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True
    book.save(path)
    reading, rows = read(path)
    assert [(f.cell, f.code) for f in reading.findings if "hidden" in f.code] == [
        ("3", "hidden-rows"),
        ("B:B", "hidden-columns"),
    ]
    assert sums(rows)["total_cost", "EUR"] == 2_100_000


def test_references_that_differ_only_in_case_or_dash_and_their_amounts(tmp_path: Path) -> None:
    rows = [*ROWS, ["p1", "Verein 1", 1000, 500], ["P\u20132", "Verein 2", 1, 1], ["P-2", "Verein 2", 2, 1]]
    reading, _ = read(xlsx(tmp_path, HEAD, *rows))
    found = {f.cell: f.values["same"] for f in of_code(reading.findings, "reference-case")}
    assert found == {"8": ["eu_contribution", "total_cost"], "10": ["eu_contribution"]}


def test_a_sheet_that_repeats_another_is_not_booked_twice(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    book = openpyxl.Workbook()
    for name in ("List", "Copy"):
        sheet = book.create_sheet(name)
        for row in [HEAD, *ROWS]:
            sheet.append(row)
    book.save(path)
    reading, rows = read(path)
    assert [f.sheet for f in of_code(reading.findings, "sheet-copy")] == ["Copy"]
    assert sums(rows)["total_cost", "EUR"] == 2_100_000


# --- nothing is lost ---------------------------------------------------------------------------------------------

CELLS = st.one_of(
    st.none(),
    st.integers(-(10**9), 10**9),
    st.decimals(min_value=0, max_value=10**7, places=2),
    st.sampled_from(["Summe", "Total", "1.234,56", "12,5", "n.a.", "x", "  ", "Priorität 1", "Anmerkung: vorläufig"]),
    st.text(max_size=8).filter(lambda t: t.isprintable()),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=25))
def test_every_row_of_a_random_sheet_is_in_one_state_and_no_amount_is_lost(
    tmp_path: Path, rows: list[list[Any]]
) -> None:
    """Typed numbers of the amount columns are the raw sums; they must come back whole over the states."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [HEAD, *ROWS, *rows]:
        sheet.append([None if isinstance(v, str) and v.startswith("=") else v for v in row])
    path = tmp_path / "random.xlsx"
    book.save(path)
    reading, read_rows = read(path)
    if not reading.sheets:
        assert stopped(reading)
        return
    assert [row.number for row in read_rows] == list(range(1, len(read_rows) + 1))
    assert {row.state for row in read_rows} <= set(RowState)
    assert all((row.record is not None) == (row.state is RowState.POSTED) for row in read_rows)
    booked = {column.field for column in reading.sheets[0].columns}
    for field, at in (("total_cost", 2), ("eu_contribution", 3)):
        if field not in booked:
            continue
        raw = [row[at] for row in [*ROWS, *rows] if isinstance(row[at], int | Decimal)]
        stated = {row.number: row.stated[field][1] for row in read_rows if field in row.stated}
        typed = [n for n, row in enumerate([*ROWS, *rows], 2) if isinstance(row[at], int | Decimal)]
        assert sum(stated[n] for n in typed) == int(sum(raw) * 100)
