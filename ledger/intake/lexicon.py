"""Header words in the official languages of the Union, and which field a header means.

The words are `imports/codelists/header-terms.csv`: field, language (`mul`: any), term, weight (0 to 1), match (`whole`:
only where the term is the whole header). A `*` at the end or start of a word stands for any ending or beginning. A field
that starts with `@` is a mark: a building block (`@eu`, `@paid`, `@without`, …) from which the meaning of an amount
column is put together, so that "Projektui išmokėta lėšų ES dalis" needs no entry of its own.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from ledger import shipped

#: Field of a match that says: known wording, but none of our fields ("number of contracts").
IGNORED = "@ignore"

MONEY_FIELDS = frozenset(
    [
        "total_cost",
        "eu_contribution",
        "national_public",
        "public_contribution",
        "private",
        "other_contribution",
        "contracted",
        "declared",
        "paid",
    ]
)

#: Stages and exclusions that a group heading gives to the amounts below it.
_OF_THE_GROUP = frozenset({"paid", "contracted", "declared", "excluded", "count", "ineligible"})

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "№": " nr ", "þ": "th"}
)
_SEPARATORS = re.compile(r"\s*[/|;:=]\s*|\s+[-–—]\s+")
_BRACKETS = re.compile(r"[(\[{]([^)\]}]*)[)\]}]?")
#: Weight of a word in the share of a header that a term covers: project, operation … say little.
_OWNER_WEIGHT, _STOP_WEIGHT = 0.3, 0.02
#: Marks that say whose money an amount is, or at which stage. An amount that says neither, beside words that nobody
#: knows ("Contribution Interalp"), is believed so little that it is no column of ours and only asked about.
_NAMES_THE_MONEY = frozenset(
    ["eu", "national", "public", "private", "own", "paid", "contracted", "declared", "eligible", "rate", "cost"]
)
UNNAMED = 0.46
#: Score of the beneficiary's share where only "Beneficiary" stands below a heading of money: too little to be booked.
_PAYER = 0.56
#: What sorts projects; a column under a heading of money ("Funding") is hardly one of them.
_SORTS = frozenset(["specific_objective", "priority", "theme", "intervention_type", "status"])
#: A header longer than this is a text, not a header.
LONGEST_HEADER = 400


class Match(NamedTuple):
    """A field that a header can mean; score 0 to 1; the term and its language say why (`marks …` where composed)."""

    field: str
    score: float
    term: str
    language: str


@dataclass(frozen=True, slots=True)
class _Term:
    field: str
    language: str
    text: str
    words: tuple[str, ...]
    weight: float
    whole: bool


@lru_cache(maxsize=50_000)
def plain_words(text: str) -> tuple[str, ...]:
    """The words of a header without case, accents and punctuation.

    `camelCase` and `snake_case` come apart; `%` is a word.
    """
    bare = text
    if not text.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    bare = re.sub(r"(?i)\bde-(?=commit|oblig)", "de", bare)  # "de" alone is a stop word
    bare = re.sub(r"(?<=[a-z])(?=[A-Z][a-z]|[A-Z]+(?![a-z]))", " ", bare)
    bare = bare.casefold().translate(_LETTERS)
    return tuple(re.findall(r"[^\W_]+|%", bare))


def _fits(pattern: str, word: str) -> bool:
    if pattern.endswith("*"):
        return word.startswith(pattern[:-1])
    return word.endswith(pattern[1:]) if pattern.startswith("*") else word == pattern


@dataclass(slots=True)
class _Index:
    """Terms by a word that they must contain, so that a header meets only few of them."""

    exact: dict[str, list[_Term]] = field(default_factory=dict)
    starts: dict[str, list[_Term]] = field(default_factory=dict)
    ends: dict[str, list[_Term]] = field(default_factory=dict)

    def add(self, term: _Term) -> None:
        word = max(term.words, key=lambda w: (not w.endswith("*") and not w.startswith("*"), len(w)))
        if word.endswith("*"):
            self.starts.setdefault(word[:-1][:3], []).append(term)
        elif word.startswith("*"):
            self.ends.setdefault(word[1:][-3:], []).append(term)
        else:
            self.exact.setdefault(word, []).append(term)

    def near(self, words: Iterable[str]) -> Iterator[_Term]:
        for word in dict.fromkeys(words):
            yield from self.exact.get(word, ())
            for length in (2, 3):
                yield from self.starts.get(word[:length], ()) if len(word) >= length else ()
            yield from self.ends.get(word[-3:], ())


class Lexicon:
    """Header words of one list, ready to be matched. Answers are remembered: a header comes up many times."""

    def __init__(self, rows: Iterable[dict[str, str]]) -> None:
        """Take the rows of the list (keys as in its first line)."""
        self._terms, self._marks = _Index(), _Index()
        self._labels: dict[str, set[tuple[str, ...]]] = {}
        self._stop: set[str] = set()
        self._money_words: set[str] = set()
        self._owners: list[str] = []
        kept = list(rows)
        for row in kept:
            words = tuple(row["term"].split()) if "%" in row["term"] else _pattern_words(row["term"])
            if row["field"] == "@stop":
                self._stop.update(words)
            elif row["field"] == "@currencyword":
                self._money_words.update(words)
            elif row["field"] in ("@owner", "@entity"):
                self._owners += words
            row["_words"] = " ".join(words)
        for row in kept:
            self._take(row)
        self._cache: dict[tuple[str, str, str | None], list[Match]] = {}
        self._known_marks: dict[tuple[str, ...], frozenset[str]] = {}

    def _take(self, row: dict[str, str]) -> None:
        words = tuple(row["_words"].split())
        name = row["field"]
        if name in ("@stop", "@currencyword") or not words:
            return
        if name.startswith("@row_") or name in ("@section", "@name_of_eu"):
            self._labels.setdefault(name, set()).add(words)
            return
        if not (name.startswith("@") and name != IGNORED):
            words = self._content(words)
        term = _Term(name, row["language"], row["term"], words, float(row["weight"]), row["match"] == "whole")
        (self._marks if name.startswith("@") and name != IGNORED else self._terms).add(term)

    @classmethod
    def load(cls, folder: Traversable | Path | None = None) -> Lexicon:
        """The shipped list, or `header-terms.csv` of another folder."""
        return _shipped() if folder is None else cls(_read(folder))

    # --- matching ------------------------------------------------------------------------------------------------
    def match(self, header: str, language_hint: str | None = None, *, group: str = "") -> list[Match]:
        """Fields that a header can mean, likeliest first, each field once.

        `group` is the heading that stands above several columns ("Amount paid" over "Total" and "EU"). A wording in
        the hinted language goes a little before the same one in another.
        """
        key = header, group, language_hint
        if key not in self._cache:
            self._cache[key] = self._match(header, group, language_hint)
        return self._cache[key]

    def _match(self, header: str, group: str, hint: str | None) -> list[Match]:
        if not header.strip() or len(header) > LONGEST_HEADER:
            return []
        found: dict[str, list[Match]] = {}
        segments = _segments(header)
        for text, factor in segments:
            for match in self._match_segment(text, hint):
                found.setdefault(match.field, []).append(match._replace(score=match.score * factor))
        if group:
            if self.marks(plain_words(group)) & _OF_THE_GROUP:
                # "EU" under "Amount paid" is no EU contribution of its own.
                found = {
                    n: [m._replace(score=m.score * (0.7 if n in MONEY_FIELDS else 1)) for m in ms]
                    for n, ms in found.items()
                }
            heading, own = plain_words(group), plain_words(header)
            if self.marks(heading) & {"support", "cost", "amount"}:
                # "OE" under "Funding" is the State's budget, not a specific objective.
                found = {
                    n: [m._replace(score=m.score * (0.4 if n in _SORTS else 1)) for m in ms] for n, ms in found.items()
                }
                payer = [m for m in found.get("beneficiary", []) if m.score > 0.9]
                if payer and not self.marks(heading) & _OF_THE_GROUP:  # "Financing plan | Beneficiary", if an amount
                    found.setdefault("other_contribution", []).append(
                        payer[0]._replace(field="other_contribution", score=_PAYER)
                    )
            for match in self._compose(heading + own, own):
                found.setdefault(match.field, []).append(match)
            if not found and not self.marks(plain_words(header)) & {"rate", "count"}:
                found = {m.field: [m._replace(score=m.score * 0.6)] for m in self.match(group, hint)}
        best = []
        for matches in found.values():
            top = max(matches, key=lambda m: m.score)
            agreeing = len({m.language for m in matches if m.score > 0.8}) > 1
            best.append(top._replace(score=min(1.0, top.score + 0.02 * agreeing)))
        return sorted(best, key=lambda m: (-m.score, m.field))

    def _match_segment(self, text: str, hint: str | None) -> list[Match]:
        words = plain_words(text)
        if not words:
            return []
        composed = self._compose(words)
        content = self._content(words)
        total = sum(map(self._weight, content)) or 1.0
        marks = self.marks(words)
        found: dict[str, Match] = {m.field: m for m in composed}
        for term in self._terms.near(content):
            score = self._score(term, content, total)
            if score <= 0:
                continue
            if term.field in MONEY_FIELDS and score < 0.93 * term.weight:
                score *= self._doubt(term.field, composed, marks)
            elif term.field in ("beneficiary", "summary", "title") and score < 0.7 * term.weight:
                # "beneficiary's postcode" is a postcode, "measure description" no description of the project
                score *= 0.6
            score += 0.02 * (term.language == hint)
            if term.field not in found or score > found[term.field].score:
                found[term.field] = Match(term.field, min(1.0, score), term.text, term.language)
        return list(found.values())

    @staticmethod
    def _doubt(name: str, composed: list[Match], marks: frozenset[str]) -> float:
        """How far a term that is only part of a header is believed when the other words say something else."""
        if marks & {"count", "excluded", "ineligible", "rate"} or ("planned" in marks and name in ("paid", "declared")):
            return 0.4
        amounts = [m for m in composed if m.field in MONEY_FIELDS]
        return 0.6 if amounts and max(amounts, key=lambda m: m.score).field != name else 0.9

    def _score(self, term: _Term, content: tuple[str, ...], total: float) -> float:
        spans = _find(term.words, content)
        if spans is None:
            return 0.0
        indexes, in_order = spans
        covered = min(1.0, sum(self._weight(content[i]) for i in indexes) / total)
        bare = [w for w in content if not w.isdigit()]
        if covered > 0.999 and in_order and len(indexes) >= len(bare):
            return term.weight * (0.98 + min(len(indexes), 10) * 0.002)
        if term.whole:
            return 0.0
        return term.weight * ((0.25 if in_order else 0.15) + 0.62 * covered)

    def _content(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The words that carry meaning; all of them where none would be left."""
        kept = tuple(w for w in words if w not in self._stop and w not in self._money_words)
        return kept or words

    def _weight(self, word: str) -> float:
        if word.isdigit():
            return 0.0
        if word in self._stop or len(word) == 1:
            return _STOP_WEIGHT
        return _OWNER_WEIGHT if any(_fits(p, word) for p in self._owners if p[:2] == word[:2]) else 1.0

    # --- marks ---------------------------------------------------------------------------------------------------
    def marks(self, words: tuple[str, ...]) -> frozenset[str]:
        """The building blocks in a header, without their `@`."""
        if words not in self._known_marks:
            self._known_marks[words] = frozenset(
                term.field[1:] for term in self._marks.near(words) if _find(term.words, words, ordered_only=True)
            )
        return self._known_marks[words]

    def _compose(self, words: tuple[str, ...], under: tuple[str, ...] | None = None) -> list[Match]:
        """Meanings put together from marks; `under` are the words of the header itself where a group stands over it."""
        grouped = under is not None
        marks = self.marks(words)
        if under is not None and "cost" in (own := self.marks(under)) and "support" not in own:
            marks -= {"support"}  # "Financing | Total cost" is a cost
        reason = "marks " + "+".join(sorted(marks))
        fields = dict(amount_meanings(marks))
        if fields and not marks & _NAMES_THE_MONEY and not self._is_known(words if under is None else under):
            fields = {name: min(score, UNNAMED) for name, score in fields.items()}
        if not grouped:
            for name, score in _plain_meanings(marks):
                fields[name] = max(score, fields.get(name, 0.0)) if self._is_all(words, marks) else score * 0.6
        return [Match(name, score - 0.05 * grouped, reason, "mul") for name, score in fields.items()]

    def _is_known(self, words: tuple[str, ...]) -> bool:
        """Whether every word that carries meaning is a mark of some kind or only says whose project it is."""
        patterns = [p for t in self._marks.near(words) for p in t.words]
        return all(w.isdigit() or len(w) == 1 or any(_fits(p, w) for p in patterns) for w in self._content(words))

    def _is_all(self, words: tuple[str, ...], marks: frozenset[str]) -> bool:
        """Whether every word that carries meaning is one of the marks."""
        plain = marks & {"owner", "name", "code", "date", "start", "end", "decision", "desc"}
        known = [t for t in self._marks.near(words) if t.field[1:] in plain]
        return all(any(_fits(p, w) for t in known for p in t.words) for w in self._content(words))

    # --- labels in rows ------------------------------------------------------------------------------------------
    def is_total_label(self, text: str) -> bool:
        """Whether a text is a word for a total and nothing else ("Summe", "Gesamt:", "TOTAL (EUR)")."""
        words = plain_words(text)
        return self._content(words) in self._labels["@row_total"] or words in self._labels["@row_total"]

    def total_of_what(self, text: str) -> tuple[str, ...] | None:
        """The words beside a word for a total that opens or closes a short text: "Total Axe 1" gives axe, 1.

        None where there is no such word.
        """
        words = plain_words(text)
        known = self._labels["@row_total"]
        for size in (3, 2, 1):
            for head, rest in ((words[:size], words[size:]), (words[-size:], words[:-size])):
                if head in known and rest and len(words) <= 10:
                    return rest
        return None

    def names_total(self, text: str, column_field: str | None = None) -> bool:
        """Whether a text is a total of something that we know: "Total Priority 1", "Summe EFRE", "Total 2.1".

        A word for a total beside any other word is not enough: companies are called Total, too. With the field of the
        column, the column's own name will do: "MS totals" among Member States.
        """
        rest = self.total_of_what(text)
        if rest is None:
            return False
        section = any(_begins(label, rest) for label in self._labels["@section"])
        known = column_field and any(m.field == column_field and m.score > 0.9 for m in self.match(" ".join(rest)))
        return bool(section or known or rest[-1].isdigit() or "eu" in self.marks(rest))

    def is_union_aggregate(self, text: str) -> bool:
        """Whether a text names the Member States together (EU28, EU-27): a sum among countries."""
        return plain_words(text) in self._labels["@name_of_eu"]

    def starts_with_note(self, text: str) -> bool:
        """Whether a text begins like a note: "Source: …", "Stand: 30.06.2016", "* …"."""
        if text.lstrip()[:1] in ("*", "¹", "†", "©"):
            return True
        words = plain_words(text)
        return any(_begins(label, words) for label in self._labels["@row_note"]) and (":" in text or len(words) > 2)

    def starts_with_section(self, text: str) -> bool:
        """Whether a text begins like the title of a section: "Priority 4", "Άξονας Προτεραιότητας 2 …"."""
        words = plain_words(text)
        return any(_begins(label, words) for label in self._labels["@section"])


