"""Kept verdicts: a run is kept when it is asked for, later runs say what changed, and a dry run keeps nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import new_ledger
from tests.e2e.conftest import Run
from tests.e2e.test_figure_commands import PROFILE, M, projects


@pytest.fixture
def at(euledger: Callable[..., Run], database_url: str, tmp_path: Path) -> Callable[..., Run]:
    """The command line on an empty ledger of each kind with one complete list and two figures."""
    new_ledger(database_url).close()
    (tmp_path / "whole.toml").write_text(PROFILE, "utf-8")

    def run(*arguments: object) -> Run:
        return euledger("--db", database_url, *arguments)

    projects(run, tmp_path, {"TN": 5_300 * M, "MA": 1})
    scope = ("--fund", "NDICI-GE", "--stage", "committed")
    run("figure", "add", "SUM", "--quote", "some EUR 5.3 billion", *scope)
    run("figure", "add", "COUNT", "--quote", "more than 1 project", "--fund", "NDICI-GE", "--same-set", "SUM")
    return run


def test_a_later_run_says_what_changed_since_the_one_that_was_kept(at: Callable[..., Run], tmp_path: Path) -> None:
    rehearsed = at("reconcile", "--keep", "-n", "-f", "json")
    assert at("runs", "list", "-f", "json").json["results"] == []
    kept = at("reconcile", "--keep", "-f", "json")
    assert (kept.code, kept.json) == (0, rehearsed.json)
    assert [result["since"] for result in kept.json["results"]] == [None, None]
    assert [result["verdict"] for result in kept.json["results"]] == ["met", "met-warn"]
    same = at("reconcile", "SUM", "-f", "json").json["results"][0]["since"]
    assert (same["run"], same["changed"], same["moved"]["amount"]) == (1, [], "0.00")
    projects(at, tmp_path, {"TN": 5_350 * M, "MA": 1})
    [now] = at("reconcile", "SUM", "-f", "json").json["results"]
    assert (now["verdict"], now["since"]["verdict"], now["since"]["changed"]) == (
        "broken",
        "met",
        ["verdict", "ledger"],
    )
    assert now["since"]["moved"] == {"amount": "50000000.00", "currency": "EUR"}
    assert "Since run 1: was met; EUR 50\u00a0000\u00a0000.00 more is recorded." in " ".join(
        at("reconcile", "SUM").out.split(" ")
    )
    # Another question has no answer to be held beside; the past is asked with what was known then.
    assert at("reconcile", "SUM", "--as-of", "2023-01-01", "-f", "json").json["results"][0]["since"] is None
    assert at("reconcile", "SUM", "--known-at", "1", "-f", "json").json["results"] == []


def test_runs_are_listed_judged_again_and_compared(at: Callable[..., Run], tmp_path: Path) -> None:
    at("reconcile", "--keep")
    projects(at, tmp_path, {"TN": 5_350 * M, "MA": 1})
    second = at("reconcile", "--keep", "SUM", "-f", "json")
    assert second.code == 1
    runs = at("runs", "list", "-f", "json").json["results"]
    assert [(run["run"], run["figures"], run["known_at"]) for run in runs] == [(1, 2, 3), (2, 1, 5)]
    assert runs[1]["question"]["figures"] == ["SUM"]
    shown = at("runs", "show", "1", "-f", "json")
    assert (shown.code, shown.json["results"]["same"]) == (0, True)
    assert [each["verdict"] for each in shown.json["results"]["verdicts"]] == ["met", "met-warn"]
    compared = at("runs", "compare", "2", "-f", "json").json["results"]
    assert (compared["earlier"], compared["later"], compared["alike"]) == (1, 2, 0)
    assert [(c["figure"], c["before"], c["after"]) for c in compared["changes"]] == [
        ("SUM", "met", "broken"),
        ("COUNT", "met-warn", None),
    ]
    assert at("runs", "compare", "1", "-f", "json").told == [(None, "run-alone")]
    assert at("runs", "show", "9", "-f", "json").told == [(None, "run-unknown")]
    assert at("runs", "compare").code == 2
    batch = runs[0]["batch"]
    assert at("imports", "revert", batch, "-y", "-f", "json").told == [(None, "revert-blocked")]
    assert at("verify", "-f", "json").code == 0


def test_each_unit_and_stage_is_read(at: Callable[..., Run]) -> None:
    total, count = at("reconcile", "-f", "json").json["results"]
    assert count["readings"] == [{"of": "decision", "ledger": "2", "verdict": "met-warn"}]
    [related] = [each for each in count["related"] if each["kind"] == "same-set"]
    assert (related["figure"], related["holds"]) == ("SUM", True)
    assert [each["figure"] for each in total["related"]] == ["COUNT"]
    shown = at("figure", "show", "COUNT", "-f", "json").json["results"]
    assert (shown["verdict"], shown["low"], shown["low_inclusive"]) == ("met-warn", "2", True)
    assert shown["in_words"].startswith("V is 1 project")
