"""Dividing an amount by weights so that the parts add up to the cent, whatever the order of the rows.

Rule: largest remainder (Hamilton), ties by code in ascending order. Shares are kept in parts per billion, which holds
percentages with seven decimals exactly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from ledger.domain.money import divide_half_up

#: The whole, in parts per billion; one per cent is 10**7 of them.
WHOLE_PPB: Final = 10**9
_PPB_PER_PERCENT: Final = 10**7
#: The key under which the part that no country is named for is kept.
REST: Final = "rest"

_PERCENT = re.compile(r"(?P<whole>\d{1,3})(?:[.,](?P<part>\d+))?\s*%?")


class AllocationError(ValueError):
    """The weights cannot divide anything: none, negative, all nil, or one code twice."""


class SplitError(ValueError):
    """The text of a split cannot be read, or its percentages are not 100 %."""


def allocate(total_minor: int, weights: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Parts of `total_minor` (minor units, any sign) in proportion to whole, non-negative weights; the sum is exact.

    Every part differs from its exact share by less than one minor unit. The missing units go to the largest remainders,
    ties to the lower code. The result is ordered by code and does not depend on the order of `weights`. A negative
    total is divided like its opposite, so that a reversal undoes each part exactly. Raises AllocationError.
    """
    ordered = sorted(weights)
    codes = [code for code, _ in ordered]
    if len(set(codes)) != len(codes):
        twice = next(code for code, following in pairwise(codes) if code == following)
        raise AllocationError(f"{twice} stands twice among the weights")
    if any(weight < 0 for _, weight in ordered):
        raise AllocationError("a weight is negative")
    whole = sum(weight for _, weight in ordered)
    if whole == 0:
        raise AllocationError("no weight is above nil")
    sign = -1 if total_minor < 0 else 1
    shares = {code: divmod(abs(total_minor) * weight, whole) for code, weight in ordered}
    missing = abs(total_minor) - sum(part for part, _ in shares.values())
    lucky = set(sorted(shares, key=lambda code: (-shares[code][1], code))[:missing])
    return {code: sign * (part + (code in lucky)) for code, (part, _) in shares.items()}


def round_together(parts: Sequence[int], denominator: int) -> list[int]:
    """Each of `parts` / `denominator` as a whole number, of any sign, so that they add up to their rounded sum.

    The sum is rounded once, halves away from zero; the missing units go to the largest remainders, ties to the first.
    Every part differs from its exact value by less than one.
    """
    floors = [part // denominator for part in parts]
    missing = divide_half_up(sum(parts), denominator) - sum(floors)
    order = sorted(range(len(parts)), key=lambda place: -(parts[place] % denominator))
    for place in order[:missing]:
        floors[place] += 1
    return floors


def parse_percent(text: str) -> int:
    """A percentage such as "40", "33.3333333" or "12,5 %" in parts per billion. Raises SplitError."""
    match = _PERCENT.fullmatch(text.strip())
    if not match or not text.isascii():
        raise SplitError(f"{text.strip()!r} is no percentage from 0 to 100")
    decimals = (match["part"] or "").rstrip("0")
    if len(decimals) > 7:
        raise SplitError(f"{text.strip()!r} has more than seven decimals")
    ppb = int(match["whole"]) * _PPB_PER_PERCENT + int(decimals.ljust(7, "0"))
    if ppb > WHOLE_PPB:
        raise SplitError(f"{text.strip()!r} is more than 100 %")
    return ppb


def format_percent(ppb: int) -> str:
    """Parts per billion as a percentage without needless zeros: 333333333 -> "33.3333333 %"."""
    sign, (whole, part) = ("-" if ppb < 0 else ""), divmod(abs(ppb), _PPB_PER_PERCENT)
    decimals = f".{part:07d}".rstrip("0").rstrip(".")
    return f"{sign}{whole}{decimals} %"


def parse_split(text: str) -> dict[str, int]:
    """Shares in parts per billion from "TN=40;MA=35;LY=25", in the order written; they add up to 10**9 exactly.

    Entries are separated by semicolons; decimals by point or comma; a % sign may follow. The remainder of 100 % is
    taken by `rest` (kept under that key: the amount stays on the region) or by the key written `KEY=rest`; at most one
    entry may take it. Keys are kept as written. Raises SplitError for anything that is not exactly 100 %.
    """
    shares: dict[str, int] = {}
    taker: str | None = None
    for entry in (part.strip() for part in text.split(";")):
        if not entry:
            continue
        name, equals, share = (piece.strip() for piece in entry.partition("="))
        key = REST if name.casefold() == REST else name
        takes = share.casefold() == REST or (key == REST and not equals)
        if not key or not (share or takes):
            raise SplitError(f"{entry!r} is not of the form CODE=PERCENT")
        if key in shares:
            raise SplitError(f"{key} stands twice in the split")
        if takes and taker is not None:
            raise SplitError(f"both {taker} and {key} would take the remainder")
        if takes:
            taker = key
        shares[key] = 0 if takes else parse_percent(share)
    if not shares:
        raise SplitError("the split is empty")
    named = sum(shares.values())
    if named > WHOLE_PPB or (taker is None and named != WHOLE_PPB):
        raise SplitError(f"the percentages add up to {format_percent(named)}, not to 100 %")
    if taker is not None:
        shares[taker] = WHOLE_PPB - named
    return shares
