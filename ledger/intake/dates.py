"""How a column of cells becomes dates: all orders are tried together, and the column decides.

Orders are "dmy", "mdy" and "ymd" (the last only matters for two-digit years; a four-digit year in front is always
year, month, day). A text that names the month, an ISO date or a real date cell needs no order. Years, quarters and
months alone mean their first day, or their last where the caller reads an end date.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from ledger.intake.cells import CellError, Value
from ledger.intake.month_names import months_named
from ledger.intake.number_styles import Missing, Refusal, missing_kind

ORDERS = ("dmy", "mdy", "ymd")
#: Years that a list about EU money can name; others are refused (1900 stands in placeholder dates).
FIRST_YEAR, LAST_YEAR = 1900, 2100
_STRAY = 0.02
_SERIAL_RANGE = (20_000, 80_000)  # 1954-10-03 to 2119-01-10

_TIME = re.compile(
    r"[T ] ?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$"
)
_TRIPLE = re.compile(r"([0-9]{1,4}) ?([./-]) ?([0-9]{1,2}) ?\2 ?([0-9]{1,4})\.?")
_COMPACT = re.compile(r"[0-9]{8}")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}\.?")
_QUARTER = re.compile(
    r"(?:Q|T|K)\.? ?([1-4])[ /.-]{0,2}((?:19|20)[0-9]{2})|((?:19|20)[0-9]{2})[ /.-]{0,2}(?:Q|T|K)([1-4])", re.IGNORECASE
)
_MONTH_YEAR = re.compile(r"([0-9]{1,2}) ?[./-] ?((?:19|20)[0-9]{2})|((?:19|20)[0-9]{2}) ?[./-] ?([0-9]{1,2})")
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")
#: Words between the parts of a written date: "1er janvier", "12 de mayo de 2016", "2016 m. gegužės 12 d.".
_FILLERS = frozenset(
    [
        "de",
        "del",
        "di",
        "d",
        "of",
        "the",
        "den",
        "der",
        "am",
        "le",
        "er",
        "st",
        "nd",
        "rd",
        "th",
        "m",
        "g",
        "gada",
        "metų",
        "o",
        "il",
        "dne",
        "dana",
        "έτους",
        "година",
        "год",
        "г",
        "ú",
    ]
)


class Span(NamedTuple):
    """A date text taken apart: first month, the day (0 where it names none) and how many months it covers."""

    year: int
    month: int
    day: int
    months: int = 1


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """An order tried on a whole column: texts read and refused, earliest and latest date."""

    order: str
    readable: int
    refused: int
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class DateDecision:
    """What order a column's dates are in, how sure that is and why; `order` is None where none is needed."""

    order: str | None
    confidence: float
    evidence: tuple[str, ...]
    candidates: tuple[DateCandidate, ...]
    ambiguous: bool
    #: language of month names, where only one or some decide ("listopad")
    language: str | None
    #: share of the filled cells that are dates
    share_of_dates: float
    #: cells by what they are: typed, serial, year, text, missing, refused
    counts: dict[str, int]
    refused_examples: tuple[str, ...] = ()

    def read(self, value: Value, *, end: bool = False, epoch_1904: bool = False) -> date | Missing | Refusal:
        """A cell under this decision; under an ambiguous one only what reads alike either way."""
        order = None if self.ambiguous else self.order
        return read_date(value, order, end=end, language=self.language, epoch_1904=epoch_1904)


