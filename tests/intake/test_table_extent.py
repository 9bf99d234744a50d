"""Roles of rows in hand-made tables."""

import pytest

from ledger.intake.cells import Row
from ledger.intake.header_finder import ColumnHeader
from ledger.intake.lexicon import Lexicon
from ledger.intake.table_extent import Role, TableShape, row_role, row_roles

COLUMNS = tuple(
    ColumnHeader(i, h, ()) for i, h in enumerate(("Fund", "Country", "Project", "Beneficiary", "EU amount"), 1)
)
TABLE = TableShape(
    COLUMNS, {1: "fund", 2: "country", 3: "title", 4: "beneficiary", 5: "eu_contribution"}, frozenset({5})
)


def role(*values: str | int | None) -> Role:
    return row_role(Row(9, list(values)), TABLE, Lexicon.load()).role


@pytest.mark.parametrize(
    "word",
    [
        "Total",
        "Summe",
        "Gesamt",
        "Totaal",
        "Totale",
        "Razem",
        "Součet",
        "Celkem",
        "Spolu",
        "Skupaj",
        "Összesen",
        "Ukupno",
        "Iš viso",
        "Kopā",
        "Σύνολο",
        "Общо",
        "Yhteensä",
        "I alt",
        "Summa",
        "Kokku",
        "Iomlán",
        "Total geral",
        "Suma",
        "Toplam",
        "Samtliga",
        "Total general",
    ],
)
def test_total_rows_in_every_language(word: str) -> None:
    assert role(word, None, None, None, 500) is Role.TOTAL
    assert role(None, None, word + ":", None, 500) is Role.TOTAL


def test_a_company_called_total_is_data() -> None:
    assert role("ISF", "FR", "Equipment", "Total", 500) is Role.DATA
    assert role("ISF", "FR", "Total rebuild of the centre", "Ministry", 500) is Role.DATA


def test_a_total_hides_among_the_funds_and_the_countries() -> None:
    assert role("TOTAL", "FR", "All of it", "Ministry", 500) is Role.TOTAL
    assert role("AMIF", "EU28", "All of it", "Ministry", 500) is Role.TOTAL


def test_amounts_without_text_are_an_unlabelled_total() -> None:
    found = row_role(Row(9, [None, None, None, None, 500]), TABLE, Lexicon.load())
    assert (found.role, found.labelled) == (Role.TOTAL, False)


def test_blank_header_and_section_rows() -> None:
    assert role(None, " ", None) is Role.BLANK
    assert role("Fund", "Country", "Project", "Beneficiary", "EU amount") is Role.HEADER
    assert role("Priority 4: Integration") is Role.SECTION
    assert role(None, "Malta") is Role.SECTION


def test_a_text_alone_is_a_section_before_data_and_a_note_after_it() -> None:
    rows = [
        Row(1, ["Fund", "Country", "Project", "Beneficiary", "EU amount"]),
        Row(2, ["Malta"]),
        Row(3, ["AMIF", "MT", "Centre", "Ministry", 5]),
        Row(4, ["Total", None, None, None, 5]),
        Row(5, []),
        Row(6, ["Quelle: Verwaltungsbehörde"]),
        Row(7, ["List of the managing authority"]),
    ]
    found = [(row.number, told.role.value) for row, told in row_roles(rows, TABLE, Lexicon.load(), after=1)]
    assert found == [(2, "section"), (3, "data"), (4, "total"), (5, "blank"), (6, "note"), (7, "note")]