def _begins(label: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return len(words) >= len(label) and all(map(_fits, label, words))


def amount_meanings(marks: frozenset[str]) -> list[tuple[str, float]]:
    """Fields of an amount column by the building blocks of its header, with scores; none where it is no amount of ours.

    The conventions: support whose EU share is not stated is `public_contribution`; once awarded it is `contracted`;
    eligible cost is `total_cost`; the EU part of a payment is `paid` with less belief, for the whole payment goes first.
    """
    money = marks & {"cost", "support", "amount", "total", "eligible", "paid", "contracted", "declared", "cofin"}
    if marks & {"count", "excluded", "ineligible"} or not (money or marks & {"eu", "public", "private", "own"}):
        return []
    if "rate" in marks:
        return [("eu_rate", 0.8 if marks & {"eu", "cofin"} else 0.6)] if marks & {"eu", "cofin", "support"} else []
    if "planned" in marks and marks & {"paid", "declared"}:
        return []  # a forecast of payments is no payment
    for stage in ("paid", "declared"):
        if stage in marks and not (stage == "declared" and "contracted" in marks):
            return [(stage, 0.6 if marks & {"eu", "national", "private"} else 0.8 + 0.05 * ("total" in marks))]
    if "without" in marks and marks & {"eu", "public"}:
        return [("national_public" if "public" in marks else "other_contribution", 0.8 if "public" in marks else 0.5)]
    return _by_basis(marks)


def _by_basis(marks: frozenset[str]) -> list[tuple[str, float]]:
    sources = marks & {"eu", "national", "private", "own"}
    if {"eu", "national"} <= sources or ({"national", "fundword"} <= marks and "statefund" not in marks):
        return [("public_contribution", 0.65)]
    if "eu" in sources:
        stated = 0.85 if marks & {"support", "amount", "cofin"} else 0.7
        return [("eu_contribution", min(stated, 0.78) if "contracted" in marks else stated)]
    if "private" in sources:
        return [("private", 0.8)] if "public" not in marks and "national" not in marks else []
    if "own" in sources:
        return [("other_contribution", 0.75)]
    if "national" in sources:
        return [("national_public", 0.8 if marks & {"support", "cofin", "amount", "public"} else 0.55)]
    return _by_kind(marks)


def _by_kind(marks: frozenset[str]) -> list[tuple[str, float]]:
    """The same where the header names no source of the money."""
    if "other" in marks:
        name = "national_public" if "public" in marks else "other_contribution"
        return [(name, 0.6)] if marks & {"support", "cofin"} else []
    if (
        marks & {"cost", "eligible"}
        and "public" not in marks
        and ("support" not in marks or {"cost", "eligible"} <= marks)
    ):
        return [("total_cost", 0.85 if marks & {"total", "eligible"} else 0.65)]
    if "contracted" in marks:
        return [
            ("contracted", 0.8 + 0.05 * ("total" in marks)),
            ("public_contribution", 0.6 if "support" in marks else 0.5),
        ]
    if "public" in marks or "support" in marks:
        # "Total funding" may hold private money, too.
        vague = "total" in marks and "public" not in marks
        return [("public_contribution", 0.5 if vague else 0.75), ("contracted", 0.45 if vague else 0.5)]
    if "cofin" in marks:
        return [("eu_contribution", 0.4)]
    return [("total_cost", 0.5 if "total" in marks else 0.48)]


def _plain_meanings(marks: frozenset[str]) -> Iterator[tuple[str, float]]:
    """Fields put together from "date" and "start", "name" and "project" and the like."""
    if {"date", "start"} <= marks or {"owner", "start"} <= marks:
        yield "start_date", 0.85
    if {"date", "end"} <= marks or {"owner", "end"} <= marks:
        yield "end_date", 0.85
    if {"date", "decision"} <= marks:
        yield "decision_date", 0.8
    if "owner" in marks and not marks & {"date", "start", "end", "decision", "count"}:
        for mark, name in (("desc", "summary"), ("name", "title"), ("code", "project_ref")):
            if mark in marks:
                yield name, 0.85
                return


def _find(
    pattern: tuple[str, ...], words: tuple[str, ...], *, ordered_only: bool = False
) -> tuple[tuple[int, ...], bool] | None:
    """Where a term stands in a header: word numbers, and whether they are one run in order."""
    size = len(pattern)
    first = pattern[0]
    for start in range(len(words) - size + 1):
        if _fits(first, words[start]) and all(_fits(pattern[i], words[start + i]) for i in range(1, size)):
            return tuple(range(start, start + size)), True
    if ordered_only or size < 2:
        return None
    places: list[int] = []
    for part in pattern:
        place = next((i for i, word in enumerate(words) if i not in places and _fits(part, word)), None)
        if place is None:
            return None
        places.append(place)
    return tuple(places), False


def _segments(header: str) -> list[tuple[str, float]]:
    """The parts of a header in several languages, each with and without its brackets; then the header as a whole."""
    parts = [p for p in _SEPARATORS.split(header) if p.strip()]
    out: dict[str, float] = {}
    for part in [*parts, header]:
        bare = _BRACKETS.sub(" ", part)
        out.setdefault(bare, 1.0)
        for inner in _BRACKETS.findall(part):
            out.setdefault(inner, 0.85)
            out.setdefault(part, 1.0)
    return [(text, factor) for text, factor in out.items() if text.strip()]


def _pattern_words(term: str) -> tuple[str, ...]:
    """The words of a term, its stars kept."""
    return tuple(
        "*"
        if raw == "*"
        else ("*" if raw.startswith("*") else "") + "".join(plain) + ("*" if raw.endswith("*") else "")
        for raw in term.split()
        for plain in ([()] if raw == "*" else _pieces(raw))
    )


def _pieces(raw: str) -> list[tuple[str, ...]]:
    return [(piece,) for piece in plain_words(raw.strip("*"))]


def _read(folder: Traversable | Path) -> list[dict[str, str]]:
    with (folder / "header-terms.csv").open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


@lru_cache(maxsize=1)
def _shipped() -> Lexicon:
    return Lexicon(_read(shipped.codelists()))
