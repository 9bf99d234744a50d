"""JSON as every command prints it: one envelope, exact amounts, keys that stay (DESIGN sections 8 and 9)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
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


def one_or_many(amounts: Sequence[Money]) -> Money | Sequence[Money] | None:
    """The amount itself where there is one currency, the list where there are several, None where there is none."""
    return (amounts[0] if len(amounts) == 1 else amounts) if amounts else None


def envelope(
    command: str, code: int, results: object, findings: Iterable[Finding], *, error: str = "", ascii_only: bool = False
) -> str:
    """The one JSON document of a command. `error` stands in it only where the command could not do its work."""
    document: dict[str, Any] = {
        "schema": f"euledger/{command}/1",
        "ok": code == 0,
        "exit_code": code,
        "results": plain(results),
        "findings": plain(list(findings)),
    }
    if error:
        document["error"] = error
    return json.dumps(document, ensure_ascii=ascii_only, indent=2)
