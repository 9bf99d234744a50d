"""Names of countries to codes, exactly: many spellings of one name are one, but nothing is ever guessed by likeness.

The canonical code is ISO 3166-1 alpha-2 with XK for Kosovo (user-assigned, as the Union's institutions use it). The
Interinstitutional Style Guide writes EL for Greece and UK for the United Kingdom; both are taken and both can be given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

_EC_TO_ISO: Final = {"EL": "GR", "UK": "GB"}
_ISO_TO_EC: Final = {iso: ec for ec, iso in _EC_TO_ISO.items()}

#: Names that must not lose their "Republic of": what is left would be another country's name.
_KEEP_WHOLE: Final = frozenset({"republic of china", "china republic of"})

_FOOTNOTE = re.compile(
    r"[*†‡§]+|\(\s*(?:\d{1,2}|[*†‡]+|[a-z]|unscr[^)]*)\s*\)|\[\s*(?:\d{1,2}|[a-z])\s*\]", re.IGNORECASE
)
_APOSTROPHE = re.compile(r"['\u2018\u2019\u201b\u02bc\u00b4`\u2032]")
_GAP = re.compile(r"[\s\u00a0\u202f_\-\u2010-\u2015\u2212,]+")
_HARD_BREAK = re.compile(r"[;|\n\r]+")
_SOFT_BREAK = re.compile(
    r"\s*,\s*(?:and\s+)?|\s*/\s*|\s*\+\s*|\s+[-\u2013\u2014]\s+|\s*&\s*"
    r"|\s+(?:and|et|und|e|ed|y|i|en|och|og|ja|oraz|és|și|si|u)\s+",
    re.IGNORECASE,
)


def to_iso(code: str) -> str:
    """ISO 3166-1 code of an EC or ISO code: EL -> GR, UK -> GB, others as they are."""
    return _EC_TO_ISO.get(code, code)


def to_ec(code: str) -> str:
    """Code as the Union's institutions write it: GR -> EL, GB -> UK, others as they are."""
    return _ISO_TO_EC.get(code, code)


def normalise(text: str) -> str:
    """A name without what varies in print: case, accents, apostrophes, dashes, footnote marks, a leading "the".

    "The Gambia" -> "gambia", "Kosovo*" -> "kosovo", "Côte d\u2019Ivoire" -> "cote divoire".
    """
    text = _APOSTROPHE.sub("", _FOOTNOTE.sub(" ", text))
    letters = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    # The dotless i (Türkıye typed on a Turkish keyboard) has no decomposition; casefold leaves it alone as well.
    folded = letters.casefold().replace("ı", "i").replace(".", "").replace("&", " and ")
    return _GAP.sub(" ", folded).strip().removeprefix("the ")


def _shorter(name: str) -> Iterator[str]:
    """A normalised name, then without a glued footnote number, then without "Republic of" before or behind."""
    yield name
    plain = re.sub(r"(?<=[a-z])\s?\d{1,2}$", "", name)
    if plain != name:
        yield plain
    if plain in _KEEP_WHOLE:
        return
    bare = re.sub(r"^republic of (?:the )?| ?\(republic of(?: the)?\)$| republic of(?: the)?$", "", plain)
    if bare != plain:
        yield bare


class CountryNames:
    """A dictionary of country names and codes, made from (alias, code) pairs that the caller loads.

    Codes are taken in capitals only ("no" and "in" are words, "NO" and "IN" are countries); so are aliases of two or
    three capital letters (TUN, USA). Any other alias is compared after `normalise`. Every code is an alias of itself.
    An alias given for two different countries resolves to neither, and stands in `ambiguous`.
    """

    __slots__ = ("_codes", "_names", "ambiguous")

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        codes: dict[str, set[str]] = {}
        names: dict[str, set[str]] = {}
        for alias, code in pairs:
            iso = to_iso(code.strip())
            for own in (iso, to_ec(iso)):
                codes.setdefault(own, set()).add(iso)
            short = alias.strip()
            if re.fullmatch(r"[A-Z]{2,3}", short):
                codes.setdefault(short, set()).add(iso)
            elif name := normalise(alias):
                names.setdefault(name, set()).add(iso)
        #: Aliases (normalised names or short codes) that more than one country claims.
        self.ambiguous: frozenset[str] = frozenset(
            alias for table in (codes, names) for alias, claims in table.items() if len(claims) > 1
        )
        self._codes = {alias: claims.pop() for alias, claims in codes.items() if len(claims) == 1}
        self._names = {alias: claims.pop() for alias, claims in names.items() if len(claims) == 1}

    def resolve(self, text: str) -> str | None:
        """ISO code of one country's name or code, or None when it is not known for certain."""
        short = _FOOTNOTE.sub("", text).strip()
        if short in self._codes:
            return self._codes[short]
        if short in self.ambiguous:
            return None
        for name in _shorter(normalise(text)):
            if name in self.ambiguous:
                return None
            if name in self._names:
                return self._names[name]
        return None

    def resolve_many(self, text: str) -> list[str] | None:
        """ISO codes of all the countries in one cell, each once, in the order written; None if any part is unknown.

        Parts stand between ; | / , + dashes with spaces, "and" in the Union's larger languages. Names that hold such a
        sign themselves ("Bosnia and Herzegovina", "Congo, Republic of the") are kept whole: the reading with the fewest
        names counts, and where two such readings differ the answer is None.
        """
        found: list[str] = []
        for part in _HARD_BREAK.split(text):
            if not part.strip():
                continue
            codes = self._segment(part)
            if codes is None:
                return None
            found.extend(codes)
        return list(dict.fromkeys(found)) or None

    def _segment(self, text: str) -> tuple[str, ...] | None:
        """The fewest names that the text is made of; None if there is no such reading, or more than one."""
        breaks = [(0, 0), *(match.span() for match in _SOFT_BREAK.finditer(text)), (len(text), len(text))]
        # best[i]: the shortest readings of the text before break i.
        best: list[set[tuple[str, ...]]] = [{()}, *(set() for _ in breaks[1:])]
        for end in range(1, len(breaks)):
            readings: set[tuple[str, ...]] = set()
            for start in range(end):
                if best[start] and (code := self.resolve(text[breaks[start][1] : breaks[end][0]])):
                    readings |= {(*before, code) for before in best[start]}
            fewest = min(map(len, readings), default=0)
            best[end] = {reading for reading in readings if len(reading) == fewest}
        return next(iter(best[-1])) if len(best[-1]) == 1 else None
