"""Texts as they are held against each other: without case, accents, signs and alphabet."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212_", "-"))
_SIGNS = re.compile(r"[\W_]+")


def folded_ref(ref: str) -> str:
    """A reference without case, blanks and the kind of its dashes."""
    plain = unicodedata.normalize("NFKC", ref).casefold().translate(_DASHES)
    return "".join(plain.split())


@lru_cache(maxsize=200_000)
def folded(text: str) -> str:
    """Lower-case Latin words, one blank apart: `Δήμος Ρόδου` and `Dimos Rodou` come near each other."""
    if not text.isascii():
        from anyascii import anyascii  # its tables are read at the first use

        text = anyascii(unicodedata.normalize("NFKC", text))
    return _SIGNS.sub(" ", text.casefold()).strip()
