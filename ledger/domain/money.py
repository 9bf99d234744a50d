"""Money: integer minor units with a currency, and the one door where an amount is rounded.

No binary fraction ever holds an amount. Minor digits follow ISO 4217 (the yen has none, the Tunisian dinar three).
Amounts from outside come in through `to_minor` alone; they go out through `as_json`, `display`, `display_rounded`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

#: An amount of this many minor units or more is refused: a workbook stores numbers as binary doubles, which hold
#: every integer up to 2**53 (about 9 x 10**15) exactly, so below this limit a cent survives the way through Excel.
LIMIT_MINOR: Final = 10**15

#: Sign between groups of three digits: a no-break space (U+00A0), so that an amount never breaks over two lines. The
#: Interinstitutional Style Guide groups by a fixed space; the narrow one (U+202F) is not in the code pages of Windows
#: consoles. Between currency and number stands a plain space, so that `EUR 2.00` can be searched for.
GROUP: Final = "\u00a0"

#: ISO 4217, column "minor unit", wherever it is not 2.
_NO_DECIMALS = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"),
    *("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
)
_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR_DECIMALS = ("CLF", "UYW")
_MINOR_DIGITS: Final[dict[str, int]] = {
    **dict.fromkeys(_NO_DECIMALS, 0),
    **dict.fromkeys(_THREE_DECIMALS, 3),
    **dict.fromkeys(_FOUR_DECIMALS, 4),
}
#: ISO 4217 codes without a minor unit ("N.A."): metals, bond units, drawing rights, tests.
_NO_MINOR_UNIT: Final = frozenset(
    ("XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX")
)

_SCALES: Final[tuple[tuple[int, str], ...]] = ((10**6, "million"), (10**9, "billion"), (10**12, "trillion"))


class MoneyError(ValueError):
    """An amount or a currency that money cannot be made of."""


class CurrencyUnknown(MoneyError):
    """The text is no currency code that amounts can be kept in."""


class CurrencyMismatch(MoneyError):
    """Amounts of two currencies were added or compared."""


class AmountTooLarge(MoneyError):
    """The amount reaches 10**15 minor units and could not be held exactly everywhere."""


def minor_digits(currency: str) -> int:
    """Decimals of a currency (ISO 4217): EUR 2, JPY 0, TND 3.

    The code must be three capital letters; whether it is on the list of currencies is for the code list to say.
    Raises CurrencyUnknown for anything else, and for codes without a minor unit (gold, drawing rights).
    """
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise CurrencyUnknown(f"{currency!r} is no ISO 4217 currency code")
    if currency in _NO_MINOR_UNIT:
        raise CurrencyUnknown(f"{currency} has no minor unit in ISO 4217, so no amount can be kept in it")
    return _MINOR_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency: `Money(1234, "EUR")` is EUR 12.34.

    Adding, subtracting and ordering raise CurrencyMismatch across currencies; `==` is then simply false.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(f"minor units are whole numbers, not {self.minor!r}")
        minor_digits(self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be added or compared")
        return other.minor

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)


def divide_half_up(numerator: int, denominator: int) -> int:
    """Quotient rounded to a whole number, halves away from zero: 5/2 -> 3, -5/2 -> -3. `denominator` is positive."""
    quotient, rest = divmod(abs(numerator), denominator)
    quotient += 2 * rest >= denominator
    return -quotient if numerator < 0 else quotient


def to_minor(value: int | Decimal, currency: str, unit: int = 1) -> tuple[int, bool]:
    """The amount `value` x `unit` in minor units, and whether it had to be rounded (half away from zero).

    `unit` is 1, 1000, 1000000 … for lists in thousands or millions. This is the only place where an amount from
    outside is rounded, each by itself. Raises AmountTooLarge from 10**15 minor units on, MoneyError for a value that is
    no finite int or Decimal, CurrencyUnknown for the currency.
    """
    digits = minor_digits(currency)
    if type(value) is int:
        minor, rounded = value * unit * 10**digits, False
    elif isinstance(value, Decimal) and value.is_finite():
        sign, figures, exponent = value.as_tuple()
        assert isinstance(exponent, int)  # finite, checked above
        # Written exponents can be absurd (1E+999999): judge the size before any power of ten is built.
        if value and value.adjusted() + digits > 15:
            raise AmountTooLarge(f"{value} {currency} is too large to be held exactly")
        shift = exponent + digits
        whole = int("".join(map(str, figures))) * unit * (-1 if sign else 1)
        if shift >= 0:
            minor, rounded = (whole * 10**shift if whole else 0), False
        elif -shift > len(figures) + len(str(unit)) + 1:
            minor, rounded = 0, whole != 0
        else:
            minor = divide_half_up(whole, 10**-shift)
            rounded = minor * 10**-shift != whole
    else:
        raise MoneyError(f"{value!r} is no amount: a finite int or Decimal is needed")
    if abs(minor) >= LIMIT_MINOR:
        raise AmountTooLarge(f"{value} x {unit} {currency} is too large to be held exactly")
    return minor, rounded


def plain(minor: int, currency: str) -> str:
    """The amount as digits with all its decimals and no grouping: 530000000000 cents -> "5300000000.00"."""
    digits = minor_digits(currency)
    sign = "-" if minor < 0 else ""
    if not digits:
        return f"{sign}{abs(minor)}"
    whole, part = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}"


def to_decimal(minor: int, currency: str) -> Decimal:
    """The amount in major units, exactly: 1234 cents -> Decimal("12.34")."""
    return Decimal(plain(minor, currency))


def as_json(minor: int, currency: str) -> dict[str, str]:
    """The amount as every JSON output writes it: {"amount": "5300000000.00", "currency": "EUR"}."""
    return {"amount": plain(minor, currency), "currency": currency}


def grouped(number: str) -> str:
    """A plain decimal number with its whole part in groups of three, kept together by no-break spaces."""
    whole, dot, part = number.partition(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(whole):,}".replace(",", GROUP) + dot + part


def display(minor: int, currency: str) -> str:
    """The amount for people, to the last minor unit: "EUR 5 300 000 000.00" (groups joined by `GROUP`)."""
    return f"{currency} {grouped(plain(minor, currency))}"


def display_rounded(minor: int, currency: str, decimals: int = 2) -> str:
    """The amount in words of size, rounded half up: "EUR 5.30 billion"; below one million as `display` writes it."""
    one = 10 ** minor_digits(currency)
    if abs(minor) < _SCALES[0][0] * one:
        return display(minor, currency)
    size, parts = -1, 1000 * 10**decimals
    # A rounding may carry into the next word: 999 999 999 is 1.00 billion, not 1000.00 million.
    while parts >= 1000 * 10**decimals and size + 1 < len(_SCALES):
        size += 1
        parts = divide_half_up(abs(minor) * 10**decimals, _SCALES[size][0] * one)
    word = _SCALES[size][1]
    whole, part = divmod(parts, 10**decimals)
    tail = f".{part:0{decimals}d}" if decimals else ""
    return f"{currency} {'-' if minor < 0 else ''}{grouped(str(whole))}{tail} {word}"
