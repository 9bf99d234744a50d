"""Money: exact amounts, one rounding door, one way to print."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.domain.money import (
    GROUP,
    AmountTooLarge,
    CurrencyMismatch,
    CurrencyUnknown,
    Money,
    MoneyError,
    as_json,
    display,
    display_rounded,
    minor_digits,
    to_decimal,
    to_minor,
)


@pytest.mark.parametrize(
    ("currency", "digits"), [("EUR", 2), ("HUF", 2), ("JPY", 0), ("XAF", 0), ("ISK", 0), ("TND", 3), ("LYD", 3)]
)
def test_minor_digits_follow_iso_4217(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize("code", ["", "eur", "EURO", "E1R", "XAU", "€"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(CurrencyUnknown):
        minor_digits(code)


@pytest.mark.parametrize(
    ("value", "currency", "unit", "expected"),
    [
        (Decimal("5066901.47"), "EUR", 1, (506690147, False)),
        (Decimal("0.005"), "EUR", 1, (1, True)),
        (Decimal("0.0049999999"), "EUR", 1, (0, True)),
        (Decimal("-0.005"), "EUR", 1, (-1, True)),
        (Decimal("2.675"), "EUR", 1, (268, True)),
        (Decimal("1.50"), "JPY", 1, (2, True)),
        (Decimal("1.2345"), "TND", 1, (1235, True)),
        (Decimal("5.3"), "EUR", 10**9, (530_000_000_000, False)),
        (Decimal("1.2345678"), "EUR", 10**6, (123456780, False)),
        (Decimal("1E+3"), "EUR", 1, (100000, False)),
        (Decimal("1E-999999"), "EUR", 1, (0, True)),
        (Decimal("0E+999999"), "EUR", 1, (0, False)),
        (Decimal("0.000005"), "EUR", 1000, (1, True)),
        (7, "EUR", 1000, (700000, False)),
        (9_999_999_999_999, "EUR", 1, (999_999_999_999_900, False)),
    ],
)
def test_to_minor_rounds_half_away_from_zero_and_says_so(
    value: int | Decimal, currency: str, unit: int, expected: tuple[int, bool]
) -> None:
    assert to_minor(value, currency, unit) == expected


@pytest.mark.parametrize("value", [10**13, -(10**13), Decimal("9999999999999.995"), Decimal("1E+999999")])
def test_to_minor_refuses_what_cannot_be_held_exactly(value: int | Decimal) -> None:
    with pytest.raises(AmountTooLarge):
        to_minor(value, "EUR")


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), True, 1.5, "1"])
def test_to_minor_refuses_what_is_no_amount(value: Decimal) -> None:
    with pytest.raises(MoneyError):
        to_minor(value, "EUR")


def test_money_adds_and_orders_in_one_currency_only() -> None:
    assert Money(100, "EUR") + Money(23, "EUR") - Money(3, "EUR") == Money(120, "EUR")
    assert -Money(5, "EUR") < Money(0, "EUR") <= Money(0, "EUR")
    assert Money(2, "EUR") > Money(1, "EUR")
    assert Money(1, "EUR") != Money(1, "USD")
    for operation in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__, Money.__gt__, Money.__ge__):
        with pytest.raises(CurrencyMismatch):
            operation(Money(1, "EUR"), Money(1, "USD"))
    with pytest.raises(MoneyError):
        Money(True, "EUR")


def test_amounts_are_written_with_all_their_decimals() -> None:
    assert as_json(530_000_000_000, "EUR") == {"amount": "5300000000.00", "currency": "EUR"}
    assert as_json(-5, "EUR")["amount"] == "-0.05"
    assert as_json(1500, "JPY")["amount"] == "1500"
    assert as_json(1500, "TND")["amount"] == "1.500"
    assert to_decimal(-1234, "EUR") == Decimal("-12.34")


def test_amounts_are_shown_in_groups_that_do_not_break() -> None:
    assert display(530_000_000_000, "EUR") == f"EUR 5{GROUP}300{GROUP}000{GROUP}000.00"
    assert display(-200, "EUR") == "EUR -2.00"
    assert display(-123456, "EUR") == f"EUR -1{GROUP}234.56"


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (530_000_000_000, "EUR 5.30 billion"),
        (69_100_000_000, "EUR 691.00 million"),
        (-50_000_000_000, "EUR -500.00 million"),
        (99_999_499_999, "EUR 999.99 million"),
        (99_999_500_000, "EUR 1.00 billion"),
        (99_999_999_999, "EUR 1.00 billion"),
        (100_500_000, "EUR 1.01 million"),
        (99_999_999, f"EUR 999{GROUP}999.99"),
        (0, "EUR 0.00"),
    ],
)
def test_rounded_amounts_carry_into_the_next_word(minor: int, text: str) -> None:
    assert display_rounded(minor, "EUR") == text
