"""From what an auditor states to a sample: the terms, the size, the draw in each stratum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ledger.audit import sampling
from ledger.audit.exact import up
from ledger.audit.factors import expansion_factor, reliability_factor, z_factor
from ledger.audit.sampling import Method, Stratum, StratumSample, Unit

#: Non-statistical sampling: share of the units and of the book value, and the population's limit, by rules.
#: Regulation (EU) 2021/1060, Article 79(2); Regulation (EU) No 1303/2013, Article 127(1).
RULES = {
    "2021": (Fraction(10, 100), Fraction(0), 300),
    "2014": (Fraction(5, 100), Fraction(10, 100), 150),
}


class CannotSample(ValueError):
    """What was stated allows no sample; the message says why."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a sample. Errors are in minor units; a factor that the method does not use is None."""

    method: Method
    confidence: Fraction
    tolerable: Fraction
    anticipated: Fraction
    z: Fraction | None = None
    reliability: Fraction | None = None
    expansion: Fraction | None = None
    finite: bool = False
    rules: str = "2021"

    @property
    def room(self) -> Fraction:
        """TE - AE, or TE - AE x EF: what the size divides by. Raises CannotSample where nothing is left."""
        room = self.tolerable - self.anticipated * (self.expansion or 1)
        if room <= 0:
            raise CannotSample(
                "the anticipated error leaves no room below the tolerable error: no sample is large enough"
            )
        return room


def terms(
    method: Method,
    confidence: Fraction,
    *,
    tolerable: Fraction,
    anticipated: Fraction,
    reliability: Fraction | None = None,
    finite: bool = False,
    rules: str = "2021",
) -> Terms:
    """The terms with their factors from the tables; a stated reliability factor goes before the table's.

    Raises FactorUnknown where no table has the confidence.
    """
    is_conservative = method is Method.MUS_CONSERVATIVE
    is_normal = method in (Method.SRS, Method.DIFFERENCE, Method.MUS)
    return Terms(
        method,
        confidence,
        tolerable,
        anticipated,
        z=z_factor(confidence) if is_normal else None,
        reliability=(reliability or reliability_factor(confidence)) if is_conservative else None,
        expansion=expansion_factor(confidence) if is_conservative else None,
        finite=finite,
        rules=rules,
    )


def exact_size(given: Terms, strata: Sequence[Stratum]) -> Fraction:
    """The size by the method's formula, before it is rounded up."""
    units, book = sum(each.units for each in strata), sum(each.book for each in strata)
    if given.method is Method.NON_STATISTICAL:
        share, _, limit = RULES[given.rules]
        if units >= limit:
            raise CannotSample(f"{units} units: non-statistical sampling is for populations below {limit}")
        return share * units
    if given.method is Method.MUS_CONSERVATIVE:
        assert given.reliability is not None, "the terms of this method have it"
        return sampling.conservative_size(book, reliability=given.reliability, room=given.room)
    if any(each.deviation is None for each in strata):
        of = "of the error rates" if given.method.is_monetary else "of the errors, in units of the currency"
        raise CannotSample(f"the method {given.method} needs the expected standard deviation {of} (--std-dev)")
    assert given.z is not None, "the terms of these methods have it"
    if given.method is Method.MUS:
        return sampling.monetary_size(strata, z=given.z, room=given.room)
    return sampling.random_size(strata, z=given.z, room=given.room, finite=given.finite)


def whole_size(exact: Fraction) -> int:
    """The size rounded up; one unit at least."""
    return max(up(exact), 1)


def draw(
    given: Terms, units: Sequence[Unit], size: int, seed: str, deviations: Mapping[str, Fraction]
) -> list[StratumSample]:
    """The sample of each stratum, by name. `size` is shared out by book value for monetary units, else by units."""
    by_name: dict[str, list[Unit]] = {}
    for unit in units:
        by_name.setdefault(unit.stratum, []).append(unit)
    if given.method is Method.NON_STATISTICAL:
        share_units, share_book, _ = RULES[given.rules]
        least = max(share_units, Fraction(size, len(units)))
        return [sampling.draw_shares(units, seed, share_units=min(least, Fraction(1)), share_book=share_book)]
    strata = strata_of(units, deviations)
    sizes = sampling.allocated(size, strata, by_book=given.method.is_monetary)
    if given.method.is_monetary:
        fixed = given.method is Method.MUS_CONSERVATIVE
        return [
            sampling.draw_monetary(each.name, by_name[each.name], n, seed, fixed_interval=fixed)
            for each, n in zip(strata, sizes, strict=True)
        ]
    return [sampling.draw_random(each.name, by_name[each.name], n, seed) for each, n in zip(strata, sizes, strict=True)]


def strata_of(units: Sequence[Unit], deviations: Mapping[str, Fraction]) -> list[Stratum]:
    """The strata of the units by name, with their sums; a deviation without a name is for all strata."""
    names = sorted({unit.stratum for unit in units})
    if unknown := sorted(set(deviations) - {"", *names}):
        raise CannotSample(f"--std-dev names the stratum {unknown[0]!r}; there are: {', '.join(names)}")
    return [
        Stratum(
            name,
            sum(unit.stratum == name for unit in units),
            sum(unit.book for unit in units if unit.stratum == name),
            deviations.get(name, deviations.get("")),
        )
        for name in names
    ]
