"""What three kinds of user met when they tried the whole: lists with circles, refused rows, odd places and settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.builders import new_ledger
from tests.e2e.conftest import Run

Euledger = Callable[..., Run]
Sheet = Callable[..., Path]

EUR = ("--set", "currency=EUR")
HEADER: list[object] = ["project_ref", "title", "country", "fund", "eu_contribution"]
LEVELS: list[object] = ["project_ref", "parent", "unit", "title", "country", "fund", "eu_contribution"]


@pytest.fixture
def ledger(database_url: str) -> str:
    """A ledger with code lists alone, on both databases."""
    new_ledger(database_url).close()
    return database_url


def _import(euledger: Euledger, ledger: object, path: Path, *more: object) -> Run:
    return euledger("import", path, *EUR, *more, "--format", "json", "--db", ledger)


def _by_project(euledger: Euledger, ledger: object) -> dict[str, str]:
    run = euledger("summary", "--by", "project", "--format", "json", "--db", ledger)
    rows: list[dict[str, Any]] = run.json["results"]["rows"]
    return {row["project"]: row["amount"]["amount"] for row in rows}


def test_rows_that_stand_above_each_other_are_refused(euledger: Euledger, ledger: str, sheet: Sheet) -> None:
    path = sheet(
        LEVELS,
        ["A", "B", "contract", "a", "TN", "NDICI-GE", 30],
        ["B", "A", "decision", "b", "TN", "NDICI-GE", 30],
        ["C", "C", "decision", "c", "TN", "NDICI-GE", 5],
        ["D", "B", "contract", "d", "TN", "NDICI-GE", 5],
        ["E", None, "decision", "e", "TN", "NDICI-GE", 7],
    )
    run = _import(euledger, ledger, path)
    assert run.code == 1
    circles = [cell for cell, code in run.told if code == "parent-cycle"]
    assert circles == ["B2", "B3", "B4"]
    # Its parent was refused, and is nowhere else.
    assert ("B5", "parent-unknown") in run.told
    assert _by_project(euledger, ledger) == {"E": "7.00"}


def test_a_circle_that_only_the_ledger_closes_is_refused(euledger: Euledger, ledger: str, sheet: Sheet) -> None:
    first = sheet(
        LEVELS, ["D", None, "decision", "d", "TN", "AMIF", 100], ["K", "D", "contract", "k", "TN", "AMIF", 40]
    )
    assert _import(euledger, ledger, first).code == 0
    second = sheet(LEVELS, ["D", "K", "decision", "d", "TN", "AMIF", 100], name="newer.xlsx")
    run = _import(euledger, ledger, second)
    assert ("B2", "parent-cycle") in run.told
    assert run.json["results"][0]["batch"] is None
    assert _by_project(euledger, ledger) == {"D": "60.00", "K": "40.00"}


def test_a_refused_row_is_not_taken_for_a_vanished_project(euledger: Euledger, ledger: str, sheet: Sheet) -> None:
    """`--complete` reverses what is not in the list; a row that could not be read is in it."""
    good = sheet(HEADER, ["A", "a", "TN", "AMIF", 10], ["B", "b", "MA", "AMIF", 20])
    assert _import(euledger, ledger, good).code == 0
    bad = sheet(HEADER, ["A", "a", "TN", "AMIF", 11], ["B", "b", "Atlantis", "AMIF", 20], name="newer.xlsx")
    run = _import(euledger, ledger, bad, "--complete")
    [vanished] = [f for f in run.json["findings"] if f["code"] == "rows-vanished"]
    assert vanished["values"] == {"projects": 1, "reversed": False}
    assert _by_project(euledger, ledger) == {"A": "11.00", "B": "20.00"}
    again = _import(euledger, ledger, bad, "--complete")
    assert again.json["results"][0]["batch"] is None, "the second import has nothing to book"


def test_amounts_of_a_result_stand_in_one_order_on_both_databases(
    euledger: Euledger, ledger: str, sheet: Sheet
) -> None:
    header = ["project_ref", "title", "country", "fund", "eu_contribution", "total_cost", "contracted", "paid"]
    run = _import(euledger, ledger, sheet(header, ["A", "a", "FR", "AMIF", 10, 20, 5, 1]))
    fields = list(run.json["results"][0]["amounts"]["posted"])
    assert fields == ["contracted", "eu_contribution", "paid", "total_cost"]


def test_a_folder_without_spreadsheets_is_said(euledger: Euledger, bare: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nothing here"
    folder.mkdir()
    run = euledger("import", folder, "--db", bare)
    assert run.code == 2
    assert "no spreadsheet" in run.err


def test_a_batch_that_does_not_exist_yet_is_no_point_in_time(euledger: Euledger, bare: Path) -> None:
    run = euledger("summary", "--known-at", 99, "--db", bare)
    assert run.code == 2
    assert "there is no batch 99" in run.err


def test_a_folder_of_profiles_that_is_not_there_is_a_setting_to_mend(
    euledger: Euledger, bare: Path, sheet: Sheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "euledger.toml").write_text('profiles = ["nowhere"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    run = euledger("import", sheet(HEADER, ["A", "a", "TN", "AMIF", 10]), *EUR, "--db", bare)
    assert run.code == 2
    assert "nowhere" in run.err
