"""Faults as they happen to lists, each put into an honest portfolio, with what an explanation has to name.

A fault changes rows of a faulty copy and marks the rows it touched; where nothing inside the ledger can show it (a row
that is gone, an amount typed anew), `needs_source` says that the honest list has to be at hand.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tests.explain.portfolios import CURRENCY_RATES, Portfolio, Row, cents, money

MARK: Final = "#fault"


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done: the kind of cause, the references of the rows that show it (any of them names it), and a word."""

    kind: str
    refs: frozenset[str]
    how: str
    needs_source: bool = False
    #: the fault is of the whole list, not of rows
    whole: bool = False


class Unsuitable(Exception):
    """The portfolio has no row that this fault could happen to."""


Injector = Callable[[random.Random, Portfolio], Fault]


def _choice(rng: random.Random, portfolio: Portfolio, minimum: int = 20_000) -> Row:
    """A row that the figure counts and that no other fault has touched."""
    own = portfolio.column
    rows = [
        row for row in portfolio.counted() if cents(row[own]) >= minimum and MARK not in row and not row.get("#family")
    ]
    if not rows:
        raise Unsuitable
    row = rng.choice(rows)
    row[MARK] = "1"
    return row


def _children(portfolio: Portfolio, ref: str) -> list[Row]:
    return [row for row in portfolio.rows if row["parent"] == ref]


def _file_of(portfolio: Portfolio, row: Row) -> list[Row]:
    return next(rows for rows in portfolio.files if any(each is row for each in rows))


def _insert(rng: random.Random, portfolio: Portfolio, row: Row, beside: Row | None = None) -> None:
    """Put a row into a file: just after `beside`, at the end, or anywhere that does not part a decision from its own."""
    rows = _file_of(portfolio, beside) if beside is not None else rng.choice(portfolio.files)
    row[MARK] = "1"
    kind = rng.choice(("after", "end", "anywhere"))
    if kind == "after" and beside is not None:
        rows.insert(next(at for at, each in enumerate(rows) if each is beside) + 1, row)
    elif kind == "end":
        rows.append(row)
    else:
        rows.insert(rng.randrange(len(rows)), row)


def duplicate_row(rng: random.Random, portfolio: Portfolio) -> Fault:
    """A row stands twice, alike in every cell or under another reference."""
    row = _choice(rng, portfolio)
    twin = dict(row)
    how = "verbatim"
    if rng.random() < 0.35:
        twin["project_ref"] = row["project_ref"] + rng.choice(("-2", "bis", "A"))
        how = "other reference"
    _insert(rng, portfolio, twin, row)
    return Fault("duplicate_row", frozenset((row["project_ref"], twin["project_ref"])), how)


