"""Bridges: every step is some batch's doing, and opening plus steps is closing to the minor unit."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger.actions import scope
from ledger.actions.bridge import Bridge, Span, bridge, write
from ledger.actions.summary import summarise
from ledger.domain.money import Money
from ledger.domain.records import Kind, Record
from ledger.store.database import Database
from tests.builders import amount, envelope, new_ledger, post, project
from tests.store.balances import revert

Line = tuple[object, ...]


def steps(span: Span) -> list[Any]:
    """A bridge as (batch, cause, minor) between its opening and closing, bare numbers."""
    middle = [(step.batch, step.cause, step.amount.minor) for step in span.steps]
    return [span.opening.minor, *middle, span.closing.minor]


def only(done: Bridge) -> Span:
    assert len(done.totals) == 1
    return done.totals[0]


def history(url: str) -> Database:
    """Added, corrected, withdrawn, reverted: batches 1 to 5."""
    database = new_ledger(url)
    post(database, [project("A", amount(100_00)), project("B", amount(70_01, country="MA"))])
    post(database, [project("A", amount(90_00)), project("B", amount(70_01, country="MA")), project("C", amount(1))])
    post(database, [project("A", amount(90_00)), project("C", amount(1))], complete=True)
    revert(database, 3)
    post(database, [project("A", amount(90_00, on=date(2024, 2, 2)))], situation=True)
    return database


def test_each_batch_is_told_by_its_cause(database_url: str) -> None:
    database = history(database_url)
    assert steps(only(bridge(database, start=None, end=None))) == [
        0,
        (1, "added", 170_01),
        (2, "added", 1),
        (2, "corrected", -10_00),
        (3, "withdrawn", -70_01),
        (4, "reverted", 70_01),
        160_02,
    ]
    assert [(s.keys["country"], *steps(s)) for s in bridge(database, start="2", end="3").spans] == [
        ("MA", 70_01, (3, "withdrawn", -70_01), 0),
        ("TN", 90_01, 90_01),
    ]


def test_by_value_date_money_moves_on_its_day(database_url: str) -> None:
    database = history(database_url)
    done = bridge(database, start="2022-06-01", end="2024-12-31", clock="value")
    # Batch 5 dated A anew: the day of June 2022 lies before the window, so what it took back there is in the opening.
    assert steps(only(done)) == [70_02, (5, "corrected", 90_00), 160_02]
    assert steps(only(bridge(database, start="2022-05-31", end="2022-06-01", clock="value"))) == [
        0,
        (1, "added", 170_01),
        (2, "added", 1),
        (2, "corrected", -10_00),
        (3, "withdrawn", -70_01),
        (4, "reverted", 70_01),
        (5, "corrected", -90_00),
        70_02,
    ]


def test_moves_inside_an_envelope_tree_cancel_out(database_url: str) -> None:
    database = new_ledger(database_url)
    post(database, [envelope("ROOT", 1000_00)], source="acts")
    post(database, [envelope("ROOT", 1000_00), envelope("IT", 400_00, parent="ROOT", country_code="IT")], source="acts")
    done = bridge(database, start="1", end=None, by=["envelope"], stage="allocated")
    assert [(s.keys["envelope"], *steps(s)) for s in done.spans] == [
        ("IT", 0, (2, "added", 400_00), 400_00),
        ("ROOT", 1000_00, (2, "added", -400_00), 600_00),
    ]
    assert steps(only(done)) == [1000_00, 1000_00]


def random_list(rng: random.Random) -> list[Record]:
    """A list of some of nine projects, with stages, splits of countries and other currencies."""
    records = []
    for number in rng.sample(range(9), rng.randint(1, 9)):
        amounts = [
            amount(
                rng.randint(1, 10 ** rng.randint(1, 12)),
                country=rng.choice(("TN", "MA", "LY")),
                currency=rng.choice(("EUR", "EUR", "EUR", "TND")),
                on=rng.choice((None, date(2021, 1, 31), date(2023, 7, 1), date(2024, 12, 31))),
                basis=rng.choice(("eu", "eu", "national_public")),
                stage=rng.choice(("committed", "committed", "contracted", "paid")),
            )
            for _ in range(rng.randint(1, 3))
        ]
        fund = rng.choice(("AMIF", "NDICI-GE"))
        records.append(project(f"P{number}", *amounts, fund=fund))
    return records


@pytest.mark.parametrize("seed", range(2))
def test_random_histories_sum_exactly(database_url: str, seed: int) -> None:
    rng = random.Random(f"bridge {seed}")  # noqa: S311 - a seed to repeat a failure
    database = new_ledger(database_url)
    last = 0
    for _ in range(6):
        booked = post(database, random_list(rng), complete=rng.random() < 0.4, situation=rng.random() < 0.8).batch
        last = booked or last
        if last and rng.random() < 0.4:
            last = revert(database, last) or last
    first = rng.randint(0, last)
    for stage, basis in (("committed", "eu"), ("contracted", "total"), ("paid", "eu")):
        question: dict[str, Any] = {"stage": stage, "basis": basis}
        done = bridge(database, start=str(first), end=None, **question)
        _adds_up(done, summarise(database, by=["fund", "country"], **question))
        days = {"start": "2021-01-31", "end": "2024-06-30", "clock": "value"}
        dated = bridge(database, **days, **question)  # type: ignore[arg-type] # mixed values
        _adds_up(dated, summarise(database, by=["fund", "country"], as_of=date(2024, 6, 30), **question))
        opening = summarise(database, by=["fund", "country"], as_of=date(2021, 1, 31), **question)
        assert _ends(dated, "opening") == {(*r.keys.values(), r.amount) for r in opening.rows}


def _ends(done: Bridge, end: str) -> set[Line]:
    return {(*span.keys.values(), getattr(span, end)) for span in done.spans if getattr(span, end).minor}


def _adds_up(done: Bridge, summary: Any) -> None:
    """Closing is what the summary says, and nothing moved that no batch accounts for."""
    assert _ends(done, "closing") == {(*row.keys.values(), row.amount) for row in summary.rows}
    for span in [*done.spans, *done.totals]:
        assert span.opening.minor + sum(step.amount.minor for step in span.steps) == span.closing.minor
        assert {step.cause for step in span.steps} <= {"added", "corrected", "withdrawn", "reverted"}


def rate(value: str, start: date, end: date) -> Record:
    return Record(Kind.RATES, f"TND {start}", {"currency": "TND", "rate": value, "valid_from": start, "valid_to": end})


def test_the_currency_effect_is_what_the_rates_did(database_url: str) -> None:
    database = new_ledger(database_url)
    march, april, may = date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 1)
    post(database, [rate("2", march, date(2024, 3, 31)), rate("4", april, date(2024, 4, 30))], source="rates")
    post(database, [project("A", amount(8_000, currency="TND", on=march), amount(5_00, on=march))])
    post(database, [project("B", amount(4_001, currency="TND", on=april))], source="other")
    days: dict[str, Any] = {"start": "2024-03-31", "end": "2024-04-30", "clock": "value"}
    # 8.000 dinars are 4.00 in March, 12.001 are 3.00 in April; 4.001 came in at 1.00: the rates took 2.00.
    converted = bridge(database, **days, currency="EUR")
    assert steps(only(converted)) == [4_00 + 5_00, (3, "added", 1_00), (None, "currency", -2_00), 3_00 + 5_00]
    assert not converted.findings
    apart = bridge(database, **days)
    assert [(s.opening, s.closing) for s in apart.totals] == [
        (Money(5_00, "EUR"), Money(5_00, "EUR")),
        (Money(8_000, "TND"), Money(12_001, "TND")),
    ]
    without = bridge(database, start="2024-03-31", end=str(may), clock="value", currency="EUR")
    assert [finding.message for finding in without.findings] == ["TND stays apart: no rate of 2024-05-01 is on record"]
    assert [s.closing for s in without.totals] == [Money(5_00, "EUR"), Money(12_001, "TND")]


def test_what_was_filtered_by_and_stated_anew_is_a_step_of_its_own(database_url: str) -> None:
    database = new_ledger(database_url)
    post(database, [envelope("E", 10_00)], source="acts")
    post(database, [envelope("E", 10_00, role="statement")], source="acts")
    assert steps(only(bridge(database, start="1", end="2", stage="allocated"))) == [
        10_00,
        (None, "reclassified", -10_00),
        0,
    ]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"start": "3", "end": "2"}, "before it starts"),
        ({"start": "9", "end": None}, "no batch 9"),
        ({"start": None, "end": "2024-01-01", "clock": "value"}, "needs both"),
        ({"start": "yesterday", "end": "2024-01-01", "clock": "value"}, "are days like"),
        ({"start": "2024-02-01", "end": "2024-01-01", "clock": "value"}, "before it starts"),
        ({"start": "1", "end": "2", "by": ["title"]}, "not taken by 'title'"),
        ({"start": "1", "end": "2", "by": ["fund", "fund"]}, "stands twice"),
        ({"start": "1", "end": "2", "currency": "USD"}, "not in USD"),
    ],
)
def test_what_cannot_be_bridged_is_refused(sqlite_url: str, question: dict[str, Any], said: str) -> None:
    with pytest.raises(scope.UsageProblem, match=said):
        bridge(history(sqlite_url), **question)


def test_a_bridge_goes_into_files(sqlite_url: str, tmp_path: Path) -> None:
    done = bridge(history(sqlite_url), start="2", end="3", by=["country"])
    write(done, tmp_path / "bridge.csv")
    assert (tmp_path / "bridge.csv").read_text("utf-8-sig").splitlines()[:4] == [
        "country,step,batch,what,amount,currency,price_basis,data",
        "MA,opening,,,70.01,EUR,current,recorded",
        "MA,withdrawn,3,test.xlsx,-70.01,EUR,current,recorded",
        "MA,closing,,,0.00,EUR,current,recorded",
    ]
    write(done, tmp_path / "bridge.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "bridge.xlsx", read_only=True)["Bridge"]
    amounts = [row[4] for row in sheet.iter_rows(values_only=True) if row[1] in ("opening", "withdrawn", "closing")]
    assert amounts == [70.01, -70.01, 0, 90.01, 90.01, 160.02, -70.01, 90.01]
    with pytest.raises(scope.UsageProblem, match="ending"):
        write(done, tmp_path / "bridge.doc")
