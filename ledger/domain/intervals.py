"""Published figures as intervals: what a wording such as "more than" or "almost" promises, and whether it holds.

All in exact arithmetic (`Fraction`), in whatever unit the figure has: EUR, persons, a share as 0.1 for 10 %. The rules
stand in `RULES`; a house that sees a width differently replaces a rule (`dataclasses.replace`) and the report, which
prints rule and interval, shows the effect. A tolerance is never inferred from the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from ledger.domain.money import CurrencyUnknown, display, grouped, minor_digits
from ledger.domain.quoted import Number, QuotedNumber


class IntervalError(ValueError):
    """The ends do not make an interval, or a division would be by an interval that holds zero."""


class QualifierUnknown(ValueError):
    """The wording is in no rule."""


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers between two ends; None is an end without limit. Raises IntervalError when nothing lies inside."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_inclusive: bool = True
    high_inclusive: bool = False

    def __post_init__(self) -> None:
        for end, flag in (("low", "low_inclusive"), ("high", "high_inclusive")):
            limit = getattr(self, end)
            if limit is None:
                object.__setattr__(self, flag, False)
            else:
                object.__setattr__(self, end, Fraction(limit))
        if self.low is not None and self.high is not None:
            closed = self.low_inclusive and self.high_inclusive
            if self.low > self.high or (self.low == self.high and not closed):
                raise IntervalError(f"nothing lies in {self.text()}")

    @classmethod
    def point(cls, value: Number) -> Interval:
        """The interval that holds one value alone."""
        return cls(Fraction(value), Fraction(value), True, True)

    @property
    def is_point(self) -> bool:
        """Whether one value alone lies inside."""
        return self.low is not None and self.low == self.high

    def __contains__(self, value: Number) -> bool:
        above = self.low is None or value > self.low or (self.low_inclusive and value == self.low)
        below = self.high is None or value < self.high or (self.high_inclusive and value == self.high)
        return above and below

    def intersection(self, other: Interval) -> Interval | None:
        """What lies in both, or None."""
        low, low_inclusive = max(_low_key(self), _low_key(other))[1:]
        high, high_inclusive = min(_high_key(self), _high_key(other))[1:]
        try:
            return Interval(low, high, not low_inclusive, bool(high_inclusive))
        except IntervalError:
            return None

    def within(self, other: Interval) -> bool:
        """Whether all of this interval lies in the other one."""
        return self.intersection(other) == self

    def __neg__(self) -> Interval:
        low, high = (None if end is None else -end for end in (self.high, self.low))
        return Interval(low, high, self.high_inclusive, self.low_inclusive)

    def __add__(self, other: Interval) -> Interval:
        """Every sum of one value from each; an end is reached only where both ends are."""
        low = None if self.low is None or other.low is None else self.low + other.low
        high = None if self.high is None or other.high is None else self.high + other.high
        return Interval(
            low, high, self.low_inclusive and other.low_inclusive, self.high_inclusive and other.high_inclusive
        )

    def __sub__(self, other: Interval) -> Interval:
        return self + -other

    def __mul__(self, other: Interval) -> Interval:
        """Every product of one value from each."""
        corners = [_times(one, two) for one in _ends(self) for two in _ends(other)]
        low = min((value, not reached) for value, reached in corners)
        high = max(corners)
        return Interval(_finite(low[0]), _finite(high[0]), not low[1], high[1])

    def __truediv__(self, other: Interval) -> Interval:
        """Every quotient; raises IntervalError when the divisor holds zero or values on both sides of it."""
        if other.low is not None and other.low >= 0 and 0 not in other:
            high = None if other.low == 0 else 1 / other.low
            low = Fraction(0) if other.high is None else 1 / other.high
            return self * Interval(low, high, other.high_inclusive, other.low_inclusive)
        if other.high is not None and other.high <= 0 and 0 not in other:
            return -self / -other
        raise IntervalError(f"cannot divide by {other.text()}, which holds zero")

    def text(self, unit: str = "") -> str:
        """The interval as read by people: "[EUR 5 250 000 000.00, EUR 5 350 000 000.00)"; … stands for no limit."""
        low = "…" if self.low is None else show(self.low, unit)
        high = "…" if self.high is None else show(self.high, unit)
        return f"{'[' if self.low_inclusive else '('}{low}, {high}{']' if self.high_inclusive else ')'}"


_Limit = Fraction | float  # float only for the two infinities, which no arithmetic below turns into a number
_INFINITY: Final = float("inf")


def _low_key(interval: Interval) -> tuple[tuple[_Limit, bool], Fraction | None, bool]:
    key = -_INFINITY if interval.low is None else interval.low
    return (key, not interval.low_inclusive), interval.low, not interval.low_inclusive


def _high_key(interval: Interval) -> tuple[tuple[_Limit, bool], Fraction | None, bool]:
    key = _INFINITY if interval.high is None else interval.high
    return (key, interval.high_inclusive), interval.high, interval.high_inclusive


def _ends(interval: Interval) -> tuple[tuple[_Limit, bool], tuple[_Limit, bool]]:
    low = -_INFINITY if interval.low is None else interval.low
    high = _INFINITY if interval.high is None else interval.high
    return (low, interval.low_inclusive), (high, interval.high_inclusive)


def _times(one: tuple[_Limit, bool], two: tuple[_Limit, bool]) -> tuple[_Limit, bool]:
    """Product of two ends and whether it is reached: a zero that is reached is enough; zero times no limit is zero."""
    (first, first_in), (second, second_in) = one, two
    if first == 0 or second == 0:
        return Fraction(0), (first == 0 and first_in) or (second == 0 and second_in) or (first_in and second_in)
    if isinstance(first, float) or isinstance(second, float):
        return (_INFINITY if (first > 0) == (second > 0) else -_INFINITY), False
    return first * second, first_in and second_in


def _finite(limit: _Limit) -> Fraction | None:
    return None if isinstance(limit, float) else limit


# --- rules ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of wording is read. `share` is the width that goes with the rule, as a part of the value."""

    id: str
    #: Qualifiers that call for this rule, in lower case.
    wordings: tuple[str, ...]
    #: The rule in one sentence; V is the stated value, g the unit of its last significant printed digit.
    text: str
    share: Fraction = Fraction(0)