def _fresh(rng: random.Random, portfolio: Portfolio) -> Row:
    """A new row in the manner of the list, that the figure counts."""
    row = dict(rng.choice(portfolio.counted()))
    factor = rng.uniform(0.3, 3)
    for name in ("eu_contribution", "total_cost", "paid"):
        row[name] = money(int(cents(row[name]) * factor))
    row["total_cost"] = money(cents(row["eu_contribution"]) * 100 // int(row["eu_rate"]))
    stem = row["project_ref"].rstrip("0123456789")
    row["project_ref"] = f"{stem}{rng.randrange(80_000, 99_999):05d}"
    row["title"] = f"Another measure {rng.randrange(10_000)} in {row['country']}"
    row["beneficiary"] = f"Society {rng.randrange(10_000)}"
    row.pop("#family", None)
    return row


def extra_row(rng: random.Random, portfolio: Portfolio) -> Fault:
    """A row that does not belong there."""
    row = _fresh(rng, portfolio)
    _insert(rng, portfolio, row)
    return Fault("extra_row", frozenset((row["project_ref"],)), "new row")


def missing_row(rng: random.Random, portfolio: Portfolio) -> Fault:
    """A row is gone, with its contracts."""
    row = _choice(rng, portfolio)
    gone = [row, *_children(portfolio, row["project_ref"])]
    for rows in portfolio.files:
        rows[:] = [each for each in rows if not any(each is one for one in gone)]
    return Fault("missing_row", frozenset((row["project_ref"],)), "gone", needs_source=True)


def scale_error(rng: random.Random, portfolio: Portfolio) -> Fault:
    """An amount a power of ten too large or too small, in its one cell or in all cells of the row."""
    factor, down = rng.choice((10, 100, 1000, 1000, 10**6)), rng.random() < 0.4
    own = portfolio.column
    rows = [row for row in portfolio.counted() if MARK not in row and not _children(portfolio, row["project_ref"])]
    fit = [
        row
        for row in rows
        if (cents(row[own]) >= 100 * factor if down else 20_000 <= cents(row[own]) < 10**12 // factor)
    ]
    if not fit:
        raise Unsuitable
    row = rng.choice(fit)
    row[MARK] = "1"
    whole = rng.random() < 0.3
    for name in ("eu_contribution", "total_cost", "paid") if whole else (own,):
        minor = cents(row[name])
        row[name] = money((minor + factor // 2) // factor if down else minor * factor)
    return Fault("scale_error", frozenset((row["project_ref"],)), f"{'/' if down else 'x'}{factor}{' row' * whole}")


def sign_error(rng: random.Random, portfolio: Portfolio) -> Fault:
    """An amount with a minus."""
    row = _choice(rng, portfolio)
    if _children(portfolio, row["project_ref"]):
        raise Unsuitable
    row[portfolio.column] = "-" + row[portfolio.column]
    return Fault("sign_error", frozenset((row["project_ref"],)), "minus")


def digit_transposition(rng: random.Random, portfolio: Portfolio) -> Fault:
    """Two neighbouring digits of an amount have changed places."""
    row = _choice(rng, portfolio)
    digits = str(cents(row[portfolio.column]))
    places = [at for at in range(len(digits) - 1) if digits[at] != digits[at + 1] and (at or digits[1] != "0")]
    if not places:
        raise Unsuitable
    at = rng.choice(places)
    swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    row[portfolio.column] = money(int(swapped))
    return Fault("digit_transposition", frozenset((row["project_ref"],)), f"place {at}")


def subtotal_counted(rng: random.Random, portfolio: Portfolio) -> Fault:
    """A subtotal stands among the rows as if it were one: of the rows above it, or of a country."""
    counted = portfolio.counted()
    row = dict(rng.choice(counted))
    if rng.random() < 0.7:
        rows = _file_of(portfolio, next(each for each in counted if each["project_ref"] == row["project_ref"]))
        own = [at for at, each in enumerate(rows) if portfolio.counts(each)]
        if len(own) < 6:
            raise Unsuitable
        last = rng.randrange(3, len(own))
        first = rng.randrange(max(0, last - 40), last - 1)
        parts, place, how = [rows[at] for at in own[first : last + 1]], own[last] + 1, "of rows"
        while place < len(rows) and rows[place]["parent"]:
            place += 1
    else:
        rows = rng.choice(portfolio.files)
        parts = [each for each in rows if portfolio.counts(each) and each["country"] == row["country"]]
        place, how = len(rows), "of country"
    if len(parts) < 2:
        raise Unsuitable
    for name in ("eu_contribution", "total_cost", "paid"):
        row[name] = money(sum(cents(each[name]) for each in parts))
    row.update(
        project_ref=f"S{rng.randrange(1000)}",
        title=rng.choice(("Subtotal", "Zwischensumme", "Sous-total", "", row["country"], "AMIF")),
        beneficiary="",
    )
    row[MARK] = "1"
    rows.insert(place, row)
    return Fault("subtotal_counted", frozenset((row["project_ref"],)), how)


def parent_and_child(rng: random.Random, portfolio: Portfolio) -> Fault:
    """Contracts no longer say which decision they belong to, so that both count."""
    parts = [row for row in portfolio.rows if row["parent"] and MARK not in row]
    decisions = {row["project_ref"]: row for row in portfolio.counted() if MARK not in row}
    own = portfolio.column
    parts = [row for row in parts if row["parent"] in decisions and cents(row["eu_contribution"]) > 20_000]
    if not parts or own == "paid":
        raise Unsuitable
    part = rng.choice(parts)
    decision = decisions[part["parent"]]
    family = _children(portfolio, part["parent"])
    lost = family if rng.random() < 0.4 else [part]
    refs = frozenset(row["project_ref"] for row in (*lost, decision))
    for row in (decision, *family):
        row["#family"] = row[MARK] = "1"
    for row in lost:
        row["parent"] = ""
    return Fault("parent_and_child", refs, f"{len(lost)} of {len(family)} contracts")


def out_of_period(rng: random.Random, portfolio: Portfolio) -> Fault:
    """A row dated outside the figure's period; or, where the figure states none, far from all other rows."""
    if "period_start" in portfolio.scope:
        row = _choice(rng, portfolio)
        if _children(portfolio, row["project_ref"]):
            raise Unsuitable
        year = rng.choice((2012, 2019, 2020, 2025, 2031))
        row["decision_date"] = str(year) + row["decision_date"][4:].replace("02-29", "02-28")
        return Fault("out_of_period", frozenset((row["project_ref"],)), "left out")
    row = _fresh(rng, portfolio)
    day = date(rng.choice((2008, 2011, 2014, 2016)), 1, 1) + timedelta(days=rng.randrange(360))
    row["decision_date"] = day.isoformat()
    _insert(rng, portfolio, row)
    return Fault("out_of_period", frozenset((row["project_ref"],)), "counted in")


def out_of_scope(rng: random.Random, portfolio: Portfolio) -> Fault:
    """A row under another fund or country than the figure's; or the only one of its fund where none is stated."""
    name = next((name for name in ("fund", "country") if name in portfolio.scope), None)
    if name:
        row = _choice(rng, portfolio)
        if _children(portfolio, row["project_ref"]):
            raise Unsuitable
        inside = portfolio.scope[name].split(";")
        others = sorted(
            {each[name] for each in portfolio.rows} | {"AMIF", "ISF"} if name == "fund" else {"AL", "EG", "KE"}
        )
        row[name] = rng.choice([code for code in others if code not in inside])
        return Fault("out_of_scope", frozenset((row["project_ref"],)), f"left out by {name}")
    if len({row["fund"] for row in portfolio.rows}) > 1:
        raise Unsuitable
    row = _fresh(rng, portfolio)
    row["fund"] = "IPA III" if row["fund"] != "IPA III" else "AMIF"
    _insert(rng, portfolio, row)
    return Fault("out_of_scope", frozenset((row["project_ref"],)), "counted in")


def currency_unconverted(rng: random.Random, portfolio: Portfolio) -> Fault:
    """An amount in another currency: left out under its code, or counted as if it were euro."""
    row = _choice(rng, portfolio)
    if _children(portfolio, row["project_ref"]):
        raise Unsuitable
    code = rng.choice(sorted(CURRENCY_RATES))
    as_euro = rng.random() < 0.5
    for name in ("eu_contribution", "total_cost", "paid"):
        rate = int(CURRENCY_RATES[code].replace(".", ""))
        local = (cents(row[name]) * rate + 5_000) // 10_000
        row[name] = money(local)
    if not as_euro:
        row["currency"] = code
    return Fault("currency_unconverted", frozenset((row["project_ref"],)), "as euro" if as_euro else "left out")


def basis_mixed(rng: random.Random, portfolio: Portfolio) -> Fault:
    """The total cost stands where the Union's share should, or the commitment where the payment should."""
    own = portfolio.column
    source = "total_cost" if own == "eu_contribution" else "eu_contribution"
    if source not in portfolio.headers:
        raise Unsuitable
    row = _choice(rng, portfolio)
    if row[source] == row[own] or _children(portfolio, row["project_ref"]):
        raise Unsuitable
    row[own] = row[source]
    return Fault("basis_mixed", frozenset((row["project_ref"],)), f"{source} as {own}")


def rounding(rng: random.Random, portfolio: Portfolio) -> Fault:
    """All amounts of the list are rounded to whole euros or thousands."""
    unit, before = rng.choice((100, 100, 100_000)), portfolio.total()
    for row in portfolio.rows:
        for name in ("eu_contribution", "total_cost", "paid"):
            row[name] = money((cents(row[name]) + unit // 2) // unit * unit)
        row[MARK] = "1"
    if portfolio.total() == before:
        raise Unsuitable
    return Fault("rounding", frozenset(), f"to {unit // 100} euro", whole=True)


def amount_changed(rng: random.Random, portfolio: Portfolio) -> Fault:
    """Another amount stands in the cell."""
    row = _choice(rng, portfolio)
    own = portfolio.column
    row[own] = money(int(cents(row[own]) * rng.uniform(0.2, 1.9)))
    return Fault("amount_changed", frozenset((row["project_ref"],)), "typed anew", needs_source=True)


INJECTORS: Final[dict[str, Injector]] = {
    injector.__name__: injector
    for injector in (
        duplicate_row,
        missing_row,
        extra_row,
        scale_error,
        sign_error,
        digit_transposition,
        subtotal_counted,
        parent_and_child,
        out_of_period,
        out_of_scope,
        currency_unconverted,
        basis_mixed,
        rounding,
        amount_changed,
    )
}
