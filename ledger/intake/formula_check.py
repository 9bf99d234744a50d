"""Equations between columns, as a profile states them: `eu_contribution + national_public = total_cost`.

Names are fields, 'headers in quotes' or colN; numbers, + - * / and brackets. Evaluated exactly, as fractions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

#: A part of an equation: a number, a name, or (sign, left, right).
Term = Fraction | str | tuple[str, "Term", "Term"]

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|'([^']+)'|([A-Za-z_]\w*)|([-+*/()=]))")


class EquationError(ValueError):
    """A text that is no equation between columns."""


@dataclass(frozen=True, slots=True)
class Equation:
    """Two terms that must be equal; `names` in their order, `told` the one whose cell is named if they are not."""

    left: Term
    right: Term
    names: tuple[str, ...]
    told: str


def parse(text: str) -> Equation:
    """The equation that a text states. Raises EquationError."""
    tokens = _tokens(text)
    if tokens.count(("sign", "=")) != 1:
        raise EquationError(f"{text!r} needs one =")
    at = tokens.index(("sign", "="))
    left, right = _Parser(tokens[:at]).whole(), _Parser(tokens[at + 1 :]).whole()
    names = tuple(dict.fromkeys(value for kind, value in tokens if kind == "name"))
    if not names:
        raise EquationError(f"{text!r} names no column")
    told = next((side for side in (left, right) if isinstance(side, str)), names[-1])
    return Equation(left, right, names, told)


def evaluate(term: Term, value_of: Callable[[str], Decimal | None]) -> Fraction | None:
    """The value of a term; None where a column has none or a divisor is nil."""
    if isinstance(term, Fraction):
        return term
    if isinstance(term, str):
        found = value_of(term)
        return None if found is None else Fraction(found)
    sign, first, second = term
    left, right = evaluate(first, value_of), evaluate(second, value_of)
    if left is None or right is None:
        return None
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    return left / right if right else None


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    stripped = text.rstrip()
    while place < len(stripped):
        match = _TOKEN.match(stripped, place)
        if not match:
            raise EquationError(f"{stripped[place:]!r} is neither a column, a number nor a sign")
        number, quoted, name, sign = match.groups()
        kind = "number" if number else "sign" if sign else "name"
        tokens.append((kind, number or quoted or name or sign))
        place = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at = tokens, 0

    def whole(self) -> Term:
        term = self._sum()
        if self._at < len(self._tokens):
            raise EquationError(f"{self._tokens[self._at][1]!r} is one too many")
        return term

    def _sign(self, signs: str) -> str | None:
        if self._at < len(self._tokens):
            kind, value = self._tokens[self._at]
            if kind == "sign" and value in signs:
                self._at += 1
                return value
        return None

    def _sum(self) -> Term:
        term = self._product()
        while sign := self._sign("+-"):
            term = (sign, term, self._product())
        return term

    def _product(self) -> Term:
        term = self._one()
        while sign := self._sign("*/"):
            term = (sign, term, self._one())
        return term

    def _one(self) -> Term:
        if self._sign("("):
            term = self._sum()
            if not self._sign(")"):
                raise EquationError("a bracket is not closed")
            return term
        if self._at >= len(self._tokens) or self._tokens[self._at][0] == "sign":
            raise EquationError("a column or number is missing")
        kind, value = self._tokens[self._at]
        self._at += 1
        return Fraction(value) if kind == "number" else value
