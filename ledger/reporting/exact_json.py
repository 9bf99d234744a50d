"""Values in JSON's own types, exactly: amounts and decimals as text, never through a binary fraction."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from ledger.domain.findings import Finding
from ledger.domain.money import Money, as_json


class Confidence(float):
    """How sure an answer is, between 0 and 1: a JSON number, for it is no amount."""


def plain(value: object) -> Any:
    """`value` in JSON's own types: Money as {"amount", "currency"}, Decimal and dates as text, dataclasses by fields.

    Raises TypeError for anything else, binary fractions above all: no amount may pass through one.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Confidence):
        return float(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return _plain_object(value)


def _plain_object(value: object) -> Any:
    if isinstance(value, Money):
        return as_json(value.minor, value.currency)
    if isinstance(value, Finding):
        return plain(value.as_json())
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no exact form in JSON")
