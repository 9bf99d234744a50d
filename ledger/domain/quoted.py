"""The printed number inside a quotation: its exact value and how finely it was printed.

"worth some EUR 5.3 billion" says 5 300 000 000 to a hundred million; the typed value 5300000000 alone no longer tells.
A quotation may hold several numbers and several readings of each ("1,141" is 1141 or 1.141; "10 000 thousand" is a
source error); the value that the figure's author recorded decides, and nothing that differs from it is ever taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import Final

Number = int | Decimal | Fraction


@dataclass(frozen=True, slots=True)
class QuotedNumber:
    """A stated value with the precision of its print. `text` is the printed number, empty if the quotation has none."""

    value: Fraction
    #: Unit of the last printed digit; in a whole number printed in full, of the last digit that is not a trailing zero
    #: (2650 -> 10), before a scale word or a per cent sign of the last digit (EUR 10 billion -> one billion).
    grid: Fraction
    #: The same, with trailing zeros of a whole number never significant (80 % -> ten points, 50 -> 10, 5.3 -> 0.1).
    coarse_grid: Fraction
    text: str = ""
    #: Printed before a scale word or a per cent sign, or as a fraction: a rounded quantity, not a bare count.
    scaled: bool = False
    #: A number of a thousand or more stands before a scale word ("10 000 thousand"): probably an error of the source.
    doubled_scale: bool = False


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as it stands in a text, from `start` to `end`, and what it may mean; the likelier reading first."""

    start: int
    end: int
    readings: tuple[QuotedNumber, ...]


_THOUSANDS: Final = ("thousand", "k", "tsd", "tausend", "mille", "mila", "mil")
_SCALES: Final[dict[str, int]] = {
    **dict.fromkeys(_THOUSANDS, 10**3),
    **dict.fromkeys(("million", "millions", "mn", "m", "mio", "millionen", "milioni", "millones", "meur"), 10**6),
    **dict.fromkeys(("billion", "billions", "bn", "mrd", "milliarden", "milliard", "milliards", "miliardi"), 10**9),
    **dict.fromkeys(("trillion", "trillions", "tn"), 10**12),
}
_ONES: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS: Final[dict[str, int]] = {
    **{word: number for number, word in enumerate(_ONES.split())},
    **{word: 10 * number for number, word in enumerate(_TENS.split(), start=2)},
    "hundred": 100,
}
_PARTS: Final[dict[str, int]] = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "tenth": 10}
#: Words that are a multiple of what was before.
MULTIPLES: Final[dict[str, Fraction]] = {
    "halved": Fraction(1, 2),
    **dict.fromkeys(("doubled", "double", "twice", "twofold"), Fraction(2)),
    **dict.fromkeys(("tripled", "trebled", "triple", "threefold"), Fraction(3)),
    **dict.fromkeys(("quadrupled", "fourfold"), Fraction(4)),
}

#: Turns every blank into a plain one and every hyphen into a plain one, sign by sign.
BLANKS: Final = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f\t\n", " ") | dict.fromkeys("\u2010\u2011", "-"))
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_TAIL = rf"(?:\s*-?\s*(?P<scale>{_SCALE})(?![a-z])|\s*(?P<percent>%|per\s?cent\b))?"
#: Digits with or without grouping, also glued to a currency sign or code (EUR5.3bn).
_DIGITS = re.compile(r"(?<![\d.,])(?P<digits>\d+(?:[ .,'\u2019]\d+)*)" + _TAIL, re.IGNORECASE)
_NAMES = "|".join(sorted(_WORDS, key=len, reverse=True))
_SPELLED = re.compile(rf"(?<![a-z])(?P<tens>{_NAMES})(?:-(?P<ones>{_NAMES}))?(?![a-z])" + _TAIL, re.IGNORECASE)
_FRACTION = re.compile(
    rf"(?<![a-z])(?:(?P<count>an?|{_NAMES})[\s-]+)?(?P<part>half|thirds?|quarters?|fourths?|fifths?|sixths?|tenths?)"
    rf"(?![a-z])|(?<![a-z])(?P<of>{_NAMES}) (?:in|out of) (?P<all>{_NAMES})(?![a-z])",
    re.IGNORECASE,
)
_MULTIPLE = re.compile(rf"(?<![a-z])(?:{'|'.join(MULTIPLES)})(?![a-z])", re.IGNORECASE)
#: Words that are a fraction only with a count before them ("two thirds").
_ORDINALS: Final = frozenset(("third", "fourth", "fifth", "sixth", "tenth"))
#: A word that is no currency, up to the very place where a number begins ("eleven1").
_GLUED = re.compile(r"(?<![a-z])(?!(?:EUR|USD|GBP|CHF|US)$)[a-z]+$", re.IGNORECASE)


