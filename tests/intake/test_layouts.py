"""Tables that are not one header row over one row per record: what a profile can say of them, feature by feature."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.records import Reading, ReadRow
from ledger.domain.toml_keys import DeclarationError
from ledger.intake.formula_check import EquationError, parse
from ledger.intake.profiles import load_profile
from tests.intake.sheets import booked, read, remarks, told

BASE = """
kind = "projects"
[recognise]
headers = ["Reference"]
[columns.project_ref]
headers = ["Reference"]
[columns.eu_contribution]
headers = ["Grant"]
[columns.country]
headers = ["Country"]
[constants]
currency = "EUR"
unit = "1"
fund = "AMIF"
as_of = "2024-01-01"
"""
HEAD = ["Reference", "Country", "Grant"]


def states(rows: list[ReadRow]) -> list[str]:
    return [str(row.state) for row in rows]


def amounts(rows: list[ReadRow]) -> list[tuple[str, str, int, str]]:
    return [(r.record.ref, a.country, a.minor, a.rule) for r in rows if r.record for a in r.record.amounts]


def finding(reading: Reading, code: str) -> tuple[str, str, dict[str, object]]:
    (found,) = [f for f in reading.findings if f.code == code]
    return found.cell, found.message, found.values


# --- headers over several rows -----------------------------------------------------------------------------------


def test_a_header_over_two_rows(tmp_path: Path) -> None:
    extra = """
kind = "projects"
header_rows = 2
ignore = ["National support | Paid"]
[recognise]
headers = ["Reference"]
[columns.project_ref]
headers = ["Reference"]
[columns.eu_contribution]
headers = ["EU support | Granted"]
[columns.paid]
headers = ["EU support | Paid"]
[constants]
currency = "EUR"
"""
    reading, rows = read(
        tmp_path,
        ["A list"],
        ["Reference", "EU support", None, "National support"],
        [None, "Granted", "Paid", "Paid"],
        ["P1", 1000, 400, 77],
        extra=extra,
    )
    assert told(reading) == []
    assert states(rows) == ["note", "note", "note", "posted"]
    assert rows[3].stated == {"eu_contribution": ("EUR", 100_000), "paid": ("EUR", 40_000)}
    assert reading.sheets[0].header_rows == [2, 3]
    assert [column.header for column in reading.sheets[0].columns] == [
        "Reference", "EU support | Granted", "EU support | Paid", "National support | Paid",
    ]  # fmt: skip


# --- section rows ------------------------------------------------------------------------------------------------


def test_section_rows_feed_fields_until_the_next_one(tmp_path: Path) -> None:
    extra = (
        BASE.replace('[columns.country]\nheaders = ["Country"]\n', "")
        + """
[[sections]]
field = "country"
[[sections]]
field = "priority"
pattern = '^Priority (\\d+)'
"""
    )
    reading, rows = read(
        tmp_path,
        ["Reference", "Title", "Grant"],
        ["Malta"],
        ["Priority 4: returns"],
        ["P1", "a", 1],
        [None, "Priority 5"],
        ["P2", "b", 2],
        ["Ελλάδα"],
        ["P3", "c", 3],
        ["A note that is none of these"],
        extra=extra,
    )
    assert told(reading) == []
    assert states(rows) == ["note", "note", "note", "posted", "note", "posted", "note", "posted", "note"]
    said = [(r.record.attributes["country_code"], r.record.attributes.get("priority")) for r in rows if r.record]
    assert said == [("MT", "4"), ("MT", "5"), ("GR", None)]


def test_a_cell_of_the_row_goes_before_its_section(tmp_path: Path) -> None:
    extra = BASE + '[[sections]]\nfield = "country"\n'
    _, rows = read(tmp_path, HEAD, ["Italia"], ["P1", None, 1], ["P2", "MT", 2], extra=extra)
    assert [r.record.attributes["country_code"] for r in rows if r.record] == ["IT", "MT"]


# --- totals among the data ---------------------------------------------------------------------------------------

LONG = (
    BASE.replace('fund = "AMIF"\n', "")
    + """
