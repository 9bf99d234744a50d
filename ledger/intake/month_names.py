"""Names and abbreviations of the months in the 24 official languages of the Union, from CLDR through Babel.

Names are compared in lower case without accents and full stops. Some stand for two months ("listopad" is October in
Croatian, November in Czech and Polish), so every name keeps its languages.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

LANGUAGES = (
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr",
    "hu", "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv",
)  # fmt: skip


def fold(name: str) -> str:
    """Lower case, no accents, no full stops: what month names are compared by."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c) and c != ".").strip()


@lru_cache(maxsize=1)
def month_names() -> dict[str, dict[int, frozenset[str]]]:
    """Folded name -> {month 1..12: languages that use it so}. Loads Babel on the first call."""
    from babel import Locale

    found: dict[str, dict[int, set[str]]] = {}
    for language in LANGUAGES:
        locale = Locale(language)
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for month, name in locale.months[context][width].items():
                    folded = fold(str(name))
                    if len(folded) >= 2 and not folded.isdigit():
                        found.setdefault(folded, {}).setdefault(month, set()).add(language)
    _add_english_style(found)
    return {name: {m: frozenset(langs) for m, langs in months.items()} for name, months in found.items()}


def _add_english_style(found: dict[str, dict[int, set[str]]]) -> None:
    """Abbreviations that spreadsheets use and CLDR has no more."""
    for month, name in ((9, "sep"), (9, "sept"), (3, "mrz"), (3, "maerz"), (1, "janner"), (6, "jun"), (7, "jul")):
        language = "en" if name in ("sep", "sept", "jun", "jul") else "de"
        found.setdefault(name, {}).setdefault(month, set()).add(language)


def months_named(name: str, language: str | None = None) -> dict[int, frozenset[str]]:
    """Months that a word may mean, with the languages; narrowed to one language where that one uses the word."""
    months = month_names().get(fold(name), {})
    if language:
        narrowed = {m: langs for m, langs in months.items() if language in langs}
        return narrowed or months
    return months
