"""Currencies and units as headers, titles, number formats and cells write them.

`currency_from_text` and `unit_from_text` read free text in the EU languages; `unit_suspect` tests a stated unit against
the size of the amounts. The names come from the Union's languages, ISO 4217 and the number formats of Excel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

#: ISO 4217 codes in use, and those of the Member States' former currencies that older lists still carry.
ISO_CODES: frozenset[str] = frozenset(
    [
        "AED",
        "AFN",
        "ALL",
        "AMD",
        "ANG",
        "AOA",
        "ARS",
        "AUD",
        "AWG",
        "AZN",
        "BAM",
        "BBD",
        "BDT",
        "BGN",
        "BHD",
        "BIF",
        "BMD",
        "BND",
        "BOB",
        "BRL",
        "BSD",
        "BTN",
        "BWP",
        "BYN",
        "BZD",
        "CAD",
        "CDF",
        "CHF",
        "CLP",
        "CNY",
        "COP",
        "CRC",
        "CUP",
        "CVE",
        "CZK",
        "DJF",
        "DKK",
        "DOP",
        "DZD",
        "EGP",
        "ERN",
        "ETB",
        "EUR",
        "FJD",
        "FKP",
        "GBP",
        "GEL",
        "GHS",
        "GIP",
        "GMD",
        "GNF",
        "GTQ",
        "GYD",
        "HKD",
        "HNL",
        "HRK",
        "HTG",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "IQD",
        "IRR",
        "ISK",
        "JMD",
        "JOD",
        "JPY",
        "KES",
        "KGS",
        "KHR",
        "KMF",
        "KPW",
        "KRW",
        "KWD",
        "KYD",
        "KZT",
        "LAK",
        "LBP",
        "LKR",
        "LRD",
        "LSL",
        "LYD",
        "MAD",
        "MDL",
        "MGA",
        "MKD",
        "MMK",
        "MNT",
        "MOP",
        "MRU",
        "MUR",
        "MVR",
        "MWK",
        "MXN",
        "MYR",
        "MZN",
        "NAD",
        "NGN",
        "NIO",
        "NOK",
        "NPR",
        "NZD",
        "OMR",
        "PAB",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "PYG",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "RWF",
        "SAR",
        "SBD",
        "SCR",
        "SDG",
        "SEK",
        "SGD",
        "SHP",
        "SLE",
        "SOS",
        "SRD",
        "SSP",
        "STN",
        "SVC",
        "SYP",
        "SZL",
        "THB",
        "TJS",
        "TMT",
        "TND",
        "TOP",
        "TRY",
        "TTD",
        "TWD",
        "TZS",
        "UAH",
        "UGX",
        "USD",
        "UYU",
        "UZS",
        "VES",
        "VND",
        "VUV",
        "WST",
        "XAF",
        "XCD",
        "XOF",
        "XPF",
        "YER",
        "ZAR",
        "ZMW",
        "ZWL",
        "EEK",
        "LVL",
        "LTL",
        "SKK",
        "SIT",
        "MTL",
        "CYP",
        "ROL",
        "BGL",
    ]
)

#: Names and signs of currencies, lower case without final full stop -> ISO code. Signs that several currencies share
#: (kr, $) stand in `SHARED_SIGNS`.
CURRENCY_NAMES: dict[str, str] = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "eur": "EUR", "euró": "EUR", "eura": "EUR", "eurot": "EUR",
    "eurų": "EUR", "eurai": "EUR", "eiro": "EUR", "evro": "EUR", "evrov": "EUR", "evra": "EUR", "eurá": "EUR",
    "eurách": "EUR", "eurach": "EUR", "eurih": "EUR", "evrih": "EUR", "euroa": "EUR", "eurodes": "EUR",
    "euroina": "EUR", "eurais": "EUR", "ευρώ": "EUR", "ευρω": "EUR", "евро": "EUR", "£": "GBP", "pound": "GBP",
    "pounds": "GBP", "sterling": "GBP", "лв": "BGN", "lv": "BGN", "лева": "BGN", "lev": "BGN", "leva": "BGN",
    "kč": "CZK", "kc": "CZK", "korun": "CZK", "dkr": "DKK", "ft": "HUF", "huf": "HUF", "forint": "HUF", "zł": "PLN",
    "zl": "PLN", "złotych": "PLN", "zlotych": "PLN", "lei": "RON", "leu": "RON", "skr": "SEK", "kn": "HRK",
    "kuna": "HRK", "kune": "HRK", "ls": "LVL", "lt": "LTL", "litai": "LTL", "litų": "LTL", "sk": "SKK", "sfr": "CHF",
    "fr.": "CHF", "us$": "USD",
}  # fmt: skip
#: Signs that alone name no single currency -> the currencies they may mean.
SHARED_SIGNS: dict[str, tuple[str, ...]] = {
    "kr": ("DKK", "SEK", "NOK", "ISK"),
    "$": ("USD", "CAD", "AUD"),
    "kronor": ("SEK",),
    "kroner": ("DKK", "NOK"),
}

#: Letters that only carry a currency in a short note next to an amount, never in running text.
_SHORT = frozenset({"lt", "ls", "sk", "ft", "kn", "lv", "fr.", "kc", "zl", "leu", "lev", "sterling", "pound"})

_LCID = {"407": "EUR", "40c": "EUR", "410": "EUR", "809": "GBP", "402": "BGN", "405": "CZK", "406": "DKK", "40e": "HUF",
         "415": "PLN", "418": "RON", "41d": "SEK", "41a": "HRK", "2": "EUR", "1": "EUR"}  # fmt: skip
_FORMAT_TAG = re.compile(r"\[\$([^\]\-]*)(?:-([0-9A-Fa-f]+))?\]")
_WORD = re.compile(r"[^\W\d_]+\.?|[€£$]")

#: Words for a unit -> factor, in text that was lower-cased and stripped of full stops. `mil` and `m` need company, see below.
_UNIT_WORDS: dict[str, int] = {
    word: factor
    for factor, words in {
        1_000: "thousand thousands tausend tsd tsd tausende duizend duizenden milliers millier miles milhares migliaia "
        "tisíc tisících tisice tisíce tis tisoč tisočih tisuća tisućama tisuce tuhat tuhatta tuhansina tūkstančiai "
        "tūkstančių tūkst tūkstoši tūkstošos tūkstošiem tuhandetes tuh tusind tusen tys tysiące tysiącach tysięcy ezer "
        "mii хиляди хил χιλιάδες χιλιάδων χιλ míle mílte elf eluf teur tdkk tsek kdkk ksek keur tkr tkč t€ k€ k£ €k £k",
        1_000_000: "million millions millionen mio mln miljoen miljoenen millones milhões milhoes milioni milione "
        "milión milióny miliónov milionů milionu miliony milijon milijonov milijonih milijun milijuna milijunima "
        "miljoona miljoonaa miljoonina milijonai milijonų miljons miljoni miljonos miljonit miljonites miljon miljoner "
        "mill millioner mn mjn milj milionów milionach millió milioane mil€ милиона млн милиони εκατομμύρια "
        "εκατομμυρίων εκατ εκ milliún milliúin miljuni meur mdkk msek mgbp m€ m£ €m £m mkr m",
        1_000_000_000: "billion billions milliarden mrd mld mlrd miljard milliards milliard miliardi miliarde miliardy "
        "miliard bn miljardi miljardit miljardia milijardi milijarda milijarde milijardov milliárd милиарда млрд "
        "δισεκατομμύρια δισ bln miljarder md €bn £bn",
    }.items()
    for word in words.split()
}

_UNIT_TEXT = re.compile(r"[€£]?(?:[^\W\d_]|[€£])+\.?")
_IN_FIGURES = re.compile(
    r"(?:(?<![0-9])['’](?:000s?)|(?<![0-9])(?<![0-9][ .,'’])\b000['’]?s?(?=\s*(?:€|£|eur|gbp))|(?:€|£|eur|gbp|euro)\s*['’]?000\b(?! ?[0-9]))",
    re.IGNORECASE,
)
_FIGURE_FACTOR = re.compile(r"(?:\bx|×|\*|\bin)\s*(1[ .,']?000(?:[ .,']?000)?)(?![\d.,])", re.IGNORECASE)
#: "M EUR", "in M €", "mil. Kč": letters that are a unit only beside a currency.
_BESIDE_CURRENCY = re.compile(
    r"(?<![^\W_])(?:(?P<before>mil\.?|m|k|t)\s*(?P<cur>€|£|eur\w*|gbp|kč|czk|huf|ft|pln|zł|dkk|sek|kr|lei|ron)(?![^\W_])"
    r"|(?P<cur2>€|£|eur|gbp|czk|huf|pln|dkk|sek|ron)\s*(?P<after>mil\.?|m|k)(?![^\W_]))",
    re.IGNORECASE,
)


def currency_name(token: str) -> str | None:
    """ISO code that one word or sign of a cell names, None when it names none or may mean several (kr, $)."""
    if token.upper() in ISO_CODES and (token.isupper() or token.lower() in CURRENCY_NAMES):
        return token.upper()
    lower = token.lower()
    return CURRENCY_NAMES.get(lower) or CURRENCY_NAMES.get(lower.rstrip("."))


def currencies_in_text(text: str) -> list[str]:
    """Every currency that a header, title or number format names, in order, without repeats.

    Number formats are understood: `[$€-407]`, `[$-405]` (the locale's currency is not meant: ignored), `#,##0 "Kč"`.
    """
    found: list[str] = []
    for tag, locale in _FORMAT_TAG.findall(text):
        name = currency_name(tag.strip()) if tag.strip() else None
        if name is None and tag.strip().lower().rstrip(".") in SHARED_SIGNS:
            shared = SHARED_SIGNS[tag.strip().lower().rstrip(".")]
            guess = _LCID.get(locale.lower().lstrip("0"))
            name = guess if guess in shared else None
        if name:
            found.append(name)
    plain = _FORMAT_TAG.sub(" ", text)
    bare = len(plain.split()) <= 3
    for match in _WORD.finditer(plain):
        token = match.group()
        if token.lower().rstrip(".") in _SHORT and not bare and not _is_marked(plain, match.start(), match.end()):
            continue
        name = currency_name(token) or _joined_currency(token)
        if name:
            found.append(name)
    return list(dict.fromkeys(found))


def currency_from_text(text: str) -> str | None:
    """The one currency that a header, title or number format names, else None (none named, or several)."""
    found = currencies_in_text(text)
    return found[0] if len(found) == 1 else None


_KRONE = re.compile(r"(?<![^\W_])[tm]?kr(?![^\W_])", re.IGNORECASE)
#: Language of a header -> the currency that "kr" means in it, and the language's name.
KRONE_OF = {"da": ("DKK", "Danish"), "sv": ("SEK", "Swedish")}
_NORWEGIAN = re.compile(r"prosjekt|tilskudd|støttemottak|\bnorsk|søknad", re.IGNORECASE)


def names_krone(text: str) -> bool:
    """Whether a header or number format says "kr" and not whose: "Budget (kr.)", "tkr"."""
    return _KRONE.search(text) is not None


def krone_of(language: str | None, headings: Iterable[str]) -> tuple[str, str] | None:
    """The currency that "kr" means beside headings in a language, and the language's name; None where that is open.

    Only Norwegian words make it NOK: no official language of the Union is theirs.
    """
    if any(_NORWEGIAN.search(text) for text in headings):
        return "NOK", "Norwegian"
    return KRONE_OF.get(language or "")


def _is_marked(text: str, start: int, end: int) -> bool:
    """True when the word stands in brackets or quotation marks by itself or after a unit: "Suma (Lt)", "(millió Ft)"."""
    before = text[:start].rstrip()
    unit = re.search(r"[^\W\d_]+\.?$", before)
    if unit is not None and unit_word(unit.group()) is not None:
        start = unit.start()
    return text[:start].rstrip()[-1:] in '([",' and text[end:].lstrip()[:1] in ')]",' and start > 0


def _joined_currency(token: str) -> str | None:
    """Currency inside a joined unit: TEUR, MEUR, MDKK."""
    upper = token.rstrip(".")
    if len(upper) == 4 and upper.isupper() and upper[0] in "TMK" and upper[1:] in ISO_CODES:
        return upper[1:]
    return None


def unit_word(token: str) -> int | None:
    """Factor that one word beside an amount names ("million", "Mio.", "k€"), None when it names none."""
    lower = token.lower().rstrip(".")
    if lower == "k":
        return 1_000
    return _UNIT_WORDS.get(lower)


def unit_from_text(text: str) -> tuple[int, str] | None:
    """The unit that a header or title states and the words that state it; None when it states none or two.

    1,000, 1,000,000 or 1,000,000,000; 1 only where the text says "in full euro" or the like is never returned: silence
    means 1. Example: "Budget (tis. Kč)" gives (1000, "tis. Kč").
    """
    found: dict[int, str] = {}
    for match in _IN_FIGURES.finditer(text):
        found.setdefault(1_000, match.group().strip())
    for match in _FIGURE_FACTOR.finditer(text):
        digits = re.sub(r"\D", "", match.group(1))
        found.setdefault(int(digits), match.group().strip())
    rest = text
    for match in _BESIDE_CURRENCY.finditer(text):
        token = (match.group("before") or match.group("after")).lower()
        found.setdefault(_letter_unit(token, match.group("cur") or match.group("cur2")), match.group().strip())
        rest = rest.replace(match.group(), " ")
    for match in _UNIT_TEXT.finditer(rest):
        token = match.group()
        factor = _UNIT_WORDS.get(token.lower().rstrip("."))
        if factor is not None and len(token.rstrip(".")) > 1 and _is_unit_use(rest, match):
            found.setdefault(factor, token)
    return next(iter(found.items())) if len(found) == 1 else None


def _letter_unit(token: str, currency: str) -> int:
    """`mil.` is million in Czech and Slovak, `mil` before "euros" is thousand in Spanish and Portuguese."""
    if token in ("k", "t"):
        return 1_000
    if token == "mil" and currency.lower() in ("euros", "€", "eur"):
        return 1_000
    return 1_000_000


_BRACKET = re.compile(r"[(\[,;:/–-]\s*$")
_SCALE_CUE = re.compile(
    r"(?:^|[^\w])(?:in|en|v|w|i|em|în|sa|στα|σε|в|u|ve|af|als|expressed|amounts?)\s+(?:\w+\s+)?$", re.IGNORECASE
)


def _is_unit_use(text: str, match: re.Match[str]) -> bool:
    """True when a unit word stands as a unit: beside a currency, after "in", or in brackets; not in a project's title."""
    before, after = text[: match.start()], text[match.end() :]
    if re.search(r"[0-9]\s*$", before):  # "EUR 5.3 million" is an amount, not a unit
        return False
    next_word = re.match(r"\s*(?:(?:of|de|d['’]|di|od|av|af)\s*)?((?:[^\W\d_]|[€£$])+\.?)", after)
    if next_word and (currency_name(next_word.group(1)) or next_word.group(1).lower().rstrip(".") in SHARED_SIGNS):
        return True
    words = re.findall(r"(?:[^\W\d_]|[€£$])+\.?", before)
    if words and (currency_name(words[-1]) or words[-1].lower().rstrip(".") in SHARED_SIGNS):
        return True
    token = match.group()
    joined = any(sign in token for sign in "€£") or _joined_currency(token) is not None
    return joined or bool(_BRACKET.search(before) or _SCALE_CUE.search(before)) or text.strip() == token


def unit_suspect(unit: int, magnitudes: Mapping[int, int]) -> str | None:
    """Why the stated unit cannot fit the amounts, else None.

    `magnitudes` counts the amounts by number of digits before the decimal sign (`NumberDecision.magnitudes`). A single
    amount of EUR 100 billion or more (the whole budget of the Union for 2021-2027 is some 1,074 billion) in half of
    the cells is taken for a unit that is stated but not applied.
    """
    counts = {digits: n for digits, n in magnitudes.items() if n and digits > 0}
    total = sum(counts.values())
    if not total:
        return None
    factor_digits = len(str(unit)) - 1
    large = sum(n for digits, n in counts.items() if digits + factor_digits > 11)
    largest = max(counts)
    if unit > 1 and (large * 2 >= total or largest + factor_digits > 13):
        return (
            f"stated unit {unit:,}, but {large} of {total} amounts would reach 100 billion or more "
            f"(the largest has {largest} digits): they look like full amounts"
        )
    small = sum(n for digits, n in counts.items() if digits <= 3)
    if unit == 1 and total >= 5 and largest <= 4 and small * 2 > total:
        return f"no unit stated, but {small} of {total} amounts are below 1,000: they may be thousands or millions"
    return None
