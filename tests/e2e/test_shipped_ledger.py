"""What the shipped data must show: verdicts, the EUR 2 of Annex I, and numbers that unfold to their cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Run

Euledger = Callable[..., Run]


def test_every_figure_has_a_verdict(euledger: Euledger, shipped: Path) -> None:
    listed = euledger("--db", shipped, "figure", "list", "-f", "json").json["results"]
    run = euledger("--db", shipped, "reconcile", "-f", "json")
    results = {result["figure"]: result for result in run.json["results"]}
    assert len(listed) == 96
    assert {figure["figure"] for figure in listed} == set(results), "none is silently skipped"
    assert all(result["verdict"] and result["rule"] and result["reason"] for result in results.values())
    broken = {ref: result for ref, result in results.items() if result["verdict"] == "broken"}
    assert run.code == 1
    assert {ref: result["difference"] for ref, result in broken.items()} == {
        "amif-2014-2020-annex-i.xlsx!Annex I!D29": {"amount": "2.00", "currency": "EUR"},
        "amif-2014-2020-annex-i.xlsx!Annex I!E29": {"amount": "2.00", "currency": "EUR"},
    }
    assert "E2:E28" in broken["amif-2014-2020-annex-i.xlsx!Annex I!E29"]["reason"]
    money = [r for r in results.values() if r["low"] is not None and r["ledger"] is not None and r["unit"] == "EUR"]
    assert all("interval" not in r or r["room"] is not None or r["verdict"] == "undecidable" for r in money)


@pytest.mark.parametrize(
    ("tree", "amount"),
    [
        ("TREE.AMIF.TOT", "9882000000.00"),
        ("TREE.BMVI.TOT", "5241000000.00"),
        ("TREE.NDICI.TOT", "79462000000.00"),
        ("TREE.MFF24.MIG", "2000000000.00"),
    ],
)
def test_trees_are_met_to_the_cent(euledger: Euledger, shipped: Path, tree: str, amount: str) -> None:
    run = euledger("--db", shipped, "reconcile", tree, "-f", "json")
    (result,) = run.json["results"]
    assert (run.code, result["verdict"], result["rule"]) == (0, "met", "R-TOTAL")
    assert result["ledger"] == {"amount": amount, "currency": "EUR"}
    assert result["difference"]["amount"] == "0.00"


def test_the_portfolio_is_undecidable_without_and_met_with_the_illustrative_list(
    euledger: Euledger, shipped: Path
) -> None:
    refs = ("F18", "F19", "F20", "F21", "F28")
    without = euledger("--db", shipped, "reconcile", *refs, "-f", "json").json["results"]
    with_it = euledger("--db", shipped, "reconcile", *refs, "--with-illustrative", "-f", "json").json["results"]
    assert [result["verdict"] for result in without] == ["undecidable"] * 5
    assert not any(result["illustrative"] for result in without)
    assert [result["verdict"] for result in with_it] == ["met"] * 5
    assert all(result["illustrative"] for result in with_it)


def test_the_pact_is_not_added_to_its_funds(euledger: Euledger, shipped: Path) -> None:
    run = euledger("--db", shipped, "summary", "--stage", "allocated", "--by", "fund", "-f", "json")
    sums = {
        row["fund"]: row["amount"]["amount"] for row in run.json["results"]["rows"] if row["price_basis"] == "current"
    }
    # 9 882 million of 2021-2027 and the rows of Annex I of 2014-2020; the 800 million of the Pact feed it, not add.
    assert sums["AMIF"] == str(Decimal("9882000000.00") + Decimal("2392000002.00"))
    assert sums["BMVI"] == "5241000000.00"
    assert sums["NDICI-GE"] == "79462000000.00"


def leaves(node: dict[str, Any]) -> list[dict[str, Any]]:
    own = [node] if "cell" in node and "amount" in node else []
    return own + [leaf for child in node.get("children", []) for leaf in leaves(child)]


FIGURES = ("F01", "F03", "F05", "F08", "F10", "F19", "F20", "F28", "TREE.AMIF.TOT", "TREE.NDICI.TOT")


@pytest.mark.parametrize("ref", FIGURES)
def test_cells_read_again_add_up_to_the_figure(euledger: Euledger, shipped: Path, ref: str) -> None:
    ledger = euledger("--db", shipped, "reconcile", ref, "--with-illustrative", "-f", "json").json["results"][0][
        "ledger"
    ]
    (tree,) = euledger("--db", shipped, "why", ref, "--with-illustrative", "-f", "json").json["results"]
    cells = [leaf for child in tree["children"] if child["label"] != "stated" for leaf in leaves(child)]
    assert cells
    total, whole = Decimal(0), Counter[tuple[str, str, str]]()
    for leaf in cells:
        share, raw = Decimal(leaf["amount"]["amount"]), Decimal(leaf["raw"])
        total += share
        if leaf.get("rule"):
            whole[leaf["file"], leaf["sheet"], leaf["cell"]] += 1
            named = [Decimal(p) for p in re.findall(r"([\d.]+) ?%", leaf["rule"])]
            expected = raw
            for percent in named:
                expected = expected * percent / 100
            # A country and a theme split round one after the other: less than a cent each.
            assert abs(share - expected) < Decimal("0.01") * (len(named) + 1), leaf
        else:
            assert abs(share) == raw, leaf
    assert total == Decimal(ledger["amount"]), "to the cent"


def test_everything_again_changes_nothing(euledger: Euledger, shipped: Path) -> None:
    before = euledger("--db", shipped, "imports", "list", "-f", "json").json["results"]
    run = euledger("--db", shipped, "init", "-f", "json")
    assert run.code == 0
    assert euledger("--db", shipped, "imports", "list", "-f", "json").json["results"] == before


def test_checks_are_clean(euledger: Euledger, shipped: Path) -> None:
    run = euledger("--db", shipped, "check", "--with-illustrative", "-f", "json")
    assert run.code == 0, run.out
    assert all(result["ok"] and not result["findings"] for result in run.json["results"])
    assert all(result["checked"] for result in run.json["results"])
    assert euledger("--db", shipped, "check").out.strip() == "", "silent when clean"


def test_illustrative_data_is_marked_wherever_it_shows(euledger: Euledger, shipped: Path, tmp_path: Path) -> None:
    plain = euledger("--db", shipped, "summary", "--by", "fund", "-f", "json").json["results"]
    assert all(not row["illustrative"] for row in plain["rows"])
    for ending in ("xlsx", "csv", "md", "json"):
        target = tmp_path / f"out.{ending}"
        euledger("--db", shipped, "summary", "--with-illustrative", "-o", target)
        content = target.read_bytes() if ending != "xlsx" else _texts(target)
        assert b"illustrative" in content.lower(), ending
    text = euledger("--db", shipped, "summary", "--with-illustrative").out
    assert "ILLUSTRATIVE" in text


def _texts(path: Path) -> bytes:
    from openpyxl import load_workbook

    book = load_workbook(path)
    return " ".join(str(c) for s in book for row in s.iter_rows(values_only=True) for c in row if c).encode()
