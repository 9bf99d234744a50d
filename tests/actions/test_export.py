"""The exported journal: what stands in it, and that other programs add it up to the ledger's own sums."""

from __future__ import annotations

import tracemalloc
from datetime import date
from pathlib import Path

import pytest

from ledger.actions import scope
from ledger.actions.export import export
from ledger.actions.summary import summarise
from ledger.store import postings
from ledger.store.database import Database
from tests.builders import amount, envelope, new_ledger, post, project
from tests.store.balances import revert
from tests.witnesses import (
    asked,
    by_ledger,
    by_number,
    load_beancount,
    opened,
    read,
    refused_by_hledger,
    summed,
    transactions_of_hledger,
)

ENDINGS = ("hledger", "beancount")


def portfolio(url: str) -> Database:
    """Currencies, price bases, undated and illustrative money, a tree, a correction and a revert."""
    database = new_ledger(url)
    post(
        database,
        [
            envelope("ROOT", 1000_00),
            envelope("IT", 400_00, parent="ROOT", country_code="IT"),
            envelope("FEED", 77_00, role="reinforcement"),
            envelope("OLD", 9_00, price_basis="2018", role="statement"),
        ],
        file="envelopes.xlsx",
        source="acts",
    )
    first = [
        project("P1", amount(100_01, country="TN"), amount(60_00, country="TN", stage="contracted"), fund="AMIF"),
        project("P2", amount(7_00, country="TN"), amount(3_00, country="TN", basis="national_public")),
        project("P3", amount(1_234, country="TN", currency="TND"), amount(12, currency="JPY")),
        project("P4", amount(11_00, country="MA", on=None)),
    ]
    post(database, first)
    post(database, [project("P2", amount(8_50, country="TN", on=date(2023, 1, 1)))], file="newer.xlsx")
    last = post(database, [project("P5", amount(5_00))], file="wrong.xlsx", source="wrong")
    revert(database, last.batch)
    post(database, [project("X1", amount(999_99))], file="x.xlsx", source="x", illustrative=True)
    return database


def test_every_balance_and_every_summary_is_ours(database_url: str, tmp_path: Path) -> None:
    database = portfolio(database_url)
    ours, shown = by_ledger(database), asked(database)
    for ending in ENDINGS:
        done = export(database, path := tmp_path / f"journal.{ending}", with_illustrative=True)
        balances = read(path)
        assert by_number(balances) == ours
        assert summed(balances) == shown
        assert (done.format, done.transfers) == (ending, 17)
        assert done.accounts >= len({number for number, _ in by_number(balances)})
        assert [finding.code for finding in done.findings] == ["value-date-unknown", "illustrative-data"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_must_not_be_added_has_a_commodity_of_its_own(sqlite_url: str, tmp_path: Path, ending: str) -> None:
    database = portfolio(sqlite_url)
    export(database, path := tmp_path / f"a.{ending}", with_illustrative=True)
    assert {commodity for commodity, _ in read(path).values()} == {"EUR", "EUR.2018", "EUR-ILLUSTRATIVE", "JPY", "TND"}
    export(database, path)
    assert "EUR-ILLUSTRATIVE" not in {commodity for commodity, _ in read(path).values()}
    assert "X1" not in path.read_text("utf-8")


def test_two_odd_price_bases_are_not_added_either(sqlite_url: str, tmp_path: Path) -> None:
    database = new_ledger(sqlite_url)
    post(database, [envelope("A", 1_00, price_basis="20-18"), envelope("B", 2_00, price_basis="20 18")])
    export(database, path := tmp_path / "a.hledger")
    assert len({commodity for commodity, _ in read(path).values()}) == 2


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("shown", "changed"), [("100.01", "100.02"), ("11.00", "11.01")])
def test_a_cent_more_is_refused(sqlite_url: str, tmp_path: Path, ending: str, shown: str, changed: str) -> None:
    """The control: both sides of one transfer are raised, so that only the ledger's balances can tell."""
    export(portfolio(sqlite_url), path := tmp_path / f"a.{ending}")
    text = path.read_text("utf-8")
    start = text.index(f"  {shown} EUR")
    end = text.index("\n\n", start)
    path.write_text(text[:start] + text[start:end].replace(shown, changed) + text[end:], "utf-8")
    said = refused_by_hledger(path) if ending == "hledger" else " ".join(load_beancount(path)[1])
    assert "alance" in said, "the program must notice"


