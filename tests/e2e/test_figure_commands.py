"""Figures and waivers as a user types them: one line to add one, every rule to the cent, a difference accepted and reopened."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.main import main
from tests.builders import new_ledger
from tests.e2e.conftest import Run

PROFILE = """
name = "whole-list"
title = "A list that is complete"
kind = "projects"
source = "whole"
[recognise]
headers = ["project_ref", "eu_contribution"]
[[coverage]]
fund = "NDICI-GE"
"""
CENT = 1
M = 100 * 10**6

#: quotation, recorded cents -> rule, verdict. Each rule one cent inside and outside of each of its ends.
RULES: list[tuple[str, int, str, str]] = [
    ("EUR 691 million", 69_050_000_000 - CENT, "R-EXACT", "broken"),
    ("EUR 691 million", 69_050_000_000, "R-EXACT", "met"),
    ("EUR 691 million", 69_150_000_000 - CENT, "R-EXACT", "met"),
    ("EUR 691 million", 69_150_000_000, "R-EXACT", "broken"),
    ("EUR 13 million", 12_870_000_00 - CENT, "R-EXACT", "met-warn"),
    ("EUR 13 million", 12_870_000_00, "R-EXACT", "met"),
    ("EUR 13 million", 13_130_000_00, "R-EXACT", "met"),
    ("EUR 13 million", 13_130_000_00 + CENT, "R-EXACT", "met-warn"),
    ("some EUR 5.3 billion", 5_250 * M - CENT, "R-ABOUT", "broken"),
    ("some EUR 5.3 billion", 5_250 * M, "R-ABOUT", "met"),
    ("around EUR 5.3 billion", 5_350 * M - CENT, "R-ABOUT", "met"),
    ("approximately EUR 5.3 billion", 5_350 * M, "R-ABOUT", "broken"),
    ("over EUR 665 million", 665 * M, "R-OVER", "broken"),
    ("more than EUR 665 million", 665 * M + CENT, "R-OVER", "met"),
    ("over EUR 665 million", 698_250_000_00 - CENT, "R-OVER", "met"),
    ("reached over EUR 665 million", 698_250_000_00, "R-OVER", "met-warn"),
    ("almost EUR 400 million", 380 * M - CENT, "R-ALMOST", "broken"),
    ("nearly EUR 400 million", 380 * M, "R-ALMOST", "met"),
    ("close to EUR 150 million", 150 * M - CENT, "R-ALMOST", "met"),
    ("close to EUR 150 million", 150 * M, "R-ALMOST", "met-warn"),
    ("close to EUR 150 million", 150 * M + CENT, "R-ALMOST", "broken"),
    ("close to EUR 150 million", 142_500_000_00 - CENT, "R-ALMOST", "broken"),
    ("up to EUR 300 million", 300 * M, "R-UPTO", "within-ceiling"),
    ("up to EUR 300 million", 300 * M + CENT, "R-UPTO", "broken"),
    ("below EUR 20 million", 20 * M - CENT, "R-BELOW", "met"),
    ("below EUR 20 million", 20 * M, "R-BELOW", "broken"),
    ("indicatively EUR 8 million", 7_500_000_00 - CENT, "R-TARGET", "undecidable"),
    ("indicatively EUR 8 million", 7_500_000_00, "R-TARGET", "met"),
    ("indicatively EUR 8 million", 8_500_000_00, "R-TARGET", "met-warn"),
    ("EUR 12.34 in total", 1234 - CENT, "R-TOTAL", "broken"),
    ("EUR 12.34 in total", 1234, "R-TOTAL", "met"),
    ("EUR 12.34 in total", 1234 + CENT, "R-TOTAL", "broken"),
]
COUNTRIES = [
    "AF",
    "AL",
    "AM",
    "AZ",
    "BA",
    "BD",
    "BF",
    "BY",
    "CD",
    "CM",
    "DZ",
    "EG",
    "ET",
    "GE",
    "GH",
    "GM",
    "GN",
    "IQ",
    "IR",
    "JO",
    "KE",
    "LB",
    "LY",
    "MA",
    "MD",
    "ME",
    "MK",
    "ML",
    "MM",
    "MR",
    "NE",
    "NG",
    "PK",
    "PS",
    "RS",
    "SD",
    "SN",
    "SO",
    "SY",
    "TD",
    "TN",
    "TR",
    "UA",
    "XK",
]


@pytest.fixture
def at(euledger: Callable[..., Run], database_url: str, tmp_path: Path) -> Callable[..., Run]:
    """The command line on an empty ledger of each kind, beside a profile that states a complete list."""
    return opened(euledger, database_url, tmp_path)


@pytest.fixture
def on_sqlite(euledger: Callable[..., Run], sqlite_url: str, tmp_path: Path) -> Callable[..., Run]:
    """The same on SQLite alone, for what never reaches the database."""
    return opened(euledger, sqlite_url, tmp_path)


def opened(euledger: Callable[..., Run], url: str, folder: Path) -> Callable[..., Run]:
    """An empty ledger, and the profile in the folder."""
    new_ledger(url).close()
    (folder / "whole.toml").write_text(PROFILE, "utf-8")
    return lambda *arguments: euledger("--db", url, *arguments)


def listed(folder: Path, name: str, rows: Iterable[dict[str, Any]]) -> Path:
    """A csv of these rows."""
    rows = list(rows)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / name


def projects(at: Callable[..., Run], folder: Path, cents: dict[str, int], *, unit: str = "decision") -> None:
    """Book a complete list: a project in each country, with its amount in cents."""
    rows = [
        {
            "project_ref": f"P-{country}",
            "title": f"Project {country}",
            "fund": "NDICI-GE",
            "country": country,
            "unit": unit,
            "eu_contribution": f"{minor // 100}.{minor % 100:02d}",
            "currency": "EUR",
            "decision_date": "2022-06-01",
        }
        for country, minor in cents.items()
    ]
    file = listed(folder, "projects.csv", rows)
    assert at("import", file, "-p", folder / "whole.toml", "-f", "json").code == 0


def results(run: Run) -> dict[str, dict[str, Any]]:
    """The verdicts by figure."""
    return {result["figure"]: result for result in run.json["results"]}


def test_every_rule_one_cent_inside_and_outside(at: Callable[..., Run], tmp_path: Path) -> None:
    cases = dict(zip(COUNTRIES, RULES, strict=False))
    assert len(cases) == len(RULES)
    projects(at, tmp_path, {country: case[1] for country, case in cases.items()})
    rows = [
        {
            "figure": f"F-{country}",
            "quote": quote,
            "qualifier": "total"
            if rule == "R-TOTAL"
            else quote.partition(" EUR")[0].removeprefix("EUR 691 million").strip(),
            "value": "",
            "unit": "EUR",
            "measure": "sum",
            "stage": "committed",
            "fund": "NDICI-GE",
            "country": country,
        }
        for country, (quote, _, rule, _) in cases.items()
    ]
    for row in rows:  # in full, as a sheet has it; the precision is that of the quotation
        number, _, scale = row["quote"].rpartition("EUR ")[2].removesuffix(" in total").partition(" ")
        whole = int(float(number) * 100) * {"million": 10**6, "billion": 10**9}.get(scale, 1)
        row["value"] = f"{whole // 100}.{whole % 100:02d}"
        if row["qualifier"].startswith("EUR"):
            row["qualifier"] = "none"
    assert at("import", listed(tmp_path, "figures.csv", rows), "-f", "json").code == 0
    run = at("reconcile", "-f", "json")
    found = {ref: (result["rule"], result["verdict"]) for ref, result in results(run).items()}
    assert found == {f"F-{country}": (rule, verdict) for country, (_, _, rule, verdict) in cases.items()}
    broken = [f"F-{country}" for country, case in cases.items() if case[3] == "broken"]
    assert [finding["values"]["figure"] for finding in run.json["findings"]] == broken
    assert run.code == 1


def test_a_figure_in_one_line(at: Callable[..., Run], tmp_path: Path) -> None:
    projects(at, tmp_path, {"TN": 5_300 * M, "MA": 1})
    line = (
        "figure",
        "add",
        "F200",
        "--quote",
        "worth some EUR 5.3 billion",
        "--fund",
        "NDICI-GE",
        "--stage",
        "committed",
    )
    rehearsed = at(*line, "-n", "-f", "json")
    assert at("figure", "list", "-f", "json").json["results"] == []
    added = at(*line, "-f", "json")
    assert (added.code, added.json) == (0, rehearsed.json)
    told = added.json["results"]
    assert (told["figure"], told["state"], told["rule"], told["qualifier"]) == ("F200", "new", "R-ABOUT", "some")
    assert told["stated"] == {"amount": "5300000000.00", "currency": "EUR"}
    assert told["interval"] == "[EUR 5\u00a0250\u00a0000\u00a0000.00, EUR 5\u00a0350\u00a0000\u00a0000.00)"
    assert at(*line, "-f", "json").json["results"]["state"] == "unchanged"
    [result] = at("reconcile", "F200", "-f", "json").json["results"]
    assert (result["verdict"], result["difference"]["amount"]) == ("met", "0.01")
    assert (result["low_inclusive"], result["high_inclusive"]) == (True, False)
    shown = at("figure", "show", "F200", "-f", "json").json["results"]
    assert shown == {key: value for key, value in told.items() if key != "state"}
    refused = at("figure", "add", "F200", "--quote", "some EUR 5.4 billion", "-f", "json")
    assert (refused.code, refused.told, refused.json["results"]) == (3, [(None, "figure-exists")], None)
    again = at(
        "figure", "add", "F200", "--quote", "some EUR 5.4 billion", "--fund", "NDICI-GE", "--again", "-f", "json"
    )
    assert (again.json["results"]["state"], len(again.json["results"]["versions"])) == ("changed", 2)
    assert at("imports", "revert", again.json["results"]["batch"], "-y", "-f", "json").code == 0
    assert at("figure", "show", "F200", "-f", "json").json["results"]["quote"] == "worth some EUR 5.3 billion"


def test_two_readings_stop_and_are_both_shown(on_sqlite: Callable[..., Run]) -> None:
    at = on_sqlite
    quote = "more than 190 projects, worth some EUR 5.3 billion"
    stopped = at("figure", "add", "F", "--quote", quote, "-f", "json")
    assert (stopped.code, stopped.told) == (3, [(None, "quote-ambiguous")])
    assert [(r["qualifier"], r["value"], r["unit"]) for r in stopped.json["findings"][0]["values"]["readings"]] == [
        ("more than", "190", "projects"),
        ("some", "5300000000", "EUR"),
    ]
    assert at("figure", "list", "-f", "json").json["results"] == []
    chosen = at("figure", "add", "F", "--quote", quote, "--unit", "projects", "-f", "json").json["results"]
    assert (chosen["rule"], chosen["stated"], chosen["interval"]) == ("R-OVER", "190", "[191 projects, …)")
    other = at("figure", "add", "G", "--quote", quote, "--value", "5.3", "--unit", "EUR billion", "-f", "json")
    assert other.json["results"]["interval"].startswith("[EUR 5\u00a0250")


#: what is said of a figure, the exit code, the finding
REFUSED: list[tuple[tuple[str, ...], int, str | None]] = [
    (("--quote", "some EUR 5.3 billion", "--value", "5400000000", "--unit", "EUR"), 3, "quote-differs"),
    (("--quote", "at least EUR 5 million"), 3, "qualifier-unknown"),
    (("--quote", "no more than EUR 5 million"), 3, "qualifier-unknown"),
    (("--quote", "a recent decision"), 3, "quote-without-number"),
    (("--quote", "EUR 5 million", "--fund", "NOFUND"), 2, None),
    (("--quote", "EUR 5 million", "--country", "Atlantis"), 2, None),
    (("--quote", "EUR 5 million", "--part-of", "NOBODY"), 2, None),
    (("--quote", "EUR 5 million", "--rule", "R-NONE"), 2, None),
    (("--value", "5"), 2, None),
    (("--value", "five", "--unit", "EUR"), 2, None),
    (("--quote", "EUR 5 million", "--period-start", "2024-01-01", "--period-end", "2023-01-01"), 2, None),
]


def test_what_cannot_be_meant_is_not_kept(on_sqlite: Callable[..., Run]) -> None:
    for arguments, code, told in REFUSED:
        run = on_sqlite("figure", "add", "F", *arguments, "-f", "json")
        assert (run.code, [found for _, found in run.told]) == (code, [told] if told else []), arguments
    assert on_sqlite("figure", "list", "-f", "json").json["results"] == []


# --- waivers ----------------------------------------------------------------------------------------------------------


def broken_by(at: Callable[..., Run], folder: Path, minor: int) -> Run:
    """A figure that the ledger misses by this many cents beyond its upper end."""
    projects(at, folder, {"TN": 5_350 * M + minor})
    at("figure", "add", "F", "--quote", "some EUR 5.3 billion", "--fund", "NDICI-GE", "--stage", "committed")
    return at("reconcile", "F", "-f", "json")


def waive(at: Callable[..., Run], amount: str, *more: str) -> Run:
    """Accept a difference of F."""
    usual = {"--reason": "entered late", "--evidence": "minutes of 3 May", "--until": "2999-12-31"}
    usual |= dict(zip(more[::2], more[1::2], strict=True))
    options = [word for pair in usual.items() for word in pair]
    return at("figure", "waive", "F", "--amount", amount, *options, "-f", "json")


def test_a_waived_difference_is_broken_and_no_error_until_a_cent_moves(at: Callable[..., Run], tmp_path: Path) -> None:
    before = broken_by(at, tmp_path, 1)
    [result] = before.json["results"]
    assert (before.code, result["verdict"], result["waiver"], result["waived"]) == (1, "broken", None, False)
    assert result["difference"]["amount"] == "50000000.01"
    kept = waive(at, "50000000.01")
    assert (kept.code, kept.json["results"]["state"]) == (0, "holds")
    after = at("reconcile", "F", "-f", "json")
    [result] = after.json["results"]
    assert (after.code, result["verdict"], result["waived"]) == (0, "broken", True)
    assert result["waiver"] == {
        "waiver": 1,
        "amount": {"amount": "50000000.01", "currency": "EUR"},
        "until": "2999-12-31",
        "reason": "entered late",
        "evidence": "minutes of 3 May",
        "state": "holds",
        **{key: result["waiver"][key] for key in ("batch", "recorded_at", "actor")},
    }
    assert [(f["code"], f["severity"]) for f in after.json["findings"]] == [("figure-waived", "info")]
    text = at("reconcile", "F")
    assert text.code == 0
    assert "broken  waived  R-ABOUT" in text.out
    assert "1 broken and waived" in text.err
    assert at("check", "waivers").code == 0
    # It reopens at a cent, in both directions, and holds again when the cent is back.
    for minor, code, state in ((2, 1, "moved"), (0, 1, "moved"), (1, 0, "holds")):
        projects(at, tmp_path, {"TN": 5_350 * M + minor})
        run = at("reconcile", "F", "-f", "json")
        assert (run.code, run.json["results"][0]["waiver"]["state"]) == (code, state)
        assert at("check", "waivers", "-f", "json").code == code
    projects(at, tmp_path, {"TN": 5_350 * M - 1})
    run = at("reconcile", "F", "-f", "json")
    assert (run.code, run.json["results"][0]["verdict"], run.json["results"][0]["waiver"]["state"]) == (
        0,
        "met",
        "idle",
    )


def test_a_waiver_ends_with_its_day(at: Callable[..., Run], tmp_path: Path) -> None:
    broken_by(at, tmp_path, 1)
    waive(at, "50000000.01", "--until", "2998-06-30")
    assert at("reconcile", "F", "--as-of", "2998-06-30", "-f", "json").code == 0
    assert at("reconcile", "F", "--on", "2998-06-30", "-f", "json").code == 0
    assert at("reconcile", "F", "--on", "2998-07-01", "-f", "json").code == 1
    assert at("check", "waivers", "--on", "2998-07-01", "-f", "json").code == 1
    late = at("reconcile", "F", "--as-of", "2998-07-01", "-f", "json")
    assert (late.code, late.json["results"][0]["waiver"]["state"]) == (1, "ended")
    past = waive(at, "50000000.01", "--until", "2001-01-01")
    assert (past.code, past.told, past.json["results"]["state"]) == (0, [(None, "waiver-past")], "ended")
    # The one that holds counts, not the newest.
    assert at("reconcile", "F", "-f", "json").code == 0
    at("figure", "unwaive", "1", "--reason", "settled")
    ended = at("reconcile", "F", "-f", "json")
    assert (ended.code, ended.json["results"][0]["waiver"]["state"]) == (1, "ended")
    assert at("check", "waivers", "-f", "json").told == [(None, "waiver-lapsed")]


def test_waivers_are_listed_and_withdrawn_and_nothing_is_lost(at: Callable[..., Run], tmp_path: Path) -> None:
    broken_by(at, tmp_path, 1)
    proof = tmp_path / "minutes.pdf"
    proof.write_bytes(b"%PDF-1.4 minutes")
    rehearsed = at(
        *("figure", "waive", "F", "--amount", "50000000.01", "--reason", "late", "--evidence", proof),
        *("--until", "2999-12-31", "-n", "-f", "json"),
    )
    assert (rehearsed.code, at("figure", "waivers", "-f", "json").json["results"]) == (0, [])
    batch = waive(at, "50000000.01", "--evidence", str(proof)).json["results"]["batch"]
    [line] = at("figure", "waivers", "-f", "json").json["results"]
    assert (line["figure"], line["state"], line["withdrawn_by"]) == ("F", "holds", None)
    assert line["evidence"].startswith("minutes.pdf (SHA-256 ")
    [listed_batch] = [b for b in at("imports", "list", "-f", "json").json["results"] if b["batch"] == batch]
    assert (listed_batch["kind"], listed_batch["file"]) == ("waiver", "minutes.pdf")
    assert listed_batch["sha256"] in line["evidence"]
    gone = at("figure", "unwaive", "1", "--reason", "it was booked", "-f", "json")
    assert gone.code == 0
    [line] = at("figure", "waivers", "F", "-f", "json").json["results"]
    assert (line["state"], line["withdrawn_by"]) == ("withdrawn", gone.json["results"]["batch"])
    assert at("reconcile", "F", "-f", "json").code == 1
    assert at("reconcile", "F", "--known-at", batch, "-f", "json").json["results"][0]["waived"] is True
    assert at("figure", "unwaive", "1", "--reason", "again", "-f", "json").told == [(None, "waiver-unknown")]
    assert at("figure", "waivers", "NOBODY", "-f", "json").told == [(None, "waiver-unknown")]
    verified = at("verify", "--reread", "-f", "json")
    assert [finding["code"] for result in verified.json["results"] for finding in result["findings"]] == []


def test_what_is_no_waiver_is_refused(on_sqlite: Callable[..., Run], tmp_path: Path) -> None:
    broken_by(on_sqlite, tmp_path, 1)
    refused: list[tuple[str, tuple[str, ...], int, str | None]] = [
        ("50000000.00", (), 1, "waiver-differs"),
        ("50000000.02", (), 1, "waiver-differs"),
        ("a lot", (), 2, None),
        ("50000000.01", ("--reason", " "), 2, None),
        ("50000000.01", ("--evidence", "minutes-that-are-not-there.pdf"), 2, None),
    ]
    for amount, more, code, told in refused:
        run = waive(on_sqlite, amount, *more)
        assert (run.code, [found for _, found in run.told]) == (code, [told] if told else []), (amount, more)
    assert on_sqlite("figure", "waivers", "-f", "json").json["results"] == []


def test_only_a_broken_figure_is_waived(on_sqlite: Callable[..., Run], tmp_path: Path) -> None:
    at = on_sqlite
    broken_by(at, tmp_path, -1)
    assert waive(at, "49999999.99").told == [(None, "waiver-needless")]
    assert (
        at("figure", "waive", "G", "--amount", "1", "--reason", "r", "--evidence", "e", "--until", "2999-01-01").code
        == 3
    )


def test_a_printed_total_is_waived_by_its_name(
    euledger: Callable[..., Run], shipped_file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "ledger.db"
    copy.write_bytes(shipped_file.read_bytes())
    ref = "amif-2014-2020-annex-i.xlsx!Annex I!E29"
    before = euledger("--db", copy, "reconcile", ref, "-f", "json")
    assert before.code == 1
    amount = before.json["results"][0]["difference"]["amount"]
    options = ("--reason", "misprint in the act", "--evidence", "OJ L 150", "--until", "2999-12-31")
    assert euledger("--db", copy, "figure", "waive", ref, "--amount", f"EUR {amount}", *options).code == 0
    assert euledger("--db", copy, "reconcile", ref, "-f", "json").code == 0


def test_a_waiver_takes_a_day_and_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figure", "waive", "F", "--amount", "1"]) == 2
    assert "Missing option" in capsys.readouterr().err
