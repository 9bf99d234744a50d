"""The workbook of envelopes: its rows, statuses and trees, against the amounts of the acts written out here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

BOOK = "envelopes-2021-2027.xlsx"
HEADER = [
    "envelope", "parent", "role", "feeds", "title", "fund", "country", "period_start", "period_end", "amount",
    "currency",
    "price_basis", "vintage", "status", "legal_reference", "source", "note", "parts",
]  # fmt: skip
#: Whole and parts in EUR million, as the acts print them.
TREES = {
    "AMIF.TOT": (9882, {"AMIF.PRG": 6270, "AMIF.TF": 3612}),
    "AMIF.PRG": (6270, {"AMIF.INI": 5225, "AMIF.MTR": 1045}),
    "AMIF.INI": (5225, {"AMIF.FIXSUM": 268, "AMIF.KEYSUM": 4957}),
    "BMVI.TOT": (5241, {"BMVI.PRG": 3668, "BMVI.TF": 1573}),
    "BMVI.PRG": (3668, {"BMVI.INI": 3057, "BMVI.MTR": 611}),
    "ISF.TOT": (1931, {"ISF.PRG": 1352, "ISF.TF": 579}),
    "ISF.PRG": (1352, {"ISF.INI": 1127, "ISF.MTR": 225}),
    "NDICI.TOT": (79462, {"NDICI.GEO": 60388, "NDICI.THE": 6358, "NDICI.RRA": 3182, "NDICI.CUSH": 9534}),
    "NDICI.GEO": (60388, {"NDICI.GEO.NEI": 19323, "NDICI.GEO.SSA": 29181, "NDICI.GEO.AP": 8489, "NDICI.GEO.AC": 3395}),
    "NDICI.THE": (6358, {"NDICI.THE.HRD": 1362, "NDICI.THE.CSO": 1362, "NDICI.THE.PSC": 908, "NDICI.THE.GC": 2726}),
    "MFF24.MIG": (2000, {"MFF24.MIG.AMIF": 800, "MFF24.MIG.BMVI": 1000, "MFF24.MIG.EUAA": 200}),
    "PACT25.ADD": (3000, {"PACT25.MFF": 1800, "PACT25.TOP": 1200}),
}
#: Totals per Member State of the Commission's table of 5 May 2025, in cents: AMIF, BMVI, ISF, total.
MAY_2025 = {
    "AT": (157_023_679_00, 30_069_713_00, 30_231_276_00, 217_324_668_00),
    "BE": (216_732_447_59, 39_602_691_00, 33_763_652_52, 290_098_791_11),
    "BG": (53_468_249_86, 265_447_623_31, 44_619_878_43, 363_535_751_60),
    "HR": (47_687_335_00, 215_405_883_72, 35_730_549_00, 298_823_767_72),
    "CY": (82_159_260_14, 80_596_152_53, 25_594_384_12, 188_349_796_79),
    "CZ": (85_247_153_00, 32_352_846_40, 35_493_353_96, 153_093_353_36),
    "DK": (0, 37_192_049_00, 0, 37_192_049_00),
    "EE": (21_141_906_00, 41_645_701_10, 28_574_447_30, 91_362_054_40),
    "FI": (113_256_842_00, 133_160_712_00, 37_515_526_77, 283_933_080_77),
    "FR": (964_375_791_00, 214_679_338_80, 99_480_718_38, 1_278_535_848_18),
    "DE": (1_777_058_667_00, 162_489_737_24, 104_752_394_52, 2_044_300_798_76),
    "GR": (434_266_391_50, 1_104_609_427_00, 45_583_385_53, 1_584_459_204_03),
}
FROM_MEMORY = {"AMIF.LS.RES", "AMIF.LS.HA", "BMVI.ADD", "NDICI.REDEP", "EUTF.AFR", "FRIT"}


@pytest.fixture(scope="module")
def rows(table: Callable[..., list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    listed = table(BOOK, "Envelopes")
    by_name = {row["envelope"]: row for row in listed}
    assert len(by_name) == len(listed) == 142
    return by_name


def test_columns_stand_in_row_1(sheets: Callable[[str], Any]) -> None:
    book = sheets(BOOK)
    assert list(book) == ["Envelopes", "Tree figures", "Sources"]
    assert book["Envelopes"][0] == HEADER


def test_statuses_and_what_is_left_out(rows: dict[str, dict[str, Any]]) -> None:
    assert Counter(row["status"] for row in rows.values()) == {"second-hand": 94, "confirmed": 38, "derived": 10}
    assert not FROM_MEMORY & rows.keys()
    # Rates, counts of persons and a proposal without an amount are no envelopes.
    assert not {"AMIF.KEY1", "AMIF.COF1", "NDICI.MIG", "PACT26.SOL.N", "BMVI.COM301"} & rows.keys()
    assert rows["AMIF.TOT"]["status"] == "second-hand"
    assert rows["AMIF.PRG"]["status"] == "confirmed"
    assert rows["BMVI.TOT"]["status"] == rows["NDICI.CUSH"]["status"] == "derived"


def test_every_row_is_complete_and_typed(rows: dict[str, dict[str, Any]], cents: Callable[[Any], int]) -> None:
    for row in rows.values():
        assert cents(row["amount"]) > 0
        assert row["currency"] == "EUR"
        assert row["role"] in {"node", "reinforcement", "statement", "unit-cost"}
        assert row["title"]
        assert row["fund"]
        assert row["country"]
        assert row["vintage"]
        assert row["source"] or row["legal_reference"]
        for end in ("period_start", "period_end"):
            assert row[end] is None or isinstance(row[end], datetime)
    undated = {name for name, row in rows.items() if row["period_start"] is None}
    assert undated == {"AMIF.LS.REL", "AMIF.LS.UAM", "AMIF.LS.TRF"}
    assert {row["price_basis"] for row in rows.values()} == {"current", "2018"}


def test_codes_are_listed(rows: dict[str, dict[str, Any]], codelist: Callable[[str], list[dict[str, str]]]) -> None:
    assert {row["fund"] for row in rows.values()} <= {fund["code"] for fund in codelist("funds")}
    assert {row["country"] for row in rows.values()} <= {country["code"] for country in codelist("countries")}
    # "MS" means Member States in the source, and Montserrat in ISO 3166.
    assert rows["BMVI.KEYSUM"]["country"] == "EU"
    assert rows["MS25.GR.AMIF"]["country"] == "GR"


@pytest.mark.parametrize("whole", TREES)
def test_legal_trees_add_up(whole: str, rows: dict[str, dict[str, Any]], cents: Callable[[Any], int]) -> None:
    total, parts = TREES[whole]
    listed = {name: cents(row["amount"]) for name, row in rows.items() if row["parent"] == whole}
    assert listed == {name: million * 100_000_000 for name, million in parts.items()}
    assert cents(rows[whole]["amount"]) == total * 100_000_000 == sum(listed.values())
    assert rows[whole]["parts"] == "complete"


def test_keys_of_amif_add_up(rows: dict[str, dict[str, Any]], cents: Callable[[Any], int]) -> None:
    keys = [cents(rows[f"AMIF.KEYAMT{number}"]["amount"]) for number in (1, 2, 3)]
    assert keys == [1_734_950_000_00, 1_487_100_000_00, 1_734_950_000_00]
    assert sum(keys) == cents(rows["AMIF.KEYSUM"]["amount"])


@pytest.mark.parametrize("state", MAY_2025)
def test_table_of_may_2025(state: str, rows: dict[str, dict[str, Any]], cents: Callable[[Any], int]) -> None:
    *funds, total = MAY_2025[state]
    for fund, amount in zip(("AMIF", "BMVI", "ISF"), funds, strict=True):
        row = rows.get(f"MS25.{state}.{fund}")
        # Denmark takes part in BMVI alone: its cells for the others are blank, not nil.
        assert (cents(row["amount"]) if row else 0) == amount
        assert row is None or (row["role"], row["parent"]) == ("statement", f"MS25.{state}.TOTAL")
    whole = rows[f"MS25.{state}.TOTAL"]
    assert cents(whole["amount"]) == total == sum(funds)
    assert (whole["fund"], whole["parts"], whole["country"]) == ("HOME", "complete", state)


def test_parts_are_complete_only_where_the_source_says_so(
    rows: dict[str, dict[str, Any]], cents: Callable[[Any], int]
) -> None:
    children: dict[str, int] = defaultdict(int)
    for row in rows.values():
        if row["parent"]:
            children[row["parent"]] += cents(row["amount"])
    complete = {name for name, row in rows.items() if row["parts"] == "complete"}
    assert complete == {*TREES, "AMIF.KEYSUM", *(f"MS25.{state}.TOTAL" for state in MAY_2025)}
    assert all(children[name] == cents(rows[name]["amount"]) for name in complete)
    assert {name for name, row in rows.items() if row["parts"] == "partial"} == {"BMVI.INI", "MFF24.TOT", "UA22"}
    assert {name for name, row in rows.items() if row["parts"]} == set(children)
    assert all(children[name] < cents(rows[name]["amount"]) for name in ("BMVI.INI", "MFF24.TOT", "UA22"))
    assert set(children) <= rows.keys()


def test_the_pact_reinforcement_feeds_and_is_no_part_of_what_it_feeds(rows: dict[str, dict[str, Any]]) -> None:
    feeds = {name: row["feeds"] for name, row in rows.items() if row["feeds"]}
    assert feeds == {
        "MFF24.MIG.AMIF": "AMIF.TOT", "MFF24.MIG.BMVI": "BMVI.TOT", "MFF24.MIG.EUAA": "EUAA",
        "PACT25.ADD": "AMIF.TOT;BMVI.TOT", "PACT25.MFF": "AMIF.TOT;BMVI.TOT", "PACT25.TOP": "AMIF.TOT;BMVI.TOT",
    }  # fmt: skip
    whole = {"MFF24.TOT", "MFF24.MIG", "MFF24.NEI", "MFF24.UA"}  # the revision: no fund of its own, never added
    assert {name for name, row in rows.items() if row["role"] == "reinforcement"} == feeds.keys() | whole
    assert not any(rows[name]["parent"] in ("AMIF.TOT", "BMVI.TOT") for name in feeds)


def test_what_must_never_be_added_is_no_node(rows: dict[str, dict[str, Any]]) -> None:
    traps = {
        "IBMF.TRAP",
        "NDICI.TOT18",
        "NDICI.GEO18",
        "NDICI.MIGAMT",
        "MFF24.ART5",
        "MFF.H4",
        "MFF.H4.2018",
        "HOME.ADOPT23",
    }
    traps |= {name for name in rows if name.startswith(("MS25.", "COD.", "NAT."))}
    assert {rows[name]["role"] for name in traps} == {"statement"}
    assert {rows[name]["price_basis"] for name in ("NDICI.TOT18", "NDICI.GEO18", "MFF24.ART5", "MFF.H4.2018")} == {
        "2018"
    }
    units = {name for name, row in rows.items() if row["role"] == "unit-cost"}
    assert units == {
        "AMIF.FIX", "AMIF.FIX3", "AMIF.LS.HAV", "AMIF.LS.REL", "AMIF.LS.UAM", "AMIF.LS.TRF", "BMVI.FIX", "BMVI.FIX3",
        "ISF.FIX",
    }  # fmt: skip
    roots = {name for name, row in rows.items() if row["role"] == "node" and not row["parent"]}
    assert roots == {"AMIF.TOT", "BMVI.TOT", "ISF.TOT", "NDICI.TOT"}


def test_tree_figures_state_each_complete_envelope(
    rows: dict[str, dict[str, Any]], table: Callable[..., list[dict[str, Any]]], cents: Callable[[Any], int]
) -> None:
    figures = {figure["figure"]: figure for figure in table(BOOK, "Tree figures")}
    assert len(figures) == 25
    assert figures.keys() == {f"TREE.{name}" for name, row in rows.items() if row["parts"] == "complete"}
    for figure in figures.values():
        row = rows[figure["envelope"]]
        assert figure["figure"] == f"TREE.{figure['envelope']}"
        assert cents(figure["value"]) == cents(row["amount"])
        assert (figure["measure"], figure["stage"], figure["scope_of"]) == ("sum", "allocated", "parts")
        assert (figure["qualifier"], figure["rule"], figure["unit"]) == ("total", "R-TOTAL", "EUR")
        assert figure["source"]
    assert figures["TREE.AMIF.TOT"]["quote"] == "EUR 9 882 million = 6 270 million + 3 612 million"
    assert figures["TREE.MFF24.MIG"]["quote"] == "EUR 2 000 million = 800 million + 1 000 million + 200 million"
    assert figures["TREE.NDICI.TOT"]["quote"] == (
        "EUR 79 462 million = 60 388 million + 6 358 million + 3 182 million + 9 534 million"
    )
    assert figures["TREE.MS25.BE.TOTAL"]["quote"] == (
        "EUR 290 098 791.11 = 216 732 447.59 + 39 602 691.00 + 33 763 652.52"
    )
