"""The workbook of published figures: all 68 statements of the communication, with those that carry no number."""

# ruff: noqa: DTZ001  # a cell's date has no zone
from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from ledger.domain.intervals import rule_for
from ledger.domain.quoted import quoted_number

BOOK = "published-figures-communication-2024.xlsx"
HEADER = [
    "figure", "quote", "source", "page", "qualifier", "value", "unit", "measure", "stage", "basis", "fund", "earmark",
    "country", "theme", "period_start", "period_end", "as_of", "scope", "kind", "section", "envelope", "scope_of",
    "programme", "denominator", "part_of", "counting_unit", "rule", "target", "note", "relations", "caveat",
]  # fmt: skip
#: figure -> (value, unit, qualifier, rule)
MONEY = {
    "F01": (2_000_000_000, "none", "R-EXACT"), "F03": (18_000_000, "none", "R-EXACT"),
    "F04": (36_000_000, "none", "R-EXACT"), "F05": (13_000_000, "none", "R-EXACT"),
    "F06": (400_000_000, "almost", "R-ALMOST"), "F08": (68_000_000, "none", "R-EXACT"),
    "F10": (13_000_000, "none", "R-EXACT"), "F14": (300_000_000_000, "up to", "R-UPTO"),
    "F16": (77_000_000_000, "none", "R-EXACT"), "F19": (5_300_000_000, "some", "R-ABOUT"),
    "F20": (691_000_000, "none", "R-EXACT"), "F24": (2_400_000_000, "none", "R-EXACT"),
    "F26": (10_000_000_000, "none", "R-EXACT"), "F28": (150_000_000, "close to", "R-ALMOST"),
    "F29": (665_000_000, "over", "R-OVER"), "F30": (400_000_000, "over", "R-OVER"), "F32": (318_000_000, "over",
    "R-OVER"),
}  # fmt: skip
RATIOS = {
    "F09": ("3", "almost"), "F15": ("0.5", "over"), "F17": ("0.1", "none"), "F21": ("0.6667", "almost"),
    "F23": ("0.42", "none"),
    "F25": ("0.8", "approximately"), "C11": ("0.9", "more than"), "C12": ("0.2", "below"), "C27": ("0.23", "none"),
}  # fmt: skip
COUNTS = {
    "F07": (17_000, "persons", "over"), "F09b": (13_000, "persons", "over"), "F11": (35, "countries", "over"),
    "F11b": (50, "countries", "around"), "F11c": (5_500, "persons", "over"), "F12": (4_000, "persons", "more than"),
    "F13": (17, "boats", "none"), "F18": (190, "projects", "more than"), "F31": (60_000, "persons", "over"),
    "C06": (2_650, "persons", "none"), "C15": (10_000, "persons", "almost"), "C16": (4_000_000, "persons", "over"),
    "C17": (110_000_000, "persons", "none"), "C20": (2_700, "persons", "over"), "C23": (1_141, "deployments", "none"),
}  # fmt: skip
WITHOUT_NUMBER = {"F02", "F22", *(f"F{number}" for number in range(33, 40))}