def read_date(
    value: Value, order: str | None, *, end: bool = False, language: str | None = None, epoch_1904: bool = False
) -> date | Missing | Refusal:
    """A cell as a date: exact, missing, or refused with the reason ("30 February", month 13, two possible orders).

    `end` gives the last day of a year, quarter or month instead of the first. Numbers are years (1900-2100) or Excel
    serials; `epoch_1904` counts those from 1904-01-01.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if value is None:
        return Missing("empty")
    if isinstance(value, str):
        return _read_text(value, order, language, end=end)
    if isinstance(value, CellError):
        if not value.text:
            return Refusal("formula-uncached", "the formula was saved without its value")
        return (
            Missing("not-available") if value.text == "#N/A" else Refusal("cell-error", f"the cell shows {value.text}")
        )
    if isinstance(value, (bool, time)):
        return Refusal("date-invalid", "no date")
    return _read_number(value, end=end, epoch_1904=epoch_1904)


def _read_number(value: int | Decimal, *, end: bool, epoch_1904: bool) -> date | Refusal:
    if isinstance(value, Decimal) and not value.is_finite():
        return Refusal("date-invalid", "no date")
    if FIRST_YEAR <= value <= LAST_YEAR and value == int(value):
        return _whole(Span(int(value), 1, 0, 12), end=end)
    if _SERIAL_RANGE[0] <= value <= _SERIAL_RANGE[1]:
        return (date(1904, 1, 1) if epoch_1904 else date(1899, 12, 30)) + timedelta(days=int(value))
    return Refusal("date-invalid", f"the number {value} is neither a year nor a day number")


def _read_text(text: str, order: str | None, language: str | None, *, end: bool) -> date | Missing | Refusal:
    missing = missing_kind(text)
    if missing:
        return Missing(missing)
    readings = text_readings(text, language)
    if not readings:
        return Refusal("date-invalid", f'"{text.strip()[:60]}" is no date')
    if order is not None and order in readings:
        chosen = readings[order]
        found = _whole(chosen, end=end) if chosen else None
        return found or Refusal("date-invalid", f'"{text.strip()}" is no possible date in the order {order}')
    dates = {_whole(p, end=end) for p in readings.values() if p}
    if order is not None and "dmy" in readings:
        return Refusal("date-invalid", f'"{text.strip()}" is not written in the order {order}')
    if len(dates) == 1:
        return dates.pop()
    if not dates:
        return Refusal("date-invalid", f'"{text.strip()}" is no possible date')
    shown = " or ".join(sorted(str(d) for d in dates))
    return Refusal("date-invalid", f'"{text.strip()}" can be {shown}')


def _whole(parts: Span, *, end: bool) -> date:
    if parts.day:
        return date(parts.year, parts.month, parts.day)
    month = parts.month + parts.months - 1 if end else parts.month
    return date(parts.year, month, monthrange(parts.year, month)[1] if end else 1)


def _possible(year: int, month: int, day: int) -> Span | None:
    if FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
        return Span(year, month, day)
    return None


def _full_year(text: str) -> int:
    """Two digits: 00-69 are 2000-2069, 70-99 are 1970-1999."""
    year = int(text)
    return year if len(text) != 2 else year + (2000 if year < 70 else 1900)


@lru_cache(maxsize=8192)
def text_readings(text: str, language: str | None = None) -> dict[str, Span | None]:
    """Readings of a text by order; the one key "any" where no order is needed; {} where it is no date at all.

    None under an order: the text has the shape of a date, but that day does not exist. The result is shared: do not
    change it.
    """
    plain = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
    plain = _TIME.sub("", plain).strip()
    triple = _TRIPLE.fullmatch(plain)
    if triple:
        return _triple_readings(*triple.groups())
    if _COMPACT.fullmatch(plain):
        return _compact_readings(plain)
    if _YEAR.fullmatch(plain):
        return {"any": Span(int(plain[:4]), 1, 0, 12)}
    quarter = _QUARTER.fullmatch(plain)
    if quarter:
        number, year = quarter.group(1) or quarter.group(4), quarter.group(2) or quarter.group(3)
        return {"any": Span(int(year), 3 * int(number) - 2, 0, 3)}
    pair = _MONTH_YEAR.fullmatch(plain)
    if pair:
        month, year = int(pair.group(1) or pair.group(4)), int(pair.group(2) or pair.group(3))
        return {"any": Span(year, month, 0) if 1 <= month <= 12 else None}
    if len(plain) <= 40 and any(c.isalpha() for c in plain) and any("0" <= c <= "9" for c in plain):
        return _named_month(plain, language)
    return {}


def _triple_readings(first: str, sign: str, second: str, third: str) -> dict[str, Span | None]:
    if len(first) == 4:
        if len(third) > 2:
            return {}
        return {"any": _possible(int(first), int(second), int(third))}
    if len(first) > 2 or len(third) not in (2, 4):
        return {}
    year = _full_year(third)
    dmy = _possible(year, int(second), int(first))
    readings = {"dmy": dmy}
    if sign != ".":  # nobody writes month.day.year
        readings["mdy"] = _possible(year, int(first), int(second))
    if sign == "-" and len(third) == 2 and len(first) == 2:
        readings["ymd"] = _possible(_full_year(first), int(second), int(third))
    return readings


def _compact_readings(digits: str) -> dict[str, Span | None]:
    """20160513 or 13052016; a year between 1950 and 2100 tells where it stands."""
    front, back = int(digits[:4]), int(digits[4:])
    if 1950 <= front <= LAST_YEAR:
        found = _possible(front, int(digits[4:6]), int(digits[6:]))
        if found:
            return {"any": found}
    if 1950 <= back <= LAST_YEAR:
        one, two = int(digits[:2]), int(digits[2:4])
        return {"dmy": _possible(back, two, one), "mdy": _possible(back, one, two)}
    return {}


def _named_month(text: str, language: str | None) -> dict[str, Span | None]:
    """A written date in any of the 24 languages, day before or after the month, year first or last."""
    months: dict[int, frozenset[str]] = {}
    numbers: list[str] = []
    for token in _TOKEN.findall(text):
        if token.isascii() and token.isdigit():
            numbers.append(token)
            continue
        named = months_named(token, language)
        if named and not months and token.lower() not in _FILLERS:
            months = named
        elif token.lower() not in _FILLERS:
            return {}
    if not months or not 1 <= len(numbers) <= 2:
        return {}
    years = [n for n in numbers if len(n) == 4] or ([numbers[-1]] if len(numbers[-1]) == 2 else [])
    if len(years) != 1 or (len(numbers) == 1 and len(years[0]) != 4):
        return {}
    rest = numbers.copy()
    rest.pop(len(rest) - 1 - rest[::-1].index(years[0]))
    year, day = _full_year(years[0]), int(rest[0]) if rest else 0
    spans = {m: _possible(year, m, day or 1) for m in months}
    readable = {m: (s if day or s is None else Span(year, m, 0)) for m, s in spans.items()}
    if len(readable) == 1:
        return {"any": next(iter(readable.values()))}
    return {f"month {m}": span for m, span in sorted(readable.items())}


@dataclass(slots=True)
class DateColumn:
    """A column seen one value at a time: `feed` each, then `decide`. At most 20,000 distinct texts are kept.

    Beyond those, a text is refused by count only, which lowers the share of dates and never changes the order.
    """

    _texts: Counter[str] = field(default_factory=Counter)
    _counts: Counter[str] = field(default_factory=Counter)
    _beyond: int = 0

    def feed_all(self, values: Iterable[Value]) -> None:
        """Feed every value of an iterable."""
        for value in values:
            if type(value) is date:
                self._counts["typed"] += 1
            else:
                self.feed(value)

    def feed(self, value: Value) -> None:
        """Take one cell into account."""
        if isinstance(value, str):
            if value in self._texts or len(self._texts) < 20_000:
                self._texts[value] += 1
            else:
                self._beyond += 1
        elif isinstance(value, (datetime, date)):
            self._counts["typed"] += 1
        else:
            found = read_date(value, None)
            number = "year" if isinstance(value, (int, Decimal)) and value <= LAST_YEAR else "serial"
            kind = {Missing: "missing", Refusal: "refused"}.get(type(found), number)
            self._counts[kind] += 1

    def decide(self, hint: str | None = None, *, check: Callable[[str], bool | None] | None = None) -> DateDecision:
        """The column's order with evidence. `hint` settles it; `check` (start before end …) breaks ties."""
        counts, evidence = Counter(self._counts), []
        language = self._language()
        shapes: list[tuple[dict[str, Span | None], int]] = []
        refused: list[str] = []
        for text, n in self._texts.items():
            if missing_kind(text):
                counts["missing"] += n
                continue
            readings = text_readings(text, language)
            if any(readings.values()):
                shapes.append((readings, n))
            else:
                counts["refused"] += n
                refused.append(text[:80])
        open_texts = [(r, n) for r, n in shapes if "dmy" in r]
        counts["text"] = sum(n for _, n in shapes)
        candidates = [_candidate(order, open_texts) for order in ORDERS]
        order, ambiguous, confidence = hint, False, 1.0
        if hint:
            evidence.append(f"order {hint} was stated")
        elif open_texts:
            order, ambiguous, confidence = _weigh(open_texts, candidates, evidence, check)
        months = [t for t in self._texts if any(k.startswith("month") for k in text_readings(t, language))]
        if months:
            evidence.append(f"{months[0]!r} names different months in different languages")
            ambiguous, confidence = True, 0.4
        if order:
            lost = sum(n for r, n in open_texts if not r.get(order))
            counts["text"] -= lost
            counts["refused"] += lost
        counts["refused"] += self._beyond
        good = counts["typed"] + counts["serial"] + counts["year"] + counts["text"]
        evidence.insert(0, f"{counts['typed']} date cells, {counts['text']} texts, {counts['refused']} refused")
        candidates = sorted((c for c in candidates if c.readable), key=lambda c: (c.order != order, -c.readable))
        return DateDecision(
            order, confidence if good else 0.0, tuple(evidence), tuple(candidates), ambiguous, language,
            good / (good + counts["refused"]) if good else 0.0, dict(counts), tuple(refused[:20]),
        )  # fmt: skip

    def _language(self) -> str | None:
        """The language that reads every month name of the column, where a name needs one."""
        left: frozenset[str] | None = None
        needed = False
        for text in self._texts:
            if not any(c.isalpha() for c in text) or len(text) > 40 or not any(c.isdigit() for c in text):
                continue
            for token in _TOKEN.findall(text):
                months = months_named(token) if token.isalpha() and token.lower() not in _FILLERS else {}
                if months:
                    needed = needed or len(months) > 1
                    langs = frozenset().union(*months.values())
                    left = langs if left is None else left & langs
        if not needed or not left:
            return None
        meanings = {tuple(sorted(self._months_in(lang).items())): lang for lang in sorted(left)}
        return next(iter(meanings.values())) if len(meanings) == 1 else None

    def _months_in(self, language: str) -> dict[str, str]:
        tokens = {t for text in self._texts if len(text) <= 40 for t in _TOKEN.findall(text) if t.isalpha()}
        return {t: str(sorted(months_named(t, language))) for t in tokens if months_named(t, language)}


