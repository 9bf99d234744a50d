"""Whether a row calls itself a total, which only its words can tell: intake knows them, the explanation asks."""

from __future__ import annotations

from ledger.intake.code_lists import plain_name
from ledger.intake.totals import TOTAL_WORDS

_FIRST = frozenset(word.split()[0] for word in TOTAL_WORDS)


def calls_itself_total(*texts: str) -> bool:
    """Whether one of the texts begins with a word for a total, in any language of the Union."""
    for text in texts:
        words = text.casefold().split(maxsplit=2)[:2]
        # Twenty thousand references have no time for more than a look at their first word.
        if not words or (words[0].isascii() and words[0].strip(":.") not in _FIRST):
            continue
        plain = plain_name(" ".join(words)).strip(" :.").split()
        if any(" ".join(plain[:count]).strip(":") in TOTAL_WORDS for count in (1, 2)):
            return True
    return False