def quoted_number(quote: str, value: Number) -> QuotedNumber:
    """The number printed in `quote` that equals `value`, with its precision; else `value` by its own digits.

    `value` is in base units (EUR, persons, a share as 0.1 for 10 %) or as printed (5.3 where the quotation reads "5.3
    billion", 10 where it reads "10%"); the result's value is in the units of `value`. A spelled fraction is found by
    its rounded value (0.6667 for "two thirds") and is exact in the result. Among several matches a number printed in
    full, with its scale, comes before a mere mantissa; then the first in the text.
    """
    text = quote.translate(BLANKS)
    wanted = Fraction(value)
    readings = list(chain(_digits(text), _spelled(text)))
    for number in (reading for whole in (True, False) for reading, full in readings if full is whole):
        if number.value == wanted:
            return number
    half_unit = _grid(value) / 2
    for number in _fractions(text):
        if number.value == wanted or (isinstance(value, Decimal) and abs(number.value - wanted) <= half_unit):
            return number
    grid = _grid(value)
    coarse = grid if wanted.denominator > 1 else _stripped(abs(int(wanted)), 1)
    return QuotedNumber(wanted, coarse, coarse)


def printed_numbers(quote: str) -> list[Printed]:
    """Every number that a text prints in digits or words, in its order, each with all plausible readings.

    "1,141" is 1141 or 1.141, "10 000 thousand" ten million or ten thousand; "2023 190" are two numbers. Spelled fractions
    and multiples ("two thirds", "tripled") are numbers; "one", an ordinal ("third countries") and the number of a
    footnote glued to a word are none.
    """
    text = quote.translate(BLANKS)
    found = [
        Printed(match.start(), match.end(), (number,))
        for match, number in _fraction_matches(text)
        if match[0].casefold() not in _ORDINALS
    ]
    found += [printed for match in _DIGITS.finditer(text) for printed in _pieces(match)]
    found = [printed for printed in found if not _GLUED.search(text, 0, printed.start)]
    for match in _SPELLED.finditer(text):
        if match[0].casefold() not in ("one", "zero"):
            [(number, _), *_] = _printed(Decimal(_count(match)), match[0], match)
            found.append(Printed(match.start(), match.end(), (number,)))
    apart: list[Printed] = []
    for printed in sorted(found, key=lambda each: (each.start, -each.end)):
        if not apart or printed.start >= apart[-1].end:
            apart.append(printed)
    return apart


def _pieces(match: re.Match[str]) -> Iterator[Printed]:
    """The one number that a match of `_DIGITS` is, or the several that stand side by side in it."""
    digits = match["digits"]
    if mantissas := tuple(dict.fromkeys(_mantissas(digits))):
        yield Printed(match.start(), match.end(), tuple(_meanings(mantissas, match[0], match)))
        return
    start, words = match.start(), digits.split(" ")
    for place, word in enumerate(words, start=1):
        end, tail = start + len(word), match if place == len(words) else None
        printed = match.string[start : match.end()] if tail else word
        if readings := tuple(_meanings(tuple(dict.fromkeys(_mantissas(word))), printed, tail)):
            yield Printed(start, match.end() if tail else end, readings)
        start = end + 1


def _meanings(mantissas: tuple[Decimal, ...], text: str, match: re.Match[str] | None) -> Iterator[QuotedNumber]:
    """Each mantissa with its scale; thousands of thousands may also be an error of the source, so without it too."""
    for mantissa in mantissas:
        for number, with_scale in _printed(mantissa, text, match):
            if with_scale:
                yield number
            elif number.doubled_scale and match is not None and match["scale"].casefold() in _THOUSANDS:
                yield replace(number, scaled=False)


def unit_scale(unit: str) -> tuple[str, int]:
    """A unit and its scale: "EUR billion" -> ("EUR", 10**9), "EUR" -> ("EUR", 1)."""
    words = unit.split()
    for word in words:
        scale = _SCALES.get(word.casefold())
        if scale and len(words) > 1:
            return " ".join(other for other in words if other != word), scale
    return unit.strip(), 1