@pytest.fixture(scope="module")
def figures(table: Callable[..., list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    listed = table(BOOK, "Figures")
    by_name = {figure["figure"]: figure for figure in listed}
    assert len(by_name) == len(listed) == 68
    return by_name


def test_columns_and_numbering(sheets: Callable[[str], Any], figures: dict[str, dict[str, Any]]) -> None:
    assert list(sheets(BOOK)) == ["Figures", "Sources"]
    assert sheets(BOOK)["Figures"][0] == HEADER
    context = {f"C{number:02d}" for number in range(1, 28)}
    # F27 is unused.
    funding = {f"F{number:02d}" for number in range(1, 40)} - {"F27"} | {"F09b", "F11b", "F11c"}
    assert figures.keys() == context | funding
    assert {name for name, figure in figures.items() if figure["scope"] == "CONTEXT"} == context
    assert {figure["scope"] for figure in figures.values()} == {"CONTEXT", "FUNDING"}


def test_amounts_and_their_wording(figures: dict[str, dict[str, Any]]) -> None:
    assert {name for name, figure in figures.items() if figure["unit"] == "EUR"} == MONEY.keys()
    for name, (value, qualifier, rule) in MONEY.items():
        figure = figures[name]
        assert (figure["value"], figure["qualifier"], figure["rule"], figure["measure"]) == (
            value,
            qualifier,
            rule,
            "sum",
        )


def test_ratios_are_fractions_of_one(figures: dict[str, dict[str, Any]]) -> None:
    assert {name for name, figure in figures.items() if figure["unit"] == "ratio"} == RATIOS.keys()
    for name, (value, qualifier) in RATIOS.items():
        figure = figures[name]
        assert (Decimal(repr(figure["value"])), figure["qualifier"]) == (Decimal(value), qualifier)
        assert figure["measure"] == ("ratio" if name == "F09" else "share")


def test_counts(figures: dict[str, dict[str, Any]]) -> None:
    for name, (value, unit, qualifier) in COUNTS.items():
        figure = figures[name]
        assert (figure["value"], figure["unit"], figure["qualifier"]) == (value, unit, qualifier)
    assert figures["F18"]["counting_unit"] == "decision"
    assert figures["F18"]["measure"] == "count"


def test_statements_without_a_number_are_kept(figures: dict[str, dict[str, Any]]) -> None:
    assert {name for name, figure in figures.items() if figure["value"] is None} == WITHOUT_NUMBER | {"C08"}
    for name in WITHOUT_NUMBER:
        figure = figures[name]
        assert (figure["qualifier"], figure["measure"], figure["rule"]) == ("unquantified", "none", "R-UNQ")
        assert figure["unit"] is None
    assert figures["C08"]["quote"] == "from 124 to 264"
    assert "two values in one statement" in figures["C08"]["note"]


def test_every_statement_has_its_wording_place_and_date(figures: dict[str, dict[str, Any]]) -> None:
    for figure in figures.values():
        assert figure["quote"]
        assert figure["section"]
        assert figure["source"].startswith("Commission communication on migration, March 2024")
        assert isinstance(figure["page"], int)
        assert isinstance(figure["as_of"], datetime)
        for end in ("period_start", "period_end"):
            assert figure[end] is None or isinstance(figure[end], datetime)
    assert Counter(figure["rule"] for figure in figures.values()) == {
        "R-OVER": 19, "R-EXACT": 16, "R-COUNT": 14, "R-UNQ": 9, "R-ALMOST": 5, "R-ABOUT": 3, "R-UPTO": 1, "R-BELOW": 1,
    }  # fmt: skip


def test_the_text_is_kept_with_its_flaws(figures: dict[str, dict[str, Any]]) -> None:
    assert (
        figures["F01"]["quote"]
        == "additional EUR 2 billion from the mid- term revision of the Multiannual Financial Framework earmarked"
    )
    assert figures["F14"]["quote"].endswith("up to EUR 300 billion by 2027")
    assert figures["C01"]["quote"] == "The eleven1 interlocking laws"
    assert figures["C15"]["quote"].startswith("almost 10 000 thousand migrants")


def test_links_between_figures_envelopes_and_programmes(
    figures: dict[str, dict[str, Any]], table: Callable[..., list[dict[str, Any]]]
) -> None:
    assert (figures["F01"]["envelope"], figures["F01"]["scope_of"], figures["F01"]["earmark"]) == (
        "MFF24.MIG",
        "parts",
        "pact",
    )
    assert figures["F01"]["fund"] == "AMIF;BMVI;EUAA"
    assert (figures["F17"]["denominator"], figures["F17"]["target"]) == ("NDICI.TOT", "yes")
    assert figures["F21"]["denominator"] == "F20"
    assert {name for name, figure in figures.items() if figure["target"]} == {"F11b", "F14", "F15", "F16", "F17", "C07"}
    named = {name: figure["programme"] for name, figure in figures.items() if figure["programme"]}
    assert named == {name: f"COM2024-{name}" for name in ("F03", "F04", "F05", "F08", "F10")}
    amounts = {
        row["project_ref"]: row["eu_contribution"] for row in table("programmes-communication-2024.xlsx", "Programmes")
    }
    assert {reference: figures[name]["value"] for name, reference in named.items()} == amounts
    envelopes = {row["envelope"] for row in table("envelopes-2021-2027.xlsx", "Envelopes")}
    for figure in figures.values():
        assert figure["envelope"] is None or figure["envelope"] in envelopes
        assert figure["denominator"] is None or figure["denominator"] in {*figures, *envelopes, "EXTERNAL"}
        assert figure["part_of"] is None or figure["part_of"] in figures


def test_scope_of_the_ndici_figures(figures: dict[str, dict[str, Any]]) -> None:
    for name in ("F17", "F18", "F19", "F20", "F21", "F28"):
        assert figures[name]["fund"] == "NDICI-GE"
    for name in ("F20", "F21", "F28"):
        assert (figures[name]["period_start"], figures[name]["period_end"]) == (
            datetime(2021, 1, 1),
            datetime(2023, 12, 31),
        )
    assert figures["F20"]["country"] == figures["F21"]["country"] == "north-africa"
    assert figures["F28"]["country"] == "LY;TN;MA;EG"
    assert (figures["F21"]["theme"], figures["F28"]["theme"]) == ("migration-governance", "protection")
    assert {figures[name]["stage"] for name in ("F06", "F17", "F19", "F20", "F21", "F28", "F30")} == {"committed"}
    assert {figures[name]["stage"] for name in ("F01", "F25")} == {"allocated"}
    assert {figures[name]["stage"] for name in ("F14", "F16", "F24", "F29")} == {None}


def test_codes_are_listed(figures: dict[str, dict[str, Any]], codelist: Callable[[str], list[dict[str, str]]]) -> None:
    listed = {name: {row["code"] for row in codelist(name)} for name in ("funds", "countries", "themes", "earmarks")}
    listed["countries"] |= {row["group"] for row in codelist("country-groups")}
    for figure in figures.values():
        for column, name in (("fund", "funds"), ("country", "countries"), ("theme", "themes"), ("earmark", "earmarks")):
            assert set((figure[column] or "").split(";")) - {""} <= listed[name], (figure["figure"], column)
    assert all(figure["fund"] for figure in figures.values() if figure["scope"] == "FUNDING")


def test_the_stated_rule_is_the_one_that_the_wording_calls_for(figures: dict[str, dict[str, Any]]) -> None:
    other = {}
    for name, figure in figures.items():
        value = None if figure["value"] is None else Decimal(repr(figure["value"]))
        number = None if value is None else quoted_number(figure["quote"], value)
        rule = rule_for(figure["qualifier"], figure["unit"] or "", figure["measure"], number)
        if rule.id != figure["rule"]:
            other[name] = (rule.id, figure["rule"])
        # The number stands in the quotation: no precision has to be made up from a typed value.
        assert number is None or number.text, name
    # C06 is a round number of persons, stated to be read as a rounding; C08 holds two numbers, so none is taken.
    assert other == {"C06": ("R-COUNT", "R-EXACT"), "C08": ("R-UNQ", "R-COUNT")}
