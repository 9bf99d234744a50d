"""The encoding of a text file: byte order mark, strict UTF-8 or UTF-16, else the code page whose letters make sense."""

from __future__ import annotations

import codecs
import math
from dataclasses import dataclass
from typing import IO

#: How much of the non-ASCII text is weighed; enough for a verdict, little enough to be quick.
_SAMPLE_SIGNS = 20_000
_CHUNK = 1024 * 1024

# Letters beyond ASCII of the official languages and of Turkish, by falling frequency in running text. Only the order
# matters: it keeps the rare Slovak ŕ from explaining a French à.
_LETTERS: dict[str, str] = {
    "fr": "éèàêçâîùôûœëïü", "de": "üäößé", "es": "óíáñéúü", "pt": "ãçáéíõóêâúàô", "it": "àèùòéì",
    "nl": "ëéïöèüó", "da": "øæåé", "sv": "äåöé", "fi": "äöå", "ga": "áíéóú",
    "pl": "łąęóżśćńź", "cs": "íáěéýřčžšůúťďňó", "sk": "áíčéýžúšľťôďňäóŕĺ", "hu": "áéíóöőüúűä", "hr": "čšžćđ",
    "sl": "čšž", "ro": "ăîâșțşţ", "sq": "ëç", "bs": "čšžćđ",
    "et": "äõüöšž", "lv": "āīēšžņķļģčū", "lt": "ėšžųįąčęū", "mt": "ħżġċàù", "tr": "ıüşçğöi̇",
    "el": "ατοιεσνςηρίπκόυμλάέγήθδώφχύωβξζψϊ",
    "bg": "аоеинтрсвлкдпмзъгябучцжщюшйхфь", "sr": "аоеинтрсвлкдпмзгбјучцжшхђћљњфџ",
}  # fmt: skip

#: Code page -> languages that are written in it; the first of two that read the file alike is named.
_PAGES: dict[str, str] = {
    "cp1252": "fr de es pt it nl da sv fi ga et sq", "cp1250": "pl cs sk hu hr sl ro de bs sq", "cp1253": "el",
    "cp1251": "bg sr", "cp1257": "et lv lt pl", "cp1254": "tr de fr", "iso-8859-2": "pl cs sk hu hr sl ro de",
    "iso-8859-7": "el", "iso-8859-5": "bg sr", "iso-8859-13": "lv lt et", "iso-8859-15": "fr de es pt it nl fi et",
    "iso-8859-3": "mt", "iso-8859-9": "tr",
}  # fmt: skip

_MARKS = "€–—‘’‚“”„«»…•°§´`¨\xa0ºª²³½"
_ODD = math.log(1e-5)
_LIKELY = math.log(400)
#: Windows writes nearly all of these files; the standards' own pages are rare.
_ISO_PENALTY = math.log(1 / 20)


@dataclass(frozen=True, slots=True)
class Guess:
    """The encoding to use; `rival` is another that reads the letters otherwise and is nearly as plausible."""

    encoding: str
    rival: str | None = None
    #: a word in which the two differ, as each reads it
    readings: tuple[str, str] | None = None


def detect(stream: IO[bytes]) -> Guess:
    """The encoding of a text, judged over all of its bytes."""
    head = stream.read(4096)
    if head.startswith(codecs.BOM_UTF8):
        return Guess("utf-8-sig")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Guess("utf-16")
    wide = _wide(head)
    if wide:
        return Guess(wide)
    stream.seek(0)
    sample = _not_utf8(stream)
    return Guess("utf-8") if sample is None else _weigh(sample)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Latin text is nil."""
    even, odd = head[0::2], head[1::2]
    if len(head) >= 4 and odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.05 * len(even):
        return "utf-16-le"
    if len(head) >= 4 and even.count(0) > 0.4 * len(even) and odd.count(0) < 0.05 * len(odd):
        return "utf-16-be"
    return None


def _not_utf8(stream: IO[bytes]) -> bytes | None:
    """None if the bytes are UTF-8; else the words with high bytes, put together, for the code pages to be tried on."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    words: list[bytes] = []
    signs = 0
    bad = False
    while True:
        chunk = stream.read(_CHUNK)
        try:
            if not bad:
                decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            bad = True
        if signs < _SAMPLE_SIGNS and not chunk.isascii():
            for word in chunk.translate(_SPACED).split():
                if not word.isascii():
                    words.append(word)
                    signs += sum(byte > 127 for byte in word)
                    if signs >= _SAMPLE_SIGNS:
                        break
        if not chunk:
            return b" ".join(words) if bad else None


#: Separators of words and cells as blanks, so that only words are weighed.
_SPACED = bytes(0x20 if byte in b'\t\r\n,;|"()/' else byte for byte in range(256))


def _weigh(sample: bytes) -> Guess:
    scored: list[tuple[float, int, str, str]] = []
    for rank, (page, languages) in enumerate(_PAGES.items()):
        try:
            text = sample.decode(page)
        except UnicodeDecodeError:
            continue
        if any("\x80" <= sign <= "\x9f" for sign in text):
            continue  # control characters that no text holds
        best = (_ISO_PENALTY if page.startswith("iso") else 0.0) + max(
            _plausibility(text, _WEIGHTS[language]) for language in languages.split()
        )
        scored.append((best, -rank, page, text))
    if not scored:
        return Guess("cp1252")
    scored.sort(reverse=True)
    best, _, page, text = scored[0]
    for score, _, rival, other in scored[1:]:
        if other != text and best - score < _LIKELY:
            pair = next((a, b) for a, b in zip(text.split(" "), other.split(" "), strict=False) if a != b)
            # Two pages that differ in signs alone (a currency sign, a dash) tell no other name or place.
            if any(a != b and (a.isalpha() or b.isalpha()) for a, b in zip(*pair, strict=False)):
                return Guess(page, rival, pair)
    return Guess(page)


def _weights(letters: str) -> dict[str, float]:
    total = sum(1 / (rank + 1) for rank in range(len(letters)))
    weights = {mark: math.log(0.004) for mark in _MARKS}
    for rank, letter in enumerate(letters):
        share = 1 / (rank + 1) / total
        weights[letter] = math.log(share)
        weights.setdefault(letter.upper(), math.log(share / 10))
    return weights


_WEIGHTS = {language: _weights(letters) for language, letters in _LETTERS.items()}


def _plausibility(text: str, weights: dict[str, float]) -> float:
    """Log-likelihood of the non-ASCII signs of the words in a language; odd neighbours count against it."""
    score = 0.0
    before = " "
    for at, sign in enumerate(text):
        if sign > "\x7f":
            score += weights.get(sign, _ODD)
            after = text[at + 1] if at + 1 < len(text) else " "
            if sign.isalpha():
                native = sign >= "Ͱ"
                if any(near.isascii() and near.isalpha() for near in (before, after)) and native:
                    score += _ODD  # a Greek or Cyrillic letter inside a Latin word
                elif native and not (before.isalpha() or after.isalpha()):
                    score += _ODD / 2  # one that stands alone
                if sign.isupper() and before.islower():
                    score += _ODD / 2
            elif before.isalpha() and after.isalpha() and sign not in "’´\xa0–—":
                score += _ODD / 2  # a sign in the middle of a word
            elif sign in "’”»" and not before.isalnum() and after.isalpha():
                score += _ODD  # a closing sign that opens a word
        before = sign
    return score
