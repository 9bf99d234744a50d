"""Populations as they are: few large operations, many small ones, errors in some of them."""

from __future__ import annotations

import random


def skewed_books(units: int, seed: int, spread: float = 1.3) -> list[int]:
    """Book values in cents, heavy-tailed: with a spread of 1.3 a tenth of the units holds about half of the money."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    return [int(rng.lognormvariate(13, spread)) + 1 for _ in range(units)]


def erroneous(books: list[int], seed: int, *, share: float, whole: float) -> list[int]:
    """An error for each unit: none for most; where there is one, it is whole or a part of the book value."""
    rng = random.Random(seed)  # noqa: S311 - as above
    errors = []
    for book in books:
        if rng.random() >= share:
            errors.append(0)
        else:
            errors.append(book if rng.random() < whole else book * rng.randint(1, 60) // 100)
    return errors
