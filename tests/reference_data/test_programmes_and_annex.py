"""The programmes that the communication names with an amount, and Annex I of Regulation (EU) No 516/2014 as printed."""

# ruff: noqa: DTZ001  # a cell's date has no zone
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

PROGRAMMES = "programmes-communication-2024.xlsx"
ANNEX = "amif-2014-2020-annex-i.xlsx"
#: reference -> (amount in EUR, country or region, theme, start)
NAMED = {
    "COM2024-F03": (18_000_000, "TN", "anti-smuggling", None),
    "COM2024-F04": (36_000_000, "R-WB", "anti-smuggling", datetime(2023, 6, 1)),
    "COM2024-F05": (13_000_000, "R-MULTI", "return-reintegration", None),
    "COM2024-F08": (68_000_000, "R-NAF", "voluntary-return", None),
    "COM2024-F10": (13_000_000, "R-WB", "returns", None),
}
#: Member State -> (minimum, percentage, average, total), as printed.
PRINTED = {
    "AT": (5_000_000, "2.65", 59_533_977, 64_533_977), "BE": (5_000_000, "3.75", 84_250_977, 89_250_977),
    "BG": (5_000_000, "0.22", 5_006_777, 10_006_777), "CY": (10_000_000, "0.99", 22_308_677, 32_308_677),
    "CZ": (5_000_000, "0.94", 21_185_177, 26_185_177), "DE": (5_000_000, "9.05", 203_416_877, 208_416_877),
    "EE": (5_000_000, "0.23", 5_156_577, 10_156_577), "ES": (5_000_000, "11.22", 252_101_877, 257_101_877),
    "FI": (5_000_000, "0.82", 18_488_777, 23_488_777), "FR": (5_000_000, "11.60", 260_565_577, 265_565_577),
    "GR": (5_000_000, "11.32", 254_348_877, 259_348_877), "HR": (5_000_000, "0.54", 12_133_800, 17_133_800),
    "HU": (5_000_000, "0.83", 18_713_477, 23_713_477), "IE": (5_000_000, "0.65", 14_519_077, 19_519_077),
    "IT": (5_000_000, "13.59", 305_355_777, 310_355_777), "LT": (5_000_000, "0.21", 4_632_277, 9_632_277),
    "LU": (5_000_000, "0.10", 2_160_577, 7_160_577), "LV": (5_000_000, "0.39", 8_751_777, 13_751_777),
    "MT": (10_000_000, "0.32", 7_178_877, 17_178_877), "NL": (5_000_000, "3.98", 89_419_077, 94_419_077),
    "PL": (5_000_000, "2.60", 58_410_477, 63_410_477), "PT": (5_000_000, "1.24", 27_776_377, 32_776_377),
    "RO": (5_000_000, "0.75", 16_915_877, 21_915_877), "SE": (5_000_000, "5.05", 113_536_877, 118_536_877),
    "SI": (5_000_000, "0.43", 9_725_477, 14_725_477), "SK": (5_000_000, "0.27", 5_980_477, 10_980_477),
    "UK": (5_000_000, "16.26", 365_425_577, 370_425_577),
}  # fmt: skip


def test_programmes_with_their_geography(table: Callable[..., list[dict[str, Any]]]) -> None:
    rows = table(PROGRAMMES, "Programmes")
    assert list(rows[0]) == [
        "project_ref", "title", "fund", "country", "theme", "stage", "eu_contribution", "currency", "start_date",
        "quote",
        "source", "page", "note",
    ]  # fmt: skip
    assert {
        row["project_ref"]: (row["eu_contribution"], row["country"], row["theme"], row["start_date"]) for row in rows
    } == NAMED
    assert len(rows) == 5
    assert sum(row["eu_contribution"] for row in rows) == 148_000_000
    for row in rows:
        assert (row["fund"], row["stage"], row["currency"]) == ("UNNAMED", "committed", "EUR")
        assert row["quote"]
        assert isinstance(row["page"], int)


def test_no_country_split_is_made_up(table: Callable[..., list[dict[str, Any]]]) -> None:
    rows = {row["project_ref"]: row for row in table(PROGRAMMES, "Programmes")}
    assert "MA, EG, TN; no split stated" in rows["COM2024-F05"]["note"]
    for reference in ("COM2024-F04", "COM2024-F08", "COM2024-F10"):
        assert "no country split stated" in rows[reference]["note"]
    assert not any("=" in str(value) for row in rows.values() for value in row.values())


def test_annex_i_is_as_printed(sheets: Callable[[str], Any]) -> None:
    rows = sheets(ANNEX)["Annex I"]
    assert rows[0] == [
        "Member State", "Minimum amount", "% average 2011-2013 allocations ERF+IF+RF", "Average amount 2011-2013",
        "TOTAL",
    ]  # fmt: skip
    # Rows 2 to 28 of the sheet.
    assert len(rows) == 29
    read = {
        state: (low, str(Decimal(repr(share)) * 100), average, total)
        for state, low, share, average, total in rows[1:28]
    }
    assert {state: (low, Decimal(share), average, total) for state, (low, share, average, total) in read.items()} == {
        state: (low, Decimal(share), average, total) for state, (low, share, average, total) in PRINTED.items()
    }
    assert list(read) == list(PRINTED)
    assert rows[28] == ["MS Totals", 145_000_000, 1, 2_247_000_000, 2_392_000_000]


def test_two_printed_totals_of_annex_i_are_two_euro_low(sheets: Callable[[str], Any]) -> None:
    *rows, total = sheets(ANNEX)["Annex I"][1:]
    sums = {column: sum(row[column] for row in rows) for column in (1, 3, 4)}
    assert {column: sums[column] - total[column] for column in sums} == {1: 0, 3: 2, 4: 2}
    assert all(row[1] + row[3] == row[4] for row in rows)
    assert sum(Decimal(repr(row[2])) for row in rows) == Decimal("1.0000")
