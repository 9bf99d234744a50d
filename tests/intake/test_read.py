"""A file becomes records, row by row; every trap is told at its cell and nothing of a wrong row is booked."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger.domain.records import Amount, Reading, ReadRow
from ledger.intake.finding_log import LISTED
from ledger.intake.profiles import load_profiles
from ledger.intake.read import read_file
from tests.intake.sheets import GOOD, HEAD, LISTS, OWN, SHIPPED, WORKBOOKS, only, read, remarks, save, told


def test_a_row_becomes_a_record(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, HEAD, GOOD)
    record = only(rows)
    assert (reading.profile, reading.source, reading.format, reading.file) == ("projects", "projects", "xlsx", "f.xlsx")
    assert reading.size == (tmp_path / "f.xlsx").stat().st_size
    assert record.ref == "P1"
    assert record.attributes == {
        "unit": "operation",
        "title": "Reception centre",
        "fund_code": "AMIF",
        "country_code": "MT",
        "country_text": "Malta",
        "start_date": date(2022, 5, 1),
    }
    assert record.amounts == [
        Amount("committed", "eu", "MT", "unstated", "EUR", 123450, date(2022, 5, 1), 6, "cell", "current")
    ]
    assert told(reading) == []


TRAPS: list[tuple[str, Any, str, str]] = [
    ("eu_contribution", "twelve", "F2", "number-invalid"),
    ("eu_contribution", True, "F2", "number-invalid"),
    ("eu_contribution", date(2020, 1, 1), "F2", "number-invalid"),
    ("eu_contribution", "50 %", "F2", "number-invalid"),
    ("eu_contribution", -5, "F2", "amount-negative"),
    ("eu_contribution", 10**14, "F2", "number-precision"),
    ("eu_contribution", "#REF!", "F2", "cell-error"),
    ("eu_contribution", "#N/A", "F2", "cell-error"),
    ("eu_contribution", "=1+1", "F2", "formula-uncached"),
    ("title", "#DIV/0!", "B2", "cell-error"),
    ("fund", "AMIFF", "C2", "fund-unknown"),
    ("country", "Atlantis", "D2", "country-unknown"),
    ("country", "Malta, Atlantis", "D2", "country-unknown"),
    ("start_date", "30/02/2022", "E2", "date-invalid"),
    ("start_date", "soon", "E2", "date-invalid"),
    ("project_ref", None, "A2", "reference-missing"),
]


@pytest.mark.parametrize(("name", "value", "cell", "code"), TRAPS)
def test_a_wrong_cell_rejects_its_row(tmp_path: Path, name: str, value: object, cell: str, code: str) -> None:
    wrong = list(GOOD)
    wrong[HEAD.index(name)] = value
    reading, rows = read(tmp_path, HEAD, wrong, ["P2", *GOOD[1:]])
    assert told(reading) == [(cell, code)]
    assert [str(row.state) for row in rows] == ["note", "rejected", "posted"]
    assert rows[1].record is None
    place = next(finding.place for finding in reading.findings if finding.code == code)
    assert place == f"f.xlsx!List!{cell}"


def test_every_wrong_cell_of_a_row_is_told(tmp_path: Path) -> None:
    reading, _ = read(tmp_path, HEAD, ["P1", "x", "AMIFF", "Atlantis", "31/04/2022", "much"])
    assert told(reading) == [
        ("C2", "fund-unknown"), ("D2", "country-unknown"), ("E2", "date-invalid"), ("F2", "number-invalid"),
    ]  # fmt: skip


def test_other_codes_of_a_row(tmp_path: Path) -> None:
    head = [*HEAD, "currency", "stage", "countries_split", "themes_split", "eu_rate"]
    reading, _ = read(
        tmp_path,
        head,
        [*GOOD, "EURO", None, None, None, None],
        [*GOOD, "EUR", "outside", None, None, None],
        [*GOOD, "EUR", "paid", "TN=40;MA=50", None, 80],
        [*GOOD, "EUR", "paid", "TN=40;Nowhere=60", "protection=50;returns=51", 120],
    )
    assert told(reading) == [
        ("G2", "currency-unknown"), ("H3", "code-unknown"), ("I4", "split-invalid"), ("I5", "split-invalid"),
        ("J5", "split-invalid"), ("K5", "rate-invalid"),
    ]  # fmt: skip


# --- what stops the import ---------------------------------------------------------------------------------------


def stopped(reading: Reading, rows: list[ReadRow]) -> list[tuple[str, str]]:
    assert reading.sheets == []
    assert rows == []
    return told(reading)


def test_an_unknown_column_of_our_own_template(tmp_path: Path) -> None:
    head = [*HEAD[:-1], "eu_contribtion"]
    reading, rows = read(tmp_path, head, GOOD)
    assert stopped(reading, rows) == [("F1", "column-unknown")]
    assert "'eu_contribution'" in reading.findings[0].message


def test_two_columns_of_one_field(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, [*HEAD, "EU contribution *"], [*GOOD, 1])
    assert stopped(reading, rows) == [("G1", "column-duplicate")]


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, HEAD, GOOD, profile="programmes-communication-2024")
    assert stopped(reading, rows) == [("", "sheet-missing")]
    assert "'List'" in reading.findings[0].message


def test_a_required_column_that_is_not_there(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, ["envelope", "title"], ["E1", "x"], profile="envelopes")
    assert stopped(reading, rows) == [("1", "column-missing")]


def test_no_header_row_at_all(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, ["a", "b"], [1, 2], profile="envelopes")
    assert stopped(reading, rows) == [("", "header-missing")]


def test_an_amount_with_two_readings_shows_both_totals(tmp_path: Path) -> None:
    rows = [[f"P{n}", "t", "AMIF", "MT", date(2022, 5, 1), text] for n, text in enumerate(["1.234", "5.678"])]
    reading, read_rows = read(tmp_path, HEAD, *rows)
    assert stopped(reading, read_rows) == [("F1", "number-ambiguous")]
    assert set(reading.findings[0].values["readings"].values()) == {"EUR 6\u00a0912.00", "EUR 6.91"}
    stated, stated_rows = read(tmp_path, HEAD, *rows, number_style=".,")
    assert told(stated) == []
    assert [row.stated for row in stated_rows[1:]] == [
        {"eu_contribution": ("EUR", 123400)}, {"eu_contribution": ("EUR", 567800)},
    ]  # fmt: skip


def test_dates_with_two_readings(tmp_path: Path) -> None:
    rows = [["P1", "t", "AMIF", "MT", "03/04/2022", 1], ["P2", "t", "AMIF", "MT", "05/06/2022", 1]]
    reading, read_rows = read(tmp_path, HEAD, *rows)
    assert stopped(reading, read_rows) == [("E1", "date-ambiguous")]
    stated, stated_rows = read(tmp_path, HEAD, *rows, date_order="mdy")
    assert told(stated) == []
    assert [r.record.attributes["start_date"] for r in stated_rows if r.record] == [date(2022, 3, 4), date(2022, 5, 6)]


def test_nothing_says_the_currency(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, ["Reference", "Grant"], ["P1", 5000], extra=OWN)
    assert stopped(reading, rows) == [("B1", "currency-missing")]
    stated, stated_rows = read(tmp_path, ["Reference", "Grant"], ["P1", 5000], extra=OWN, currency="PLN")
    assert told(stated) == []
    assert stated_rows[1].stated == {"eu_contribution": ("PLN", 500000)}


def test_a_header_that_contradicts_the_profile(tmp_path: Path) -> None:
    extra = OWN + '[constants]\ncurrency = "EUR"\n'
    reading, rows = read(tmp_path, ["Reference", "Grant GBP"], ["P1", 5000], extra=extra)
    assert stopped(reading, rows) == [("B1", "currency-ambiguous")]


def test_the_unit_of_a_header_and_one_that_cannot_be_meant(tmp_path: Path) -> None:
    head = ["Reference", "Grant (EUR million)"]
    reading, rows = read(tmp_path, head, ["P1", 5.25], extra=OWN)
    assert told(reading) == []
    assert rows[1].stated == {"eu_contribution": ("EUR", 525_000_000)}
    assert reading.sheets[0].columns[1].unit == 10**6
    wrong, wrong_rows = read(tmp_path, head, ["P1", 5_250_000_000], extra=OWN)
    assert stopped(wrong, wrong_rows) == [("B1", "unit-suspect")]


@pytest.mark.parametrize(
    ("settings", "code", "hint"),
    [
        ({"curency": "EUR"}, "setting-unknown", "'currency'"),
        ({"currency": "EURO"}, "setting-invalid", "ISO 4217"),
        ({"fund": "AMIV"}, "setting-invalid", "'AMIF'"),
        ({"stage": "comitted"}, "setting-invalid", "'committed'"),
        ({"as_of": "12/03/2024"}, "setting-invalid", "YYYY-MM-DD"),
        ({"country": "Atlantis"}, "setting-invalid", "no such country"),
        ({"number_style": ".."}, "setting-invalid", "two signs"),
        ({"date_order": "dym"}, "setting-invalid", "dmy"),
    ],
)
def test_a_wrong_setting(tmp_path: Path, settings: dict[str, str], code: str, hint: str) -> None:
    reading, rows = read(tmp_path, HEAD, GOOD, **settings)
    assert stopped(reading, rows) == [("", code)]
    assert hint in reading.findings[0].message


def test_settings_speak_where_the_file_is_silent(tmp_path: Path) -> None:
    head = ["project_ref", "fund", "eu_contribution"]
    stated = {"fund": "FAMI", "country": "Italia", "stage": "paid", "as_of": "2024-06-30", "source": "ministry"}
    reading, rows = read(tmp_path, head, ["P1", None, 7], ["P2", "BMVI", 7], unit="thousand", **stated)
    records = [row.record for row in rows if row.record]
    assert (reading.source, reading.as_of) == ("ministry", date(2024, 6, 30))
    assert [record.attributes["fund_code"] for record in records] == ["AMIF", "BMVI"]
    assert records[0].attributes["country_code"] == "IT"
    assert records[0].attributes["unit"] == "operation"
    assert records[0].amounts[0] == Amount(
        "paid", "eu", "IT", "unstated", "EUR", 700_000, date(2024, 6, 30), 3, "cell", "current"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    reading = read_file(tmp_path / "no.xlsx", profiles=[], code_lists=LISTS)
    assert told(reading) == [("", "file-missing")]


# --- rows and references -----------------------------------------------------------------------------------------


def test_every_row_has_one_state(tmp_path: Path) -> None:
    _, rows = read(
        tmp_path, ["A list of projects"], [], HEAD, GOOD, [], [None, "Priority 4"], ["P2", *GOOD[1:]], ["Total", *[None] * 4, 2469],
        [], ["Source: ministry"],
    )  # fmt: skip
    assert [(row.number, str(row.state)) for row in rows] == [
        (1, "note"), (2, "blank"), (3, "note"), (4, "posted"), (5, "blank"), (6, "note"), (7, "posted"), (8, "subtotal"),
        (9, "blank"), (10, "note"),
    ]  # fmt: skip


def test_the_digest_is_that_of_the_raw_values(tmp_path: Path) -> None:
    _, rows = read(tmp_path, HEAD, GOOD, ["P2", *GOOD[1:]], ["P1 ", *GOOD[1:]], [*GOOD[:-1], "1234.5"], GOOD)
    digests = [row.digest for row in rows]
    assert digests[1] == digests[5]
    assert len(set(digests)) == 5
    assert all(len(mark) == 64 for mark in digests)


def test_rows_alike_are_told_and_both_read(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, HEAD, GOOD, ["P2", *GOOD[1:]], GOOD)
    assert told(reading) == [("4", "duplicate-row")]
    assert [str(row.state) for row in rows[1:]] == ["posted"] * 3
    (repeated,) = [f for f in reading.findings if f.code == "reference-repeated"]
    assert repeated.values == {"references": 1, "rows": 1}


def test_references_that_differ_in_case_or_dash(tmp_path: Path) -> None:
    reading, _ = read(tmp_path, HEAD, ["AB-1", *GOOD[1:]], ["ab\u20131", *GOOD[1:]])
    assert told(reading) == [("3", "reference-case")]


def test_a_list_without_references_gets_stable_ones(tmp_path: Path) -> None:
    head = ["title", "country", "eu_contribution"]
    first, rows = read(tmp_path, head, ["a", "MT", 1], ["b", "MT", 2], ["a", "MT", 3], profile="projects")
    refs = [row.record.ref for row in rows if row.record]
    assert refs[2] == f"{refs[0]}-2"
    assert len(set(refs)) == 3
    assert ("", "reference-generated") in remarks(first)
    _, moved = read(tmp_path, head, ["b", "MT", 20], ["a", "MT", 10], profile="projects")
    assert [row.record.ref for row in moved if row.record] == [refs[1], refs[0]]


def test_findings_of_one_kind_are_listed_up_to_a_limit(tmp_path: Path) -> None:
    rows = [[f"P{n}", "t", "AMIF", "Atlantis", date(2022, 5, 1), 1] for n in range(LISTED + 50)]
    reading, read_rows = read(tmp_path, HEAD, *rows)
    unknown = [f for f in reading.findings if f.code == "country-unknown"]
    assert len(unknown) == LISTED + 1
    assert unknown[-1].values == {"count": LISTED + 50}
    assert Counter(str(row.state) for row in read_rows) == {"rejected": LISTED + 50, "note": 1}


def test_hidden_rows_and_columns_with_data_are_told(tmp_path: Path) -> None:
    path = save(tmp_path / "h.xlsx", HEAD, GOOD, ["P2", *GOOD[1:]], ["P3", *GOOD[1:]])
    book = openpyxl.load_workbook(path)
    book["List"].row_dimensions[3].hidden = True
    book["List"].column_dimensions["C"].hidden = True
    book.save(path)
    reading = read_file(path, profiles=load_profiles([SHIPPED])[0], code_lists=LISTS)
    states = [str(row.state) for row in reading.sheets[0].rows]
    assert told(reading) == [("3", "hidden-rows"), ("C:C", "hidden-columns")]
    assert states == ["note", "posted", "posted", "posted"]


def test_a_sum_formula_that_leaves_out_rows(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "s.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("List")
    data = [[f"P{n}", "a", "AMIF", "MT", "2022-05-01", n] for n in (1, 2, 4)]
    for number, row in enumerate([HEAD, *data]):
        sheet.write_row(number, 0, row)
    sheet.write_formula("F5", "=SUM(F2:F3)", None, 3)
    book.close()
    reading = read_file(path, profiles=load_profiles([SHIPPED])[0], code_lists=LISTS)
    rows = list(reading.sheets[0].rows)
    assert [str(row.state) for row in rows] == ["note", "posted", "posted", "posted", "subtotal"]
    assert told(reading) == [("F5", "formula-range-short"), ("F5", "total-row-mismatch")]
    assert reading.sheets[0].totals[0].computed_minor == 700


# --- figures -----------------------------------------------------------------------------------------------------

FIGURE = ["figure", "quote", "value", "unit", "fund", "country", "theme", "target", "page", "as_of", "rule"]


def test_a_figure_keeps_its_words_and_its_exact_value(tmp_path: Path) -> None:
    _, rows = read(
        tmp_path,
        FIGURE,
        ["F1", "some EUR 5.3 billion", 5.30, "EUR billion", "NDICI;AMIF", "north-africa;Malta", "returns", "yes", 9,
         date(2024, 3, 12), "R-ABOUT"],
        ["F2", "said without a number", None, None, None, None, None, None, None, None, None],
    )  # fmt: skip
    first, second = (row.record for row in rows[1:])
    assert first is not None
    assert second is not None
    assert first.attributes == {
        "origin": "stated", "is_target": True, "quote": "some EUR 5.3 billion", "value": "5.3", "unit": "EUR billion",
        "fund": "NDICI-GE;AMIF", "country": "north-africa;MT", "theme": "returns", "page": "9", "rule": "R-ABOUT",
        "as_of": date(2024, 3, 12),
    }  # fmt: skip
    assert second.attributes == {"origin": "stated", "is_target": False, "quote": "said without a number"}


def test_codes_of_a_figure_are_checked(tmp_path: Path) -> None:
    reading, _ = read(
        tmp_path, FIGURE, ["F1", "q", "much", "EUR", "AMIF;XYZ", "Atlantis", "fishing", "maybe", None, None, None]
    )
    assert told(reading) == [
        ("C2", "number-invalid"), ("E2", "fund-unknown"), ("F2", "country-unknown"), ("G2", "code-unknown"),
        ("H2", "code-unknown"),
    ]  # fmt: skip


# --- our own workbooks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(WORKBOOKS.glob("*.xlsx")), ids=lambda path: path.stem)
def test_the_shipped_workbooks_are_read_without_a_finding(path: Path) -> None:
    reading = read_file(path, profiles=load_profiles([SHIPPED])[0], code_lists=LISTS)
    book = openpyxl.load_workbook(path)
    states = Counter[str]()
    for sheet in reading.sheets:
        rows = list(sheet.rows)
        states.update(str(row.state) for row in rows)
        cells = book[sheet.name]
        assert [row.number for row in rows] == list(range(1, cells.max_row + 1))
        amounts = {column.field: column.index for column in sheet.columns if column.field in rows[-1].stated}
        head = sheet.header_rows[0]
        for field, column in amounts.items():
            sums = sum(row.stated[field][1] for row in rows if field in row.stated)
            values = [cell.value for (cell,) in cells.iter_rows(head + 1, None, column, column)]
            assert sums == sum(round(Decimal(str(value)) * 100) for value in values if value is not None)
    assert states["rejected"] == 0
    assert states["posted"] > 0
    annex = [("D29", "total-row-mismatch"), ("E29", "total-row-mismatch")]
    assert sorted(told(reading)) == (annex if path.stem.startswith("amif") else [])
    for finding in (f for f in reading.findings if f.code == "total-row-mismatch"):
        assert finding.values["difference_minor"] == -200


def test_annex_i_is_read_as_envelopes_of_states() -> None:
    path = WORKBOOKS / "amif-2014-2020-annex-i.xlsx"
    reading = read_file(path, profiles=load_profiles([SHIPPED])[0], code_lists=LISTS)
    records = [row.record for row in reading.sheets[0].rows if row.record]
    assert len(records) == 27
    assert records[0].ref == "AMIF1420.AT"
    assert records[0].attributes["period_end"] == date(2020, 12, 31)
    assert {record.attributes["fund_code"] for record in records} == {"AMIF"}
    assert sum(record.amounts[0].minor for record in records) == 239_200_000_200


def test_the_illustrative_list_is_marked() -> None:
    path = WORKBOOKS / "ndici-migration-portfolio-ILLUSTRATIVE.xlsx"
    reading = read_file(path, profiles=load_profiles([SHIPPED])[0], code_lists=LISTS)
    assert reading.is_illustrative
    assert reading.coverage[0].earmark == "migration"