[columns.fund]
headers = ["Fund"]
[ref]
pattern = "{country}.{fund}.{year?}"
[total_rows]
values = { fund = ["Total"], country = ["EU28"] }
keys = ["year"]
"""
)


def test_totals_that_hide_among_the_data(tmp_path: Path) -> None:
    reading, rows = read(
        tmp_path,
        ["Reference", "Fund", "Country", "Year", "Grant"],
        [1, "AMIF", "MT", 2021, 10],
        [1, "ISF", "MT", 2021, 20],
        [1, "Total", "MT", 2021, 30],
        [1, "AMIF", "IT", 2021, 5],
        [1, "AMIF", "MT", 2022, 1],
        [1, "AMIF", "EU28", 2021, 15],
        [1, "Total", "EU28", 2021, 36],
        [1, "Total", "FR", 2021, 99],
        extra=LONG,
    )
    assert states(rows) == [
        "note",
        "posted",
        "posted",
        "subtotal",
        "posted",
        "posted",
        "subtotal",
        "subtotal",
        "subtotal",
    ]
    totals = {(t.row, t.printed_minor, t.computed_minor) for t in reading.sheets[0].totals}
    assert totals == {(4, 3000, 3000), (7, 1500, 1500), (8, 3600, 3500)}
    assert told(reading) == [("E8", "total-row-mismatch")]
    assert finding(reading, "total-row-mismatch")[2]["difference_minor"] == 100


# --- parents and children ----------------------------------------------------------------------------------------


def test_children_stand_below_their_parent(tmp_path: Path) -> None:
    extra = (
        BASE
        + """
[children]
empty = "Reference"
unit = "contract"
parent_unit = "decision"
ref = "{parent}/{Contract}"
"""
    )
    reading, rows = read(
        tmp_path,
        ["Reference", "Contract", "Grant"],
        ["D1", None, 100],
        [None, "C1", 60],
        [None, "C2", 40],
        ["D2", None, 7],
        extra=extra,
    )
    assert told(reading) == []
    records = [row.record for row in rows if row.record]
    assert [(r.ref, r.parent, r.attributes["unit"]) for r in records] == [
        ("D1", None, "decision"), ("D1/C1", "D1", "contract"), ("D1/C2", "D1", "contract"), ("D2", None, "decision"),
    ]  # fmt: skip


def test_children_known_by_a_word(tmp_path: Path) -> None:
    extra = BASE + '[children]\ncolumn = "Level"\nvalues = ["Lot"]\nref = "{parent}.{n}"\n'
    _, rows = read(
        tmp_path, ["Reference", "Level", "Grant"], ["D1", "Call", 3], ["x", "lot", 1], ["x", "Lot", 2], extra=extra
    )
    assert [(r.record.ref, r.record.parent) for r in rows if r.record] == [("D1", None), ("D1.1", "D1"), ("D1.2", "D1")]


# --- one project on several rows ---------------------------------------------------------------------------------


def test_shares_of_one_project_on_several_rows(tmp_path: Path) -> None:
    extra = BASE + '[repeated]\nkey = ["project_ref"]\namounts = "share"\nshare = "Share"\n'
    reading, rows = read(
        tmp_path,
        [*HEAD, "Share"],
        ["P1", "Tunisia", 100.01, 50],
        ["P2", "Malta", 7, 100],
        ["P1", "Morocco", 100.01, 50],
        ["P3", "Malta", 7, 60],
        ["P3", "Italy", 7, 30],
        ["P4", "Malta", 7, 50],
        ["P4", "Italy", 8, 50],
        extra=extra,
    )
    assert amounts(rows) == [
        ("P1", "TN", 5001, "share 50%"), ("P2", "MT", 700, "share 100%"), ("P1", "MA", 5000, "share 50%"),
        ("P4", "MT", 350, "share 50%"),
    ]  # fmt: skip
    first = rows[1].record
    assert first is not None
    assert first.splits == {"country": {"MA": 500_000_000, "TN": 500_000_000}}
    assert told(reading) == [("5", "amounts-differ"), ("6", "amounts-differ"), ("8", "amounts-differ")]
    assert rows[3].stated == {"eu_contribution": ("EUR", 10_001)}, "the row states what its cell says"


def test_a_budget_repeated_on_each_country_row_counts_once(tmp_path: Path) -> None:
    extra = BASE + '[repeated]\nkey = ["project_ref"]\n'
    reading, rows = read(
        tmp_path,
        HEAD,
        ["P1", "Tunisia", 100],
        ["P1", "Morocco", 100],
        ["P1", "Egypt", 90],
        ["P2", "Malta", 5],
        extra=extra,
    )
    assert amounts(rows) == [("P1", "R-MULTI", 10_000, "cell"), ("P2", "MT", 500, "cell")]
    assert states(rows) == ["note", "posted", "posted", "rejected", "posted"]
    assert finding(reading, "amounts-repeated")[2] == {"rows": 1, "minor": {"EUR": 10_000}}
    assert "90.00 and" in finding(reading, "amounts-differ")[1]


def test_only_the_latest_of_cumulative_states_counts(tmp_path: Path) -> None:
    extra = BASE + '[repeated]\nkey = ["project_ref"]\namounts = "latest"\nby = "year"\n'
    reading, rows = read(
        tmp_path, [*HEAD, "Year"], ["P1", "MT", 5, 2021], ["P1", "MT", 9, 2023], ["P1", "MT", 7, 2022], extra=extra
    )
    assert states(rows) == ["note", "note", "posted", "note"]
    assert [row.stated["eu_contribution"][1] for row in rows[1:]] == [500, 900, 700]
    assert finding(reading, "older-state")[2] == {"rows": 2}


# --- a column per year -------------------------------------------------------------------------------------------

WIDE = (
    BASE
    + """
