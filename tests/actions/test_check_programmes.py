"""The rules on programmes by year: one cent, or one year, inside and outside; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.actions.check import run_checks
from ledger.cli.main import main
from ledger.domain.money import Money
from ledger.domain.records import Kind, PrintedTotal, Record
from ledger.domain.rules import RuleResult
from ledger.store.database import Database, parse_url
from tests.builders import amount, envelope, new_ledger, post

CCI = "2021MT65AMPR001"
HEADER = (
    "ms,ms_name,cci,title,fund,category_of_region,year,init_plan_eu_amt_1_adoption,transfers,actual_plan_eu_amt_latest_adop,"
    "pre_fin,recovery_of_pre_financing,net_pre_financing,interim_payments,recovery_of_expenses,net_interim_payments,"
    "total_net_payments,eu_payment_rate_init_plan_eu_amt,eu_payment_rate_actual_plan_eu_amt"
)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    database = new_ledger(database_url)
    yield database
    database.close()


def run(database: Database, name: str, day: date | None = None) -> RuleResult:
    (result,) = run_checks(database, [name], day=day)
    return result


def programme(ref: str, committed: dict[int, int], paid: dict[date, int], stage: str = "paid") -> Record:
    return Record(
        Kind.PROGRAMMES,
        ref,
        {"title": ref, "fund_code": "AMIF", "country_code": "MT", "theme_code": "unstated"},
        [amount(minor, on=date(year, 5, 1)) for year, minor in committed.items()]
        + [amount(minor, stage=stage, on=on) for on, minor in paid.items()],
    )


@pytest.mark.parametrize(
    ("paid_on", "paid", "day", "left"),
    [
        (date(2025, 12, 31), 1_000, date(2026, 1, 1), 0),
        (date(2025, 12, 31), 999, date(2026, 1, 1), 1),
        (date(2026, 1, 1), 1_000, date(2026, 1, 1), 1_000),
        (date(2025, 12, 31), 999, date(2025, 1, 1), 1),
        (date(2025, 12, 31), 999, date(2024, 12, 31), 0),
    ],
)
@pytest.mark.parametrize("stage", ["paid", "declared"])
def test_a_commitment_is_used_by_the_end_of_its_third_year(
    sqlite_url: str, stage: str, paid_on: date, paid: int, day: date, left: int
) -> None:
    ledger = new_ledger(sqlite_url)
    post(ledger, [programme(CCI, {2022: 1_000}, {paid_on: paid}, stage)])
    result = run(ledger, "decommitment-risk", day)
    assert [each.values["amount"] for each in result.findings] == ([Money(left, "EUR")] if left else [])
    ledger.close()


def test_payments_use_up_the_oldest_commitment_and_2027_ends_in_2029(ledger: Database) -> None:
    post(ledger, [programme(CCI, {2022: 100, 2023: 100, 2027: 100}, {date(2025, 1, 1): 150})])
    plan = envelope("AMIF.2021EL65AMPR001.", 10)
    plan.amounts.append(amount(5, stage="allocated", country="ZZ", on=date(2023, 1, 1)))
    whole = envelope("COD.2021FR65AMPR001", 10)
    post(ledger, [plan, whole], file="plan.xlsx")

    def told(day: date) -> list[tuple[object, object, object]]:
        found = run(ledger, "decommitment-risk", day).findings
        return [(each.values["programme"], each.values["year"], each.values["amount"]) for each in found]

    assert told(date(2025, 6, 1)) == [("2021EL65AMPR001", 2021, Money(10, "EUR"))]
    assert told(date(2029, 1, 1)) == [
        (CCI, 2023, Money(50, "EUR")),
        (CCI, 2027, Money(100, "EUR")),
        ("2021EL65AMPR001", 2021, Money(10, "EUR")),
        ("2021EL65AMPR001", 2023, Money(5, "EUR")),
    ]
    assert run(ledger, "decommitment-risk").not_checked == 1


@pytest.mark.parametrize(
    ("year", "paid", "count"),
    [(2023, "1200000.00", 0), (2023, "1200000.01", 1), (2022, "700000.00", 0), (2022, "699999.99", 1), (2023, "0", 0)],
)
def test_pre_financing_is_that_of_the_act_to_the_cent(tmp_path: Path, year: int, paid: str, count: int) -> None:
    path, ledger = tmp_path / "payments.csv", tmp_path / "ledger.db"
    row = f"MT,Malta,{CCI},Invented,AMIF,VOID,{year},10000000,0,10000000,{paid},0,{paid},0,0,0,{paid},0,0"
    path.write_text(f"{HEADER}\n{row}\n", "utf-8")
    new_ledger(f"sqlite:///{ledger}").close()
    assert main(["-q", "--db", str(ledger), "import", str(path)]) == 0
    database = Database(parse_url(str(ledger)))
    result = run(database, "pre-financing")
    assert [each.values["programme"] for each in result.findings] == [CCI] * count
    assert result.not_checked == 0
    database.close()


@pytest.mark.parametrize(("printed", "count"), [(1_000, 0), (999, 1)])
def test_a_printed_total_is_the_sum_of_its_cells(ledger: Database, printed: int, count: int) -> None:
    total = PrintedTotal(4, 3, "Total", "C2:C3", printed, 1_000, "EUR", "amount")
    post(ledger, [envelope("A", 400), envelope("B", 600)], totals=[total])
    assert [each.code for each in run(ledger, "published-totals").findings] == ["printed-total-differs"] * count