def _grid(value: Number) -> Fraction:
    """Unit of the last digit that a typed value carries; for a fraction, its denominator's part."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        assert isinstance(exponent, int), "a stated value is finite"
        return Fraction(10) ** exponent if exponent < 0 else _stripped(abs(int(value)), 1)
    return Fraction(1, Fraction(value).denominator)


def _stripped(whole: int, unit: int) -> Fraction:
    """Unit of the last non-zero digit of a whole number of `unit`s: 2650 -> 10; zero has units."""
    while whole and whole % 10 == 0:
        whole, unit = whole // 10, unit * 10
    return Fraction(unit)


def _printed(mantissa: Decimal, text: str, match: re.Match[str] | None) -> Iterator[tuple[QuotedNumber, bool]]:
    """The readings of one printed mantissa: with the scale word or per cent sign of `match`, then without."""
    exponent = mantissa.as_tuple().exponent
    assert isinstance(exponent, int)
    last = Fraction(10) ** exponent
    coarse = last if exponent < 0 else _stripped(abs(int(mantissa)), 1)
    word, percent = (match["scale"], match["percent"]) if match else (None, None)
    scaled = bool(word or percent)
    scale = Fraction(1, 100) if percent else Fraction(_SCALES[word.casefold()] if word else 1)
    doubled = bool(word) and mantissa >= 1000
    fine = last if scaled or exponent < 0 else coarse
    for factor in dict.fromkeys((scale, Fraction(1))):
        number = QuotedNumber(Fraction(mantissa) * factor, fine * factor, coarse * factor, text, scaled, doubled)
        yield number, factor == scale


def _digits(text: str) -> Iterator[tuple[QuotedNumber, bool]]:
    """Every reading of the numbers printed in digits, in the order of the text."""
    for match in _DIGITS.finditer(text):
        for digits, last in _runs(match["digits"]):
            # The scale word belongs to the last number of a run: "10 000 thousand" is never 10 thousand.
            printed = match[0][len(match["digits"]) - len(digits) :] if last else digits
            for mantissa in _mantissas(digits):
                yield from _printed(mantissa, printed, match if last else None)


def _runs(digits: str) -> Iterator[tuple[str, bool]]:
    """The whole run of digits, then its ends and its beginnings ("in 2023 190 projects"); whether it ends the run."""
    yield digits, True
    words = digits.split(" ")
    for first in range(1, len(words)):
        yield " ".join(words[first:]), True
    for last in range(1, len(words)):
        yield " ".join(words[:last]), False


def _mantissas(digits: str) -> Iterator[Decimal]:
    """The plausible values of a number with separators: as groups of three, and with one decimal sign."""
    if digits.isdecimal():
        yield Decimal(digits)
        return
    for group, decimal in ((" ", "."), (" ", ","), (",", "."), (".", ","), ("'", "."), ("\u2019", ".")):
        whole, sign, part = digits.partition(decimal)
        grouped = re.fullmatch(rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+|\d+", whole)
        if grouped and (not sign or part.isdecimal()):
            yield Decimal(whole.replace(group, "") + ("." + part if sign else ""))


def _spelled(text: str) -> Iterator[tuple[QuotedNumber, bool]]:
    """Numbers in words: "eleven", "twenty-four", "four million"."""
    for match in _SPELLED.finditer(text):
        yield from _printed(Decimal(_count(match)), match[0], match)


def _count(match: re.Match[str]) -> int:
    return _WORDS[match["tens"].casefold()] + (_WORDS[match["ones"].casefold()] if match["ones"] else 0)


def _fractions(text: str) -> Iterator[QuotedNumber]:
    for _, number in _fraction_matches(text):
        yield number


def _fraction_matches(text: str) -> Iterator[tuple[re.Match[str], QuotedNumber]]:
    """Spelled fractions and multiples: "two thirds", "over half", "one in five", "tripled"."""
    for match in _FRACTION.finditer(text):
        if match["part"]:
            count = (match["count"] or "one").casefold()
            above = 1 if count in ("a", "an") else _WORDS[count]
            below = _PARTS[match["part"].casefold().removesuffix("s")]
        else:
            above, below = _WORDS[match["of"].casefold()], _WORDS[match["all"].casefold()]
        if below:
            part = Fraction(1, below)
            yield match, QuotedNumber(above * part, part, part, match[0], scaled=True)
    for match in _MULTIPLE.finditer(text):
        times = MULTIPLES[match[0].casefold()]
        unit = Fraction(1, times.denominator)
        yield match, QuotedNumber(times, unit, unit, match[0], scaled=True)
