"""A cell as plain text."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ledger.intake.cells import CellError, Value


def cell_text(value: Value) -> str:
    """A cell as text, trimmed: numbers without an exponent, days as YYYY-MM-DD; "" for an empty one."""
    if type(value) is str:
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if not (value.hour or value.minute or value.second) else value.isoformat(" ")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, CellError):
        return value.text
    return str(value)


def is_blank(value: Value) -> bool:
    """Whether a cell holds nothing but blanks."""
    return value is None or (type(value) is str and not value.strip())
