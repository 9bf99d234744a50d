"""Cell numbers without loss: exact integers and decimals, dates from serial numbers, and which formats mean a date."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import IntEnum
from functools import lru_cache

from ledger.intake.cells import Value

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
#: Beyond this power of ten a number stays a Decimal, so that 1E308 does not become an integer of 309 digits.
_INTEGER_DIGITS = 21
_DAY_MS = 86_400_000
#: 9999-12-31 in both date systems.
_LAST_SERIAL = {False: 2_958_465, True: 2_957_003}
_EPOCH = date(1899, 12, 30).toordinal()
_EPOCH_1904 = date(1904, 1, 1).toordinal()


class Shown(IntEnum):
    """What a number format makes of a number."""

    NUMBER = 0
    DATE = 1
    TIME = 2


def exact(number: Decimal) -> int | Decimal:
    """The number as `int` where it is whole, else as it is."""
    if number.adjusted() < _INTEGER_DIGITS:
        whole = int(number)
        if whole == number:
            return whole
    return number


def from_float(number: float) -> int | Decimal | str:
    """The shortest decimal that denotes this double; text for the infinities and not-a-number."""
    text = repr(number)
    if text[-1] in "fn":  # inf, nan
        return text
    return exact(Decimal(text))


def from_text(text: str) -> int | Decimal | str:
    """The number in the `<v>` of a cell; the text itself where it is none.

    A cell holds a binary double, and writers spell it with up to 17 digits (5066901.4699999997). The shortest decimal
    of the same double (5066901.47) is what the sender typed, so spellings beyond the 15 digits that a double surely
    keeps are taken back to it. Shorter ones denote themselves.
    """
    if len(text) < 16 and text.isascii():  # nearly every number of a ledger, told without the expression
        if text.isdecimal():
            return int(text)
        whole, _, part = text.partition(".")
        if whole.isdecimal() and part.isdecimal() and part[-1] != "0":
            return Decimal(text)
    text = text.strip()
    if len(text) < 16 and text.isdecimal() and text.isascii():
        return int(text)
    if not _NUMBER.fullmatch(text):
        return text
    if len(text) > 16 or "e" in text or "E" in text:
        return from_float(float(text))
    if "." in text and text[-1] not in "0.":
        return Decimal(text)
    return exact(Decimal(text))


def from_serial(number: Decimal | int, shown: Shown, *, date1904: bool) -> Value:
    """The date, date-time or time that a serial number shows; the number itself where it denotes none.

    Excel's day 60 of the 1900 system is 29 February 1900, which never was; days before it are one off.
    """
    if number < 0 or number > _LAST_SERIAL[date1904] + 1:
        return number
    days = int(number)
    ms = 0
    if days != number:
        ms = int(((Decimal(number) - days) * _DAY_MS).to_integral_value(ROUND_HALF_EVEN))
        if ms == _DAY_MS:
            days, ms = days + 1, 0
    if days > _LAST_SERIAL[date1904]:
        return number
    if days == 0 and shown is Shown.TIME:
        return (datetime.min + timedelta(milliseconds=ms)).time()
    if date1904:
        day = date.fromordinal(_EPOCH_1904 + days)
    elif days in (0, 60):
        return number
    else:
        day = date.fromordinal(_EPOCH + days + (1 if days < 60 else 0))
    if ms == 0 and shown is Shown.DATE:
        return day
    return datetime.combine(day, time()) + timedelta(milliseconds=ms)


def from_iso(text: str) -> Value:
    """A date, date-time or time written in ISO 8601 (cells of type `d`, OpenDocument); the text where it is none."""
    try:
        if "T" in text:
            moment = datetime.fromisoformat(text)
            return moment.date() if moment.time() == time() and moment.tzinfo is None else moment
        if ":" in text:
            return time.fromisoformat(text)
        return date.fromisoformat(text)
    except ValueError:
        return text


#: Formats that a workbook names by number alone (ECMA-376 part 1, 18.8.30, and the East Asian ones of its annexes).
BUILT_IN_FORMATS: dict[int, str] = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "$#,##0;-$#,##0", 6: "$#,##0;[Red]-$#,##0",
    7: "$#,##0.00;-$#,##0.00", 8: "$#,##0.00;[Red]-$#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)",
    41: '_(* #,##0_);_(* \\(#,##0\\);_(* "-"_);_(@_)', 42: '_($* #,##0_);_($* \\(#,##0\\);_($* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)',
    44: '_($* #,##0.00_);_($* \\(#,##0.00\\);_($* "-"??_);_(@_)',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
    **dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"), 32: "h:mm", 33: "h:mm:ss",
    34: "h:mm", 35: "h:mm:ss", 55: "h:mm", 56: "h:mm:ss",
}  # fmt: skip

_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.')
_BRACKET = re.compile(r"\[[^\]]*\]")
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_FRACTION = re.compile(r"(?<=s)[.,]0+", re.IGNORECASE)


@lru_cache(maxsize=4096)
def shown_as(code: str) -> Shown:
    """Whether a number format shows a date, a time of day or a number. Elapsed times ([h]:mm) stay numbers."""
    if code.strip().lower() in ("general", "standard", "standaard", "@", ""):
        return Shown.NUMBER
    bare = _LITERAL.sub("", code)
    if _ELAPSED.search(bare):
        return Shown.NUMBER
    section = _BRACKET.sub("", bare).split(";", 1)[0]
    section = re.sub(r"AM/PM|A/P", "", _FRACTION.sub("", section), flags=re.IGNORECASE).lower()
    if "0" in section.replace("mmss.0", "") or "#" in section or "?" in section:
        return Shown.NUMBER
    if "d" in section or "y" in section:
        return Shown.DATE
    if "h" in section or "s" in section:
        return Shown.TIME
    return Shown.DATE if "m" in section else Shown.NUMBER