[[wide]]
columns = 'y(20\\d\\d)'
field = "eu_contribution"
value_date = "{1}-01-01"
"""
)


def test_a_column_per_year(tmp_path: Path) -> None:
    extra = WIDE + "[[checks]]\nrule = \"y2021 + y2022 = 'All years'\"\n"
    reading, rows = read(
        tmp_path,
        ["Reference", "Country", "y2021", "y2022", "All years"],
        ["P1", "MT", 10, 20, 30],
        ["P2", "MT", None, 7, 8],
        ["P3", "MT", 1, 2, 4],
        ["Total", None, 11, 29, 42],
        extra=extra,
    )
    first = rows[1].record
    assert first is not None
    assert [(a.minor, a.value_date, a.column, a.stage, a.basis) for a in first.amounts] == [
        (1000, date(2021, 1, 1), 3, "committed", "eu"), (2000, date(2022, 1, 1), 4, "committed", "eu"),
    ]  # fmt: skip
    assert rows[1].stated == {"eu_contribution": ("EUR", 3000)}
    assert [(t.column, t.printed_minor - t.computed_minor, t.field) for t in reading.sheets[0].totals] == [
        (3, 0, "eu_contribution"), (4, 0, "eu_contribution"), (5, 0, None),
    ]  # fmt: skip
    assert told(reading) == [("E4", "column-check")]


# --- arithmetic between columns ----------------------------------------------------------------------------------


def test_arithmetic_between_columns_is_told_by_cell(tmp_path: Path) -> None:
    extra = (
        BASE
        + """
[columns.total_cost]
headers = ["Cost"]
[columns.national_public]
headers = ["National"]
[[checks]]
rule = "eu_contribution + national_public = total_cost"
[[checks]]
rule = "col5 = 100 * eu_contribution / total_cost"
tolerance = "0.005"
"""
    )
    reading, rows = read(
        tmp_path,
        ["Reference", "Grant", "National", "Cost", "Rate (%)"],
        ["P1", 60, 40, 100, 60],
        ["P2", 60, 39.9, 100, 60],
        ["P3", 1, 2, 3, 33.33],
        ["P4", 1, 2, 3, "34 %"],
        ["P5", 1, None, 3, None],
        extra=extra,
    )
    assert states(rows)[1:] == ["posted"] * 5
    assert told(reading) == [("D3", "column-check"), ("E5", "column-check")]
    cell, message, values = next(
        (f.cell, f.message, f.values) for f in reading.findings if f.code == "column-check" and f.cell == "D3"
    )
    assert values["difference"] == "-0.1"
    assert "99.9 is not 100" in message
    assert cell == "D3"


@pytest.mark.parametrize("text", ["a + b", "a = ", "a = b = c", "a = (b", "a ~ b", "1 = 2", "a b = c"])
def test_what_is_no_equation(text: str) -> None:
    with pytest.raises(EquationError):
        parse(text)


def test_a_check_of_a_column_that_is_not_there_stops(tmp_path: Path) -> None:
    extra = BASE + '[[checks]]\nrule = "eu_contribution = paid"\n'
    reading, _ = read(tmp_path, HEAD, ["P1", "MT", 1], extra=extra)
    assert told(reading) == [("1", "column-missing")]


# --- words, dates and stages -------------------------------------------------------------------------------------


def test_words_that_mean_nothing_and_cells_that_are_withheld(tmp_path: Path) -> None:
    extra = 'missing = ["-"]\nredacted = ["*****"]\nvalue_date = "{year}-12-31"\n' + BASE
    reading, rows = read(
        tmp_path,
        [*HEAD, "Beneficiary", "Year"],
        ["P1", "-", "-", "*****", 2022],
        ["P2", "MT", 3, "-", 2023],
        ["P3", "MT", 3, "Somebody", None],
        extra=extra,
    )
    assert told(reading) == []
    records = [row.record for row in rows if row.record]
    assert [(r.attributes.get("country_code"), r.attributes.get("beneficiary")) for r in records] == [
        (None, None), ("MT", None), ("MT", "Somebody"),
    ]  # fmt: skip
    assert [a.value_date for r in records for a in r.amounts] == [date(2023, 12, 31), date(2024, 1, 1)]
    assert finding(reading, "cells-redacted")[2] == {"cells": 1}


STAGES = (
    BASE
    + """
