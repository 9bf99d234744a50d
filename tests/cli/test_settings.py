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


def test_a_standby_belongs_to_the_ledger_that_is_named_with_it(tmp_path: Path) -> None:
    def standby(option: str | None = None, read_option: str | None = None, **environment: str) -> str | None:
        return load(option, environment=environment, folder=tmp_path, read_option=read_option).read_database

    assert standby() is None
    (tmp_path / "euledger.toml").write_text('database = "a.db"\nread_database = "b.db"', encoding="utf-8")
    assert standby() == str(tmp_path / "b.db")
    assert standby(EULEDGER_READ_DB="c.db") == "c.db"
    assert standby(read_option="d.db", EULEDGER_READ_DB="c.db") == "d.db"
    # Another ledger than the file's has another standby, or none.
    assert standby("other.db") is None
    assert standby("other.db", EULEDGER_READ_DB="c.db") is None
    assert standby("other.db", "d.db") == "d.db"
    assert standby(EULEDGER_DB="other.db") is None
    assert standby(EULEDGER_DB="other.db", EULEDGER_READ_DB="c.db") == "c.db"
    assert load(None, environment={}, folder=tmp_path).database == str(tmp_path / "a.db")


def test_the_nearest_file_counts_and_a_url_stays_as_it_is(tmp_path: Path) -> None:
    below = tmp_path / "near"
    below.mkdir()
    (tmp_path / "euledger.toml").write_text('database = "far.db"', encoding="utf-8")
    (below / "euledger.toml").write_text('database = "postgresql://h/x"', encoding="utf-8-sig")
    found = load(None, environment={}, folder=below)
    assert found.database == "postgresql://h/x"
    assert found.database_file is None


def test_how_the_database_is_used(tmp_path: Path) -> None:
    found = load(None, environment={}, folder=tmp_path)
    assert (found.wait_seconds, found.shared_file) == (60, False)
    (tmp_path / "euledger.toml").write_text("wait_seconds = 5\nshared_file = true\n", encoding="utf-8")
    found = load(None, environment={}, folder=tmp_path)
    assert (found.wait_seconds, found.shared_file) == (5, True)
    environment = {"EULEDGER_WAIT_SECONDS": "0", "EULEDGER_SHARED_FILE": "no"}
    found = load(None, environment=environment, folder=tmp_path)
    assert (found.wait_seconds, found.shared_file) == (0, False)
    with pytest.raises(SettingsProblem, match="EULEDGER_WAIT_SECONDS"):
        load(None, environment={"EULEDGER_WAIT_SECONDS": "soon"}, folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("database = 3", "`database` must be a text"),
        ("read_database = 3", "`read_database` must be a text"),
        (
            'databse = "x"',
            "`databse` is no setting. There are: database, read_database, profiles, reports, wait_seconds, shared_file",
        ),
        ('profiles = "x"', "`profiles` must be a list"),
        ("profiles = [1]", "`profiles` must be a list"),
        ("database = ", "cannot be read"),
        ("wait_seconds = 1.5", "`wait_seconds` is 1.5, not a whole number from 0 to 86400"),
        ("wait_seconds = -1", "not a whole number"),
        ("wait_seconds = true", "not a whole number"),
        ("wait_seconds = 86401", "not a whole number"),
        ('shared_file = "perhaps"', "`shared_file` is 'perhaps', not true or false"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "euledger.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsProblem, match=r"euledger\.toml") as problem:
        load(None, environment={}, folder=tmp_path)
    assert said in str(problem.value)
