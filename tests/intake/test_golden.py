"""Every shipped profile that reads somebody else's file does what its golden records say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.intake import golden
from ledger.intake.profiles import load_profiles
from tests.intake.sheets import LISTS, SHIPPED

FOLDER = Path(__file__).parents[1] / "profiles"
CASES = list(golden.golden_files([FOLDER]))


@pytest.mark.parametrize(("profile", "path"), CASES, ids=[profile for profile, _ in CASES])
def test_a_shipped_profile_does_what_its_golden_records_say(profile: str, path: Path) -> None:
    profiles, wrong = load_profiles([SHIPPED])
    assert not wrong
    outcome = golden.run(path, profile, profiles, LISTS)
    assert outcome.differences == ()
    assert outcome.records


def test_every_profile_for_a_known_publication_has_golden_records() -> None:
    known = {profile for profile, _ in CASES}
    wanted = {"cpr-operations", "cpr-annex-vii-home", "fts-2024", "fts-2020-2023", "iati-activities", "iati-country-finance",
              "cohesion-financial-plan", "cohesion-payments", "eutf-projects", "inforeuro-current", "inforeuro-history"}  # fmt: skip
    assert wanted <= known


def test_a_difference_is_named_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("project_ref,eu_contribution\nP1,5000.00\n", encoding="utf-8")
    profiles, _ = load_profiles([SHIPPED])
    wanted = golden.describe(tmp_path / "list.csv", {"fund": "AMIF"}, profiles, LISTS)
    path = tmp_path / "projects.golden.json"
    path.write_text(json.dumps(wanted), encoding="utf-8")
    assert golden.run(path, "projects", profiles, LISTS).differences == ()
    wanted["records"][0]["attributes"]["fund_code"] = "BMVI"
    wanted["rows"]["posted"] = 2
    path.write_text(json.dumps(wanted), encoding="utf-8")
    assert golden.run(path, "projects", profiles, LISTS).differences == (
        "rows.posted: 2 is expected, 1 was read",
        'records.row 2.attributes.fund_code: "BMVI" is expected, "AMIF" was read',
    )


@pytest.mark.parametrize("text", ["{", "[]", '{"rows": {}}'])
def test_what_is_no_golden_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "projects.golden.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(golden.GoldenError):
        golden.run(path, "projects", [], LISTS)
