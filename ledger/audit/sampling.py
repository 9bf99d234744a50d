"""How many units to audit and which: sizes by formula, and a draw that anybody can repeat with a hash and a sort.

The draw. Each unit has a ticket, the SHA-256 of `SEED|UNIT` in UTF-8 (the seed, a bar, the unit's name as listed). The
units in ascending order of their tickets are the shuffled population. A random sample of n is the first n of them.
Monetary units are drawn by systematic selection: the shuffled units are laid end to end by their book values; the
first point is the interval times the SHA-256 of `SEED|start|STRATUM`, read as a number and divided by 2^256; every
further point is one interval on; a unit is drawn when a point lies in it. Nothing else is random.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from json import dumps

from ledger.audit.exact import up


class Method(StrEnum):
    """How a sample is taken and projected."""

    SRS = "srs"
    DIFFERENCE = "difference"
    MUS = "mus"
    MUS_CONSERVATIVE = "mus-conservative"
    NON_STATISTICAL = "non-statistical"

    @property
    def is_monetary(self) -> bool:
        """Whether each euro has the same chance, instead of each unit."""
        return self in (Method.MUS, Method.MUS_CONSERVATIVE)


@dataclass(frozen=True, slots=True)
class Unit:
    """What is drawn: an operation with its book value in minor units, which is positive."""

    name: str
    book: int
    stratum: str = ""


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the population that is sampled by itself. `deviation` is expected: of errors in minor units, or of rates."""

    name: str
    units: int
    book: int
    deviation: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A unit of the sample. An exhaustive one stands for itself alone, and was not drawn by chance."""

    unit: Unit
    exhaustive: bool


@dataclass(frozen=True, slots=True)
class StratumSample:
    """What was drawn in a stratum. The random part is `random_size` of the `random_book` left to chance.

    `cut_off` is the value above which a unit was exhaustive at the first look, `interval` what one drawn unit stands for.
    """

    name: str
    units: int
    book: int
    exhaustive_units: int
    exhaustive_book: int
    random_size: int
    interval: Fraction | None
    cut_off: Fraction | None
    drawn: tuple[Drawn, ...]


# --- sizes -----------------------------------------------------------------------------------------------------------


def random_size(strata: Sequence[Stratum], *, z: Fraction, room: Fraction, finite: bool) -> Fraction:
    """(N z s_w / (TE-AE))^2 for simple random sampling and difference estimation; `room` is TE - AE in minor units.

    s_w^2 weighs the variances of the strata by their units. `finite` corrects for a small population: n / (1 + n/N).
    """
    units = sum(stratum.units for stratum in strata)
    weighted = sum((Fraction(each.units, units) * _deviation(each) ** 2 for each in strata), Fraction(0))
    size = (units * z / room) ** 2 * weighted
    return size / (1 + size / units) if finite else size


def monetary_size(strata: Sequence[Stratum], *, z: Fraction, room: Fraction) -> Fraction:
    """(z BV s_rw / (TE-AE))^2 for the standard approach; s_rw^2 weighs the variances of the rates by book value."""
    book = sum(stratum.book for stratum in strata)
    weighted = sum((Fraction(each.book, book) * _deviation(each) ** 2 for each in strata), Fraction(0))
    return (book * z / room) ** 2 * weighted


def conservative_size(book: int, *, reliability: Fraction, room: Fraction) -> Fraction:
    """BV RF / (TE - AE EF) for the conservative approach; `room` is that difference in minor units."""
    return book * reliability / room


def allocated(size: int, strata: Sequence[Stratum], *, by_book: bool) -> list[int]:
    """The size shared out in proportion to book value or to units, each share rounded up and never above its units."""
    weights = [stratum.book if by_book else stratum.units for stratum in strata]
    return [
        min(up(Fraction(size * weight, sum(weights))), stratum.units)
        for weight, stratum in zip(weights, strata, strict=True)
    ]


def _deviation(stratum: Stratum) -> Fraction:
    assert stratum.deviation is not None, "whoever asks for a size states the deviations"
    return stratum.deviation


# --- draws -----------------------------------------------------------------------------------------------------------


def population_hash(units: Iterable[Unit]) -> str:
    """SHA-256 over a line `["unit","stratum",minor units]` for each unit, sorted by name, each with its line feed."""
    lines = [dumps([each.name, each.stratum, each.book], ensure_ascii=False, separators=(",", ":")) for each in units]
    return sha256("".join(f"{line}\n" for line in sorted(lines)).encode()).hexdigest()


def shuffled(units: Iterable[Unit], seed: str) -> list[Unit]:
    """The units in the order of their tickets; the same from any order they come in."""
    return sorted(units, key=lambda unit: (sha256(f"{seed}|{unit.name}".encode()).digest(), unit.name))


def draw_random(name: str, units: Sequence[Unit], size: int, seed: str) -> StratumSample:
    """`size` units, each with the same chance."""
    drawn = tuple(Drawn(unit, exhaustive=False) for unit in shuffled(units, seed)[:size])
    return StratumSample(name, len(units), _book(units), 0, 0, len(drawn), None, None, drawn)


def draw_shares(units: Sequence[Unit], seed: str, *, share_units: Fraction, share_book: Fraction) -> StratumSample:
    """The first shuffled units that reach both shares, of the units and of the book value."""
    enough, wanted, reached, size = up(share_units * len(units)), share_book * _book(units), 0, 0
    for unit in shuffled(units, seed):
        if size >= enough and reached >= wanted:
            break
        size, reached = size + 1, reached + unit.book
    return draw_random("", units, size, seed)


def draw_monetary(name: str, units: Sequence[Unit], size: int, seed: str, *, fixed_interval: bool) -> StratumSample:
    """Units with a chance by book value, and all above the interval.

    The cut-off is BV / n. What is above it is exhaustive, and the interval of the rest BV_s / n_s; where that makes
    more units larger than the interval, they are exhaustive too, until none is left. With `fixed_interval` (the
    conservative approach) the interval stays BV / n.
    """
    book = _book(units)
    exhaustive, interval = split_exhaustive(units, book, size, fixed_interval=fixed_interval)
    names = {unit.name for unit in exhaustive}
    rest = shuffled((unit for unit in units if unit.name not in names), seed)
    chosen = systematic(rest, interval, start(seed, name) * interval)
    drawn = [Drawn(unit, exhaustive=True) for unit in sorted(exhaustive, key=lambda unit: (-unit.book, unit.name))]
    drawn += [Drawn(unit, exhaustive=False) for unit in chosen]
    return StratumSample(
        name=name,
        units=len(units),
        book=book,
        exhaustive_units=len(exhaustive),
        exhaustive_book=_book(exhaustive),
        random_size=len(chosen),
        interval=interval,
        cut_off=Fraction(book, size),
        drawn=tuple(drawn),
    )


def split_exhaustive(
    units: Iterable[Unit], book: int, size: int, *, fixed_interval: bool
) -> tuple[list[Unit], Fraction]:
    """The units that stand for themselves alone, and the interval of the rest.

    `book` and `size` are of the whole population and sample; of the units only those above the interval matter.
    """
    rest, interval, exhaustive = list(units), Fraction(book, size), list[Unit]()
    while top := [unit for unit in rest if unit.book > interval]:
        exhaustive += top
        rest = [unit for unit in rest if unit.book <= interval]
        left = book - _book(exhaustive)
        if not fixed_interval and left:
            interval = Fraction(left, size - len(exhaustive))
    return exhaustive, interval


def start(seed: str, stratum: str) -> Fraction:
    """Where systematic selection starts, as a part of the interval: at least 0, below 1."""
    return Fraction(int.from_bytes(sha256(f"{seed}|start|{stratum}".encode()).digest(), "big"), 2**256)


def systematic(units: Iterable[Unit], interval: Fraction, first: Fraction) -> list[Unit]:
    """The units, laid end to end, in which one of the points first, first + interval … lies. None is above the interval."""
    chosen, point, end = [], first, 0
    for unit in units:
        assert unit.book <= interval, "what is above the interval is exhaustive"
        end += unit.book
        if point < end:
            chosen.append(unit)
            point += interval
    return chosen


def _book(units: Iterable[Unit]) -> int:
    return sum(unit.book for unit in units)
