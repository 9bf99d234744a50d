"""The worked examples of the guidance, as far as they are known: each figure as printed, or as the formula gives it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ledger.audit.evaluation import (
    Conclusion,
    Projection,
    Sums,
    conclude,
    estimate_conservative,
    estimate_monetary,
    estimate_random,
)
from ledger.audit.exact import minor, root
from ledger.audit.factors import (
    FactorUnknown,
    expansion_factor,
    normal_limit,
    poisson_limit,
    reliability_factor,
    reliability_step,
    z_factor,
)
from ledger.audit.plan import exact_size, terms, whole_size
from ledger.audit.residual import CannotTell, Residual
from ledger.audit.sampling import Method, Stratum

#: Appendix 3 at a confidence of 90 %: the reliability factor at 0, 1, 2 … errors.
APPENDIX_3 = "2.30 3.89 5.32 6.68 7.99 9.27 10.53 11.77 12.99 14.21 15.41 16.60 17.78 18.96 20.13 21.29 22.45"


def test_factors_are_the_printed_ones() -> None:
    printed = {60: "0.842", 70: "1.036", 80: "1.282", 90: "1.645", 95: "1.960"}
    assert {level: z_factor(Fraction(level, 100)) for level in printed} == {k: Fraction(v) for k, v in printed.items()}
    # What the table lacks is computed; what it has would come out the same.
    assert z_factor(Fraction(85, 100)) == Fraction("1.440")
    assert str(normal_limit(Fraction(95, 100))) == "1.9599639845"
    for level, text in printed.items():
        assert abs(Fraction(normal_limit(Fraction(level, 100))) - Fraction(text)) < Fraction(1, 2000)
    assert reliability_factor(Fraction(9, 10)) == Fraction("2.31")
    assert expansion_factor(Fraction(75, 100)) == Fraction("1.25")
    with pytest.raises(FactorUnknown, match="no reliability factor at a confidence"):
        reliability_factor(Fraction(65, 100))
    with pytest.raises(FactorUnknown):
        z_factor(Fraction(1))


def test_the_printed_appendix_is_the_poisson_limits() -> None:
    limits = [Fraction(text) for text in APPENDIX_3.split()]
    for errors in range(1, len(limits)):
        assert reliability_step(Fraction(9, 10), errors) == limits[errors] - limits[errors - 1]
    # From the tables of the chi-squared distribution: half the 90 % quantile at 2 and at 42 degrees of freedom.
    assert str(poisson_limit(Fraction(9, 10), 0)) == "2.3025850930"
    assert str(poisson_limit(Fraction(9, 10), 20))[:6] == "27.045"


def test_a_root_is_exact_to_thirty_decimals() -> None:
    assert root(Fraction(4, 9)) == Fraction(666666666666666666666666666666, 10**30)
    assert root(Fraction(0)) == 0
    found = root(Fraction(2))
    assert found**2 <= 2 < (found + Fraction(1, 10**30)) ** 2


def test_simple_random_sampling_6_1_1_6() -> None:
    given = terms(Method.SRS, Fraction("0.8"), tolerable=Fraction("93002372"), anticipated=Fraction(57_661_500))
    size = exact_size(given, [Stratum("", 3_852, 46_501_186_00, Fraction(518_00))])
    assert f"{float(size):.9f}" == "52.390628035"
    assert whole_size(size) == 53
    found = {}
    for projection, deviation in ((Projection.MEAN, 758), (Projection.RATIO, 755)):
        stratum = Sums(
            "", 3_852, 46_501_186_00, 0, 0, Fraction(0), 53, Fraction(7_797_00), Fraction(661_580_00), Fraction(0),
            variance=Fraction(deviation * 100) ** 2,
        )  # fmt: skip
        assert given.z is not None
        found[projection] = estimate_random([stratum], z=given.z, projection=projection)
    mean, ratio = found[Projection.MEAN], found[Projection.RATIO]
    assert mean.precision is not None
    assert ratio.precision is not None
    # Printed: 566,703 and 548,058, from rounded means; the formulas give 566,680 and 548,036.
    assert (minor(mean.projected), minor(mean.precision)) == (566_680_08, 514_168_63)
    assert (minor(ratio.projected), minor(ratio.precision)) == (548_036_14, 512_133_66)
    assert conclude(mean.projected, mean.precision, given.tolerable) is Conclusion.INCONCLUSIVE


def test_monetary_unit_sampling_6_3_1_7() -> None:
    book = 4_199_882_024_00
    given = terms(Method.MUS, Fraction("0.9"), tolerable=Fraction(book, 50), anticipated=Fraction(book * 4, 1000))
    size = exact_size(given, [Stratum("", 3_852, book, Fraction("0.085"))])
    assert f"{float(size):.9f}" == "76.371213379"
    assert whole_size(size) == 77
    assert minor(Fraction(book, 77)) == 54_543_922_39
    stratum = Sums(
        "", None, book, 8, 786_837_081_00, Fraction(7_616_805_00), 69, Fraction(0), Fraction(0), Fraction("1.096"),
        variance=Fraction("0.09") ** 2,
    )  # fmt: skip
    assert given.z is not None
    found = estimate_monetary([stratum], z=given.z)
    assert found.precision is not None
    assert minor(stratum.interval) == 49_464_419_46
    assert minor(found.projected) == 61_829_808_73  # printed 61,829,809
    assert minor(found.precision) == 60_831_128_52  # printed 60,831,129
    assert minor(found.projected + found.precision) == 122_660_937_26
    assert conclude(found.projected, found.precision, given.tolerable) is Conclusion.INCONCLUSIVE


def test_conservative_by_hand() -> None:
    """No printed example is known: BV 1,000,000, TE 2 %, AE 0.2 % at 90 %, two errors found."""
    book = 1_000_000_00
    given = terms(
        Method.MUS_CONSERVATIVE, Fraction("0.9"), tolerable=Fraction(2_000_000), anticipated=Fraction(200_000)
    )
    # 1,000,000 x 2.31 / (20,000 - 2,000 x 1.5) = 135.88
    size = exact_size(given, [Stratum("", 900, book)])
    assert size == Fraction(2_310_000, 17_000)
    assert whole_size(size) == 136
    with_appendix = terms(
        Method.MUS_CONSERVATIVE, Fraction("0.9"), tolerable=given.tolerable, anticipated=given.anticipated,
        reliability=Fraction("2.30"),
    )  # fmt: skip
    assert exact_size(with_appendix, [Stratum("", 900, book)]) == Fraction(2_300_000, 17_000)
    interval = Fraction(book, 100)
    rates = (*[Fraction(0)] * 96, Fraction("0.1"), Fraction("-0.05"), Fraction("0.4"), Fraction(0))
    stratum = Sums("", 900, book, 0, 0, Fraction(0), 100, Fraction(0), Fraction(0), sum(rates, Fraction(0)), rates)
    assert given.reliability is not None
    found = estimate_conservative(
        stratum, confidence=given.confidence, reliability=given.reliability, interval=interval
    )
    assert found.projected == 10_000_00 * Fraction("0.45")
    assert found.basic_precision == 10_000_00 * Fraction("2.31")
    # 0.4 first with 3.89 - 2.30 - 1, then 0.1 with 5.32 - 3.89 - 1; the negative rate takes none.
    assert found.incremental_allowance == 10_000_00 * (
        Fraction("0.59") * Fraction("0.4") + Fraction("0.43") * Fraction("0.1")
    )


@pytest.mark.parametrize(
    ("error", "precision", "expected"),
    [
        (200_01, 0, Conclusion.MATERIAL), (200_00, 0, Conclusion.INCONCLUSIVE), (199_99, 0, Conclusion.NOT_MATERIAL),
        (100_00, 100_00, Conclusion.INCONCLUSIVE), (100_00, 99_99, Conclusion.NOT_MATERIAL),
        (200_01, None, Conclusion.MATERIAL), (200_00, None, Conclusion.NOT_MATERIAL),
    ],
)  # fmt: skip
def test_a_conclusion_turns_at_the_cent(error: int, precision: int | None, expected: Conclusion) -> None:
    spread = None if precision is None else Fraction(precision)
    assert conclude(Fraction(error), spread, Fraction(200_00)) is expected


def test_finite_population_and_non_statistical() -> None:
    given = terms(
        Method.SRS, Fraction("0.8"), tolerable=Fraction(93_002_372), anticipated=Fraction(57_661_500), finite=True
    )
    size = exact_size(given, [Stratum("", 3_852, 46_501_186_00, Fraction(518_00))])
    assert f"{float(size):.4f}" == "51.6876"  # 52.3906 / (1 + 52.3906 / 3852)
    plain = terms(Method.NON_STATISTICAL, Fraction("0.9"), tolerable=Fraction(1), anticipated=Fraction(0))
    assert exact_size(plain, [Stratum("", 299, 1)]) == Fraction("29.9")
    with pytest.raises(ValueError, match="populations below 300"):
        exact_size(plain, [Stratum("", 300, 1)])


def test_an_anticipated_error_at_the_limit_allows_no_sample() -> None:
    given = terms(Method.MUS, Fraction("0.9"), tolerable=Fraction(100), anticipated=Fraction(100))
    with pytest.raises(ValueError, match="no room below the tolerable error"):
        exact_size(given, [Stratum("", 10, 5000, Fraction("0.1"))])


def residual(population: int, rate: str, *, under: int = 0, corrections: int = 0) -> Residual:
    return Residual(population, Fraction(rate), under, 0, corrections, Fraction(2, 100))


def test_residual_rate_examples_a_and_c1() -> None:
    a = residual(1000_00, "0.022", corrections=2_10)
    assert [a.reduced, a.at_risk, a.net, a.residual_amount] == [1000_00, 22_00, 997_90, 19_90]
    assert f"{float(a.rate):.12f}" == "0.019941877944"
    assert not a.is_above
    assert a.correction is None
    c1 = residual(1000_00, "0.022", under=50_00, corrections=2_00)
    assert [c1.reduced, c1.at_risk, c1.net, c1.residual_amount] == [950_00, 20_90, 948_00, 18_90]
    assert f"{float(c1.rate):.12f}" == "0.019936708861"
    assert not c1.is_above


def test_an_extrapolated_correction_brings_the_rate_to_the_limit() -> None:
    over = residual(1000_00, "0.022")
    assert over.is_above
    assert over.correction == (Fraction(22_00) - 20_00) / Fraction("0.98")
    assert over.rate_after == Fraction(2, 100)
    # The template rounds to four decimals first: 2.004 % is not above 2 %, 2.005 % is.
    assert not residual(1000_00, "0.02004").is_above
    assert residual(1000_00, "0.02005").is_above
    with pytest.raises(CannotTell):
        residual(1000_00, "0.02", corrections=1000_00)