[columns.stage]
headers = ["Type"]
values = { "2" = "committed", "disbursement" = "paid" }
"""
)


def test_texts_that_stand_for_a_stage(tmp_path: Path) -> None:
    rows_in: list[list[Any]] = [
        [*HEAD, "Type"],
        ["P1", "MT", 5, 2],
        ["P1", "MT", 3, "Disbursement"],
        ["P1", "MT", 9, 11],
    ]
    reading, rows = read(tmp_path, *rows_in, extra=STAGES)
    assert [a.stage for r in rows if r.record for a in r.record.amounts] == ["committed", "paid"]
    assert told(reading) == [("D4", "code-unknown")]
    reading, rows = read(
        tmp_path, *rows_in, extra=STAGES.replace("[columns.stage]", '[columns.stage]\notherwise = "note"')
    )
    assert told(reading) == []
    assert states(rows) == ["note", "posted", "posted", "note"]
    assert rows[3].stated == {"eu_contribution": ("EUR", 900)}
    assert finding(reading, "rows-not-booked")[2] == {"11": 1}


def test_a_text_that_the_profile_does_not_list_refuses_its_row(tmp_path: Path) -> None:
    extra = BASE + '[columns.status]\nvalues = { "A" = "ongoing", "C" = "closed" }\n'
    reading, rows = read(
        tmp_path, [*HEAD, "Status"], ["P1", "MT", 1, "a"], ["P2", "MT", 1, "closed"], ["P3", "MT", 1, "Z"], extra=extra
    )
    assert told(reading) == [("D4", "code-unknown")]
    assert [r.record.attributes["status"] for r in rows if r.record] == ["ongoing", "closed"]


def test_unit_currency_and_sign_of_one_column(tmp_path: Path) -> None:
    extra = BASE.replace(
        'headers = ["Grant"]', 'headers = ["Grant"]\nunit = "thousand"\ncurrency = "PLN"\nnegative = true'
    )
    _, rows = read(tmp_path, HEAD, ["P1", "PL", 5], ["P2", "PL", Decimal("-1.5")], extra=extra)
    records = [row.record for row in rows if row.record]
    assert [booked(r)[0][0::4] for r in records] == [("committed", 500_000), ("decommitted", 150_000)]
    assert {a.currency for r in records for a in r.amounts} == {"PLN"}


# --- what a profile may not say ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("header_rows = 0", "a number from 1 to 10"),
        ('[[sections]]\nfield = "priorty"', "did you mean 'priority'?"),
        ('[[sections]]\nfield = "priority"', "have a code list"),
        ("[[sections]]\nfield = 'priority'\npattern = '('", "no regular expression"),
        ('[repeated]\nkey = ["project_ref"]\namounts = "twice"', "`repeated.amounts` is 'twice'"),
        ('[repeated]\nkey = ["project_ref"]\namounts = "share"', "`repeated.share` belongs"),
        ('[children]\nunit = "contract"', "needs either `empty`"),
        ("[[wide]]\ncolumns = 'y(.*)'\nfield = 'title'", "title is no amount"),
        ('[[checks]]\nrule = "a + b"', "needs one ="),
        ('[[checks]]\nrule = "a = b"\ntolerance = "some"', "must be a number"),
        ('[split]\ncodes = ["a"]', "as many columns each"),
        ("[total_rows]\nvalue = {}", "did you mean 'values'?"),
        ('[recognise]\nfields = ["titel"]', "'title'"),
    ],
)
def test_a_wrong_layout_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'kind = "projects"\n{text}\n', encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_profile(path)
    assert message in str(caught.value)


def test_remarks_are_no_warnings(tmp_path: Path) -> None:
    reading, _ = read(tmp_path, HEAD, ["P1", "MT", 1], extra=BASE)
    assert remarks(reading) == []
