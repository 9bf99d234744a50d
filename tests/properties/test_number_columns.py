"""Random columns of amounts, written in twelve locale styles and three units: read exactly, refused or ambiguous."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from ledger.intake.number_styles import Amount
from ledger.intake.numbers import NumberColumn

SEED = 20261122
#: grouping and decimal sign as written
LOCALES = {
    "en": (",", "."), "de": (".", ","), "de plain": ("", ","), "en plain": ("", "."), "fr": ("\u202f", ","),
    "cs": ("\u00a0", ","), "pl": (" ", ","), "si": (" ", "."), "thin": ("\u2009", ","), "ch": ("'", "."),
    "ch typographic": ("’", "."), "ch comma": ("'", ","),
}  # fmt: skip
UNITS = (1, 1_000, 1_000_000)
AFFIXES = ("{}", "{}", "€ {}", "{} EUR", "{} Kč", "EUR {}", "{} zł", "£{}")


def written(amount: Decimal, group: str, part: str, rng: random.Random) -> str:
    """The amount as a person of that locale writes it; negative in one of the usual ways."""
    whole, _, fraction = f"{abs(amount):f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", group)
    text = grouped + (part + fraction if fraction else "")
    if amount < 0:
        text = rng.choice(("-{}", "({})", "{}-", "\u2212{}")).format(text)
    return text


def random_column(rng: random.Random) -> tuple[list[str], list[Decimal], str]:
    """Texts, the exact amounts they stand for and the locale."""
    locale = rng.choice(sorted(LOCALES))
    group, part = LOCALES[locale]
    unit = rng.choice(UNITS)
    padded, places, top = rng.random() < 0.5, rng.choice((0, 0, 1, 2, 2, 2, 3, 5)), rng.randint(1, 11)
    affix = rng.choice(AFFIXES)
    texts, amounts = [], []
    for _ in range(rng.choice((1, 2, 3, 5, 10, 30, 80))):
        cents = rng.randint(1, 10 ** rng.randint(1, top + 2))
        amount = (Decimal(cents) / 100 / unit).quantize(Decimal(1).scaleb(-places))
        if not padded and amount == amount.to_integral_value():
            amount = amount.quantize(Decimal(1))
        elif not padded:
            amount = Decimal(f"{amount:f}".rstrip("0"))
        if rng.random() < 0.03:
            amount = -amount
        texts.append(affix.format(written(amount, group, part, rng)))
        amounts.append(amount)
    return texts, amounts, locale


def tally(columns: int, seed: int) -> dict[str, int]:
    """Columns read, ambiguous; cells read, refused; and the silent wrong reads."""
    rng = random.Random(seed)  # noqa: S311 - a fixed seed, so that a failure can be repeated
    count = dict.fromkeys(("columns", "ambiguous", "cells", "refused", "wrong"), 0)
    for _ in range(columns):
        texts, amounts, locale = random_column(rng)
        column = NumberColumn()
        column.feed_all(texts)
        decision = column.decide()
        count["columns"] += 1
        if decision.ambiguous:
            count["ambiguous"] += 1
            assert len(decision.candidates) > 1, texts
            continue
        for text, amount in zip(texts, amounts, strict=True):
            found = decision.read(text)
            count["cells"] += 1
            if not isinstance(found, Amount):
                count["refused"] += 1
            elif found.number != amount:
                count["wrong"] += 1
                print(f"wrong: {text!r} is {amount}, read {found.number} ({locale}, {texts[:8]})")  # noqa: T201
    return count


def report(count: dict[str, int]) -> None:
    """Print the refusal rate (shown with -s, or when the test fails)."""
    print(  # noqa: T201
        f"\n{count['columns']} columns: {count['ambiguous'] / count['columns']:.2%} ambiguous; of {count['cells']} cells "
        f"{count['refused'] / count['cells']:.2%} refused; {count['wrong']} wrong in silence"
    )


def check(count: dict[str, int]) -> None:
    """No silent wrong read, and not by refusing everything."""
    report(count)
    assert count["wrong"] == 0
    assert count["ambiguous"] < 0.15 * count["columns"]
    assert count["refused"] < 0.02 * count["cells"]


def test_two_thousand_random_columns_are_never_misread() -> None:
    check(tally(2_000, SEED))


@pytest.mark.heavy
def test_a_hundred_thousand_random_columns_are_never_misread() -> None:
    check(tally(100_000, SEED + 1))
