"""What a quotation states: each number with the word that bounds it, its unit, and what kind of number that makes it.

Dates, years, durations and numbers of articles are left out. Nothing is chosen here: a quotation with two numbers gives
two statements, "1,141 million" gives two as well, and it is for its user to say which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from ledger.domain.intervals import RULES
from ledger.domain.money import CurrencyUnknown, minor_digits
from ledger.domain.quoted import BLANKS, MULTIPLES, Printed, QuotedNumber, printed_numbers


@dataclass(frozen=True, slots=True)
class Stated:
    """One reading of one number of a quotation.

    `qualifier` is the wording of a rule, "none" where no word bounds the number; `unknown` is a word that does bound it
    but is in no rule ("at least"). `measure` is sum, count, share, ratio or output.
    """

    text: str
    number: QuotedNumber
    qualifier: str
    unit: str
    measure: str
    unknown: str = ""


#: Units in which records of the ledger are counted; anything else that is counted lies outside it.
RECORD_UNITS: Final = frozenset(
    name + plural
    for name in ("project", "decision", "contract", "operation", "action", "grant")
    for plural in ("", "s")
)

_SIGNS: Final = {"€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "us$": "USD"}
_MONTHS: Final = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_DATES = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})\b\.?(?:\s+\d{{4}})?|\b(?:{_MONTHS})\b\.?\s+\d{{1,2}},?\s+\d{{4}}\b"
    r"|\b\d{4}-\d\d-\d\d\b|(?<![\d.,])(?:19|20)\d\d\s?[-\u2013/]\s?(?:\d{4}|\d\d)(?!\d)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
#: A year stands behind one of these, or at the end of the text; a number of 2000 things before their name does not.
_BEFORE_YEAR = re.compile(
    rf"(?:^|\b)(?:in|since|by|from|until|till|between|and|during|to|year|before|after|end(?: of)?|{_MONTHS})\s*$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\b(?:articles?|art|annex|nos?|nr|page|p|chapter|heading|section|regulation|directive|paragraph|point|footnote"
    r"|footnotes|com|mff)\s*[.(]?\s*$",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"^[\s-]*(?:last |past |next |coming )?(?:years?|months?|weeks?|days?|hours?|minutes?)\b", re.IGNORECASE
)
_SIGN_BEFORE = re.compile(r"(?P<unit>US\$|[€£]|\beuros?|\b[A-Z]{3})\s*$", re.IGNORECASE)
_SIGN_AFTER = re.compile(r"^\s*(?:of\s+)?(?P<unit>US\$|[€£]|euros?\b|[A-Z]{3}\b)")
#: What may stand between the word that bounds a number and the number.
_FILLER = re.compile(r"(?:\s|\b(?:a|an|the|with|of|total|additional|approx)\b)*$", re.IGNORECASE)
#: Wordings that prose uses; the others ("total", "target" …) are said of a figure, not in a sentence.
_IN_PROSE: Final = tuple(
    sorted(
        (
            wording
            for rule in RULES.values()
            for wording in rule.wordings
            if rule.id not in ("R-EXACT", "R-COUNT", "R-UNQ", "R-TOTAL") and wording != "target"
        ),
        key=len,
        reverse=True,
    )
)
_QUALIFIER = re.compile(rf"(?<![a-z-])(?P<word>{'|'.join(map(re.escape, _IN_PROSE))})$", re.IGNORECASE)
#: Words that bound a number in ways for which there is no rule, and words that turn a wording into its opposite.
_UNKNOWN = re.compile(
    r"(?<![a-z-])(?P<word>at least|at most|exactly|precisely|minimum|maximum|a minimum of|a maximum of|no less than"
    r"|up from|down from|between|just|well)$",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"(?<![a-z])(?P<word>not|no|never|nor)\s+$", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_PEOPLE: Final = frozenset(("people", "persons", "staff", "children", "men", "women"))
_LITTLE_WORDS: Final = frozenset(("in", "to", "by", "of", "and", "for", "on", "at", "is", "are", "were", "was", "have"))
_UNQUANTIFIED = re.compile(r"\b(substantial|significant)\b", re.IGNORECASE)


def statements(quote: str) -> list[Stated]:
    """Every reading of every number that a quotation states, in its order; empty where it states none."""
    text = quote.translate(BLANKS)
    dates = [match.span() for match in _DATES.finditer(text)]
    return [
        stated
        for printed in printed_numbers(text)
        if not any(start < printed.end and printed.start < end for start, end in dates)
        and not _is_no_quantity(text, printed)
        for stated in _of_number(text, printed)
    ]


def unquantified(quote: str) -> str | None:
    """The word by which a quotation without a number speaks of an amount: "substantial", "significant"."""
    found = _UNQUANTIFIED.search(quote)
    return found[0].casefold() if found else None


def _is_no_quantity(text: str, printed: Printed) -> bool:
    before, after = text[: printed.start], text[printed.end :]
    digits = text[printed.start : printed.end]
    if _YEAR.fullmatch(digits) and (_BEFORE_YEAR.search(before) or not after.strip(" .,;:)")):
        return True
    return bool(_NUMBERED.search(before) or _TIME.match(after))


def _of_number(text: str, printed: Printed) -> Iterator[Stated]:
    before, after = text[: printed.start], text[printed.end :]
    sign = _SIGN_BEFORE.search(before)
    currency = _currency(sign["unit"]) if sign else None
    if currency is not None and sign is not None:
        before = before[: sign.start()]
    elif (sign := _SIGN_AFTER.match(after)) is not None:
        currency = _currency(sign["unit"])
    qualifier, unknown = _qualifier(before)
    for number in printed.readings:
        unit, measure = _unit(number, currency, after)
        if _is_plausible(number, unit, measure):
            yield Stated(text[printed.start : printed.end], number, qualifier, unit, measure, unknown)


def _currency(word: str) -> str | None:
    code = _SIGNS.get(word.casefold(), word)
    try:
        minor_digits(code)
    except CurrencyUnknown:
        return None
    return code


def _qualifier(before: str) -> tuple[str, str]:
    """The wording right before a number, and the word before it that no rule knows."""
    bare = before[: _start(_FILLER, before)]
    if (unknown := _UNKNOWN.search(bare)) is not None:
        return "none", unknown["word"].casefold()
    found = _QUALIFIER.search(bare)
    if found is None:
        return "none", ""
    word = found["word"].casefold()
    negated = _NEGATED.search(bare[: found.start()])
    return word, f"{negated['word'].casefold()} {word}" if negated else ""


def _start(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return len(text) if found is None else found.start()


def _unit(number: QuotedNumber, currency: str | None, after: str) -> tuple[str, str]:
    if number.text.endswith("%") or number.text.casefold().endswith("cent"):
        return "%", "share"
    if (word := number.text.casefold()) in MULTIPLES:
        return "ratio", "ratio"
    if number.scaled and number.value <= 1 and not any(sign.isdigit() for sign in word):
        return "ratio", "share"
    if currency is not None:
        return currency, "sum"
    name = _named(after)
    return (name, "count") if name.casefold() in RECORD_UNITS else (name or "count", "output")


def _named(after: str) -> str:
    """What is counted: the first plural among the next words, else the next word."""
    words = [word[0] for word in _WORD.finditer(re.split(r"[.,;:()]", after, maxsplit=1)[0])][:5]
    plurals = (word for word in words if word.casefold() in _PEOPLE or re.search(r"(?<!s)s$", word))
    name = next(plurals, words[0] if words else "").casefold()
    return "" if name in _LITTLE_WORDS else name


def _is_plausible(number: QuotedNumber, unit: str, measure: str) -> bool:
    """Whole things have no decimals, and an amount printed in full has no more than its currency."""
    if number.scaled or measure in ("share", "ratio"):
        return True
    grains = 10 ** minor_digits(unit) if measure == "sum" else 1
    return (number.value * Fraction(grains)).denominator == 1