_PERCENT = Fraction(1, 100)

#: The rules by id; ids are stable and printed with every verdict.
RULES: Final[dict[str, Rule]] = {
    rule.id: rule
    for rule in (
        Rule("R-EXACT", ("", "none"), "V - g/2 <= x < V + g/2; a warning when further than 1 % from V", _PERCENT),
        Rule(
            "R-ABOUT",
            ("some", "around", "approximately", "about", "roughly", "circa"),
            "V - g/2 <= x < V + g/2, trailing zeros of V not significant",
        ),
        Rule(
            "R-OVER",
            ("more than", "over", "reached over", "above", "exceeding"),
            "x > V (a count: x >= V + 1); a warning from V + max(g, 5 % of V) on",
            5 * _PERCENT,
        ),
        Rule(
            "R-ALMOST",
            ("almost", "nearly", "close to"),
            "V - w <= x < V with w = min(g, 5 % of V); a warning at V itself",
            5 * _PERCENT,
        ),
        Rule("R-UPTO", ("up to",), "x <= V, a ceiling: being under it proves nothing"),
        Rule("R-BELOW", ("below", "less than", "fewer than", "under"), "x < V"),
        Rule("R-COUNT", ("count",), "x = V, a bare count"),
        Rule("R-UNQ", ("unquantified", "substantial", "significant"), "no number is stated"),
        Rule("R-TOTAL", ("total",), "x = V to the last minor unit"),
        Rule(
            "R-TARGET",
            ("target", "indicatively", "indicative"),
            "V - g/2 <= x < V + g/2 is reached; a target is never broken",
        ),
    )
}
_BY_WORDING: Final = {wording: rule for rule in RULES.values() for wording in rule.wordings}

