"""Which ledger is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.settings import SettingsProblem, load


def test_option_then_environment_then_file_then_default(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    environment = {"EULEDGER_DB": "env.db"}
    assert load(None, environment={}, folder=below).database == "ledger.db"
    (tmp_path / "mine").mkdir()
    (tmp_path / "euledger.toml").write_text('database = "team.db"\nprofiles = ["mine"]\n', encoding="utf-8")
    found = load(None, environment={}, folder=below)
    assert found.database == str(tmp_path / "team.db")
    assert found.profile_dirs == (tmp_path / "mine",)
    assert load(None, environment=environment, folder=below).database == "env.db"
    assert load(None, environment={"EULEDGER_DB": ""}, folder=below).database == str(tmp_path / "team.db")
    assert load("opt.db", environment=environment, folder=below).database == "opt.db"


def test_the_nearest_file_counts_and_a_url_stays_as_it_is(tmp_path: Path) -> None:
    below = tmp_path / "near"
    below.mkdir()
    (tmp_path / "euledger.toml").write_text('database = "far.db"', encoding="utf-8")
    (below / "euledger.toml").write_text('database = "postgresql://h/x"', encoding="utf-8-sig")
    found = load(None, environment={}, folder=below)
    assert found.database == "postgresql://h/x"
    assert found.database_file is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("database = 3", "`database` must be a text"),
        ('databse = "x"', "`databse` is no setting. There are: database, profiles"),
        ('profiles = "x"', "`profiles` must be a list"),
        ("profiles = [1]", "`profiles` must be a list"),
        ("database = ", "cannot be read"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "euledger.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsProblem, match=r"euledger\.toml") as problem:
        load(None, environment={}, folder=tmp_path)
    assert said in str(problem.value)
