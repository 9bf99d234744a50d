"""What is published or transmitted is read again by our own profiles, without a finding and with equal sums."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.builders import amount, new_ledger, post, project

CCI = "2021MT65AMPR001"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Operations as a managing authority has them, with texts that a list must survive."""
    path = tmp_path / "ledger.db"
    database = new_ledger(f"sqlite:///{path}")
    days = {"start_date": date(2022, 7, 1), "end_date": date(2025, 12, 31)}
    said: dict[str, Any] = {"fund": "AMIF", "country_code": "MT", "nuts": "MT00", **days}
    one: dict[str, Any] = {"specific_objective": "SO1", "intervention_type": "001/002", "eu_rate": "75"}
    two: dict[str, Any] = {"specific_objective": "SO3", "intervention_type": "003", "eu_rate": "90"}

    def shares(eu: int, private: int) -> list[Any]:
        return [amount(eu, country="MT"), amount(private, basis="private", country="MT")]

    declared = amount(1000_01, stage="declared", basis="other", country="MT")
    records = [
        project("A1", *shares(925_925_92, 308_641_97), declared, summary="More places,\nbetter places", **one, **said),
        project("0012", *shares(450_000_00, 50_000_00), beneficiary="An invented agency", **two, **said),
        project("A3", *shares(90_00, 10_00), beneficiary="Réception «B»", **two, **said),
    ]
    for record in records:
        record.programme = CCI
    post(database, records)
    database.close()
    return path


def sums(euledger: Callable[..., Any], path: Path) -> list[Any]:
    """Committed of all bases, the EU share, and what was declared."""
    asked = (["--basis", "total"], ["--basis", "eu"], ["--stage", "declared", "--basis", "total"])
    return [euledger("--db", path, "summary", *more, "-f", "json").json["results"]["total"] for more in asked]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_list_of_operations_is_read_again(
    euledger: Callable[..., Any], ledger: Path, tmp_path: Path, ending: str
) -> None:
    file, again = tmp_path / f"operations.{ending}", tmp_path / "again.db"
    assert euledger("--db", ledger, "report", "run", "cpr-operations", "-o", file).code == 0
    new_ledger(f"sqlite:///{again}").close()
    done = euledger("--db", again, "import", file, "-f", "json")
    assert done.code == 0
    assert {code for _, code in done.told} <= {"sheet-skipped"}  # the sheets Check, About and Origin
    assert done.json["results"][0]["profile"] == "cpr-operations"
    assert done.json["results"][0]["projects"]["new"] == 3
    # Declared expenditure is not a part of that list.
    assert sums(euledger, again)[:2] == sums(euledger, ledger)[:2]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_annex_vii_is_read_again(euledger: Callable[..., Any], ledger: Path, tmp_path: Path, ending: str) -> None:
    file, again = tmp_path / f"annex.{ending}", tmp_path / "again.db"
    done = euledger("--db", ledger, "report", "run", "cpr-annex-vii-home", "--programme", CCI, "-o", file, "-f", "json")
    assert done.code == 0, done.out
    new_ledger(f"sqlite:///{again}").close()
    # What the table itself does not say: whose it is, and of which day.
    said = [f"programme={CCI}", "fund=AMIF", "country=MT", "as_of=2026-06-30"]
    done = euledger("--db", again, "import", file, *(word for pair in said for word in ("--set", pair)), "-f", "json")
    assert done.code == 0, done.out
    assert {code for _, code in done.told} <= {"sheet-skipped"}
    assert done.json["results"][0]["profile"] == "cpr-annex-vii-home"
    assert sums(euledger, again) == sums(euledger, ledger)