_SHARE_UNITS: Final = frozenset(("ratio", "share", "%", "percent", "per cent"))
#: Units of measurement: such a quantity is a rounding even when it is printed in full, never a count.
_MEASURED_UNITS: Final = frozenset(("km", "m", "km2", "ha", "t", "tonnes", "kg", "mw", "gwh", "hours", "days", "years"))


def _is_currency(unit: str) -> bool:
    try:
        minor_digits(unit)
    except CurrencyUnknown:
        return False
    return True


def is_counted(unit: str, measure: str = "") -> bool:
    """Whether a quantity comes in whole numbers: measure "count", or a unit of things (projects, persons, boats)."""
    if measure.strip().casefold() in ("count", "share", "ratio"):
        return measure.strip().casefold() == "count"
    other = unit.strip().casefold() in _SHARE_UNITS | _MEASURED_UNITS or _is_currency(unit.strip())
    return bool(unit.strip()) and not other


def rule_for(qualifier: str, unit: str = "", measure: str = "", number: QuotedNumber | None = None) -> Rule:
    """The rule that a qualifier calls for; a remark in brackets ("none (additional)") does not count.

    Without a number the rule is R-UNQ. Without a qualifier a bare whole number of countable things is R-COUNT, anything
    else (money, shares, measurements, "110 million people") R-EXACT. Raises QualifierUnknown.
    """
    wording = " ".join(qualifier.partition("(")[0].replace("\u00a0", " ").split()).casefold()
    rule = _BY_WORDING.get(wording)
    if rule is None:
        known = ", ".join(sorted(filter(None, _BY_WORDING)))
        raise QualifierUnknown(f"{qualifier!r} is no qualifier that a rule is known for; known are: {known}")
    if number is None:
        return RULES["R-UNQ"]
    bare = not number.scaled and number.value.denominator == 1
    if rule.id == "R-EXACT" and bare and is_counted(unit, measure):
        return RULES["R-COUNT"]
    return rule


@dataclass(frozen=True, slots=True)
class Band:
    """A figure as read: its rule, the interval that passes, the parts of the line that hold with a warning.

    `holds` is everything that is not broken: `accept`, and what passes with a warning beside it.
    """

    rule: Rule
    number: QuotedNumber | None
    unit: str
    accept: Interval
    warn: tuple[Interval, ...]
    holds: Interval


def interval_for(
    rule: Rule, number: QuotedNumber | None, unit: str = "", measure: str = "", *, close_to_symmetric: bool = False
) -> Band:
    """The band of a stated number under a rule. A share never exceeds 1 when `measure` is "share".

    `close_to_symmetric` reads "close to" as V - w <= x < V + w, for houses that do not take it as from below.
    """
    everything = Interval()
    if number is None or rule.id == "R-UNQ":
        return Band(rule, None, unit, everything, (), everything)
    value, size = number.value, abs(number.value)
    match rule.id:
        case "R-EXACT" | "R-TARGET":
            accept = Interval(value - number.grid / 2, value + number.grid / 2)
            near = rule.share * size
            sides = (Interval(None, value - near), Interval(value + near, None, False)) if near else ()
            warn = tuple(part for part in (accept.intersection(side) for side in sides) if part)
            return Band(rule, number, unit, accept, warn, accept)
        case "R-ABOUT":
            accept = Interval(value - number.coarse_grid / 2, value + number.coarse_grid / 2)
            return Band(rule, number, unit, accept, (), accept)
        case "R-OVER":
            top = Fraction(1) if measure.strip().casefold() == "share" and value < 1 else None
            counted = is_counted(unit, measure)
            accept = Interval(value + 1 if counted else value, top, counted, True)
            high = accept.intersection(Interval(value + max(number.coarse_grid, rule.share * size)))
            return Band(rule, number, unit, accept, (high,) if high else (), accept)
        case "R-ALMOST":
            width = min(number.coarse_grid, rule.share * size)
            if close_to_symmetric:
                accept = Interval(value - width, value + width)
                return Band(rule, number, unit, accept, (), accept)
            holds = Interval(value - width, value, True, True)
            accept = Interval(value - width, value) if width else holds
            return Band(rule, number, unit, accept, (Interval.point(value),) if width else (), holds)
        case "R-UPTO" | "R-BELOW":
            accept = Interval(None, value, False, rule.id == "R-UPTO")
            return Band(rule, number, unit, accept, (), accept)
        case _:
            accept = Interval.point(value)
            return Band(rule, number, unit, accept, (), accept)


