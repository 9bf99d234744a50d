"""Amounts, rates, units and currencies as real lists write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.intake.cells import CellError, Value
from ledger.intake.number_styles import Amount, Missing, Refusal, read_amount
from ledger.intake.numbers import NumberColumn, NumberDecision
from ledger.intake.rates import FRACTION, PERCENT, RateColumn, read_rate
from ledger.intake.units import currencies_in_text, currency_from_text, unit_from_text, unit_suspect


def decided(*values: Value, hint: str | None = None) -> NumberDecision:
    column = NumberColumn()
    column.feed_all(values)
    return column.decide(hint)


@pytest.mark.parametrize(
    ("text", "number", "currency"),
    [
        ("€ 306 000.00", "306000.00", "EUR"),
        ("Euro 5.066.901,47", "5066901.47", "EUR"),
        ("5066901,47", "5066901.47", None),
        ("EUR 1 234,5 million", "1234500000", "EUR"),
        ("2.4e+07", "24000000", None),
        ("1.234.567,89-", "-1234567.89", None),
        ("(1,234.50)", "-1234.50", None),
        ("\u2212 12,5 €", "-12.5", "EUR"),
        ("2.645.000***", "2645000", None),
        ("1.234.567 (1)", "1234567", None),
        ("1\u202f234\u00a0567,00 Kč", "1234567.00", "CZK"),
        ("1\u202f234\u202f567,00 Kč", "1234567.00", "CZK"),
        ("1’234.50", "1234.50", None),
        ("1.234,-", "1234", None),
        (".05", "0.05", None),
        ("0.123", "0.123", None),
        ("£12,345,678", "12345678", "GBP"),
        ("12 345 лв.", "12345", "BGN"),
        ("9 999 zł", "9999", "PLN"),
        ("100 000 Ft", "100000", "HUF"),
        ("12,50 lei", "12.50", "RON"),
        ("1.234.567,89 kn", "1234567.89", "HRK"),
    ],
)
def test_a_text_with_one_reading_is_read_exactly(text: str, number: str, currency: str | None) -> None:
    found = read_amount(text, None)
    assert isinstance(found, Amount), found
    assert (found.number, found.currency) == (Decimal(number), currency)


@pytest.mark.parametrize(
    "text",
    ["1,656,254,.05", "12,68…", "12,34,567.89", "1.234", "1,234", "####", "ΑΠΕΝΤΑΞΗ", "100 / 200", "ca. 500", "12 34",
     "1.2.3", "5 EUR 3", "EUR 5 USD", "--5", "1e99", "9" * 60, "0.123.456", "5 mil.", "01.02.2016"],
)  # fmt: skip
def test_a_text_without_one_reading_is_refused(text: str) -> None:
    assert isinstance(read_amount(text, None), Refusal)


@pytest.mark.parametrize(
    ("value", "kind"),
    [("", "empty"), (None, "empty"), (" - ", "dash"), ("–", "dash"), ("n.a.", "not-available"), ("N/A", "not-available"),
     ("NA", "not-available"), ("p.m.", "pro-memoria"), ("…", "not-available"), ("*****", "redacted"), ("€ -", "dash"),
     (CellError("#N/A"), "not-available")],
)  # fmt: skip
def test_a_missing_marker_is_missing_and_never_zero(value: Value, kind: str) -> None:
    assert read_amount(value, ".,") == Missing(kind)


def test_typed_cells_are_taken_as_they_are_and_others_refused_with_their_code() -> None:
    assert read_amount(Decimal("5066901.47"), None) == Amount(Decimal("5066901.47"))
    assert read_amount(12, ".,") == Amount(Decimal(12))
    codes = [read_amount(v, None) for v in (CellError("#REF!"), CellError(""), True, date(2016, 1, 1))]
    assert [r.code for r in codes if isinstance(r, Refusal)] == [
        "cell-error", "formula-uncached", "number-invalid", "number-invalid",
    ]  # fmt: skip


def test_one_point_two_three_four_alone_is_ambiguous_with_both_totals() -> None:
    found = decided("1.234", "5.678", "12.345")
    assert found.ambiguous
    assert {(c.style, c.total) for c in found.candidates} == {("_.", Decimal("19.257")), ("._", Decimal(19257))}
    assert isinstance(found.read("1.234"), Refusal)


@pytest.mark.parametrize(
    ("values", "style", "total"),
    [
        (("1.234", "1.234.567"), "._", "1235801"),
        (("1.234", "1.234,5"), ".,", "2468.5"),
        (("1.234", "12.5"), "_.", "13.734"),
        (("1.234", "0.123"), "_.", "1.357"),
        (("1.234", "1234.567"), "_.", "1235.801"),
        (("1,234", "12,345.60"), ",.", "13579.60"),
        (("12", "500"), "__", "512"),
        (("1 234", "5,5"), " ,", "1239.5"),
    ],
)
def test_a_cell_that_shows_a_role_decides_for_the_column(values: tuple[str, ...], style: str, total: str) -> None:
    found = decided(*values)
    assert (found.style, found.ambiguous, found.candidates[0].total) == (style, False, Decimal(total))


def test_two_cells_that_contradict_each_other_leave_the_column_ambiguous() -> None:
    assert decided("1.234", "5.678", "12.5", "1.234.567").ambiguous


def test_one_decimal_among_a_hundred_groups_decides_nothing() -> None:
    assert decided(*[f"{n}.{n + 100}" for n in range(100, 200)], "12.5").ambiguous


def test_a_stray_that_may_group_or_part_is_refused_where_another_sign_groups() -> None:
    found = decided("1 234 567", "89 000", "12 500", "700 000", "94.603")
    assert isinstance(found.read("94.603"), Refusal)
    assert found.read("89 000") == Amount(Decimal(89000))


def test_small_whole_numbers_beside_thousands_outweigh_one_stray_decimal() -> None:
    assert decided("36", "4", "1", "402", "8,382", "3,822", "9,713", "1,793", "5,5").ambiguous


def test_column_arithmetic_and_a_stated_style_break_the_tie() -> None:
    column = NumberColumn()
    column.feed_all(["1.234", "5.678"])
    assert column.decide(arithmetic=lambda style: style == "._").style == "._"
    assert column.decide(arithmetic=lambda _: None).ambiguous
    assert column.decide("_.").candidates[0].total == Decimal("6.912")


def test_three_decimals_among_cents_are_refused_by_cell() -> None:
    found = decided("€ 539,920.350", "€ 1,234.50", "€ 99.10", "€ 12,000.00", "€ 1,656,254,.05")
    assert isinstance(found.read("€ 539,920.350"), Refusal)
    assert found.read("€ 1,234.50") == Amount(Decimal("1234.50"), "EUR")
    assert (found.counts["refused"], found.currency) == (2, "EUR")


def test_a_foreign_style_is_read_where_it_shows_itself_and_refused_where_a_re_export_may_have_made_it() -> None:
    found = decided(*["1.234,50", "2.345,60", "3.456,70"] * 40, "€ 306 000.00", "1.5")
    assert found.read("€ 306 000.00") == Amount(Decimal(306000), "EUR")
    assert isinstance(found.read("1.5"), Refusal)


def test_typed_numbers_with_three_decimals_beside_grouped_texts_stop_the_column() -> None:
    assert decided("1.234.567,89", Decimal("1.234"), Decimal("45.678")).ambiguous
    assert not decided("1.234.567,89", Decimal("1234.5"), Decimal(45678)).ambiguous


def test_two_currencies_in_one_column_are_counted_and_totalled_apart() -> None:
    found = decided("1.000,00 kn", "2.000,00 €", "3.000,00 €")
    assert (found.currency, found.currencies) == (None, {"HRK": 1, "EUR": 2})
    assert found.candidates[0].totals == {"HRK": Decimal(1000), "EUR": Decimal(5000)}


def test_sums_are_exact_beyond_what_a_double_holds() -> None:
    found = decided(*[Decimal("90071992547409.93")] * 1000, "0,07")
    assert found.candidates[0].total == Decimal("90071992547409930.07")


def test_a_percentage_in_an_amount_column_is_refused() -> None:
    found = decided("1.234,50", "2.000,00", "75 %")
    assert found.notes["percent"] == 1
    assert isinstance(found.read("75 %"), Refusal)


def test_rates() -> None:
    assert [read_rate(v) for v in ("75 %", "75,00%", 75, "85.000")] == [
        Decimal(75),
        Decimal(75),
        Decimal(75),
        Decimal(85),
    ]
    assert isinstance(read_rate(Decimal("0.75")), Refusal)
    assert read_rate("0,75", FRACTION) == Decimal(75)
    assert isinstance(read_rate("101 %"), Refusal)
    assert isinstance(read_rate("500 €"), Refusal)


@pytest.mark.parametrize(
    ("values", "scale", "ambiguous"),
    [((Decimal("0.75"), 1, 0), FRACTION, False), ((75, "80,5"), PERCENT, False), ((1, 1), FRACTION, True),
     ((Decimal("0.75"), 80), PERCENT, True), (("75 %",), None, False)],
)  # fmt: skip
def test_the_column_decides_between_per_cent_and_fractions(
    values: tuple[Value, ...], scale: str | None, ambiguous: bool
) -> None:
    column = RateColumn()
    column.feed_all(values)
    found = column.decide()
    assert (found.scale, found.ambiguous) == (scale, ambiguous)


@pytest.mark.parametrize(
    ("text", "unit", "currency"),
    [("in thousand EUR", 1000, "EUR"), ("EUR million", 10**6, "EUR"), ("mln EUR", 10**6, "EUR"), ("k€", 1000, "EUR"),
     ("Mio. EUR", 10**6, "EUR"), ("en millions d'euros", 10**6, "EUR"), ("Výdaje (tis. Kč)", 1000, "CZK"),
     ("M€", 10**6, "EUR"), ("£m", 10**6, "GBP"), ("Betrag in TEUR", 1000, "EUR"), ("w tys. zł", 1000, "PLN"),
     ("в хил. лв.", 1000, "BGN"), ("miles de euros", 1000, "EUR"), ("Amount (€ 000)", 1000, "EUR"), ("EUR bn", 10**9, "EUR"),
     ("Support for one million trees", None, None), ("max. 50 000 EUR", None, "EUR"), ("Total (EUR)", None, "EUR"),
     ("bedrag (x 1.000.000 euro)", 10**6, "EUR")],
)  # fmt: skip
def test_units_in_headers(text: str, unit: int | None, currency: str | None) -> None:
    found = unit_from_text(text)
    assert (found[0] if found else None, currency_from_text(text)) == (unit, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("[$€-407] #,##0.00", "EUR"), ('#,##0 "Kč"', "CZK"), ("[$kr-406] #,##0", "DKK"), ("#,##0 [$kn-41A]", "HRK"),
     ("#,##0.00", None), ("[$-809]dd mmmm yyyy", None), ("All projects", None), ("EUR or PLN", None)],
)  # fmt: skip
def test_currencies_in_number_formats_and_headers(text: str, currency: str | None) -> None:
    assert currency_from_text(text) == currency


def test_two_currencies_in_a_header_are_both_named() -> None:
    assert currencies_in_text("Amount in EUR or PLN") == ["EUR", "PLN"]


def test_a_unit_that_does_not_fit_the_amounts_is_suspected() -> None:
    full = decided("12,345,678", "3,400,000.50", "912,345.00").magnitudes
    assert "full amounts" in (unit_suspect(10**6, full) or "")
    assert unit_suspect(1, full) is None
    assert unit_suspect(10**6, decided("12.5", "1,340.25", "912.4").magnitudes) is None
    assert "thousands or millions" in (unit_suspect(1, decided("12.5", "1.3", "9.4", "5.2", "3.3").magnitudes) or "")
