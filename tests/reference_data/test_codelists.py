"""The code lists hang together: every code that one list names stands in the list that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from ledger.domain.countries import CountryNames

Lists = Callable[[str], list[dict[str, str]]]
OWN_REGIONS = {
    "R-NAF", "R-WB", "R-SSA", "R-NEI", "R-NEI-S", "R-NEI-E", "R-AFR", "R-SYR", "R-ASIA-PAC", "R-AM-CAR", "R-MED",
    "R-MULTI",
    "R-WORLD",
}  # fmt: skip


@pytest.fixture(scope="module")
def names(codelist: Lists) -> CountryNames:
    pairs = [(row["alias"], row["code"]) for row in codelist("country-aliases")]
    columns = ("code", "iso3", "code_ec", "name_en", "name_fr")
    pairs += [(row[column], row["code"]) for row in codelist("countries") for column in columns if row[column]]
    return CountryNames(pairs)


def members(codelist: Lists, group: str, on: date | None = None) -> set[str]:
    rows = [row for row in codelist("country-groups") if row["group"] == group]
    if on:
        rows = [row for row in rows if (row["valid_from"] or "0") <= on.isoformat() <= (row["valid_to"] or "9")]
    return {row["country"] for row in rows}


def test_countries_are_those_of_iso_3166_with_kosovo(codelist: Lists) -> None:
    rows = codelist("countries")
    by_kind: dict[str, set[str]] = {}
    for row in rows:
        by_kind.setdefault(row["kind"], set()).add(row["code"])
    assert len({row["code"] for row in rows}) == len(rows) == 265
    assert len(by_kind["country"]) == 250
    assert by_kind["region"] == OWN_REGIONS
    assert (by_kind["aggregate"], by_kind["unstated"]) == ({"EU"}, {"ZZ"})
    by_code = {row["code"]: row for row in rows}
    assert {code: by_code[code]["iso3"] for code in ("DZ", "EG", "LY", "MA", "TN", "NA", "CD", "CI")} == {
        "DZ": "DZA", "EG": "EGY", "LY": "LBY", "MA": "MAR", "TN": "TUN", "NA": "NAM", "CD": "COD", "CI": "CIV",
    }  # fmt: skip
    assert {row["code"]: row["code_ec"] for row in rows if row["code"] != row["code_ec"]} == {"GR": "EL", "GB": "UK"}
    assert all(row["name_en"] and row["name_fr"] for row in rows)
    assert all(len(row["iso3"]) == 3 for row in rows if row["kind"] == "country")


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("Kosovo*", "XK"), ("Kosovo (UNSCR 1244/1999)", "XK"), ("Türkiye", "TR"), ("Turkey", "TR"), ("Turkiye", "TR"),
        ("Côte d’Ivoire", "CI"), ("Cote d'Ivoire", "CI"), ("Ivory Coast", "CI"), ("The Gambia", "GM"), ("DRC", "CD"),
        ("Democratic Republic of the Congo", "CD"), ("Republic of the Congo", "CG"), ("Palestine*", "PS"),
        ("occupied Palestinian territory", "PS"), ("FYROM", "MK"), ("North Macedonia", "MK"), ("Czech Republic", "CZ"),
        ("EL", "GR"), ("UK", "GB"), ("North of Africa", "R-NAF"), ("North Africa", "R-NAF"), ("Western Balkan", "R-WB"),
        ("Western Balkans", "R-WB"), ("Sub-Saharan Africa", "R-SSA"), ("world", "R-WORLD"), ("Global", "R-WORLD"),
        ("Southern Neighbourhood", "R-NEI-S"), ("Eastern Partnership", "R-NEI-E"), ("EU27_2020", "EU"), ("Niger", "NE"),
        ("Nigeria", "NG"), ("Guinea", "GN"), ("Guinea-Bissau", "GW"), ("NA", "NA"), ("TUN", "TN"),
    ],
)  # fmt: skip
def test_spellings(spelling: str, code: str, names: CountryNames) -> None:
    assert names.resolve(spelling) == code


def test_no_name_is_claimed_twice_and_every_alias_resolves(names: CountryNames, codelist: Lists) -> None:
    assert names.ambiguous == frozenset()
    aliases = codelist("country-aliases")
    assert len({row["alias"] for row in aliases}) == len(aliases) > 200
    assert {row["alias"]: names.resolve(row["alias"]) for row in aliases} == {
        row["alias"]: row["code"] for row in aliases
    }
    for row in codelist("countries"):
        assert names.resolve(row["name_en"]) == names.resolve(row["name_fr"]) == row["code"]


def test_a_bare_congo_is_not_decided(names: CountryNames) -> None:
    assert names.resolve("Congo") is None


def test_groups_name_known_countries_and_dates(codelist: Lists) -> None:
    codes = {row["code"]: row["kind"] for row in codelist("countries")}
    rows = codelist("country-groups")
    assert len({(row["group"], row["country"], row["valid_from"]) for row in rows}) == len(rows)
    for row in rows:
        assert codes[row["country"]] == "country"
        # The groups of Member States that take part in something have no code that the whole group would stay on.
        assert (row["region"] == "") == (row["group"].startswith("MS-") or row["group"] == "EU-MS")
        assert row["region"] == "" or codes[row["region"]] in {"region", "aggregate"}
        assert row["source"]
        for end in ("valid_from", "valid_to"):
            assert row[end] == "" or date.fromisoformat(row[end]).isoformat() == row[end]
    for group in {row["group"] for row in rows}:
        assert len({(row["name_en"], row["region"]) for row in rows if row["group"] == group}) == 1
        assert group not in codes


def test_sizes_of_groups(codelist: Lists) -> None:
    sizes = {"EU27": 27, "MS-AMIF-2021": 26, "MS-BMVI-2021": 26, "MS-ISF-2021": 26, "MS-2014-2020": 27, "africa": 54}
    assert {group: len(members(codelist, group)) for group in sizes} == sizes
    assert members(codelist, "EU27") - members(codelist, "MS-AMIF-2021") == {"DK"}
    assert members(codelist, "EU27") - members(codelist, "MS-BMVI-2021") == {"IE"}
    assert members(codelist, "MS-2014-2020") == members(codelist, "EU27") - {"DK"} | {"GB"}
    assert members(codelist, "north-africa") == {"DZ", "EG", "LY", "MA", "TN"}
    assert members(codelist, "western-balkans") == {"AL", "BA", "ME", "MK", "RS", "XK"}
    assert members(codelist, "neighbourhood-south") == {"DZ", "EG", "IL", "JO", "LB", "LY", "MA", "PS", "SY", "TN"}
    assert not members(codelist, "sub-saharan-africa") & members(codelist, "north-africa")


@pytest.mark.parametrize(
    ("day", "count"),
    [
        (date(1957, 12, 31), 0), (date(1972, 12, 31), 6), (date(1985, 6, 1), 10), (date(2004, 5, 1), 25),
        (date(2013, 6, 30), 27), (date(2013, 7, 1), 28), (date(2020, 1, 31), 28), (date(2020, 2, 1), 27),
    ],
)  # fmt: skip
def test_membership_of_the_union_is_dated(day: date, count: int, codelist: Lists) -> None:
    assert len(members(codelist, "EU-MS", day)) == count


def test_funds(codelist: Lists) -> None:
    funds = {row["code"]: row for row in codelist("funds")}
    assert funds.keys() >= {
        "AMIF", "BMVI", "ISF", "HOME", "NDICI-GE", "IPA-III", "HUMA", "MFF", "EUAA", "IBMF", "EUTF-AFRICA",
        "EUTF-SYRIA", "FRIT",
        "SOLIDARITY-POOL", "GLOBAL-GATEWAY", "ERDF", "ESF", "CF", "EMFAF", "JTF", "INTERREG", "UNNAMED",
    }  # fmt: skip
    assert {row["kind"] for row in funds.values()} == {"shared", "external", "reinforcement", "agency", "other"}
    claims: dict[str, str] = {}
    for code, row in funds.items():
        for alias in (code, *filter(None, row["aliases"].split(";"))):
            assert claims.setdefault(alias.casefold(), code) == code, alias
    expected = {"FAMI": "AMIF", "MMIA": "AMIF", "ΤΑΜΕ": "AMIF", "IGFV": "BMVI", "FSI": "ISF", "FEDER": "ERDF"}
    assert {alias: claims[alias.casefold()] for alias in expected} == expected
    assert claims["ndici-global europe"] == "NDICI-GE"


def test_themes_form_a_tree_and_earmarks_stand(codelist: Lists) -> None:
    themes = {row["code"]: row for row in codelist("themes")}
    assert len(themes) == len(codelist("themes"))
    order = list(themes)
    # A parent stands before its children, so that the list can be loaded line by line under a foreign key.
    assert all(order.index(row["parent"]) < order.index(code) for code, row in themes.items() if row["parent"])
    for code in themes:
        seen = {code}
        above = themes[code]["parent"]
        while above:
            assert above not in seen
            seen.add(above)
            above = themes[above]["parent"]
    assert themes["voluntary-return"]["parent"] == themes["return-reintegration"]["parent"] == "returns"
    assert {themes[code]["parent"] for code in ("migration-governance", "protection", "anti-smuggling", "returns")} == {
        "migration"
    }
    aliases = [alias.casefold() for row in themes.values() for alias in row["aliases"].split(";") if alias]
    assert len(set(aliases)) == len(aliases)
    assert {row["code"] for row in codelist("earmarks")} == {"migration", "pact"}
