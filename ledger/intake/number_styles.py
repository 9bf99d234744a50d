"""One cell as an amount: which readings its text allows, and the reading under a given style.

A style is two characters, the grouping sign and the decimal sign, `_` for none: ".," reads 1.234,56; "_," 1234,56;
"._" 1.234 without decimals; " ," 1 234,56 (any of U+0020, 00A0, 202F, 2009); "'." 1'234.56. None stands for typed numbers.
A group has exactly three digits, so a text has at most two readings, and two only where one sign parts one to three
digits from three: "1.234". Numbers are exact: text becomes an integer and a power of ten, never a float.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from ledger.intake.cells import CellError, Value
from ledger.intake.units import SHARED_SIGNS, currency_name, unit_word

GROUPING_SIGNS = "_., '"
DECIMAL_SIGNS = "_.,"
#: Digits beyond which a text is no amount (and Python's integer parsing would be at risk).
MAX_DIGITS = 30


class Amount(NamedTuple):
    """A cell read as an amount: exact number (with any "million" in the cell applied), currency in the cell, flags.

    Flags in `note`: negative-parentheses, negative-trailing, negative-unicode, percent, footnote, scientific,
    whole-mark ("1.234,-"), unit, leading-zero, currency-unclear ("kr" and "$" name no single currency).
    """

    number: Decimal
    currency: str | None = None
    note: tuple[str, ...] = ()


class Missing(NamedTuple):
    """A cell that says "no amount here", which is not zero: empty, dash, not-available, pro-memoria, redacted."""

    kind: str


class Refusal(NamedTuple):
    """A cell that is not one clear value: the finding code, why, and the readings that would be possible."""

    code: str
    reason: str
    readings: tuple[Decimal, ...] = ()


#: What stands for "nothing" in cells, in lower case.
MISSING_MARKERS: dict[str, str] = {
    **dict.fromkeys(["-", "–", "—", "−", "--", "---", "‐", "‑"], "dash"),
    **dict.fromkeys(
        ["n.a.", "n.a", "n/a", "na", "#n/a", "n. a.", "n.d.", "nd", "n/d", "n.v.t.", "nvt", "k.a.", "k. a.", "k.a",
         "n.b.", "s.o.", "n.p.", "b.d.", "nie dotyczy", "e.o.", "i.t.", "n.k.", "null", "none", "nan", "na.", "/"],
        "not-available",
    ),
    **dict.fromkeys(["p.m.", "p.m", "pm", "p. m.", "pro memoria", "pro mem."], "pro-memoria"),
    **dict.fromkeys(["…", "...", "..", ":"], "not-available"),
}  # fmt: skip

_SPACES = {0x00A0: " ", 0x202F: " ", 0x2009: " ", 0x2007: " ", 0x2019: "'", 0xFEFF: "", 0x200B: "", 0x200E: "",
           0x200F: "", 0x200A: " ", 0x2002: " ", 0x2003: " ", 0x0009: " "}  # fmt: skip
_CELL = re.compile(r"([^0-9]*)([0-9](?:[0-9., ']*[0-9])?)([^0-9]*)")
_CORE = re.compile(r"([0-9]{1,3}(?:([., '])[0-9]{3})(?:\2[0-9]{3})*|[0-9]+)(?:([.,])([0-9]+))?")
_SCIENTIFIC = re.compile(r"(.*?)([0-9]+)(?:([.,])([0-9]+))? ?[eE] ?([+\-−]?[0-9]{1,2})([^0-9]*)")
_FOOTNOTE = re.compile(r"(?<=[0-9 €)])(?: ?\([0-9a-z]\)| ?\[[0-9a-z]\])$")
_AFFIX_TOKEN = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*\.?|\S")
_NO_SEPARATORS = str.maketrans("", "", "., '")


@dataclass(frozen=True, slots=True, eq=False)
class Affix:
    """What stands before and after the digits: sign, currency, factor of a unit word, flags.

    Compared by identity: equal surroundings share one cached object, which keeps the hashing of a long column cheap.
    """

    negative: bool
    currency: str | None
    factor: int
    note: tuple[str, ...]
    #: "," in "1.234,-": the mark of a whole amount is a decimal sign
    whole_mark: str = ""


class Skeleton(NamedTuple):
    """The readings of one text, whatever the style of its column.

    `grouping` and `decimal` are the signs that the text itself shows in that role ("" for none). Both are the same
    sign where the text can be read either way ("1.234": `digits` 1234, `decimals` 3 under the decimal reading).
    """

    affix: Affix
    grouping: str
    decimal: str
    digits: str
    decimals: int

    @property
    def either(self) -> bool:
        """True for "1.234": the sign may group or part."""
        return self.grouping != "" and self.grouping == self.decimal


class Unreadable(NamedTuple):
    """A text that no style reads, and why. `numeric` tells an attempt at an amount from plain words."""

    reason: str
    numeric: bool


@lru_cache(maxsize=4096)
def _affix(prefix: str, suffix: str) -> Affix | None:
    """Meaning of what surrounds the digits; None when any of it is not understood."""
    negative, whole = 0, ""
    note: list[str] = []
    before, after = prefix.strip(), suffix.strip()
    mark = re.match(r"([.,]) ?[-–—−]{1,2}(?=$|\s|[^\W\d_])", after)
    if mark:
        whole, after = mark.group(1), after[mark.end() :].strip()
        note.append("whole-mark")
    if "(" in before or ")" in after:
        if before.count("(") != 1 or after.count(")") != 1:
            return None
        before, after, negative = before.replace("(", " "), after.replace(")", " "), 1
        note.append("negative-parentheses")
    signs = [_sign_before(token) for token in _AFFIX_TOKEN.findall(before.lstrip("'\""))]
    signs += [_sign_after(token) for token in _AFFIX_TOKEN.findall(after.rstrip('"'))]
    currencies: set[str] = set()
    factors: list[int] = []
    for sign in signs:
        if sign is None:
            return None
        flag, currency, unit = sign
        note += [flag] if flag else []
        negative += flag.startswith("negative")
        currencies |= {currency} if currency else set()
        factors += [unit] if unit else []
    if negative > 1 or len(currencies) > 1 or len(factors) > 1:
        return None
    flags = tuple(f for f in dict.fromkeys(note) if f != "negative" and not (currencies and f == "currency-unclear"))
    return Affix(bool(negative), currencies.pop() if currencies else None, factors[0] if factors else 1, flags, whole)


#: flag, currency, factor that one token beside the digits adds
_Sign = tuple[str, str | None, int]


def _sign_before(token: str) -> _Sign | None:
    if token in ("-", "–", "−"):
        return "negative-unicode" if token == "−" else "negative", None, 0
    return ("", None, 0) if token == "+" else _currency_sign(token)


def _sign_after(token: str) -> _Sign | None:
    if token in ("-", "−"):
        return "negative-trailing", None, 0
    if token == "%":
        return "percent", None, 0
    if token in "*†‡¹²³⁴⁵⁶⁷⁸⁹":
        return "footnote", None, 0
    known = _currency_sign(token)
    if known is None:
        unit = unit_word(token)
        return ("unit", None, unit) if unit else None
    return known


def _currency_sign(token: str) -> _Sign | None:
    code = currency_name(token)
    if code is not None:
        return "", code, 0
    return ("currency-unclear", None, 0) if token.lower().rstrip(".") in SHARED_SIGNS else None


@lru_cache(maxsize=4096)
def _noted(affix: Affix, flag: str) -> Affix:
    return replace(affix, note=(*affix.note, flag))


def missing_kind(text: str) -> str | None:
    """Kind of missing marker that a text is, None when it is none."""
    stripped = text.strip()
    if not stripped:
        return "empty"
    if len(stripped) > 12:
        return "redacted" if not stripped.strip("*xX█") and len(set(stripped)) == 1 else None
    if len(stripped) > 1 and not stripped.strip("*█"):
        return "redacted"
    if re.fullmatch(r"[xX]{3,}", stripped):
        return "redacted"
    found = MISSING_MARKERS.get(stripped.lower())
    if found is None and stripped[0] in "€£-–" and stripped.strip(" €£-–—") == "":
        return "dash"
    return found


def skeleton(text: str) -> Skeleton | Missing | Unreadable:
    """All readings that a text allows by itself, or why there is none. Never guesses."""
    if not text.isascii():
        text = text.translate(_SPACES)
    match = _CELL.fullmatch(text)
    if match is None:
        return _unusual(text)
    prefix, core, suffix = match.groups()
    affix = _affix(prefix, suffix)
    if affix is None:
        return _unusual(text)
    return _read_core(affix, core)


def _read_core(affix: Affix, core: str) -> Skeleton | Unreadable:
    if len(core) > MAX_DIGITS + 10:
        return Unreadable("more digits than an amount can have", True)
    if affix.whole_mark:
        core += affix.whole_mark + "0"
    match = _CORE.fullmatch(core)
    if match is None:
        return Unreadable(f'"{core}" is no number in any style: a group has three digits', True)
    whole, grouping, decimal, fraction = match.groups()
    grouping, decimal = grouping or "", decimal or ""
    if decimal and affix.whole_mark:
        decimals, digits = 0, whole.translate(_NO_SEPARATORS)
    else:
        decimals = len(fraction) if fraction else 0
        digits = core.translate(_NO_SEPARATORS) if grouping or decimal else core
    if len(digits) > MAX_DIGITS:
        return Unreadable("more digits than an amount can have", True)
    if not grouping:
        return Skeleton(affix, "", decimal, digits, decimals)
    if decimal == grouping:
        return Unreadable(f'"{core}" uses "{grouping}" both to group and as decimal sign', True)
    once = len(whole) <= 7 and whole.count(grouping) == 1
    if whole[0] == "0":  # a group never starts with zero: "0.123" is a decimal, "0.123.456" nothing
        if once and not decimal and grouping in ".," and whole.startswith("0" + grouping):
            return Skeleton(affix, "", grouping, digits, 3)
        return Unreadable(f'"{core}" starts a group with zero', True)
    if once and not decimal and grouping in ".,":
        return Skeleton(affix, grouping, grouping, digits, 3)
    return Skeleton(affix, grouping, decimal, digits, decimals)


def _unusual(text: str) -> Skeleton | Missing | Unreadable:
    """Scientific notation, footnote numbers, ".05", missing markers; else why the text is refused."""
    missing = missing_kind(text)
    if missing:
        return Missing(missing)
    stripped = text.strip()
    if not any("0" <= c <= "9" for c in stripped):
        if stripped and not stripped.strip("#"):
            return Unreadable("the column was too narrow when the file was saved: the amount is not in it", True)
        return Unreadable("words where an amount is expected", False)
    science = _SCIENTIFIC.fullmatch(stripped)
    if science:
        before, whole, decimal, fraction, exponent, after = science.groups()
        affix = _affix(before, after)
        if affix is not None and len(whole + (fraction or "")) <= MAX_DIGITS:
            power = int(exponent.replace("−", "-"))
            decimals = len(fraction or "") - power
            digits = whole + (fraction or "")
            if decimals < 0:
                digits, decimals = digits + "0" * -decimals, 0
            if len(digits) <= MAX_DIGITS and decimals <= MAX_DIGITS:
                return Skeleton(_noted(affix, "scientific"), "", decimal or "", digits, decimals)
    footnote = _FOOTNOTE.search(stripped)
    if footnote:
        inner = skeleton(stripped[: footnote.start()])
        if isinstance(inner, Skeleton):
            return inner._replace(affix=_noted(inner.affix, "footnote"))
    bare = re.fullmatch(r"([^0-9]*?)([.,])([0-9]+)([^0-9]*)", stripped)
    if bare:
        affix = _affix(bare.group(1), bare.group(4))
        if affix is not None and not affix.whole_mark and len(bare.group(3)) <= MAX_DIGITS:
            return Skeleton(affix, "", bare.group(2), "0" + bare.group(3), len(bare.group(3)))
    if stripped.endswith(("…", "...")):
        return Unreadable("the amount is cut off", True)
    letters = sum(c.isalpha() for c in stripped)
    return Unreadable("not one clear amount", letters <= 12)


def fits(sign: str, role: str) -> bool:
    """True when a sign that a text shows in a role ("" for none) agrees with the style's sign for that role."""
    return sign in ("", role)


