"""Reading the keys of a declaration (a profile, a report) in TOML: each must be known and of the right kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any


class DeclarationError(ValueError):
    """A declaration that cannot be used: which key, and what is wrong with it."""


def nearest(word: str, valid: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the closest valid word, else the valid ones."""
    listed = sorted(map(str, valid))
    close = get_close_matches(word, listed, 1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; valid: {', '.join(listed)}" if listed else ""


def check_keys(where: str, data: Mapping[str, Any], valid: Sequence[str]) -> None:
    """Every key is one of `valid`."""
    for key in data:
        if key not in valid:
            raise DeclarationError(f"`{where}{key}` is no known key{nearest(key, valid)}")


def table(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A table, written [key]; empty where it is not there."""
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise DeclarationError(f"`{key}` must be a table, written [{key}]")
    return value


def tables(data: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Tables, written [[key]]; a single one may be written [key]."""
    value = data.get(key, [])
    entries = [value] if isinstance(value, dict) else value
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DeclarationError(f"`{key}` must be tables, written [[{key}]]")
    return entries


def text(data: Mapping[str, Any], key: str, where: str) -> str | None:
    """A text, number or date as text; None where it is not there."""
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise DeclarationError(f"`{where}{key}` must be text")
    if isinstance(value, int) and value.bit_length() > 64:
        raise DeclarationError(f"`{where}{key}` is a number beyond 64 bits")
    return str(value)


def wanted(data: Mapping[str, Any], key: str, where: str) -> str:
    """A text that must be there."""
    found = text(data, key, where)
    if not found:
        raise DeclarationError(f"`{where}{key}` is missing")
    return found


def texts(data: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """A list of texts; a single one may stand without brackets."""
    value = data.get(key, [])
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DeclarationError(f"`{where}{key}` must be a list of texts")
    return tuple(value)


def flag(data: Mapping[str, Any], key: str, where: str, *, default: bool = False) -> bool:
    """True or false."""
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise DeclarationError(f"`{where}{key}` must be true or false")
    return value


def choice(data: Mapping[str, Any], key: str, where: str, valid: Sequence[str]) -> str:
    """One of the valid words; the first of them where it is not there."""
    found = text(data, key, where)
    if found is None:
        return valid[0]
    if found not in valid:
        raise DeclarationError(f"`{where}{key}` is {found!r}{nearest(found, valid)}")
    return found
