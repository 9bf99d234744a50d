"""`euledger profile` and a changed header, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.cli.main import main

LIST = "project number;project title;country;EU grant (EUR)\nP-1;Reception;Malta;1.234.567,89\nP-2;Return;Italy;34.567,89\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EULEDGER_DB", raising=False)
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    return tmp_path


def test_list_show_new_and_test(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "list", "-f", "json"]) == 0
    assert "cpr-operations" in {line["profile"] for line in json.loads(capsys.readouterr().out)["results"]}
    assert main(["profile", "show", "rates"]) == 0
    assert 'kind = "rates"' in capsys.readouterr().out
    assert main(["profile", "show", "cpr-operation"]) == 3
    assert "did you mean 'cpr-operations'?" in capsys.readouterr().err
    assert main(["profile", "new", "list.csv", "-o", "mine.toml"]) == 0
    assert main(["profile", "new", "list.csv", "-o", "mine.toml"]) == 2
    (here / "euledger.toml").write_text('profiles = ["."]\n', encoding="utf-8")
    assert main(["profile", "test", "mine", "--write", "list.csv"]) == 0
    assert main(["profile", "test"]) == 0
    capsys.readouterr()
    assert main(["profile", "test", "--write", "list.csv"]) == 2


def test_a_changed_header_stops_with_a_patch_that_is_not_applied(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["profile", "new", "list.csv", "-o", "mine.toml"])
    (here / "euledger.toml").write_text('profiles = ["."]\n', encoding="utf-8")
    before = (here / "mine.toml").read_bytes()
    (here / "list.csv").write_text(LIST.replace("EU grant (EUR)", "EU grants (EUR)"), encoding="utf-8")
    assert main(["init", "--bare", "-q"]) == 0
    assert "header-drift" not in capsys.readouterr().out
    (here / "list.csv").write_text(
        LIST.replace("EU grant (EUR)", "EU grants (EUR)").replace("country", "Land;country"), encoding="utf-8"
    )
    text = (
        LIST.replace("project number", "project number;call;start;end")
        .replace("P-1", "P-1;c;2022-01-01;")
        .replace("P-2", "P-2;c;2022-01-02;")
    )
    (here / "mine.toml").write_text(
        before.decode().replace("headers = [", 'headers = ["call", "start", ', 1), encoding="utf-8"
    )
    (here / "list.csv").write_text(text.replace("EU grant (EUR)", "EU grants (EUR)"), encoding="utf-8")
    kept = (here / "mine.toml").read_bytes()
    assert main(["import", "list.csv", "--set", "fund=AMIF", "-f", "json"]) == 3
    (drift,) = [f for f in json.loads(capsys.readouterr().out)["findings"] if f["code"] == "header-drift"]
    assert drift["values"]["found"] == "EU grants (EUR)"
    assert "[columns.eu_contribution] headers" in drift["values"]["patch"]
    assert (here / "mine.toml").read_bytes() == kept