def number_under(shape: Skeleton, style: str) -> Decimal | None:
    """The number that a text is under a style, None when the style cannot read it."""
    group, part = style[0], style[1]
    if shape.either:
        if shape.grouping == group:
            return _exact(shape, 0)
        return _exact(shape, 3) if shape.decimal == part else None
    if fits(shape.grouping, group) and fits(shape.decimal, part):
        return _exact(shape, shape.decimals)
    return None


def _exact(shape: Skeleton, decimals: int) -> Decimal:
    number = int(shape.digits) * shape.affix.factor
    return Decimal((shape.affix.negative and number != 0, _digit_tuple(number), -decimals))


def _digit_tuple(number: int) -> tuple[int, ...]:
    return tuple(map(int, str(number)))


def possible_readings(shape: Skeleton) -> tuple[Decimal, ...]:
    """Every number that a text can be, whatever the style: one or two."""
    if shape.either:
        return _exact(shape, 3), _exact(shape, 0)
    return (_exact(shape, shape.decimals),)


def self_evident(shape: Skeleton, style: str) -> bool:
    """True when a text that the column's style cannot read shows its own style beyond doubt.

    "1 234 567,89" in a column of 1,234.56 does; "1.5" in a column of 1.234,56 does not: a re-export of 1.500 looks so.
    """
    if shape.either:
        return False
    if shape.grouping:
        return True
    return shape.decimal != style[0]


