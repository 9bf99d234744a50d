"""A total that a sheet prints is held against its rows, and gives way when a mended list takes the sheet's place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import Run

HEADER = ["project_ref", "title", "fund", "country", "decision_date", "eu_contribution", "currency"]


def rows(amount: int, total: int) -> list[list[object]]:
    return [
        list(HEADER),
        ["P1", "One", "AMIF", "AT", "2023-05-01", 100, "EUR"],
        ["P2", "Two", "AMIF", "AT", "2023-05-01", amount, "EUR"],
        ["Total", None, None, None, None, total, None],
    ]


def broken(euledger: Callable[..., Run], ledger: Path) -> list[tuple[str, str]]:
    run = euledger("--db", ledger, "reconcile", "-f", "json")
    return [(r["figure"], r["difference"]["amount"]) for r in run.json["results"] if r["verdict"] == "broken"]


def test_a_mended_list_replaces_the_broken_total(
    euledger: Callable[..., Run], bare: Path, sheet: Callable[..., Path]
) -> None:
    euledger("--db", bare, "import", sheet(*rows(200, 299), name="may.xlsx"), "-p", "projects")
    assert broken(euledger, bare) == [("may.xlsx!Projects!F4", "1.00")]
    mended = sheet(*rows(199, 299), name="june.xlsx")
    batch = euledger("--db", bare, "import", mended, "-p", "projects", "-f", "json").json["results"][0]["batch"]
    assert broken(euledger, bare) == []
    listed = euledger("--db", bare, "reconcile", "-f", "json").json["results"]
    assert [(r["figure"], r["verdict"]) for r in listed] == [("june.xlsx!Projects!F4", "met")]
    euledger("--db", bare, "imports", "revert", batch, "-y")
    assert broken(euledger, bare) == [("may.xlsx!Projects!F4", "1.00")], "an undone mend is no mend"


def test_another_list_of_the_same_kind_leaves_it_standing(
    euledger: Callable[..., Run], bare: Path, sheet: Callable[..., Path]
) -> None:
    euledger("--db", bare, "import", sheet(*rows(200, 299), name="at.xlsx"), "-p", "projects")
    other = [list(HEADER), ["Q1", "Other", "AMIF", "BE", "2023-05-01", 5, "EUR"]]
    euledger("--db", bare, "import", sheet(*other, name="be.xlsx"), "-p", "projects")
    assert broken(euledger, bare) == [("at.xlsx!Projects!F4", "1.00")]