def _candidate(order: str, texts: list[tuple[dict[str, Span | None], int]]) -> DateCandidate:
    spans = [(r.get(order), n) for r, n in texts]
    dates = [_whole(s, end=False) for s, _ in spans if s]
    readable = sum(n for s, n in spans if s)
    refused = sum(n for s, n in spans if not s)
    return DateCandidate(order, readable, refused, min(dates, default=None), max(dates, default=None))


def _weigh(
    texts: list[tuple[dict[str, Span | None], int]],
    candidates: list[DateCandidate],
    evidence: list[str],
    check: Callable[[str], bool | None] | None,
) -> tuple[str, bool, float]:
    """Order, whether it stays ambiguous, confidence."""
    total = sum(n for _, n in texts)
    best = max(c.readable for c in candidates)
    plausible = [c.order for c in candidates if c.readable and c.readable >= best - _STRAY * total]
    decisive = [c.order for c in candidates if c.readable == best]
    if best == total and len(decisive) < len(plausible):
        # one text may be a slip of the pen, yet a column in which the order reads every text has shown its order
        plausible = decisive
    alike = all(len({s for o, s in r.items() if o in plausible}) == 1 for r, _ in texts)
    if len(plausible) > 1 and check is not None and not alike:
        answers = {o: check(o) for o in plausible}
        left = [o for o in plausible if answers[o]] or [o for o in plausible if answers[o] is not False]
        if len(left) == 1:
            evidence.append(f"other columns of the sheet agree with {left[0]} only")
            plausible = left
    if alike or len(plausible) == 1:
        evidence.append(f"{best} of {total} texts without month names or leading year read as {plausible[0]}")
        return plausible[0], False, 0.99 if best == total else 0.9
    evidence.append(f"no text shows whether the order is {' or '.join(plausible)}")
    return plausible[0], True, 0.4
