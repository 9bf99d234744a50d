"""Items without a common key that look alike: proposals, each with its score and reasons. Nothing is merged by them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.reconcile.comparison.folding import folded
from ledger.reconcile.comparison.model import Item, Measure, Proposal

#: Below this score two items are not proposed as the same.
LEAST: Final = 75
#: What each part weighs where both sides state it.
_WEIGHTS: Final = {"title": 45, "beneficiary": 20, "amount": 20, "dates": 10, "place": 5}
#: Items that are scored for one item, those that are met before that, and how often a sign may occur to lead to them.
_CANDIDATES, _MET, _COMMON = 10, 200, 400
#: The rarest signs of an item that lead to others.
_SIGNS_USED = 8
#: What a title loses that is alike but for its numbers.
_OTHER_NUMBERS = 25
_DATES = ("start_date", "end_date", "decision_date")
_PLACES = ("country", "location", "nuts", "postcode", "city")


def propose(left: Sequence[Item], right: Sequence[Item], measures: Sequence[Measure]) -> list[Proposal]:
    """Pairs of items that look alike, best first; each item is in one pair at most.

    A pair is tied where one of its items fits another one as well. Each item is scored against the few that share its
    rarest signs (words, amounts, dates), so that 20,000 against 20,000 take seconds.
    """
    ours, theirs = [_Seen.of(item, measures) for item in left], [_Seen.of(item, measures) for item in right]
    scored: list[tuple[int, tuple[str, ...], int, int]] = []
    for i, j in _candidates(ours, theirs):
        score, reasons = _score(ours[i], theirs[j])
        if score >= LEAST:
            scored.append((score, reasons, i, j))
    best: dict[tuple[int, int], list[int]] = defaultdict(list)
    for score, _, i, j in scored:
        best[0, i].append(score)
        best[1, j].append(score)
    scored.sort(key=lambda one: (-one[0], ours[one[2]].item.ref, theirs[one[3]].item.ref, one[2], one[3]))
    taken: set[tuple[int, int]] = set()
    found = []
    for score, reasons, i, j in scored:
        if (0, i) not in taken and (1, j) not in taken:
            taken |= {(0, i), (1, j)}
            tied = best[0, i].count(score) > 1 or best[1, j].count(score) > 1
            found.append(Proposal(ours[i].item, theirs[j].item, score, reasons, tied))
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """An item with its texts folded and its days as numbers."""

    item: Item
    title: str
    numbers: tuple[str, ...]
    beneficiary: str
    money: tuple[int, ...]
    days: dict[str, int]
    places: dict[str, str]

    @classmethod
    def of(cls, item: Item, measures: Sequence[Measure]) -> _Seen:
        fields = item.fields
        title = folded(fields.get("title", ""))
        return cls(
            item,
            title,
            tuple(sorted(word for word in title.split() if any(map(str.isdigit, word)))),
            folded(fields.get("beneficiary", "")),
            tuple(item.minor(measure) for measure in measures),
            {name: date.fromisoformat(fields[name]).toordinal() for name in _DATES if fields.get(name)},
            {name: folded(fields[name]) for name in _PLACES if fields.get(name)},
        )

    def signs(self) -> set[str]:
        """What leads to items that may be the same."""
        words = {word for word in (*self.title.split(), *self.beneficiary.split()) if len(word) > 2}
        amounts = {f"={at}:{minor}" for at, minor in enumerate(self.money) if minor}
        dates = {f"@{day}" for day in self.days.values()}
        whole = {f"#{self.title}"} if self.title else set()
        return words | amounts | dates | whole


def _candidates(left: Sequence[_Seen], right: Sequence[_Seen]) -> Iterator[tuple[int, int]]:
    """The pairs worth scoring."""
    seen = [[one.signs() for one in side] for side in (left, right)]
    often = Counter(sign for side in seen for signs in side for sign in signs)
    where: dict[str, list[int]] = defaultdict(list)
    for j, signs in enumerate(seen[1]):
        for sign in signs:
            if often[sign] <= _COMMON:
                where[sign].append(j)
    for i, signs in enumerate(seen[0]):
        hits: Counter[int] = Counter()
        rare = sorted((sign for sign in signs if sign in where), key=lambda sign: (often[sign], sign))
        for sign in rare[:_SIGNS_USED]:
            for j in where[sign]:
                hits[j] += _COMMON // often[sign]
            if len(hits) > _MET:
                break
        for j, _ in sorted(hits.items(), key=lambda hit: (-hit[1], right[hit[0]].item.ref))[:_CANDIDATES]:
            yield i, j


def _score(one: _Seen, other: _Seen) -> tuple[int, tuple[str, ...]]:
    """0 to 100 over what both state, and why; two items need more in common than money or dates alone."""
    from rapidfuzz import fuzz

    parts: dict[str, tuple[int, str]] = {}
    if one.title and other.title:
        parts["title"] = _titles(one, other, round(fuzz.token_sort_ratio(one.title, other.title)))
    if one.beneficiary and other.beneficiary:
        parts["beneficiary"] = _texts("beneficiary", round(fuzz.token_set_ratio(one.beneficiary, other.beneficiary)))
    if not parts or max(value for value, _ in parts.values()) < 60:
        return 0, ()
    if any(one.money) and any(other.money):
        parts["amount"] = _amounts(one.money, other.money)
    further = {"dates": _dates(one.days, other.days), "place": _places(one.places, other.places)}
    parts |= {name: judged for name, judged in further.items() if judged is not None}
    weight = sum(_WEIGHTS[name] for name in parts)
    score = sum(value * _WEIGHTS[name] for name, (value, _) in parts.items()) // weight
    # Little that both state proves little.
    return min(score, 60 + weight), tuple(reason for _, reason in parts.values())


def _titles(one: _Seen, other: _Seen, value: int) -> tuple[int, str]:
    """`Phase 1` and `Phase 2` are two projects, however alike."""
    if one.numbers != other.numbers:
        return max(value - _OTHER_NUMBERS, 0), f"title {value} % alike, with other numbers"
    return _texts("title", value)


def _texts(name: str, value: int) -> tuple[int, str]:
    return value, f"{name} the same" if value == 100 else f"{name} {value} % alike"


def _amounts(one: Sequence[int], other: Sequence[int]) -> tuple[int, str]:
    if one == other:
        return 100, "amounts equal"
    larger, apart = max(sum(one), sum(other)), abs(sum(one) - sum(other))
    # A third apart is no likeness at all.
    value = 100 - min(100, 300 * apart // larger) if larger else 0
    return min(value, 99), f"amounts {'apart' if value < 50 else 'near'}"


def _dates(one: Mapping[str, int], other: Mapping[str, int]) -> tuple[int, str] | None:
    values = [max(0, 100 - abs(day - other[name])) for name, day in one.items() if name in other]
    if not values:
        return None
    value = sum(values) // len(values)
    return value, "dates equal" if value == 100 else "dates near" if value >= 50 else "dates apart"


def _places(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[int, str] | None:
    same = [place == other[name] for name, place in one.items() if name in other]
    if not same:
        return None
    value = 100 * sum(same) // len(same)
    return value, "place the same" if value == 100 else "place partly the same" if value else "place different"
