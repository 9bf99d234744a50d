"""One ledger with an error of each kind, a country each, explained on both databases, through import and the command."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.main import main
from tests.builders import new_ledger
from tests.explain.portfolios import Row, cents, money, write_list

HEADERS = [
    "project_ref",
    "unit",
    "parent",
    "title",
    "beneficiary",
    "fund",
    "country",
    "decision_date",
    "eu_contribution",
    "total_cost",
    "currency",
]
#: The country whose rows have the error, and the kind that has to be named.
KINDS = {
    "TN": "duplicate_row",
    "MA": "extra_row",
    "LY": "scale_error",
    "EG": "sign_error",
    "DZ": "digit_transposition",
    "JO": "subtotal_counted",
    "LB": "parent_and_child",
    "SN": "out_of_period",
    "ML": "out_of_scope",
    "NE": "currency_unconverted",
    "TD": "basis_mixed",
    "SO": "missing_row",
    "ET": "amount_changed",
    "RS": "rounding",
}
#: What the ledger alone can show.
ALONE = {country: kind for country, kind in KINDS.items() if kind not in ("missing_row", "amount_changed")}
#: Where the error is: these rows have to be named, the first of them first.
GUILTY = {
    "TN": ["TN-07", "TN-07"],
    "MA": ["NEW/1"],
    "LY": ["LY-05"],
    "EG": ["EG-05"],
    "DZ": ["DZ-05"],
    "JO": ["JO-SUM"],
    "LB": ["LB-05-C1", "LB-05"],
    "SN": ["SN-05"],
    "ML": ["ML-05"],
    "NE": ["NE-05"],
    "TD": ["TD-05"],
    "SO": ["SO-05"],
    "ET": ["ET-05"],
}


def honest_rows() -> dict[str, list[Row]]:
    """Twenty rows a country, amounts to the cent, shares of 75 or 90 %."""
    rng = random.Random("kinds")  # noqa: S311 - made-up amounts, drawn again by their seed
    made: dict[str, list[Row]] = {}
    for country in KINDS:
        rows = []
        for number in range(1, 21):
            total = rng.randrange(20_000_00, 900_000_00)
            rows.append(
                {
                    "project_ref": f"{country}-{number:02d}",
                    "unit": "decision",
                    "parent": "",
                    "title": f"Measure {number} {rng.choice(('shelter', 'schools', 'patrol'))} {country}",
                    "beneficiary": f"Agency {rng.randrange(90)}",
                    "fund": "ISF",
                    "country": country,
                    "decision_date": f"2023-{rng.randrange(1, 13):02d}-{rng.randrange(1, 28):02d}",
                    "eu_contribution": money(total * rng.choice((75, 90)) // 100),
                    "total_cost": money(total),
                    "currency": "EUR",
                }
            )
            if country == "LB" and number in (5, 9):
                rows += _contracts(rows[-1])
        made[country] = rows
    return made


def _contracts(row: Row) -> list[Row]:
    parts = []
    for place, share in ((1, 61), (2, 30)):
        part = dict(row, project_ref=f"{row['project_ref']}-C{place}", unit="contract", parent=row["project_ref"])
        for name in ("eu_contribution", "total_cost"):
            part[name] = money(cents(row[name]) * share // 100)
        part["title"] = f"Contract {place} of {row['project_ref']}"
        parts.append(part)
    return parts


def with_errors(honest: dict[str, list[Row]]) -> list[Row]:
    """The same rows, one error a country."""
    faulty = {country: [dict(row) for row in rows] for country, rows in honest.items()}
    row = {
        country: next(each for each in rows if each["project_ref"].endswith("-05")) for country, rows in faulty.items()
    }
    faulty["TN"].append(dict(faulty["TN"][6]))
    stranger = dict(faulty["MA"][3], project_ref="NEW/1", title="Another one", beneficiary="Society")
    stranger.update(eu_contribution="123456.78", total_cost="137174.20")
    faulty["MA"].append(stranger)
    row["LY"]["eu_contribution"] = money(cents(row["LY"]["eu_contribution"]) * 1000)
    row["EG"]["eu_contribution"] = "-" + row["EG"]["eu_contribution"]
    row["DZ"].update(total_cost="400000.00", eu_contribution="630000.00")
    heading = dict(faulty["JO"][0], project_ref="JO-SUM", title="Sous-total", beneficiary="")
    for name in ("eu_contribution", "total_cost"):
        heading[name] = money(sum(cents(each[name]) for each in faulty["JO"]))
    faulty["JO"].append(heading)
    next(each for each in faulty["LB"] if each["project_ref"] == "LB-05-C1")["parent"] = ""
    row["SN"]["decision_date"] = "2019-05-05"
    row["ML"]["fund"] = "AMIF"
    row["NE"]["currency"] = "SEK"
    row["TD"]["eu_contribution"] = row["TD"]["total_cost"]
    faulty["SO"].remove(row["SO"])
    row["ET"]["eu_contribution"] = money(cents(row["ET"]["eu_contribution"]) * 7 // 11)
    for each in faulty["RS"]:
        for name in ("eu_contribution", "total_cost"):
            each[name] = money((cents(each[name]) + 50_000) // 100_000 * 100_000)
    return [each for rows in faulty.values() for each in rows]


@pytest.fixture
def told(tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What `reconcile --explain` answers by country, from the ledger alone and with the honest list beside it."""
    honest = honest_rows()
    # What the digits of 360 000.00 make of it, swapped, is 630 000.00: the rate of 90 % tells.
    honest["DZ"][4].update(total_cost="400000.00", eu_contribution="360000.00")
    write_list(tmp_path / "honest.csv", HEADERS, [row for rows in honest.values() for row in rows])
    write_list(tmp_path / "list.csv", HEADERS, with_errors(honest))
    figures = []
    for country, rows in honest.items():
        stated = money(sum(cents(row["eu_contribution"]) for row in rows if not row["parent"]))
        figures.append(
            {
                "figure": country,
                "quote": f"EUR {stated} in total",
                "qualifier": "total",
                "value": stated,
                "unit": "EUR",
                "measure": "sum",
                "stage": "committed",
                "basis": "eu",
                "fund": "ISF",
                "country": country,
                "period_start": "2021-01-01",
                "period_end": "2024-12-31",
            }
        )
    write_list(tmp_path / "figures.csv", list(figures[0]), figures)
    new_ledger(database_url).close()

    def answer(*words: object) -> Any:
        main(["--db", database_url, *map(str, words), "-f", "json"])
        return json.loads(capsys.readouterr().out)

    imported = answer("import", tmp_path / "list.csv", "-p", "projects")
    assert imported["results"][0]["rows"]["rejected"] == 1
    answer("import", tmp_path / "figures.csv", "-p", "figures")
    alone, compared = (
        answer("reconcile", "--explain", *words) for words in ((), ("--against", tmp_path / "honest.csv"))
    )
    return [{result["figure"]: result for result in each["results"]} for each in (alone, compared)]


@pytest.mark.slow
def test_each_kind_is_named_with_its_rows(told: list[dict[str, Any]]) -> None:
    for results, kinds in zip(told, (ALONE, KINDS), strict=True):
        for country, kind in kinds.items():
            first = results[country]["explanations"][0]
            assert [cause["kind"] for cause in first["causes"]] == [kind], (country, first)
            cause = first["causes"][0]
            if country in GUILTY:
                assert [row["ref"] for row in cause["rows"]][: len(GUILTY[country])] == GUILTY[country], cause
                assert all(row["file"] in ("list.csv", "honest.csv") for row in cause["rows"])
            assert first["residual"]["amount"] == "0.00"
            assert cause["effect"] == results[country]["difference"], country
