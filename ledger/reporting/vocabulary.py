"""The words of reports in each language, from `exports/words.csv`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from ledger import shipped
from ledger.reporting.safe_text import name_text

#: The languages that every shipped word is there in; the first is the one that stands in for what a report lacks.
LANGUAGES: Final = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language. A code that `exports/words.csv` lacks is a mistake of ours, never of a user."""

    lang: str
    _words: Mapping[str, str]

    def __call__(self, code: str, *filled: object) -> str:
        """The word of that code, its places `{}` filled in order."""
        return self._words[code].format(*filled) if filled else self._words[code]

    def of(self, texts: Mapping[str, Any]) -> Any:
        """What a declaration says in this language, else in the first."""
        return texts.get(self.lang, texts.get(LANGUAGES[0], ""))

    def group(self, prefix: str) -> dict[str, str]:
        """The words whose codes begin with `prefix.`, by the rest of their codes."""
        return {
            code.removeprefix(f"{prefix}."): word for code, word in self._words.items() if code.startswith(f"{prefix}.")
        }

    def prices(self, price_basis: str) -> str:
        """`current`, or `2018 prices`: never a bare number that a spreadsheet could take for one, and fit for a formula."""
        return self("mark.current") if price_basis == "current" else self("mark.prices", name_text(price_basis))

    def data(self, is_illustrative: bool) -> str:  # noqa: FBT001 - a value turned into its word
        """`recorded` or `illustrative`."""
        return self("mark.illustrative" if is_illustrative else "mark.recorded")


@cache
def vocabulary(lang: str = LANGUAGES[0]) -> Vocabulary:
    """The words of `lang`, one of LANGUAGES."""
    lines = shipped.exports().joinpath("words.csv").read_text(encoding="utf-8").splitlines()
    return Vocabulary(lang, {row["code"]: row[lang] for row in csv.DictReader(lines)})
