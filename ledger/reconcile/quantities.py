"""A value as results carry it: an amount, or plain decimal digits."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

from ledger.domain.money import Money, minor_digits
from ledger.reconcile.reading import is_currency

#: An amount, or a count or ratio as a plain decimal number.
Quantity = Money | str
#: Decimals of a ratio that has no end.
_RATIO_DECIMALS = 10


def quantity(value: Fraction | None, unit: str) -> Quantity | None:
    """A value as results carry it: Money where it is a whole number of minor units, else plain decimal digits."""
    if value is None:
        return None
    if is_currency(unit):
        minor = value * 10 ** minor_digits(unit)
        if minor.denominator == 1:
            return Money(int(minor), unit)
    return plain_decimal(value)


def exact_text(value: Fraction) -> str:
    """The value exactly: in digits where they end, else as a fraction such as 1/3."""
    return plain_decimal(value) if _rest(value) == 1 else str(value)


def plain_decimal(value: Fraction) -> str:
    """The value in digits without an exponent: exactly where it ends, else rounded to ten decimals."""
    rest = _rest(value)
    with localcontext() as context:
        context.prec = 60
        number = Decimal(value.numerator) / Decimal(value.denominator)
        if rest != 1:
            number = number.quantize(Decimal(1).scaleb(-_RATIO_DECIMALS))
        text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rest(value: Fraction) -> int:
    """What is left of the denominator without twos and fives: 1 where the digits end."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest
