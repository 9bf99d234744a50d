"""Which field each column of an unknown table is, from header words, the shapes of the columns and arithmetic.

A field goes to one column at most. A wrong amount column would be a silent error, so an amount field that two columns
claim equally well goes to neither, and the evidence says so; a text column that stays without a field costs little.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ledger.intake.cells import column_letter
from ledger.intake.column_shapes import ColumnShape
from ledger.intake.header_finder import ColumnHeader
from ledger.intake.lexicon import IGNORED, MONEY_FIELDS, UNNAMED, Lexicon, Match, plain_words
from ledger.intake.units import currency_from_text

#: The fields of a project row (DESIGN section 9).
PROJECT_FIELDS: frozenset[str] = frozenset(
    {
        "project_ref",
        "parent",
        "unit",
        "title",
        "summary",
        "beneficiary",
        "beneficiary_country",
        "country",
        "location",
        "nuts",
        "postcode",
        "city",
        "start_date",
        "end_date",
        "decision_date",
        "status",
        "total_cost",
        "eu_contribution",
        "national_public",
        "public_contribution",
        "private",
        "other_contribution",
        "eu_rate",
        "contracted",
        "declared",
        "paid",
        "currency",
        "fund",
        "programme",
        "priority",
        "specific_objective",
        "intervention_type",
        "theme",
        "call",
        "url",
        "year",
        "managing_authority",
    }
)

_DATES = frozenset({"start_date", "end_date", "decision_date"})
_WORDS = frozenset({"title", "beneficiary", "summary", "managing_authority", "city", "status", "programme", "fund"})
#: Below this a header says too little.
_ENOUGH = 0.45
#: Two amount columns whose headers claim a field this closely are rivals.
_RIVALS = 0.03
#: How far below its best meaning a column may be taken for another one.
_SLACK_MONEY, _SLACK = 0.12, 0.3
#: Rows in which an arithmetic relation has to hold before it is believed, and before it is doubted.
_HOLDS, _FAILS = 0.9, 0.5
#: Confidence of a total that arithmetic proves, and what its parts need for that.
_SURE, _BELIEVED = 0.9, 0.6


@dataclass(frozen=True, slots=True)
class ColumnAssignment:
    """A column and its field (None: left alone), how sure that is, why, and what else it could be."""

    index: int
    letter: str
    header: str
    field: str | None
    confidence: float
    evidence: tuple[str, ...]
    alternatives: tuple[str, ...] = ()
    #: True where the column is an amount that may be one of `alternatives`, and was left out because of that
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class _Claim:
    column: ColumnHeader
    match: Match
    score: float


def assign_fields(
    columns: Sequence[ColumnHeader],
    shapes: Mapping[int, ColumnShape],
    *,
    fields: Iterable[str] = PROJECT_FIELDS,
    hidden: Iterable[int] = (),
) -> list[ColumnAssignment]:
    """One assignment per column, in order.

    `fields` are those of the kind of record; columns in `hidden` (1-based) give way to visible ones. Columns without a
    shape are judged by their header alone.
    """
    allowed, veiled = frozenset(fields), frozenset(hidden)
    claims = {c.index: _claims(c, shapes.get(c.index), allowed, veiled=c.index in veiled) for c in columns}
    taken: dict[str, _Claim] = {}
    placed: set[int] = set()
    doubtful: dict[int, str] = {}
    everything = sorted(
        (claim for listed in claims.values() for claim in listed), key=lambda c: (-round(c.score, 2), c.column.index)
    )
    for next_best in everything:
        claim = next_best
        name = claim.match.field
        if claim.column.index in placed or claim.column.index in doubtful or name in taken:
            continue
        if name in MONEY_FIELDS:
            rivals = [
                other
                for other in everything
                if other.match.field == name
                and other.column.index not in placed
                and other.column.index != claim.column.index
                and claim.score - other.score < _RIVALS
                and claims[other.column.index][0].match.field == name
            ]
            winner = claim if not rivals else _settle([claim, *rivals], taken, shapes)
            if winner is None:
                doubtful |= {c.column.index: name for c in (claim, *rivals)}
                continue
            claim = winner
        taken[name] = claim
        placed.add(claim.column.index)
    if sum(s.is_amount for s in shapes.values()) != 1:  # the only amount of a table is what the table is about
        for name in [n for n, c in taken.items() if n in MONEY_FIELDS and c.match.score <= UNNAMED]:
            doubtful[taken.pop(name).column.index] = name
    made = [_made(c, claims[c.index], taken, doubtful.get(c.index), shapes.get(c.index)) for c in columns]
    return _check_arithmetic(_without_vague_totals(made), shapes)


def _claims(column: ColumnHeader, shape: ColumnShape | None, allowed: frozenset[str], *, veiled: bool) -> list[_Claim]:
    """The fields that a column can be, best first; none where its wording is known to be something else."""
    if shape is not None and column.header_text and shape.filled == 0:
        shape = None
    known = [m for m in column.matches if m.field in allowed and m.score >= _ENOUGH]
    ignored = max((m.score for m in column.matches if m.field == IGNORED), default=0.0)
    found = []
    for match in known:
        fit = _fit(match, shape, {m.field for m in known})
        score = match.score * fit - 0.1 * veiled
        if fit and score >= _ENOUGH - 0.1 * veiled:
            found.append(_Claim(column, match, score))
    found.sort(key=lambda c: -c.score)
    if not found or ignored > found[0].match.score - 0.005:
        return []
    best = found[0].score
    return [c for c in found if c.score >= best - (_SLACK_MONEY if c.match.field in MONEY_FIELDS else _SLACK)]


def _fit(match: Match, shape: ColumnShape | None, rivals: set[str]) -> float:
    """How well the values suit the field: 0 excludes it, 1 says nothing against it."""
    if shape is None:
        return 1.0
    name = match.field
    plain_number = shape.numeric >= 0.9 and shape.years < 0.5 and shape.dates < 0.5
    if name in MONEY_FIELDS:
        if not shape.is_amount or (shape.is_share and "eu_rate" in rivals):
            return 0.0
        return 1.0 if shape.numeric >= 0.9 else 0.9
    if name == "eu_rate":
        return 1.0 if shape.is_share and shape.numeric >= 0.7 else 0.0
    if name in _DATES:
        return 1.0 if shape.dates >= 0.6 or shape.years >= 0.6 else 0.0
    if name == "year":
        return 1.0 if shape.years >= 0.7 else 0.0
    if name in ("country", "beneficiary_country"):
        # One or two unknown names under a plain header ("England", "SLO") may be a country; many towns are not.
        return 1.0 if shape.countries >= 0.5 else 0.8 if shape.distinct <= 3 and match.score >= 0.95 else 0.0
    if name == "url":
        return 1.0 if shape.urls >= 0.3 else 0.5
    if name == "currency":
        return 1.0 if shape.currencies >= 0.8 else 0.0
    return _fit_text(name, shape, plain_number=plain_number)


def _fit_text(name: str, shape: ColumnShape, *, plain_number: bool) -> float:
    if name in _WORDS:
        typed = shape.texts < 0.5
        return 0.0 if plain_number and (typed or name != "programme") else 1.0
    if name == "nuts":
        return 0.0 if plain_number else 1.0
    if name == "postcode" and shape.nuts >= 0.5:
        return 0.0
    decimals = shape.numbers is not None and shape.numbers.decimals > 0 and plain_number
    negative = plain_number and bool(shape.amounts) and min(shape.amounts.values()) < 0
    coded = name in ("project_ref", "postcode", "location", "theme", "call")
    return 0.0 if negative or (decimals and coded) else 1.0


def _settle(rivals: Sequence[_Claim], taken: Mapping[str, _Claim], shapes: Mapping[int, ColumnShape]) -> _Claim | None:
    """The one of several equally worded amount columns that is meant, or None where nothing tells them apart."""
    in_euro = [c for c in rivals if currency_from_text(c.column.header_text) == "EUR"]
    named = [c for c in rivals if currency_from_text(c.column.header_text)]
    if len(in_euro) == 1 and len(named) == len(rivals):
        return in_euro[0]
    if rivals[0].match.field == "total_cost":
        parts = [taken[name] for name in ("eu_contribution", "national_public", "private") if name in taken]
        summed = [c for c in rivals if len(parts) > 1 and _sum_holds(parts, c, shapes) >= _HOLDS]
        if len(summed) == 1:
            return summed[0]
        whole = _whole_cost(rivals, shapes)
        if whole is not None:
            return whole
    values = [shapes[c.column.index].amounts for c in rivals if c.column.index in shapes]
    if len(values) == len(rivals) and values[0] and all(v == values[0] for v in values):
        return min(rivals, key=lambda c: c.column.index)
    return None


def _whole_cost(rivals: Sequence[_Claim], shapes: Mapping[int, ColumnShape]) -> _Claim | None:
    """The total cost among columns of which all others are its eligible part, by header and by the values."""
    lexicon = Lexicon.load()
    whole = [c for c in rivals if "eligible" not in lexicon.marks(plain_words(c.column.header_text))]
    if len(whole) != 1 or whole[0].column.index not in shapes:
        return None
    totals = shapes[whole[0].column.index].amounts
    for claim in rivals:
        part = shapes[claim.column.index].amounts if claim.column.index in shapes else {}
        rows = [r for r in part if r in totals]
        if len(rows) < 3 or any(part[r] > totals[r] + 1 for r in rows):
            return None
    return whole[0]


def _sum_holds(parts: Sequence[_Claim], whole: _Claim, shapes: Mapping[int, ColumnShape]) -> float:
    totals = shapes[whole.column.index].amounts if whole.column.index in shapes else {}
    columns = [shapes[p.column.index].amounts for p in parts if p.column.index in shapes]
    rows = [r for r in totals if all(r in c for c in columns)]
    if len(rows) < 3 or not columns:
        return 0.0
    return sum(abs(sum(c[r] for c in columns) - totals[r]) <= 1 for r in rows) / len(rows)


def _made(
    column: ColumnHeader,
    claims: Sequence[_Claim],
    taken: Mapping[str, _Claim],
    doubtful: str | None,
    shape: ColumnShape | None,
) -> ColumnAssignment:
    letter = column_letter(column.index)
    own = next((c for c in claims if taken.get(c.match.field) is c), None)
    others = tuple(c.match.field for c in claims if c is not own)
    if own is None:
        why: tuple[str, ...] = ()
        if doubtful:
            vague = claims[0].match.score <= UNNAMED
            alike = f"several columns are called {doubtful} alike, and nothing tells them apart"
            why = (f"perhaps {doubtful}, but the header does not say whose money it is" if vague else alike,)
        elif claims and claims[0].match.field in taken:
            winner = taken[claims[0].match.field].column.index
            why = (f"column {column_letter(winner)} is the better {claims[0].match.field}",)
        return ColumnAssignment(column.index, letter, column.header_text, None, 0.0, why, others, bool(doubtful))
    evidence = [f"header: {own.match.term!r} ({own.match.language}) means {own.match.field}"]
    if shape is not None and shape.filled:
        evidence.append(_describe(shape))
    confidence = round(min(0.99, own.score if shape is not None else own.score * 0.8), 2)
    return ColumnAssignment(
        column.index, letter, column.header_text, own.match.field, confidence, tuple(evidence), others
    )


def _describe(shape: ColumnShape) -> str:
    for share, what in (
        (shape.years, "years"),
        (shape.countries, "countries"),
        (shape.urls, "links"),
        (shape.numeric, "numbers"),
        (shape.dates, "dates"),
    ):
        if share >= 0.6:
            return f"values: {share:.0%} {what} of {shape.filled}"
    return f"values: texts, {shape.distinct} different of {shape.filled}"


def _without_vague_totals(made: list[ColumnAssignment]) -> list[ColumnAssignment]:
    """Leave out a "total funding" where private or other money has a column of its own: it may hold that as well."""
    if not {"private", "other_contribution"} & {a.field for a in made}:
        return made
    doubt = "may hold private money as well as public support"
    vague = {a.index for a in made if a.field == "public_contribution" and a.confidence < 0.6}
    return [_judged(a, doubt if a.index in vague else None, None) for a in made]


def _check_arithmetic(made: list[ColumnAssignment], shapes: Mapping[int, ColumnShape]) -> list[ColumnAssignment]:
    """Doubt a share that exceeds its total in most rows: one of the two is not what its header seems to say."""
    by_field = {a.field: a for a in made if a.field}
    total = by_field.get("total_cost")
    if total is None or total.index not in shapes:
        return made
    whole = shapes[total.index].amounts
    doubted: dict[int, str] = {}
    confirmed: dict[int, str] = {}
    for name in ("eu_contribution", "national_public", "private", "other_contribution"):
        part = by_field.get(name)
        if part is None or part.index not in shapes:
            continue
        values = shapes[part.index].amounts
        rows = [r for r in values if r in whole and values[r] > 0]
        if len(rows) < 5:
            continue
        held = sum(values[r] <= whole[r] * 101 / 100 + 1 for r in rows) / len(rows)
        if held < _FAILS:
            text = f"{part.letter} exceeds {total.letter} in {1 - held:.0%} of the rows"
            doubted |= {part.index: text, total.index: text}
        elif held >= _HOLDS:
            confirmed[part.index] = f"at most {total.letter} in {held:.0%} of the rows"
    return _sure_of_sums([_judged(a, doubted.get(a.index), confirmed.get(a.index)) for a in made], shapes)


def _sure_of_sums(made: list[ColumnAssignment], shapes: Mapping[int, ColumnShape]) -> list[ColumnAssignment]:
    """Believe a vaguely named total ("Kopā", "Amount") that is the sum of the sources of money beside it in every row."""
    parts = [a for a in made if a.field in ("eu_contribution", "national_public", "private", "other_contribution")]
    total = next((a for a in made if a.field == "total_cost" and a.confidence < _SURE), None)
    if total is None or len(parts) < 2 or any(a.index not in shapes or a.confidence < _BELIEVED for a in parts):
        return made
    whole, columns = shapes[total.index].amounts, [shapes[a.index].amounts for a in parts]
    if len(whole) < 5 or any(set(c) != set(whole) for c in columns):
        return made
    if any(abs(sum(c[r] for c in columns) - value) > 1 for r, value in whole.items()):
        return made
    letters = " + ".join(a.letter for a in parts)
    sure = replace(total, confidence=_SURE, evidence=(*total.evidence, f"{letters} = {total.letter} in every row"))
    return [sure if a is total else a for a in made]


def _judged(made: ColumnAssignment, doubt: str | None, support: str | None) -> ColumnAssignment:
    if doubt and made.field:
        evidence = (*made.evidence, doubt)
        alternatives = (made.field, *made.alternatives)
        return replace(made, field=None, confidence=0.0, evidence=evidence, alternatives=alternatives, ambiguous=True)
    return replace(made, evidence=(*made.evidence, support)) if support else made
