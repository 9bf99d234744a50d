"""Which amounts a row books: by stage, basis, country and theme, exactly and by stated rules."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.intake.sheets import GOOD, HEAD, OWN, only, read, remarks, told

# --- amounts -----------------------------------------------------------------------------------------------------

MONEY = ["project_ref", "country", "eu_contribution", "national_public", "public_contribution", "private", "total_cost"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([60, 20, None, 5, 100], {"eu": 6000, "national_public": 2000, "private": 500, "other": 1500}),
        ([None, None, None, None, 100], {"other": 10000}),
        ([60, None, 80, None, 100], {"eu": 6000, "other": 2000}),
        ([None, None, 80, None, 100], {"public": 8000, "other": 2000}),
        ([None, 30, 80, None, 100], {"national_public": 3000, "public": 5000, "other": 2000}),
        ([60, 40, None, None, 100], {"eu": 6000, "national_public": 4000}),
        ([0, None, None, None, 0], {}),
    ],
)
def test_bases_of_a_row(tmp_path: Path, cells: list[int | None], expected: dict[str, int]) -> None:
    reading, rows = read(tmp_path, MONEY, ["P1", "MT", *cells])
    assert {a.basis: a.minor for a in only(rows).amounts} == expected
    assert told(reading) == []
    rules = {a.basis: a.rule for a in only(rows).amounts}
    assert rules.get("other", "remainder of total_cost") == "remainder of total_cost"
    assert (("E2", "public-holds-eu") in remarks(reading)) == (cells[0] is not None and cells[2] is not None)


def test_amounts_of_nil_are_stated_but_not_booked(tmp_path: Path) -> None:
    _, rows = read(tmp_path, HEAD, [*GOOD[:-1], 0])
    assert rows[1].stated == {"eu_contribution": ("EUR", 0)}
    assert only(rows).amounts == []


def test_a_total_below_its_shares(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, MONEY, ["P1", "MT", 60, 50, None, None, 100])
    assert told(reading) == [("G2", "total-below-share")]
    assert {a.basis: a.minor for a in only(rows).amounts} == {"eu": 6000, "national_public": 5000}


def test_stages_of_a_row(tmp_path: Path) -> None:
    head = ["project_ref", "country", "contracted", "declared", "paid"]
    _, rows = read(tmp_path, head, ["P1", "MT", 3, 2, 1])
    assert [(a.stage, a.basis, a.minor) for a in only(rows).amounts] == [
        ("contracted", "eu", 300), ("declared", "eu", 200), ("paid", "eu", 100),
    ]  # fmt: skip


def test_more_than_two_decimals_are_rounded_half_up_and_told_once(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, HEAD, [*GOOD[:-1], 0.125], ["P2", *GOOD[1:-1], 0.115], ["P3", *GOOD[1:-1], 0.5])
    assert [row.stated["eu_contribution"][1] for row in rows[1:]] == [13, 12, 50]
    (finding,) = [f for f in reading.findings if f.code == "number-rounded"]
    assert (finding.cell, finding.values["count"]) == ("F2", 2)


def test_corrections_are_booked_backwards_where_the_profile_says_so(tmp_path: Path) -> None:
    extra = (
        OWN + 'negative = true\n[columns.paid]\nheaders = ["Paid"]\nnegative = true\n[constants]\ncurrency = "EUR"\n'
    )
    reading, rows = read(tmp_path, ["Reference", "Grant", "Paid"], ["P1", -5000, -2000], extra=extra)
    assert told(reading) == []
    assert [(a.stage, a.minor) for a in only(rows).amounts] == [("decommitted", 500000), ("recovered", 200000)]
    assert rows[1].stated == {"eu_contribution": ("EUR", -500000), "paid": ("EUR", -200000)}


@pytest.mark.parametrize("text", ["p.m.", "-", "n.a.", "", "  "])
def test_a_cell_that_says_no_amount_states_none(tmp_path: Path, text: str) -> None:
    reading, rows = read(tmp_path, HEAD, GOOD, ["P2", *GOOD[1:-1], text])
    assert told(reading) == []
    assert rows[2].stated == {}


# --- countries, themes, splits -----------------------------------------------------------------------------------

SPLIT = ["project_ref", "country", "theme", "eu_contribution", "countries_split", "themes_split"]


def test_a_split_by_country_and_theme_adds_up_to_the_cent(tmp_path: Path) -> None:
    _, rows = read(
        tmp_path, SPLIT, ["P1", "North Africa", None, 0.1, "TN=33.33;MA=33.33;rest", "returns=50;protection=50"]
    )
    record = only(rows)
    assert sum(a.minor for a in record.amounts) == 10
    assert record.splits == {
        "country": {"TN": 333300000, "MA": 333300000, "R-NAF": 333400000},
        "theme": {"returns": 500000000, "protection": 500000000},
    }
    by_country = Counter[str]()
    for amount in record.amounts:
        by_country[amount.country] += amount.minor
    assert by_country == {"MA": 3, "TN": 3, "R-NAF": 4}
    assert record.attributes["country_code"] == "R-NAF"
    assert any(amount.rule == "split TN 33.33%, returns 50%" for amount in record.amounts)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Tunisia, Morocco", "R-MULTI"),
        ("DZ; EG; LY; MA; TN", "R-NAF"),
        ("Tunesien", "TN"),
        ("Ελλάδα", "GR"),
        ("EL", "GR"),
        ("Kosovo*", "XK"),
        ("EU", "EU"),
    ],
)
def test_the_code_of_a_country_cell(tmp_path: Path, text: str, code: str) -> None:
    reading, rows = read(tmp_path, SPLIT, ["P1", text, None, 5, None, None])
    record = only(rows)
    assert (record.attributes["country_code"], record.attributes["country_text"]) == (code, text)
    assert [amount.country for amount in record.amounts] == [code]
    assert told(reading) == []


def test_a_theme_is_a_code_or_stays_text(tmp_path: Path) -> None:
    _, rows = read(tmp_path, SPLIT, ["P1", "MT", "Smuggling", 5, None, None], ["P2", "MT", "Fishing", 5, None, None])
    first, second = (row.record for row in rows[1:])
    assert first is not None
    assert second is not None
    assert (first.attributes["theme_code"], first.amounts[0].theme) == ("anti-smuggling", "anti-smuggling")
    assert (second.attributes["theme_text"], second.amounts[0].theme) == ("Fishing", "unstated")
    assert "theme_code" not in second.attributes


def test_rows_without_country_or_date_are_told_once(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, ["project_ref", "eu_contribution"], ["P1", 1], ["P2", 2])
    assert remarks(reading) == [("", "country-missing"), ("", "value-date-unknown")]
    assert [r.record.amounts[0].country for r in rows if r.record] == ["ZZ", "ZZ"]
    assert [r.record.amounts[0].value_date for r in rows if r.record] == [None, None]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [([100, 25], [10**9, 25 * 10**7]), ([Decimal("0.5"), 1], [5 * 10**8, 10**9]), (["12,5 %"], [125_000_000])],
)
def test_earmark_shares_are_per_cent_or_fractions(tmp_path: Path, shares: list[Any], expected: list[int]) -> None:
    head = ["project_ref", "country", "eu_contribution", "earmark_share"]
    _, rows = read(tmp_path, head, *([f"P{n}", "MT", 1, share] for n, share in enumerate(shares)))
    assert [row.record.earmarks for row in rows if row.record] == [{"migration": ppb} for ppb in expected]
