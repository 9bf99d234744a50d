"""`euledger compare`, typed: files, batches and ledgers, exit codes, what is written, and the cases of the corpus."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.builders import new_ledger
from tests.e2e.conftest import Run

Euledger = Callable[..., Run]
HEADER = "Project reference,Title,Beneficiary,Country,Decision date,EU contribution (EUR),Paid (EUR)"
ROWS = (
    "P1,Reception centre,City of Tunis,Tunisia,2022-03-01,1000.00,400.00",
    "P2,Border training,Interpol,Libya,2022-04-01,2000.50,0.00",
    "P3,Return counselling,IOM,Niger,2022-05-01,3000.00,100.00",
)


def written(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def lists(tmp_path: Path) -> tuple[Path, Path]:
    """A list, and the next one: P1 changed, P2 gone, P4 new, in another order."""
    changed = ROWS[0].replace("1000.00", "900.00").replace("City of Tunis", "Tunis")
    new = "P4,Health posts,WHO,Mali,2023-01-01,50.25,0.00"
    return written(tmp_path / "first.csv", *ROWS), written(tmp_path / "second.csv", new, ROWS[2], changed)


def euros(results: dict[str, Any], field: str, *names: str) -> list[str]:
    [measure] = [one for one in results["measures"] if one["field"] == field]
    return [measure[name]["amount"] for name in names]


def told(results: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(line["kind"], line["ref"], line["effect"]["amount"]) for line in results["differences"]]


SUMS = ("left", "right", "difference", "extra", "missing", "changed")


def test_two_lists_differ_in_what_was_changed_and_nothing_else(euledger: Euledger, lists: tuple[Path, Path]) -> None:
    run = euledger("compare", *lists, "-f", "json")
    results = run.json["results"]
    assert run.code == 1
    assert euros(results, "eu_contribution", *SUMS) == ["6000.50", "3950.25", "2050.25", "2000.50", "50.25", "100.00"]
    assert euros(results, "paid", *SUMS) == ["500.00", "500.00", "0.00", "0.00", "0.00", "0.00"]
    assert told(results) == [
        ("extra_row", "P2", "2000.50"),
        ("amount_changed", "P1", "100.00"),
        ("missing_row", "P4", "-50.25"),
    ]
    changed = results["differences"][1]
    assert [(one["field"], one["left"], one["right"]) for one in changed["fields"]] == [
        ("beneficiary", "City of Tunis", "Tunis"),
        ("eu_contribution", {"amount": "1000.00", "currency": "EUR"}, {"amount": "900.00", "currency": "EUR"}),
    ]
    assert [(row["side"], row["file"], row["row"]) for row in changed["rows"]] == [
        ("left", "first.csv", 2),
        ("right", "second.csv", 4),
    ]
    assert results["counts"] == {
        "matched": 2, "equal": 1, "changed": 1, "extra": 1, "missing": 1, "proposals": 0, "accepted": 0,
    }  # fmt: skip


def test_the_text_says_the_same_and_equal_lists_end_with_0(
    euledger: Euledger, lists: tuple[Path, Path], tmp_path: Path
) -> None:
    run = euledger("compare", *lists)
    assert run.code == 1
    for part in ("2\u00a0050.25", "extra_row", "missing_row", "amount_changed", "Matched 2 (1 equal, 1 changed)"):
        assert part in run.out
    twin = written(tmp_path / "twin.csv", *reversed(ROWS))
    same = euledger("compare", lists[0], twin)
    assert (same.code, "Matched 3 (3 equal, 0 changed)" in same.out) == (0, True)


def test_a_workbook_is_held_against_its_csv_twin(euledger: Euledger, lists: tuple[Path, Path], tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in csv.reader([HEADER, *ROWS]):
        sheet.append([float(text) if text.replace(".", "").isdigit() else text for text in cells])
    book.save(tmp_path / "twin.xlsx")
    run = euledger("compare", lists[0], tmp_path / "twin.xlsx", "-f", "json")
    assert (run.code, run.json["results"]["differences"]) == (0, [])


def test_ledger_batch_and_file_against_each_other_on_both_databases(
    euledger: Euledger, lists: tuple[Path, Path], database_url: str
) -> None:
    new_ledger(database_url).close()
    for path in lists:
        assert euledger("--db", database_url, "import", path, "--set", "source=s", "--set", "fund=AMIF").code in (0, 1)
    stated = ("--set", "source=s", "--set", "fund=AMIF", "-f", "json")

    def results(*arguments: object) -> dict[str, Any]:
        run = euledger("--db", database_url, "compare", *arguments, *stated)
        assert run.code == (1 if run.json["results"]["differences"] else 0)
        return dict(run.json["results"])

    assert told(results("batch:1", "batch:2")) == told(results(*lists))
    assert results("batch:2", lists[1])["differences"] == []
    # The ledger keeps P2, which the newer list does not name: it was not said to be complete.
    assert told(results("ledger", lists[1])) == [("extra_row", "P2", "2000.50")]
    assert results("ledger", lists[0], "--known-at", "1")["differences"] == []
    assert told(results(lists[1], "ledger")) == [("missing_row", "P2", "-2000.50")]
    assert results("ledger", database_url)["differences"] == []
    [line] = results("ledger", lists[1])["differences"]
    assert [(row["file"], row["row"], row["batch"]) for row in line["rows"]] == [("first.csv", 3, 1)]


def test_nothing_is_booked(euledger: Euledger, lists: tuple[Path, Path], bare: Path) -> None:
    before = bare.read_bytes()
    assert euledger("--db", bare, "compare", "ledger", lists[0]).code == 1
    assert bare.read_bytes() == before


def test_a_ledger_of_several_lists_is_held_against_the_list_s_own(
    euledger: Euledger, lists: tuple[Path, Path], bare: Path, tmp_path: Path
) -> None:
    other = written(tmp_path / "other.csv", "P1,Other,X,Mali,2022-01-01,7.00,0.00")
    for path, source in ((lists[0], "a"), (other, "b")):
        euledger("--db", bare, "import", path, "--set", f"source={source}", "--set", "fund=AMIF")
    run = euledger("--db", bare, "compare", "ledger", lists[0], "--set", "source=a", "--set", "fund=AMIF", "-f", "json")
    assert (run.code, "compare-source" in [code for _, code in run.told]) == (0, True)
    unclear = euledger("--db", bare, "compare", "ledger", other, "--set", "source=c", "--right-where", "title=Other")
    assert unclear.code == 1
    changed = written(tmp_path / "changed.csv", "P1,Third,X,Mali,2022-01-01,8.00,0.00")
    run = euledger("--db", bare, "compare", "ledger", changed, "--set", "source=c", "-f", "json")
    assert (run.code, "compare-key-unclear" in [code for _, code in run.told]) == (3, True)
    named = euledger(
        "--db", bare, "compare", "ledger", changed, "--set", "source=c", "--left-where", "source=b", "-f", "json"
    )
    assert told(named.json["results"]) == [("amount_changed", "P1", "-1.00")]


@pytest.mark.parametrize(
    ("left", "right", "code"),
    [
        ("first.csv", "nowhere.csv", 3),
        ("first.csv", "batch:9", 2),
        ("first.csv", "batch:x", 2),
        ("first.csv", "dollars.csv", 3),
        ("nowhere.csv", "ledger", 3),
        ("first.csv", "sqlite:///nowhere.db", 4),
    ],
)
def test_what_cannot_be_compared_is_told_with_its_exit_code(
    euledger: Euledger, lists: tuple[Path, Path], bare: Path, left: str, right: str, code: int
) -> None:
    folder = lists[0].parent
    written(folder / "dollars.csv", *ROWS, header=HEADER.replace("EUR", "USD"))
    names = [str(folder / name) if name.endswith(".csv") else name for name in (left, right)]
    run = euledger("--db", bare, "compare", *names, "-f", "json")
    assert (run.code, run.json["exit_code"]) == (code, code)


def test_only_the_rows_asked_for_are_compared(euledger: Euledger, lists: tuple[Path, Path]) -> None:
    run = euledger("compare", *lists, "--left-where", "country=Tunisia", "--left-where", "country=niger", "-f", "json")
    assert [line["ref"] for line in run.json["results"]["differences"]] == ["P1", "P4"]
    assert run.json["results"]["left"]["left_out"] == 1
    assert euledger("compare", *lists, "--left-where", "colour=red").code == 2
    limited = euledger("compare", *lists, "--country", "ML", "--stage", "committed", "-f", "json").json["results"]
    assert [(one["field"], one["difference"]["amount"]) for one in limited["measures"]] == [
        ("eu_contribution", "-50.25")
    ]
    day = euledger("compare", *lists, "--as-of", "2022-03-31", "-f", "json").json["results"]
    assert euros(day, "eu_contribution", "left", "right") == ["1000.00", "900.00"]


def test_rejected_rows_and_other_years_are_said(euledger: Euledger, lists: tuple[Path, Path], tmp_path: Path) -> None:
    broken = written(tmp_path / "broken.csv", *ROWS, "P9,Late,X,Mali,2031-01-01,12 or 13,0.00")
    run = euledger("compare", lists[0], broken, "-f", "json")
    assert (run.code, run.json["results"]["differences"]) == (1, [])
    assert ("compare-rejected", "warning") in [(f["code"], f["severity"]) for f in run.json["findings"]]
    earlier = written(tmp_path / "earlier.csv", *(row.replace(",2022-", ",2014-") for row in ROWS))
    told_days = [
        f for f in euledger("compare", lists[0], earlier, "-f", "json").json["findings"] if f["code"] == "compare-days"
    ]
    assert [f["message"] for f in told_days] == ["the rows of LEFT are dated 2022 to 2022, those of RIGHT 2014 to 2014"]


def test_likenesses_are_written_and_come_back_as_pairs(
    euledger: Euledger, lists: tuple[Path, Path], tmp_path: Path
) -> None:
    other = written(tmp_path / "other.csv", *(row.replace("P", "X-", 1) for row in ROWS))
    run = euledger("compare", lists[0], other, "-f", "json", "-o", tmp_path / "out.xlsx")
    results = run.json["results"]
    assert [(one["left"]["ref"], one["right"]["ref"]) for one in results["proposals"]] == [
        ("P1", "X-1"), ("P2", "X-2"), ("P3", "X-3"),
    ]  # fmt: skip
    assert (results["counts"]["matched"], results["counts"]["extra"]) == (0, 3)
    rows = list(openpyxl.load_workbook(tmp_path / "out.xlsx")["Proposals"].values)
    start = next(at for at, row in enumerate(rows) if row[0] == "Left reference")
    named = tmp_path / "pairs.csv"
    with named.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [
                ("left", "right", "accept"),
                *((row[0], row[1], "yes" if row[0] != "P3" else "") for row in rows[start + 1 :]),
            ]
        )
    taken = euledger("compare", lists[0], other, "--pairs", named, "-f", "json").json["results"]["counts"]
    assert (taken["accepted"], taken["extra"], taken["proposals"]) == (2, 1, 1)
    every = euledger("compare", lists[0], other, "--accept", "90", "-f", "json").json["results"]["counts"]
    assert (every["accepted"], every["extra"], every["changed"]) == (3, 0, 3)


def test_the_written_csv_adds_up_to_the_difference(
    euledger: Euledger, lists: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    run = euledger("compare", *lists, "-o", out, "-f", "json")
    with out.open(encoding="utf-8", newline="") as file:
        cents = sum(
            int(row["effect"].replace(".", "")) for row in csv.DictReader(file) if row["field"] == "eu_contribution"
        )
    assert f"{cents / 100:.2f}" == euros(run.json["results"], "eu_contribution", "difference")[0]
    assert euledger("compare", *lists, "-o", tmp_path / "out.pdf").code == 2


ENVELOPES = "envelope,parent,title,fund,period_start,period_end,amount,currency,role"
TREE = (
    "T,,Total,AMIF,2021-01-01,2027-12-31,1000.00,EUR,node",
    "T.1,T,Part,AMIF,2025-01-01,2027-12-31,400.00,EUR,node",
    "R,,Reinforcement,AMIF,2021-01-01,2027-12-31,50.00,EUR,reinforcement",
)


def test_envelopes_are_compared_as_the_ledger_adds_them_up(
    euledger: Euledger, database_url: str, tmp_path: Path
) -> None:
    new_ledger(database_url).close()
    first = written(tmp_path / "tree.csv", *TREE, header=ENVELOPES)
    second = written(tmp_path / "next.csv", *(row.replace("400.00", "450.00") for row in TREE[:2]), header=ENVELOPES)
    assert euledger("--db", database_url, "import", first).code == 0
    total = euledger("--db", database_url, "summary", "--stage", "allocated", "-f", "json").json["results"]["total"]
    assert euledger("--db", database_url, "compare", "ledger", first).code == 0
    results = euledger("--db", database_url, "compare", "ledger", second, "-f", "json").json["results"]
    sums = {one["period"]: one["left"] for one in results["measures"]}
    assert sums == {"2021-01-01/2027-12-31": total, "2025-01-01/2027-12-31": {"amount": "0.00", "currency": "EUR"}}
    assert [(line["kind"], line["ref"], line["effect"]["amount"]) for line in results["differences"]] == [
        ("extra_row", "R", "0.00"),
        ("amount_changed", "T.1", "0.00"),
    ]
    [part] = [line for line in results["differences"] if line["ref"] == "T.1"]
    assert [(one["field"], one["left"]["amount"], one["right"]["amount"]) for one in part["fields"]] == [
        ("amount", "400.00", "450.00")
    ]


@pytest.mark.parametrize("stage", ["committed", "paid"])
def test_the_totals_are_those_of_the_summary(
    euledger: Euledger, lists: tuple[Path, Path], bare: Path, stage: str
) -> None:
    for path in lists:
        euledger("--db", bare, "import", path, "--set", "source=s", "--set", "fund=AMIF")
    total = euledger("--db", bare, "summary", "--stage", stage, "-f", "json").json["results"]["total"]
    results = euledger(
        "--db", bare, "compare", "ledger", "ledger", "--stage", stage, "--basis", "eu", "-f", "json"
    ).json["results"]
    assert [one["left"] for one in results["measures"]] == [total]


# --- the corpus ------------------------------------------------------------------------------------------------------


def test_the_eutf_list_against_its_akvo_parents(euledger: Euledger, corpus: Path) -> None:
    files = corpus / "files"
    run = euledger(
        "compare", files / "eutf_projects_2022.csv", files / "eutf_projects_akvo.csv", "--right-set", "currency=EUR",
        "--right-where", "prefix=DEC", "-f", "json",
    )  # fmt: skip
    results = run.json["results"]
    [measure] = results["measures"]
    assert [measure[name]["amount"] for name in SUMS] == [
        "5256084987.34", "5185922987.34", "70162000.00", "70162000.00", "0.00", "0.00",
    ]  # fmt: skip
    assert [(line["ref"], line["effect"]["amount"], line["cause"]) for line in results["differences"] if line["kind"] == "extra_row"] == [
        ("T05-EUTF-HoA-SO-03", "55000000.00", "parent_and_child"),
        ("T05-EUTF-NOA-TN\u201302", "5700000.00", None),
        ("T05-EUTF-NOA-TN\u201303", "3600000.00", None),
        ("T05-EUTF-NOA-EG-01-01", "3000000.00", None),
        ("T05-EUTF-SAH-ML-13", "2850000.00", None),
        ("YEP Programmes", "12000.00", None),
    ]  # fmt: skip
    [cause] = results["causes"]
    assert (cause["kind"], cause["effect"]["amount"], [row["row"] for row in cause["rows"]]) == (
        "parent_and_child", "55000000.00", [70, 71],
    )  # fmt: skip
    assert (run.code, "compare-across" in [code for _, code in run.told]) == (1, True)


def test_a_real_spreadsheet_against_its_csv_twin(euledger: Euledger, corpus: Path) -> None:
    twins = [corpus / "files" / f"at_esf_2014_2020.{ending}" for ending in ("csv", "xlsx")]
    results = euledger("compare", *twins, "--set", "currency=EUR", "-f", "json").json["results"]
    money = [line for line in results["differences"] if line["kind"] != "field_changed"]
    assert told({"differences": money}) == [("amount_changed", "2CAEAA_00152", "-225836.00")]
    assert euros(results, "total_cost", "left", "right") == ["145717759.73", "145943595.73"]


def test_two_real_copies_of_one_list_in_other_encodings_are_equal(euledger: Euledger, corpus: Path) -> None:
    copies = [corpus / "files" / f"dk_erdf_esf_2014_2020{part}.csv" for part in ("", "_cp1252")]
    run = euledger("compare", *copies, "--set", "currency=DKK", "-f", "json")
    assert [one["difference"]["amount"] for one in run.json["results"]["measures"]] == ["0.00", "0.00"]
