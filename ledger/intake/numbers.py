"""How a column of cells becomes amounts or rates: all readings are tried together, and the column decides.

`NumberColumn` is fed value by value in bounded memory and keeps exact integer sums per kind of text, so that `decide`
can show the total under every style. One reading is chosen only on evidence in the column, on column arithmetic that
the caller brings, or on a hint from a profile; otherwise the decision is ambiguous and names both totals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext

from ledger.intake.cells import CellError, Value
from ledger.intake.number_styles import (
    DECIMAL_SIGNS,
    GROUPING_SIGNS,
    Affix,
    Amount,
    Candidate,
    Missing,
    Refusal,
    Skeleton,
    fits,
    read_amount,
    skeleton,
)

__all__ = [
    "STYLES",
    "Amount",
    "Candidate",
    "Missing",
    "NumberColumn",
    "NumberDecision",
    "Refusal",
    "read_amount",
    "skeleton",
]

#: Every style that is tried.
STYLES: tuple[str, ...] = tuple(g + d for g in GROUPING_SIGNS for d in DECIMAL_SIGNS if g != d or g == "_")
#: Share of the decisive cells that may contradict the column and be refused, or read, each by itself.
_STRAY = 0.02
#: Distinct texts kept as examples for evidence and messages.
_SAMPLES = 200
_EXACT = Context(prec=200)
#: asks the caller's arithmetic (parts and totals, printed sums): True confirms a style, False excludes it, None: no say
Arithmetic = Callable[[str], "bool | None"]

#: one kind of text: affix, grouping sign, decimal sign, decimals, digits
_Kind = tuple[Affix, str, str, int, int]


@dataclass(frozen=True, slots=True)
class NumberDecision:
    """What a column's amounts are, how sure that is and why.

    `ambiguous`: two styles stay plausible and their totals differ; the import must stop and show `candidates` (the
    plausible styles, likeliest first). `style` is None for typed numbers, "__" for texts of digits alone.
    """

    style: str | None
    confidence: float
    evidence: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    ambiguous: bool
    #: the one currency found in the cells; None for none, several, or an unclear one
    currency: str | None
    #: currency (or "") -> cells
    currencies: dict[str, int]
    #: share of the filled cells that are amounts
    share_of_numeric: float
    #: cells by what they are: typed, text, missing, refused
    counts: dict[str, int]
    #: flags of Amount.note -> cells
    notes: dict[str, int]
    #: amounts by number of digits before the decimal sign (0 for zero)
    magnitudes: dict[int, int]
    #: other styles that cells show beyond doubt
    other_styles: tuple[str, ...] = ()
    #: most decimals of any amount
    decimals: int = 0
    #: False: three decimals are refused, for no other amount has so many
    thousandths: bool = True
    #: texts that were refused, at most 20
    refused_examples: tuple[str, ...] = ()

    def read(self, value: Value) -> Amount | Missing | Refusal:
        """A cell under this decision; under an ambiguous one, only what reads alike either way. No percentages."""
        found = read_amount(value, None if self.ambiguous else self.style, thousandths=self.thousandths)
        if isinstance(found, Amount) and found.note and "percent" in found.note:
            return Refusal("number-invalid", "a percentage stands where an amount is expected", (found.number,))
        return found


@dataclass(slots=True)
class NumberColumn:
    """A column seen one value at a time: `feed` each, then `decide`. Memory does not grow with the column."""

    kinds: dict[_Kind, list[int]] = field(default_factory=dict)
    either_texts: dict[str, set[str]] = field(default_factory=lambda: {".": set(), ",": set()})
    missing: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    refused_other: int = 0
    typed: int = 0
    typed_sum: Decimal = Decimal(0)
    typed_thousandths: int = 0
    typed_places: int = 0
    magnitudes: Counter[int] = field(default_factory=Counter)

    def feed_all(self, values: Iterable[Value]) -> None:
        """Feed every value of an iterable: the same texts together, typed numbers in one sum."""
        texts: list[str] = []
        decimals: list[Decimal] = []
        for value in values:
            if type(value) is Decimal:
                decimals.append(value)
            elif type(value) is str:
                texts.append(value)
            else:
                self.feed(value)
        for text, times in Counter(texts).items():
            self._feed_text(text, times)
        if decimals and not self._feed_sum(decimals):
            for value in decimals:
                self._feed_decimal(value)

    def _feed_sum(self, values: list[Decimal]) -> bool:
        """Feed typed numbers that need no look at each: finite, not huge, none with a third decimal. False for others."""
        magnitudes = Counter(map(Decimal.adjusted, values))
        if max(magnitudes) > 60 or min(magnitudes) < -60 or not all(map(Decimal.is_finite, values)):
            return False
        with localcontext(_EXACT):
            total = sum(values, Decimal(0))
        exponent = total.as_tuple().exponent
        # An exact sum has as many decimals as the longest of its numbers.
        if not isinstance(exponent, int) or exponent < -2 or not all(values):
            return False
        self.typed += len(values)
        self.typed_sum = _EXACT.add(self.typed_sum, total)
        self.typed_places = max(self.typed_places, -exponent)
        for adjusted, times in magnitudes.items():
            self.magnitudes[max(adjusted + 1, 1)] += times
        return True

    def feed(self, value: Value) -> None:
        """Take one cell into account."""
        if isinstance(value, str):
            self._feed_text(value, 1)
        elif value is None:
            self.missing["empty"] += 1
        elif isinstance(value, Decimal):
            self._feed_decimal(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            self.typed += 1
            self.typed_sum = _EXACT.add(self.typed_sum, Decimal(value))
            self.magnitudes[len(str(abs(value))) if value else 0] += 1
        elif isinstance(value, CellError) and value.text == "#N/A":
            self.missing["not-available"] += 1
        else:
            self._refuse(value.text if isinstance(value, CellError) else str(value))

    def _feed_text(self, text: str, times: int) -> None:
        shape = skeleton(text)
        if isinstance(shape, Skeleton):
            self._feed_amount(text, shape, times)
        elif isinstance(shape, Missing):
            self.missing[shape.kind] += times
        else:
            self._refuse(text, times)

    def _feed_amount(self, text: str, shape: Skeleton, times: int) -> None:
        affix, grouping, decimal, digits, decimals = shape
        kind = (affix, grouping, decimal, decimals, len(digits))
        known = self.kinds.get(kind)
        number = -int(digits) if affix.negative else int(digits)
        if known is None:
            if len(self.kinds) >= 20_000:  # only hostile input has so many kinds of amounts
                self._refuse(text, times)
                return
            self.kinds[kind] = [times, number * times]
        else:
            known[0] += times
            known[1] += number * times
        if grouping and grouping == decimal and len(self.either_texts[grouping]) < _SAMPLES:
            self.either_texts[grouping].add(text)

    def _feed_decimal(self, value: Decimal) -> None:
        if not value.is_finite() or abs(value.adjusted()) > 60:
            self._refuse(str(value))
            return
        self.typed += 1
        self.typed_sum = _EXACT.add(self.typed_sum, value)
        self.magnitudes[max(value.adjusted() + 1, 1) if value else 0] += 1
        exponent = value.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) else 0
        self.typed_places = max(self.typed_places, places)
        if places == 3 and abs(value) < 1000:
            self.typed_thousandths += 1

    def _refuse(self, text: str, times: int = 1) -> None:
        if text in self.refused or len(self.refused) < _SAMPLES:
            self.refused[text] += times
        else:
            self.refused_other += times

    def decide(self, hint: str | None = None, *, arithmetic: Arithmetic | None = None) -> NumberDecision:
        """The column's style with evidence. `hint` (from a profile or --set) settles it; `arithmetic` breaks ties."""
        return _Verdict(self).decide(hint, arithmetic)


