"""Rates are kept like everything else, and money is converted at the rate of its day, once, half up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.domain.records import Kind, Record
from ledger.store import batches, rates
from ledger.store.database import Database
from tests.builders import amount, post, project
from tests.store.balances import revert, sums


def rate(currency: str, value: str, start: date, end: date | None = None) -> Record:
    attributes: dict[str, Any] = {
        "currency": currency,
        "rate": value,
        "valid_from": start,
        "valid_to": end,
        "source": "InforEuro",
    }
    return Record(Kind.RATES, f"{currency} {start.isoformat()}", attributes)


MARCH = date(2024, 3, 1)
TND = rate("TND", "3.3695", MARCH, date(2024, 3, 31))


def test_money_is_converted_at_the_rate_of_its_day(ledger: Database) -> None:
    done = post(ledger, [TND, rate("JPY", "163.5", MARCH)])
    with ledger.read() as connection:
        found = rates.convert(connection, 1_000_000, "TND", date(2024, 3, 15))
        assert found is not None
        # 1,000.000 dinars (three decimals) at 3.3695 are 296.780…: half up to the cent.
        assert found.minor == 29_678
        assert found.rate == rates.RateUsed(
            "TND 2024-03-01", "TND", "3.3695", MARCH, date(2024, 3, 31), "InforEuro", done.batch or 0
        )
        yen = rates.convert(connection, 327, "JPY", MARCH)
        assert yen is not None
        assert yen.minor == 200
        assert rates.convert(connection, 5, "EUR", MARCH) == rates.Converted(5, None)


@pytest.mark.parametrize(
    ("currency", "day"),
    [("TND", date(2024, 4, 1)), ("TND", date(2024, 2, 29)), ("HUF", MARCH), ("MAD", date(2024, 5, 1))],
)
def test_without_a_rate_of_the_day_nothing_is_converted(ledger: Database, currency: str, day: date) -> None:
    post(ledger, [TND, rate("MAD", "10.9", MARCH)])
    with ledger.read() as connection:
        assert rates.convert(connection, 100, currency, day) is None


def test_a_half_cent_goes_up(ledger: Database) -> None:
    post(ledger, [rate("USD", "2", MARCH)])
    with ledger.read() as connection:
        assert [rates.convert(connection, minor, "USD", MARCH) for minor in (1, 3)] == [
            rates.Converted(1, rates.find(connection, "USD", MARCH)),
            rates.Converted(2, rates.find(connection, "USD", MARCH)),
        ]


def test_a_corrected_rate_is_a_version_and_can_be_undone(ledger: Database) -> None:
    first = post(ledger, [TND])
    assert post(ledger, [TND]).batch is None, "the same rate again is nothing new"
    second = post(ledger, [rate("TND", "3.4", MARCH, date(2024, 3, 31))])
    assert second.batch is not None

    def now(known_at: int | None = None) -> str | None:
        with ledger.read() as connection:
            found = rates.find(connection, "TND", MARCH, known_at)
            return None if found is None else found.rate

    assert (now(), now(first.batch)) == ("3.4", "3.3695")
    revert(ledger, second.batch)
    assert now() == "3.3695"
    assert first.batch is not None
    with ledger.read() as connection:
        assert batches.blockers(connection, first.batch) == []
    revert(ledger, first.batch)
    assert now() is None


def test_rates_move_no_money(ledger: Database) -> None:
    post(ledger, [project("A", amount(100, currency="TND")), TND])
    assert sums(ledger, "project", stage="committed") == {("A",): 100}