def test_a_kept_balance_that_is_wrong_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    database = portfolio(sqlite_url)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE balance SET to_date_minor = to_date_minor + 1 WHERE account_id = 2")
    export(database, path := tmp_path / "a.hledger")
    assert "balance assertion" in refused_by_hledger(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_filters_say_what_summary_says(sqlite_url: str, tmp_path: Path, ending: str) -> None:
    database = portfolio(sqlite_url)
    path = tmp_path / f"a.{ending}"

    def committed(**question: object) -> int:
        export(database, path, **question)  # type: ignore[arg-type]
        sums = summed(read(path))
        shown = summarise(database, by=["country"], **question)  # type: ignore[arg-type]
        limits = shown.filters["funds"], shown.filters["countries"]
        ours = sum(row.amount.minor for row in shown.rows if row.amount.currency == "EUR")
        theirs = sum(
            minor
            for (stage, basis, fund, country, commodity), minor in sums.items()
            if (stage, basis, commodity) == ("committed", "eu", "EUR")
            and all(not codes or code in codes for codes, code in zip(limits, (fund, country), strict=True))
        )
        assert theirs == ours
        return theirs

    assert committed() == 100_01 + 8_50 + 11_00
    assert committed(as_of=date(2022, 12, 31)) == 100_01 + 11_00
    assert committed(known_at=2) == 100_01 + 7_00 + 11_00
    assert committed(funds=["AMIF"]) == 100_01
    assert committed(countries=["MA"]) == 11_00
    assert committed(funds=["NDICI-GE"], countries=["TN"], known_at=2) == 7_00


def test_the_other_side_of_what_was_asked_for_is_called_partial(sqlite_url: str, tmp_path: Path) -> None:
    database = portfolio(sqlite_url)
    export(database, path := tmp_path / "a.beancount", countries=["TN"])
    entries, _ = load_beancount(path)
    partial = {entry.meta["country"] for entry in opened(entries) if entry.meta.get("partial")}
    assert partial == {"ZZ"}
    assert {entry.meta["country"] for entry in opened(entries) if "partial" not in entry.meta} == {"TN"}


def test_a_transaction_names_its_cell_and_what_it_reverses(sqlite_url: str, tmp_path: Path) -> None:
    database = portfolio(sqlite_url)
    export(database, path := tmp_path / "a.journal")
    found = {transaction["tcode"]: transaction for transaction in transactions_of_hledger(path)}
    tags = {code: dict(transaction["ttags"]) for code, transaction in found.items()}
    assert tags["5"] == {
        "transfer": "5", "batch": "2", "file": "test.xlsx", "sheet": "Sheet1", "cell": "C2", "rule": "cell",
    }  # fmt: skip
    reversals = {code: tag["reverses"] for code, tag in tags.items() if "reverses" in tag}
    assert len(reversals) == 3
    for code, original in reversals.items():
        assert "reversal" in tags[code]
        assert found[code]["tdate"] == found[original]["tdate"]
        assert found[code]["tdescription"] == f"{found[original]['tdescription']}, reversed"
    undated = [transaction for code, transaction in found.items() if "undated" in tags[code]]
    assert {transaction["tdate"] for transaction in undated} == {"1900-01-01"}
    assert [transaction["tdescription"] for transaction in undated] == ["P4 committed"]


def test_the_same_ledger_gives_the_same_bytes(sqlite_url: str, tmp_path: Path) -> None:
    database = portfolio(sqlite_url)
    for ending in ENDINGS:
        one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
        export(database, one, known_at=2)
        post(database, [project(f"LATER-{ending}", amount(1))], file=f"{ending}.xlsx", source=ending)
        export(database, two, known_at=2)
        assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_ledger_and_the_ends_of_time(sqlite_url: str, tmp_path: Path, ending: str) -> None:
    database = new_ledger(sqlite_url)
    done = export(database, path := tmp_path / f"a.{ending}")
    assert (done.transfers, done.accounts, done.ledger_head, read(path)) == (0, 0, None, {})
    post(database, [project("P1", amount(1, on=date.min), amount(2, on=date.max))])
    export(database, path)
    assert by_number(read(path)) == by_ledger(database)


def test_what_does_not_exist_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    database = new_ledger(sqlite_url)
    with pytest.raises(scope.UsageProblem, match=r"\.beancount"):
        export(database, tmp_path / "journal.txt")
    with pytest.raises(scope.UsageProblem, match="AMFI"):
        export(database, tmp_path / "a.hledger", funds=["AMFI"])
    assert list(tmp_path.glob("*.hledger")) == []


@pytest.mark.slow
def test_a_journal_is_never_in_memory_as_a_whole(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postings, "FETCH", 100)
    database = new_ledger(sqlite_url)
    post(database, [project(f"P{n}", amount(n + 1)) for n in range(1_200)])
    path = tmp_path / "a.hledger"
    tracemalloc.start()
    export(database, path)
    _, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert highest < path.stat().st_size / 3
