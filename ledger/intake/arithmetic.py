"""Arithmetic between the amount columns of a row, to tell one reading of a column from another.

A share is at most its total, the parts add up to the total, a rate is share by total. A reading under which the rows
contradict that is excluded; one that makes the parts add up is confirmed. The scale of a column alone proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ledger.intake.cells import Row
from ledger.intake.numbers import Amount, Arithmetic, read_amount

_PARTS = ("eu_contribution", "national_public", "private", "other_contribution")
_SHARES = (*_PARTS, "public_contribution")
#: Rows that must be comparable, and the shares of them that confirm and that exclude a reading.
_ROWS, _HOLDS, _FAILS = 5, Decimal("0.9"), Decimal("0.5")


def column_arithmetic(
    index: int, name: str, rows: Sequence[Row], decided: Mapping[str, Mapping[int, Decimal]]
) -> Arithmetic:
    """What the rows say of a style for the column `index`, which is the field `name`.

    `decided` gives the amounts (by row number) of the fields that are decided already; rates are per cent.
    """
    texts = {row.number: row.values[index - 1] for row in rows if index <= len(row.values)}

    def says(style: str) -> bool | None:
        own: dict[int, Decimal] = {}
        for number, value in texts.items():
            read = read_amount(value, style) if value is not None else None
            if isinstance(read, Amount):
                own[number] = read.number
        columns = {**decided, name: own}
        answers = [_parts(columns), _rate(columns), _bounded(columns, name)]
        if False in answers:
            return False
        return True if True in answers[:2] else None

    return says


def _verdict(good: int, rows: int) -> bool | None:
    if rows < _ROWS:
        return None
    share = Decimal(good) / rows
    return True if share >= _HOLDS else False if share < _FAILS else None


def _parts(columns: Mapping[str, Mapping[int, Decimal]]) -> bool | None:
    """Whether the parts add up to the total; only a yes says something, for a part may be missing."""
    total = columns.get("total_cost")
    parts = [columns[name] for name in _PARTS if name in columns]
    if total is None or len(parts) < 2:
        return None
    rows = [r for r, whole in total.items() if whole > 0 and all(r in part for part in parts)]
    good = sum(abs(sum(part[r] for part in parts) - total[r]) <= max(Decimal(1), total[r] / 10000) for r in rows)
    return True if _verdict(good, len(rows)) else None


def _rate(columns: Mapping[str, Mapping[int, Decimal]]) -> bool | None:
    total, share, rate = columns.get("total_cost"), columns.get("eu_contribution"), columns.get("eu_rate")
    if total is None or share is None or rate is None:
        return None
    rows = [r for r in rate if total.get(r) and share.get(r)]
    good = sum(abs(share[r] / total[r] * 100 - rate[r]) <= 1 for r in rows)
    return _verdict(good, len(rows))


def _bounded(columns: Mapping[str, Mapping[int, Decimal]], name: str) -> bool | None:
    """False where shares exceed their total in most rows."""
    total = columns.get("total_cost")
    if total is None:
        return None
    for share in _SHARES if name == "total_cost" else (name,):
        values = columns.get(share)
        if values is None or share not in _SHARES:
            continue
        rows = [r for r in values if r in total and values[r] > 0]
        held = sum(values[r] <= total[r] * 101 / 100 + 1 for r in rows)
        if _verdict(held, len(rows)) is False:
            return False
    return None