def in_words(band: Band) -> str:
    """The band spelled out: what V and g are, and the ends with whether they belong; empty where no number is stated."""
    number, accept = band.number, band.accept
    if number is None:
        return ""
    if accept.is_point:
        ends = f"only {show(number.value, band.unit)} itself passes"
    else:
        ends = " ".join(
            f"{word} {show(end, band.unit)} ({'included' if inside else 'excluded'})"
            for word, end, inside in (
                ("from", accept.low, accept.low_inclusive),
                ("up to", accept.high, accept.high_inclusive),
            )
            if end is not None
        )
        ends = f"what passes lies {ends}"
    warned = "; ".join(f"{part.text(band.unit)} holds with a warning" for part in band.warn)
    grid = number.grid if band.rule.id in ("R-EXACT", "R-TARGET") else number.coarse_grid
    stated = f"V is {show(number.value, band.unit)}, g is {show(grid, band.unit)}"
    return f"{stated}: {ends}{f'; {warned}' if warned else ''}."


# --- what is known ----------------------------------------------------------------------------------------------------


def known_sum(recorded: Number, *, complete: bool) -> Interval:
    """What the ledger knows of a sum or count: exactly `recorded`, or at least that while records are missing."""
    return Interval.point(recorded) if complete else Interval(Fraction(recorded))


def known_share(part: Number, whole: Number, *, part_complete: bool, whole_complete: bool) -> Interval | None:
    """What the ledger knows of a part's share in a whole that holds it; None when nothing of the whole is recorded."""
    if whole <= 0:
        return None
    share = Fraction(part) / Fraction(whole)
    if part_complete and whole_complete:
        return Interval.point(share)
    if whole_complete:
        return Interval(share, max(Fraction(1), share), True, True)
    return Interval(Fraction(0), share if part_complete else Fraction(1), True, True)


# --- verdicts ---------------------------------------------------------------------------------------------------------


