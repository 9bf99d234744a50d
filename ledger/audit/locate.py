"""Which rows differ, told from the beginnings of their hashes: those now there against those kept with the seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.domain.sealing import HINT, Span

#: Rows of one kind that are named one by one.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of one table that are not as they were sealed: `code` says how, `ids` which (those that can be told)."""

    code: str
    message: str
    ids: tuple[int, ...]
    count: int


def differences(label: str, ids: Sequence[int], now: bytes, sealed: bytes, span: Span) -> list[Difference]:
    """What is changed, missing or added in a span of a table (`label` names it); empty where the hints agree.

    What precedes the first difference and what follows the last is laid side by side; what lies between is told as
    changed where it is of the same length, else as missing or added.
    """
    if now == sealed:
        return []
    size, was = len(ids), len(sealed) // HINT
    start = _common(now, sealed, min(size, was))
    rest = min(size, was) - start
    end = _common_end(now, sealed, rest)
    here, there = ids[start : size - end], was - end - start
    if not here:
        before = ids[start - 1] if start else span.after
        behind = ids[start] if start < size else span.last + 1
        return [_missing(label, before, behind, there)]
    if not there:
        return [_told("row-added", label, here, "was not there when the batch was sealed")]
    if len(here) == there:
        changed = [
            each
            for place, each in enumerate(here, start=start)
            if now[place * HINT : (place + 1) * HINT] != sealed[place * HINT : (place + 1) * HINT]
        ]
        return [_told("row-changed", label, changed, "is not what was sealed")]
    lacking = there - len(here)
    told = [_told("row-changed", label, here[:1], "is the first that is not what was sealed")]
    if lacking > 0:
        told.append(Difference("row-missing", f"{_rows(lacking)} of {label} behind it missing", (), lacking))
    else:
        told.append(Difference("row-added", f"{_rows(-lacking)} of {label} behind it too many", (), -lacking))
    return told


def _common(now: bytes, sealed: bytes, most: int) -> int:
    """How many hints agree from the beginning on."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if now[: middle * HINT] == sealed[: middle * HINT]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(now: bytes, sealed: bytes, most: int) -> int:
    """How many hints agree from the end on."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if now[-middle * HINT :] == sealed[-middle * HINT :]:
            low = middle
        else:
            high = middle - 1
    return low


def _missing(label: str, before: int, behind: int, count: int) -> Difference:
    if behind - before - 1 == count:
        gone = tuple(range(before + 1, behind))
        return _told("row-missing", label, gone, "is missing")
    where = f"{_rows(count)} of {label} with a number between {before} and {behind} missing"
    return Difference("row-missing", where, (), count)


def _told(code: str, label: str, ids: Sequence[int], what: str) -> Difference:
    more = len(ids) - 1
    also = f", and so {'are' if more > 1 else 'is'} {_listed(ids[1:])}" if more else ""
    return Difference(code, f"{label} {ids[0]} {what}{also}", tuple(ids[:NAMED]), len(ids))


def _listed(ids: Sequence[int]) -> str:
    more = len(ids) - NAMED
    return ", ".join(map(str, ids[:NAMED])) + (f" and {more} more" if more > 0 else "")


def _rows(count: int) -> str:
    return f"{count} row{'s' * (count != 1)}"