class _Verdict:
    """The weighing of one column."""

    def __init__(self, column: NumberColumn) -> None:
        self.column = column
        self.texts = sum(n for n, _ in column.kinds.values())
        self.evidence: list[str] = []
        self.thousandths = True
        self.either = {s: self.count(lambda k, s=s: k[1] == k[2] == s) for s in ".,"}  # type: ignore[misc]
        self.groups = {s: self.count(lambda k, s=s: k[1] == s != k[2]) for s in "., '"}  # type: ignore[misc]
        self.parts = {s: self.count(lambda k, s=s: k[2] == s != k[1]) for s in ".,"}  # type: ignore[misc]

    def count(self, test: Callable[[_Kind], bool]) -> int:
        return sum(n for kind, (n, _) in self.column.kinds.items() if test(kind))

    # --- the choice --------------------------------------------------------------------------------------------

    def decide(self, hint: str | None, arithmetic: Arithmetic | None) -> NumberDecision:
        if hint is not None:
            self.evidence.append(f'style "{hint}" was stated')
            return self.settle(hint, 1.0)
        if not self.texts:
            self.evidence.append(f"{self.column.typed} typed numbers, no amount kept as text")
            return self.settle(None, 1.0 if self.column.typed else 0.0)
        open_signs = [s for s in ".," if self.either[s] and not self.role_of(s)]
        base = self.base_style(open_signs)
        plausible = [base] if not open_signs else self.rivals(base, open_signs)
        if len(plausible) == 1 and plausible[0][1] in open_signs:
            self.thousandths = (
                False  # another sign groups, and no cell shows that this one parts: "1 234 567", "94.603"
            )
            self.evidence.append(f'nothing shows that "{plausible[0][1]}" is the decimal sign: such texts are refused')
        suspect = self.typed_remnants(base)
        if arithmetic is not None and len(plausible) > 1:
            plausible = self.ask(arithmetic, plausible)
        if len(plausible) == 1 and not suspect:
            return self.settle(plausible[0], self.confidence(plausible[0]))
        return self.undecided(plausible)

    def role_of(self, sign: str) -> str:
        """The role that the column shows for a sign which may be either: "group", "part", or "" when nothing shows it."""
        other = "," if sign == "." else "."
        group = self.groups[sign] + self.parts[other]
        part = self.parts[sign]
        either = self.either[sign]
        if group and part <= _STRAY * group:
            return "group"
        if part and not group:
            # Numbers with three decimals are hardly ever whole and never all below 1,000 when they are: more whole
            # numbers than decimals, none of them above 999, look like grouped amounts with a stray among them.
            small = self.count(lambda k: not k[1] and not k[2] and k[4] <= 3)
            large = self.count(lambda k: not k[1] and not k[2] and k[4] > 3)
            if small > part and not large:
                return ""
            thick = self.count(lambda k: k[2] == sign != k[1] and (k[3] >= 3 or "scientific" in k[0].note))
            if thick and part >= 0.01 * either:
                return "part"
            if part >= 0.05 * (part + either) and (part >= 3 or either == 1):
                return "part"
        elif part and group <= _STRAY * part and part >= either * 0.05:
            return "part"
        return ""

    def base_style(self, open_signs: list[str]) -> str:
        """The style that reads most texts, of those that agree with the roles that the column shows."""
        allowed = [s for s in STYLES if all(self.agrees(s, sign) for sign in ".," if sign not in open_signs)]
        ranked = sorted(allowed or STYLES, key=lambda s: (-self.readable(s), -self.plain(s), STYLES.index(s)))
        return self.trimmed(ranked[0])

    def agrees(self, style: str, sign: str) -> bool:
        if not self.either[sign]:
            return True
        return style[0] == sign if self.role_of(sign) == "group" else style[1] == sign

    def readable(self, style: str) -> int:
        return self.count(lambda k: _reads(k, style))

    @staticmethod
    def plain(style: str) -> int:
        return (style[0] == "_") + (style[1] == "_")

    def trimmed(self, style: str) -> str:
        """The style without signs that no text uses."""
        group, part = style[0], style[1]
        if not self.groups.get(group) and not self.either.get(group):
            group = "_"
        if not self.parts.get(part) and not (self.either.get(part) and group != part):
            part = "_"
        return group + part

    def rivals(self, base: str, open_signs: list[str]) -> list[str]:
        """The styles that stay plausible where a sign may group or part."""
        found: list[str] = []
        best = self.readable(base)
        for style in STYLES:
            trimmed = self.trimmed(style)
            if trimmed in found or self.readable(trimmed) < best * (1 - 0.2):
                continue
            if all(s in trimmed for s in open_signs):
                found.append(trimmed)
        if base not in found:
            found.insert(0, base)
        texts = sorted({t for s in open_signs for t in self.column.either_texts[s]})
        self.evidence.append(
            f"{sum(self.either[s] for s in open_signs)} of {self.texts} texts can be read two ways "
            f"(such as {', '.join(repr(t.strip()) for t in texts[:3])}) and no cell shows which"
        )
        likely_group = len(texts) >= 30
        return sorted(found, key=lambda s: (s[0] in open_signs) != likely_group)

    def typed_remnants(self, base: str) -> bool:
        """True when typed numbers look like texts of this style that a program read with the other: 1.234 for 1.234."""
        column = self.column
        if base[0] != "." or not column.typed_thousandths:
            return False
        if column.typed_thousandths >= 2 and column.typed_thousandths * 2 >= column.typed:
            self.evidence.append(
                f"{column.typed_thousandths} typed numbers below 1,000 have exactly three decimals, while texts group "
                'with ".": they may have been divided by 1,000 when the file was saved in another language'
            )
            return True
        return False

    def ask(self, arithmetic: Arithmetic, plausible: list[str]) -> list[str]:
        answers = {style: arithmetic(style) for style in plausible}
        confirmed = [s for s, answer in answers.items() if answer is True]
        left = confirmed if len(confirmed) == 1 else [s for s, answer in answers.items() if answer is not False]
        if len(left) == 1:
            out = ", ".join(f'"{s}"' for s in plausible if s != left[0])
            self.evidence.append(f'column arithmetic or printed totals hold under "{left[0]}", not under {out}')
        return left or plausible

    # --- the statement -----------------------------------------------------------------------------------------

    def undecided(self, plausible: list[str]) -> NumberDecision:
        candidates = [self.candidate(s) for s in plausible]
        return self.statement(plausible[0], 0.4, candidates, ambiguous=True)

    def settle(self, style: str | None, confidence: float) -> NumberDecision:
        if style is None:
            return self.statement(None, confidence, [], ambiguous=False)
        self.judge_thousandths(style)
        candidates = [self.candidate(style)]
        candidates += [self.candidate(s) for s in self.tried(style)]
        return self.statement(style, confidence, candidates, ambiguous=False)

    def tried(self, style: str) -> list[str]:
        """Other styles that read something, for the record; most readable first."""
        seen = {self.trimmed(s) for s in STYLES} - {style}
        return sorted((s for s in seen if self.readable(s)), key=lambda s: (-self.readable(s), s))[:4]

    def judge_thousandths(self, style: str) -> None:
        """Three decimals that may be a group are refused where the column's other amounts have one or two."""
        part = style[1]
        doubtful = self.count(lambda k: _doubtful(k, style))
        few = self.count(lambda k: k[2] == part and k[3] in (1, 2) and "scientific" not in k[0].note)
        more = self.count(lambda k: k[2] == part != k[1] and (k[3] > 3 or (k[3] == 3 and not k[1])))
        if doubtful and doubtful < few and more < doubtful + few * _STRAY:
            self.thousandths = False
            self.evidence.append(f"{doubtful} texts have three decimals, all others at most two: those are refused")

    def candidate(self, style: str) -> Candidate:
        total, readable = Decimal(0), 0
        per_currency: dict[str, Decimal] = {}
        for (affix, grouping, decimal, decimals, _), (n, digits) in self.column.kinds.items():
            kind: _Kind = (affix, grouping, decimal, decimals, 0)
            if not _reads(kind, style):
                continue
            places = 0 if grouping and grouping == decimal == style[0] else decimals
            amount = Decimal(digits * affix.factor).scaleb(-places, _EXACT)
            readable += n
            total = _EXACT.add(total, amount)
            currency = affix.currency or ""
            per_currency[currency] = _EXACT.add(per_currency.get(currency, Decimal(0)), amount)
        if self.column.typed:
            total = _EXACT.add(total, self.column.typed_sum)
            per_currency[""] = _EXACT.add(per_currency.get("", Decimal(0)), self.column.typed_sum)
        return Candidate(style, total, readable, self.texts - readable, per_currency)

    def confidence(self, style: str) -> float:
        refused = self.texts - self.readable(style)
        share = refused / self.texts
        signs = self.groups.get(style[0], 0) + self.parts.get(style[1], 0)
        sure = 0.99 if signs >= 3 or style == "__" else 0.95
        self.evidence.append(f'{self.texts - refused} of {self.texts} texts read under "{style}"')
        for sign in ".,":
            if self.either[sign]:
                role = "groups" if style[0] == sign else "is the decimal sign"
                self.evidence.append(
                    f'"{sign}" {role}: {self.groups[sign]} texts group with it, {self.parts[sign]} part'
                )
        return round(sure * (1 - share / 2), 3)

    def statement(
        self, style: str | None, confidence: float, candidates: list[Candidate], *, ambiguous: bool
    ) -> NumberDecision:
        column = self.column
        currencies: Counter[str] = Counter()
        notes: Counter[str] = Counter()
        magnitudes = Counter(column.magnitudes)
        styles: Counter[str] = Counter()
        decimals, unread = column.typed_places, 0
        for kind, (n, _) in column.kinds.items():
            affix, grouping, decimal, places, digits = kind
            if style is not None and not _reads(kind, style):
                if grouping == decimal != "" or not (grouping or decimal != style[0]):
                    unread += n
                    continue
                styles[(grouping or "_") + (decimal or "_")] += n
            if style is not None and not self.thousandths and _doubtful(kind, style):
                unread += n
                continue
            currencies[affix.currency or ""] += n
            for flag in affix.note:
                notes[flag] += n
            places = 0 if grouping and style is not None and grouping == decimal == style[0] else places
            magnitudes[max(digits - places, 1) + len(str(affix.factor)) - 1] += n
            decimals = max(decimals, places)
        refused = sum(column.refused.values()) + column.refused_other + unread
        good = self.texts - unread + column.typed
        if styles:
            self.evidence.append(f"{sum(styles.values())} texts show another style by themselves and were read in it")
        return NumberDecision(
            style=style, confidence=confidence, evidence=tuple(self.evidence), candidates=tuple(candidates),
            ambiguous=ambiguous, currency=_only(currencies), currencies=dict(currencies),
            share_of_numeric=good / (good + refused) if good else 0.0,
            counts={"typed": column.typed, "text": self.texts - unread, "missing": sum(column.missing.values()),
                    "refused": refused},
            notes=dict(notes), magnitudes=dict(magnitudes), other_styles=tuple(s for s, _ in styles.most_common()),
            decimals=decimals, thousandths=self.thousandths,
            refused_examples=tuple(t[:80] for t in list(column.refused)[:20]),
        )  # fmt: skip


def _reads(kind: _Kind, style: str) -> bool:
    _, grouping, decimal, _, _ = kind
    if grouping and grouping == decimal:
        return grouping in style
    return fits(grouping, style[0]) and fits(decimal, style[1])


def _doubtful(kind: _Kind, style: str) -> bool:
    """True for a text that the style reads with three decimals which may be a group."""
    affix, grouping, decimal, decimals, _ = kind
    if grouping and grouping == decimal:
        return decimal == style[1]
    return decimals == 3 and grouping != "" and "scientific" not in affix.note


def _only(currencies: Counter[str]) -> str | None:
    named = [c for c in currencies if c]
    return named[0] if len(named) == 1 else None
