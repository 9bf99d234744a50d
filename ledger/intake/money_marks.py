"""Which currency and unit an amount column is in, from all that the sheet shows, and where that stands.

A header, a number format, the signs in the cells, a currency column and a title above the table are asked in this
order; what contradicts is told as a conflict, and what is not stated anywhere stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.intake.numbers import NumberDecision
from ledger.intake.units import currencies_in_text, names_krone, unit_from_text, unit_suspect

#: Share of the numeric cells whose number format must name a currency before the column is taken to be in it.
_FORMATTED = 0.5


@dataclass(frozen=True, slots=True)
class CurrencySeen:
    """The currency of a column: one `code`, or several `codes` that each cell states by itself, or nothing.

    `conflict`: signs that contradict each other, so that no cell can be trusted.
    """

    code: str | None = None
    codes: tuple[str, ...] = ()
    evidence: str = ""
    conflict: tuple[str, ...] = ()
    #: the row's own currency column says it
    by_column: bool = False
    #: the currency of each cell by row, where only its number format says it
    by_row: Mapping[int, str] = field(default_factory=dict)
    #: the codes that stand in that column, where they are known
    column_codes: tuple[str, ...] = ()
    #: "kr" alone is written, and the language of the header says whose
    by_language: bool = False

    @property
    def shown(self) -> str | list[str] | None:
        """As it stands in JSON: a code, a list of codes, or None."""
        if len(self.column_codes) == 1:
            return self.code or self.column_codes[0]
        return self.code or list(self.codes or self.column_codes) or None


@dataclass(frozen=True, slots=True)
class UnitSeen:
    """The unit of a column: 1, 1000 …; None where the stated one does not fit the amounts (`suspect` says why)."""

    factor: int | None = 1
    evidence: str = ""
    suspect: str = ""
    stated: int | None = None


def currency_of(
    heading: str,
    decision: NumberDecision,
    formats: Mapping[str, int],
    *,
    titles: Sequence[str],
    labels: Sequence[str],
    stated: str | None,
    has_column: bool,
    rows: Mapping[int, str],
    column_codes: Sequence[str] = (),
    krone: tuple[str, str] | None = None,
) -> CurrencySeen:
    """The currency of a column.

    `stated` is what --set says; `labels` are those of the total rows; `has_column`: the rows have a currency column;
    `rows` is the currency that the number format of each cell names; `column_codes` is what the currency column holds;
    `krone` is the currency that "kr" means in the language of the header, and that language.
    """
    signed = {name: count for name, count in decision.currencies.items() if name}
    bare = decision.currencies.get("", 0) + decision.counts.get("typed", 0)
    header = currencies_in_text(heading)
    formatted = _formatted(formats)
    # What is stated speaks where the file is silent: cells that name several currencies keep their own.
    if not header and not signed and len(formatted) > 1 and rows:
        return CurrencySeen(
            codes=tuple(sorted(formatted)), by_row=rows,
            evidence=f"currency: the number format of each cell says it ({', '.join(sorted(formatted))})",
        )  # fmt: skip
    if stated:
        return CurrencySeen(stated, evidence=f"currency: {stated} was stated")
    if len(signed) > 1:
        if bare or len(header) > 1:
            return CurrencySeen(conflict=tuple(signed), evidence="currency: several in the cells, and none in some")
        return CurrencySeen(codes=tuple(sorted(signed)), evidence=f"currency: each cell says its own ({_list(signed)})")
    seen = dict.fromkeys([*header, *formatted, *signed])
    if len(seen) > 1:
        return CurrencySeen(conflict=tuple(seen), evidence=f"currency: the column points to {_list(seen)}")
    if seen:
        code = next(iter(seen))
        places = [
            name for name, found in (("header", header), ("number format", formatted), ("cells", signed)) if found
        ]
        return CurrencySeen(code, evidence=f"currency: {code} in {' and '.join(places)}")
    if has_column:
        return CurrencySeen(
            evidence="currency: the rows say it in a column of their own",
            by_column=True,
            column_codes=tuple(column_codes),
        )
    if krone and (place := _krone_place(heading, formats, titles)):
        code, language = krone
        return CurrencySeen(
            code, evidence=f"currency: kr in {place}; {code}, for the header is {language}", by_language=True
        )
    return _outside_the_rows(titles, labels)


def _outside_the_rows(titles: Sequence[str], labels: Sequence[str]) -> CurrencySeen:
    """The currency that a title or the label of a total names."""
    for place, texts in (("the title", titles), ("the label of a total", labels)):
        named = dict.fromkeys(code for text in texts for code in currencies_in_text(text))
        if len(named) == 1:
            code = next(iter(named))
            return CurrencySeen(code, evidence=f"currency: {code} in {place}")
        if named:
            return CurrencySeen(conflict=tuple(named), evidence=f"currency: {place} names {_list(named)}")
    return CurrencySeen(evidence="currency: stated nowhere")


def _krone_place(heading: str, formats: Mapping[str, int], titles: Sequence[str]) -> str | None:
    """Where "kr" is written; a title counts only where it names no currency besides."""
    if names_krone(heading):
        return "header"
    if formats and sum(n for code, n in formats.items() if names_krone(code)) >= _FORMATTED * sum(formats.values()):
        return "number format"
    if any(map(names_krone, titles)) and not any(map(currencies_in_text, titles)):
        return "the title"
    return None


def _formatted(formats: Mapping[str, int]) -> list[str]:
    """The currencies of the number formats that most cells have; all of them where there are several."""
    cells = sum(formats.values())
    named = {code: count for code, count in formats.items() if currencies_in_text(code)}
    if not cells or sum(named.values()) < _FORMATTED * cells:
        return []
    return list(dict.fromkeys(name for code in named for name in currencies_in_text(code)))


def _list(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names))


def unit_of(heading: str, titles: Sequence[str], decision: NumberDecision, stated: int | None) -> UnitSeen:
    """The unit of a column: what --set says, the header, a title; tested against the size of the amounts."""
    told = [(found, "header")] if (found := unit_from_text(heading)) else []
    if not told:
        told = [(found, "title") for title in titles if (found := unit_from_text(title))]
    factors = {factor for (factor, _), _ in told}
    if stated:
        return UnitSeen(stated, f"unit: {stated:,} was stated", stated=stated)
    if len(factors) > 1:
        return UnitSeen(None, "unit: the titles name several", "the titles name several units", None)
    if not factors:
        return UnitSeen(1, suspect=unit_suspect(1, decision.magnitudes) or "")
    (factor, words), place = told[0]
    reason = unit_suspect(factor, decision.magnitudes)
    if reason:
        return UnitSeen(None, f"unit: {words!r} in the {place} does not fit", reason, factor)
    return UnitSeen(factor, f"unit: {factor:,}, for {words!r} in the {place}", stated=factor)