def read_amount(
    value: Value, style: str | None, *, strict: bool = False, thousandths: bool = True
) -> Amount | Missing | Refusal:
    """A cell as an amount under its column's style; exact, missing (never zero), or refused with the reason.

    A text that the style cannot read is still read where only one reading is possible (`self_evident`), unless
    `strict`. Without `thousandths` three decimals are refused: in a column that never has more than two,
    "539,920.350" is a doubtful amount. A text under style None is read only where it has a single reading.
    """
    if type(value) is Decimal:
        return Amount(value) if value.is_finite() else Refusal("number-invalid", "not a finite number")
    if type(value) is int:
        return Amount(Decimal(value))
    if value is None:
        return Missing("empty")
    if isinstance(value, str):
        return _read_text(value, style, strict=strict, thousandths=thousandths)
    if isinstance(value, CellError):
        if not value.text:
            return Refusal("formula-uncached", "the formula was saved without its value")
        return (
            Missing("not-available") if value.text == "#N/A" else Refusal("cell-error", f"the cell shows {value.text}")
        )
    if isinstance(value, (bool, int, Decimal)):
        return Refusal("number-invalid", "a truth value stands where an amount is expected")
    return Refusal("number-invalid", "a date or time stands where an amount is expected")


def _read_text(text: str, style: str | None, *, strict: bool, thousandths: bool) -> Amount | Missing | Refusal:
    shape = skeleton(text)
    if isinstance(shape, Missing):
        return shape
    if isinstance(shape, Unreadable):
        return Refusal("number-invalid", shape.reason)
    number = number_under(shape, style) if style else None
    if number is None:
        readings = possible_readings(shape)
        if len(readings) > 1:
            return Refusal("number-invalid", f'"{text.strip()}" can be {readings[0]:f} or {readings[1]:f}', readings)
        if style and (strict or not self_evident(shape, style)):
            return Refusal("number-invalid", f'"{text.strip()}" does not fit the style of its column', readings)
        number = readings[0]
    if not thousandths and three_decimals(shape, style):
        readings = (number, _exact(shape, 0))
        return Refusal("number-invalid", f'"{text.strip()}" has three decimals where no other amount has', readings)
    affix = shape.affix
    note = affix.note
    if shape.digits[0] == "0" and len(shape.digits) - shape.decimals > 1:
        note = (*note, "leading-zero")
    return Amount(number, affix.currency, note)


def three_decimals(shape: Skeleton, style: str | None) -> bool:
    """True when the style reads the text with three decimals although they may be a group ("1.234", "1,234.567")."""
    if shape.either:
        return style is not None and shape.decimal == style[1]
    return shape.decimals == 3 and shape.grouping != "" and "scientific" not in shape.affix.note


@dataclass(frozen=True, slots=True)
class Candidate:
    """A style tried on a whole column: the exact total of what it reads, and how many texts it reads and refuses."""

    style: str
    total: Decimal
    readable: int
    refused: int
    totals: Mapping[str, Decimal]
