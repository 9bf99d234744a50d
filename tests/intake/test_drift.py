"""A changed header is told with the line that would teach it, and is never taken for granted."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.intake.sheets import read, told

PROFILE = """
kind = "projects"
[recognise]
headers = ["Reference", "Operation name", "Country of action", "Start", "Budget line"]
fields = ["eu_contribution"]
[columns.project_ref]
headers = ["Reference"]
[columns.eu_contribution]
headers = ["Union contribution (EUR)"]
[columns.title]
headers = ["Operation name"]
[columns.country]
headers = ["Country of action"]
[constants]
currency = "EUR"
"""
HEAD = ["Reference", "Operation name", "Country of action", "Start", "Budget line", "Union contribution (EUR)"]
ROW = ["P1", "Reception", "Malta", "2022-01-01", "10 02 01", 5000]


def changed(old: str, new: str) -> list[str]:
    return [new if header == old else header for header in HEAD]


def test_the_header_of_a_field_has_changed(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, changed(HEAD[5], "Contribution of the Union (EUR)"), ROW, extra=PROFILE)
    assert told(reading) == [("F1", "header-drift")]
    assert rows == []
    values = reading.findings[-1].values
    assert (values["profile"], values["expected"], values["found"]) == (
        "own", "Union contribution (EUR)", "Contribution of the Union (EUR)",
    )  # fmt: skip
    table, _, line = str(values["patch"]).partition("] ")
    assert table == "[columns.eu_contribution"
    patched = PROFILE.replace('headers = ["Union contribution (EUR)"]', line)
    assert tomllib.loads(patched)
    again, rows = read(tmp_path, changed(HEAD[5], "Contribution of the Union (EUR)"), ROW, extra=patched)
    assert told(again) == []
    assert rows[1].stated == {"eu_contribution": ("EUR", 500_000)}


def test_a_header_that_recognises_the_file_has_changed(tmp_path: Path) -> None:
    reading, _ = read(tmp_path, changed("Operation name", "Name of operation"), ROW, extra=PROFILE)
    assert told(reading) == [("B1", "header-drift")]
    patch = str(reading.findings[-1].values["patch"])
    assert '"Reference", "Name of operation", "Country of action"' in patch
    assert '[columns.title] headers = ["Operation name", "Name of operation"]' in patch


def test_a_header_that_is_gone_is_told_without_a_patch(tmp_path: Path) -> None:
    reading, _ = read(tmp_path, changed("Operation name", "Ø"), ROW, extra=PROFILE)
    assert told(reading) == [("1", "header-drift")]
    assert reading.findings[-1].values["patch"] is None


def test_a_file_of_another_kind_is_no_drift(tmp_path: Path) -> None:
    reading, _ = read(tmp_path, ["Reference", "Operation name", "x", "y", "z", "w"], ROW, extra=PROFILE)
    assert "header-drift" not in [code for _, code in told(reading)]