class Verdict(StrEnum):
    """What can be said of a figure."""

    MET = "met"
    #: It holds, and something about it should be looked at.
    MET_WARN = "met-warn"
    BROKEN = "broken"
    #: Under a ceiling; never called reconciled.
    WITHIN_CEILING = "within-ceiling"
    #: What is recorded allows both answers.
    UNDECIDABLE = "undecidable"
    #: The figure rests on data that no ledger of Union funding holds.
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its arithmetic, in the unit of the figure. Rooms are positive inside the band, negative outside."""

    verdict: Verdict
    rule: str
    band: Band
    #: The recorded value (the low end while records are missing), None when nothing is recorded.
    recorded: Fraction | None
    #: Recorded less stated.
    difference: Fraction | None
    #: Distance to the nearer end that must not be crossed, and to each end; None where there is no end.
    room: Fraction | None
    room_low: Fraction | None
    room_high: Fraction | None
    #: One plain sentence.
    reason: str


def judge(band: Band, known: Interval | None, *, external: bool = False, target: bool = False) -> Judgement:
    """Whether a figure holds, given what is known of the true value (`known_sum`, `known_share`, or any interval).

    While records are missing `known` is wider than a point, and the verdict falls only when every value in it agrees:
    met when all hold, broken when none does, else undecidable. A warning needs an exactly known value. `target` (or
    rule R-TARGET): short of it is undecidable, beyond it met-warn, never broken; a ceiling stays a ceiling.
    """
    recorded = None if known is None else (known.low if known.low is not None else known.high)
    stated = None if band.number is None else band.number.value
    low, high = band.holds.low, band.holds.high
    room_low = None if recorded is None or low is None else recorded - low
    room_high = None if recorded is None or high is None else high - recorded
    verdict, reason = _verdict(band, known, external=external, target=target or band.rule.id == "R-TARGET")
    return Judgement(
        verdict=verdict,
        rule=band.rule.id,
        band=band,
        recorded=recorded,
        difference=None if recorded is None or stated is None else recorded - stated,
        room=min((room for room in (room_low, room_high) if room is not None), default=None),
        room_low=room_low,
        room_high=room_high,
        reason=reason,
    )


def _verdict(band: Band, known: Interval | None, *, external: bool, target: bool) -> tuple[Verdict, str]:
    """The verdict and its sentence; what allows no comparison at all comes first."""
    if external:
        return Verdict.EXTERNAL, "The figure rests on data outside the ledger."
    if band.number is None:
        return Verdict.UNDECIDABLE, "No number is stated."
    if known is None:
        return Verdict.UNDECIDABLE, "Nothing is recorded for what the figure covers."
    return _compared(band, band.number, known, target=target)


def _compared(band: Band, number: QuotedNumber, known: Interval, *, target: bool) -> tuple[Verdict, str]:
    """The verdict on a stated number of which something is known."""
    least = known.low if known.low is not None else known.high
    exact = known.is_point
    found = "Something" if least is None else show(least, band.unit)
    subject = f"{found} is recorded" + ("" if exact else ", not yet all that the figure covers")
    range_text = band.holds.text(band.unit)
    if band.holds.is_point:
        range_text = f"exactly {show(number.value, band.unit)}"
    if known.within(band.holds):
        if band.rule.id == "R-UPTO":
            return Verdict.WITHIN_CEILING, f"{subject}; that is under the ceiling, which proves nothing more."
        warned = exact and any(known.within(part) for part in band.warn)
        if warned:
            return Verdict.MET_WARN, f"{subject}; that holds ({range_text}), but {_warning(band)}."
        return Verdict.MET, f"{subject}; {'that holds' if exact else 'whatever is missing, it holds'} ({range_text})."
    if known.intersection(band.holds) is not None:
        return Verdict.UNDECIDABLE, f"{subject}; the true value may hold or not ({range_text})."
    if target and band.rule.id != "R-UPTO":
        if band.holds.high is not None and least is not None and least >= band.holds.high:
            return Verdict.MET_WARN, f"{subject}; that is beyond the target of {show(number.value, band.unit)}."
        stated = show(number.value, band.unit)
        return Verdict.UNDECIDABLE, f"{subject}; the target of {stated} is not reached so far."
    return Verdict.BROKEN, f"{subject}; that does not hold ({range_text})."


def _warning(band: Band) -> str:
    """Why a value that holds deserves a look, by rule."""
    return {
        "R-EXACT": "it is more than 1 % away from the stated value",
        "R-OVER": "it is so much more that the wording would have been another",
        "R-ALMOST": "it is the stated value itself, which would not be called almost",
    }[band.rule.id]


def show(value: Fraction, unit: str = "") -> str:
    """A quantity for people: money to the minor unit, a share in per cent, others grouped; … marks cut digits."""
    if _is_currency(unit):
        minor, rest = divmod(abs(value) * 10 ** minor_digits(unit), 1)
        return display(int(minor) if value >= 0 else -int(minor), unit) + ("…" if rest else "")
    if unit.casefold() in _SHARE_UNITS - {"%", "percent", "per cent"}:
        return _decimal(value * 100) + " %"
    return " ".join(part for part in (_decimal(value), unit) if part)


def _decimal(value: Fraction) -> str:
    """At most six decimals; digits beyond are cut, and the cut is shown."""
    sign = "-" if value < 0 else ""
    scaled, rest = divmod(abs(value) * 10**6, 1)
    whole, part = divmod(int(scaled), 10**6)
    decimals = f".{part:06d}" if rest else f".{part:06d}".rstrip("0").rstrip(".")
    return sign + grouped(f"{whole}{decimals}") + ("…" if rest else "")
